"""Kill -9 at any moment, and many at once: nothing acknowledged is lost or half done, no chart is given twice."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database, DatabaseUnusable, open_database
from store.models import LogEntry, Operation, WorkItem
from store.worklists import sweep_leases
from tests.faults.conftest import a_coder
from tests.faults.forks import ended, forked
from tests.faults.holding import faults_of, twice_given
from tests.faults.work import work

SEED = 20260914
CODERS = 5


def coding(url: str, tell: int, number: int) -> int:
    """Work without end, telling each acknowledged operation as a line on a pipe."""
    db = open_database(url)
    coder = a_coder(db, number)
    os.write(tell, b"ready\n")
    for _ in work(db, coder, lambda operation: os.write(tell, f"{operation}\n".encode()) and None):
        pass
    return 0


def acknowledged_until_killed(url: str, operations: int, seconds: float) -> list[str]:
    """Let a coder do some operations, wait into the next one, kill -9; what had been acknowledged by then."""
    reading, writing = os.pipe()
    child = forked(lambda: coding(url, writing, 0))
    os.close(writing)
    with os.fdopen(reading) as lines:
        assert lines.readline() == "ready\n"
        acknowledged = [lines.readline().strip() for _ in range(operations)]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
        return acknowledged + [line.strip() for line in lines if line.endswith("\n")]


def freed(db: Database) -> None:
    """Let the leases of the dead run out, so that the next one finds charts."""
    with db.change(SYSTEM) as change:
        for item in change.session.exec(select(WorkItem).where(WorkItem.claimed_until.is_not(None))):
            item.claimed_until = "2000-01-01T00:00:00.000Z"
    sweep_leases(db, SYSTEM)


def test_a_kill_at_any_moment_loses_nothing_and_leaves_nothing_half_done(demo_url: str, rounds: int) -> None:
    chance = random.Random(SEED)
    acknowledged: list[str] = []
    wrong: list[str] = []

    for _ in range(200 if rounds else 12):
        acknowledged += acknowledged_until_killed(demo_url, chance.randrange(6), chance.uniform(0.0, 0.03))
        db = open_database(demo_url)
        wrong += faults_of(db, acknowledged)
        freed(db)
        db.close()

    assert wrong == []
    assert len(acknowledged) > 12, "the kills came before anything was done"


@pytest.mark.both_databases
def test_many_at_once_are_never_given_the_same_chart_and_never_told_to_wait(demo_url: str, rounds: int) -> None:
    done: list[int] = []
    acknowledged: list[str] = []
    pipes = [os.pipe() for _ in range(CODERS)]
    children = [
        forked(lambda number=number, pipe=pipe: coding(demo_url, pipe[1], number)) for number, pipe in enumerate(pipes)
    ]
    told = [os.fdopen(reading) for reading, _ in pipes]
    for lines, (_, writing) in zip(told, pipes, strict=True):
        os.close(writing)
        assert lines.readline() == "ready\n"
    for _ in range(40 if rounds else 6):
        acknowledged += [lines.readline().strip() for lines in told]
    for child in children:
        os.kill(child, signal.SIGTERM)
        done.append(ended(child))
    for lines in told:
        with lines:
            acknowledged += [line.strip() for line in lines if line.endswith("\n")]

    assert set(done) == {-signal.SIGTERM}, "a coder ended by an error"
    db = open_database(demo_url)  # only now: a connection must not cross a fork
    assert faults_of(db, acknowledged) == []
    with db.reading() as session:
        assert twice_given(session.exec(select(LogEntry).order_by(LogEntry.seq)).all()) == []
        assert len(session.exec(select(Operation.id)).all()) >= len(acknowledged) > CODERS
    db.close()


def test_a_record_that_a_killed_session_had_open_needs_no_mending(demo_url: str) -> None:
    acknowledged_until_killed(demo_url, 3, 0.0)

    try:
        open_database(demo_url).close()
    except DatabaseUnusable as error:
        pytest.fail(f"it does not open: {error.message}")
