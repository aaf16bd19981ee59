"""Saved views of the claim queue: what it shows, in which orders, with which words; each person has their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.models import ClaimView
from store.queries.claims import MOST_SORTS, ClaimFilter, ClaimSort


class ViewRefused(CodedeskError):
    """The view has no name, or nobody is there whose it could be."""

    title = "view"


def save_view(
    db: Database,
    actor: Actor,
    name: str,
    show: ClaimFilter,
    sorts: Sequence[ClaimSort],
    words: str = "",
    operation_id: str | None = None,
) -> None:
    """Keep a view under a name; one of that name is replaced. Raises ViewRefused."""
    if not (name := safe_line(name).strip()[:40]) or actor.person_id is None:
        raise ViewRefused("a view needs a name and a person")
    with db.change(actor, operation_id, "claim.save_view") as change:
        if change.repeated:
            return
        query = select(ClaimView).where(ClaimView.person_id == actor.person_id, ClaimView.name == name)
        row = change.session.exec(query).first() or ClaimView(person_id=actor.person_id, name=name, show="")
        row.show, row.sorts, row.words = show.value, [one.value for one in sorts][:MOST_SORTS], words
        change.session.add(row)
        change.log("claim.save_view", name=name, show=row.show, sorts=", ".join(row.sorts))
