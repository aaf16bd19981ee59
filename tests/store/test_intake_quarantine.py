"""Quarantine: a record that could not be taken in can be looked at and tried again; a watched folder does the rest."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlmodel import select

from store.access import admit, restrict
from store.actors import SYSTEM
from store.database import Database
from store.intake import take_in
from store.intake.inbox import CannotWatch, watch
from store.intake.quarantine import NoSuchRecord, content_of, find_record, quarantined, retry, set_aside
from store.intake.unreadable import lies_at
from store.models import Document, Encounter, Patient, Quarantine
from store.os_account import os_login
from store.people import add_person
from store.terms import Role
from tests.store.hl7_samples import message, note, pid, pv1, write
from tests.store.intake_samples import (
    actions,
    count,
    encounter_resource,
    native,
    only,
    patient_resource,
    write_lines,
)
from tui.cli import main

pytestmark = pytest.mark.both_databases

WARD = message("ADT^A01", pid(), pv1(kind="WARD"))


def test_a_message_can_be_tried_again_after_the_map_is_mended(db: Database, tmp_path: Path, home: Path) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", WARD)])
    [record] = quarantined(db)
    (home / "hl7v2.toml").write_text(
        '[[interface]]\n[interface.class]\nWARD = { setting = "inpatient", patient_class = "I" }\n'
    )

    report = retry(db, SYSTEM)

    assert record.reason == "the visit is not here, and the class of the visit is not given"
    assert (report.quarantined, report.total("encounters_new")) == (0, 1)
    assert (quarantined(db), find_record(db, record.id).settled) == ([], "taken in")
    assert actions(db)[-1] == "quarantine.retry"


def test_a_message_about_a_restricted_patient_is_shown_to_who_was_admitted_alone(
    db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", WARD)])
    take_in(db, SYSTEM, [write(tmp_path / "b.hl7", message("ADT^A01", pid(), pv1()))])
    [record] = quarantined(db)
    with db.reading() as session:
        person = session.exec(select(Patient)).one()
    add_person(db, SYSTEM, os_login(), "Somebody", Role.RECORDS)
    restrict(db, SYSTEM, person.mrn, "works in this clinic")

    closed = main(["intake", "quarantine", "show", record.id[-8:]]), capsys.readouterr().out
    admit(db, SYSTEM, person.mrn, os_login(), True)
    opened = main(["intake", "quarantine", "show", record.id[-8:]]), capsys.readouterr().out

    assert (closed[0], opened[0]) == (0, 0)
    assert "only people who were admitted may read it" in closed[1] and person.family_name not in closed[1]
    assert person.family_name in opened[1]


def test_what_is_refused_again_stays_once_and_says_when_it_was_tried(db: Database, tmp_path: Path) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", WARD)])

    report = retry(db, SYSTEM)

    [record] = quarantined(db)
    assert report.quarantined == 1
    assert record.tried_at
    assert count(db, Quarantine) == 1


def test_a_native_line_is_kept_as_it_came_and_tried_again(db: Database, tmp_path: Path) -> None:
    line = json.dumps(native(setting="ward"))
    take_in(db, SYSTEM, [write_lines(tmp_path / "a", line)])
    [record] = quarantined(db)

    report = retry(db, SYSTEM, [record.id[-8:]])

    assert (content_of(record) or b"").decode().strip() == line
    assert report.quarantined == 1


def test_a_message_that_waited_for_its_visit_is_stored_when_that_has_come(db: Database, tmp_path: Path) -> None:
    cancel = message("ADT^A11", pid(), pv1())
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", cancel)])
    take_in(db, SYSTEM, [write(tmp_path / "b.hl7", message("ADT^A01", pid(), pv1()))])

    assert retry(db, SYSTEM).quarantined == 0


def unnumbered(mrn: str = "M1") -> bytes:
    """A document that names neither its visit nor its account."""
    return message("MDM^T02", pid(mrn, f18=""), pv1(f19=""), *note())


def wrong_patient() -> list[dict]:
    """The document of p1 under a visit of p2, as FHIR resources."""
    theirs = {"resourceType": "DocumentReference", "id": "d1", "status": "current", "description": "Progress note"}
    theirs |= {"subject": {"reference": "Patient/p1"}, "context": {"encounter": [{"reference": "Encounter/e2"}]}}
    theirs["content"] = [{"attachment": {"contentType": "text/plain", "data": "Q291Z2gu"}}]
    visit = encounter_resource("e2", subject={"reference": "Patient/p2"})
    return [patient_resource("p1"), patient_resource("p2"), encounter_resource("e1"), visit, theirs]


@pytest.mark.parametrize("kind", ["hl7", "fhir"])
def test_what_any_format_adds_to_a_chart_goes_into_the_visit_that_a_person_chooses(
    db: Database, tmp_path: Path, kind: str
) -> None:
    number = "V1"
    if kind == "fhir":
        take_in(db, SYSTEM, [write_lines(tmp_path / "a", *wrong_patient())])
        number = "VISIT-e1"
    else:
        take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1()))])
        take_in(db, SYSTEM, [write(tmp_path / "b.hl7", unnumbered())])
    [record] = quarantined(db)

    report = retry(db, SYSTEM, [record.id], visit=number)

    assert (report.quarantined, quarantined(db)) == (0, [])
    visit = only(db, Encounter, visit_number=number)
    document = only(db, Document)
    assert (document.encounter_id, document.text) == (visit.id, "Cough.")


@pytest.mark.parametrize("kind", ["hl7", "fhir"])
def test_what_is_about_another_person_does_not_go_into_the_visit_that_was_chosen(
    db: Database, tmp_path: Path, kind: str
) -> None:
    if kind == "fhir":
        take_in(db, SYSTEM, [write_lines(tmp_path / "a", *wrong_patient())])
        number, told = "VISIT-e2", "it is about another person than visit VISIT-e2: record number MRN-p1, not MRN-p2"
    else:
        take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1()))])
        take_in(db, SYSTEM, [write(tmp_path / "b.hl7", unnumbered("M2"))])
        number, told = "V1", "it is about another person than visit V1: record number M2, not M1"
    [record] = quarantined(db)

    retry(db, SYSTEM, [record.id], visit=number)

    assert [row.reason for row in quarantined(db)] == [told]
    assert count(db, Document) == 0


def test_a_message_with_nothing_for_a_chart_says_that_no_visit_can_be_chosen_for_it(
    db: Database, tmp_path: Path
) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1("V1")))])
    take_in(db, SYSTEM, [write(tmp_path / "b.hl7", message("ADT^A01", pid(), pv1("V2", kind="WARD")))])
    [record] = quarantined(db)

    retry(db, SYSTEM, [record.id], visit="V1")

    assert quarantined(db)[0].reason == "it has no document, charge or code that a chosen visit could take"


def test_a_record_that_nobody_wants_is_set_aside(db: Database, tmp_path: Path) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", WARD)])

    set_aside(db, SYSTEM, quarantined(db)[0].id)

    assert quarantined(db) == []
    assert len(quarantined(db, every=True)) == 1


def test_a_number_that_no_record_has_is_refused(db: Database) -> None:
    with pytest.raises(NoSuchRecord, match="no record is numbered ABCDEFGH"):
        find_record(db, "ABCDEFGH")


def test_a_watched_folder_takes_finished_files_and_sorts_them(db: Database, tmp_path: Path) -> None:
    write(tmp_path / "good.hl7", message("ADT^A01", pid(), pv1()))
    write(tmp_path / "bad.hl7", WARD.replace(b"M1", b"M2").replace(b"V1", b"V9").replace(b"A1^", b"A9^"))
    write(tmp_path / "going.hl7.part", message("ADT^A01", pid("M3", "A3"), pv1("V3")))

    watch(db, SYSTEM, tmp_path, seconds=0.3, look=0.05)

    assert [path.name for path in (tmp_path / "done").iterdir()] == ["good.hl7"]
    assert [path.name for path in (tmp_path / "quarantine").iterdir()] == ["bad.hl7"]
    assert (tmp_path / "going.hl7.part").exists()
    assert count(db, Encounter) == 1


def test_a_file_of_the_same_name_is_never_written_over(db: Database, tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path / "a.hl7", message("ADT^A08", pid(), pv1()))
        watch(db, SYSTEM, tmp_path, seconds=0.2, look=0.05)

    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["a.2.hl7", "a.hl7"]


def test_a_file_that_cannot_be_read_is_listed_with_name_reason_and_hash_and_once(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "in" / "scan.hl7"
    path.parent.mkdir()
    path.write_bytes(b"%PDF-1.7 not a message")

    for _ in range(2):
        take_in(db, SYSTEM, [path.parent])

    [record] = quarantined(db)
    assert (record.file_name, record.place, record.kind) == ("in/scan.hl7", "whole file", "file")
    assert record.reason.startswith("it is a PDF document; expected HL7 v2")
    assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert lies_at(record) == path
    assert retry(db, SYSTEM).quarantined == 1 and quarantined(db)[0].tried_at


def test_a_file_that_was_mended_where_it_lies_is_taken_in_when_tried_again(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    path.write_bytes(b"PK\x03\x04 damaged")
    take_in(db, SYSTEM, [path])
    before = quarantined(db)[0].reason
    path.unlink()
    write(tmp_path / "day.zip", message("ADT^A01", pid(), pv1()))

    report = retry(db, SYSTEM)

    assert before == "the zip archive is damaged or truncated"
    assert (report.quarantined, report.total("encounters_new"), quarantined(db)) == (0, 1, [])


def test_a_file_that_breaks_off_says_after_how_many_records(db: Database, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.hl7", b"\r".join(message("ADT^A01", pid(f"M{n}", f"A{n}"), pv1(f"V{n}")) for n in range(40)))
    data = bytearray(archive.getvalue())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "day.zip").write_bytes(data)

    take_in(db, SYSTEM, [tmp_path / "day.zip"])

    assert [row.reason for row in quarantined(db) if row.kind == "file"] == ["the archive is damaged or truncated here"]


def test_a_dry_run_and_a_name_that_is_nowhere_list_nothing(db: Database, tmp_path: Path) -> None:
    (tmp_path / "scan.hl7").write_bytes(b"%PDF-1.7")

    take_in(db, SYSTEM, [tmp_path / "scan.hl7"], dry=True)
    take_in(db, SYSTEM, [tmp_path / "nowhere.hl7"])

    assert quarantined(db) == []


def test_a_file_that_the_watched_folder_moved_is_tried_again_where_it_lies_now(db: Database, tmp_path: Path) -> None:
    (tmp_path / "scan.hl7").write_bytes(b"%PDF-1.7")
    watch(db, SYSTEM, tmp_path, seconds=0.2, look=0.05)
    write(tmp_path / "quarantine" / "scan.hl7", message("ADT^A01", pid(), pv1()))

    assert retry(db, SYSTEM).total("encounters_new") == 1
    assert quarantined(db) == []


@pytest.mark.sqlite_only
def test_a_folder_that_is_not_there_is_named(db: Database, tmp_path: Path) -> None:
    with pytest.raises(CannotWatch, match="there is no such folder"):
        watch(db, SYSTEM, tmp_path / "missing", seconds=0)
