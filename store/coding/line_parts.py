"""What may follow the code or the letter of a procedure line: modifiers, units, charge, pointers, day, performer, drug.

-25 -59         modifiers, at most four; - alone takes them away
1,2 or a,b      pointers to diagnoses, at most four
x2   $12.50     units from 1 on, charge
@2026-09-14     day of service
by whit         who performed it: the beginning of a name of this chart's clinicians, or an NPI
ndc00093-7214-10/ml2.5   drug with its quantity in F2, GR, ME, ML or UN (NDC in 10 or 11 digits)
r0636           revenue code
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from codesets.errors import UsageError
from store.amounts import amount_of

MAX_MODIFIERS = 4
MAX_POINTERS = 4

POINTERS = re.compile(r"(?:[a-l]|\d{1,2})(?:,(?:[a-l]|\d{1,2}))*,?")
_NDC = re.compile(r"ndc(\d{4,5}-\d{3,4}-\d{1,2}|\d{11})(?:/(f2|gr|me|ml|un)(\d{1,7}(?:\.\d{1,3})?))?")
_REVENUE = re.compile(r"r(\d{3,4})")


class EntryError(UsageError):
    """The entry line was not understood; its message names the word and what was expected."""

    title = "entry"


@dataclass
class LineParts:
    """The parts that a line names; None for what it does not name. `ndc` has 11 digits, `performer` is as typed.

    `service_date` is an ISO day, or a part of one that `day_of` completes.
    """

    modifiers: tuple[str, ...] | None = None
    units: int | None = None
    charge_cents: int | None = None
    pointers: tuple[int, ...] | None = None
    service_date: str | None = None
    performer: str | None = None
    ndc: str | None = None
    ndc_quantity: str | None = None
    revenue_code: str | None = None


def line_parts(words: list[str]) -> LineParts:
    """The parts in words of small letters. Raises EntryError."""
    parts = LineParts()
    rest = iter(words)
    for word in rest:
        if word == "-":
            parts.modifiers = ()
        elif re.fullmatch(r"(-[a-z0-9]{2})+", word):
            parts.modifiers = (parts.modifiers or ()) + tuple(m.upper() for m in word.split("-") if m)
        elif re.fullmatch(r"x\d{1,5}", word):
            parts.units = units_of(word)
        elif word.startswith("$"):
            parts.charge_cents = _cents(word)
        elif re.fullmatch(r"@?\d{4}-\d{2}-\d{2}", word):
            parts.service_date = _day(word.lstrip("@"))
        elif re.fullmatch(r"@(\d{1,2}-)?\d{1,2}", word):
            parts.service_date = word
        elif word == "by":
            parts.performer = next(rest, "")
            if not parts.performer:
                raise EntryError("by: expected a name of this chart's clinicians or an NPI", "by whit")
        elif match := _NDC.fullmatch(word):
            parts.ndc = eleven_digits(match[1])
            parts.ndc_quantity = f"{match[2].upper()}{match[3]}" if match[2] else ""
        elif match := _REVENUE.fullmatch(word):
            parts.revenue_code = match[1].zfill(4)
        elif POINTERS.fullmatch(word):
            parts.pointers = pointers_of(word)
        else:
            expected = "-modifier, pointers (a,b), x units, $ charge, @ date, by NAME, ndc… or r revenue code"
            raise EntryError(f"{word}: expected {expected}")
    return parts


def units_of(word: str) -> int:
    """The units of `x2`. Raises EntryError below 1: a line that was not performed is removed, and says nothing by 0."""
    units = int(word[1:])
    if units < 1:
        raise EntryError(f"{word}: expected units from 1 on, such as x2", "-a takes line a away")
    return units


def pointers_of(word: str) -> tuple[int, ...]:
    """Pointers as 1-based numbers. Raises EntryError for too many, one named twice, or 0."""
    numbers = tuple(int(p) if p.isdigit() else ord(p) - 96 for p in word.split(",") if p)
    if len(numbers) > MAX_POINTERS:
        raise EntryError(f"{word}: a line points to at most {MAX_POINTERS} diagnoses")
    if len(set(numbers)) < len(numbers):
        raise EntryError(f"{word}: a diagnosis is named twice")
    if 0 in numbers:
        raise EntryError(f"{word}: diagnoses are numbered from 1")
    return numbers


def checked_modifiers(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    """The modifiers, where there are not too many. Raises EntryError."""
    if len(modifiers) > MAX_MODIFIERS:
        raise EntryError(f"{'-'.join(modifiers)}: a line carries at most {MAX_MODIFIERS} modifiers")
    return modifiers


def eleven_digits(written: str) -> str:
    """An NDC as claims carry it: 5-4-2 digits, a zero put in front of the segment of a 10-digit one that is short.

    Raises EntryError. Source: FDA, National Drug Code formats 4-4-2, 5-3-2 and 5-4-1; 837 LIN03 takes 5-4-2.
    """
    if "-" not in written:
        return written
    segments = written.split("-")
    if tuple(map(len, segments)) not in ((5, 4, 2), (4, 4, 2), (5, 3, 2), (5, 4, 1)):
        raise EntryError(f"ndc{written}: expected 5-4-2 digits, or 10 of them with hyphens")
    return "".join(segment.zfill(size) for segment, size in zip(segments, (5, 4, 2), strict=True))


def day_of(typed: str, until: str) -> str:
    """The ISO day of `@14` or `@9-14`: the last one so numbered up to an ISO day; any other text as it is.

    Raises EntryError where there was no such day within the year before.
    """
    if not typed.startswith("@"):
        return typed
    month, _, day = typed[1:].rpartition("-")
    last = date.fromisoformat(until)
    for back in range(366):
        one = date.fromordinal(last.toordinal() - back)
        if one.day == int(day) and (not month or one.month == int(month)):
            return one.isoformat()
    raise EntryError(f"{typed}: there is no such day")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise EntryError(f"{text}: there is no such day") from None


MOST_DOLLARS = 10**9


def _cents(word: str) -> int:
    amount = amount_of(word)
    if amount is None or not 0 <= amount <= MOST_DOLLARS or amount * 100 % 1:
        raise EntryError(f"{word}: expected an amount such as $160.00")
    return int(amount * 100)
