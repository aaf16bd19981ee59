"""Two claims of a visit that stand since a void did not happen: the account counts its charge once, whoever answers."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.denials.work import DenialRefused
from store.ledger.money import LedgerRefused, Owed, refund
from store.ledger.statement import statement
from store.models import Claim
from store.queries import SessionReader
from store.queries.claims import ClaimFilter, claim_list
from store.queries.ledger import AccountPage, account_list, account_page
from store.queries.payers_answers import answer_counts
from store.remits.posting import unpost
from store.terms import JournalAccount
from tests.store.claim_samples import TODAY
from tests.store.test_billed_anew import BACK, DUPLICATE, PAYS, billed_anew, deny, deny_both, remittance, written_off
from tests.store.test_claims_counted import COUNTS, SUMS, figures, replaced
from tests.store.test_claims_following import Office, office
from tests.store.test_claims_replacing import bills_another, void_at_first_payer
from tests.store.test_claims_standing import in_view, page_of, standing
from tests.store.test_claims_voided import closed, dnfb
from tests.store.test_ledger import ACCOUNT
from tests.store.test_refused_in_place import refused

pytestmark = pytest.mark.both_databases

__all__ = ["office"]

CHARGE, PAID, SHARE = 10003, {"old": 6000, "anew": 5000}, 2000
SETTLED, WAITS, DENIED, REVERSED = 3, 2, 1, 0
RIGHT_PAYS = ("CLP*{number}*1*100.03*50*20*HM*ICN8*11*1", "CAS*CO*45*30.03", "CAS*PR*2*20")
RIGHT_BACK = (
    *("CLP*{number}*22*-100.03*-50*-20*HM*ICN8", "CAS*CO*45*-30.03", "CAS*PR*2*-20"),
    "PLB*1999999984*20261231*FB:X*-50",
)
Cents = dict[JournalAccount, int]


@dataclass
class Pair:
    """A claim, its void, and what bills its visit anew; how each stands is kept beside the record."""

    office: Office
    void: Office
    anew: Office
    stands: dict[str, int] = field(default_factory=lambda: {"old": WAITS, "anew": WAITS})
    number: int = 0
    denied_by: str = ""

    def steps(self) -> list[tuple[str, str]]:
        """What can happen next: an answer to each claim or its reversal, the denial of the void or its taking back."""
        steps = [("void", "taken back" if self.denied_by else "denied")]
        for one, stands in self.stands.items():
            steps += [(one, "reversed")] if stands in (SETTLED, DENIED) else [(one, "paid"), (one, "denied")]
        return steps

    def take(self, one: str, step: str) -> None:
        """Let one of the steps happen."""
        self.number += 1
        trace = f"EFT-{self.number}"
        if one != "void":
            self._answer(one, step, trace)
        elif step == "denied":
            self.void.answer("4", ("CLP*{number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0", trace)
            self.denied_by = trace
        else:
            unpost(self.office.db, SYSTEM, remittance(self.office, self.denied_by), "wrong file")
            self.denied_by = ""

    def _answer(self, one: str, step: str, trace: str) -> None:
        claim = self.office if one == "old" else self.anew
        paid = PAID[one] / 100
        cut = (CHARGE - PAID[one] - SHARE) / 100
        settled = (f"CAS*CO*45*{cut:.2f}", "CAS*PR*2*20")
        if step == "paid":
            claim.answer("1", (f"CLP*{{number}}*1*100.03*{paid:g}*20*HM*I{one}*11*1", *settled), f"{paid:g}", trace)
        elif step == "denied":
            claim.answer("4", (f"CLP*{{number}}*4*100.03*0**HM*I{one}", "CAS*CO*18*100.03"), "0", trace)
        elif self.stands[one] == SETTLED:
            back = (f"CLP*{{number}}*22*-100.03*-{paid:g}*-20*HM*I{one}", f"CAS*CO*45*-{cut:.2f}", "CAS*PR*2*-20")
            claim.answer("22", (*back, f"PLB*1999999984*20261231*FB:X*-{paid:g}"), "0", trace)
        else:
            claim.answer("22", (f"CLP*{{number}}*22*-100.03*0**HM*I{one}", "CAS*CO*18*-100.03"), "0", trace)
        self.stands[one] = {"paid": SETTLED, "denied": DENIED, "reversed": REVERSED}[step]

    def expected(self) -> Cents:
        """What the claim of the visit owes, less what was paid of the other."""
        own = "old" if self.denied_by and self.stands["old"] > self.stands["anew"] else "anew"
        other = "anew" if own == "old" else "old"
        paid_beside = PAID[other] if self.stands[other] == SETTLED else 0
        stands = self.stands[own]
        owed = {
            JournalAccount.PATIENT_RECEIVABLE: SHARE if stands == SETTLED else 0,
            JournalAccount.DENIED: CHARGE if stands == DENIED else 0,
            JournalAccount.PAYER_RECEIVABLE: (CHARGE if stands in (WAITS, REVERSED) else 0) - paid_beside,
        }
        return {account: cents for account, cents in owed.items() if cents}


@pytest.fixture
def pair(office: Office) -> Pair:
    void, anew = billed_anew(office, paid=False)
    return Pair(office, void, anew)


def account(office: Office) -> tuple[AccountPage, str]:
    """The account of the visit, and its statement."""
    with office.db.reading() as session:
        reader = SessionReader(session)
        (row,) = account_list(reader, open_only=False)
        page = account_page(reader, row.id)
        assert page is not None
        return page, statement(reader, page, TODAY).text


def owed_of(page: AccountPage) -> Cents:
    receivables = (JournalAccount.PAYER_RECEIVABLE, JournalAccount.PATIENT_RECEIVABLE, JournalAccount.DENIED)
    return {account: page.totals[account] for account in receivables if page.totals.get(account)}


@pytest.mark.parametrize("seed", range(6))
def test_the_charge_of_the_visit_counts_once_whatever_is_answered_in_whatever_order(pair: Pair, seed: int) -> None:
    draw = random.Random(seed)
    told = []

    for _ in range(8):
        step = draw.choice(pair.steps())
        pair.take(*step)
        page, text = account(pair.office)
        services = sum(line.startswith("20") and " Service " in line for line in text.splitlines())
        told.append((step, owed_of(page), -page.totals[JournalAccount.CHARGES], services))

        assert told[-1] == (step, pair.expected(), CHARGE, 2), told


def elsewhere(office: Office) -> Pair:
    """Have the first payer pay, void its claim, and bill another payer, which pays too; the void waits."""
    office.answer()
    void = void_at_first_payer(office)
    bills_another(office.db)
    (built,) = build_claims(office.db, SYSTEM, "V1").built
    office.sent(built.claim_id)
    with office.db.reading() as session:
        number = session.get_one(Claim, void).claim_number
    anew = Office(office.db, office.folder, built.claim_id, built.claim_number)
    anew.answer("1", RIGHT_PAYS, "50", "EFT-B", payer="RIGHT PLAN", payer_id="1999999999")
    return Pair(office, Office(office.db, office.folder, void, number), anew)


def test_where_the_other_payer_reverses_the_first_ones_claim_is_that_of_the_visit(office: Office) -> None:
    pair = elsewhere(office)
    deny(pair.void)

    pair.anew.answer("22", RIGHT_BACK, "0", "EFT-BR", payer="RIGHT PLAN", payer_id="1999999999")

    assert owed_of(account(office)[0]) == {JournalAccount.PATIENT_RECEIVABLE: 2000}
    assert (standing(office), standing(pair.anew)) == (("paid", [ClaimFilter.PAID]), ("taken back", []))


def test_what_the_first_payer_paid_beside_another_is_owed_back_whether_or_not_its_void_is_denied(
    office: Office,
) -> None:
    pair = elsewhere(office)
    waiting = owed_of(account(office)[0])

    deny(pair.void)

    assert waiting == owed_of(account(office)[0])
    assert waiting == {JournalAccount.PATIENT_RECEIVABLE: 2000, JournalAccount.PAYER_RECEIVABLE: -6000}


def test_no_more_is_refunded_than_was_paid_too_much(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    anew.answer("1", PAYS, trace="EFT-N")

    with pytest.raises(LedgerRefused):
        refund(office.db, SYSTEM, ACCOUNT, Owed.PAYER, 6001, "paid twice")
    refund(office.db, SYSTEM, ACCOUNT, Owed.PAYER, 6000, "paid twice")

    assert owed_of(account(office)[0]) == {JournalAccount.PATIENT_RECEIVABLE: 2000}


@pytest.mark.parametrize("first", ["void", "new claim"])
def test_what_is_denied_beside_the_claim_of_the_visit_is_neither_owed_nor_written_off(
    office: Office, first: str
) -> None:
    void, anew = billed_anew(office)
    deny_both(void, anew, first)

    with pytest.raises(DenialRefused):
        written_off(anew)

    assert standing(anew) == ("not owed", [])
    assert page_of(anew).not_voided == (
        f"Its payer denied it, while {office.number} is the claim of the visit: nothing of this one is owed"
    )


def test_a_claim_that_is_reversed_after_its_denied_void_is_taken_back(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)

    office.answer("22", BACK, "0", "EFT-R")

    assert standing(office) == ("taken back", [])
    assert page_of(office).not_voided == (
        f"Its payer denied {void.number}, its void, and reversed it, while {anew.number} is the claim of the"
        " visit: nothing of this one is owed"
    )


@pytest.mark.parametrize("name", SUMS)
def test_reports_count_the_claim_of_the_visit_alone(office: Office, name: str) -> None:
    before = figures(office, name, COUNTS[name], SUMS[name])
    void, _ = billed_anew(office)

    deny(void)

    assert figures(office, name, COUNTS[name], SUMS[name]) == before


def test_the_counts_of_the_list_are_those_of_its_rows_where_two_claims_of_a_visit_stand(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    anew.answer("4", DUPLICATE, "0", "EFT-N")

    with office.db.reading() as session:
        reader = SessionReader(session)
        rows = claim_list(reader, TODAY, ClaimFilter.EXPORTED)
        counts = answer_counts(reader, 10)

    assert counts == Counter(row.answer for row in rows)


def test_a_replacement_of_the_new_claim_beside_a_paid_one_charges_nothing_twice(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)

    replaced(anew)

    assert owed_of(account(office)[0]) == {JournalAccount.PATIENT_RECEIVABLE: 2000}


def test_what_the_first_claim_was_denied_is_owed_again_once_the_new_one_came_back(office: Office) -> None:
    void, anew = billed_anew(office, paid=False)
    deny(void)
    office.answer("4", ("CLP*{number}*4*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), "0", "EFT-O")
    beside = owed_of(account(office)[0])

    refused(anew, anew.claim_id, "999")

    assert (beside, owed_of(account(office)[0])) == (
        {JournalAccount.PAYER_RECEIVABLE: CHARGE},
        {JournalAccount.DENIED: CHARGE},
    )


def test_a_first_claim_that_is_paid_once_the_new_one_came_back_is_charged_alone(office: Office) -> None:
    void, anew = billed_anew(office, paid=False)
    deny(void)
    refused(anew, anew.claim_id, "999")

    office.answer()

    assert owed_of(account(office)[0]) == {JournalAccount.PATIENT_RECEIVABLE: 2000}


def test_a_denied_void_is_no_work_once_the_new_claim_is_denied_beside_the_paid_one(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    open_still = in_view(office, ClaimFilter.DENIED)

    anew.answer("4", DUPLICATE, "0", "EFT-N")

    assert (open_still, in_view(office, ClaimFilter.DENIED)) == ([void.number], [])


def test_a_visit_is_billed_while_another_payers_claim_stands_whose_void_came_back(office: Office) -> None:
    closed(office)
    pair = elsewhere(office)
    void = void_at_first_payer(pair.anew)
    build_claims(office.db, SYSTEM, "V1")

    refused(office, void, "277")

    assert dnfb(office).rows == ()
