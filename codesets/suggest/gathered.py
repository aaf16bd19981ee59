"""What was gathered for the codes of one chart: their evidence, and the codes that were left out with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from codesets.suggest.answers import Evidence, Withheld
from codesets.suggest.codebook import Codebook
from codesets.suggest.sections import SectionKind
from codesets.suggest.stated import Place, earliest


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
class Entry:
    """A code with all that was found for it; `best` is the worth of its first evidence, which stands in `section`.

    `stated` is where a stay states it among its diagnoses, None for a code that it does not.
    """

    score: float
    best: Worth
    term: str
    kind: str
    evidence: list[Evidence]
    reasons: tuple[str, ...]
    section: SectionKind = SectionKind.NARRATIVE
    stated: Place | None = None


@dataclass
class Gathered:
    """The codes of a chart, without dots: found, left out, and denied (with the weight of the place, and the words).

    `denied_last` has the last place of a denial instead: document and character.
    """

    codebook: Codebook
    found: dict[str, Entry] = field(default_factory=dict)
    withheld: dict[str, Withheld] = field(default_factory=dict)
    denied: dict[str, tuple[float, str]] = field(default_factory=dict)
    denied_last: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)

    def withhold(self, code: str, why: str, evidence: Evidence) -> None:
        """Keep a code that is not to be suggested, with the reason; the first reason stands."""
        self.withheld.setdefault(code, Withheld(code, self.codebook.title(code), why, evidence))

    def withdraw(self, code: str, why: str) -> None:
        """Take a found code out of the suggestions, with the reason."""
        self.withhold(code, why, self.found.pop(code).evidence[0])

    def replace(self, code: str, other: str, why: str) -> bool:
        """Put another code in the place of a found one, with the reason; whether the release has it."""
        if other == code or self.codebook.position(other) is None:
            return False
        entry = self.found.pop(code)
        entry.reasons = (*entry.reasons, why)
        known = self.found.get(other)
        if known is None or known.best.order < entry.best.order:
            self.found[other] = entry
        self.found[other].stated = earliest(entry.stated, known.stated if known else None)
        return True

    def inherit(self, heir: str, code: str) -> None:
        """Give the evidence of a plainer name of the same condition to the code that says more."""
        to, entry = self.found[heir], self.found[code]
        alike = heir[:3] == code[:3] or heir[:2] == code[:2] == "E4"  # the degrees of malnutrition
        if alike and entry.best.order > to.best.order:
            to.best, to.score, to.section = entry.best, max(to.score, entry.score), entry.section
            to.evidence = [entry.evidence[0], *to.evidence]
            to.stated = earliest(to.stated, entry.stated)
