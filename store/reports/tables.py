"""Rows as files: CSV that no spreadsheet executes, JSON lines, and Parquet where its library is installed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from codesets.errors import CodedeskError
from store.output import replaced_file


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class NoParquet(CodedeskError):
    """The library that writes Parquet is not installed."""

    title = "parquet"


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def plain(value: Any) -> Any:
    """A value of the database as a report keeps it: PostgreSQL's decimals are whole numbers, or floating ones."""
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def safe_cell(value: object) -> object:
    """A value as a cell: text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return "" if value is None else value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV text with a header, formula-safe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in columns])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], form: Format) -> int:
    """Write rows to a file, whole or not at all; how many. Raises NoParquet, DestinationUnusable."""
    writers = {Format.CSV: _csv, Format.JSON: _json, Format.PARQUET: _parquet}
    with replaced_file(path) as part:
        return writers[form](part, columns, rows)


def _csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([safe_cell(name) for name in columns])
        for row in rows:
            writer.writerow([safe_cell(row.get(name)) for name in columns])
            count += 1
    return count


def _json(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({name: row.get(name) for name in columns}) + "\n")
            count += 1
    return count


_GROUP = 50_000


def _parquet(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ModuleNotFoundError:
        raise NoParquet("its library is not installed", "pip install 'codedesk[parquet]'") from None
    gathered = list(rows)
    table = arrow.table({name: _arrow_column(arrow, [row.get(name) for row in gathered]) for name in columns})
    parquet.write_table(table, path, row_group_size=_GROUP)
    return len(gathered)


def _arrow_column(arrow: Any, values: list[Any]) -> Any:
    """A column of numbers where all are, else of text: a file has the same types whatever its first row is."""
    present = [value for value in values if value is not None and value != ""]
    if present and all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return arrow.array([None if value == "" else value for value in values], arrow.int64())
    if present and all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return arrow.array([None if value == "" else value for value in values], arrow.float64())
    return arrow.array([None if value is None else str(value) for value in values], arrow.string())
