"""Which version of the MS-DRG grouper is in force on a day of discharge.

Version N of a fiscal year begins on October 1, N.1 on April 1; N is the fiscal year less 1983. Source: CMS, MS-DRG
classifications and software.
"""

from __future__ import annotations

import datetime as dt

FIRST_FISCAL_YEAR_NUMBER = 1983
"""A grouper's number is its fiscal year less this: 43 for 2026."""


def version_on(discharged: dt.date) -> int:
    """The version of a day in tenths: 430 from 2025-10-01, 431 from 2026-04-01."""
    fiscal_year = discharged.year + (discharged.month >= 10)
    return (fiscal_year - FIRST_FISCAL_YEAR_NUMBER) * 10 + (4 <= discharged.month <= 9)


def spoken(version: int) -> str:
    """As people write it: `43.1`."""
    return f"{version // 10}.{version % 10}"
