"""Which adjustments are denials, of what category, what is done about them, and by when.

Reason codes are numbers of the X12 list (CARC); categories, actions and days are this project's own reading and can
be replaced by a site's own file. The days of an appeal are those common for the kind of payer (SBR09); a payer's
contract counts more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table

_FOLDER = Path(__file__).parent
_PATIENT = "PR"
OF_VOID = "void"
"""The category of what a payer refused of a void: no money, but the void."""
_DENIED, _FORWARDED = "4", ("19", "20", "21")


@dataclass(frozen=True)
class Category:
    """What kind of denial it is. `owner` is the role that works it; `appeal` whether an appeal is of use."""

    name: str
    action: str
    owner: str
    appeal: bool


def category_of(group: str, reason: str, unpaid: bool = False) -> Category | None:
    """The category of a denied amount; None for an adjustment that is no denial.

    The reason decides, whoever the payer says is liable for it; but where it has paid a part of the claim or line, and
    so is not `unpaid`, what it puts on the patient (PR) is a share.
    """
    if group == _PATIENT and not unpaid:
        return None
    name = _reasons().get(reason)
    return _categories()[name] if name else None


def category_named(name: str) -> Category | None:
    """The category of a name; None where a site's own file has none of it."""
    return _categories().get(name)


def is_unpaid(status: str, paid_cents: int) -> bool:
    """Whether a claim of this status (CLP02), or a line of it, is paid nothing and not left to the next payer."""
    return status not in _FORWARDED and (status == _DENIED or not paid_cents)


def categories() -> list[Category]:
    """Every category, by name."""
    return sorted(_categories().values(), key=lambda one: one.name)


def due_day(filing_code: str, level: int, since: str) -> str:
    """The last ISO day for an appeal of a level from 1, counted from an ISO day; empty where that is not known."""
    if not since:
        return ""
    days = _days()
    found = days.get((filing_code, level)) or days.get(("*", level)) or days[("*", 2)]
    return str(dt.date.fromisoformat(since) + dt.timedelta(days=found))


@cache
def _reasons() -> dict[str, str]:
    return {row[0]: row[1] for row in read_table(_FOLDER / "reasons.csv", ("reason", "category"))}


@cache
def _categories() -> dict[str, Category]:
    rows = read_table(_FOLDER / "categories.csv", ("category", "action", "owner", "appeal"))
    return {name: Category(name, action, owner, appeal == "yes") for name, action, owner, appeal in rows}


@cache
def _days() -> dict[tuple[str, int], int]:
    rows = read_table(_FOLDER / "appeal_days.csv", ("filing_code", "level", "days"))
    return {(code, int(level)): int(days) for code, level, days in rows}
