"""The abstract of a visit: what may be set, what it must look like, and that two who set it both see it."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.abstracting import AbstractChanged, AbstractRefused, abstract_of, set_abstract
from store.actors import Actor
from store.database import Database, operation_id
from store.models import Encounter, LogEntry
from store.queries import SessionReader
from tui.cli import main

pytestmark = pytest.mark.both_databases

FIELD = "discharge_disposition"


@pytest.fixture
def visit(demo: Database) -> Encounter:
    with demo.reading() as session:
        return session.exec(select(Encounter).order_by(Encounter.visit_number)).first()


def now(db: Database, visit: Encounter) -> dict[str, str]:
    with db.reading() as session:
        return abstract_of(SessionReader(session), visit.id)


def test_a_field_is_set_and_the_log_has_both_values(demo: Database, clerk: Actor, visit: Encounter) -> None:
    before = now(demo, visit)

    set_abstract(demo, clerk, visit.id, {FIELD: "06"}, before)

    assert now(demo, visit) == before | {FIELD: "06"}
    with demo.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "encounter.abstract")).one()
    assert (entry.detail["before"], entry.detail["after"]) == ({FIELD: before[FIELD]}, {FIELD: "06"})


def test_a_field_that_somebody_else_set_is_not_overwritten(
    demo: Database, coder: Actor, clerk: Actor, visit: Encounter
) -> None:
    seen = now(demo, visit)
    set_abstract(demo, clerk, visit.id, {FIELD: "06"}, seen)

    with pytest.raises(AbstractChanged) as told:
        set_abstract(demo, coder, visit.id, {FIELD: "02"}, seen)

    (one,) = told.value.differences
    assert (one.label, one.theirs, one.yours, one.side) == ("disposition", "06", "02", None)
    assert now(demo, visit)[FIELD] == "06"


def test_two_who_set_different_fields_do_not_meet(demo: Database, coder: Actor, clerk: Actor, visit: Encounter) -> None:
    seen = now(demo, visit)
    set_abstract(demo, clerk, visit.id, {FIELD: "06"}, seen)

    set_abstract(demo, coder, visit.id, {"accident_date": "2026-08-01"}, seen)

    assert now(demo, visit) == seen | {FIELD: "06", "accident_date": "2026-08-01"}


def test_the_same_operation_again_changes_nothing(demo: Database, clerk: Actor, visit: Encounter) -> None:
    seen, once = now(demo, visit), operation_id()

    told = {set_abstract(demo, clerk, visit.id, {FIELD: "06"}, seen, once) for _ in range(2)}

    assert len(told) == 1
    with demo.reading() as session:
        assert len(session.exec(select(LogEntry).where(LogEntry.action == "encounter.abstract")).all()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [(FIELD, "1"), (FIELD, "home"), ("admission_type", "12"), ("accident_date", "yesterday"), ("mrn", "1")],
)
def test_what_a_field_cannot_take_is_refused(
    demo: Database, clerk: Actor, visit: Encounter, field: str, value: str
) -> None:
    with pytest.raises(AbstractRefused):
        set_abstract(demo, clerk, visit.id, {field: value}, {})


def test_the_command_line_sets_and_keeps_what_was_not_expected(
    demo: Database, visit: Encounter, capsys: pytest.CaptureFixture[str]
) -> None:
    first = main(["encounters", "set", visit.id, f"{FIELD}=06"])
    second = main(["encounters", "set", visit.id, f"{FIELD}=02", "--was", f"{FIELD}=01"])

    said = capsys.readouterr()
    assert (first, second) == (0, 1)
    assert "disposition 06" in said.out
    assert "theirs 06, yours 02" in said.err
    assert now(demo, visit)[FIELD] == "06"
