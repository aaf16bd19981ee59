"""Billing articles of the Medicare Coverage Database: which diagnoses an article covers for which codes.

Source: the article exports of CMS (`current_article_csv.zip`), one CSV a table. The column names are those that
public loaders name, not checked against a real export, so a table is taken by the columns it needs, in any order
and with others among them. Which diagnosis group goes with which procedure group stands only in free text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from codesets.errors import UnreadableInput
from codesets.releases import CodeSystem
from codesets.sources import cells
from codesets.sources.cells import at
from codesets.sources.periods import quarter_in
from codesets.sources.source import FileKind, Recognized, Rejected, SourceFile

_DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d")


class ArticleTable(StrEnum):
    """The tables of an export that are read."""

    ARTICLES = "articles"
    PROCEDURES = "procedures"
    COVERED = "covered diagnoses"
    NONCOVERED = "noncovered diagnoses"
    COVERED_GROUPS = "covered groups"
    CONTRACTORS = "contractors of articles"


@dataclass(frozen=True)
class Article:
    """An article and the days it holds, both inclusive where known."""

    line: int
    article: str
    version: str
    title: str
    starts: dt.date | None
    ends: dt.date | None


@dataclass(frozen=True)
class ArticleCode:
    """A procedure or diagnosis code (no dot) of an article, in a numbered group."""

    line: int
    article: str
    version: str
    table: ArticleTable
    code: str
    group: str


@dataclass(frozen=True)
class ArticleGroup:
    """The text of a group of covered diagnoses, which says what it is covered for."""

    line: int
    article: str
    version: str
    group: str
    paragraph: str


@dataclass(frozen=True)
class ArticleContractor:
    """A contractor for whose area an article holds."""

    line: int
    article: str
    version: str
    contractor: str


# The columns that tell a table, beside article_id and article_version.
_COLUMNS = {
    ArticleTable.PROCEDURES: ("hcpc_code_id", "hcpc_code_group"),
    ArticleTable.NONCOVERED: ("icd10_code_id", "icd10_noncovered_group"),
    ArticleTable.COVERED: ("icd10_code_id", "icd10_covered_group"),
    ArticleTable.COVERED_GROUPS: ("icd10_covered_group", "paragraph"),
    ArticleTable.CONTRACTORS: ("contractor_id",),
    ArticleTable.ARTICLES: ("title",),
}
_CODE = re.compile(r"[0-9A-Z]{3,7}")
Row = Article | ArticleCode | ArticleGroup | ArticleContractor


def recognize(file: SourceFile) -> Recognized | None:
    """A table of an article export, by its columns; `part` is the table. The date can only stand in the name."""
    if (found := _table(file)) is None:
        return None
    period = quarter_in(file.name)
    edition, starts, ends = (period.name, period.starts, period.ends) if period else ("", None, None)
    asks = "" if period else "the quarter of the export, which only the name could say"
    return Recognized(FileKind.MCD_ARTICLES, CodeSystem.MCD, edition, starts, ends, part=found[0].value, asks=asks)


def read(file: SourceFile, recognized: Recognized) -> Iterator[Row | Rejected]:
    """The rows in file order. Raises UnreadableInput when the file is none of the tables."""
    if (found := _table(file)) is None:
        raise UnreadableInput(f"{file.name}: no such columns", f"expected one of {', '.join(ArticleTable)}")
    table, places = found
    for index, (number, row) in enumerate(cells.rows(file)):
        if index:
            yield _row(number, row, table, places)


def _row(number: int, row: tuple[str, ...], table: ArticleTable, places: dict[str, int]) -> Row | Rejected:
    cell = {name: at(row, place) for name, place in places.items()}
    article, version = cell["article_id"], cell.get("article_version") or "0"
    if not re.fullmatch(r"[0-9]{1,7}", article) or not re.fullmatch(r"[0-9]{1,5}", version):
        return Rejected(number, "expected the numbers of an article and of its version", ",".join(row))
    if table is ArticleTable.ARTICLES:
        dates = (_date(cell.get(name, "")) for name in ("article_eff_date", "article_end_date"))
        return Article(number, article, version, cell["title"], *dates)
    if table is ArticleTable.COVERED_GROUPS:
        return ArticleGroup(number, article, version, cell["icd10_covered_group"], cell["paragraph"])
    if table is ArticleTable.CONTRACTORS:
        return ArticleContractor(number, article, version, cell["contractor_id"])
    name, group = _COLUMNS[table]
    code = cell[name].replace(".", "").upper()
    if not _CODE.fullmatch(code):
        return Rejected(number, f"{cell[name]} is no code", ",".join(row))
    return ArticleCode(number, article, version, table, code, cell[group])


def _table(file: SourceFile) -> tuple[ArticleTable, dict[str, int]] | None:
    rows = cells.head_rows(file, 1)
    places = {cell.lower(): index for index, cell in enumerate(rows[0][1])} if rows else {}
    if "article_id" not in places:
        return None
    for table, names in _COLUMNS.items():
        if all(name in places for name in names):
            return table, places
    return None


def _date(text: str) -> dt.date | None:
    for form in _DATE_FORMS:
        try:
            return dt.datetime.strptime(text.split(" ")[0], form).date()
        except ValueError:
            continue
    return None
