"""Billing articles of the Medicare Coverage Database: which ones hold for a procedure, and what they cover it for.

Which diagnosis group belongs to which procedure group stands only in free text, so a diagnosis that stands in any
covered group of an article counts as covered by it. Source: CMS, Medicare Coverage Database, article exports.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.sources.mcd_articles import ArticleTable
from codesets.sources.source import FileKind

_NEEDED = (ArticleTable.ARTICLES, ArticleTable.PROCEDURES, ArticleTable.COVERED)


@dataclass(frozen=True)
class CoverageArticle:
    """An article that names a procedure: the diagnoses (no dots) it covers and those it says it does not."""

    number: str
    version: str
    title: str
    contractors: tuple[str, ...]
    covered: frozenset[str]
    noncovered: frozenset[str]

    @property
    def name(self) -> str:
        """The article as people cite it: `A52423 version 31`."""
        return f"A{self.number} version {self.version}"


@dataclass(frozen=True)
class Articles:
    """The articles in force on a date; `warning` says in one line why nothing could be looked up, else empty."""

    found: tuple[CoverageArticle, ...] = ()
    warning: str = ""


def articles(reference: Reference, code: str, on: dt.date) -> Articles:
    """The articles that hold for a procedure on a date, by number; only the newest version of each."""
    loads = {table: loaded(reference, FileKind.MCD_ARTICLES, _label(table), on, table.value) for table in ArticleTable}
    for table in _NEEDED:
        if not loads[table].covered:
            return Articles(warning=loads[table].warning)
    rows = reference.db.execute(
        "SELECT DISTINCT a.article, a.version, a.title FROM article_codes c"
        " JOIN articles a ON a.load_id = ? AND a.article = c.article AND a.version = c.version"
        " WHERE c.load_id = ? AND c.code = ? AND c.list = ?"
        " AND coalesce(a.starts, '') <= ? AND coalesce(a.ends, '9999') >= ?"
        " ORDER BY a.article, CAST(a.version AS INTEGER)",
        (
            loads[ArticleTable.ARTICLES].load,
            loads[ArticleTable.PROCEDURES].load,
            code,
            ArticleTable.PROCEDURES.value,
            str(on),
            str(on),
        ),
    ).fetchall()
    newest = {number: (number, version, title) for number, version, title in rows}
    return Articles(tuple(_article(reference, loads, *row) for row in newest.values()))


def _article(
    reference: Reference, loads: dict[ArticleTable, Origin], number: str, version: str, title: str
) -> CoverageArticle:
    def diagnoses(table: ArticleTable) -> frozenset[str]:
        rows = reference.db.execute(
            "SELECT code FROM article_codes WHERE load_id = ? AND list = ? AND article = ? AND version = ?",
            (loads[table].load, table.value, number, version),
        )
        return frozenset(code for (code,) in rows)

    contractors = reference.db.execute(
        "SELECT contractor FROM article_contractors WHERE load_id = ? AND article = ? AND version = ? ORDER BY 1",
        (loads[ArticleTable.CONTRACTORS].load, number, version),
    )
    return CoverageArticle(
        number,
        version,
        title,
        tuple(contractor for (contractor,) in contractors),
        diagnoses(ArticleTable.COVERED),
        diagnoses(ArticleTable.NONCOVERED),
    )


def _label(table: ArticleTable) -> str:
    return f"table of {table.value} of the Medicare Coverage Database"
