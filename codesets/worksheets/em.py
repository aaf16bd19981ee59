"""The evaluation and management worksheet: what was done at a visit in, the level with its arithmetic out. Pure.

A level is a number of its family of visits (1 to 5, or 1 to 3 in the hospital); which code that is stands in the
user's own files, never here. Medical decision making counts two of three elements (problems, data, risk); total time
may decide instead where the family has it, whichever is more. Criteria are data (`em.toml`) in our own words; source:
the E/M services guidelines in force since 2021 (office) and 2023 (hospital, emergency department).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from codesets.errors import CodedeskError, UsageError


class BadCriteria(CodedeskError):
    """The file of the criteria does not keep to its schema."""

    title = "worksheet"


class NoSuchItem(UsageError):
    """The worksheet has no family or item of that name."""

    title = "worksheet"


class Complexity(IntEnum):
    """How complex medical decision making or one of its elements is."""

    NONE = 0
    STRAIGHTFORWARD = 1
    LOW = 2
    MODERATE = 3
    HIGH = 4

    @property
    def label(self) -> str:
        """The complexity as a person reads it."""
        return self.name.lower()


@dataclass(frozen=True)
class Family:
    """A family of visits: the level for each complexity, and the least minutes for each level; none where no time."""

    id: str
    label: str
    effective_from: str
    levels: Mapping[Complexity, int]
    minutes: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Item:
    """Something that counts: `element` is problems, data or risk. Two items are the same only if they are one.

    `at` is the complexity that a number of it reaches (problems, risk); `category` is 1 to 3 (data).
    """

    element: str
    id: str
    label: str
    at: Mapping[int, Complexity] = field(default_factory=dict)
    category: int = 0


@dataclass(frozen=True)
class Criteria:
    """Families and items in the order of the file, and the citation of each element."""

    families: tuple[Family, ...]
    items: tuple[Item, ...]
    citations: Mapping[str, str]

    def family(self, family_id: str) -> Family:
        """A family by its id. Raises NoSuchItem."""
        found = next((one for one in self.families if one.id == family_id), None)
        if found is None:
            raise NoSuchItem(f"no family is called {family_id!r}", ", ".join(one.id for one in self.families))
        return found

    def item(self, item_id: str) -> Item:
        """An item by its id. Raises NoSuchItem."""
        found = next((one for one in self.items if one.id == item_id), None)
        if found is None:
            raise NoSuchItem(f"no item is called {item_id!r}", ", ".join(one.id for one in self.items))
        return found


@dataclass(frozen=True)
class Visit:
    """What was done: the family's id, how often each item, total minutes of the day (0: not documented), ISO day."""

    family: str
    counts: Mapping[str, int] = field(default_factory=dict)
    minutes: int = 0
    on: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the arithmetic: what it is about, what came of it, how, and by which part of the guidelines."""

    name: str
    outcome: str
    because: str
    citation: str


@dataclass(frozen=True)
class Judgement:
    """The level, 0 where nothing supports one; by what (`mdm`, `time`, or empty), and each step.

    `warning` is a line or empty.
    """

    family: Family
    level: int
    by: str
    complexity: Complexity
    mdm_level: int
    time_level: int
    steps: tuple[Step, ...]
    warning: str = ""


def judge(visit: Visit) -> Judgement:
    """The level that a visit supports. Raises NoSuchItem."""
    known = criteria()
    family = known.family(visit.family)
    counts = {known.item(key): count for key, count in visit.counts.items() if count > 0}
    elements = (_problems(counts, known), _data(counts, known), _risk(counts, known))
    reached = sorted((complexity for complexity, _ in elements), reverse=True)
    complexity = reached[1]  # two of three meet or exceed it
    mdm_level = family.levels.get(complexity, 0)
    told = ", ".join(one.label for one in reached)
    outcome = f"{complexity.label}, level {mdm_level}" if mdm_level else "no level"
    steps = [step for _, step in elements]
    steps.append(Step("decision making", outcome, f"of {told} the second highest counts", known.citations["mdm"]))
    time_level, step = _time(family, visit.minutes, known)
    steps.append(step)
    level = max(mdm_level, time_level)
    by = "" if not level else "time" if time_level > mdm_level else "mdm"
    warning = ""
    if visit.on and visit.on < family.effective_from:
        warning = f"These criteria hold from {family.effective_from}; the visit was before."
    return Judgement(family, level, by, complexity, mdm_level, time_level, tuple(steps), warning)


@cache
def criteria() -> Criteria:
    """The criteria that ship. Raises BadCriteria."""
    return read_criteria(Path(__file__).with_name("em.toml").read_text(encoding="utf-8"))


def read_criteria(text: str) -> Criteria:
    """Criteria from a TOML text. Raises BadCriteria with what is wrong."""
    try:
        data = tomllib.loads(text)
        families = tuple(_family(entry) for entry in data["family"])
        items = (
            *(_item("problems", entry, entry["at"]) for entry in data["problem"]),
            *(Item("data", entry["id"], entry["label"], category=entry["category"]) for entry in data["data"]),
            *(_item("risk", entry, {"1": entry["complexity"]}) for entry in data["risk"]),
        )
        citations = {name: str(data["citation"][name]) for name in ("problems", "data", "risk", "mdm", "time")}
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise BadCriteria(f"em.toml: {error!r}") from None
    if len({one.id for one in items}) < len(items):
        raise BadCriteria("em.toml: an item stands twice")
    return Criteria(families, items, citations)


def _family(entry: dict[str, Any]) -> Family:
    return Family(
        entry["id"],
        entry["label"],
        entry["effective_from"],
        {Complexity[name.upper()]: int(level) for name, level in entry["mdm"].items()},
        {int(level): int(minutes) for level, minutes in entry["minutes"].items()},
    )


def _item(element: str, entry: dict[str, Any], at: dict[str, str]) -> Item:
    return Item(element, entry["id"], entry["label"], {int(n): Complexity[c.upper()] for n, c in at.items()})


def _problems(counts: Mapping[Item, int], known: Criteria) -> tuple[Complexity, Step]:
    return _highest("problems", counts, known)


def _risk(counts: Mapping[Item, int], known: Criteria) -> tuple[Complexity, Step]:
    return _highest("risk", counts, known)


def _highest(element: str, counts: Mapping[Item, int], known: Criteria) -> tuple[Complexity, Step]:
    """The highest complexity that any item of an element reaches by its number."""
    best, because = Complexity.NONE, "nothing of it is documented"
    for item, count in counts.items():
        if item.element != element:
            continue
        reached = max((c for least, c in item.at.items() if count >= least), default=Complexity.NONE)
        if reached > best:
            best, because = reached, f"{count} × {item.label}"
    return best, Step(element, best.label, because, known.citations[element])


PIECES_LIMITED, PIECES_MODERATE = 2, 3
"""Pieces of category 1 for limited data (there the historian is a way of its own), and for a category to be met."""


def _data(counts: Mapping[Item, int], known: Criteria) -> tuple[Complexity, Step]:
    """Data: 3 pieces, an own reading or a talk outside is moderate, two of these high; 2 pieces or historian low."""
    data = {item: count for item, count in counts.items() if item.element == "data"}
    pieces = sum(
        min(count, 1) if item.id == "historian" else count for item, count in data.items() if item.category == 1
    )
    tests = sum(count for item, count in data.items() if item.category == 1 and item.id != "historian")
    historian = any(item.id == "historian" for item in data)
    met = [pieces >= PIECES_MODERATE, *(any(item.category == n for item in data) for n in (2, 3))]
    told = f"{pieces} pieces" + (", own reading" if met[1] else "") + (", talk outside" if met[2] else "")
    if sum(met) >= 2:
        best = Complexity.HIGH
    elif any(met):
        best = Complexity.MODERATE
    elif tests >= PIECES_LIMITED or historian:
        best = Complexity.LOW
    else:
        best = Complexity.STRAIGHTFORWARD  # minimal or none
    return best, Step("data", best.label, f"{told}: {sum(met)} of 3 categories met", known.citations["data"])


def _time(family: Family, minutes: int, known: Criteria) -> tuple[int, Step]:
    if not family.minutes:
        return 0, Step("time", "does not count", "time decides no level of this family", known.citations["time"])
    if not minutes:
        return 0, Step("time", "no level", "no total time is documented", known.citations["time"])
    level = max((one for one, least in family.minutes.items() if minutes >= least), default=0)
    if not level:
        least = min(family.minutes.values())
        return 0, Step("time", "no level", f"{minutes} minutes are under {least}", known.citations["time"])
    because = f"{minutes} minutes reach {family.minutes[level]}"
    if level + 1 in family.minutes:
        because += f", level {level + 1} begins at {family.minutes[level + 1]}"
    return level, Step("time", f"level {level}", because, known.citations["time"])
