"""The log: chained under a key, append-only, held fast by anchors, and read again by who asks."""

from __future__ import annotations

import inspect
import stat
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from codesets.errors import CodedeskError
from store import desk_looks, looks
from store.actors import SYSTEM, Actor
from store.coding.opening import open_chart, open_next
from store.database import Database
from store.log.anchor import AnchorRefused, read_anchors, write_anchor
from store.log.check import LogState, check_log
from store.log.key import LogKeyUnusable
from store.log.reading import last_entries, who_opened
from store.log.rekey import begin_new_key
from store.migrations.append_only import missing_triggers
from store.models import Encounter, LogEntry, WorkItem
from store.people import add_person, sign_in
from store.queries import (
    acks,
    audits,
    charts,
    claims,
    code_use,
    codings,
    denials,
    favorites,
    figures,
    holds,
    last_visit,
    ledger,
    people,
    provider_queries,
    quarantine,
    remits,
    rules,
    saved_views,
    suggestions,
    unapplied,
    worklist_rules,
    worklists,
)
from store.reports import behind
from store.terms import Role
from tests.store import attacks

pytestmark = pytest.mark.both_databases(always=True)


def people_added(db: Database, count: int = 10) -> None:
    for number in range(count):
        add_person(db, SYSTEM, f"login{number}", f"Name {number}", Role.ADMIN)


def checked(db: Database, *anchor_files: Path) -> LogState:
    anchors = [anchor for file in anchor_files for anchor in read_anchors(file)]
    with db.reading() as session:
        return check_log(session.connection(), db.log_keys.keys(), anchors)


def logged(db: Database, action: str) -> list[LogEntry]:
    with db.reading() as session:
        return list(session.exec(select(LogEntry).where(LogEntry.action == action).order_by(LogEntry.seq)))


def test_a_log_left_alone_is_whole(db: Database) -> None:
    people_added(db)

    state = checked(db)

    assert (state.whole, state.entries, state.first_bad) == (True, 10, None)


@pytest.mark.parametrize(
    ("how", "first_bad"),
    [
        (attacks.edit, 5),
        (attacks.edit_detail, 5),
        (attacks.delete, 6),
        (attacks.delete_and_renumber, 5),
        (attacks.swap, 5),
        (attacks.recompute, 1),
    ],
)
def test_what_was_done_to_the_log_is_found_at_its_first_entry(
    db: Database, how: attacks.Attack, first_bad: int
) -> None:
    people_added(db)

    attacks.attack(db, how)

    assert checked(db).first_bad == first_bad


@pytest.mark.parametrize("how", [attacks.truncate, attacks.recompute])
def test_an_anchor_shows_a_log_cut_off_or_computed_anew(db: Database, tmp_path: Path, how: attacks.Attack) -> None:
    people_added(db)
    anchors = tmp_path / "anchors"
    write_anchor(db, SYSTEM, (str(anchors),))
    assert checked(db, anchors).anchors == 1

    attacks.attack(db, how)

    assert not checked(db, anchors).whole


def test_a_log_cut_off_names_the_entry_that_is_missing(db: Database, tmp_path: Path) -> None:
    people_added(db)
    anchors = tmp_path / "anchors"
    write_anchor(db, SYSTEM, (str(anchors),))
    attacks.attack(db, attacks.truncate)

    state = checked(db, anchors)

    assert state.first_bad == 8
    assert "reached 10" in state.reason


def test_anchors_of_another_log_prove_nothing(db: Database, tmp_path: Path) -> None:
    people_added(db)
    anchors = tmp_path / "anchors"
    anchors.write_text(f"Sep 14 host codedesk: codedesk-anchor key={'0' * 16} seq=3 hash={'a' * 64} at=2026-09-14\n")

    assert not checked(db, anchors).whole


def test_an_empty_log_has_no_anchor(db: Database, tmp_path: Path) -> None:
    with pytest.raises(AnchorRefused, match="empty"):
        write_anchor(db, SYSTEM, (str(tmp_path / "anchors"),))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET actor = 'eve' WHERE seq = 2",
        "DELETE FROM log_entry WHERE seq = 2",
        "INSERT INTO log_entry SELECT 99, at, actor, action, target_kind, target_id, detail, operation_id, "
        "previous_hash, hash FROM log_entry WHERE seq = 2",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(db: Database, statement: str) -> None:
    people_added(db, 3)

    with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.exec_driver_sql(statement)

    with db.engine.connect() as connection:
        assert missing_triggers(connection) == []


def test_the_key_is_a_file_outside_the_database_for_its_owner_alone(db: Database) -> None:
    people_added(db, 1)

    mode = stat.S_IMODE(db.log_keys.path.stat().st_mode)

    assert mode == 0o600
    assert len(db.log_keys.keys()) == 1


def test_without_its_key_nothing_is_written_and_no_other_key_is_made(db: Database) -> None:
    people_added(db, 1)
    db.log_keys.path.unlink()

    with pytest.raises(LogKeyUnusable, match="missing"):
        add_person(db, SYSTEM, "late", "Late", Role.CODER)

    assert not db.log_keys.path.exists()
    assert not checked(db).whole


def test_a_wrong_key_file_is_named(db: Database) -> None:
    people_added(db, 1)
    db.log_keys.path.write_text("1 abc\n")

    with pytest.raises(LogKeyUnusable, match="64 hexadecimal digits"):
        add_person(db, SYSTEM, "late", "Late", Role.CODER)


def test_a_new_key_takes_over_and_the_old_one_still_checks_its_entries(db: Database) -> None:
    people_added(db, 3)

    key = begin_new_key(db, SYSTEM)
    people_added(db, 6)

    assert key.first_seq == 4
    assert (checked(db).whole, checked(db).unchecked) == (True, 0)


def test_entries_under_a_lost_key_are_said_to_be_unchecked(db: Database) -> None:
    people_added(db, 3)
    db.log_keys.path.unlink()
    begin_new_key(db, SYSTEM)

    state = checked(db)

    assert (state.unchecked, state.first_bad, state.whole) == (3, None, False)


def test_a_stranger_is_refused_and_the_refusal_logged(db: Database) -> None:
    people_added(db, 1)

    with pytest.raises(CodedeskError, match="not an active user"):
        sign_in(db, "stranger")

    entry = logged(db, "refused")[-1]
    assert (entry.actor, entry.detail["asked"]) == ("stranger", "login")


def test_a_chart_that_somebody_has_is_refused_and_the_refusal_logged(
    demo: Database, coder: Actor, another_coder: Actor
) -> None:
    chart = open_next(demo, coder, "Clinic")
    assert chart

    with pytest.raises(CodedeskError):
        open_chart(demo, another_coder, chart.work_item_id)

    entry = logged(demo, "refused")[-1]
    assert (entry.actor, entry.target_id) == (another_coder.login, chart.work_item_id)


def test_who_opened_a_chart_is_told_with_names_and_is_itself_logged(demo: Database, coder: Actor) -> None:
    chart = open_next(demo, coder, "Clinic")
    assert chart
    with demo.reading() as session:
        visit = session.get_one(Encounter, chart.encounter_id).visit_number

    events = who_opened(demo, SYSTEM, visit)

    assert {"chart.open", "chart.view", "intake.encounter"} <= {event.action for event in events}
    assert [event.name for event in events if event.action == "chart.view"] == [coder.name]
    assert last_entries(demo, SYSTEM, 1)[0].action == "log.opened"


def test_opening_a_chart_and_logging_it_are_one_transaction(demo: Database, coder: Actor) -> None:
    with demo.reading() as session:
        item = session.exec(select(WorkItem).where(WorkItem.worklist == "Clinic")).first()
    assert item
    attacks.attack(demo, lambda connection: connection.exec_driver_sql("DELETE FROM site_fact"))
    demo.log_keys.path.write_text("no key")

    with pytest.raises(LogKeyUnusable):
        open_chart(demo, coder, item.id)

    with demo.reading() as session:
        assert session.get_one(WorkItem, item.id).claimed_by is None


NOT_A_LOOK = {
    "as_found": "which list is shown, and how long it is",
    "chart_head": "part of a chart, whose opening is logged by store.coding",
    "chart_documents": "part of a chart",
    "chart_charges": "part of a chart",
    "chart_coverages": "part of a chart",
    "source_codes": "part of a chart",
    "held_by": "the person who has a chart open, and nothing of the chart",
    "coding_codes": "part of a chart",
    "audit_findings": "part of an audit, whose look is logged",
    "audit_history": "part of an audit",
    "audit_sides": "part of an audit",
    "audited_after_bill": "part of a chart",
    "answer_to_read": "part of a chart",
    "physicians": "people of the site and of the chart that is put on hold, and nothing of its patient",
    "sample_list": "numbers",
    "coding_defaults": "part of a chart",
    "draft_of": "what the person typed at an open chart",
    "late_of": "part of a chart",
    "surroundings_of": "part of a chart: its payer, and what other claims of its own patient bill",
    "late_charges": "part of a chart",
    "changes_in": "part of a chart",
    "texts_of": "part of a chart, for the lint of its query",
    "encounter_of": "numbers",
    "last_visit": "part of a chart: its own patient, whose chart is open",
    "risk_patient": "part of a chart; the command line logs by itself",
    "coded_diagnoses": "part of a chart; the command line logs by itself",
    "codings_of": "the command line, which logs by itself",
    "tasks_of": "ids",
    "work_item_of": "an id",
    "facility_task": "an id",
    "claim_counts": "numbers",
    "answer_counts": "numbers",
    "claim_views": "a person's own views",
    "account_id_by_number": "an id",
    "deposit_list": "money of payers, no patient",
    "takeback_list": "money of payers, no patient",
    "unapplied_of": "a row of a list whose look is logged",
    "takeback_of": "money of payers, no patient",
    "partner_rows": "no patient",
    "claim_id_of": "an id",
    "remittance_id_of": "an id",
    "acknowledgment_id_of": "an id",
    "open_charts_by_code": "numbers",
    "favorites_of": "a person's own codes, no patient",
    "rejections": "part of a chart",
    "person_of": "staff, no patient",
    "staff": "staff, no patient",
    "provider_names": "clinicians, no patient",
    "worklist_rows": "the command line, which logs by itself",
    "worklist_count": "a number",
    "worklist_ids": "ids",
    "left_open": "a chart that the person has open already",
    "page_around": "the same list read again under the cursor",
    "worklist_counts": "numbers",
    "why_here": "more of a row of a list whose look is logged",
    "units_today": "a number",
    "rule_changes": "rules, no patient",
    "rule_firings": "numbers",
    "rule_scopes": "whom rules are for, no patient",
    "rule_versions": "rules, no patient",
    "holds_of_chart": "part of a chart",
    "hold_counts": "numbers",
    "queries_of_chart": "part of a chart",
    "own_figures": "a person's own numbers",
    "version_in_force": "worklists, no patient",
    "waiting_worklists": "worklists, no patient",
    "version_content": "worklists, no patient",
    "worklist_versions": "worklists, no patient",
    "worklist_steps": "worklists, no patient",
    "saved_views": "a person's own views, no patient",
    "usable_views": "saved views, no patient",
    "skills_of": "staff, no patient",
}


def test_every_look_of_a_desk_takes_what_its_query_takes() -> None:
    modules = {name: module for module in (*MODULES, audits, ledger, behind) for name in vars(module)}
    looked = {name: inspect.signature(getattr(desk_looks, name)) for name in looks.looking() - {"worklist_page"}}

    queries = {name: list(inspect.signature(getattr(modules[name], name)).parameters)[1:] for name in looked}

    assert {name: list(signature.parameters) for name, signature in looked.items()} == queries


MODULES = [
    *(acks, charts, claims, code_use, codings, denials, favorites, figures, holds, last_visit, people),
    *(provider_queries, quarantine, remits, rules, saved_views, suggestions, unapplied, worklist_rules, worklists),
]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_every_query_is_a_look_or_says_why_it_is_none(module: ModuleType) -> None:
    queries = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and next(iter(inspect.signature(function).parameters), "") == "reader"
        if not name.startswith("_")
    }

    assert queries <= looks.looking() | set(NOT_A_LOOK)


def test_no_anchor_is_added_after_one_that_the_log_does_not_reach(db: Database, tmp_path: Path) -> None:
    people_added(db)
    anchors = tmp_path / "anchors"
    write_anchor(db, SYSTEM, (str(anchors),))
    evidence = anchors.read_text()
    attacks.attack(db, attacks.truncate)

    with pytest.raises(AnchorRefused, match="entry 8: the log ends here, but by the anchor of .* it reached 10"):
        write_anchor(db, SYSTEM, (str(anchors),))

    assert anchors.read_text() == evidence


def test_the_configured_anchors_are_asked_whatever_place_is_named(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_added(db)
    monkeypatch.setenv("CODEDESK_LOG_ANCHOR", str(tmp_path / "anchors"))
    write_anchor(db, SYSTEM, (str(tmp_path / "anchors"),))
    attacks.attack(db, attacks.truncate)
    for number in range(5):
        add_person(db, SYSTEM, f"more{number}", "More", Role.CODER)

    with pytest.raises(AnchorRefused, match="entry 10: the anchor of .* has another hash for it"):
        write_anchor(db, SYSTEM, (str(tmp_path / "other"),))

    assert not (tmp_path / "other").exists()


def test_faults_after_the_first_are_named_too(db: Database) -> None:
    people_added(db)

    def edit_two(connection: Connection) -> None:
        attacks.edit(connection)
        connection.exec_driver_sql("UPDATE log_entry SET actor = 'eve' WHERE seq = 9")

    attacks.attack(db, edit_two)

    assert [fault.seq for fault in checked(db).faults] == [5, 9]


def test_a_log_that_was_emptied_is_not_whole_however_long_it_grows_again(demo: Database) -> None:
    attacks.attack(demo, lambda connection: connection.exec_driver_sql("DELETE FROM log_entry"))

    people_added(demo, 3)

    state = checked(demo)
    assert (state.first_bad, state.entries) == (1, 4)
    assert "was emptied" in state.reason


@pytest.mark.sqlite_only
def test_a_log_that_was_emptied_with_the_fact_of_its_key_is_not_whole(demo: Database) -> None:
    def empty(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM log_entry")
        connection.exec_driver_sql("DELETE FROM site_fact")

    attacks.attack(demo, empty)

    people_added(demo, 3)

    assert "was emptied" in checked(demo).reason


def test_a_log_without_an_entry_has_no_key_to_take_over_from(db: Database) -> None:
    with pytest.raises(LogKeyUnusable, match="the log is empty"):
        begin_new_key(db, SYSTEM)

    assert not db.log_keys.path.exists()
