"""What is known of a code before any query: how likely it is meant, and on which side of the body it is.

The preferences are small and only order what matches alike: plain, short, unspecified and everyday codes come
first; second codes, obstetric records and external causes come late.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from codesets.search import lexicon

COMMON = 0.015


class Side(IntEnum):
    """The side that a code names; UNSPECIFIED when it says that it does not, and neighbors name one."""

    NONE = 0
    LEFT = 1
    RIGHT = 2
    BILATERAL = 3
    UNSPECIFIED = 4


def prior(code: str, title: str) -> float:
    """A small preference between codes that match alike; `code` without its dot."""
    lowered = title.lower()
    found = COMMON if any(code[:length] in lexicon.common_codes() for length in range(3, len(code) + 1)) else 0.0
    if "unspecified" in lowered or code.endswith("9"):
        found += 0.012
    if lowered.startswith("other specified"):
        found -= 0.024
    elif lowered.startswith("other ") or "other specified" in lowered:
        found -= 0.012
    if "in diseases classified elsewhere" in lowered:
        found -= 0.1  # a manifestation is never the first code
    if lowered.startswith(("pathological fracture", "stress fracture")):
        found -= 0.03  # a fracture of which nothing else is said is traumatic
    if len(code) == 7 and code[6] not in "A019":
        found -= 0.03
    if code[0] in "VWXY":
        found -= 0.03
    if code[0] in "OP":
        found -= 0.05  # only for obstetric records and newborns
    if lowered.startswith(("personal history", "family history", "subsequent ")):
        found -= 0.04
    if code[0] == "T" and "A" <= code[-1] <= "Z" and len(code) == 7:
        found -= 0.005
    return found - 0.002 * max(0, len(code) - 3)


def sides(codes: Sequence[str], titles: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The side of every code, and for every code its neighbors on the left, the right and both, or -1.

    A neighbor has the same title but for the side, in the same category.
    """
    side = np.zeros(len(codes), dtype=np.uint8)
    neighbors = np.full((len(codes), 3), -1, dtype=np.int32)
    places = {(code[:3], title): place for place, (code, title) in enumerate(zip(codes, titles, strict=True))}
    for place, (code, title) in enumerate(zip(codes, titles, strict=True)):
        match = _SIDE.search(title)
        if match is None:
            continue
        side[place] = _SIDES[match[0].lower()]
        for plain in ("unspecified", ""):
            twin = f"{title[: match.start()]}{plain}{title[match.end() :]}".replace("  ", " ").strip()
            unsided = places.get((code[:3], twin))
            if unsided is not None:
                side[unsided] = Side.UNSPECIFIED
                neighbors[unsided, side[place] - 1] = place
    return side, neighbors


_SIDE = re.compile(r"\b(?:left|right|bilateral)\b", re.IGNORECASE)
_SIDES = {"left": Side.LEFT, "right": Side.RIGHT, "bilateral": Side.BILATERAL}
