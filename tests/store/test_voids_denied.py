"""What a payer refuses of a void: no denial of money, work in words of a void, and done with once nothing is to do."""

from __future__ import annotations

import pytest

from store.actors import SYSTEM
from store.denials.causes import By, pareto
from store.models import Claim
from store.queries import SessionReader
from store.queries.denials import DenialFilter, DenialRow, denial_list
from store.queries.remits import RemittanceFilter, remittance_list, remittance_page
from store.remits.posting import take_in, unpost
from store.remits.unapplied import StandsAnswered, apply_to_claim
from store.reports.rollups import refresh
from store.terms import DenialStatus
from tests.store.remittance_samples import a_set, interchange
from tests.store.test_billed_anew import DUPLICATE, billed_anew, deny, remittance
from tests.store.test_claims_counted import figures, replaced
from tests.store.test_claims_following import PAID, Office, office
from tests.store.test_claims_standing import void_denied
from tui.commands.remits import taken_text
from tui.screens.denials import page_lines

pytestmark = pytest.mark.both_databases

__all__ = ["office"]


def denials(office: Office, show: DenialFilter = DenialFilter.LIVING) -> list[DenialRow]:
    with office.db.reading() as session:
        return denial_list(SessionReader(session), show)


@pytest.mark.parametrize("summed", [True, False], ids=["monthly sums", "lines"])
def test_it_is_no_denial_of_money_in_the_report_by_month(office: Office, summed: bool) -> None:
    void_denied(office)

    if summed:
        refresh(office.db, SYSTEM)

    assert figures(office, "denial-months", "denials") == []


def test_it_counts_by_no_cause(office: Office) -> None:
    void_denied(office)

    with office.db.reading() as session:
        assert pareto(SessionReader(session), By.REASON) == []


def test_it_is_worked_in_words_of_a_void(office: Office) -> None:
    number = void_denied(office)

    (row,) = denials(office)

    told = ["".join(text for text, _ in line) for line in page_lines(row, "", 200)]
    assert (row.claim, row.category, row.what) == (number, "void", "the void")
    assert any("void the claim again with what its payer asks for, or let the claim stand" in line for line in told)
    assert any(f"did not take {office.number} back" in line for line in told)


def test_it_is_done_with_once_the_new_claim_is_denied_beside_the_paid_one(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    before = [row.claim for row in denials(office)]

    anew.answer("4", DUPLICATE, "0", "EFT-N")

    assert (before, denials(office)) == ([void.number], [])
    assert DenialStatus.RESOLVED in {
        row.status for row in denials(office, DenialFilter.ALL) if row.claim == void.number
    }


def test_it_is_work_again_once_that_denial_is_taken_back(office: Office) -> None:
    void, anew = billed_anew(office)
    deny(void)
    anew.answer("4", DUPLICATE, "0", "EFT-N")

    unpost(office.db, SYSTEM, remittance(office, "EFT-N"), "another payer's")

    assert [row.claim for row in denials(office)] == [void.number]


def test_it_is_done_with_once_the_claim_is_replaced_with_its_payer(office: Office) -> None:
    void_denied(office)

    replaced(office)

    assert denials(office) == []


def test_an_import_says_that_a_void_is_denied(office: Office) -> None:
    void, _ = billed_anew(office, paid=False)
    path = office.folder / "void.835"
    path.write_bytes(interchange(a_set((f"CLP*{void.number}*4*100.03*0**HM*ICN7", "CAS*CO*16*100.03"), "0")))

    taken = take_in(office.db, SYSTEM, path)

    told = "\n".join(taken_text(str(path), taken))
    assert (taken.sets[0].voids_denied, taken.sets[0].again) == (1, 0)
    assert "1 void denied by the payer" in told and "answered before" not in told


def test_a_payment_shows_it_as_a_denied_void_and_not_as_unapplied(office: Office) -> None:
    void_denied(office)

    with office.db.reading() as session:
        reader = SessionReader(session)
        (row,) = remittance_list(reader, RemittanceFilter.ALL)
        page = remittance_page(reader, row.id)

    assert page is not None
    assert ([claim.waits for claim in page.claims], row.waiting) == (["a void that its payer denies"], 0)


def test_the_refusal_to_apply_an_answer_to_a_replacement_is_a_sentence(office: Office) -> None:
    office.answer()
    later = replaced(office)
    later.answer("1", tuple(part.replace("ICN1", "ICN2") for part in PAID), trace="EFT0003")
    with office.db.reading() as session:
        reader = SessionReader(session)
        row = next(one for one in remittance_list(reader) if one.trace == "EFT0003")
        page = remittance_page(reader, row.id)
        number = session.get_one(Claim, later.claim_id).claim_number
    assert page is not None

    with pytest.raises(StandsAnswered, match=f"{number} replaces {office.number}, which is paid already by trace"):
        apply_to_claim(office.db, SYSTEM, page.claims[0].id, number, "by their letter")
