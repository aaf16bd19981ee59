"""What a payer did not pay and might yet: one denial for each line, group and reason."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

from store.models.columns import Line, new_id, now, words
from store.terms import DenialStatus

_row_version = Column("row_version", Integer, nullable=False)


class Denial(SQLModel, table=True):
    """A denied amount and the work on it. `level` counts appeals, 0 before the first."""

    __table_args__ = (Index("ix_denial_queue", "status", "due_on", "segment", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    remittance_id: str = Field(foreign_key="remittance.id", index=True)
    remittance_claim_id: str = Field(foreign_key="remittance_claim.id", index=True)
    remittance_line_id: str | None = Field(default=None, foreign_key="remittance_line.id")
    claim_id: str | None = Field(default=None, foreign_key="claim.id", index=True)
    payer_name: Line
    procedure_code: Line = ""
    group_code: Line
    reason_code: Line
    remarks: list[str] = Field(default_factory=list, sa_type=JSON)
    cents: int = Field(sa_type=BigInteger)
    category: Line
    status: DenialStatus = Field(default=DenialStatus.OPEN, sa_type=words(DenialStatus))
    level: int = 0
    owner_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    due_on: str = Field(default="", description="ISO day of the next step, or empty")
    note: Line = ""
    segment: int = Field(description="its CAS in the file, from 1")
    opened_at: str = Field(default_factory=now)
    closed_at: str | None = None
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}
