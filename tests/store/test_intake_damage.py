"""Every format, damaged at random: no crash, nothing half-stored, and whatever was left out stands in quarantine.

`--faults` tries many more seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, text
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.intake import take_in
from store.log.check import check_log
from store.models import Account, Document, Encounter, Patient, Quarantine
from tests.codesets.shared_data import SHARED
from tests.store.damage import damaged
from tests.store.hl7_samples import charge, message, note, pid, pv1, segment
from tests.store.intake_samples import encounter_resource, native, open_site, patient_resource, write_lines
from tests.store.test_intake_ccda import cda
from tests.store.test_intake_x12 import CLAIM, INPATIENT, interchange

SEEDS, MANY_SEEDS = 3, 60
FILES = 12

HL7 = b"".join(
    (
        message("ADT^A01", pid(), pv1(), segment("IN1", f1="1", f3="P1", f4="Payer")),
        message("MDM^T02", pid(), pv1(), *note()),
        message("DFT^P03", pid(), pv1(), charge("C1"), charge("C2")),
        message("ADT^A40", pid("M2"), segment("MRG", f1="M1^^^NORTH^MR")),
        message("ADT^A08", pid("M2", "A9"), pv1()),
        message("ADT^A03", pid("M2", "A9"), pv1(ended="20260305")),
    )
)
OWN = {
    "hl7v2": [HL7, HL7.replace(b"\r", b"\r\n")],
    "ccda": [cda(), cda("<table><tr><td>a</td></tr></table>", visit="")],
    "x12": [interchange(CLAIM), interchange(INPATIENT, "005010X223A2")],
    "fhir": [],
    "csv": [],
}
SAMPLES = {
    "hl7v2": ("hl7v2/SampleData", "*.hl7", 0),
    "ccda": ("ccda/SampleData", "*.ccda", 0),
    "x12": ("x12", "*837*/*", 0),
    "fhir": ("fhir/ndjson", "*.ndjson", 25),
    "csv": ("synthea/csv/synthea", "[cep][oan][nct]*.csv", 25),
}


def originals(kind: str, folder: Path) -> Iterator[bytes]:
    """Files of a format: those written for the tests, and samples as far as they lie beside the repository."""
    yield from OWN[kind]
    if kind == "fhir":
        yield write_lines(folder / "own", patient_resource(), encounter_resource()).read_bytes()
        yield write_lines(folder / "own", native(), native(visit_number="V2")).read_bytes()
    place, pattern, lines = SAMPLES[kind]
    for path in sorted((SHARED / "data" / place).rglob(pattern)):
        data = path.read_bytes()
        yield b"\n".join(data.split(b"\n")[:lines]) if lines else data[:60_000]


def half_stored(db: Database) -> dict[str, int]:
    """What stands in the record without what it belongs to."""
    without_account = select(func.count()).select_from(Encounter).where(Encounter.account_id.not_in(select(Account.id)))
    without_patient = select(func.count()).select_from(Encounter).where(Encounter.patient_id.not_in(select(Patient.id)))
    current = select(Document.encounter_id).where(Document.current.is_(True))
    doubly_current = current.group_by(Document.encounter_id, Document.document_number).having(func.count() > 1)
    with db.reading() as session:
        found = {
            "visits without account": session.exec(without_account).one(),
            "visits without patient": session.exec(without_patient).one(),
            "documents current twice": len(session.exec(doubly_current).all()),
        }
        if not db.on_postgres:
            found["dangling keys"] = len(session.execute(text("PRAGMA foreign_key_check")).all())
    return {name: number for name, number in found.items() if number}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", list(OWN))
def test_damaged_files_leave_a_whole_record(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seeds = MANY_SEEDS if request.config.getoption("--faults") else SEEDS
    files = list(originals(kind, tmp_path))
    if not files:
        pytest.skip(f"no {kind} samples beside the repository")
    for seed in range(seeds):
        inbox = tmp_path / f"in{seed}"
        inbox.mkdir()
        for number in range(FILES):
            chosen = files[(seed * FILES + number) % len(files)]
            (inbox / f"{number:02}").write_bytes(damaged(chosen, seed * 1_000 + number))
        place = tmp_path / f"site{seed}"
        place.mkdir()
        db = open_site(place)

        report = take_in(db, SYSTEM, [inbox])

        with db.reading() as session:
            rows = session.exec(select(Quarantine.kind)).all()
        assert half_stored(db) == {}, f"seed {seed}"
        reasons = [refusal.reason for file in report.files for refusal in file.quarantined]
        assert not any("cannot be stored" in reason for reason in reasons), f"seed {seed}"
        unread = [file for file in report.files if file.unreadable]
        assert not unread or "file" in rows
        assert any(kind != "file" for kind in rows) == (report.quarantined > 0)
        with db.engine.connect() as connection:
            assert check_log(connection, db.log_keys.keys()).first_bad is None
        db.close()


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["hl7v2", "ccda", "x12"])
def test_what_came_damaged_settles_and_then_changes_nothing_more(db: Database, kind: str, tmp_path: Path) -> None:
    for number, data in enumerate(OWN[kind] * 4):
        (tmp_path / f"{number:02}").write_bytes(damaged(data, number))
    take_in(db, SYSTEM, [tmp_path])
    take_in(db, SYSTEM, [tmp_path])

    again = take_in(db, SYSTEM, [tmp_path])

    assert (again.total("encounters_new"), again.total("encounters_changed"), half_stored(db)) == (0, 0, {})
