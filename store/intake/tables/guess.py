"""Proposes a column map for a table by its header and its first rows, and says why for each column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from store.intake.jsontext import first_error
from store.intake.tables.columns import BadMap, ColumnMap, Kind, shipped
from store.intake.tables.sheet import Layout, Row

_FORMATS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d", "%m-%d-%Y")
_DATES = ("started_at", "ended_at", "service_date", "birth_date", "deceased_on", "authored_at")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")


@dataclass(frozen=True)
class Guess:
    """A proposed map and the reasons, a line for each column that is used; `unused` names the others."""

    column_map: ColumnMap
    reasons: tuple[str, ...]
    unused: tuple[str, ...]


def guess(
    name: str, source: str, layout: Layout, sample: Sequence[Row], chosen: Mapping[str, str] | None = None
) -> Guess:
    """The best map for a table. `chosen` are columns that a person named. Raises BadMap that says what is missing."""
    chosen = dict(chosen or {})
    kinds = [_matched(kind, layout.header, chosen) for kind in Kind]
    complete = [match for match in kinds if not match.missing]
    if not complete:
        nearest = max(kinds, key=lambda match: len(match.columns) - 3 * len(match.missing))
        words = ", ".join(nearest.missing)
        raise BadMap(
            f"no column looks like {words}, which {nearest.kind.value}s need",
            "name it: --column FIELD=COLUMN, as often as needed",
        )
    best = max(complete, key=lambda match: (match.score, len(match.columns)))
    reasons = [f"{field} = {column}: {best.reasons[field]}" for field, column in best.columns.items()]
    formats = {}
    for field in (field for field in _DATES if field in best.columns):
        found, why = _date_format([row.cells.get(best.columns[field], "") for row in sample])
        if found:
            formats[field] = found
            reasons.append(f"{field} is read as {found}: {why}")
    values: dict[str, object] = {"name": name, "record": best.kind, "source": source, "header": layout.header}
    values |= {"columns": best.columns, "formats": formats}
    try:
        column_map = ColumnMap.model_validate(values)
    except ValidationError as error:
        raise BadMap(first_error(error), "name columns with --column FIELD=COLUMN") from None
    return Guess(column_map, tuple(reasons), column_map.unused)


@dataclass(frozen=True)
class _Match:
    kind: Kind
    columns: dict[str, str]
    reasons: dict[str, str]
    missing: tuple[str, ...]

    @property
    def score(self) -> float:
        """How much of what the kind can hold was found, and how surely: a plain `id` counts little."""
        return sum(0.3 if "only" in reason else 1.0 for reason in self.reasons.values())


def _matched(kind: Kind, header: Sequence[str], chosen: Mapping[str, str]) -> _Match:
    names = {_plain(column): column for column in reversed(header) if column}
    columns: dict[str, str] = {}
    reasons: dict[str, str] = {}
    fields = shipped().fields[kind]
    for field, column in chosen.items():
        if field in fields:
            columns[field], reasons[field] = column, "you named it"
    taken = set(columns.values())
    ranked = sorted(
        (place, field, names[synonym])
        for field, synonyms in fields.items()
        for place, synonym in enumerate(synonyms)
        if synonym in names and field not in columns
    )
    for _, field, column in ranked:
        if field not in columns and column not in taken:
            columns[field] = column
            taken.add(column)
            plain = _plain(column) == "id"
            reasons[field] = "the only number that its rows have" if plain else "its header says so"
    missing = tuple(field for field in shipped().required[kind] if field not in columns)
    order = {field: place for place, field in enumerate(fields)}
    return _Match(kind, dict(sorted(columns.items(), key=lambda pair: order[pair[0]])), reasons, missing)


def _date_format(cells: Sequence[str]) -> tuple[str, str]:
    """(format, why) for cells that are not ISO dates; an empty format where they are."""
    said = [cell for cell in cells if cell]
    if not said or sum(bool(_ISO.fullmatch(cell)) for cell in said) * 2 >= len(said):
        return "", ""
    # A bad cell or two must not hide what the others are: the form that most of them have.
    fitting = {one: [cell for cell in said if _reads(cell, one)] for one in _FORMATS}
    best = max(_FORMATS, key=lambda one: len(fitting[one]))
    if len(fitting[best]) * 2 < len(said):
        return "", ""
    turned = best.replace("%m", "%x").replace("%d", "%m").replace("%x", "%d")
    if turned != best and all(_reads(cell, turned) for cell in fitting[best]):
        return best, f"{fitting[best][0]} could also be day before month; the American order is taken"
    return best, f"{fitting[best][0]} fits"


def _reads(cell: str, date_format: str) -> bool:
    try:
        datetime.strptime(cell, date_format)
    except ValueError:
        return False
    return True


def _plain(header: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", header.lower()).split())
