"""Reading the NCCI files, on made-up codes in the official layouts."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets.errors import UnreadableInput
from codesets.sources.ncci_ptp import Pair
from codesets.sources.source import FileKind
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import known, made_file, rejected_of, rows_of, workbook


def test_the_name_of_a_ptp_file_gives_setting_quarter_and_part() -> None:
    found = known(made_file("ccioph-v322r0-f3.txt", made.PTP))

    assert (found.kind, found.edition, found.part) == (FileKind.PTP, "2026 Q3", "hospital f3")
    assert (found.starts, found.ends) == (dt.date(2026, 7, 1), dt.date(2026, 9, 30))


def test_a_renamed_ptp_file_asks_for_what_only_its_name_said() -> None:
    file = made_file("edits.txt", made.PTP)

    found = known(file)

    assert found.starts is None
    assert all(word in found.asks for word in ("setting", "quarter", "part"))
    with pytest.raises(UnreadableInput, match="setting"):
        rows_of(file)


def test_a_pair_that_came_back_stands_once_for_each_period() -> None:
    pairs = rows_of(made_file(made.PTP_NAME, made.PTP))

    assert [(pair.effective, pair.deletion) for pair in pairs if pair.column2 == "ZZ003"] == [
        (dt.date(2015, 1, 1), dt.date(2019, 12, 31)),
        (dt.date(2021, 4, 1), None),
    ]


@pytest.mark.parametrize("never", ["*", "", "99991231"])
def test_every_spelling_of_no_deletion_date_means_none(never: str) -> None:
    (pair,) = rows_of(made_file(made.PTP_NAME, f"{made.PTP_HEAD}ZZ001\tZZ002\t\t20200101\t{never}\t1\tMade up\n"))

    assert pair == Pair(7, "ZZ001", "ZZ002", False, dt.date(2020, 1, 1), None, 1, "Made up")


@pytest.mark.parametrize(
    "row",
    [
        "ZZ001\tZZ02\t\t20200101\t*\t1\tshort code",
        "ZZ001\tZZ002\t\t20201301\t*\t1\tno such month",
        "ZZ001\tZZ002\t\t20200101\t*\t2\tno such indicator",
        "ZZ001\tZZ002",
    ],
)
def test_a_row_that_is_no_pair_is_rejected_with_its_line(row: str) -> None:
    file = made_file(made.PTP_NAME, f"{made.PTP}{row}\n")

    assert [rejected.line for rejected in rejected_of(file)] == [11]


def test_swapped_columns_are_refused() -> None:
    swapped = made.PTP.replace("Effective\tDeletion", "Deletion\tEffective")

    with pytest.raises(UnreadableInput, match="in another order"):
        rows_of(made_file(made.PTP_NAME, swapped))


def test_line_ends_may_be_mixed_and_cells_may_hold_nbsp() -> None:
    content = (
        made.PTP_HEAD + "ZZ001\tZZ002\u00a0\t\t20200101\t*\t1\tMade up\r\nZZ003\tZZ004\t\t20200101\t*\t1\tMade up\n"
    )

    pairs = rows_of(made_file(made.PTP_NAME, content.encode("cp1252")))

    assert [(pair.column1, pair.column2) for pair in pairs] == [("ZZ001", "ZZ002"), ("ZZ003", "ZZ004")]


def test_the_workbook_twin_reads_like_the_text() -> None:
    cells = [line.split("\t") for line in made.PTP.splitlines()]

    twin = rows_of(workbook("ccipra-v322r0-f1.xlsx", cells))

    assert twin == rows_of(made_file(made.PTP_NAME, made.PTP))


def test_a_code_that_a_workbook_holds_as_a_number_keeps_its_zeros() -> None:
    cells: list[list[object]] = [list(line.split("\t")) for line in made.PTP_HEAD.splitlines()]
    cells.append([100, "ZZ002", None, 20200101, "*", 1, "Made up"])

    (pair,) = rows_of(workbook("ccipra-v322r0-f1.xlsx", cells))

    assert pair.column1 == "00100"


def test_mue_values_are_read_below_a_notice_and_heads_of_several_lines() -> None:
    values = rows_of(made_file(made.MUE_NAME, made.MUE))

    assert [(mue.code, mue.units, mue.indicator) for mue in values] == [
        ("ZZ001", 3, 1),
        ("ZZ002", 1, 2),
        ("ZZ003", 12, 3),
    ]


@pytest.mark.parametrize(
    ("head", "part"),
    [
        ("Practitioner Services", "practitioner"),
        ("Outpatient Hospital Services", "hospital"),
        ("DME Supplier Services", "supplier"),
    ],
)
def test_the_column_head_of_an_mue_file_says_the_setting(head: str, part: str) -> None:
    content = made.MUE.replace("Practitioner Services", head)

    assert known(made_file("any_Eff_07-01-2026.csv", content)).part == part


def test_an_mue_file_whose_name_lost_the_date_asks_for_it() -> None:
    found = known(made_file("mue.csv", made.MUE))

    assert found.starts is None
    assert "effective date" in found.asks


def test_add_on_codes_have_ordinal_dates_and_may_leave_the_primary_to_the_contractor() -> None:
    rows = rows_of(made_file(made.ADD_ON_NAME, made.ADD_ON))

    assert [(row.code, row.primary) for row in rows] == [
        ("ZZ101", "ZZ001"),
        ("ZZ101", "ZZ002"),
        ("ZZ102", None),
        ("ZZ103", "ZZ001"),
    ]
    assert rows[1].primary_deletion == dt.date(2020, 12, 31)
    assert rows[3].deletion == dt.date(2024, 6, 30)


def test_day_366_of_a_common_year_is_rejected() -> None:
    (rejected,) = rejected_of(made_file(made.ADD_ON_NAME, made.ADD_ON.replace("2020366", "2021366")))

    assert "YYYYDDD" in rejected.reason
