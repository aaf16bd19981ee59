"""The ICD-10-CM order addenda: what changed between two editions of the order file, with counts to check by.

Source: `icd10cm_order_addenda_YYYY.txt` (CDC/NCHS and CMS): columns 1-13 action, 14 flag, 16-22 code, 24-83
short title, 85- long title, then a block that counts additions, deletions and revisions. A code that becomes
a header appears twice: deleted with flag 1, added with flag 0. It is no substitute for the full file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.releases import CodeSystem
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile


class Action(StrEnum):
    """What an addendum does to a code."""

    ADD = "Add:"
    DELETE = "Delete:"
    REVISE_FROM = "Revise from:"
    REVISE_TO = "Revise to:"


@dataclass(frozen=True)
class Change:
    """One line of the addenda; the code carries no dot."""

    action: Action
    billable: bool
    code: str
    short_title: str
    title: str


@dataclass(frozen=True)
class Total:
    """One line of the closing block: what is counted, of headers or of billable codes, and how many."""

    billable: bool
    what: str
    count: int


def recognize(file: SourceFile) -> Recognized | None:
    """Order addenda of ICD-10-CM: actions with a flag before the code."""
    first = next((line for line in file.head_lines(5) if line), "")
    if not _LINE.match(first):
        return None
    edition = fiscal_year_in(file.name)
    return Recognized(
        FileKind.CM_ADDENDA,
        CodeSystem.ICD10CM,
        edition.name if edition else "",
        edition.starts if edition else None,
        edition.ends if edition else None,
        detail="changes only: checks the order files of two editions, replaces neither",
        asks="" if edition else "the fiscal year, because the name does not say it",
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[Change | Total | Rejected]:
    """The changes in file order, then the totals of the closing block."""
    billable: bool | None = None
    for number, line in enumerate(file.lines(), start=1):
        if found := _LINE.match(line):
            yield Change(
                Action(found["action"]),
                found["flag"] == "1",
                line[15:22].strip(),
                line[23:83].strip(),
                line[84:].strip(),
            )
        elif line.strip().lower() in ("headers", "codes"):
            billable = line.strip().lower() == "codes"
        elif (total := _TOTAL.match(line)) and billable is not None:
            yield Total(billable, total["what"], int(total["count"].replace(",", "")))
        elif any(line.startswith(action.value) for action in Action):
            yield Rejected(number, "expected a flag 0 or 1 in column 14 and a code in column 16", line[:120])


_LINE = re.compile(
    r"(?P<action>Add:|Delete:|Revise from:|Revise to:) *(?<=^.{13})(?P<flag>[01]) [A-Z][0-9A-Z]{2,6}(?: |$)"
)
_TOTAL = re.compile(r" *(?P<count>[\d,]+) (?P<what>additions|deletions|revisions)$")
