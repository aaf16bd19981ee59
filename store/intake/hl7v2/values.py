"""Values of HL7 v2 data types as the tables keep them: times, numbers with their authority, names, money.

A value that is not what its type asks for is left out (None or empty), never guessed; times keep their precision.
Source: HL7 v2.5.1 chapter 2A (CX, XCN, XPN, TS, CP, CWE).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from store.amounts import amount_of
from store.intake.hl7v2.interface import Interface
from store.intake.hl7v2.message import Marks, Segment, part
from store.models.directory import ProviderFields

MOST_CENTS = 10**11
_LETTERS_OF_A_CURRENCY = 3
"""Source: ISO 4217; kinds of a price (table 0205) have two."""
_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d+)?([+-]\d{4})?")
_DIGITS = re.compile(r"\d{10}")


def moment(text: str) -> str | None:
    """A time as ISO text in its own precision and zone, or None."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    iso = "-".join(filter(None, (year, month, day)))
    if hour:
        iso += f"T{hour}:{minute or '00'}:{second or '00'}" + (f"{zone[:3]}:{zone[3:]}" if zone else "")
    try:
        if hour:
            datetime.fromisoformat(iso)
        date.fromisoformat((iso[:10] + "-01-01")[:10])
    except ValueError:
        return None
    return iso


def utc(text: str) -> str:
    """A time as ISO text in UTC, so that times compare as text; one without zone stands as it is. Empty: no time."""
    found = moment(text)
    if not found or len(found) <= 10:
        return ""
    when = datetime.fromisoformat(found)
    return (when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None).isoformat()


def day(text: str) -> str | None:
    """The day, month or year of a time, or None."""
    found = moment(text)
    return found[:10] if found else None


def numbered(raw: str, marks: Marks, interface: Interface, fallback: str) -> tuple[str, str] | None:
    """(source, number) of a CX; None where there is no number or it is of a kind that is never kept."""
    number = part(raw, marks)[:120]
    if not number or part(raw, marks, 5) in interface.never_kept_types:
        return None
    authority = part(raw, marks, 4) or part(raw, marks, 4, 2)
    return (interface.source or authority or fallback)[:120], number


def provider(raw: str, marks: Marks, interface: Interface, fallback: str) -> ProviderFields | None:
    """A clinician out of an XCN (or the CNN within an NDL), or None where it names nobody."""
    number = part(raw, marks)
    family, given = part(raw, marks, 2), part(raw, marks, 3)
    authority, kind = part(raw, marks, 9), part(raw, marks, 13)
    if not number and not family:
        return None
    national = kind in interface.npi_types or bool(
        {authority, part(raw, marks, 9, 2)} & interface.npi_authorities - {""}
    )
    return ProviderFields(
        source=(interface.source or authority or fallback)[:120],
        local_id=(number or f"{family}, {given}".upper())[:120],
        npi=number if national and _DIGITS.fullmatch(number) else "",
        family_name=line(family),
        given_name=line(given),
        credential=line(part(raw, marks, 7)),
    )


def line(text: str) -> str:
    """Words on one line, cut to what a column holds."""
    text = " ".join(text.split())
    return text if len(text) <= 400 else text[:399] + "…"


def cents(text: str) -> int | None:
    """An amount in dollars as integer cents; None for anything else, a fraction of a cent among it."""
    amount = amount_of(text)
    return None if amount is None else whole_cents(amount)


def whole_cents(amount: Decimal) -> int | None:
    """Dollars as integer cents; None where a fraction of a cent is left, or for more than any amount may be."""
    exact = amount * 100
    return int(exact) if abs(exact) <= MOST_CENTS and exact == exact.to_integral_value() else None


def dollars(segment: Segment, field: int) -> Decimal | None:
    """The dollars of a composite price (CP); None for anything else, and for money that is not US dollars.

    The denomination is the second part of the amount (MO); some senders put it where the kind of price belongs.
    """
    stated = {segment.text(field, 1, 2).upper(), segment.text(field, 2).upper()}
    if any(len(one) == _LETTERS_OF_A_CURRENCY and one.isalpha() and one != "USD" for one in stated):
        return None
    return amount_of(segment.text(field))


def whole(text: str) -> int | None:
    """A quantity as a whole number; None for anything else."""
    value = amount_of(text) if "$" not in text else None
    return int(value) if value is not None and abs(value) <= 10**6 and value == value.to_integral_value() else None


def coded(segment: Segment, field: int, raw: str | None = None) -> tuple[str, str, str]:
    """(code, words, system) of a CWE; by its first repetition, or of the repetition given."""
    raw = segment.raw(field).split(segment.marks.repetition, 1)[0] if raw is None else raw
    marks = segment.marks
    return part(raw, marks), line(part(raw, marks, 2)), part(raw, marks, 3)
