"""The people of the site: an account of the operating system stands behind each of them, never a shared login."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.models.columns import Identifier, Line, new_id, now, words
from store.terms import Role


class Person(SQLModel, table=True):
    """Disabled, never deleted: the log keeps pointing at them."""

    __table_args__ = (UniqueConstraint("login", name="uq_person_login"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    login: Identifier = Field(description="name of the operating system account")
    name: Line
    role: Role = Field(sa_type=words(Role))
    units_target: int = Field(default=60, description="weighted units a day that the person aims at")
    active: bool = True
    created_at: str = Field(default_factory=now)
