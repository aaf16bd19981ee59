"""Who: the patient, identified by a record number within the source that gave it.

The social security number is not stored anywhere.
"""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, PartialDate, new_id


class PatientFields(SQLModel):
    """What comes in and goes out of a patient (HL7 PID, FHIR Patient)."""

    source: Identifier
    mrn: Identifier
    family_name: Line
    given_name: Line = ""
    middle_name: Line = ""
    suffix: Line = ""
    birth_date: PartialDate | None = None
    sex: Line = Field(default="U", description="administrative sex: F, M, X or U")
    address_line1: Line = ""
    address_line2: Line = ""
    city: Line = ""
    state: Line = ""
    zip: Line = ""
    phone: Line = ""
    deceased_on: PartialDate | None = None


class Patient(PatientFields, table=True):
    __table_args__ = (UniqueConstraint("source", "mrn", name="uq_patient_source_mrn"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    merged_into_id: str | None = Field(default=None, foreign_key="patient.id", index=True)
    restricted: str | None = Field(default=None, description="why the charts are restricted; None: they are not")
