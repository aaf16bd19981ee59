"""Building claims from final codings: what becomes a claim, what is divided, what is refused by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from store.actors import SYSTEM
from store.claims.build import BuildReport, NotBuiltReason, UnknownCoding, build_claims
from store.claims.changes import CannotChange, set_payer_number, void_claim
from store.claims.content import (
    BilledDiagnosis,
    BilledLine,
    ClaimContent,
    UnknownClaim,
    load_claim,
    parties_from_json,
    parties_to_json,
)
from store.claims.details import Drug
from store.claims.division import CannotDivide, divide
from store.claims.scrubbing import scrub_claim
from store.database import Database
from store.models import Claim, Coding, Coverage, Encounter, Facility, FinalProcedureLine, LogEntry, Provider
from store.reasons import ReasonNeeded
from store.terms import ClaimStatus, CodingKind, CodingStatus, Relationship
from tests.store.claim_samples import CODES, PARTIES, SERVICE, TODAY, add_coding, add_encounter

pytestmark = pytest.mark.both_databases


def add(db: Database, visit: str = "V1", service: str = SERVICE, **coding: object) -> str:
    """A visit with one coding; the id of the coding."""
    with db.change(SYSTEM) as change:
        return add_coding(change.session, add_encounter(change.session, visit, service), **coding)


def change_rows(db: Database, statement, **values: object) -> None:
    with db.change(SYSTEM) as change:
        for row in change.session.exec(statement):
            for name, value in values.items():
                setattr(row, name, value)


def content(db: Database, report: BuildReport, number: int = 0) -> ClaimContent:
    with db.reading() as session:
        return load_claim(session, report.built[number].claim_id)


def claims(session: Session) -> list[Claim]:
    return list(session.exec(select(Claim).order_by(Claim.claim_number)))


def test_a_drug_that_was_coded_without_a_quantity_has_none_on_the_claim(db: Database) -> None:
    add(db)
    change_rows(db, select(FinalProcedureLine).limit(1), ndc="00093721410", ndc_quantity="")

    built = content(db, build_claims(db, SYSTEM))

    assert [line.drug for line in built.lines if line.drug] == [Drug("00093721410", "")]


def test_a_drug_that_was_coded_with_a_line_is_on_the_claim(db: Database) -> None:
    add(db)
    change_rows(db, select(FinalProcedureLine).limit(1), ndc="00093721410", ndc_quantity="ML2.5")

    built = content(db, build_claims(db, SYSTEM))

    assert [line.drug for line in built.lines if line.drug] == [Drug("00093721410", "2.5", "ML")]


def test_a_final_professional_coding_becomes_a_draft_claim(db: Database) -> None:
    add(db)

    build_claims(db, SYSTEM)

    with db.reading() as session:
        assert [(claim.status, claim.total_cents) for claim in claims(session)] == [(ClaimStatus.DRAFT, 10003)]


def test_a_claim_copies_codes_lines_and_parties(db: Database) -> None:
    add(db)

    built = content(db, build_claims(db, SYSTEM))

    assert [diagnosis.code for diagnosis in built.diagnoses] == ["M54.50", "I10"]
    assert [(line.code, line.pointers, line.service_date) for line in built.lines] == [
        ("G0463", (1, 2), SERVICE),
        ("G0439", (2,), SERVICE),
    ]
    assert built.parties.billing.npi == "1234567893"
    assert built.parties.rendering.family_name == "Adeyemi"
    assert built.parties.coverage.subscriber.birth_date == "1961-03-02"


def test_a_later_change_of_the_chart_does_not_change_the_claim(db: Database) -> None:
    add(db)
    report = build_claims(db, SYSTEM)

    change_rows(db, select(Facility), name="Another name")

    assert content(db, report).parties.billing.name == "Prairie Community Health"


def test_scrubbing_a_claim_copies_the_chart_again_and_keeps_its_number(db: Database) -> None:
    add(db)
    report = build_claims(db, SYSTEM)
    change_rows(db, select(Facility), name="Another name")

    scrub_claim(db, CODES, SYSTEM, report.built[0].claim_id, today=TODAY)

    refreshed = content(db, report)
    assert (refreshed.parties.billing.name, refreshed.claim_number) == ("Another name", report.built[0].claim_number)


def test_numbers_count_up_within_the_year_of_the_service(db: Database) -> None:
    add(db, "V1", "2025-12-30")
    add(db, "V2", "2026-01-02")
    add(db, "V3", "2026-01-03")

    report = build_claims(db, SYSTEM)

    assert sorted(built.claim_number for built in report.built) == ["2025-000001", "2026-000001", "2026-000002"]


def test_a_facility_coding_without_charges_is_named_as_not_built(db: Database) -> None:
    add(db, kind=CodingKind.FACILITY, lines=())

    report = build_claims(db, SYSTEM)

    assert [(refused.visit_number, refused.reason) for refused in report.not_built] == [
        ("V1", NotBuiltReason.NO_CHARGES)
    ]


@pytest.mark.parametrize(
    ("coding", "reason"),
    [
        ({"status": CodingStatus.DRAFT}, NotBuiltReason.NOT_FINAL),
        ({"lines": ()}, NotBuiltReason.NO_LINES),
        ({"diagnoses": ("I10",) * 13, "lines": (("G0463", tuple(range(1, 14))),)}, NotBuiltReason.TOO_MANY_POINTERS),
    ],
)
def test_a_coding_that_cannot_become_a_claim_says_why(db: Database, coding: dict, reason: NotBuiltReason) -> None:
    coding_id = add(db, **coding)

    report = build_claims(db, SYSTEM, coding_id)

    assert [refused.reason for refused in report.not_built] == [reason]


def test_an_encounter_without_facility_is_not_built(db: Database) -> None:
    coding_id = add(db)
    change_rows(db, select(Encounter), facility_id=None)

    report = build_claims(db, SYSTEM, coding_id)

    assert [refused.reason for refused in report.not_built] == [NotBuiltReason.NO_FACILITY]


def test_a_coding_is_built_once(db: Database) -> None:
    coding_id = add(db)
    build_claims(db, SYSTEM)

    again = build_claims(db, SYSTEM, coding_id)

    assert ([refused.reason for refused in again.not_built], again.built) == ([NotBuiltReason.ALREADY_BUILT], ())


def test_the_same_operation_builds_once_and_answers_the_same(db: Database) -> None:
    coding_id = add(db)

    first = build_claims(db, SYSTEM, coding_id, "operation")
    second = build_claims(db, SYSTEM, coding_id, "operation")

    assert first == second


def test_an_unknown_coding_is_refused(db: Database) -> None:
    with pytest.raises(UnknownCoding):
        build_claims(db, SYSTEM, "nothing")


def test_an_unknown_claim_is_refused(db: Database) -> None:
    with db.reading() as session, pytest.raises(UnknownClaim):
        load_claim(session, "nothing")


def recode(db: Database) -> None:
    """Supersede the coding and finalize its next version."""
    change_rows(db, select(Coding), status=CodingStatus.SUPERSEDED)
    with db.change(SYSTEM) as change:
        add_coding(change.session, change.session.exec(select(Encounter)).one(), version=2)


def test_recoding_voids_a_claim_that_has_not_left(db: Database) -> None:
    add(db)
    build_claims(db, SYSTEM)
    recode(db)

    build_claims(db, SYSTEM)

    with db.reading() as session:
        assert [claim.status for claim in claims(session)] == [ClaimStatus.VOID, ClaimStatus.DRAFT]


def test_recoding_replaces_a_claim_that_has_left(db: Database) -> None:
    add(db)
    sent = build_claims(db, SYSTEM).built[0].claim_number
    change_rows(db, select(Claim), status=ClaimStatus.EXPORTED)
    recode(db)

    report = build_claims(db, SYSTEM)

    assert (report.built[0].replaces, content(db, report).frequency) == (sent, "7")


def test_a_claim_that_was_given_up_is_not_built_again_with_all_others(db: Database) -> None:
    add(db)
    first = build_claims(db, SYSTEM).built[0]
    void_claim(db, SYSTEM, first.claim_id, "do not bill")

    report = build_claims(db, SYSTEM)

    assert report.built == ()


def test_after_its_chart_is_coded_again_a_claim_that_was_given_up_is_built(db: Database) -> None:
    add(db)
    first = build_claims(db, SYSTEM).built[0]
    void_claim(db, SYSTEM, first.claim_id, "wrong codes")
    change_rows(db, select(Coding), finalized_at="2099-01-01T00:00:00.000Z")

    report = build_claims(db, SYSTEM)

    assert [one.claim_number for one in report.built] == ["2026-000002"]


def test_a_claim_that_was_given_up_is_built_again_by_name_under_a_new_number(db: Database) -> None:
    add(db)
    first = build_claims(db, SYSTEM).built[0]
    void_claim(db, SYSTEM, first.claim_id, "wrong patient")
    with db.reading() as session:
        coding = session.exec(select(Coding.id)).one()

    second = build_claims(db, SYSTEM, coding).built[0]

    assert (first.claim_number, second.claim_number) == ("2026-000001", "2026-000002")


@pytest.mark.parametrize("reason", ["", "   \n", "so"])
def test_giving_up_a_claim_needs_a_reason(db: Database, reason: str) -> None:
    add(db)
    claim_id = build_claims(db, SYSTEM).built[0].claim_id

    with pytest.raises(ReasonNeeded):
        void_claim(db, SYSTEM, claim_id, reason)


@pytest.mark.parametrize("status", [ClaimStatus.EXPORTED, ClaimStatus.VOID])
def test_a_claim_that_has_left_is_not_changed(db: Database, status: ClaimStatus) -> None:
    add(db)
    claim_id = build_claims(db, SYSTEM).built[0].claim_id
    change_rows(db, select(Claim), status=status)

    with pytest.raises(CannotChange):
        set_payer_number(db, SYSTEM, claim_id, "X1")


def test_a_dependent_keeps_the_subscriber_apart_from_the_patient(db: Database) -> None:
    add(db)
    change_rows(
        db,
        select(Coverage),
        relationship=Relationship.CHILD,
        subscriber_family_name="Lindqvist",
        subscriber_given_name="Maja",
    )

    built = content(db, build_claims(db, SYSTEM))

    assert built.parties.coverage.subscriber.given_name == "Maja"
    assert built.parties.coverage.subscriber.birth_date is None


def test_without_coverage_the_claim_has_no_payer(db: Database) -> None:
    add(db)
    with db.change(SYSTEM) as change:
        change.session.delete(change.session.exec(select(Coverage)).one())

    built = content(db, build_claims(db, SYSTEM))

    assert built.parties.coverage is None


def test_a_line_of_another_performer_carries_that_provider(db: Database) -> None:
    add(db)
    with db.change(SYSTEM) as change:
        change.session.add(
            Provider(source="test", local_id="D2", npi="1999990041", family_name="Oyelaran", given_name="Tunde")
        )
    change_rows(db, select(FinalProcedureLine).where(FinalProcedureLine.sequence == 2), performer_npi="1999990041")

    built = content(db, build_claims(db, SYSTEM))

    assert [line.rendering.family_name if line.rendering else "" for line in built.lines] == ["", "Oyelaran"]


def test_building_is_logged_with_the_number(db: Database) -> None:
    add(db)

    report = build_claims(db, SYSTEM)

    with db.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "claim.build")).one()
    assert entry.detail["number"] == report.built[0].claim_number


def test_the_parties_come_back_from_their_json_as_they_were() -> None:
    assert parties_from_json(parties_to_json(PARTIES)) == PARTIES


def diagnoses(count: int) -> list[BilledDiagnosis]:
    return [BilledDiagnosis(place, f"Z{place:02d}") for place in range(1, count + 1)]


def lines(*pointers: tuple[int, ...]) -> list[BilledLine]:
    return [BilledLine(place, "G0463", SERVICE, 100, pointers=to) for place, to in enumerate(pointers, start=1)]


def test_fifty_one_lines_go_on_two_claims() -> None:
    parts = divide(diagnoses(1), lines(*[(1,)] * 51))

    assert [[line.sequence for line in part.lines][-1] for part in parts] == [50, 1]
    assert "lines-over-50" in parts[1].notes[0]


def test_diagnoses_beyond_twelve_that_no_line_needs_are_left_off_by_name() -> None:
    (part,) = divide(diagnoses(14), lines((1,), (13,)))

    assert [diagnosis.code for diagnosis in part.diagnoses][-1] == "Z13"
    assert "Z12, Z14" in part.notes[0]


def test_lines_whose_diagnoses_do_not_fit_together_are_divided() -> None:
    parts = divide(diagnoses(16), lines((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16)))

    assert [len(part.lines) for part in parts] == [3, 1]


def test_a_line_with_thirteen_diagnoses_cannot_be_divided() -> None:
    with pytest.raises(CannotDivide):
        divide(diagnoses(13), lines(tuple(range(1, 14))))


@given(
    st.integers(1, 20).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(st.lists(st.integers(-1, 22), max_size=4).map(tuple), min_size=1, max_size=60),
        )
    )
)
def test_dividing_keeps_every_line_and_what_it_points_to(case: tuple) -> None:
    count, pointers = case
    before, billed = diagnoses(count), lines(*pointers)
    named = [[before[p - 1].code if 1 <= p <= count else "" for p in line.pointers] for line in billed]

    parts = divide(before, billed)

    after = []
    for part in parts:
        codes = {diagnosis.sequence: diagnosis.code for diagnosis in part.diagnoses}
        after += [[codes.get(p, "") for p in line.pointers] for line in part.lines]
    assert after == named
    assert all(len(part.lines) <= 50 and len(part.diagnoses) <= 12 for part in parts)
