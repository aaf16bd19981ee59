"""A payer is sent no second original of a visit while it holds the first: that is to be voided there before."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.export import ExportRefused, export_claims, staying_behind
from store.claims.replacing import replace_claim
from store.claims.scrubbing import scrub_claim
from store.claims.voiding import void_sent_claim
from store.models import Claim, Coverage, Finding, Payer
from store.terms import ClaimStatus
from tests.store.claim_samples import CODES, TODAY
from tests.store.test_claims_counted import DENIED, REVERSED, replaced, voided
from tests.store.test_claims_following import Office, office, recode
from tests.store.test_claims_replacing import bills_another

pytestmark = pytest.mark.both_databases

__all__ = ["office"]


def bills(office: Office, identifier: str) -> None:
    """Registration names a payer that it has named before, or a new one."""
    with office.db.change(SYSTEM) as change:
        session = change.session
        payer = session.exec(select(Payer).where(Payer.payer_identifier == identifier)).first()
        if payer is None:
            payer = Payer(
                source="test", local_id=identifier, name=f"{identifier.title()} Plan", payer_identifier=identifier
            )
            payer.claim_filing_code = "CI"
            session.add(payer)
            session.flush()
        session.exec(select(Coverage).where(Coverage.sequence == 1)).one().payer_id = payer.id


def moved(office: Office) -> Office:
    """The claim to another payer in the place of the first one; both have left."""
    bills_another(office.db)
    return replaced(office)


def moved_back(office: Office) -> Office:
    """What is built in the place of that, for the first payer again."""
    later = moved(office)
    bills(office, "BLUEP")
    built = replace_claim(office.db, SYSTEM, later.claim_id)
    return Office(office.db, office.folder, built.claim_id, built.claim_number)


def status(office: Office) -> ClaimStatus:
    return scrub_claim(office.db, CODES, SYSTEM, office.claim_id, today=TODAY).status


def blocking(office: Office) -> list[str]:
    """What the findings of a scrub say that stop the claim."""
    status(office)
    with office.db.reading() as session:
        found = session.exec(select(Finding).where(Finding.subject_id == office.claim_id)).all()
    return [one.message for one in found if one.severity.blocks]


def holds(office: Office) -> str:
    return (
        f"Blue Plains holds {office.number} of the visit: codedesk claims void {office.number} --reason WHY takes it"
        " back there first (frequency 8)"
    )


def test_a_claim_to_a_payer_that_holds_one_of_the_visit_says_so_when_it_is_built(office: Office) -> None:
    later = moved(office)
    bills(office, "BLUEP")

    built = replace_claim(office.db, SYSTEM, later.claim_id)

    assert built.notes[-1] == f"it does not leave yet: {holds(office)}"


def test_its_findings_say_which_claim_the_payer_holds(office: Office) -> None:
    back = moved_back(office)

    found = blocking(back)

    assert found == [f"It would be a second original there: {holds(office)}."]


def test_it_does_not_leave_though_its_findings_were_of_before(office: Office) -> None:
    back = moved_back(office)
    with office.db.change(SYSTEM) as change:
        claim = change.session.get_one(Claim, back.claim_id)
        claim.status, claim.scrubbed_at = ClaimStatus.READY, "2026-10-01T00:00:00Z"

    with pytest.raises(ExportRefused, match=f"Blue Plains holds {office.number} of the visit"):
        export_claims(office.db, SYSTEM, [back.claim_id], office.folder / "back.837")


def test_the_batch_says_which_claim_the_payer_holds(office: Office) -> None:
    back = moved_back(office)
    status(back)

    with office.db.reading() as session:
        (stays,) = staying_behind(session, [back.claim_id], "837p")

    assert (stays.claim_number, stays.reason) == (back.number, f"stays: {holds(office)}")


def test_a_void_that_has_not_left_is_named_as_what_takes_it_back(office: Office) -> None:
    back = moved_back(office)

    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong payer")

    (said,) = blocking(back)
    assert said.endswith(f"of the visit: {void.claim_number} takes it back there once it has left.")


def test_a_void_that_its_payer_refuses_leaves_it_where_it_is(office: Office) -> None:
    back = moved_back(office)
    voided(office)
    with office.db.reading() as session:
        void = session.exec(select(Claim).where(Claim.frequency == "8")).one()

    office.answer("4", (f"CLP*{void.claim_number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", "EFT0002")

    assert blocking(back) == [f"It would be a second original there: {holds(office)}."]


def test_the_same_holds_by_a_longer_way_round(office: Office) -> None:
    later = moved(office)
    bills(office, "THIRD")
    third = replaced(later)
    bills(office, "BLUEP")

    built = replace_claim(office.db, SYSTEM, third.claim_id)

    assert built.notes[-1] == f"it does not leave yet: {holds(office)}"


def test_the_same_holds_of_a_recode(office: Office) -> None:
    moved(office)
    bills(office, "BLUEP")
    recode(office.db)

    (built,) = build_claims(office.db, SYSTEM).built

    assert built.notes[-1] == f"it does not leave yet: {holds(office)}"


def test_the_same_holds_of_what_is_built_as_new_once_the_other_payers_claim_is_voided(office: Office) -> None:
    voided(office, moved(office).claim_id)
    bills(office, "BLUEP")

    (built,) = build_claims(office.db, SYSTEM, "V1").built

    assert built.notes[-1] == f"it does not leave yet: {holds(office)}"


def test_the_same_holds_where_the_claim_to_the_other_payer_is_given_up(office: Office) -> None:
    later = moved(office)
    bills(office, "BLUEP")
    built = replace_claim(office.db, SYSTEM, later.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, later.claim_id).status = ClaimStatus.VOID

    said = blocking(Office(office.db, office.folder, built.claim_id, built.claim_number))

    assert f"It would be a second original there: {holds(office)}." in said


def test_another_payer_is_not_held_up(office: Office) -> None:
    later = moved(office)
    bills(office, "THIRD")

    third = replaced(later)

    with office.db.reading() as session:
        assert session.get_one(Claim, third.claim_id).status is ClaimStatus.EXPORTED


@pytest.mark.parametrize("how", ["denied whole", "reversed"])
def test_what_its_payer_denied_whole_or_reversed_holds_up_nothing(office: Office, how: str) -> None:
    if how == "denied whole":
        office.answer("4", DENIED, "0")
    else:
        office.answer()
        office.answer("22", REVERSED, "0", "EFT0002")

    back = moved_back(office)

    assert status(back) is ClaimStatus.READY
