"""How likely one word is a slip of the keyboard for another, in edits weighted by how hands err.

Swapped neighbors, a letter doubled or halved and a key beside the right one are the common slips and cost
less than one edit; a letter at the start is rarely wrong and costs more. Words that sound alike have the same
key of sounds, however many letters they differ in.
"""

from __future__ import annotations

import re
from functools import cache

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR_KEY = 0.85
_SWAPPED = 0.8
_DOUBLED = 0.7
_AT_START = 0.4


def cost(typed: str, word: str) -> float:
    """The weighted edits from the typed letters to the word; 0 for the same word."""
    rows = [[0.0] * (len(word) + 1) for _ in range(len(typed) + 1)]
    for i in range(1, len(typed) + 1):
        rows[i][0] = rows[i - 1][0] + _extra(typed, i)
    for j in range(1, len(word) + 1):
        rows[0][j] = rows[0][j - 1] + _extra(word, j)
    for i, left in enumerate(typed, start=1):
        row, above = rows[i], rows[i - 1]
        for j, right in enumerate(word, start=1):
            if left == right:
                best = above[j - 1]
            else:
                best = above[j - 1] + (_NEAR_KEY if right in neighbors().get(left, "") else 1.0)
                best += _AT_START if i == j == 1 else 0.0
            best = min(best, above[j] + _extra(typed, i), row[j - 1] + _extra(word, j))
            if i > 1 and j > 1 and left == word[j - 2] and typed[i - 2] == right and left != right:
                best = min(best, rows[i - 2][j - 2] + _SWAPPED + (_AT_START / 2 if i == j == 2 else 0.0))
            row[j] = best
    return rows[-1][-1]


def _extra(text: str, place: int) -> float:
    """The cost of a letter that only one of the two has; `place` counts from 1."""
    if place == 1:
        return 0.9 + _AT_START
    return _DOUBLED if text[place - 1] == text[place - 2] else 0.9


@cache
def neighbors() -> dict[str, str]:
    """The keys beside each key, on its row and on the rows above and below."""
    at = {key: (x + y * 0.5, y) for y, row in enumerate(_ROWS) for x, key in enumerate(row)}
    return {
        key: "".join(
            other for other, (ox, oy) in at.items() if other != key and abs(oy - y) <= 1 and abs(ox - x) <= 1.0
        )
        for key, (x, y) in at.items()
    }


# Spellings that sound alike, in this order; then vowels but the first fall away.
_SOUNDS = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        ("^(?:pn|gn|kn|mn)", "n"),
        ("^ps", "s"),
        ("^pt", "t"),
        ("^x", "s"),
        ("^wr", "r"),
        ("^rh|rrh|rh", "r"),
        ("ph", "f"),
        ("th", "t"),
        ("tch|sch|sh|ch(?=[ei])", "x"),
        ("ch|ck|q|c(?![eiy])", "k"),
        ("sc(?=[eiy])|c|z", "s"),
        ("gh|g(?=[eiy])", "j"),
        ("y", "i"),
        ("ks", "x"),
    )
)
_LATER_VOWELS = re.compile(r"(?<!^)[aeiouhw]")
_REPEATED = re.compile(r"(.)\1+")


def sound(word: str) -> str:
    """The key of a word's sounds; words that sound alike have the same one."""
    for pattern, form in _SOUNDS:
        word = pattern.sub(form, word)
    return _REPEATED.sub(r"\1", _LATER_VOWELS.sub("", word))
