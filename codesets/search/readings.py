"""The readings of a query: what the typed words may stand for as a whole.

The plain reading has the words as typed, with chart shorthand written out. Further readings put a sense in the
place of an abbreviation, another phrase in the place of one ("heart attack"), or join and split words ("heart
burn"). Every reading is scored; the best rows of all of them compete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codesets.search import lexicon
from codesets.search.vocabulary import Vocabulary
from codesets.search.words import plain, stem, words

MOST_CHARACTERS = 240
MOST_WORDS = 16
MOST_READINGS = 12


@dataclass(frozen=True)
class Reading:
    """One way to read the query: its words, and what was written out, as (typed, used).

    `weight` is at most 1. `growing` says that the last word may be unfinished; `whole` that words come from our
    own data and not from a keyboard.
    """

    words: tuple[str, ...]
    weight: float = 1.0
    growing: bool = False
    whole: bool = False
    expanded: tuple[tuple[str, str], ...] = ()


def readings(query: str, vocabulary: Vocabulary) -> list[Reading]:
    """The readings of a query, the plain one first; none when it has no words."""
    text = plain(query[:MOST_CHARACTERS])
    plain_reading = _written_out(text)
    found = list(_whole_abbreviations(text))
    if plain_reading.words:
        found.insert(0, plain_reading)
        found += _abbreviated_words(plain_reading, vocabulary)
        found += _joined_or_split(plain_reading, vocabulary)
    for reading in list(found):
        found += _other_phrases(reading)
    return list({reading.words: reading for reading in reversed(found)}.values())[::-1][:MOST_READINGS]


def _written_out(text: str) -> Reading:
    """The words as typed, shorthand replaced by what it stands for."""
    expanded: list[tuple[str, str]] = []
    parts: list[str] = []
    table = lexicon.shorthand()
    for chunk in re.sub(r"\b(w/|c/o\b|h/o\b)(?=\w)", r"\1 ", text).split():
        bare = chunk.strip(".,;:()[]")
        if meaning := table.get(bare):
            expanded.append((bare, meaning))
            parts.append(meaning)
        else:
            parts.append(_replace_inside(chunk, table, expanded))
    growing = not expanded or expanded[-1][1] != parts[-1]
    found = tuple(dict.fromkeys(words(" ".join(parts))))[:MOST_WORDS]
    return Reading(found, growing=growing, expanded=tuple(expanded))


def _replace_inside(chunk: str, table: dict[str, str], expanded: list[tuple[str, str]]) -> str:
    """Shorthand between slashes and hyphens: "fx/dislocation"."""
    pieces = re.split(r"([/,;-])", chunk)
    if len(pieces) == 1:
        return chunk
    for place, piece in enumerate(pieces):
        meaning = table.get(piece) if len(piece) > 1 else None
        if meaning:
            expanded.append((piece, meaning))
            pieces[place] = meaning
    return " ".join(pieces)


def _whole_abbreviations(text: str) -> Iterator[Reading]:
    """Every sense of a query that is an abbreviation as a whole: "copd", "c.o.p.d.", "h pylori"."""
    pieces = text.split()
    if len(pieces) > 2:
        return
    bare = re.sub(r"[^a-z0-9&/ +-]", "", text).strip()
    table = lexicon.abbreviations()
    senses = table.get(bare) or table.get(re.sub(r"[^a-z0-9]", "", text)) or ()
    for sense in senses:
        yield Reading(
            tuple(dict.fromkeys(words(sense.text))),
            weight=1.0 - 0.04 * (sense.rank - 1),
            whole=True,
            expanded=((text.strip(), sense.text),),
        )


def _abbreviated_words(reading: Reading, vocabulary: Vocabulary) -> Iterator[Reading]:
    """A longer query with one of its words read as an abbreviation."""
    if len(reading.words) < 2:
        return
    table = lexicon.abbreviations()
    everything = reading
    for word in reading.words:
        senses = table.get(word, ())
        if not senses or (word in vocabulary and len(word) > 3):
            continue
        for sense in senses[:3]:
            yield _put(reading, word, sense.text, 0.97 - 0.03 * (sense.rank - 1))
        everything = _put(everything, word, senses[0].text, 0.97)
    if len(everything.expanded) > len(reading.expanded) + 1:
        yield everything


def _put(reading: Reading, word: str, text: str, weight: float) -> Reading:
    place = reading.words.index(word)
    changed = (*reading.words[:place], *words(text), *reading.words[place + 1 :])
    last = place == len(reading.words) - 1
    return replace(
        reading,
        words=tuple(dict.fromkeys(changed)),
        weight=weight,
        growing=reading.growing and not last,
        expanded=(*reading.expanded, (word, text)),
    )


def _joined_or_split(reading: Reading, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Words that belong together, and an unknown word that is two."""
    for place in range(len(reading.words) - 1):
        first, second = reading.words[place : place + 2]
        if first.isalpha() and second.isalpha() and stem(first + second) in vocabulary:
            changed = (*reading.words[:place], stem(first + second), *reading.words[place + 2 :])
            yield replace(reading, words=changed, weight=0.98)
    for place, word in enumerate(reading.words):
        if len(word) >= 8 and word.isalpha() and word not in vocabulary:
            for cut in range(3, len(word) - 3):
                if word[:cut] in vocabulary and word[cut:] in vocabulary:
                    changed = (
                        *reading.words[:place],
                        word[:cut],
                        stem(word[cut:]),
                        *reading.words[place + 1 :],
                    )
                    yield replace(reading, words=changed, weight=0.9)
                    break


def _other_phrases(reading: Reading) -> Iterator[Reading]:
    """The reading with one phrase replaced by another that means the same."""
    table = lexicon.phrase_synonyms()
    for start in range(len(reading.words)):
        for end in range(start + 1, min(start + 6, len(reading.words)) + 1):
            for other in table.get(reading.words[start:end], ()):
                changed = (*reading.words[:start], *other, *reading.words[end:])
                note = (" ".join(reading.words[start:end]), " ".join(other))
                yield replace(
                    reading,
                    words=tuple(dict.fromkeys(changed)),
                    weight=reading.weight * 0.97,
                    growing=reading.growing and end < len(reading.words),
                    expanded=(*reading.expanded, note),
                )
