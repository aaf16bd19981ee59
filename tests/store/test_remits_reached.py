"""A payer's answer proves that a claim reached it, whatever an acknowledgment said: the claim does not leave again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, func, select

from store.actors import SYSTEM
from store.claims.batches import batch_claims, plan_batch
from store.claims.build import build_claims
from store.claims.changes import CannotChange, release_claim, set_fields, void_claim
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.models import (
    Claim,
    ClaimExport,
    Denial,
    JournalLine,
    LogEntry,
    Posting,
    Remittance,
    RemittanceClaim,
)
from store.queries import SessionReader
from store.queries.claims import claim_page
from store.queries.unapplied import UnappliedRow, unapplied_list
from store.remits.posting import post_again, unpost
from store.remits.posting import take_in as take_in_remittance
from store.remits.unapplied import apply_to_claim, refund_unapplied, release
from store.terms import ClaimStatus, DenialStatus, JournalAccount
from tests.store.claim_samples import CODES, TODAY
from tests.store.remittance_samples import a_set
from tests.store.remittance_samples import interchange as settlement
from tests.store.test_acks import Sent, arrive, claim_status, implementation, patient, sent, statuses
from tests.store.test_claims_following import SUPPLEMENT, Office, office
from tests.store.test_remits_chains import replaced
from tests.store.test_remits_second_answers import of_claim

__all__ = ["office", "sent"]

pytestmark = pytest.mark.both_databases

NAMED = "NM1*QC*1*LINDQVIST*PER"
PAID = ("CLP*{0}*1*100.03*60*20*HM*ICN1", NAMED, "CAS*CO*45*20.03", "CAS*PR*2*20")
DENIED = ("CLP*{0}*4*100.03*0**HM*ICN1", NAMED, "CAS*CO*50*100.03")
OWED = ("CLP*{0}*1*100.03*0*100.03*HM*ICN1", NAMED, "CAS*PR*1*100.03")
REVERSED = ("CLP*{0}*22*-100.03*-60**HM*ICN1", NAMED, "CAS*CO*45*-40.03", "PLB*1999999984*20261231*FB:X*-60")
NAMELESS = (PAID[0], *PAID[2:])
OTHER_NAME = (PAID[0], "NM1*QC*1*OAKES*PER", *PAID[2:])
OTHER_CHARGE = ("CLP*{0}*1*99.03*60*20*HM*ICN1", NAMED, "CAS*CO*45*19.03", "CAS*PR*2*20")
OTHER_NUMBER = ("CLP*SOMETHING*1*100.03*60*20*HM*ICN1", NAMED, "CAS*CO*45*20.03", "CAS*PR*2*20", "DTM*232*20260902")


@pytest.fixture
def back(db: Database, tmp_path: Path, sent: Sent) -> Sent:
    """A 999 refused the set for its first claim: that is rejected, and the other two came back."""
    error = f"IK3*DTP*{sent.position(sent.numbers[0], 'line.2.service_date')}**8~IK4*2**7~"
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~{error}IK5*R*5~", "R"))
    return sent


def pays(db: Database, tmp_path: Path, number: str, answer: tuple[str, ...], trace: str = "EFT0001") -> str:
    """Post a payment of this answer; its id."""
    cents = max(float(answer[0].split("*")[4]), 0)
    path = tmp_path / f"{trace}.835"
    body = tuple(line.format(number) for line in answer)
    path.write_bytes(settlement(a_set(body, f"{cents}").replace("EFT0001", trace)))
    (taken,) = take_in_remittance(db, SYSTEM, path).sets
    assert taken.outcome == "posted", taken.why
    return taken.remittance_id


def waiting(db: Database) -> list[UnappliedRow]:
    with db.reading() as session:
        return unapplied_list(SessionReader(session))


def held(db: Database) -> dict[str, str]:
    """What a batch would leave behind now, and why."""
    return {one.claim_number: one.reason for one in plan_batch(db, SYSTEM).left_behind}


def leaving(db: Database) -> set[str]:
    return {number for file in plan_batch(db, SYSTEM).files for number in file.claim_numbers}


def shown(db: Database, number: str) -> str:
    with db.reading() as session:
        claim = session.exec(select(Claim.id).where(Claim.claim_number == number)).one()
        page = claim_page(SessionReader(session), claim, TODAY)
    assert page is not None
    return page.answered_though


def id_of(db: Database, number: str) -> str:
    with db.reading() as session:
        return session.exec(select(Claim.id).where(Claim.claim_number == number)).one()


@pytest.mark.parametrize("answer", [PAID, DENIED, OWED], ids=["paid", "denied", "left to the patient"])
def test_an_answer_by_number_name_and_charge_takes_a_claim_that_came_back_as_sent(
    db: Database, tmp_path: Path, back: Sent, answer: tuple[str, ...]
) -> None:
    number = back.numbers[1]

    pays(db, tmp_path, number, answer)

    assert statuses(db)[number] is ClaimStatus.EXPORTED
    assert (number in leaving(db), waiting(db)) == (False, [])
    assert "it reached its payer" in shown(db, number)
    with db.reading() as session:
        denied = session.exec(select(Denial.cents).where(col(Denial.claim_id).is_not(None))).all()
    assert list(denied) == ([10_003] if answer is DENIED else [])


def test_the_reason_of_the_rejection_stays_in_the_history_beside_what_contradicts_it(
    db: Database, tmp_path: Path, back: Sent
) -> None:
    number = back.numbers[0]

    pays(db, tmp_path, number, PAID)

    with db.reading() as session:
        (entry,) = session.exec(select(LogEntry).where(LogEntry.action == "claim.reached"))
        (note,) = session.exec(select(RemittanceClaim.note))
    assert entry.detail["was"] == "rejected"
    assert entry.detail["by"] == "trace EFT0001 on 2026-11-03"
    assert entry.detail["refused"].startswith("DTP at segment")
    assert note.startswith(f"{number} had come back (DTP at segment")


@pytest.mark.parametrize("refused_by", ["999", "277CA"])
def test_a_rejected_claim_that_its_payer_paid_is_not_to_be_mended_nor_released(
    db: Database, tmp_path: Path, sent: Sent, refused_by: str, request: pytest.FixtureRequest
) -> None:
    number = sent.numbers[0]
    if refused_by == "999":
        request.getfixturevalue("back")
    else:
        arrive(db, tmp_path, claim_status(sent, patient(number, "A7:562:85")))

    pays(db, tmp_path, number, PAID)

    assert statuses(db)[number] is ClaimStatus.EXPORTED
    assert shown(db, number).startswith("trace EFT0001 on 2026-11-03 answers it, though it was refused")
    with pytest.raises(CannotChange, match="is exported"):
        release_claim(db, SYSTEM, id_of(db, number), "once again")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NAMELESS, "the patient is not the same by name"),
        (OTHER_NAME, "the patient is not the same by name"),
        (OTHER_CHARGE, "the charge is another"),
        (OTHER_NUMBER, "it has another number"),
    ],
    ids=["nameless", "other name", "other charge", "other number"],
)
def test_an_answer_that_may_be_of_a_claim_that_came_back_waits_and_holds_it_back(
    db: Database, tmp_path: Path, back: Sent, answer: tuple[str, ...], why: str
) -> None:
    number = back.numbers[1]

    pays(db, tmp_path, number, answer)

    (row,) = waiting(db)
    assert f"may answer {number}, which came back, but {why}" in row.note
    assert held(db)[number].startswith("came back, but trace EFT0001 on 2026-11-03 may answer it")
    assert number not in leaving(db)
    assert leaving(db) == {back.numbers[2]}
    assert shown(db, number).startswith("trace EFT0001 on 2026-11-03 may answer it")


def test_what_a_batch_holds_back_is_not_in_its_file(db: Database, tmp_path: Path, back: Sent) -> None:
    pays(db, tmp_path, back.numbers[1], OTHER_CHARGE)

    report = batch_claims(db, SYSTEM, tmp_path)

    assert report.claims == 1
    assert back.numbers[1] in {one.claim_number for one in report.left_behind}
    assert statuses(db)[back.numbers[1]] is ClaimStatus.READY


@pytest.mark.parametrize("answer", [PAID, DENIED, OWED], ids=["paid", "denied", "left to the patient"])
def test_an_answer_of_a_claim_that_was_changed_since_it_left_waits_until_a_person_applies_it(
    db: Database, tmp_path: Path, back: Sent, answer: tuple[str, ...]
) -> None:
    number = back.numbers[1]
    set_fields(db, SYSTEM, id_of(db, number), {"details.note": "mended"})
    scrub_claim(db, CODES, SYSTEM, id_of(db, number), today=TODAY)
    pays(db, tmp_path, number, answer)
    (row,) = waiting(db)
    before = held(db)

    apply_to_claim(db, SYSTEM, row.id, number, "it is theirs")

    assert "that was changed since it left" in row.note
    assert number in before
    assert statuses(db)[number] is ClaimStatus.EXPORTED
    assert (waiting(db), held(db)) == ([], {})


def test_a_claim_whose_doubtful_payment_was_given_back_leaves_again(db: Database, tmp_path: Path, back: Sent) -> None:
    pays(db, tmp_path, back.numbers[1], OTHER_CHARGE)
    (row,) = waiting(db)

    refund_unapplied(db, SYSTEM, row.id, 6_000, "not ours")

    assert leaving(db) == {back.numbers[1], back.numbers[2]}


@pytest.mark.parametrize("place", [0, 1], ids=["rejected", "came back"])
def test_a_claim_stands_as_it_stood_once_no_answer_proves_it_sent_and_is_sent_again_with_it(
    db: Database, tmp_path: Path, back: Sent, place: int
) -> None:
    number = back.numbers[place]
    before = statuses(db)[number]
    first = pays(db, tmp_path, number, DENIED)
    second = pays(db, tmp_path, number, PAID, "EFT0002")

    unpost(db, SYSTEM, second, "wrong file")
    one_left = statuses(db)[number]
    unpost(db, SYSTEM, first, "wrong file")
    none_left = statuses(db)[number]
    post_again(db, SYSTEM, second)

    assert (one_left, none_left) == (ClaimStatus.EXPORTED, before)
    assert statuses(db)[number] is ClaimStatus.EXPORTED


def test_a_claim_that_comes_back_while_its_payment_is_taken_back_is_sent_again_with_that(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    payment = pays(db, tmp_path, sent.numbers[1], PAID)
    unpost(db, SYSTEM, payment, "to see it again")
    arrive(db, tmp_path, implementation(sent, f"AK2*837*{sent.control}~IK5*R*5~", "R"))
    before = statuses(db)[sent.numbers[1]]

    post_again(db, SYSTEM, payment)

    assert (before, statuses(db)[sent.numbers[1]]) == (ClaimStatus.READY, ClaimStatus.EXPORTED)


def test_an_answer_that_is_released_proves_nothing_more(db: Database, tmp_path: Path, back: Sent) -> None:
    pays(db, tmp_path, back.numbers[1], PAID)
    with db.reading() as session:
        row = session.exec(select(RemittanceClaim.id)).one()

    release(db, SYSTEM, row, "of another")

    assert statuses(db)[back.numbers[1]] is ClaimStatus.READY


def test_a_reversal_of_an_answer_that_is_not_here_proves_it_too(db: Database, tmp_path: Path, back: Sent) -> None:
    payment = pays(db, tmp_path, back.numbers[1], REVERSED)
    after = statuses(db)[back.numbers[1]]

    unpost(db, SYSTEM, payment, "wrong file")

    assert (after, statuses(db)[back.numbers[1]]) == (ClaimStatus.EXPORTED, ClaimStatus.READY)


def test_a_claim_that_left_again_stays_so_when_the_answer_to_its_first_file_is_taken_back(
    db: Database, tmp_path: Path, back: Sent
) -> None:
    batch_claims(db, SYSTEM, tmp_path)
    payment = pays(db, tmp_path, back.numbers[1], PAID)

    unpost(db, SYSTEM, payment, "wrong file")

    assert statuses(db)[back.numbers[1]] is ClaimStatus.EXPORTED


def test_a_claim_that_another_answer_in_the_same_payment_proves_sent_takes_both(
    db: Database, tmp_path: Path, back: Sent
) -> None:
    twice = (*DENIED, *(line.replace("ICN1", "ICN2") for line in OTHER_CHARGE))
    path = tmp_path / "both.835"
    path.write_bytes(settlement(a_set(tuple(line.format(back.numbers[1]) for line in twice), "60")))

    take_in_remittance(db, SYSTEM, path)

    with db.reading() as session:
        notes = session.exec(select(RemittanceClaim.note)).all()
        remittance = session.exec(select(Remittance.status)).one()
    assert remittance.value == "posted"
    assert not any("may answer" in note for note in notes)
    assert statuses(db)[back.numbers[1]] is ClaimStatus.EXPORTED


def test_the_denial_of_an_answer_that_waits_is_no_work_before_it_is_applied(
    db: Database, tmp_path: Path, back: Sent
) -> None:
    pays(db, tmp_path, back.numbers[1], tuple(line.replace("100.03", "99.03") for line in DENIED))
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, back.numbers[1], "it is theirs")

    with db.reading() as session:
        (denial,) = session.exec(select(Denial))
    assert (denial.status, denial.cents, denial.claim_id) == (DenialStatus.OPEN, 9_903, id_of(db, back.numbers[1]))


def brought_back(office: Office, claim_id: str) -> None:
    """A 999 refuses the set in which a claim left."""
    with office.db.reading() as session:
        claim = session.get_one(Claim, claim_id)
        export = session.get_one(ClaimExport, claim.export_id)
        controls = (export.interchange_control, export.group_control, export.transaction_control, export.receiver)
    left = Sent(*controls, (), ())
    arrive(office.db, office.folder, implementation(left, f"AK2*837*{left.control}~IK5*R*5~", "R"))


def test_a_replacement_that_came_back_and_is_answered_takes_the_charge_of_what_it_replaces_after_all(
    office: Office, tmp_path: Path
) -> None:
    replaced(office)
    with office.db.reading() as session:
        later = session.exec(select(Claim).where(Claim.frequency == "7")).one()
    sent_out = charged(office.db)
    brought_back(office, later.id)
    back_again = charged(office.db)

    payment = pays(office.db, tmp_path, later.claim_number, PAID)
    answered = charged(office.db)
    unpost(office.db, SYSTEM, payment, "wrong file")

    assert sent_out == answered == {later.claim_number: 10_003}
    assert back_again == charged(office.db) == {office.number: 10_003}
    assert statuses(office.db)[later.claim_number] is ClaimStatus.READY


def test_a_claim_to_the_next_payer_that_came_back_is_sent_where_that_answers_by_the_first_number(
    office: Office, tmp_path: Path
) -> None:
    office.answer()
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    office.sent(secondary.claim_id)
    brought_back(office, secondary.claim_id)
    named = (SUPPLEMENT[0], NAMED, *SUPPLEMENT[1:])

    office.answer("1", named, "15", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")

    assert statuses(office.db)[secondary.claim_number] is ClaimStatus.EXPORTED
    assert of_claim(office.db) == {
        JournalAccount.CHARGES: -10_003,
        JournalAccount.CASH: 7_500,
        JournalAccount.CONTRACTUAL: 2_003,
        JournalAccount.PATIENT_RECEIVABLE: 500,
    }


def charged(db: Database) -> dict[str, int]:
    """What claims have charged, by their numbers."""
    query = (
        select(Claim.claim_number, func.sum(-col(JournalLine.cents)))
        .join(Posting, col(Posting.claim_id) == Claim.id)
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .where(JournalLine.account == JournalAccount.CHARGES)
        .group_by(Claim.claim_number)
    )
    with db.reading() as session:
        return {number: int(cents) for number, cents in session.exec(query) if cents}


@pytest.mark.parametrize("taken_back", ["un-posted", "released"])
def test_a_claim_that_is_voided_meanwhile_does_not_leave_beside_its_void(
    db: Database, tmp_path: Path, back: Sent, taken_back: str
) -> None:
    number = back.numbers[1]
    payment = pays(db, tmp_path, number, PAID)
    void = void_sent_claim(db, SYSTEM, id_of(db, number), "wrong patient")
    scrub_claim(db, CODES, SYSTEM, void.claim_id, today=TODAY)

    if taken_back == "un-posted":
        unpost(db, SYSTEM, payment, "wrong file")
    else:
        with db.reading() as session:
            row = session.exec(select(RemittanceClaim.id)).one()
        release(db, SYSTEM, row, "of another")

    assert statuses(db)[number] is ClaimStatus.EXPORTED
    assert number not in leaving(db) and void.claim_number in leaving(db)
    with db.reading() as session:
        (entry,) = session.exec(select(LogEntry).where(LogEntry.action == "claim.unproved"))
    assert f"{void.claim_number} follows it (void)" in entry.detail["reason"]


def test_what_was_applied_and_released_holds_its_claim_back_again(db: Database, tmp_path: Path, back: Sent) -> None:
    number = back.numbers[1]
    pays(db, tmp_path, number, OTHER_CHARGE)
    (row,) = waiting(db)
    apply_to_claim(db, SYSTEM, row.id, number, "it is ours", though_another=True)

    release(db, SYSTEM, row.id, "posted too soon")

    (again,) = waiting(db)
    assert f"released from claim {number} of ours: posted too soon; may answer {number}, which came back" in again.note
    assert held(db)[number].startswith("came back, but trace EFT0001 on 2026-11-03 may answer it")
    assert number not in leaving(db)


def test_the_answer_to_a_claim_that_was_given_up_says_so_and_holds_the_one_built_again(
    db: Database, tmp_path: Path, back: Sent
) -> None:
    number = back.numbers[1]
    with db.reading() as session:
        coding = session.exec(select(Claim.coding_id).where(Claim.claim_number == number)).one()
    void_claim(db, SYSTEM, id_of(db, number), "built anew")
    pays(db, tmp_path, number, PAID)
    (built,) = build_claims(db, SYSTEM, coding).built
    scrub_claim(db, CODES, SYSTEM, built.claim_id, today=TODAY)

    (row,) = waiting(db)
    before = held(db)
    refund_unapplied(db, SYSTEM, row.id, row.left_cents, "asked back")

    assert f"may answer {number}, which was given up" in row.note
    assert before[built.claim_number].startswith(f"bills what {number} billed, which was given up, but trace EFT0001")
    assert built.claim_number in leaving(db)


def test_the_payers_number_of_an_applied_answer_is_kept(db: Database, tmp_path: Path, back: Sent) -> None:
    pays(db, tmp_path, back.numbers[1], OTHER_NUMBER)
    (row,) = waiting(db)

    apply_to_claim(db, SYSTEM, row.id, back.numbers[1], "it is ours")

    with db.reading() as session:
        assert session.get_one(Claim, id_of(db, back.numbers[1])).payer_number == "ICN1"


def test_a_number_that_comes_after_the_void_was_built_is_stated_in_it(db: Database, tmp_path: Path, back: Sent) -> None:
    number = back.numbers[1]
    pays(db, tmp_path, number, tuple(line.replace("*HM*ICN1", "*HM") for line in OWED))
    void = void_sent_claim(db, SYSTEM, id_of(db, number), "wrong patient").claim_id
    before = reference_of(db, void)

    pays(db, tmp_path, number, PAID, trace="EFT0002")

    assert (before, reference_of(db, void)) == ("", "ICN1")


def reference_of(db: Database, claim_id: str) -> str:
    with db.reading() as session:
        return str(session.get_one(Claim, claim_id).parties.get("original_reference", ""))
