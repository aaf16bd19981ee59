"""One step for many charts: looked at first, carried out as one operation, and each chart in the log."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import Actor, NotAllowed
from store.coding.opening import open_next
from store.database import Database, operation_id
from store.holds import HoldRefused, hold
from store.models import Hold, LogEntry, WorkItem, WorkSkip
from store.queries import SessionReader
from store.queries.worklists import Listing, worklist_ids, worklist_rows
from store.terms import Role, WorkStatus
from store.worklists.assigning import reassign
from store.worklists.bulk import (
    MOST_AT_ONCE,
    TooMany,
    clear_all,
    clearable,
    hold_all,
    holdable,
    skip_all,
    skippable,
    sort_out,
)
from store.worklists.states import ChartUnavailable
from tests.conftest import _somebody

pytestmark = pytest.mark.both_databases

PENDING = "clarification"


@pytest.fixture
def clinic(demo: Database) -> list[str]:
    """The charts of the clinic's list, in its order."""
    with demo.reading() as session:
        return worklist_ids(SessionReader(session), Listing("Clinic"), 100)


def statuses(db: Database, ids: list[str]) -> list[WorkStatus]:
    with db.reading() as session:
        return [session.get_one(WorkItem, one).status for one in ids]


def logged(db: Database, operation: str) -> list[LogEntry]:
    with db.reading() as session:
        return list(session.exec(select(LogEntry).where(LogEntry.operation_id == operation)))


def test_all_ids_of_a_list_come_in_its_order(demo: Database, clinic: list[str]) -> None:
    with demo.reading() as session:
        rows = worklist_rows(SessionReader(session), Listing("Clinic"))
        first = worklist_ids(SessionReader(session), Listing("Clinic"), 3)

    assert clinic == [row.id for row in rows] and first == clinic[:3]


def test_a_look_says_how_many_a_step_changes_and_why_others_stay(
    demo: Database, coder: Actor, clinic: list[str]
) -> None:
    opened = open_next(demo, _somebody(demo, Role.CODER, 1), "Clinic")
    hold(demo, coder, clinic[3], PENDING)
    assert opened is not None

    with demo.reading() as session:
        to_hold = sort_out(session, clinic[:5], holdable, coder.person_id)
        to_skip = sort_out(session, clinic[:5], skippable, coder.person_id)
        to_clear = sort_out(session, [*clinic[:5], "W-none"], clearable, coder.person_id)

    assert opened.work_item_id in clinic[:5] and to_hold.words == "4 charts; 1 stay: 1 open by another"
    assert to_skip.stay == {"open by another": 1, "on hold": 1} and len(to_skip.items) == 3
    assert to_clear.items == (clinic[3],) and to_clear.stay == {"not on hold": 4, "not there": 1}


def test_many_are_held_as_one_operation_that_is_not_carried_out_twice(
    demo: Database, coder: Actor, clinic: list[str]
) -> None:
    operation = operation_id()

    held = hold_all(demo, coder, clinic[:4], PENDING, operation_id=operation)
    again = hold_all(demo, coder, clinic[:4], PENDING, operation_id=operation)

    with demo.reading() as session:
        holds = session.exec(select(Hold).where(Hold.work_item_id.in_(clinic[:4]))).all()  # type: ignore[attr-defined]
    assert held == again == len(holds) == 4 and set(statuses(demo, clinic[:4])) == {WorkStatus.ON_HOLD}
    assert sorted(entry.target_id for entry in logged(demo, operation)) == sorted(clinic[:4])


def test_a_refused_reason_holds_nothing(demo: Database, coder: Actor, clinic: list[str]) -> None:
    with pytest.raises(HoldRefused):
        hold_all(demo, coder, clinic[:4], "operative-report")

    assert set(statuses(demo, clinic[:4])) == {WorkStatus.READY}


def test_clearing_makes_held_charts_ready_and_leaves_the_others(
    demo: Database, coder: Actor, clinic: list[str]
) -> None:
    hold_all(demo, coder, clinic[:3], PENDING)
    hold(demo, coder, clinic[0], "device-log")

    cleared = clear_all(demo, coder, clinic[:5])

    assert cleared == 3 and set(statuses(demo, clinic[:5])) == {WorkStatus.READY}


def test_many_are_skipped_with_one_reason(demo: Database, coder: Actor, clinic: list[str]) -> None:
    skipped = skip_all(demo, coder, clinic[:3], "not my specialty")

    with demo.reading() as session:
        skips = session.exec(select(WorkSkip)).all()
    assert skipped == 3 and {one.reason for one in skips} == {"not my specialty"}
    with pytest.raises(ChartUnavailable, match="with a reason"):
        skip_all(demo, coder, clinic[:3], "  ")


def test_a_step_takes_no_more_than_it_can_and_asks_for_the_right(demo: Database, clinic: list[str]) -> None:
    biller = _somebody(demo, Role.BILLER)

    with pytest.raises(NotAllowed):
        skip_all(demo, biller, clinic[:1], "x")
    with pytest.raises(TooMany), demo.reading() as session:
        sort_out(session, [str(number) for number in range(MOST_AT_ONCE + 1)], holdable, None)


def test_giving_marked_charts_away_says_which_stay(demo: Database, coder: Actor, clinic: list[str]) -> None:
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None

    with demo.reading() as session:
        plan = reassign(session, clinic[:4], "")

    assert plan.charts == 3 and plan.words == "3 to everybody, 1 stay: open or finished"
