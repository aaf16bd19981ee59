"""The encounter that a query names: "r hip fx subs" is no initial one (7th character; Official Guidelines I.C.19.a)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from codesets.search import lexicon
from codesets.search.hits import Hit, Why

INITIAL = "A"
_SEVENTH = {"subsequent": "D", "sequela": "S"}


def at_encounter(
    hits: Sequence[Hit], said: Sequence[str], of_code: Callable[[str, Why, float], Hit | None]
) -> list[Hit]:
    """The hits, initial encounters exchanged for the one that the words of the query say; unchanged where none does."""
    wanted = next((_SEVENTH[word] for word in said if word in _SEVENTH), "")
    moved: dict[str, Hit] = {}
    for hit in hits:
        other = None
        if wanted and len(hit.code) == 7 and hit.code[6] == INITIAL:
            unmet = tuple(one for one in hit.why.unmet if _SEVENTH.get(lexicon.shorthand().get(one, one)) != wanted)
            other = of_code(hit.code[:6] + wanted, replace(hit.why, unmet=unmet), hit.score)
        moved.setdefault((other or hit).code, other or hit)
    return list(moved.values())
