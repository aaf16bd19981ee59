"""Writes professional claims as 837P, version 005010X222A1, from the claim content alone.

Loops that institutional claims have too stand in `loops837`. Only what is set is written.

Source: 005010X222A1, loops 2300 to 2430 as named at each function.
"""

from __future__ import annotations

from collections.abc import Iterator

from store.claims.content import BilledCoverage, BilledLine, ClaimContent
from store.claims.details import Ambulance, Certification, ClaimDates, Details, LineDetails
from store.claims.people import Practitioner
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
    references,
    service_period,
    support_claim,
    taxonomy,
    undotted,
)
from store.x12.writer import Element, SegmentWriter, amount, day

VERSION = "005010X222A1"

_ADMITTED = ("21", "51")
"""Places of service of an inpatient, for which DTP*435 is required (inpatient hospital, psychiatric facility)."""

_DATES = (
    ("431", "onset"),
    ("454", "initial_treatment"),
    ("304", "last_seen"),
    ("453", "acute_manifestation"),
    ("484", "last_menstrual_period"),
    ("455", "last_xray"),
    ("471", "prescription"),
    ("297", "last_worked"),
    ("296", "return_to_work"),
    ("090", "assumed_care"),
    ("091", "relinquished_care"),
)
"""Date qualifiers of loop 2300 (DTP01) and the dates they state."""

_NOTHING, _NOTHING_OF_LINE = Details(), LineDetails()
_CODES_IN_HI, _MOST_CONDITIONS = 12, 24


def _claim(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage) -> None:
    """Loops 2300 to 2430."""
    parties, details, number = claim.parties, claim.parties.details or _NOTHING, claim.claim_number
    accident = parties.accident
    cause: Element = [accident.cause, "", "", accident.state] if accident and accident.cause else ""
    place = [parties.place_of_service, "B", claim.frequency]
    begin_claim(writer, claim, place, details, parties.assurances.provider_signature, cause, details.special_program)
    _claim_dates(writer, claim, details.dates)
    money = ("F5", details.patient_paid_cents, "details.patient_paid_cents")
    support_claim(writer, claim, details, money, _references(claim, coverage, details))
    if details.ambulance:
        _ambulance(writer, details.ambulance, number)
    for certified in _certifications(details):
        conditions = certified.conditions[:5]
        where = "details.certifications"
        writer.put("CRC", certified.category, certified.applies, *conditions, claim=number, field=where)
    _codes(writer, claim, details)
    _claim_providers(writer, claim, details)
    other_coverages(writer, claim)
    for line in claim.lines:
        _line(writer, line, claim)


def _claim_dates(writer: SegmentWriter, claim: ClaimContent, dates: ClaimDates) -> None:
    parties, number = claim.parties, claim.claim_number
    if dates is not _NOTHING.dates:
        for qualifier, name in _DATES:
            if stated := day(getattr(dates, name)):
                writer.put("DTP", qualifier, "D8", stated, claim=number, field=f"details.dates.{name}")
    accident = parties.accident
    if accident and accident.cause and day(accident.date):
        writer.put("DTP", "439", "D8", day(accident.date), claim=number, field="accident")
    first, last = day(dates.disability_from), day(dates.disability_through)
    if first or last:
        qualifier = "314" if first and last else "360" if first else "361"
        spelled = ("RD8", f"{first}-{last}") if first and last else ("D8", first or last)
        writer.put("DTP", qualifier, *spelled, claim=number, field="details.dates.disability_from")
    admitted = parties.place_of_service in _ADMITTED
    admission = day(dates.admission) or (day(parties.encounter_from) if admitted else "")
    discharge = day(dates.discharge) or (day(parties.encounter_through) if admitted else "")
    if admission:
        writer.put("DTP", "435", "D8", admission, claim=number, field="encounter_from")
    if discharge:
        writer.put("DTP", "096", "D8", discharge, claim=number, field="encounter_through")


def _references(claim: ClaimContent, coverage: BilledCoverage, details: Details) -> Iterator[tuple[str, str, str]]:
    parties, billed = claim.parties, f"coverage.{coverage.sequence}"
    yield "4N", details.service_exception, "details.service_exception"
    yield "EW", details.mammography, "details.mammography"
    yield "9F", coverage.referral_number, f"{billed}.referral_number"
    yield "G1", coverage.authorization_number, f"{billed}.authorization_number"
    yield "F8", parties.original_reference if claim.frequency in ("7", "8") else "", "original_reference"
    yield "X4", details.clia, "details.clia"
    yield "D9", details.clearinghouse_number, "details.clearinghouse_number"
    yield "EA", parties.patient_record_number, "patient_record_number"
    yield "P4", details.demonstration, "details.demonstration"


def _ambulance(writer: SegmentWriter, ride: Ambulance, number: str) -> None:
    """CR1; weight only where it is known."""
    weight = ("LB", ride.weight) if ride.weight else ("", "")
    writer.put(
        "CR1",
        *weight,
        "",
        ride.reason,
        "DH",
        ride.miles,
        "",
        "",
        ride.round_trip_purpose,
        ride.stretcher_purpose,
        claim=number,
        field="details.ambulance",
        most=NOTE,
    )


def _certifications(details: Details) -> Iterator[Certification]:
    """CRC: the conditions of an ambulance ride (07), those given, and homebound (75)."""
    if details.ambulance and details.ambulance.conditions:
        yield Certification("07", "Y", details.ambulance.conditions)
    yield from details.certifications
    if details.homebound:
        yield Certification("75", "Y", ("IH",))


def _codes(writer: SegmentWriter, claim: ClaimContent, details: Details) -> None:
    """HI: diagnoses, anesthesia related procedures, condition codes."""
    number = claim.claim_number
    if claim.diagnoses:
        codes = [
            ["ABK" if place == 0 else "ABF", undotted(diagnosis.code)]
            for place, diagnosis in enumerate(claim.diagnoses)
        ]
        writer.put("HI", *codes, claim=number, field="diagnosis")
    if details.anesthesia_procedures:
        surgery = [["BO" if n else "BP", code] for n, code in enumerate(details.anesthesia_procedures[:2])]
        writer.put("HI", *surgery, claim=number, field="details.anesthesia_procedures")
    conditions = [["BG", code] for code in details.condition_codes[:_MOST_CONDITIONS]]
    for start in range(0, len(conditions), _CODES_IN_HI):
        some = conditions[start : start + _CODES_IN_HI]
        writer.put("HI", *some, claim=number, field="details.condition_codes")


def _claim_providers(writer: SegmentWriter, claim: ClaimContent, details: Details) -> None:
    """Loops 2310A referring, B rendering (when it is not the billing provider), C facility, D supervising, E and F."""
    parties, number = claim.parties, claim.claim_number
    if parties.referring:
        practitioner(writer, "DN", parties.referring, number, "referring")
    if parties.rendering and parties.rendering.npi != parties.billing.npi:
        practitioner(writer, "82", parties.rendering, number, "rendering")
        taxonomy(writer, "PE", parties.rendering, number, "rendering")
    if place := parties.service_facility:
        organization(writer, "77", place.name, "XX", place.npi, number, "service_facility")
        address_of(writer, place.address, number, "service_facility")
    if parties.supervising:
        practitioner(writer, "DQ", parties.supervising, number, "supervising")
    if details.ambulance:
        for role, name in (("PW", "pick_up"), ("45", "drop_off")):
            where = getattr(details.ambulance, name)
            if where.line1 and where.city:
                writer.put("NM1", role, "2", claim=number, field=f"details.ambulance.{name}")
                address_of(writer, where, number, f"details.ambulance.{name}")


def _line(writer: SegmentWriter, line: BilledLine, claim: ClaimContent) -> None:
    """Loops 2400 to 2430. REF*6R comes back in the remittance and identifies the line."""
    number, field = claim.claim_number, f"line.{line.sequence}"
    details = line.details or _NOTHING_OF_LINE
    writer.put("LX", str(line.sequence), claim=number, field=field)
    _service(writer, line, details, number, field)
    if details is not _NOTHING_OF_LINE:
        attachments(writer, details.attachments, number, field)
    writer.put("DTP", "472", *service_period(line), claim=number, field=f"{field}.service_date")
    if details is not _NOTHING_OF_LINE:
        if day(details.last_certified):
            writer.put("DTP", "461", "D8", day(details.last_certified), claim=number, field=f"{field}.last_certified")
        if details.patients > 1:
            writer.put("QTY", "PT", str(details.patients), claim=number, field=f"{field}.patients")
        for one in details.measurements[:5]:
            writer.put("MEA", one.reference, one.kind, one.value, claim=number, field=f"{field}.measurements")
    writer.put("REF", "6R", f"{number}-{line.sequence}", claim=number, field=field)
    if details is not _NOTHING_OF_LINE:
        numbers = (
            ("EW", details.mammography, f"{field}.mammography"),
            ("X4", details.clia, f"{field}.clia"),
            ("G1", details.authorization_number, f"{field}.authorization_number"),
        )
        references(writer, numbers, number)
        if details.note.strip():
            writer.put("NTE", "ADD", details.note, claim=number, field=f"{field}.note", most=NOTE)
        drug(writer, line, number, field)
    general = claim.parties.rendering
    if line.rendering and (general is None or line.rendering.npi != general.npi):
        practitioner(writer, "82", line.rendering, number, f"{field}.rendering")
        taxonomy(writer, "PE", line.rendering, number, f"{field}.rendering")
    if details is not _NOTHING_OF_LINE:
        for role, who, name in (
            ("DQ", details.supervising, "supervising"),
            ("DK", details.ordering, "ordering"),
            ("DN", details.referring, "referring"),
        ):
            _clinician(writer, role, who, number, f"{field}.{name}")
    prior_lines(writer, line, claim, field)


def _clinician(writer: SegmentWriter, role: str, who: Practitioner | None, number: str, field: str) -> None:
    if who:
        practitioner(writer, role, who, number, field)


def _service(writer: SegmentWriter, line: BilledLine, details: LineDetails, number: str, field: str) -> None:
    """SV1: at most four modifiers and four pointers are written; a claim with more is stopped by its findings."""
    minutes = details.anesthesia_minutes
    writer.put(
        "SV1",
        procedure_of(writer, line, details, number, field),
        amount(line.charge_cents),
        "MJ" if minutes else line.unit,
        str(minutes or line.units),
        details.place_of_service,
        "",
        [str(pointer) for pointer in line.pointers[:4]],
        "",
        "Y" if details.emergency else "",
        "",
        "Y" if details.epsdt else "",
        "Y" if details.family_planning else "",
        claim=number,
        field=field,
    )


FORM = Form(VERSION, _claim)
write_interchange, text_changes = FORM.write_interchange, FORM.text_changes
