"""The data model as a document: every table of the record with its columns, from the tables themselves.

`codedesk schema tables` prints it; `store/DATA-MODEL.md` is the same, held up to date by a test.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from store import models
from store.migrations import HEAD

_HEAD = f"""# The data model

Made by `codedesk schema tables` from the tables in `store/models`, at schema {HEAD}. Amounts are whole cents, days and
moments ISO text (moments in UTC), ids made by the program. A column with → names a row of another table; one with ? may
be empty. The same tables are in SQLite and in PostgreSQL; how the schema came to be is in `store/migrations`.
"""

_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Boolean, "yes or no"),
    (Integer, "whole number"),
    (JSON, "JSON"),
    (LargeBinary, "bytes"),
)


def data_model_markdown() -> str:
    """Every table, by the module that it is declared in: what it is for, and what its columns hold."""
    tables = sorted(_tables(), key=lambda one: (one.__module__, inspect.getsourcelines(one)[1]))
    parts = [_HEAD]
    for module, declared in groupby(tables, key=lambda one: one.__module__):
        words = (sys.modules[module].__doc__ or "").partition("\n\n")[0]
        parts.append(f"## {module.rpartition('.')[2]}\n\n{' '.join(words.split())}\n")
        parts += map(_table, declared)
    return "\n".join(parts)


def _tables() -> Iterator[type[SQLModel]]:
    return (mapper.class_ for mapper in models.Patient._sa_registry.mappers)


def _table(model: type[SQLModel]) -> str:
    columns = SQLModel.metadata.tables[str(model.__tablename__)].columns
    lines = [f"### {model.__tablename__}", "", " ".join((inspect.getdoc(model) or "").split()), ""]
    lines += ["| column | holds | |", "| --- | --- | --- |"]
    lines += [_row(column, model.model_fields[column.key].description or "") for column in columns]
    return "\n".join(lines) + "\n"


def _row(column: Column[object], words: str) -> str:
    kind = next((name for type_, name in _TYPES if isinstance(column.type, type_)), "text")
    key = ", key" if column.primary_key else ""
    leads = "".join(f" → {key.column.table.name}" for key in column.foreign_keys)
    empty = "?" if column.nullable else ""
    return f"| {column.name} | {kind}{empty}{key}{leads} | {words.replace('|', chr(92) + '|')} |"
