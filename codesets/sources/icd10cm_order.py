"""The ICD-10-CM order file: which codes exist, in their official order, with both titles and the billable flag.

Source: `icd10cm_order_YYYY.txt` of the yearly "Code Descriptions" package (CDC/NCHS and CMS), columns as in its
read-me: 1-5 order number, 7-13 code, 15 flag, 17-76 short title, 78- long title. This file alone says which
codes exist; the tabular list does not print those with a 7th character.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.completeness import DIAGNOSES_SIZE, Numbering, refuse_cut_off
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

# The second and third character can be letters (QA0, M1A); the first never is a digit.
CODE = re.compile(r"[A-Z][0-9A-Z]{2,6}")
_LINE = re.compile(r"\d{5,} [A-Z][0-9A-Z]{2,6} +[01] ")
_FIRST_CATEGORY = "A00"
_LAST_CATEGORY = "Z99"
# Chapter 22, codes for special purposes, stands behind Z99 since FY2021; before it had no codes.
_SPECIAL_PURPOSES = "U07"
_SPECIAL_PURPOSES_FROM = dt.date(2020, 10, 1)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTVWXYZ"


@dataclass(frozen=True)
class CodeRow:
    """A category, header or billable code without the dot, in official order. A category has no parent."""

    code: str
    title: str
    billable: bool
    parent: str | None
    short_title: str = ""


def recognize(file: SourceFile) -> Recognized | None:
    """An order file of ICD-10-CM; ICD-10-PCS has the same columns, but no codes of four to six characters."""
    lines = [line for line in file.head_lines(400)[:-1] if line]
    fitting = [line for line in lines if _LINE.match(line)]
    if not fitting or len(fitting) < len(lines) * 0.9:
        return None
    if not any(4 <= len(line[6:13].strip()) <= 6 for line in fitting):
        return None
    edition = fiscal_year_in(file.name)
    return Recognized(
        FileKind.CM_ORDER,
        CodeSystem.ICD10CM,
        edition.name if edition else "",
        edition.starts if edition else None,
        edition.ends if edition else None,
        asks="" if edition else "the fiscal year, because the name does not say it",
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[CodeRow | Rejected]:
    """The codes in file order, with the records that are none among them.

    Raises UnreadableInput for a file that is not whole: one whose order numbers leave some out, that does not reach
    the last category, lacks a letter, or whose headers have nothing below them.
    """
    numbering = Numbering(file)
    known: set[str] = set()
    childless: set[str] = set()
    for number, line in enumerate(file.lines(), start=1):
        if not line.strip():
            continue
        numbering.next(number, line)
        row = _row(line, known)
        if isinstance(row, str):
            yield Rejected(number, row, line[:120])
            continue
        known.add(row.code)
        childless.discard(row.parent or "")
        if not row.billable:
            childless.add(row.code)
        yield row
    check_whole(file, recognized, known, childless)


def check_whole(file: SourceFile, recognized: Recognized, codes: set[str], childless: set[str]) -> None:
    """Raises UnreadableInput where the codes show that the end, or a part, of the file is missing."""
    refuse_cut_off(file, "a complete file of codes")
    wanted, last = [_FIRST_CATEGORY, _LAST_CATEGORY], _LAST_CATEGORY
    if len(codes) >= DIAGNOSES_SIZE and recognized.starts and recognized.starts >= _SPECIAL_PURPOSES_FROM:
        wanted, last = [*wanted, _SPECIAL_PURPOSES], f"{_LAST_CATEGORY} and {_SPECIAL_PURPOSES} behind it"
    missing = [category for category in wanted if category not in codes]
    letters = {code[0] for code in codes}
    if len(codes) >= DIAGNOSES_SIZE:
        missing += [f"{letter}00-{letter}99" for letter in _LETTERS if letter not in letters]
    remedy = f"expected every category from {_FIRST_CATEGORY} to {last} in a complete file"
    if missing:
        raise UnreadableInput(f"{file.name}: {len(codes):,} codes, but category {missing[0]} is missing", remedy)
    if childless:
        raise UnreadableInput(f"{file.name}: header {min(childless)} has no code below it", remedy)


def longest_prefix(code: str, known: set[str]) -> str | None:
    """The header directly above a code: its longest proper beginning that is known."""
    for length in range(len(code) - 1, 2, -1):
        if code[:length] in known:
            return code[:length]
    return None


def _row(line: str, known: set[str]) -> CodeRow | str:
    """The row, or why it is none."""
    number = line.split(" ", 1)[0]
    # Codes past 99,999 may widen the first column; everything else then moves with it.
    line = line[max(0, len(number) - 5) :]
    code, flag, title = line[6:13].strip(), line[14:15], line[77:].strip()
    if not (number.isdigit() and CODE.fullmatch(code) and flag in ("0", "1")):
        return "expected an order number, a code and the flag 0 or 1"
    if not title:
        return "the long title is missing"
    if code in known:
        return f"code {code} stands twice"
    return CodeRow(code, title, flag == "1", longest_prefix(code, known), line[16:76].strip())
