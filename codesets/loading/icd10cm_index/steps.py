"""The words of one term on a path of the index, and how well the words of a reference name a path of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from codesets.search.words import words

PARENTHESES = re.compile(r"\([^()]*\)")


class Fit(IntEnum):
    """How well words name a term, the best first."""

    EXACT = 0
    EXACT_IN_ANY_ORDER = 1
    FEWER = 2
    FEWER_IN_ANY_ORDER = 3


@dataclass(frozen=True)
class Step:
    """A term on a path: the words of its name, other forms of it, what stands behind a comma, and modifiers.

    Names and what stands behind a comma are printed in full in a reference that leaves nothing out.
    """

    name: tuple[str, ...]
    forms: tuple[str, ...]
    also: tuple[str, ...]
    modifiers: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.name, *self.forms, *self.also, *self.modifiers)


def fit(path: Sequence[Step], wanted: Sequence[str]) -> Fit | None:
    """How well the wanted words name a path; None where one is not in it, or no word begins a step of it.

    A step without words of its own ("in") can be passed over. Words around "with" and "without" keep their
    order, since the same words mean something else on the other side.
    """
    asked = set(wanted)
    if not path[-1].name or any(step.name and asked.isdisjoint((step.name[0], *step.forms)) for step in path):
        return None
    if not Counter(wanted) <= Counter(word for step in path for word in step.all):
        return None
    if any(not asked.issuperset(_SIDES.intersection(step.name)) for step in path):
        return None
    left_out = any(not asked.issuperset((*step.name, *step.also)) for step in path)
    ordered = iter([word for step in path for word in step.all])
    in_order = all(word in ordered for word in wanted)
    if not in_order and not _SIDES.isdisjoint(asked):
        return None
    if left_out:
        return Fit.FEWER if in_order else Fit.FEWER_IN_ANY_ORDER
    return Fit.EXACT if in_order else Fit.EXACT_IN_ANY_ORDER


_SIDES = frozenset(["with", "without"])


@lru_cache(maxsize=65536)
def step_of(title: str) -> Step:
    """The words of a title; of "aorta, aortic" and "gland or node" the first alone has to be named."""
    bare = PARENTHESES.sub(" ", title)
    (first, *others) = [tuple(plain_words(part)) for part in bare.split(",")]
    forms: list[str] = []
    if _SIDES.isdisjoint(plain_words(bare)):
        first, *alternatives = [tuple(plain_words(part)) for part in bare.split(",")[0].split(" or ")]
        forms += [word for other in alternatives for word in other]
    forms += [word for other in others if same_root(other, first) for word in other]
    also = [word for other in others if not same_root(other, first) for word in other]
    modifiers = words(" ".join(PARENTHESES.findall(title)))
    return Step(first, tuple(forms), tuple(also), tuple(modifiers))


def same_root(form: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Whether a further name is another form of the first one ("Fever, feverish"), not what it is of or in."""
    return len(form) == 1 and bool(name) and form[0][: _root(name[0])] == name[0][: _root(name[0])]


def _root(word: str) -> int:
    """How many letters two forms of a word have in common at least ("virus, viral", "aorta, aortic")."""
    return min(4, max(3, len(word) - 2))


@lru_cache(maxsize=65536)
def plain_words(text: str) -> list[str]:
    return [word for word in words(PARENTHESES.sub(" ", text)) if word not in ("nec", "nos")]
