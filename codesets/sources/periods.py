"""Editions by calendar quarter and year, from file names, which are hints only, and the dates official files write.

Source: HCPCS Level II, NCCI and the physician fee schedule are published by calendar quarter (CMS, the page of
each set). Fiscal years are in `codesets.sources.editions`.
"""

from __future__ import annotations

import datetime as dt
import re

from codesets.releases import CodeSystem
from codesets.sources.editions import Edition, fiscal_year, fiscal_year_in


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
        day = dt.datetime.strptime(text, "%Y%j").date()
    except ValueError:
        return None
    return day if day.year == int(text[:4]) else None


def edition_named(system: CodeSystem, text: str) -> Edition | None:
    """The edition of a set that a person names, where the file could not: a year, a quarter or its first day.

    "2026-07-01" and "2026 Q3" name a quarter, "FY2026" and "2026 Apr" a fiscal year, "2026" a year; None when
    the text names no edition of this set.
    """
    day = re.fullmatch(r"\s*(\d{4})-(\d\d)-(\d\d)\s*", text)
    starts = compact_date("".join(day.groups())) if day else None
    if day and starts is None:
        return None
    if system in _FISCAL:
        if starts is None:
            return fiscal_year_in(text)
        year = starts.year + (starts.month >= 10)
        return fiscal_year(year, april=4 <= starts.month < 10)
    if system in _QUARTERLY:
        return quarter_from(starts) if starts else quarter_in(text)
    year_only = re.search(r"(?<!\d)(20\d\d)(?!\d)", text)
    return quarter_in(text) or (calendar_year(int(year_only[1])) if year_only else None)


_FISCAL = (CodeSystem.ICD10CM, CodeSystem.ICD10PCS, CodeSystem.POA_EXEMPT, CodeSystem.MSDRG)
_QUARTERLY = (
    CodeSystem.NCCI_PTP,
    CodeSystem.NCCI_MUE,
    CodeSystem.NCCI_ADD_ON,
    CodeSystem.MPFS,
    CodeSystem.CARC_RARC,
    CodeSystem.MCD,
)
