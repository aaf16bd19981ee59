"""The tables of the reference database, and what they hold.

Codes belong to a release (`release_id`). What is printed around them, which comes in files of its own with
dates of its own (tabular list, index, tables), belongs to the load that brought it (`load_id`); which load
serves which release is written in `release_parts`. Dates are ISO texts, both ends inclusive.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE releases (
    id INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, edition TEXT NOT NULL,
    starts TEXT NOT NULL, ends TEXT NOT NULL, complete INTEGER NOT NULL, shipped INTEGER NOT NULL,
    source_name TEXT NOT NULL, source_sha256 TEXT NOT NULL, loaded_at TEXT NOT NULL,
    UNIQUE (system, edition));
-- One file that was loaded. `part` tells the files of one release apart where it comes in several.
CREATE TABLE loads (
    id INTEGER PRIMARY KEY AUTOINCREMENT, release_id INTEGER, system TEXT NOT NULL, kind TEXT NOT NULL,
    edition TEXT NOT NULL, starts TEXT NOT NULL, ends TEXT NOT NULL, part TEXT NOT NULL, shipped INTEGER NOT NULL,
    name TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL, added INTEGER NOT NULL, changed INTEGER NOT NULL, ended INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    loaded_at TEXT NOT NULL, UNIQUE (kind, edition, part));
-- Which load gives a release its notes, its index and its tables.
CREATE TABLE release_parts (
    release_id INTEGER NOT NULL, kind TEXT NOT NULL, load_id INTEGER NOT NULL,
    PRIMARY KEY (release_id, kind)) WITHOUT ROWID;
-- position: rank in the official order from 0, for ranges and sorting; code order is not string order.
-- default_code: the billable code a header stands for. printed: the code of the tabular list it extends.
-- short_title: only where it differs from the title.
CREATE TABLE codes (
    release_id INTEGER NOT NULL, code TEXT NOT NULL, position INTEGER NOT NULL, title TEXT NOT NULL,
    billable INTEGER NOT NULL, parent TEXT, default_code TEXT, printed TEXT, section TEXT, short_title TEXT,
    PRIMARY KEY (release_id, code)) WITHOUT ROWID;
CREATE INDEX codes_by_position ON codes (release_id, position);
CREATE INDEX codes_by_parent ON codes (release_id, parent, position);
CREATE TABLE chapters (
    load_id INTEGER NOT NULL, number TEXT NOT NULL, ordinal INTEGER NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (load_id, number)) WITHOUT ROWID;
CREATE TABLE sections (
    load_id INTEGER NOT NULL, id TEXT NOT NULL, chapter TEXT NOT NULL, ordinal INTEGER NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (load_id, id)) WITHOUT ROWID;
-- The categories of a section in one release; both positions inclusive.
CREATE TABLE section_spans (
    release_id INTEGER NOT NULL, section TEXT NOT NULL, first_position INTEGER NOT NULL, last_position INTEGER NOT NULL,
    PRIMARY KEY (release_id, section)) WITHOUT ROWID;
CREATE TABLE printed_codes (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, parent TEXT, section TEXT NOT NULL, title TEXT NOT NULL,
    PRIMARY KEY (load_id, code)) WITHOUT ROWID;
CREATE TABLE notes (
    load_id INTEGER NOT NULL, owner_kind TEXT NOT NULL, owner TEXT NOT NULL, ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (load_id, owner_kind, owner, ordinal)) WITHOUT ROWID;
CREATE TABLE seventh_characters (
    load_id INTEGER NOT NULL, owner TEXT NOT NULL, ordinal INTEGER NOT NULL,
    character TEXT NOT NULL, meaning TEXT NOT NULL, also TEXT NOT NULL,
    PRIMARY KEY (load_id, owner, ordinal)) WITHOUT ROWID;
-- The alphabetic indexes and the neoplasm and drug tables. id: rank in the file from 0, level 0 a main term.
CREATE TABLE index_terms (
    load_id INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER, level INTEGER NOT NULL,
    title TEXT NOT NULL, modifiers TEXT NOT NULL,
    PRIMARY KEY (load_id, id)) WITHOUT ROWID;
CREATE INDEX index_terms_by_parent ON index_terms (load_id, parent, id);
-- col: the column of a table, 2 to 7, else 0. code: without dot and dash. leads_to: the term a "see" names.
CREATE TABLE index_targets (
    load_id INTEGER NOT NULL, term INTEGER NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL,
    col INTEGER NOT NULL, text TEXT NOT NULL, code TEXT, leads_to_load INTEGER, leads_to INTEGER,
    PRIMARY KEY (load_id, term, ordinal)) WITHOUT ROWID;
CREATE INDEX index_targets_by_code ON index_targets (load_id, code);
CREATE TABLE index_columns (
    load_id INTEGER NOT NULL, col INTEGER NOT NULL, head TEXT NOT NULL, PRIMARY KEY (load_id, col)) WITHOUT ROWID;
CREATE TABLE conversions (
    load_id INTEGER NOT NULL, code TEXT NOT NULL, ordinal INTEGER NOT NULL, effective TEXT NOT NULL,
    previous TEXT NOT NULL,
    PRIMARY KEY (load_id, code, ordinal)) WITHOUT ROWID;
CREATE INDEX conversions_by_previous ON conversions (load_id, previous);
CREATE TABLE modifiers (
    release_id INTEGER NOT NULL, modifier TEXT NOT NULL, meaning TEXT NOT NULL,
    PRIMARY KEY (release_id, modifier)) WITHOUT ROWID;
"""
