"""What the loaded tables say of a code, on made-up ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from codesets import fees, risk
from codesets.flags import Flag, flags
from codesets.reference import Reference, open_reference
from codesets.releases import CodeSystem
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file
from tests.codesets.sources.test_fee_files import CELLS, HEAD

COVERED = dt.date(2099, 3, 1)
SERVICE = dt.date(2026, 8, 1)
WHOLE = ",".join(["ZZ001", "", *CELLS[2:]]) + "\n"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    names = ("Table 6K FY 2099.txt", "POAexemptCodesFY99.txt", made.MUE_NAME)
    files = [made_file(name, made.MADE[name]) for name in names]
    files += [made_file("F2827T1N.TXT", "X011\t21\nX012\t22\nX02\t23\n")]
    files += [made_file("PPRRVU2026_Jul_nonQPP.csv", HEAD + WHOLE + ",".join(CELLS) + "\n")]
    with loaded_reference(tmp_path_factory.mktemp("flags") / "reference.sqlite", files) as opened:
        yield opened


@pytest.fixture(scope="module")
def shipped(reference_file: Path) -> Iterator[Reference]:
    """The code sets that come with the program."""
    with open_reference(reference_file) as opened:
        yield opened


def test_a_diagnosis_has_the_flags_of_the_tables_for_the_date(reference: Reference) -> None:
    assert flags(reference, CodeSystem.ICD10CM, "X011", COVERED) == [
        Flag("POA", "exempt", "FY2099"),
        Flag("severity", "CC", "FY2099"),
    ]


def test_a_service_has_status_global_days_and_most_units(reference: Reference) -> None:
    assert flags(reference, CodeSystem.CPT, "ZZ001", SERVICE) == [
        Flag("status", "A", "2026 Q3"),
        Flag("global days", "010", "2026 Q3"),
        Flag("most units, practitioner", "3 a line", "2026 Q3"),
    ]


def test_tables_of_another_date_give_no_flag(reference: Reference) -> None:
    assert flags(reference, CodeSystem.ICD10CM, "X011", dt.date(2024, 3, 1)) == []


def test_the_professional_part_has_a_line_of_its_own(reference: Reference) -> None:
    value = fees.fee_value(reference, "ZZ001", SERVICE, modifier="26")

    assert value is not None
    assert (value.work, value.conversion_factor) == (Decimal("1.50"), Decimal("33.4009"))


def test_a_mapping_counts_for_the_services_of_the_year_before(reference: Reference) -> None:
    found = risk.categories(reference, "X011", SERVICE)

    assert [(one.model, one.category, one.edition) for one in found] == [("V28", "21", "PY2027")]
    assert not risk.is_loaded(reference, COVERED)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("F0280", Flag("manifestation", "after its cause, never first-listed (I.A.13)", "FY2026 Apr")),
        ("I43", Flag("manifestation", "after its cause, never first-listed (I.A.13)", "FY2026 Apr")),
        ("Z3800", Flag("principal", "only first-listed (I.C.21.c.16)", "FY2026 Apr")),
        ("W010XXA", Flag("principal", "never: an external cause (I.C.20)", "FY2026 Apr")),
    ],
)
def test_what_is_never_first_listed_says_so(shipped: Reference, code: str, told: Flag) -> None:
    assert told in flags(shipped, CodeSystem.ICD10CM, code, dt.date(2026, 6, 1))


@pytest.mark.parametrize("code", ["B9620", "I10", "F0390", "E1140"])
def test_what_can_be_first_listed_has_no_such_flag(shipped: Reference, code: str) -> None:
    names = {flag.name for flag in flags(shipped, CodeSystem.ICD10CM, code, dt.date(2026, 6, 1))}

    assert not names & {"manifestation", "principal"}
