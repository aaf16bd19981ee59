"""The diagnoses that were coded of a patient over the years, read with plain SQL: what a risk score counts."""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader


@dataclass(frozen=True)
class CodedOnce:
    """A diagnosis with its dot as coded at a visit; the day is ISO text, `final` tells drafts apart."""

    code: str
    service_date: str
    visit_number: str
    final: bool


@dataclass(frozen=True)
class RiskPatient:
    """A patient as a risk score knows them; the birth date is ISO text, for some roles its year alone."""

    patient_id: str
    mrn: str
    sex: str
    birth_date: str


def risk_patient(reader: Reader, encounter_id: str = "", patient_id: str = "") -> RiskPatient | None:
    """The patient of an encounter, or by id."""
    rows = reader.rows(
        """
        SELECT p.id, p.mrn, p.sex, p.birth_date FROM patient p
        WHERE p.id = :patient OR p.id = (SELECT patient_id FROM encounter WHERE id = :encounter)
        """,
        patient=patient_id,
        encounter=encounter_id,
    )
    if not rows:
        return None
    row = rows[0]
    return RiskPatient(row["id"], row["mrn"], row["sex"], row["birth_date"] or "")


def coded_diagnoses(reader: Reader, patient_id: str, since: str, until: str) -> list[CodedOnce]:
    """What was coded at the visits of a patient between two ISO days, both inclusive; newest visit first."""
    rows = reader.rows(
        """
        SELECT d.code, e.service_date, e.visit_number, g.status
        FROM encounter e JOIN coding g ON g.encounter_id = e.id AND g.status <> 'superseded'
        JOIN final_diagnosis d ON d.coding_id = g.id
        WHERE e.patient_id = :id AND e.service_date >= :since AND e.service_date <= :until
          AND d.role IN ('principal', 'secondary')
        ORDER BY e.service_date DESC, e.visit_number, d.sequence
        """,
        id=patient_id,
        since=since,
        until=until,
    )
    return [CodedOnce(r["code"], r["service_date"], r["visit_number"], r["status"] == "final") for r in rows]
