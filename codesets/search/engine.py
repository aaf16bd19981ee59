"""The search engine: any text a coder types, ranked codes out, each with its reason.

Each release is searched on its own (`searcher`); the answers of several systems are one ranking. Rankings never
depend on the database, which only names the release for a date; what people here picked for the same words moves
them a little, where the engine is opened with it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace

from codesets import catalog
from codesets.reference import Reference, search_folder
from codesets.releases import SEARCHED, CodeSystem, Release
from codesets.search import index
from codesets.search.elsewhere import named_in
from codesets.search.hits import Hit, Why
from codesets.search.index import Segment
from codesets.search.picks import Picked, Picks
from codesets.search.readings import MOST_CHARACTERS
from codesets.search.searcher import Searcher
from codesets.search.site import SiteSynonyms, site_file
from codesets.search.vocabulary import Vocabulary

DEFAULT_SYSTEMS = (CodeSystem.ICD10CM,)
# Of the answers these are looked at, however few are wanted: one that was picked before may rise.
_LOOKED_AT = 25
# A code that was picked for these words but that nothing else finds, before what the picks add.
_ONLY_PICKED = 0.55
# What is left of the score of a code that may not be reported on the date.
_OUTSIDE = 0.4


# What a terminal sends for colors and keys, and other controls: nobody means them as words.
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]?|[\x00-\x08\x0b-\x1f\x7f]")


class Engine:
    """Searches the releases of one open reference database; for the thread that opened it."""

    def __init__(self, reference: Reference, picks: Picks | None = None) -> None:
        self._reference = reference
        self._picks = picks
        self._own = SiteSynonyms(site_file())
        self._build_id = ""
        self._searchers: dict[int, Searcher] = {}

    def search(
        self,
        query: str,
        systems: Iterable[CodeSystem] | None = None,
        on: dt.date | None = None,
        limit: int = 25,
    ) -> list[Hit]:
        """The best answers, best first, at most `limit`; empty when nothing matches.

        `on` is the date of service, today if not given; a date that no release covers is answered from the
        newest one, and `Reference.choose` has the warning to show.
        """
        date = on or dt.date.today()
        query = _CONTROLS.sub(" ", query)
        found: list[Hit] = []
        for system in systems or DEFAULT_SYSTEMS:
            release = self._reference.choose(system, date).release
            if release is not None and system in SEARCHED and limit > 0:
                searcher = self._searcher(release)
                of_release = searcher.search(
                    query[:MOST_CHARACTERS], limit if self._picks is None else max(limit, _LOOKED_AT)
                )
                of_release = self._by_use(searcher, system, query[:MOST_CHARACTERS], of_release)
                found += self._in_force(release, date, of_release)
        found.sort(key=lambda hit: -hit.score)
        return found[: max(0, limit)]

    def elsewhere(self, query: str, systems: Iterable[CodeSystem], found: list[Hit], on: dt.date | None = None) -> str:
        """Where else to look, as a sentence, when `systems` answer a query badly; empty when one answers all its words.

        Another system is named by its best code where that answers every word, or where the words name what only it
        has: a procedure, a supply.
        """
        asked = set(systems)
        if not query.strip() or any(not hit.why.unmet and not hit.why.corrected for hit in found[:3]):
            return ""
        best: Hit | None = None
        for system in [one for one in SEARCHED if one not in asked]:
            for hit in self.search(query, [system], on, 1):
                better = not hit.why.unmet and not hit.why.corrected and (best is None or best.score < hit.score)
                best = hit if better else best
        if best is not None:
            return f"{best.system.label} has {best.dotted} {best.title}"
        named = named_in(query[:MOST_CHARACTERS])
        if named is None or named in asked:
            return ""
        what = "a procedure" if named is CodeSystem.ICD10PCS else "a supply or a service"
        return f"the words name {what}: look in {named.label}"

    def words_of(self, release: Release) -> tuple[Segment, Vocabulary]:
        """The index of a release and its words, for who reads notes by them; for the thread of this engine."""
        searcher = self._searcher(release)
        return searcher.segment, searcher.vocabulary

    def pick(self, query: str, system: CodeSystem, code: str, on: dt.date | None = None) -> None:
        """Remember that a person took a code, without its dot, for what they typed.

        Of the text only words that search knows are kept; without picks to keep them in, nothing is.
        """
        release = self._reference.choose(system, on or dt.date.today()).release
        if self._picks is not None and release is not None and system in SEARCHED:
            known = self._searcher(release).known(query[:MOST_CHARACTERS])
            self._picks.record(known, system, code, dt.date.today())

    def _in_force(self, release: Release, on: dt.date, found: list[Hit]) -> list[Hit]:
        """The hits with what may not be reported on the date behind those that may, and said to be so."""
        if release.system is not CodeSystem.HCPCS or not found:
            return found
        outside = catalog.outside_dates(self._reference, release, [hit.code for hit in found], on)
        return [
            replace(hit, score=hit.score * _OUTSIDE, why=replace(hit.why, outside=outside[hit.code]))
            if hit.code in outside
            else hit
            for hit in found
        ]

    def _by_use(self, searcher: Searcher, system: CodeSystem, query: str, found: list[Hit]) -> list[Hit]:
        """The hits with what was picked for the same words before."""
        picked = self._picks.of(searcher.known(query), dt.date.today()) if self._picks is not None else {}
        ours = {code: one for (of_system, code), one in picked.items() if of_system is system}
        if not ours:
            return found
        moved = [_preferred(hit, ours.pop(hit.code)) if hit.code in ours else hit for hit in found]
        for code, one in ours.items():
            why = Why(term=code, kind="picked before", picked=one.text())
            if hit := searcher.of_code(code, why, _ONLY_PICKED + one.bonus):
                moved.append(hit)
        return moved

    def _searcher(self, release: Release) -> Searcher:
        if self._build_id != self._reference.build_id:
            self._searchers.clear()
            self._build_id = self._reference.build_id
        if release.id not in self._searchers:
            segment = index.load(search_folder(self._reference.path, self._build_id), release.id)
            self._searchers[release.id] = Searcher(release.system, segment, self._own)
        return self._searchers[release.id]


def unread(query: str) -> str:
    """What is not read of a query, as a sentence to show; empty where all of it is."""
    if len(query) <= MOST_CHARACTERS:
        return ""
    return f"only the first {MOST_CHARACTERS} of {len(query):,} characters were searched for"


def open_engine(reference: Reference, picks: Picks | None = None) -> Engine:
    """A search engine on an open reference database, with or without what people picked before.

    It is for the thread that opened the database.
    """
    return Engine(reference, picks)


def _preferred(hit: Hit, picked: Picked) -> Hit:
    return replace(hit, score=hit.score + picked.bonus, why=replace(hit.why, picked=picked.text()))
