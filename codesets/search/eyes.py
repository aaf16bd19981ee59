"""OD, OS and OU as the sides of the eyes, in queries that have a word of the eye: "cataract od", "amd wet os"."""

from __future__ import annotations

import re
from functools import cache

from codesets.search.tables import rows


def with_eyes(text: str) -> str:
    """A text in lower case with od, os and ou written out where another of its words is one of the eye."""
    if _LETTERS.search(text) is None:
        return text
    others = (word for word in re.findall(r"[a-z]+", text) if word not in _SIDES)
    if not any(word.startswith(_beginnings()) for word in others):
        return text
    return _LETTERS.sub(lambda match: _SIDES[match[0]], text)


_SIDES = {"od": "right", "os": "left", "ou": "bilateral"}
_LETTERS = re.compile(r"\bo[dsu]\b")


@cache
def _beginnings() -> tuple[str, ...]:
    return tuple(beginning for (beginning,) in rows("eye_words.csv", ("beginning",)))
