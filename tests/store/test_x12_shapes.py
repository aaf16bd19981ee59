"""Claims of every shape as 837P and 837I: what pyx12, a validator with the published guides' maps, says of them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from store.claims.content import ClaimContent, parties_from_json, parties_to_json
from store.x12 import institutional, professional
from store.x12.tokenizer import Segment, segments
from store.x12.writer import Envelope, SegmentWriter
from tests.store.claim_samples import SOUND_CLAIM
from tests.store.claim_shapes import (
    BILL,
    INPATIENT,
    OUTPATIENT,
    institutional_shapes,
    paid_before,
    professional_shapes,
    with_details,
)
from tests.store.validator import faults_of

FORMS = {"837p": (professional, professional_shapes), "837i": (institutional, institutional_shapes)}


def _written(writing: ModuleType, claims: list[ClaimContent]) -> tuple[bytes, SegmentWriter]:
    out = io.BytesIO()
    created = dt.datetime(2026, 9, 20, 12, 0)
    envelope = Envelope("CODEDESK", "CLEARINGHOUSE", "T", 7, 7, created, "HC", writing.VERSION)
    writer = writing.write_interchange(out, claims, envelope, first_transaction=1)
    return out.getvalue(), writer


def _segments(claim: ClaimContent) -> list[Segment]:
    content, _ = _written(FORMS[claim.form][0], [claim])
    return list(segments(content, []))


def _all(identifier: str, of: list[Segment], first: str = "") -> Iterator[tuple[str, ...]]:
    return (one.elements for one in of if one.identifier == identifier and one.element(1).startswith(first))


@pytest.mark.thorough
@pytest.mark.parametrize("form", FORMS)
def test_the_validator_accepts_more_than_three_hundred_claims_of_all_shapes(form: str, tmp_path: Path) -> None:
    writing, shapes = FORMS[form]
    claims = [claim for _, claim in shapes()]

    content, _ = _written(writing, claims)

    assert len(claims) > 300
    assert faults_of(content, tmp_path) == []


def test_the_validator_does_refuse_a_claim_without_what_the_guide_requires(tmp_path: Path) -> None:
    broken = replace(INPATIENT, parties=replace(INPATIENT.parties, facility_bill=replace(BILL, patient_status="")))

    content, _ = _written(institutional, [broken])

    assert faults_of(content, tmp_path) != []


@pytest.mark.parametrize("form", FORMS)
def test_every_segment_of_a_claim_says_which_claim_and_which_field_it_states(form: str) -> None:
    writing, shapes = FORMS[form]
    claims = [claim for _, claim in shapes()]

    _, writer = _written(writing, claims)

    unnamed = [place for place in writer.places if not place.field]
    assert unnamed == []
    assert {place.claim for place in writer.places} - {""} == {claim.claim_number for claim in claims}


@pytest.mark.parametrize("form", FORMS)
def test_a_claim_of_any_shape_is_the_same_after_it_was_kept_as_json(form: str) -> None:
    claims = [claim for _, claim in FORMS[form][1]()]

    kept = [parties_from_json(parties_to_json(claim.parties)) for claim in claims]

    assert kept == [claim.parties for claim in claims]


def test_present_on_admission_is_the_ninth_component_and_left_off_where_exempt() -> None:
    found = [codes for codes in _all("HI", _segments(INPATIENT)) if codes[0][:3] in ("ABK", "ABF")]

    assert found == [("ABK:A419:::::::Y",), ("ABF:N179:::::::N", "ABF:I10")]


def test_an_outpatient_bill_has_reasons_for_visit_and_days_and_no_admitting_diagnosis() -> None:
    parts = _segments(OUTPATIENT)

    assert list(_all("HI", parts, "APR")) == [("APR:R079",)]
    assert list(_all("HI", parts, "ABJ")) == []
    assert len(list(_all("DTP", parts, "472"))) == 3


def test_an_inpatient_bill_has_its_admission_to_the_minute_and_the_hour_of_discharge() -> None:
    parts = _segments(INPATIENT)

    assert list(_all("DTP", parts, "435")) == [("435", "DT", "202609101440")]
    assert list(_all("DTP", parts, "096")) == [("096", "TM", "1315")]


def test_the_type_of_bill_is_split_between_its_first_digits_and_the_frequency() -> None:
    (claim,) = _all("CLM", _segments(replace(INPATIENT, frequency="7")))

    assert claim[4] == "11:A:7"


@pytest.mark.parametrize("form", FORMS)
def test_numbers_and_notes_of_blanks_alone_are_not_written(form: str) -> None:
    blank = with_details(note="  ", clearinghouse_number="  ", demonstration="  ", mammography="  ")
    sound = SOUND_CLAIM if form == "837p" else INPATIENT

    found = _segments(blank(sound))

    assert found == _segments(sound)


def test_more_than_twelve_condition_codes_of_a_professional_claim_go_on_in_a_second_segment() -> None:
    codes = tuple(f"{number:02d}" for number in range(1, 15))

    found = list(_all("HI", _segments(with_details(condition_codes=codes)(SOUND_CLAIM)), "BG"))

    assert [len(codes) for codes in found] == [12, 2]


@pytest.mark.parametrize("by_line", [True, False])
def test_what_a_payer_before_paid_and_adjusted_is_the_charge(by_line: bool) -> None:
    prior = paid_before(OUTPATIENT, by_line)

    assert prior.accounted_cents == OUTPATIENT.total_cents
