"""What happened: the hash-chained log, the operations that make a retry harmless, and the input as it was received."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, new_id, now


class LogEntry(SQLModel, table=True):
    """One event. `hash` covers every field and the hash before it (see `store.log`)."""

    __tablename__ = "log_entry"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    actor: str = Field(description="login of the person, or the name of the program")
    action: str
    target_kind: str = ""
    target_id: str = Field(default="", index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    operation_id: str = ""
    previous_hash: str
    hash: str


class Operation(SQLModel, table=True):
    """A mutating action that was carried out, with its answer: asking again gives the answer and changes nothing."""

    id: str = Field(primary_key=True)
    action: str
    answer: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    at: str = Field(default_factory=now)


class RawMessage(SQLModel, table=True):
    """Input as it came, compressed, beside the rows that were made of it; only numbers never kept are taken out."""

    __tablename__ = "raw_message"
    __table_args__ = (UniqueConstraint("kind", "identity", "sha256", name="uq_raw_message"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    kind: str = Field(description="native, fhir, hl7v2, ccda, csv or x12")
    identity: str = Field(description="what the message is about, in its source's own terms")
    sha256: str
    content: bytes = Field(sa_type=LargeBinary, description="zlib-compressed")
    received_at: str = Field(default_factory=now)


class Quarantine(SQLModel, table=True):
    """A record that could not be taken in: where it stood and why; the rest of its file went on."""

    __table_args__ = (UniqueConstraint("file_name", "place", "sha256", name="uq_quarantine_record"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    file_name: Line
    place: Line = Field(description="line, entry or resource within the file")
    reason: Line
    excerpt: Block = ""
    sha256: str
    received_at: str = Field(default_factory=now)
    kind: str = Field(default="", description="format of the record, as of raw_message; csv with the name of its map")
    content: bytes | None = Field(default=None, sa_type=LargeBinary, description="the record, zlib-compressed")
    tried_at: str | None = Field(default=None, description="when it was last tried again")
    settled: Line = Field(default="", description="how it left quarantine: taken in, set aside; empty: it waits")
