"""Stores billing articles of the Medicare Coverage Database and the CMS-HCC mappings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from codesets.loading.loads import Counts
from codesets.sources.hcc import HccMapping
from codesets.sources.mcd_articles import Article, ArticleCode, ArticleContractor, ArticleGroup
from codesets.sources.mcd_articles import Row as ArticleRow

TABLES = """
CREATE TABLE articles (
    load_id INTEGER NOT NULL, article TEXT NOT NULL, version TEXT NOT NULL, title TEXT NOT NULL, starts TEXT,
    ends TEXT, PRIMARY KEY (load_id, article, version)) WITHOUT ROWID;
-- list: procedures, covered diagnoses or noncovered diagnoses.
CREATE TABLE article_codes (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, list TEXT NOT NULL, article TEXT NOT NULL, version TEXT NOT NULL,
    code_group TEXT NOT NULL, PRIMARY KEY (load_id, code, list, article, version, code_group)) WITHOUT ROWID;
CREATE TABLE article_groups (
    load_id INTEGER NOT NULL, article TEXT NOT NULL, version TEXT NOT NULL, code_group TEXT NOT NULL,
    paragraph TEXT NOT NULL, PRIMARY KEY (load_id, article, version, code_group)) WITHOUT ROWID;
CREATE TABLE article_contractors (
    load_id INTEGER NOT NULL, article TEXT NOT NULL, version TEXT NOT NULL, contractor TEXT NOT NULL,
    PRIMARY KEY (load_id, article, version, contractor)) WITHOUT ROWID;
CREATE TABLE hcc_mappings (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, model TEXT NOT NULL, category TEXT NOT NULL, flag TEXT NOT NULL,
    PRIMARY KEY (load_id, code, model, category)) WITHOUT ROWID;
"""


def store_articles(db: sqlite3.Connection, load: int, rows: Iterable[ArticleRow]) -> Counts:
    """Store one table of an export under its load; a row that stands twice is stored once."""
    before = db.total_changes
    for row in rows:
        match row:
            case Article():
                dates = (str(day) if day else None for day in (row.starts, row.ends))
                _insert(db, "articles", load, row.article, row.version, row.title, *dates)
            case ArticleCode():
                values = (row.code, row.table.value, row.article, row.version, row.group)
                _insert(db, "article_codes", load, *values)
            case ArticleGroup():
                _insert(db, "article_groups", load, row.article, row.version, row.group, row.paragraph)
            case ArticleContractor():
                _insert(db, "article_contractors", load, row.article, row.version, row.contractor)
    return Counts(rows=db.total_changes - before)


def store_mappings(db: sqlite3.Connection, load: int, rows: Iterable[HccMapping]) -> Counts:
    """Store the mappings of one model, or of all, under their load."""
    stored = db.executemany(
        "INSERT OR IGNORE INTO hcc_mappings VALUES (?, ?, ?, ?, ?)",
        ((load, row.code, row.model, row.category, row.flag) for row in rows),
    )
    return Counts(rows=stored.rowcount)


def _insert(db: sqlite3.Connection, table: str, *values: object) -> None:
    db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(values))})", values)
