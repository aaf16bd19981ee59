"""Where the documents of a stay state its principal diagnosis and the other ones, and in which order.

The principal diagnosis is a judgment of the provider and the coder (UHDDS; Official Guidelines II): nothing is chosen
here. What the record calls principal, or names first among the discharge diagnoses, only stands first to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from codesets.suggest.answers import Evidence, Note
from codesets.suggest.sections import Section, SectionKind
from codesets.suggest.weights import is_final

Place = tuple[int, int]
"""How early a statement names a diagnosis: 0 for what it calls principal and 1 for others, then the character."""


@dataclass(frozen=True)
class Stated:
    """The statement in one document (from 0): its characters from `start` to `end`, of the principal to `first_end`."""

    document: int
    start: int
    first_end: int
    end: int

    def place(self, evidence: Evidence) -> Place | None:
        """Where the statement names a diagnosis; None for words that stand elsewhere."""
        if evidence.document != self.document or not self.start <= evidence.start < self.end:
            return None
        return int(evidence.start >= self.first_end), evidence.start


def stated(notes: Sequence[Note], parts: Sequence[Sequence[Section]]) -> Stated | None:
    """The statement of the diagnoses of a stay, from the sections of its documents; None where there is none.

    Documents that sum up the stay count before others, a later one before an earlier one; a heading that says
    principal counts before the list of discharge diagnoses.
    """
    last_first = sorted(range(len(notes)), key=lambda place: (is_final(notes[place].kind), place), reverse=True)
    for heading in (_PRINCIPAL, _DISCHARGE):
        for document in last_first:
            kind, text = notes[document].kind, notes[document].text
            if heading is _DISCHARGE and kind and not is_final(kind):
                continue
            for place, section in enumerate(parts[document]):
                if section.kind is SectionKind.ASSESSMENT and heading.fullmatch(section.heading):
                    end = _end(parts[document][place:])
                    return Stated(document, section.start, _first_end(text, section), end)
    return None


def earliest(*places: Place | None) -> Place | None:
    """The earliest of several places; None where there is none."""
    return min((place for place in places if place is not None), default=None)


def _first_end(text: str, section: Section) -> int:
    """Where the first diagnosis of a section ends: with its line, or before the next number of a list in one line."""
    line = _LINE.search(text, section.start, section.end)
    if line is None:
        return section.end
    item = _NEXT_ITEM.search(text, line.start() + 2, line.end())
    return item.start() if item else line.end()


def _end(following: Sequence[Section]) -> int:
    """Where the statement ends that begins with the first of these sections: with the last list of diagnoses."""
    end = following[0].end
    for section in following[1:]:
        if section.kind is not SectionKind.ASSESSMENT or not _OTHERS.fullmatch(section.heading):
            break
        end = section.end
    return end


_PRINCIPAL = re.compile(r"\s*principal(?: discharge)?(?: (?:dx|diagnos[ie]s|problem))?\s*", re.IGNORECASE)
_DISCHARGE = re.compile(r"\s*(?:(?:discharge|final) )?(?:dx|diagnos[ie]s)\s*", re.IGNORECASE)
_OTHERS = re.compile(r"\s*(?:secondary|other|discharge|final)? ?(?:dx|diagnos[ie]s)\s*", re.IGNORECASE)
_LINE = re.compile(r"\S[^\n]*")
_NEXT_ITEM = re.compile(r"(?:;|(?<=\s)\d{1,2}[.)](?=\s))")
