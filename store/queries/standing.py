"""What is left of posted charges once what was taken back of them is counted.

A reversal names what it takes back (`reversal_of`); it may be of a part, and may be taken back itself. A credit that
names nothing, as of senders that number every transaction anew, is of a charge of the same code, modifiers and day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Posted:
    """A posted charge as a facility bills it; `cents` is None where the money is covered, `modifiers` as they came."""

    number: str
    reversal_of: str
    revenue_code: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    cents: int | None
    service_date: str
    hard_coded: bool = False
    """Of the charge master: a coder does not change it."""

    late: bool = False
    """Posted after the coding was final: its coder has not seen it."""


class PostedCharge(NamedTuple):
    """A row of the charges of one visit; `cents` is None where the money is covered.

    `service` is what was done and when, by which a credit finds its charge (`service_of`); empty: it finds none.
    """

    number: str
    reversal_of: str
    units: int
    cents: int | None
    service: str = ""


class Left(NamedTuple):
    """Units and cents of a charge less what was taken back. `stands` is False where nothing is left to bill."""

    units: int
    cents: int
    stands: bool


def service_of(code: str, modifiers: Iterable[str], day: str) -> str:
    """What was done and when, to compare; empty for a charge without a code."""
    return " ".join((code, *modifiers, day)) if code else ""


def net_of(charges: Iterable[PostedCharge]) -> dict[str, tuple[int, int, bool]]:
    """Units and cents of each charge less what was taken back of it, and whether anything was."""
    rows = list(charges)
    takes_back: dict[str, list[PostedCharge]] = defaultdict(list)
    for row in rows:
        if row.reversal_of:
            takes_back[row.reversal_of].append(row)
    return {row.number: (*_net(row, takes_back, frozenset()), row.number in takes_back) for row in rows}


def left_of(charges: Iterable[PostedCharge]) -> dict[str, Left]:
    """What is left of each charge of a visit that is no reversal, by its number.

    A charge whose money is left without a unit stands with the units it was posted with. A credit whose charge is not
    here is below zero and stands for no service.
    """
    rows = list(charges)
    net = net_of(rows)
    own = [row for row in rows if not row.reversal_of]
    for credit in own:
        if credit.service and not _charged(credit):
            _settle(credit, own, net)
    return {row.number: _left(row, *net[row.number]) for row in own}


def _settle(credit: PostedCharge, rows: Sequence[PostedCharge], net: dict[str, tuple[int, int, bool]]) -> None:
    """Take what is left of a credit off a charge of the same service: one of just so much, else one of more.

    A credit of less money for every unit is of the price: the units stay.
    """
    units, cents = -net[credit.number][0], -net[credit.number][1]
    fitting = []
    for place, row in enumerate(rows):
        left_units, left_cents, _ = net[row.number]
        fits = 0 < cents <= left_cents if left_cents else not cents and 0 < units <= left_units
        if fits and row.service == credit.service and _charged(row):
            fitting.append((left_cents != cents, place, row.number))
    if fitting:
        number = min(fitting)[2]
        left_units, left_cents, _ = net[number]
        whole = bool(cents) and cents == left_cents
        off = left_units if whole else units if units < left_units or not cents else 0
        net[number] = (left_units - off, left_cents - cents, True)
        net[credit.number] = (0, 0, True)


def _left(row: PostedCharge, units: int, cents: int, touched: bool) -> Left:
    charged = _charged(row)
    if not touched:
        return Left(units, cents, stands=charged)
    return Left(units if units > 0 else row.units, cents, stands=charged and (cents if row.cents else units) > 0)


def _charged(row: PostedCharge) -> bool:
    return row.units >= 0 and (row.cents or 0) >= 0


def _net(row: PostedCharge, takes_back: dict[str, list[PostedCharge]], above: frozenset[str]) -> tuple[int, int]:
    units, cents = row.units, row.cents or 0
    above |= {row.number}
    for back in takes_back.get(row.number, ()):
        if back.number not in above:
            of_it = _net(back, takes_back, above)
            units, cents = units + of_it[0], cents + of_it[1]
    return units, cents
