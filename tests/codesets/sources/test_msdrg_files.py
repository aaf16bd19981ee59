"""Reading the MS-DRG tables and the POA-exempt list, on made-up ones in the official layouts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codesets.errors import UnreadableInput
from codesets.sources.msdrg_exclusions import AliveOnly, Excluding, IgnoredInDrgs, Severity
from codesets.sources.source import FileKind
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import known, made_file, rejected_of, rows_of, workbook


def test_table_5_is_known_below_a_quoted_title_of_two_lines() -> None:
    found = known(made_file("any.txt", made.TABLE_5))

    assert (found.kind, found.edition) == (FileKind.DRG_WEIGHTS, "FY2099")


def test_a_drg_has_its_weights_and_stays_as_decimals() -> None:
    drg = rows_of(made_file("t5.txt", made.TABLE_5))[0]

    assert (drg.drg, drg.mdc, drg.title) == ("001", "PRE", "HUMMING WITH MCC")
    assert (drg.weight, drg.capped_weight) == (Decimal("28.0239"), Decimal("27.5"))
    assert (drg.geometric_days, drg.arithmetic_days) == (Decimal("25.8"), Decimal("36.2"))


def test_an_ungroupable_drg_has_no_values() -> None:
    drg = rows_of(made_file("t5.txt", made.TABLE_5))[2]

    assert (drg.drg, drg.kind, drg.weight, drg.geometric_days) == ("999", "", None, None)


def test_a_drg_that_a_workbook_holds_as_a_number_keeps_three_digits() -> None:
    heads = ["MS-DRG", "FY 2099 Post-Acute DRG", "FY 2099 Special Pay DRG", "MDC", "TYPE", "MS-DRG Title"]
    heads += ["Weights - Before Cap", "Weights - 10% Cap Applied", "Geometric mean LOS", "Arithmetic mean LOS"]
    rows = [["TABLE 5"], heads, [1, "No", "No", "PRE", "SURG", "HUMMING", 28.5, 28.5, 25.8, 36.0]]

    (drg,) = rows_of(workbook("t5.xlsx", rows))

    assert (drg.drg, drg.weight, drg.arithmetic_days) == ("001", Decimal("28.5"), Decimal("36"))


def test_the_title_of_a_severity_list_says_which_it_is() -> None:
    major = made.TABLE_6J.replace("6J - COMPLETE CC", "6I - COMPLETE MCC")

    assert known(made_file("2099.txt", made.TABLE_6J)).kind is FileKind.CC_LIST
    assert known(made_file("2099.txt", major)).kind is FileKind.MCC_LIST


def test_severity_codes_lose_their_dots_and_end_at_the_notes() -> None:
    rows = rows_of(made_file("Table 6J FY 2099.txt", made.TABLE_6J))

    assert [(row.code, row.major) for row in rows] == [("X011", False), ("X02", False)]


def test_a_severity_list_without_its_notes_is_refused() -> None:
    file = made_file("Table 6J FY 2099.txt", made.TABLE_6J.replace("\n\tNotes:\n", ""))

    with pytest.raises(UnreadableInput, match="part of it is missing"):
        rows_of(file)


def test_the_three_parts_of_table_6k_are_told_apart() -> None:
    rows = rows_of(made_file("6K.txt", made.TABLE_6K))

    assert [(row.code, row.major, row.collection) for row in rows if isinstance(row, Severity)] == [
        ("X011", False, "0002"),
        ("X02", True, "0003"),
        ("X03", False, None),
    ]
    assert [(row.collection, row.code) for row in rows if isinstance(row, Excluding)] == [
        ("0002", "X011"),
        ("0002", "X012"),
        ("0003", "X02"),
    ]
    assert [row.code for row in rows if isinstance(row, AliveOnly)] == ["X02"]
    assert [(row.code, row.first, row.last) for row in rows if isinstance(row, IgnoredInDrgs)] == [
        ("X03", "082", "084")
    ]


def test_a_count_with_thousands_separators_is_a_number() -> None:
    codes = "".join(f"  X{number:04}   Humming\n" for number in range(1000, 2070))
    content = made.TABLE_6K.replace("0003:1 code ", "0003:1,070 codes ").replace(
        "  X02     Whistling\n\nK", f"{codes}\nK"
    )

    rows = rows_of(made_file("6K.txt", content))

    assert sum(isinstance(row, Excluding) and row.collection == "0003" for row in rows) == 1070


def test_a_collection_with_another_number_of_codes_than_part_1_says_is_refused() -> None:
    file = made_file("6K.txt", made.TABLE_6K.replace("  X012    Humming, acute\n", ""))

    with pytest.raises(UnreadableInput, match="PDX collection 0002 has 1 codes, part 1 says 2"):
        rows_of(file)


def test_table_6k_without_a_part_is_refused() -> None:
    file = made_file("6K.txt", made.TABLE_6K[: made.TABLE_6K.index("K Part 3")])

    with pytest.raises(UnreadableInput, match="part 3 is missing"):
        rows_of(file)


def test_the_poa_list_is_known_by_its_second_column_and_dated_by_its_first() -> None:
    found = known(made_file("list.txt", made.POA))

    assert (found.kind, found.edition) == (FileKind.POA_EXEMPT, "FY2099")


def test_poa_exempt_codes_lose_their_dots() -> None:
    assert [row.code for row in rows_of(made_file("poa.txt", made.POA))] == ["X011", "X0121XA", "X02"]


def test_the_list_of_poa_revisions_is_not_the_list() -> None:
    revisions = "Action\tPOAexemptCode\tDescription\nRevise from\tX01.1\tHumming\n"

    with pytest.raises(AssertionError):
        known(made_file("POAexemptReviseFY99.txt", revisions))


def test_a_poa_code_that_is_none_is_rejected_with_its_line() -> None:
    (rejected,) = rejected_of(made_file("poa.txt", made.POA + "00010\t12.5\tNo code\n"))

    assert rejected.line == 5
