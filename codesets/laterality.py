"""The side of a diagnosis code: which of its neighbors is the other side, both sides, or no side.

Derived, since no official table says it: codes that differ in one character, at the place where their titles change
right for left, are one family; its member for both sides says "bilateral", the one for no side "unspecified".
Source: Official Guidelines, section I.B.13.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from codesets import catalog
from codesets.reference import Reference
from codesets.releases import CodeSystem


class Side(StrEnum):
    """What a code says of the side."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both sides"
    UNSPECIFIED = "no side"

    @property
    def number(self) -> int:
        """Its place among the sides, from 1: as `sides` numbers them, which has 0 for a code without a side."""
        return list(Side).index(self) + 1


@dataclass(frozen=True)
class Family:
    """Codes that differ in the side alone, by their side, without dots; `name` is the code with a blank there."""

    name: str
    members: dict[Side, str]


@dataclass(frozen=True)
class Sided:
    """A code's side and its family."""

    side: Side
    family: Family


def sided(reference: Reference, code: str, on: dt.date) -> Sided | None:
    """The side of a code without its dot; None where it has no other side, or is not known."""
    release = reference.choose(CodeSystem.ICD10CM, on).release
    if release is None:
        return None
    for place in range(3, min(len(code), 6)):
        variants = [f"{code[:place]}{other}{code[place + 1 :]}" for other in _CHARACTERS]
        marks = ", ".join("?" * len(variants))
        query = f"SELECT code, title FROM codes WHERE release_id = ? AND code IN ({marks})"
        titles = dict(reference.db.execute(query, (release.id, *variants)).fetchall())
        members = _members(titles)
        side = next((side for side, member in members.items() if member == code), None)
        if side is not None and side in members and Side.RIGHT in members:
            if Side.BOTH not in members and (
                both := _bilateral(reference, release.id, titles[members[Side.RIGHT]], code)
            ):
                members[Side.BOTH] = both
            return Sided(side, Family(f"{catalog.dotted(code[:place])}_{code[place + 1 :]}", members))
    return None


def _bilateral(reference: Reference, release_id: int, right: str, code: str) -> str:
    """The code for both sides that stands elsewhere in the category: M17.0 for M17.11 and M17.12; empty for none."""
    rows = reference.db.execute(
        "SELECT code, title FROM codes WHERE release_id = ? AND code > ? AND code < ? AND title LIKE '%bilateral%'"
        " ORDER BY code",
        (release_id, code[:3], f"{code[:3]}~"),
    )
    wanted = _unsided(right)
    return next((other for other, title in rows.fetchall() if _unsided(title) == wanted), "")


def _unsided(title: str) -> list[str]:
    """The words of a title but those of the side, in one order."""
    return sorted(set(re.findall(r"[a-z]+", title.lower())) - _SIDE_WORDS)


def sides(codes: Sequence[str], titles: Sequence[str]) -> tuple[list[int], list[list[int]]]:
    """The sides of all codes of a release by their titles, as numbers, and their neighbors left, right and both, or -1.

    A neighbor has the same title but for the side, in the same category. A code that names no side has one, the
    unspecified, where neighbors name one; of those that name the dominant side too the right one is dominant and the
    left one is not (Official Guidelines, section I.C.6.a).
    """
    side = [0] * len(codes)
    neighbors = [[-1, -1, -1] for _ in codes]
    places = {(code[:3], title): place for place, (code, title) in enumerate(zip(codes, titles, strict=True))}
    for place, (code, title) in enumerate(zip(codes, titles, strict=True)):
        match = _NAMED.search(title)
        if match is None:
            continue
        side[place] = NAMED[match[0].split()[0].lower()].number
        for plain in ("unspecified", ""):
            twin = f"{title[: match.start()]}{plain}{title[match.end() :]}".replace("  ", " ").strip()
            unsided = places.get((code[:3], twin))
            if unsided is not None:
                side[unsided] = Side.UNSPECIFIED.number
                neighbors[unsided][side[place] - 1] = place
    return side, neighbors


NAMED = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BOTH}
_NAMED = re.compile(r"\b(?:left(?: non-?dominant)?|right(?: dominant)?|bilateral)\b", re.IGNORECASE)
_SIDE_WORDS = {"left", "right", "bilateral", "unilateral", "both", "of", "the"}
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD = {Side.RIGHT: re.compile(r"\bright\b", re.IGNORECASE), Side.LEFT: re.compile(r"\bleft\b", re.IGNORECASE)}


def _members(titles: dict[str, str]) -> dict[Side, str]:
    """The sides among codes that differ in one character; empty without a right and a left of one title."""
    plain = {code: _WORD[Side.LEFT].sub("right", title).lower() for code, title in titles.items()}
    for right, title in titles.items():
        if not _WORD[Side.RIGHT].search(title):
            continue
        lefts = [code for code, other in titles.items() if _WORD[Side.LEFT].search(other)]
        left = next((code for code in lefts if plain[code] == plain[right]), None)
        if left is None:
            continue
        members = {Side.RIGHT: right, Side.LEFT: left}
        rest = {code: other for code, other in titles.items() if code not in (right, left)}
        own = title.lower().count("unspecified")
        for code, other in rest.items():
            if re.search(r"\bbilateral\b|\bboth\b", other, re.IGNORECASE):
                members.setdefault(Side.BOTH, code)
            elif other.lower().count("unspecified") > own:
                members.setdefault(Side.UNSPECIFIED, code)
        return members
    return {}
