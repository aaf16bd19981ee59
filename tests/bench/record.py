"""The record at the size of a site: 1,000,000 encounters, backup under load, upgrade, the log, and 50 coders at once.

Coders are processes that take a chart, enter codes and give it back, with two seconds of thought between; a slow disk
is made by waiting under the lock of every change for what a sync of 5 ms would take longer than the real one.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from sqlalchemy import event
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.backup import copy_and_verify
from store.database import Database, make_engine, open_database
from store.log import FIRST_HASH, canonical, content, keyed_hash
from store.log.check import check_log
from store.migrations import upgrade as steps
from store.models import LogEntry
from store.move import move
from store.people import add_person
from store.queries import SessionReader, SqliteReader
from store.queries.charts import chart_charges, chart_coverages, chart_documents, chart_head
from store.terms import Role
from store.upgrade import upgrade
from tests.bench import prepared
from tests.bench.figures import Figure
from tests.faults.holding import twice_given
from tests.faults.work import work
from tests.postgres import NoServer, start_server

ENCOUNTERS = 1_000_000
LOG_ENTRIES = 50_000
"""Entries by the program, behind those that came with the visits: the log is read through with both."""
CODERS = 50
SECONDS = 10
THINKING, THINKING_SECONDS = 2.0, 16
WARMING = 8.0
"""Seconds in which every process does a first turn, which compiles its statements and is not counted."""
SLOW_SYNC = 0.005
"""What a sync of the simulated disk takes; what the real one takes of it is not waited for again."""


def measure() -> list[Figure]:
    """Every figure, on a record of its own."""
    path = prepared.path(prepared.RECORD)
    os.environ["CODEDESK_HOME"] = str(path.parent)
    figures = [*_upgraded(path), *_opened(path), *_backed_up(path), *_logged(path)]
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        os.environ["CODEDESK_HOME"] = folder
        return [*figures, *_coders(Path(folder))]


def fill(path: Path, size: int) -> None:
    """A record of the first schema: a patient for four visits, each with five codes and the entry that logged it."""
    engine = make_engine(f"sqlite:///{path}")
    config = steps._config()
    with steps._migration_engine(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})"
        people = size // 4
        few = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {people})"
        for statement in (
            f"""INSERT INTO patient (id, source, mrn, family_name, given_name, middle_name, suffix, sex, address_line1,
                address_line2, city, state, zip, phone)
                {few} SELECT 'P' || i, 'bench', 'M' || i, 'Family' || i, 'Given', '', '', 'F', '', '', '', '', '', ''
                FROM n""",
            f"""INSERT INTO account (id, source, account_number, financial_class, bill_hold_days, patient_id)
                {few} SELECT 'A' || i, 'bench', 'A' || i, '', 3, 'P' || i FROM n""",
            f"""INSERT INTO encounter (id, source, visit_number, setting, patient_class, status, started_at,
                place_of_service, hospital_service, admission_type, point_of_origin, discharge_disposition, reason,
                extra, patient_id, account_id, service_date, content_sha256)
                {numbers} SELECT 'E' || i, 'bench', 'V' || i, 'clinic', 'O', 'discharged', '2026-09-01', '11', '', '',
                '', '', '', '{{}}', 'P' || (i % {people}), 'A' || (i % {people}), '2026-09-01', '' FROM n""",
            f"""INSERT INTO work_item (id, encounter_id, kind, worklist, status, rank, service_date, charge_rank,
                patient_name, reasons, rule, new_documents, created_at, row_version)
                {numbers} SELECT 'W' || i, 'E' || i, 'professional', 'Clinic', 'ready', -((i * 7919) % 100),
                '2026-09-01', -i, 'Family' || (i % {people}), '[]', '', 0, '', 1 FROM n""",
            f"""INSERT INTO coding (id, encounter_id, kind, version, status, release, created_at, changed_at,
                row_version)
                {numbers} SELECT 'C' || i, 'E' || i, 'professional', 1, 'draft', '2026', '', '', 1 FROM n""",
            f"""INSERT INTO final_diagnosis (sequence, code, role, poa, origin, evidence, why, id, coding_id)
                {numbers} SELECT place, 'I10', CASE place WHEN 1 THEN 'principal' ELSE 'secondary' END, '', 'typed', '',
                '', 'D' || i || '.' || place, 'C' || i FROM n, (SELECT 1 place UNION ALL SELECT 2 UNION ALL SELECT 3
                UNION ALL SELECT 4 UNION ALL SELECT 5)""",
        ):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"INSERT INTO log_entry VALUES ({', '.join('?' * 10)})", list(_entries(size)))
    engine.dispose()


def _entries(size: int) -> Iterator[tuple[object, ...]]:
    """A log as it was before it had a key: an entry for each visit that came in."""
    at, previous, detail = "2026-09-01T00:00:00Z", FIRST_HASH, canonical({"result": "new"})
    for seq in range(1, size + 1):
        told = (seq, at, "intake", "intake.encounter", "encounter", f"E{seq}", detail, f"O{seq}", previous)
        previous = keyed_hash(None, content(*told))
        yield *told, previous


def _upgraded(path: Path) -> list[Figure]:
    begun = time.monotonic()
    done = upgrade(f"sqlite:///{path}", SYSTEM)
    seconds = time.monotonic() - begun
    Path(done.backup or "").unlink()
    megabytes = path.stat().st_size / 1e6
    return [
        Figure(f"size of the record of {ENCOUNTERS:,} encounters", None, megabytes, "MB"),
        Figure("upgrade of it, backup and checks included (R9)", 30, seconds, "s"),
    ]


def _opened(path: Path) -> list[Figure]:
    reader, chance = SqliteReader(path), random.Random(1)
    spent = []
    for _ in range(200):
        item = f"W{chance.randrange(1, ENCOUNTERS)}"
        begun = time.perf_counter()
        encounter = chart_head(reader, item).encounter_id
        for part in (chart_documents, chart_charges, chart_coverages):
            part(reader, encounter)
        spent.append((time.perf_counter() - begun) * 1000)
    reader.close()
    return [Figure("open any chart of it, p50 (R7)", 5, statistics.median(spent), "ms")]


def _backed_up(path: Path) -> list[Figure]:
    """Back up while somebody writes as fast as they can; the longest that a change had to wait."""
    url, stop, waits = f"sqlite:///{path}", threading.Event(), [0.0]

    def write() -> None:
        other, number = open_database(url), 0
        while not stop.is_set():
            begun = time.monotonic()
            add_person(other, SYSTEM, f"writer{number}", "W", Role.CODER)
            waits.append(time.monotonic() - begun)
            number += 1
            time.sleep(0.02)
        other.close()

    os.sync()  # what filling and upgrading left to be written is not the backup's
    db = open_database(url)
    writer = threading.Thread(target=write)
    writer.start()
    report = copy_and_verify(db, path.with_name("backup.sqlite"))
    stop.set()
    writer.join()
    db.close()
    megabytes = path.with_name("backup.sqlite").stat().st_size / 1e6
    path.with_name("backup.sqlite").unlink()
    return [
        Figure(f"backup of {megabytes:.0f} MB under load: the copy (R8)", 10, report.copy_seconds, "s"),
        Figure("and reading it through", None, report.verify_seconds, "s"),
        Figure("longest wait of a writer meanwhile (R8)", 250, max(waits) * 1000, "ms"),
    ]


def _logged(path: Path) -> list[Figure]:
    db = open_database(f"sqlite:///{path}")
    for _ in range(LOG_ENTRIES // 5_000):
        with db.change(SYSTEM) as change:
            for number in range(5_000):
                change.log("chart.view", "encounter", f"E{number}", coding=f"C{number}", worklist="Clinic")
    begun = time.monotonic()
    with db.reading() as session:
        state = check_log(session.connection(), db.log_keys.keys())
    rate = state.entries / (time.monotonic() - begun)
    db.close()
    return [Figure("log verify (S4)", 100_000, rate, "rows/s", at_most=False)]


def _coders(folder: Path) -> list[Figure]:
    """50 coders with time to think and a slow disk, then 50 without either, on both databases."""
    path = folder / "workstation.sqlite"
    fill(path, 5_000)
    url = f"sqlite:///{path}"
    upgrade(url, SYSTEM)
    db = open_database(url)
    for number in range(CODERS):
        add_person(db, SYSTEM, f"coder{number}", f"Coder {number}", Role.CODER)
    db.close()
    shutil.rmtree(folder / "backups", ignore_errors=True)
    slow = _together(url, THINKING, max(SLOW_SYNC - _sync_seconds(folder), 0.0), THINKING_SECONDS)
    figures = [
        Figure(f"{CODERS} coders, slow disk: changes made", None, len(slow.spent)),
        Figure("change p50 (R2)", 10, statistics.median(slow.spent), "ms"),
        Figure("change p99 (R2)", 100, statistics.quantiles(slow.spent, n=100)[98], "ms"),
        *slow.faults("with time to think"),
    ]
    race = _together(url, 0.0, 0.0)
    figures += [Figure(f"{CODERS} in a race (R1), SQLite", None, len(race.spent) / SECONDS, "/s"), *race.faults("race")]
    try:
        server = start_server()
    except NoServer as reason:
        print(f"no PostgreSQL: {reason}")
        return figures
    there = server.url(server.new_database())
    move(url, there, SYSTEM)
    race = _together(there, 0.0, 0.0)
    server.stop()
    name = f"{CODERS} in a race (R1), PostgreSQL"
    return [*figures, Figure(name, None, len(race.spent) / SECONDS, "/s"), *race.faults("race on PostgreSQL")]


def _sync_seconds(folder: Path) -> float:
    """What a sync of this disk takes, in the middle of twenty."""
    spent = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(20):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - begun)
    return statistics.median(spent)


@dataclass(frozen=True)
class Together:
    """What came of coders working at once: milliseconds of each change, and what must be nothing."""

    spent: list[float]
    ended_by_error: int
    given_twice: int
    log_broken: int

    def faults(self, name: str) -> list[Figure]:
        return [
            Figure(f"coders that ended by an error, {name}", 0, self.ended_by_error),
            Figure(f"charts given twice, {name}", 0, self.given_twice),
            Figure(f"entries of the log that do not fit, {name}", 0, self.log_broken),
        ]


def _together(url: str, thinking: float, slow_commit: float, seconds: int = SECONDS) -> Together:
    """Let 50 processes code for a while; every millisecond of every change is told on a pipe."""
    children = [_forked(url, number, thinking, slow_commit, seconds) for number in range(CODERS)]
    spent: list[float] = []
    failed = 0
    for child, reading in children:
        with os.fdopen(reading) as lines:
            spent += [float(line) for line in lines]
        failed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    db = open_database(url)
    with db.reading() as session:
        state = check_log(session.connection(), db.log_keys.keys())
        twice = twice_given(list(session.exec(select(LogEntry).order_by(LogEntry.seq))))
    db.close()
    return Together(spent, failed, len(twice), int(state.first_bad is not None))


def _forked(url: str, number: int, thinking: float, slow_commit: float, seconds: int) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        _code(open_database(url), number, writing, thinking, slow_commit, seconds)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _code(db: Database, number: int, tell: int, thinking: float, slow_commit: float, seconds: int) -> None:
    if slow_commit:

        @event.listens_for(db.engine, "commit")
        def _slowly(connection: object) -> None:
            time.sleep(slow_commit)

    with db.reading() as session:
        reader = SessionReader(session)
        row = reader.rows("SELECT id, login, name FROM person WHERE login = :login", login=f"coder{number}")[0]
    actor = Actor(row["login"], Role.CODER, row["id"], row["name"])
    working = work(db, actor, lambda _: None, ("Clinic",))
    while next(working) != "release":
        pass
    time.sleep(WARMING + random.Random(number).uniform(0, thinking))
    end, begun = time.monotonic() + seconds, time.perf_counter()
    for done in working:
        os.write(tell, f"{(time.perf_counter() - begun) * 1000:.3f}\n".encode())
        time.sleep(thinking)
        if time.monotonic() > end and done == "release":
            return
        begun = time.perf_counter()
