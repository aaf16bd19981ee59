"""Destroying what is past its retention: a plan by one person, carried out by another, and a certificate in the log.

A plan is a dry run: it names what would go, by a digest of it, and is logged. An administrator other than who planned
it carries it out with a reason, as long as the list is still the same: whatever has been held, opened or become due
since is another list. In the same transaction the rows go and the certificate comes: kind, count, the hash of each id,
rule, reason, and both people. What a hold, open work, an open claim, denial, audit or request keeps is never in a list.

Only records that stand alone are destroyed: requests and disclosures. Charts and claims are what figures are added up
from and what files and messages as received still hold; they are listed (`store.records.retention`), not destroyed. Of
the log nothing is destroyed, so that its chain stays whole. Copies in backups last until those are thinned.

Source: 45 CFR 164.310(d)(2)(i) and 164.530(j)(2); what a certificate tells follows NIST SP 800-88 Rev. 1, section 4.8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, col, select

from store.actors import Actor
from store.clock import clock_day
from store.database import Change, Database
from store.models import Disclosure, LogEntry, ReleaseRequest
from store.queries import SessionReader
from store.reasons import reason_in_words
from store.records.deficiencies import RecordsRefused
from store.records.retention import KINDS, DueRow, due_rows, schedule
from store.settings import today

DESTROYED: dict[str, type[ReleaseRequest] | type[Disclosure]] = {"request": ReleaseRequest, "disclosure": Disclosure}
"""The kinds that stand alone, with their tables."""

MOST_AT_ONCE = 1000
"""Rows of one plan: so many hashes of ids stand in one entry of the log."""

PLAN_DAYS = 30
"""Days for which a plan can be carried out."""


@dataclass(frozen=True)
class Plan:
    """What would be destroyed, the longest due first; `digest` names exactly this list."""

    kind: str
    digest: str
    rows: tuple[DueRow, ...]
    years: int
    source: str


@dataclass(frozen=True)
class Certificate:
    """What was destroyed, under which rule, and who planned it; the log has the hash of each id."""

    kind: str
    digest: str
    count: int
    years: int
    source: str
    planned_by: str
    destroyed_by: str
    reason: str


def plan(db: Database, actor: Actor, kind: str) -> Plan:
    """What could be destroyed of a kind now: nothing is, and the plan is logged. Raises RecordsRefused."""
    _check_kind(kind)
    with db.change(actor, action="retention.plan") as change:
        planned = _planned(change.session, kind)
        if not planned.rows:
            raise RecordsRefused(f"no {kind} is past its years and kept by nothing", "codedesk records retention lists")
        change.log("retention.plan", "retention", planned.digest, kind=kind, count=len(planned.rows))
        return planned


def destroy(
    db: Database, actor: Actor, kind: str, digest: str, reason: str, operation_id: str | None = None
) -> Certificate:
    """Destroy what a plan of somebody else names.

    Raises RecordsRefused, ReasonNeeded, and then nothing was destroyed.
    """
    _check_kind(kind)
    why = reason_in_words(reason)
    with db.change(actor, operation_id, "retention.destroy") as change:
        if change.repeated:
            return Certificate(**change.answer)
        planned_by = _planner(change, digest)
        _let_nobody_hold(change.session)
        planned = _planned(change.session, kind)
        if planned.digest != digest:
            raise RecordsRefused("the list is not what was planned any more", "plan it again: codedesk records destroy")
        ids = [row.id for row in planned.rows]
        _delete(change.session, kind, ids)
        change.log(
            "retention.destroy",
            "retention",
            digest,
            kind=kind,
            count=len(ids),
            ids_sha256=hashes(ids),
            years=planned.years,
            source=planned.source,
            due_from=planned.rows[0].due_on,
            due_to=planned.rows[-1].due_on,
            planned_by=planned_by,
            reason=why,
        )
        change.answer = {
            "kind": kind, "digest": digest, "count": len(ids), "years": planned.years, "source": planned.source,
            "planned_by": planned_by, "destroyed_by": actor.login, "reason": why,
        }  # fmt: skip
        return Certificate(**change.answer)


def hashes(ids: Sequence[str]) -> list[str]:
    """The SHA-256 of each id, sorted: who has an id can tell that it was among them, nobody else which they were."""
    return sorted(hashlib.sha256(one.encode()).hexdigest() for one in ids)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise RecordsRefused(f"{kind[:40]!r} is no kind of record", f"there are {', '.join(KINDS)}")
    if kind == "log":
        raise RecordsRefused("of the log nothing is destroyed", "its entries are a chain that proves the rest")
    if kind not in DESTROYED:
        raise RecordsRefused(
            f"a {kind} is not destroyed here: figures are added up from it, and files as received still hold it",
            f"destroyed are {' and '.join(DESTROYED)}",
        )


def _planned(session: Session, kind: str) -> Plan:
    rule = schedule()[kind]
    free = [row for row in due_rows(SessionReader(session), today(), (kind,)) if not row.kept_by]
    rows = tuple(free[:MOST_AT_ONCE])
    digest = hashlib.sha256("\n".join([kind, *hashes([row.id for row in rows])]).encode()).hexdigest()
    return Plan(kind, digest, rows, rule.years, rule.source)


def _planner(change: Change, digest: str) -> str:
    """Who planned a list, other than the actor, within the days of a plan. Raises RecordsRefused."""
    since = (clock_day() - timedelta(days=PLAN_DAYS)).isoformat()
    planners = change.session.exec(
        select(LogEntry.actor)
        .where(LogEntry.target_id == digest, LogEntry.action == "retention.plan", LogEntry.at >= since)
        .order_by(col(LogEntry.seq).desc())
    ).all()
    if not planners:
        raise RecordsRefused(f"nobody has planned that in {PLAN_DAYS} days", "codedesk records destroy KIND plans it")
    other = next((login for login in planners if login != change.actor.login), "")
    if not other:
        raise RecordsRefused("you planned it yourself", "it takes two: another person plans, or carries it out")
    return other


def _let_nobody_hold(session: Session) -> None:
    """Let no hold and no request come between the list and its end; on SQLite one writer is at work anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE retention_hold, release_request IN SHARE ROW EXCLUSIVE MODE"))


def _delete(session: Session, kind: str, ids: Sequence[str]) -> None:
    table = DESTROYED[kind]
    try:
        gone = session.execute(delete(table).where(col(table.id).in_(ids)))
    except ProgrammingError:
        raise RecordsRefused(
            f"this role of the database may not delete any {kind}", "the owner of the tables carries it out"
        ) from None
    if getattr(gone, "rowcount", len(ids)) != len(ids):
        raise RecordsRefused("somebody else has changed the list just now", "plan it again: codedesk records destroy")
