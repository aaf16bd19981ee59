"""Money that the bank says came in, and the remittance that explains it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id, now

_row_version = Column("row_version", Integer, nullable=False)


class Deposit(SQLModel, table=True):
    """One credit of a bank statement. `remittance_id` is the remittance it pays, where one was found."""

    __table_args__ = (
        UniqueConstraint("trace", "received_on", "cents", "account", name="uq_deposit"),
        Index("ix_deposit_queue", "remittance_id", "received_on"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    received_on: str = Field(description="ISO day")
    trace: Identifier = Field(description="number of the check or transfer, as TRN02 has it")
    payer: Line = ""
    cents: int = Field(sa_type=BigInteger)
    account: Line = Field(default="", description="the bank account, as the statement names it")
    remittance_id: str | None = Field(default=None, foreign_key="remittance.id")
    matched_by: Line = Field(default="", description="trace, amount, or who matched it by hand")
    note: Line = ""
    taken_in_at: str = Field(default_factory=now)
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}
