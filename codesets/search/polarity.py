"""With and without: what a query asks to be there or not, and whether a code says the same.

"COPD w/o exac" asks for the code that has no exacerbation, be it that its title says so or that it names none, and
never for the one with it; "BPH w LUTS" asks for the one whose title does not deny the symptoms.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from codesets.search import lexicon
from codesets.search.words import words

_SHORTEST_BEGINNING = 4
_PARTS = re.compile(r"(?:^|\s)(?P<how>w/o|wo|without|no|w/|w|with)(?=\s|$)|(?:^|\s)(?P<joined>w/)(?=[^o\s])(?!d\b)")
_DENYING = ("w/o", "wo", "without", "no")

Meant = tuple[frozenset[str], ...]
"""What a typed word may mean: sets of words, each of which says it."""


@dataclass(frozen=True)
class Polarity:
    """What a query wants with and without. `head` is the query before the first "without"."""

    affirmed: tuple[Meant, ...] = ()
    denied: tuple[Meant, ...] = ()
    head: str = ""

    def __bool__(self) -> bool:
        return bool(self.affirmed or self.denied)

    def agrees(self, title: str, term: str) -> bool:
        """Whether a code by its title, or else by the term that led to it, has and lacks what is asked for."""
        return all(_has(one, title, term) is not False for one in self.affirmed) and all(
            _has(one, title, term) is not True for one in self.denied
        )


def polarity(query: str) -> Polarity:
    """What a query in plain lower case wants with and without."""
    parts = list(_PARTS.finditer(query))
    affirmed: list[Meant] = []
    denied: list[Meant] = []
    head = ""
    for part, after in zip(parts, [one.start() for one in parts[1:]] + [len(query)] * bool(parts), strict=True):
        denying = part["how"] in _DENYING
        said = [_meant(word) for word in re.findall(r"[a-z0-9]+", query[part.end() : after])]
        (denied if denying else affirmed).extend(one for one in said if one)
        if denying and not head:
            head = query[: part.start()].strip()
    return Polarity(tuple(affirmed), tuple(denied), head)


def _meant(typed: str) -> Meant:
    found = [words(typed), words(lexicon.shorthand().get(typed, ""))]
    found += [words(sense.text) for sense in lexicon.abbreviations().get(typed, ())[:2]]
    return tuple(dict.fromkeys(frozenset(one) for one in found if one))


def _has(meant: Meant, title: str, term: str) -> bool | None:
    """True where the title has what is meant, False where it denies it, None where neither it nor the term tells."""
    for text in (title, term):
        said, lacking = _split(words(text))
        if any(_says(one, lacking) or lacking and set(lacking) <= one for one in meant):
            return False
        if any(_says(one, said) for one in meant):
            return True
    return None


def _says(meant: frozenset[str], said: Collection[str]) -> bool:
    return all(
        any(word == one or len(one) >= _SHORTEST_BEGINNING and word.startswith(one) for word in said) for one in meant
    )


def _split(said: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of a text that it affirms, and those that follow its "without"."""
    affirmed: list[str] = []
    lacking: list[str] = []
    current = affirmed
    for word in said:
        if word in ("with", "without"):
            current = lacking if word == "without" else affirmed
        else:
            current.append(word)
    return affirmed, lacking
