"""The three profiles of de-identification, driven by the class of each column.

    identified    everything; each export is recorded as a disclosure of every patient in it
    limited       a limited data set (45 CFR 164.514(e)): dates and five-digit ZIP stay, no direct identifier
    safe-harbor   45 CFR 164.514(b)(2): of dates the year alone, no age above 89, nothing smaller than a state

What a profile leaves out or tells as less is nothing to ask by: whoever may filter or sort by a name has the name. Of a
day that is told as its year, the year can be asked (`store.reports.views.check_conditions`); rows come in an order that
their told columns make.

Keys are replaced by numbers of the export's own, which lead nowhere. Staff is no identifier of a patient and stays in
a limited set; in the safe harbor it goes, since it can tell a small place. Free text stays in the identified profile
alone. The class of every column of every table stands in `fields.csv`, that of the views' columns in `views.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from codesets.shipped_tables import read_table


class Profile(StrEnum):
    IDENTIFIED = "identified"
    LIMITED = "limited"
    SAFE_HARBOR = "safe-harbor"


class FieldClass(StrEnum):
    """What a column holds, as far as it can name a patient."""

    KEY = "key"
    IDENTIFIER = "identifier"
    DATE = "date"
    BIRTH = "birth"
    ZIP = "zip"
    PLACE = "place"
    TEXT = "text"
    STAFF = "staff"
    CODE = "code"
    MONEY = "money"
    NUMBER = "number"
    INTERNAL = "internal"


REMOVED = {
    Profile.IDENTIFIED: frozenset[FieldClass](),
    Profile.LIMITED: frozenset({FieldClass.IDENTIFIER, FieldClass.PLACE, FieldClass.TEXT, FieldClass.INTERNAL}),
    Profile.SAFE_HARBOR: frozenset(
        {
            *(FieldClass.IDENTIFIER, FieldClass.PLACE, FieldClass.TEXT, FieldClass.INTERNAL),
            *(FieldClass.ZIP, FieldClass.STAFF),
        }
    ),
}
"""The classes that a profile leaves out: their columns are not in the export at all."""

COARSENED = {
    Profile.IDENTIFIED: frozenset[FieldClass](),
    Profile.LIMITED: frozenset({FieldClass.KEY}),
    Profile.SAFE_HARBOR: frozenset({FieldClass.KEY, FieldClass.BIRTH, FieldClass.DATE}),
}
"""The classes that a profile tells as something less: keys as numbers of its own, days and birth dates as years."""

OLDEST = 89

_SAME_KEY = {"person_id": "patient_id", "visit_occurrence_id": "encounter_id", "cost_event_id": "encounter_id"}
"""Keys of one thing under several names: they get the same numbers, so that tables still fit together."""


class Deidentified:
    """One export under one profile: the same key becomes the same number in it, in no other."""

    def __init__(self, profile: Profile, classes: Mapping[str, FieldClass]) -> None:
        self.profile = profile
        self._classes = classes
        self._keys: dict[str, dict[str, int]] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are left, in their order."""
        return tuple(name for name, kind in self._classes.items() if kind not in REMOVED[self.profile])

    @property
    def order(self) -> tuple[str, ...]:
        """What rows are put in order by, as SQL: told columns alone, days first; of days told as years the year."""
        kinds = {name: self._classes[name] for name in self.columns}
        if self.profile is Profile.IDENTIFIED:
            return tuple(name for name, kind in kinds.items() if kind in (FieldClass.KEY, FieldClass.NUMBER))
        left_out = {FieldClass.KEY, FieldClass.BIRTH}
        named = sorted((kind is not FieldClass.DATE, place, name) for place, (name, kind) in enumerate(kinds.items())
                       if kind not in left_out)  # fmt: skip
        years = self.profile is Profile.SAFE_HARBOR
        return tuple(f"SUBSTR({name}, 1, 4)" if years and not later else name for later, _, name in named)

    def row(self, row: Mapping[str, Any], numbers: Deidentified | None = None) -> dict[str, Any]:
        """A row as the profile tells it; keys are numbered by `numbers` where several exports belong together."""
        numbers = numbers or self
        day = str(row.get("service_date") or "")
        return {name: numbers._told(name, self._classes[name], row.get(name), day) for name in self.columns}

    def _told(self, name: str, kind: FieldClass, value: Any, day: str) -> Any:
        if self.profile is Profile.IDENTIFIED or value is None or value == "":
            return value
        if kind is FieldClass.KEY:
            known = self._keys.setdefault(_SAME_KEY.get(name, name), {})
            return known.setdefault(str(value), len(known) + 1)
        if self.profile is Profile.SAFE_HARBOR:
            if kind is FieldClass.BIRTH:
                old = day[:4].isdigit() and int(day[:4]) - int(str(value)[:4]) > OLDEST
                return "" if old else str(value)[:4]
            if kind is FieldClass.DATE:
                return str(value)[:4]
        return value


@cache
def classified() -> dict[tuple[str, str], FieldClass]:
    """The class of every column by table and name (`fields.csv`). Raises UnreadableInput."""
    path = Path(str(files("store.reports").joinpath("fields.csv")))
    return {(table, column): FieldClass(kind) for table, column, kind in read_table(path, ("table", "column", "class"))}
