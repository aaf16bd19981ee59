"""Whether the words of a query name a procedure or a supply: what ICD-10-PCS or HCPCS have codes of, and not ICD-10-CM.

The tables are data (`procedure_names.csv`, `supply_names.csv`). A disease that answers only a part of such words is a
wrong answer and no near one: "lap chole" is no adjustment of a lap band.
"""

from __future__ import annotations

from functools import cache

from codesets.releases import CodeSystem
from codesets.search import lexicon
from codesets.search.tables import rows
from codesets.search.words import plain, words

MOST_WORDS = 6
# Words beside the name of a procedure that say no more than that it is one, and where.
OPERATED = frozenset(["surgery", "procedure", "operation", "total", "left", "right", "lt", "rt", "l", "r", "robotic"])


def named_in(query: str) -> CodeSystem | None:
    """The code system that the words of a query belong to, where they name a procedure or a supply; else None."""
    typed = tuple(words(plain(query)))[: MOST_WORDS + 1]
    if not typed or len(typed) > MOST_WORDS:
        return None
    if any(part in _supplies() and _last(typed, part) for part in _parts(typed)):
        return CodeSystem.HCPCS
    names = lexicon.procedure_names()
    part = max((part for part in _parts(typed) if part in names), key=len, default=())
    beside = lexicon.procedure_words(names[part][0]) if part else {}
    # "amputation stump infection" tells a state: a procedure is all of what is typed.
    whole = part and all(word in part or word in beside or word in OPERATED for word in typed)
    return CodeSystem.ICD10PCS if whole else None


def _last(typed: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Whether a part ends a query or, where it begins it, only its kind follows: "wheelchair standard"."""
    return part == typed[-len(part) :] or part == typed[: len(part)] and _kinds().issuperset(typed[len(part) :])


@cache
def _kinds() -> frozenset[str]:
    return frozenset(word for (word,) in rows("supply_kinds.csv", ("word",)))


def _parts(typed: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [typed[start:end] for start in range(len(typed)) for end in range(start + 1, len(typed) + 1)]


@cache
def _supplies() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words(word)) for (word,) in rows("supply_names.csv", ("word",)))
