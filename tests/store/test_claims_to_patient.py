"""A visit that no payer takes is billed to the patient, and to a payer once a coverage is found."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.batches import plan_batch
from store.claims.build import build_claims
from store.claims.changes import void_claim
from store.claims.export import export_claims, staying_behind
from store.claims.late_charges import bill_late_charges
from store.claims.restating import restate_of_account
from store.claims.scrubbing import scrub_claim
from store.coding.in_work import CodingRefused
from store.coding.reopening import take_back
from store.database import Database
from store.ledger.accounts import account_id_of
from store.ledger.money import patient_pays
from store.ledger.statement import statement
from store.models import Charge, Claim, Coding, Coverage, Encounter, Payer
from store.queries import SessionReader
from store.queries.claims import claim_list
from store.queries.ledger import account_page
from store.terms import ClaimStatus, CodingStatus, JournalAccount
from tests.store.claim_samples import CODES, SERVICE, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay

pytestmark = pytest.mark.both_databases

ACCOUNT, WHOLE = "V1", 10003
PATIENT, PAYER = JournalAccount.PATIENT_RECEIVABLE, JournalAccount.PAYER_RECEIVABLE


def pays_alone(db: Database) -> None:
    """Have the patient of every visit pay, as registration says it: a coverage of a payer that is none."""
    with db.change(SYSTEM) as change:
        own = Payer(source="test", local_id="SELF", name="Self pay", line_of_business="self_pay")
        change.session.add(own)
        change.session.flush()
        for coverage in change.session.exec(select(Coverage)):
            coverage.payer_id, coverage.member_id = own.id, ""


def is_covered(db: Database) -> None:
    """A coverage is found for the account, and its claims follow."""
    with db.change(SYSTEM) as change:
        coverage = change.session.exec(select(Coverage)).one()
        payer = change.session.exec(select(Payer).where(Payer.local_id != "SELF")).one()
        coverage.payer_id, coverage.member_id = payer.id, "XQ4471902"
        change.session.flush()
        restate_of_account(change, coverage.account_id, "a coverage was found")


@pytest.fixture
def billed(db: Database) -> str:
    """The claim of a visit of a patient who pays alone; its id."""
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    pays_alone(db)
    return build_claims(db, SYSTEM).built[0].claim_id


def claim(db: Database, claim_id: str) -> Claim:
    with db.reading() as session:
        return session.get_one(Claim, claim_id)


def totals(db: Database) -> dict[JournalAccount, int]:
    with db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, ACCOUNT) or "")
    assert page is not None
    return {one: cents for one, cents in page.totals.items() if one in (PATIENT, PAYER)}


def printed(db: Database) -> list[str]:
    with db.reading() as session:
        reader = SessionReader(session)
        page = account_page(reader, account_id_of(session, ACCOUNT) or "")
        assert page is not None
        return [" ".join(line.split()) for line in statement(reader, page, dt.date(2026, 12, 1)).lines]


def test_the_charge_of_a_self_pay_visit_stands_on_the_patient_once_it_is_built(db: Database, billed: str) -> None:
    assert claim(db, billed).status is ClaimStatus.PATIENT

    assert totals(db) == {PATIENT: WHOLE}


def test_a_visit_without_any_coverage_is_billed_to_the_patient(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
        change.session.flush()
        change.session.delete(change.session.exec(select(Coverage)).one())

    (built,) = build_claims(db, SYSTEM).built

    assert (built.to_patient, totals(db)) == (True, {PATIENT: WHOLE})


def test_no_batch_names_what_is_billed_to_the_patient(db: Database, billed: str) -> None:
    plan = plan_batch(db, SYSTEM)

    assert (plan.files, plan.left_behind) == ((), ())


def test_the_statement_has_the_charge_the_payment_and_what_is_owed(db: Database, billed: str) -> None:
    with db.reading() as session:
        account = account_id_of(session, ACCOUNT) or ""

    patient_pays(db, SYSTEM, account, 5000, "cash at desk")

    said = printed(db)
    assert f"{SERVICE} Service G0463 50.01 50.01" in said
    assert [line for line in said if line.startswith(("Charges", "Paid", "YOU"))] == [
        "Charges 100.03",
        "Paid 50.00",
        "YOU OWE 50.03",
    ]


def test_scrubbing_one_that_waited_bills_the_patient_once_and_asks_no_rule(db: Database, billed: str) -> None:
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, billed).status = ClaimStatus.SCRUB_FAILED

    results = [scrub_claim(db, CODES, SYSTEM, billed, today=TODAY) for _ in range(2)]

    assert [(one.status, one.errors) for one in results] == [(ClaimStatus.PATIENT, 0)] * 2
    assert totals(db) == {PATIENT: WHOLE}


def test_a_coverage_that_is_found_later_moves_the_charge_to_the_payer(db: Database, billed: str, tmp_path) -> None:
    is_covered(db)
    drafted = (claim(db, billed).status, totals(db))

    scrub_claim(db, CODES, SYSTEM, billed, today=TODAY)
    export_claims(db, SYSTEM, [billed], tmp_path / "out.837")

    assert drafted == (ClaimStatus.DRAFT, {})
    assert totals(db) == {PAYER: WHOLE}


def test_a_draft_whose_coverage_goes_is_billed_to_the_patient(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    (built,) = build_claims(db, SYSTEM).built
    pays_alone(db)

    with db.change(SYSTEM) as change:
        restate_of_account(change, change.session.exec(select(Coverage.account_id)).one(), "no coverage any more")

    assert (claim(db, built.claim_id).status, totals(db)) == (ClaimStatus.PATIENT, {PATIENT: WHOLE})


def test_what_is_given_up_is_not_owed(db: Database, billed: str) -> None:
    void_claim(db, SYSTEM, billed, "as charity")

    assert totals(db) == {}


def test_a_recoded_visit_is_billed_to_the_patient_by_its_new_codes_alone(db: Database, billed: str) -> None:
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        old = change.session.exec(select(Coding)).one()
        old.status = CodingStatus.SUPERSEDED
        add_coding(change.session, encounter, version=2)

    (built,) = build_claims(db, SYSTEM).built

    assert (claim(db, billed).status, claim(db, built.claim_id).frequency) == (ClaimStatus.VOID, "1")
    assert totals(db) == {PATIENT: WHOLE}


def test_a_final_coding_that_was_billed_to_the_patient_is_not_taken_back(db: Database, billed: str) -> None:
    with pytest.raises(CodingRefused) as refused:
        take_back(db, SYSTEM, claim(db, billed).coding_id)

    assert refused.value.message == "its claim has been billed to the patient"


def test_late_charges_of_a_self_pay_visit_are_billed_to_the_patient(db: Database) -> None:
    add_stay(db)
    pays_alone(db)
    first = build_claims(db, SYSTEM).built[0]
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        late = {"encounter_id": encounter.id, "charge_number": "LATE1", "service_date": encounter.service_date}
        change.session.add(Charge(**late, revenue_code="0300", units=1, amount_cents=700))

    built = bill_late_charges(db, SYSTEM, first.claim_id)

    assert (built.total_cents, built.to_patient) == (first.total_cents + 700, True)
    with db.reading() as session:
        (account,) = session.exec(select(Encounter.account_id))
        page = account_page(SessionReader(session), account)
    assert page is not None and page.totals[PATIENT] == first.total_cents + 700


def test_a_rejected_claim_whose_visit_is_recoded_owes_its_charge_once(db: Database, tmp_path) -> None:
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        first = add_coding(change.session, encounter)
    (old,) = build_claims(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, old.claim_id, today=TODAY)
    export_claims(db, SYSTEM, [old.claim_id], tmp_path / "first.837")
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, old.claim_id).status = ClaimStatus.REJECTED
        change.session.get_one(Coding, first).status = CodingStatus.SUPERSEDED
        add_coding(change.session, encounter, version=2)

    (new,) = build_claims(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, new.claim_id, today=TODAY)
    export_claims(db, SYSTEM, [new.claim_id], tmp_path / "second.837")

    assert totals(db) == {PAYER: WHOLE}


def test_a_recode_of_a_sent_claim_whose_coverage_went_is_owed_once_by_the_patient(db: Database, tmp_path) -> None:
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        first = add_coding(change.session, encounter)
    (old,) = build_claims(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, old.claim_id, today=TODAY)
    export_claims(db, SYSTEM, [old.claim_id], tmp_path / "first.837")
    pays_alone(db)
    with db.change(SYSTEM) as change:
        change.session.get_one(Coding, first).status = CodingStatus.SUPERSEDED
        add_coding(change.session, encounter, version=2)

    (new,) = build_claims(db, SYSTEM).built
    billed_alone = totals(db)
    void_claim(db, SYSTEM, new.claim_id, "the payer had it after all")

    assert (billed_alone, totals(db)) == ({PATIENT: WHOLE}, {PAYER: WHOLE})


def test_a_payer_without_a_name_is_billed_and_named_by_what_is_known_of_it(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
        change.session.exec(select(Payer)).one().name = ""

    (built,) = build_claims(db, SYSTEM).built

    assert not built.to_patient
    with db.reading() as session:
        (row,) = claim_list(SessionReader(session), TODAY)
        (behind,) = staying_behind(session, [built.claim_id], "837p")
    assert row.payer == "BLUEP"
    assert "self pay" not in behind.reason
