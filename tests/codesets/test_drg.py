"""Severity, exclusions, weights and POA exemption by discharge date, on made-up tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from codesets import drg, poa
from codesets.drg import Severity
from codesets.reference import Reference
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file

COVERED = dt.date(2099, 3, 1)
BEFORE = dt.date(2026, 3, 1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    names = ("Table 5.txt", "Table 6J FY 2099.txt", "Table 6K FY 2099.txt", "POAexemptCodesFY99.txt")
    files = [made_file(name, made.MADE[name]) for name in names]
    with loaded_reference(tmp_path_factory.mktemp("drg") / "reference.sqlite", files) as opened:
        yield opened


def test_a_drg_has_its_weight_for_the_discharge_date(reference: Reference) -> None:
    found = drg.drg(reference, "82", COVERED)

    assert found is not None
    assert (found.weight, found.post_acute, found.origin.covered) == (Decimal("1.3318"), True, True)


def test_a_weight_of_another_year_says_so(reference: Reference) -> None:
    found = drg.drg(reference, "001", BEFORE)

    assert found is not None
    assert "covers 2026-03-01" in found.origin.warning


def test_a_cc_counts_unless_something_excludes_it(reference: Reference) -> None:
    answer = drg.severity(reference, "X011", COVERED, principal="X09", died=False, drg_number="001")

    assert (answer.listed, answer.counts, answer.reasons) == (Severity.CC, Severity.CC, ())


def test_a_principal_diagnosis_in_its_collection_excludes_a_cc(reference: Reference) -> None:
    answer = drg.severity(reference, "X011", COVERED, principal="X012")

    assert (answer.listed, answer.counts) == (Severity.CC, Severity.NONE)
    assert "PDX collection 0002" in answer.reasons[0]


def test_some_count_only_when_the_patient_lives(reference: Reference) -> None:
    assert drg.severity(reference, "X02", COVERED, died=True).counts is Severity.NONE
    assert drg.severity(reference, "X02", COVERED, died=False).counts is Severity.MCC


def test_some_are_ignored_in_particular_drgs(reference: Reference) -> None:
    assert drg.severity(reference, "X03", COVERED, drg_number="083").counts is Severity.NONE
    assert drg.severity(reference, "X03", COVERED, drg_number="085").counts is Severity.CC


def test_a_code_that_no_table_lists_is_no_cc(reference: Reference) -> None:
    assert drg.severity(reference, "X99", COVERED).listed is Severity.NONE


def test_without_tables_for_the_date_the_severity_could_not_be_checked(reference: Reference) -> None:
    answer = drg.severity(reference, "X011", BEFORE)

    assert (answer.listed, answer.counts) == (None, None)


def test_without_table_6k_a_listed_cc_may_be_excluded(tmp_path: Path) -> None:
    files = [made_file("Table 6J FY 2099.txt", made.TABLE_6J)]
    with loaded_reference(tmp_path / "reference.sqlite", files) as partial:
        answer = drg.severity(partial, "X011", COVERED, principal="X012")

        assert (answer.listed, answer.counts) == (Severity.CC, None)


def test_the_principal_diagnoses_that_exclude_a_code_are_listed(reference: Reference) -> None:
    assert drg.excluding(reference, "X011", COVERED) == ["X011", "X012"]


def test_a_code_is_poa_exempt_by_the_list_of_the_year(reference: Reference) -> None:
    assert poa.is_exempt(reference, "X011", COVERED) is True
    assert poa.is_exempt(reference, "X09", COVERED) is False


def test_poa_exemption_without_a_list_for_the_date_is_not_known(reference: Reference) -> None:
    assert poa.is_exempt(reference, "X011", BEFORE) is None
