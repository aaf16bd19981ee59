"""What a person has typed in a chart and not yet entered, kept by its place so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping

from store.actors import Actor
from store.database import Database
from store.models import EntryDraft
from store.models.columns import now
from store.queries.drafts import with_place


def save_draft(db: Database, actor: Actor, encounter_id: str, text: str, place: str = "entry") -> None:
    """Keep what a person has typed or counted in a place and not yet entered; an empty text clears that place."""
    save_drafts(db, actor, encounter_id, {place: text})


def save_drafts(db: Database, actor: Actor, encounter_id: str, texts: Mapping[str, str]) -> None:
    """The same for the texts of several places at once."""
    if actor.person_id is None:
        return
    with db.change(actor) as change:
        present = change.session.get(EntryDraft, (encounter_id, actor.person_id))
        kept = present.text if present else ""
        for place, text in texts.items():
            kept = with_place(kept, place, text)
        if not kept:
            if present:
                change.session.delete(present)
            return
        draft = present or EntryDraft(encounter_id=encounter_id, person_id=actor.person_id)
        draft.text, draft.place, draft.saved_at = kept, next(iter(texts)), now()
        change.session.add(draft)
