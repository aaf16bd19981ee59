"""What a word of a note may stand for: words of the classification, each with a weight up to 1.

A token leads to itself without plural and in American spelling, to its synonyms, to words of the same long stem,
and, where it is an abbreviation, to the words of its likeliest sense. Whole phrases lead to the words of
another one ("heart attack"). Misspelled words are left alone: a note is not a query, and a wrong guess costs a
coder more than a missed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from codesets.search import lexicon
from codesets.search.vocabulary import How, Vocabulary
from codesets.search.words import STOP_WORDS, american, plain, stem, words
from codesets.suggest.sentences import Token
from codesets.suggest.tables import pairs, rows

SAID_SO = 0.96
SYNONYM = 0.9
PHRASE = 0.95
ABBREVIATION = 0.97
LONGEST_PHRASE = 5


@dataclass(frozen=True)
class Meaning:
    """A word of the classification, by number, and how sure the note's word stands for it."""

    word: int
    weight: float


class Lexical:
    """The vocabulary of one release with a memory of tokens; for one thread."""

    def __init__(self, vocabulary: Vocabulary, first: int, own: Iterable[str]) -> None:
        """`own` are texts with words that the classification may lack; these get numbers from `first` on."""
        self._vocabulary = vocabulary
        self._own: dict[str, int] = {}
        for text in own:
            for word in words(text):
                if vocabulary.number(word) is None:
                    self._own.setdefault(word, first + len(self._own))
        self.meanings = lru_cache(maxsize=20_000)(self._meanings)
        self.phrase = lru_cache(maxsize=20_000)(self._phrase)
        self.normal = lru_cache(maxsize=20_000)(self._normal)
        self.numbers = lru_cache(maxsize=20_000)(self._numbers)

    def _numbers(self, text: str) -> tuple[int, ...]:
        """The words of a text that the classification knows, as numbers."""
        found = (self.number(word) for word in words(text))
        return tuple(number for number in found if number is not None)

    @property
    def own_count(self) -> int:
        """How many words are our own."""
        return len(self._own)

    def number(self, word: str) -> int | None:
        """The number of a normal word, of the classification or our own."""
        known = self._vocabulary.number(word)
        return self._own.get(word) if known is None else known

    def _meanings(self, written: str) -> tuple[Meaning, ...]:
        base = self.normal(written)
        if not base:
            return ()
        found: dict[int, float] = {}
        for sense in abbreviated(written, base in self._vocabulary):
            for number in self.numbers(sense):
                found[number] = max(found.get(number, 0.0), ABBREVIATION)
        if found:
            return tuple(Meaning(number, weight) for number, weight in found.items())
        if base in self._own:
            found[self._own[base]] = 1.0
        known_as = base not in not_meant() and written.lower() not in not_meant()
        expansion = self._vocabulary.expand(base, False, True)
        for match in expansion.matches:
            if match.how is How.EXACT:
                found[match.word] = 1.0
            elif match.how is How.SYNONYM and known_as:
                found[match.word] = max(found.get(match.word, 0.0), SYNONYM)
            elif match.how is How.STEM and match.weight >= LEAST_STEM:
                found[match.word] = max(found.get(match.word, 0.0), match.weight)
        for other in _same_in_notes().get(base, ()):
            for number in self.numbers(other):
                found[number] = max(found.get(number, 0.0), SAID_SO)
        return tuple(Meaning(number, weight) for number, weight in found.items())

    @staticmethod
    def is_abbreviation(written: str) -> bool:
        """Whether the table of abbreviations has it, in any case."""
        return written.lower() in _abbreviations()

    @staticmethod
    def phrase_sizes(first: str) -> tuple[int, ...]:
        """How many words the phrases have that begin with this word."""
        return _phrase_sizes().get(first, ())

    def _phrase(self, phrase: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a phrase, as normal words, stands for besides its words."""
        found: dict[int, float] = {}
        # A word that names no condition by itself does not become one: no diabetes of a sugar tong splint.
        alone = len(phrase) == 1 and phrase[0] in not_alone() or " ".join(phrase) in not_meant()
        for other in () if alone else lexicon.phrase_synonyms().get(phrase, ()):
            if (
                "screening" in other or "aftercare" in other
            ):  # a visit: of its words a note would make the disease that is looked for
                continue
            for word in other:
                if (number := self.number(word)) is not None:
                    found[number] = PHRASE if len(phrase) > 1 else SYNONYM
        return tuple(Meaning(number, weight) for number, weight in found.items())

    def _normal(self, written: str) -> str:
        """A token as a word of the index: plain letters, American, no plural; empty for a stop word."""
        lowered = plain(written)
        lowered = "".join(character for character in lowered if character.isalnum())
        if lowered in STOP_WORDS:
            return ""
        if lowered.endswith("ses") and (single := american(lowered[:-2] + "is")) in self._vocabulary:
            return single
        return _NUMERALS.get(lowered) or stem(lowered)


LEAST_STEM = 0.74


_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}


def abbreviated(written: str, known: bool) -> tuple[str, ...]:
    """The sense of an abbreviation or of chart shorthand; none for what a note writes for other things.

    Two letters and words of the language have to be in capitals.
    """
    lowered = written.lower()
    if written in _SIDES:
        return (_SIDES[written],)
    if sense := _abbreviations().get(lowered):
        capitals = sum(character.isupper() or character.isdigit() for character in written) > 1
        return (sense,) if capitals or (len(lowered) > 2 and not known) else ()
    if len(lowered) > 1 and not known and lowered not in not_alone() and (meaning := lexicon.shorthand().get(lowered)):
        return (meaning,)
    return ()


_SIDES = {
    "R": "right",
    "L": "left",
    "RT": "right",
    "LT": "left",
    "Rt": "right",
    "Lt": "left",
    "rt": "right",
    "lt": "left",
}


def token_words(tokens: Sequence[Token], lexical: Lexical) -> list[str]:
    """The normal word of every token, numerals after "type" and the like as digits; empty for marks.

    An A that names a kind of virus is a word ("influenza A"), and "well" is one where it tells of a visit only.
    """
    found: list[str] = []
    before = ""
    for place, token in enumerate(tokens):
        lowered = token.small
        if before in NUMBERED and lowered in _NUMERALS_AFTER:
            found.append(_NUMERALS_AFTER[lowered])
        elif token.text == "A" and before in _LETTERED:
            found.append(LETTER_A)
        elif lowered == "well" and not (place + 1 < len(tokens) and tokens[place + 1].small in _WELL):
            found.append("")
        else:
            found.append(lexical.normal(token.text) if token.is_word else "")
        before = lowered
    return found


# "as well as valvular disease" is not Wells' disease.
_WELL = frozenset(["child", "baby", "infant", "woman", "man", "adult", "visit", "adolescent", "teen", "exam"])
_LETTERED = frozenset(["influenza", "flu", "hepatitis", "hep", "type"])
LETTER_A = "typea"
NUMBERED = frozenset(["type", "stage", "grade", "class", "degree", "factor", "level", "phase"])
_NUMERALS_AFTER = {"i": "1", "v": "5", "x": "10", "iiia": "3a", "iiib": "3b", "g3a": "3a", "g3b": "3b"}


def after_count(written: str) -> str:
    """A bare stage, class or type as digits: "IV" is 4, "G3b" 3b; empty for what is none."""
    lowered = written.lower().removeprefix("g")
    digits = {**_NUMERALS, **_NUMERALS_AFTER}.get(lowered, lowered)
    return digits if digits[:1] in "12345" and digits[1:] in ("", "a", "b") else ""


@cache
def counted_by() -> dict[str, str]:
    """Words of a note after which a bare number counts something, and what."""
    return pairs("counted.csv", ("word", "counts"))


@cache
def not_alone() -> frozenset[str]:
    """Words in lower case that name no condition by themselves."""
    return frozenset(word for (word,) in rows("not_alone.csv", ("word",)))


@cache
def not_meant() -> frozenset[str]:
    """Words and phrases in lower case whose everyday sense a note does not mean."""
    return frozenset(words for (words,) in rows("not_meant.csv", ("words",)))


@cache
def _phrase_sizes() -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for phrase in lexicon.phrase_synonyms():
        if len(phrase) <= LONGEST_PHRASE:
            found.setdefault(phrase[0], set()).add(len(phrase))
    return {first: tuple(sorted(sizes)) for first, sizes in found.items()}


@cache
def _abbreviations() -> dict[str, str]:
    return pairs("abbreviations.csv", ("abbreviation", "sense"))


@cache
def _same_in_notes() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for written, meant in rows("same_in_notes.csv", ("in_notes", "classification")):
        found.setdefault(stem(american(written)), []).append(meant)
    return {written: tuple(meant) for written, meant in found.items()}
