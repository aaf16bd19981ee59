"""Where what a finding is about is entered: on a screen of this program, or by whom else.

The table `entered.csv` says it for every place that a rule names; a claim itself is never written in.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table


@dataclass(frozen=True)
class Entered:
    """`chart`: whether the visit's chart takes it. `where` says so in words that follow the name of the field."""

    where: str
    chart: bool = False


def where_entered(place: str) -> Entered:
    """Where the field of a place (`coverage.1.member_id`, `line.2`) is entered."""
    return next(entered for pattern, entered in _table() if fnmatchcase(place, pattern))


def field_words(place: str) -> str:
    """A place as people say it, without numbers: `member id`, `billing`."""
    names = [part for part in place.split(".") if not part.isdigit()]
    return names[-1].replace("_", " ") if names else place


@cache
def _table() -> tuple[tuple[str, Entered], ...]:
    columns = ("pattern", "opens", "where")
    rows = read_table(Path(__file__).with_name("entered.csv"), columns, may_be_empty=("opens",))
    return tuple((pattern, Entered(where, opens == "chart")) for pattern, opens, where in rows)
