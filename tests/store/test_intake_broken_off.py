"""Files of messages that broke off: nothing of a cut message is stored, and what is missing is said."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.quarantine import quarantined, retry
from store.models import Charge, Encounter, Quarantine
from tests.store.hl7_samples import charge, message, pid, pv1, write
from tests.store.intake_samples import count, only
from tui.cli import main

HEAD = b"FHS|^~\\&|A\rBHS|^~\\&|A\r"


def visit(number: str) -> bytes:
    return message("ADT^A04", pid(f"M{number}", f"A{number}"), pv1(f"V{number}", kind="O"))


def take(db: Database, tmp_path: Path, data: bytes) -> IntakeReport:
    return take_in(db, SYSTEM, [write(tmp_path / "messages.hl7", data)])


def reasons(report: IntakeReport) -> list[str]:
    return [refusal.reason for refusal in report.files[0].quarantined]


@pytest.mark.both_databases
def test_the_last_message_of_a_batch_that_broke_off_is_refused_and_those_before_it_are_taken(
    db: Database, tmp_path: Path
) -> None:
    report = take(db, tmp_path, HEAD + visit("1") + visit("2")[:-20])

    assert reasons(report) == [
        "it broke off: its last segment has no end; retry it by its number if it is whole",
        "BHS without its BTS: the batch broke off; 2 of its messages were read",
        "FHS without its FTS: the batch broke off",
    ]
    assert only(db, Encounter).visit_number == "V1"
    assert count(db, Quarantine) == 3


@pytest.mark.parametrize(
    ("trailers", "expected"),
    [
        (b"BTS|2\rFTS|1\r", []),
        (b"BTS|2\rFTS|1", []),
        (b"BTS|5\rFTS|1\r", ["BTS counts 5, found 2"]),
        (b"BTS|2\rFTS|3\r", ["FTS counts 3, found 1"]),
        (b"BTS|2\r", ["FHS without its FTS: the batch broke off"]),
        (b"FTS|1\r", ["BHS without its BTS: the batch broke off; 2 of its messages were read"]),
    ],
)
def test_a_batch_is_held_against_its_trailers(
    db: Database, tmp_path: Path, trailers: bytes, expected: list[str]
) -> None:
    report = take(db, tmp_path, HEAD + visit("1") + visit("2") + trailers)

    assert reasons(report) == expected
    assert count(db, Encounter) == 2


def test_a_cut_charge_is_never_posted_and_a_retry_of_all_leaves_it(db: Database, tmp_path: Path) -> None:
    whole = message("DFT^P03", pid(), pv1(kind="O"), charge("T1", amount="100.01"))

    report = take(db, tmp_path, whole[: whole.index(b"100.01") + 2])

    assert count(db, Charge) == 0
    assert reasons(report)[0].startswith("it broke off")
    again = retry(db, SYSTEM)
    assert (again.tried, again.still, again.left) == (0, 0, 1)


def test_a_person_can_say_that_a_message_without_its_end_is_whole(db: Database, tmp_path: Path) -> None:
    take(db, tmp_path, visit("1") + visit("2").rstrip(b"\r"))
    [record] = quarantined(db)

    retry(db, SYSTEM, [record.id])

    assert (count(db, Encounter), quarantined(db)) == (2, [])


def test_one_message_whose_sender_leaves_the_last_end_out_is_taken_and_told(db: Database, tmp_path: Path) -> None:
    report = take(db, tmp_path, visit("1").rstrip(b"\r"))

    assert count(db, Encounter) == 1
    assert report.files[0].messages == ("its last segment has no end; it was taken as whole",)


def test_a_retry_of_all_takes_a_single_message_that_only_lacks_its_last_carriage_return(
    db: Database, tmp_path: Path
) -> None:
    cut = write(tmp_path / "cut.hl7", visit("1")[: visit("1").index(b"PV1") + 4])
    take_in(db, SYSTEM, [cut], finished=False)
    with db.change(SYSTEM) as change:
        row = change.session.exec(select(Quarantine)).one()
        row.content = zlib.compress(visit("1").rstrip(b"\r"))

    again = retry(db, SYSTEM)

    assert (again.tried, again.still, again.left) == (1, 0, 0)
    assert (count(db, Encounter), quarantined(db)) == (1, [])


def test_the_command_says_what_a_retry_of_all_left(
    db: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(db, tmp_path, visit("1") + visit("2").rstrip(b"\r"))

    code = main(["intake", "quarantine", "retry"])

    assert code == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "0 rows tried, 0 still in quarantine",
        "1 message not tried: cut short, it seems; retry NUMBER takes one that is whole",
    ]
