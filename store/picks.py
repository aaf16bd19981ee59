"""What people pick here: how often a code was taken for the same words, by everyone and by oneself.

The search ranks by what it is told (`codesets.search.picks`); who picked what is kept here.

A preference learned from use, which fades: a pick counts half after ninety days. Only words that search knows
are kept, never a name or a number that slipped into the box, and never anything about a patient. The file
(`search_picks.sqlite`) is a convenience: without it search is the same but for the order of near ties.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from codesets.home import home
from codesets.releases import CodeSystem
from codesets.search.picks import Picked

HALF_LIFE_DAYS = 90


class Usage:
    """The picks of a site, as one person sees them; for one thread. A file that cannot be used counts as empty."""

    def __init__(self, path: Path, person: str) -> None:
        self._path = path
        self._person = person

    def record(self, words: Iterable[str], system: CodeSystem, code: str, on: dt.date) -> None:
        """Count a pick of a code, without its dot, for words that search knows."""
        key = _key(words)
        if not key:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._path, timeout=2)) as db, db:
                db.execute(_TABLE)
                query = "SELECT picks, day FROM picks WHERE words = ? AND system = ? AND code = ? AND person = ?"
                identity = (key, system.value, code, self._person)
                before = db.execute(query, identity).fetchone()
                picks = 1 + (_faded(before[0], before[1], on) if before else 0)
                db.execute("INSERT OR REPLACE INTO picks VALUES (?, ?, ?, ?, ?, ?)", (*identity, picks, on.isoformat()))
        except (sqlite3.Error, OSError):
            return  # a preference may be missed; the work of the moment may not

    def of(self, words: Iterable[str], on: dt.date) -> dict[tuple[CodeSystem, str], Picked]:
        """What was picked for these words, by system and code."""
        key = _key(words)
        if not key or not self._path.exists():
            return {}
        try:
            with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=0.05)) as db:
                query = "SELECT system, code, person, picks, day FROM picks WHERE words = ?"
                rows = db.execute(query, (key,)).fetchall()
        except sqlite3.Error:
            return {}
        found: dict[tuple[CodeSystem, str], Picked] = {}
        for system, code, person, picks, day in rows:
            place = (CodeSystem(system), code)
            before = found.get(place, Picked(0, 0))
            now = _faded(picks, day, on)
            found[place] = Picked(before.here + now, before.mine + (now if person == self._person else 0))
        return found


def usage_file() -> Path:
    """Where the picks of this site are; the file may not exist."""
    return home() / "search_picks.sqlite"


def listed(path: Path) -> list[tuple[str, str, str, str, float, str]]:
    """Every pick as (words, system, code, person, picks, day of the last), the most picked first."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute("SELECT * FROM picks ORDER BY picks DESC, words, code").fetchall()


def forget(path: Path, words: Iterable[str]) -> int:
    """Forget what was picked for these words; how many codes that were."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=2)) as db, db:
        return db.execute("DELETE FROM picks WHERE words = ?", (_key(words),)).rowcount


def _key(words: Iterable[str]) -> str:
    return " ".join(sorted(set(words)))


def _faded(picks: float, day: str, on: dt.date) -> float:
    age = max(0, (on - dt.date.fromisoformat(day)).days)
    return picks * float(0.5 ** (age / HALF_LIFE_DAYS))


_TABLE = """
CREATE TABLE IF NOT EXISTS picks (
    words TEXT NOT NULL, system TEXT NOT NULL, code TEXT NOT NULL, person TEXT NOT NULL,
    picks REAL NOT NULL, day TEXT NOT NULL, PRIMARY KEY (words, system, code, person)
) WITHOUT ROWID
"""
