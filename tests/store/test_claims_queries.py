"""The claim list and the claim page: what a row tells, how pages follow each other, how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, Coverage
from store.queries import Reader, SessionReader, SqliteReader
from store.queries.claims import (
    ClaimFilter,
    ClaimRow,
    ClaimSort,
    claim_counts,
    claim_id_of,
    claim_list,
    claim_page,
)
from store.terms import ClaimStatus, Severity
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter

pytestmark = pytest.mark.both_databases


@pytest.fixture
def reader(db: Database) -> Iterator[Reader]:
    """Seven scrubbed claims of different days, the third of them blocked, read as the first screen reads."""
    for number in range(7):
        with db.change(SYSTEM) as change:
            encounter = add_encounter(change.session, f"V{number}", f"2026-09-{number + 1:02d}")
            lines = (("G0463", ()),) if number == 2 else (("G0463", (1, 2)),) * (number + 1)
            add_coding(change.session, encounter, lines=lines)
    for claim in build_claims(db, SYSTEM).built:
        scrub_claim(db, CODES, SYSTEM, claim.claim_id, today=TODAY)
    if db.on_postgres:
        with db.reading() as session:
            yield SessionReader(session)
    else:
        yield SqliteReader(Path(db.place))


def pages(reader: Reader, sort: ClaimSort, size: int) -> list[ClaimRow]:
    rows: list[ClaimRow] = []
    while page := claim_list(reader, TODAY, ClaimFilter.ALL, sort, after=rows[-1] if rows else None, limit=size):
        rows += page
    return rows


def test_a_row_tells_patient_payer_money_age_and_findings(reader: Reader) -> None:
    row = claim_list(reader, TODAY)[2]

    assert (row.number, row.patient, row.payer) == ("2026-000003", "Lindqvist, Per", "Blue Plains")
    assert (row.total_cents, row.age_days, row.form) == (5001, 17, "837p")
    assert (row.errors, row.warnings, row.not_checked) == (1, 0, 2)


@pytest.mark.parametrize("sort", ClaimSort)
def test_pages_follow_each_other_without_gap_or_repeat(reader: Reader, sort: ClaimSort) -> None:
    whole = claim_list(reader, TODAY, ClaimFilter.ALL, sort)

    assert [row.id for row in pages(reader, sort, 3)] == [row.id for row in whole]
    assert len({row.id for row in whole}) == 7


def test_sorts_order_by_their_column(reader: Reader) -> None:
    oldest = claim_list(reader, TODAY, sort=ClaimSort.OLDEST)
    largest = claim_list(reader, TODAY, sort=ClaimSort.LARGEST)

    assert [row.service_date for row in oldest] == sorted(row.service_date for row in oldest)
    assert [row.total_cents for row in largest] == sorted((row.total_cents for row in largest), reverse=True)


def test_a_filter_shows_one_status(reader: Reader) -> None:
    rows = claim_list(reader, TODAY, ClaimFilter.SCRUB_FAILED)

    assert [row.number for row in rows] == ["2026-000003"]


def test_counts_are_by_status(reader: Reader) -> None:
    counts = claim_counts(reader)

    assert counts == {status: {"ready": 6, "scrub_failed": 1}.get(status.value, 0) for status in ClaimStatus}


def test_a_page_shows_codes_lines_and_findings_the_heaviest_first(reader: Reader) -> None:
    claim_id = claim_id_of(reader, "2026-000003")

    page = claim_page(reader, claim_id, TODAY)

    assert page.diagnoses == ((1, "M54.50"), (2, "I10"))
    assert [(line.code, line.letters) for line in page.lines] == [("G0463", "")]
    assert [finding.severity for finding in page.findings] == [Severity.ERROR, *[Severity.COULD_NOT_CHECK] * 2]
    assert (page.visit_number, page.filing_days_left) == ("V2", 163)


def test_pointers_are_shown_as_letters(reader: Reader) -> None:
    page = claim_page(reader, claim_id_of(reader, "2026-000001"), TODAY)

    assert page.lines[0].letters == "A,B"


def test_a_number_that_is_not_there_has_no_id(reader: Reader) -> None:
    assert claim_id_of(reader, "2026-999999") is None


def test_a_claim_that_is_not_there_has_no_page(reader: Reader) -> None:
    assert claim_page(reader, "nothing", TODAY) is None


def test_a_claim_without_payer_is_listed(db: Database) -> None:
    with db.change(SYSTEM) as change:
        coding_id = add_coding(change.session, add_encounter(change.session))
        change.session.delete(change.session.exec(select(Coverage)).one())
    build_claims(db, SYSTEM, coding_id)

    with db.reading() as session:
        (row,) = claim_list(SessionReader(session), TODAY, ClaimFilter.PATIENT)

    assert row.payer == ""


def test_a_session_reads_the_same_as_the_first_screen(db: Database, reader: Reader) -> None:
    with db.reading() as session:
        rows = claim_list(SessionReader(session), TODAY)
        page = claim_page(SessionReader(session), session.exec(select(Claim.id)).first(), TODAY)

    assert rows == claim_list(reader, TODAY)
    assert page == claim_page(reader, page.row.id, TODAY)
