"""The ICD-10-PCS order addenda: what a release adds, deletes and retitles.

Source: `order_addenda_YYYY.txt` of the yearly "ICD-10-PCS Order File" package (CMS): action 1-13, code 14-20,
short title 22-81, long title from 83; then counts of headers and codes in the files compared, which serve as a
checksum. The earlier file is the April edition of the year before where there is one. It is never the full set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.completeness import refuse_cut_off
from codesets.sources.editions import Edition, fiscal_year, fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_EXPECTED = "the ICD-10-PCS order addenda with the counts at its end"
_LINE = re.compile(
    r"(?=.{13}\S)(?P<action>Add|Delete|Revise from|Revise to): +"
    r"(?P<code>[0-9A-HJ-NP-Z]{7}|[0-9A-HJ-NP-Z]{3}    ) (?P<titles>.*)"
)
_COUNT = re.compile(r" *(\d+) (headers|codes|additions|deletions|revisions)(?: in (\S+))?$")
_SHORT = 60


class Action(StrEnum):
    """What the addenda do with a code; a retitled one stands twice."""

    ADD = "Add"
    DELETE = "Delete"
    REVISE_FROM = "Revise from"
    REVISE_TO = "Revise to"


@dataclass(frozen=True)
class Change:
    """One line: a table (3 characters) or a code (7) with the titles it has before or after the change."""

    line: int
    action: Action
    code: str
    short_title: str
    title: str


@dataclass(frozen=True)
class Totals:
    """The file's own counts, of tables (`headers` True) or of codes: before, after, and the changes."""

    headers: bool
    before: int
    after: int
    additions: int
    deletions: int
    revisions: int


def recognize(file: SourceFile) -> Recognized | None:
    """The addenda, by the first lines; the fiscal year stands in the counts at the end, or in the name."""
    lines = [line for line in file.head_lines(5) if line]
    if not lines or not _LINE.match(lines[0]):
        return None
    period = _compared_year(file) or fiscal_year_in(file.name)
    if period is None:
        asks = "the fiscal year, which neither the counts at the end nor the name say"
        return Recognized(FileKind.PCS_ADDENDA, CodeSystem.ICD10PCS, "", None, None, asks=asks)
    return Recognized(FileKind.PCS_ADDENDA, CodeSystem.ICD10PCS, period.name, period.starts, period.ends)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Change | Totals | Rejected]:
    """The changes in file order, then the counts of tables and of codes.

    Raises UnreadableInput when the file is cut off, lacks the counts, or they contradict its lines.
    """
    refuse_cut_off(file, _EXPECTED)
    counted: dict[tuple[bool, Action], int] = {}
    totals: list[list[int]] = []
    for number, line in enumerate(file.lines(), start=1):
        if change := _change(number, line):
            key = len(change.code) == 3, change.action
            counted[key] = counted.get(key, 0) + 1
            yield change
        elif found := _COUNT.match(line):
            if found[2] in ("headers", "codes") and (not totals or len(totals[-1]) > 1):
                totals.append([])
            if totals:
                totals[-1].append(int(found[1]))
        elif line.strip() not in ("", "Headers", "Codes", "of which") and "revisions to" not in line:
            yield Rejected(number, "expected Add, Delete, Revise from or Revise to with a code, or a count", line)
    if [len(block) for block in totals] != [5, 5]:
        raise UnreadableInput(f"{file.name}: no counts of headers and codes at its end", f"expected {_EXPECTED}")
    for headers, block in zip((True, False), totals, strict=True):
        total = Totals(headers, *block)
        _refuse_contradiction(file, total, counted)
        yield total


def _change(number: int, line: str) -> Change | None:
    if not (found := _LINE.match(line)):
        return None
    short, title = found["titles"][:_SHORT].strip(), found["titles"][_SHORT:].strip()
    return Change(number, Action(found["action"]), found["code"].strip(), short, title)


def _compared_year(file: SourceFile) -> Edition | None:
    """The fiscal year of the later of the two files that the counts name."""
    years = [int(year) for line in file.lines() if _COUNT.match(line) for year in re.findall(r"_(20\d\d)\D", line)]
    return fiscal_year(max(years)) if years else None


def _refuse_contradiction(file: SourceFile, total: Totals, counted: dict[tuple[bool, Action], int]) -> None:
    stated = {Action.ADD: total.additions, Action.DELETE: total.deletions, Action.REVISE_TO: total.revisions}
    for action, count in stated.items():
        if counted.get((total.headers, action), 0) != count:
            what = "headers" if total.headers else "codes"
            reason = f"{counted.get((total.headers, action), 0)} {what} under {action}, its counts say {count}"
            raise UnreadableInput(f"{file.name}: {reason}", f"expected {_EXPECTED}")
