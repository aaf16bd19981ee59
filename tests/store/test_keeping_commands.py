"""The commands that keep a record: JSON for programs, one line for trouble, and who may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import Actor
from store.database import Database
from store.models import Encounter, LogEntry, Patient
from tui.cli import main


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict]:
    """The exit code of a command and its JSON document."""
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_backup_tells_what_it_holds(demo: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = answer(capsys, "backup", tmp_path / "b.sqlite")

    assert (code, told["state"]["encounters"], told["state"]["log"]["first_bad"]) == (0, 35, None)


def test_an_upgrade_with_nothing_to_do_says_so(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = answer(capsys, "upgrade")

    assert (code, told["changed"], told["backup"]) == (0, False, None)


def test_a_restore_tells_what_it_kept(demo: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "backup", tmp_path / "b.sqlite")
    demo.close()

    code, told = answer(capsys, "restore", tmp_path / "b.sqlite")

    assert code == 0
    assert Path(told["kept"]).exists()


def test_patients_are_merged_from_the_command_line(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with demo.reading() as session:
        one, other = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()[:2]

    code, told = answer(capsys, "patients", "merge", one, other, "--yes", "--reason", "one passport")

    assert (code, told["remaining_id"]) == (0, other)
    assert told["encounters"] >= 1


def test_a_merge_shows_both_and_is_not_done_without_a_yes_and_a_reason(
    demo: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with demo.reading() as session:
        ids = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()[:2]
        one, other = (session.get_one(Patient, one) for one in ids)

    shown = (main(["patients", "merge", one.mrn, other.mrn]), capsys.readouterr().out)
    unsaid = (main(["patients", "merge", one.mrn, other.mrn, "--yes"]), capsys.readouterr().err)

    assert shown[0] == 0 and "nothing was merged; --yes merges without asking" in shown[1]
    assert one.family_name in shown[1] and other.family_name in shown[1] and "differs" in shown[1]
    assert "those of one person have 85 and more" in shown[1] and f"go over to {other.mrn}" in shown[1]
    assert unsaid[0] == 2 and "--reason TEXT; nothing was merged" in unsaid[1]
    with demo.reading() as session:
        assert session.get_one(Patient, one.id).merged_into_id is None


def test_a_merge_is_undone_by_the_command_that_it_names(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with demo.reading() as session:
        ids = session.exec(select(Encounter.patient_id).order_by(Encounter.patient_id).distinct()).all()[:2]
        one, other = (session.get_one(Patient, one).mrn for one in ids)
    main(["patients", "merge", one, other, "--yes", "--reason", "one passport"])
    named = capsys.readouterr().out

    unsaid = main(["patients", "unmerge", one])
    code = main(["patients", "unmerge", one, "--reason", "two passports"])

    assert f"codedesk patients unmerge {one} takes it back" in named
    assert (unsaid, code) == (2, 0) and "a patient of their own again" in capsys.readouterr().out


def test_a_disclosure_is_added_and_reported(demo: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with demo.reading() as session:
        patient = session.exec(select(Encounter.patient_id)).first()

    code, added = answer(capsys, "disclosures", "add", patient, "--to", "Court", "--what", "chart", "--why", "subpoena")
    _, report = answer(capsys, "disclosures", "report", patient)

    assert code == 0 and added["id"]
    assert [line["recipient"] for line in report["lines"]] == ["Court"]


@pytest.mark.parametrize(
    "command", [["backup", "b.sqlite"], ["restore", "b.sqlite"], ["upgrade"], ["move", "--to", "sqlite:///x"]]
)
def test_only_an_administrator_keeps_the_record_and_a_refusal_is_logged(
    demo: Database,
    coder: Actor,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)

    code = main(command)

    err = capsys.readouterr().err
    with demo.reading() as session:
        entry = session.exec(select(LogEntry).order_by(LogEntry.seq.desc())).first()
    assert (code, err.count("\n")) == (2, 1)
    assert entry and (entry.action, entry.actor, entry.detail["asked"]) == ("refused", coder.login, command[0])


def test_a_merge_by_somebody_else_is_refused_and_logged(
    demo: Database, coder: Actor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)

    code = main(["patients", "merge", "a", "b"])

    with demo.reading() as session:
        entry = session.exec(select(LogEntry).order_by(LogEntry.seq.desc())).first()
    assert code == 2
    assert entry and (entry.action, entry.actor, entry.detail["asked"]) == ("refused", coder.login, "patients merge")
