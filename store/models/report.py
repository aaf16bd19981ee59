"""What reports keep: figures as they were published, filters by name, and sums of each month that answer at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlmodel import Field, SQLModel

from store.models.columns import Line, new_id, now


class PublishedFigure(SQLModel, table=True):
    """A figure as somebody published it, with definition, SQL and day, and the rows it was made of. Never changed."""

    __tablename__ = "published_figure"
    __table_args__ = (Index("ix_published_figure_kpi", "kpi", "as_of", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    kpi: Line = Field(description="its name in the catalog")
    since: str = Field(description="first ISO day of the period")
    until: str = Field(description="last ISO day of the period")
    as_of: str = Field(description="the moment whose record it was reckoned from, as ISO text in UTC")
    definition: dict[str, Any] = Field(sa_type=JSON, description="formula, inclusions, unit and SQL as they were")
    rows: list[Any] = Field(sa_type=JSON, description="every row of the answer")
    sha256: str = Field(description="hash of the canonical rows, to compare with")
    published_by: str | None = Field(default=None, foreign_key="person.id")
    published_at: str = Field(default_factory=now)


class LineMonth(SQLModel, table=True):
    """Claim lines of a month of service, by payer and code, added up."""

    __tablename__ = "line_month"

    month: str = Field(primary_key=True, description="2026-09")
    payer_id: str = Field(primary_key=True, description="empty: self pay")
    code: str = Field(primary_key=True)
    lines: int
    units: int = Field(sa_type=BigInteger)
    charge_cents: int = Field(sa_type=BigInteger)


class DenialMonth(SQLModel, table=True):
    """Denials of a month by payer, group, reason and code, added up."""

    __tablename__ = "denial_month"

    month: str = Field(primary_key=True)
    payer_name: str = Field(primary_key=True)
    group_code: str = Field(primary_key=True)
    reason_code: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    denials: int
    cents: int = Field(sa_type=BigInteger)
