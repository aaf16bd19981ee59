"""The levels above a claim: who bills, who is insured, which payer is billed, and the patient where that is another.

Source: 005010X222A1 and 005010X223A2, loops 2000A to 2010CA.
"""

from __future__ import annotations

from store.claims.content import BilledCoverage, ClaimContent
from store.x12.loops837.parties import (
    NAME,
    REFERENCE,
    address_of,
    demographics,
    digits,
    organization,
    person_named,
)
from store.x12.writer import SegmentWriter

RELATIONSHIP = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}
"""Individual relationship code, data element 1069 (SBR02 and PAT01)."""

RESPONSIBILITY = {1: "P", 2: "S", 3: "T", 4: "A", 5: "B", 6: "C", 7: "D", 8: "E", 9: "F"}
"""Payer responsibility sequence code, data element 1138 (SBR01)."""

_GROUP = 50


def billing_provider(writer: SegmentWriter, claim: ClaimContent, level: int) -> None:
    """Loops 2000A, 2010AA and 2010AB."""
    billing, number = claim.parties.billing, claim.claim_number
    writer.put("HL", str(level), "", "20", "1", claim=number, field="billing")
    if billing.taxonomy.strip():
        writer.put("PRV", "BI", "PXC", billing.taxonomy, claim=number, field="billing.taxonomy")
    organization(writer, "85", billing.name, "XX", billing.npi, number, "billing.name")
    address_of(writer, billing.address, number, "billing")
    writer.put("REF", "EI", digits(billing.tax_id), claim=number, field="billing.tax_id")
    if pay_to := claim.parties.pay_to:
        writer.put("NM1", "87", "2", claim=number, field="pay_to")
        address_of(writer, pay_to, number, "pay_to")


def subscriber_and_patient(writer: SegmentWriter, claim: ClaimContent, level: int, billing_level: int) -> int:
    """Loops 2000B to 2010CA of one claim; answers the last HL number used."""
    coverage, number = claim.parties.coverage, claim.claim_number
    assert coverage is not None, "a claim without coverage is not exported"
    is_patient = coverage.patient_is_subscriber
    field = f"coverage.{coverage.sequence}"
    writer.put("HL", str(level), str(billing_level), "22", "0" if is_patient else "1", claim=number, field=field)
    writer.put(
        "SBR",
        RESPONSIBILITY[coverage.sequence],
        "18" if is_patient else "",
        *group_of(writer, coverage, number),
        coverage.insurance_type,
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
        _patient(writer, claim, coverage, level)
    return level


def group_of(writer: SegmentWriter, coverage: BilledCoverage, number: str) -> tuple[str, str]:
    """SBR03 and SBR04: the group's number, or else the plan's name."""
    field = f"coverage.{coverage.sequence}"
    if coverage.group_number:
        return writer.text(coverage.group_number, number, f"{field}.group_number", _GROUP), ""
    return "", writer.text(coverage.plan_name, number, f"{field}.plan_name", NAME)


def _subscriber(writer: SegmentWriter, coverage: BilledCoverage, claim: ClaimContent) -> None:
    """Loop 2010BA; address and birth date only when the subscriber is the patient."""
    person, number = coverage.subscriber, claim.claim_number
    field = f"coverage.{coverage.sequence}.subscriber"
    person_named(writer, "IL", person, number, field, coverage.member_id)
    if coverage.patient_is_subscriber:
        address_of(writer, person.address, number, field)
        demographics(writer, person, number, field)


def _payer(writer: SegmentWriter, coverage: BilledCoverage, number: str) -> None:
    """Loop 2010BB."""
    field = f"coverage.{coverage.sequence}.payer"
    payer = coverage.payer
    organization(writer, "PR", payer.name, "PI", payer.identifier, number, field)
    if payer.address.line1 and payer.address.city:
        address_of(writer, payer.address, number, field)
    if coverage.secondary_id.strip():
        where = f"coverage.{coverage.sequence}.secondary_id"
        writer.put("REF", "G2", coverage.secondary_id, claim=number, field=where, most=REFERENCE)


def _patient(writer: SegmentWriter, claim: ClaimContent, coverage: BilledCoverage, level: int) -> None:
    """Loops 2000C and 2010CA: the patient who is not the subscriber."""
    number = claim.claim_number
    writer.put("HL", str(level), str(level - 1), "23", "0", claim=number, field="patient")
    relationship = RELATIONSHIP[coverage.relationship]
    writer.put("PAT", relationship, claim=number, field=f"coverage.{coverage.sequence}.relationship")
    person_named(writer, "QC", claim.parties.patient, number, "patient")
    address_of(writer, claim.parties.patient.address, number, "patient")
    demographics(writer, claim.parties.patient, number, "patient")
