"""Sides as single letters: "oa l hip", "m17 l", "carpal tunnel b"."""

from __future__ import annotations

import re


def with_side(text: str) -> str:
    """A text in lower case with its only lone letter for a side as the side: "l hip fx", "oa l hip", "knee oa b"."""
    letters = list(_LETTER_FOR_SIDE.finditer(text))
    if not letters and (both := _B_FOR_BOTH.fullmatch(text)) and both["last"] not in _TYPES_WITH_B:
        return f"{both['before']} bilateral"
    if len(letters) != 1:
        return text
    (match,) = letters
    return f"{text[: match.start()]} {_SIDE_OF_LETTER[match['side']]} {text[match.end() :]}".strip()


def side_after_code(text: str) -> str:
    """What was typed after a code, in lower case, with a letter or a clipped word for the side written out."""
    alone = _ALONE.get(text.strip())
    return alone or with_side(f"xx {text}").removeprefix("xx ")


# A lone letter before, between or after words.
_LETTER_FOR_SIDE = re.compile(r"(?:^|(?<=\w\w)\s+|(?<=\w\w[),;])\s+)\(?\b(?P<side>[lr])\b\)?(?:\s+(?=\w{2})|$)")
_SIDE_OF_LETTER = {"l": "left", "r": "right"}
_B_FOR_BOTH = re.compile(r"(?P<before>(?:.*\s)?(?P<last>[a-z]{2,}))\s+b")
# What a B after it is a kind of: "hepatitis b", "influenza b".
_TYPES_WITH_B = frozenset(
    ["hepatitis", "hep", "flu", "influenza", "hemophilia", "type", "vitamin", "vit", "strep", "group", "lymphoma"]
)
_ALONE = {**_SIDE_OF_LETTER, "rt": "right", "lt": "left"}
