"""What a header stands for: the billable code that coders mean when they name no more than the header.

Coders who ask for "type 2 diabetes" want E11.9, not E11. Where the tabular list prints the header's own title with
NOS below a code, that code is meant (Official Guidelines, section I.A.6.b: "NOS" is "unspecified"). Else the order of
preference among the children of a header follows how ICD-10-CM is built (sections I.A.9 and I.B.18): the unspecified
code, the one without complication, the initial encounter (7th character A), the code that ends in 9, a plain
negative ("not intractable"), and otherwise the first in order. The choice is repeated down to a billable
code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Row(Protocol):
    """What is needed of a code: name without the dot, title, flag, and the header above it."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def billable(self) -> bool: ...
    @property
    def parent(self) -> str | None: ...


def default_billable(rows: Iterable[Row], unspecified: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """For every header among the rows of one release, in their official order, its default billable code.

    `unspecified` are the codes below which the tabular list prints a title with NOS, by that title as `bare` has it.
    """
    children: dict[str, list[Row]] = {}
    said: dict[str, str] = {}
    for row in rows:
        if row.parent:
            children.setdefault(row.parent, []).append(row)
        if unspecified and not row.billable:
            named = unspecified.get(bare(row.title), ())
            if below := [code for code in named if code.startswith(row.code) and code != row.code]:
                said[row.code] = below[0]
    nearest = {header: said.get(header) or _preferred(below) for header, below in children.items()}
    return {header: _descend(header, nearest) for header in children}


def bare(title: str) -> str:
    """A title, or an inclusion term with NOS, as both are compared.

    In lower case, without what stands in parentheses, without NOS and without the plural: "Postpartum hemorrhage
    (atonic) NOS" is the title of O72.
    """
    words = re.sub(r"\([^()]*\)", " ", title.lower()).removesuffix(" nos").split()
    return " ".join(
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "is", "us")) else word for word in words
    )


def _descend(header: str, nearest: Mapping[str, str]) -> str:
    at = header
    while at in nearest:
        at = nearest[at]
    return at


# A word counts where another sibling has fewer of it.
_TELLING = (
    "unspecified",
    "with unspecified",
    "unspecified with ",
    "without complication",
    "uncomplicated",
    "without ",
    "not ",
    "other ",
)


def _preferred(siblings: list[Row]) -> str:
    """The code that the siblings' header stands for first."""
    titles = [row.title.lower() for row in siblings]
    fewest = {words: min(title.count(words) for title in titles) for words in _TELLING}
    ranks = [_rank(row.code, title, fewest) for row, title in zip(siblings, titles, strict=True)]
    return siblings[ranks.index(min(ranks))].code


def _rank(code: str, title: str, fewest: Mapping[str, int]) -> tuple[int, bool]:
    """Smaller is preferred."""

    def stands_out(words: str) -> bool:
        return title.count(words) > fewest[words]

    def preference() -> int:
        vague = stands_out("with unspecified") or stands_out("unspecified with ")
        if stands_out("unspecified") and not vague:
            return 0
        if stands_out("without complication") or stands_out("uncomplicated"):
            return 1
        if len(code) == 7 and code.endswith("A"):
            return 2
        if code.endswith("9"):
            return 3
        if stands_out("without ") or stands_out("not "):
            return 4
        return 6 if stands_out("other ") else 5

    return preference(), not code.endswith("9")
