"""Rows of cells from text and workbooks."""

from __future__ import annotations

import io
import zipfile

import pytest

from codesets.errors import UnreadableInput
from codesets.sources import cells
from tests.codesets.sources.made_files import made_file, workbook


def test_a_row_keeps_the_line_it_begins_on_below_a_cell_of_several_lines() -> None:
    file = made_file("list.csv", '"a notice\n\nof lines",\nX01,Humming\n')

    assert list(cells.rows(file)) == [(1, ("a notice\n\nof lines", "")), (4, ("X01", "Humming"))]


def test_blank_rows_are_passed_over_and_nbsp_is_a_blank() -> None:
    file = made_file("list.txt", "\u00a0X01\u00a0\tHumming\n\t\nX02\tWhistling\n")

    assert list(cells.rows(file)) == [(1, ("X01", "Humming")), (3, ("X02", "Whistling"))]


def test_controls_of_a_terminal_do_not_get_through() -> None:
    file = made_file("list.csv", "X01,\x1b]0;title\x07Humming\n")

    assert list(cells.rows(file)) == [(1, ("X01", "\ufffd]0;title\ufffdHumming"))]


def test_a_number_of_a_workbook_becomes_text_without_a_decimal_point() -> None:
    file = workbook("list.xlsx", [[100, 2.0, 2.5, None]])

    assert list(cells.rows(file)) == [(1, ("100", "2", "2.5", ""))]


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")

    with pytest.raises(UnreadableInput, match="unpacks to"):
        list(cells.rows(made_file("bomb.xlsx", content.getvalue())))


def test_a_damaged_workbook_is_refused() -> None:
    whole = workbook("list.xlsx", [["X01", "Humming"]])
    assert isinstance(whole.content, bytes)
    damaged = whole.content.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml")

    with pytest.raises(UnreadableInput, match="damaged workbook"):
        list(cells.rows(made_file("list.xlsx", damaged)))
