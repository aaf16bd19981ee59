"""One way through: claims leave, are answered, paid in part and denied in part, and every cent is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from store import acks
from store.actors import SYSTEM
from store.database import Database
from store.denials.work import write_off
from store.models import Claim, Denial
from store.remits.posting import take_in, unpost
from store.terms import ClaimStatus, JournalAccount, Outcome
from tests.store.remittance_samples import a_set, balances, interchange
from tests.store.test_acks import PROVIDER, Sent, claim_status, implementation, patient, sent

__all__ = ["sent"]

pytestmark = pytest.mark.both_databases


def test_claims_leave_are_answered_paid_and_denied(db: Database, tmp_path: Path, sent: Sent) -> None:
    paid, denied, takenback = sent.numbers
    files = {
        "accepted.999": implementation(sent, f"AK2*837*{sent.control}~IK5*A~", "A"),
        "accepted.277": claim_status(
            sent,
            PROVIDER.format(npi="1234567893") + "".join(patient(one, "A2:20", f"ICN{one[-1]}") for one in sent.numbers),
        ),
        "era.835": interchange(
            a_set(
                (
                    f"CLP*{paid}*1*100.03*80*10*MB*ICN1",
                    "SVC*HC:G0463*50.01*40**1",
                    "CAS*CO*45*10.01",
                    f"REF*6R*{paid}-1",
                    "SVC*HC:G0439*50.02*40**1",
                    "CAS*CO*45*.02",
                    "CAS*PR*2*10",
                    f"REF*6R*{paid}-2",
                    f"CLP*{denied}*4*100.03*0**MB*ICN2",
                    "CAS*CO*50*100.03",
                    f"CLP*{takenback}*1*100.03*100.03**MB*ICN3",
                    "PLB*1999999984*20261231*WO:ICN0*30",
                ),
                "150.03",
            )
        ),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    answers = [acks.take_in(db, SYSTEM, tmp_path / name).answers[0] for name in ("accepted.999", "accepted.277")]
    (remittance,) = take_in(db, SYSTEM, tmp_path / "era.835").sets
    posted = balances(db)
    with db.reading() as session:
        (denial,) = session.exec(select(Denial)).all()
        claims = session.exec(select(Claim).order_by(col(Claim.claim_number))).all()
    write_off(db, SYSTEM, [denial.id], "no appeal is of use")

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert [(claim.status, claim.payer_number) for claim in claims] == [
        (ClaimStatus.EXPORTED, "ICN1"),
        (ClaimStatus.EXPORTED, "ICN2"),
        (ClaimStatus.EXPORTED, "ICN3"),
    ]
    assert (remittance.outcome, remittance.matched, remittance.unapplied_cents) == ("posted", 3, 0)
    assert posted == {
        JournalAccount.CASH: 15_003,
        JournalAccount.CONTRACTUAL: 1_003,
        JournalAccount.PATIENT_RECEIVABLE: 1_000,
        JournalAccount.DENIED: 10_003,
        JournalAccount.PROVIDER_LEVEL: 3_000,
        JournalAccount.PAYER_RECEIVABLE: -30_009,
    }
    assert balances(db)[JournalAccount.WRITE_OFF] == 10_003


def test_what_was_posted_can_be_taken_back_to_the_cent(db: Database, tmp_path: Path, sent: Sent) -> None:
    (tmp_path / "era.835").write_bytes(interchange(a_set((f"CLP*{sent.numbers[0]}*1*100.03*100.03**MB*I",), "100.03")))
    (remittance,) = take_in(db, SYSTEM, tmp_path / "era.835").sets

    unpost(db, SYSTEM, remittance.remittance_id, "another bank account")

    assert balances(db) == {}
