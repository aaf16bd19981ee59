"""Importing official files into the reference database, on small files in the official layouts."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets import build, catalog, importing
from codesets.differences import difference, differs, release_named
from codesets.errors import ReferenceUnavailable, UsageError
from codesets.gathering import gather
from codesets.history import Stage, history
from codesets.importing import Report, Status
from codesets.reference import Reference
from codesets.releases import CodeSystem, all_loads
from codesets.search import open_engine
from codesets.sources.source import FileKind
from tests.codesets import small_files
from tests.codesets.small_files import ROWS_2020, ROWS_2021, order_text

IN_2020 = dt.date(2020, 1, 15)
IN_2021 = dt.date(2021, 1, 15)
CM = CodeSystem.ICD10CM


def quiet(stage: str, done: float) -> None:
    """No progress."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A reference database without releases."""
    path = tmp_path / "home" / "reference.sqlite"
    path.parent.mkdir()
    with build.replacement(path, None, quiet):
        pass
    return path


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(inbox: Path, **files: str | bytes) -> None:
    """Write files; a double underscore in a name is a dot."""
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (inbox / name.replace("__", ".")).write_bytes(data)


def load(place: Path, *paths: Path, edition: str = "") -> Report:
    with gather([str(path) for path in paths], quiet) as gathered:
        return importing.run(place, importing.plan(place, gathered, edition), quiet)


def statuses(report: Report) -> dict[str, Status]:
    return {result.item.found.file.name: result.item.status for result in report.results}


@pytest.fixture
def two_years(place: Path, inbox: Path) -> Iterator[Reference]:
    """FY2020 with its tabular list and index, and FY2021 with its order file alone."""
    put(
        inbox,
        icd10cm_order_2020__txt=order_text(ROWS_2020),
        icd10cm_order_2021__txt=order_text(ROWS_2021),
        icd10cm_tabular_2020__xml=small_files.TABULAR,
        icd10cm_index_2020__xml=small_files.INDEX,
        icd10cm_drug_2020__xml=small_files.DRUGS,
    )
    load(place, inbox)
    with Reference(place) as reference:
        yield reference


def test_each_date_is_answered_from_its_own_release(two_years: Reference) -> None:
    mild = [catalog.find(two_years, CM, "A00.0", on) for on in (IN_2020, IN_2021)]

    assert [code.title for code in mild if code] == ["Made-up fever, mild", "Made-up fever, gentle"]


def test_a_code_page_has_the_notes_of_the_tabular_list_and_names_its_edition(two_years: Reference) -> None:
    page = catalog.page(two_years, CM, "A00.0", IN_2021)

    assert page is not None
    assert [step.id for step in page.path] == ["1", "A00-A09", "A00"]
    (note,) = page.notes[catalog.NoteKind.EXCLUDES1]
    assert (note.targets[0].first, note.targets[0].last) == ("M1A", "M1A")
    assert (page.release.edition, page.notes_edition) == ("FY2021", "FY2020")


def test_what_comes_from_another_edition_or_is_missing_is_said(place: Path, inbox: Path) -> None:
    put(
        inbox,
        icd10cm_order_2021__txt=order_text(ROWS_2021),
        icd10cm_tabular_2020__xml=small_files.TABULAR,
    )

    report = load(place, inbox)

    assert report.notices == (
        "ICD-10-CM FY2021: codes loaded; tabular list from FY2020; no alphabetic index, no external-cause index,"
        " no neoplasm table, no drug table, no conversion table",
    )


def test_the_report_counts_what_changed_since_the_edition_before(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020), order_2021__txt=order_text(ROWS_2021))

    report = load(place, inbox)

    counts = report.results[-1].counts
    assert (counts.rows, counts.added, counts.changed, counts.ended) == (len(ROWS_2021), 2, 1, 2)


def test_an_accent_more_is_no_revision(place: Path, inbox: Path) -> None:
    accented = tuple(
        (code, flag, short, title.replace("Humming", "H\u00famming")) for code, flag, short, title in ROWS_2020
    )
    put(inbox, order_2020__txt=order_text(ROWS_2020), order_2021__txt=order_text(accented))

    report = load(place, inbox)

    assert report.results[-1].counts.changed == 0
    with Reference(place) as reference:
        old, new = (release_named(reference, CM, name) for name in ("2020", "2021"))
        assert difference(reference, old, new).retitled == ()
        assert len(history(reference, CM, "M1A0").eras) == 1


def test_the_same_file_twice_changes_nothing(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020))
    load(place, inbox)
    before = place.read_bytes()

    report = load(place, inbox)

    assert statuses(report) == {"order_2020.txt": Status.LOADED_BEFORE}
    assert not report.changed
    assert place.read_bytes() == before


def test_an_older_release_beside_a_newer_one_is_normal(place: Path, inbox: Path) -> None:
    put(inbox, order_2021__txt=order_text(ROWS_2021))
    load(place, inbox)
    put(inbox, order_2020__txt=order_text(ROWS_2020))

    load(place, inbox)

    with Reference(place) as reference:
        assert [release.edition for release in reference.releases(CM)] == ["FY2021", "FY2020"]
        assert catalog.is_billable(reference, CM, "Z80", IN_2020)
        assert not catalog.is_billable(reference, CM, "Z80", IN_2021)


def test_a_corrected_file_takes_the_place_of_the_edition_and_keeps_its_id(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020))
    load(place, inbox)
    with Reference(place) as reference:
        first = reference.releases(CM)[0].id
    put(inbox, order_2020__txt=order_text(ROWS_2020).replace("Humming of ear", "Humming of eye"))

    report = load(place, inbox)

    with Reference(place) as reference:
        (release,) = reference.releases(CM)
        found = catalog.find(reference, CM, "M1A.0", IN_2020)
    assert (release.id, report.results[0].counts.changed) == (first, 1)
    assert found is not None
    assert found.title == "Humming of eye"


def test_an_open_session_moves_to_the_new_release_at_its_next_look_up(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020))
    load(place, inbox)
    with Reference(place) as session:
        engine = open_engine(session)
        before = [hit.code for hit in engine.search("gentle", on=IN_2021)]
        put(inbox, order_2021__txt=order_text(ROWS_2021))

        load(place, inbox)

        after = [hit.code for hit in engine.search("gentle", on=IN_2021)]
        assert (before, after) == ([], ["A000"])
        assert catalog.is_billable(session, CM, "A00.91", IN_2021)


def test_a_session_that_has_not_moved_yet_still_reads_its_old_build(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020))
    load(place, inbox)
    with Reference(place) as session:
        cursor = session.db.execute("SELECT code FROM codes ORDER BY position")
        first = cursor.fetchone()
        put(inbox, order_2021__txt=order_text(ROWS_2021))

        load(place, inbox)
        session.refresh()

        assert first == ("A00",)
        assert len(cursor.fetchall()) == len(ROWS_2020) - 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("order_2021.txt", order_text(ROWS_2021)[:-30], "cut off"),
        ("order_2021.txt", order_text(ROWS_2021[:10]), "category Z99 is missing"),
        ("order_addenda_2021.txt", small_files.addenda_text(), "full order file"),
        ("order_2020.txt", order_text(ROWS_2020[:-9]), "are missing"),
        ("tabular_2020.xml", small_files.TABULAR[:-40], "expected"),
        ("tabular_2020.xml", small_files.TABULAR.replace("?>", '?><!DOCTYPE a [<!ENTITY b "b">]>', 1), "declares ent"),
        ("order.txt", order_text(ROWS_2021), "fiscal year"),
        ("notes.txt", "Dear colleague", "begins with 'Dear colleague'"),
    ],
)
def test_a_refusal_names_what_was_expected_and_leaves_the_old_data(
    place: Path, inbox: Path, name: str, content: str, reason: str
) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020))
    load(place, inbox)
    before = place.read_bytes()
    (inbox / name).write_text(content, encoding="utf-8", newline="")

    report = load(place, inbox / name)

    (result,) = report.results
    assert result.item.status in (Status.REFUSED, Status.NEEDS_PERIOD, Status.UNKNOWN)
    assert reason in result.item.remark
    assert (report.changed, place.read_bytes()) == (False, before)


def test_a_refused_file_takes_nothing_of_the_others_with_it(place: Path, inbox: Path) -> None:
    put(inbox, order_2020__txt=order_text(ROWS_2020), order_2021__txt=order_text(ROWS_2021[:10]))

    report = load(place, inbox)

    assert statuses(report) == {"order_2020.txt": Status.LOADED, "order_2021.txt": Status.REFUSED}
    with Reference(place) as reference:
        assert [release.edition for release in reference.releases(CM)] == ["FY2020"]


def test_an_edition_that_nothing_states_can_be_named(place: Path, inbox: Path) -> None:
    put(inbox, order__txt=order_text(ROWS_2020))

    report = load(place, inbox, edition="2020 Apr")

    with Reference(place) as reference:
        assert [release.edition for release in reference.releases(CM)] == ["FY2020 Apr"]
    assert report.changed


def test_addenda_are_checked_against_both_editions(place: Path, inbox: Path) -> None:
    put(
        inbox,
        order_2020__txt=order_text(ROWS_2020),
        order_2021__txt=order_text(ROWS_2021),
        order_addenda_2021__txt=small_files.addenda_text(),
    )

    report = load(place, inbox)

    assert report.results[-1].remarks == ("checked: the edition before with these changes is FY2021",)


def test_addenda_that_do_not_fit_say_where(place: Path, inbox: Path) -> None:
    put(
        inbox,
        order_2020__txt=order_text(ROWS_2020),
        order_2021__txt=order_text(ROWS_2021),
        order_addenda_2021__txt=small_files.addenda_text().replace("gentle", "fierce").replace("2 del", "3 del"),
    )

    report = load(place, inbox)

    assert report.results[-1].remarks == (
        "deletions of codes: the file counts 3, but holds 2",
        "A000: FY2020 with the addenda is not FY2021",
    )


def test_a_codes_file_is_for_want_of_the_order_file(place: Path, inbox: Path) -> None:
    codes = "".join(f"{code:<7} {title}\n" for code, flag, _, title in ROWS_2020 if flag)
    put(inbox, icd10cm_codes_2020__txt=codes, icd10cm_tabular_2020__xml=small_files.TABULAR)
    load(place, inbox / "icd10cm_tabular_2020.xml")

    load(place, inbox)

    with Reference(place) as reference:
        page = catalog.page(reference, CM, "A00", IN_2020)
    assert page is not None
    assert [code.code for code in page.children] == ["A000", "A009"]
    put(inbox, icd10cm_order_2020__txt=order_text(ROWS_2020))
    load(place, inbox / "icd10cm_order_2020.txt")
    put(inbox, icd10cm_codes_2020__txt=codes + "Z999    Comfort\n")
    assert load(place, inbox / "icd10cm_codes_2020.txt").results[0].item.status is Status.REFUSED


def test_the_difference_of_two_releases_counts_billable_codes(two_years: Reference) -> None:
    old, new = (release_named(two_years, CM, name) for name in ("2020", "FY2021"))

    found = difference(two_years, old, new)

    assert [(one.code, one.was_header) for one in found.added] == [("A0090", False), ("A0091", False)]
    assert [(one.code, one.is_header) for one in found.ended] == [("A009", True), ("Z80", False)]
    assert [(one.code, one.old, one.new) for one in found.retitled] == [
        ("A000", "Made-up fever, mild", "Made-up fever, gentle")
    ]


def test_a_release_that_is_not_loaded_is_one_clear_error(two_years: Reference) -> None:
    with pytest.raises(UsageError, match="no ICD-10-CM release '2019'"):
        release_named(two_years, CM, "2019")


def test_the_history_of_a_code_tells_its_eras(two_years: Reference) -> None:
    eras = history(two_years, CM, "A009").eras

    assert [(era.first.edition, era.stage) for era in eras] == [
        ("FY2020", Stage.BILLABLE),
        ("FY2021", Stage.HEADER),
    ]


def test_a_code_that_ended_became_others_and_one_that_stays_had_them_split_off(two_years: Reference) -> None:
    with sqlite3.connect(two_years.path) as db:
        (release,) = db.execute("SELECT id FROM releases WHERE edition = 'FY2021'").fetchone()
        db.execute("INSERT INTO release_parts VALUES (?, ?, 99)", (release, FileKind.CM_CONVERSION.value))
        pairs = [("A0090", "A009"), ("A0091", "A009"), ("A0091", "A000")]
        rows = [(99, code, number, "2020-10-01", before) for number, (code, before) in enumerate(pairs)]
        db.executemany("INSERT INTO conversions VALUES (?, ?, ?, ?, ?)", rows)

    with Reference(two_years.path) as reference:
        ended, stays = history(reference, CM, "A009"), history(reference, CM, "A000")

    assert (ended.became, ended.split_off) == (("A0090", "A0091"), ())
    assert (stays.became, stays.split_off) == ((), ("A0091",))


def test_two_releases_differ_where_a_code_came_ended_or_has_another_title(place: Path, inbox: Path) -> None:
    put(
        inbox,
        icd10cm_order_2020__txt=order_text(ROWS_2020),
        icd10cm_order_2021__txt=order_text(ROWS_2020),
        icd10cm_order_2022__txt=order_text(ROWS_2021),
    )
    load(place, inbox)

    with Reference(place) as reference:
        first, same, other = (release_named(reference, CM, name) for name in ("2020", "2021", "2022"))

        assert not differs(reference, first, same)
        assert differs(reference, same, other)


@pytest.mark.usefixtures("a_small_shipment")
def test_a_rebuild_keeps_what_was_imported(two_years: Reference) -> None:
    place = two_years.path
    with sqlite3.connect(place) as db:
        db.execute("DELETE FROM meta WHERE name = 'nothing'")
    before = [(load.kind, load.edition, load.rows) for load in all_loads(two_years.db)]

    with build.only_builder(place.parent):
        build.build(place, quiet)

    two_years.refresh()
    after = [(load.kind, load.edition, load.rows) for load in all_loads(two_years.db)]
    assert [one for one in after if one[1] in ("FY2020", "FY2021")] == before
    assert "FY2026 Apr" in [release.edition for release in two_years.releases(CM)]
    assert [hit.code for hit in open_engine(two_years).search("summer shivers", on=IN_2020, limit=1)] == ["A000"]


def test_a_failure_while_the_database_is_put_in_place_leaves_the_old_one(
    place: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.read_bytes()
    put(inbox, order_2020__txt=order_text(ROWS_2020))

    def full(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)

    with pytest.raises(ReferenceUnavailable, match="No space left"):
        load(place, inbox)

    assert place.read_bytes() == before
    assert sorted(path.name for path in place.parent.iterdir()) == ["reference.search", "reference.sqlite"]


def test_what_lies_beside_the_official_files_is_left_aside_and_no_fault(place: Path, inbox: Path) -> None:
    put(
        inbox,
        order_2020__txt=order_text(ROWS_2020),
        tabular__xsd='<?xml version="1.0"?>\n<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>',
        README__md="# What is in this folder\n\nSome words.\n",
        guidelines__pdf=b"%PDF-1.7\n\x00\x01",
    )

    report = load(place, inbox)

    left = {name for name, status in statuses(report).items() if status is Status.LEFT_ASIDE}
    assert left == {"tabular.xsd", "README.md", "guidelines.pdf"}


def test_a_table_that_is_named_like_a_description_is_no_company(place: Path, inbox: Path) -> None:
    put(inbox, layout__txt="a\tb\tc\td\n" * 5)

    report = load(place, inbox)

    assert statuses(report) == {"layout.txt": Status.UNKNOWN}


def test_words_in_the_place_of_a_code_belong_to_the_term(place: Path, inbox: Path) -> None:
    put(inbox, icd10cm_drug_2020__xml=small_files.DRUGS.replace("<cell", "<manif>side and back</manif><cell", 1))

    report = load(place, inbox)

    (result,) = report.results
    assert (result.counts.skipped, result.rejected) == (0, ())
    with Reference(place) as reference:
        titles = [title for (title,) in reference.db.execute("SELECT title FROM index_terms ORDER BY id")]
    assert any(title.endswith("(side and back)") for title in titles)


def test_notes_of_another_year_are_said_to_be_so(two_years: Reference) -> None:
    here, later = (catalog.page(two_years, CM, "A00.0", on) for on in (IN_2020, IN_2021))

    assert here is not None and later is not None
    assert here.notes_warning == ""
    assert later.notes_warning == ("Notes and 7th characters are of FY2020; no tabular list of FY2021 is loaded.")


@pytest.mark.parametrize(
    ("code", "on", "said"),
    [
        ("Z80", IN_2021, "Z80 is not a code of ICD-10-CM FY2021; it was one until 2020-09-30 (FY2020)."),
        ("A00.90", IN_2020, "A00.90 is not a code of ICD-10-CM FY2020; it is one from 2020-10-01 (FY2021)."),
        ("A00.99", IN_2020, "A00.99 is not a code of ICD-10-CM FY2020."),
    ],
)
def test_a_code_of_another_year_is_told_from_one_that_never_was(
    two_years: Reference, code: str, on: dt.date, said: str
) -> None:
    assert catalog.validity(two_years, CM, code, on).reason == said
