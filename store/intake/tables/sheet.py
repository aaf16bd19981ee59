"""The rows of a CSV or TSV file, tolerant of what spreadsheets and exports do.

Encoding (UTF-8 with or without mark, else Windows-1252), delimiter and quoting are found by sampling. Blank rows,
repeated headers and footers with another number of cells are passed over; cells stay text, so leading zeros live.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from store.intake.files import EXPECTED, NotTakenIn

MOST_CELL = 2_000_000
MOST_COLUMNS = 1_000
_SAMPLE = 256 * 1024
_DELIMITERS = (",", "\t", ";", "|")
_MANGLED = re.compile(r"[+-]?\d(?:\.\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a file is written, and its header."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """The hash of the header by which a saved map knows its files again."""
        return header_hash(self.header)


@dataclass(frozen=True)
class Row:
    """A row by the names of its columns; `line` is the 1-based line it ends on. `raw` is header and row as CSV."""

    line: int
    cells: dict[str, str]
    raw: bytes


def looks_like_table(beginning: bytes) -> bool:
    """Whether the first bytes of a file are rows under a header: the same number of cells, names on top."""
    if b"\0" in beginning or beginning.lstrip()[:1] in (b"{", b"[", b"<"):
        return False
    try:
        layout = layout_of(beginning)
    except NotTakenIn:
        return False
    reader = csv.reader(io.StringIO(_decode(beginning, layout.encoding)), delimiter=layout.delimiter)
    try:
        counts = [len(row) for row, _ in zip(reader, range(21), strict=False) if any(row)]
    except csv.Error:
        return False
    # The last row of a beginning may be cut off; footers and a bad row or two are no reason to doubt.
    return len(counts) > 1 and counts[1:].count(counts[0]) * 2 >= len(counts) - 1


def layout_of(sample: bytes) -> Layout:
    """The layout of a file by its beginning. Raises NotTakenIn where it has no header."""
    encoding = "utf-8-sig" if sample.startswith(codecs.BOM_UTF8) else _encoding(sample)
    text = _decode(sample, encoding)
    first = next((line for line in text.splitlines() if line.strip()), "")
    found = Counter({mark: _cells(first, mark) for mark in _DELIMITERS})
    delimiter, count = found.most_common(1)[0]
    try:
        header = next(row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row))
    except (StopIteration, csv.Error):
        raise NotTakenIn(f"it has no header; {EXPECTED}") from None
    header = [" ".join(name.split()) for name in header]
    named = [name for name in header if name]
    good = count > 1 and len(header) <= MOST_COLUMNS and len(set(named)) == len(named) and named
    if not good or any(len(name) > 60 or len(name.split()) > 6 or name.replace(".", "").isdigit() for name in named):
        raise NotTakenIn(f"it has no header of column names; {EXPECTED}")
    return Layout(encoding, delimiter, tuple(header))


def header_hash(header: tuple[str, ...]) -> str:
    """SHA-256 of the names in their order, without regard to case."""
    return hashlib.sha256("\x1f".join(name.lower() for name in header).encode()).hexdigest()


def rows(stream: BinaryIO, layout: Layout, never_kept: frozenset[str] = frozenset()) -> Iterator[Row | str]:
    """The rows of a file, or in words what is wrong at a line; columns that are never kept are emptied.

    A row with fewer or more cells than the header is said, unless it stands at the end as footers do.
    """
    text = io.TextIOWrapper(stream, layout.encoding, errors="replace", newline="")
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(text, delimiter=layout.delimiter)
    header = list(layout.header)
    dropped = [number for number, name in enumerate(header) if name.lower() in never_kept]
    odd: list[str] = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {reader.line_num}: it is not CSV ({error})"
            continue
        if not any(cell.strip() for cell in row) or [" ".join(cell.split()) for cell in row] == header:
            continue
        while len(row) > len(header) and not row[-1].strip():
            row.pop()
        if len(row) != len(header):
            odd.append(f"line {reader.line_num}: expected {len(header)} cells, found {len(row)}")
            continue
        yield from odd
        odd.clear()
        for number in dropped:
            row[number] = ""
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if name}
        yield Row(reader.line_num, cells, _written(header, row))
    # What is odd at the very end is a footer.


def mangled(cell: str) -> bool:
    """Whether a spreadsheet turned a number into scientific notation and lost digits."""
    return bool(_MANGLED.fullmatch(cell))


def _written(header: list[str], row: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows((header, row))
    return out.getvalue().encode()


def _cells(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def _encoding(sample: bytes) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decode(sample: bytes, encoding: str) -> str:
    return sample.decode(encoding, errors="replace")
