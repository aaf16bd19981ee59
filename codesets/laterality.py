"""The side of a diagnosis code: which of its neighbors is the other side, both sides, or no side.

Derived, since no official table says it: codes that differ in one character, at the place where their titles change
right for left, are one family; its member for both sides says "bilateral", the one for no side "unspecified".
Source: Official Guidelines, section I.B.13.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from codesets import catalog
from codesets.reference import Reference
from codesets.releases import CodeSystem


class Side(StrEnum):
    """What a code says of the side."""

    RIGHT = "right"
    LEFT = "left"
    BOTH = "both sides"
    UNSPECIFIED = "no side"


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
            return Sided(side, Family(f"{catalog.dotted(code[:place])}_{code[place + 1 :]}", members))
    return None


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
