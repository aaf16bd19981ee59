"""Audits of codings: the samples and what they were drawn from, the charts in review, findings, and what was learned.

An audit keeps the coder's codes as they were when its chart was picked, and the auditor's apart from them: neither is a
coding. The state machines are in `store.audits.states`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, new_id, now, words
from store.terms import AuditStatus, CodingKind, FindingStatus

_row_version = Column("row_version", Integer, nullable=False)


class AuditSample(SQLModel, table=True):
    """One draw: method, seed, and the hash of what it was drawn from; the units stand in `audit_population`."""

    __tablename__ = "audit_sample"
    __table_args__ = (UniqueConstraint("name", name="uq_audit_sample_name"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: Line
    method: str = Field(description="simple, systematic, stratified, focused or everything")
    prebill: bool = Field(description="whether its charts are not billed before their audit is final")
    blind: bool = Field(description="whether the auditor codes before the coder's codes are shown")
    seed: int = Field(sa_type=BigInteger)
    size: str = Field(description="as it was asked for: 30, 10 %, or for a margin")
    asked: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="the size as numbers")
    criteria: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="what narrowed the population")
    stratified_by: str = ""
    population: int = Field(description="units in the snapshot")
    population_sha256: str
    audited_before: int = Field(description="charts left out because their account was audited before")
    scheme: dict[str, Any] = Field(sa_type=JSON, description="the scoring scheme as it was then")
    answer_days: int = Field(description="days to answer a finding; after them it counts as accepted")
    made_by: str | None = Field(default=None, foreign_key="person.id")
    made_at: str = Field(default_factory=now)


class AuditPopulation(SQLModel, table=True):
    """What a sample was drawn from: [coding id, stratum] in their order. Never changed."""

    __tablename__ = "audit_population"

    audit_sample_id: str = Field(foreign_key="audit_sample.id", primary_key=True)
    units: list[Any] = Field(sa_type=JSON)


class Audit(SQLModel, table=True):
    """One chart of a sample in review. `walked` are the codes before each of the auditor's changes, for undo."""

    __table_args__ = (
        UniqueConstraint("audit_sample_id", "coding_id", "second_of", name="uq_audit_chart"),
        Index("ix_audit_queue", "status", "due_on", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    audit_sample_id: str = Field(foreign_key="audit_sample.id", index=True)
    position: int = Field(description="1-based order of the draw")
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    coding_id: str = Field(foreign_key="coding.id", index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    kind: CodingKind = Field(sa_type=words(CodingKind))
    stratum: Line = ""
    status: AuditStatus = Field(default=AuditStatus.SELECTED, sa_type=words(AuditStatus))
    coder_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    auditor_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    second_of: str = Field(default="", description="the audit that this one repeats with another auditor; empty: none")
    coder_codes: dict[str, Any] = Field(sa_type=JSON)
    coder_disposition: Line = ""
    coder_drg: Line = ""
    coder_weight: float | None = Field(default=None, sa_type=Float, description="relative weight of the DRG")
    auditor_codes: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    auditor_disposition: Line = ""
    auditor_drg: Line = ""
    auditor_weight: float | None = Field(default=None, sa_type=Float)
    blind_codes: dict[str, Any] | None = Field(
        default=None, sa_type=JSON, description="the auditor's when the coder's were shown"
    )
    revealed_at: str | None = None
    walked: list[Any] = Field(default_factory=list, sa_type=JSON)
    assigned_at: str | None = None
    begun_at: str | None = None
    returned_at: str | None = None
    due_on: str = Field(default="", description="ISO day of the next answer, or empty")
    final_at: str | None = None
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}


class AuditFinding(SQLModel, table=True):
    """One difference as the auditor states it, with its answer. `cents`: positive is money that was left."""

    __tablename__ = "audit_finding"
    __table_args__ = (UniqueConstraint("audit_id", "number", name="uq_audit_finding_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    audit_id: str = Field(foreign_key="audit.id", index=True)
    number: int = Field(description="1-based within the audit")
    kind: str
    dimension: str
    place: Line
    coder: Line = ""
    auditor: Line = ""
    cents: int | None = Field(default=None, sa_type=BigInteger)
    note: Block = ""
    citation: Line = Field(default="", description="guideline, Coding Clinic, or line of the note")
    topic_id: str | None = Field(default=None, foreign_key="education_topic.id", index=True)
    by_hand: bool = Field(default=False, description="the auditor added it; it is not told from the codes")
    status: FindingStatus = Field(default=FindingStatus.DRAFT, sa_type=words(FindingStatus))
    due_on: str = Field(default="", description="ISO day by which it must be answered, or empty")


class AuditStep(SQLModel, table=True):
    """One step of an audit or of one of its findings, with its words: the history that stays visible. Never changed."""

    __tablename__ = "audit_step"

    id: str = Field(default_factory=new_id, primary_key=True)
    audit_id: str = Field(foreign_key="audit.id", index=True)
    finding: int = Field(default=0, description="number of the finding, 0 for the audit itself")
    status: str = Field(description="the state it led to")
    comment: Block = ""
    citation: Line = ""
    person_id: str | None = Field(default=None, foreign_key="person.id", description="empty: the clock")
    at: str = Field(default_factory=now)


class EducationTopic(SQLModel, table=True):
    """What findings teach: a topic that assignments and trends go by."""

    __tablename__ = "education_topic"
    __table_args__ = (UniqueConstraint("name", name="uq_education_topic_name"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: Line
    words: Block = ""
    made_at: str = Field(default_factory=now)


class EducationAssignment(SQLModel, table=True):
    """A topic that a person is to learn, and whether they have."""

    __tablename__ = "education_assignment"

    id: str = Field(default_factory=new_id, primary_key=True)
    topic_id: str = Field(foreign_key="education_topic.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    due_on: str = ""
    given_by: str | None = Field(default=None, foreign_key="person.id")
    given_at: str = Field(default_factory=now)
    done_at: str | None = None
