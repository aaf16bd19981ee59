"""CSV in: layouts as spreadsheets leave them, maps that are guessed, explained and saved, and rows that are refused."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.files import NotTakenIn
from store.intake.quarantine import quarantined, retry
from store.intake.tables.columns import BadMap, ColumnMap, load_map, map_for, save_map
from store.intake.tables.guess import guess
from store.intake.tables.rows import TableOptions, preview
from store.intake.tables.sheet import Row, layout_of, rows
from store.models import Charge, Coverage, Encounter, Patient, Payer, RawMessage, SourceCode
from tests.codesets.shared_data import shared_file
from tests.store.intake_samples import count, only

VISITS = """Visit No;MRN;Last Name;First Name;DOB;Admit Date;Discharge Date;Class;Payer
0012;0007;Sample;Ann;03/02/1961;03/02/2026 09:00;03/15/2026 10:00;IP;P1
0013;0008;Sample;Bea;12/31/1961;03/13/2026 09:00;;OP;P1
"""
CHARGES = "Visit No,Charge ID,DOS,HCPCS,Mod1,Mod2,Units,Amount\n0013,C1,2026-03-13,G0463,25,LT,2,$190.00\n"


def take(db: Database, tmp_path: Path, text: str, save_as: str = "", dry: bool = False, **columns: str) -> IntakeReport:
    path = tmp_path / f"{save_as or 'rows'}.csv"
    path.write_text(text, encoding="utf-8")
    return take_in(db, SYSTEM, [path], tables=TableOptions(save_as=save_as, source="NORTH", columns=columns), dry=dry)


def read(data: bytes) -> list[Row | str]:
    layout = layout_of(data)
    return list(rows(io.BytesIO(data), layout, frozenset({"ssn"})))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_delimiter_and_encoding_are_found(delimiter: str, encoding: str) -> None:
    data = f"Visit{delimiter}Name\r\n001{delimiter}Müller\r\n".encode(encoding)

    [row] = read(data)

    assert isinstance(row, Row)
    assert row.cells == {"Visit": "001", "Name": "Müller"}


def test_blank_rows_repeated_headers_and_footers_are_passed_over() -> None:
    found = read(b"A,B,C\n1,2,3\n\nA,B,C\n4,5,6\nTotal,2\n")

    assert [row.cells["A"] for row in found if isinstance(row, Row)] == ["1", "4"]
    assert len(found) == 2


def test_a_row_with_too_few_cells_in_the_middle_is_named() -> None:
    found = read(b"A,B,C\n1,2,3\n4,5\n7,8,9\n")

    assert found[1] == "line 3: expected 3 cells, found 2"


def test_a_cell_over_several_lines_is_one_cell_and_a_secret_one_is_emptied() -> None:
    [row] = read(b'A,SSN,C\n1,999-11-2222,"two\nlines"\n')

    assert isinstance(row, Row)
    assert (row.cells["C"], row.cells["SSN"]) == ("two\nlines", "")
    assert b"999-11-2222" not in row.raw


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_refused(noise: bytes) -> None:
    try:
        found = read(b"A,B\n1,2\n" + noise)
    except NotTakenIn:
        return
    assert all(isinstance(row, Row) or row.startswith("line ") for row in found)


def test_a_guess_explains_each_column_and_its_dates() -> None:
    data = VISITS.encode()
    layout = layout_of(data)

    found = guess("north", "NORTH", layout, [row for row in read(data) if isinstance(row, Row)])

    assert found.column_map.columns["visit_number"] == "Visit No"
    assert found.column_map.formats == {
        "started_at": "%m/%d/%Y %H:%M",
        "ended_at": "%m/%d/%Y %H:%M",
        "birth_date": "%m/%d/%Y",
    }
    assert "started_at is read as %m/%d/%Y %H:%M: 03/02/2026 09:00 fits" in found.reasons


def test_a_date_of_two_meanings_is_said_to_be_one() -> None:
    data = b"Visit,MRN,Admit Date\n1,2,03/02/2026\n"

    found = guess("x", "x", layout_of(data), [row for row in read(data) if isinstance(row, Row)])

    assert found.reasons[-1] == (
        "started_at is read as %m/%d/%Y: 03/02/2026 could also be day before month; the American order is taken"
    )


def test_what_a_guess_lacks_is_named_and_can_be_told() -> None:
    data = b"Nr,MRN,Admit Date\n1,2,2026-03-02\n"
    layout = layout_of(data)

    with pytest.raises(BadMap, match="no column looks like visit_number, which encounters need"):
        guess("x", "x", layout, [])
    found = guess("x", "x", layout, [], {"visit_number": "Nr"})

    assert found.reasons[0] == "visit_number = Nr: you named it"


@pytest.mark.both_databases
def test_visits_come_in_by_a_guess_that_is_saved_and_then_used_by_itself(db: Database, tmp_path: Path) -> None:
    first = take(db, tmp_path, VISITS, save_as="north-visits")
    again = take(db, tmp_path, VISITS)

    inpatient = only(db, Encounter, visit_number="0012")
    assert (first.total("encounters_new"), again.total("encounters_unchanged")) == (2, 2)
    assert (inpatient.started_at, inpatient.service_date) == ("2026-03-02T09:00:00", "2026-03-15")
    assert only(db, Patient, mrn="0007").birth_date == "1961-03-02"
    assert count(db, Coverage) == 2


def test_a_payer_that_a_feed_only_numbers_is_named_in_words_and_a_known_name_stays(
    db: Database, tmp_path: Path
) -> None:
    numbered = VISITS.replace(";P1", ";42c4fca7-f8a9-3cd1-982a-dd9751bf3e2a")
    take(db, tmp_path, numbered, save_as="numbered")
    unnamed = only(db, Payer)
    with db.change(SYSTEM) as change:
        change.session.get_one(Payer, unnamed.id).name = "Plains Mutual"
        change.log("payer.name", "payer", unnamed.id)

    take(db, tmp_path, numbered.replace("Ann", "Anna"))

    assert unnamed.name == "payer 42c4fca7, not named"
    assert only(db, Payer).name == "Plains Mutual"


@pytest.mark.both_databases
def test_charges_are_posted_to_visits_that_are_here(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")

    report = take(db, tmp_path, CHARGES + "9999,C2,2026-03-13,G0463,,,1,95\n", save_as="north-charges")

    charge = only(db, Charge)
    assert (charge.procedure_code, charge.modifiers, charge.units, charge.amount_cents) == (
        "G0463",
        ["25", "LT"],
        2,
        19000,
    )
    [refusal] = report.files[0].quarantined
    assert (refusal.place, refusal.reason) == ("line 3", "the visit that it belongs to is not here")


def test_an_amount_with_a_fraction_of_a_cent_is_refused_with_its_column(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")

    report = take(db, tmp_path, CHARGES.replace("$190.00", "190.005"), save_as="north-charges")

    assert [refusal.reason for refusal in report.files[0].quarantined] == [
        "Amount: expected an amount of money in whole cents"
    ]
    assert count(db, Charge) == 0


@pytest.mark.parametrize(
    ("rows_after", "net"),
    [
        (("0013,C1,2026-03-13,G0463,25,LT,2,-190.00",), 0),
        (("0013,C1,2026-03-13,G0463,25,LT,1,-95.00",), 9500),
        (("0013,C9,2026-03-13,G0463,,,1,-5.00", "0013,C9,2026-03-13,G0463,,,1,-6.00"), 18400),
    ],
)
def test_a_row_below_zero_takes_back_what_stands_under_its_number_or_counts_by_itself(
    db: Database, tmp_path: Path, rows_after: tuple[str, ...], net: int
) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")
    take(db, tmp_path, CHARGES, save_as="north-charges")
    header = CHARGES.partition("\n")[0]

    for row in rows_after:
        take(db, tmp_path, f"{header}\n{row}\n", save_as="north-charges")

    with db.reading() as session:
        assert sum(session.exec(select(Charge.amount_cents))) == net


def test_a_row_can_be_tried_again_once_its_visit_is_here(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, CHARGES, save_as="north-charges")
    take(db, tmp_path, VISITS, save_as="north-visits")

    report = retry(db, SYSTEM)

    assert (report.quarantined, count(db, Charge), quarantined(db)) == (0, 1, [])


def test_tables_of_a_folder_are_taken_in_in_the_order_that_they_need(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")
    take(db, tmp_path, CHARGES, save_as="north-charges")
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a-charges.csv").write_text(CHARGES.replace("0013", "0099"))
    (folder / "b-visits.csv").write_text(VISITS.replace("0013", "0099"))

    assert take_in(db, SYSTEM, [folder]).quarantined == 0


def test_a_dry_run_says_what_would_become_of_each_row_and_stores_nothing(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")

    report = take(db, tmp_path, VISITS.replace("0013", "0014"), dry=True)

    assert (report.total("encounters_new"), report.total("encounters_unchanged")) == (1, 1)
    assert count(db, Encounter) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "1.2E+10;0007;S;A;03/02/1961;03/13/2026 09:00;;IP;P",
            "Visit No: a spreadsheet turned the number",
        ),
        (";0007;S;A;03/02/1961;03/13/2026 09:00;;IP;P", "Visit No: it is required"),
        ("0015;0007;S;A;03/02/1961;13/13/2026 09:00;;IP;P", "Admit Date: expected a date as %m/%d/%Y %H:%M"),
        ("0015;0007;S;A;03/02/1961;03/13/2026 09:00;;WARD;P", "Class: no class of visit is called WARD"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(db: Database, tmp_path: Path, row: str, reason: str) -> None:
    report = take(db, tmp_path, VISITS + row + "\n", save_as="north-visits")

    [refusal] = report.files[0].quarantined
    assert refusal.place == "line 4"
    assert refusal.reason.startswith(reason)


def test_a_table_that_no_map_fits_is_not_taken_in(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, "Alpha,Beta\n1,2\n3,4\n")

    assert report.files[0].messages == (
        "no column map fits its header, and no column looks like mrn, family_name, which patients need: it must come"
        " with one, or --save-map NAME with --column FIELD=COLUMN says which is meant",
    )


def test_a_table_that_only_wants_a_map_is_told_how_to_keep_one(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, VISITS)

    assert report.files[0].messages == (
        "no column map fits its header; look at --preview 5 and keep a map with --save-map NAME",
    )


def test_a_map_is_found_again_as_it_was_saved(home: Path) -> None:
    column_map = ColumnMap(
        name="odd",
        record="code",
        source='No "1"',
        header=("Visit", 'The "code"', "x\\y"),
        columns={"visit_number": "Visit", "code": 'The "code"'},
        only={"x\\y": "a=b"},
        values={"code": {"1": "2"}},
    )

    save_map(column_map)

    assert load_map("odd") == column_map
    assert map_for(("VISIT", 'the "code"', "x\\y")) == column_map


def test_a_preview_shows_fields_and_stores_no_map(home: Path) -> None:
    found = preview(io.BytesIO(VISITS.encode()), 1, TableOptions())

    assert found.guessed is not None
    [row] = found.rows
    assert isinstance(row, dict)
    assert (row["visit_number"], row["setting"]) == ("0012", "IP")
    assert not (home / "maps").exists()


def test_the_row_is_kept_under_its_header_as_it_came(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, VISITS, save_as="north-visits")

    raw = zlib.decompress(only(db, RawMessage, identity="0013|0008|||").content).decode()
    assert raw.splitlines()[1].startswith("0013,0008,Sample,Bea")


@pytest.mark.thorough
def test_every_known_table_of_the_sample_site_comes_in_whole(db: Database) -> None:
    folder = shared_file("data", "synthea", "csv", "synthea")
    paths = [folder / f"{name}.csv" for name in ("conditions", "encounters", "patients", "procedures")]

    report = take_in(db, SYSTEM, paths)

    assert (report.quarantined, count(db, Encounter), count(db, Patient)) == (0, 604, 27)
    assert count(db, SourceCode) > 600
