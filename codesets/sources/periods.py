"""The period a release is in force, from a year, a quarter or what a file's name says.

A name is only a hint: where it says nothing, the caller asks. Sources: fiscal year n of ICD-10 and MS-DRG runs
from October 1 of n-1, an April edition from April 1 (CMS, ICD-10 files page); HCPCS, NCCI and MPFS are
published by calendar quarter (CMS, the page of each set).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Period:
    """A named edition with its first and last day, both inclusive."""

    edition: str
    starts: dt.date
    ends: dt.date


def fiscal_year(year: int, april: bool = False) -> Period:
    """Fiscal year `year` of the federal government, or its April edition, which ends with it."""
    edition, starts = (f"FY{year} Apr", dt.date(year, 4, 1)) if april else (f"FY{year}", dt.date(year - 1, 10, 1))
    return Period(edition, starts, dt.date(year, 9, 30))


def quarter(year: int, number: int) -> Period:
    """Calendar quarter `number`, 1 to 4."""
    starts = dt.date(year, 3 * number - 2, 1)
    after = dt.date(year + 1, 1, 1) if number == 4 else dt.date(year, 3 * number + 1, 1)
    return Period(f"{year} Q{number}", starts, after - dt.timedelta(days=1))


def quarter_from(starts: dt.date) -> Period:
    """The rest of the quarter in which the day lies, named after the quarter."""
    whole = quarter(starts.year, (starts.month + 2) // 3)
    return Period(whole.edition, starts, whole.ends)


def calendar_year(year: int) -> Period:
    """The whole calendar year."""
    return Period(str(year), dt.date(year, 1, 1), dt.date(year, 12, 31))


def fiscal_year_in(name: str) -> Period | None:
    """The fiscal year that a name states, as four digits or as FY and two, with "Apr" for the April edition."""
    april = re.search(r"apr", name, re.IGNORECASE) is not None
    if found := re.search(r"(?<!\d)(20\d\d)(?!\d)", name):
        return fiscal_year(int(found[1]), april)
    if found := re.search(r"FY\s?(\d\d)(?!\d)", name, re.IGNORECASE):
        return fiscal_year(2000 + int(found[1]), april)
    return None


def quarter_in(name: str) -> Period | None:
    """The quarter that a name states: a year with Q1 to Q4, or a year with the month that opens the quarter."""
    if not (year := re.search(r"(?<!\d)(20\d\d)(?!\d)", name)):
        return None
    if number := re.search(r"Q([1-4])(?!\d)", name, re.IGNORECASE):
        return quarter(int(year[1]), int(number[1]))
    rest = name.replace(year[1], " ")
    for index, month in enumerate(("jan", "apr", "jul", "oct"), start=1):
        if re.search(month, rest, re.IGNORECASE):
            return quarter(int(year[1]), index)
    return None


def compact_date(text: str) -> dt.date | None:
    """A date written YYYYMMDD; None for anything else, a day that does not exist included."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def ordinal_date(text: str) -> dt.date | None:
    """A date written YYYYDDD, the day of the year from 001; None for anything else."""
    if not re.fullmatch(r"[0-9]{4}[0-3][0-9]{2}", text):
        return None
    try:
        return dt.datetime.strptime(text, "%Y%j").date()
    except ValueError:
        return None
