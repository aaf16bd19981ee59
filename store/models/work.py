"""Work to do: work items in their worklists, the holds that keep them there, and who may be given which."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, PartialDate, new_id, now, words
from store.terms import CodingKind, WorkStatus

_row_version = Column("row_version", Integer, nullable=False)


OPEN_STATES = ("ready", "in_progress", "on_hold")


def _open_index(column: str) -> Index:
    """One order of a worklist's open charts: a page at any depth is read from its index alone.

    On PostgreSQL it has the same condition, by its migration: named here it would load that dialect in every session.
    """
    states = ", ".join(f"'{state}'" for state in OPEN_STATES)
    where = text(f"status IN ({states})")
    return Index(f"ix_work_item_{column}", "worklist", column, "id", sqlite_where=where)


class WorkItem(SQLModel, table=True):
    """One coding task: an encounter, one side of its bill, in one worklist (state machine in `store.worklists`)."""

    __tablename__ = "work_item"
    __table_args__ = (
        UniqueConstraint("encounter_id", "kind", name="uq_work_item_task"),
        Index("ix_work_item_state", "worklist", "status"),
        Index("ix_work_item_next", "worklist", "status", "route", "order_key", "id"),
        _open_index("rank"),
        _open_index("service_date"),
        _open_index("charge_rank"),
        _open_index("patient_name"),
        _open_index("order_key"),
        _open_index("bill_by"),
        Index("ix_work_item_assigned", "assigned_to", "status"),
        Index("ix_work_item_claimed", "claimed_by", "status"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    kind: CodingKind = Field(sa_type=words(CodingKind))
    worklist: Line
    status: WorkStatus = Field(default=WorkStatus.READY, sa_type=words(WorkStatus))
    rank: int = Field(default=0, description="the priority with its sign turned: lower comes first")
    service_date: str = Field(default="", description="of the encounter, so that a list sorts without joining")
    charge_rank: int = Field(default=0, description="charges posted for its side in cents, with the sign turned")
    patient_name: Line = Field(default="", description="family and given name, for lists")
    reasons: list[Any] = Field(default_factory=list, sa_type=JSON, description="parts of the priority: [points, text]")
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
    bill_by: str = Field(default="9999-12-31", description="ISO day of the payer's filing limit; the last day for none")
    skill: Line = Field(default="", description="what its coder must be able to do; empty: anybody")
    assigned_to: str | None = Field(default=None, description="id of the person whom alone get-next gives it to")
    route: str = Field(default="||", description="skill, facility id and assigned person with | between")
    order_key: str = Field(default="", description="its place by the sort keys of its worklist, as sortable digits")
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

    __table_args__ = (Index("ix_hold_open", "cleared_at", "owner"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    work_item_id: str = Field(foreign_key="work_item.id", index=True)
    reason: Line = Field(description="in words, as they were when it was opened")
    reason_id: Line = Field(default="", description="of the table of reasons (`store.holds`)")
    owner: Line = Field(description="who can clear it: an owner of the table of reasons")
    physician: Line = Field(default="", description="whose document or answer is waited for")
    about_on: PartialDate | None = Field(default=None, description="day of the service or document that is missing")
    note: Block = ""
    due_on: str | None = None
    opened_by: str = Field(foreign_key="person.id")
    opened_at: str = Field(default_factory=now)
    cleared_by: str | None = Field(default=None, foreign_key="person.id")
    cleared_at: str | None = None
    cleared_why: Line = Field(default="", description="what cleared it, where no person did it by hand")


class WorkSkip(SQLModel, table=True):
    """That a coder passed a chart by: until then get-next gives it to others."""

    __tablename__ = "work_skip"
    __table_args__ = (Index("ix_work_skip_person", "person_id", "work_item_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    work_item_id: str = Field(foreign_key="work_item.id", index=True)
    person_id: str = Field(foreign_key="person.id")
    reason: Line
    at: str = Field(default_factory=now)
    until: str = Field(description="ISO moment in UTC")


class WorklistVersion(SQLModel, table=True):
    """One version of the site's worklists, all of them in their order; never changed afterwards."""

    __tablename__ = "worklist_version"
    __table_args__ = (UniqueConstraint("number", name="uq_worklist_version_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    number: int = Field(description="from 1, the worklists as shipped")
    content: dict[str, Any] = Field(sa_type=JSON, description="worklist: a list of tables, as in worklists.toml")
    note: Line = Field(default="", description="what is new, by its author")
    made_by: Line = Field(description="login of the person")
    made_at: str = Field(default_factory=now)


class WorklistStep(SQLModel, table=True):
    """That a version of the worklists came into force; the last step counts, a roll back is a step of its own."""

    __tablename__ = "worklist_step"
    __table_args__ = (UniqueConstraint("number", name="uq_worklist_step_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    number: int = Field(description="order of the steps, from 1")
    version: int = Field(description="of the worklists that are in force from here on")
    reason: Line
    made_by: Line = Field(description="login of the person")
    made_at: str = Field(default_factory=now)
    moved: int = Field(default=0, description="how many charts changed their worklist")


class PersonSkill(SQLModel, table=True):
    """That a person can code what a worklist asks this skill for."""

    __tablename__ = "person_skill"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    skill: Line = Field(primary_key=True)


class PersonFacility(SQLModel, table=True):
    """That a person is given charts of this facility; a person without any is given those of all."""

    __tablename__ = "person_facility"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    facility_id: str = Field(foreign_key="facility.id", primary_key=True)


class SavedView(SQLModel, table=True):
    """A look at a list under a name: a person's own, or shared with everybody; rows can be exported at their time."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "listing", "name", name="uq_saved_view_name"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str | None = Field(default=None, foreign_key="person.id", description="empty: whose it was is not known")
    listing: str = Field(description="the list: worklists, claims, rows")
    name: Line
    shared: bool = False
    content: dict[str, Any] = Field(sa_type=JSON, description="what is shown and how, as the list reads it")
    every: str = Field(default="", description="day, week, month; empty: at no time of its own")
    ran_on: str = Field(default="", description="ISO day of the last export at its time")
    saved_at: str = Field(default_factory=now)


class ActiveTime(SQLModel, table=True):
    """How long a person was at work on a day, by the times of their keys; theirs to see."""

    __tablename__ = "active_time"

    person_id: str = Field(foreign_key="person.id", primary_key=True)
    day: str = Field(primary_key=True, description="ISO day by this host's clock")
    seconds: int = Field(default=0, description="sum of the gaps between keys that were no idle ones")
    idle_seconds: int = Field(default=0, description="sum of the idle gaps")
    keys: int = 0
