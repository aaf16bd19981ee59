"""Editions by calendar quarter and year, from file names, which are hints only, and the dates official files write.

Source: HCPCS Level II, NCCI and the physician fee schedule are published by calendar quarter (CMS, the page of
each set). Fiscal years are in `codesets.sources.editions`.
"""

from __future__ import annotations

import datetime as dt
import re

from codesets.sources.editions import Edition


def quarter(year: int, number: int) -> Edition:
    """Calendar quarter `number`, 1 to 4."""
    starts = dt.date(year, 3 * number - 2, 1)
    after = dt.date(year + 1, 1, 1) if number == 4 else dt.date(year, 3 * number + 1, 1)
    return Edition(f"{year} Q{number}", starts, after - dt.timedelta(days=1))


def quarter_from(starts: dt.date) -> Edition:
    """The rest of the quarter in which the day lies, named after the quarter."""
    whole = quarter(starts.year, (starts.month + 2) // 3)
    return Edition(whole.name, starts, whole.ends)


def calendar_year(year: int) -> Edition:
    """The whole calendar year."""
    return Edition(str(year), dt.date(year, 1, 1), dt.date(year, 12, 31))


def quarter_in(name: str) -> Edition | None:
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
