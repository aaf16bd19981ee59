"""A record number stays with its person, and who codes their charts is told of another name or birth date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis
from store.coding.opening import open_next
from store.database import Database
from store.intake import take_in
from store.models import Encounter, EncounterChange, Patient, WorkItem
from store.people import add_person
from store.queries import SessionReader
from store.queries.late import changes_in
from store.terms import Role
from tests.store.hl7_samples import message, note, pid, pv1, write
from tests.store.intake_samples import encounter_resource, only, patient_resource, write_lines
from tests.store.test_intake_x12 import CLAIM, interchange

pytestmark = pytest.mark.both_databases

ADMIT = message("ADT^A04", pid(), pv1(kind="O"))


def of_hl7(folder: Path, another: bool) -> Path:
    renamed = message("ADT^A08", pid(name="Jones^John", f8="M"), pv1(kind="O"))
    return write(folder / "file", renamed if another else ADMIT)


def of_fhir(folder: Path, another: bool) -> Path:
    renamed = {"name": [{"family": "Jones", "given": ["John"]}], "gender": "male"} if another else {}
    return write_lines(folder / "file", patient_resource() | renamed, encounter_resource())


def of_x12(folder: Path, another: bool) -> Path:
    claim = interchange(CLAIM)
    if another:
        claim = claim.replace(b"SAMPLE*ANN", b"JONES*JOHN").replace(b"19610302*F", b"19610302*M")
    return write(folder / "file", claim.replace(b"C100", b"C101") if another else claim)


@pytest.mark.parametrize("of_format", [of_hl7, of_fhir, of_x12])
def test_another_name_and_sex_make_another_person_though_the_birth_date_agrees(
    db: Database, tmp_path: Path, of_format: Callable[[Path, bool], Path]
) -> None:
    take_in(db, SYSTEM, [of_format(tmp_path, False)])

    report = take_in(db, SYSTEM, [of_format(tmp_path, True)])

    [refusal] = report.files[0].quarantined
    assert "this makes another person of it" in refusal.reason
    assert only(db, Patient).family_name.lower() == "sample"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Jones^John"},
        {"name": "Sample^John", "f8": "M"},
        {"name": "Jones^Ann", "f8": "M"},
        {"name": "Jones^John", "f8": "U"},
    ],
)
def test_what_agrees_with_the_birth_date_keeps_the_person(db: Database, tmp_path: Path, fields: dict[str, str]) -> None:
    take_in(db, SYSTEM, [write(tmp_path / "file", ADMIT)])

    report = take_in(db, SYSTEM, [write(tmp_path / "file", message("ADT^A08", pid(**fields), pv1(kind="O")))])

    assert report.quarantined == 0


@pytest.fixture
def begun(db: Database, tmp_path: Path) -> None:
    """Two clinic visits of one patient with a note each; the coding of both was begun."""
    first = message("MDM^T02", pid(account="A1"), pv1("V1", kind="O"), *note("D1"))
    second = message("MDM^T02", pid(account="A2"), pv1("V2", kind="O"), *note("D2"))
    take_in(db, SYSTEM, [write(tmp_path / "file", first, second)])
    for login in ("one", "two"):
        coder = Actor(login, Role.CODER, add_person(db, SYSTEM, login, login, Role.CODER))
        opened = open_next(db, coder, "Clinic")
        assert opened is not None
        enter(db, coder, opened.coding_id, AddDiagnosis("R05.9"), Defaults("2026-03-02"), "typed")


@pytest.mark.parametrize(("event", "visit"), [("ADT^A31", ()), ("ADT^A08", (pv1("V1", kind="O"),))])
@pytest.mark.parametrize(
    ("fields", "told", "line", "name"),
    [
        (
            {"name": "Married^Ann^B"},
            "family name of the patient changed",
            "patient family name: Married (was Sample)",
            "Married, Ann",
        ),
        (
            {"f7": "19610303"},
            "birth date of the patient changed",
            "patient birth date: 1961-03-03 (was 1961-03-02)",
            "Sample, Ann",
        ),
    ],
)
def test_a_new_name_or_birth_date_shows_on_every_open_chart_of_the_patient(
    db: Database,
    tmp_path: Path,
    begun: None,
    event: str,
    visit: tuple[str, ...],
    fields: dict[str, str],
    told: str,
    line: str,
    name: str,
) -> None:
    renamed = message(event, pid(account="A1", **fields), *visit)

    take_in(db, SYSTEM, [write(tmp_path / "file", renamed)])

    with db.reading() as session:
        came_back = [item.came_back for item in session.exec(select(WorkItem))]
        visits = session.exec(select(Encounter.id)).all()
        changes = [one for visit_id in visits for one in changes_in(SessionReader(session), visit_id)]
        names = [item.patient_name for item in session.exec(select(WorkItem))]
    assert came_back == [told, told]
    assert names == [name, name]
    assert [one.late for one in changes] == [told, told]
    assert all(line in one.lines for one in changes)


def test_another_address_is_no_change_of_other_charts(db: Database, tmp_path: Path, begun: None) -> None:
    moved = message("ADT^A31", pid(account="A1", f11="2 Lane^^Town^KS^66002"))

    take_in(db, SYSTEM, [write(tmp_path / "file", moved)])

    with db.reading() as session:
        assert session.exec(select(EncounterChange)).all() == []
