"""What a person has typed or counted at a visit and not yet entered, read with plain SQL.

One text a person and visit: its first line is the entry line, each further one `place:text` of another field.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader

ENTRY = "entry"
READING = "reading"
"""What the place is called at which a person reads: document, and how far down in it."""

QUESTION = "question"
"""The part of a query to a provider that is being written: the query's id, the name of its part, then the words."""


@dataclass(frozen=True)
class QuestionTyped:
    """What was typed in a part of a query (`part` is what its screen calls it) and not yet entered."""

    query_id: str
    part: str
    words: str

    @property
    def text(self) -> str:
        """As a draft keeps it; empty where nothing is typed."""
        return f"{self.query_id} {self.part} {self.words}" if self.words else ""


def question_typed(text: str) -> QuestionTyped | None:
    """What the text of that place says; None for no text."""
    query_id, _, rest = text.partition(" ")
    part, _, words = rest.partition(" ")
    return QuestionTyped(query_id, part, words) if words else None


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
