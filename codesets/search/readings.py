"""The readings of a query: what the typed words may stand for as a whole.

The plain reading has the words as typed, with chart shorthand written out. Further readings put a sense in
the place of an abbreviation, another phrase in the place of one ("heart attack"), or join and split words
("heart burn"). Every reading is scored; the best rows of all of them compete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from codesets.laterality import NAMED, Side
from codesets.search import lexicon
from codesets.search.eyes import with_eyes
from codesets.search.initials import LONGEST
from codesets.search.side_letters import side_after_code, with_side
from codesets.search.site import SiteSynonym
from codesets.search.vocabulary import Vocabulary
from codesets.search.words import plain, stem, words

MOST_CHARACTERS = 240
MOST_WORDS = 16
MOST_READINGS = 18
# Of more words than this half as many readings are tried: each costs more, and says less.
LONG_QUERY = 7
_SHORTEST_COMPOUND = 8
OTHER_PHRASE = 0.91
# A query that as a whole is a phrase of the table means what the table says.
WHOLE_PHRASE = 0.95
WITHOUT_STAGE = 0.97
LOST_WORD = 0.9
# What is left of a reading that takes an abbreviation for a word which nothing has.
_UNREAD = 0.8
WITHOUT_EYE = 0.88
# What everything else counts beside a synonym of the site.
SHIPPED = 0.8
# "w/ckd" and "h/ofall" are two words, "w/o" and "w/d" (withdrawal) are one.
_JOINED = re.compile(r"\b(w/o\b|w/(?![od]\b)|c/o\b|h/o\b)(?=\w)")


@dataclass(frozen=True)
class Reading:
    """One way to read the query: its words, and what was written out, as (typed, used).

    `weight` is at most 1. `growing` says that the last word may be unfinished; `whole` that words come from
    our own data and not from a keyboard.
    """

    words: tuple[str, ...]
    weight: float = 1.0
    growing: bool = False
    whole: bool = False
    slip: bool = False
    expanded: tuple[tuple[str, str], ...] = ()

    @property
    def spelled_out(self) -> tuple[frozenset[str], ...]:
        """The words that stand for one typed word each, an abbreviation: several words that were one."""
        senses = (frozenset(words(used)) for typed, used in self.expanded if " " not in typed)
        return tuple(sense for sense in senses if len(sense) > 1)

    @property
    def side(self) -> Side | None:
        """The side of the body that the words name; None for no or several."""
        named = {NAMED[word] for word in self.words if word in NAMED}
        return named.pop() if len(named) == 1 else None


def _of_the_site(typed: list[str], own: Sequence[tuple[int, int, SiteSynonym]]) -> list[Reading]:
    """The query with the site's own words for a term of it; they win over what is shipped."""
    return [
        Reading(
            _distinct([*typed[:start], *words(one.meaning), *typed[end:]]),
            whole=end - start == len(typed),
            expanded=((one.term, f"{one.meaning} (site)"),),
        )
        for start, end, one in own
        if not one.code
    ]


def _expands(reading: Reading, own: Sequence[tuple[int, int, SiteSynonym]]) -> bool:
    """Whether a reading gives a shipped sense to a term of the site, or takes the term for words."""
    terms = {tuple(words(one.term)) for _, _, one in own}
    return reading.words in terms or any(tuple(words(typed)) in terms for typed, _ in reading.expanded)


def readings(query: str, vocabulary: Vocabulary, own: Sequence[tuple[int, int, SiteSynonym]] = ()) -> list[Reading]:
    """The readings of a query, the plain one first; none when it has no words.

    `own` are the site's own synonyms that stand in its words, with the places of their terms.
    """
    text = with_eyes(plain(query[:MOST_CHARACTERS]))
    found = [_written_out(text)]
    # Shorthand made of letters can also be the beginning of a word: "post", "inf".
    if any(typed.isalpha() for typed, _ in found[0].expanded):
        found.append(Reading(_distinct(words(text)), weight=0.98, growing=True))
    if len(text) > 1 and text.isalpha() and not found[0].words:
        found = [Reading((text,), growing=True)]  # a stop word alone is the beginning of a word
    if text != plain(query[:MOST_CHARACTERS]) and len(found[0].words) > 1:
        # Of eyes many a condition has no side of its own: "cataract od".
        unsided = tuple(word for word in found[0].words if word not in NAMED)
        found.append(replace(found[0], words=unsided, weight=WITHOUT_EYE, growing=False))
    if (sided := with_side(text)) != text:
        found.append(_written_out(sided))
    found += [replace(_written_out(part), weight=0.95) for part in _parts_of_name(text)]
    found = [reading for reading in found if reading.words]
    whole = list(_whole_abbreviations(text))
    if whole and found and len(found[0].words) < len(text.split()):  # "influenza a" is more than its words
        found = [replace(reading, weight=reading.weight * LOST_WORD) for reading in found]
    for reading in list(found):
        if not whole or len(reading.words) > 1:
            found += _abbreviated_words(reading, vocabulary)
        found += _joined_or_split(reading, vocabulary)
    found += whole
    found += _initials(text, known=bool(whole), vocabulary=vocabulary)
    for reading in list(found):
        found += _other_phrases(reading, vocabulary)
    found += [plainer for reading in list(found) if (plainer := _without_stage(reading)) is not None]
    found = _unread_later(found, vocabulary)
    if own:
        found = _of_the_site(words(text), own) + [
            replace(one, weight=one.weight * SHIPPED) for one in found if not _expands(one, own)
        ]
    distinct = list({reading.words: reading for reading in reversed(found)}.values())[::-1]
    long = bool(distinct) and len(distinct[0].words) > LONG_QUERY
    return distinct[: MOST_READINGS // 2 if long else MOST_READINGS]


def _unread_later(found: list[Reading], vocabulary: Vocabulary) -> list[Reading]:
    """The readings, with less weight for those that leave an abbreviation unread which another one spells out.

    It is no word of anything: "chf exac" is no asthma with exacerbation that has not been asked for by "chf".
    """
    table = lexicon.abbreviations()
    words_used = {word for reading in found for word in reading.words}
    short = {word for word in words_used if word in table and word not in vocabulary}
    if not short:
        return found
    left = [short.intersection(one.words[:-1] if one.growing else one.words) for one in found]  # the last may begin one
    spelled = [frozenset(one.words) for one in found]
    return [
        replace(one, weight=one.weight * _UNREAD) if own and any(own.isdisjoint(other) for other in spelled) else one
        for one, own in zip(found, left, strict=True)
    ]


def _without_stage(reading: Reading) -> Reading | None:
    """The reading without the stage of what a condition is with: in "diabetes with CKD 3b" it has its own code."""
    if "with" not in reading.words or "stage" not in reading.words:
        return None
    link, place = reading.words.index("with"), reading.words.index("stage")
    if place < link or not link:
        return None
    kept = (*reading.words[:place], *reading.words[place + 2 :])
    return replace(reading, words=kept, weight=reading.weight * WITHOUT_STAGE)


def beside_code(text: str, vocabulary: Vocabulary) -> list[Reading]:
    """The readings of what was typed after a code, in lower case: as it stands, and with what is short written out."""
    text = side_after_code(text)
    typed = Reading(_distinct(words(text)), growing=True)
    written = _written_out(text)
    short = list(_whole_abbreviations(text))
    for one in (typed, written):
        short += _abbreviated_words(one, vocabulary)
        short += _other_phrases(one, vocabulary)
    short += [other for one in list(short) for other in _other_phrases(one, vocabulary)]
    return [one for one in dict.fromkeys((typed, written, *short[:MOST_READINGS])) if one.words]


def _parts_of_name(text: str) -> list[str]:
    """A name given twice, as "cva - stroke" or "stroke (cva)": without the abbreviation, and each on its own."""
    if match := _NAMED_TWICE.fullmatch(text.strip()):
        return [part for part in (match["first"], match["second"]) if part and len(part) > 3]
    return []


_NAMED_TWICE = re.compile(r"(?P<first>[^()]{2,}?)\s*(?:\s-\s|\()(?P<second>[^()]{2,}?)\)*")


def _written_out(text: str) -> Reading:
    """The words as typed, shorthand replaced by what it stands for."""
    expanded: list[tuple[str, str]] = []
    parts: list[str] = []
    table = lexicon.shorthand()
    for chunk in _JOINED.sub(r"\1 ", text).split():
        bare = chunk.strip(".,;:()[]")
        if meaning := table.get(bare):
            expanded.append((bare, meaning))
            parts.append(meaning)
        else:
            parts.append(_replace_inside(chunk, table, expanded))
    growing = not expanded or expanded[-1][1] != parts[-1]
    return Reading(_distinct(words(" ".join(parts))), growing=growing, expanded=tuple(expanded))


def _distinct(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


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
            _distinct(words(sense.text)),
            weight=1.0 - 0.04 * (sense.rank - 1),
            whole=True,
            expanded=((text.strip(), sense.text),),
        )


def _initials(text: str, known: bool, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Terms whose initials the query is; few and last where the table of abbreviations has senses."""
    letters = re.sub(r"[^a-z0-9]", "", text)
    if len(text.split()) > 1 or not 2 <= len(letters) <= LONGEST or letters.isdigit():
        return
    for place, (phrase, common) in enumerate(vocabulary.with_initials(letters, 3 if known else 8)):
        weight = 0.7 if known else 0.84 if letters not in vocabulary else 0.8
        yield Reading(
            _distinct(words(phrase)),
            weight=weight * common - 0.005 * place,
            whole=True,
            expanded=((text.strip(), " ".join(phrase.split())),),
        )


def _abbreviated_words(reading: Reading, vocabulary: Vocabulary) -> Iterator[Reading]:
    """A longer query with one of its words read as an abbreviation, and with all of them."""
    table = lexicon.abbreviations()
    together = [reading]  # all abbreviations, the two likeliest senses of each
    for word in reading.words:
        senses = table.get(word, ())
        if not senses or (word in vocabulary and len(word) > 3):
            continue
        others = [one for one in reading.words if one != word and one in table and one not in vocabulary]
        for sense in () if others else senses[:4]:  # "t2dm" beside an expanded "ckd" is no word of anything
            yield _put(reading, word, sense.text, 0.97 - 0.03 * (sense.rank - 1))
        together = [
            _put(one, word, sense.text, one.weight - 0.02 - 0.02 * place)
            for one in together
            if word in one.words  # the sense of an earlier one may have had it, or a long query no room
            for place, sense in enumerate(senses[:2])
        ][:4]
    if together and len(together[0].expanded) > len(reading.expanded) + 1:
        yield from together


def _put(reading: Reading, word: str, text: str, weight: float) -> Reading:
    place = reading.words.index(word)
    changed = (*reading.words[:place], *words(text), *reading.words[place + 1 :])
    last = place == len(reading.words) - 1
    return replace(
        reading,
        words=_distinct(list(changed)),
        weight=weight,
        growing=reading.growing and not last,
        expanded=(*reading.expanded, (word, text)),
    )


def _joined_or_split(reading: Reading, vocabulary: Vocabulary) -> Iterator[Reading]:
    """Words that belong together, and a word that is two; misspelled ones are corrected first."""
    for place in range(len(reading.words) - 1):
        first, second = reading.words[place : place + 2]
        if first.isalpha() and second.isalpha() and stem(first + second) in vocabulary:
            changed = (*reading.words[:place], stem(first + second), *reading.words[place + 2 :])
            yield replace(reading, words=changed, weight=0.98)
    for place, word in enumerate(reading.words):
        likely = vocabulary.corrected(word)
        if parts := _parts(word, vocabulary) or (_parts(likely, vocabulary) if likely != word else ()):
            split = [*reading.words[:place], *parts, *reading.words[place + 1 :]]
            used = (word, " ".join(parts))
            weight = 0.85 if word in vocabulary else 0.9
            yield replace(reading, words=_distinct(split), weight=weight, expanded=(*reading.expanded, used))


def _parts(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """A compound as two known words, or an unknown one as a known word and the meaning of its combining form."""
    if len(word) < _SHORTEST_COMPOUND or not word.isalpha():
        return ()
    forms = lexicon.combining_forms()
    unknown = word not in vocabulary
    for cut in range(len(word) - 4, 2, -1):
        head, tail = word[:cut], word[cut:]
        if tail in vocabulary and head in vocabulary and (unknown or len(head) > 3):
            return head, stem(tail)
        if unknown and tail in vocabulary and head in forms:
            return stem(tail), *forms[head]
    return ()


def _other_phrases(reading: Reading, vocabulary: Vocabulary) -> Iterator[Reading]:
    """The reading with one phrase replaced by another that means the same.

    Misspelled words are corrected first, and the last phrase may be unfinished: "heart atta".
    """
    table = lexicon.phrase_synonyms()
    corrected = [word if reading.whole else vocabulary.corrected(word) for word in reading.words]
    # A side stands anywhere: "gout rt great toe" has a phrase in it.
    sides = [word for word in corrected[1:-1] if word in NAMED]
    known = tuple(word for word in corrected if word not in sides)
    for start in range(len(known)):
        for end in range(start + 1, min(start + 6, len(known)) + 1):
            phrases = [known[start:end]]
            if reading.growing and end == len(known) and end - start > 1:
                phrases += _completed(known[start:end])
            for phrase in phrases:
                weight = WHOLE_PHRASE if phrase == reading.words else OTHER_PHRASE
                others = table.get(phrase, ()) or (table.get(phrase[::-1], ()) if end - start == 2 else ())
                for other in others:
                    yield replace(
                        reading,
                        words=_distinct([*known[:start], *other, *known[end:], *sides]),
                        weight=reading.weight * weight,
                        growing=reading.growing and end < len(known) and not sides,
                        expanded=(*reading.expanded, (" ".join(phrase), " ".join(other))),
                    )


def _completed(phrase: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Longer phrases that the last word may be growing into."""
    head, last = phrase[:-1], phrase[-1]
    tails = lexicon.unfinished_phrases().get(head, ())
    return [(*head, tail) for tail in tails if tail != last and tail.startswith(last)]
