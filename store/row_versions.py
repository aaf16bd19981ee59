"""Changing a row past the unit of work: one statement that raises its version, made once and carried out often.

What is written under the lock that every other writer waits for is written so where it happens with each code that
is entered. The row in the session then has the new values, as if the unit of work had written them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from store.models import Coding, WorkItem
from store.models.columns import table_of


def changing(model: type[Coding | WorkItem], *columns: str) -> Update:
    """The statement that writes the columns of one row and raises its version."""
    table = table_of(model)
    return (
        update(table)
        .where(table.c.id == bindparam("row"), table.c.row_version == bindparam("seen"))
        .values({name: bindparam(name) for name in (*columns, "row_version")})
    )


def change_row(session: Session, statement: Update, row: Coding | WorkItem, **values: Any) -> None:
    """Carry out such a statement. Raises StaleDataError where the row was changed since it was read."""
    session.flush()  # what else changes of the row gives it another version
    seen = row.row_version or 0
    values["row_version"] = seen + 1
    done = session.connection().execute(statement, {"row": row.id, "seen": seen, **values})
    if done.rowcount != 1:
        raise StaleDataError(f"{row.__tablename__} {row.id} is no longer at version {seen}")
    for name, value in values.items():
        set_committed_value(row, name, value)
