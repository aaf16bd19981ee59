"""The claim as it will leave: a copy of everything it states, its findings, and the files it went out in.

A claim copies names, numbers and codes at the moment it is built, so that a later change of the chart never
changes what was sent. `parties` holds what is not a diagnosis or a line (shape in `store.claims`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from store.models.columns import Line, PartialDate, new_id, now, words
from store.terms import ClaimStatus, FindingState, Severity

_row_version = Column("row_version", Integer, nullable=False)


class Claim(SQLModel, table=True):
    """A claim on one form to one payer, with what it states copied from the chart (state machine in `store.claims`)."""

    __table_args__ = (
        UniqueConstraint("claim_number", name="uq_claim_number"),
        Index("ix_claim_queue", "status", "created_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    claim_number: str = Field(description="CLM01: unique for ever, at most 20 characters")
    form: str = Field(description="837p or 837i")
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    coding_id: str = Field(foreign_key="coding.id", index=True)
    payer_id: str | None = Field(default=None, foreign_key="payer.id", index=True)
    status: ClaimStatus = Field(default=ClaimStatus.DRAFT, sa_type=words(ClaimStatus))
    frequency: str = Field(default="1", description="CLM05-3: 1 original, 7 replacement, 8 void")
    total_cents: int = 0
    service_from: str
    service_through: str
    parties: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: str = Field(default_factory=now)
    scrubbed_at: str | None = None
    export_id: str | None = Field(default=None, foreign_key="claim_export.id", index=True)
    payer_number: Line = Field(default="", index=True, description="the payer's number of it (REF*1K, CLP07)")
    follows_id: str | None = Field(default=None, index=True, description="id of the claim before it")
    follows_as: Line = Field(default="", description="replacement, void, secondary or late_charges")
    given_up_at: str | None = Field(default=None, description="when a person gave it up before it left")
    answered_otherwise: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="a payer before its own has answered otherwise since it left: it is to be replaced",
    )
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}


class ClaimDiagnosis(SQLModel, table=True):
    """A diagnosis of the claim in its order (HI segments of loop 2300)."""

    __tablename__ = "claim_diagnosis"
    __table_args__ = (UniqueConstraint("claim_id", "sequence", name="uq_claim_diagnosis_sequence"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    claim_id: str = Field(foreign_key="claim.id", index=True)
    sequence: int = Field(description="1-based; letter A is 1")
    code: Line
    poa: Line = ""


class ClaimLine(SQLModel, table=True):
    """A service line as it is claimed (837 loop 2400); on an institutional claim a revenue line."""

    __tablename__ = "claim_line"
    __table_args__ = (UniqueConstraint("claim_id", "sequence", name="uq_claim_line_sequence"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    claim_id: str = Field(foreign_key="claim.id", index=True)
    sequence: int = Field(description="1-based; LX01")
    code: Line
    modifiers: list[Line] = Field(default_factory=list, sa_type=JSON)
    units: int = 1
    charge_cents: int
    pointers: list[int] = Field(default_factory=list, sa_type=JSON)
    service_date: PartialDate
    performer_npi: Line = ""
    revenue_code: Line = Field(default="", description="FL 42 of an institutional claim")
    service_through: str = Field(default="", description="last day of service, empty for a single one")
    unit: str = Field(default="UN", description="UN units, MJ minutes, DA days")
    details: dict[str, Any] | None = Field(
        default=None, sa_type=JSON, description="JSON of `store.claims.details.LineDetails`"
    )


class Finding(SQLModel, table=True):
    """What an edit found on a coding or a claim: rule and version, the values it saw, where, and what would mend it."""

    __table_args__ = (Index("ix_finding_subject", "subject_kind", "subject_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    subject_kind: str = Field(description="coding or claim")
    subject_id: str
    rule_id: str
    rule_version: int
    severity: Severity = Field(sa_type=words(Severity))
    title: str
    message: str
    fix: str = ""
    citation: str = ""
    snip: int | None = Field(default=None, description="SNIP type 1 to 7")
    place: str = Field(default="", description="field the finding is about: diagnosis.2, line.1.pointers, coverage.1")
    seen: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="values the rule saw")
    overlay: Line = Field(default="", description="the change of the site that made the rule what it was")
    state: FindingState = Field(default=FindingState.OPEN, sa_type=words(FindingState))
    override_reason: str = ""
    overridden_by: str | None = Field(default=None, foreign_key="person.id")
    overridden_at: str | None = None
    found_at: str = Field(default_factory=now)


class ClaimExport(SQLModel, table=True):
    """A file that left: its bytes, hash, control numbers, and the map from segment position to claim and field."""

    __tablename__ = "claim_export"
    __table_args__ = (UniqueConstraint("receiver", "interchange_control", name="uq_claim_export_control"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    form: str
    receiver: str
    interchange_control: int = Field(description="ISA13")
    group_control: int = Field(description="GS06")
    transaction_control: str = Field(description="ST02 of the first transaction set")
    file_name: str
    sha256: str
    content: bytes = Field(sa_type=LargeBinary, description="the file, zlib-compressed")
    segments: list[Any] = Field(
        default_factory=list,
        sa_type=JSON,
        description="[ST02, position from ST = 1, claim_number, field]",
    )
    claims: int
    partner: Line = Field(default="", description="name of the trading partner, empty without one")
    exported_by: str | None = Field(default=None, foreign_key="person.id", description="the log has the login")
    exported_at: str = Field(default_factory=now)


class Counter(SQLModel, table=True):
    """The last number given out under a name: claim numbers of a year, control numbers of a receiver."""

    name: str = Field(primary_key=True)
    last: int = 0
