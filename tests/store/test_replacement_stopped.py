"""A replacement that has not left is stopped where what it replaces is paid meanwhile, until somebody lets it pass."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.export import ExportRefused, export_claims
from store.claims.replacing import replace_claim
from store.claims.scrubbing import scrub_claim
from store.models import Claim, Finding, Remittance
from store.remits.posting import unpost
from store.scrub.findings import override
from store.terms import ClaimStatus
from tests.store.claim_samples import CODES, TODAY
from tests.store.test_claims_counted import DENIED
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_replacing import bills_another

pytestmark = pytest.mark.both_databases

__all__ = ["office"]


def ready(office: Office) -> str:
    """Build the replacement of the claim and scrub it; its id."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).payer_number = "ICN1"
    built = replace_claim(office.db, SYSTEM, office.claim_id).claim_id
    assert scrubbed(office, built) is ClaimStatus.READY
    return built


def scrubbed(office: Office, claim_id: str) -> ClaimStatus:
    return scrub_claim(office.db, CODES, SYSTEM, claim_id, today=TODAY).status


def status(office: Office, claim_id: str) -> ClaimStatus:
    with office.db.reading() as session:
        return session.get_one(Claim, claim_id).status


def test_a_ready_replacement_of_a_claim_that_is_paid_meanwhile_does_not_leave(office: Office) -> None:
    replacement = ready(office)

    office.answer()

    assert status(office, replacement) is ClaimStatus.DRAFT
    with pytest.raises(ExportRefused, match="has not been scrubbed"):
        export_claims(office.db, SYSTEM, [replacement], office.folder / "batch.837")


def test_its_findings_ask_about_the_payment(office: Office) -> None:
    replacement = ready(office)
    office.answer()

    after = scrubbed(office, replacement)

    with office.db.reading() as session:
        found = session.exec(select(Finding).where(Finding.subject_id == replacement)).all()
    (asked,) = [one for one in found if one.severity.blocks]
    assert after is ClaimStatus.SCRUB_FAILED
    assert asked.message == (
        "It replaces a claim that was paid after it was built:"
        f" MEADOWLARK HMO paid 60.00 of {office.number} by trace EFT0001 on 2026-11-03."
    )


def test_it_leaves_once_somebody_lets_that_pass(office: Office) -> None:
    replacement = ready(office)
    office.answer()
    scrubbed(office, replacement)
    with office.db.reading() as session:
        found = session.exec(select(Finding).where(Finding.subject_id == replacement)).all()
    (asked,) = [one.id for one in found if one.severity.blocks]

    override(office.db, SYSTEM, asked, "the units are still wrong")

    assert b":B:7*" in office.sent(replacement)


def test_a_payment_that_is_taken_back_stops_nothing(office: Office) -> None:
    replacement = ready(office)
    office.answer()
    with office.db.reading() as session:
        payment = session.exec(select(Remittance.id)).one()

    unpost(office.db, SYSTEM, payment, "wrong file")

    assert scrubbed(office, replacement) is ClaimStatus.READY


def test_a_denial_stops_no_replacement(office: Office) -> None:
    replacement = ready(office)

    office.answer("4", DENIED, "0")

    assert status(office, replacement) is ClaimStatus.READY


def test_a_payment_of_before_it_was_built_stops_no_replacement(office: Office) -> None:
    office.answer()

    replacement = ready(office)

    assert status(office, replacement) is ClaimStatus.READY


def test_a_claim_to_another_payer_is_not_stopped_by_what_the_first_one_pays(office: Office) -> None:
    bills_another(office.db)
    built = replace_claim(office.db, SYSTEM, office.claim_id).claim_id
    scrubbed(office, built)

    office.answer()

    assert status(office, built) is ClaimStatus.READY
