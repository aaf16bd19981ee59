"""The codes of one chart while they are weighed: mentions gathered, combined, and reduced to what to suggest."""

from __future__ import annotations

import re

from codesets.catalog import dotted
from codesets.suggest import reducing, settling
from codesets.suggest.answers import Evidence, Suggestion, Suggestions
from codesets.suggest.codebook import Codebook
from codesets.suggest.combinations import combine, in_order
from codesets.suggest.exclusions import Exclusions
from codesets.suggest.gathered import Entry, Gathered, Worth
from codesets.suggest.meaning import Setting
from codesets.suggest.sections import SectionKind
from codesets.suggest.specific import Specific
from codesets.suggest.stated import Stated, earliest
from codesets.suggest.told import Told
from codesets.suggest.weights import LEAST_SCORE, is_only_additional

MOST_EVIDENCE = 8
REPEATED = 0.2  # of the score of a further mention
_NOT_STATED = 2  # behind the principal diagnosis of a stay and its others


class Weighing:
    """Gathers the codes of one chart; where it names sections, these weigh more than words."""

    def __init__(
        self,
        codebook: Codebook,
        specific: Specific,
        exclusions: Exclusions,
        setting: Setting,
        told: Told,
        stated: Stated | None = None,
    ) -> None:
        self._told = told
        self._stated = stated
        self._codebook = codebook
        self._specific = specific
        self._exclusions = exclusions
        self._structured = setting.structured
        self._one_visit = setting.one_visit
        self._inpatient = setting.inpatient
        self._gathered = Gathered(codebook)

    def add(
        self,
        code: str,
        worth: Worth,
        term: tuple[str, str],
        reasons: tuple[str, ...],
        evidence: Evidence,
        section: SectionKind,
    ) -> None:
        """Add a mention: the code, the term and its kind that led to it, what changed it, and where it stands."""
        known = self._gathered.found.get(code)
        named = self._stated.place(evidence) if self._stated else None
        if known is None:
            self._gathered.found[code] = Entry(worth.score, worth, *term, [evidence], reasons, section, named)
            return
        known.stated = earliest(known.stated, named)
        if worth.order > known.best.order:
            known.section = section
            known.term, known.kind = term
            known.reasons, known.best = reasons, worth
            known.evidence.insert(0, evidence)
        elif len(known.evidence) < MOST_EVIDENCE and evidence not in known.evidence:
            known.evidence.append(evidence)
        known.score = max(known.score, worth.score) + REPEATED * min(known.score, worth.score)

    def withhold(self, code: str, why: str, evidence: Evidence) -> None:
        """Keep a code that is not to be suggested, with the reason; the first reason stands."""
        self._gathered.withhold(code, why, evidence)

    def deny(self, code: str, place: float, why: str, evidence: Evidence) -> None:
        """Remember that a chart denies a condition, the weight of where it does, and the last place."""
        where = evidence.document, evidence.start
        self._gathered.denied_last[code] = max((where, why), self._gathered.denied_last.get(code, (where, why)))
        known = self._gathered.denied.get(code)
        if known is None or known[0] < place:
            self._gathered.denied[code] = (place, why)

    def answer(self) -> Suggestions:
        """What to suggest, best first, and what not."""
        gathered = self._gathered
        reducing.drop_excluded(gathered)
        if self._structured:
            reducing.drop_denied(gathered)
            reducing.keep_single(gathered)
            reducing.keep_stated(gathered)
            if not self._inpatient:
                reducing.end_events(gathered)
        settling.set_pregnancy(gathered, self._told)
        settling.set_encounter(gathered, self._told)
        if self._one_visit:
            settling.set_side(gathered, self._told, self._specific.side_open)
        settling.set_fragile(gathered, self._told)
        settling.set_consciousness(gathered, self._told)
        settling.set_depth(gathered, self._told)
        settling.drop_removed(gathered)
        settling.keep_first_score(gathered)
        settling.set_findings(gathered, self._told)
        settling.add_aftercare(gathered, self._told)
        self._combine()
        settling.set_pregnancy(gathered, self._told)
        reducing.drop_superseded(gathered, self._one_visit)
        reducing.drop_repeated(gathered, self._one_visit)
        reducing.drop_uncomplicated(gathered)
        if self._structured:
            reducing.drop_unspecified(gathered)
            reducing.drop_symptoms(gathered)
            reducing.drop_open_injuries(gathered)
            reducing.drop_background(gathered)
            reducing.drop_lone_measures(gathered)
        reducing.drop_lone_causes(gathered)
        reducing.lower_vague(gathered, self._structured or self._one_visit and len(gathered.found) > 1)
        reducing.part_excluding(gathered, self._exclusions, self._one_visit)
        codes = tuple(self._suggestions())
        chosen = {one.code for one in codes}
        return Suggestions(codes, tuple(one for code, one in self._gathered.withheld.items() if code not in chosen))

    def _suggestions(self) -> list[Suggestion]:
        suggested = []
        chart = frozenset(self._gathered.found)
        for code, entry in sorted(self._gathered.found.items(), key=self._order):
            if self._structured and entry.score < LEAST_SCORE:
                self._gathered.withhold(code, f"only in {entry.evidence[0].section}", entry.evidence[0])
                continue
            suggested.append(
                Suggestion(
                    code=code,
                    title=self._codebook.title(code),
                    score=round(entry.score, 4),
                    term=entry.term,
                    kind=entry.kind,
                    evidence=tuple(entry.evidence),
                    reasons=entry.reasons,
                    missing=self._specific.missing(code, _said(entry.evidence), chart),
                )
            )
        places = {code: place for place, code in enumerate(in_order([one.code for one in suggested]))}
        return sorted(suggested, key=lambda one: places[one.code])

    def _order(self, item: tuple[str, Entry]) -> tuple[float, ...]:
        """By score; where sections tell, by section and then as the note has them: the first problem first.

        Of a stay what it states as its diagnoses comes before all else, in the order of the statement; what only tells
        more beside another is never its principal one. A birth record begins with the birth (I.C.16.a.2).
        """
        code, entry = item
        first = entry.evidence[0]
        if self._stated:
            tier, place = entry.stated or (_NOT_STATED, 0)
            tier = -1 if code.startswith("Z38") else max(tier, int(is_only_additional(code)))
            return tier, place, -round(entry.best.place, 2), first.document, first.start, -entry.score
        if self._structured:
            return -round(entry.best.place, 2), first.document, first.start, -entry.score
        return (-entry.score, first.start)

    def _says(self, code: str) -> tuple[bool, int]:
        """How much a code says: one that leaves nothing open before others, then by its length."""
        return "unspecified" not in self._codebook.title(code).lower(), len(code)

    def _combine(self) -> None:
        """Put combination codes where the note has both conditions."""
        said = {code: " ".join(one.text for one in entry.evidence) for code, entry in self._gathered.found.items()}
        dropped: set[str] = set()
        for combined in combine(said):
            rests = [self._gathered.found[code] for code in combined.rests_on if code in self._gathered.found]
            if self._codebook.position(combined.code) is None or not rests:
                continue
            if combined.code not in self._gathered.found:
                # Of one category the code that says most is named.
                rest = {code[:3]: code for code in sorted(combined.rests_on, key=self._says)}
                named = " and ".join(dotted(code) for code in combined.rests_on if code in rest.values())
                self._gathered.found[combined.code] = Entry(
                    score=max(entry.score for entry in rests) + 0.01,
                    best=max((entry.best for entry in rests), key=lambda worth: worth.order),
                    term=combined.rule.name,
                    kind="combination",
                    evidence=[entry.evidence[0] for entry in rests],
                    reasons=(f"from {named}", combined.rule.citation),
                    section=rests[0].section,
                    stated=earliest(
                        *(
                            self._gathered.found[code].stated
                            for code in combined.rests_on
                            if code in self._gathered.found and not is_only_additional(code)
                        )
                    ),
                )
            dropped.update(combined.replaced)
        for code in dropped:
            self._gathered.found.pop(code, None)


def _said(evidence: list[Evidence]) -> frozenset[str]:
    """The words of the lines of the evidence in lower case, as far as they can close a question."""
    return frozenset(word for one in evidence for word in _WORD.findall(one.line.lower()))


_WORD = re.compile(r"[a-z0-9]+")
