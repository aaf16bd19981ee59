"""Cues: the words of a sentence that change what a mention in it means.

After the ConText method (Harkema et al., J Biomed Inform 2009): a cue reaches forward or backward over the
sentence until another cue or a conjunction ends its reach. The cues are data (`data/cues.csv`). A library was
measured and left: on 2,057 mentions medspaCy's ConText agreed on most negations, let more of them run on ("no
relevant history, presented with anorexia") and knew fewer than half of the uncertain ones, for 70 packages, 280 MB,
1.7 s of loading and thirteen times the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from codesets.errors import UnreadableInput
from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows


class Effect(StrEnum):
    """What a cue does to a mention in its reach."""

    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HYPOTHETICAL = "hypothetical"
    HISTORY = "history"
    FAMILY = "family"
    CURRENT = "current"
    NONE = "none"
    END = "end"


@dataclass(frozen=True)
class Cue:
    """One cue in a sentence. Tokens from..to are its own; first..last, inclusive, those it reaches."""

    effect: Effect
    words: str
    begin: int
    end: int
    first: int
    last: int

    def reaches(self, begin: int, end: int) -> bool:
        """Whether tokens begin..end (end exclusive) lie within its reach."""
        return self.first <= begin and end - 1 <= self.last


MOST_NEGATED = 14  # tokens that a negation reaches: long lists are common ("denies fever, chills, ...")
MOST_UNCERTAIN = 8
MOST_AFTER = 6
MOST_FAMILY = 30
_OF_THE_PATIENT = frozenset(["patient", "he", "she", "but", "however", "personal"])


def cues(sentence: Sentence) -> list[Cue]:
    """The cues of a sentence that change mentions, in the order of the text."""
    written = [token.text.lower() for token in sentence.tokens]
    found = list(_found(written))
    changing = []
    for place, (effect, after, begin, end, most) in enumerate(found):
        if effect in (Effect.NONE, Effect.END):
            continue
        words = " ".join(written[begin:end])
        if after:
            first = _reach_back(found, place, begin, most or MOST_AFTER, written)
            changing.append(Cue(effect, words, begin, end, first, begin - 1))
        else:
            last = _reach_on(found, place, (end, effect, most), written)
            changing.append(Cue(effect, words, begin, end, end, last))
    return changing


_Found = tuple[Effect, bool, int, int, int]


def _found(written: Sequence[str]) -> list[_Found]:
    """The longest cue at every place: effect, whether the mention comes before it, and its tokens."""
    table = _table()
    found: list[_Found] = []
    place = 0
    while place < len(written):
        longest: list[tuple[Effect, bool, int]] = []
        end = place + 1
        for phrase, meanings in table.get(written[place], ()):
            size = len(phrase)
            if tuple(written[place : place + size]) == phrase:
                longest, end = meanings, place + size
                break
        found += [(effect, after, place, end, most) for effect, after, most in longest]
        place = end
    return found


def _reach_on(found: list[_Found], place: int, cue: tuple[int, Effect, int], written: Sequence[str]) -> int:
    """The last token that a cue reaches forward."""
    begin, effect, most = cue
    if not most:
        most = MOST_NEGATED if effect in (Effect.NEGATED, Effect.HYPOTHETICAL) else MOST_UNCERTAIN
        most = MOST_FAMILY if effect is Effect.FAMILY else most
    last = min(begin + most, len(written)) - 1
    for other, after, other_begin, _, _ in found[place + 1 :]:
        if other_begin > last:
            break
        if other_begin < begin or after and other is not Effect.END:
            continue
        if effect is Effect.FAMILY:
            # "mother, who is diabetic": only the patient ends what is said of the family.
            if other in (Effect.HISTORY, Effect.CURRENT) or written[other_begin] in _OF_THE_PATIENT:
                return other_begin - 1
        elif other is Effect.END or other is Effect.NEGATED and effect is not Effect.NEGATED:
            return other_begin - 1
    return last


def _reach_back(found: list[_Found], place: int, begin: int, most: int, written: Sequence[str]) -> int:
    """The first token that a cue reaches backward."""
    first = max(0, begin - most)
    for other, _, _, other_end, _ in found[:place]:
        # "Pneumonia has been ruled out": the verb of the cue itself ends nothing.
        if other is not Effect.NONE and other_end != begin:
            first = max(first, other_end)
    for place in range(begin - 1, first - 1, -1):
        if written[place] in (",", ":") and place < begin - 1:
            return place + 1
    return first


@cache
def _table() -> dict[str, list[tuple[tuple[str, ...], list[tuple[Effect, bool, int]]]]]:
    """By the first token, the cues as tokens, the longest first, with their effects."""
    phrases: dict[tuple[str, ...], list[tuple[Effect, bool, int]]] = {}
    for cue, effect, reach, most in rows("cues.csv", ("cue", "effect", "reach", "most")):
        if effect not in {one.value for one in Effect} or reach not in ("before", "after") or not most.isdigit():
            raise UnreadableInput(f"cues.csv: {cue}", "expected a known effect, before or after, and a number")
        phrases.setdefault(_tokens(cue), []).append((Effect(effect), reach == "after", int(most)))
    table: dict[str, list[tuple[tuple[str, ...], list[tuple[Effect, bool, int]]]]] = {}
    for phrase, meanings in sorted(phrases.items(), key=lambda item: -len(item[0])):
        table.setdefault(phrase[0], []).append((phrase, meanings))
    return table


def _tokens(cue: str) -> tuple[str, ...]:
    from codesets.suggest.sentences import sentences

    return tuple(token.text for sentence in sentences(cue, 0, len(cue)) for token in sentence.tokens)
