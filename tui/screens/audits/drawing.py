"""Drawing a sample by keys: its name, the method, what the method asks for, and how many charts.

The days, types and payers that a population can be narrowed by are for the command line (`codedesk audits draw`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from store.amounts import MOST_WHOLE
from tui.cells import counted
from tui.screens.desk import NotAnAnswer

if TYPE_CHECKING:
    from store.actors import Actor
    from store.audits.samples import Criteria, Planned
    from store.audits.sampling import Method, Size
    from store.database import Database
    from tui.screens.audits.listing import AuditsScreen

METHODS = (
    ("simple", "as many charts as you say, by chance"),
    ("systematic", "every so many-th chart, from a start by chance"),
    ("stratified", "a part of every coder, type, payer or DRG"),
    ("focused", "of the charts that a rule found, or with some codes"),
    ("everything", "every chart of one coder, as for a new one"),
)
BEFORE = "before"
BILLS = (
    ("after", "whether they are audited or not: the audit looks back"),
    (BEFORE, "once their audit is final: no bill of them leaves before"),
)
_SEED = re.compile(r"[0-9]{1,40}")
_RULE = re.compile(r"[cr]\d{2,3}")


def draw_by_keys(screen: AuditsScreen) -> None:
    """Ask for a sample step by step, show what would be drawn, and draw it after a yes."""

    async def named(name: str) -> None:
        if not name.strip():
            screen.say("No sample was drawn.")
            return

        async def chosen(method: str) -> None:
            async def billed(when: str) -> None:
                await _NEXT.get(method, _sized)(screen, Asked(name, method, when == BEFORE))

            screen.choose("bill", "its charts are billed:", list(BILLS), billed)

        screen.choose("method", "how to pick:", list(METHODS), chosen)

    screen.ask("sample", "name of the sample:", answer=named)


@dataclass(frozen=True)
class Asked:
    """What was said of a sample so far."""

    name: str
    method: str
    prebill: bool
    by: str = ""
    criteria: Criteria | None = None


async def _sized(screen: AuditsScreen, sample: Asked) -> None:
    async def sized(asked: str) -> None:
        text, _, seed = asked.partition("seed")
        if seed and not (_SEED.fullmatch(seed.strip()) and int(seed) <= MOST_WHOLE):
            raise NotAnAnswer(f"A seed is a whole number from 0 to {MOST_WHOLE:,}: 30 seed 48213.")
        await _shown(screen, sample, text.strip(), int(seed) if seed else None)

    screen.ask("size", "how many charts (30, 10%, or 30 seed 48213):", "30", sized, marked=True)


async def _by_strata(screen: AuditsScreen, sample: Asked) -> None:
    from store.audits.samples import STRATA

    async def chosen(by: str) -> None:
        await _sized(screen, replace(sample, by=by))

    screen.choose(
        "strata", "a part of every:", [(one, f"charts of each {one} by their share") for one in STRATA], chosen
    )


async def _focused(screen: AuditsScreen, sample: Asked) -> None:
    from store.audits.samples import Criteria

    async def told(text: str) -> None:
        words = text.split()
        if not words:
            raise NotAnAnswer("A focus is a rule (r031, c82) or codes (E11 J44).")
        rule = next((word for word in words if _RULE.fullmatch(word)), "")
        codes = tuple(word.upper() for word in words if word != rule)
        await _sized(screen, replace(sample, criteria=Criteria(rule=rule, codes=codes)))

    screen.ask("focus", "rule that found it (r031) or first characters of codes (E11 J44):", answer=told)


async def _of_a_coder(screen: AuditsScreen, sample: Asked) -> None:
    from store.audits.samples import Criteria
    from store.queries.people import staff
    from store.terms import Role

    async def chosen(login: str) -> None:
        await _shown(screen, replace(sample, criteria=Criteria(coders=(login,))), "all", None)

    people = await screen.workstation.record.read(staff)
    screen.choose("coder", "coder:", [(one.login, one.name) for one in people if one.role is Role.CODER], chosen)


_NEXT: dict[str, Callable[..., Awaitable[None]]] = {
    "stratified": _by_strata,
    "focused": _focused,
    "everything": _of_a_coder,
}


async def _shown(screen: AuditsScreen, sample: Asked, size: str, seed: int | None) -> None:
    """Show how many charts of which days would be drawn, and whether their bills wait; draw after a yes."""
    from store.audits.samples import Criteria, draw
    from store.audits.sampling import Method, Size, size_of

    asked, method = Size() if size == "all" else size_of(size), Method(sample.method)
    criteria = sample.criteria or Criteria()
    planned = await screen.workstation.change(_planned, method, asked, criteria, sample.by, sample.prebill)

    async def drawn() -> None:
        done = await screen.workstation.change(
            draw, sample.name, method, asked, criteria, seed, sample.by, sample.prebill
        )
        await screen.show_sample(sample.name.strip())
        told = f"{done.picked} of {counted(done.population, 'chart')}, seed {done.seed}"
        screen.say(f"Drawn: {told}. Enter begins the first; codedesk audits reproduce proves it.", "good")

    # At 80 columns both days and what waits are in sight with the answers, of a hundred thousand charts too.
    days = f"{planned.first} to {planned.last}"
    question = f"Draw {planned.picked} of {counted(planned.population, 'chart')}, coded {days}?"
    if sample.prebill:
        question = f"Draw {planned.picked} of {planned.population}, {days}? Bills wait."
    screen.confirm(question, drawn)


def _planned(
    db: Database, actor: Actor, method: Method, size: Size, criteria: Criteria, by: str, prebill: bool
) -> Planned:
    from store.audits.samples import plan

    with db.reading() as session:
        return plan(session, method, size, criteria, by, prebill)
