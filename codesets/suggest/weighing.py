"""The codes of one chart while they are weighed: mentions gathered, combined, and reduced to what to suggest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codesets.catalog import dotted
from codesets.suggest.answers import Evidence, Suggestion, Suggestions, Withheld
from codesets.suggest.codebook import Codebook
from codesets.suggest.combinations import combine, single, superseded
from codesets.suggest.exclusions import Exclusions
from codesets.suggest.meaning import Setting
from codesets.suggest.sections import SectionKind
from codesets.suggest.specific import Specific
from codesets.suggest.weights import ASSESSED, LEAST_SCORE, NARRATED, TAKEN_UP, always_bearing, is_symptom, vague

MOST_EVIDENCE = 8
VAGUE_SHARE = 0.4
FAMILY_HISTORY = ("Z80", "Z81", "Z82", "Z83", "Z84")
# Overweight and obesity, malnutrition, cachexia, and what a body mass index is looked up for.
WEIGHT = ("E40", "E41", "E42", "E43", "E44", "E45", "E46", "E640", "E66", "F50", "R63", "R64")


@dataclass(frozen=True)
class Worth:
    """What one mention is worth: the weight of where it stands, then its score."""

    place: float
    score: float

    @property
    def order(self) -> tuple[float, float]:
        """Mentions by where they stand, then by score."""
        return self.place, self.score


@dataclass
class _Entry:
    """A code with all that was found for it; `best` is the worth of its first evidence, which stands in `section`."""

    score: float
    best: Worth
    term: str
    kind: str
    evidence: list[Evidence]
    reasons: tuple[str, ...]
    section: SectionKind = SectionKind.NARRATIVE


_BACKGROUND = (SectionKind.PAST, SectionKind.SURGICAL, SectionKind.FAMILY, SectionKind.OBSTETRIC)
_FOLLOWS = ("combination", "long-term drug", "allergy", "measure", "gestation", "immunization")


class Weighing:
    """Gathers the codes of one chart; where it names sections, these weigh more than words."""

    def __init__(self, codebook: Codebook, specific: Specific, exclusions: Exclusions, setting: Setting) -> None:
        self._codebook = codebook
        self._specific = specific
        self._exclusions = exclusions
        self._structured = setting.structured
        self._one_visit = setting.one_visit
        self._found: dict[str, _Entry] = {}
        self._withheld: dict[str, Withheld] = {}
        self._denied: dict[str, tuple[float, str]] = {}

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
        known = self._found.get(code)
        if known is None:
            self._found[code] = _Entry(worth.score, worth, *term, [evidence], reasons, section)
            return
        if worth.order > known.best.order:
            known.section = section
            known.term, known.kind = term
            known.reasons, known.best = reasons, worth
            known.evidence.insert(0, evidence)
        elif len(known.evidence) < MOST_EVIDENCE and evidence not in known.evidence:
            known.evidence.append(evidence)
        known.score = max(known.score, worth.score) + 0.1 * min(known.score, worth.score)

    def withhold(self, code: str, why: str, evidence: Evidence) -> None:
        """Keep a code that is not to be suggested, with the reason; the first reason stands."""
        self._withheld.setdefault(code, Withheld(code, self._codebook.title(code), why, evidence))

    def deny(self, code: str, place: float, why: str) -> None:
        """Remember that a chart denies a condition, and the weight of where it does."""
        known = self._denied.get(code)
        if known is None or known[0] < place:
            self._denied[code] = (place, why)

    def answer(self) -> Suggestions:
        """What to suggest, best first, and what not."""
        self._set_trimester()
        if self._structured:
            self._drop_denied()
            self._keep_single()
        self._combine()
        self._supersede()
        if self._structured:
            self._drop_unspecified()
            self._drop_symptoms()
            self._drop_background()
            self._drop_lone_measures()
        self._lower_vague()
        self._part_excluding()
        codes = tuple(self._suggestions())
        chosen = {one.code for one in codes}
        return Suggestions(codes, tuple(one for code, one in self._withheld.items() if code not in chosen))

    def _suggestions(self) -> list[Suggestion]:
        suggested = []
        for code, entry in sorted(self._found.items(), key=self._order):
            if self._structured and entry.score < LEAST_SCORE:
                self.withhold(code, f"only in {entry.evidence[0].section}", entry.evidence[0])
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
                    missing=self._specific.missing(code, _said(entry.evidence)),
                )
            )
        return suggested

    def _order(self, item: tuple[str, _Entry]) -> tuple[float, ...]:
        """By score; where sections tell, by section and then as the note has them: the first problem first."""
        entry = item[1]
        first = entry.evidence[0]
        if self._structured:
            return -round(entry.best.place, 2), first.document, first.start, -entry.score
        return (-entry.score, first.start)

    def _set_trimester(self) -> None:
        """Give obstetric codes the trimester of the weeks that the note tells (ICD-10-CM chapter 15, note)."""
        weeks = next((int(code[3:]) for code in self._found if code.startswith("Z3A") and code[3:].isdigit()), 0)
        if not weeks:
            return
        name = "first" if weeks < 14 else "second" if weeks < 28 else "third"
        for code in [code for code in self._found if code[0] == "O"]:
            title = self._codebook.title(code)
            wanted = title.replace("unspecified trimester", f"{name} trimester")
            if wanted == title:
                continue
            for place in self._codebook.beginning_with(code[:-1]):
                other = self._codebook.code(place)
                if self._codebook.title(other) == wanted and other not in self._found:
                    entry = self._found.pop(code)
                    entry.reasons = (*entry.reasons, f"{weeks} weeks: {name} trimester")
                    self._found[other] = entry
                    break

    def _keep_single(self) -> None:
        """Of codes that exclude each other keep the one in the weightiest place: a copied list is often out of date."""
        for prefix, why in single():
            alike = [code for code in self._found if code.startswith(prefix)]
            best = max(alike, key=lambda code: self._found[code].best.order, default="")
            for code in alike:
                if self._found[code].best.place < self._found[best].best.place:
                    self._withdraw(code, f"{dotted(best)} stands in a weightier place: {why}")

    def _combine(self) -> None:
        """Put combination codes where the note has both conditions."""
        said = {code: " ".join(one.text for one in entry.evidence) for code, entry in self._found.items()}
        dropped: set[str] = set()
        for combined in combine(said):
            rests = [self._found[code] for code in combined.rests_on if code in self._found]
            if self._codebook.position(combined.code) is None or not rests:
                continue
            if combined.code not in self._found:
                named = " and ".join(dotted(code) for code in combined.rests_on)
                self._found[combined.code] = _Entry(
                    score=max(entry.score for entry in rests) + 0.01,
                    best=max((entry.best for entry in rests), key=lambda worth: worth.order),
                    term=combined.rule.name,
                    kind="combination",
                    evidence=[entry.evidence[0] for entry in rests],
                    reasons=(f"from {named}", combined.rule.citation),
                    section=rests[0].section,
                )
            dropped.update(combined.replaced)
        for code in dropped:
            self._found.pop(code, None)

    def _supersede(self) -> None:
        """Withdraw codes that another one of the note makes superfluous."""
        for has, drops, why in superseded():
            by = next((code for code in self._found if code.startswith(has)), "")
            for code in [code for code in self._found if code.startswith(drops)] if by else ():
                if not code.startswith(has):
                    self._inherit(by, code)
                    self._withdraw(code, f"{dotted(by)}: {why}")

    def _drop_unspecified(self) -> None:
        for code in list(self._found):
            title = self._codebook.title(code).lower()
            if not any(words in title for words in ("unspecified", "without complications", "not specified as")):
                continue
            family = code[:3] if code[3:4] == "9" else code[:4]
            others = (one for one in self._found if one != code and one.startswith(family))
            more = next((one for one in others if not _OPEN.search(self._codebook.title(one))), "")
            if more:
                self._inherit(more, code)
                self._withdraw(code, f"{dotted(more)} says more")

    def _inherit(self, heir: str, code: str) -> None:
        """Give the evidence of a plainer name of the same condition to the code that says more."""
        to, entry = self._found[heir], self._found[code]
        if heir[:3] == code[:3] and not is_symptom(code) and entry.best.order > to.best.order:
            to.best, to.score, to.section = entry.best, max(to.score, entry.score), entry.section
            to.evidence = [entry.evidence[0], *to.evidence]

    def _drop_symptoms(self) -> None:
        """Withdraw symptoms from outside the assessment where there is a diagnosis (Guidelines I.B.4, IV.D)."""
        diagnosed = any(
            not is_symptom(code) and code[0] != "Z" and entry.best.place >= ASSESSED
            for code, entry in self._found.items()
        )
        for code in [code for code in self._found if is_symptom(code)]:
            if diagnosed and self._found[code].best.place <= NARRATED:
                self._withdraw(code, "a symptom outside the assessment, beside a diagnosis")

    def _drop_denied(self) -> None:
        """Withdraw what only a list or a history names and a weightier place denies: "4. No CKD." """
        for code in list(self._found):
            place = self._found[code].best.place
            general = self._codebook.answer(code[:3])
            against = max((self._denied[one] for one in {code, general} if one in self._denied), default=None)
            if against is not None and place < ASSESSED and against[0] >= place:
                self._withdraw(code, f"elsewhere {against[1]}")

    def _drop_background(self) -> None:
        """Withdraw what stands in a history alone and does not bear on this visit (Guidelines IV.J, III).

        A family's condition counts where it is a cancer, a past or present one of the patient where it always bears
        on care; all others where some weightier place takes them up.
        """
        for code in list(self._found):
            entry = self._found[code]
            if entry.best.place >= TAKEN_UP or entry.kind in _FOLLOWS:
                continue
            if code.startswith(FAMILY_HISTORY):
                if not code.startswith("Z80"):
                    self._withdraw(code, "a family history that the assessment does not take up")
            elif entry.section in _BACKGROUND and not code.startswith(always_bearing()):
                self._withdraw(code, f"only in {entry.evidence[0].section}: nothing weightier takes it up")

    def _drop_lone_measures(self) -> None:
        """Withdraw a body mass index without a diagnosis that it belongs to (Guidelines I.B.14), or in a pregnancy."""
        pregnant = any(code[0] == "O" for code in self._found)
        weighed = any(code.startswith(WEIGHT) for code in self._found)
        for code in [code for code in self._found if code.startswith("Z68")]:
            if pregnant or not weighed:
                self._withdraw(code, "a body mass index is only coded beside a diagnosis of weight or nutrition")

    def _lower_vague(self) -> None:
        """Withdraw codes that say next to nothing; in a text without sections they only come last."""
        for code, why in vague().items():
            if code in self._found and self._structured:
                self._withdraw(code, why)
            elif code in self._found:
                self._found[code].score *= VAGUE_SHARE

    def _part_excluding(self) -> None:
        """Of two codes that an Excludes1 note forbids together keep the better supported one.

        A long text without sections tells a course of years, in which both may have their time: there it is said.
        """
        kept: list[str] = []
        for code in sorted(self._found, key=self._support, reverse=True):
            against = ((other, self._exclusions.note(code, other)) for other in kept)
            by, note = next(((other, note) for other, note in against if note), ("", ""))
            if by and not self._one_visit:
                self._found[code].reasons += (f"not together with {dotted(by)}: {note}",)
            elif by:
                self._withdraw(code, f"{dotted(by)} is better supported: {note}")
            else:
                kept.append(code)

    def _support(self, code: str) -> tuple[object, ...]:
        """What speaks for a code beside one that it excludes: a diagnosis before its symptom, then where it stands."""
        entry = self._found[code]
        return not is_symptom(code), round(entry.best.place, 2), entry.score, code

    def _withdraw(self, code: str, why: str) -> None:
        entry = self._found.pop(code)
        self.withhold(code, why, entry.evidence[0])


def _said(evidence: list[Evidence]) -> frozenset[str]:
    """The words of the evidence in lower case, as far as they can close a question."""
    return frozenset(word for one in evidence for word in _WORD.findall(one.text.lower()))


_OPEN = re.compile(r"\bunspecified\b|\bnot specified as\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+")
