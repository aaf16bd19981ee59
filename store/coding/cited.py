"""The words of a document that support a code, as they are kept with it: `DOC-1 120-141: stage 3a kidney disease`.

Document number, first character and the one behind the last from 0, the words in one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codesets.safe import safe_line
from store.queries.charts import ChartDocument

MOST_WORDS = 200
"""How many characters of words are kept; the place tells the rest."""

_KEPT = re.compile(r"(\S+) (\d+)-(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Cited:
    """A place in a document and its words."""

    number: str
    start: int
    end: int
    words: str

    @property
    def kept(self) -> str:
        """As it is kept with the code."""
        return safe_line(f"{self.number} {self.start}-{self.end}: {self.words[:MOST_WORDS]}")


def read_cited(kept: str) -> Cited | None:
    """What was kept with a code, None for a text of another kind."""
    match = _KEPT.fullmatch(kept)
    return Cited(match[1], int(match[2]), int(match[3]), match[4]) if match else None


def places_of(words: str, documents: Sequence[ChartDocument]) -> list[Cited]:
    """Where the words stand in signed documents, case and line breaks aside, grown to whole words; in their order."""
    parts = words.split()
    if not parts:
        return []
    pattern = re.compile(r"\w*" + r"\s+".join(map(re.escape, parts)) + r"\w*", re.IGNORECASE)
    return [one for document in documents if document.status.authenticated for one in _found(pattern, document)]


def _found(pattern: re.Pattern[str], document: ChartDocument) -> Iterator[Cited]:
    for match in pattern.finditer(document.text):
        yield Cited(document.number, match.start(), match.end(), " ".join(match[0].split()))
