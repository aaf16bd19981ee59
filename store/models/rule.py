"""What a site makes of the rules: its own ones in versions, changes that can be undone, and how often each fired.

A rule's state is the sum of its changes that stand: nothing here is overwritten, and an undone change stays to be seen.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Line, new_id, now


class RuleVersion(SQLModel, table=True):
    """One version of a rule that the site wrote, with its examples; never changed afterwards."""

    __tablename__ = "rule_version"
    __table_args__ = (UniqueConstraint("rule_id", "version", name="uq_rule_version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rule_id: Line
    version: int = Field(description="1-based, counted for each rule")
    content: dict[str, Any] = Field(sa_type=JSON, description="rule: its fields; examples: a list of tables")
    note: Line = ""
    made_by: Line = Field(description="login of the person")
    made_at: str = Field(default_factory=now)


class RuleChange(SQLModel, table=True):
    """One change of a rule for everybody, a payer, plan, specialty or site; undone where `undone_at` is set."""

    __tablename__ = "rule_change"
    __table_args__ = (UniqueConstraint("number", name="uq_rule_change_number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    number: int = Field(description="order of all changes, from 1")
    rule_id: Line = Field(index=True)
    scope: str = Field(description="all, payer, plan, specialty or site")
    scope_id: Line = Field(default="", description="payer id, plan name, taxonomy or billing NPI; empty for all")
    action: str = Field(description="use, on, off, severity or params")
    value: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    effective_from: str = Field(default="", description="ISO day of service, empty for no beginning")
    effective_to: str = Field(default="", description="ISO day of service, empty for no end")
    reason: Line
    made_by: Line
    made_at: str = Field(default_factory=now)
    undone_by: Line = ""
    undone_at: str | None = None
    undo_reason: Line = ""


class EditFiring(SQLModel, table=True):
    """That a rule found something on a claim, and what became of it; no value of the claim is kept here."""

    __tablename__ = "edit_firing"
    __table_args__ = (
        Index("ix_edit_firing_subject", "subject_id"),
        Index("ix_edit_firing_rule", "rule_id", "fired_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    subject_id: str = Field(description="id of the claim")
    rule_id: Line
    rule_version: int
    severity: str
    place: Line
    fired_at: str = Field(default_factory=now)
    fixed_at: str | None = Field(default=None, description="a later scrub did not find it any more")
    overridden_at: str | None = None
    overridden_by: Line = Field(default="", description="login")
    outcome: str = Field(default="", description="paid or denied, by the remittance; empty until it is known")
    outcome_at: str | None = None
