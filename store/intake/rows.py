"""Rows of one intake transaction: found by their natural key, changed only where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from sqlalchemy import insert, tuple_
from sqlmodel import Session, SQLModel, select

from store.models import (
    Account,
    Charge,
    Coverage,
    Document,
    Encounter,
    EncounterChange,
    EncounterProvider,
    RawMessage,
    SourceCode,
)
from store.models.columns import new_id
from store.models.patient import PatientFields

Row = TypeVar("Row", bound=SQLModel)

_INFO_KEY = "intake.rows"
_WRITE_ORDER = (
    Account,
    Encounter,
    Coverage,
    EncounterProvider,
    Document,
    Charge,
    SourceCode,
    RawMessage,
    EncounterChange,
)


class KnownRows:
    """Remembers the rows that this transaction found or made by their key, so that no one is asked for twice."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[tuple[Any, ...], SQLModel | None] = {}
        self._waiting: dict[type[SQLModel], list[Mapping[str, Any]]] = {table: [] for table in _WRITE_ORDER}
        self._unwritten: set[tuple[Any, ...]] = set()
        self._touched: set[str] = set()
        self._children: dict[tuple[type[SQLModel], str], list[SQLModel]] = {}

    @classmethod
    def of(cls, session: Session) -> KnownRows:
        """The known rows of a session; one for each, since a session is one transaction."""
        if _INFO_KEY not in session.info:
            session.info[_INFO_KEY] = cls(session)
        known: KnownRows = session.info[_INFO_KEY]
        return known

    def forget(self) -> None:
        """Ask for every row anew: a part of the transaction was undone."""
        self._rows.clear()
        self._children.clear()
        self._unwritten.clear()
        for values in self._waiting.values():
            values.clear()

    def find(self, table: type[Row], **key: str) -> Row | None:
        """The row with this key, or None."""
        name = (table, *key.values())
        if name in self._unwritten:
            self.write()
        if name not in self._rows:
            self._rows[name] = self.session.exec(select(table).filter_by(**key)).first()
        return cast("Row | None", self._rows[name])

    def known(self, table: type[Row], *key: str) -> Row | None:
        """The row that was looked up under this key, without asking again."""
        return cast("Row | None", self._rows.get((table, *key)))

    def look_up(self, table: type[Row], names: Sequence[str], keys: Iterable[tuple[str, ...]]) -> None:
        """Find many rows with one question, so that `find` knows of each whether it is there."""
        wanted = sorted(key for key in set(keys) if (table, *key) not in self._rows)
        if not wanted:
            return
        columns = [getattr(table, name) for name in names]
        rows = self.session.exec(select(table).where(tuple_(*columns).in_(wanted))).all()
        self._rows |= {(table, *key): None for key in wanted}
        self._rows |= {(table, *(getattr(row, name) for name in names)): row for row in rows}

    def add(self, row: Row, **key: str) -> Row:
        """Add a new row under its key."""
        self.session.add(row)
        self._rows[(type(row), *key.values())] = row
        return row

    def insert(self, table: type[SQLModel], values: Sequence[Mapping[str, Any]], **key: str) -> None:
        """Insert rows with every column given, together with others of their table when `write` is called.

        With a key, `find` will write first and then find the row in the database.
        """
        self._waiting[table] += values
        if key:
            self._unwritten.add((table, *key.values()))

    def load_children(self, table: type[Row], name: str, parents: Iterable[str]) -> None:
        """Read the rows of many parents with one question, so that `children` knows them; `name` is their key."""
        wanted = sorted(set(parents))
        if not wanted:
            return
        self._children |= {(table, parent): [] for parent in wanted}
        for row in self.session.exec(select(table).where(getattr(table, name).in_(wanted))):
            self._children[table, getattr(row, name)].append(row)

    def children(self, table: type[Row], name: str, parent: str) -> list[Row]:
        """The rows of a parent, as they stand after what this batch did before."""
        known = self._children.get((table, parent))
        if known is None:
            self.settle(parent)
            return list(self.session.exec(select(table).where(getattr(table, name) == parent)))
        return cast("list[Row]", list(known))

    def forget_children(self) -> None:
        """Ask for the rows of every parent anew: a merge moved some."""
        self._children.clear()

    def settle(self, encounter_id: str) -> None:
        """Write what waits if a record of this batch changed the visit, so that questions about it are answered."""
        if encounter_id in self._touched:
            self.write()

    def touch(self, encounter_id: str) -> None:
        """Note that a record changed the visit."""
        self._touched.add(encounter_id)
        for key in [key for key in self._children if key[1] == encounter_id]:
            del self._children[key]

    def waits(self, table: type[SQLModel]) -> bool:
        """Whether rows of a table wait to be written."""
        return bool(self._waiting[table])

    def write(self) -> None:
        """Write what waits: rows of the directories first, then table by table, as the foreign keys need it."""
        self.session.flush()
        self._touched.clear()
        for table, values in self._waiting.items():
            if values:
                self.session.connection().execute(insert(table), values)
                values.clear()
        for name in self._unwritten:
            self._rows.pop(name, None)
        self._unwritten.clear()

    def put(self, table: type[Row], key: Mapping[str, str], said: BaseModel) -> Row:
        """The dictionary row with this key, made or brought up to date; what the sender leaves empty stays as it is."""
        row = self.find(table, **key)
        if row is None:
            return self.add(table(**everything(said)), **key)
        update(row, {name: value for name, value in named(said).items() if value not in ("", None)})
        return row


def everything(said: BaseModel) -> dict[str, Any]:
    """Every field of what a sender said that is plain, not a record of its own."""
    return {name: value for name, value in _plain(said) if not _is_record(value)}


def named(said: BaseModel) -> dict[str, Any]:
    """The plain fields that the sender named; what a record does not name keeps its value here."""
    return {name: value for name, value in _plain(said) if name in said.model_fields_set and not _is_record(value)}


UNKNOWN_SEX = "U"
"""What stands for a sex that nobody named."""


def told_of(said: PatientFields) -> dict[str, Any]:
    """What a sender named of a patient, without the number. No family name says nothing: everybody has one."""
    told = {name: value for name, value in named(said).items() if name not in ("source", "mrn")}
    if not told.get("family_name"):
        told.pop("family_name", None)
    return told


def update(row: SQLModel, values: Mapping[str, Any]) -> bool:
    """Set the values that differ; whether any did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def ids_in_order(count: int) -> list[str]:
    """New ids that sort in the order in which they are given out."""
    return sorted(new_id() for _ in range(count))


def _plain(said: BaseModel) -> list[tuple[str, object]]:
    return [(name, getattr(said, name)) for name in type(said).model_fields]


def _is_record(value: object) -> bool:
    return isinstance(value, BaseModel) or (isinstance(value, list) and bool(value) and isinstance(value[0], BaseModel))
