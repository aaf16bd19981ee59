"""Claims with good and bad values wherever a chart, a sender or a person gives one: what passes the rules is accepted.

The judge is pyx12, with the maps of the published guides. Values are drawn anew for each claim, the same each time.
"""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from codesets.edits.made_facts import MadeFacts
from store.claims.content import ClaimContent
from store.claims.strict_check import StrictFault, strict_faults
from store.scrub.checks import ScrubFacts
from store.scrub.engine import scrub
from store.scrub.examples import changed_claim
from store.scrub.sample import TODAY
from store.terms import Severity
from store.x12 import institutional, professional
from store.x12.writer import Envelope

CLAIMS = 1_200
"""Of each form."""

FORMS = {"837p": professional, "837i": institutional}
FACTS = ScrubFacts(TODAY, MadeFacts())
STOPPING = (Severity.ERROR, Severity.CRITICAL)

LONG, BLANK, SIGNS, LETTERS = "Lindqvist " * 12, "   ", "~^:*", "Łódź Ñandú"
TEXTS: tuple[Any, ...] = ("", "A1", "Q", LONG, BLANK, SIGNS, LETTERS, "77")
CODES: tuple[Any, ...] = ("", "ZZZ", "Q", "QQ", BLANK, SIGNS)
DAYS: tuple[Any, ...] = ("2026-09-01", "2026-09", "2026-W37-2", "2026-02-30", "no day at all", "20260901", BLANK)
COUNTS: tuple[Any, ...] = (0, 1, 45, -45, 10**17)
ADDRESSES: tuple[Any, ...] = tuple(
    {"line1": street, "line2": more, "city": city, "state": state, "zip": code}
    for street, more, city, state, code in (
        ("1 Elm Street", "", "Ansel", "NE", "68814-0001"),
        ("1 Elm Street", LONG, LONG, "ne", "688140001"),
        (LONG, BLANK, "Ansel", "NE", "68814-0001"),
        (SIGNS, SIGNS, "Ansel", "NE", "68814-0001"),
        ("1 Elm Street", "", "X", "QQ", "1"),
        ("", "", "", "", ""),
        (LETTERS, LETTERS, LETTERS, "NE", "68814"),
    )
)
PLACE = {"line1": "1 Elm Street", "city": "Ansel", "state": "NE", "zip": "688140001"}
PEOPLE: tuple[Any, ...] = tuple(
    {"family_name": family, "given_name": given, "npi": npi, "taxonomy": ""}
    for family, given, npi in (
        ("Oyelaran", "Tunde", "1999990041"),
        ("Oyelaran", "", ""),
        ("Oyelaran", "", "1"),
        (LONG, LONG, "1999990041"),
        (SIGNS, "", "1999990041"),
    )
)


def _mostly(draw: random.Random, good: Any, *others: Any) -> Any:
    """The good value on most claims, so that one of several parts is bad at a time."""
    return good if draw.random() < 0.8 else draw.choice(others)


def _nearly(draw: random.Random, good: Any, *others: Any) -> Any:
    """The same for what has very many parts."""
    return good if draw.random() < 0.96 else draw.choice(others)


def _attachment(draw: random.Random) -> dict[str, str]:
    return {
        "kind": _mostly(draw, "OZ", "B4", "03", "QQ", "", "oz"),
        "transmission": _mostly(draw, "AA", "BM", "EL", "XX", "", "FX"),
        "number": _mostly(draw, "", "A1", "N", "PAPER7", "N" * 50, "N" * 51, "N" * 81, SIGNS, BLANK),
    }


def _attachments(draw: random.Random) -> list[dict[str, str]]:
    if draw.random() < 0.2:
        return [{"kind": "OZ"}] * _mostly(draw, 10, 11)
    return [_attachment(draw) for _ in range(_mostly(draw, 1, 1, 2))]


def _certifications(draw: random.Random) -> list[dict[str, Any]]:
    conditions = {"07": ("01", "12"), "E1": ("L1", "L5"), "75": ("IH",), "ZZ": ("AV", "NU")}
    category = _mostly(draw, *conditions, *conditions, "99", "", "09")
    good = conditions.get(category, ("L1",))
    some = _mostly(draw, good, good[:1], good[:1], good[:1] * 6, (), ("ZZ",), (BLANK,))
    one = {"category": category, "applies": _mostly(draw, "Y", "Y", "N", "Q", ""), "conditions": list(some)}
    return [one] * _mostly(draw, 1, 1, 1, 2, 4)


def _ride(draw: random.Random) -> dict[str, Any]:
    return {
        "reason": _mostly(draw, "A", "A", "E", "Q", "", "AA"),
        "miles": _mostly(draw, "12", "12", "far", "", "1" * 16),
        "weight": _mostly(draw, "", "154", "154", "heavy", BLANK),
        "round_trip_purpose": _mostly(draw, "", LONG),
        "stretcher_purpose": _mostly(draw, "", LONG, SIGNS),
        "pick_up": _mostly(draw, PLACE, PLACE, {**PLACE, "state": "QQ"}, {**PLACE, "zip": "1"}),
        "drop_off": _mostly(draw, {}, PLACE, {**PLACE, "city": "X"}, {**PLACE, "line2": SIGNS}),
        "conditions": _mostly(draw, [], ["01"], ["99"], ["01"] * 6),
    }


def _measurements(draw: random.Random) -> list[dict[str, str]]:
    one = {
        "kind": _mostly(draw, "R1", "HT", "QQ", ""),
        "value": _mostly(draw, "9.8", "9.8", "tall", "", "1" * 25),
        "reference": _mostly(draw, "TR", "OG", "XX"),
    }
    return [one] * _mostly(draw, 1, 1, 5, 6)


def _drug(draw: random.Random) -> dict[str, str]:
    return {
        "ndc": _mostly(draw, "00000-0000-01", "00000000001", "12", ""),
        "quantity": _mostly(draw, "2.5", "2.5", "-1", "many", "1" * 16),
        "unit": _mostly(draw, "ML", "UN", "QQ", ""),
        "prescription": draw.choice(TEXTS),
    }


def _line(draw: random.Random) -> dict[str, Any]:
    """Details of a line: two of its fields."""
    ways: dict[str, Any] = {
        "description": TEXTS,
        "place_of_service": ("", "22", "11", "98", "1", "ZZZ"),
        "anesthesia_minutes": COUNTS,
        "patients": COUNTS,
        "noncovered_cents": COUNTS,
        "authorization_number": TEXTS,
        "clia": ("", "28D1234567", "12", "28X1234567", SIGNS),
        "mammography": TEXTS,
        "note": TEXTS,
        "last_certified": DAYS,
        "referring": PEOPLE,
        "supervising": PEOPLE,
        "ordering": PEOPLE,
        "operating": PEOPLE,
        "drug": _drug,
        "attachments": _attachments,
        "measurements": _measurements,
        "emergency": (True,),
        "epsdt": (True,),
    }
    return {name: _drawn(ways[name], draw) for name in draw.sample(sorted(ways), 2)}


def _second_place(draw: random.Random) -> dict[str, Any]:
    """Places of a claim to the second payer; the first paid nothing, with what its remittance may have held."""
    by_line = draw.random() < 0.5
    reason = {
        "group": _nearly(draw, "PR", "PR", "CO", "XX", ""),
        "reason": _nearly(draw, "1", "45", "45", "123456", "", SIGNS),
        "quantity": _nearly(draw, "", "", "1", "many"),
    }
    more = [{**reason, "cents": 0}] * _nearly(draw, 0, 0, 5, 40)
    lines = [
        {
            "line": number,
            "code": _nearly(draw, "G0463", "G0463", "G0463", "", LONG),
            "paid_cents": 0,
            "paid_on": _nearly(draw, "2026-09-18", "2026-09-18", *DAYS),
            "units": _nearly(draw, "1", "1", "1", "2.5", "many", ""),
            "modifiers": _nearly(draw, [], [], ["25"], ["251"]),
            "revenue_code": _nearly(draw, "0250", "0250", "0250", "25", ""),
            "adjustments": [{**reason, "cents": cents}, *more],
        }
        for number, cents in ((1, 14250), (2, 7000))
    ]
    prior = {
        "paid_cents": 0,
        "paid_on": _nearly(draw, "2026-09-18", "2026-09-18", *DAYS),
        "payer_number": draw.choice(TEXTS),
        "patient_cents": _nearly(draw, 0, 0, 21250, -5),
        "noncovered_cents": _nearly(draw, 0, 0, 5, -5),
        "adjustments": [] if by_line else [{**reason, "cents": 21250}, *more],
        "lines": lines if by_line else [],
        "remarks": _nearly(draw, [], ["MA18"], ["N4", "M15"], ["QQ"], [BLANK], ["N4"] * 6),
    }
    first = {
        "sequence": 1,
        "payer": {
            "name": _nearly(draw, "First Plan", *TEXTS),
            "identifier": _nearly(draw, "FIRST", "FIRST", "Q", LONG),
            "filing_code": _nearly(draw, "CI", "MB", "99", ""),
            "address": _nearly(draw, *ADDRESSES),
        },
        "subscriber": {
            "family_name": _nearly(draw, "Lindqvist", *TEXTS),
            "given_name": _nearly(draw, "Per", *TEXTS),
            "suffix": _nearly(draw, *TEXTS),
            "address": _nearly(draw, *ADDRESSES),
        },
        "relationship": draw.choice(("self", "spouse", "child", "other")),
        "group_number": _nearly(draw, *TEXTS),
        "plan_name": _nearly(draw, *TEXTS),
        "member_id": _nearly(draw, "FP1", "FP1", "Q", "F" * 81),
        "prior": prior,
    }
    return {"coverage.sequence": 2, "other_coverages": [first]}


def _coded(draw: random.Random) -> list[dict[str, Any]]:
    some = {"code": _mostly(draw, "11", "A1", "ZZZ", "1", ""), "date": draw.choice(DAYS), "cents": draw.choice(COUNTS)}
    return [some] * _mostly(draw, 1, 1, 24, 25)


def _of(*names: str) -> Any:
    """Codes of a bill with the fields that their kind has."""
    return lambda draw: [{name: one[name] for name in names} for one in _coded(draw)]


def _own_name(draw: random.Random) -> dict[str, Any]:
    """Name and birth date of a patient who is the subscriber too."""
    own = {
        "family_name": _mostly(draw, "Lindqvist", "Lindqvist", *TEXTS),
        "given_name": _mostly(draw, "Per", "Per", *TEXTS),
        "birth_date": _mostly(draw, "1961-03-02", "1961-03-02", "1961-W09-4", "1961", BLANK),
    }
    return {f"{who}.{name}": value for name, value in own.items() for who in ("patient", "coverage.subscriber")}


def _performer(draw: random.Random) -> dict[str, Any]:
    """Who performed a line, as the line and the claim keep it."""
    who = {**draw.choice(PEOPLE), "taxonomy": draw.choice(("", "207Q00000X", *CODES))}
    return {"line.1.performer_npi": who["npi"], "line.1.rendering": who, "line_rendering": {who["npi"]: who}}


def _medicare_second(draw: random.Random) -> dict[str, Any]:
    """Places of a claim to Medicare after another payer, which it may not know of."""
    return {
        "coverage.sequence": 2,
        "coverage.payer.filing_code": _mostly(draw, "MA", "MB"),
        "coverage.payer.member_id_pattern": "",
        "coverage.member_id": _mostly(draw, "1EG4TE5MK73", "Q"),
        "coverage.group_number": "",
        "coverage.insurance_type": _mostly(draw, "12", "47", "", "99"),
    }


def _spans(draw: random.Random) -> list[dict[str, str]]:
    first, last = draw.choice(DAYS[:2]), _mostly(draw, "2026-09-05", "2026-08-05", "soon")
    return [{"code": _mostly(draw, "72", "ZZZ"), "first": first, "last": last}]


SHARED: dict[str, Any] = {
    "details.attachments": _attachments,
    "details.note": ("Seen", LONG, SIGNS, BLANK, LETTERS),
    "details.note_kind": ("ADD", "DGN", "CER", "MED", "QQQ", ""),
    "details.delay_reason": ("1", "15", "12", "01", *CODES),
    "details.special_program": ("02", "09", "77", *CODES),
    "details.service_exception": ("1", "7", "8", *CODES),
    "details.clearinghouse_number": TEXTS,
    "details.demonstration": TEXTS,
    "details.mammography": TEXTS,
    "details.clia": ("28D1234567", "12", *TEXTS),
    "line.1.details": _line,
    "line.2.details": _line,
    "together.second_place": _second_place,
    "accident": lambda draw: {
        "date": _mostly(draw, *DAYS, None),
        "cause": _mostly(draw, "AA", "EM", "OA", "QQ", "", "WORK"),
        "state": _mostly(draw, "NE", "", "QQ", "N", BLANK, SIGNS),
    },
    "assurances.accepts_assignment": ("A", "B", "C", "Y", *CODES),
    "assurances.benefits_assigned": ("Y", "N", "W", *CODES),
    "assurances.release_of_information": ("Y", "I", "N", *CODES),
    "frequency": ("1", "7", "8", "9", "", "77"),
    "original_reference": TEXTS,
    "claim_number": ("2026-1", "A" * 20, "A" * 21, "A" * 39, "", SIGNS, "A 1"),
    "patient_record_number": TEXTS,
    "together.own_name": _own_name,
    "patient.middle_name": TEXTS,
    "patient.suffix": TEXTS,
    "patient.address.line1": TEXTS,
    "patient.address.line2": TEXTS,
    "patient.address.city": TEXTS,
    "patient.address.state": ("NE", "ne", *CODES),
    "patient.sex": ("F", "M", "U", "X", *CODES),
    "coverage.subscriber.address.line1": TEXTS,
    "coverage.subscriber.address.city": TEXTS,
    "coverage.subscriber.address.zip": ("68814", "688140001", "1", *CODES),
    "coverage.subscriber.sex": ("F", "M", "X", *CODES),
    "coverage.member_id": ("XQ4471902", "Q", "Q" * 81, *CODES),
    "coverage.group_number": TEXTS,
    "coverage.relationship": ("self", "spouse", "child", "other"),
    "coverage.authorization_number": TEXTS,
    "coverage.referral_number": TEXTS,
    "coverage.secondary_id": TEXTS,
    "coverage.sequence": (1, 2),
    "coverage.payer.name": TEXTS,
    "coverage.payer.identifier": TEXTS,
    "coverage.payer.address": ADDRESSES,
    "coverage.subscriber.middle_name": TEXTS,
    "together.plan": lambda draw: {"coverage.group_number": "", "coverage.plan_name": draw.choice(TEXTS)},
    "coverage.payer.filing_code": ("CI", "MB", "MC", "99", *CODES),
    "billing.name": ("Prairie", *TEXTS),
    "billing.address": ADDRESSES,
    "billing.npi": ("1234567893", *CODES),
    "billing.taxonomy": ("261QF0400X", *CODES),
    "billing.address.line2": TEXTS,
    "billing.address.city": TEXTS,
    "billing.tax_id": ("470000001", *TEXTS),
    "billing.contact_name": TEXTS,
    "billing.contact_phone": ("308-555-0100", *TEXTS),
    "receiver.receiver_name": ("Clearinghouse", *TEXTS[1:]),
    "receiver.receiver_id": ("RECEIVER", "Q", "R" * 16, *CODES),
    "receiver.submitter_id": ("CODEDESK", "Q", "S" * 16, *CODES),
    "pay_to": ADDRESSES,
    "referring": PEOPLE,
    "service_facility.address": ADDRESSES,
    "service_facility.name": ("Prairie Annex", *TEXTS),
    "service_facility.npi": ("", "1999990058", "1"),
    "line.1.code": ("G0463", "g0463", "G04", "", LONG),
    "line.1.modifiers": ([], ["25"], ["2"], ["251"], ["25", "59", "LT", "GA"], ["25", "59", "LT", "GA", "JZ"]),
    "line.1.units": COUNTS,
    "line.1.charge_cents": (100, 0, -100, 10**18, 10**10),
    "line.1.service_date": ("2026-09-15", *DAYS),
    "diagnosis.1.code": ("M54.50", "I10", "Q", LONG, SIGNS),
}
FIELDS: dict[str, dict[str, Any]] = {
    "837p": {
        **SHARED,
        "together.medicare_second": _medicare_second,
        "assurances.provider_signature": ("Y", "N", "Q", ""),
        "details.certifications": _certifications,
        "details.homebound": (True,),
        "details.ambulance": _ride,
        "details.condition_codes": (["A1"], ["ZZZ"], ["1"], ["A1"] * 13, ["A1"] * 24, ["A1"] * 25, [""]),
        "details.anesthesia_procedures": (["G0463"], ["G04"], ["G0463"] * 2, ["G0463"] * 3, [LONG]),
        "details.patient_paid_cents": COUNTS,
        **{
            f"details.dates.{name}": DAYS
            for name in (
                *("onset", "initial_treatment", "last_seen", "acute_manifestation", "last_xray", "prescription"),
                *("last_menstrual_period", "disability_from", "disability_through", "last_worked", "return_to_work"),
                *("admission", "discharge", "assumed_care", "relinquished_care"),
            )
        },
        "place_of_service": ("11", "21", "10", "98", "1", *CODES),
        "rendering": PEOPLE,
        "rendering.taxonomy": ("207Q00000X", *CODES),
        "supervising": PEOPLE,
        "together.performer": _performer,
        "line.1.pointers": ([1], [1, 2], [3], [1, 1], [], [1, 2, 1, 2, 1]),
        "diagnoses": ([{"code": "I10"}, {"code": "M54.50"}], [{"code": "I10"}] * 13),
    },
    "837i": {
        **SHARED,
        "facility_bill.type_of_bill": ("11", "13", "1", "111", "QQ", ""),
        "facility_bill.admission_type": ("1", "9", "8", "Q", "11", ""),
        "facility_bill.point_of_origin": ("1", "G", "Q", "11", ""),
        "facility_bill.patient_status": ("01", "30", "20", "1", "99", "001", ""),
        "facility_bill.admitted_at": (
            "2026-09-10T14:40:00-05:00",
            "2026-09-10T25:99:00",
            "2026-09-10",
            "a day long ago.",
        ),
        "facility_bill.discharged_at": (
            "2026-09-15T13:15:00-05:00",
            "2026-09-15T13-15-00",
            "2026-09-15",
            "at noon, I think",
        ),
        "facility_bill.statement_from": ("2026-09-10", *DAYS),
        "facility_bill.admitting": ("R50.9", "Q", "", LONG),
        "facility_bill.reasons": (["R07.9"], ["R07.9"] * 4, ["Q"], [LONG]),
        "facility_bill.causes": lambda draw: [
            {"code": _mostly(draw, "W19.XXXA", "Q", LONG), "poa": _mostly(draw, "Y", "", "1", "Q", "YY")}
        ],
        "facility_bill.procedures": lambda draw: [
            {"code": _mostly(draw, "3E0234Z", "0DT", LONG), "date": _mostly(draw, "2026-09-11", *DAYS)}
        ],
        "facility_bill.drg": ("871", "87", "QQQ", ""),
        "facility_bill.occurrences": _of("code", "date"),
        "facility_bill.values": _of("code", "cents"),
        "facility_bill.spans": _spans,
        "facility_bill.conditions": (["17"], ["ZZZ"], ["1"], ["17"] * 24, ["17"] * 25, [""]),
        "facility_bill.treatments": (["A01"], ["A" * 30], ["A" * 31], [""], [SIGNS], ["A01"] * 25),
        "facility_bill.estimated_due_cents": COUNTS,
        "facility_bill.attending": PEOPLE,
        "facility_bill.operating": PEOPLE,
        "facility_bill.other_operating": PEOPLE,
        "line.1.revenue_code": ("0250", "250", "25", "QQQQ", ""),
        "diagnosis.1.poa": ("Y", "N", "1", "Q", "YY", ""),
    },
}


def _drawn(values: Any, draw: random.Random) -> Any:
    """One of the values, the first more often: it is a good one nearly everywhere."""
    if callable(values):
        return values(draw)
    return values[0] if draw.random() < 0.3 else draw.choice(values)


@dataclass(frozen=True)
class Made:
    """A claim with the values that were set in it, and the rules that stop it."""

    claim: ClaimContent
    set: dict[str, Any]
    stopped: tuple[str, ...]


def _claims(form: str, count: int = CLAIMS, seed: int = 20_260_920) -> Iterator[Made]:
    """Claims with one to four values drawn; each field is drawn first on as many claims as any other."""
    draw = random.Random(seed)
    fields = FIELDS[form]
    names = sorted(fields)
    for number in range(count):
        chosen = dict.fromkeys([names[number % len(names)], *draw.sample(names, draw.choice((0, 0, 1, 3)))])
        values: dict[str, Any] = {"form": form}
        for name in _whole_first(chosen):
            value = _drawn(fields[name], draw)
            values |= value if name.startswith("together.") else {name: value}
        claim = changed_claim({"set": values})
        if "claim_number" not in values:
            claim = replace(claim, claim_number=f"T-{number:05d}")
        stopped = sorted({one.rule_id for one in scrub(claim, FACTS) if one.severity in STOPPING})
        yield Made(claim, values, tuple(stopped))


def _whole_first(names: Sequence[str] | dict[str, None]) -> list[str]:
    """A part that is set whole goes before its own fields."""
    return sorted(names, key=lambda name: (name.count("."), name))


def _judged(form: str, claims: Sequence[ClaimContent], folder: Path) -> dict[str, list[StrictFault]]:
    """What pyx12 says of each claim of a file, by claim number; under an empty one what is of no claim."""
    out, writing = io.BytesIO(), FORMS[form]
    envelope = Envelope("CODEDESK", "RECEIVER", "T", 7, 7, dt.datetime(2026, 9, 20, 12), "HC", writing.VERSION)
    places = writing.write_interchange(out, claims, envelope, 1).places
    path = folder / "judged.837"
    path.write_bytes(out.getvalue())
    found: dict[str, list[StrictFault]] = {}
    owners = {place.position: place.claim for place in places}
    for fault in strict_faults(path):
        found.setdefault(owners.get(fault.position, ""), []).append(fault)
    return found


@pytest.mark.thorough
@pytest.mark.parametrize("form", FORMS)
def test_the_validator_accepts_every_claim_that_no_rule_stops(form: str, tmp_path: Path) -> None:
    pytest.importorskip("pyx12", reason="the validator pyx12 is not installed: pip install 'codedesk[validator]'")
    passed = [one.claim for one in _claims(form) if not one.stopped]

    found = _judged(form, passed, tmp_path)

    assert len(passed) > CLAIMS // 5
    assert found == {}
