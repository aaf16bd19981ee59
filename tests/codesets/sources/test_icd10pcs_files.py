"""Reading the official ICD-10-PCS files, on small ones written for the purpose."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets.errors import UnreadableInput
from codesets.sources.icd10pcs_addenda import Action, Change, Totals
from codesets.sources.icd10pcs_definitions import Definition, DeviceAggregate
from codesets.sources.icd10pcs_index import PointerKind
from codesets.sources.icd10pcs_order import OrderRow
from codesets.sources.source import FileKind
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import known, made_file, rejected_of, rows_of


def test_tables_are_known_by_their_root_and_state_their_fiscal_year() -> None:
    found = known(made_file("anything.dat", made.PCS_TABLES))

    assert (found.kind, found.edition) == (FileKind.PCS_TABLES, "FY2099")
    assert found.starts == dt.date(2098, 10, 1)


def test_the_rows_of_a_table_build_its_codes() -> None:
    (table,) = rows_of(made_file("t.xml", made.PCS_TABLES))

    assert table.code == "001"
    assert [code for row in table.rows for code in row.codes()] == [
        "00160ZZ",
        "00163ZZ",
        "00170ZZ",
        "00173ZZ",
        "00170J1",
    ]


def test_a_row_whose_values_do_not_make_its_count_of_codes_rejects_the_table() -> None:
    file = made_file("t.xml", made.PCS_TABLES.replace('codes="4"', 'codes="5"'))

    (rejected,) = rejected_of(file)

    assert rejected.reason == "the row states 5 codes, its values make 4"
    assert rejected.text == "001 row 1"


def test_a_value_that_is_no_single_character_rejects_the_table() -> None:
    file = made_file("t.xml", made.PCS_TABLES.replace('<label code="6">', '<label code="66">'))

    assert not rows_of(file)


def test_tables_that_break_off_are_refused() -> None:
    file = made_file("t.xml", made.PCS_TABLES[:900])

    with pytest.raises(UnreadableInput, match="t.xml"):
        rows_of(file)


def test_index_terms_keep_their_order_level_and_parent() -> None:
    terms = rows_of(made_file("i.xml", made.PCS_INDEX))

    assert [(term.number, term.parent, term.level, term.title) for term in terms] == [
        (0, None, 0, "Humming"),
        (1, 0, 1, "Nose"),
        (2, 0, 1, ""),
        (3, 0, 1, "Throat"),
        (4, 3, 2, "Loud"),
        (5, None, 0, "Hornpipe"),
    ]


def test_a_see_that_names_codes_and_a_table_points_to_each() -> None:
    term = rows_of(made_file("i.xml", made.PCS_INDEX))[2]

    assert [(pointer.kind, pointer.text, pointer.code) for pointer in term.pointers] == [
        (PointerKind.SEE, "Buzzing, Throat", "0017"),
        (PointerKind.SEE, "Buzzing, Throat", "001"),
    ]


def test_a_definition_holds_for_all_its_titles() -> None:
    rows = rows_of(made_file("d.xml", made.PCS_DEFINITIONS))

    assert [row.titles for row in rows if isinstance(row, Definition)] == [("Humming",), ("Nose", "Throat")]
    assert [row.value for row in rows if isinstance(row, DeviceAggregate)] == ["J"]


def test_an_order_file_gives_tables_and_codes_with_both_titles() -> None:
    rows = rows_of(made_file("icd10pcs_order_2099.txt", made.PCS_ORDER))

    assert rows[0] == OrderRow(1, "001", False, "Made-up, Humming", "Made-up system, Humming")
    assert [row.code for row in rows if row.valid] == ["00160ZZ", "00163ZZ", "00170J1", "00170ZZ", "00173ZZ"]


def test_an_order_file_without_a_year_in_its_name_asks_for_it() -> None:
    found = known(made_file("order.txt", made.PCS_ORDER))

    assert found.starts is None
    assert "fiscal year" in found.asks


def test_an_order_file_that_ends_inside_a_line_is_refused() -> None:
    file = made_file("icd10pcs_order_2099.txt", made.PCS_ORDER[:-30])

    with pytest.raises(UnreadableInput, match="cut off"):
        rows_of(file)


def test_a_code_outside_its_table_is_rejected_with_its_line() -> None:
    stray = made.pcs_order_line(7, "00260ZZ", True, "Hum Elsewhere", "Humming Elsewhere")

    (rejected,) = rejected_of(made_file("icd10pcs_order_2099.txt", made.PCS_ORDER + stray))

    assert (rejected.line, rejected.reason) == (7, "00260ZZ stands under table 001")


def test_addenda_give_changes_and_the_counts_of_both_files() -> None:
    rows = rows_of(made_file("addenda.txt", made.PCS_ADDENDA))

    assert [(row.action, row.code) for row in rows if isinstance(row, Change)] == [
        (Action.ADD, "00170J1"),
        (Action.DELETE, "00180ZZ"),
    ]
    assert [row for row in rows if isinstance(row, Totals)] == [
        Totals(True, 1, 1, 0, 0, 0),
        Totals(False, 5, 5, 1, 1, 0),
    ]


def test_addenda_that_contradict_their_own_counts_are_refused() -> None:
    file = made_file("addenda.txt", made.PCS_ADDENDA.replace("      1 deletions", "      2 deletions"))

    with pytest.raises(UnreadableInput, match="1 codes under Delete, its counts say 2"):
        rows_of(file)


def test_addenda_are_never_taken_for_the_order_file() -> None:
    found = known(made_file("icd10pcs_order_2099.txt", made.PCS_ADDENDA))

    assert found.kind is FileKind.PCS_ADDENDA
