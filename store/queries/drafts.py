"""What a person has typed or counted at a visit and not yet entered, read with plain SQL.

One text a person and visit: its first line is the entry line, each further one `place:text` of another field.
"""

from __future__ import annotations

from store.queries import Reader

ENTRY = "entry"
READING = "reading"
"""What the place is called at which a person reads: document, and how far down in it."""


def draft_of(reader: Reader, encounter_id: str, person_id: str | None, place: str = ENTRY) -> str:
    """What a person left in a place of a visit; empty where it is nothing."""
    rows = reader.rows(
        "SELECT text FROM entry_draft WHERE encounter_id = :encounter AND person_id = :person",
        encounter=encounter_id,
        person=person_id or "",
    )
    return places_of(rows[0]["text"] if rows else "").get(place, "")


def places_of(text: str) -> dict[str, str]:
    """The texts of a draft by their places."""
    entry, *others = text.split("\n")
    return {ENTRY: entry} | {place: said for place, _, said in (line.partition(":") for line in others) if said}


def with_place(text: str, place: str, said: str) -> str:
    """The draft with another text in one place; empty where nothing is left in any."""
    places = places_of(text) | {place: said.replace("\n", " ")}
    others = [f"{name}:{words}" for name, words in places.items() if name != ENTRY and words]
    return "\n".join([places[ENTRY], *others]) if others else places[ENTRY]
