"""Claims after the first: to the next payer with what the one before answered, and as voids."""

from __future__ import annotations

import datetime as dt
import io
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import Session, select

from store.abstracting import set_abstract
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.changes import set_payer_number, void_claim
from store.claims.content import ClaimContent, load_claim
from store.claims.export import ExportRefused, export_claims
from store.claims.following import CannotFollow
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer, bill_next_payers
from store.claims.voiding import void_sent_claim
from store.database import Database
from store.models import Claim, Coding, Coverage, Encounter, Finding, Payer, Remittance
from store.remits.posting import BilledOn, take_in, unpost
from store.scrub.findings import override
from store.terms import ClaimStatus, CodingStatus, FindingState
from store.x12 import institutional
from store.x12.tokenizer import segments
from store.x12.writer import Envelope
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_claims_facility import add_stay
from tests.store.validator import faults_of

pytestmark = pytest.mark.both_databases

PAID = (
    "CLP*{number}*{status}*100.03*60*20*HM*ICN1*11*1",
    "SVC*HC:G0463*50.01*40**1",
    "CAS*CO*45*10.01",
    "REF*6R*{number}-1",
    "SVC*HC:G0439*50.02*20**1",
    "CAS*CO*45*10.02",
    "CAS*PR*2*20",
    "REF*6R*{number}-2",
)


PAID_ON = "20261103"


@dataclass
class Office:
    """A claim that left, with what the tests do to it."""

    db: Database
    folder: Path
    claim_id: str
    number: str

    def answer(
        self,
        status: str = "1",
        body: tuple[str, ...] = PAID,
        paid: str = "60",
        trace: str = "EFT0001",
        paid_on: str = PAID_ON,
        payer: str = "MEADOWLARK HMO",
        payer_id: str = "1512345678",
    ) -> None:
        parts = tuple(part.format(number=self.number, status=status) for part in body)
        content = interchange(a_set(parts, paid)).replace(b"EFT0001", trace.encode())
        content = content.replace(b"MEADOWLARK HMO", payer.encode()).replace(b"1512345678", payer_id.encode())
        content = content.replace(f"{PAID_ON}~".encode(), f"{paid_on}~".encode())
        path = self.folder / f"{trace}.835"
        path.write_bytes(content)
        (taken,) = take_in(self.db, SYSTEM, path).sets
        assert taken.outcome == "posted", taken.why

    def content(self, claim_id: str) -> ClaimContent:
        with self.db.reading() as session:
            return load_claim(session, claim_id)

    def let_pass(self, claim_id: str, rule_id: str) -> None:
        """Scrub a claim, and let what a rule finds of it pass."""
        scrub_claim(self.db, CODES, SYSTEM, claim_id, today=TODAY)
        with self.db.reading() as session:
            found = session.exec(select(Finding.id).where(Finding.subject_id == claim_id, Finding.rule_id == rule_id))
            asked = found.all()
        for one in asked:
            override(self.db, SYSTEM, one, "the payer takes it")

    def sent(self, claim_id: str, form: str = "837p") -> bytes:
        scrub_claim(self.db, CODES, SYSTEM, claim_id, today=TODAY)
        path = self.folder / f"{claim_id}.837"
        export_claims(self.db, SYSTEM, [claim_id], path, form=form)
        return path.read_bytes()


def second_payer(session: Session, encounter: Encounter) -> None:
    payer = Payer(source="test", local_id="P2", name="Second Plan", payer_identifier="SECOND", claim_filing_code="CI")
    session.add(payer)
    session.flush()
    session.add(Coverage(account_id=encounter.account_id, payer_id=payer.id, sequence=2, member_id="SP1"))


@pytest.fixture
def office(db: Database, tmp_path: Path) -> Office:
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        second_payer(change.session, encounter)
        add_coding(change.session, encounter)
    (built,) = build_claims(db, SYSTEM).built
    office = Office(db, tmp_path, built.claim_id, built.claim_number)
    office.sent(built.claim_id)
    return office


def test_the_second_payer_is_told_what_the_first_paid_and_why_not_all(office: Office) -> None:
    office.answer()

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    parties = office.content(built.claim_id).parties
    prior = parties.other_coverages[0].prior
    assert (parties.coverage.payer.identifier, parties.coverage.sequence) == ("SECOND", 2)
    assert (prior.paid_cents, prior.patient_cents, prior.payer_number) == (6000, 2000, "ICN1")
    assert prior.accounted_cents == 10003


def medicare_second(office: Office) -> str:
    """Make the second payer Medicare, in the record and on the claim; the id of the visit."""
    with office.db.change(SYSTEM) as change:
        second = change.session.exec(select(Coverage).where(Coverage.sequence == 2)).one()
        second.member_id = "1EG4TE5MK73"
        change.session.get_one(Payer, second.payer_id).claim_filing_code = "MB"
        claim = change.session.get_one(Claim, office.claim_id)
        parties = deepcopy(claim.parties)
        (other,) = parties["other_coverages"]
        other["member_id"], other["payer"]["filing_code"] = "1EG4TE5MK73", "MB"
        claim.parties = parties
        return claim.encounter_id


def test_medicare_in_second_place_does_not_leave_without_saying_why(office: Office) -> None:
    medicare_second(office)
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    with pytest.raises(ExportRefused, match="1 open blocking finding"):
        office.sent(built.claim_id)


def test_why_medicare_is_second_is_set_in_the_abstract_and_leaves_with_the_claim(office: Office) -> None:
    visit = medicare_second(office)
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    said = set_abstract(office.db, SYSTEM, visit, {"msp_type": "43"}, {"msp_type": ""})

    sent = office.sent(built.claim_id)
    assert f"{built.claim_number} states it now" in said
    assert b"SBR*S*18**" in sent and b"*43****MB~" in sent
    assert faults_of(sent, office.folder) == []


def test_a_claim_to_medicare_that_is_built_later_says_why_it_is_second(office: Office) -> None:
    visit = medicare_second(office)
    set_abstract(office.db, SYSTEM, visit, {"msp_type": "12"}, {"msp_type": ""})
    office.answer()

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    coverage = office.content(built.claim_id).parties.coverage
    assert coverage is not None and coverage.insurance_type == "12"


def test_the_secondary_claim_leaves_as_a_file_that_the_validator_accepts(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    content = office.sent(built.claim_id)

    parts = [(one.identifier, *one.elements[:2]) for one in segments(content, [])]
    assert ("SBR", "S", "18") in parts
    assert ("AMT", "D", "60") in parts
    assert [part for part in parts if part[0] == "SVD"] == [("SVD", "BLUEP", "40"), ("SVD", "BLUEP", "20")]
    assert faults_of(content, office.folder) == []


@pytest.mark.parametrize("status", ["19", "23"])
def test_a_claim_that_the_payer_forwarded_is_not_billed_twice(office: Office, status: str) -> None:
    office.answer(status)

    with pytest.raises(CannotFollow, match="forwarded"):
        bill_next_payer(office.db, SYSTEM, office.claim_id)


@pytest.mark.parametrize(
    "said",
    [("NM1*TT*2*SECOND PLAN*****PI*SECOND",), ("MOA***MA18",), ("NM1*QC*1*LINDQVIST*PER", "MOA***MA07")],
    ids=["crossover carrier", "MA18", "MA07"],
)
def test_a_claim_that_the_payer_says_it_sent_on_is_billed_to_the_next_one_only_by_who_says_so(
    office: Office, said: tuple[str, ...]
) -> None:
    office.answer(body=(PAID[0], *said, *PAID[1:]))

    report = bill_next_payers(office.db, SYSTEM)
    built = bill_next_payer(office.db, SYSTEM, office.claim_id, though_forwarded=True)

    assert report.built == ()
    assert "the payer forwarded it to the next one" in report.refused[0][1]
    assert built.replaces == office.number


def third_payer(office: Office) -> None:
    """Give the account a third coverage, and the claim that left too."""
    with office.db.change(SYSTEM) as change:
        session, claim = change.session, change.session.get_one(Claim, office.claim_id)
        known = Payer(source="test", local_id="P3", name="Third Plan", payer_identifier="THIRD", claim_filing_code="CI")
        session.add(known)
        session.flush()
        account_id = session.get_one(Encounter, claim.encounter_id).account_id
        session.add(Coverage(account_id=account_id, payer_id=known.id, sequence=3, member_id="SP1"))
        (second,) = claim.parties["other_coverages"]
        payer = {**second["payer"], "name": "Third Plan", "identifier": "THIRD"}
        claim.parties = {**claim.parties, "other_coverages": [second, {**second, "sequence": 3, "payer": payer}]}


def supplement_pays(office: Office) -> None:
    """The first payer pays 60 and forwards the claim; the second one answers it by its first number and pays 15."""
    office.answer("19")
    office.answer("2", SUPPLEMENT, "15", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")


SUPPLEMENT = (
    "CLP*{number}*{status}*100.03*15*5*HM*SUP1*11*1",
    "CAS*OA*23*80.03",
    "CAS*PR*1*5",
)


def test_a_payer_that_the_claim_was_forwarded_to_and_that_answered_is_not_billed_as_next(office: Office) -> None:
    supplement_pays(office)

    built = bill_next_payers(office.db, SYSTEM)

    assert (built.built, built.refused) == ((), ())
    with pytest.raises(CannotFollow, match="no payer after Second Plan"):
        bill_next_payer(office.db, SYSTEM, office.claim_id)


def test_the_third_payer_is_told_of_each_payer_before_what_that_one_paid(office: Office) -> None:
    third_payer(office)
    supplement_pays(office)

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    parties = office.content(built.claim_id).parties
    assert parties.coverage.payer.name == "Third Plan"
    assert [
        (one.payer.identifier, one.prior.paid_cents, one.prior.payer_number) for one in parties.other_coverages
    ] == [
        ("BLUEP", 6000, "ICN1"),
        ("SECOND", 1500, "SUP1"),
    ]


def test_a_denial_by_the_payer_it_was_forwarded_to_is_told_as_of_that_payer(office: Office) -> None:
    third_payer(office)
    office.answer("19")
    denied = ("CLP*{number}*{status}*100.03*0**HM*SUP1*11*1", "CAS*PR*204*100.03")
    office.answer("4", denied, "0", trace="EFT0002", payer="SECOND PLAN", payer_id="9876543210")

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    others = office.content(built.claim_id).parties.other_coverages
    assert [one.prior.paid_cents for one in others] == [6000, 0]


def test_a_claim_that_only_a_later_payer_answered_waits_for_the_billed_one(office: Office) -> None:
    office.answer("2", SUPPLEMENT, "15")

    with pytest.raises(CannotFollow, match="Blue Plains has not answered it"):
        bill_next_payer(office.db, SYSTEM, office.claim_id)


def test_an_unanswered_claim_has_no_secondary(office: Office) -> None:
    with pytest.raises(CannotFollow, match="no posted remittance"):
        bill_next_payer(office.db, SYSTEM, office.claim_id)


def test_a_reversed_answer_does_not_count_and_the_correction_does(office: Office) -> None:
    office.answer()
    reversal = ("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20")
    correction = ("CLP*{number}*1*100.03*50*30*HM*ICN1", "CAS*CO*45*20.03", "CAS*PR*2*30")
    office.answer(body=(*reversal, *correction, "PLB*1999999984*20261231*FB:X*-10"), paid="0", trace="EFT0002")

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    prior = office.content(built.claim_id).parties.other_coverages[0].prior
    assert (prior.paid_cents, prior.patient_cents) == (5000, 3000)


def test_all_that_wait_are_billed_once(office: Office) -> None:
    office.answer()

    first, second = bill_next_payers(office.db, SYSTEM), bill_next_payers(office.db, SYSTEM)

    assert (len(first.built), first.refused, second.built) == (1, (), ())


@pytest.mark.parametrize(
    ("why", "told"), [("CO*50", "denied it whole"), ("PR*50", "denied it whole"), ("CO*16", "lacks information")]
)
def test_all_that_wait_leave_out_what_was_denied_whole_or_lacks_information(
    office: Office, why: str, told: str
) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", f"CAS*{why}*100.03"), "0")

    report = bill_next_payers(office.db, SYSTEM)

    assert (report.built, len(report.refused)) == ((), 1)
    assert told in report.refused[0][1]
    assert bill_next_payer(office.db, SYSTEM, office.claim_id).replaces == office.number


def test_a_benefit_that_is_used_up_goes_to_the_next_payer_with_all_that_wait(office: Office) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*119*100.03"), "0")

    assert len(bill_next_payers(office.db, SYSTEM).built) == 1


def test_the_next_payer_is_told_what_was_posted_last_though_its_payment_has_an_earlier_day(office: Office) -> None:
    office.answer()
    body = ("CLP*{number}*22*-100.03*-60*-20*HM*ICN1", "CAS*CO*45*-20.03", "CAS*PR*2*-20") + (
        "CLP*{number}*1*100.03*70*10*HM*ICN1", "CAS*CO*45*20.03", "CAS*PR*2*10"
    )  # fmt: skip
    office.answer("1", body, "10", "EFT0002", paid_on="20261001")

    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    prior = office.content(built.claim_id).parties.other_coverages[0].prior
    assert (prior.paid_cents, prior.patient_cents, prior.paid_on) == (7000, 1000, "2026-10-01")


def test_a_void_gives_the_claim_to_the_next_payer_up_that_has_not_left(office: Office) -> None:
    office.answer()
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)

    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    with office.db.reading() as session:
        assert session.get_one(Claim, secondary.claim_id).status is ClaimStatus.VOID


def test_an_answer_that_the_next_payer_was_billed_on_is_taken_back_only_by_who_knows(office: Office) -> None:
    office.answer()
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    with office.db.reading() as session:
        remittance = session.exec(select(Remittance.id)).one()

    with pytest.raises(BilledOn, match=f"as {secondary.claim_number}"):
        unpost(office.db, SYSTEM, remittance, "wrong file")

    assert unpost(office.db, SYSTEM, remittance, "wrong file", though_billed=True) == 1


def test_a_second_payer_that_is_billed_already_is_not_billed_again(office: Office) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    with pytest.raises(CannotFollow, match=f"{built.claim_number} follows it already"):
        bill_next_payer(office.db, SYSTEM, office.claim_id)


def test_a_void_repeats_the_claim_with_the_payers_number(office: Office) -> None:
    office.answer()

    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    claim = office.content(built.claim_id)
    assert (claim.frequency, claim.parties.original_reference, claim.total_cents) == ("8", "ICN1", 10003)
    assert faults_of(office.sent(built.claim_id), office.folder) == []


def test_a_void_without_the_payers_number_is_named_and_does_not_leave(office: Office) -> None:
    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    with pytest.raises(ExportRefused, match="1 open blocking finding"):
        office.sent(built.claim_id)

    with office.db.reading() as session:
        findings = session.exec(select(Finding).where(Finding.state == FindingState.OPEN)).all()
    assert "original_reference" in {finding.place for finding in findings if finding.severity.blocks}


def recode(db: Database, version: int = 2) -> None:
    with db.change(SYSTEM) as change:
        for coding in change.session.exec(select(Coding)):
            coding.status = CodingStatus.SUPERSEDED
        add_coding(change.session, change.session.exec(select(Encounter)).one(), version=version)


def test_after_a_void_a_recoded_encounter_is_billed_as_new(office: Office) -> None:
    void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    recode(office.db)

    (built,) = build_claims(office.db, SYSTEM).built

    assert (built.replaces, office.content(built.claim_id).frequency) == ("", "1")


def status(office: Office, claim_id: str) -> ClaimStatus:
    scrub_claim(office.db, CODES, SYSTEM, claim_id, today=TODAY)
    with office.db.reading() as session:
        return session.get_one(Claim, claim_id).status


def test_the_services_of_a_voided_claim_are_free_again_once_its_void_has_left(office: Office) -> None:
    office.answer()
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    recode(office.db)
    (rebill,) = build_claims(office.db, SYSTEM).built
    before = status(office, rebill.claim_id)

    office.sent(void.claim_id)

    office.let_pass(rebill.claim_id, "r484")
    assert (before, status(office, rebill.claim_id)) == (ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)


def test_a_claim_is_not_voided_beside_its_replacement(office: Office) -> None:
    office.answer()
    recode(office.db)
    (replacement,) = build_claims(office.db, SYSTEM).built

    with pytest.raises(CannotFollow, match=f"{replacement.claim_number} follows it already") as refused:
        void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    assert f"claims void {replacement.claim_number}" in refused.value.remedy


def test_a_claim_is_voided_once_its_replacement_is_given_up(office: Office) -> None:
    office.answer()
    recode(office.db)
    (replacement,) = build_claims(office.db, SYSTEM).built
    void_claim(office.db, SYSTEM, replacement.claim_id, "void instead")

    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    assert office.content(built.claim_id).frequency == "8"


def test_nothing_follows_a_void(office: Office) -> None:
    office.answer()
    void = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")
    office.sent(void.claim_id)

    with pytest.raises(CannotFollow, match=f"{void.claim_number} is a void"):
        void_sent_claim(office.db, SYSTEM, void.claim_id, "voided once more")


def test_a_visit_whose_replacement_was_voided_is_billed_as_new(office: Office) -> None:
    office.answer()
    recode(office.db)
    (replacement,) = build_claims(office.db, SYSTEM).built
    office.sent(replacement.claim_id)
    with office.db.change(SYSTEM) as change:
        change.session.get_one(Claim, replacement.claim_id).payer_number = "ICN2"
    office.sent(void_sent_claim(office.db, SYSTEM, replacement.claim_id, "wrong patient").claim_id)
    recode(office.db, version=3)

    (rebill,) = build_claims(office.db, SYSTEM).built

    office.let_pass(rebill.claim_id, "r484")
    assert (rebill.replaces, status(office, rebill.claim_id)) == ("", ClaimStatus.READY)


def test_after_a_recode_the_replacement_carries_the_payers_number(office: Office) -> None:
    office.answer()
    recode(office.db)

    (built,) = build_claims(office.db, SYSTEM).built

    claim = office.content(built.claim_id)
    assert (claim.frequency, claim.parties.original_reference) == ("7", "ICN1")


def test_a_recode_gives_up_a_secondary_claim_that_has_not_left(office: Office) -> None:
    office.answer()
    secondary = bill_next_payer(office.db, SYSTEM, office.claim_id)
    recode(office.db)

    build_claims(office.db, SYSTEM)

    with office.db.reading() as session:
        assert session.get_one(Claim, secondary.claim_id).status is ClaimStatus.VOID


@pytest.fixture
def stay(db: Database, tmp_path: Path) -> Office:
    add_stay(db)
    (built,) = build_claims(db, SYSTEM).built
    with db.change(SYSTEM) as change:
        claim = change.session.get_one(Claim, built.claim_id)
        claim.status, claim.payer_number = ClaimStatus.EXPORTED, "ICN5"
    return Office(db, tmp_path, built.claim_id, built.claim_number)


STAY_PAID = (
    "CLP*{number}*1*5000*4000*1000*HM*ICN5*11*1",
    "SVC*NU:0120*5000*4000**5",
    "CAS*PR*1*1000",
)


def paid_stay(stay: Office, body: tuple[str, ...]) -> bytes:
    """The claim of a stay to its second payer, once the first answered it with these segments."""
    with stay.db.change(SYSTEM) as change:
        second_payer(change.session, change.session.exec(select(Encounter)).one())
        claim = change.session.get_one(Claim, stay.claim_id)
        answers = {"sequence": 2, "member_id": "SP1", "payer": {"name": "Second Plan", "identifier": "SECOND"}}
        first = claim.parties["coverage"]
        second = {**first, **answers, "payer": {**first["payer"], **answers["payer"], "filing_code": "CI"}}
        claim.parties = {**claim.parties, "other_coverages": [second]}
    stay.answer(body=body, paid="4000")
    built = bill_next_payer(stay.db, SYSTEM, stay.claim_id)
    target = io.BytesIO()
    sent = dt.datetime(2026, 11, 4, tzinfo=dt.UTC)
    envelope = Envelope("CODEDESK", "CLEARINGHOUSE", "T", 1, 1, sent, "HC", institutional.VERSION)
    institutional.write_interchange(target, [stay.content(built.claim_id)], envelope, 1)
    return target.getvalue()


@pytest.mark.parametrize("paid_for", ["NU:0120", "NU:120"])
def test_a_line_paid_by_its_revenue_code_goes_to_the_next_payer_by_it(stay: Office, paid_for: str) -> None:
    content = paid_stay(stay, (STAY_PAID[0], f"SVC*{paid_for}*5000*4000**5", STAY_PAID[2]))

    (answer,) = [one.elements for one in segments(content, []) if one.identifier == "SVD"]
    assert answer == ("BLUEP", "4000", "", "0120", "5")
    assert faults_of(content, stay.folder) == []


def test_a_line_paid_by_a_procedure_takes_the_revenue_code_of_ours(stay: Office) -> None:
    ours = "REF*6R*{number}-1"

    content = paid_stay(stay, (STAY_PAID[0], "SVC*HC:G0463*5000*4000**5", STAY_PAID[2], ours))

    (answer,) = [one.elements for one in segments(content, []) if one.identifier == "SVD"]
    assert answer == ("BLUEP", "4000", "HC:G0463", "0120", "5")
    assert faults_of(content, stay.folder) == []


def test_a_professional_claim_to_the_next_payer_states_no_revenue_code(office: Office) -> None:
    office.answer(body=tuple(part.replace("*40**1", "*40*0510*1") for part in PAID))
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)

    content = office.sent(built.claim_id)

    assert [one.elements[3] for one in segments(content, []) if one.identifier == "SVD"] == ["", ""]
    assert faults_of(content, office.folder) == []


def test_a_claim_of_which_its_payer_left_nothing_is_billed_to_the_next_one_by_who_names_it_alone(
    office: Office,
) -> None:
    office.answer(body=("CLP*{number}*{status}*100.03*80**HM*ICN1", "CAS*CO*45*20.03"), paid="80")

    report = bill_next_payers(office.db, SYSTEM)
    named = bill_next_payer(office.db, SYSTEM, office.claim_id)

    why = f"{office.number}: its payer paid 80.00 and left nothing to the next one; its number bills it"
    assert (report.built, report.refused) == ((), ((office.number, why),))
    assert named.replaces == office.number


def test_a_claim_that_has_not_left_is_not_followed(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session))
    (built,) = build_claims(db, SYSTEM).built

    with pytest.raises(CannotFollow, match="has not left"):
        void_sent_claim(db, SYSTEM, built.claim_id, "wrong patient")


def test_the_payers_number_can_be_entered_by_hand(office: Office) -> None:
    built = void_sent_claim(office.db, SYSTEM, office.claim_id, "wrong patient")

    set_payer_number(office.db, SYSTEM, built.claim_id, "ICN9")

    assert b"REF*F8*ICN9~" in office.sent(built.claim_id)


def test_one_visit_makes_a_claim_of_each_side_of_the_bill(db: Database, tmp_path: Path) -> None:
    facility = add_stay(db)
    with db.change(SYSTEM) as change:
        encounter = change.session.exec(select(Encounter)).one()
        professional = add_coding(change.session, encounter, ("A41.9",), (("G0463", (1,)),))

    built = build_claims(db, SYSTEM).built

    with db.reading() as session:
        claims = {claim.form: claim for claim in session.exec(select(Claim))}
    assert len(built) == 2
    assert (claims["837i"].coding_id, claims["837i"].total_cents) == (facility, 500000)
    assert (claims["837p"].coding_id, claims["837p"].total_cents) == (professional, 5001)
