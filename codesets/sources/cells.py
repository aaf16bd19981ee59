"""Rows of cells, the same from tab-separated text, CSV and workbooks.

Several official lists are published as text and as an .xlsx twin; a reader asks here for rows and need not
know which one it has. Every cell is text: a number of a workbook is written without a decimal point it does
not need and a date as YYYYMMDD, so that a code stays a code. Workbooks need the optional package openpyxl.
"""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from codesets.errors import UnreadableInput
from codesets.safe import safe_block
from codesets.sources.source import SourceFile

# One row with the line it begins on, from 1; in a workbook its row.
Row = tuple[int, tuple[str, ...]]

# Longest cell of a text file, in characters; a stray quote would otherwise swallow the file.
_LONGEST_CELL = 65_536
# What a workbook may unpack to, in bytes, and by how much; a sheet of a million rows is some 60 MB.
_LARGEST_WORKBOOK = 1_000_000_000
_LARGEST_RATIO = 200


def rows(file: SourceFile) -> Iterator[Row]:
    """Every row with at least one cell that is not empty; cells are stripped, NBSP counts as a blank.

    In a workbook: the rows of its first sheet. Raises UnreadableInput when the file cannot be taken apart.
    """
    yield from _workbook_rows(file) if is_workbook(file) else _text_rows(file)


@lru_cache(maxsize=16)
def head_rows(file: SourceFile, most: int = 15) -> tuple[Row, ...]:
    """The first rows, for recognizing a file; empty when it has none or cannot be taken apart."""
    try:
        if is_workbook(file):
            return tuple(islice(_workbook_rows(file), most))
        lines = [f"{line}\n" for line in file.head_lines(most * 3)]
        return tuple(islice(_split(lines, any("\t" in line for line in lines)), most))
    except (UnreadableInput, csv.Error):
        return ()


def is_workbook(file: SourceFile) -> bool:
    """Whether the file is an .xlsx workbook, by content."""
    if file.head(4) != b"PK\x03\x04":
        return False
    try:
        with file.open() as opened, zipfile.ZipFile(opened) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def at(cells: tuple[str, ...], index: int) -> str:
    """The cell at the index from 0; empty past the end, because trailing empty cells are often cut."""
    return cells[index] if index < len(cells) else ""


def _text_rows(file: SourceFile) -> Iterator[Row]:
    with file.text() as text:
        try:
            yield from _split(text, file.head(8192).count(b"\t") > 0)
        except csv.Error as error:
            raise UnreadableInput(f"{file.name}: {error}", "expected rows of separated cells") from error


def _split(lines: Iterable[str], tabs: bool) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter="\t" if tabs else ",")
    csv.field_size_limit(_LONGEST_CELL)
    before = 0
    for cells in reader:
        found = tuple(_clean(cell) for cell in cells)
        if any(found):
            yield before + 1, found
        before = reader.line_num


def _workbook_rows(file: SourceFile) -> Iterator[Row]:
    try:
        import openpyxl
    except ImportError as error:
        raise UnreadableInput(
            f"{file.name}: workbooks need the package openpyxl",
            "install the extra: pip install 'codedesk[workbooks]', or import the text twin",
        ) from error
    _refuse_bombs(file)
    try:
        with file.open() as opened:
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
                found = tuple(_as_text(cell) for cell in cells)
                if any(found):
                    yield number, found
    except UnreadableInput:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise UnreadableInput(f"{file.name}: damaged workbook ({type(error).__name__})", "expected .xlsx") from error


def _refuse_bombs(file: SourceFile) -> None:
    with file.open() as opened, zipfile.ZipFile(opened) as archive:
        packed = sum(entry.compress_size for entry in archive.infolist())
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _LARGEST_WORKBOOK or unpacked > _LARGEST_RATIO * max(packed, 1):
        raise UnreadableInput(f"{file.name}: unpacks to {unpacked:,} bytes", "expected a workbook of a code set")


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return cell.strftime("%Y%m%d")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return _clean(str(cell))


def _clean(cell: str) -> str:
    return safe_block(cell.replace("\u00a0", " ")).strip()
