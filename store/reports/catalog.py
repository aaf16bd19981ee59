"""The catalog of figures: each with its name, formula, inclusions and SQL, as data (`kpis.toml`), checked when read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from codesets.errors import UnreadableInput, UsageError
from codesets.home import home
from store.queries.chains import PHRASES_AT

OWN_FILE = "kpis.toml"
"""A site's own figures, in codedesk's folder; one of the same name takes the place of a shipped one."""

PARAMETERS = (
    *("since", "until", "after", "as_of", "year_before", "day_3", "day_7", "day_30"),
    *("since_month", "until_month"),
)
THEN = ("productivity", "turnaround", "running", "outliers", "late_charges")
REST = "rest"
_WRITES = re.compile(r"\b(insert|update|delete|drop|alter|attach|pragma|create|replace|grant|copy)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Figure:
    """One figure of the catalog; `figure` names a column or the quotient of two, `counts` the columns of people."""

    name: str
    title: str
    group: str
    formula: str
    inclusions: str
    unit: str
    figure: str
    counts: tuple[str, ...]
    sql: str
    then: str = ""
    needs: str = ""
    stock: bool = False
    """Whether it tells how things stand on the last day, not what happened in the period."""
    behind: str = ""
    """One SELECT of encounter_id and `keys`: the visits behind a row; empty where there is no way down."""
    keys: tuple[str, ...] = ()
    """The columns that tell which row a visit is behind."""
    parts: tuple[tuple[str, ...], ...] = ()
    """Sums within a row: the first column is the sum of the others; REST is what is in no column."""
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Numbers that tell a count which is not the first one, by that count."""
    sums: bool = False
    """Whether it reads the monthly sums, which know whole months and no moment but their own."""
    lines: str = ""
    """Of a figure of `sums`: what answers where they were not made by the moment."""
    without: tuple[Mapping[str, str], ...] = ()
    """Why there may be no figure, the first reason first: where the one number of `none` is 0, `says` is why."""
    billing: bool = False
    """Whether it is of claims and denials, which billers may see of their work too."""
    since_then: str = ""
    """What a figure as of an earlier moment cannot know any more, in words."""

    def definition(self) -> dict[str, Any]:
        """What is kept with a published figure."""
        lists = {"counts": list(self.counts), "keys": list(self.keys), "parts": [list(one) for one in self.parts]}
        return asdict(self) | lists | {"without": [dict(one) for one in self.without]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Figure:
        lists = {name: tuple(data.get(name, ())) for name in ("counts", "keys", "without")}
        return cls(**{**data, **lists, "parts": tuple(map(tuple, data.get("parts", ())))})

    @property
    def parameters(self) -> Sequence[str]:
        """The parameters that its SQL names."""
        return named_in(self.sql)


def named_in(sql: str) -> list[str]:
    """The parameters that a statement names."""
    return [name for name in PARAMETERS if re.search(rf":{name}\b", sql)]


def catalog() -> dict[str, Figure]:
    """Every figure by name, shipped ones first. Raises UnreadableInput with the one that is wrong."""
    found = dict(_shipped())
    path = home() / OWN_FILE
    if path.is_file():
        try:
            found |= _read(tomllib.loads(path.read_text(encoding="utf-8")), path.name, _phrases())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UnreadableInput(f"{path}: {error}", "mend or remove the file") from None
    return found


def figure_named(name: str) -> Figure:
    """A figure. Raises UsageError with the names that begin alike."""
    found = catalog()
    if name not in found:
        near = [one for one in found if one.startswith(name[:3])] or list(found)
        raise UsageError(f"no report is called {name!r}", f"there are {', '.join(near)}")
    return found[name]


@cache
def _shipped() -> dict[str, Figure]:
    return _read(_shipped_tables(), OWN_FILE, PHRASES_AT)


def _phrases() -> dict[str, str]:
    """What several statements say, by name: a site's own may say it too."""
    return PHRASES_AT | {name: text for name, text in _shipped_tables().items() if isinstance(text, str)}


@cache
def _shipped_tables() -> dict[str, Any]:
    return tomllib.loads(files("store.reports").joinpath(OWN_FILE).read_text(encoding="utf-8"))


def _read(tables: Mapping[str, Any], source: str, known: Mapping[str, str] = MappingProxyType({})) -> dict[str, Figure]:
    found = {}
    phrases = {**known, **{name: text for name, text in tables.items() if isinstance(text, str)}}
    for name, table in tables.items():
        if isinstance(table, str):
            continue
        whole = dict(table)
        base = whole.pop("base", "")
        for part in ("sql", "behind", "lines"):
            if whole.get(part):
                whole[part] = _written_out((base if part != "lines" else "") + whole[part], phrases)
        try:
            lists = {part: tuple(whole.get(part, ())) for part in ("counts", "keys")}
            lists["parts"] = tuple(map(tuple, whole.get("parts", ())))
            reasons = ({"none": one["none"], "says": one["says"]} for one in whole.get("without", ()))
            lists["without"] = tuple(one | {"none": _written_out(one["none"], phrases)} for one in reasons)
            one = Figure(name=name, **{**whole, **lists})
        except (TypeError, KeyError):
            raise UnreadableInput(f"{source}: {name}: expected {', '.join(Figure.__dataclass_fields__)}") from None
        asked = [one.sql, one.behind, one.lines, *(reason["none"] for reason in one.without)]
        unknown = sorted(set(re.findall(r"(?<!:):([a-z_]\w*)", " ".join(asked))) - set(PARAMETERS))
        if unknown:
            raise UnreadableInput(
                f"{source}: {name}: the SQL names :{unknown[0]}", f"there are {', '.join(PARAMETERS)}"
            )
        if not all(_only_reads(sql) for sql in asked if sql or sql is one.sql):
            raise UnreadableInput(f"{source}: {name}: expected one SELECT that writes nothing")
        if one.then and one.then not in THEN:
            raise UnreadableInput(f"{source}: {name}: then: expected one of {', '.join(THEN)}")
        found[name] = one
    return found


def _written_out(sql: str, phrases: Mapping[str, str]) -> str:
    """A statement with its phrases ({in_force} and the like) in full, those within them too."""
    for _ in phrases:
        for name, text in phrases.items():
            sql = sql.replace("{" + name + "}", text.strip())
    return sql


def written_out(sql: str) -> str:
    """A statement with the phrases of the shipped catalog in full: what is counted beside a figure counts alike."""
    return _written_out(sql, _phrases())


def _only_reads(sql: str) -> bool:
    return bool(re.match(r"\s*(select|with)\b", sql, re.IGNORECASE)) and not _WRITES.search(sql) and ";" not in sql
