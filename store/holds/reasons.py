"""The table of reasons and owners: as shipped, with what the site adds in `holds.toml`. Free of the ORM."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from codesets.errors import UnreadableInput
from codesets.home import home
from codesets.safe import safe_line

SITE_FILE = "holds.toml"

_KNOWN = {
    *("id", "words", "owner", "physician", "dated", "due_days", "clears", "codes", "types", "parts", "items"),
}


class Clears(StrEnum):
    """What clears a hold without anybody's hand."""

    NOTHING = ""
    DOCUMENT = "document"
    SIGNATURE = "signature"
    CHANGE = "change"
    QUERY = "query"
    DUE = "due"


@dataclass(frozen=True)
class HoldReason:
    """One reason: what it asks for, whose it is, and what clears it."""

    id: str
    words: str
    owner: str
    physician: bool = False
    dated: bool = False
    due_days: int = 0
    clears: Clears = Clears.NOTHING
    codes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def due_on(self, day: date) -> str | None:
        """ISO day on which a hold opened on a day is due; None where the reason sets none."""
        return (day + timedelta(days=self.due_days)).isoformat() if self.due_days else None

    @property
    def told(self) -> str:
        """What clears it, in words."""
        if self.clears is Clears.DOCUMENT:
            return f"clears when a document arrives: {', '.join((*self.types, *self.codes))}"
        if self.clears is Clears.CHANGE:
            return f"clears when a message changes {', '.join(self.items or self.parts).replace('_', ' ')}"
        return {
            Clears.SIGNATURE: "clears when every document is signed",
            Clears.QUERY: "clears when the query is answered and closed",
            Clears.DUE: "clears when its day comes",
        }.get(self.clears, "a person clears it")


def hold_reasons() -> Mapping[str, HoldReason]:
    """Every reason by its id, in order. Raises UnreadableInput for a wrong table of the site, with its place."""
    return _tables(*_site())[1]


def owners() -> Mapping[str, str]:
    """The owners of holds with their words."""
    return _tables(*_site())[0]


def reason_named(said: str) -> HoldReason | None:
    """The reason with this id or these words."""
    wanted = said.strip().lower()
    return next((one for one in hold_reasons().values() if wanted in (one.id.lower(), one.words.lower())), None)


def _site() -> tuple[Path, float]:
    path = home() / SITE_FILE
    return path, path.stat().st_mtime if path.is_file() else 0.0


@lru_cache(4)
def _tables(path: Path, changed_at: float) -> tuple[dict[str, str], dict[str, HoldReason]]:
    known: dict[str, str] = {}
    reasons: dict[str, HoldReason] = {}
    shipped = files("store.holds").joinpath("reasons.toml").read_text(encoding="utf-8")
    sources = [("reasons.toml", shipped), (path.name, _text(path) if changed_at else "")]
    for name, text in sources:
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UnreadableInput(f"{name}: no TOML: {error}") from None
        for table in _tables_of(content, "owner", name):
            known[_word(table, "id", name)] = _word(table, "words", name)
        for table in _tables_of(content, "reason", name):
            reason = _reason(table, name, known)
            reasons[reason.id] = reason
    return known, reasons


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name} cannot be read: {error}") from None


def _tables_of(content: Mapping[str, Any], key: str, name: str) -> list[Mapping[str, Any]]:
    tables = content.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise UnreadableInput(f"{name}: expected tables [[{key}]]")
    return tables


def _reason(table: Mapping[str, Any], name: str, known: Mapping[str, str]) -> HoldReason:
    reason_id = _word(table, "id", name)
    place = f"{name}: {reason_id}"
    if unknown := sorted(set(table) - _KNOWN):
        raise UnreadableInput(f"{place}: {unknown[0]} is not known")
    owner = _word(table, "owner", name)
    if owner not in known:
        raise UnreadableInput(f"{place}: no owner is called {owner!r}; there are {', '.join(known)}")
    if table.get("clears", "") not in list(Clears):
        raise UnreadableInput(f"{place}: clears: expected one of {', '.join(filter(None, Clears))}")
    days = table.get("due_days", 0)
    if not isinstance(days, int) or not 0 <= days <= 3650:
        raise UnreadableInput(f"{place}: due_days: expected days from 0 to 3650")
    lists = {key: tuple(map(str, table.get(key, ()))) for key in ("codes", "types", "parts", "items")}
    return HoldReason(
        reason_id,
        _word(table, "words", name),
        owner,
        bool(table.get("physician", False)),
        bool(table.get("dated", False)),
        days,
        Clears(table.get("clears", "")),
        **lists,
    )


def _word(table: Mapping[str, Any], key: str, name: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UnreadableInput(f"{name}: {key} is missing in {str(dict(table))[:60]}")
    return " ".join(safe_line(value).split())[:120]
