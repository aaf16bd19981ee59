"""Rules of claims that look at codes alone, told on the chart while it is coded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codesets.catalog import Reference
from codesets.edits import Severity
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.coding.guideline_rules import check_guidelines
from store.coding.site_edits import findings_of
from store.queries.charts import ChartHead
from store.queries.standing import Posted
from store.queries.surroundings import Surroundings
from store.scrub.rules import rule_book
from store.terms import CodingKind, CodingStatus, DiagnosisRole, PatientClass, Setting, WorkStatus

HEAD = ChartHead(
    work_item_id="w",
    encounter_id="e",
    coding_id="c",
    kind=CodingKind.PROFESSIONAL,
    work_status=WorkStatus.IN_PROGRESS,
    coding_status=CodingStatus.DRAFT,
    coding_version=1,
    charged_cents=0,
    worklist="clinic",
    visit_number="P1",
    patient="Lindqvist, Per",
    mrn="1",
    sex="M",
    birth_date="1961-03-02",
    setting=Setting.CLINIC,
    patient_class=PatientClass.OUTPATIENT,
    started_at="2026-09-15",
    ended_at=None,
    service_date="2026-09-15",
    place_of_service="11",
    discharge_disposition="",
    reason="",
    provider="",
    payer="Blue Plains",
)
STAY = replace(HEAD, kind=CodingKind.FACILITY, patient_class=PatientClass.INPATIENT, setting=Setting.INPATIENT)


def rules(head: ChartHead, *diagnoses: str, lines: tuple[ProcedureLine, ...] = ()) -> list[tuple[str, str]]:
    """What is told of a chart whose lines are all posted as they are coded; of a stay with its admitting diagnosis."""
    admitting = (Diagnosis("R69", DiagnosisRole.ADMITTING),) if head.inpatient else ()
    codes = Codes((*(Diagnosis(code) for code in diagnoses), *admitting), lines)
    around = Surroundings(posted=tuple(map(posted, lines)))
    return [(one.rule_id, one.place) for one in check_guidelines(head, codes, around=around)]


def posted(line: ProcedureLine) -> Posted:
    return Posted("1", "", "0510", line.code, line.modifiers, line.units, 100, HEAD.service_date)


@pytest.mark.parametrize("head", [HEAD, STAY], ids=["clinic", "stay"])
def test_hypertension_beside_heart_failure_is_told_while_coding(head: ChartHead) -> None:
    assert rules(head, "I10", "I50.9") == [("r322", "diagnosis")]


def test_modifiers_that_contradict_each_other_are_told_at_their_line() -> None:
    sound = ProcedureLine("hcpcs", "G0467", pointers=(1,))
    line = ProcedureLine("hcpcs", "G0101", ("GC", "GE"), pointers=(1,))

    assert rules(HEAD, "Z01.411", lines=(sound, line)) == [("r302", "line.2.modifiers")]


CONTRADICTIONS = [
    ("G0105", ("73", "74"), 1, ["r296"]),
    ("G0101", ("GA", "GZ"), 1, ["r287"]),
    ("G0283", ("GP", "GO"), 1, ["r301"]),
    ("G0260", ("LT", "RT"), 1, ["r283"]),
    ("C9600", ("LC", "RC"), 1, ["r304"]),
    ("J0696", ("76", "77"), 1, ["r285"]),
    ("G0105", ("52", "53"), 1, ["r289", "r344"]),
    ("P9016", ("59", "XU"), 1, ["r288"]),
    ("G0260", ("50",), 2, ["r282"]),
    ("G0105", ("53",), 1, ["r344"]),
    ("G0105", ("73",), 1, []),
    ("G0105", ("52",), 1, []),
    ("G0260", ("50",), 1, []),
    ("G0463", ("25", "27"), 1, []),
]


@pytest.mark.parametrize(("code", "modifiers", "units", "told"), CONTRADICTIONS)
def test_an_outpatient_bill_of_a_facility_is_told_of_modifiers_that_contradict_each_other(
    code: str, modifiers: tuple[str, ...], units: int, told: list[str]
) -> None:
    visit = replace(HEAD, kind=CodingKind.FACILITY, place_of_service="")

    found = rules(visit, "Z12.11", lines=(ProcedureLine("hcpcs", code, modifiers, units),))

    assert sorted(rule for rule, _ in found) == told


@pytest.mark.parametrize("kind", [CodingKind.PROFESSIONAL, CodingKind.FACILITY])
@pytest.mark.parametrize("units", [0, -1])
def test_units_of_none_or_fewer_are_told_on_the_chart_as_on_the_claim(kind: CodingKind, units: int) -> None:
    visit = replace(HEAD, kind=kind)

    found = rules(visit, "Z12.11", lines=(ProcedureLine("hcpcs", "G0463", units=units, pointers=(1,)),))

    assert found == [("r206", "line.1.units")]


def test_a_professional_claim_of_a_surgery_center_carries_what_a_surgery_center_reports() -> None:
    before = ProcedureLine("hcpcs", "G0105", ("73",), pointers=(1,))

    assert rules(replace(HEAD, place_of_service="24"), "Z12.11", lines=(before,)) == []
    assert rules(HEAD, "Z12.11", lines=(before,)) == [("r297", "line.1.modifiers")]


DELIVERY = ProcedureLine("icd10pcs", "10D00Z1")


@pytest.mark.parametrize(
    ("diagnoses", "told"),
    [(("O34.211", "Z3A.39"), ["r334"]), (("O34.211", "Z3A.39", "Z37.0"), []), (("O03.4",), [])],
    ids=["cesarean", "with its outcome", "abortive outcome"],
)
def test_a_stay_with_the_procedure_of_a_delivery_is_told_of_its_outcome(
    diagnoses: tuple[str, ...], told: list[str]
) -> None:
    mother = replace(STAY, sex="F", birth_date="1996-03-02")

    assert [rule for rule, _ in rules(mother, *diagnoses, lines=(DELIVERY,))] == told


def test_an_admitting_diagnosis_is_not_among_the_diagnoses() -> None:
    codes = Codes((Diagnosis("I10"), Diagnosis("I50.9", DiagnosisRole.ADMITTING)), ())

    assert check_guidelines(STAY, codes) == ()


def test_what_only_the_claim_knows_is_left_to_the_claim() -> None:
    drug = ProcedureLine("hcpcs", "J1885", pointers=(1,))

    assert rules(HEAD, "M54.50", lines=(drug,)) == []


def test_a_birth_date_that_is_not_known_breaks_no_rule_of_age() -> None:
    assert rules(replace(HEAD, birth_date=None), "P07.30") == []


def test_a_rule_that_the_book_of_the_site_leaves_out_is_not_told() -> None:
    shipped = rule_book()
    book = replace(shipped, rules=tuple(rule for rule in shipped.rules if rule.id != "r322"))

    assert check_guidelines(HEAD, Codes((Diagnosis("I10"), Diagnosis("I50.9")), ()), book) == ()


def test_what_stands_in_the_way_comes_before_warnings(reference: Reference) -> None:
    codes = Codes((Diagnosis("E11.9"), Diagnosis("E10.9"), Diagnosis("R65.20")), ())

    told = [one.severity.value for one in findings_of(reference, replace(HEAD, sex="F"), codes)]

    assert told == sorted(told, key=["critical", "error", "warning", "info", "could_not_check"].index)
    assert len(set(told)) > 1


def test_a_line_that_a_facility_bills_beside_its_charges_is_told_on_the_chart() -> None:
    visit, line = replace(HEAD, kind=CodingKind.FACILITY), ProcedureLine("hcpcs", "G0101", charge_cents=9000)
    around = Surroundings(posted=(Posted("1", "", "0510", "G0463", (), 1, 20000, HEAD.service_date),))

    (told,) = check_guidelines(visit, Codes((Diagnosis("Z01.419"),), (line,)), around=around)

    assert (told.rule_id, told.severity) == ("r481", Severity.WARNING)
    assert told.message == "G0101 is billed beside the posted charges: none of them is of it."


@pytest.mark.parametrize(("revenue", "told"), [("0450", ["r414"]), ("0762", ["r414"]), ("0360", [])])
def test_an_unscheduled_visit_is_told_on_the_chart_that_it_wants_a_reason(revenue: str, told: list[str]) -> None:
    visit = replace(HEAD, kind=CodingKind.FACILITY)
    around = Surroundings(posted=(Posted("1", "", revenue, "", (), 1, 100, HEAD.service_date),))
    reason = Diagnosis("R07.9", DiagnosisRole.REASON)

    without, with_it = (
        check_guidelines(visit, Codes((Diagnosis("I20.9"), *more)), around=around) for more in ((), (reason,))
    )

    assert ([one.rule_id for one in without], with_it) == (told, ())
    assert all(one.severity is Severity.ERROR and "r07.9 r" in one.fix for one in without)


@pytest.mark.parametrize(("type_of_bill", "told"), [("", ["r413"]), ("0111", ["r413"]), ("121", [])])
def test_a_stay_is_told_on_the_chart_that_it_wants_an_admitting_diagnosis(type_of_bill: str, told: list[str]) -> None:
    around = Surroundings(type_of_bill=type_of_bill)
    admitting = Diagnosis("R07.9", DiagnosisRole.ADMITTING)

    without, with_it = (
        check_guidelines(STAY, Codes((Diagnosis("I21.4"), *more)), around=around) for more in ((), (admitting,))
    )

    assert ([one.rule_id for one in without], with_it) == (told, ())
    assert all(one.severity is Severity.ERROR and "r07.9 a" in one.fix for one in without)
