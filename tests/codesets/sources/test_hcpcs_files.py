"""Reading HCPCS, on made-up codes in the official layouts."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets.sources.source import FileKind
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import hcpcs_record, known, made_file, rejected_of, rows_of, workbook

TWIN_HEADS = [
    *("HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION"),
    *(f"PRICE{number}" for number in range(1, 5)),
    *("MULT_PI", "COV", "BETOS", "TOS1", "TOS2", "ANEST_BU", "ADD DT", "ACT EFF DT", "TERM DT", "ACTION CD"),
]


def test_the_year_of_the_name_is_the_release() -> None:
    found = known(made_file(made.HCPCS_NAME, made.HCPCS))

    assert (found.kind, found.edition, found.ends) == (FileKind.HCPCS, "2019", dt.date(2019, 12, 31))


def test_a_month_in_the_name_makes_it_a_quarter() -> None:
    assert known(made_file("HCPC2026_OCT_ANWEB.txt", made.HCPCS)).edition == "2026 Q4"


def test_codes_and_modifiers_are_told_apart_and_disclaimers_passed_over() -> None:
    rows = rows_of(made_file(made.HCPCS_NAME, made.HCPCS))

    assert [(row.code, row.is_modifier) for row in rows] == [("ZA", True), ("X0001", False), ("X0002", False)]


def test_a_long_text_goes_over_its_continuation_lines() -> None:
    row = rows_of(made_file(made.HCPCS_NAME, made.HCPCS))[1]

    assert row.title == "Kazoo, with a text that goes over two lines"
    assert (row.coverage, row.action, row.effective) == ("D", "N", dt.date(2018, 1, 1))


def test_a_terminated_code_stays_with_its_last_day() -> None:
    row = rows_of(made_file(made.HCPCS_NAME, made.HCPCS))[2]

    assert row.terminated == dt.date(2018, 12, 31)


def test_a_continuation_without_its_first_line_is_rejected() -> None:
    content = made.HCPCS + hcpcs_record("X0009", 200, "4", "lost") + "\n"

    (rejected,) = rejected_of(made_file(made.HCPCS_NAME, content))

    assert rejected.reason == "continues X0009, which has no first line above it"


@pytest.mark.parametrize("field", ["added", "effective", "terminated"])
def test_a_code_with_a_date_that_is_none_is_rejected(field: str) -> None:
    dates = {"added": "20100101", "effective": "20100101", "terminated": ""} | {field: "20101399"}
    content = made.HCPCS + hcpcs_record("X0003", 100, "3", "Bell", "Bell", "C", **dates, action="N") + "\n"

    (rejected,) = rejected_of(made_file(made.HCPCS_NAME, content))

    assert "20101399" in rejected.reason


def test_the_workbook_twin_gives_the_joined_text_and_strips_modifiers() -> None:
    file = workbook(
        "HCPC2026_JUL_ANWEB.xlsx",
        [
            TWIN_HEADS,
            ["   ZA", 100, 7, "Made-up modifier", "Mod", *[None] * 11, 20020701, None, "N"],
            ["X0001", 100, 3, "Kazoo", "Kazoo", "00", *[None] * 9, 20100101, 20180101, None, "N"],
        ],
    )

    rows = rows_of(file)

    assert known(file).edition == "2026 Q3"
    assert [row.code for row in rows] == ["ZA", "X0001"]
    assert (rows[1].pricing, rows[1].added) == (("00",), dt.date(2010, 1, 1))


def test_processing_notes_are_joined_under_their_numbers() -> None:
    content = (
        "          PROCESSING NOTES\n\n     0001--FIRST NOTE OF   *\n        TWO LINES.    *\n     0002--SECOND.  *\n"
    )

    rows = rows_of(made_file("proc_notes_2019.txt", content))

    assert [(note.number, note.text) for note in rows] == [("0001", "FIRST NOTE OF TWO LINES."), ("0002", "SECOND.")]
