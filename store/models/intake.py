"""What intake keeps of change: numbers that were merged away, and what a later message changed of a visit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id, now


class MergedNumber(SQLModel, table=True):
    """An account or visit number that was merged away, and the row that its messages go to now."""

    __tablename__ = "merged_number"
    __table_args__ = (UniqueConstraint("kind", "source", "number", name="uq_merged_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(description="account or visit")
    source: Identifier
    number: Identifier
    target_id: str = Field(index=True, description="id of the account or encounter that remains")


class EncounterChange(SQLModel, table=True):
    """What one later message changed of a visit that was here: the material of the diff that a screen shows.

    `details` is a list of {part, item, was, is}; documents are named by number and version, their texts stand in
    `document`.
    """

    __tablename__ = "encounter_change"

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    received_at: str = Field(default_factory=now)
    message: Line = Field(default="", description="kind and identity of the message that brought it")
    late: Line = Field(default="", description="why a chart that was begun or final coded came back; empty: it did not")
    details: list[Any] = Field(default_factory=list, sa_type=JSON)
    seen_at: str | None = None
    seen_by: str | None = Field(default=None, foreign_key="person.id")
