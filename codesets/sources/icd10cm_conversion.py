"""The ICD-10-CM conversion table: which code took the place of which, and when.

Source: `ICD-10-CM-CONVERSION-TABLE-FYyyyy.xlsx` (CDC/NCHS): row 1 a notice, row 2 the header `Current code
assignment`, `Effective`, `Previous Code(s) Assignment`, then a row a code. Reading a workbook takes openpyxl,
which the extra `workbooks` installs.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources.editions import fiscal_year_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_HEADER = "Current code assignment"
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}\.?[0-9A-Z]{0,4}")


@dataclass(frozen=True)
class Conversion:
    """A code, since when it is assigned (ISO date), and a code that was used before; both without the dot."""

    code: str
    effective: str
    previous: str


def recognize(file: SourceFile) -> Recognized | None:
    """A workbook whose texts begin with the header of the table; told without openpyxl."""
    if not file.head(4).startswith(b"PK") or _HEADER not in _first_texts(file):
        return None
    edition = fiscal_year_in(file.name)
    return Recognized(
        FileKind.CM_CONVERSION,
        CodeSystem.ICD10CM,
        edition.name if edition else "",
        edition.starts if edition else None,
        edition.ends if edition else None,
        asks="" if edition else "the fiscal year, because the name does not say it",
    )


def read(file: SourceFile, recognized: Recognized) -> Iterator[Conversion | Rejected]:
    """A row for every pair of a code and one that was used before it.

    Raises UnreadableInput without openpyxl, and for a workbook that cannot be read.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise UnreadableInput(
            f"{file.name}: workbooks cannot be read here", "install the extra: pip install 'codedesk[workbooks]'"
        ) from error
    try:
        with file.open() as content:
            sheet = load_workbook(content, read_only=True, data_only=True).worksheets[0]
            for number, cells in enumerate(sheet.iter_rows(max_col=3, values_only=True), start=1):
                yield from _conversions(number, cells)
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise UnreadableInput(f"{file.name}: {error}", "expected the conversion table as published") from error


def _conversions(number: int, cells: tuple[Any, ...]) -> Iterator[Conversion | Rejected]:
    current, effective, previous = (str(cell).strip() if cell is not None else "" for cell in cells)
    if number <= 2 or not current:
        return
    before = _CODE.findall(previous)
    day = _day(cells[1], effective)
    if not _CODE.fullmatch(current) or day is None:
        yield Rejected(number, "expected a code, a date and the previous codes", f"{current} {effective} {previous}")
    elif not before:
        if previous.lower() not in ("", "none", "n/a"):
            yield Rejected(number, "no code in the previous assignment", f"{current} {effective} {previous}"[:120])
    else:
        for code in before:
            yield Conversion(current.replace(".", ""), day, code.replace(".", ""))


def _day(cell: Any, text: str) -> str | None:
    """The ISO date that a year (its October 1 before) or a date means."""
    if isinstance(cell, dt.datetime | dt.date):
        return str(cell)[:10]
    if re.fullmatch(r"(19|20)\d\d", text):
        return f"{int(text) - 1}-10-01"
    for form in ("%B %d, %Y", "%b %d, %Y", "%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y"):
        try:
            return str(dt.datetime.strptime(text, form).date())
        except ValueError:
            continue
    return None


def _first_texts(file: SourceFile) -> str:
    """The beginning of the shared texts of a workbook; empty where it is none."""
    try:
        with file.open() as content, zipfile.ZipFile(content) as book, book.open("xl/sharedStrings.xml") as texts:
            return texts.read(64 * 1024).decode("utf-8", errors="replace")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return ""
