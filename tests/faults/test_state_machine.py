"""Anything in any order: the record is what a model says, and the same runs find faults planted in the store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlmodel import select

from codesets.catalog import Reference
from store import worklists
from store.coding import entering, finishing, in_work
from store.database import Change, Database
from store.holds import desk as holds_desk
from store.models import Coding, WorkItem
from store.terms import CodingStatus, WorkStatus
from store.worklists import leases
from tests.faults.machine import Desk

pytestmark = pytest.mark.thorough

MEMORY = Path("/dev/shm")


@pytest.fixture
def desk(
    empty_record: Path, reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[Desk]]:
    """The state machine, on records in memory; what syncing does is for the power cuts."""
    monkeypatch.setenv("CODEDESK_AUTHENTICATED_ONLY", "false")
    monkeypatch.setenv("CODEDESK_TODAY", "2026-09-14")
    from store import database

    pragmas = tuple(pragma for pragma in database.PRAGMAS if not pragma.startswith("synchronous"))
    monkeypatch.setattr(database, "PRAGMAS", (*pragmas, "synchronous=OFF"))
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else tmp_path))

    class Here(Desk):
        blank = empty_record

    Here.reference, Here.folder = reference, folder
    yield Here
    shutil.rmtree(folder)


def run(desk: type[Desk], examples: int, steps: int) -> None:
    """Do rules of the machine in any order; its rules and invariants assert, and raise what they find."""
    run_state_machine_as_test(
        desk,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_is_done_in_whatever_order_the_record_is_right(desk: type[Desk], rounds: int) -> None:
    run(desk, 300 if rounds else 15, 40)


def no_expiry(patch: pytest.MonkeyPatch) -> None:
    """A lease never runs out."""
    patch.setattr(leases, "now", lambda: "2000-01-01T00:00:00.000Z")


def no_owner(patch: pytest.MonkeyPatch) -> None:
    """Whoever knows a coding may change it."""

    def held_draft(change: Change, coding_id: str, seen_version: int | None = None) -> tuple[Coding, WorkItem]:
        coding = change.session.get(Coding, coding_id)
        assert coding is not None
        if coding.status != CodingStatus.DRAFT or seen_version not in (None, coding.row_version):
            raise in_work.CodingRefused("changed")
        item = in_work.task_of(change.session, coding)
        item.claimed_until = leases.later(15)
        return coding, item

    for module in (entering, finishing):
        patch.setattr(module, "held_draft", held_draft)


def no_version(patch: pytest.MonkeyPatch) -> None:
    """The second saver overwrites the first."""
    real = in_work.held_draft
    patch.setattr(entering, "held_draft", lambda change, coding_id, seen_version=None: real(change, coding_id))


def no_log(patch: pytest.MonkeyPatch) -> None:
    """A change of codes is not logged."""
    real = Change.log

    def log(self: Change, action: str, kind: str = "", target: str = "", /, **detail: object) -> None:
        if action != "coding.enter":
            real(self, action, kind, target, **detail)

    patch.setattr(Change, "log", log)


def no_operation(patch: pytest.MonkeyPatch) -> None:
    """A retry does everything again."""
    real = Database.change
    patch.setattr(Database, "change", lambda self, actor, operation=None, action="", **how: real(self, actor, **how))


def twice_given(patch: pytest.MonkeyPatch) -> None:
    """Get-next gives a chart that somebody has."""
    real = worklists.next_item

    def next_item(change: Change, worklist: str) -> WorkItem | None:
        for item in change.session.exec(select(WorkItem).where(WorkItem.status == WorkStatus.IN_PROGRESS)):
            item.status = WorkStatus.READY
        change.session.flush()
        return real(change, worklist)

    patch.setattr(worklists, "next_item", next_item)


def lost_in_merge(patch: pytest.MonkeyPatch) -> None:
    """A merge leaves the visits with the patient who is gone."""
    from store import merges

    real = merges.select
    patch.setattr(
        merges, "select", lambda *what: real(*what).where(False) if what[0] is merges.Encounter else real(*what)
    )


def held_forever(patch: pytest.MonkeyPatch) -> None:
    """Clearing a hold leaves the chart on hold."""
    real = worklists.move
    patch.setattr(
        holds_desk,
        "move",
        lambda item, status: None if item.status == WorkStatus.ON_HOLD and status == "ready" else real(item, status),
    )


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (no_expiry, "not the leases that ran out|it was refused: another coder has this chart"),
        (no_owner, "was not refused"),
        (no_version, "was not refused"),
        (no_log, "a change of codes is not in the log"),
        (no_operation, "was taken for something new|codes are others|another state|was refused|the log does not tell"),
        (twice_given, "not the first chart that is ready"),
        (lost_in_merge, "a visit is with the wrong patient"),
        (held_forever, "a chart is in another state"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_planted_fault_is_found(
    desk: type[Desk], planted: Callable[[pytest.MonkeyPatch], None], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch)

    with pytest.raises(AssertionError, match=found):
        run(desk, 600, 40)
