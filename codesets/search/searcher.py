"""Searches one release: a code or its beginning lists codes, a code with words ranks within it, the rest is words.

Words are read (`readings`), scored (`ranking`) and answered with billable codes: a header that matches stands
for its default billable child, on the side of the body that was asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codesets.catalog import dotted
from codesets.laterality import NAMED, Side
from codesets.releases import CodeSystem
from codesets.search import lexicon, status, typed_code
from codesets.search.elsewhere import OPERATED, named_in
from codesets.search.encounter import at_encounter
from codesets.search.hits import Hit, Why
from codesets.search.index import Segment
from codesets.search.polarity import Polarity, polarity
from codesets.search.procedures import procedures
from codesets.search.ranking import Ranked, rank
from codesets.search.readings import MOST_CHARACTERS, Reading, beside_code, readings
from codesets.search.site import SiteSynonym, SiteSynonyms
from codesets.search.terms import TermKind
from codesets.search.vocabulary import How, Vocabulary
from codesets.search.words import plain, words

# Of the codes below a prefix; more are not told apart by letters.
MOST_NARROWED = 400
NARROWING = 0.1
# Below this no term fits well; a known word may then be a slip for another.
POOR = 0.65
# What scores less than this share of the best hit has next to nothing to do with the query.
FAR = 0.27
# A code that the site itself names comes before all that is found.
OWN_CODE = 2.0
# What is left of the score of a code that has what the query is without, or the other way round; how many are read.
OPPOSITE = 0.6
MOST_COMPARED = 60
# The readings of "COPD w/o exac" as "COPD", and what they count.
MOST_PLAINER = 6
PLAINER = 0.9
NO_POLARITY = Polarity()
# What the words of a query count beside the words of ICD-10-PCS for the procedure they name.
NAMED_OTHERWISE = 0.9
# Words that say too little to be missed in an answer.
WEAK = frozenset({"with", "without", "of", "and", "due", "in", "to", "unspecified", "other"})
# A status that the whole query asks for comes before what its words find.
STATUS = 1.1


class Searcher:
    """One release, with its words remembered between keystrokes."""

    def __init__(self, system: CodeSystem, segment: Segment, own: SiteSynonyms) -> None:
        self._system = system
        self.segment = segment
        self._own = own
        self.vocabulary = Vocabulary(segment)

    def search(self, query: str, limit: int) -> list[Hit]:
        """The best answers of this release, best first, at most `limit`."""
        typed = query.strip()
        found = self._by_code(typed, limit)
        if not found and self._system is CodeSystem.ICD10CM and (spelled := typed_code.respelled(typed)):
            found = self._by_code(spelled, limit)
        # Nobody means words by "e11.99": a code that there is not has no answer, least of all another disease.
        return found or ([] if typed_code.is_dotted(typed) else self._by_words(query, limit))

    def _by_code(self, query: str, limit: int) -> list[Hit]:
        """A code, its beginning, or either with words; empty when no code begins so or no word fits."""
        first, _, rest = query.partition(" ")
        prefix = first.upper().replace(".", "")
        if not typed_code.may_be_code(first):
            return []
        places = self.segment.beginning_with(prefix)
        if not len(places):
            return []
        wanted = beside_code(plain(rest), self.vocabulary)
        if not wanted:
            return [] if rest.strip() else [self._listed(place, prefix) for place in places[:limit].tolist()]
        ranked = [rank(self.segment, self.vocabulary, reading, within=places) for reading in wanted]
        narrowed = [self._narrowed(one, plain(rest)) for one in ranked if one]
        hits = self._hits(narrowed, limit, as_written=True) if narrowed else []
        return self._billable_first(hits, words(plain(rest)))

    def _billable_first(self, hits: list[Hit], typed: Sequence[str]) -> list[Hit]:
        """The same, every header behind its default billable child, on the side that was typed.

        "s72 right" is coded, not browsed.
        """
        found: dict[str, Hit] = {}
        for hit in hits:
            place = int(self.segment.beginning_with(hit.code)[0])
            default = int(self.segment.answer[place])
            if default != place:
                child = self.of_code(
                    self._on_side(self._code(default), typed), replace(hit.why, header=hit.dotted), hit.score
                )
                if child is not None:
                    found.setdefault(child.code, child)
            else:
                found.setdefault(hit.code, hit)
        for hit in hits:
            found.setdefault(hit.code, hit)
        return list(found.values())[: len(hits)]

    def _narrowed(self, ranked: Ranked, rest: str) -> Ranked:
        """The same, codes first that a typed word tells apart from their neighbors by its very letters.

        Who adds "passa" to H04.43 means the one title of ten that has "passages", not "passage".
        """
        if len(ranked.rows) > MOST_NARROWED:
            return ranked
        titles = [set(_WORD.findall(plain(self.segment.text(row)))) for row in ranked.rows.tolist()]
        common = Counter(word for title in titles for word in title)
        scores = ranked.scores.copy()
        for typed in _WORD.findall(rest):
            for place, title in enumerate(titles):
                own = [common[word] for word in title if word.startswith(typed)]
                scores[place] += NARROWING / min(own) if own else 0.0
        order = np.argsort(-scores, kind="stable")
        used = tuple(one[order] for one in ranked.used)
        return replace(ranked, rows=ranked.rows[order], scores=scores[order], used=used)

    def _listed(self, place: int, prefix: str) -> Hit:
        title = self.segment.text(place)
        why = Why(term=title, kind="code", matched=(prefix,))
        score = 1.0 if self._code(place) == prefix else 0.9
        return self._hit(place, score, why)

    def _by_words(self, query: str, limit: int) -> list[Hit]:
        own = self._own.within(words(plain(query)))
        read = readings(query, self.vocabulary, own)
        if self._system is CodeSystem.ICD10PCS:
            read = [*procedures(query), *(replace(one, weight=one.weight * NAMED_OTHERWISE) for one in read)]
        ranked = [one for reading in read if (one := rank(self.segment, self.vocabulary, reading))]
        poor = max((float(one.scores[0]) for one in ranked), default=0.0) < POOR
        if read and poor and not self.vocabulary.unfinished(read[0].words[-1]):
            slip = rank(self.segment, self.vocabulary, replace(read[0], slip=True))
            ranked += [slip] if slip else []
        said = polarity(plain(query[:MOST_CHARACTERS]))
        if said.head:  # a code that says nothing of what it is without answers as well
            plainer = readings(said.head, self.vocabulary, own=())[:MOST_PLAINER]
            ranked += [
                one
                for reading in plainer
                if (one := rank(self.segment, self.vocabulary, replace(reading, weight=PLAINER * reading.weight)))
            ]
        hits = self._hits(ranked, limit, said=said)
        if self._system is CodeSystem.ICD10CM and read:
            hits = at_encounter(hits, read[0].words, self.of_code)
        named = self._own_codes(own)
        named += self._statuses(plain(query).strip(), hits)
        if not named and self._system is CodeSystem.ICD10CM and (two := status.beside(plain(query).strip())):
            return self._both(two, hits, limit)
        codes = {hit.code for hit in named}
        if self._system is CodeSystem.ICD10CM and named_in(query[:MOST_CHARACTERS]):
            hits = [hit for hit in hits if not set(hit.why.unmet) - OPERATED and not hit.why.corrected]
        return (named + [hit for hit in hits if hit.code not in codes])[:limit]

    def _statuses(self, query: str, found: Sequence[Hit]) -> list[Hit]:
        """What a query asks for as a status: a history of a condition, a drug in long-term use, a body mass index."""
        if self._system is not CodeSystem.ICD10CM:
            return []
        if one := status.status(query):
            code = self._on_side(one.code, words(query))
            hit = self.of_code(code, Why(term=one.term, kind=one.kind, matched=(query,)), STATUS)
            return [hit] if hit else []
        asked = status.past(query)
        if asked is None or found and self._is_it(found[0], asked):
            return []
        for of in self._by_words(asked.condition, 1):
            why = replace(of.why, kind=f"{asked.kind}, {of.why.kind}", header="")
            becomes = asked.becomes(of.code)
            if becomes not in ("", of.code) and (hit := self.of_code(becomes, why, STATUS)):
                return [hit]
        return []

    def _both(self, two: status.Beside, found: Sequence[Hit], limit: int) -> list[Hit]:
        """The condition, then what is beside it, then the rest; a code that answers every word alone stays first."""
        first = self._by_words(two.condition, limit)
        if two.status:
            why = Why(term=two.status.term, kind=two.status.kind, matched=(two.status.term,))
            second = [one for one in [self.of_code(two.status.code, why, STATUS)] if one]
        else:
            second = self._by_words(two.other, 1)
        whole = [
            hit for hit in found[:1] if not hit.why.unmet and not two.other and hit.code in {one.code for one in first}
        ]
        ahead = {hit.code: hit for hit in [*whole, *first[:1], *second]}
        named = [replace(hit, score=STATUS - place / 100) for place, hit in enumerate(ahead.values())]
        rest = {hit.code: hit for hit in [*first, *found] if hit.code not in ahead}
        return (named + sorted(rest.values(), key=lambda hit: -hit.score))[:limit]

    def _on_side(self, code: str, typed: Sequence[str]) -> str:
        """The code on the side that the words name, where it has one there."""
        places = self.segment.beginning_with(code)
        side = Reading(tuple(lexicon.shorthand().get(word, word) for word in typed)).side
        if side is None or not len(places):
            return code
        on_side = int(self.segment.neighbors[int(places[0]), side.number - 1])
        return self._code(on_side) if on_side >= 0 else code

    @staticmethod
    def _is_it(hit: Hit, asked: status.Past) -> bool:
        """Whether a hit is itself the history of the condition, with every word of it."""
        if hit.code[0] != "Z" or status.is_family_history(hit.code) is not asked.family:
            return False
        return set(words(asked.condition)) <= set(words(hit.title)) | set(words(hit.why.term))

    def known(self, query: str) -> list[str]:
        """The words of a query that search knows: no names, no numbers."""
        return [word for word in words(plain(query)) if not word.isdigit() and self._knows(word)]

    def _knows(self, word: str) -> bool:
        return word in self.vocabulary or word in lexicon.abbreviations() or word in lexicon.shorthand()

    def of_code(self, code: str, why: Why, score: float) -> Hit | None:
        """The hit of one code, without its dot; None when the release does not have it."""
        places = self.segment.beginning_with(code)
        return self._hit(int(places[0]), score, why) if len(places) and self._code(int(places[0])) == code else None

    def _own_codes(self, own: Sequence[tuple[int, int, SiteSynonym]]) -> list[Hit]:
        """The codes that the site's own synonyms name."""
        found: dict[str, Hit] = {}
        for _, _, one in own:
            why = Why(term=one.meaning, kind="site synonym", matched=(one.term,), expanded=((one.term, one.meaning),))
            if one.code and (hit := self.of_code(one.code, why, OWN_CODE)):
                found.setdefault(hit.code, hit)
        return list(found.values())

    def _hits(
        self, ranked: Sequence[Ranked], limit: int, as_written: bool = False, said: Polarity = NO_POLARITY
    ) -> list[Hit]:
        """The best row of every code over all readings; encounter variants of one code after their best."""
        best: dict[int, tuple[float, Ranked, int]] = {}
        for one in ranked:
            codes = self.segment.row_code[one.rows]
            answers = codes if as_written else self._answers(codes, one.reading.side)
            for place, (code, score) in enumerate(zip(answers.tolist(), one.scores.tolist(), strict=True)):
                if code not in best or best[code][0] < score:
                    best[code] = (score, one, place)
        order = sorted(best, key=lambda code: -best[code][0])
        if said:
            for code in order[:MOST_COMPARED]:
                score, one, place = best[code]
                if not said.agrees(self.segment.text(code), self.segment.text(int(one.rows[place]))):
                    best[code] = (score * OPPOSITE, one, place)
            order.sort(key=lambda code: -best[code][0])
        if any("secondary" in one.reading.words for one in ranked):
            for code in order[:MOST_COMPARED]:  # a title that only says what it leaves open does not answer it
                score, one, place = best[code]
                if "secondary" in one.reading.words and _LEFT_OPEN in self.segment.text(code):
                    best[code] = (score * OPPOSITE, one, place)
            order.sort(key=lambda code: -best[code][0])
        if not as_written:
            near = FAR * best[order[0]][0] if order else 0.0
            order = self._variants_last([code for code in order if best[code][0] >= near], limit)
        return [self._explained(code, *best[code]) for code in order[:limit]]

    def _answers(self, codes: NDArray[np.int32], side: Side | None) -> NDArray[np.int32]:
        """The codes that these are answered with: defaults of headers, on the side that was asked for."""
        answers = self.segment.answer[codes]
        if side is None:
            return answers
        on_side = self.segment.neighbors[answers, side.number - 1]
        return np.where(on_side >= 0, on_side, answers)

    def _variants_last(self, order: list[int], limit: int) -> list[int]:
        """Codes that differ only in the 7th character: the best of them in place, the others at the end."""
        seen: set[int] = set()
        leading: list[int] = []
        variants: list[int] = []
        for code in order:
            printed = int(self.segment.printed[code])
            (variants if printed in seen else leading).append(code)
            seen.add(printed)
            if len(leading) == limit:
                break
        return leading + variants

    def _explained(self, code: int, score: float, ranked: Ranked, place: int) -> Hit:
        row = int(ranked.rows[place])
        source = int(self.segment.row_code[row])
        matches = ranked.matches(place)
        word = self.vocabulary.word
        met = {typed for typed, _ in matches} | self._met_by_side(code, ranked.reading)
        senses = [(typed, used, set(words(used)) | set(used.split())) for typed, used in ranked.reading.expanded]
        of_senses = set[str]().union(*(sense for *_, sense in senses))
        for typed, _, sense in reversed(senses):  # "ca" became cancer, and "breast cancer" a malignant neoplasm
            met |= set(typed.split()) if sense & met else set()
        unmet = [typed for typed, _, sense in senses if not sense & met]
        unmet += [each for each in ranked.reading.words if each not in met | of_senses | WEAK]
        # Of a table some words are known that stand in no column: they explain nothing to a reader.
        told = {*words(self.segment.text(row)), *words(self.segment.text(code))}
        why = Why(
            term=self.segment.text(row),
            kind=TermKind(int(self.segment.row_kind[row])).label,
            matched=tuple(typed for typed, _ in matches),
            corrected=tuple(
                (typed, word(m.word)) for typed, m in matches if m.how in _CORRECTED and word(m.word) in told
            ),
            completed=tuple(
                (typed, word(m.word))
                for typed, m in matches
                if m.how not in (*_CORRECTED, How.EXACT) and word(m.word) in told
            ),
            expanded=tuple((typed, used) for typed, used, sense in senses if sense & met),
            unmet=tuple(dict.fromkeys(unmet)),
            header=dotted(self._code(source), self._system) if source != code else "",
        )
        return self._hit(code, score, why)

    def _met_by_side(self, code: int, reading: Reading) -> set[str]:
        """The words for a side of the body that the code itself answers."""
        side = self.segment.side[code]
        return {word for word in reading.words if word in NAMED and NAMED[word].number == side}

    def _hit(self, place: int, score: float, why: Why) -> Hit:
        segment = self.segment
        return Hit(self._system, self._code(place), segment.text(place), bool(segment.billable[place]), score, why)

    def _code(self, place: int) -> str:
        return bytes(self.segment.codes[place]).decode()


_LEFT_OPEN = "not specified as primary or secondary"
_WORD = re.compile(r"[a-z0-9]+")
_CORRECTED = (How.TYPO, How.SOUND)
