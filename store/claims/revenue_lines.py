"""The revenue lines of an institutional claim: the posted charges, and what the coder's lines do to them.

One function says it for the chart, for the page before final coding and for the claim (`revenue_lines`). Posted charges
are added up to services: by revenue code on the bill of a stay, by code, modifiers and day too on an outpatient one.
Reversals net out. A line of the coder's is about one service: of its code, modifiers and day, else of its code and day,
else of its code on another day, else another level of the same emergency visit, of which a claim has one. Then:

- it takes the place of what is posted: code, modifiers, revenue code, drug, units and charge are those of the line;
- of a charge of the charge master it changes modifiers, revenue code and drug alone, for units and money are its
  department's (`Charge.hard_coded`);
- where nothing is posted it is billed beside the charges, under its revenue code or the usual one
  (`revenue_codes.csv`);
- a stay is billed by its charges alone: a line of HCPCS is no part of it.

What was posted after the coding was final, charges and credits, is added to what its service came to by then.

What differs from the posted charges is told in words (`RevenueLines.notes`), on the chart and on the claim.

Source: 005010X223A2, loop 2400; UB-04, form locators 42 to 47; Medicare Claims Processing Manual, chapter 25, and
chapter 4, section 160 (one level of an emergency visit).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from codesets.edits.bundling import may_be_visit
from codesets.shipped_tables import read_table
from store.claims.content import BilledLine
from store.claims.details import Drug, drug_coded, with_drug
from store.models.encounter import ChargeFields
from store.queries.standing import Posted

_ROOM_AND_BOARD = tuple(f"0{n}" for n in range(10, 22))
"""Revenue codes whose units are days."""

_EMERGENCY = "045"
"""The revenue codes of an emergency department."""

_ANOTHER_VISIT = "27"
"""The modifier of a further visit to the hospital on the same day."""


class Coded(Protocol):
    """A line of HCPCS as the coder entered it; a service date that is empty is that of the visit."""

    @property
    def code(self) -> str: ...

    @property
    def modifiers(self) -> Sequence[str]: ...

    @property
    def units(self) -> int: ...

    @property
    def charge_cents(self) -> int: ...

    @property
    def service_date(self) -> str | None: ...

    @property
    def ndc(self) -> str: ...

    @property
    def ndc_quantity(self) -> str: ...

    @property
    def revenue_code(self) -> str: ...


class Effect(Enum):
    """What a line of the coder's does to the posted charges."""

    CONFIRMS = "confirms"
    TAKES_PLACE = "takes the place"
    KEEPS = "keeps"
    ADDS = "adds"
    UNBILLED = "unbilled"


@dataclass(frozen=True)
class Service:
    """Posted charges that a claim bills as one line; `fixed` where one of them is of the charge master.

    `apart` is what was charged with no unit, or with fewer: it is part of no sum that would hide it.
    """

    revenue: str
    code: str
    modifiers: tuple[str, ...]
    day: str
    units: int
    cents: int
    fixed: bool = False
    apart: bool = False
    late: bool = False

    @property
    def billable(self) -> bool:
        """Whether anything of it is left that a coder's line can be about."""
        return self.apart or self.cents > 0 or (self.units > 0 and self.cents == 0)


@dataclass(frozen=True)
class OfCoder:
    """What the line at a place, from 0, of the coder's lines does; `posted` is the service that it is about."""

    place: int
    code: str
    effect: Effect
    posted: Service | None = None

    @property
    def note(self) -> str:
        """What is billed otherwise than it was posted or coded, in words; empty where nothing is."""
        of = self.posted.code if self.posted else ""
        match self.effect:
            case Effect.TAKES_PLACE if self.code == of:
                return f"{self.code} is billed with the units and the charge of its line, not with those posted."
            case Effect.TAKES_PLACE:
                return f"{self.code} is billed as coded, in the place of the posted {of}."
            case Effect.KEEPS if self.code == of:
                return f"{self.code} is billed with the posted units and charge: they are of the charge master."
            case Effect.KEEPS:
                return (
                    f"{self.code} is not billed: its visit is posted as {of} by the charge master, and has one level."
                )
            case Effect.ADDS:
                return f"{self.code} is billed beside the posted charges: none of them is of it."
            case Effect.UNBILLED:
                return f"{self.code} is not billed: the bill of a stay is made of its posted charges alone."
        return ""


@dataclass(frozen=True)
class RevenueLines:
    """The lines of the claim, and what each line of the coder's does to the posted charges."""

    lines: tuple[BilledLine, ...]
    of_coder: tuple[OfCoder, ...]

    @property
    def cents(self) -> int:
        """What the claim comes to."""
        return sum(line.charge_cents for line in self.lines)

    @property
    def changed(self) -> bool:
        """Whether a line of the coder's changes what is billed."""
        return any(one.effect in (Effect.TAKES_PLACE, Effect.ADDS) for one in self.of_coder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is billed otherwise than it was posted or coded, a sentence each."""
        return tuple(dict.fromkeys(one.note for one in self.of_coder if one.note))


class _Key(NamedTuple):
    """What keeps lines of a claim apart; but for the revenue code empty on the bill of a stay."""

    revenue: str
    code: str = ""
    modifiers: tuple[str, ...] = ()
    day: str = ""
    drug: Drug | None = None


class _Row(NamedTuple):
    key: _Key
    units: int
    cents: int
    apart: bool = False


def posted_of(charge: ChargeFields, late: bool = False) -> Posted:
    """A charge of the record as the lines are made of it; `late` where it was posted after the coding was final."""
    return Posted(
        charge.charge_number,
        charge.reversal_of,
        charge.revenue_code,
        charge.procedure_code,
        tuple(charge.modifiers),
        charge.units,
        charge.amount_cents,
        charge.service_date,
        charge.hard_coded,
        late,
    )


def revenue_lines(stay: bool, day: str, charges: Sequence[Posted], coded: Sequence[Coded]) -> RevenueLines:
    """The revenue lines in order of revenue code, day and procedure; lines that come to nothing are left off.

    `day` is the day of service of the visit, as ISO text. Units are those that were entered: what was charged or coded
    with none, or with fewer than none, is a line of its own, which the edits stop. Only a credit that leaves money
    without a unit leaves one.
    """
    services = _services(stay, [one for one in charges if not one.late])
    services += [replace(one, late=True) for one in _services(stay, [one for one in charges if one.late])]
    if stay:
        rows = [_as_posted(one) for one in services]
        return RevenueLines(_lines(rows, day), tuple(_unbilled(place, line) for place, line in enumerate(coded)))
    about = _about(services, coded, day)
    taken = {place for place in about if place is not None}
    rows, effects = [], []
    now: dict[_Key, _Key] = {}
    for place, (line, of) in enumerate(zip(coded, about, strict=True)):
        service = services[of] if of is not None else None
        row = _billed(line, service, day)
        rows.append(row)
        if service and not service.late:
            now[_as_posted(service).key] = row.key
        effects.append(OfCoder(place, line.code, _effect(line, service, row), service))
    posted = [(_as_posted(one), one.late) for place, one in enumerate(services) if place not in taken]
    rows += [row._replace(key=now.get(row.key, row.key)) if late else row for row, late in posted]
    return RevenueLines(_lines(rows, day), tuple(effects))


def revenue_code_of(code: str) -> str:
    """The usual revenue code of a HCPCS code that no charge carries, by its longest known beginning; empty for none."""
    table = _revenue_codes()
    return next((table[code[:length]] for length in range(len(code), 0, -1) if code[:length] in table), "")


def _services(stay: bool, charges: Sequence[Posted]) -> list[Service]:
    """What is posted under a revenue code, added up; a charge that came without a unit by itself."""
    sums: dict[_Key, list[Posted]] = defaultdict(list)
    apart = []
    for charge in sorted(charges, key=lambda one: one.number):
        if not charge.revenue_code:
            continue
        revenue = _four_digits(charge.revenue_code)
        key = _Key(revenue) if stay else _Key(revenue, charge.code, charge.modifiers, charge.service_date)
        cents = charge.cents or 0
        if charge.units <= 0 and cents >= 0 and not charge.reversal_of and (charge.units or cents):
            apart.append(Service(*key[:4], charge.units, cents, charge.hard_coded, apart=True))
        else:
            sums[key].append(charge)
    added = [
        Service(
            *key[:4],
            sum(-abs(one.units) if (one.cents or 0) < 0 else one.units for one in of_key),
            sum(one.cents or 0 for one in of_key),
            any(one.hard_coded for one in of_key),
        )
        for key, of_key in sums.items()
    ]
    return added + apart


def _about(services: Sequence[Service], coded: Sequence[Coded], day: str) -> list[int | None]:
    """For each line of the coder's the place of the service that it is about; no service has two lines."""

    def of_visit(line: Coded) -> bool:
        return not line.service_date or line.service_date == day

    def same_day(line: Coded, service: Service) -> bool:
        return service.day == (line.service_date or day)

    nearest_first: tuple[Callable[[Coded, Service], bool], ...] = (
        lambda line, one: one.code == line.code and same_day(line, one) and one.modifiers == tuple(line.modifiers),
        lambda line, one: one.code == line.code and same_day(line, one),
        lambda line, one: one.code == line.code and of_visit(line),
        lambda line, one: _other_level(line, one) and (same_day(line, one) or of_visit(line)),
    )
    about: list[int | None] = [None] * len(coded)
    billable = [place for place, service in enumerate(services) if service.code and service.billable]
    for late in (False, True):
        free = [place for place in billable if services[place].late is late]
        for fits in nearest_first:
            for number, line in enumerate(coded):
                fitting = [at for at in free if about[number] is None and fits(line, services[at])]
                if fitting:
                    about[number] = fitting[0]
                    free.remove(fitting[0])
    return about


def _other_level(line: Coded, service: Service) -> bool:
    """Whether both are levels of one emergency visit: visits of one family of codes, in that department."""
    if _ANOTHER_VISIT in line.modifiers or not service.revenue.startswith(_EMERGENCY):
        return False
    return line.code[:4] == service.code[:4] and may_be_visit(line.code) and may_be_visit(service.code)


def _effect(line: Coded, service: Service | None, row: _Row) -> Effect:
    if service is None:
        return Effect.ADDS
    if service.fixed:
        asked = line.code == service.code and line.units == service.units and line.charge_cents in (0, service.cents)
        return Effect.CONFIRMS if asked else Effect.KEEPS
    same = (row.key.code, row.units, row.cents) == (service.code, service.units, service.cents)
    return Effect.CONFIRMS if same else Effect.TAKES_PLACE


def _unbilled(place: int, line: Coded) -> OfCoder:
    return OfCoder(place, line.code, Effect.UNBILLED)


def _as_posted(service: Service) -> _Row:
    key = _Key(service.revenue, service.code, service.modifiers, service.day)
    return _Row(key, service.units, service.cents, service.apart)


def _billed(line: Coded, service: Service | None, day: str) -> _Row:
    """What is billed of a line of the coder's, with the service that it is about."""
    drug = drug_coded(line.ndc, line.ndc_quantity)
    own = _four_digits(line.revenue_code) if line.revenue_code else ""
    if service is None:
        on = line.service_date or day
        key = _Key(own or revenue_code_of(line.code), line.code, tuple(line.modifiers), on, drug)
        return _Row(key, line.units, line.charge_cents, line.units <= 0)
    key = _Key(own or service.revenue, line.code, tuple(line.modifiers), service.day, drug)
    if not service.fixed:
        return _Row(key, line.units, _cents(line, service), line.units <= 0)
    if line.code != service.code:
        return _as_posted(service)
    return _Row(key, service.units, service.cents, service.apart)


def _cents(line: Coded, service: Service) -> int:
    """The charge of a line: its own, else the posted one by the unit."""
    if line.charge_cents or line.units <= 0 or service.units <= 0:
        return line.charge_cents or service.cents
    return round(service.cents * line.units / service.units)


def _lines(rows: Sequence[_Row], day: str) -> tuple[BilledLine, ...]:
    amounts: dict[_Key, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if not row.apart:
            amounts[row.key][0] += row.units
            amounts[row.key][1] += row.cents
    kept = [_Row(key, max(units, 1), cents) for key, (units, cents) in amounts.items() if cents or units > 0]
    kept += [row for row in rows if row.apart]
    kept.sort(key=lambda row: (row.key.revenue, str(row.key.drug), row.key[1:4], row.units, row.cents))
    return tuple(_line(sequence, row, day) for sequence, row in enumerate(kept, 1))


def _line(sequence: int, row: _Row, day: str) -> BilledLine:
    key = row.key
    line = BilledLine(
        sequence,
        key.code,
        key.day or day,
        row.cents,
        row.units,
        key.modifiers,
        revenue_code=key.revenue,
        unit="DA" if key.revenue[:3] in _ROOM_AND_BOARD else "UN",
    )
    return replace(line, details=with_drug(None, key.drug))


def _four_digits(code: str) -> str:
    """A revenue code that came without its leading zero; others stay as they came, and are found (r418)."""
    plain = code.strip()
    return plain.zfill(4) if len(plain) == 3 else plain


@cache
def _revenue_codes() -> dict[str, str]:
    rows = read_table(Path(__file__).with_name("revenue_codes.csv"), ("begins", "revenue_code"))
    return {row[0]: row[1] for row in rows}
