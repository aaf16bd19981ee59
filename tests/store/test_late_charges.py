"""Charges that come after a claim left: billed alone or with the whole claim, and credits that are told."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.following import CannotFollow
from store.claims.late_charges import bill_late_charges
from store.database import Database
from store.models import Charge, Claim, Coding, Encounter
from store.terms import ClaimStatus, CodingStatus
from tests.store.claim_samples import SERVICE, add_coding
from tests.store.test_claims_following import Office, office, stay

pytestmark = pytest.mark.both_databases

__all__ = ["office", "stay"]


def late_charge(db: Database) -> None:
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        for number, (revenue, cents) in enumerate((("0120", 100000), ("0250", 1234)), 2):
            charge = Charge(encounter_id=encounter.id, charge_number=str(number), service_date=SERVICE)
            charge.revenue_code, charge.amount_cents, charge.units = revenue, cents, 1
            change.session.add(charge)


def test_late_charges_alone_go_on_a_bill_of_frequency_five(stay: Office) -> None:
    late_charge(stay.db)

    built = bill_late_charges(stay.db, SYSTEM, stay.claim_id, new_only=True)

    claim = stay.content(built.claim_id)
    assert claim.frequency == "5"
    assert [(line.revenue_code, line.charge_cents) for line in claim.lines] == [("0120", 100000), ("0250", 1234)]


def test_late_charges_can_replace_the_whole_claim(stay: Office) -> None:
    late_charge(stay.db)

    built = bill_late_charges(stay.db, SYSTEM, stay.claim_id)

    claim = stay.content(built.claim_id)
    assert (claim.frequency, claim.parties.original_reference, claim.total_cents) == ("7", "ICN5", 601234)


@pytest.mark.parametrize("new_only_first", [True, False])
def test_a_late_charge_is_billed_alone_or_with_the_whole_claim_and_not_both(stay: Office, new_only_first: bool) -> None:
    late_charge(stay.db)
    first = bill_late_charges(stay.db, SYSTEM, stay.claim_id, new_only=new_only_first)

    with pytest.raises(CannotFollow, match=f"{first.claim_number} follows it already"):
        bill_late_charges(stay.db, SYSTEM, stay.claim_id, new_only=not new_only_first)


def credited(db: Database, cents: int, revenue: str = "0120") -> None:
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        first = change.session.exec(select(Charge).where(Charge.revenue_code == revenue)).first()
        assert first is not None
        credit = Charge(encounter_id=encounter.id, charge_number=f"{first.charge_number}R", service_date=SERVICE)
        credit.revenue_code, credit.amount_cents, credit.units = revenue, -cents, first.units
        credit.reversal_of = first.charge_number
        change.session.add(credit)


def test_what_was_credited_since_a_claim_left_is_told_and_the_claim_is_replaced(stay: Office) -> None:
    late_charge(stay.db)
    credited(stay.db, 500000)

    built = bill_late_charges(stay.db, SYSTEM, stay.claim_id)

    claim = stay.content(built.claim_id)
    assert built.notes == (f"0120 {SERVICE} was credited 4,000.00 since it left",)
    assert (claim.frequency, claim.total_cents) == ("7", 101234)


def test_a_bill_of_what_is_new_alone_is_refused_where_something_was_credited(stay: Office) -> None:
    late_charge(stay.db)
    credited(stay.db, 500000)

    with pytest.raises(CannotFollow, match="takes nothing back") as refused:
        bill_late_charges(stay.db, SYSTEM, stay.claim_id, new_only=True)

    assert "replaces it whole" in refused.value.remedy


def test_a_claim_that_was_credited_whole_is_to_be_voided(stay: Office) -> None:
    credited(stay.db, 500000)

    with pytest.raises(CannotFollow, match="nothing is left to bill: 0120") as refused:
        bill_late_charges(stay.db, SYSTEM, stay.claim_id)

    assert "voids it with the payer" in refused.value.remedy


def test_a_credit_that_the_coder_of_a_professional_claim_has_not_seen_is_told(office: Office) -> None:
    with office.db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        credit = Charge(encounter_id=encounter.id, charge_number="R1", service_date=SERVICE, amount_cents=-5001)
        credit.procedure_code, credit.reversal_of = "G0463", "1"
        change.session.add(credit)

    with pytest.raises(CannotFollow, match=r"50\.01 credited since it left is not in its codes"):
        bill_late_charges(office.db, SYSTEM, office.claim_id)


def test_without_a_late_charge_nothing_is_built(stay: Office) -> None:
    with pytest.raises(CannotFollow, match="no charge came since it left"):
        bill_late_charges(stay.db, SYSTEM, stay.claim_id)


def test_a_recode_after_late_charges_replaces_what_stands_with_the_payer(stay: Office) -> None:
    late_charge(stay.db)
    replacement = bill_late_charges(stay.db, SYSTEM, stay.claim_id)
    with stay.db.change(SYSTEM) as change:
        change.session.get_one(Claim, replacement.claim_id).status = ClaimStatus.EXPORTED
        coding = change.session.exec(select(Coding)).one()
        coding.status = CodingStatus.SUPERSEDED
        encounter = change.session.exec(select(Encounter)).one()
        add_coding(change.session, encounter, ("A41.9",), (), coding.kind, version=2)

    (built,) = build_claims(stay.db, SYSTEM).built

    assert built.replaces == replacement.claim_number
