"""The list of acknowledgments counts and tells apart what each did; one of them shows its claims and stated totals."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from store.acks import take_in
from store.actors import SYSTEM
from store.database import Database
from store.models import Claim, Patient
from store.queries import SessionReader
from store.queries.acks import (
    AckFilter,
    AckPage,
    AckRow,
    Standing,
    StatedTotal,
    acknowledgment_id_of,
    acknowledgment_list,
    acknowledgment_page,
)
from store.terms import RESTRICTED, AcknowledgmentKind, ClaimStatus, Outcome
from tests.store.test_acks import PROVIDER, Sent, claim_status, implementation, interchange, patient, sent

__all__ = ["sent"]
pytestmark = pytest.mark.both_databases

OURS = PROVIDER.format(npi="1234567893")


def arrive(db: Database, tmp_path: Path, content: bytes, name: str) -> str:
    (tmp_path / name).write_bytes(content)
    return take_in(db, SYSTEM, tmp_path / name).answers[0].acknowledgment_id


def listed(db: Database, show: AckFilter = AckFilter.ALL) -> list[AckRow]:
    with db.reading() as session:
        return acknowledgment_list(SessionReader(session), show)


def shown(db: Database, acknowledgment_id: str) -> AckPage:
    with db.reading() as session:
        page = acknowledgment_page(SessionReader(session), acknowledgment_id)
    assert page is not None
    return page


def refused_set(sent: Sent) -> bytes:
    """A 999 that refuses the set for the second claim."""
    position = sent.position(sent.numbers[1], "line.2.service_date")
    error = f"AK2*837*{sent.control}~IK3*DTP*{position}**8~IK4*3*1251*8*20269999~IK5*R*5~"
    return implementation(sent, error, "R")


def mixed_claims(sent: Sent) -> bytes:
    """A 277CA that accepts the first claim and refuses the second twice over, with its totals."""
    totals = "QTY*90*1~QTY*AA*1~AMT*YU*100.03~AMT*YY*100.03~"
    refusal = patient(sent.numbers[1], "A7:562:85", "ICN2") + "STC*A3:21*20261103*U*100.03~"
    return claim_status(sent, totals + OURS + patient(sent.numbers[0], "A2:20", "ICN1") + refusal)


def foreign(sent: Sent) -> bytes:
    return interchange(sent, "", "TA1*000099999*261103*1200*R*022~")


def test_a_refused_999_is_listed_with_our_file_its_culprit_its_riders_and_their_money(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, refused_set(sent), "back.999")

    (row,) = listed(db)

    assert (row.file_name, row.kind, row.control) == ("back.999", AcknowledgmentKind.IMPLEMENTATION, str(sent.group))
    assert (row.answers, row.partner, row.outcome) == ("out.837", sent.receiver, Outcome.REJECTED)
    assert (row.accepted, row.culprits, row.riders) == (0, 1, 2)
    assert (row.accepted_cents, row.refused_cents) == (0, 3 * 10003)


def test_a_claim_that_an_answer_refuses_twice_is_counted_once(db: Database, tmp_path: Path, sent: Sent) -> None:
    arrive(db, tmp_path, mixed_claims(sent), "back.277")

    (row,) = listed(db)

    assert (row.accepted, row.culprits, row.riders) == (1, 1, 0)
    assert (row.accepted_cents, row.refused_cents) == (10003, 10003)


def test_views_show_what_was_refused_of_ours_and_what_is_not_ours(db: Database, tmp_path: Path, sent: Sent) -> None:
    arrive(db, tmp_path, interchange(sent, "", f"TA1*{sent.interchange:09d}*261103*1200*A*000~"), "good.ta1")
    arrive(db, tmp_path, foreign(sent), "theirs.ta1")
    arrive(db, tmp_path, refused_set(sent), "back.999")

    names = {show: [row.file_name for row in listed(db, show)] for show in AckFilter}

    assert names == {
        AckFilter.ALL: ["back.999", "theirs.ta1", "good.ta1"],
        AckFilter.REJECTED: ["back.999"],
        AckFilter.NOT_OURS: ["theirs.ta1"],
    }


def test_what_answers_no_file_of_ours_says_so_and_an_accepted_file_of_ours_does_not(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    arrive(db, tmp_path, interchange(sent, "", f"TA1*{sent.interchange:09d}*261103*1200*A*000~"), "good.ta1")
    arrive(db, tmp_path, foreign(sent), "theirs.ta1")

    ours = {row.file_name: row.ours for row in listed(db)}

    assert ours == {"good.ta1": True, "theirs.ta1": False}


def test_a_page_of_the_list_goes_on_where_the_one_before_ended(db: Database, tmp_path: Path, sent: Sent) -> None:
    arrive(db, tmp_path, foreign(sent), "theirs.ta1")
    arrive(db, tmp_path, refused_set(sent), "back.999")

    with db.reading() as session:
        (first,) = acknowledgment_list(SessionReader(session), limit=1)
        rest = acknowledgment_list(SessionReader(session), after=first)

    assert [first.file_name, *(row.file_name for row in rest)] == ["back.999", "theirs.ta1"]


def test_culprits_stand_before_riders_with_code_place_and_the_value_that_was_sent(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    page = shown(db, arrive(db, tmp_path, refused_set(sent), "back.999"))

    first, *others = page.claims
    (answer,) = first.answers
    assert (first.number, first.standing, first.status) == (sent.numbers[1], Standing.CULPRIT, ClaimStatus.REJECTED)
    assert (answer.category, answer.code, answer.value) == ("8", "8", "20269999")
    assert (answer.position, answer.place) == (sent.position(first.number, answer.place), "line.2.service_date")
    assert [(one.number, one.standing, one.status) for one in others] == [
        (sent.numbers[0], Standing.RIDER, ClaimStatus.READY),
        (sent.numbers[2], Standing.RIDER, ClaimStatus.READY),
    ]


def test_a_277ca_shows_the_payer_s_numbers_and_every_refusal_of_a_claim(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    page = shown(db, arrive(db, tmp_path, mixed_claims(sent), "back.277"))

    refused, accepted = page.claims
    assert (refused.standing, refused.payer_number) == (Standing.CULPRIT, "ICN2")
    assert [(one.category, one.code, one.entity) for one in refused.answers] == [("A7", "562", "85"), ("A3", "21", "")]
    assert (accepted.standing, accepted.payer_number) == (Standing.ACCEPTED, "ICN1")


def test_a_277ca_shows_the_number_that_it_gave_whatever_the_payer_calls_the_claim_now(
    db: Database, tmp_path: Path, sent: Sent
) -> None:
    answer = arrive(db, tmp_path, mixed_claims(sent), "back.277")
    other = arrive(db, tmp_path, refused_set(sent), "back.999")
    with db.change(SYSTEM) as change:
        for claim in change.session.exec(select(Claim)):
            claim.payer_number = "ICN-OF-THE-835"
            change.session.add(claim)

    given = [one.payer_number for one in shown(db, answer).claims]
    none = {one.payer_number for one in shown(db, other).claims}

    assert (given, none) == (["ICN2", "ICN1"], {""})


def test_a_277ca_shows_the_totals_that_its_levels_state(db: Database, tmp_path: Path, sent: Sent) -> None:
    page = shown(db, arrive(db, tmp_path, mixed_claims(sent), "back.277"))

    assert page.stated == (
        StatedTotal("receiver", "US", "90", claims="1"),
        StatedTotal("receiver", "US", "AA", claims="1"),
        StatedTotal("receiver", "US", "YU", cents=10003),
        StatedTotal("receiver", "US", "YY", cents=10003),
    )


def test_the_name_of_a_restricted_patient_is_not_shown(db: Database, tmp_path: Path, sent: Sent) -> None:
    acknowledgment_id = arrive(db, tmp_path, refused_set(sent), "back.999")
    with db.change(SYSTEM) as change:
        for one in change.session.exec(select(Patient)):
            one.restricted = "an employee"
            change.session.add(one)

    page = shown(db, acknowledgment_id)

    assert {one.patient for one in page.claims} == {RESTRICTED}


def test_an_acknowledgment_is_found_by_its_id_or_the_end_of_it(db: Database, tmp_path: Path, sent: Sent) -> None:
    acknowledgment_id = arrive(db, tmp_path, foreign(sent), "theirs.ta1")

    with db.reading() as session:
        reader = SessionReader(session)
        found = [acknowledgment_id_of(reader, name) for name in (acknowledgment_id, acknowledgment_id[-8:])]
        none = [acknowledgment_id_of(reader, name) for name in ("", "%", acknowledgment_id[-2:], "no such")]

    assert found == [acknowledgment_id] * 2
    assert none == [None] * 4
