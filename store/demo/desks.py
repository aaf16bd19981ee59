"""What makes the desks of the made-up site worth opening: a pair to merge, requests to answer, an audit with findings.

Beside the charts that a coder codes: three visits that were coded and audited, with one right and two that an auditor
mended, a topic that was given for it, a patient who is there twice, and two requests for copies. Everything goes the
way that people go, so that log and history are whole; made again, it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import Session, col, select

from store.actors import SYSTEM, Actor
from store.audits.education import add_topic, give
from store.audits.explaining import explain
from store.audits.review import begin, enter, give_back, reveal
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.coding.codes import Defaults
from store.coding.entry import ReplaceDiagnosis
from store.demo.site import load_site
from store.intake.native import NativeCoding, NativeDocument, NativeEncounter
from store.intake.writer import store_encounter
from store.models import Audit, Encounter, Patient, Person
from store.models.coding import FinalDiagnosisFields, FinalProcedureLineFields
from store.models.encounter import AccountFields
from store.models.patient import PatientFields
from store.people import actor_for
from store.records.releases import receive
from store.terms import CodingKind, PatientClass, Setting
from store.worklists import place

if TYPE_CHECKING:
    from store.database import Database

SOURCE = "desks"
SAMPLE = "2026-09 clinic"
TOPIC = "combinations in one code"
_DAY = "2026-09-17"
_VISITS = (
    ("Tessmer", "Arlo", "1949-06-11", ("E11.9", "I10", "Z79.84"), (1, "E11.42", "I.C.4.a"),
     "Type 2 diabetes with polyneuropathy of both feet, examined today; on metformin, continue. Hypertension at goal."),
    ("Quintero", "Maris", "1972-02-03", ("I10", "E78.5"), None,
     "Hypertension at goal on lisinopril, continue. Hyperlipidemia, statin continued."),
    ("Halvorsen", "Inge", "1941-10-27", ("I10", "I50.32"), (1, "I11.0", "I.C.9.a.1"),
     "Hypertension. Chronic diastolic heart failure, euvolemic, diuretic continued."),
)  # fmt: skip
"""Name, birth day, the coder's codes, what the auditor has in place of one (1-based, with citation), and the note."""


def fill_desks(db: Database) -> bool:
    """Put them into the made-up site; whether they were not there yet."""
    with db.reading() as session:
        if session.exec(select(Encounter.id).where(Encounter.source == SOURCE)).first():
            return False
    who = {login: _person(db, login) for login in ("asolberg", "kwhite", "tnguyen")}
    with db.change(SYSTEM) as change:
        for number in range(1, len(_VISITS) + 1):
            store_encounter(change, _visit(number), place)
        mrn = _twin(change.session)
    _audit(db, who["asolberg"], who["kwhite"])
    receive(db, who["tnguyen"], mrn, "the patient", "the visits of this year", "for a new physician",
            authorization="own request, signed 2026-09-21", received_on="2026-09-21")  # fmt: skip
    receive(db, who["tnguyen"], "D90003", "Redfern and Oake, attorneys", "the visit of September 17", "injury claim",
            received_on="2026-09-04")  # fmt: skip
    return True


def _twin(session: Session) -> str:
    """A patient of the site a second time, as another desk might take them in; the record number that they had."""
    one = session.exec(select(Patient).where(Patient.source == "demo").order_by(Patient.mrn).limit(1)).one()
    also = one.model_dump(exclude={"id", "source", "mrn", "middle_name", "phone", "address_line1"})
    address = one.address_line1.replace("Lane", "Ln").replace("Street", "St")
    session.add(Patient(source=SOURCE, mrn="D90417", address_line1=address, **also))
    return one.mrn


def _visit(number: int) -> NativeEncounter:
    """One coded visit, of a patient of its own, without charges: no figure of money moves by it."""
    family, given, born, codes, _, note = _VISITS[number - 1]
    like = load_site().charts[0].encounter
    sex = "M" if number == 1 else "F"
    document = NativeDocument(
        document_number=f"D26-{number:04}-1",
        type_code="34109-9",
        type_name="Clinic visit note",
        authored_at=f"{_DAY}T12:00:00-05:00",
        authenticated_at=f"{_DAY}T12:05:00-05:00",
        text=note,
    )
    diagnoses = [FinalDiagnosisFields(sequence=n, code=code) for n, code in enumerate(codes, 1)]
    line = FinalProcedureLineFields(
        sequence=1, code="G0467", charge_cents=21400, pointers=list(range(1, len(codes) + 1))
    )
    return NativeEncounter(
        source=SOURCE,
        visit_number=f"D26-{number:04}",
        setting=Setting.CLINIC,
        patient_class=PatientClass.OUTPATIENT,
        started_at=f"{_DAY}T{8 + number:02}:10:00-05:00",
        ended_at=f"{_DAY}T{8 + number:02}:35:00-05:00",
        place_of_service="50",
        patient=PatientFields(source=SOURCE, mrn=f"D9000{number}", family_name=family, given_name=given,
                              birth_date=born, sex=sex, city="Alder Creek", state="NE"),
        account=AccountFields(source=SOURCE, account_number=f"D26-A{number:04}"),
        facility=like.facility,
        providers=like.providers,
        documents=[document],
        codings=[NativeCoding(kind=CodingKind.PROFESSIONAL, coder="mreyes", finalized_at=f"{_DAY}T21:00:00.000Z",
                              diagnoses=diagnoses, procedures=[line])],
        tasks=[CodingKind.PROFESSIONAL],
    )  # fmt: skip


def _audit(db: Database, auditor: Actor, manager: Actor) -> None:
    """A sample of the three before the bill; the coder has two findings to answer, and a topic to learn.

    The third is still in review, so that none of them is billed on the newcomer's first day.
    """
    everything = Method.EVERYTHING
    draw(db, auditor, SAMPLE, everything, Size(), Criteria(until=_DAY), seed=2026, blind=False, prebill=True)
    with db.reading() as session:
        picked = session.exec(
            select(Audit.id, Encounter.visit_number)
            .join(Encounter, col(Encounter.id) == Audit.encounter_id)
            .where(Encounter.source == SOURCE)
            .order_by(Encounter.visit_number)
        ).all()
    for (audit_id, _), (*_, mended, note) in zip(picked, _VISITS, strict=True):
        begin(db, auditor, audit_id)
        if mended:
            sequence, code, _ = mended
            enter(db, auditor, audit_id, ReplaceDiagnosis(sequence, code), Defaults(_DAY), "the note, line 1")
        reveal(db, auditor, audit_id)
        if mended:
            explain(db, auditor, audit_id, 1, note, mended[2], TOPIC)
            give_back(db, auditor, audit_id)
    add_topic(db, manager, TOPIC, "Diabetes with its complication (I.C.4.a) and hypertension with heart failure"
              " (I.C.9.a.1) are one code each: look for the combination before the second code.")  # fmt: skip
    give(db, manager, TOPIC, "mreyes", "2026-10-31")


def _person(db: Database, login: str) -> Actor:
    with db.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.login == login)).one())
