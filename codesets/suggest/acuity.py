"""Of what the acuity of a sentence tells: an "acute" or "chronic" belongs to its own noun and to no neighbor's.

"Chronic heart failure, acute bronchitis" has no acute heart failure, and the "chronic" that an abbreviation spells out
(COPD) tells of nothing else. A wrong acuity is the dearest of wrong guesses: it makes a major complication.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from codesets.suggest.sentences import Sentence
from codesets.suggest.tables import rows

Owned = Mapping[int, frozenset[int]]
"""By the token that tells an acuity, the tokens that it tells of; none of them where it may tell of anything near."""


def owned(sentence: Sentence, tells: Iterable[tuple[int, int]]) -> Owned:
    """What each acuity of a sentence tells of; `tells` are the tokens from..to (exclusive) that say one."""
    written = [token.small for token in sentence.tokens]
    # A phrase that stands for an acute condition ("common cold") has no acuity to give to others.
    ends: dict[int, int] = {}
    for begin, end in tells:
        if _role(written[begin], "acuity"):
            ends[begin] = min(end, ends.get(begin, end))
    return {
        begin: _noun_after(sentence, written, end) or _noun_before(sentence, written, begin)
        for begin, end in ends.items()
    }


def fits(acuity: Owned, tokens: Iterable[int]) -> bool:
    """Whether every acuity among the tokens of a mention tells of another word of it."""
    told = [token for token in tokens if token in acuity]
    if not told:
        return True
    others = {token for token in tokens if token not in acuity}
    return not others or all(not acuity[token] or acuity[token] & others for token in told)


def _noun_after(sentence: Sentence, written: Sequence[str], end: int) -> frozenset[int]:
    """The words behind an acuity up to where another thing begins; none where they only tell a course."""
    found: list[int] = []
    place = end
    while place < len(written) and not _parts(sentence, written, place):
        found.append(place)
        place += 1
    naming = [token for token in found if sentence.tokens[token].is_word and not _role(written[token], "neutral")]
    return frozenset(token for token in naming if not _role(written[token], "acuity"))


def _noun_before(sentence: Sentence, written: Sequence[str], begin: int) -> frozenset[int]:
    """The words before an acuity that stands behind its noun: "bronchitis acute"."""
    found: list[int] = []
    place = begin - 1
    while place >= 0 and not _parts(sentence, written, place):
        if sentence.tokens[place].is_word and not _role(written[place], "neutral"):
            found.append(place)
        place -= 1
    return frozenset(token for token in found if not _role(written[token], "acuity"))


def _parts(sentence: Sentence, written: Sequence[str], place: int) -> bool:
    """Whether another thing begins at a token: not at the "and" or the stroke of "acute and chronic"."""
    tokens = sentence.tokens
    if written[place] in _JOINS and 0 < place < len(written) - 1:
        # "hypoxic and hypercapnic" tell of the one noun that follows them.
        adjectives = written[place - 1].endswith(_ADJECTIVE) and written[place + 1].endswith(_ADJECTIVE)
        return not (adjectives or _role(written[place + 1], "acuity"))
    if written[place] in ("-", "/"):
        return place == 0 or tokens[place - 1].end != tokens[place].start
    return _role(written[place], "ends")


_JOINS = ("and", "/", "or")
_ADJECTIVE = ("ic", "al", "ive", "ous", "ary", "lar")


def _role(word: str, role: str) -> bool:
    return word in _words(role)


@cache
def _words(role: str) -> frozenset[str]:
    return frozenset(word for word, of in rows("acuity.csv", ("word", "role")) if of == role)
