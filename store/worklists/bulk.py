"""The same step for many charts at once: hold, clear holds, skip, and who of the marked ones it is for.

Each is looked at first: a `Sorting` says how many charts a step will change and why the others stay as they are. The
step itself is one change with one operation id; each chart it touches has its entry in the log. A chart that others
changed since the look is sorted anew, so that nothing is refused half way. Assigning is the business of `assigning`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Change, Database
from store.holds.desk import close_hold, holds_of, open_hold
from store.models import WorkItem
from store.models.columns import now
from store.terms import WorkStatus
from store.worklists.leases import pass_by

MOST_AT_ONCE = 5000
"""One step takes no more charts than these."""


class TooMany(CodedeskError):
    """More charts than one step takes."""

    title = "marked charts"
    exit_code = 1


@dataclass(frozen=True)
class Sorting:
    """Ids of the charts that a step will change, in the order given, and why how many others stay as they are."""

    items: tuple[str, ...] = ()
    stay: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """`12 charts; 3 stay: 2 final coded, 1 open by another`."""
        count = len(self.items)
        said = f"{count:,} chart{'' if count == 1 else 's'}"
        if not self.stay:
            return said
        why = ", ".join(f"{number:,} {words}" for words, number in self.stay.items())
        return f"{said}; {sum(self.stay.values()):,} stay: {why}"


Reason = Callable[[WorkItem, str | None], str]
"""Why a chart is not for a step of a person; empty where it is."""


def holdable(item: WorkItem, person_id: str | None) -> str:
    """Ready, on hold already, or open with the person."""
    if item.status in (WorkStatus.FINAL, WorkStatus.CANCELED):
        return _FINISHED[item.status]
    return _with_another(item, person_id)


def skippable(item: WorkItem, person_id: str | None) -> str:
    """Ready, or open with the person."""
    if item.status == WorkStatus.ON_HOLD:
        return "on hold"
    theirs = item.status == WorkStatus.IN_PROGRESS and item.claimed_by != person_id
    return "open by another" if theirs else holdable(item, person_id)


def clearable(item: WorkItem, person_id: str | None) -> str:
    """On hold."""
    return "" if item.status == WorkStatus.ON_HOLD else "not on hold"


def sort_out(session: Session, item_ids: Sequence[str], why_not: Reason, person_id: str | None) -> Sorting:
    """Which of the charts a step is for. Raises TooMany."""
    wanted = list(dict.fromkeys(item_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise TooMany(f"more than {MOST_AT_ONCE:,} charts at once", "do it in portions")
    there = {item.id: item for item in _read(session, wanted)}
    reasons = {one: why_not(there[one], person_id) if one in there else "not there" for one in wanted}
    stay = Counter(reason for reason in reasons.values() if reason)
    return Sorting(tuple(one for one, reason in reasons.items() if not reason), dict(stay.most_common()))


def hold_all(
    db: Database,
    actor: Actor,
    item_ids: Sequence[str],
    reason: str,
    owner: str = "",
    note: str = "",
    operation_id: str | None = None,
    *,
    physician: str = "",
    about_on: str = "",
    due_on: str = "",
) -> int:
    """Put charts on hold for one reason; how many. As `store.holds.hold`. Raises HoldRefused, TooMany, NotAllowed."""

    def step(change: Change, item: WorkItem) -> None:
        open_hold(change, item, reason, owner, note, physician, about_on, due_on)

    return _carry_out(db, actor, item_ids, "chart.hold", holdable, step, operation_id)


def clear_all(db: Database, actor: Actor, item_ids: Sequence[str], operation_id: str | None = None) -> int:
    """Clear every open hold of charts, which makes them ready again; how many charts. Raises TooMany, NotAllowed."""

    def step(change: Change, item: WorkItem) -> None:
        for one in holds_of(change.session, item.id):
            close_hold(change, one, "")

    return _carry_out(db, actor, item_ids, "chart.clear_hold", clearable, step, operation_id)


def skip_all(db: Database, actor: Actor, item_ids: Sequence[str], reason: str, operation_id: str | None = None) -> int:
    """Pass charts by with a reason, as `store.worklists.skip`; how many. Raises ChartUnavailable, TooMany."""
    return _carry_out(
        db, actor, item_ids, "chart.skip", skippable, lambda change, item: pass_by(change, item, reason), operation_id
    )


def _carry_out(
    db: Database,
    actor: Actor,
    item_ids: Sequence[str],
    action: str,
    why_not: Reason,
    step: Callable[[Change, WorkItem], None],
    operation_id: str | None,
) -> int:
    with db.change(actor, operation_id, action) as change:
        if change.repeated:
            return int(change.answer["charts"])
        sorting = sort_out(change.session, item_ids, why_not, change.actor.person_id)
        there = {item.id: item for item in _read(change.session, sorting.items)}
        for item_id in sorting.items:
            step(change, there[item_id])
        change.answer = {"charts": len(sorting.items)}
        return len(sorting.items)


_FINISHED = {WorkStatus.FINAL: "final coded", WorkStatus.CANCELED: "canceled"}


def _with_another(item: WorkItem, person_id: str | None) -> str:
    theirs = item.status == WorkStatus.IN_PROGRESS and item.claimed_by != person_id
    return "open by another" if theirs and (item.claimed_until or "") > now() else ""


def _read(session: Session, item_ids: Sequence[str]) -> list[WorkItem]:
    found: list[WorkItem] = []
    for start in range(0, len(item_ids), 500):
        some = list(item_ids[start : start + 500])
        found += session.exec(select(WorkItem).where(col(WorkItem.id).in_(some)))
    return found
