"""The values of charts that criteria ask, read with plain SQL: of one task, or of all open ones portion by portion."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from store.criteria.conditions import counted_days
from store.criteria.fields import Field, FieldKind, fields
from store.queries import Reader, Row

PORTION = 2000
"""How many tasks are read at once, so that no other reader or writer waits for long."""

SOURCE = """FROM work_item w JOIN encounter e ON e.id = w.encounter_id JOIN account a ON a.id = e.account_id
JOIN patient p ON p.id = e.patient_id"""

_OPEN = "w.status IN ('ready', 'in_progress', 'on_hold')"


@dataclass(frozen=True)
class Aging:
    """What the priority of a task rests on, as `store.worklists.priority` asks for it: ISO days, negative cents."""

    service_date: str
    bill_by: str
    charge_rank: int
    new_documents: int
    came_back: str


@dataclass(frozen=True)
class Facts:
    """One task with the values that were asked for."""

    work_item_id: str
    worklist: str
    priority: int
    facility_id: str | None
    assigned_to: str | None
    values: dict[str, object]
    aging: Aging


def facts_of(reader: Reader, work_item_id: str, names: Collection[str], today: date) -> Facts | None:
    """The values of one task; None where it is not there."""
    rows = reader.rows(f"{_select(reader, names)} WHERE w.id = :id", id=work_item_id)
    return _facts(rows[0], names, today) if rows else None


def open_facts(reader: Reader, names: Collection[str], today: date) -> Iterator[list[Facts]]:
    """The values of every open task, in portions by id."""
    portion = facts_after(reader, names, today, "")
    while portion:
        yield portion
        portion = facts_after(reader, names, today, portion[-1].work_item_id)


def facts_after(reader: Reader, names: Collection[str], today: date, last: str, portion: int = PORTION) -> list[Facts]:
    """The portion of open tasks behind an id."""
    select = _select(reader, names)
    rows = reader.rows(f"{select} WHERE w.id > :last AND {_OPEN} ORDER BY w.id LIMIT {portion}", last=last)
    return [_facts(row, names, today) for row in rows]


def _select(reader: Reader, names: Collection[str]) -> str:
    known = fields()
    columns = [f"{_column(known[name], reader.on_postgres)} AS f{number}" for number, name in enumerate(names)]
    own = ["w.id", "w.worklist", "w.rank", "e.facility_id", "w.assigned_to", "w.service_date", "w.bill_by"]
    own += ["w.charge_rank", "w.new_documents", "w.came_back"]
    return f"SELECT {', '.join([*own, *columns])} {SOURCE}"


def _column(field: Field, on_postgres: bool) -> str:
    if field.kind is not FieldKind.TEXTS:
        return f"({field.sql})"
    gathered = "JSON_AGG(v.x)" if on_postgres else "JSON_GROUP_ARRAY(v.x)"
    return f"(SELECT {gathered} FROM ({field.sql}) AS v)"


def _facts(row: Row, names: Collection[str], today: date) -> Facts:
    known = fields()
    values = {name: _value(known[name], row[f"f{number}"], today) for number, name in enumerate(names)}
    aging = Aging(row["service_date"], row["bill_by"], row["charge_rank"], row["new_documents"], row["came_back"])
    return Facts(row["id"], row["worklist"], -row["rank"], row["facility_id"], row["assigned_to"], values, aging)


def _value(field: Field, found: Any, today: date) -> object:
    if field.kind is FieldKind.TEXTS:
        listed = json.loads(found) if isinstance(found, str) else found
        return tuple(sorted(str(one or "") for one in (listed or ())))
    if field.kind in (FieldKind.DAYS_SINCE, FieldKind.DAYS_LEFT):
        return counted_days(field, found if isinstance(found, str) else None, today)
    if field.kind is FieldKind.FLAG:
        return bool(found)
    return found
