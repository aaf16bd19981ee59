"""Writes professional claims as 837P, version 005010X222A1, from the claim content alone.

Every segment is written with the claim number and the field it states, so that an acknowledgment that names a
segment position leads back to the field. Fields are those of `store.claims.content`: `billing.address`,
`coverage.1.member_id`, `line.2`. The NDC of a drug (loop 2410) and prior payments of another payer (CAS, AMT,
loop 2430) are not written.

Source: 005010X222A1, loops as named at each function; x12 element lengths from its data element dictionary.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable
from datetime import datetime

from store.claims.content import (
    Address,
    BilledCoverage,
    BilledLine,
    ClaimContent,
    Insured,
    Practitioner,
)
from store.x12.writer import Envelope, SegmentWriter, Sink, TextChange, amount, day

VERSION = "005010X222A1"
FUNCTIONAL_ID = "HC"
CLAIMS_PER_TRANSACTION = 5000
"""CLM segments in one ST, the most that receivers take."""

_RELATIONSHIP = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}
"""Individual relationship code, data element 1069 (SBR02 and PAT01)."""

_RESPONSIBILITY = {1: "P", 2: "S", 3: "T", 4: "A", 5: "B", 6: "C", 7: "D", 8: "E", 9: "F"}
"""Payer responsibility sequence code, data element 1138 (SBR01)."""

_ADMITTED = ("21", "51")
"""Places of service of an inpatient, for which DTP*435 is required (inpatient hospital, psychiatric facility)."""

_NAME, _GIVEN, _STREET, _CITY, _REFERENCE, _GROUP = 60, 35, 55, 30, 50, 50


def write_interchange(
    out: Sink, claims: Iterable[ClaimContent], envelope: Envelope, first_transaction: int
) -> SegmentWriter:
    """Write one ISA with all claims, a new ST after every 5,000; the writer returned holds places and changes.

    Claims should come ordered by billing provider: each change of it opens a new HL*20. Transaction control
    numbers count up from `first_transaction`. Raises X12Unwritable; the stream then holds an unfinished file.
    """
    writer = SegmentWriter(out, envelope)
    writer.open()
    number, remaining = first_transaction, iter(claims)
    for first in remaining:
        _transaction(writer, first, itertools.islice(remaining, CLAIMS_PER_TRANSACTION - 1), f"{number:04d}")
        number += 1
    writer.close()
    return writer


def transactions_needed(claims: int) -> int:
    """How many ST a number of claims takes."""
    return -(-claims // CLAIMS_PER_TRANSACTION)


def text_changes(claim: ClaimContent) -> list[TextChange]:
    """What writing the claim would change in its texts: characters taken out, letters replaced, cuts."""
    nothing = Envelope("S", "R", "T", 1, 1, datetime(2000, 1, 1), FUNCTIONAL_ID, VERSION)
    writer = SegmentWriter(io.BytesIO(), nothing)
    _billing_provider(writer, claim, 1)
    _claim_of_subscriber(writer, claim, 2, 1)
    return writer.changes


def _transaction(writer: SegmentWriter, first: ClaimContent, rest: Iterable[ClaimContent], control: str) -> None:
    created = writer.envelope.created
    writer.open_transaction("837", control)
    reference = f"{writer.envelope.interchange_control:09d}-{control}"
    writer.put("BHT", "0019", "00", reference, f"{created:%Y%m%d}", f"{created:%H%M}", "CH", field="transaction")
    _submitter_and_receiver(writer, first)
    level, billing_level, billing = 0, 0, None
    for claim in itertools.chain([first], rest):
        if claim.parties.billing != billing:
            level += 1
            billing, billing_level = claim.parties.billing, level
            _billing_provider(writer, claim, level)
        level = _claim_of_subscriber(writer, claim, level + 1, billing_level)
    writer.close_transaction()


def _submitter_and_receiver(writer: SegmentWriter, claim: ClaimContent) -> None:
    """Loops 1000A and 1000B."""
    billing, receiver = claim.parties.billing, claim.parties.receiver
    _organization(writer, "41", billing.name, "46", receiver.submitter_id, "", "submitter")
    contact = billing.contact_name or billing.name
    writer.put("PER", "IC", contact, "TE", _digits(billing.contact_phone), field="submitter", most=_NAME)
    _organization(writer, "40", receiver.receiver_name, "46", receiver.receiver_id, "", "receiver")


def _billing_provider(writer: SegmentWriter, claim: ClaimContent, level: int) -> None:
    """Loops 2000A and 2010AA."""
    billing, number = claim.parties.billing, claim.claim_number
    writer.put("HL", str(level), "", "20", "1", claim=number, field="billing")
    if billing.taxonomy:
        writer.put("PRV", "BI", "PXC", billing.taxonomy, claim=number, field="billing.taxonomy")
    _organization(writer, "85", billing.name, "XX", billing.npi, number, "billing.name")
    _address(writer, billing.address, number, "billing")
    writer.put("REF", "EI", _digits(billing.tax_id), claim=number, field="billing.tax_id")


def _claim_of_subscriber(writer: SegmentWriter, claim: ClaimContent, level: int, billing_level: int) -> int:
    """Loops 2000B to 2400 of one claim; answers the last HL number used."""
    coverage, number = claim.parties.coverage, claim.claim_number
    assert coverage is not None, "a claim without coverage is not exported"
    is_patient = coverage.patient_is_subscriber
    field = f"coverage.{coverage.sequence}"
    writer.put("HL", str(level), str(billing_level), "22", "0" if is_patient else "1", claim=number, field=field)
    writer.put(
        "SBR",
        _RESPONSIBILITY[coverage.sequence],
        "18" if is_patient else "",
        coverage.group_number,
        "" if coverage.group_number else coverage.plan_name,
        "",
        "",
        "",
        "",
        coverage.payer.filing_code,
        claim=number,
        field=field,
        most=_GROUP,
    )
    _subscriber(writer, coverage, claim)
    _payer(writer, coverage, number)
    if not is_patient:
        level += 1
        _dependent(writer, claim, coverage, level)
    _claim(writer, claim, coverage)
    for other in claim.parties.other_coverages:
        _other_coverage(writer, other, claim)
    for line in claim.lines:
        _line(writer, line, claim)
    return level


def _subscriber(writer: SegmentWriter, coverage: BilledCoverage, claim: ClaimContent) -> None:
    """Loop 2010BA; address and birth date only when the subscriber is the patient."""
    person, number = coverage.subscriber, claim.claim_number
    field = f"coverage.{coverage.sequence}.subscriber"
    _person(writer, "IL", person, number, field, coverage.member_id)
    if coverage.patient_is_subscriber:
        _address(writer, person.address, number, field)
        _demographics(writer, person, number, field)


def _payer(writer: SegmentWriter, coverage: BilledCoverage, number: str) -> None:
    """Loop 2010BB."""
    field = f"coverage.{coverage.sequence}.payer"
    payer = coverage.payer
    _organization(writer, "PR", payer.name, "PI", payer.identifier, number, field)
    if payer.address.line1 and payer.address.city:
        _address(writer, payer.address, number, field)


def _dependent(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage, level: int) -> None:
    """Loops 2000C and 2010CA: the patient who is not the subscriber."""
    number = claim.claim_number
    writer.put("HL", str(level), str(level - 1), "23", "0", claim=number, field="patient")
    relationship = _RELATIONSHIP[coverage.relationship]
    writer.put("PAT", relationship, claim=number, field=f"coverage.{coverage.sequence}.relationship")
    _person(writer, "QC", claim.parties.patient, number, "patient")
    _address(writer, claim.parties.patient.address, number, "patient")
    _demographics(writer, claim.parties.patient, number, "patient")


def _claim(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage) -> None:
    """Loop 2300 and the providers of loop 2310."""
    parties, number, assured = claim.parties, claim.claim_number, claim.parties.assurances
    accident = parties.accident
    cause = [accident.cause, "", "", accident.state] if accident and accident.cause else ""
    writer.put(
        "CLM",
        number,
        amount(claim.total_cents),
        "",
        "",
        [parties.place_of_service, "B", claim.frequency],
        assured.provider_signature,
        assured.accepts_assignment,
        assured.benefits_assigned,
        assured.release_of_information,
        "",
        cause,
        claim=number,
        field="claim",
    )
    if accident and accident.cause and day(accident.date):
        writer.put("DTP", "439", "D8", day(accident.date), claim=number, field="accident")
    if parties.place_of_service in _ADMITTED:
        writer.put("DTP", "435", "D8", day(parties.encounter_from), claim=number, field="encounter_from")
        if day(parties.encounter_through):
            writer.put("DTP", "096", "D8", day(parties.encounter_through), claim=number, field="encounter_through")
    references = (
        ("9F", coverage.referral_number, f"coverage.{coverage.sequence}.referral_number"),
        ("G1", coverage.authorization_number, f"coverage.{coverage.sequence}.authorization_number"),
        ("F8", parties.original_reference if claim.frequency in ("7", "8") else "", "original_reference"),
        ("EA", parties.patient_record_number, "patient_record_number"),
    )
    for qualifier, value, field in references:
        if value:
            writer.put("REF", qualifier, value, claim=number, field=field, most=_REFERENCE)
    if claim.diagnoses:
        codes = [
            ["ABK" if place == 0 else "ABF", undotted(diagnosis.code)]
            for place, diagnosis in enumerate(claim.diagnoses)
        ]
        writer.put("HI", *codes, claim=number, field="diagnosis")
    _claim_providers(writer, claim)


def undotted(code: str) -> str:
    """An ICD-10-CM code as HI carries it."""
    return code.replace(".", "").strip().upper()


def _claim_providers(writer: SegmentWriter, claim: ClaimContent) -> None:
    """Loops 2310A referring, 2310B rendering (when it is not the billing provider), 2310C, 2310D supervising."""
    parties, number = claim.parties, claim.claim_number
    if parties.referring:
        _practitioner(writer, "DN", parties.referring, number, "referring")
    if parties.rendering and parties.rendering.npi != parties.billing.npi:
        _practitioner(writer, "82", parties.rendering, number, "rendering")
        _rendering_taxonomy(writer, parties.rendering, number, "rendering")
    if place := parties.service_facility:
        _organization(writer, "77", place.name, "XX", place.npi, number, "service_facility")
        _address(writer, place.address, number, "service_facility")
    if parties.supervising:
        _practitioner(writer, "DQ", parties.supervising, number, "supervising")


def _other_coverage(writer: SegmentWriter, other: BilledCoverage, claim: ClaimContent) -> None:
    """Loops 2320, 2330A and 2330B: another payer that has not paid yet."""
    number, field = claim.claim_number, f"coverage.{other.sequence}"
    writer.put(
        "SBR",
        _RESPONSIBILITY[other.sequence],
        _RELATIONSHIP[other.relationship],
        other.group_number,
        "" if other.group_number else other.plan_name,
        "",
        "",
        "",
        "",
        other.payer.filing_code,
        claim=number,
        field=field,
        most=_GROUP,
    )
    assured = claim.parties.assurances
    writer.put(
        "OI", "", "", assured.benefits_assigned, "", "", assured.release_of_information, claim=number, field=field
    )
    _person(writer, "IL", other.subscriber, number, f"{field}.subscriber", other.member_id)
    if other.subscriber.address.line1 and other.subscriber.address.city:
        _address(writer, other.subscriber.address, number, f"{field}.subscriber")
    _payer(writer, other, number)


def _line(writer: SegmentWriter, line: BilledLine, claim: ClaimContent) -> None:
    """Loops 2400 and 2420A. REF*6R comes back in the remittance and identifies the line."""
    number, field = claim.claim_number, f"line.{line.sequence}"
    writer.put("LX", str(line.sequence), claim=number, field=field)
    writer.put(
        "SV1",
        ["HC", line.code, *line.modifiers[:4]],
        amount(line.charge_cents),
        "UN",
        str(line.units),
        "",
        "",
        [str(pointer) for pointer in line.pointers[:4]],
        claim=number,
        field=field,
    )
    writer.put("DTP", "472", "D8", day(line.service_date), claim=number, field=f"{field}.service_date")
    writer.put("REF", "6R", f"{number}-{line.sequence}", claim=number, field=field)
    general = claim.parties.rendering
    if line.rendering and (general is None or line.rendering.npi != general.npi):
        _practitioner(writer, "82", line.rendering, number, f"{field}.rendering")
        _rendering_taxonomy(writer, line.rendering, number, f"{field}.rendering")


def _person(writer: SegmentWriter, role: str, person: Insured, number: str, field: str, member_id: str = "") -> None:
    text = writer.text
    writer.put(
        "NM1",
        role,
        "1",
        text(person.family_name, number, f"{field}.family_name", _NAME),
        text(person.given_name, number, f"{field}.given_name", _GIVEN),
        text(person.middle_name, number, f"{field}.middle_name", 25),
        "",
        text(person.suffix, number, f"{field}.suffix", 10),
        "MI" if member_id else "",
        member_id,
        claim=number,
        field=field,
    )


def _organization(
    writer: SegmentWriter, role: str, name: str, qualifier: str, identifier: str, number: str, field: str
) -> None:
    qualified = (qualifier, identifier) if identifier else ("", "")
    writer.put("NM1", role, "2", name, "", "", "", "", *qualified, claim=number, field=field, most=_NAME)


def _practitioner(writer: SegmentWriter, role: str, who: Practitioner, number: str, field: str) -> None:
    text = writer.text
    writer.put(
        "NM1",
        role,
        "1",
        text(who.family_name, number, f"{field}.family_name", _NAME),
        text(who.given_name, number, f"{field}.given_name", _GIVEN),
        "",
        "",
        "",
        "XX" if who.npi else "",
        who.npi,
        claim=number,
        field=field,
    )


def _rendering_taxonomy(writer: SegmentWriter, who: Practitioner, number: str, field: str) -> None:
    if who.taxonomy:
        writer.put("PRV", "PE", "PXC", who.taxonomy, claim=number, field=f"{field}.taxonomy")


def _address(writer: SegmentWriter, address: Address, number: str, field: str) -> None:
    place = f"{field}.address"
    writer.put("N3", address.line1, address.line2, claim=number, field=place, most=_STREET)
    writer.put("N4", address.city, address.state, _digits(address.zip), claim=number, field=place, most=_CITY)


def _demographics(writer: SegmentWriter, person: Insured, number: str, field: str) -> None:
    """DMG; the guide knows F, M and U, so X is written as U."""
    sex = person.sex if person.sex in ("F", "M") else "U"
    writer.put("DMG", "D8", day(person.birth_date), sex, claim=number, field=f"{field}.birth_date")


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")
