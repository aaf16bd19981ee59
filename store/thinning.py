"""Which backups of a folder are kept: all of the last two days, then the newest of days, weeks and months.

Counted are days, weeks (ISO 8601) and months that have a backup, so that a host that was off for a month loses
none. Only files are taken away that `codedesk backup FOLDER` made and named itself; backups of an upgrade and whatever
else lies there stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from codesets.errors import UsageError
from store.actors import Actor
from store.database import Database

ALL_HOURS = 48
"""Every backup of so many hours is kept."""

_NAME = re.compile(r"record-(\d{8}T\d{6}Z)\.sqlite")
_MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Keep:
    """How many days, weeks and months keep one backup each."""

    days: int
    weeks: int
    months: int

    @classmethod
    def parse(cls, text: str) -> Keep:
        """From `14,8,12`. Raises UsageError."""
        if not re.fullmatch(r"\d{1,4},\d{1,4},\d{1,4}", text):
            raise UsageError(f"--keep: expected days, weeks and months such as 14,8,12, got {text!r}")
        return cls(*map(int, text.split(",")))


def new_name(now: datetime) -> str:
    """The name of a backup made at a moment in UTC: `record-20260914T180211Z.sqlite`."""
    return f"record-{now.strftime(_MOMENT)}.sqlite"


def made_at(name: str) -> datetime | None:
    """When a backup with that name was made, in UTC; None for a file of another kind."""
    found = _NAME.fullmatch(name)
    return datetime.strptime(found[1], _MOMENT).replace(tzinfo=UTC) if found else None


def kept(moments: Iterable[datetime], now: datetime, keep: Keep) -> set[datetime]:
    """The moments whose backups stay; the newest one always does."""
    newest_first = sorted(set(moments), reverse=True)
    staying = {moment for moment in newest_first if now - moment <= timedelta(hours=ALL_HOURS)} | set(newest_first[:1])
    periods: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (keep.days, lambda moment: moment.date()),
        (keep.weeks, lambda moment: moment.isocalendar()[:2]),
        (keep.months, lambda moment: (moment.year, moment.month)),
    )
    for count, period in periods:
        newest_of: dict[object, datetime] = {}
        for moment in newest_first:
            newest_of.setdefault(period(moment), moment)
        staying |= set(list(newest_of.values())[:count])
    return staying


def thin(db: Database, actor: Actor, folder: Path, keep: Keep, now: datetime | None = None) -> list[str]:
    """Take away the backups of a folder that are not kept; their names, oldest first, which the log has too."""
    now = now or datetime.now(UTC)
    present = {moment: path for path in folder.iterdir() if (moment := made_at(path.name)) and _plain(path)}
    going = sorted(set(present) - kept(present, now, keep))
    for moment in going:
        present[moment].unlink()
    names = [present[moment].name for moment in going]
    if names:
        with db.change(actor) as change:
            change.log("backup.thin", "folder", folder.name, taken_away=names, kept=len(present) - len(names))
    return names


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
