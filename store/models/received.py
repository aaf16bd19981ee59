"""Files that come back: kept as they came, and what acknowledgments say of our batches and claims."""

from __future__ import annotations

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Line, new_id, now, words
from store.terms import AcknowledgmentKind, AnswerPart, Outcome


class ReceivedFile(SQLModel, table=True):
    """A file of a receiver or payer as it came: a remittance or an acknowledgment."""

    __tablename__ = "received_file"
    __table_args__ = (UniqueConstraint("sha256", name="uq_received_file_sha256"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: Line
    sha256: str
    size: int = Field(description="bytes")
    content: bytes = Field(sa_type=LargeBinary, description="the file, zlib-compressed")
    received_by: str | None = Field(default=None, foreign_key="person.id")
    received_at: str = Field(default_factory=now)


class Acknowledgment(SQLModel, table=True):
    """One TA1, 999 or 277CA, and the batch of ours that it answers where that was found."""

    __table_args__ = (UniqueConstraint("file_id", "segment", name="uq_acknowledgment_file_id_segment"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    file_id: str = Field(foreign_key="received_file.id")
    segment: int = Field(description="number of its first segment in the file, from 1")
    kind: AcknowledgmentKind = Field(sa_type=words(AcknowledgmentKind))
    export_id: str | None = Field(default=None, foreign_key="claim_export.id", index=True)
    control: Line = Field(description="what it answers: ISA13 (TA1), GS06 (999), the batch reference (277CA)")
    outcome: Outcome = Field(sa_type=words(Outcome))
    note: Line = Field(default="", description="what a biller should know of it, in one line")
    received_at: str = Field(default_factory=now)


class ClaimAnswer(SQLModel, table=True):
    """What an acknowledgment says of one claim. `position` and `place` are ours: segment in its set, and field."""

    __tablename__ = "claim_answer"

    id: str = Field(default_factory=new_id, primary_key=True)
    acknowledgment_id: str = Field(foreign_key="acknowledgment.id", index=True)
    claim_id: str = Field(foreign_key="claim.id", index=True)
    part: AnswerPart = Field(sa_type=words(AnswerPart))
    accepted: bool
    category: Line = Field(default="", description="STC01-1, or the IK304 error code")
    code: Line = Field(default="", description="STC01-2, or the IK403 error code")
    entity: Line = ""
    message: Line = ""
    position: int = 0
    place: Line = ""
    value: Line = Field(default="", description="the value that the answer copies (IK404)")
    answered_at: str = Field(default_factory=now)
