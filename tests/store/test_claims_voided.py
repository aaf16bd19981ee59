"""A claim that was voided with its payer: its visit is unbilled from when the void has left, and is billed as new."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.claims.build import NotBuiltReason, build_claims
from store.claims.changes import void_claim
from store.claims.export import ExportRefused
from store.claims.following import CannotFollow
from store.claims.replacing import replace_claim
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.models import Charge, Claim, Encounter, Remittance, WorkItem
from store.remits.posting import unpost
from store.reports.run import Report, period_of, run_report
from store.terms import CodingKind, EncounterStatus, JournalAccount, Role, WorkStatus
from tests.store.claim_samples import CODES, TODAY
from tests.store.test_claims_counted import replaced
from tests.store.test_claims_following import Office, office, recode
from tests.store.test_claims_replacing import bills_another, void_at_first_payer
from tests.store.test_ledger import owed
from tests.store.test_refused_in_place import refused

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

BOSS = Actor("boss", Role.MANAGER)


def denied(office: Office, void: str) -> str:
    """Its payer denies a void by an 835; the number of the void."""
    with office.db.reading() as session:
        number = session.get_one(Claim, void).claim_number
    office.answer("4", (f"CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", f"EFT-{number}")
    return number


def closed(office: Office) -> None:
    """Close the visit, with its task and what it charges."""
    with office.db.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter)).one()
        visit.status = EncounterStatus.DISCHARGED
        change.session.add(
            Charge(encounter_id=visit.id, charge_number="1", service_date=visit.service_date, amount_cents=10003)
        )
        change.session.add(
            WorkItem(encounter_id=visit.id, kind=CodingKind.PROFESSIONAL, worklist="clinic", status=WorkStatus.FINAL)
        )


def dnfb(office: Office) -> Report:
    return run_report(office.db, BOSS, "dnfb", period_of("2026-09-01", "2026-12-31", ""))


def test_once_its_void_has_left_a_visit_is_built_as_a_first_claim_where_it_is_named(office: Office) -> None:
    void_at_first_payer(office)

    (built,) = build_claims(office.db, SYSTEM, "V1").built

    stated = office.content(built.claim_id)
    assert (stated.frequency, stated.parties.original_reference, built.replaces) == ("1", "", "")


def test_it_is_built_for_the_payer_in_force(office: Office) -> None:
    void_at_first_payer(office)
    bills_another(office.db)

    (built,) = build_claims(office.db, SYSTEM, "V1").built

    coverage = office.content(built.claim_id).parties.coverage
    assert coverage is not None and coverage.payer.identifier == "RIGHT"


def test_what_was_voided_is_not_built_with_all_others(office: Office) -> None:
    void_at_first_payer(office)

    report = build_claims(office.db, SYSTEM)

    assert (report.built, report.not_built) == ((), ())


def test_before_its_void_has_left_a_claim_is_built_already(office: Office) -> None:
    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    report = build_claims(office.db, SYSTEM, "V1")

    assert [one.reason for one in report.not_built] == [NotBuiltReason.ALREADY_BUILT]


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_claim_whose_void_was_refused_is_built_already(office: Office, kind: str) -> None:
    refused(office, void_at_first_payer(office), kind)

    report = build_claims(office.db, SYSTEM, "V1")

    assert [one.reason for one in report.not_built] == [NotBuiltReason.ALREADY_BUILT]


def test_a_claim_whose_void_its_payer_denied_is_built_already(office: Office) -> None:
    denied(office, void_at_first_payer(office))

    report = build_claims(office.db, SYSTEM, "V1")

    assert [one.reason for one in report.not_built] == [NotBuiltReason.ALREADY_BUILT]


def test_a_visit_whose_next_payer_was_billed_too_is_built_as_new(office: Office) -> None:
    office.answer()
    office.sent(bill_next_payer(office.db, SYSTEM, office.claim_id).claim_id)
    void_at_first_payer(office)

    (built,) = build_claims(office.db, SYSTEM, "V1").built

    assert office.content(built.claim_id).frequency == "1"


def test_the_new_claim_leaves_and_its_charge_is_owed_once(office: Office) -> None:
    void_at_first_payer(office)
    bills_another(office.db)
    (built,) = build_claims(office.db, SYSTEM, "V1").built

    office.sent(built.claim_id)

    assert owed(office.db) == {("Right Plan", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_the_new_claim_does_not_leave_beside_one_whose_void_came_back(office: Office) -> None:
    void = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    refused(office, void, "277")

    with pytest.raises(ExportRefused, match=f"bills what {office.number} bills, which is not voided"):
        office.sent(built.claim_id)


def test_the_new_claim_replaces_the_one_whose_void_came_back_and_is_given_up(office: Office) -> None:
    void = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    refused(office, void, "277")

    void_claim(office.db, SYSTEM, void, "it was right")

    office.sent(built.claim_id)
    stated = office.content(built.claim_id)
    assert (stated.frequency, stated.parties.original_reference) == ("7", "ICN1")
    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_where_several_bill_anew_what_a_given_up_void_leaves_standing_they_say_the_way_out(office: Office) -> None:
    void = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    with office.db.change(SYSTEM) as change:
        one = change.session.get_one(Claim, built.claim_id).model_dump(exclude={"id", "claim_number"})
        change.session.add(Claim(**one, claim_number="TWIN"))
    refused(office, void, "277")

    void_claim(office.db, SYSTEM, void, "it was right")

    with pytest.raises(ExportRefused, match=f"given up, codedesk claims replace {office.number} replaces it once this"):
        office.sent(built.claim_id)


def test_the_new_claim_does_not_leave_beside_one_whose_void_its_payer_denied(office: Office) -> None:
    void = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    number = denied(office, void)

    with pytest.raises(ExportRefused, match=f"bills what {office.number} bills, which is not voided: {number} was den"):
        office.sent(built.claim_id)

    found = scrub_claim(office.db, CODES, SYSTEM, built.claim_id, today=TODAY)
    assert found.errors > 0


def test_a_claim_whose_void_its_payer_denied_is_replaced_when_its_visit_is_coded_again(office: Office) -> None:
    denied(office, void_at_first_payer(office))
    recode(office.db)

    (built,) = build_claims(office.db, SYSTEM).built

    stated = office.content(built.claim_id)
    assert (stated.frequency, stated.parties.original_reference, built.replaces) == ("7", "ICN1", office.number)


def test_a_claim_whose_void_its_payer_denied_is_replaced_by_who_asks_for_it(office: Office) -> None:
    denied(office, void_at_first_payer(office))

    built = replace_claim(office.db, SYSTEM, office.claim_id)

    stated = office.content(built.claim_id)
    assert (stated.frequency, stated.parties.original_reference) == ("7", "ICN1")


def test_a_claim_whose_void_its_payer_denied_is_voided_again_and_what_bills_it_anew_leaves(office: Office) -> None:
    first = void_at_first_payer(office)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    denied(office, first)

    void_at_first_payer(office)

    office.let_pass(built.claim_id, "r484")
    office.sent(built.claim_id)
    assert owed(office.db) == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_a_claim_that_was_voided_again_is_not_owed_when_the_denial_of_its_first_void_is_taken_back(
    office: Office,
) -> None:
    number = denied(office, void_at_first_payer(office))
    void_at_first_payer(office)
    with office.db.reading() as session:
        payment = session.exec(select(Remittance.id).where(Remittance.trace == f"EFT-{number}")).one()

    unpost(office.db, SYSTEM, payment, "another payer's")

    assert owed(office.db) == {}


@pytest.mark.parametrize("kind", ["999", "277"])
def test_a_claim_is_owed_as_before_when_its_second_void_is_refused(office: Office, kind: str) -> None:
    denied(office, void_at_first_payer(office))
    before = owed(office.db)

    refused(office, void_at_first_payer(office), kind)

    assert owed(office.db) == before == {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


def test_a_visit_whose_void_has_left_stands_in_dnfb_without_a_claim(office: Office) -> None:
    closed(office)
    billed = dnfb(office)

    void_at_first_payer(office)

    after = dnfb(office)
    assert billed.rows == ()
    assert (after.of("reason"), after.of("charts"), after.of("cents")) == (["final coded, no claim yet"], [1], [10003])


def test_a_visit_whose_void_was_refused_is_billed(office: Office) -> None:
    closed(office)

    refused(office, void_at_first_payer(office), "277")

    assert dnfb(office).rows == ()


def test_the_void_says_what_comes_next(office: Office) -> None:
    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    assert built.notes == ("once it has left, the visit is unbilled: codedesk claims build V1 bills it as new",)


def billed_next(office: Office) -> str:
    """Have the first payer answer, bill the next one, and the id of that claim, which has left."""
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(built.claim_id)
    return built.claim_id


def test_the_void_says_that_the_next_payer_holds_its_own_claim(office: Office) -> None:
    billed_next(office)

    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    assert [note for note in built.notes if note.startswith("Second Plan still holds 2026-000002")]


def test_the_void_of_a_claim_to_the_next_payer_names_what_bills_the_visit_anew(office: Office) -> None:
    second = billed_next(office)
    void_at_first_payer(office)
    (new,) = build_claims(office.db, SYSTEM, "V1").built

    built = void_sent_claim(office.db, SYSTEM, second, "the first one is voided")

    assert built.notes == (f"{new.claim_number} bills the visit beside it, whatever becomes of the void",)


def test_the_void_of_a_claim_to_the_next_payer_names_the_first_one_that_stands(office: Office) -> None:
    second = billed_next(office)

    built = void_sent_claim(office.db, SYSTEM, second, "not theirs")

    assert built.notes == (f"{office.number} bills the visit beside it, whatever becomes of the void",)


def test_what_follows_a_voided_claim_is_told_by_who_would_void_it_again(office: Office) -> None:
    void_at_first_payer(office)

    with pytest.raises(CannotFollow) as again:
        void_sent_claim(office.db, SYSTEM, office.claim_id, "voided once more")

    assert again.value.remedy == "it has left; `codedesk claims build V1` bills the visit as new"


def test_a_visit_whose_claim_to_another_payer_was_voided_is_unbilled_though_the_first_payer_holds_its_own(
    office: Office,
) -> None:
    closed(office)
    bills_another(office.db)
    later = replaced(office)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, later.claim_id).payer_number = "RIN1"
    office.sent(void_sent_claim(office.db, SYSTEM, later.claim_id, "wrong again").claim_id)

    (built,) = build_claims(office.db, SYSTEM, "V1").built

    assert office.content(built.claim_id).frequency == "1"
    assert dnfb(office).of("reason") == ["claim not sent yet"]
