"""Scoring schemes as data: what counts as how many errors, what weighs how much, and which share should be reached.

Shipped in `schemes.toml`; a site's own stand in `audit_schemes.toml` in codedesk's folder. A scheme is checked whole
when it is read. A sample keeps a copy, so that its scores are what they were when the file has changed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from codesets.errors import UnreadableInput, UsageError
from codesets.home import home
from store.audits.differences import DifferenceKind, Dimension

USUAL = "ahima"
OWN_FILE = "audit_schemes.toml"
OVER_CODES = ("ignored", "subtracted")


@dataclass(frozen=True)
class Scheme:
    """One way to score; `thresholds` are percent, keys of the maps are the words of the enums."""

    name: str
    words: str
    over_codes: str
    floor: bool
    spoils: tuple[str, ...]
    counts: Mapping[str, float]
    weights: Mapping[str, float]
    thresholds: Mapping[str, float]

    def errors(self, kind: DifferenceKind) -> float:
        return self.counts[kind.value]

    def weight(self, dimension: Dimension) -> float:
        return self.weights[dimension.value]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the sample that keeps it."""
        return asdict(self) | {"spoils": list(self.spoils)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scheme:
        return cls(**{**data, "spoils": tuple(data["spoils"])})

    def formula(self) -> list[str]:
        """How the scores come about, a line each, for the scorecard."""
        over = "less deleted codes, " if self.over_codes == "subtracted" else ""
        floor = ", never below 0" if self.floor else ""
        many = [f"{kind} counts {count:g}" for kind, count in self.counts.items() if count != 1]
        heavy = [f"{name} weighs {weight:g}" for name, weight in self.weights.items() if weight != 1]
        return [
            f"scheme {self.name}: {self.words}",
            f"code over code = right codes {over}of the auditor's codes as decided{floor}: an overturned addition"
            " is no code, an overturned deletion a right code of the coder;"
            f" a code is wrong when it is missing or {', '.join(self.spoils)}",
            "total opportunity = agree / (agree + added + deleted + revised); a changed principal diagnosis is revised,"
            " and a code that both have agrees, whatever its POA, modifiers, units and pointers",
            "record over record = charts without an error / charts",
            f"weighted = 1 - weights of errors / weights of opportunities{floor}",
            f"errors: {'; '.join(many) or 'every difference counts 1'}",
            f"weights: {'; '.join(heavy) or 'all weigh 1'}",
        ]


def schemes() -> dict[str, Scheme]:
    """Every scheme by name, the site's own over those shipped. Raises UnreadableInput with the place that is wrong."""
    tables = tomllib.loads(files("store.audits").joinpath("schemes.toml").read_text(encoding="utf-8"))
    path = home() / OWN_FILE
    if path.is_file():
        try:
            tables |= tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UnreadableInput(f"{path}: {error}", "mend or remove the file") from None
    return {name: _scheme(name, tables) for name in tables}


def scheme_named(name: str) -> Scheme:
    """A scheme. Raises UsageError with the names there are."""
    found = schemes()
    if name not in found:
        raise UsageError(f"no scheme is called {name!r}", f"there are {', '.join(found)}")
    return found[name]


def _scheme(name: str, tables: Mapping[str, dict[str, Any]]) -> Scheme:
    whole = _inherited(name, tables, ())
    spoils = tuple(whole.get("spoils", ()))
    maps = {}
    for part, kinds in (("counts", DifferenceKind), ("weights", Dimension), ("thresholds", Dimension)):
        given = whole.get(part, {})
        known = _words(kinds)
        wrong = next((key for key in given if key not in known), None)
        if wrong:
            raise UnreadableInput(f"audit scheme {name}: {part}: {wrong!r}", f"expected some of {', '.join(known)}")
        if missing := next((key for key in known if key not in given), None):
            raise UnreadableInput(
                f"audit scheme {name}: {part}: {missing!r} is missing", "or begin with like = 'ahima'"
            )
        bad = next((key for key, value in given.items() if not _number(value)), None)
        if bad:
            raise UnreadableInput(f"audit scheme {name}: {part}: {bad}: expected a number from 0 on")
        maps[part] = {key: float(given[key]) for key in known}
    if whole.get("over_codes") not in OVER_CODES:
        raise UnreadableInput(f"audit scheme {name}: over_codes: expected {' or '.join(OVER_CODES)}")
    unknown = next((kind for kind in spoils if kind not in _words(DifferenceKind)), None)
    if unknown:
        raise UnreadableInput(f"audit scheme {name}: spoils: {unknown!r} is no kind of difference")
    return Scheme(
        name, str(whole.get("words", "")), whole["over_codes"], bool(whole.get("floor", True)), spoils, **maps
    )


def _inherited(name: str, tables: Mapping[str, dict[str, Any]], below: tuple[str, ...]) -> dict[str, Any]:
    """A scheme's table laid over the one it is like. Raises UnreadableInput for none, or one that is like itself."""
    own = tables.get(name)
    if not isinstance(own, dict) or name in below:
        raise UnreadableInput(f"audit scheme {below[-1] if below else name}: like {name!r}: there is no such scheme")
    whole = _inherited(str(own["like"]), tables, (*below, name)) if "like" in own else {}
    for key, value in own.items():
        whole[key] = whole.get(key, {}) | value if isinstance(value, dict) else value
    return whole


def _words(kinds: type[StrEnum]) -> list[str]:
    return [member.value for member in kinds]


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
