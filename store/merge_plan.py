"""What merging two patients would do: both beside each other, what differs, how alike they are, and what goes over.

Whoever merges reads this first: two unlike people under one number are a wrong history for both of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from store.actors import Actor
from store.database import Database
from store.merges import both_to_merge
from store.models import Account, Encounter, Patient
from store.records.duplicates import LIKELY, candidate_of, compared


@dataclass(frozen=True)
class Side:
    """One of the two patients, with how many visits and accounts they have. What is not known is empty."""

    id: str
    mrn: str
    name: str
    birth_date: str
    sex: str
    address: str
    phone: str
    visits: int
    accounts: int


@dataclass(frozen=True)
class MergePlan:
    """`gone` is given up, `kept` remains; `score` is how alike they are, of 100."""

    gone: Side
    kept: Side
    score: float

    @property
    def rows(self) -> tuple[tuple[str, str, str, bool], ...]:
        """What is compared: its name, of who is given up, of who remains, and whether both are known and differ."""
        pairs = (
            ("number", self.gone.mrn, self.kept.mrn),
            ("name", self.gone.name, self.kept.name),
            ("born", self.gone.birth_date, self.kept.birth_date),
            ("sex", self.gone.sex, self.kept.sex),
            ("address", self.gone.address, self.kept.address),
            ("phone", self.gone.phone, self.kept.phone),
        )
        told = [
            (name, one or "not known", other or "not known", name != "number" and bool(one and other) and one != other)
            for name, one, other in pairs
        ]
        counts = (("visits", self.gone.visits, self.kept.visits), ("accounts", self.gone.accounts, self.kept.accounts))
        return (*told, *((name, str(one), str(other), False) for name, one, other in counts))

    @property
    def differs(self) -> tuple[str, ...]:
        """The names of what is known of both and is not the same."""
        return tuple(name for name, _, _, differs in self.rows if differs)

    @property
    def unlike(self) -> bool:
        """Whether they are less alike than the records of one person are."""
        return self.score < LIKELY

    @property
    def likeness(self) -> str:
        """How alike they are, in words."""
        unlike = "" if not self.unlike else f", and those of one person have {LIKELY:g} and more"
        different = f"; {', '.join(self.differs)} {'differ' if len(self.differs) > 1 else 'differs'}"
        return f"alike by {self.score:g} of 100{unlike}{different if self.differs else ''}"


def merge_plan(db: Database, actor: Actor, merged: str, remaining: str) -> MergePlan:
    """What merging one patient into another would do, both by record number or id; a look at both, and logged.

    Raises NoSuchPatient, MergeRefused, ChartRestricted, PartOfRecord.
    """
    with db.change(actor, action="patient.merge") as change:
        session = change.session
        gone, kept = both_to_merge(change, merged, remaining)
        change.log("patient.compare", "patient", gone.id, into=kept.id)
        return plan_of(session, gone, kept)


def plan_of(session: Session, gone: Patient, kept: Patient) -> MergePlan:
    """What merging one patient into another would do."""
    score = compared(candidate_of(gone), candidate_of(kept)).score
    return MergePlan(_side(session, gone), _side(session, kept), score)


def _side(session: Session, patient: Patient) -> Side:
    one = candidate_of(patient)
    visits = select(func.count(col(Encounter.id))).where(Encounter.patient_id == patient.id)
    accounts = select(func.count(col(Account.id))).where(Account.patient_id == patient.id)
    return Side(
        one.id,
        one.mrn,
        " ".join(filter(None, (one.name, one.middle_name))),
        one.birth_date,
        one.sex,
        one.address,
        one.phone,
        session.exec(visits).one(),
        session.exec(accounts).one(),
    )
