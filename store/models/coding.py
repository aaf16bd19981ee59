"""What the coder assigns: one coding per encounter, kind and version, with its diagnoses and procedure lines.

Sequence numbers and pointers are 1-based; procedure lines are lettered a, b, c on screens in their order. A
final coding is never edited: recoding makes the next version and supersedes the one before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, PartialDate, new_id, now, words
from store.terms import CodingKind, CodingStatus, DiagnosisRole, Origin

_row_version = Column("row_version", Integer, nullable=False)


class FinalDiagnosisFields(SQLModel):
    """A diagnosis as coded. `code` has its dot; `poa` is Y, N, U, W, 1 (exempt) or empty."""

    sequence: int = Field(ge=1)
    code: Line
    role: DiagnosisRole = Field(default=DiagnosisRole.SECONDARY, sa_type=words(DiagnosisRole))
    poa: Line = ""
    origin: Origin = Field(default=Origin.TYPED, sa_type=words(Origin))
    evidence: Line = Field(default="", description="words of the chart that support the code")
    why: Line = Field(default="", description="how the code was found: query, term, index path")
    trail: Block = Field(default="", description="the walk to the code, a stop a line, then the notes seen on it")


class FinalProcedureLineFields(SQLModel):
    """A procedure as coded: HCPCS line with modifiers, units and pointers, or an ICD-10-PCS code with its date."""

    sequence: int = Field(ge=1)
    system: Line = Field(default="hcpcs", description="hcpcs or icd10pcs")
    code: Line
    modifiers: list[Line] = Field(default_factory=list, sa_type=JSON)
    units: int = 1
    charge_cents: int = 0
    pointers: list[int] = Field(default_factory=list, sa_type=JSON, description="1-based diagnosis sequence numbers")
    service_date: PartialDate | None = None
    performer_npi: Line = ""
    origin: Origin = Field(default=Origin.TYPED, sa_type=words(Origin))
    why: Line = Field(default="", description="how the code was found: query, term, built axis by axis")
    trail: Block = Field(default="", description="the walk to the code, a stop a line, then the notes seen on it")
    evidence: Line = Field(default="", description="words of the chart that support the code")
    ndc: Line = Field(default="", description="drug as 11 digits (5-4-2)")
    ndc_quantity: Line = Field(default="", description="unit and quantity of the drug: ML2.5; units F2 GR ME ML UN")
    revenue_code: Line = Field(default="", description="four digits, on the facility's side")


class Coding(SQLModel, table=True):
    """A version of the codes of one side of an encounter; final coded at most once, then superseded by the next."""

    __table_args__ = (
        UniqueConstraint("encounter_id", "kind", "version", name="uq_coding_version"),
        Index("ix_coding_finalized", "status", "finalized_at", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    kind: CodingKind = Field(sa_type=words(CodingKind))
    version: int = Field(default=1, description="1-based; a recode is the next one")
    status: CodingStatus = Field(default=CodingStatus.DRAFT, sa_type=words(CodingStatus))
    release: str = Field(default="", description="code-set release the codes were checked against at final")
    coder_id: str | None = Field(default=None, foreign_key="person.id", index=True)
    created_at: str = Field(default_factory=now)
    changed_at: str = Field(default_factory=now, description="when its codes last changed")
    finalized_at: str | None = None
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}


class FinalDiagnosis(FinalDiagnosisFields, table=True):
    __tablename__ = "final_diagnosis"

    id: str = Field(default_factory=new_id, primary_key=True)
    coding_id: str = Field(foreign_key="coding.id", index=True)


class FinalProcedureLine(FinalProcedureLineFields, table=True):
    __tablename__ = "final_procedure_line"

    id: str = Field(default_factory=new_id, primary_key=True)
    coding_id: str = Field(foreign_key="coding.id", index=True)


class CodingStep(SQLModel, table=True):
    """One change of a coding with the codes before and after it: the material of undo and redo."""

    __tablename__ = "coding_step"
    __table_args__ = (UniqueConstraint("coding_id", "number", name="uq_coding_step_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    coding_id: str = Field(foreign_key="coding.id", index=True)
    number: int = Field(description="1-based within the coding")
    action: str
    person_id: str
    at: str = Field(default_factory=now)
    before: dict[str, Any] = Field(sa_type=JSON)
    after: dict[str, Any] = Field(sa_type=JSON)
    undone: bool = False


class CodingDrg(SQLModel, table=True):
    """The MS-DRG that a coding was final coded with, and by what; weights and days as the table prints them."""

    __tablename__ = "coding_drg"

    coding_id: str = Field(foreign_key="coding.id", primary_key=True)
    drg: Line = Field(description="three digits")
    initial_drg: Line = Field(description="before hospital-acquired conditions are left out")
    title: Line = ""
    mdc: Line = ""
    severity: Line = Field(default="", description="MCC, CC or non-CC")
    weight: Line = Field(default="", description="after the cap; empty where Table 5 was not loaded")
    engine: Line
    version: Line
    return_code: Line
    discharged: Line
    disposition: Line = ""
    weights: Line = Field(default="", description="edition of Table 5")
    grouped_at: str = Field(default_factory=now)


class EntryDraft(SQLModel, table=True):
    """What a person has typed or counted and not yet entered, a line a place; one per encounter and person."""

    __tablename__ = "entry_draft"

    encounter_id: str = Field(foreign_key="encounter.id", primary_key=True)
    person_id: str = Field(foreign_key="person.id", primary_key=True)
    place: Line = Field(default="entry", description="the field that was changed last")
    text: Block = ""
    saved_at: str = Field(default_factory=now)


class SuggestionRejection(SQLModel, table=True):
    """A suggested code that a person rejected for an encounter; it stays rejected until someone takes that back."""

    __tablename__ = "suggestion_rejection"

    encounter_id: str = Field(foreign_key="encounter.id", primary_key=True)
    code: Line = Field(primary_key=True, description="with its dot")
    reason: Line
    evidence: Line = Field(default="", description="the words of the chart that the suggestion rested on")
    person_id: str | None = Field(default=None, foreign_key="person.id")
    at: str = Field(default_factory=now)
