"""Who: the patient, identified by a record number within the source that gave it.

The social security number is not stored anywhere.
"""

from __future__ import annotations

from sqlalchemy import Connection, Index, String, UniqueConstraint, event, inspect
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapper
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, PartialDate, new_id
from store.names import known_rows


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
    __table_args__ = (
        UniqueConstraint("source", "mrn", name="uq_patient_source_mrn"),
        Index("ix_patient_family_name", "family_name"),
        Index("ix_patient_given_name", "given_name"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    merged_into_id: str | None = Field(default=None, foreign_key="patient.id", index=True)
    restricted: str | None = Field(default=None, description="why the charts are restricted; None: they are not")


BYTES = String().with_variant(String(collation="C"), "postgresql")
"""Text that sorts by its letters on both databases, so that what begins with a word is one range of an index."""


class KnownName(SQLModel, table=True):
    """A word by which a family or given name is found, wherever the record has patients of that name.

    It names nobody: who has the name is asked of the patients. A name stays known when its last patient is renamed.
    """

    __tablename__ = "known_name"

    given: bool = Field(primary_key=True, description="of a given name, else of a family name")
    word: str = Field(primary_key=True, sa_type=BYTES)
    name: str = Field(primary_key=True, description="as it stands in the record")
    turned: str = Field(index=True, sa_type=BYTES, description="the word from its end on")
    sound: str = Field(index=True, description="of the word (`store.names`)")


KNOW_NAMES = sql(
    "INSERT INTO known_name (given, word, name, turned, sound) VALUES (:given, :word, :name, :turned, :sound)"
    " ON CONFLICT DO NOTHING"
)


@event.listens_for(Patient, "after_insert")
@event.listens_for(Patient, "after_update")
def _know_names(_mapper: Mapper[Patient], connection: Connection, patient: Patient) -> None:
    """Whoever writes a patient makes the names known, in the same transaction."""
    state = inspect(patient).attrs
    family = [patient.family_name] if state.family_name.history.has_changes() else []
    given = [patient.given_name] if state.given_name.history.has_changes() else []
    if rows := list(known_rows(family, given)):
        connection.execute(KNOW_NAMES, rows)
