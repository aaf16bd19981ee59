"""Place of service codes: what they mean, and whether they exist on a date.

The 52 numbers of CMS are shipped with short meanings in own wording; a list the site imported gives the official
wording. Source: Place of Service Code Set (CMS).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from codesets.origin import loaded
from codesets.reference import Reference
from codesets.shipped_tables import read_table
from codesets.sources.source import FileKind

_FILE = Path(__file__).parent / "data" / "place_of_service.csv"
_COLUMNS = ("code", "meaning", "starts", "rate")


class Rate(StrEnum):
    """Which practice expense of the physician fee schedule applies at a place."""

    FACILITY = "facility"
    OFFICE = "office"


@dataclass(frozen=True)
class Place:
    """A place of service: two digits as text. `starts` is its first day where it is a young code."""

    code: str
    meaning: str
    starts: dt.date | None
    rate: Rate


def places(on: dt.date) -> dict[str, Place]:
    """The codes that exist on the date, by code."""
    return {code: place for code, place in _shipped().items() if place.starts is None or place.starts <= on}


def place(code: str, on: dt.date) -> Place | None:
    """The place of a code, one or two digits; None when there is none on the date."""
    found = _shipped().get(code.strip().zfill(2))
    return found if found and (found.starts is None or found.starts <= on) else None


def official_name(reference: Reference, code: str, on: dt.date) -> str:
    """The name in the list that the site imported; empty when none is loaded for the date or it lacks the code."""
    source = loaded(reference, FileKind.POS, "list of places of service", on)
    row = reference.db.execute(
        "SELECT text FROM list_entries WHERE load_id = ? AND code = ?", (source.load, code.strip().zfill(2))
    ).fetchone()
    return str(row[0]) if row and source.covered else ""


@cache
def _shipped() -> dict[str, Place]:
    return {
        code: Place(code, meaning, None if starts == "-" else dt.date.fromisoformat(starts), Rate(rate))
        for code, meaning, starts, rate in read_table(_FILE, _COLUMNS)
    }
