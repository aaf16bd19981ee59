"""A state machine over the real store: two coders and a clock that jumps do anything in any order, with any chart they
were ever given; after each step the record must be what a model of thirty lines says, and the log must explain it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codesets.catalog import Reference
from codesets.errors import CodedeskError
from store.actors import SYSTEM, Actor
from store.coding.codes import Defaults
from store.coding.entering import Entered, enter, undo
from store.coding.entry import AddDiagnosis
from store.coding.finishing import finalize
from store.coding.opening import OpenedChart, open_chart, open_next
from store.coding.reopening import take_back
from store.database import Database, open_database, operation_id
from store.holds import clear_holds, hold
from store.log import FIRST_HASH
from store.merges import merge_patients
from store.models import Account, Document, Encounter, Patient, Person, WorkItem, columns
from store.sqlite import driver
from store.terms import CodingKind, Role, Setting
from store.worklists import release, sweep_leases

T = TypeVar("T")

CODES = ("I10", "R07.9", "K21.9", "M54.50")
LEASE = timedelta(minutes=15)
CHARTS = 3
NUMBERS = st.integers(0, 99)
START = datetime(2026, 9, 14, 12, tzinfo=UTC)


@dataclass
class Chart:
    """What the model knows of one chart."""

    status: str = "ready"
    holder: str | None = None
    until: datetime | None = None
    codes: list[str] = field(default_factory=list)
    undoable: list[list[str]] = field(default_factory=list)
    version: int | None = None
    """Of the coding's row as last answered; None: it has changed since."""


class Desk(RuleBasedStateMachine):
    """Claim, code, hold, finish, take back, merge; every step is checked against the model."""

    blank: Path
    """A record without a row; every run works on a copy."""

    reference: Reference
    folder: Path
    """Where the copies lie, best in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.file = self.place / "workstation.sqlite"
        shutil.copy(self.blank, self.file)
        self.clock = START
        self.real_clock, columns.clock = columns.clock, lambda: self.clock
        self.db: Database = open_database(f"sqlite:///{self.file}")
        self.raw = driver.connect(self.file, isolation_level=None)
        self.charts = {f"W{number}": Chart() for number in range(CHARTS)}
        self.patients = {f"P{number}": f"P{number}" for number in range(CHARTS)}
        self.given: list[tuple[Actor, OpenedChart]] = []
        self.versions: list[tuple[str, int]] = []
        self.operations: list[tuple[str, Callable[[str], object]]] = []
        self.seq, self.head = 0, FIRST_HASH
        self.told: dict[str, tuple[str, str | None]] = dict.fromkeys(self.charts, ("ready", None))
        """State and holder of each chart as the log tells it."""

    def teardown(self) -> None:
        self.raw.close()
        self.db.close()
        columns.clock = self.real_clock
        shutil.rmtree(self.place)

    @initialize()
    def site(self) -> None:
        with self.db.change(SYSTEM) as change:
            self.people = [Person(id=name, login=name, name=name, role=Role.CODER) for name in ("ana", "bo")]
            change.session.add_all(self.people)
            for number in range(CHARTS):
                patient = Patient(
                    id=f"P{number}", source="s", mrn=f"M{number}", family_name=f"F{number}", given_name="G"
                )
                change.session.add(patient)
                change.session.flush()
                account = Account(id=f"A{number}", source="s", account_number=f"A{number}", patient_id=patient.id)
                change.session.add(account)
                change.session.flush()
                encounter = Encounter(
                    id=f"E{number}",
                    source="s",
                    visit_number=f"V{number}",
                    setting=Setting.CLINIC,
                    started_at="2026-09-01",
                    service_date="2026-09-01",
                    patient_id=patient.id,
                    account_id=account.id,
                )
                change.session.add(encounter)
                change.session.flush()
                # A visit without a document is not ready: it would wait in a worklist of its own.
                change.session.add(
                    Document(encounter_id=encounter.id, document_number="D", type_name="Note", text="Seen.", sha256="")
                )
                change.session.add(
                    WorkItem(
                        id=f"W{number}", encounter_id=encounter.id, kind=CodingKind.PROFESSIONAL, worklist="Clinic"
                    )
                )
            change.log("site.made")
        self.actors = [Actor(name, Role.CODER, name, name) for name in ("ana", "bo")]

    @rule(who=NUMBERS)
    def take(self, who: int) -> None:
        actor = self._actor(who)
        ready = sorted(item for item, chart in self.charts.items() if chart.status == "ready")
        chart = self._do(lambda operation: open_next(self.db, actor, "Clinic", operation))
        assert (chart.work_item_id if chart else None) == (ready[0] if ready else None), (
            "not the first chart that is ready"
        )
        if chart:
            self._claimed(actor, chart)

    @rule(who=NUMBERS, which=NUMBERS)
    def open(self, who: int, which: int) -> None:
        actor, (item, chart) = self._actor(who), self._chart(which)
        theirs = chart.status == "in_progress" and chart.holder != actor.login and self._runs(chart)
        if chart.status == "on_hold" or theirs:
            self._refused(lambda: open_chart(self.db, actor, item))
            return
        opened = self._do(lambda operation: open_chart(self.db, actor, item, operation))
        if chart.status == "final":
            self.given.append((actor, opened))
        else:
            self._claimed(actor, opened)

    @precondition(lambda self: self.given)
    @rule(token=NUMBERS, code=st.sampled_from(CODES), seen=st.none() | NUMBERS)
    def code(self, token: int, code: str, seen: int | None) -> None:
        self._code(*self._given(token), code, seen)

    @precondition(lambda self: self._held())
    @rule(token=NUMBERS, code=st.sampled_from(CODES), seen=NUMBERS)
    def code_on(self, token: int, code: str, seen: int) -> None:
        """Coders mostly code, and each of their screens remembers a version: without this, few runs come so far."""
        held = self._held()
        self._code(*held[token % len(held)], code, seen)

    def _code(self, actor: Actor, opened: OpenedChart, code: str, seen: int | None) -> None:
        chart = self.charts[opened.work_item_id]
        mine = [version for item, version in self.versions if item == opened.work_item_id]
        version = mine[seen % len(mine)] if seen is not None and mine else None
        stale = version is not None and version != chart.version

        def do(operation: str | None = None) -> Entered:
            entry = AddDiagnosis(code, None, "")
            return enter(
                self.db, actor, opened.coding_id, entry, Defaults("2026-09-01"), "", operation, seen_version=version
            )

        if chart.status == "final" or not self._mine(actor, chart) or stale or code in chart.codes:
            self._refused(do)
            return
        entered = self._do(do)
        chart.undoable.append(list(chart.codes))
        chart.codes.append(code)
        self._changed(chart, opened.work_item_id, entered.version)

    @precondition(lambda self: self.given)
    @rule(token=NUMBERS)
    def undo(self, token: int) -> None:
        actor, opened = self._given(token)
        chart = self.charts[opened.work_item_id]
        if chart.status == "final" or not self._mine(actor, chart) or not chart.undoable:
            self._refused(lambda: undo(self.db, actor, opened.coding_id))
            return
        entered = self._do(lambda operation: undo(self.db, actor, opened.coding_id, operation))
        chart.codes = chart.undoable.pop()
        self._changed(chart, opened.work_item_id, entered.version)

    @precondition(lambda self: self.given)
    @rule(token=NUMBERS)
    def release(self, token: int) -> None:
        actor, opened = self._given(token)
        chart = self.charts[opened.work_item_id]
        self._do(lambda operation: release(self.db, actor, opened.work_item_id, operation))
        if self._mine(actor, chart):
            chart.status, chart.holder, chart.until = "ready", None, None

    @precondition(lambda self: self.given)
    @rule(token=NUMBERS)
    def finish(self, token: int) -> None:
        actor, opened = self._given(token)
        chart = self.charts[opened.work_item_id]
        if chart.status == "final" or not self._mine(actor, chart) or not chart.codes:
            self._refused(lambda: finalize(self.db, self.reference, actor, opened.coding_id))
            return
        self._do(lambda operation: finalize(self.db, self.reference, actor, opened.coding_id, operation))
        chart.status, chart.until, chart.version = "final", None, None

    @precondition(lambda self: self.given)
    @rule(token=NUMBERS)
    def take_back(self, token: int) -> None:
        actor, opened = self._given(token)
        chart = self.charts[opened.work_item_id]
        if chart.status != "final":
            self._refused(lambda: take_back(self.db, actor, opened.coding_id))
            return
        self._do(lambda operation: take_back(self.db, actor, opened.coding_id, operation))
        chart.status, chart.holder, chart.until, chart.version = "in_progress", actor.login, self.clock + LEASE, None

    @rule(who=NUMBERS, which=NUMBERS)
    def hold(self, who: int, which: int) -> None:
        actor, (item, chart) = self._actor(who), self._chart(which)
        if chart.status == "final":
            self._refused(lambda: hold(self.db, actor, item, "signature", "records"))
            return
        self._do(lambda operation: hold(self.db, actor, item, "signature", "records", "", operation))
        chart.status, chart.holder, chart.until = "on_hold", None, None

    @rule(who=NUMBERS, which=NUMBERS)
    def clear(self, who: int, which: int) -> None:
        actor, (item, chart) = self._actor(who), self._chart(which)
        self._do(lambda operation: clear_holds(self.db, actor, item, operation))
        if chart.status == "on_hold":
            chart.status = "ready"

    @rule(seconds=st.sampled_from([1, 899, 901, -600]))
    def clock_jumps(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        over = [c for c in self.charts.values() if c.status == "in_progress" and c.until and c.until < self.clock]
        assert sweep_leases(self.db, SYSTEM) == len(over), "not the leases that ran out"
        for chart in over:
            chart.status, chart.holder, chart.until = "ready", None, None

    @rule(one=NUMBERS, other=NUMBERS)
    def merge(self, one: int, other: int) -> None:
        gone, kept = f"P{one % CHARTS}", f"P{other % CHARTS}"
        if self.patients[gone] != gone or self._root(gone) == self._root(kept):
            self._refused(lambda: merge_patients(self.db, SYSTEM, gone, kept, reason="they are one by their papers"))
            return
        self._do(
            lambda operation: merge_patients(
                self.db, SYSTEM, gone, kept, operation, reason="they are one by their papers"
            )
        )
        self.patients[gone] = self._root(kept)

    @precondition(lambda self: self.operations)
    @rule(which=NUMBERS)
    def retry(self, which: int) -> None:
        """The answer was lost on the way: the same operation is sent again."""
        operation, again = self.operations[which % len(self.operations)]
        try:
            again(operation)
        except CodedeskError as error:
            raise AssertionError("a retry was taken for something new") from error

    @invariant()
    def the_record_is_what_the_model_says(self) -> None:
        rows = self.raw.execute("SELECT id, status, claimed_by, claimed_until FROM work_item ORDER BY id").fetchall()
        for item, status, holder, until in rows:
            chart = self.charts[item]
            expected = (chart.status, columns.moment(chart.until) if chart.until else None)
            assert (status, until) == expected, "a chart is in another state"
            assert holder == chart.holder or status == "final", "a chart is somebody else's"
        stored: dict[str, list[str]] = {item: [] for item in self.charts}
        query = """SELECT w.id, f.code FROM final_diagnosis f JOIN coding c ON c.id = f.coding_id
                   JOIN work_item w ON w.encounter_id = c.encounter_id AND w.kind = c.kind ORDER BY f.sequence"""
        for item, code in self.raw.execute(query):
            stored[item].append(code)
        assert stored == {item: chart.codes for item, chart in self.charts.items()}, "the codes are others"
        for encounter, patient in self.raw.execute("SELECT id, patient_id FROM encounter"):
            assert patient == self._root(encounter.replace("E", "P")), "a visit is with the wrong patient"

    @invariant()
    def the_log_explains_it(self) -> None:
        query = "SELECT seq, actor, action, target_id, previous_hash, hash FROM log_entry WHERE seq > ? ORDER BY seq"
        for seq, actor, action, target, previous, digest in self.raw.execute(query, (self.seq,)).fetchall():
            assert (seq, previous) == (self.seq + 1, self.head), "the chain is broken"
            self.seq, self.head = seq, digest
            self._tell(actor, action, target)
        for item, chart in self.charts.items():
            held = chart.holder if chart.status == "in_progress" else None
            assert self.told[item] == (chart.status, held), "the log does not tell how it came to this"
        changes = self.raw.execute("SELECT count(*) FROM log_entry WHERE action IN ('coding.enter', 'coding.undo')")
        steps = self.raw.execute("SELECT sum(changes) FROM (SELECT row_version - 1 AS changes FROM coding)").fetchone()
        finals = self.raw.execute(
            "SELECT count(*) FROM log_entry WHERE action IN ('coding.final', 'coding.take_back')"
        ).fetchone()
        assert (steps[0] or 0) == changes.fetchone()[0] + finals[0], "a change of codes is not in the log"

    def _tell(self, actor: str, action: str, target: str) -> None:
        if action == "chart.open":
            self.told[target] = ("in_progress", actor)
        elif action in ("chart.release", "chart.lease_ended", "chart.clear_holds"):
            self.told[target] = ("ready", None)
        elif action == "chart.hold":
            self.told[target] = ("on_hold", None)
        elif action in ("coding.final", "coding.take_back"):
            query = """SELECT w.id FROM coding c JOIN work_item w ON w.encounter_id = c.encounter_id
                       AND w.kind = c.kind WHERE c.id = ?"""
            item = self.raw.execute(query, (target,)).fetchone()[0]
            self.told[item] = ("final", None) if action == "coding.final" else ("in_progress", actor)

    def _renewed(self, chart: Chart) -> datetime:
        """When the lease of a chart ends after a sign of life of its holder: as before, where nearly all was left."""
        least, most = self.clock + LEASE * 0.9, self.clock + LEASE
        return chart.until if chart.until and least <= chart.until <= most else most

    def _actor(self, number: int) -> Actor:
        return self.actors[number % len(self.actors)]

    def _chart(self, number: int) -> tuple[str, Chart]:
        item = f"W{number % CHARTS}"
        return item, self.charts[item]

    def _given(self, number: int) -> tuple[Actor, OpenedChart]:
        return self.given[number % len(self.given)]

    def _held(self) -> list[tuple[Actor, OpenedChart]]:
        return [(actor, opened) for actor, opened in self.given if self._mine(actor, self.charts[opened.work_item_id])]

    def _runs(self, chart: Chart) -> bool:
        return chart.until is not None and chart.until > self.clock

    def _mine(self, actor: Actor, chart: Chart) -> bool:
        return chart.status == "in_progress" and chart.holder == actor.login

    def _claimed(self, actor: Actor, opened: OpenedChart) -> None:
        chart = self.charts[opened.work_item_id]
        mine = chart.status == "in_progress" and chart.holder == actor.login
        until = self._renewed(chart) if mine else self.clock + LEASE
        chart.status, chart.holder, chart.until = "in_progress", actor.login, until
        self.given.append((actor, opened))

    def _changed(self, chart: Chart, item: str, version: int) -> None:
        chart.version, chart.until = version, self._renewed(chart)
        self.versions.append((item, version))

    def _do(self, what: Callable[[str], T]) -> T:
        """Do something under an operation id, and remember it for a retry."""
        operation = operation_id()
        try:
            answer = what(operation)
        except CodedeskError as error:
            raise AssertionError(f"it was refused: {error.message}") from error
        self.operations.append((operation, what))
        return answer

    def _root(self, patient: str) -> str:
        while self.patients[patient] != patient:
            patient = self.patients[patient]
        return patient

    def _refused(self, do: Callable[[], object]) -> None:
        """Whatever is refused changes nothing, which the invariants see."""
        try:
            do()
        except CodedeskError:
            return
        raise AssertionError("it was not refused")
