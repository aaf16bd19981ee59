"""Sides as single letters: "oa l hip", "m17 l"."""

from __future__ import annotations

import re


def with_side(text: str) -> str:
    """A text in lower case with its only lone "l" or "r" as the side: "l hip fx", "oa l hip", "knee oa r"."""
    letters = list(_LETTER_FOR_SIDE.finditer(text))
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
_ALONE = {**_SIDE_OF_LETTER, "rt": "right", "lt": "left"}
