"""Scrubbing a stored claim: its state, its findings, and overrides that last as long as what they were for."""

from __future__ import annotations

import pytest
from sqlmodel import delete, select

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.content import UnknownClaim
from store.claims.scrubbing import ClaimHasLeft, ScrubResult, scrub_claim
from store.database import Database
from store.directory import PAYER, save_entry
from store.models import Claim, ClaimLine, Encounter, Finding, LogEntry, Patient, Payer
from store.reasons import ReasonNeeded
from store.scrub.findings import OverrideRefused, override
from store.terms import ClaimStatus, FindingState, Severity
from tests.store.claim_samples import CODES, TODAY, add_coding, add_encounter
from tests.store.test_claims_facility import add_stay

pytestmark = pytest.mark.both_databases


def a_claim(db: Database, visit: str = "V1", **coding: object) -> str:
    """The id of a claim that was just built."""
    with db.change(SYSTEM) as change:
        coding_id = add_coding(change.session, add_encounter(change.session, visit), **coding)
    return build_claims(db, SYSTEM, coding_id).built[0].claim_id


def scrub(db: Database, claim_id: str, operation_id: str | None = None) -> ScrubResult:
    return scrub_claim(db, CODES, SYSTEM, claim_id, operation_id, TODAY)


def findings(db: Database, claim_id: str) -> list[Finding]:
    with db.reading() as session:
        return list(session.exec(select(Finding).where(Finding.subject_id == claim_id).order_by(Finding.rule_id)))


def the_finding(db: Database, claim_id: str, rule_id: str) -> Finding:
    return next(finding for finding in findings(db, claim_id) if finding.rule_id == rule_id)


def status(db: Database, claim_id: str) -> ClaimStatus:
    with db.reading() as session:
        return session.get_one(Claim, claim_id).status


BLOCKED = {"lines": (("G0463", ()),)}
"""A line that points to no diagnosis."""


def test_a_sound_claim_becomes_ready(db: Database) -> None:
    claim_id = a_claim(db)

    result = scrub(db, claim_id)

    assert (result.status, result.errors) == (ClaimStatus.READY, 0)


def test_a_service_after_the_patient_died_is_found_by_the_record_of_the_patient(db: Database) -> None:
    claim_id = a_claim(db)
    with db.change(SYSTEM) as change:
        change.session.exec(select(Patient)).one().deceased_on = "2026-09-01"

    scrub(db, claim_id)

    assert the_finding(db, claim_id, "r463").severity.blocks


def test_a_claim_with_an_error_fails_and_keeps_the_finding(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)

    scrub(db, claim_id)

    finding = the_finding(db, claim_id, "c34")
    assert (status(db, claim_id), finding.place) == (ClaimStatus.SCRUB_FAILED, "line.1.pointers")


def test_scrubbing_again_renews_the_findings(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)
    before = len(findings(db, claim_id))

    scrub(db, claim_id)

    assert len(findings(db, claim_id)) == before


def test_the_same_operation_scrubs_once(db: Database) -> None:
    claim_id = a_claim(db)

    first = scrub(db, claim_id, "operation")
    second = scrub(db, claim_id, "operation")

    with db.reading() as session:
        entries = session.exec(select(LogEntry).where(LogEntry.action == "claim.scrub")).all()
    assert (first, len(entries)) == (second, 1)


def test_the_last_override_makes_the_claim_ready(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)

    override(db, SYSTEM, the_finding(db, claim_id, "c34").id, "payer takes it")

    assert status(db, claim_id) is ClaimStatus.READY


def test_an_override_stays_when_the_same_is_found_again(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)
    override(db, SYSTEM, the_finding(db, claim_id, "c34").id, "payer takes it")

    result = scrub(db, claim_id)

    finding = the_finding(db, claim_id, "c34")
    assert (finding.state, finding.override_reason) == (FindingState.OVERRIDDEN, "payer takes it")
    assert (result.status, result.overridden) == (ClaimStatus.READY, 1)


def test_an_override_goes_when_other_values_are_seen(db: Database) -> None:
    claim_id = a_claim(db)
    _set_place_of_service(db, "")
    scrub(db, claim_id)
    override(db, SYSTEM, the_finding(db, claim_id, "r213").id, "it is new")

    _set_place_of_service(db, "1")
    scrub(db, claim_id)

    assert the_finding(db, claim_id, "r213").state is FindingState.OPEN


def _set_place_of_service(db: Database, place: str) -> None:
    with db.change(SYSTEM) as change:
        change.session.exec(select(Encounter)).one().place_of_service = place


@pytest.mark.parametrize("reason", ["", " \t\n ", "so"])
def test_an_override_without_a_reason_is_refused(db: Database, reason: str) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)

    with pytest.raises(ReasonNeeded):
        override(db, SYSTEM, the_finding(db, claim_id, "c34").id, reason)


def test_a_critical_finding_is_not_overridden(db: Database) -> None:
    claim_id = a_claim(db)
    with db.change(SYSTEM) as change:
        change.session.exec(delete(ClaimLine).where(ClaimLine.claim_id == claim_id))
    scrub(db, claim_id)
    finding = the_finding(db, claim_id, "r203")

    with pytest.raises(OverrideRefused):
        override(db, SYSTEM, finding.id, "they will pay")

    assert finding.severity is Severity.CRITICAL


def test_a_finding_is_overridden_once(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)
    finding_id = the_finding(db, claim_id, "c34").id
    override(db, SYSTEM, finding_id, "payer takes it", "operation")
    override(db, SYSTEM, finding_id, "payer takes it", "operation")

    with pytest.raises(OverrideRefused):
        override(db, SYSTEM, finding_id, "once again")


def test_an_override_is_logged_with_its_reason(db: Database) -> None:
    claim_id = a_claim(db, **BLOCKED)
    scrub(db, claim_id)

    override(db, SYSTEM, the_finding(db, claim_id, "c34").id, "payer takes it")

    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "finding.override")).one()
    assert (entry.detail["rule"], entry.detail["reason"]) == ("c34", "payer takes it")


def test_the_same_service_on_another_claim_is_a_duplicate(db: Database) -> None:
    a_claim(db, "V1")
    second = a_claim(db, "V2")

    scrub(db, second)

    assert [finding.seen["other"] for finding in findings(db, second) if finding.rule_id == "r241"] == [
        "2026-000001",
        "2026-000001",
    ]


def duplicates(db: Database, claim_id: str) -> list[str]:
    scrub(db, claim_id)
    return [finding.seen["other"] for finding in findings(db, claim_id) if finding.rule_id == "r241"]


def test_a_claim_that_was_built_later_and_has_not_left_accuses_not_the_first(db: Database) -> None:
    first, _ = a_claim(db, "V1"), a_claim(db, "V2")

    assert duplicates(db, first) == []


def test_a_stay_billed_again_under_another_account_is_a_duplicate_line_by_line(db: Database) -> None:
    first, second = (build_claims(db, SYSTEM, add_stay(db, visit)).built[0].claim_id for visit in ("V1", "V2"))

    assert duplicates(db, second) == ["2026-000001"]
    assert duplicates(db, first) == []


def test_the_parts_of_one_divided_coding_are_no_duplicates_of_each_other(db: Database) -> None:
    with db.change(SYSTEM) as change:
        add_coding(change.session, add_encounter(change.session, "V1"), lines=(("G0463", (1,)),) * 60)
    parts = [built.claim_id for built in build_claims(db, SYSTEM).built]

    assert [duplicates(db, part) for part in parts] == [[], []]


def test_another_code_on_the_same_day_is_no_duplicate(db: Database) -> None:
    a_claim(db, "V1", lines=(("G0463", (1,)),))
    second = a_claim(db, "V2", lines=(("G0439", (1,)),))

    result = scrub(db, second)

    assert result.status is ClaimStatus.READY


def test_a_void_claim_makes_no_duplicate(db: Database) -> None:
    first, second = a_claim(db, "V1"), a_claim(db, "V2")
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, first).status = ClaimStatus.VOID

    result = scrub(db, second)

    assert result.status is ClaimStatus.READY


@pytest.mark.parametrize("left", [ClaimStatus.EXPORTED, ClaimStatus.VOID])
def test_a_claim_that_has_left_is_not_scrubbed(db: Database, left: ClaimStatus) -> None:
    claim_id = a_claim(db)
    with db.change(SYSTEM) as change:
        change.session.get_one(Claim, claim_id).status = left

    with pytest.raises(ClaimHasLeft):
        scrub(db, claim_id)


def test_an_unknown_claim_is_refused(db: Database) -> None:
    with pytest.raises(UnknownClaim):
        scrub(db, "nothing")


def test_scrubbing_changes_nothing_that_the_claim_states(db: Database) -> None:
    claim_id = a_claim(db)
    with db.reading() as session:
        before = session.get_one(Claim, claim_id).model_dump(exclude={"status", "scrubbed_at", "row_version"})

    scrub(db, claim_id)

    with db.reading() as session:
        after = session.get_one(Claim, claim_id).model_dump(exclude={"status", "scrubbed_at", "row_version"})
        assert (after, len(session.exec(select(Encounter)).all())) == (before, 1)


def test_a_fault_of_the_payer_that_was_mended_since_is_found_no_more(db: Database) -> None:
    claim_id = a_claim(db)
    with db.change(SYSTEM) as change:
        change.session.exec(select(Payer)).one().payer_identifier = ""
    before = scrub(db, claim_id)
    save_entry(db, SYSTEM, PAYER, "P1", {"payer_identifier": "BLUEP"})

    after = scrub(db, claim_id)

    assert (before.status, after.status) == (ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)
