"""The record itself: its pages, its log, how old its last anchor and backup are, and what PostgreSQL allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError, UnreadableInput
from store.clock import clock
from store.code_sets import coded_with
from store.database import Database
from store.doctor.finding import Finding, State
from store.log.anchor import SYSLOG, Anchor, configured_places, read_anchors
from store.log.check import LogState, check_log
from store.migrations.append_only import missing_triggers
from store.models import ChartAccess, LogEntry, Person
from store.models.columns import moment
from store.people import administered
from store.settings import load_settings
from store.whole import REMEDY, limited_to

MOST_HOURS = 24
"""How old the last anchor and the last backup may be."""


def checks(db: Database, path: Path | None) -> Iterator[Finding]:
    """Every check of an open record; `path` is its file on SQLite."""
    with db.reading() as session:
        connection = session.connection()
        yield from _pages(connection) if path else _server(connection)
        if missing := missing_triggers(connection):
            yield Finding(
                "append-only",
                State.WRONG,
                f"somebody dropped {', '.join(missing)}",
                "codedesk log verify; then restore",
            )
        else:
            yield Finding("append-only", State.OK, "triggers refuse to change the log")
        limited = limited_to(connection)
        if limited is not None:
            seen = f"the facilities {limited}" if limited else "no facility"
            words = f"this session sees {seen} alone: log, anchor, backup and emergencies were not looked at"
            yield Finding("whole record", State.NOT_CHECKED, words, f"codedesk doctor {REMEDY}")
            yield _people(session)
            yield _code_sets(connection)
            return
        anchors, unread = _anchors()
        state = _log_state(db, connection, anchors)
        yield _log(db, state)
        yield unread or _anchor(session, path, state)
        yield _backup(session)
        yield _people(session)
        yield _code_sets(connection)
        yield from _emergencies(session)


def _pages(connection: Connection) -> Iterator[Finding]:
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()).splitlines()[0]
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if found != "ok":
        yield Finding("record", State.WRONG, f"it is damaged: {found}", "codedesk restore BACKUP; the record is kept")
    elif mode != "wal":
        yield Finding(
            "record", State.WRONG, f"its journal mode is {mode}, not wal", "close every session, open it again"
        )
    else:
        yield Finding("record", State.OK, "its pages are whole, in WAL mode, every commit synced")


def _server(connection: Connection) -> Iterator[Finding]:
    version = connection.exec_driver_sql("SHOW server_version").scalar()
    yield Finding("record", State.OK, f"PostgreSQL {version}")
    sync = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
    full = connection.exec_driver_sql("SHOW fsync").scalar()
    if sync == "off" or full == "off":
        remedy = "set fsync = on and synchronous_commit = on"
        yield Finding("durability", State.WRONG, f"fsync is {full}, synchronous_commit is {sync}", remedy)
    else:
        yield Finding("durability", State.OK, "every commit is synced")
    encrypted = "SELECT inet_client_addr() IS NULL OR ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    if not connection.exec_driver_sql(encrypted).scalar():
        yield Finding(
            "encryption", State.WRONG, "the connection is not encrypted", "add ?sslmode=verify-full to the URL"
        )
    may = "SELECT has_table_privilege(current_user, 'log_entry', 'UPDATE, DELETE, TRUNCATE')"
    if connection.exec_driver_sql(may).scalar():
        yield Finding(
            "grants",
            State.WRONG,
            "this role may change and delete log entries",
            "work as a role that codedesk postgres-roles makes, not as the owner of the tables",
        )
    else:
        yield Finding("grants", State.OK, "this role may only add to the log")


def _anchors() -> tuple[list[Anchor], Finding | None]:
    """The anchors of every configured file, or what is said where one cannot be read."""
    try:
        files = [Path(place) for place in configured_places() if place != SYSLOG and Path(place).exists()]
        return [anchor for file in files for anchor in read_anchors(file)], None
    except (OSError, UnreadableInput) as error:
        words = error.message if isinstance(error, CodedeskError) else f"{error.filename}: {error.strerror}"
        return [], Finding("anchor", State.NOT_CHECKED, words, "let this account read its anchors")


def _log_state(db: Database, connection: Connection, anchors: list[Anchor]) -> LogState | CodedeskError:
    try:
        return check_log(connection, db.log_keys.keys(), anchors)
    except CodedeskError as error:
        return error


def _log(db: Database, state: LogState | CodedeskError) -> Finding:
    if isinstance(state, CodedeskError):
        return Finding("log", State.WRONG, state.message, state.remedy)
    if state.first_bad is not None:
        return Finding(
            "log", State.WRONG, f"entry {state.first_bad}: {state.reason}", "codedesk log verify names every fault"
        )
    if state.unchecked:
        words = f"the key of entries 1 to {state.unchecked:,} is not in {db.log_keys.path}"
        return Finding("log", State.NOT_CHECKED, words, "put the copy of the key back")
    words = f"{state.entries:,} entries fit each other; a key in {db.log_keys.path}"
    return Finding("log", State.OK, f"{words}; {state.dated_back}" if state.dated_back else words)


def _anchor(session: Session, path: Path | None, state: LogState | CodedeskError) -> Finding:
    places = configured_places()
    if not places:
        return Finding(
            "anchor",
            State.WRONG,
            "the log is not held fast anywhere: entries cut off at its end would not be missed",
            "set log_anchor to a file on another disk or to syslog, and run codedesk log anchor every hour",
        )
    if isinstance(state, LogState) and (fault := state.anchor_fault):
        words = f"it does not hold: entry {fault.seq}: {fault.reason}"
        return Finding("anchor", State.WRONG, words, "keep the anchors as they are; codedesk log verify")
    for place in places:
        if place != SYSLOG and path and (file := Path(place)).exists() and file.stat().st_dev == path.stat().st_dev:
            words = f"{place} lies on the same disk as the record"
            return Finding("anchor", State.WRONG, words, "name a place that is lost or changed on its own")
        if place != SYSLOG and not (Path(place).exists() and any(read_anchors(Path(place)))):
            return Finding("anchor", State.WRONG, f"{place} holds no anchor", "codedesk log anchor, every hour")
    return _age(session, "log.anchor", "anchor", f"to {', '.join(places)}", "codedesk log anchor, every hour")


def _backup(session: Session) -> Finding:
    return _age(session, "backup", "backup", "read through", "codedesk backup FILE, every night, to another disk")


def _age(session: Session, action: str, check: str, words: str, remedy: str) -> Finding:
    latest = select(LogEntry.at).where(LogEntry.action == action).order_by(col(LogEntry.seq).desc()).limit(1)
    at = session.exec(latest).first()
    if at is None:
        return Finding(check, State.WRONG, f"there is no {check}", remedy)
    age = clock() - datetime.fromisoformat(at.replace("Z", "+00:00"))
    told = f"the last {check} is of {at[:16]}Z, {words}"
    if age > timedelta(hours=MOST_HOURS):
        return Finding(check, State.WRONG, f"{told}: {int(age.total_seconds() // 3600):,} hours old", remedy)
    return Finding(check, State.OK, told)


def _people(session: Session) -> Finding:
    if session.exec(select(Person.id).limit(1)).first() is None:
        return Finding(
            "people",
            State.WRONG,
            "nobody is known yet: whoever starts codedesk is administrator",
            "codedesk users add LOGIN --name NAME --role admin",
        )
    if not administered(session):
        return Finding(
            "people",
            State.WRONG,
            "people are known, but no active administrator: nobody can add people or change their rights",
            "as the owner of the record, without sudo: codedesk users role LOGIN admin (or users enable LOGIN)",
        )
    account = load_settings().service_account
    own = select(Person.id).where(Person.login == account, col(Person.active).is_(True))
    if account and session.exec(own).first():
        words = f"the service account {account} is itself a person: whoever comes in by it is that one"
        remedy = f"codedesk users disable {account}; SHARED-HOST.md has an account for the work of the night"
        return Finding("people", State.WRONG, words, remedy)
    return Finding("people", State.OK, "who is not one of this site's people is refused")


def _code_sets(connection: Connection) -> Finding:
    """Whether the editions are here that final codings were checked against."""
    found = coded_with(connection)
    if found.missing:
        remedy = f"codedesk codesets import their official files; {found.told_here}"
        return Finding("code sets", State.WRONG, found.told, remedy)
    return Finding("code sets", State.OK, f"what final codings name is here; no backup has it. {found.told_here}")


def _emergencies(session: Session) -> Iterator[Finding]:
    """Glasses that were broken more than a day ago and that nobody has reviewed."""
    before = moment(clock() - timedelta(hours=MOST_HOURS))
    waiting = session.exec(
        select(ChartAccess.id).where(
            col(ChartAccess.emergency).is_(True), col(ChartAccess.reviewed_at).is_(None), ChartAccess.since < before
        )
    ).all()
    if waiting:
        words = f"{len(waiting)} opened a restricted chart more than a day ago and nobody has reviewed it"
        yield Finding("emergencies", State.WRONG, words, "codedesk users emergencies, or F9")
