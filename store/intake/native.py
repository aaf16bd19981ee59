"""The native format: one encounter per line of JSON, with everything that belongs to it, in the tables' own names.

Exports write it and intake reads it without loss. Its JSON Schema comes from these models (`codedesk schema
encounter`). It says nothing of worklists and claims: those are made here, not taken in.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from sqlmodel import Field, SQLModel

from store.models.coding import FinalDiagnosisFields, FinalProcedureLineFields
from store.models.columns import Line
from store.models.directory import FacilityFields, PayerFields, ProviderFields
from store.models.encounter import (
    AccountFields,
    ChargeFields,
    CoverageFields,
    DocumentFields,
    EncounterFields,
    SourceCodeFields,
)
from store.models.patient import PatientFields
from store.terms import CodingKind, CodingStatus, ProviderRole

FORMAT = "codedesk.encounter/1"


class NativeCoverage(CoverageFields):
    payer: PayerFields


class NativeProvider(SQLModel):
    role: ProviderRole
    provider: ProviderFields


class NativeDocument(DocumentFields):
    version: int = 1


class NativeCoding(SQLModel):
    """Final codes of one side of the bill; `coder` is a login of the site."""

    kind: CodingKind
    version: int = Field(default=1, ge=1)
    status: CodingStatus = CodingStatus.FINAL
    release: Line = ""
    coder: Line = ""
    finalized_at: Line | None = None
    diagnoses: list[FinalDiagnosisFields] = Field(default_factory=list)
    procedures: list[FinalProcedureLineFields] = Field(default_factory=list)


class NativeEncounter(EncounterFields):
    """One line of the native format."""

    model_config = ConfigDict(extra="forbid", title="codedesk encounter")

    format: Literal["codedesk.encounter/1"] = FORMAT
    patient: PatientFields
    account: AccountFields
    facility: FacilityFields | None = None
    coverages: list[NativeCoverage] = Field(default_factory=list)
    providers: list[NativeProvider] = Field(default_factory=list)
    documents: list[NativeDocument] = Field(default_factory=list)
    charges: list[ChargeFields] = Field(default_factory=list)
    source_codes: list[SourceCodeFields] = Field(default_factory=list)
    codings: list[NativeCoding] = Field(default_factory=list)
    tasks: list[CodingKind] = Field(
        default_factory=list, description="sides of the bill to code; empty: those usual for the setting"
    )
