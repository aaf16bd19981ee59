"""The risk score of a patient for the services of a year, what one chart adds to it, and last year's gaps.

Every coded visit of the year counts here: the filter for eligible services needs procedure codes that a site may
not have loaded. A gap is a category that was coded in the year before and not yet in this one: a reason to look at
the documents, never to code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codesets.catalog import normalize
from codesets.risk_scores import MODELS, CategoryScore, Member, NoScore, Score, member_of, score
from store.queries import Reader
from store.queries.patient_codes import CodedOnce, RiskPatient, coded_diagnoses, risk_patient
from store.terms import DiagnosisRole

COUNTED = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)
"""The diagnoses that are reported as such; admitting ones, reasons for the visit and external causes are not."""


@dataclass(frozen=True)
class RiskFacts:
    """What is read of the record: the patient, and what was coded this year and the year before."""

    person: RiskPatient
    year: int
    this_year: tuple[CodedOnce, ...]
    last_year: tuple[CodedOnce, ...]


@dataclass(frozen=True)
class Gap:
    """A category of last year that this year has not: the diagnoses behind it and the newest day they were coded."""

    category: CategoryScore
    last_coded: str


@dataclass(frozen=True)
class ModelScore:
    """A model's answer: the score with this chart, what the chart adds, and the gaps; or why there is none."""

    model: str
    answer: Score | NoScore
    added: float = 0.0
    gaps: tuple[Gap, ...] = ()

    @property
    def said(self) -> str:
        """The score in a few words; empty where there is none."""
        return "" if isinstance(self.answer, NoScore) else f"{self.model} {self.answer.score:.3f}"


@dataclass(frozen=True)
class PatientRisk:
    """The scores of a patient by model; `assumed` says what of the patient is taken for granted."""

    facts: RiskFacts
    assumed: str
    models: tuple[ModelScore, ...]


def risk_facts(reader: Reader, year: int, encounter_id: str = "", patient_id: str = "") -> RiskFacts | None:
    """What a score needs of the record, for services of a year; None where there is no such patient."""
    patient = risk_patient(reader, encounter_id, patient_id)
    if patient is None:
        return None
    this, last = (
        tuple(coded_diagnoses(reader, patient.patient_id, f"{one}-01-01", f"{one}-12-31")) for one in (year, year - 1)
    )
    return RiskFacts(patient, year, this, last)


def patient_risk(facts: RiskFacts, chart: Sequence[str] = (), visit_number: str = "") -> PatientRisk:
    """The scores with the codes of a chart (with dots) in place of what is stored of its visit."""
    member = member_of(facts.person.birth_date, facts.person.sex, facts.year)
    if isinstance(member, NoScore):
        return PatientRisk(facts, "", tuple(ModelScore(model, member) for model in MODELS))
    others = [one.code for one in facts.this_year if one.visit_number != visit_number]
    models = tuple(_model(facts, member, model, others, chart) for model in MODELS)
    return PatientRisk(facts, member.assumed, models)


def _model(facts: RiskFacts, member: Member, model: str, others: list[str], chart: Sequence[str]) -> ModelScore:
    answer = score(_bare((*others, *chart)), member, facts.year, model)
    if isinstance(answer, NoScore):
        return ModelScore(model, answer)
    without = score(_bare(others), member, facts.year, model)
    added = answer.score - without.score if isinstance(without, Score) else 0.0
    return ModelScore(model, answer, round(added, 3), _gaps(facts, member, model, answer))


def _gaps(facts: RiskFacts, member: Member, model: str, now: Score) -> tuple[Gap, ...]:
    """Categories of last year's codes, read by this year's tables, that nothing of this year maps to or outranks."""
    last = score(_bare(one.code for one in facts.last_year), member, facts.year, model)
    if isinstance(last, NoScore):
        return ()
    both = [*(one.code for one in facts.last_year), *(code for one in now.categories for code in one.codes)]
    together = score(_bare(both), member, facts.year, model)
    standing = {one.category for one in together.categories if one.counted} if isinstance(together, Score) else set()
    present = {one.category for one in now.categories}
    found = []
    for one in last.categories:
        if one.counted and one.category in standing and one.category not in present:
            days = [seen.service_date for seen in facts.last_year if normalize(seen.code) in one.codes]
            found.append(Gap(one, max(days)))
    return tuple(found)


def _bare(codes: Iterable[str]) -> list[str]:
    return sorted({normalize(code) for code in codes})
