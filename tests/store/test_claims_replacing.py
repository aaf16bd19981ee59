"""Replacing a claim to the first payer whose codes stay: what it states, to whom, and what the ledger owes."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import NotBuiltReason, build_claims
from store.claims.changes import set_fields, set_payer_number, void_claim
from store.claims.following import CannotFollow
from store.claims.replacing import replace_claim
from store.claims.restating import restate_of_account
from store.claims.scrubbing import scrub_claim
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.models import Claim, Coverage, LogEntry, Patient, Payer
from store.terms import ClaimStatus, JournalAccount
from tests.store.claim_samples import CODES, TODAY
from tests.store.test_claims_following import Office, office, recode
from tests.store.test_ledger import owed
from tests.store.test_refused_in_place import refused

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

DENIED = ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*16*100.03")
BLUE = ("Blue Plains", JournalAccount.PAYER_RECEIVABLE)


@pytest.fixture
def denied(office: Office) -> Office:
    """A claim that lacked information by its payer."""
    office.answer("4", DENIED, "0")
    return office


def claim(office: Office, claim_id: str) -> Claim:
    with office.db.reading() as session:
        return session.get_one(Claim, claim_id)


def bills_another(db: Database) -> None:
    """Registration finds that another payer was the right one."""
    with db.change(SYSTEM) as change:
        right = Payer(source="test", local_id="P9", name="Right Plan", payer_identifier="RIGHT", claim_filing_code="CI")
        change.session.add(right)
        change.session.flush()
        coverage = change.session.exec(select(Coverage).where(Coverage.sequence == 1)).one()
        coverage.payer_id, coverage.member_id = right.id, "RP77"


def test_a_claim_to_the_first_payer_is_replaced_with_its_codes_and_its_payers_number(denied: Office) -> None:
    built = replace_claim(denied.db, SYSTEM, denied.claim_id)

    stated, left = denied.content(built.claim_id), denied.content(denied.claim_id)
    assert (stated.frequency, stated.parties.original_reference) == ("7", "ICN1")
    assert (stated.diagnoses, stated.lines) == (left.diagnoses, left.lines)
    assert claim(denied, built.claim_id).status is ClaimStatus.DRAFT


def test_what_it_lacked_is_set_in_the_replacement_and_leaves_with_the_payers_number(denied: Office) -> None:
    built = replace_claim(denied.db, SYSTEM, denied.claim_id)

    set_fields(denied.db, SYSTEM, built.claim_id, {"details.note": "seen twice"})

    sent = denied.sent(built.claim_id).decode()
    assert ":B:7*" in sent and "REF*F8*ICN1~" in sent and "NTE*ADD*SEEN TWICE~" in sent


def test_what_people_had_set_in_the_claim_is_in_its_replacement_and_stays(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).status = ClaimStatus.READY
    set_fields(office.db, SYSTEM, office.claim_id, {"details.note": "by hand"})
    (office.folder / f"{office.claim_id}.837").unlink()
    office.sent(office.claim_id)
    built = replace_claim(office.db, SYSTEM, office.claim_id)

    with office.db.change(SYSTEM) as change:
        change.session.exec(select(Patient)).one().city = "Elsewhere"
        change.session.flush()
        restate_of_account(change, change.session.exec(select(Coverage.account_id)).first() or "", "it moved")

    parties = office.content(built.claim_id).parties
    assert (parties.details.note, parties.patient.address.city) == ("by hand", "Elsewhere")


def test_the_replacement_states_the_coverage_of_now(denied: Office) -> None:
    with denied.db.change(SYSTEM) as change:
        change.session.exec(select(Coverage).where(Coverage.sequence == 1)).one().member_id = "XQ0000001"

    built = replace_claim(denied.db, SYSTEM, denied.claim_id)

    assert denied.content(built.claim_id).parties.coverage.member_id == "XQ0000001"


def test_the_charge_is_owed_once_when_the_replacement_has_left(office: Office) -> None:
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    set_payer_number(office.db, SYSTEM, built.claim_id, "ICN1")

    office.sent(built.claim_id)

    assert owed(office.db) == {BLUE: 10003}


def test_another_payer_gets_a_first_claim_in_its_place(office: Office) -> None:
    bills_another(office.db)

    built = replace_claim(office.db, SYSTEM, office.claim_id)

    stated = office.content(built.claim_id)
    assert (stated.frequency, stated.parties.original_reference) == ("1", "")
    assert stated.parties.coverage.payer.identifier == "RIGHT"


def test_the_charge_moves_to_the_other_payer(office: Office) -> None:
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id)

    office.sent(built.claim_id)

    assert owed(office.db) == {("Right Plan", JournalAccount.PAYER_RECEIVABLE): 10003}


def conversions(office: Office, claim_id: str) -> list[tuple[str, str]]:
    """What the history of a claim says of its frequency: the places that became others, and why."""
    with office.db.reading() as session:
        query = select(LogEntry.detail).where(LogEntry.action == "claim.refresh", LogEntry.target_id == claim_id)
        told = session.exec(query.order_by(LogEntry.seq)).all()
    return [(one["fields"], one["reason"]) for one in told if "frequency" in one["fields"]]


def test_the_history_of_a_first_claim_in_the_place_of_another_payers_says_why_it_replaces_nothing(
    office: Office,
) -> None:
    bills_another(office.db)

    built = replace_claim(office.db, SYSTEM, office.claim_id)

    why = f"Right Plan has no claim before it: {office.number} bills another payer"
    assert conversions(office, built.claim_id) == [("frequency", why)]


def test_a_recode_for_another_payer_says_so_in_the_history_of_what_it_builds(denied: Office) -> None:
    bills_another(denied.db)
    recode(denied.db)

    (built,) = build_claims(denied.db, SYSTEM).built

    why = f"Right Plan has no claim before it: {denied.number} bills another payer"
    assert conversions(denied, built.claim_id) == [("frequency, original_reference", why)]


def test_the_history_of_a_replacement_to_the_same_payer_says_nothing_of_its_frequency(denied: Office) -> None:
    built = replace_claim(denied.db, SYSTEM, denied.claim_id)

    scrub_claim(denied.db, CODES, SYSTEM, built.claim_id, today=TODAY)

    assert conversions(denied, built.claim_id) == []


def test_a_claim_of_which_no_payer_is_left_is_not_replaced(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        for coverage in change.session.exec(select(Coverage)):
            change.session.delete(coverage)

    with pytest.raises(CannotFollow, match="no payer takes it any more"):
        replace_claim(office.db, SYSTEM, office.claim_id)


def test_what_a_void_follows_is_not_replaced(office: Office) -> None:
    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    with pytest.raises(CannotFollow, match="follows it already"):
        replace_claim(office.db, SYSTEM, office.claim_id)


def moved(office: Office) -> str:
    """Send the claim to another payer in the place of the first one, and its id."""
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return built.claim_id


def void_at_first_payer(office: Office) -> str:
    """Void the first claim with its payer, have the void leave, and its id."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).payer_number = "ICN1"
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer").claim_id
    office.sent(void)
    return void


def test_who_replaces_a_claim_for_another_payer_is_told_that_the_first_one_still_holds_it(office: Office) -> None:
    bills_another(office.db)

    built = replace_claim(office.db, SYSTEM, office.claim_id)

    assert built.notes[1] == (
        f"Blue Plains still holds {office.number}: codedesk claims void {office.number} --reason WHY takes it back"
        " there (frequency 8)"
    )


def test_a_recode_for_another_payer_tells_that_the_first_one_still_holds_its_claim(office: Office) -> None:
    bills_another(office.db)
    recode(office.db)

    (built,) = build_claims(office.db, SYSTEM).built

    assert [note for note in built.notes if f"still holds {office.number}" in note]


def test_a_claim_is_voided_with_its_payer_beside_the_one_that_bills_another(office: Office) -> None:
    moved(office)

    void = void_at_first_payer(office)

    stated = office.content(void)
    assert (stated.frequency, stated.parties.original_reference) == ("8", "ICN1")
    assert stated.parties.coverage is not None and stated.parties.coverage.payer.identifier == "BLUEP"


def test_its_void_takes_nothing_from_what_the_other_payer_owes(office: Office) -> None:
    right = moved(office)
    with office.db.reading() as session:
        number = session.get_one(Claim, right).claim_number
    paid = ("CLP*{number}*1*100.03*60*20*HM*ICN9*11*1", "CAS*CO*45*20.03", "CAS*PR*2*20")
    Office(office.db, office.folder, right, number).answer(body=paid, payer="RIGHT PLAN")
    before = owed(office.db)

    void_at_first_payer(office)

    assert owed(office.db) == before == {("patient", JournalAccount.PATIENT_RECEIVABLE): 2000}


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_void_that_the_first_payer_refuses_charges_nothing_twice(office: Office, kind: str) -> None:
    moved(office)
    before = owed(office.db)

    refused(office, void_at_first_payer(office), kind)

    assert owed(office.db) == before


def test_a_void_that_the_first_payer_denies_charges_nothing_twice(office: Office) -> None:
    moved(office)
    before = owed(office.db)
    void = claim(office, void_at_first_payer(office)).claim_number

    office.answer("4", (f"CLP*{void}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT0002")

    assert owed(office.db) == before


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_claim_to_the_other_payer_that_is_refused_charges_no_voided_one(office: Office, kind: str) -> None:
    bills_another(office.db)
    right = replace_claim(office.db, SYSTEM, office.claim_id).claim_id
    void_at_first_payer(office)
    office.sent(right)

    refused(office, right, kind)

    assert owed(office.db) == {}


def test_the_claim_to_the_other_payer_is_built_already_when_the_first_one_is_voided(office: Office) -> None:
    moved(office)
    void_at_first_payer(office)

    report = build_claims(office.db, SYSTEM, "V1")

    assert [one.reason for one in report.not_built] == [NotBuiltReason.ALREADY_BUILT]


def test_what_is_voided_with_its_payer_is_the_same_payers_first_claim_again(office: Office) -> None:
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    void_at_first_payer(office)
    with office.db.change(SYSTEM) as change:
        coverage = change.session.exec(select(Coverage).where(Coverage.sequence == 1)).one()
        coverage.payer_id = change.session.exec(select(Payer.id).where(Payer.payer_identifier == "BLUEP")).one()

    scrub_claim(office.db, CODES, SYSTEM, built.claim_id, today=TODAY)

    assert claim(office, built.claim_id).frequency == "1"


def test_a_void_that_is_given_up_leaves_a_claim_that_is_replaced_with_its_payer(office: Office) -> None:
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id)
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")
    with office.db.change(SYSTEM) as change:
        coverage = change.session.exec(select(Coverage).where(Coverage.sequence == 1)).one()
        coverage.payer_id = change.session.exec(select(Payer.id).where(Payer.payer_identifier == "BLUEP")).one()
    scrub_claim(office.db, CODES, SYSTEM, built.claim_id, today=TODAY)

    void_claim(office.db, SYSTEM, void.claim_id, "it was the right one")

    assert claim(office, built.claim_id).frequency == "7"
    why = f"Blue Plains has {office.number}, which it replaces there"
    assert conversions(office, built.claim_id)[-1] == ("frequency", why)
