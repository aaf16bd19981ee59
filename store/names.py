"""Names of people as they are looked for: without accents, case and marks, by their parts, and as they sound.

What is kept of each name, so that it is found (`KnownName`), is made here; `store.queries.names` looks for it. It
does not compare two people (`store.intake.persons`, `store.records.duplicates` do).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_NOT_DECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that Unicode does not take apart into a plain one and its mark."""

_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("aeiouyhw"),
        **dict.fromkeys("bfpv", "1"),
        **dict.fromkeys("cgjkqsxz", "2"),
        **dict.fromkeys("dt", "3"),
        "l": "4",
        **dict.fromkeys("mn", "5"),
        "r": "6",
    }
)
"""The groups of consonants of the National Archives' Soundex; here the first letter is one of them too."""

_REPEATED = re.compile(r"(.)\1+")


def plain(name: str) -> str:
    """A name in small letters without accents, words apart by one space: `Muñoz-O'Neil` is `munoz o neil`."""
    letters = name.lower()
    if not letters.isascii():
        spelled = unicodedata.normalize("NFKD", name.casefold().translate(_NOT_DECOMPOSED))
        letters = "".join(c for c in spelled if not unicodedata.combining(c))
    if letters.isalnum():
        return letters
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def joined(name: str) -> str:
    """A name as one word: what is typed for `O'Neil` and `De La Cruz`, in one piece or not."""
    return plain(name).replace(" ", "")


def words_of(name: str) -> tuple[str, ...]:
    """The words that a name is found by: its parts, and all of them as one."""
    parts = plain(name).split()
    return tuple(dict.fromkeys((*parts, "".join(parts)))) if len(parts) > 1 else tuple(parts)


def sound(word: str) -> str:
    """The consonants of a word by groups that are taken for each other: `meyer` and `maier` have the same."""
    return _REPEATED.sub(r"\1", word.translate(_SOUNDS))


def known_rows(family: Iterable[str] = (), given: Iterable[str] = ()) -> Iterator[dict[str, object]]:
    """The rows of `KnownName` for names as they stand in the record: one for each word of each."""
    for of_given, names in ((False, family), (True, given)):
        for name in names:
            for word in words_of(name):
                yield {"word": word, "given": of_given, "name": name, "turned": word[::-1], "sound": sound(word)}
