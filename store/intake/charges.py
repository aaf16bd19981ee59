"""The history of each charge of a visit: what was posted under its number, what was taken back, what stands now.

Messages post and take back under the number of a transaction (HL7 FT1-2). Under a number stands the last charge that
no credit took back; another one corrects it, a credit takes back what stands, and a charge after that is posted anew.
A credit that comes before its charge is posted as it is and settled when the charge comes.

The rows of number `N` are its postings `N`, `N~2`, `N~3` and the reversals of each, `N~R`, `N~R2`; none is edited.
Source: HL7 v2.5.1 chapter 6.5.1 (FT1-2, FT1-6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from store.intake.rows import everything, named
from store.models import Charge
from store.models.columns import new_id
from store.models.encounter import ChargeFields
from store.queries.standing import PostedCharge, net_of


@dataclass(frozen=True)
class Posting:
    """A charge that a message posts, or takes back; its units and cents are not below zero.

    `or_number` is the number that the sender gave, where the message gave it twice and the second got one of its own.
    A `restated` one is a line of a list that says each thing once: the same line again is no second one.
    """

    said: ChargeFields
    credit: bool = False
    or_number: str = ""
    restated: bool = False


@dataclass(frozen=True)
class ToldCharges:
    """What one message says of charges, in its order, and when it was written: ISO text in UTC, empty if not known."""

    postings: Sequence[Posting] = ()
    at: str = ""


def posting(fields: Mapping[str, Any], credit: bool = False, or_number: str = "", restated: bool = False) -> Posting:
    """A posting of `ChargeFields` by the signs of its units and cents: below zero it takes back, whatever it is called.

    Raises ValidationError.
    """
    below = min(fields["units"], fields["amount_cents"]) < 0
    sizes = {name: abs(fields[name]) for name in ("units", "amount_cents")}
    return Posting(ChargeFields.model_validate({**fields, **sizes}), credit or below, or_number, restated)


NOTHING_TOLD = ToldCharges()


class Histories:
    """The charges of one visit; `new` are the rows that came of what was told.

    `told` hears of what was not posted as its sender wrote it. Times are ISO text in UTC, empty where none is known: a
    message older than what was told of a number last changes nothing under it.
    """

    def __init__(self, encounter_id: str, rows: Iterable[Charge], told: Callable[[str], None]) -> None:
        self._encounter_id, self._told = encounter_id, told
        self._rows = {row.charge_number: row for row in rows}
        self.new: list[Charge] = []

    def tell(self, one: Posting, at: str) -> None:
        """Post or take back what a message says."""
        said = one.said
        if not one.credit:
            self.post(said, at, one.restated)
            return
        if one.or_number and said.charge_number not in self._rows:
            said = said.model_copy(update={"charge_number": one.or_number})
        self.take_back(said, at, one.restated)

    def restate(self, said: ChargeFields, reversed_there: bool) -> None:
        """Take a charge of a record that states all charges as they are, reversals among them.

        What is here already changes nothing: a reversal, a charge that the record reverses itself (`reversed_there`), a
        credit that was settled since.
        """
        here = self._rows.get(said.charge_number)
        if here is None:
            self.add(said)
        elif not (same_charge(here, said) and (reversed_there or said.reversal_of or self._below(here))):
            self.post(said, "", restated=True)

    def add(self, said: ChargeFields, at: str = "") -> None:
        """Add a row as its sender states it: its number is not here yet."""
        self._add(said.charge_number, everything(said), at)

    def post(self, said: ChargeFields, at: str, restated: bool = False) -> None:
        """Post a charge under its number; a `restated` one is told again as it was, so that a credit of it stays."""
        number = said.charge_number
        steps = self._steps(number)
        if not steps:
            self.add(said, at)
            return
        last = steps[-1]
        units, cents, touched = self._left(last)
        if same_charge(last, said) and (restated or not touched):
            last.told_at = max(last.told_at, at)
        elif self._below(last) and self._stands(last) and min(said.units, said.amount_cents) >= 0:
            self._settle(number, said, at)
        elif self._older(number, at):
            self._told(f"charge {number}: older than what was told of it last, not posted")
        else:
            if self._stands(last):
                self._take_back(last, units, cents, at)
            self._add(self._next_number(number), everything(said), at)

    def _settle(self, number: str, said: ChargeFields, at: str) -> None:
        """Post a charge whose credits came before it, and turn them into credits of it."""
        early = [(step, *self._left(step)[:2]) for step in self._steps(number) if self._stands(step)]
        for step, units, cents in early:
            self._take_back(step, units, cents, step.told_at)
        self._add(self._next_number(number), everything(said), at)
        for step, units, cents in early:
            sizes = {"units": abs(units), "amount_cents": abs(cents)}
            self._take_back_of_last(said.model_copy(update=sizes), step.told_at)

    def take_back(self, said: ChargeFields, at: str, restated: bool = False) -> None:
        """Take back what stands under a number: all, or the part that a smaller credit names.

        A credit of units without an amount takes back their share of the amount, half a cent rounded up.
        """
        number = said.charge_number
        steps = self._steps(number)
        last = steps[-1] if steps else None
        if last is None or (self._below(last) and self._stands(last)):
            credit = said.model_copy(update={"units": -said.units, "amount_cents": -said.amount_cents})
            if restated and last is not None:
                self.post(credit, at, restated)
            else:
                self._add(self._next_number(number), everything(credit), at)
            return
        if self._older(number, at):
            self._told(f"credit of charge {number}: older than what was told of it last, not posted")
            return
        self._take_back_of_last(said, at)

    def _take_back_of_last(self, said: ChargeFields, at: str) -> None:
        number = said.charge_number
        last = self._steps(number)[-1]
        if not self._stands(last):
            self._told(f"credit of charge {number}: nothing stands under it, not posted")
            return
        units, cents, _ = self._left(last)
        back_units, back_cents = said.units, said.amount_cents
        if cents > 0 and not back_cents and back_units < units:
            back_cents = (2 * cents * back_units + units) // (2 * units)
        if not (back_cents >= cents if cents > 0 else back_units >= units):
            # A credit of money for every unit is of the price: the units stay.
            self._take_back(last, back_units if back_units < units else 0, back_cents, at)
            return
        if back_cents > cents:
            more = f"{(back_cents - cents) / 100:,.2f}"
            self._told(f"credit of charge {number}: {more} more than stands under it, that much not posted")
        self._take_back(last, units, cents, at)

    def _steps(self, number: str) -> list[Charge]:
        """The postings of a number, oldest first."""
        names = (number if step == 1 else f"{number}~{step}" for step in count(1))
        steps: list[Charge] = []
        for name in names:
            if name not in self._rows:
                return steps
            steps.append(self._rows[name])
        return steps

    def _older(self, number: str, at: str) -> bool:
        family = {row.charge_number for row in self._steps(number)}
        times = [r.told_at for r in self._rows.values() if r.charge_number in family or r.reversal_of in family]
        return bool(at) and at < max(times, default="")

    def _left(self, row: Charge) -> tuple[int, int, bool]:
        """Units and cents that are left of a posting, and whether any of it was taken back."""
        rows = (one for one in self._rows.values() if one.reversal_of or one is row)
        return net_of(PostedCharge(c.charge_number, c.reversal_of, c.units, c.amount_cents) for c in rows)[
            row.charge_number
        ]

    def _below(self, row: Charge) -> bool:
        """Whether it is a credit whose charge has not come."""
        return min(row.units, row.amount_cents) < 0

    def _stands(self, row: Charge) -> bool:
        units, cents, touched = self._left(row)
        return not touched or (cents if row.amount_cents else units) != 0

    def _next_number(self, number: str) -> str:
        taken = len(self._steps(number))
        return f"{number}~{taken + 1}" if taken else number

    def _take_back(self, row: Charge, units: int, cents: int, at: str) -> None:
        """Post the reversal of so many units and cents of a row, in everything else like the row."""
        names = (f"{row.charge_number}~R{'' if step == 1 else step}" for step in count(1))
        number = next(name for name in names if name not in self._rows)
        values = {name: getattr(row, name) for name in ChargeFields.model_fields}
        values |= {"reversal_of": row.charge_number, "units": -units, "amount_cents": -cents}
        self._add(number, values, at)

    def _add(self, number: str, values: Mapping[str, Any], at: str) -> None:
        row = Charge(id=new_id(), encounter_id=self._encounter_id, told_at=at, **{**values, "charge_number": number})
        self._rows[number] = row
        self.new.append(row)


def same_charge(posted: Charge, said: ChargeFields) -> bool:
    """Whether a row is what a sender says of it, as far as they say anything."""
    return all(getattr(posted, name) == value for name, value in named(said).items() if name != "charge_number")
