"""What the record knows of itself, and what left it outside treatment, payment and operations."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, PartialDate, new_id, now


class SiteFact(SQLModel, table=True):
    """A fact about this record.

    `log_key`: fingerprint of the log's key. `closed`: why nobody may write any more. `backup_seal`: see `store.seal`.
    """

    __tablename__ = "site_fact"

    name: str = Field(primary_key=True)
    value: str


class Disclosure(SQLModel, table=True):
    """One disclosure of a patient's information, with the four parts that 45 CFR 164.528(b)(2) asks for.

    Disclosures for treatment, payment and health care operations need not be accounted for (164.528(a)(1)); exports
    by hand are recorded all the same, because codedesk cannot know where a file goes.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True)
    encounter_id: str | None = Field(default=None, foreign_key="encounter.id", index=True)
    disclosed_on: PartialDate = Field(description="ISO day of the disclosure")
    recipient: Line = Field(description="name of the entity or person who received it")
    recipient_address: Line = Field(default="", description="their address, if known")
    description: Block = Field(description="what was disclosed, in brief")
    purpose: Block = Field(description="why, in brief, or a copy of the written request")
    recorded_by: Line = Field(description="login of the person who recorded it")
    recorded_at: str = Field(default_factory=now)
