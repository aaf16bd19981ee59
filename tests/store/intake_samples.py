"""Small made-up charts for the intake tests: a native encounter and FHIR resources, as plain values to change."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from store.actors import SYSTEM
from store.database import Database, open_database
from store.models import LogEntry
from store.models.log import Quarantine

SHARED_FHIR = Path(__file__).parents[2].parent / "shared" / "data" / "fhir"
needs_shared_fhir = pytest.mark.skipif(not SHARED_FHIR.is_dir(), reason=f"no sample folder {SHARED_FHIR.parts[-3:]}")

NATIVE = {
    "source": "clinic",
    "visit_number": "V1",
    "setting": "clinic",
    "started_at": "2026-03-02T09:00:00-06:00",
    "patient": {"source": "clinic", "mrn": "M1", "family_name": "Sample", "given_name": "Ann", "birth_date": "1961"},
    "account": {"source": "clinic", "account_number": "A1"},
    "coverages": [{"sequence": 1, "payer": {"source": "clinic", "local_id": "P1", "name": "Plan One"}}],
    "documents": [{"document_number": "D1", "type_name": "Visit note", "text": "Cough for three days."}],
    "charges": [{"charge_number": "C1", "service_date": "2026-03-02", "procedure_code": "G0463", "amount_cents": 9500}],
    "source_codes": [{"system": "local", "code": "X1", "display": "Cough"}],
}


def native(**changes: object) -> dict:
    """The made-up encounter with some of its fields changed."""
    return copy.deepcopy(NATIVE) | changes


def write_lines(path: Path, *records: object) -> Path:
    """Write values as one line of JSON each; text is written as it is."""
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def patient_resource(number: str = "p1") -> dict:
    return {
        "resourceType": "Patient",
        "id": number,
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-11-2222"},
            {"type": {"coding": [{"code": "MR"}]}, "system": "urn:site", "value": f"MRN-{number}"},
        ],
        "name": [{"use": "official", "family": "Sample", "given": ["Ann", "Bea"]}],
        "gender": "female",
        "birthDate": "1961-03",
    }


def encounter_resource(number: str = "e1", **changes: object) -> dict:
    return {
        "resourceType": "Encounter",
        "id": number,
        "identifier": [{"system": "urn:site", "value": f"VISIT-{number}"}],
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-03-02T09:00:00-06:00", "end": "2026-03-02T09:20:00-06:00"},
    } | changes


def open_site(folder: Path) -> Database:
    """A new database in a folder."""
    return open_database(f"sqlite:///{folder / 'site.sqlite'}")


def count(db: Database, table: type) -> int:
    """How many rows a table has."""
    with db.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def actions(db: Database) -> list[str]:
    """The actions of the log in order."""
    with db.reading() as session:
        return list(session.exec(select(LogEntry.action).order_by(LogEntry.seq)))


def only(db: Database, table: type, **key: object) -> object:
    """The one row with these values."""
    with db.reading() as session:
        row = session.exec(select(table).filter_by(**key)).one()
        session.expunge(row)
        return row


def reasons(db: Database) -> list[str]:
    """The reasons of everything in quarantine."""
    with db.reading() as session:
        return list(session.exec(select(Quarantine.reason).order_by(Quarantine.id)))


__all__ = [
    "SHARED_FHIR",
    "SYSTEM",
    "actions",
    "count",
    "encounter_resource",
    "native",
    "needs_shared_fhir",
    "only",
    "open_site",
    "patient_resource",
    "reasons",
    "write_lines",
]
