"""Reads what a claim copies from the chart of one encounter, and composes the claim's parties from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, select

from store.claims.content import (
    Accident,
    Address,
    BilledCoverage,
    BilledPayer,
    BillingProvider,
    Insured,
    Parties,
    Practitioner,
    Receiver,
)
from store.models import (
    Account,
    Coding,
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
from store.settings import Settings
from store.terms import ProviderRole, Relationship

_ACCIDENT_BY_FILING_CODE = {"WC": "EM", "AM": "AA"}
"""A workers' compensation or automobile insurer is billed for an accident of that kind (SBR09, CLM11)."""


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


def read_chart(session: Session, coding: Coding) -> Chart:
    """The chart of a coding. `lines` are its HCPCS lines alone, `performers` their providers by NPI."""
    encounter = session.get_one(Encounter, coding.encounter_id)
    lines = session.exec(
        select(FinalProcedureLine)
        .where(FinalProcedureLine.coding_id == coding.id, FinalProcedureLine.system == "hcpcs")
        .order_by(FinalProcedureLine.sequence)
    ).all()
    return Chart(
        coding=coding,
        encounter=encounter,
        patient=session.get_one(Patient, encounter.patient_id),
        account=session.get_one(Account, encounter.account_id),
        facility=session.get(Facility, encounter.facility_id) if encounter.facility_id else None,
        coverages=_rows(
            session,
            select(Coverage, Payer)
            .join(Payer, Payer.id == Coverage.payer_id)
            .where(Coverage.account_id == encounter.account_id)
            .order_by(Coverage.sequence),
        ),
        providers=_rows(
            session,
            select(EncounterProvider.role, Provider)
            .join(Provider, Provider.id == EncounterProvider.provider_id)
            .where(EncounterProvider.encounter_id == encounter.id)
            .order_by(EncounterProvider.id),
        ),
        diagnoses=tuple(
            session.exec(
                select(FinalDiagnosis).where(FinalDiagnosis.coding_id == coding.id).order_by(FinalDiagnosis.sequence)
            )
        ),
        lines=tuple(lines),
        performers=_performers(session, {line.performer_npi for line in lines} - {""}),
    )


def compose_parties(chart: Chart, settings: Settings) -> Parties:
    """The parties of the claim as the chart has them now. The facility must be known."""
    assert chart.facility is not None, "a chart without facility is not billed"
    encounter, patient = chart.encounter, chart.patient
    billed, *others = [_coverage(coverage, payer, patient) for coverage, payer in chart.coverages] or [None]
    rendering = _rendering(chart)
    started = encounter.started_at[:10]
    return Parties(
        patient=_patient(patient),
        patient_record_number=patient.mrn,
        billing=_billing(chart.facility),
        receiver=Receiver(settings.submitter_id, settings.receiver_id, settings.receiver_name),
        coverage=billed,
        other_coverages=tuple(others),
        rendering=rendering,
        referring=_with_role(chart, ProviderRole.REFERRING),
        supervising=_with_role(chart, ProviderRole.SUPERVISING),
        accident=_accident(encounter, billed),
        place_of_service=encounter.place_of_service,
        account_number=chart.account.account_number,
        encounter_from=started,
        encounter_through=max((encounter.ended_at or started)[:10], encounter.service_date),
        line_rendering={
            npi: _practitioner(provider)
            for npi, provider in chart.performers.items()
            if rendering is None or npi != rendering.npi
        },
    )


def _rows(session: Session, statement) -> tuple:
    return tuple(tuple(row) for row in session.exec(statement))


def _performers(session: Session, npis: set[str]) -> dict[str, Provider]:
    if not npis:
        return {}
    found = session.exec(select(Provider).where(Provider.npi.in_(npis)).order_by(Provider.id.desc()))
    return {provider.npi: provider for provider in found}


def _rendering(chart: Chart) -> Practitioner | None:
    """The one performer of all lines, else who the encounter names as rendering, else as attending."""
    performers: Sequence[str] = sorted({line.performer_npi for line in chart.lines})
    if len(performers) == 1 and performers[0] in chart.performers:
        return _practitioner(chart.performers[performers[0]])
    return _with_role(chart, ProviderRole.RENDERING) or _with_role(chart, ProviderRole.ATTENDING)


def _with_role(chart: Chart, role: ProviderRole) -> Practitioner | None:
    return next((_practitioner(provider) for held, provider in chart.providers if held is role), None)


def _practitioner(provider: Provider) -> Practitioner:
    return Practitioner(provider.family_name, provider.given_name, provider.npi, provider.taxonomy)


def _billing(facility: Facility) -> BillingProvider:
    return BillingProvider(
        name=facility.name,
        npi=facility.npi,
        tax_id=facility.tax_id,
        taxonomy=facility.taxonomy,
        address=Address(line1=facility.address_line1, city=facility.city, state=facility.state, zip=facility.zip),
        contact_name=facility.contact_name,
        contact_phone=facility.contact_phone,
    )


def _patient(patient: Patient) -> Insured:
    return Insured(
        family_name=patient.family_name,
        given_name=patient.given_name,
        middle_name=patient.middle_name,
        suffix=patient.suffix,
        birth_date=patient.birth_date,
        sex=patient.sex,
        address=Address(patient.address_line1, patient.address_line2, patient.city, patient.state, patient.zip),
    )


def _coverage(coverage: Coverage, payer: Payer, patient: Patient) -> BilledCoverage:
    return BilledCoverage(
        sequence=coverage.sequence,
        payer=BilledPayer(
            name=payer.name,
            identifier=payer.payer_identifier,
            filing_code=payer.claim_filing_code,
            address=Address(line1=payer.address_line1, city=payer.city, state=payer.state, zip=payer.zip),
            timely_filing_days=payer.timely_filing_days,
            member_id_pattern=payer.member_id_pattern,
        ),
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


def _subscriber(coverage: Coverage, patient: Patient) -> Insured:
    """The subscriber as the coverage has them; what it leaves out of a patient's own coverage is the patient's."""
    own = _patient(patient) if coverage.relationship is Relationship.SELF else Insured()
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


def _accident(encounter: Encounter, billed: BilledCoverage | None) -> Accident | None:
    """The accident of the visit. The source may have sent `accident_cause` (AA, EM, OA) and `accident_state`."""
    cause = str(encounter.extra.get("accident_cause", ""))
    if encounter.accident_date is None and not cause:
        return None
    by_payer = _ACCIDENT_BY_FILING_CODE.get(billed.payer.filing_code) if billed else None
    return Accident(
        date=encounter.accident_date,
        cause=cause or by_payer or "OA",
        state=str(encounter.extra.get("accident_state", "")),
    )
