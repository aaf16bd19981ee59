"""Queries to providers, their answers, and every step they went (state machine in `store.provider_queries`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Block, Line, new_id, now, words
from store.terms import QueryOutcome, QueryStatus, QueryTiming, QueryType

_row_version = Column("row_version", Integer, nullable=False)


class ProviderQuery(SQLModel, table=True):
    """One question to a provider about one chart, with the words of the chart that raise it."""

    __tablename__ = "provider_query"
    __table_args__ = (
        UniqueConstraint("number", name="uq_provider_query_number"),
        Index("ix_provider_query_status", "status", "due_on"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    number: int = Field(description="from 1, as people call it")
    encounter_id: str = Field(foreign_key="encounter.id", index=True)
    work_item_id: str = Field(foreign_key="work_item.id", index=True)
    type: QueryType = Field(sa_type=words(QueryType))
    timing: QueryTiming = Field(sa_type=words(QueryTiming))
    reason: Line = Field(description="id of the reason (`store.provider_queries`)")
    template: Line = Field(default="", description="id of the template it began as")
    provider_id: str | None = Field(default=None, foreign_key="provider.id")
    provider: Line = Field(description="name of the provider who is asked")
    question: Block
    options: list[Any] = Field(default_factory=list, sa_type=JSON, description="answers to choose from, in words")
    indicators: list[Any] = Field(
        default_factory=list, sa_type=JSON, description="document, number, version, line (1-based) and quote of each"
    )
    status: QueryStatus = Field(default=QueryStatus.DRAFT, sa_type=words(QueryStatus))
    outcome: QueryOutcome | None = Field(default=None, sa_type=words(QueryOutcome))
    asked_by: str | None = Field(default=None, foreign_key="person.id")
    created_at: str = Field(default_factory=now)
    sent_at: str | None = None
    due_on: str | None = Field(default=None, description="ISO day after which it escalates")
    escalations: int = 0
    answered_at: str | None = None
    answer: Line = Field(default="", description="the option that was chosen")
    answer_text: Block = ""
    answered_by: Line = ""
    closed_at: str | None = None
    hold_id: str | None = Field(default=None, foreign_key="hold.id")
    drg_before: Line | None = Field(default=None, description="group of the codes before the answer, where one is told")
    drg_after: Line | None = None
    row_version: int | None = Field(default=None, sa_column=_row_version)

    __mapper_args__ = {"version_id_col": _row_version}


class ProviderQueryStep(SQLModel, table=True):
    """One step of a query, with who took it and why; never changed."""

    __tablename__ = "provider_query_step"

    id: str = Field(default_factory=new_id, primary_key=True)
    provider_query_id: str = Field(foreign_key="provider_query.id", index=True)
    step: Line = Field(description="draft, send, remind, reassign, escalate, answer, correct, withdraw, close, cancel")
    status: QueryStatus = Field(sa_type=words(QueryStatus), description="after the step")
    words: Block = ""
    made_by: Line = Field(description="login")
    made_at: str = Field(default_factory=now)
