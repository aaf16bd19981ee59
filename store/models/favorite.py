"""Codes that a person keeps at hand: favorites, and lists of their own."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id, now

FAVORITES = "favorites"
"""The list that a code goes to where none is named."""


class FavoriteCode(SQLModel, table=True):
    """A code on one of a person's lists; a list is there as long as a code is on it."""

    __tablename__ = "favorite_code"
    __table_args__ = (UniqueConstraint("person_id", "list_name", "system", "code", name="uq_favorite_code"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    list_name: Identifier = Field(default=FAVORITES)
    system: Line = Field(description="icd10cm, icd10pcs or hcpcs")
    code: Line = Field(description="as it is printed, an ICD-10-CM code with its dot")
    note: Line = Field(default="", description="the person's own words for it; they find it too")
    added_at: str = Field(default_factory=now)
