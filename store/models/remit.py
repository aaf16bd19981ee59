"""Remittances as they came, and the journal that their money is posted to.

A remittance is one set of an 835 file, one payment. Its claims, lines and adjustments keep what the payer stated,
each with its segment in the file. Money moves only in postings: every posting is a set of journal lines that come to
zero, is never changed, and is taken back by another posting that names it. Amounts are cents in 64 bits: the sum of
a payment can go beyond 32.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Line, new_id, now, words
from store.terms import JournalAccount, MatchedBy, PostingKind, RemittanceStatus

_row_version = Column("row_version", Integer, nullable=False)


class Remittance(SQLModel, table=True):
    """One set of a file: one payment with its claims; `paid_cents` is their sum, `provider_cents` that of PLB."""

    __table_args__ = (
        Index("ix_remittance_payment", "payer_identifier", "trace", "paid_on", "payment_cents"),
        Index("ix_remittance_queue", "status", "received_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    file_id: str = Field(foreign_key="received_file.id", index=True)
    segment: int = Field(description="number of its ST in the file, from 1")
    status: RemittanceStatus = Field(sa_type=words(RemittanceStatus))
    control: Line = Field(description="ST02")
    envelope: Line = Field(description="ISA06, ISA13 and GS06, blanks between")
    payer_identifier: Line = Field(description="TRN03, else BPR10")
    payer_name: Line
    payer_numbers: list[str] = Field(
        default_factory=list, sa_type=JSON, description="what else loop 1000A names the payer by: N104 and REF*2U"
    )
    payee_name: Line = ""
    payee_identifier: Line = ""
    trace: Line = Field(description="TRN02: number of the check or transfer")
    method: Line = Field(description="BPR04: ACH, CHK, NON, ...")
    paid_on: str = Field(description="BPR16, an ISO day or empty")
    payment_cents: int = Field(sa_type=BigInteger, description="BPR02")
    paid_cents: int = Field(sa_type=BigInteger)
    provider_cents: int = Field(sa_type=BigInteger)
    claims: int
    held: list[str] = Field(
        default_factory=list, sa_type=JSON, description="why it is held and what it counts wrongly, a line each"
    )
    received_at: str = Field(default_factory=now)
    batch_id: str | None = Field(default=None, description="the batch of postings it is posted by, if it is")
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}


class RemittanceClaim(SQLModel, table=True):
    """A claim as the payer reports it (CLP), and ours where it was found."""

    __tablename__ = "remittance_claim"
    __table_args__ = (UniqueConstraint("remittance_id", "sequence", name="uq_remittance_claim_sequence"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    remittance_id: str = Field(foreign_key="remittance.id")
    sequence: int = Field(description="from 1 in the set")
    segment: int
    account_number: Line = Field(index=True)
    payer_number: Line = Field(default="", index=True)
    status_code: Line = Field(description="CLP02")
    charge_cents: int = Field(sa_type=BigInteger)
    paid_cents: int = Field(sa_type=BigInteger)
    patient_cents: int = Field(sa_type=BigInteger)
    patient_name: Line = ""
    service_from: str = ""
    service_through: str = ""
    remarks: list[str] = Field(default_factory=list, sa_type=JSON)
    claim_id: str | None = Field(default=None, foreign_key="claim.id", index=True)
    reverses_id: str | None = Field(default=None, description="of a reversal: the answer that it takes back")
    matched_by: MatchedBy = Field(sa_type=words(MatchedBy))
    note: Line = Field(default="", description="what a biller should know of it, in one line")


class RemittanceLine(SQLModel, table=True):
    """A service line as the payer reports it (SVC), and ours where it was found."""

    __tablename__ = "remittance_line"

    id: str = Field(default_factory=new_id, primary_key=True)
    remittance_claim_id: str = Field(foreign_key="remittance_claim.id", index=True)
    sequence: int = Field(description="from 1 in the claim")
    segment: int
    code: Line = ""
    modifiers: list[str] = Field(default_factory=list, sa_type=JSON)
    revenue_code: Line = ""
    billed_code: Line = Field(default="", description="SVC06, where the payer changed the code")
    charge_cents: int = Field(sa_type=BigInteger)
    paid_cents: int = Field(sa_type=BigInteger)
    units: Line = ""
    service_from: str = ""
    service_through: str = ""
    remarks: list[str] = Field(default_factory=list, sa_type=JSON)
    claim_line_id: str | None = Field(default=None, foreign_key="claim_line.id", index=True)


class RemittanceAdjustment(SQLModel, table=True):
    """An adjustment (CAS triple) of a claim, or of a line of it. Positive cents are paid less."""

    __tablename__ = "remittance_adjustment"

    id: str = Field(default_factory=new_id, primary_key=True)
    remittance_claim_id: str = Field(foreign_key="remittance_claim.id", index=True)
    remittance_line_id: str | None = Field(default=None, foreign_key="remittance_line.id")
    segment: int
    group_code: Line = Field(description="CO, PR, OA or PI")
    reason_code: Line = Field(description="CARC")
    cents: int = Field(sa_type=BigInteger)
    quantity: Line = ""


class ProviderLevelAdjustment(SQLModel, table=True):
    """Money that belongs to no claim of the payment (PLB pair). Positive cents are paid less."""

    __tablename__ = "provider_level_adjustment"

    id: str = Field(default_factory=new_id, primary_key=True)
    remittance_id: str = Field(foreign_key="remittance.id", index=True)
    segment: int
    provider: Line
    fiscal_year_end: str = ""
    reason_code: Line
    reference: Line = ""
    cents: int = Field(sa_type=BigInteger)


class Posting(SQLModel, table=True):
    """One movement of money. `batch_id` holds together what was posted at once; `takes_back` is the one it undoes."""

    __table_args__ = (UniqueConstraint("takes_back", name="uq_posting_takes_back"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    batch_id: str = Field(index=True)
    kind: PostingKind = Field(sa_type=words(PostingKind))
    remittance_id: str | None = Field(default=None, foreign_key="remittance.id", index=True)
    remittance_claim_id: str | None = Field(default=None, foreign_key="remittance_claim.id", index=True)
    claim_id: str | None = Field(default=None, foreign_key="claim.id", index=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    takes_back: str | None = Field(default=None, foreign_key="posting.id")
    provider_adjustment_id: str | None = Field(
        default=None, index=True, description="the PLB pair that money moved by hand settles"
    )
    note: Line = Field(default="", description="why, where a person moved the money")
    posted_by: str | None = Field(default=None, foreign_key="person.id")
    posted_at: str = Field(default_factory=now)


class JournalLine(SQLModel, table=True):
    """One side of a posting: debits are positive cents, credits negative; those of a posting come to zero."""

    __tablename__ = "journal_line"
    __table_args__ = (Index("ix_journal_line_account", "account", "posting_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    posting_id: str = Field(foreign_key="posting.id", index=True)
    account: JournalAccount = Field(sa_type=words(JournalAccount))
    cents: int = Field(sa_type=BigInteger)
    group_code: Line = ""
    reason_code: Line = ""
    segment: int | None = Field(default=None, description="segment of the file that states it")
