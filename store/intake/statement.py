"""What one message says of a visit: often a part of it, which what is stored completes to a record.

A format whose input is whole encounters (native, FHIR) has no need of this. Messages, rows and claims name the visit
and some of its fields; what they do not name keeps its value. `complete` makes the native record that the writer
stores, or refuses where a visit that is not here would have to be made up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from store.intake.charges import Posting
from store.intake.jsontext import first_error
from store.intake.native import NativeEncounter
from store.models import Account, Document, Encounter, Patient
from store.models.patient import PatientFields
from store.terms import EncounterStatus, PatientClass, Setting

NO_TEXT = "not readable here: the sender gave no text"


class CannotComplete(ValueError):
    """The visit is not here, and the message does not say enough to begin it; the message says what is missing."""


class Step(StrEnum):
    """What a message does to the state of its visit, beside what it says in fields."""

    OPEN = "open"
    CLOSE = "close"
    CANCEL = "cancel"
    REOPEN = "reopen"
    PAST = "past"
    """A charge or document: an outpatient visit that has one has happened."""
    NONE = "none"


@dataclass(frozen=True)
class Statement:
    """What is said of one visit. `values` are fields of the native format; documents may lack their text.

    `first` holds what is good enough to begin a visit with and never changes one; `postings` are charges that are
    posted and taken back, in their order; `known_only` refuses a visit that is not here.
    """

    source: str
    visit_number: str
    values: Mapping[str, Any]
    step: Step = Step.NONE
    first: Mapping[str, Any] = field(default_factory=dict)
    postings: Sequence[Posting] = ()
    known_only: str = ""
    else_person: bool = False
    """Whether it tells of the patient alone where the visit is not here."""
    told_at: str = ""
    """When the sender wrote it, as ISO text in UTC; empty where it does not say."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Whom a document names: the visit here must be theirs, whoever or whatever chose it. Empty: nobody is named."""


@dataclass(frozen=True)
class Unplaced:
    """A document that names no visit: it belongs to the one visit of its patient (source, number) on its ISO day.

    `values` name the patient in full.
    """

    patient: tuple[str, str]
    day: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """What is said of a patient without a visit: it changes a patient who is here, and adds one who is not."""

    patient: PatientFields


class MergeKind(StrEnum):
    PATIENT = "patient"
    ACCOUNT = "account"
    VISIT = "visit"
    ACCOUNT_MOVE = "account move"
    VISIT_MOVE = "visit move"


@dataclass(frozen=True)
class Merge:
    """Two numbers that turned out to be one, or an account or visit that belongs to another patient.

    `gone` and `kept` are (source, number): of the kind that is merged; of a move, the account or visit and the
    patient it goes to. `patient` is the one who remains, as the sender describes them.
    """

    kind: MergeKind
    gone: tuple[str, str]
    kept: tuple[str, str]
    patient: PatientFields | None = None


@dataclass(frozen=True)
class QueryAnswer:
    """What a provider answered to a query of this desk, by the query's number.

    `patient` is (source, number) and must be the query's own. `choice` is the option as the sender named it, or empty.
    `document` are the fields of the answer as a document of the chart, numbered by the sender.
    """

    number: int
    patient: tuple[str, str]
    choice: str
    words: str
    answered_by: str
    document: Mapping[str, Any]


Item = NativeEncounter | Statement | Unplaced | Person | Merge | QueryAnswer


def place(session: Session, said: Unplaced, patient: Patient | None) -> Statement:
    """The statement of a document for the visit it belongs to. Raises CannotComplete where a person must choose."""
    visits: list[Encounter] = []
    if patient is not None:
        # Days compare as text: a stay goes on until its end, other visits last the day they began on.
        query = select(Encounter).where(Encounter.patient_id == patient.id, Encounter.status != EncounterStatus.MERGED)
        visits = [visit for visit in session.exec(query) if _covers(visit, said.day)]
    if len(visits) != 1:
        found = f"{len(visits)} visits of its patient" if visits else "no visit of its patient"
        raise CannotComplete(f"it names no visit, and {found} on {said.day} is here; choose one with --visit")
    values = said.values
    return Statement(visits[0].source, visits[0].visit_number, values, Step.PAST, about=values["patient"])


def for_chosen_visit(item: Item, visit: tuple[str, str]) -> Statement:
    """What a message adds to a chart, said of the visit (source, number) that a person chose for it.

    What it says of a visit itself stays out, since that may be another. Raises CannotComplete where it adds nothing, or
    does not say whose it is: nothing then shows that the visit is theirs.
    """
    postings: Sequence[Posting] = ()
    about: Any = None
    values: Mapping[str, Any] = {}
    if isinstance(item, NativeEncounter):
        values, about = item.model_dump(include=set(_ADDING), exclude_unset=True), item.patient
    elif isinstance(item, Statement | Unplaced):
        values, about = item.values, item.values.get("patient")
        if isinstance(item, Statement):
            postings, about = item.postings, item.about or about
    adding = {name: values[name] for name in _ADDING if values.get(name)}
    if not adding and not postings:
        raise CannotComplete("it has no document, charge or code that a chosen visit could take")
    if not about:
        raise CannotComplete("it does not say whose it is; no visit can be chosen for it")
    named = about if isinstance(about, Mapping) else about.model_dump()
    missing = "the visit that was chosen is not here"
    return Statement(*visit, adding, Step.PAST, postings=postings, known_only=missing, about=named)


def _covers(visit: Encounter, day: str) -> bool:
    ends = visit.ended_at or ("9999" if visit.setting == Setting.INPATIENT else visit.started_at)
    return visit.started_at[:10] <= day <= ends[:10]


def complete(
    session: Session, said: Statement, stored: Encounter | None, known: Patient | None = None
) -> NativeEncounter:
    """The native record of a statement, named fields only; `known` is the patient it names. Raises CannotComplete."""
    values: dict[str, Any] = dict(said.values)
    patient = values.get("patient")
    if isinstance(patient, dict) and "family_name" not in patient:
        if known is None:
            raise CannotComplete(
                "its patient is not here, and the row gives a number alone; take in the patients first"
            )
        values["patient"] = {**patient, "family_name": known.family_name}
    if stored is None:
        if said.known_only:
            raise CannotComplete(said.known_only)
        values = {**said.first, **values}
        missing = [name for name in ("patient", "setting", "started_at") if not values.get(name)]
        if missing:
            raise CannotComplete(f"the visit is not here, and {_FIELD_WORDS[missing[0]]} is not given")
        values.setdefault("account", {"source": said.source, "account_number": said.visit_number})
    else:
        step = said.step
        if said.told_at and said.told_at < stored.told_at:
            # An old message that comes late adds to the chart; what newer ones said of the visit stays.
            values = {name: value for name, value in values.items() if name in _ADDING}
            step = Step.NONE
        values = _over_stored(session, values, stored)
        said = dataclasses.replace(said, step=step)
    values |= _state(said.step, values, stored, said.first)
    if "documents" in values:
        values["documents"] = [_with_text(session, stored, document) for document in values["documents"]]
    values["source"], values["visit_number"] = said.source, said.visit_number
    if stored is not None:
        values["source"], values["visit_number"] = stored.source, stored.visit_number
    try:
        return NativeEncounter.model_validate(values)
    except ValidationError as error:
        raise CannotComplete(first_error(error)) from None


_ADDING = frozenset(("documents", "charges", "source_codes"))

_FIELD_WORDS = {
    "patient": "a patient number",
    "setting": "the class of the visit",
    "started_at": "the day of the visit",
}


def _over_stored(session: Session, values: dict[str, Any], stored: Encounter) -> dict[str, Any]:
    """What is said, and of what is stored the fields that a record cannot do without."""
    for name in ("setting", "started_at", "ended_at"):
        values.setdefault(name, getattr(stored, name))
    if "extra" in values:
        values["extra"] = {**stored.extra, **values["extra"]}
    if "patient" not in values:
        patient = session.get_one(Patient, stored.patient_id)
        values["patient"] = {"source": patient.source, "mrn": patient.mrn, "family_name": patient.family_name}
    if "account" not in values:
        account = session.get_one(Account, stored.account_id)
        values["account"] = {"source": account.source, "account_number": account.account_number}
    return values


def _state(step: Step, values: Mapping[str, Any], stored: Encounter | None, first: Mapping[str, Any]) -> dict[str, Any]:
    """The status of the visit after the step, and the end that goes with it."""
    ended = values.get("ended_at")
    before = stored.status if stored else None
    closed = before in (EncounterStatus.DISCHARGED, EncounterStatus.CANCELED)
    patient_class = values.get("patient_class") or (stored.patient_class if stored else None)
    match step:
        case Step.CANCEL:
            return {"status": EncounterStatus.CANCELED}
        case Step.REOPEN:
            return {"status": EncounterStatus.OPEN, "ended_at": None}
        case Step.CLOSE:
            return {"status": EncounterStatus.DISCHARGED, "ended_at": ended or first.get("ended_at")}
        case Step.OPEN if before == EncounterStatus.CANCELED:
            return {"status": EncounterStatus.OPEN}
        case _ if not closed and ended:
            return {"status": EncounterStatus.DISCHARGED}
        case Step.PAST if not closed and patient_class == PatientClass.OUTPATIENT:
            return {"status": EncounterStatus.DISCHARGED}
        case _ if before is None and "status" not in values:
            return {"status": EncounterStatus.OPEN}
        case _:
            return {}


def _with_text(session: Session, stored: Encounter | None, document: Mapping[str, Any]) -> dict[str, Any]:
    """A document whose status alone was told, with the text that is here."""
    if document.get("text"):
        return dict(document)
    text = None
    if stored is not None:
        here = select(Document.text).where(
            Document.encounter_id == stored.id,
            Document.document_number == document["document_number"],
            col(Document.current).is_(True),
        )
        text = session.exec(here).first()
    return {**document, "text": text or NO_TEXT}
