"""Coverages that billers mend and add: what claims state then, what the log keeps, what registration may change."""

from __future__ import annotations

import json

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.content import load_claim
from store.claims.entered import where_entered
from store.coverages import CoverageRefused, account_of, add_coverage, mend_coverage
from store.database import Database
from store.intake.native import to_record
from store.intake.writer.messages import store_encounter
from store.models import Claim, Coverage, Encounter, LogEntry, Payer
from store.terms import ClaimStatus
from tests.store.claim_samples import add_coding, add_encounter
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_to_patient import billed

pytestmark = pytest.mark.both_databases

__all__ = ["billed", "office"]


@pytest.fixture
def drafted(db: Database) -> str:
    """A claim that has not left; its id."""
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    return build_claims(db, SYSTEM).built[0].claim_id


def account(db: Database) -> str:
    with db.reading() as session:
        return account_of(session, "V1")


def second(db: Database) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Payer(source="test", local_id="P2", name="Second Plan", payer_identifier="SECOND"))


def coverages(db: Database) -> list[tuple[int, str, str]]:
    with db.reading() as session:
        query = select(Coverage.sequence, Payer.name, Coverage.member_id).join(Payer)
        return [tuple(row) for row in session.exec(query.order_by(Coverage.sequence))]


def test_a_mended_member_id_is_on_the_claim_that_has_not_left(db: Database, drafted: str) -> None:
    done = mend_coverage(db, SYSTEM, account(db), 1, {"member_id": " XQ0000001 "})

    with db.reading() as session:
        content = load_claim(session, drafted)
    assert content.parties.coverage.member_id == "XQ0000001"
    assert (done.changed, done.left) == ((content.claim_number,), ())


def test_the_log_has_what_was_before_and_after(db: Database, drafted: str) -> None:
    mend_coverage(db, SYSTEM, account(db), 1, {"group_number": "G7"})

    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "coverage.mend")).one()
    assert (entry.target_kind, entry.detail["before"], entry.detail["after"]) == (
        "account",
        {"group_number": ""},
        {"group_number": "G7"},
    )


def test_a_claim_that_left_with_the_old_one_is_named_to_be_replaced(office: Office) -> None:
    done = mend_coverage(office.db, SYSTEM, account(office.db), 1, {"member_id": "XQ0000001"})

    assert (done.changed, done.left) == ((), (office.number,))
    assert f"codedesk claims replace {office.number}" in done.told()


def test_a_coverage_is_added_behind_and_before(db: Database, drafted: str) -> None:
    second(db)

    add_coverage(db, SYSTEM, account(db), "second plan", {"member_id": "SP1"})
    add_coverage(db, SYSTEM, account(db), "SECOND", {"member_id": "SP2"}, before=1)

    assert [(place, member) for place, _, member in coverages(db)] == [(1, "SP2"), (2, "XQ4471902"), (3, "SP1")]
    with db.reading() as session:
        assert load_claim(session, drafted).parties.coverage.member_id == "SP2"


def test_a_coverage_of_a_patient_who_paid_alone_takes_the_place_of_self_pay(db: Database, billed: str) -> None:
    add_coverage(db, SYSTEM, account(db), "BLUEP", {"member_id": "XQ4471902"})

    assert coverages(db) == [(1, "Blue Plains", "XQ4471902")]
    with db.reading() as session:
        assert session.get_one(Claim, billed).status is ClaimStatus.DRAFT


def test_a_coverage_is_added_before_self_pay_which_nothing_is_behind(db: Database, billed: str) -> None:
    add_coverage(db, SYSTEM, account(db), "BLUEP", {"member_id": "XQ4471902"}, before=1)

    assert coverages(db) == [(1, "Blue Plains", "XQ4471902")]


def test_a_coverage_is_added_before_the_first_of_an_account_that_has_none(db: Database, drafted: str) -> None:
    with db.change(SYSTEM) as change:
        for one in change.session.exec(select(Coverage)):
            change.session.delete(one)

    add_coverage(db, SYSTEM, account(db), "BLUEP", {"member_id": "XQ4471902"}, before=1)

    assert coverages(db) == [(1, "Blue Plains", "XQ4471902")]


def test_a_coverage_before_a_self_pay_entry_is_before_what_stands_behind_that(db: Database, billed: str) -> None:
    second(db)
    with db.change(SYSTEM) as change:
        visit = change.session.exec(select(Coverage)).one().account_id
        other = change.session.exec(select(Payer).where(Payer.payer_identifier == "SECOND")).one()
        change.session.add(Coverage(account_id=visit, payer_id=other.id, sequence=2, member_id="SP1"))

    add_coverage(db, SYSTEM, account(db), "BLUEP", {"member_id": "XQ4471902"}, before=1)

    assert [(place, member) for place, _, member in coverages(db)] == [(1, "XQ4471902"), (2, "SP1")]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"shoe_size": "44"}, "no field"),
        ({"payer": "Nobody"}, "knows no one payer"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"relationship": "friend"}, "relationship"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(db: Database, drafted: str, values: dict[str, str], why: str) -> None:
    with pytest.raises(CoverageRefused, match=why):
        mend_coverage(db, SYSTEM, account(db), 1, values)


def says(db: Database, member_id: str, **more: object) -> tuple[str, ...]:
    """Registration tells of the account again with one coverage; what the report has to say of it."""
    with db.reading() as session:
        visit = session.exec(select(Encounter)).one()
        payer = session.exec(select(Payer).where(Payer.local_id != "P2", Payer.local_id != "SELF")).one()
    record = {
        "source": visit.source,
        "visit_number": visit.visit_number,
        "setting": visit.setting.value,
        "started_at": visit.started_at,
        "patient": {"source": "test", "mrn": "00398120", "family_name": "Lindqvist"},
        "account": {"source": "test", "account_number": "V1"},
        "coverages": [
            {
                "sequence": 1,
                "payer": {"source": payer.source, "local_id": payer.local_id, "name": payer.name},
                "member_id": member_id,
                **more,
            }
        ],
    }
    with db.change(SYSTEM) as change:
        return store_encounter(change, to_record(json.dumps(record).encode())).notes


def test_registration_that_repeats_the_old_value_leaves_the_mend_and_says_so(db: Database, drafted: str) -> None:
    mend_coverage(db, SYSTEM, account(db), 1, {"member_id": "XQ0000001"})

    notes = says(db, "XQ4471902")

    assert [member for _, _, member in coverages(db)] == ["XQ0000001"]
    assert any("stays as a biller mended it" in note for note in notes)


def test_registration_with_a_new_value_is_taken_and_said(db: Database, drafted: str) -> None:
    mend_coverage(db, SYSTEM, account(db), 1, {"member_id": "XQ0000001"})

    notes = says(db, "XQ7777777")

    assert [member for _, _, member in coverages(db)] == ["XQ7777777"]
    assert any("is the message's now" in note for note in notes)


def test_what_a_biller_added_stays_beside_what_registration_says(db: Database, drafted: str) -> None:
    second(db)
    add_coverage(db, SYSTEM, account(db), "SECOND", {"member_id": "SP2"}, before=1)

    notes = says(db, "XQ4471902", group_number="G9")

    assert [(place, member) for place, _, member in coverages(db)] == [(1, "SP2"), (2, "XQ4471902")]
    assert any("which a biller added, stays" in note for note in notes)


def test_a_finding_of_a_coverage_names_the_way(db: Database) -> None:
    assert "codedesk coverages set" in where_entered("coverage.1.member_id").where
