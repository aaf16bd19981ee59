"""Who may do and see what: the table itself, and that the record, the readers and the command line hold to it."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from sqlmodel import select

import store
import tui
from codesets.errors import UnreadableInput
from store import criteria, os_account
from store.actors import SYSTEM, Actor, NotAllowed
from store.coding.opening import look_at_chart, open_chart
from store.database import Database
from store.deidentify import Deidentifier
from store.intake.export import encounter_ids, export_encounter
from store.models import Document, LogEntry, Patient, Person, WorkItem
from store.people import actor_for
from store.permissions import COLUMNS, allowed, not_allowed, read_rights, refusal, rights, roles_with, whom_to_ask
from store.permissions.columns import COVER, FIELDS, hidden_columns, seen_by
from store.queries import SessionReader, charts, claims, code_use, remits, worklists
from store.queries.worklists import Listing, worklist_page
from store.reports.run import open_to, period_of, run_report
from store.terms import Role
from tui.actions import registry
from tui.cli import COMMANDS, main

BEHIND_ADMINISTRATORS = {
    "backup", "upgrade", "move", "postgres-roles", "codesets import", "codesets remove", "log new-key",
    "users add", "users role", "users disable", "users enable", "users reset-pin",
}  # fmt: skip
"""Commands that no row names: an administrator's alone."""

SETUP = {"log.new_key", "people.add", "people.active", "people.role", "people.reset_pin"}
"""Operations that no row names."""


def commands() -> dict[str, list[str]]:
    """Every command with its subcommands, as the table calls them, and the least that it is called with."""
    found = {}
    for name, (module, _) in COMMANDS.items():
        parser = argparse.ArgumentParser()
        importlib.import_module(module).configure(parser)
        below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        if below:
            found |= {f"{name} {word}": least(one) for word, one in below[0].choices.items()}
        else:
            found[name] = least(parser)
    return found


def least(parser: argparse.ArgumentParser) -> list[str]:
    """Words for everything that a command cannot do without."""
    words = []
    for action in parser._actions:
        if action.required and not isinstance(action, argparse._SubParsersAction):
            value = next(iter(action.choices)) if action.choices else "1"
            words += [*action.option_strings[:1], value]
    return words


@cache
def code_of_the_program() -> str:
    return "\n".join(path.read_text() for top in (store, tui) for path in Path(top.__path__[0]).rglob("*.py"))


def verbs() -> set[str]:
    """Every operation that the code of the store and the commands names in `change`."""
    text = code_of_the_program()
    named = re.findall(r"(?:change|_changing|_mark)\([^()]*?\"([a-z]+\.[a-z_]+)\"", text)
    return set(named) | set(re.findall(r"Look\(\s*\"([a-z]+\.[a-z_]+)\"", text))


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_every_operation_and_look_stands_in_the_table(verb: str) -> None:
    assert ("do", verb) in rights() or verb in SETUP


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_stands_in_the_table_or_is_an_administrator_s(command: str) -> None:
    assert ("command", command) in rights() or command in BEHIND_ADMINISTRATORS


@pytest.mark.parametrize("group", sorted({action.group for action in registry()}))
def test_every_group_of_keys_stands_in_the_table(group: str) -> None:
    assert ("group", group) in rights()


def test_the_table_names_nothing_that_is_not_there() -> None:
    known = {
        "group": {action.group for action in registry()},
        "action": {action.id for action in registry()},
        "command": set(commands()),
        "column": set(FIELDS.values()),
        "do": {name for kind, name in rights() if f'"{name}"' in code_of_the_program()},
    }

    assert {(kind, name) for kind, name in rights() if name not in known[kind]} == set()


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("act,x,y,y,y,y,y,y,y,words", "expected one of"),
        ("do,x,y,y,yes,y,y,y,y,words", "expected y or -"),
        ("do,x,y,y,y,y,y,y,-,words", "administrators have every right"),
        ("do,x,y,y,y,y,y,y,y,words\ndo,x,y,y,y,y,y,y,y,words", "stands twice"),
        ("do,x,y,y,y,words", "line 2"),
    ],
)
def test_a_table_that_contradicts_itself_is_named(tmp_path: Path, row: str, wrong: str) -> None:
    (tmp_path / "rights.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n")

    with pytest.raises(UnreadableInput, match=wrong):
        read_rights(tmp_path / "rights.csv")


def test_what_no_row_names_is_an_administrator_s_alone() -> None:
    assert roles_with("do", "moon.landing") == {Role.ADMIN}


def test_a_refusal_says_who_may_and_who_one_is() -> None:
    assert refusal(Role.BILLER, "do", "coding.enter") == "for coders and administrators; you are a biller"
    assert refusal(Role.ANALYST, "action", "copy") == "not for analysts"


def test_whom_to_ask_for_a_key_is_told_where_its_refusal_names_nobody() -> None:
    hold = whom_to_ask(Role.AUDITOR, "hold", "Chart")

    assert hold == ("Ask coders, managers or medical records.", "Ask an administrator.")
    assert whom_to_ask(Role.CODER, "hold", "Chart") == whom_to_ask(Role.BILLER, "finding_agree", "Audits") == ()


def test_a_refusal_of_what_most_may_names_those_who_may() -> None:
    refused = not_allowed(Role.CODER, "do", "audit.score")

    assert refused.message == "scores of audits is not for coders"
    assert refused.remedy == "ask auditors, managers, analysts or administrators"


def person(db: Database, role: Role) -> Actor:
    with db.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == role)).first())


def last_refusal(db: Database) -> LogEntry:
    with db.reading() as session:
        found = select(LogEntry).where(LogEntry.action == "refused").order_by(LogEntry.seq.desc())
        return session.exec(found).first()


@pytest.mark.both_databases
@pytest.mark.parametrize("role", Role)
def test_an_operation_is_carried_out_for_the_roles_that_have_it_and_refused_and_logged_for_others(
    demo: Database, role: Role
) -> None:
    actor = person(demo, role)

    for (kind, name), right in rights().items():
        if kind != "do":
            continue
        if role in right.roles:
            with demo.change(actor, action=name):
                pass
            continue
        with pytest.raises(NotAllowed, match="you are|not for"), demo.change(actor, action=name) as change:
            change.session.add(Person(login="never", name="Never", role=Role.ADMIN))
        entry = last_refusal(demo)
        assert (entry.actor, entry.detail["asked"]) == (actor.login, name)


@pytest.fixture
def at_keyboard(demo: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Role], Actor]:
    def sit(role: Role) -> Actor:
        actor = person(demo, role)
        monkeypatch.setattr(os_account, "os_login", lambda: actor.login)
        return actor

    return sit


@pytest.mark.thorough
@pytest.mark.parametrize("role", Role)
def test_a_command_that_is_not_for_a_role_is_one_line_an_exit_code_and_an_entry(
    demo: Database, role: Role, at_keyboard: Callable[[Role], Actor], capsys: pytest.CaptureFixture[str]
) -> None:
    actor = at_keyboard(role)
    for command, needed in commands().items():
        if allowed(role, "command", command):
            continue
        code = main([*command.split(), *needed])
        said = capsys.readouterr()
        assert (command, code, said.out, said.err.count("\n")) == (command, 2, "", 1)
        assert "not allowed" in said.err or "administrator" in said.err
        assert last_refusal(demo).actor == actor.login


def test_a_look_that_is_not_for_a_role_is_refused() -> None:
    assert not allowed(Role.RECORDS, "do", "claim.list")
    assert not allowed(Role.ANALYST, "do", "worklist.search")


PATIENTS = ("family_name", "given_name", "patient", "mrn", "member_id", "subscriber", "birth_date", "phone", "address")


@pytest.mark.parametrize("module", [charts, claims, code_use, remits, worklists], ids=lambda module: module.__name__)
def test_every_field_of_a_row_that_names_a_patient_belongs_to_a_column(module: object) -> None:
    rows = [one for one in vars(module).values() if hasattr(one, "__dataclass_fields__")]

    named = {field.name for row in rows for field in fields(row) if field.name in PATIENTS}

    assert named <= set(FIELDS)


@pytest.mark.both_databases
def test_an_analyst_sees_rows_without_names_and_a_biller_a_chart_without_notes(demo: Database) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        rows = worklist_page(reader, Listing("Clinic"))
        documents = charts.chart_documents(reader, rows[0].encounter_id)

    seen = seen_by(Role.ANALYST, rows)

    assert {(row.patient, row.mrn) for row in seen} == {(COVER, COVER)}
    assert [row.cents for row in seen] == [row.cents for row in rows]
    assert {one.text for one in seen_by(Role.BILLER, documents)} == {COVER}
    assert seen_by(Role.CODER, rows) is rows


def test_medical_records_sees_no_money(demo: Database) -> None:
    with demo.reading() as session:
        rows = worklist_page(SessionReader(session), Listing("Clinic"))

    assert {row.cents for row in seen_by(Role.RECORDS, rows)} == {None}


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        (Role.ANALYST, ["worklists", "charts", "--where", "visit reason contains cough"]),
        (Role.ANALYST, ["claims", "list", "--sort", "patient"]),
        (Role.RECORDS, ["worklists", "charts", "--where", "charges at least 500"]),
    ],
)
def test_a_column_that_is_not_shown_is_nothing_to_filter_or_sort_by(
    demo: Database,
    at_keyboard: Callable[[Role], Actor],
    capsys: pytest.CaptureFixture[str],
    role: Role,
    asked: list[str],
) -> None:
    actor = at_keyboard(role)

    code = main(asked)

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "not allowed" in said.err
    assert last_refusal(demo).actor == actor.login


def test_every_field_of_criteria_that_is_of_a_column_says_so() -> None:
    of_columns = {one.name: one.column for one in criteria.fields().values() if one.column}

    assert of_columns == {"visit reason": "visit reasons", "charges": "money"}


def test_what_is_shown_to_all_is_asked_by_all() -> None:
    assert hidden_columns(Role.ANALYST, worklists.Listing(sort=worklists.Sort.OLDEST), claims.ClaimSort.PAYER) == []
    assert hidden_columns(Role.ANALYST, (worklists.Sort.PATIENT,)) == ["names"]


def names_in(db: Database) -> set[str]:
    """Names, numbers and street lines of every patient, and the first words of every note."""
    with db.reading() as session:
        patients = session.exec(select(Patient)).all()
        notes = session.exec(select(Document.text)).all()
    named = {text for p in patients for text in (p.family_name, p.mrn, p.address_line1, p.phone, p.birth_date) if text}
    return named | {note[:40] for note in notes}


def test_a_de_identified_export_holds_no_name_number_day_or_note(demo: Database) -> None:
    nameless = Deidentifier()
    with demo.reading() as session:
        ids = encounter_ids(session)
        visits = [export_encounter(session, one).visit_number for one in ids]
        text = "\n".join(nameless.without_names(export_encounter(session, one)).model_dump_json() for one in ids)

    assert {name for name in names_in(demo) | set(visits) if f'"{name}' in text} == set()
    assert re.findall(r'"\d{4}-\d{2}-\d{2}', text) == []


def test_an_analyst_s_export_is_de_identified_whatever_is_asked(
    demo: Database, at_keyboard: Callable[[Role], Actor], capsys: pytest.CaptureFixture[str]
) -> None:
    at_keyboard(Role.ANALYST)

    code = main(["encounters", "export", "--all"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert len(lines) > 10
    assert {line["documents"] == [] for line in lines} == {True}


def test_a_chart_is_read_without_being_taken_from_its_coder(demo: Database, coder: Actor) -> None:
    with demo.reading() as session:
        item = session.exec(select(WorkItem).where(WorkItem.worklist == "Clinic")).first()
    open_chart(demo, coder, item.id)

    opened = look_at_chart(demo, person(demo, Role.AUDITOR), item.id)

    with demo.reading() as session:
        assert session.get_one(WorkItem, item.id).claimed_by == coder.person_id
        last = session.exec(select(LogEntry).order_by(LogEntry.seq.desc())).first()
    assert (last.action, last.target_id) == ("chart.view", opened.encounter_id)


def test_a_biller_sees_the_reports_of_claims_and_denials_and_no_other(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Person(login="bee", name="B", role=Role.BILLER))
        change.session.flush()
        biller = Actor("bee", Role.BILLER, change.session.exec(select(Person.id)).one())

    seen = [figure.name for figure in open_to(biller)]

    assert seen == [
        *("denials", "denial-reasons", "denial-providers", "clean-claims", "payers", "outlier-payers", "denial-months")
    ]
    assert run_report(db, biller, "clean-claims", period_of()).figure.name == "clean-claims"
    with pytest.raises(NotAllowed):
        run_report(db, biller, "productivity", period_of())
