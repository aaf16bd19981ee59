"""The commands of intake: text for people, JSON for programs, one clear line for trouble."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import store
from store.actors import SYSTEM
from store.database import open_database
from store.os_account import os_login
from store.people import add_person
from store.terms import Role
from tests.store.hl7_samples import message, note, pid, pv1, write
from tests.store.intake_samples import actions, native, write_lines
from tui.cli import main

FOR = ("--to", "a court", "--purpose", "an order")
"""Who receives an export that names patients, and why."""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CODEDESK_DATABASE_URL", raising=False)
    return tmp_path / "home"


@pytest.fixture
def file(tmp_path):
    return write_lines(tmp_path / "visits", native(), native(setting="ward"))


@pytest.fixture
def call(capsys):
    """Run a command; its exit code, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        read = capsys.readouterr()
        return code, read.out, read.err

    return run


def logged() -> list[str]:
    db = open_database()
    try:
        return actions(db)
    finally:
        db.close()


def test_intake_tells_what_came_in_and_what_is_in_quarantine(call, file):
    code, out, err = call("intake", file)

    assert (code, err) == (1, "")
    assert "visits, line 2: setting: expected 'clinic'" in out
    assert out.endswith("1 encounter of 1 patient: 1 new, 0 changed; 1 new document, 0 new versions\n")


def test_intake_says_when_everything_is_already_there(call, tmp_path):
    call("intake", write_lines(tmp_path / "a", native()))

    code, out, _ = call("intake", tmp_path / "a")

    assert code == 0
    assert out.endswith("1 encounter of 1 patient: already there, nothing changed\n")


def test_intake_answers_programs_with_one_document(call, file):
    code, out, _ = call("intake", file, "--json")

    report = json.loads(out)
    assert (code, report["exit_code"], report["patients"]) == (1, 1, 1)
    assert report["files"][0]["quarantined"][0]["place"] == "line 2"


def test_a_file_that_cannot_be_read_is_one_line_on_standard_error(call, tmp_path):
    code, out, err = call("intake", tmp_path / "missing")

    assert (code, out) == (2, "no encounters were taken in\n")
    assert err == f"codedesk: cannot read: {tmp_path / 'missing'}: there is no such file or folder\n"


def test_quarantine_can_be_listed(call, file):
    call("intake", file)

    code, out, _ = call("intake", "quarantine")

    assert code == 0
    assert "visits, line 2: setting" in out


def test_a_file_that_cannot_be_read_stands_in_the_list_beside_records(call, tmp_path):
    (tmp_path / "scan.hl7").write_bytes(b"%PDF-1.7")
    call("intake", str(tmp_path / "scan.hl7"))

    _, out, _ = call("intake", "quarantine")
    [row] = json.loads(call("intake", "quarantine", "--json")[1])
    _, shown, _ = call("intake", "quarantine", "show", row["id"][-8:])

    assert "scan.hl7, whole file: it is a PDF document" in out
    assert out.endswith("0 records and 1 file in quarantine\n")
    assert len(row["sha256"]) == 64 and f"SHA-256   {row['sha256']}" in shown


def test_quarantine_can_be_listed_for_programs(call, file):
    call("intake", file)

    _, out, _ = call("intake", "quarantine", "--json")

    assert [entry["place"] for entry in json.loads(out)] == ["line 2"]


def test_a_listing_names_visits_that_show_understands(call, file):
    call("intake", file)
    _, out, _ = call("encounters", "list", "--json")
    [row] = json.loads(out)

    shown = [call("encounters", "show", row[key])[1] for key in ("id", "visit_number")]

    assert shown[0] == shown[1] != ""


def test_a_chart_fits_80_columns_and_its_view_is_logged(call, tmp_path):
    long = [{"document_number": "D", "type_name": "Note " * 30, "text": "word " * 100}]
    call("intake", write_lines(tmp_path / "a", native(documents=long, reason="x" * 300)))

    code, out, _ = call("encounters", "show", "V1")

    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "Sample, Ann" in out
    assert logged()[-1] == "encounter.view"


def test_a_worklist_shows_its_tasks(call, file):
    call("intake", file)

    code, out, _ = call("encounters", "list", "--worklist", "Clinic")

    assert (code, len(out.splitlines())) == (0, 1)


def test_an_unknown_worklist_is_answered_with_the_ones_there_are(call):
    code, _, err = call("encounters", "list", "--worklist", "Nowhere")

    assert code == 2
    assert "no worklist is called Nowhere (one of: Incomplete, Clinic," in err


def test_an_export_is_taken_in_elsewhere_and_satisfies_the_schema(call, file, tmp_path, monkeypatch):
    call("intake", file)
    code, out, _ = call("encounters", "export", "--all", *FOR)
    schema = json.loads(call("schema", "encounter")[1])
    monkeypatch.setenv("CODEDESK_HOME", str(tmp_path / "elsewhere"))

    call("intake", write_lines(tmp_path / "export", out.strip()))
    again = call("encounters", "export", "V1", *FOR)[1]

    assert (code, again) == (0, out)
    jsonschema.validate(json.loads(out), schema, cls=jsonschema.Draft202012Validator)


def test_an_export_to_a_file_is_private_and_logged(call, file, tmp_path):
    call("intake", file)

    code, out, _ = call("encounters", "export", "V1", "-o", tmp_path / "out", *FOR)

    assert (code, out) == (0, f"1 encounter written to {tmp_path / 'out'}\n")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    assert logged()[-1] == "encounter.export"


def test_an_export_never_overwrites_a_file(call, file, tmp_path):
    call("intake", file)

    code, _, err = call("encounters", "export", "V1", "-o", file, *FOR)

    assert code == 2
    assert err == f"codedesk: cannot write: {file} exists already (name a file that does not exist yet)\n"


@pytest.mark.parametrize(
    "words", [["show", "nothing"], ["export", "nothing", "--to", "a court", "--purpose", "an order"]]
)
def test_an_unknown_encounter_is_named(call, words):
    code, out, err = call("encounters", *words)

    assert (code, out) == (2, "")
    assert err == "codedesk: encounter: nothing is not known here (codedesk encounters list shows what is)\n"


@pytest.mark.parametrize("named", [["--all"], ["V1"], ["V1", "--to", "a court"], ["V1", "--purpose", "an order"]])
def test_an_export_with_names_says_who_receives_it_and_why_or_writes_nothing(call, file, tmp_path, named):
    call("intake", file)

    code, out, err = call("encounters", "export", *named, "-o", tmp_path / "out")

    assert (code, out, (tmp_path / "out").exists()) == (2, "", False)
    assert "say who receives it and why (--to RECIPIENT --purpose TEXT)" in err
    assert call("encounters", "export", *named[:1], "--de-identified")[0] == 0


def test_an_export_asks_for_encounters_or_for_all(call):
    code, _, err = call("encounters", "export")

    assert code == 2
    assert "name the encounters to export, or --all" in err


def test_a_schema_that_there_is_not_is_refused_with_those_that_there_are(call):
    code, out, err = call("schema", "claim")

    assert (code, out) == (2, "")
    assert "no schema is called claim" in err and "encounter, tables" in err


def test_the_data_model_is_printed_as_it_is_kept(call):
    kept = (Path(store.__file__).parent / "DATA-MODEL.md").read_text(encoding="utf-8")

    assert call("schema", "tables")[:2] == (0, kept), "codedesk schema tables > store/DATA-MODEL.md"


def test_people_are_added_listed_disabled_and_enabled(call):
    call("users", "add", os_login(), "--name", "The Admin", "--role", "admin")
    call("users", "add", "coder1", "--name", "A Coder", "--role", "coder")

    call("users", "disable", "coder1")
    disabled = json.loads(call("users", "list", "--json")[1])
    call("users", "enable", "coder1")
    enabled = json.loads(call("users", "list", "--json")[1])

    assert [person["active"] for person in disabled if person["login"] == "coder1"] == [False]
    assert [person["active"] for person in enabled if person["login"] == "coder1"] == [True]


def test_the_first_person_of_a_site_is_an_administrator(call):
    code, _, err = call("users", "add", "coder1", "--name", "A Coder", "--role", "coder")

    assert code == 2
    assert "the first person of a site must be an administrator" in err


def test_the_last_administrator_stays(call):
    call("users", "add", os_login(), "--name", "The Admin", "--role", "admin")

    code, _, err = call("users", "disable", os_login())

    assert code == 2
    assert "is the last administrator" in err


def test_only_an_administrator_changes_people(call):
    add_person(open_database(), SYSTEM, "boss", "Boss", Role.ADMIN)

    code, _, err = call("users", "add", "x", "--name", "X", "--role", "coder")

    assert code == 2
    assert "is not an active user of this site" in err


def test_a_name_with_escape_sequences_is_refused(call):
    code, _, err = call("users", "add", "x", "--name", "a\x1b[2J", "--role", "admin")

    assert code == 2
    assert "--name: expected text of one line" in err


@pytest.fixture
def ward(tmp_path):
    """A message of a class that no map knows."""
    return write(tmp_path / "ward.hl7", message("ADT^A01", pid(), pv1(kind="WARD")))


def quarantined_number(call) -> str:
    [record] = json.loads(call("intake", "quarantine", "list", "--json")[1])
    return record["id"]


def test_a_quarantined_record_can_be_shown_and_the_look_is_logged(call, ward):
    call("intake", ward)
    number = quarantined_number(call)

    code, out, _ = call("intake", "quarantine", "show", number[-8:])

    assert code == 0
    assert "reason    the visit is not here, and the class of the visit is not given" in out
    assert "PV1|1|WARD" in out
    assert logged()[-1] == "quarantine.view"


def test_a_visit_is_chosen_for_records_that_are_named_and_not_for_all_that_wait(call, ward):
    call("intake", ward)

    code, _, error = call("intake", "quarantine", "retry", "--visit", "V1")

    assert code == 2
    assert "--visit is for records that are named" in error


def test_quarantine_is_tried_again_after_a_map_is_mended(call, ward, home):
    call("intake", ward)
    before = call("intake", "quarantine", "retry")
    (home / "hl7v2.toml").write_text(
        '[[interface]]\n[interface.class]\nWARD = { setting = "inpatient", patient_class = "I" }\n'
    )

    after = call("intake", "quarantine", "retry")

    assert (before[0], after[0]) == (1, 0)
    assert before[1].endswith("1 row tried, 1 still in quarantine\n")
    assert after[1].endswith("1 row tried, 0 still in quarantine\n")


def test_a_record_is_set_aside_by_its_number(call, ward):
    call("intake", ward)

    code, out, _ = call("intake", "quarantine", "aside", quarantined_number(call))

    assert (code, out) == (0, "1 record set aside\n")
    assert call("intake", "quarantine")[1] == "0 records in quarantine\n"


def test_changes_of_a_visit_are_shown_with_the_lines_that_differ(call, tmp_path):
    first = message("MDM^T02", pid(), pv1(kind="O"), *note(text="Cough."))
    second = message("MDM^T08", pid(), pv1(kind="O"), *note(text="Cough.\\.br\\Fever."))
    call("intake", write(tmp_path / "a.hl7", first, second))

    code, out, _ = call("intake", "changes", "V1")

    assert code == 0
    assert "document D1 version 2: Progress note (was version 1)" in out
    assert "  +Fever." in out


def test_messages_that_are_known_again_are_counted_as_records(call, tmp_path):
    path = write(tmp_path / "a.hl7", message("ADT^A01", pid(), pv1()))
    call("intake", path)

    _, out, _ = call("intake", path)

    assert out.endswith("\n1 record: already there, nothing changed\n")


def test_a_listener_stops_when_its_time_is_up(call):
    code, out, err = call("intake", "--listen", "0", "--for", "0")

    assert (code, out) == (0, "file      kind           records   new changed  same documents\n"
                              "listener  HL7 v2               0     0       0     0         0\n"
                              "no encounters were taken in\n")  # fmt: skip
    assert err.startswith("listening on 127.0.0.1 port ")


def test_a_watched_folder_is_worked_off_and_left_in_order(call, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write(inbox / "a.hl7", message("ADT^A01", pid(), pv1()))
    (inbox / "a.hl7.done").touch()

    code, out, _ = call("intake", "--watch", inbox, "--for", "0")

    assert code == 0
    assert "1 new, 0 changed" in out
    assert [path.name for path in (inbox / "done").iterdir()] == ["a.hl7"]


@pytest.fixture
def visits(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("Visit,MRN,Last Name,Admit Date,Class,Color\n1,2,Sample,03/13/2026,OP,red\n")
    return path


def test_a_preview_explains_its_guess_and_stores_nothing(call, visits):
    code, out, _ = call("intake", "--preview", "1", visits)

    assert code == 0
    assert out.splitlines()[0] == "guessed: each row is one encounter"
    assert "  started_at is read as %m/%d/%Y: 03/13/2026 fits" in out
    assert "  not used: Color" in out
    assert "row 1: visit_number 1, mrn 2, family_name Sample" in out


def test_a_dry_run_stores_nothing_and_a_saved_map_is_used_by_itself(call, visits):
    refused = call("intake", visits)
    saved = call("intake", "--save-map", "north", visits)
    dry = call("intake", "--dry-run", visits)

    assert (refused[0], saved[0], dry[0]) == (2, 0, 0)
    assert "visits.csv: read by the map north, as encounters" in dry[1]
    assert dry[1].endswith("dry run: nothing was stored\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected paths, or --listen, or --watch"),
        (("x", "--for", "3"), "--for goes with --listen or --watch"),
        (("x", "--map", "a", "--save-map", "b"), "--map reads by a saved map, --save-map makes one"),
        (("x", "y", "--preview", "2"), "--preview takes one file"),
        (("x", "--column", "a"), "--column a: expected FIELD=COLUMN"),
        (("quarantine", "mend"), "quarantine list, show NUMBER, retry [NUMBER…] or aside NUMBER…"),
        (("--listen", "99999"), "port 99999"),
    ],
)
def test_what_is_not_understood_is_one_line(call, words, said):
    code, out, err = call("intake", *words)

    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_many_files_are_told_of_by_kind(call, tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number in range(31):
        write(inbox / f"{number}.hl7", message("ADT^A01", pid(), pv1(f"V{number}")))

    _, out, _ = call("intake", inbox)

    assert out.splitlines()[1].split() == ["31", "HL7", "v2", "31", "31", "0", "0", "0"]
