"""Trading partners: to whom files of claims go, under which identifiers, in which form."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id

_row_version = Column("row_version", Integer, nullable=False)


class TradingPartnerFields(SQLModel):
    """A receiver of files: a clearinghouse or a payer. Empty identifiers are those of the settings."""

    name: Identifier
    receiver_id: Identifier = Field(description="ISA08 and NM109 of loop 1000B")
    receiver_qualifier: Line = Field(default="ZZ", description="ISA07")
    receiver_code: Line = Field(default="", description="GS03, where it is not ISA08")
    submitter_id: Line = Field(default="", description="ISA06 and NM109 of loop 1000A; empty: the setting")
    sender_qualifier: Line = Field(default="ZZ", description="ISA05")
    sender_code: Line = Field(default="", description="GS02, where it is not ISA06")
    submitter_name: Line = Field(default="", description="NM103 of loop 1000A; empty: the billing provider")
    contact_name: Line = ""
    contact_phone: Line = ""
    usage_indicator: Line = Field(default="T", description="ISA15: T test, P production")
    delimiters: str = Field(default="*:~^", description="element, component, segment, repetition")
    file_name: Line = Field(default="{partner}-{form}-{date}-{number}.837", description="what its files are called")
    most_claims: int = Field(default=5000, description="claims in one file; more make more files")
    payers: list[str] = Field(
        default_factory=list, sa_type=JSON, description="payer identifiers it takes; empty: every other payer"
    )
    active: bool = True


class TradingPartner(TradingPartnerFields, table=True):
    __tablename__ = "trading_partner"
    __table_args__ = (UniqueConstraint("name", name="uq_trading_partner_name"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}
