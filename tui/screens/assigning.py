"""Giving charts to people by keys: one, all marked ones, or a whole worklist in turn; looked at before it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.cells import counted
from tui.screens.desk import DeskScreen

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.worklists.assigning import Plan


EVERYBODY = "everybody"
"""What is chosen to give charts to nobody in particular."""


def assign(screen: DeskScreen, who: str, item_ids: list[str], now: str, done: Callable[[str], None]) -> None:
    """Offer who codes and give them the charts, called `who`, that are with `now`; `done` says what was done."""

    async def named(login: str) -> None:
        wanted = "" if login == EVERYBODY else login.strip()
        _plan(screen, f"{who} to {wanted or EVERYBODY}", done, _reassigned, item_ids, wanted)

    async def asked() -> None:
        people = await _coding(screen)
        options = [(login, f"{name}, has it now" if login == now else name) for login, name in people]
        free = (EVERYBODY, "whoever takes the next chart")
        screen.choose("assign", f"give {who} to:", [*options, free], named)

    screen.in_turn(asked())


def give_in_turn(screen: DeskScreen, worklist: str, done: Callable[[str], None]) -> None:
    """Offer who codes, or take several logins, and give them the charts of a worklist in turn."""

    async def named(logins: str) -> None:
        _plan(screen, worklist, done, _balanced, worklist, logins.split())

    async def asked() -> None:
        prompt = f"give {worklist} in turn to (one, or logins with blanks between):"
        screen.choose("balance", prompt, await _coding(screen), named, own_words=True)

    screen.in_turn(asked())


async def _coding(screen: DeskScreen) -> list[tuple[str, str]]:
    """Who codes charts: logins with their names."""
    from store.queries.people import staff
    from store.terms import Role

    people = await screen.workstation.record.read(staff)
    return [(one.login, one.name) for one in people if one.active and one.role in (Role.CODER, Role.ADMIN)]


def _plan(
    screen: DeskScreen, what: str, done: Callable[[str], None], make: Callable[..., Plan], *about: object
) -> None:
    """Look at who would get what, ask, and carry it out with a reason."""

    async def planned() -> None:
        plan = await screen.workstation.change(make, *about)
        if not plan.charts:
            screen.say(f"{what}: {plan.words}.", "warning")
            return

        async def reasoned(reason: str) -> None:
            from store.worklists.assigning import carry_out

            given = await screen.workstation.change(carry_out, plan, reason)
            done(f"{counted(given, 'chart')} assigned: {plan.words}.")

        screen.ask("reason", f"{plan.words}; why:", answer=reasoned)

    screen.in_turn(planned())


def _reassigned(db: Database, actor: Actor, item_ids: list[str], login: str, operation_id: str | None = None) -> Plan:
    from store.worklists.assigning import reassign

    with db.reading() as session:
        return reassign(session, item_ids, login)


def _balanced(db: Database, actor: Actor, worklist: str, logins: list[str], operation_id: str | None = None) -> Plan:
    from store.worklists.assigning import balance

    with db.reading() as session:
        return balance(session, worklist, logins)
