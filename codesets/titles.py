"""When two editions print the same title: the order file is written without accents, the tabular list with them."""

from __future__ import annotations

import unicodedata


def same_title(one: str, other: str) -> bool:
    """Whether two titles differ in accents and typographic marks at most, which official addenda do not count."""
    return one == other or _bare(one) == _bare(other)


def _bare(title: str) -> str:
    if title.isascii():
        return title
    title = title.translate(_MARKS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", title) if not unicodedata.combining(letter))


_MARKS = str.maketrans({"\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-", "\u201c": '"', "\u201d": '"'})
