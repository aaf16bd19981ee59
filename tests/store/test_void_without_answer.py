"""What bills a visit again at the payer of its void asks before it leaves, while the void has no answer yet."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from store.acks import take_in
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.scrubbing import scrub_claim
from store.models import Claim, ClaimExport, Finding
from store.terms import ClaimStatus
from tests.store.claim_samples import CODES, TODAY
from tests.store.test_acks import PROVIDER, Sent, claim_status, patient
from tests.store.test_claims_counted import DENIED, REVERSED
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_held import moved_back
from tests.store.test_claims_replacing import bills_another, void_at_first_payer

pytestmark = pytest.mark.both_databases

__all__ = ["office"]


def built_anew(office: Office) -> str:
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    return built.claim_id


def blocking(office: Office, claim_id: str) -> list[str]:
    scrub_claim(office.db, CODES, SYSTEM, claim_id, today=TODAY)
    with office.db.reading() as session:
        found = session.exec(select(Finding).where(Finding.subject_id == claim_id)).all()
    return [one.message for one in found if one.severity.blocks]


def number(office: Office, claim_id: str) -> str:
    with office.db.reading() as session:
        return session.get_one(Claim, claim_id).claim_number


def accepted(office: Office, void: str, how: str) -> None:
    """The payer takes the void: by a 277CA, by an 835 that answers it, or by reversing what it voids."""
    told = number(office, void)
    if how == "reversal":
        office.answer("22", REVERSED, "0", "EFT0002")
    elif how == "835":
        office.answer("22", (f"CLP*{told}*22*-100.03*0**HM*ICN7", "CAS*CO*45*-100.03"), "0", "EFT0002")
    else:
        with office.db.reading() as session:
            export = session.exec(select(ClaimExport).order_by(col(ClaimExport.interchange_control).desc())).first()
        assert export is not None
        sent = Sent(
            export.interchange_control, export.group_control, export.transaction_control, export.receiver, (told,), ()
        )
        path = office.folder / "taken.277"
        path.write_bytes(claim_status(sent, PROVIDER.format(npi="1234567893") + patient(told, "A2:20")))
        (answer,) = take_in(office.db, SYSTEM, path).answers
        assert "1" in str(answer)


def test_a_claim_beside_a_void_without_an_answer_asks_before_it_leaves(office: Office) -> None:
    void = void_at_first_payer(office)

    found = blocking(office, built_anew(office))

    assert found == [
        f"{number(office, void)}, the void of {office.number}, has no answer yet: a payer that refuses it would hold"
        " two claims of the visit."
    ]


def test_it_leaves_once_somebody_lets_that_pass(office: Office) -> None:
    void_at_first_payer(office)
    anew = built_anew(office)

    office.let_pass(anew, "r484")

    assert b":B:1*" in office.sent(anew)


@pytest.mark.parametrize("how", ["277CA", "835", "reversal"])
def test_a_void_that_its_payer_has_taken_asks_nothing(office: Office, how: str) -> None:
    if how == "reversal":
        office.answer()
    void = void_at_first_payer(office)
    anew = built_anew(office)

    accepted(office, void, how)

    assert blocking(office, anew) == []


def test_a_void_of_what_was_denied_whole_asks_nothing(office: Office) -> None:
    office.answer("4", DENIED, "0")
    void_at_first_payer(office)

    assert blocking(office, built_anew(office)) == []


def test_a_claim_to_another_payer_is_not_asked_about(office: Office) -> None:
    void_at_first_payer(office)
    bills_another(office.db)

    assert blocking(office, built_anew(office)) == []


def test_what_goes_back_to_a_payer_asks_from_when_the_void_there_has_left(office: Office) -> None:
    back = moved_back(office)
    void = void_at_first_payer(office)

    (asked,) = blocking(office, back.claim_id)
    office.let_pass(back.claim_id, "r484")
    left = office.sent(back.claim_id)

    assert asked.startswith(f"{number(office, void)}, the void of {office.number}, has no answer yet")
    assert b":B:1*" in left and b"REF*F8" not in left
    with office.db.reading() as session:
        assert session.get_one(Claim, back.claim_id).status is ClaimStatus.EXPORTED
