"""Reads what a claim copies from the chart of one encounter, and composes the claim's parties from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from codesets.edits.accidents import accident_cause
from store.claims.content import Accident, BilledCoverage, BilledPayer, BillingProvider, Insured, Parties, Receiver
from store.claims.details import Details, LineDetails
from store.claims.facility import BadExtra, billed_lines, facility_bill
from store.claims.facility_bill import FacilityBill
from store.claims.partners import receiver_for
from store.claims.people import Address, Practitioner
from store.claims.plain import NotPlain, made
from store.claims.revenue_lines import RevenueLines
from store.models import (
    Account,
    Charge,
    Coding,
    CodingDrg,
    Coverage,
    Encounter,
    EncounterProvider,
    Facility,
    FinalDiagnosis,
    FinalProcedureLine,
    Patient,
    Payer,
    Provider,
)
from store.settings import Settings, load_settings
from store.terms import CodingKind, CodingStatus, ProviderRole, Relationship

_ACCIDENT_BY_FILING_CODE = {"WC": "EM", "AM": "AA"}
"""A workers' compensation or automobile insurer is billed for an accident of that kind (SBR09, CLM11)."""

_GROUPED = "OK"
"""The grouper's answer for a stay that it could group."""


@dataclass(frozen=True)
class Chart:
    """One encounter with what its claim needs; coverages with their payers in their order."""

    coding: Coding
    encounter: Encounter
    patient: Patient
    account: Account
    facility: Facility | None
    coverages: tuple[tuple[Coverage, Payer], ...]
    providers: tuple[tuple[ProviderRole, Provider], ...]
    diagnoses: tuple[FinalDiagnosis, ...]
    lines: tuple[FinalProcedureLine, ...]
    performers: dict[str, Provider]
    procedures: tuple[FinalProcedureLine, ...] = ()
    charges: tuple[Charge, ...] = ()
    receiver: Receiver | None = None
    drg: str = ""

    @property
    def of_facility(self) -> bool:
        """Whether the coding is the facility's side of the bill."""
        return self.coding.kind is CodingKind.FACILITY

    @property
    def revenue_lines(self) -> RevenueLines:
        """The lines of the facility's claim, and what each line of the coder's does to the posted charges."""
        final_at = self.coding.finalized_at if self.coding.status is CodingStatus.FINAL else None
        return billed_lines(self.encounter, self.charges, self.lines, final_at)


def read_chart(session: Session, coding: Coding) -> Chart:
    """The chart of a coding. `lines` are its HCPCS lines, `procedures` those of ICD-10-PCS, `performers` are by NPI.

    `charges` are read for the facility's side alone. `drg` is the MS-DRG that the coding was grouped to when it was
    final coded, empty where it was not grouped or could not be.
    """
    encounter = session.get_one(Encounter, coding.encounter_id)
    coded = session.exec(
        select(FinalProcedureLine)
        .where(FinalProcedureLine.coding_id == coding.id)
        .order_by(col(FinalProcedureLine.sequence))
    ).all()
    lines = [line for line in coded if line.system == "hcpcs"]
    charges: Sequence[Charge] = ()
    if coding.kind is CodingKind.FACILITY:
        charges = session.exec(
            select(Charge).where(Charge.encounter_id == encounter.id).order_by(Charge.charge_number)
        ).all()
    coverages = coverages_of(session, encounter.account_id)
    return Chart(
        coding=coding,
        encounter=encounter,
        patient=session.get_one(Patient, encounter.patient_id),
        account=session.get_one(Account, encounter.account_id),
        facility=_billing_facility(session, encounter.facility_id),
        coverages=coverages,
        providers=_rows(
            session,
            select(EncounterProvider.role, Provider)
            .join(Provider, col(Provider.id) == EncounterProvider.provider_id)
            .where(EncounterProvider.encounter_id == encounter.id)
            .order_by(col(EncounterProvider.id)),
        ),
        diagnoses=tuple(
            session.exec(
                select(FinalDiagnosis)
                .where(FinalDiagnosis.coding_id == coding.id)
                .order_by(col(FinalDiagnosis.sequence))
            )
        ),
        lines=tuple(lines),
        performers=_performers(session, {line.performer_npi for line in coded} - {""}),
        procedures=tuple(line for line in coded if line.system == "icd10pcs"),
        charges=tuple(charges),
        drg=_drg(session.get(CodingDrg, coding.id)),
        receiver=receiver_for(session, coverages[0][1].payer_identifier if coverages else "", load_settings()),
    )


def coverages_of(session: Session, account_id: str) -> tuple[tuple[Coverage, Payer], ...]:
    """The coverages of an account with their payers, in their order."""
    return _rows(
        session,
        select(Coverage, Payer)
        .join(Payer, col(Payer.id) == Coverage.payer_id)
        .where(Coverage.account_id == account_id)
        .order_by(col(Coverage.sequence)),
    )


def compose_parties(chart: Chart, settings: Settings) -> Parties:
    """The parties of the claim as the chart has them now. The facility must be known.

    Raises BadExtra for what the sender gave beyond the chart and cannot be read.
    """
    assert chart.facility is not None, "a chart without facility is not billed"
    encounter, patient = chart.encounter, chart.patient
    coverages = [billed_coverage(coverage, payer, patient) for coverage, payer in chart.coverages]
    billed = coverages[0] if coverages else None
    rendering = None if chart.of_facility else _rendering(chart)
    of_lines = {line.performer_npi for line in chart.lines}
    started = encounter.started_at[:10]
    accident = _accident(chart, billed)
    parties = Parties(
        patient=insured_patient(patient),
        patient_record_number=patient.mrn,
        billing=billing_provider(chart.facility),
        receiver=chart.receiver or Receiver(settings.submitter_id, settings.receiver_id, settings.receiver_name),
        coverage=billed,
        other_coverages=tuple(coverages[1:]),
        rendering=rendering,
        referring=_with_role(chart, ProviderRole.REFERRING),
        supervising=_with_role(chart, ProviderRole.SUPERVISING),
        accident=accident,
        place_of_service=encounter.place_of_service,
        account_number=chart.account.account_number,
        encounter_from=started,
        encounter_through=max((encounter.ended_at or started)[:10], encounter.service_date),
        line_rendering={
            npi: practitioner(provider)
            for npi, provider in chart.performers.items()
            if npi in of_lines and (rendering is None or npi != rendering.npi)
        },
        details=claim_details(encounter),
        facility_bill=_facility_bill(chart, accident) if chart.of_facility else None,
        charge_notes=chart.revenue_lines.notes if chart.of_facility else (),
    )
    return with_insurance_types(parties, encounter)


def with_insurance_types(parties: Parties, encounter: Encounter) -> Parties:
    """The parties with SBR05 of each coverage as the visit has it now: of Medicare, where it is not primary.

    A sender gives it as `msp_type` in `extra`; people set it in the abstract (`store.abstracting`). Institutional
    claims tell it by value codes and have no SBR05.

    Source: 005010X222A1, loops 2000B and 2320, SBR05 (data element 1336).
    """
    stated = "" if parties.facility_bill else str(encounter.extra.get("msp_type", ""))
    coverage, others = parties.coverage, parties.other_coverages
    return replace(
        parties,
        coverage=coverage and _with_insurance_type(coverage, stated),
        other_coverages=tuple(_with_insurance_type(one, stated) for one in others),
    )


def _with_insurance_type(coverage: BilledCoverage, stated: str) -> BilledCoverage:
    found = stated if coverage.sequence > 1 and coverage.payer.filing_code in MEDICARE_FILING_CODES else ""
    return coverage if coverage.insurance_type == found else replace(coverage, insurance_type=found)


MEDICARE_FILING_CODES = ("MA", "MB")
"""SBR09 of Medicare Part A and Part B (data element 1032)."""


def claim_details(encounter: Encounter) -> Details | None:
    """What the sender gave for the claim beyond the chart, in `extra.claim` of the visit. Raises BadExtra."""
    if not (given := encounter.extra.get("claim")):
        return None
    try:
        return made(Details, given, strict=True)
    except NotPlain as error:
        raise BadExtra(f"extra.claim.{error}") from None


def line_details(details: Details | None, code: str) -> LineDetails | None:
    """What is stated of service lines with this code."""
    return next((one.details for one in details.lines if one.code == code), None) if details and code else None


def _facility_bill(chart: Chart, accident: Accident | None) -> FacilityBill:
    attending = _with_role(chart, ProviderRole.ATTENDING)
    return facility_bill(
        chart.encounter, chart.diagnoses, chart.procedures, attending, _operating(chart), accident, chart.drg
    )


def _operating(chart: Chart) -> list[Practitioner]:
    """Who operated: whom the coder named with the surgical procedures, in their order, then whom the visit names.

    Source: UB-04 form locator 77, the individual with the primary responsibility for the surgical procedures.
    """
    surgical = sorted(chart.procedures, key=lambda line: line.code[:1] != "0")
    named = [chart.performers[line.performer_npi] for line in surgical if line.performer_npi in chart.performers]
    of_visit = [provider for role, provider in chart.providers if role is ProviderRole.OPERATING]
    return list({provider.npi: practitioner(provider) for provider in (*named, *of_visit)}.values())


def _drg(grouped: CodingDrg | None) -> str:
    return grouped.drg if grouped and grouped.return_code == _GROUPED else ""


def _rows(session: Session, statement: Any) -> tuple[Any, ...]:
    return tuple(tuple(row) for row in session.exec(statement))


def _performers(session: Session, npis: set[str]) -> dict[str, Provider]:
    if not npis:
        return {}
    found = session.exec(select(Provider).where(col(Provider.npi).in_(npis)).order_by(col(Provider.id).desc()))
    return {provider.npi: provider for provider in found}


def _rendering(chart: Chart) -> Practitioner | None:
    """The one performer of all lines, else who the encounter names as rendering, else as attending."""
    performers: Sequence[str] = sorted({line.performer_npi for line in chart.lines})
    if len(performers) == 1 and performers[0] in chart.performers:
        return practitioner(chart.performers[performers[0]])
    return _with_role(chart, ProviderRole.RENDERING) or _with_role(chart, ProviderRole.ATTENDING)


def _with_role(chart: Chart, role: ProviderRole) -> Practitioner | None:
    return next((practitioner(provider) for held, provider in chart.providers if held is role), None)


def practitioner(provider: Provider) -> Practitioner:
    """A provider as a claim states them."""
    return Practitioner(provider.family_name, provider.given_name, provider.npi, provider.taxonomy)


def _billing_facility(session: Session, named: str | None) -> Facility | None:
    """The facility that a visit names, else the one of the settings."""
    if named:
        return session.get(Facility, named)
    if not (own := load_settings().billing_facility):
        return None
    return session.exec(select(Facility).where(Facility.local_id == own).order_by(Facility.source).limit(1)).first()


def billing_provider(facility: Facility) -> BillingProvider:
    """A facility as a claim states it that bills."""
    return BillingProvider(
        name=facility.name,
        npi=facility.npi,
        tax_id=facility.tax_id,
        taxonomy=facility.taxonomy,
        address=Address(line1=facility.address_line1, city=facility.city, state=facility.state, zip=facility.zip),
        contact_name=facility.contact_name,
        contact_phone=facility.contact_phone,
    )


def insured_patient(patient: Patient) -> Insured:
    """The patient as a claim states them."""
    return Insured(
        family_name=patient.family_name,
        given_name=patient.given_name,
        middle_name=patient.middle_name,
        suffix=patient.suffix,
        birth_date=patient.birth_date,
        sex=patient.sex,
        address=Address(patient.address_line1, patient.address_line2, patient.city, patient.state, patient.zip),
    )


def billed_coverage(coverage: Coverage, payer: Payer, patient: Patient) -> BilledCoverage:
    """A coverage as a claim states it."""
    return BilledCoverage(
        sequence=coverage.sequence,
        payer=billed_payer(payer),
        subscriber=_subscriber(coverage, patient),
        relationship=coverage.relationship.value,
        member_id=coverage.member_id,
        group_number=coverage.group_number,
        plan_name=coverage.plan_name,
        effective_on=coverage.effective_on,
        expires_on=coverage.expires_on,
        authorization_number=coverage.authorization_number,
        referral_number=coverage.referral_number,
    )


def billed_payer(payer: Payer) -> BilledPayer:
    """A payer as a claim states it."""
    return BilledPayer(
        name=payer.name,
        identifier=payer.payer_identifier,
        filing_code=payer.claim_filing_code,
        address=Address(line1=payer.address_line1, city=payer.city, state=payer.state, zip=payer.zip),
        timely_filing_days=payer.timely_filing_days,
        member_id_pattern=payer.member_id_pattern,
    )


def _subscriber(coverage: Coverage, patient: Patient) -> Insured:
    """The subscriber as the coverage has them; what it leaves out of a patient's own coverage is the patient's."""
    own = insured_patient(patient) if coverage.relationship is Relationship.SELF else Insured()
    named = bool(coverage.subscriber_family_name or coverage.subscriber_given_name)
    address = Address(
        line1=coverage.subscriber_address_line1,
        city=coverage.subscriber_city,
        state=coverage.subscriber_state,
        zip=coverage.subscriber_zip,
    )
    return Insured(
        family_name=coverage.subscriber_family_name if named else own.family_name,
        given_name=coverage.subscriber_given_name if named else own.given_name,
        middle_name="" if named else own.middle_name,
        suffix="" if named else own.suffix,
        birth_date=coverage.subscriber_birth_date or own.birth_date,
        sex=coverage.subscriber_sex or own.sex,
        address=address if address.line1 else own.address,
    )


def _accident(chart: Chart, billed: BilledCoverage | None) -> Accident | None:
    """The accident of the visit, of the cause that its abstract has, else by who is billed, else by its codes.

    A sender gives cause (AA, EM, OA) and state as `accident_cause` and `accident_state` in `extra`; people set them in
    the abstract (`store.abstracting`).
    """
    encounter = chart.encounter
    cause = str(encounter.extra.get("accident_cause", ""))
    if encounter.accident_date is None and not cause:
        return None
    by_codes = accident_cause([row.code for row in chart.diagnoses])
    by_payer = _ACCIDENT_BY_FILING_CODE.get(billed.payer.filing_code) if billed else None
    return Accident(
        date=encounter.accident_date,
        cause=cause or by_payer or by_codes or "OA",
        state=str(encounter.extra.get("accident_state", "")),
    )
