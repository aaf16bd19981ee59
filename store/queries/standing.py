"""What is left of posted charges once what was taken back of them is counted.

A reversal names what it takes back (`reversal_of`); it may be of a part, and may be taken back itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class PostedCharge(NamedTuple):
    """A row of the charges of one visit; `cents` is None where the money is covered."""

    number: str
    reversal_of: str
    units: int
    cents: int | None


class Left(NamedTuple):
    """Units and cents of a charge less what was taken back. `stands` is False where nothing is left to bill."""

    units: int
    cents: int
    stands: bool


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
    return {row.number: _left(row, *net[row.number]) for row in rows if not row.reversal_of}


def _left(row: PostedCharge, units: int, cents: int, touched: bool) -> Left:
    charged = row.units >= 0 and (row.cents or 0) >= 0
    if not touched:
        return Left(units, cents, stands=charged)
    return Left(units if units > 0 else row.units, cents, stands=charged and (cents if row.cents else units) > 0)


def _net(row: PostedCharge, takes_back: dict[str, list[PostedCharge]], above: frozenset[str]) -> tuple[int, int]:
    units, cents = row.units, row.cents or 0
    above |= {row.number}
    for back in takes_back.get(row.number, ()):
        if back.number not in above:
            of_it = _net(back, takes_back, above)
            units, cents = units + of_it[0], cents + of_it[1]
    return units, cents
