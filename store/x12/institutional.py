"""Writes institutional claims as 837I, version 005010X223A2, from the claim content alone.

Loops that professional claims have too stand in `loops837`. ICD-10 codes go under ABK, ABJ, APR, ABN, ABF, BBR and
BBQ. Present on admission is written on inpatient bills alone, and left off where a code is exempt. Lines carry their
day on outpatient bills, where a HCPCS code or a day is stated.

Source: 005010X223A2, loops 2300 to 2430 as named at each function.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from store.claims.content import BilledCoverage, BilledLine, ClaimContent
from store.claims.details import Details, LineDetails
from store.claims.facility_bill import FacilityBill
from store.x12.loops837 import (
    NOTE,
    Form,
    address_of,
    attachments,
    begin_claim,
    drug,
    organization,
    other_coverages,
    practitioner,
    prior_lines,
    procedure_of,
    service_period,
    support_claim,
    taxonomy,
    undotted,
)
from store.x12.writer import Element, SegmentWriter, amount, day

VERSION = "005010X223A2"

CODES_IN_HI = 12
MOST_OTHER_CODES = 24
_EXEMPT = ("1", "")
_NOTHING, _NOTHING_OF_LINE = Details(), LineDetails()


def _claim(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage) -> None:
    """Loops 2300 to 2430."""
    bill, details, number = claim.parties.facility_bill, claim.parties.details or _NOTHING, claim.claim_number
    assert bill is not None, "an institutional claim has its bill"
    begin_claim(writer, claim, [bill.type_of_bill, "A", claim.frequency], details)
    _claim_dates(writer, bill, number)
    admission = (bill.admission_type, bill.point_of_origin, bill.patient_status)
    writer.put("CL1", *admission, claim=number, field="facility_bill.admission_type")
    money = ("F3", bill.estimated_due_cents, "facility_bill.estimated_due_cents")
    support_claim(writer, claim, details, money, _references(claim, coverage, details))
    for codes, field in _codes(claim, bill):
        for start in range(0, len(codes), CODES_IN_HI):
            writer.put("HI", *codes[start : start + CODES_IN_HI], claim=number, field=field)
    _claim_providers(writer, claim, bill)
    other_coverages(writer, claim, remark_segments=bill.inpatient)
    for line in claim.lines:
        _line(writer, line, claim, bill)


def _claim_dates(writer: SegmentWriter, bill: FacilityBill, number: str) -> None:
    """DTP*096 discharge hour, 434 statement, 435 admission."""
    if bill.inpatient and (hour := _hour(bill.discharged_at)):
        writer.put("DTP", "096", "TM", hour, claim=number, field="facility_bill.discharged_at")
    period = f"{day(bill.statement_from)}-{day(bill.statement_through)}"
    writer.put("DTP", "434", "RD8", period, claim=number, field="facility_bill.statement_from")
    if bill.admitted_at and day(bill.admitted_at):
        hour = _hour(bill.admitted_at)
        spelled = ("DT", day(bill.admitted_at) + hour) if hour else ("D8", day(bill.admitted_at))
        writer.put("DTP", "435", *spelled, claim=number, field="facility_bill.admitted_at")


def _hour(moment: str) -> str:
    """HHMM of an ISO moment, as its sender's clock had it; empty for a day alone."""
    return moment[11:16].replace(":", "") if len(moment) >= 16 else ""


def _references(claim: ClaimContent, coverage: BilledCoverage, details: Details) -> Iterator[tuple[str, str, str]]:
    parties, billed = claim.parties, f"coverage.{coverage.sequence}"
    accident = parties.accident
    yield "4N", details.service_exception, "details.service_exception"
    yield "9F", coverage.referral_number, f"{billed}.referral_number"
    yield "G1", coverage.authorization_number, f"{billed}.authorization_number"
    yield "F8", parties.original_reference if claim.frequency in ("7", "8") else "", "original_reference"
    yield "D9", details.clearinghouse_number, "details.clearinghouse_number"
    yield "LU", accident.state if accident and accident.cause == "AA" else "", "accident.state"
    yield "EA", parties.patient_record_number, "patient_record_number"
    yield "P4", details.demonstration, "details.demonstration"


def _codes(claim: ClaimContent, bill: FacilityBill) -> Iterator[tuple[list[Element], str]]:
    """The code lists of HI in the order of the guide, each with its field; those without codes are left out."""
    for codes, field in _all_codes(claim, bill):
        if codes:
            yield codes, field


def _all_codes(claim: ClaimContent, bill: FacilityBill) -> Iterator[tuple[list[Element], str]]:
    first, others = claim.diagnoses[:1], claim.diagnoses[1 : MOST_OTHER_CODES + 1]
    place = "facility_bill"
    yield [_diagnosis("ABK", one.code, one.poa, bill) for one in first], "diagnosis"
    yield ([["ABJ", undotted(bill.admitting)]] if bill.admitting and bill.inpatient else []), f"{place}.admitting"
    reasons: list[Element] = [["APR", undotted(code)] for code in bill.reasons[:3]] if not bill.inpatient else []
    yield reasons, f"{place}.reasons"
    yield [_diagnosis("ABN", one.code, one.poa, bill) for one in bill.causes[:12]], f"{place}.causes"
    yield ([["DR", bill.drg]] if bill.drg else []), f"{place}.drg"
    yield [_diagnosis("ABF", one.code, one.poa, bill) for one in others], "diagnosis"
    procedures: list[Element] = [
        ["BBR" if n == 0 else "BBQ", undotted(one.code), "D8", day(one.date)]
        for n, one in enumerate(bill.procedures[: MOST_OTHER_CODES + 1])
    ]
    yield procedures[:1], f"{place}.procedures"
    yield procedures[1:], f"{place}.procedures"
    spans: list[Element] = [["BI", s.code, "RD8", f"{day(s.first)}-{day(s.last)}"] for s in bill.spans[:24]]
    yield spans, f"{place}.spans"
    yield [["BH", one.code, "D8", day(one.date)] for one in bill.occurrences[:24]], f"{place}.occurrences"
    yield [["BE", one.code, "", "", amount(one.cents)] for one in bill.values[:24]], f"{place}.values"
    yield [["BG", code] for code in bill.conditions[:24]], f"{place}.conditions"
    yield [["TC", code] for code in bill.treatments[:24]], f"{place}.treatments"


def _diagnosis(qualifier: str, code: str, poa: str, bill: FacilityBill) -> Element:
    """C022: the qualifier, the code, and the indicator as the ninth component."""
    plain = [qualifier, undotted(code)]
    if poa in _EXEMPT or not bill.inpatient:
        return plain
    return [*plain, *itertools.repeat("", 6), poa]


def _claim_providers(writer: SegmentWriter, claim: ClaimContent, bill: FacilityBill) -> None:
    """Loops 2310A attending, B operating, C other operating, D rendering, E service facility, F referring."""
    parties, number = claim.parties, claim.claim_number
    if bill.attending:
        practitioner(writer, "71", bill.attending, number, "facility_bill.attending")
        taxonomy(writer, "AT", bill.attending, number, "facility_bill.attending")
    if bill.operating:
        practitioner(writer, "72", bill.operating, number, "facility_bill.operating")
    if bill.other_operating:
        practitioner(writer, "ZZ", bill.other_operating, number, "facility_bill.other_operating")
    attending = bill.attending.npi if bill.attending else ""
    if parties.rendering and parties.rendering.npi != attending:
        practitioner(writer, "82", parties.rendering, number, "rendering")
    if place := parties.service_facility:
        organization(writer, "77", place.name, "XX", place.npi, number, "service_facility")
        address_of(writer, place.address, number, "service_facility")
    if parties.referring and parties.referring.npi != attending:
        practitioner(writer, "DN", parties.referring, number, "referring")


def _line(writer: SegmentWriter, line: BilledLine, claim: ClaimContent, bill: FacilityBill) -> None:
    """Loops 2400 to 2430. REF*6R comes back in the remittance and identifies the line."""
    number, field = claim.claim_number, f"line.{line.sequence}"
    details = line.details or _NOTHING_OF_LINE
    writer.put("LX", str(line.sequence), claim=number, field=field)
    writer.put(
        "SV2",
        line.revenue_code,
        procedure_of(writer, line, details, number, field) if line.code else "",
        amount(line.charge_cents),
        line.unit,
        str(line.units),
        "",
        amount(details.noncovered_cents) if details.noncovered_cents else "",
        claim=number,
        field=field,
    )
    attachments(writer, details.attachments, number, field)
    if not bill.inpatient and day(line.service_date):
        writer.put("DTP", "472", *service_period(line), claim=number, field=f"{field}.service_date")
    writer.put("REF", "6R", f"{number}-{line.sequence}", claim=number, field=field)
    if details.note.strip():
        writer.put("NTE", "TPO", details.note, claim=number, field=f"{field}.note", most=NOTE)
    drug(writer, line, number, field)
    if details.operating:
        practitioner(writer, "72", details.operating, number, f"{field}.operating")
    if line.rendering and line.rendering.npi != (bill.attending.npi if bill.attending else ""):
        practitioner(writer, "82", line.rendering, number, f"{field}.rendering")
    if details.referring:
        practitioner(writer, "DN", details.referring, number, f"{field}.referring")
    prior_lines(writer, line, claim, field)


FORM = Form(VERSION, _claim)
write_interchange, text_changes = FORM.write_interchange, FORM.text_changes
