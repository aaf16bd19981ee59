"""Opens holds and clears them, by hand or because their rule cleared; the task follows."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from codesets.safe import safe_block, safe_line
from store.actors import Actor
from store.database import Change, Database
from store.holds.reasons import HoldReason, owners, reason_named
from store.models import Hold, Provider, WorkItem
from store.models.columns import now
from store.reasons import reason_in_words
from store.settings import today
from store.terms import WorkStatus
from store.worklists.placing import reroute
from store.worklists.states import ChartUnavailable, move

MOST_NAMES = 3
"""How many names a refusal asks whether they were meant."""

_HELD = (WorkStatus.READY, WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD)


class HoldRefused(CodedeskError):
    """A hold cannot be opened so; the message says what is missing."""

    title = "hold"
    exit_code = 1


def hold(
    db: Database,
    actor: Actor,
    item_id: str,
    reason: str,
    owner: str = "",
    note: str = "",
    operation_id: str | None = None,
    *,
    physician: str = "",
    about_on: str = "",
    due_on: str = "",
) -> str:
    """Put a chart on hold and return the hold's id.

    `reason` is an id or the words of the table of reasons; other words need an owner. `about_on` and `due_on` are ISO
    days. Raises ChartUnavailable for a finished chart, HoldRefused for what the reason asks for and is not said.
    """
    with db.change(actor, operation_id, "chart.hold") as change:
        if change.repeated:
            return str(change.answer["hold_id"])
        change.target = ("work_item", item_id)
        item = change.session.get(WorkItem, item_id)
        opened = open_hold(change, item, reason, owner, note, physician, about_on, due_on)
        change.answer = {"hold_id": opened.id}
        return opened.id


def open_hold(
    change: Change,
    item: WorkItem | None,
    reason: str,
    owner: str = "",
    note: str = "",
    physician: str = "",
    about_on: str = "",
    due_on: str = "",
) -> Hold:
    """The same within a change that is under way."""
    if item is None or item.status not in _HELD:
        raise ChartUnavailable("only a chart that is ready or open can be put on hold")
    known = reason_named(reason)
    said = " ".join(safe_line(reason).split())[:200]
    whose = owner or (known.owner if known else "")
    _check(known, said, whose, physician, about_on, due_on)
    if names := begun_names(change.session, physician):
        raise HoldRefused(f"{physician.strip()[:40]!r} only begins a name", f"{' or '.join(names)}? The whole name")
    opened = Hold(
        work_item_id=item.id,
        reason=known.words if known else said,
        reason_id=known.id if known else "",
        owner=whose,
        physician=" ".join(safe_line(physician).split())[:200],
        about_on=about_on or None,
        note=safe_block(note)[:4000],
        due_on=due_on or (known.due_on(today()) if known else None),
        opened_by=change.actor.person_id or "",
    )
    change.session.add(opened)
    if item.status != WorkStatus.ON_HOLD:
        move(item, WorkStatus.ON_HOLD)
    item.claimed_by = item.claimed_until = item.claimed_at = None
    change.session.flush()
    reroute(change.session, item)
    change.log("chart.hold", "work_item", item.id, reason=opened.reason, owner=whose, hold=opened.id)
    return opened


def begun_names(session: Session, name: str) -> list[str]:
    """The family names of providers here that one word begins without being one: it was not typed to its end."""
    words = name.lower().replace(",", " ").split()
    if len(words) != 1:
        return []
    known = sorted({one for one in session.exec(select(Provider.family_name)) if one.lower().startswith(words[0])})
    return [] if any(one.lower() == words[0] for one in known) else known[:MOST_NAMES]


def clear_hold(db: Database, actor: Actor, hold_id: str, operation_id: str | None = None) -> bool:
    """Clear one hold; whether its chart is ready again. Raises HoldRefused for a hold that is not open."""
    with db.change(actor, operation_id, "chart.clear_hold") as change:
        if change.repeated:
            return bool(change.answer["ready"])
        one = change.session.get(Hold, hold_id)
        if one is None or one.cleared_at:
            raise HoldRefused("that hold is not open", "codedesk holds list")
        ready = close_hold(change, one, "")
        change.answer = {"ready": ready}
        return ready


def clear_holds(db: Database, actor: Actor, item_id: str, operation_id: str | None = None) -> int:
    """Clear every open hold of a chart, which makes it ready again; how many were cleared."""
    with db.change(actor, operation_id, "chart.clear_holds") as change:
        if change.repeated:
            return int(change.answer["cleared"])
        open_holds = holds_of(change.session, item_id)
        for one in open_holds:
            one.cleared_at, one.cleared_by = now(), change.actor.person_id
        item = change.session.get(WorkItem, item_id)
        if item and _ready_again(change, item):
            change.log("chart.clear_holds", "work_item", item_id, holds=[h.reason for h in open_holds])
        change.answer = {"cleared": len(open_holds)}
        return len(open_holds)


def close_hold(change: Change, one: Hold, why: str) -> bool:
    """Clear a hold within a change; `why` names what cleared it. Whether its chart is ready again."""
    one.cleared_at, one.cleared_by, one.cleared_why = now(), change.actor.person_id, why[:400]
    change.session.add(one)
    item = change.session.get_one(WorkItem, one.work_item_id)
    ready = _ready_again(change, item)
    change.log("chart.clear_hold", "work_item", item.id, hold=one.id, reason=one.reason, why=why, ready=ready)
    return ready


def holds_of(session: Session, item_id: str) -> list[Hold]:
    """The open holds of a chart, the oldest first."""
    query = select(Hold).where(Hold.work_item_id == item_id, col(Hold.cleared_at).is_(None))
    return list(session.exec(query.order_by(Hold.opened_at, Hold.id)))


def named_holds(session: Session, item_id: str) -> str:
    """The open holds of a chart in words, for a refusal: `operative report missing (records)`."""
    return ", ".join(f"{one.reason} ({one.owner})" for one in holds_of(session, item_id)) or "no hold is open"


def _check(known: HoldReason | None, said: str, owner: str, physician: str, about_on: str, due_on: str) -> None:
    if not said:
        raise HoldRefused("a hold needs a reason", "codedesk holds reasons")
    if not owner:
        raise HoldRefused(f"no reason is called {said!r}", "codedesk holds reasons, or name an owner")
    if known is None:
        reason_in_words(said)
    if known and owner not in owners():
        raise HoldRefused(f"no owner is called {owner!r}", f"one of {', '.join(owners())}")
    if known and known.physician and not physician.strip():
        raise HoldRefused(f"{known.words}: whose is it?", "name the physician")
    if known and known.dated and not about_on:
        raise HoldRefused(f"{known.words}: of which day?", "name the day, as 2026-09-30")
    for what, day in (("day", about_on), ("due day", due_on)):
        if day and not _is_day(day):
            raise HoldRefused(f"{day[:20]!r} is no {what}", "expected 2026-09-30")


def _ready_again(change: Change, item: WorkItem) -> bool:
    """Bring a chart without an open hold back to its worklist, higher for the day."""
    change.session.flush()
    if item.status != WorkStatus.ON_HOLD or holds_of(change.session, item.id):
        return False
    move(item, WorkStatus.READY)
    reroute(change.session, item, just_cleared=True)
    return True


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
