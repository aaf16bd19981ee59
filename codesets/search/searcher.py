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

from codesets.releases import CodeSystem
from codesets.search import lexicon
from codesets.search.hits import Hit, Why, dotted
from codesets.search.index import Segment
from codesets.search.priors import Side
from codesets.search.ranking import Ranked, rank
from codesets.search.readings import Reading, readings
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


class Searcher:
    """One release, with its words remembered between keystrokes."""

    def __init__(self, system: CodeSystem, segment: Segment, own: SiteSynonyms) -> None:
        self._system = system
        self._segment = segment
        self._own = own
        self._vocabulary = Vocabulary(segment)

    def search(self, query: str, limit: int) -> list[Hit]:
        """The best answers of this release, best first, at most `limit`."""
        found = self._by_code(query, limit)
        # Nobody means words by "e11.99": a code that there is not has no answer, least of all another disease.
        return found or ([] if _DOTTED_CODE.fullmatch(query.strip()) else self._by_words(query, limit))

    def _by_code(self, query: str, limit: int) -> list[Hit]:
        """A code, its beginning, or either with words; empty when no code begins so or no word fits."""
        first, _, rest = query.strip().partition(" ")
        prefix = first.upper().replace(".", "")
        if not _CODE_LIKE.fullmatch(first):
            return []
        places = self._segment.beginning_with(prefix)
        if not len(places):
            return []
        wanted = words(plain(rest))
        if not wanted:
            return [] if rest.strip() else [self._listed(place, prefix) for place in places[:limit].tolist()]
        reading = Reading(tuple(dict.fromkeys(wanted)), growing=True)
        ranked = rank(self._segment, self._vocabulary, reading, within=places)
        return self._hits([self._narrowed(ranked, plain(rest))], limit, as_written=True) if ranked else []

    def _narrowed(self, ranked: Ranked, rest: str) -> Ranked:
        """The same, codes first that a typed word tells apart from their neighbors by its very letters.

        Who adds "passa" to H04.43 means the one title of ten that has "passages", not "passage".
        """
        if len(ranked.rows) > MOST_NARROWED:
            return ranked
        titles = [set(_WORD.findall(plain(self._segment.text(row)))) for row in ranked.rows.tolist()]
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
        title = self._segment.text(place)
        why = Why(term=title, kind="code", matched=(prefix,))
        score = 1.0 if self._code(place) == prefix else 0.9
        return self._hit(place, score, why)

    def _by_words(self, query: str, limit: int) -> list[Hit]:
        own = self._own.within(words(plain(query)))
        read = readings(query, self._vocabulary, own)
        ranked = [one for reading in read if (one := rank(self._segment, self._vocabulary, reading))]
        poor = max((float(one.scores[0]) for one in ranked), default=0.0) < POOR
        if read and poor and not self._vocabulary.unfinished(read[0].words[-1]):
            slip = rank(self._segment, self._vocabulary, replace(read[0], slip=True))
            ranked += [slip] if slip else []
        named = self._own_codes(own)
        codes = {hit.code for hit in named}
        return (named + [hit for hit in self._hits(ranked, limit) if hit.code not in codes])[:limit]

    def known(self, query: str) -> list[str]:
        """The words of a query that search knows: no names, no numbers."""
        return [word for word in words(plain(query)) if not word.isdigit() and self._knows(word)]

    def _knows(self, word: str) -> bool:
        return word in self._vocabulary or word in lexicon.abbreviations() or word in lexicon.shorthand()

    def of_code(self, code: str, why: Why, score: float) -> Hit | None:
        """The hit of one code, without its dot; None when the release does not have it."""
        places = self._segment.beginning_with(code)
        return self._hit(int(places[0]), score, why) if len(places) and self._code(int(places[0])) == code else None

    def _own_codes(self, own: Sequence[tuple[int, int, SiteSynonym]]) -> list[Hit]:
        """The codes that the site's own synonyms name."""
        found: dict[str, Hit] = {}
        for _, _, one in own:
            why = Why(term=one.meaning, kind="site synonym", matched=(one.term,), expanded=((one.term, one.meaning),))
            if one.code and (hit := self.of_code(one.code, why, OWN_CODE)):
                found.setdefault(hit.code, hit)
        return list(found.values())

    def _hits(self, ranked: Sequence[Ranked], limit: int, as_written: bool = False) -> list[Hit]:
        """The best row of every code over all readings; encounter variants of one code after their best."""
        best: dict[int, tuple[float, Ranked, int]] = {}
        for one in ranked:
            codes = self._segment.row_code[one.rows]
            answers = codes if as_written else self._answers(codes, one.reading.side)
            for place, (code, score) in enumerate(zip(answers.tolist(), one.scores.tolist(), strict=True)):
                if code not in best or best[code][0] < score:
                    best[code] = (score, one, place)
        order = sorted(best, key=lambda code: -best[code][0])
        if not as_written:
            near = FAR * best[order[0]][0] if order else 0.0
            order = self._variants_last([code for code in order if best[code][0] >= near], limit)
        return [self._explained(code, *best[code]) for code in order[:limit]]

    def _answers(self, codes: NDArray[np.int32], side: Side) -> NDArray[np.int32]:
        """The codes that these are answered with: defaults of headers, on the side that was asked for."""
        answers = self._segment.answer[codes]
        if not side:
            return answers
        on_side = self._segment.neighbors[answers, side - 1]
        return np.where(on_side >= 0, on_side, answers)

    def _variants_last(self, order: list[int], limit: int) -> list[int]:
        """Codes that differ only in the 7th character: the best of them in place, the others at the end."""
        seen: set[int] = set()
        leading: list[int] = []
        variants: list[int] = []
        for code in order:
            printed = int(self._segment.printed[code])
            (variants if printed in seen else leading).append(code)
            seen.add(printed)
            if len(leading) == limit:
                break
        return leading + variants

    def _explained(self, code: int, score: float, ranked: Ranked, place: int) -> Hit:
        row = int(ranked.rows[place])
        source = int(self._segment.row_code[row])
        matches = ranked.matches(place)
        word = self._vocabulary.word
        why = Why(
            term=self._segment.text(row),
            kind=TermKind(int(self._segment.row_kind[row])).label,
            matched=tuple(typed for typed, _ in matches),
            corrected=tuple((typed, word(m.word)) for typed, m in matches if m.how in _CORRECTED),
            completed=tuple((typed, word(m.word)) for typed, m in matches if m.how not in (*_CORRECTED, How.EXACT)),
            expanded=ranked.reading.expanded,
            header=dotted(self._code(source), self._system) if source != code else "",
        )
        return self._hit(code, score, why)

    def _hit(self, place: int, score: float, why: Why) -> Hit:
        segment = self._segment
        return Hit(self._system, self._code(place), segment.text(place), bool(segment.billable[place]), score, why)

    def _code(self, place: int) -> str:
        return bytes(self._segment.codes[place]).decode()


_WORD = re.compile(r"[a-z0-9]+")
_CORRECTED = (How.TYPO, How.SOUND)
_DOTTED_CODE = re.compile(r"[A-Za-z][0-9][0-9A-Za-z]\.[0-9A-Za-z]+")
_CODE_LIKE = re.compile(r"[A-Za-z0-9][0-9A-Za-z](?:[0-9A-Za-z](?:\.?[0-9A-Za-z]{0,4}\.?)?)?")
