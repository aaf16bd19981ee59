"""The 7th characters that a code of ICD-10-CM can take, each with the whole code that it makes.

Official Guidelines, section I.A.5: a code that takes a 7th character and has fewer than six is filled with X. What
is legal is what the release has as a code; the meaning is that of the table printed nearest at or above the code.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets import catalog
from codesets.reference import Reference
from codesets.releases import CodeSystem

PLACE = 7
FILLER = "X"


@dataclass(frozen=True)
class Seventh:
    """One 7th character, the code without dot that it makes, and what it says."""

    character: str
    code: str
    meaning: str

    @property
    def dotted(self) -> str:
        return catalog.dotted(self.code)


def seventh_characters(reference: Reference, code: str, on: dt.date) -> list[Seventh]:
    """The 7th characters for a code in any spelling, in the order of the book; none where it takes none.

    A code that has one already is asked for the others.
    """
    plain = catalog.normalize(code)[:PLACE]
    if len(plain) < 3:
        return []
    stem = plain[: PLACE - 1].ljust(PLACE - 1, FILLER)
    release = reference.choose(CodeSystem.ICD10CM, on).release
    if release is None:
        return []
    rows = reference.db.execute(
        "SELECT code, title FROM codes WHERE release_id = ? AND code > ? AND code < ? AND length(code) = ?"
        " AND billable ORDER BY position",
        (release.id, stem, stem + "~", PLACE),
    ).fetchall()
    if not rows:
        return []
    page = catalog.page(reference, CodeSystem.ICD10CM, rows[0][0], on)
    meanings = {row.character: row.meaning for row in page.seventh_characters} if page else {}
    return [Seventh(found[-1], found, meanings.get(found[-1], title)) for found, title in rows]
