"""The visit: account, encounter, its providers, coverages, documents, charges and codes as they came in.

Three levels are kept apart: patient (who), account (who pays), encounter (what happened when). What a sender
coded is evidence and stays in `source_code`; it never mixes with what the coder assigns (`models.coding`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Identifier, Line, Moment, PartialDate, new_id, now, words
from store.terms import (
    DocumentStatus,
    EncounterStatus,
    PatientClass,
    ProviderRole,
    Relationship,
    Setting,
)


def _told_at() -> Any:
    return Field(
        default="",
        sa_column_kwargs={"server_default": ""},
        description="UTC time of the newest message about it, by its sender's clock",
    )


class AccountFields(SQLModel):
    """The financial account (HL7 PID-18, FHIR Account)."""

    source: Identifier
    account_number: Identifier
    financial_class: Line = ""
    bill_hold_days: int = Field(default=3, description="days after the service before the bill may drop")


class Account(AccountFields, table=True):
    __table_args__ = (UniqueConstraint("source", "account_number", name="uq_account_source_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True)


class EncounterFields(SQLModel):
    """The visit itself (HL7 PV1, FHIR Encounter)."""

    source: Identifier
    visit_number: Identifier
    setting: Setting = Field(sa_type=words(Setting))
    patient_class: PatientClass = Field(default=PatientClass.OUTPATIENT, sa_type=words(PatientClass))
    status: EncounterStatus = Field(default=EncounterStatus.DISCHARGED, sa_type=words(EncounterStatus))
    started_at: Moment = Field(description="admission or start of the visit")
    ended_at: Moment | None = Field(default=None, description="discharge or end of the visit")
    place_of_service: Line = Field(default="", description="two digits, CMS place of service code set")
    hospital_service: Line = ""
    admission_type: Line = ""
    point_of_origin: Line = ""
    discharge_disposition: Line = ""
    reason: Line = Field(default="", description="chief complaint or reason for the visit")
    accident_date: PartialDate | None = None
    extra: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="what the source sent beyond this")


class Encounter(EncounterFields, table=True):
    __table_args__ = (
        UniqueConstraint("source", "visit_number", name="uq_encounter_source_visit"),
        Index("ix_encounter_service_date", "service_date", "id"),
        Index("ix_encounter_patient", "patient_id", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    facility_id: str | None = Field(default=None, foreign_key="facility.id", index=True)
    service_date: str = Field(description="ISO day that decides the code sets: discharge for inpatient, else start")
    content_sha256: str = Field(default="", description="hash of the native record last taken in")
    told_at: str = Field(default="", description="UTC time of the newest message about it, by its sender's clock")


class EncounterProvider(SQLModel, table=True):
    """Who took part in the encounter, by role: attending, operating, rendering, referring and others."""

    __tablename__ = "encounter_provider"
    __table_args__ = (UniqueConstraint("encounter_id", "role", "provider_id", name="uq_encounter_provider"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    provider_id: str = Field(foreign_key="provider.id", index=True)
    role: ProviderRole = Field(sa_type=words(ProviderRole))


class CoverageFields(SQLModel):
    """One insurance of the account, in its order (HL7 IN1, FHIR Coverage)."""

    sequence: int = Field(ge=1, le=9, description="1 primary, 2 secondary, 3 tertiary")
    plan_name: Line = ""
    group_number: Line = ""
    member_id: Line = ""
    relationship: Relationship = Field(default=Relationship.SELF, sa_type=words(Relationship))
    subscriber_family_name: Line = ""
    subscriber_given_name: Line = ""
    subscriber_birth_date: PartialDate | None = None
    subscriber_sex: Line = ""
    subscriber_address_line1: Line = ""
    subscriber_city: Line = ""
    subscriber_state: Line = ""
    subscriber_zip: Line = ""
    effective_on: PartialDate | None = None
    expires_on: PartialDate | None = None
    authorization_number: Line = ""
    referral_number: Line = ""


class Coverage(CoverageFields, table=True):
    __table_args__ = (UniqueConstraint("account_id", "sequence", name="uq_coverage_account_sequence"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    payer_id: str = Field(foreign_key="payer.id", index=True)


class DocumentFields(SQLModel):
    """A document of the chart (HL7 TXA, FHIR DocumentReference); `type_code` is LOINC where the source gave one."""

    document_number: Identifier
    type_code: Line = ""
    type_name: Line
    title: Line = ""
    author: Line = ""
    authored_at: Moment | None = None
    authenticated_by: Line = ""
    authenticated_at: Moment | None = None
    status: DocumentStatus = Field(default=DocumentStatus.AUTHENTICATED, sa_type=words(DocumentStatus))
    text: Block


class Document(DocumentFields, table=True):
    __table_args__ = (
        UniqueConstraint("encounter_id", "document_number", "version", name="uq_document_number_version"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    version: int = Field(default=1, description="1-based; a changed document is a new version, never a replacement")
    current: bool = Field(default=True, description="whether this is the newest version")
    received_at: str = Field(default_factory=now)
    told_at: str = _told_at()
    sha256: str


class ChargeFields(SQLModel):
    """One posted charge (HL7 FT1); reversals point at what they reverse, nothing is edited."""

    charge_number: Identifier
    service_date: PartialDate
    description: Line = ""
    department: Line = ""
    revenue_code: Line = ""
    procedure_code: Line = ""
    modifiers: list[Line] = Field(default_factory=list, sa_type=JSON)
    units: int = 1
    amount_cents: int = Field(description="extended amount in cents; negative for a credit")
    performer_npi: Line = ""
    hard_coded: bool = Field(default=False, description="from the charge master; a coder does not change it")
    reversal_of: Line = Field(default="", description="charge_number that this one takes back")


class Charge(ChargeFields, table=True):
    __table_args__ = (UniqueConstraint("encounter_id", "charge_number", name="uq_charge_encounter_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    posted_at: str = Field(
        default_factory=now,
        sa_column_kwargs={"server_default": ""},
        description="UTC time at which the record got it; empty: before the record kept that, with its visit",
    )
    told_at: str = _told_at()


class SourceCodeFields(SQLModel):
    """A code as a sender gave it: evidence, never a final code."""

    system: Line = Field(description="code system as the sender named it")
    code: Line
    display: Line = ""
    kind: Line = Field(default="diagnosis", description="diagnosis, procedure or reason")


class SourceCode(SourceCodeFields, table=True):
    __tablename__ = "source_code"

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    received_at: str = Field(default_factory=now)
