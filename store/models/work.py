"""Work to do: work items in their worklists, and the holds that keep them there."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, new_id, now, words
from store.terms import CodingKind, WorkStatus

_row_version = Column("row_version", Integer, nullable=False)


OPEN_STATES = ("ready", "in_progress", "on_hold")


def _open_index(column: str) -> Index:
    """One order of a worklist's open charts: a page at any depth is read from its index alone."""
    states = ", ".join(f"'{state}'" for state in OPEN_STATES)
    where = text(f"status IN ({states})")
    return Index(f"ix_work_item_{column}", "worklist", column, "id", sqlite_where=where, postgresql_where=where)


class WorkItem(SQLModel, table=True):
    """One coding task: an encounter, one side of its bill, in one worklist (state machine in `store.worklists`)."""

    __tablename__ = "work_item"
    __table_args__ = (
        UniqueConstraint("encounter_id", "kind", name="uq_work_item_task"),
        Index("ix_work_item_next", "worklist", "status", "rank", "id"),
        _open_index("rank"),
        _open_index("service_date"),
        _open_index("charge_rank"),
        _open_index("patient_name"),
        Index("ix_work_item_claimed", "claimed_by", "status"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    kind: CodingKind = Field(sa_type=words(CodingKind))
    worklist: Line
    status: WorkStatus = Field(default=WorkStatus.READY, sa_type=words(WorkStatus))
    rank: int = Field(default=0, description="the priority with its sign turned: lower comes first")
    service_date: str = Field(default="", description="of the encounter, so that a list sorts without joining")
    charge_rank: int = Field(default=0, description="posted charges in cents with the sign turned")
    patient_name: Line = Field(default="", description="family and given name, for lists")
    reasons: list = Field(default_factory=list, sa_type=JSON, description="parts of the priority: [points, text]")
    rule: str = Field(default="", description="the worklist rule that put it here, with its words")
    new_documents: int = Field(default=0, description="documents that came after coding began")
    came_back: Line = Field(default="", description="what came after coding began, in words; empty: nothing")
    claimed_by: str | None = Field(default=None, foreign_key="person.id")
    claimed_until: str | None = None
    claimed_at: str | None = Field(default=None, description="since when the chart is open with its coder")
    restricted: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="of the patient, so that lists need not ask",
    )
    created_at: str = Field(default_factory=now)
    finished_at: str | None = None
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}

    @property
    def priority(self) -> int:
        """Higher comes first."""
        return -self.rank


class Hold(SQLModel, table=True):
    """Why a task waits, and for whom. A task may carry several; it is ready again when the last one is cleared."""

    id: str = Field(default_factory=new_id, primary_key=True)
    work_item_id: str = Field(foreign_key="work_item.id", index=True)
    reason: Line
    owner: Line = Field(description="who can clear it: physician, records, registration, billing, coder")
    note: Block = ""
    due_on: str | None = None
    opened_by: str = Field(foreign_key="person.id")
    opened_at: str = Field(default_factory=now)
    cleared_by: str | None = Field(default=None, foreign_key="person.id")
    cleared_at: str | None = None
