"""What clinicians write, as data: shorthand, abbreviations with their senses, synonyms, and weak words.

CSV files in `data/`, each with a fixed header; a site can edit them. They were written from general clinical
knowledge. Shorthand has one meaning each and is rewritten anywhere in a query; abbreviations have several
senses with a rank, 1 the likeliest; synonyms hold both ways between single words and one way from a phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from codesets.errors import UnreadableInput
from codesets.search.tables import rows
from codesets.search.words import STOP_WORDS, stem, words


@dataclass(frozen=True)
class Sense:
    """One meaning of an abbreviation; rank 1 is the likeliest."""

    text: str
    rank: int


@cache
def shorthand() -> dict[str, str]:
    """Chart shorthand as typed, in lower case ("w/o"), to the words it stands for."""
    return {typed.lower(): meaning for typed, meaning in rows("shorthand.csv", ("shorthand", "meaning"))}


@cache
def abbreviations() -> dict[str, tuple[Sense, ...]]:
    """Abbreviations in lower case without punctuation, to their senses, the likeliest first."""
    found: dict[str, list[Sense]] = {}
    for short, sense, rank in rows("abbreviations.csv", ("abbreviation", "sense", "rank")):
        if not rank.isdigit():
            raise UnreadableInput(f"abbreviations.csv: {short}: rank {rank!r}", "expected a whole number")
        found.setdefault(short.lower(), []).append(Sense(sense, int(rank)))
    return {short: tuple(sorted(senses, key=lambda sense: sense.rank)) for short, senses in found.items()}


@cache
def _synonyms() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Every row of the table as words."""
    return [(tuple(words(term)), tuple(words(same))) for term, same in rows("synonyms.csv", ("term", "same_as"))]


@cache
def word_synonyms() -> dict[str, tuple[str, ...]]:
    """A word (as `words` gives it) to the words that mean the same."""
    groups: dict[str, list[str]] = {}
    for left, right in _synonyms():
        if len(left) == len(right) == 1:
            groups.setdefault(left[0], []).append(right[0])
            groups.setdefault(right[0], []).append(left[0])
    return {word: tuple(dict.fromkeys(others)) for word, others in groups.items()}


@cache
def phrase_synonyms() -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A phrase, as words, to the phrases to try in its place. At least one side has several words."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for left, right in _synonyms():
        if left and right and max(len(left), len(right)) > 1:
            found.setdefault(left, []).append(right)
    return {phrase: tuple(others) for phrase, others in found.items()}


@cache
def procedure_names() -> dict[tuple[str, ...], tuple[str, str]]:
    """A procedure as charts name it, as words, to the name as it is written and to the words of ICD-10-PCS."""
    named = rows("procedure_names.csv", ("procedure", "same_as"))
    return {tuple(words(name)): (name, meaning) for name, meaning in named}


@cache
def procedure_words(name: str) -> dict[str, str]:
    """Words beside the name of a procedure, as `words` gives them, in the words of ICD-10-PCS."""
    beside = rows("procedure_words.csv", ("word", "meaning", "with"))
    return {stem(word): meaning for word, meaning, of in beside if of in ("-", name)}


@cache
def phrase_words() -> frozenset[str]:
    """Every word that a phrase to be replaced has."""
    return frozenset(word for phrase in phrase_synonyms() for word in phrase)


@cache
def unfinished_phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The words of a phrase but the last, to the last words that complete it."""
    found: dict[tuple[str, ...], set[str]] = {}
    for phrase in phrase_synonyms():
        if len(phrase) > 1:
            found.setdefault(phrase[:-1], set()).add(phrase[-1])
    return {head: tuple(sorted(tails)) for head, tails in found.items()}


@cache
def combining_forms() -> dict[str, tuple[str, ...]]:
    """The head of a compound term ("nephro") to the words to search for in its place."""
    return {form: tuple(words(meaning)) for form, meaning in rows("combining_forms.csv", ("form", "meaning"))}


@cache
def endings() -> frozenset[str]:
    """Endings by which words of one stem differ, among them none."""
    return frozenset({"", *(ending for (ending,) in rows("endings.csv", ("ending",)))})


@cache
def weak_words() -> dict[str, float]:
    """Words that say little in this field, to the factor on their weight, above 0 and at most 1."""
    return {
        stem(word): float(factor)
        for word, factor in rows("weak_words.csv", ("word", "factor"))
        if word not in STOP_WORDS
    }


@cache
def common_codes() -> frozenset[str]:
    """Codes and categories of everyday work, without dots."""
    return frozenset(code.replace(".", "") for code, _ in rows("common_codes.csv", ("code", "why")))
