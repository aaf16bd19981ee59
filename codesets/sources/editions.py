"""Editions and their periods, read from file names, which are hints only.

Source: fiscal year n of ICD-10-CM and ICD-10-PCS runs from October 1 of n-1 to September 30 of n; an April
edition replaces it from April 1 (CMS, ICD-10 files page).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Edition:
    """The name of an edition with the days it is in force, both inclusive."""

    name: str
    starts: dt.date
    ends: dt.date


def fiscal_year(year: int, april: bool = False) -> Edition:
    """The October edition of a fiscal year ("FY2026"), or its April edition ("FY2026 Apr")."""
    starts = dt.date(year, 4, 1) if april else dt.date(year - 1, 10, 1)
    return Edition(f"FY{year} Apr" if april else f"FY{year}", starts, dt.date(year, 9, 30))


def fiscal_year_in(text: str) -> Edition | None:
    """The fiscal-year edition that a file name or an edition typed by a person means; None without a year.

    Accepts 2026, FY2026, FY26, 2026 Apr, April-1-2026 and the like.
    """
    years = re.findall(r"(?<!\d)(20\d\d)(?!\d)", text) or [f"20{y}" for y in re.findall(r"(?i)FY ?(\d\d)(?!\d)", text)]
    if not years:
        return None
    return fiscal_year(int(years[-1]), april=bool(re.search(r"(?i)(?<![a-z])apr(il)?(?![a-z])", text)))
