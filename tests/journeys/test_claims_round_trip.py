"""From the coded chart to the last cent: claims leave, are answered, paid by two payers, and every account comes out.

A stay and a clinic visit of one patient. The clinic visit has a second payer; the stay is rejected once by the payer's
front end and sent again. 999 and 277CA are made from the file that left, the remittances as payers write them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, func, select

from store import acks
from store.actors import SYSTEM
from store.claims.batches import batch_claims
from store.claims.build import build_claims
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payers
from store.claims.segments import segments_of
from store.claims.strict_check import strict_faults
from store.database import Database
from store.ledger.accounts import account_id_of
from store.ledger.deposits import take_in_deposits
from store.ledger.money import patient_pays
from store.models import Account, Claim, ClaimExport, Encounter, Finding, JournalLine
from store.queries import SessionReader
from store.queries.ledger import account_page
from store.remits.posting import take_in
from store.terms import ClaimStatus, FindingState, JournalAccount, Outcome
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_claims_facility import add_stay
from tests.store.test_claims_following import second_payer

_HEAD = "ISA*00*          *00*          *ZZ*{receiver:<15}*ZZ*CODEDESK       *261103*1200*^*00501*000000007*0*T*:~"


def answered(export: ClaimExport, functional_id: str, body: str) -> bytes:
    group = f"GS*{functional_id}*THEM*CODEDESK*20261103*1200*7*X*005010~{body}GE*1*7~"
    return (_HEAD.format(receiver=export.receiver) + group + "IEA*1*000000007~").encode()


def accepted(export: ClaimExport) -> bytes:
    """A 999 that takes the set."""
    body = f"AK1*HC*{export.group_control}~AK2*837*{export.transaction_control}~IK5*A~AK9*A*1*1*1~"
    return answered(export, "FA", f"ST*999*0001*005010X231A1~{body}SE*6*0001~")


def status(export: ClaimExport, answers: dict[str, str]) -> bytes:
    """A 277CA that says for each claim what became of it."""
    batch = f"{export.interchange_control:09d}-{export.transaction_control}"
    claims = "".join(
        f"HL*{n}*3*PT*0~NM1*QC*1*LINDQVIST*PER~TRN*2*{number}~STC*{code}*20261103*{'WQ' if code[1] == '2' else 'U'}~"
        f"REF*1K*ICN{number[-3:]}~"
        for n, (number, code) in enumerate(answers.items(), 4)
    )
    body = (
        "BHT*0085*08*X1*20261103*1200*TH~HL*1**20*1~NM1*PR*2*BLUE PLAINS*****PI*BLUEP~TRN*1*T1~HL*2*1*21*1~"
        f"NM1*41*2*US*****46*US~TRN*2*{batch}~STC*A1:19:PR*20261103*WQ~HL*3*2*19*1~"
        f"NM1*85*2*CLINIC*****XX*1234567893~TRN*1*P1~{claims}"
    )
    return answered(export, "HN", f"ST*277*0001*005010X214~{body}SE*9*0001~")


def taken(db: Database, path: Path, content: bytes) -> Outcome:
    path.write_bytes(content)
    (answer,) = acks.take_in(db, SYSTEM, path).answers
    return answer.outcome


def remitted(db: Database, path: Path, trace: str, parts: tuple[str, ...], paid: str) -> None:
    path.write_bytes(interchange(a_set(parts, paid)).replace(b"EFT0001", trace.encode()))
    (one,) = take_in(db, SYSTEM, path).sets
    assert (one.outcome, one.unapplied_cents) == ("posted", 0), one.why


def owed(db: Database, account: str) -> dict[str, int]:
    with db.reading() as session:
        page = account_page(SessionReader(session), account_id_of(session, account) or "")
    assert page is not None
    return {party.name: party.cents for party in page.parties}


def exports(db: Database) -> dict[str, ClaimExport]:
    with db.reading() as session:
        return {row.form: row for row in session.exec(select(ClaimExport).order_by(col(ClaimExport.exported_at)))}


@pytest.mark.both_databases
def test_every_cent_of_two_visits_is_accounted_for(db: Database, tmp_path: Path) -> None:
    stay = add_stay(db, "STAY")
    with db.change(SYSTEM) as change:
        visit = add_encounter(change.session, "VISIT", "2026-09-15")
        second_payer(change.session, visit)
        add_coding(change.session, visit)
    built = build_claims(db, SYSTEM).built
    with db.reading() as session:
        by_form = {claim.form: claim for claim in session.exec(select(Claim))}
        stay_account = session.exec(select(Account.account_number).where(Account.account_number == "STAY")).one()
    clinic, inpatient = by_form["837p"], by_form["837i"]
    assert (len(built), stay_account, inpatient.coding_id) == (2, "STAY", stay)

    # They leave, each in a file that a validator accepts.
    for claim in (clinic, inpatient):
        scrub_claim(db, CODES, SYSTEM, claim.id, today=TODAY)
    with db.change(SYSTEM) as change:  # the handful of codes of the tests knows none of the stay's
        row = change.session.get_one(Claim, inpatient.id)
        row.status = ClaimStatus.READY
        for finding in change.session.exec(select(Finding).where(Finding.subject_id == row.id)):
            finding.state = FindingState.OVERRIDDEN
    report = batch_claims(db, SYSTEM, tmp_path)
    assert report.claims == 2
    assert all(strict_faults(Path(file.report.destination)) == () for file in report.files)
    assert owed(db, "VISIT") == {"Blue Plains": 10003}
    assert owed(db, "STAY") == {"Blue Plains": 500000}

    # The front end takes one, and rejects the other, which leaves again and is charged once.
    sent = exports(db)
    for form, export in sent.items():
        assert taken(db, tmp_path / f"{form}.999", accepted(export)) is Outcome.ACCEPTED
    taken(db, tmp_path / "p.277", status(sent["837p"], {clinic.claim_number: "A2:20"}))
    taken(db, tmp_path / "i.277", status(sent["837i"], {inpatient.claim_number: "A3:21"}))
    with db.change(SYSTEM) as change:
        row = change.session.get_one(Claim, inpatient.id)
        assert row.status is ClaimStatus.REJECTED
        row.status = ClaimStatus.READY
    batch_claims(db, SYSTEM, tmp_path)
    assert owed(db, "STAY") == {"Blue Plains": 500000}

    # The payer pays both, leaves a share to the patient, and takes some money for another claim.
    number, own = clinic.claim_number, inpatient.claim_number
    remitted(
        db,
        tmp_path / "first.835",
        "EFT1",
        (
            f"CLP*{number}*1*100.03*60*20*HM*ICN1",
            "SVC*HC:G0463*50.01*40**1",
            "CAS*CO*45*10.01",
            f"REF*6R*{number}-1",
            "SVC*HC:G0439*50.02*20**1",
            "CAS*CO*45*10.02",
            "CAS*PR*2*20",
            f"REF*6R*{number}-2",
            f"CLP*{own}*1*5000*4200*300*HM*ICN2",
            "CAS*CO*45*500",
            "CAS*PR*1*300",
            "PLB*1999999984*20261231*WO:OLD*10",
        ),
        "4250",
    )
    assert owed(db, "VISIT") == {"patient": 2000}
    assert owed(db, "STAY") == {"patient": 30000}

    # The second payer is told, pays its share, and the patient pays the rest.
    (secondary,) = bill_next_payers(db, SYSTEM).built
    scrub_claim(db, CODES, SYSTEM, secondary.claim_id, today=TODAY)
    assert batch_claims(db, SYSTEM, tmp_path).claims == 1
    assert owed(db, "VISIT") == {"Second Plan": 2000}
    parts = (f"CLP*{secondary.claim_number}*2*100.03*15*5*CI*SEC1", "CAS*OA*23*80.03", "CAS*PR*3*5")
    remitted(db, tmp_path / "second.835", "EFT2", parts, "15")
    assert owed(db, "VISIT") == {"patient": 500}
    patient_pays(db, SYSTEM, "VISIT", 500, "card")
    patient_pays(db, SYSTEM, "STAY", 30000, "check")
    assert (owed(db, "VISIT"), owed(db, "STAY")) == ({}, {})

    # The bank agrees with the remittances, the journal with itself, and the map with the file.
    (tmp_path / "bank.csv").write_text("date,trace,amount\n2026-11-03,EFT1,4250.00\n2026-11-03,EFT2,15.00\n")
    assert take_in_deposits(db, SYSTEM, tmp_path / "bank.csv").matched == 2
    with db.reading() as session:
        query = select(JournalLine.account, func.sum(JournalLine.cents)).group_by(JournalLine.account)
        totals = session.exec(query).all()
        segments = segments_of(session, secondary.claim_id)
        visits = session.exec(select(func.count()).select_from(Encounter)).one()
    assert visits == 2
    assert {name: cents for name, cents in totals if cents} == {
        JournalAccount.CASH: 425000 + 1500 + 30500,
        JournalAccount.CONTRACTUAL: 2003 + 50000,
        JournalAccount.PROVIDER_LEVEL: 1000,
        JournalAccount.CHARGES: -510003,
    }
    assert [row.text for row in segments.rows if row.field == "coverage.1.prior.paid_cents"] == ["AMT*D*60"]
