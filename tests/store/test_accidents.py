"""What a claim states of an accident: by the abstract of the visit, by who is billed, by the codes of its cause."""

from __future__ import annotations

import pytest
from sqlmodel import select

from codesets.edits.accidents import accident_cause
from store.abstracting import AbstractRefused, abstract_of, set_abstract
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.content import Accident, load_claim
from store.database import Database
from store.models import Claim, Encounter, Payer
from store.queries import SessionReader
from store.terms import CodingKind
from tests.store.claim_samples import add_coding, add_encounter

pytestmark = pytest.mark.both_databases

DAY = "2026-09-14"


def claim_of(db: Database, *codes: str, filing_code: str = "CI", kind: CodingKind = CodingKind.PROFESSIONAL) -> str:
    """The id of a claim of a visit after an accident, with codes beside its injury."""
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        encounter.accident_date = DAY
        change.session.exec(select(Payer)).one().claim_filing_code = filing_code
        add_coding(change.session, encounter, ("S61.411A", *codes), (("G0463", (1,)),), kind)
    (built,) = build_claims(db, SYSTEM).built
    return built.claim_id


def stated(db: Database, claim_id: str) -> Accident | None:
    with db.reading() as session:
        return load_claim(session, claim_id).parties.accident


@pytest.mark.parametrize(
    ("codes", "cause"),
    [
        (("V43.52XA",), "AA"),
        (("V03.10XA",), "AA"),
        (("V13.4XXA",), "AA"),
        (("V89.2XXA",), "AA"),
        (("V00.131A",), ""),
        (("V18.0XXA",), ""),
        (("V80.010A",), ""),
        (("V95.00XA",), ""),
        (("W01.0XXA",), ""),
        (("W31.1XXA", "Y99.0"), "EM"),
        (("V43.52XA", "Y99.0"), "EM"),
        (("W01.0XXA", "Y99.8"), ""),
    ],
    ids=" ".join,
)
def test_the_cause_of_an_accident_is_what_its_codes_say_of_motor_vehicles_and_work(
    codes: tuple[str, ...], cause: str
) -> None:
    assert accident_cause(codes) == cause


@pytest.mark.parametrize(
    ("codes", "filing_code", "cause"),
    [(("V43.52XA",), "CI", "AA"), (("W01.0XXA",), "CI", "OA"), (("V43.52XA",), "WC", "EM"), ((), "AM", "AA")],
)
def test_a_claim_states_the_cause_by_who_is_billed_else_by_its_codes(
    db: Database, codes: tuple[str, ...], filing_code: str, cause: str
) -> None:
    assert stated(db, claim_of(db, *codes, filing_code=filing_code)) == Accident(DAY, cause, "")


def test_a_facility_states_an_auto_accident_as_its_occurrence(db: Database) -> None:
    claim_id = claim_of(db, "V43.52XA", kind=CodingKind.FACILITY)

    with db.reading() as session:
        bill = load_claim(session, claim_id).parties.facility_bill
    assert bill is not None
    assert [(one.code, one.date) for one in bill.occurrences] == [("01", DAY)]


def test_cause_and_state_that_are_set_in_the_abstract_go_before_and_are_on_the_claim(db: Database) -> None:
    claim_id = claim_of(db, "V43.52XA")
    with db.reading() as session:
        visit = session.exec(select(Encounter)).one()

    said = (
        set_abstract(db, SYSTEM, visit.id, {"accident_state": "NE"}, {"accident_state": ""}),
        set_abstract(db, SYSTEM, visit.id, {"accident_cause": "OA"}, {"accident_cause": ""}),
    )

    assert all("states it now" in one for one in said)
    assert stated(db, claim_id) == Accident(DAY, "OA", "NE")
    with db.reading() as session:
        fields = abstract_of(SessionReader(session), visit.id)
    assert (fields["accident_cause"], fields["accident_state"]) == ("OA", "NE")


@pytest.mark.parametrize(("field", "value"), [("accident_cause", "auto"), ("accident_state", "Nebraska")])
def test_a_cause_or_state_that_is_none_is_refused(db: Database, field: str, value: str) -> None:
    claim_id = claim_of(db)
    with db.reading() as session:
        encounter_id = session.get_one(Claim, claim_id).encounter_id

    with pytest.raises(AbstractRefused, match="expected"):
        set_abstract(db, SYSTEM, encounter_id, {field: value}, {field: ""})
