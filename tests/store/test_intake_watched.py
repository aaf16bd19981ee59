"""A watched folder takes a file when it is whole: it stands still and ends as its format ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.intake import IntakeReport, take_in
from store.intake.ending import missing_end
from store.intake.hl7v2.cut import looks_cut
from store.intake.inbox import watch
from store.intake.quarantine import quarantined
from store.models import Encounter, Quarantine
from tests.store.hl7_samples import charge, message, note, pid, pv1, write
from tests.store.intake_samples import count, only, write_lines

HEAD = b"FHS|^~\\&|A\rBHS|^~\\&|A\r"


def visit(number: str) -> bytes:
    return message("ADT^A04", pid(f"M{number}", f"A{number}"), pv1(f"V{number}", kind="O"))


ISA = b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*1200*^*00501*000000001*0*T*:~"


@pytest.mark.parametrize(
    ("whole", "cut", "missing"),
    [
        (visit("1"), 1, "its last segment has no end"),
        (HEAD + visit("1") + b"BTS|1\rFTS|1", 6, "FHS without its FTS"),
        (b"<ClinicalDocument><title>a</title></ClinicalDocument>\n", 4, "its root element is not closed"),
        (ISA + b"GS*HC~IEA*1*000000001~\n", 2, "ISA without its IEA"),
        (b'{\n"resourceType": "Bundle",\n"entry": [{}]\n}\n', 3, "its last record is not closed"),
        (b"visit,amount\nV1,100.01\n", 2, "its last line has no end"),
    ],
)
def test_a_file_ends_as_its_format_ends(tmp_path: Path, whole: bytes, cut: int, missing: str) -> None:
    path = tmp_path / "file"

    found = [missing_end(write(path, data)) for data in (whole, whole[:-cut])]

    assert found == ["", missing]


def test_a_record_a_line_ends_with_a_whole_record(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "file", {"visit_number": "V1"}, {"visit_number": "V2"})
    whole = missing_end(path)

    path.write_bytes(path.read_bytes()[:-4])

    assert (whole, missing_end(path)) == ("", "its last record is not closed")


def test_a_watched_file_whose_writer_pauses_is_taken_when_it_is_whole(db: Database, tmp_path: Path) -> None:
    path, data = tmp_path / "slow.hl7", visit("1") + visit("2")
    path.write_bytes(data[:-30])

    def go_on() -> None:
        time.sleep(0.6)
        with path.open("ab") as file:
            file.write(data[-30:])

    writer = threading.Thread(target=go_on)
    writer.start()
    report = watch(db, SYSTEM, tmp_path, seconds=1.5, look=0.05)
    writer.join()

    assert (count(db, Encounter), count(db, Quarantine), len(report.files)) == (2, 0, 1)
    assert (tmp_path / "done" / "slow.hl7").read_bytes() == data


@pytest.mark.parametrize(
    ("data", "visits", "reason"),
    [
        (visit("1") + visit("2")[:-20], 1, "it broke off: its last segment has no end"),
        (b"visit,amount\nV1,100", 0, "it broke off: its last line has no end"),
    ],
)
def test_a_watched_file_that_stays_without_its_end_goes_to_quarantine_with_the_reason(
    db: Database, tmp_path: Path, data: bytes, visits: int, reason: str
) -> None:
    (tmp_path / "half").write_bytes(data)

    watch(db, SYSTEM, tmp_path, seconds=0.6, look=0.05, unended=0.3)

    assert [path.name for path in (tmp_path / "quarantine").iterdir()] == ["half"]
    assert (list((tmp_path / "done").iterdir()), count(db, Encounter)) == ([], visits)
    assert only(db, Quarantine).reason.startswith(reason)


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (visit("1").rstrip(b"\r"), True),
        (visit("1").partition(b"V1|")[0] + b"V", False),
        (visit("1").partition(b"PV1|")[0] + b"PV1|", False),
        (visit("1").partition(b"V1^^^NORTH|")[0] + b"V1", False),
        (message("MDM^T02", pid(), pv1(), *note())[:-3], False),
        (message("DFT^P03", pid(), pv1(), charge("T1")).rstrip(b"\r"), False),
        (message("ADT^A04", pid(), pv1(), "NTE|1||half an escape \\T").rstrip(b"\r"), False),
    ],
    ids=["whole", "in a name", "without fields", "in its number", "in a text", "after a charge", "in an escape"],
)
def test_a_message_that_rests_without_its_last_carriage_return_is_taken_unless_it_looks_cut(
    db: Database, tmp_path: Path, data: bytes, whole: bool
) -> None:
    (tmp_path / "one.hl7").write_bytes(data)

    watch(db, SYSTEM, tmp_path, seconds=0.6, look=0.05, unended=0.3)

    assert [path.parent.name for path in tmp_path.glob("*/one.hl7")] == ["done" if whole else "quarantine"]
    assert (count(db, Encounter), count(db, Quarantine)) == ((1, 0) if whole else (0, 1))


def test_what_a_file_without_its_end_waits_for_is_said_once(db: Database, tmp_path: Path) -> None:
    (tmp_path / "one.hl7").write_bytes(visit("1").rstrip(b"\r"))
    said: list[str] = []

    watch(db, SYSTEM, tmp_path, seconds=0.6, look=0.05, unended=0.3, waiting=said.append)

    assert said == ["one.hl7: its last segment has no end; it waits until it has not changed for 0.3 seconds"]


@pytest.mark.parametrize("cut", [80, 10], ids=["looks cut", "looks whole"])
def test_a_file_whose_writer_goes_on_after_it_was_moved_comes_back_and_is_read_whole(
    db: Database, tmp_path: Path, cut: int
) -> None:
    data = visit("1")
    beginning = data[:-cut]
    with (tmp_path / "slow.hl7").open("wb", buffering=0) as file:
        file.write(beginning)
        assert looks_cut(beginning) == (cut == 80)

        def go_on() -> None:
            time.sleep(0.8)
            file.write(data[len(beginning) :])

        writer = threading.Thread(target=go_on)
        writer.start()
        watch(db, SYSTEM, tmp_path, seconds=1.8, look=0.05, unended=0.2)
        writer.join()

    assert (tmp_path / "done" / "slow.hl7").read_bytes() == data
    assert only(db, Encounter).visit_number == "V1"
    assert quarantined(db) == []


def test_a_watched_file_that_grew_while_it_was_read_is_read_again(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "growing.hl7", visit("1"))
    read: list[int] = []

    def reading(*arguments: object, **named: object) -> IntakeReport:
        report = take_in(*arguments, **named)  # type: ignore[arg-type]
        if not read:
            with path.open("ab") as file:
                file.write(visit("2"))
        read.append(1)
        return report

    monkeypatch.setattr("store.intake.inbox.take_in", reading)
    watch(db, SYSTEM, tmp_path, seconds=0.8, look=0.05)

    assert (len(read), count(db, Encounter)) == (2, 2)
    assert [one.name for one in (tmp_path / "done").iterdir()] == ["growing.hl7"]
