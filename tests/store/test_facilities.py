"""Row-level security by facility: each row is of the facility of its visit, claim or account, and a part says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from store.access import restrict
from store.actors import SYSTEM, Actor
from store.audits.samples import reproduce
from store.audits.scorecards import read_scorecard
from store.claims.export import export_claims
from store.claims.scrubbing import scrub_claim
from store.claims.secondary import bill_next_payer
from store.database import Database
from store.ledger.money import patient_pays
from store.ledger.statement import statement
from store.models import (
    Account,
    Audit,
    AuditPopulation,
    AuditSample,
    ClaimExport,
    Coding,
    Deposit,
    Encounter,
    Finding,
    LineMonth,
    Patient,
)
from store.queries import SessionReader
from store.queries.audits import audit_list
from store.queries.denials import denial_list
from store.queries.ledger import AccountPage, account_id_by_number, account_list, account_page
from store.reports.rollups import refresh
from store.reports.run import period_of, run_report
from store.terms import CodingKind, JournalAccount
from store.whole import COUNTED, PartOfRecord, part_seen
from store.worklists import refresh_priorities
from store.worklists.placing import day_is_new
from tests.postgres import Server
from tests.store.claim_samples import CODES, add_coding
from tests.store.claim_samples import TODAY as CLAIM_DAY
from tests.store.test_claims_following import Office, office
from tests.store.test_ledger import TODAY
from tests.store.test_whole import Limited, limited, role_url
from tui.cli import main

__all__ = ["limited", "office", "role_url"]


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
def billed(office: Office, limited: Limited) -> Limited:
    """A record with a claim of facility F1 that its payer answered, opened by facilities."""
    office.answer()
    return limited


def ledger_page(db: Database, number: str = "V1") -> AccountPage | None:
    with db.reading() as session:
        reader = SessionReader(session)
        account = account_id_by_number(reader, number)
        return account_page(reader, account) if account else None


def test_who_has_the_facility_of_an_account_sees_all_its_money(billed: Limited) -> None:
    everything = ledger_page(billed("*"))

    seen = ledger_page(billed("F1"))

    assert seen is not None and everything is not None
    assert (seen.totals, seen.partial) == (everything.totals, "")
    assert seen.totals[JournalAccount.PATIENT_RECEIVABLE] == 2000


def test_who_has_another_facility_sees_none_of_it(billed: Limited) -> None:
    db = billed("north")

    with db.reading() as session:
        accounts = account_list(SessionReader(session), open_only=False)

    assert (accounts, ledger_page(db)) == ([], None)


def test_a_payment_is_posted_by_who_has_the_facility(billed: Limited) -> None:
    moved = patient_pays(billed("F1"), SYSTEM, "V1", 500, "card")

    everything = ledger_page(billed("*"))
    assert everything is not None
    assert moved.balance_cents == everything.balance_cents == 1500


def test_a_statement_of_an_account_with_a_visit_elsewhere_is_refused_and_its_ledger_says_so(
    db: Database, billed: Limited
) -> None:
    move_visit_to_account(db, "north", "V1")
    other = billed("F1")

    page = ledger_page(other)

    assert page is not None and page.partial == "1 of its visits is of other facilities"
    with other.reading() as session, pytest.raises(PartOfRecord, match="a statement needs all of this account"):
        statement(SessionReader(session), page, TODAY)


def test_nothing_is_posted_by_hand_to_an_account_that_is_seen_in_part(db: Database, billed: Limited) -> None:
    move_visit_to_account(db, "north", "V1")

    with pytest.raises(PartOfRecord, match="1 of its visits"):
        patient_pays(billed("F1"), SYSTEM, "V1", 500, "card")


def test_a_denial_is_worked_by_who_has_the_facility_of_its_claim(office: Office, limited: Limited) -> None:
    office.answer("4", ("CLP*{number}*{status}*100.03*0**HM*ICN1", "CAS*CO*50*100.03"), "0")

    seen = []
    for facilities in ("F1", "north", "*"):
        with limited(facilities).reading() as session:
            seen.append([(row.claim, row.trace) for row in denial_list(SessionReader(session))])

    assert seen == [[(office.number, "EFT0001")], [], [(office.number, "EFT0001")]]


def draw(db: Database, *visits: str) -> None:
    """A sample of the coded visits with these numbers."""
    with db.change(SYSTEM) as change:
        sample = AuditSample(
            name="September",
            method="simple",
            prebill=False,
            blind=False,
            seed=1,
            size="1",
            population=1,
            population_sha256="",
            audited_before=0,
            scheme={},
            answer_days=7,
        )
        change.session.add(sample)
        change.session.flush()
        change.session.add(AuditPopulation(audit_sample_id=sample.id, units=[]))
        for position, number in enumerate(visits, 1):
            visit = change.session.exec(select(Encounter).where(Encounter.visit_number == number)).one()
            coding = change.session.exec(select(Coding).where(Coding.encounter_id == visit.id)).one()
            change.session.add(
                Audit(
                    audit_sample_id=sample.id,
                    position=position,
                    encounter_id=visit.id,
                    coding_id=coding.id,
                    account_id=visit.account_id,
                    kind=CodingKind.PROFESSIONAL,
                    coder_codes={},
                )
            )


def test_audits_are_listed_to_who_has_the_facility_of_the_visit(db: Database, office: Office, limited: Limited) -> None:
    draw(db, "V1")

    listed = []
    for facilities in ("F1", "north"):
        with limited(facilities).reading() as session:
            listed.append([row.sample for row in audit_list(SessionReader(session))])

    assert listed == [["September"], []]


@pytest.mark.parametrize("told", [reproduce, read_scorecard])
def test_a_sample_with_charts_of_other_facilities_is_not_scored_nor_drawn_again(
    db: Database, office: Office, limited: Limited, told: Callable[[Database, Actor, str], object]
) -> None:
    with db.change(SYSTEM) as change:
        north = change.session.exec(select(Encounter).where(Encounter.visit_number == "north")).one()
        add_coding(change.session, north)
    draw(db, "V1", "north")

    with pytest.raises(PartOfRecord, match="1 of its audits is of other facilities"):
        told(limited("F1"), SYSTEM, "September")


def test_an_edit_finding_is_seen_and_replaced_by_who_has_the_facility(office: Office, limited: Limited) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    scrub_claim(office.db, CODES, SYSTEM, built.claim_id, today=CLAIM_DAY)
    scrub_claim(limited("F1"), CODES, SYSTEM, built.claim_id, today=CLAIM_DAY)

    with limited("F1").reading() as session:
        mine = len(session.exec(select(Finding)).all())
    with limited("north").reading() as session:
        others = len(session.exec(select(Finding)).all())

    with limited("*").reading() as session:
        everything = session.exec(select(Finding.rule_id, Finding.place)).all()
    assert (mine, others) == (len(everything), 0)
    assert len(set(everything)) == len(everything) > 0


def test_a_batch_is_read_by_who_has_the_facility_of_all_its_claims(office: Office, limited: Limited) -> None:
    read = []
    for facilities in ("F1", "north"):
        with limited(facilities).reading() as session:
            read.append(len(session.exec(select(ClaimExport)).all()))

    assert read == [1, 0]


def test_a_claim_leaves_by_who_has_its_facility(db: Database, office: Office, limited: Limited, tmp_path: Path) -> None:
    office.answer()
    built = bill_next_payer(office.db, SYSTEM, office.claim_id)
    mine = limited("F1")
    scrub_claim(mine, CODES, SYSTEM, built.claim_id, today=CLAIM_DAY)

    export_claims(mine, SYSTEM, [built.claim_id], tmp_path / "batch.837", form="837p")

    page = ledger_page(mine)
    assert page is not None and page.totals == {**ledger_page(db).totals}  # type: ignore[union-attr]
    assert page.totals[JournalAccount.PAYER_RECEIVABLE] == 2000


@pytest.mark.parametrize("facilities", ["F1", "north"])
def test_files_and_deposits_are_not_shown_and_how_many_is_said(
    db: Database, billed: Limited, facilities: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with db.change(SYSTEM) as change:
        change.session.add(Deposit(received_on="2026-10-01", trace="EFT0001", cents=6000))
    billed(facilities)

    code = main(["deposits", "list", "--json"])

    out, err = capsys.readouterr()
    assert (code, out) == (0, "")
    hidden = "2 visits, 1 remittance, 1 deposit are not"
    assert err == f"codedesk: only what is of your facilities ({facilities}) is shown; {hidden}\n"


def test_a_file_of_a_payer_is_taken_in_by_who_sees_the_claims_of_all(office: Office, limited: Limited) -> None:
    office.db = limited("F1")

    with pytest.raises(PartOfRecord, match="taking in a file of a payer needs all of"):
        office.answer()


def test_placing_the_charts_of_a_part_leaves_the_others_to_be_placed(db: Database, limited: Limited) -> None:
    part = limited("north")

    refresh_priorities(part, SYSTEM)

    assert (day_is_new(part), day_is_new(db)) == (False, True)


def test_a_report_says_that_it_is_of_a_part_and_goes_by_no_sums_of_everybody(db: Database, billed: Limited) -> None:
    refresh(db, SYSTEM)
    part = billed("north")

    report = run_report(part, SYSTEM, "denials", period_of("2026-01-01", "2026-12-31"))

    assert "Only what is of your facilities (north) is shown" in report.note
    with part.reading() as session:
        assert session.exec(select(LineMonth)).all() == []


def test_with_an_older_script_that_counts_nothing_a_statement_is_refused(
    database_url: str, postgres: Server, billed: Limited
) -> None:
    postgres.execute(f"DROP FUNCTION {COUNTED}(text, text) CASCADE", database_url.rpartition("/")[2])
    db = billed("F1")

    page = ledger_page(db)

    assert page is not None and "run again" in page.partial
    with db.reading() as session:
        part = part_seen(SessionReader(session))
    assert part is not None and "codedesk postgres-roles" in part.words


def test_a_patient_with_a_visit_elsewhere_is_restricted_by_who_sees_all_of_them(db: Database, limited: Limited) -> None:
    move_visit_to_patient(db, "south", "north")

    with pytest.raises(PartOfRecord, match="a restriction needs all of this patient"):
        restrict(limited("north"), SYSTEM, "north", "a colleague of ours")


def move_visit_to_account(db: Database, visit: str, account: str) -> None:
    with db.change(SYSTEM) as change:
        kept = change.session.exec(select(Account).where(Account.account_number == account)).one()
        moved = change.session.exec(select(Encounter).where(Encounter.visit_number == visit)).one()
        moved.account_id, moved.patient_id = kept.id, kept.patient_id


def move_visit_to_patient(db: Database, visit: str, mrn: str) -> None:
    with db.change(SYSTEM) as change:
        kept = change.session.exec(select(Patient).where(Patient.mrn == mrn)).one()
        change.session.exec(select(Encounter).where(Encounter.visit_number == visit)).one().patient_id = kept.id
