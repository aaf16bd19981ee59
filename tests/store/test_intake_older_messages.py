"""A message that is older than what was told of a charge or a document last leaves it as it is, and the report says so.

Which one is older is told by the clock of the sender (MSH-7, else EVN-2).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.models import Charge, Document
from tests.store.hl7_samples import charge, message, note, pid, pv1, write
from tests.store.intake_samples import count, only

pytestmark = pytest.mark.both_databases

OLD, NEW = "20260302120000-0600", "20260303120000-0600"


def take(db: Database, tmp_path: Path, *messages: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "messages.hl7", *messages)])


def dft(*charges: str, at: str) -> bytes:
    return message("DFT^P03", pid(), pv1(kind="O"), *charges, at=at)


def mdm(event: str, *document: str, at: str) -> bytes:
    return message(f"MDM^{event}", pid(), pv1(kind="O"), *document, at=at)


def cents(db: Database) -> list[int]:
    with db.reading() as session:
        return sorted(session.exec(select(Charge.amount_cents)))


def test_an_older_amount_does_not_replace_a_newer_one(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", amount="20.00"), at=NEW))

    report = take(db, tmp_path, dft(charge("T1", amount="10.00"), at=OLD))

    assert cents(db) == [2000]
    assert report.files[0].messages == ("charge T1: older than what was told of it last, not posted",)


def test_an_older_credit_does_not_take_a_newer_charge_back(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", amount="20.00"), at=NEW))

    report = take(db, tmp_path, dft(charge("T1", amount="20.00", kind="CR"), at=OLD))

    assert cents(db) == [2000]
    assert report.files[0].messages == ("credit of charge T1: older than what was told of it last, not posted",)


def test_an_older_charge_settles_the_credit_that_came_before_it(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", amount="20.00", kind="CR"), at=NEW))

    take(db, tmp_path, dft(charge("T1", amount="20.00"), at=OLD))

    assert sum(cents(db)) == 0


def test_the_same_amount_told_again_counts_as_told_last(db: Database, tmp_path: Path) -> None:
    later = "20260304120000-0600"
    take(db, tmp_path, dft(charge("T1", amount="20.00"), at=OLD), dft(charge("T1", amount="20.00"), at=later))

    take(db, tmp_path, dft(charge("T1", amount="10.00"), at=NEW))

    assert cents(db) == [2000]


def test_an_older_message_adds_the_charges_and_documents_that_are_not_here(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1"), at=NEW), mdm("T02", *note("D1"), at=NEW))

    take(db, tmp_path, dft(charge("T2"), at=OLD), mdm("T02", *note("D2"), at=OLD))

    assert (count(db, Charge), count(db, Document)) == (2, 2)


def test_the_time_of_the_event_decides_where_a_message_has_none(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, dft(charge("T1", amount="20.00"), at=NEW))

    take(db, tmp_path, dft(charge("T1", amount="10.00"), at=""))

    assert cents(db) == [2000]


def test_an_older_text_does_not_replace_a_newer_one(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, mdm("T02", *note(text="Cough. No fever."), at=NEW))

    report = take(db, tmp_path, mdm("T08", *note(text="Cough.", status="PA"), at=OLD))

    document = only(db, Document)
    assert (document.text, document.status.value, document.version) == ("Cough. No fever.", "AU", 1)
    assert report.files[0].messages == ("document D1: older than what was told of it last, left as it is",)
