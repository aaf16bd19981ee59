"""Saved views of worklists and claims and saved filters of rows in one table, with their times."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from store.models.columns import new_id

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    kept = [*_of_worklists(), *_of_claims(), *_of_rows()]
    for name in ("saved_view", "claim_view", "saved_filter"):
        op.drop_table(name)
    table = op.create_table(
        "saved_view",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("listing", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("ran_on", sa.String(), nullable=False),
        sa.Column("saved_at", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "listing", "name", name="uq_saved_view_name"),
    )
    if kept:
        op.bulk_insert(table, [{"id": new_id(), "shared": False, "every": "", "ran_on": "", **row} for row in kept])


def _of_worklists() -> list[dict[str, Any]]:
    return [
        {
            "person_id": row["person_id"],
            "listing": "worklists",
            "name": row["name"],
            "content": _json(row["content"]),
            "saved_at": row["saved_at"],
        }
        for row in _rows("SELECT person_id, name, content, saved_at FROM saved_view")
    ]


def _of_claims() -> list[dict[str, Any]]:
    """Views of claims kept no time: the moment is left empty."""
    return [
        {
            "person_id": row["person_id"],
            "listing": "claims",
            "name": row["name"],
            "content": {"show": row["show"], "sorts": _json(row["sorts"]), "words": row["words"]},
            "saved_at": "",
        }
        for row in _rows("SELECT person_id, name, show, sorts, words FROM claim_view")
    ]


def _of_rows() -> list[dict[str, Any]]:
    """Filters named their owner by login; one whose owner is not there any more belongs to nobody."""
    return [
        {
            "person_id": row["person_id"],
            "listing": "rows",
            "name": row["name"],
            "shared": bool(row["shared"]),
            "content": {
                "source": row["source"],
                "conditions": _json(row["conditions"]),
                "columns": _json(row["columns"]),
            },
            "saved_at": row["saved_at"],
        }
        for row in _rows(
            "SELECT p.id AS person_id, f.name, f.shared, f.source, f.conditions, f.columns, f.saved_at"
            " FROM saved_filter f LEFT JOIN person p ON p.login = f.owner"
        )
    ]


def _rows(statement: str) -> list[Any]:
    return list(op.get_bind().execute(sa.text(statement)).mappings())


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
