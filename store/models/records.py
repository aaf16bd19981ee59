"""Medical records: what charts lack, who is suspended for it, requests for copies, and merges that can be undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, new_id, now, words
from store.terms import ReleaseStatus


class Deficiency(SQLModel, table=True):
    """Something that a chart lacks by a rule, and the clinician who owes it; closed when it came or was waived."""

    __table_args__ = (
        UniqueConstraint("encounter_id", "rule_id", "document_number", name="uq_deficiency_rule"),
        Index("ix_deficiency_open", "closed_at", "since", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    provider_id: str | None = Field(default=None, foreign_key="provider.id", index=True)
    rule_id: Line
    document_number: Line = Field(default="", description="the document that lacks something; empty: none has come")
    lacks: Line = Field(description="in words: discharge summary, signature of the operative report")
    since: str = Field(description="ISO day that its age counts from: discharge or end of the visit")
    found_at: str = Field(default_factory=now)
    closed_at: str | None = None
    waived: Line = Field(default="", description="why it need not come; empty: it was not waived")


class Suspension(SQLModel, table=True):
    """Since when a clinician is on the suspension list, and until when."""

    id: str = Field(default_factory=new_id, primary_key=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    since: str
    reason: Line
    placed_by: str | None = Field(default=None, foreign_key="person.id")
    ended_on: str | None = None
    ended_by: str | None = Field(default=None, foreign_key="person.id")


class ReleaseRequest(SQLModel, table=True):
    """A request for information of a patient, from its arrival to the disclosure or the refusal."""

    __tablename__ = "release_request"

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True)
    requester: Line
    address: Line = ""
    purpose: Block
    what: Block = Field(description="what is asked for")
    authorization: Line = Field(default="", description="date and kind of the authorization that allows it")
    received_on: str
    due_on: str
    status: ReleaseStatus = Field(default=ReleaseStatus.RECEIVED, sa_type=words(ReleaseStatus))
    note: Block = ""
    disclosure_id: str | None = Field(default=None, foreign_key="disclosure.id")
    recorded_by: str | None = Field(default=None, foreign_key="person.id")
    closed_at: str | None = None


class PatientMerge(SQLModel, table=True):
    """A merge of two patients and everything that went over by it, so that it can be undone."""

    __tablename__ = "patient_merge"

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True, description="who was merged away")
    into_id: str = Field(foreign_key="patient.id", index=True)
    encounters: list[Any] = Field(default_factory=list, sa_type=JSON)
    accounts: list[Any] = Field(default_factory=list, sa_type=JSON)
    accesses: list[Any] = Field(
        default_factory=list, sa_type=JSON, description="ids; [id, end before, end] of those that the merge ended"
    )
    restricted_before: str | None = Field(default=None, description="of the one who remains")
    merged_by: Line = ""
    merged_at: str = Field(default_factory=now)
    undone_by: Line = ""
    undone_at: str | None = None


class NotDuplicate(SQLModel, table=True):
    """Two patients whom somebody looked at and found to be two; `patient_id` sorts before `other_id`."""

    __tablename__ = "not_duplicate"

    patient_id: str = Field(foreign_key="patient.id", primary_key=True)
    other_id: str = Field(foreign_key="patient.id", primary_key=True)
    reason: Line = ""
    said_by: Line = ""
    said_at: str = Field(default_factory=now)


class RetentionHold(SQLModel, table=True):
    """That everything of a patient is kept beyond its years, and why: a lawsuit, an investigation."""

    __tablename__ = "retention_hold"

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True)
    reason: Line
    placed_by: str | None = Field(default=None, foreign_key="person.id")
    placed_at: str = Field(default_factory=now)
    ended_by: str | None = Field(default=None, foreign_key="person.id")
    ended_at: str | None = None
    ended_why: Line = ""
