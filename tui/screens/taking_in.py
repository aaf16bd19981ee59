"""Taking in files that lie in the inbox from a list screen: which there are, and in one line what became of each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from codesets.errors import UnreadableInput
from codesets.safe import safe_line
from store.terms import Outcome
from tui.cells import counted, minute
from tui.money import dollars

if TYPE_CHECKING:
    from store.acks import AnswersTakenIn
    from store.arrivals import Arrival
    from store.ledger.deposits import DepositsTakenIn
    from store.remits.posting import FileTakenIn
    from tui.screens.list_screen import ListScreen

ALL = "all of them"


async def take_in_arrivals(screen: ListScreen) -> None:
    """Let one of the files that wait be chosen, or all, and take it in; the rows are read again."""
    from store.arrivals import arrivals
    from store.settings import inbox

    waiting = await asyncio.to_thread(arrivals)
    if not waiting:
        screen.say(f"No file waits: they are put into {inbox()}")
        return

    async def chosen(name: str) -> None:
        await _take_in(screen, [one.name for one in waiting] if name == ALL else [name])

    options = [(safe_line(one.name), _words(one)) for one in waiting]
    if len(waiting) > 1:
        options.insert(0, (ALL, counted(len(waiting), "file")))
    screen.choose("take in", "take in:", options, chosen)


async def _take_in(screen: ListScreen, names: list[str]) -> None:
    """Take in one file after the other; one that cannot be read leaves the others."""
    from store.arrivals import take_in_arrival

    told, odd = [], False
    for name in names:
        try:
            words, waits = taken_words(await screen.workstation.change(take_in_arrival, name))
        except UnreadableInput as error:
            words, waits = f"stays in the inbox: {error.message.removeprefix(f'{name}: ')}", True
        told.append(f"{name}: {words}")
        odd = odd or waits
    await screen.read_rows()
    screen.say(safe_line(f"{'; '.join(told)}."), "warning" if odd else "good")


def taken_words(taken: FileTakenIn | AnswersTakenIn | DepositsTakenIn) -> tuple[str, bool]:
    """What became of a file, and whether somebody has to look at it."""
    from store.acks import AnswersTakenIn
    from store.remits.posting import FileTakenIn

    if isinstance(taken, FileTakenIn):
        return _remittances(taken)
    return _answers(taken) if isinstance(taken, AnswersTakenIn) else _deposits(taken)


def _remittances(taken: FileTakenIn) -> tuple[str, bool]:
    told = []
    for outcome in dict.fromkeys(one.outcome for one in taken.sets):
        told.append(f"{counted(sum(one.outcome == outcome for one in taken.sets), 'payment')} {outcome}")
    denials, unapplied = sum(one.denials for one in taken.sets), sum(one.unapplied_cents for one in taken.sets)
    told += [counted(denials, "denial")] if denials else []
    told += [f"{dollars(unapplied)} unapplied"] if unapplied else []
    held = next((one.why for one in taken.sets if one.waits), "")
    return ", ".join(told) + (f": {held}" if held else ""), bool(held or unapplied)


def _answers(taken: AnswersTakenIn) -> tuple[str, bool]:
    again = all(one.repeated for one in taken.answers)
    numbers = {kind: sum(len(getattr(one, kind)) for one in taken.answers) for kind in _OF_CLAIMS}
    told = [f"{counted(numbers[kind], 'claim')} {words}" for kind, words in _OF_CLAIMS.items() if numbers[kind]]
    refused = any(one.outcome is not Outcome.ACCEPTED for one in taken.answers)
    return ("taken in before" if again else ", ".join(told) or "no claim of ours is named"), refused


def _deposits(taken: DepositsTakenIn) -> tuple[str, bool]:
    told = [f"{counted(taken.new, 'deposit')} new", f"{taken.known} known", f"{taken.matched} matched"]
    told += [f"{counted(len(taken.left_out), 'line')} left out: {taken.left_out[0]}"] if taken.left_out else []
    return ", ".join(told), bool(taken.left_out or taken.unclear or taken.differ)


_OF_CLAIMS = {"accepted": "accepted", "culprits": "at fault", "traveled": "ready again", "stayed": "left as they are"}


def _words(arrival: Arrival) -> str:
    return f"{arrival.kind.value}, {arrival.size:,} bytes, {minute(arrival.at)}"
