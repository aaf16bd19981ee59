"""The loops that professional and institutional claims have in common: levels, parties, other payers, drugs.

Every segment is written with the claim number and the field it states, so that an acknowledgment that names a
segment position leads back to the field. Fields are those of `store.claims.content`: `billing.address`,
`coverage.1.member_id`, `line.2`. Only what is set is written.

Source: 005010X222A1 and 005010X223A2, loops as named at each function; x12 element lengths from its data elements.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from store.claims.content import Address, BilledCoverage, BilledLine, ClaimContent, Insured, Practitioner
from store.claims.details import Attachment
from store.claims.prior_payment import PriorAdjustment, PriorPayment
from store.x12.writer import Element, Envelope, SegmentWriter, Sink, TextChange, amount, day

FUNCTIONAL_ID = "HC"
CLAIMS_PER_TRANSACTION = 5000
"""CLM segments in one ST, the most that receivers take."""

_RELATIONSHIP = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}
"""Individual relationship code, data element 1069 (SBR02 and PAT01)."""

_RESPONSIBILITY = {1: "P", 2: "S", 3: "T", 4: "A", 5: "B", 6: "C", 7: "D", 8: "E", 9: "F"}
"""Payer responsibility sequence code, data element 1138 (SBR01)."""

_NAME, _GIVEN, _STREET, _CITY, REFERENCE, _GROUP = 60, 35, 55, 30, 50, 50
_REASONS_IN_CAS = 6


@dataclass(frozen=True)
class Form:
    """What makes a claim professional or institutional: its version, and what writes its loops 2300 to 2430."""

    version: str
    claim: Callable[[SegmentWriter, ClaimContent, BilledCoverage], None]


def write_interchange(
    out: Sink, claims: Iterable[ClaimContent], envelope: Envelope, first_transaction: int, form: Form
) -> SegmentWriter:
    """Write one ISA with all claims, a new ST after every 5,000; the writer returned holds places and changes.

    Claims should come ordered by billing provider: each change of it opens a new HL*20. Transaction control
    numbers count up from `first_transaction`. Raises X12Unwritable; the stream then holds an unfinished file.
    """
    writer = SegmentWriter(out, envelope, envelope.delimiters)
    writer.open()
    number, remaining = first_transaction, iter(claims)
    for first in remaining:
        _transaction(writer, first, itertools.islice(remaining, CLAIMS_PER_TRANSACTION - 1), f"{number:04d}", form)
        number += 1
    writer.close()
    return writer


def transactions_needed(claims: int) -> int:
    """How many ST a number of claims takes."""
    return -(-claims // CLAIMS_PER_TRANSACTION)


def text_changes(claim: ClaimContent, form: Form) -> list[TextChange]:
    """What writing the claim would change in its texts: characters taken out, letters replaced, cuts."""
    nothing = Envelope("S", "R", "T", 1, 1, datetime(2000, 1, 1), FUNCTIONAL_ID, form.version)
    writer = SegmentWriter(io.BytesIO(), nothing)
    _billing_provider(writer, claim, 1)
    _claim_of_subscriber(writer, claim, 2, 1, form)
    return writer.changes


def undotted(code: str) -> str:
    """An ICD-10 code as HI carries it."""
    return code.replace(".", "").strip().upper()


def _transaction(
    writer: SegmentWriter, first: ClaimContent, rest: Iterable[ClaimContent], control: str, form: Form
) -> None:
    created = writer.envelope.created
    writer.open_transaction("837", control)
    reference = f"{writer.envelope.interchange_control:09d}-{control}"
    writer.put("BHT", "0019", "00", reference, f"{created:%Y%m%d}", f"{created:%H%M}", "CH", field="transaction")
    _submitter_and_receiver(writer, first)
    level, billing_level, billing = 0, 0, None
    for claim in itertools.chain([first], rest):
        who = (claim.parties.billing, claim.parties.pay_to)
        if who != billing:
            level += 1
            billing, billing_level = who, level
            _billing_provider(writer, claim, level)
        level = _claim_of_subscriber(writer, claim, level + 1, billing_level, form)
    writer.close_transaction()


def _submitter_and_receiver(writer: SegmentWriter, claim: ClaimContent) -> None:
    """Loops 1000A and 1000B."""
    billing, receiver = claim.parties.billing, claim.parties.receiver
    submitter = writer.envelope.submitter
    organization(writer, "41", submitter.name or billing.name, "46", receiver.submitter_id, "", "submitter")
    contact = submitter.contact or billing.contact_name or billing.name
    phone = digits(submitter.phone or billing.contact_phone)
    writer.put("PER", "IC", contact, "TE", phone, field="submitter", most=_NAME)
    organization(writer, "40", receiver.receiver_name, "46", receiver.receiver_id, "", "receiver")


def _billing_provider(writer: SegmentWriter, claim: ClaimContent, level: int) -> None:
    """Loops 2000A, 2010AA and 2010AB."""
    billing, number = claim.parties.billing, claim.claim_number
    writer.put("HL", str(level), "", "20", "1", claim=number, field="billing")
    if billing.taxonomy:
        writer.put("PRV", "BI", "PXC", billing.taxonomy, claim=number, field="billing.taxonomy")
    organization(writer, "85", billing.name, "XX", billing.npi, number, "billing.name")
    address_of(writer, billing.address, number, "billing")
    writer.put("REF", "EI", digits(billing.tax_id), claim=number, field="billing.tax_id")
    if pay_to := claim.parties.pay_to:
        writer.put("NM1", "87", "2", claim=number, field="pay_to")
        address_of(writer, pay_to, number, "pay_to")


def _claim_of_subscriber(writer: SegmentWriter, claim: ClaimContent, level: int, billing_level: int, form: Form) -> int:
    """Loops 2000B to 2430 of one claim; answers the last HL number used."""
    coverage, number = claim.parties.coverage, claim.claim_number
    assert coverage is not None, "a claim without coverage is not exported"
    is_patient = coverage.patient_is_subscriber
    field = f"coverage.{coverage.sequence}"
    writer.put("HL", str(level), str(billing_level), "22", "0" if is_patient else "1", claim=number, field=field)
    writer.put(
        "SBR",
        _RESPONSIBILITY[coverage.sequence],
        "18" if is_patient else "",
        *_group(writer, coverage, number),
        "",
        "",
        "",
        "",
        coverage.payer.filing_code,
        claim=number,
        field=field,
    )
    _subscriber(writer, coverage, claim)
    _payer(writer, coverage, number)
    if not is_patient:
        level += 1
        _dependent(writer, claim, coverage, level)
    form.claim(writer, claim, coverage)
    return level


def _group(writer: SegmentWriter, coverage: BilledCoverage, number: str) -> tuple[str, str]:
    """SBR03 and SBR04: the group's number, or else the plan's name."""
    field = f"coverage.{coverage.sequence}"
    if coverage.group_number:
        return writer.text(coverage.group_number, number, f"{field}.group_number", _GROUP), ""
    return "", writer.text(coverage.plan_name, number, f"{field}.plan_name", _NAME)


def _subscriber(writer: SegmentWriter, coverage: BilledCoverage, claim: ClaimContent) -> None:
    """Loop 2010BA; address and birth date only when the subscriber is the patient."""
    person, number = coverage.subscriber, claim.claim_number
    field = f"coverage.{coverage.sequence}.subscriber"
    _person(writer, "IL", person, number, field, coverage.member_id)
    if coverage.patient_is_subscriber:
        address_of(writer, person.address, number, field)
        _demographics(writer, person, number, field)


def _payer(writer: SegmentWriter, coverage: BilledCoverage, number: str) -> None:
    """Loop 2010BB."""
    field = f"coverage.{coverage.sequence}.payer"
    payer = coverage.payer
    organization(writer, "PR", payer.name, "PI", payer.identifier, number, field)
    if payer.address.line1 and payer.address.city:
        address_of(writer, payer.address, number, field)
    if coverage.secondary_id:
        where = f"coverage.{coverage.sequence}.secondary_id"
        writer.put("REF", "G2", coverage.secondary_id, claim=number, field=where, most=REFERENCE)


def _dependent(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage, level: int) -> None:
    """Loops 2000C and 2010CA: the patient who is not the subscriber."""
    number = claim.claim_number
    writer.put("HL", str(level), str(level - 1), "23", "0", claim=number, field="patient")
    relationship = _RELATIONSHIP[coverage.relationship]
    writer.put("PAT", relationship, claim=number, field=f"coverage.{coverage.sequence}.relationship")
    _person(writer, "QC", claim.parties.patient, number, "patient")
    address_of(writer, claim.parties.patient.address, number, "patient")
    _demographics(writer, claim.parties.patient, number, "patient")


def attachments(writer: SegmentWriter, wanted: Iterable[Attachment], number: str, field: str) -> None:
    """PWK of loop 2300 or 2400."""
    for one in wanted:
        numbered = ("AC", one.number) if one.number else ("", "")
        writer.put("PWK", one.kind, one.transmission, "", "", *numbered, claim=number, field=f"{field}.attachment")


def references(
    writer: SegmentWriter, wanted: Iterable[tuple[str, str, str]], number: str, most: int = REFERENCE
) -> None:
    """REF segments: qualifier, value and field of each; those without a value are left out."""
    for qualifier, value, field in wanted:
        if value:
            writer.put("REF", qualifier, value, claim=number, field=field, most=most)


def other_coverages(writer: SegmentWriter, claim: ClaimContent, remark_segments: bool = False) -> None:
    """Loops 2320, 2330A and 2330B of every other payer, with what it has paid already.

    `remark_segments` writes the remarks of an inpatient's prior payment as MIA instead of MOA.
    """
    for other in claim.parties.other_coverages:
        _other_coverage(writer, other, claim, remark_segments)


def _other_coverage(writer: SegmentWriter, other: BilledCoverage, claim: ClaimContent, inpatient: bool) -> None:
    number, field = claim.claim_number, f"coverage.{other.sequence}"
    writer.put(
        "SBR",
        _RESPONSIBILITY[other.sequence],
        _RELATIONSHIP[other.relationship],
        *_group(writer, other, number),
        "",
        "",
        "",
        "",
        other.payer.filing_code,
        claim=number,
        field=field,
    )
    prior, assured = other.prior, claim.parties.assurances
    if prior:
        _adjustments(writer, prior.adjustments, number, f"{field}.prior")
        writer.put("AMT", "D", amount(prior.paid_cents), claim=number, field=f"{field}.prior.paid_cents")
        if prior.patient_cents:
            writer.put("AMT", "EAF", amount(prior.patient_cents), claim=number, field=f"{field}.prior.patient_cents")
        if prior.noncovered_cents:
            where = f"{field}.prior.noncovered_cents"
            writer.put("AMT", "A8", amount(prior.noncovered_cents), claim=number, field=where)
    writer.put(
        "OI", "", "", assured.benefits_assigned, "", "", assured.release_of_information, claim=number, field=field
    )
    if prior and prior.remarks:
        _remarks(writer, prior.remarks, inpatient, number, f"{field}.prior.remarks")
    _person(writer, "IL", other.subscriber, number, f"{field}.subscriber", other.member_id)
    if other.subscriber.address.line1 and other.subscriber.address.city:
        address_of(writer, other.subscriber.address, number, f"{field}.subscriber")
    payer = f"{field}.payer"
    organization(writer, "PR", other.payer.name, "PI", other.payer.identifier, number, payer)
    if other.payer.address.line1 and other.payer.address.city:
        address_of(writer, other.payer.address, number, payer)
    if prior:
        if not prior.lines and day(prior.paid_on):
            writer.put("DTP", "573", "D8", day(prior.paid_on), claim=number, field=f"{field}.prior.paid_on")
        references(writer, [("F8", prior.payer_number, f"{field}.prior.payer_number")], number)


def _remarks(writer: SegmentWriter, remarks: tuple[str, ...], inpatient: bool, number: str, field: str) -> None:
    """Remark codes: MOA03 to 07, or MIA05 and 20 to 23."""
    if inpatient:
        more = ["", "", "", "", "", "", "", "", "", "", "", "", "", "", *remarks[1:5]]
        writer.put("MIA", "0", "", "", "", remarks[0], *more, claim=number, field=field)
    else:
        writer.put("MOA", "", "", *remarks[:5], claim=number, field=field)


def _adjustments(writer: SegmentWriter, wanted: Iterable[PriorAdjustment], number: str, field: str) -> None:
    """CAS: up to six reasons of one group in a segment."""
    by_group: dict[str, list[PriorAdjustment]] = {}
    for one in wanted:
        by_group.setdefault(one.group, []).append(one)
    for group, reasons in by_group.items():
        for start in range(0, len(reasons), _REASONS_IN_CAS):
            triples: list[Element] = []
            for one in reasons[start : start + _REASONS_IN_CAS]:
                triples += [one.reason, amount(one.cents), one.quantity]
            writer.put("CAS", group, *triples, claim=number, field=f"{field}.adjustments")


def drug(writer: SegmentWriter, line: BilledLine, number: str, field: str) -> None:
    """Loop 2410: the NDC of a drug with its quantity."""
    if line.details is None or (given := line.details.drug) is None:
        return
    writer.put("LIN", "", "N4", digits(given.ndc), claim=number, field=f"{field}.drug.ndc")
    writer.put("CTP", "", "", "", given.quantity, [given.unit], claim=number, field=f"{field}.drug.quantity")
    if given.prescription:
        writer.put("REF", "XZ", given.prescription, claim=number, field=f"{field}.drug.prescription", most=REFERENCE)


def prior_lines(writer: SegmentWriter, line: BilledLine, claim: ClaimContent, field: str) -> None:
    """Loop 2430: what each payer before this one paid of the line."""
    number = claim.claim_number
    for other in claim.parties.other_coverages:
        prior: PriorPayment | None = other.prior
        for one in (each for each in prior.lines if each.line == line.sequence) if prior else ():
            where = f"{field}.prior.{other.sequence}"
            paid_for: Element = ["HC", one.code, *one.modifiers[:4]] if one.code else ""
            writer.put(
                "SVD",
                other.payer.identifier,
                amount(one.paid_cents),
                paid_for,
                one.revenue_code,
                one.units,
                claim=number,
                field=where,
            )
            _adjustments(writer, one.adjustments, number, where)
            writer.put("DTP", "573", "D8", day(one.paid_on), claim=number, field=f"{where}.paid_on")


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


def organization(
    writer: SegmentWriter, role: str, name: str, qualifier: str, identifier: str, number: str, field: str
) -> None:
    """NM1 of an organization, with its identifier where it has one."""
    qualified = (qualifier, identifier) if identifier else ("", "")
    writer.put("NM1", role, "2", name, "", "", "", "", *qualified, claim=number, field=field, most=_NAME)


def practitioner(writer: SegmentWriter, role: str, who: Practitioner, number: str, field: str) -> None:
    """NM1 of a clinician."""
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


def taxonomy(writer: SegmentWriter, role: str, who: Practitioner, number: str, field: str) -> None:
    """PRV of a clinician (PE performing, AT attending), where a taxonomy code is known."""
    if who.taxonomy:
        writer.put("PRV", role, "PXC", who.taxonomy, claim=number, field=f"{field}.taxonomy")


def address_of(writer: SegmentWriter, address: Address, number: str, field: str) -> None:
    """N3 and N4."""
    place = f"{field}.address"
    writer.put("N3", address.line1, address.line2, claim=number, field=place, most=_STREET)
    writer.put("N4", address.city, address.state, digits(address.zip), claim=number, field=place, most=_CITY)


def _demographics(writer: SegmentWriter, person: Insured, number: str, field: str) -> None:
    """DMG; the guide knows F, M and U, so X is written as U."""
    sex = person.sex if person.sex in ("F", "M") else "U"
    writer.put("DMG", "D8", day(person.birth_date), sex, claim=number, field=f"{field}.birth_date")


def service_period(line: BilledLine) -> tuple[str, str]:
    """DTP02 and DTP03 of a line: one day, or the first and the last."""
    first, last = day(line.service_date), day(line.service_through)
    return ("RD8", f"{first}-{last}") if last and last != first else ("D8", first)


def digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(c for c in text if c in "0123456789")
