"""Saved views of every list stand in one table: what was kept before the tables were one is still there."""

from __future__ import annotations

import json
from importlib import import_module

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

BEFORE = (
    "CREATE TABLE person (id TEXT PRIMARY KEY, login TEXT)",
    "CREATE TABLE saved_view (person_id TEXT, name TEXT, content JSON, saved_at TEXT)",
    "CREATE TABLE claim_view (id TEXT, person_id TEXT, name TEXT, show TEXT, sorts JSON, words TEXT)",
    "CREATE TABLE saved_filter (id TEXT, name TEXT, owner TEXT, shared BOOLEAN, source TEXT, conditions JSON,"
    " columns JSON, saved_at TEXT)",
    "INSERT INTO person VALUES ('p1', 'ana')",
    """INSERT INTO saved_view VALUES ('p1', 'my money', '{"text": "blue", "sort": "charges"}', '2026-01-01')""",
    """INSERT INTO claim_view VALUES ('c1', 'p1', 'errors', 'errors', '["payer", "age"]', 'x')""",
    """INSERT INTO saved_filter VALUES ('f1', 'dm', 'ana', 1, 'diagnosis', '[["code","^","E11"]]', '["code"]', 't')""",
    """INSERT INTO saved_filter VALUES ('f2', 'left', 'gone', 0, 'coding', '[]', '[]', 't')""",
)


def test_views_and_filters_of_before_are_carried_into_one_table() -> None:
    step = import_module("store.migrations.versions.0015_saved_views_of_every_list")
    with sa.create_engine("sqlite://").begin() as connection:
        for statement in BEFORE:
            connection.execute(sa.text(statement))
        with Operations.context(MigrationContext.configure(connection)):
            step.upgrade()
        rows = connection.execute(sa.text("SELECT * FROM saved_view ORDER BY listing, name")).mappings().all()
        tables = set(sa.inspect(connection).get_table_names())

    told = [(r["listing"], r["name"], r["person_id"], bool(r["shared"]), json.loads(r["content"])) for r in rows]
    assert told == [
        ("claims", "errors", "p1", False, {"show": "errors", "sorts": ["payer", "age"], "words": "x"}),
        ("rows", "dm", "p1", True, {"source": "diagnosis", "conditions": [["code", "^", "E11"]], "columns": ["code"]}),
        ("rows", "left", None, False, {"source": "coding", "conditions": [], "columns": []}),
        ("worklists", "my money", "p1", False, {"text": "blue", "sort": "charges"}),
    ]
    assert len({r["id"] for r in rows}) == 4
    assert tables == {"person", "saved_view"}
