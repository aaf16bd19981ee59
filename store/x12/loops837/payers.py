"""The other payers of a claim, and what those before this one have paid of it and of its lines.

Source: 005010X222A1 and 005010X223A2, loops 2320, 2330A, 2330B and 2430.
"""

from __future__ import annotations

from collections.abc import Iterable

from store.claims.content import BilledCoverage, BilledLine, ClaimContent
from store.claims.prior_payment import PriorAdjustment, PriorPayment
from store.x12.loops837.levels import RELATIONSHIP, RESPONSIBILITY, group_of
from store.x12.loops837.parties import address_of, organization, person_named, references
from store.x12.writer import Element, SegmentWriter, amount, day

_REASONS_IN_CAS = 6


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
        RESPONSIBILITY[other.sequence],
        RELATIONSHIP[other.relationship],
        *group_of(writer, other, number),
        other.insurance_type,
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
    person_named(writer, "IL", other.subscriber, number, f"{field}.subscriber", other.member_id)
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


def prior_lines(writer: SegmentWriter, line: BilledLine, claim: ClaimContent, field: str) -> None:
    """Loop 2430: what each payer before this one paid of the line. SVD04 is of institutional claims alone."""
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
                one.revenue_code if claim.parties.facility_bill else "",
                one.units,
                claim=number,
                field=where,
            )
            _adjustments(writer, one.adjustments, number, where)
            writer.put("DTP", "573", "D8", day(one.paid_on), claim=number, field=f"{where}.paid_on")
