"""The whole first path without a screen: every demo chart coded by its key, claims built, scrubbed and exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesets.catalog import Reference
from store.actors import Actor
from store.claims.build import build_claims
from store.claims.export import ExportRefused, export_claims
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.demo.site import load_site
from store.queries import SessionReader
from store.queries.claims import claim_page
from store.settings import today
from store.terms import ClaimStatus, CodingKind
from tests.store.demo_coding import code_site
from tests.store.validator import faults_of

# Faults planted in professional charts (`store/demo/site.toml`): those that keep their claims from leaving, and one
# that is only told, since the guide asks for a subscriber's birth date only where the subscriber is the patient.
BLOCKED = {"V26-1010": "member", "V26-1012": "coverage"}
TOLD = ("V26-1014", "subscriber.birth_date")


@pytest.fixture
def claims(demo: Database, reference: Reference, coder: Actor, biller: Actor) -> dict[str, str]:
    """Every professional demo chart coded and its claim scrubbed: claim id by visit number."""
    visit_of = {coding: visit for visit, coding in code_site(demo, reference, coder, CodingKind.PROFESSIONAL).items()}
    by_visit = {}
    for coding, visit in visit_of.items():
        (built,) = build_claims(demo, biller, coding).built
        scrub_claim(demo, reference, biller, built.claim_id)
        by_visit[visit] = built.claim_id
    return by_visit


def test_every_planted_fault_blocks_its_claim_by_name_and_nothing_else_is_blocked(
    demo: Database, claims: dict[str, str]
) -> None:
    with demo.reading() as session:
        pages = {visit: claim_page(SessionReader(session), claim, today()) for visit, claim in claims.items()}

    blocked = {visit: page for visit, page in pages.items() if page and page.row.status is not ClaimStatus.READY}
    places = {visit: {f.place for f in page.findings if f.severity.blocks} for visit, page in blocked.items()}
    assert {visit for visit, found in places.items() if found} == set(BLOCKED)
    assert all(any(word in place for place in places[visit]) for visit, word in BLOCKED.items())
    assert f"coverage.1.{TOLD[1]}" in {finding.place for finding in pages[TOLD[0]].findings}


@pytest.mark.thorough
def test_the_validator_accepts_the_export_of_all_claims_that_are_ready(
    demo: Database, biller: Actor, claims: dict[str, str], tmp_path: Path
) -> None:
    destination = tmp_path / "claims.837"

    report = export_claims(demo, biller, None, destination, ready_only=True)

    assert report.claims == len(claims) - len(BLOCKED)
    assert faults_of(destination.read_bytes(), tmp_path) == []


@pytest.mark.thorough
def test_an_export_that_names_a_blocked_claim_writes_no_file(
    demo: Database, biller: Actor, claims: dict[str, str], tmp_path: Path
) -> None:
    destination = tmp_path / "claims.837"

    with pytest.raises(ExportRefused, match="no file was written"):
        export_claims(demo, biller, [claims["V26-1010"], claims["V26-1001"]], destination)

    assert not destination.exists()


@pytest.mark.thorough
def test_the_facility_charts_can_be_coded_to_their_keys(demo: Database, reference: Reference, coder: Actor) -> None:
    coded = code_site(demo, reference, coder, CodingKind.FACILITY)

    assert len(coded) == sum(CodingKind.FACILITY in chart.encounter.tasks for chart in load_site().charts)
