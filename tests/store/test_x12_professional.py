"""Professional claims as 837P: what pyx12, a validator with the published guide's maps, says of them."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path

import pytest

from store.claims.content import (
    Accident,
    Address,
    BilledDiagnosis,
    BilledLine,
    ClaimContent,
    Practitioner,
    ServiceFacility,
)
from store.x12 import professional
from store.x12.loops837 import interchange
from store.x12.professional import VERSION, write_interchange
from store.x12.tokenizer import segments
from store.x12.writer import Envelope, SegmentWriter
from tests.store.claim_samples import (
    LINES,
    OWN_COVERAGE,
    PATIENT,
    PAYER,
    SERVICE,
    SOUND_CLAIM,
    SPOUSE,
    with_coverage,
    with_line,
    with_parties,
)
from tests.store.validator import faults_of

ENVELOPE = Envelope(
    sender="CODEDESK",
    receiver="CLEARINGHOUSE",
    usage="T",
    interchange_control=7,
    group_control=7,
    created=dt.datetime(2026, 9, 20, 12, 0),
    functional_id="HC",
    version=VERSION,
)
SECONDARY = replace(OWN_COVERAGE, sequence=2, relationship="spouse", subscriber=SPOUSE, member_id="ZZ1")
TERTIARY = replace(OWN_COVERAGE, sequence=3, member_id="YY3", payer=replace(PAYER, name="Third", identifier="THIRD"))
COLLEAGUE = Practitioner("Oyelaran", "Tunde", "1999990041", "207R00000X")

TWELVE = (
    *("M54.50", "I10", "E78.5", "Z23", "E11.9", "N18.31"),
    *("J44.1", "F32.A", "I50.9", "E03.9", "K21.9", "G47.33"),
)


def _lines(count: int) -> ClaimContent:
    lines = tuple(BilledLine(n, "G0463", SERVICE, 100 + n, pointers=(1,)) for n in range(1, count + 1))
    return replace(SOUND_CLAIM, lines=lines, total_cents=sum(line.charge_cents for line in lines))


def _name(family: str, given: str = "Per", **more: str) -> ClaimContent:
    patient = replace(PATIENT, family_name=family, given_name=given, **more)
    return with_parties(patient=patient, coverage=replace(OWN_COVERAGE, subscriber=patient))


def _diagnoses(*codes: str) -> ClaimContent:
    diagnoses = tuple(BilledDiagnosis(place, code) for place, code in enumerate(codes, start=1))
    return replace(SOUND_CLAIM, diagnoses=diagnoses)


SHAPES: dict[str, ClaimContent] = {
    "plain": SOUND_CLAIM,
    "child of the subscriber": with_coverage(relationship="child", subscriber=SPOUSE),
    "spouse of the subscriber": with_coverage(relationship="spouse", subscriber=SPOUSE),
    "other dependent": with_coverage(relationship="other", subscriber=SPOUSE),
    "secondary coverage": with_parties(other_coverages=(SECONDARY,)),
    "three coverages": with_parties(other_coverages=(SECONDARY, TERTIARY)),
    "dependent with secondary": with_parties(
        coverage=replace(OWN_COVERAGE, relationship="child", subscriber=SPOUSE), other_coverages=(TERTIARY,)
    ),
    "long name": _name("Wolfeschlegelsteinhausenbergerdorff" * 3, "Hubert Blaine Adolph Charles David Earl"),
    "diacritics": _name("Åkesson-Müller", "Zoë"),
    "letters without decomposition": _name("Łukaszewicz", "Øyvind"),
    "delimiters in a name": _name("O*Brien~Smith", "Per:Olof^"),
    "apostrophe and suffix": _name("O'Neil", middle_name="James", suffix="Jr"),
    "unknown sex": _name("Lindqvist", sex="X"),
    "four modifiers": with_line(modifiers=("25", "59", "GT", "95")),
    "four pointers": replace(
        _diagnoses("M54.50", "I10", "E78.5", "Z23"), lines=(replace(LINES[0], pointers=(1, 2, 3, 4)), LINES[1])
    ),
    "twelve diagnoses": _diagnoses(*TWELVE),
    "fifty lines": _lines(50),
    "one line": _lines(1),
    "several units": with_line(units=12),
    "whole dollars": with_line(charge_cents=14000),
    "large amount": with_line(charge_cents=123456789),
    "referring provider": with_parties(referring=COLLEAGUE),
    "supervising provider": with_parties(supervising=COLLEAGUE),
    "service facility": with_parties(
        service_facility=ServiceFacility(
            "Prairie Annex", "1999990058", Address("5 Oak Lane", "", "Ansel", "NE", "688140005")
        )
    ),
    "line with its own performer": with_line(performer_npi=COLLEAGUE.npi, rendering=COLLEAGUE),
    "no rendering provider": with_parties(rendering=None),
    "auto accident": with_parties(accident=Accident("2026-09-01", "AA", "NE")),
    "accident at work": with_parties(accident=Accident("2026-09-01", "EM")),
    "inpatient visit": with_parties(place_of_service="21"),
    "authorization and referral": with_coverage(authorization_number="AUTH 12-3", referral_number="R9"),
    "replacement": replace(with_parties(original_reference="20260915X1"), frequency="7"),
    "plan name without group": with_coverage(group_number="", plan_name="Family plan"),
    "payer with address": with_coverage(
        payer=replace(PAYER, address=Address("1 Plains Way", "", "Omaha", "NE", "68102"))
    ),
    "two address lines": _name("Lindqvist", address=Address("77 Elm Street", "Flat 4", "Ansel", "NE", "68814")),
}


def _numbered(claims: list[ClaimContent]) -> list[ClaimContent]:
    return [replace(claim, claim_number=f"2026-{place:06d}") for place, claim in enumerate(claims, start=1)]


def _written(*claims: ClaimContent) -> tuple[bytes, SegmentWriter]:
    out = io.BytesIO()
    writer = write_interchange(out, claims, ENVELOPE, first_transaction=1)
    return out.getvalue(), writer


@pytest.mark.parametrize("shape", SHAPES)
def test_a_claim_of_every_shape_is_accepted_by_the_validator(shape: str, tmp_path: Path) -> None:
    content, _ = _written(SHAPES[shape])

    complaints = faults_of(content, tmp_path)

    assert complaints == []


def test_all_shapes_in_one_file_are_accepted(tmp_path: Path) -> None:
    content, _ = _written(*_numbered(list(SHAPES.values())))

    complaints = faults_of(content, tmp_path)

    assert complaints == []


def test_the_validator_is_awake(tmp_path: Path) -> None:
    content, _ = _written(SOUND_CLAIM)
    wrong = content.replace(b"DTP*472*D8*20260915", b"DTP*472*D8*20261345")

    complaints = faults_of(wrong, tmp_path)

    assert complaints


def test_the_place_of_a_segment_is_its_position_counted_from_st() -> None:
    content, writer = _written(SOUND_CLAIM)
    read = list(segments(content, []))
    start = next(place for place, part in enumerate(read) if part.identifier == "ST")

    place = next(place for place in writer.places if place.field == "line.2.service_date")

    assert read[start + place.position - 1].identifier == "DTP"
    assert place.claim == SOUND_CLAIM.claim_number


def test_every_segment_of_the_transaction_has_a_place() -> None:
    content, writer = _written(*_numbered([SOUND_CLAIM, SOUND_CLAIM]))

    counted = next(part for part in segments(content, []) if part.identifier == "SE").element(1)

    assert [place.position for place in writer.places] == list(range(1, int(counted) + 1))


def test_diagnoses_are_written_without_their_dot_and_the_first_as_principal() -> None:
    content, _ = _written(SOUND_CLAIM)

    assert b"\nHI*ABK:M5450*ABF:I10~" in content


def test_the_patient_loop_is_there_only_for_a_dependent() -> None:
    own, _ = _written(SOUND_CLAIM)
    dependent, _ = _written(SHAPES["child of the subscriber"])

    assert (b"NM1*QC" in own, b"NM1*QC" in dependent) == (False, True)


def test_the_payers_number_is_written_only_on_a_replacement() -> None:
    original, _ = _written(with_parties(original_reference="X1"))
    replacement, _ = _written(SHAPES["replacement"])

    assert (b"REF*F8" in original, b"REF*F8*20260915X1~" in replacement) == (False, True)


def test_one_billing_provider_level_serves_all_its_claims() -> None:
    content, _ = _written(*_numbered([SOUND_CLAIM, SOUND_CLAIM, SOUND_CLAIM]))

    levels = [part.elements for part in segments(content, []) if part.identifier == "HL"]

    assert levels == [("1", "", "20", "1"), ("2", "1", "22", "0"), ("3", "1", "22", "0"), ("4", "1", "22", "0")]


def test_a_new_transaction_begins_when_one_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interchange, "CLAIMS_PER_TRANSACTION", 2)

    content, _ = _written(*_numbered([SOUND_CLAIM] * 5))

    controls = [part.element(2) for part in segments(content, []) if part.identifier == "ST"]
    assert controls == ["0001", "0002", "0003"]


def test_what_writing_changes_in_a_name_is_told_with_its_place() -> None:
    changes = professional.text_changes(_name("O*Brien"))

    assert [(change.place, change.after, change.removed) for change in changes] == [
        ("coverage.1.subscriber.family_name", "OBRIEN", "*")
    ]


def test_a_change_in_a_plan_name_is_told_at_the_plan_name() -> None:
    changes = professional.text_changes(with_coverage(group_number="", plan_name="Employer: Depot"))

    assert [change.place for change in changes] == ["coverage.1.plan_name"]
