"""CC exclusions: when a complication does not count. Table 6K of the IPPS final rule.

Source: "Table 6K - Complete List of CC Exclusions" (CMS), text. Part 1 lists every CC and MCC with the number
of a collection of principal diagnoses (PDX) under which it does not count, then the collections themselves;
part 2 the codes that count only when the patient is discharged alive; part 3 the secondary diagnoses whose
severity is ignored in particular DRGs. The counts beside the collection numbers are checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.completeness import OFFICIAL_SIZE, refuse_cut_off
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "Table 6K with its three parts"
# Part 3 ends with the DRGs of HIV infections.
_LAST_MDC = "25"
_TITLE = re.compile(r"\s*table 6k\b.*exclusion", re.IGNORECASE)
_PART = re.compile(r"\s*(?:6?K )?Part (?P<number>[123])\s*:", re.IGNORECASE)
_LEVEL = re.compile(
    r" (?P<code>[A-Z][0-9A-Z]{2,6}) +(?P<level>CC|MCC) +"
    r"(?:(?P<collection>\d{4}):(?P<count>[\d,]+) codes?|No Excl)(?:\s+(?P<title>.*))?$"
)
_COLLECTION = re.compile(r"\s*PDX collection (?P<number>\d{4})$", re.IGNORECASE)
_MEMBER = re.compile(r"\s+(?P<code>[A-Z][0-9A-Z]{2,6})(?:\s+(?P<title>.*))?$")
_GROUP = re.compile(r"\s*MDC (?P<mdc>\d\d) DRGs? (?P<first>\d{3})(?:-(?P<last>\d{3}))?\s+(?P<title>.*)$")


@dataclass(frozen=True)
class Severity:
    """Part 1: a code (no dot) that is an MCC (`major`) or CC, and the collection that excludes it, if any."""

    line: int
    code: str
    major: bool
    collection: str | None


@dataclass(frozen=True)
class Excluding:
    """A principal diagnosis (no dot) of a collection."""

    line: int
    collection: str
    code: str


@dataclass(frozen=True)
class AliveOnly:
    """Part 2: a code (no dot) that counts only when the patient is discharged alive."""

    line: int
    code: str


@dataclass(frozen=True)
class IgnoredInDrgs:
    """Part 3: a code (no dot) whose severity is ignored in the DRGs from `first` to `last`, both inclusive."""

    line: int
    code: str
    mdc: str
    first: str
    last: str


Row = Severity | Excluding | AliveOnly | IgnoredInDrgs


def recognize(file: SourceFile) -> Recognized | None:
    """Table 6K, by its first line; the fiscal year can only stand in the name."""
    lines = [line for line in file.head_lines(3) if line]
    if not lines or not _TITLE.match(lines[0]):
        return None
    period = fiscal_year_in(lines[0]) or fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which neither the table nor its name says"
        return Recognized(FileKind.CC_EXCLUSIONS, CodeSystem.MSDRG, "", None, None, asks=asks)
    return Recognized(FileKind.CC_EXCLUSIONS, CodeSystem.MSDRG, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Row | Rejected]:
    """The rows of the three parts in file order.

    Raises UnreadableInput when the file is cut off, a part is missing, or a collection that part 1 names is
    not there or has another number of codes than it says.
    """
    refuse_cut_off(file, _EXPECTED)
    reader = _Reader()
    for number, line in enumerate(file.lines(), start=1):
        if line and (row := reader.row(number, line)):
            yield row
    if missing := sorted({1, 2, 3} - reader.parts):
        parts = ", ".join(map(str, missing))
        raise UnreadableInput(f"{file.name}: part {parts} is missing or empty", f"expected {_EXPECTED}")
    if len(reader.stated) >= OFFICIAL_SIZE and _LAST_MDC not in reader.mdcs:
        reason = f"part 3 ends at MDC {max(reader.mdcs)}"
        raise UnreadableInput(f"{file.name}: {reason}", f"expected its groups up to MDC {_LAST_MDC}; download it again")
    for collection, stated in reader.stated.items():
        if (counted := reader.members.get(collection, 0)) != stated:
            reason = f"PDX collection {collection} has {counted} codes, part 1 says {stated}"
            raise UnreadableInput(f"{file.name}: {reason}", f"expected {_EXPECTED}")


class _Reader:
    """Where in the table the reader stands, and what it counted."""

    def __init__(self) -> None:
        self.parts: set[int] = set()
        self.stated: dict[str, int] = {}
        self.members: dict[str, int] = {}
        self.mdcs: set[str] = set()
        self._part = 0
        self._collection = ""
        self._group: re.Match[str] | None = None

    def row(self, number: int, line: str) -> Row | Rejected | None:
        """The row of a line; None for a preface, a heading or the line that opens a group."""
        if heading := _PART.match(line):
            self._part = int(heading["number"])
            return None
        if opened := _COLLECTION.match(line):
            self._collection = opened["number"]
            return None
        if self._part == 3 and (group := _GROUP.match(line)):
            self._group = group
            self.mdcs.add(group["mdc"])
            return None
        row = self._entry(number, line) if self._part else None
        if isinstance(row, Severity | AliveOnly | IgnoredInDrgs):
            self.parts.add(self._part)
        elif row is None and self.parts:
            return Rejected(number, "expected a code, a PDX collection, a group of DRGs or a part", line)
        return row

    def _entry(self, number: int, line: str) -> Row | None:
        if self._part == 1 and (level := _LEVEL.match(line)):
            if level["collection"]:
                self.stated[level["collection"]] = int(level["count"].replace(",", ""))
            return Severity(number, level["code"], level["level"] == "MCC", level["collection"])
        if not (member := _MEMBER.match(line)):
            return None
        if self._part == 1 and self._collection:
            self.members[self._collection] = self.members.get(self._collection, 0) + 1
            return Excluding(number, self._collection, member["code"])
        if self._part == 2:
            return AliveOnly(number, member["code"])
        if self._part == 3 and (group := self._group):
            return IgnoredInDrgs(number, member["code"], group["mdc"], group["first"], group["last"] or group["first"])
        return None
