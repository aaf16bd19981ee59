"""Column maps: which column of a table is which field, kept by name and known again by the hash of the header.

A site's maps are TOML files in the folder `maps` of codedesk's files; some for layouts in common use are shipped.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from codesets.errors import CodedeskError, UsageError
from codesets.home import ensure_home, home
from store.intake.jsontext import first_error
from store.intake.tables.sheet import header_hash
from store.terms import Setting


class BadMap(CodedeskError):
    """A column map cannot be used; the message says why."""

    title = "column map"


class Kind(StrEnum):
    """What a row of a table is; tables are taken in in this order, so that visits find their patients."""

    PATIENT = "patient"
    ENCOUNTER = "encounter"
    DOCUMENT = "document"
    CHARGE = "charge"
    CODE = "code"


class ColumnMap(BaseModel):
    """One map. `columns`: field to column; `constants`: field to a value for every row; `only`: rows to take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    record: Kind
    source: str = Field(min_length=1, max_length=120)
    header: tuple[str, ...] = Field(min_length=1)
    columns: dict[str, str]
    constants: dict[str, str] = Field(default_factory=dict)
    formats: dict[str, str] = Field(default_factory=dict, description="date format of a field, as of strptime")
    only: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict, description="translations of a field's words")

    @model_validator(mode="after")
    def _fits(self) -> ColumnMap:
        known = shipped().fields[self.record]
        for field in {*self.columns, *self.constants, *self.formats, *self.values}:
            if field not in known:
                raise ValueError(f"expected a field of a {self.record.value}, such as {', '.join(list(known)[:4])}")
        for column in (*self.columns.values(), *self.only):
            if column not in self.header:
                raise ValueError(f"expected a column of the header, found {column!r}")
        missing = [f for f in shipped().required[self.record] if f not in self.columns and f not in self.constants]
        if missing:
            raise ValueError(f"expected columns for {', '.join(missing)}")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that nothing is made of, in their order."""
        used = {*self.columns.values(), *self.only}
        return tuple(column for column in self.header if column and column not in used)

    @property
    def header_sha256(self) -> str:
        return header_hash(self.header)


@dataclass(frozen=True)
class Columns:
    """The content of `columns.toml`."""

    fields: dict[Kind, dict[str, tuple[str, ...]]]
    required: dict[Kind, tuple[str, ...]]
    never_kept: frozenset[str]
    setting: dict[str, Setting]


@cache
def shipped() -> Columns:
    """The fields and their usual headers, read once."""
    text = files("store.intake.tables").joinpath("columns.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Columns(
        {kind: {f: tuple(names) for f, names in data[kind.value]["fields"].items()} for kind in Kind},
        {kind: tuple(data[kind.value]["required"]) for kind in Kind},
        frozenset(data["never_kept"]["headers"]),
        {word: Setting(value) for word, value in data["setting"].items()},
    )


def maps_folder() -> Path:
    """Where the site's maps are."""
    return home() / "maps"


def load_map(name: str) -> ColumnMap:
    """A map by its name, the site's before a shipped one. Raises BadMap."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
        raise UsageError(f"{name!r} is no name of a map", "small letters, digits and -")
    path = maps_folder() / f"{name}.toml"
    if path.is_file():
        return _parsed(path.read_bytes(), str(path))
    for found in _shipped_maps():
        if found.name == name:
            return found
    raise BadMap(f"there is no map {name}", f"codedesk intake --save-map {name} FILE makes one")


def map_for(header: tuple[str, ...]) -> ColumnMap | None:
    """The map that was saved for this header, or None. Raises BadMap."""
    wanted = header_hash(header)
    folder = maps_folder()
    own = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    for path in own:
        found = _parsed(path.read_bytes(), str(path))
        if found.header_sha256 == wanted:
            return found
    return next((found for found in _shipped_maps() if found.header_sha256 == wanted), None)


def save_map(column_map: ColumnMap) -> Path:
    """Write a map under its name, in place of an earlier one."""
    ensure_home()
    folder = maps_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{column_map.name}.toml"
    path.write_text(_as_toml(column_map), encoding="utf-8")
    return path


@cache
def _shipped_maps() -> tuple[ColumnMap, ...]:
    folder = files("store.intake.tables").joinpath("maps")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(_parsed(one.read_bytes(), one.name) for one in found)


def _parsed(data: bytes, place: str) -> ColumnMap:
    try:
        return ColumnMap.model_validate(tomllib.loads(data.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMap(f"{place} cannot be read: {error}", "mend it or save it anew") from None
    except ValidationError as error:
        raise BadMap(f"{place}: {first_error(error)}", "mend it or save it anew") from None


def _as_toml(column_map: ColumnMap) -> str:
    lines = [f"{name} = {_quoted(getattr(column_map, name))}" for name in ("name", "record", "source")]
    lines.append(f"header = [{', '.join(map(_quoted, column_map.header))}]")
    for table in ("columns", "constants", "formats", "only"):
        lines += [f"\n[{table}]", *(f"{k} = {_quoted(v)}" for k, v in _keys(getattr(column_map, table)))]
    for field, words in column_map.values.items():
        lines += [f"\n[values.{field}]", *(f"{k} = {_quoted(v)}" for k, v in _keys(words))]
    return "\n".join(lines) + "\n"


def _keys(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(_quoted(key), value) for key, value in table.items()]


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
