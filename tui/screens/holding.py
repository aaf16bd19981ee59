"""Holds and skipping by keys, for one chart or for all that are marked: worklist and chart share it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from store.queries.holds import HoldRow, holds_of_chart, physicians
from tui.cells import counted
from tui.screens.desk import DeskScreen

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.holds import HoldReason
    from store.models import WorkItem

CLEAR = "clear their holds"
"""Offered among the reasons when charts are marked."""


def hold_or_clear(screen: DeskScreen, work_item_id: str, patient: str, done: Callable[[str], None]) -> None:
    """Add a hold to a chart, or clear one of those it has; `done` is called with what then is said."""

    async def asked() -> None:
        held = await screen.workstation.record.read(holds_of_chart, work_item_id, screen.workstation.today)
        here = [row for row in held if not row.cleared_on]
        if not here:
            hold_chart(screen, work_item_id, patient, done)
            return
        options = [(f"clear {number}", _hold_words(row)) for number, row in enumerate(here, 1)]
        options += [("another", "hold it for one more reason")]
        options += [("clear all", "make it ready again")] if len(here) > 1 else []

        async def chosen(name: str) -> None:
            from store.holds import clear_hold, clear_holds

            if name == "another":
                hold_chart(screen, work_item_id, patient, done)
            elif name == "clear all":
                await screen.workstation.change(clear_holds, work_item_id)
                done(f"Holds of {patient} cleared: ready again.")
            else:
                row = here[int(name.split()[1]) - 1]
                ready = await screen.workstation.change(clear_hold, row.id)
                done(f"{patient}: {row.hold_reason} cleared{': ready again' if ready else '; other holds are open'}.")

        screen.choose("hold", f"{patient} waits for:", options, chosen)

    screen.in_turn(asked())


def hold_chart(screen: DeskScreen, work_item_id: str, patient: str, held: Callable[[str], None]) -> None:
    """Ask for a reason and put a chart on hold; `held` is called with what then is said. For worklist and chart."""

    async def put(reason: HoldReason, physician: str, day: str) -> None:
        from store.database import operation_id
        from store.holds import hold

        def step(db: Database, actor: Actor) -> str:
            return hold(
                db, actor, work_item_id, reason.id, operation_id=operation_id(), physician=physician, about_on=day
            )

        await screen.workstation.change(step)
        held(f"{patient} is on hold: {reason.words} ({reason.owner}). h clears it.")

    _ask_reason(screen, "hold for:", put, work_item_id=work_item_id)


def hold_marked(screen: DeskScreen, item_ids: Sequence[str], done: Callable[[str], None]) -> None:
    """Hold the marked charts for one reason, or clear their holds, after a look at how many that changes."""

    async def put(reason: HoldReason, physician: str, day: str) -> None:
        from store.database import operation_id
        from store.worklists.bulk import hold_all, holdable

        def step(db: Database, actor: Actor) -> int:
            return hold_all(
                db, actor, item_ids, reason.id, operation_id=operation_id(), physician=physician, about_on=day
            )

        what = f"{reason.words} ({reason.owner})"
        outcome = f"on hold: {what}. Marked again, h clears them"
        await _preview(screen, item_ids, holdable, f"hold for {what}", step, outcome, done)

    async def clear() -> None:
        from store.database import operation_id
        from store.worklists.bulk import clear_all, clearable

        def step(db: Database, actor: Actor) -> int:
            return clear_all(db, actor, item_ids, operation_id())

        await _preview(screen, item_ids, clearable, "clear every hold", step, "ready again", done)

    _ask_reason(screen, f"hold {counted(len(item_ids), 'marked chart')} for:", put, clear)


def skip_marked(screen: DeskScreen, item_ids: Sequence[str], done: Callable[[str], None]) -> None:
    """Pass the marked charts by with one reason. Nothing else is asked: it holds no chart and ends by itself."""

    async def reasoned(reason: str) -> None:
        from store.database import operation_id
        from store.worklists.bulk import Sorting, skip_all, skippable, sort_out

        def step(db: Database, actor: Actor) -> Sorting:
            with db.reading() as session:
                sorting = sort_out(session, item_ids, skippable, actor.person_id)
            if sorting.items:
                skip_all(db, actor, sorting.items, reason, operation_id())
            return sorting

        sorting = await screen.workstation.change(step)
        if sorting.items:
            done(f"Skipped for 12 hours: {sorting.words}.")
        else:
            screen.say(f"Nothing to do: {sorting.words}.", "warning")

    screen.ask("skip", f"why {counted(len(item_ids), 'marked chart')} are not for you:", answer=reasoned)


async def _preview(
    screen: DeskScreen,
    item_ids: Sequence[str],
    why_not: Callable[[WorkItem, str | None], str],
    what: str,
    step: Callable[[Database, Actor], int],
    outcome: str,
    done: Callable[[str], None],
) -> None:
    """Say how many charts a step will change and why others stay, ask, and carry it out."""
    from store.worklists.bulk import Sorting, sort_out

    def look(db: Database, actor: Actor) -> Sorting:
        with db.reading() as session:
            return sort_out(session, item_ids, why_not, actor.person_id)

    sorting = await screen.workstation.change(look)
    if not sorting.items:
        screen.say(f"Nothing to do: {sorting.words}.", "warning")
        return

    async def yes() -> None:
        changed = await screen.workstation.change(step)
        done(f"{counted(changed, 'chart')} {outcome}.")

    screen.confirm(f"{what[:1].upper()}{what[1:]}: {sorting.words}?", yes)


def _ask_reason(
    screen: DeskScreen,
    prompt: str,
    put: Callable[[HoldReason, str, str], Awaitable[None]],
    clear: Callable[[], Awaitable[None]] | None = None,
    work_item_id: str = "",
) -> None:
    """Let a reason be chosen, with physician and day where it asks for them; `clear` is offered besides.

    The physicians of the visit are offered first, of many charts everybody here; day and another name can be typed.
    """
    from store.holds.reasons import hold_reasons  # with the tables, which the first screen does not wait for

    known = hold_reasons()
    options = [(reason.words, f"waits for {reason.owner}") for reason in known.values()]
    options += [(CLEAR, "makes them ready again")] if clear else []

    async def chosen(words: str) -> None:
        if clear and words == CLEAR:
            await clear()
            return
        reason = next(one for one in known.values() if one.words == words)
        if reason.physician:
            named = await screen.workstation.record.read(physicians, work_item_id)
            day = ", and the day (2026-10-01)" if reason.dated else ""
            prompt = f"{reason.words}, whose{day}:"
            screen.choose("hold", prompt, named, partial(told, reason), own_words=True)
        elif reason.dated:
            ask_day(reason, "")
        else:
            await put(reason, "", "")

    async def told(reason: HoldReason, text: str) -> None:
        physician, day = _physician_and_day(text)
        if reason.dated and not day:
            ask_day(reason, physician)
        else:
            await put(reason, physician, day)

    def ask_day(reason: HoldReason, physician: str) -> None:
        async def dated(text: str) -> None:
            await put(reason, physician, _physician_and_day(text)[1])

        whose = f", {physician}" if physician else ""
        prompt = f"{reason.words}{whose}, day (2026-10-01):"
        screen.ask("hold", prompt, answer=dated, lacks=lambda text: not _physician_and_day(text)[1])

    screen.choose("hold", prompt, options, chosen)


def _physician_and_day(text: str) -> tuple[str, str]:
    """The physician and the day that a line names; each empty where it does not."""
    day = next((word for word in text.split() if word[:4].isdigit()), "")
    return " ".join(word for word in text.split() if word != day), day


def _hold_words(row: HoldRow) -> str:
    whose = f", {row.physician}" if row.physician else ""
    due = f", due {row.due_on}" if row.due_on else ""
    return f"{row.hold_reason} ({row.owner}{whose}), {row.days}d{due}"
