"""C-CDA in: narrative as text, entries as hints, and a document that finds its visit or waits for a person."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from store.actors import SYSTEM
from store.database import Database
from store.intake import take_in
from store.intake.ccda.narrative import COLUMNS, text_of
from store.intake.quarantine import quarantined, retry
from store.models import Document, Encounter, Patient, RawMessage, SourceCode
from store.terms import DocumentStatus
from tests.codesets.shared_data import shared_file
from tests.store.hl7_samples import message, pid, pv1, write
from tests.store.intake_samples import count, only

VISIT = """<componentOf><encompassingEncounter><id root="1.2.3" extension="V7"/>
<code code="IMP" codeSystem="2.16.840.1.113883.5.4"/>
<effectiveTime><low value="20260302"/><high value="20260305"/></effectiveTime>
<dischargeDispositionCode code="1"/>
<encounterParticipant typeCode="ATND"><assignedEntity><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
<assignedPerson><name><given>Iris</given><family>Grey</family></name></assignedPerson></assignedEntity>
</encounterParticipant></encompassingEncounter></componentOf>"""

SIGNED = """<legalAuthenticator><time value="20260306"/><signatureCode code="S"/><assignedEntity><id root="1"/>
<assignedPerson><name><given>Iris</given><family>Grey</family></name></assignedPerson></assignedEntity>
</legalAuthenticator>"""


COUGH = "<paragraph>Cough.</paragraph>"


def cda(
    text: str = COUGH,
    visit: str = VISIT,
    signed: str = SIGNED,
    entry: str = "",
    mrn: str = "M1",
    name: tuple[str, str] = ("Ann", "Sample"),
    born: str = "1961",
    authority: str = "NORTH",
) -> bytes:
    return f"""<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.9" extension="D7"/><code code="18842-5" displayName="Discharge summary"/><title>Summary</title>
<effectiveTime value="20260304"/>
<recordTarget><patientRole><id root="2.16.840.1.113883.4.1" extension="999-11-2222"/>
<id root="1.2.4" extension="{mrn}" assigningAuthorityName="{authority}"/>
<patient><name><given>{name[0]}</given><family>{name[1]}</family></name><administrativeGenderCode code="F"/>
<birthTime value="{born}"/></patient></patientRole></recordTarget>
{signed}{visit}
<component><structuredBody><component><section><code code="11450-4"/><title>Problems</title><text>{text}</text>
{entry}</section></component></structuredBody></component></ClinicalDocument>""".encode()


def take(db: Database, tmp_path: Path, document: bytes):
    (tmp_path / "a.xml").write_bytes(document)
    return take_in(db, SYSTEM, [tmp_path / "a.xml"])


def narrative(inner: str) -> str:
    return text_of(fromstring(f"<text>{inner}</text>"))


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<paragraph>One.</paragraph><paragraph>Two.</paragraph>", "One.\n\nTwo."),
        ("a<br/>b <content styleCode='Bold'>c</content>  d", "a\nb c d"),
        ("<list><item>x</item><item>y<list><item>z</item></list></item></list>", "- x\n- y\n  - z"),
        ("<list listType='ordered'><caption>Do</caption><item>x</item><item>y</item></list>", "Do\n1. x\n2. y"),
        (
            "<table><thead><tr><th>Name</th><th>Since</th></tr></thead>"
            "<tbody><tr><td>Asthma</td><td>2019</td></tr></tbody></table>",
            "Name    Since\n------  -----\nAsthma  2019",
        ),
    ],
)
def test_narrative_becomes_text(inner: str, text: str) -> None:
    assert narrative(inner) == text


def test_a_table_that_cannot_fit_becomes_named_values() -> None:
    head = "".join(f"<th>Column{number}</th>" for number in range(9))
    row = "".join(f"<td>value{number} of some length</td>" for number in range(9))

    lines = narrative(f"<table><tr>{head}</tr><tr>{row}</tr></table>").splitlines()

    assert lines[:2] == ["- Column0: value0 of some length", "  Column1: value1 of some length"]


@given(st.lists(st.lists(st.text("abc de", max_size=60), min_size=1, max_size=12), min_size=1, max_size=6))
def test_no_table_is_wider_than_the_page_and_no_word_is_lost(rows: list[list[str]]) -> None:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)

    text = narrative(f"<table>{body}</table>")

    assert max((len(line) for line in text.splitlines()), default=0) <= COLUMNS
    letters = "".join(cell for row in rows for cell in row).replace(" ", "")
    assert sorted("".join(text.replace("- ", "").split())) == sorted(letters)


@pytest.mark.both_databases
def test_a_document_brings_its_visit_its_text_and_its_hints(db: Database, tmp_path: Path) -> None:
    entry = """<entry><observation><value xsi:type="CD" code="195967001" codeSystem="2.16.840.1.113883.6.96"
        displayName="Asthma"><translation code="J45.909" codeSystem="2.16.840.1.113883.6.90"/></value>
        </observation></entry>"""

    report = take(db, tmp_path, cda(entry=entry))

    visit, document = only(db, Encounter), only(db, Document)
    assert report.exit_code == 0
    assert (visit.source, visit.visit_number, visit.setting.value) == ("1.2.3", "V7", "inpatient")
    assert (visit.service_date, visit.discharge_disposition) == ("2026-03-05", "01")
    assert (document.type_code, document.text) == ("18842-5", "PROBLEMS\nCough.")
    assert (document.status, document.authenticated_by) == (DocumentStatus.LEGALLY_AUTHENTICATED, "Iris Grey")
    assert only(db, SourceCode, code="J45.909").system == "ICD-10-CM"
    assert only(db, Patient).source == "NORTH"


@pytest.mark.both_databases
def test_the_same_document_twice_changes_nothing_and_a_changed_one_is_a_new_version(
    db: Database, tmp_path: Path
) -> None:
    take(db, tmp_path, cda())

    again = take(db, tmp_path, cda())
    changed = take(db, tmp_path, cda("<paragraph>Cough for a week.</paragraph>"))

    assert (again.total("encounters_unchanged"), changed.total("document_versions")) == (1, 1)


def test_a_social_security_number_is_not_kept(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, cda())

    assert b"999-11-2222" not in zlib.decompress(only(db, RawMessage).content)


def test_a_document_without_a_visit_goes_to_the_one_of_its_patient_on_its_day(db: Database, tmp_path: Path) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1()))])

    report = take(db, tmp_path, cda(visit=""))

    assert report.exit_code == 0
    assert only(db, Document).encounter_id == only(db, Encounter).id


def test_a_document_that_fits_no_visit_waits_for_a_person_to_choose(db: Database, tmp_path: Path) -> None:
    late = message("ADT^A01", pid(), pv1(started="202604010900"))
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", late)])
    take(db, tmp_path, cda(visit=""))
    [record] = quarantined(db)

    report = retry(db, SYSTEM, [record.id], visit="V1")

    assert record.reason == (
        "it names no visit, and no visit of its patient on 2026-03-04 is here; choose one with --visit"
    )
    assert report.quarantined == 0
    assert (count(db, Document), count(db, Encounter)) == (1, 1)


@pytest.mark.parametrize(
    ("differing", "told"),
    [
        ({"mrn": "M2"}, "record number M2, not M1"),
        ({"name": ("Ann", "Other")}, "name Other, Ann, not Sample, Ann"),
        ({"born": "19800101"}, "birth date 1980-01-01, not 1961-03-02"),
        (
            {"mrn": "M2", "name": ("Bob", "Other"), "born": "1980"},
            "record number M2, not M1; name Other, Bob, not Sample, Ann; birth date 1980, not 1961-03-02",
        ),
        ({"authority": "EAST", "born": ""}, "birth date not given, not 1961-03-02"),
    ],
)
def test_a_document_of_another_person_is_not_put_into_the_visit_that_was_chosen(
    db: Database, tmp_path: Path, differing: dict, told: str
) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1(started="202604010900")))])
    take(db, tmp_path, cda(visit="", **differing))
    [record] = quarantined(db)

    report = retry(db, SYSTEM, [record.id], visit="V1")

    assert report.quarantined == 1
    assert quarantined(db)[0].reason == f"it is about another person than visit V1: {told}"
    assert count(db, Document) == 0


def test_a_document_that_numbers_its_patient_by_another_source_is_known_by_name_and_birth_date(
    db: Database, tmp_path: Path
) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1(started="202604010900")))])
    take(db, tmp_path, cda(visit="", authority="EAST", mrn="77", name=("ANN B.", "Sample"), born="19610302"))

    report = retry(db, SYSTEM, visit="V1")

    assert (report.quarantined, count(db, Document), count(db, Patient)) == (0, 1, 1)


@pytest.mark.parametrize("visit", ["", VISIT], ids=["by-day", "by-visit-number"])
def test_a_document_that_finds_its_visit_by_itself_is_refused_for_another_name_too(
    db: Database, tmp_path: Path, visit: str
) -> None:
    take(db, tmp_path, cda())
    changed = cda(visit=visit, name=("Bob", "Other")).replace(b'extension="D7"', b'extension="D8"')

    report = take(db, tmp_path, changed)

    assert report.quarantined == 1
    assert (count(db, Document), only(db, Patient).family_name) == (1, "Sample")


def test_an_unsigned_document_is_not_taken_for_an_authenticated_one(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, cda(signed=""))

    assert not only(db, Document).status.authenticated


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (cda()[:-40], "it is not well-formed XML (line"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + cda().partition(b"?>")[2], "it declares entities"),
        (cda().replace(b'extension="M1"', b"").replace(b'root="1.2.4"', b""), "recordTarget/patientRole/id: expected"),
    ],
)
def test_a_damaged_or_hostile_document_is_quarantined_by_name(
    db: Database, tmp_path: Path, data: bytes, reason: str
) -> None:
    report = take(db, tmp_path, data)

    assert report.files[0].quarantined[0].reason.startswith(reason)
    assert count(db, Encounter) == 0


def test_every_sample_document_is_stored_or_named(db: Database) -> None:
    report = take_in(db, SYSTEM, [shared_file("data", "ccda", "SampleData")])

    stored = report.total("encounters_new") + report.total("encounters_changed")
    assert stored + report.quarantined == 22
    assert not any(file.unreadable for file in report.files)
