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
    pin: str | None = Field(default=None, description="hash of the PIN for lock and break-glass (store.pins)")
    pin_failures: int = Field(default=0, description="wrong PINs in a row; at a limit the PIN opens nothing any more")
    created_at: str = Field(default_factory=now)


class ChartAccess(SQLModel, table=True):
    """Why a person may open a restricted patient's charts: admitted by somebody, or in an emergency (break-glass).

    An emergency ends at `until` and waits for a review; its row is kept. An admission that is taken back ends too.
    """

    __tablename__ = "chart_access"

    id: str = Field(default_factory=new_id, primary_key=True)
    patient_id: str = Field(foreign_key="patient.id", index=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    emergency: bool = False
    reason: Line = ""
    given_by: str | None = Field(default=None, foreign_key="person.id", description="who admitted the person")
    since: str = Field(default_factory=now)
    until: str | None = None
    reviewed_by: str | None = Field(default=None, foreign_key="person.id")
    reviewed_at: str | None = None
    verdict: Line = Field(default="", description="what the review came to")
