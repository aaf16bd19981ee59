"""What the tables share: identifiers, times, and the checked text types of everything that comes from outside.

Identifiers are text: 26 characters that sort by the time they were made. Dates are ISO text whose length is
their precision (`1961`, `1961-03`, `1961-03-02`); points in time are ISO text, ours always in UTC with `Z`.
Money is integer cents.
"""

from __future__ import annotations

import os
import re
import time
from datetime import date, datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Enum, Table
from sqlmodel import SQLModel

from codesets.safe import safe_block, safe_line
from store.clock import clock

# Rows are read and written without pydantic's validators: building them for each table would cost memory and time.
SQLModel.model_config["defer_build"] = True

# A misspelled field is refused by its name wherever it stands: its default would be taken in its place without a word.
SQLModel.model_config["extra"] = "forbid"

# Every constraint has a name, so that a later migration can drop it on either database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for statements that go past the unit of work."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel gives it to table models alone
    return table


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_one_at_a_time = Lock()
_last_number = 0
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?")


def new_id() -> str:
    """A new identifier: 48 bits of milliseconds and 80 random bits, as 26 characters of Crockford's base 32.

    What one process makes sorts in the order it was made, within a millisecond too: histories order by time, then id.
    """
    global _last_number
    number = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10), "big")
    with _one_at_a_time:
        if number >> 80 <= _last_number >> 80:
            # A random step, so that two processes that were one a moment ago do not make the same.
            number = _last_number + 1 + int.from_bytes(os.urandom(8), "big")
        _last_number = number
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def now() -> str:
    """The present moment as ISO text in UTC, to the millisecond: `2026-09-14T18:02:11.482Z`."""
    return moment(clock())


def later(minutes: float) -> str:
    """The moment so many minutes from now, in the same form."""
    return moment(clock() + timedelta(minutes=minutes))


def moment(when: datetime) -> str:
    """A point in time as the record keeps it."""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def words(kind: type[StrEnum]) -> Enum:
    """A column that keeps the enum's values as plain text, the same on every database."""
    return Enum(kind, values_callable=lambda members: [m.value for m in members], native_enum=False, length=40)


def _partial_date(text: str) -> str:
    if not _PARTIAL_DATE.fullmatch(text):
        raise ValueError("expected a date such as 2026-09-14, 2026-09 or 2026")
    date.fromisoformat((text + "-01-01")[:10])
    return text


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError("expected a date or time such as 2026-09-14 or 2026-09-14T10:30:00-05:00")
    date.fromisoformat((text[:10] + "-01-01")[:10])
    if len(text) > 10:
        datetime.fromisoformat(text.replace(" ", "T"))
    return text


MOST_IN_A_LINE = 400

Line = Annotated[str, AfterValidator(safe_line), StringConstraints(strip_whitespace=True, max_length=MOST_IN_A_LINE)]
"""One line of text from outside, made safe."""

Identifier = Annotated[
    str, AfterValidator(safe_line), StringConstraints(strip_whitespace=True, min_length=1, max_length=120)
]
"""A number or key from outside: never empty, unique only together with its source."""

Block = Annotated[str, AfterValidator(safe_block), StringConstraints(max_length=2_000_000)]
"""Text of several lines from outside, made safe."""

PartialDate = Annotated[str, AfterValidator(_partial_date)]
"""ISO text of a day, a month or a year; its length is its precision."""

Moment = Annotated[str, AfterValidator(_moment)]
"""ISO text of a day or of a point in time, with or without zone, as it came."""
