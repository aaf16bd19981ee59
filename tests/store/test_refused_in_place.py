"""A void or a replacement that its receiver refuses leaves what it followed owed as before."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from store.acks import AnswerTakenIn, take_in
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.changes import release_claim, void_claim
from store.claims.voiding import void_sent_claim
from store.models import Claim, ClaimExport
from store.terms import ClaimStatus, JournalAccount
from tests.store.test_acks import PROVIDER, Sent, claim_status, implementation, patient
from tests.store.test_claims_following import Office, office, recode
from tests.store.test_ledger import owed

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

FIRST = {("Blue Plains", JournalAccount.PAYER_RECEIVABLE): 10003}


@pytest.fixture(params=["void", "replacement"])
def follower(office: Office, request: pytest.FixtureRequest) -> str:
    """The id of a claim that left in the place of the first one."""
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, office.claim_id).payer_number = "ICN1"
    if request.param == "void":
        built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    else:
        recode(office.db)
        (built,) = build_claims(office.db, SYSTEM).built
    office.sent(built.claim_id)
    return built.claim_id


def refused(office: Office, claim_id: str, kind: str) -> AnswerTakenIn:
    """The receiver refuses the claim that left last, by a 999 or a 277CA."""
    with office.db.reading() as session:
        export = session.exec(select(ClaimExport).order_by(col(ClaimExport.interchange_control).desc())).first()
        claim = session.get_one(Claim, claim_id)
        number, payer = claim.claim_number, claim.parties["coverage"]["payer"]
    assert export is not None
    sent = Sent(
        export.interchange_control,
        export.group_control,
        export.transaction_control,
        export.receiver,
        (number,),
        tuple(tuple(place) for place in export.segments),
    )
    position = sent.position(number, "line.1.service_date")
    content = (
        implementation(sent, f"AK2*837*{sent.control}~IK3*DTP*{position}**8~IK5*R*5~", "R")
        if kind == "999"
        else claim_status(sent, PROVIDER.format(npi="1234567893") + patient(number, "A7:562:85")).replace(
            b"BLUE PLAINS*****PI*BLUEP", f"{payer['name']}*****PI*{payer['identifier']}".upper().encode()
        )
    )
    path = office.folder / f"answer-{kind}.x12"
    path.write_bytes(content)
    (answer,) = take_in(office.db, SYSTEM, path).answers
    return answer


@pytest.mark.parametrize("kind", ["999", "277"])
def test_what_followed_a_claim_and_was_refused_leaves_it_owed_as_before(
    office: Office, follower: str, kind: str
) -> None:
    answer = refused(office, follower, kind)

    assert owed(office.db) == FIRST
    assert f"did not happen: {office.number} is owed as before" in answer.note


def test_what_was_refused_moves_the_charge_again_when_it_is_sent_again(office: Office, follower: str) -> None:
    before = owed(office.db)
    refused(office, follower, "999")
    release_claim(office.db, SYSTEM, follower, "the receiver's fault")
    (office.folder / f"{follower}.837").unlink()

    office.sent(follower)

    assert owed(office.db) == before


def test_what_was_refused_twice_and_is_given_up_is_put_back_once(office: Office, follower: str) -> None:
    refused(office, follower, "999")
    again = refused(office, follower, "277")

    void_claim(office.db, SYSTEM, follower, "the payer wants it otherwise")

    assert owed(office.db) == FIRST
    assert "did not happen" not in again.note


def test_a_refused_void_waits_to_be_mended(office: Office, follower: str) -> None:
    refused(office, follower, "277")

    with office.db.reading() as session:
        assert session.get_one(Claim, follower).status is ClaimStatus.REJECTED
