"""How much a mention counts by its section, and which codes count less."""

from __future__ import annotations

from functools import cache

from codesets.suggest.sections import SectionKind
from codesets.suggest.tables import rows

LEAST_SCORE = 0.2
ASSESSED = 0.55  # the least weight of a section that says what the patient has
NARRATED = 0.7  # the weight of a section that tells the stay, and with it the symptoms that its diagnoses explain
TAKEN_UP = 0.45  # the least weight of a section that takes up what a history names

_WEIGHTS = {
    SectionKind.NARRATIVE: 1.0,
    SectionKind.ASSESSMENT: 1.0,
    SectionKind.IMPRESSION: 1.0,
    SectionKind.COURSE: 0.7,
    SectionKind.PROBLEMS: 0.5,
    SectionKind.INDICATION: 0.6,
    SectionKind.REASONING: 0.25,
    SectionKind.PLAN: 0.5,
    SectionKind.COMPLAINT: 0.45,
    SectionKind.HPI: 0.4,
    SectionKind.FINDINGS: 0.45,
    SectionKind.PAST: 0.4,
    SectionKind.SURGICAL: 0.3,
    SectionKind.OBSTETRIC: 0.35,
    SectionKind.FAMILY: 0.35,
    SectionKind.SOCIAL: 0.5,
    SectionKind.RESULTS: 0.2,
    SectionKind.PROCEDURE: 0.3,
    SectionKind.EXAM: 0.15,
    SectionKind.OTHER: 0.3,
    SectionKind.ROS: 0.1,
}
UNSTRUCTURED = 1.0


def weight(section: SectionKind, structured: bool) -> float:
    """The factor of a section; in a note that names sections, text before the first is like a history."""
    if not structured:
        return UNSTRUCTURED
    return _WEIGHTS[SectionKind.HPI] if section is SectionKind.NARRATIVE else _WEIGHTS.get(section, 0.2)


def document_weight(kind: str) -> float:
    """The factor of a kind of document, by its name; 1 for one that is not known."""
    lowered = kind.lower()
    return next((factor for word, factor in _documents() if word in lowered), 1.0)


def is_final(kind: str) -> bool:
    """Whether a kind of document sums up a stay at its end."""
    return any(word in kind.lower() for word in ("discharge", "final"))


@cache
def _documents() -> tuple[tuple[str, float], ...]:
    return tuple((word, float(factor)) for word, factor in rows("documents.csv", ("word", "weight")))


def plainness(says: float, structured: bool) -> float:
    """The factor for how much the words of a mention say; where sections weigh, words weigh little."""
    return 0.7 + 0.3 * min(says, 20.0) / 20.0 if structured else min(says, 30.0) / 10.0


def is_symptom(code: str) -> bool:
    """Whether a code names a symptom or a sign: chapter 18, and pains of chapter 13 and elsewhere."""
    return code.startswith(_SYMPTOMS) and not code.startswith(_MEASURED)


# Of chapter 18 what is coded beside its disease: severe sepsis, coma and stroke scales, prediabetes.
_MEASURED = ("R65", "R402", "R297", "R7303", "R7881")
_SYMPTOMS = ("R", "M25.5".replace(".", ""), "M54", "M79", "H571", "N644", "N48", "K625", "G89")


@cache
def always_bearing() -> tuple[str, ...]:
    """Beginnings of codes, without dots, of what bears on care whatever a patient comes for."""
    return tuple(prefix.replace(".", "") for (prefix,) in rows("always_bearing.csv", ("prefix",)))


def is_only_additional(code: str) -> bool:
    """Whether a code, with or without the dot, only tells more beside another: a status, a long-term drug, a cause."""
    return code.replace(".", "").startswith(_only_additional())


@cache
def _only_additional() -> tuple[str, ...]:
    return tuple(prefix.replace(".", "") for prefix, _ in rows("only_additional.csv", ("prefix", "what")))


@cache
def vague() -> dict[str, str]:
    """Codes without dots that say next to nothing, and why."""
    return {code.replace(".", ""): why for code, why in rows("vague.csv", ("code", "why"))}
