"""Gives charts out and takes them back: open, get-next, release, skip, and leases that ran out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from sqlalchemy import TextClause, Update, bindparam, text, update
from sqlmodel import Session, col, select

from codesets.safe import safe_line
from store.actors import Actor
from store.database import Change, Database
from store.models import Person, PersonFacility, PersonSkill, WorkItem, WorkSkip
from store.models.columns import later, now, table_of
from store.row_versions import change_row, changing
from store.settings import load_settings
from store.terms import WorkStatus, open_by
from store.worklists.states import ChartOnHold, ChartOpenElsewhere, ChartUnavailable, move
from store.worklists.versions import rulebook_of

_NEARLY_ALL = 0.9
"""The part of a lease that is as good as all of it: who enters a code every few seconds writes no lease with each."""

SKIP_MINUTES = 12 * 60
"""How long a chart that a coder skipped is not given to them again."""

_ROUTES = text(
    """
    WITH RECURSIVE known(route) AS (
        SELECT MIN(route) FROM work_item WHERE worklist = :worklist AND status = 'ready'
        UNION ALL
        SELECT (SELECT MIN(w.route) FROM work_item w
                WHERE w.worklist = :worklist AND w.status = 'ready' AND w.route > known.route)
        FROM known WHERE known.route IS NOT NULL)
    SELECT route FROM known WHERE route IS NOT NULL
    """
)
"""The routes of a worklist's ready tasks, each found by one step in the index: few, however long the list is."""


def open_item(change: Change, item_id: str) -> WorkItem:
    """Take a work item for the actor, or renew their lease on it.

    Raises ChartOpenElsewhere when another has it, ChartOnHold, and ChartUnavailable for a canceled one. A final chart
    is opened to look at.
    """
    item = change.session.get(WorkItem, item_id)
    if item is None:
        raise ChartUnavailable("that chart is not in any worklist")
    me = change.actor.person_id
    if item.status == WorkStatus.FINAL:
        return item
    if item.status == WorkStatus.ON_HOLD:
        from store.holds import named_holds

        raise ChartOnHold(f"the chart is on hold: {named_holds(change.session, item.id)}", "h clears its holds")
    if item.status == WorkStatus.CANCELED:
        from store.queries import SessionReader
        from store.queries.late import nothing_to_code

        why = nothing_to_code(SessionReader(change.session), item.id)
        raise ChartUnavailable(f"the chart is canceled: {why}", "its visit has to be closed again")
    if item.status == WorkStatus.IN_PROGRESS and item.claimed_by != me and (item.claimed_until or "") > now():
        holder = change.session.get(Person, item.claimed_by) if item.claimed_by else None
        raise ChartOpenElsewhere(
            f"another coder has this chart open: {open_by(holder.name if holder else '', item.claimed_at)}",
            "n takes the next one",
        )
    if item.status == WorkStatus.READY or item.claimed_by != me:
        change.log("chart.open", "work_item", item.id)
        item.claimed_at = now()
    if item.status == WorkStatus.IN_PROGRESS and item.claimed_by == me:
        _renew(change.session, item)
        return item
    item.status = WorkStatus.IN_PROGRESS
    item.claimed_by = me
    item.claimed_until = _lease_end()
    return item


def _renew(session: Session, item: WorkItem) -> None:
    """Renew a lease that is the actor's already, unless nearly all of it is left: each code that is entered does."""
    minutes = load_settings().lease_minutes
    if later(minutes * _NEARLY_ALL) <= (item.claimed_until or "") <= later(minutes):
        return
    change_row(session, _RENEWED, item, claimed_until=_lease_end())


_RENEWED = changing(WorkItem, "claimed_until")


def next_item(change: Change, worklist: str) -> WorkItem | None:
    """Take the first ready task of a worklist that is for the actor, so that no two coders get the same.

    Charts assigned to the actor come first, then by the list's order. Skills, facilities and assignments are honored:
    a task that asks a skill goes to those who have it, a person with facilities gets those of them, and what is
    assigned to another goes to nobody else. A restricted chart is never given out; those who may open it do so by
    name. A chart that the actor skipped waits, and so do all charts of a worklist that waits.
    """
    if worklist in rulebook_of(change.session).waiting:
        return None
    session, me = change.session, change.actor.person_id or ""
    moment = now()
    routes = [str(row[0]) for row in session.execute(_ROUTES, {"worklist": worklist})]
    mine = _allowed(session, me, routes)
    candidates = [
        (not (me and route.endswith(f"|{me}")), key, item_id, route)
        for start in range(0, len(mine), _AT_ONCE)
        for route, key, item_id in _first_of_each(session, worklist, mine[start : start + _AT_ONCE], me, moment)
    ]
    for *_, route in sorted(candidates):
        taken = _take(change, worklist, route, moment)
        if taken is not None:
            change.log("chart.open", "work_item", taken, next=worklist)
            return session.get(WorkItem, taken, populate_existing=True)
    return None


def sweep_leases(db: Database, actor: Actor) -> int:
    """Return charts whose lease has run out to their worklists; how many."""
    with db.change(actor) as change:
        swept = change.session.execute(
            update(WorkItem)
            .where(col(WorkItem.status) == WorkStatus.IN_PROGRESS, col(WorkItem.claimed_until) < now())
            .values(
                status=WorkStatus.READY,
                claimed_by=None,
                claimed_until=None,
                claimed_at=None,
                row_version=col(WorkItem.row_version) + 1,
            )
            .returning(col(WorkItem.id))
            .execution_options(synchronize_session=False)
        ).scalars()
        ended = sorted(swept)
        for item_id in ended:
            change.log("chart.lease_ended", "work_item", item_id)
        return len(ended)


def release(db: Database, actor: Actor, item_id: str, operation_id: str | None = None) -> None:
    """Give an opened chart back to its worklist; what was coded so far stays with it."""
    with db.change(actor, operation_id, "chart.release") as change:
        if change.repeated:
            return
        item = change.session.get(WorkItem, item_id)
        if item and _is_mine(item, actor):
            _give_back(item)
            change.log("chart.release", "work_item", item.id)


def is_held(db: Database, actor: Actor, item_id: str) -> bool:
    """Whether the actor has a chart open already."""
    with db.reading() as session:
        item = session.get(WorkItem, item_id)
        return item is not None and _is_mine(item, actor)


def skip(db: Database, actor: Actor, item_id: str, reason: str, operation_id: str | None = None) -> None:
    """Pass a chart by with a reason: it is ready for others, and get-next does not give it to the actor for a while.

    Raises ChartUnavailable without a reason, or for a chart that is neither ready nor open with the actor.
    """
    with db.change(actor, operation_id, "chart.skip") as change:
        if change.repeated:
            return
        change.target = ("work_item", item_id)
        pass_by(change, change.session.get(WorkItem, item_id), reason)


def pass_by(change: Change, item: WorkItem | None, reason: str) -> None:
    """The same within a change that is under way."""
    said = " ".join(safe_line(reason).split())[:400]
    if not said:
        raise ChartUnavailable("a chart is skipped with a reason", "say why")
    if item is None or not (item.status == WorkStatus.READY or _is_mine(item, change.actor)):
        raise ChartUnavailable("only a chart that is ready or open with you can be skipped")
    if item.status == WorkStatus.IN_PROGRESS:
        _give_back(item)
    change.session.add(
        WorkSkip(work_item_id=item.id, person_id=change.actor.person_id or "", reason=said, until=later(SKIP_MINUTES))
    )
    change.log("chart.skip", "work_item", item.id, reason=said)


def _allowed(session: Session, person_id: str, routes: list[str]) -> list[str]:
    """Those routes that the person may be given tasks of."""
    skills = set(session.exec(_SKILLS, params={"person": person_id}))
    facilities = set(session.exec(_FACILITIES, params={"person": person_id}))
    allowed = []
    for route in routes:
        skill, facility, assigned = route.split("|")
        if skill and skill not in skills or assigned not in ("", person_id):
            continue
        if not facility or not facilities or facility in facilities:
            allowed.append(route)
    return allowed


_SKILLS = select(PersonSkill.skill).where(PersonSkill.person_id == bindparam("person"))
_FACILITIES = select(PersonFacility.facility_id).where(PersonFacility.person_id == bindparam("person"))

_FIRST = """SELECT * FROM (SELECT w.route, w.order_key, w.id FROM work_item w
WHERE w.worklist = :worklist AND w.status = 'ready' AND w.route = :route{n} AND NOT w.restricted
AND NOT EXISTS (SELECT 1 FROM work_skip s WHERE s.work_item_id = w.id AND s.person_id = :person AND s.until > :moment)
ORDER BY w.order_key, w.id LIMIT 1) AS first{n}"""

_AT_ONCE = 50
"""How many routes are asked in one statement."""


@lru_cache(_AT_ONCE)
def _firsts(routes: int) -> TextClause:
    """The first task of each of so many routes, in one statement: to ask one by one costs more than to find them."""
    return text(" UNION ALL ".join(_FIRST.format(n=number) for number in range(routes)))


def _first_of_each(
    session: Session, worklist: str, routes: Sequence[str], person_id: str, moment: str
) -> list[tuple[str, str, str]]:
    """Route, sort key and id of the first task of each route that the person did not skip."""
    asked = {f"route{number}": route for number, route in enumerate(routes)}
    asked |= {"worklist": worklist, "person": person_id, "moment": moment}
    return [tuple(row) for row in session.execute(_firsts(len(routes)), asked)]


def _take(change: Change, worklist: str, route: str, moment: str) -> str | None:
    """Take the first task of a route; None where others took the last one meanwhile."""
    me = change.actor.person_id
    asked = {"of_worklist": worklist, "of_route": route, "skipper": me or "", "moment": moment}
    claim = {"me": me, "lease_end": _lease_end(), "taken_at": now()}
    taken: str | None = change.session.execute(_taking(), asked | claim).scalar()
    return taken


@cache
def _taking() -> Update:
    """The statement that takes a task, made once: to make it costs more than to carry it out."""
    task, skip = table_of(WorkItem), table_of(WorkSkip).c
    skipped = (
        select(skip.id)
        .where(skip.work_item_id == task.c.id, skip.person_id == bindparam("skipper"), skip.until > bindparam("moment"))
        .exists()
    )
    first = (
        select(task.c.id)
        .where(
            task.c.worklist == bindparam("of_worklist"),
            task.c.status == WorkStatus.READY,
            task.c.route == bindparam("of_route"),
            task.c.restricted.is_(False),
            ~skipped,
        )
        .order_by(task.c.order_key, task.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=task)
        .scalar_subquery()
    )
    return (
        update(task)
        .where(task.c.id == first)
        .values(
            status=WorkStatus.IN_PROGRESS,
            claimed_by=bindparam("me"),
            claimed_until=bindparam("lease_end"),
            claimed_at=bindparam("taken_at"),
            row_version=task.c.row_version + 1,
        )
        .returning(task.c.id)
    )


def _is_mine(item: WorkItem, actor: Actor) -> bool:
    return item.status == WorkStatus.IN_PROGRESS and item.claimed_by == actor.person_id


def _give_back(item: WorkItem) -> None:
    move(item, WorkStatus.READY)
    item.claimed_by = item.claimed_until = item.claimed_at = None


def _lease_end() -> str:
    return later(load_settings().lease_minutes)
