"""Made-up claims and a made-up site for the tests of claims: nobody here exists."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlmodel import Session

from codesets.catalog import Code, Validity, ValidityKind, normalize
from codesets.releases import CodeSystem
from store.claims.content import (
    Address,
    BilledCoverage,
    BilledDiagnosis,
    BilledLine,
    BilledPayer,
    BillingProvider,
    ClaimContent,
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
from store.terms import (
    CodingKind,
    CodingStatus,
    DiagnosisRole,
    ProviderRole,
    Relationship,
    Setting,
)
from tests.codesets.made_facts import MadeFacts

TODAY = dt.date(2026, 9, 20)
SERVICE = "2026-09-15"


_KNOWN = {normalize(code) for code in ("M54.50", "I10", "E78.5", "W19.XXXA", "S61.411A", "G0463", "G0439", "Z23")}


def _handful(system: CodeSystem, code: str) -> Validity:
    if normalize(code) in _KNOWN:
        return Validity(ValidityKind.VALID, f"{code} is valid.")
    if below := min((known for known in _KNOWN if known.startswith(normalize(code))), default=None):
        return Validity(ValidityKind.HEADER, f"{code} is a header.", proposed=_code(system, below))
    return Validity(ValidityKind.UNKNOWN, f"{code} is not a code.")


CODES = MadeFacts(_handful)


def _code(system: CodeSystem, code: str) -> Code:
    return Code(system, code, "title", billable=True, position=0, parent=None, release_id=1)


ADDRESS = Address("77 Elm Street", "", "Ansel", "NE", "68814-0077")
PAYER = BilledPayer("Blue Plains", "BLUEP", "BL", timely_filing_days=180, member_id_pattern="[A-Z]{2}[0-9]{7}")
PATIENT = Insured("Lindqvist", "Per", "", "", "1961-03-02", "M", ADDRESS)
OWN_COVERAGE = BilledCoverage(
    1, PAYER, PATIENT, "self", "XQ4471902", "G100", effective_on="2026-01-01", expires_on="2026-12-31"
)
SPOUSE = Insured("Lindqvist", "Maja", "", "", "1963-07-19", "F", ADDRESS)
BILLING = BillingProvider(
    "Prairie Community Health",
    "1234567893",
    "470000001",
    "261QF0400X",
    Address("410 Mill Road", "", "Ansel", "NE", "68814-0410"),
    "Billing office",
    "308-555-0100",
)
RENDERING = Practitioner("Adeyemi", "Folake", "1999990033", "207Q00000X")
PARTIES = Parties(
    patient=PATIENT,
    patient_record_number="00398120",
    billing=BILLING,
    receiver=Receiver("CODEDESK", "CLEARINGHOUSE", "Clearinghouse"),
    coverage=OWN_COVERAGE,
    rendering=RENDERING,
    place_of_service="11",
    account_number="A1",
    encounter_from=SERVICE,
    encounter_through=SERVICE,
)
LINES = (
    BilledLine(1, "G0463", SERVICE, 14250, 1, ("25",), (1, 2)),
    BilledLine(2, "G0439", SERVICE, 7000, 1, (), (2,)),
)
SOUND_CLAIM = ClaimContent(
    claim_number="2026-000418",
    form="837p",
    frequency="1",
    parties=PARTIES,
    diagnoses=(BilledDiagnosis(1, "M54.50"), BilledDiagnosis(2, "I10")),
    lines=LINES,
    total_cents=21250,
    service_from=SERVICE,
    service_through=SERVICE,
)


def with_parties(**changes: object) -> ClaimContent:
    """The sound claim with other parties."""
    return replace(SOUND_CLAIM, parties=replace(PARTIES, **changes))


def with_coverage(**changes: object) -> ClaimContent:
    """The sound claim with a changed coverage."""
    return with_parties(coverage=replace(OWN_COVERAGE, **changes))


def with_payer(**changes: object) -> ClaimContent:
    """The sound claim with a changed payer."""
    return with_coverage(payer=replace(PAYER, **changes))


def with_billing(**changes: object) -> ClaimContent:
    """The sound claim with a changed billing provider."""
    return with_parties(billing=replace(BILLING, **changes))


def with_line(**changes: object) -> ClaimContent:
    """The sound claim with a changed first line, and the total that goes with it."""
    lines = (replace(LINES[0], **changes), LINES[1])
    return replace(SOUND_CLAIM, lines=lines, total_cents=sum(line.charge_cents for line in lines))


def add_encounter(session: Session, visit: str = "V1", service: str = SERVICE) -> Encounter:
    """A visit of one patient at a facility, with its account and one coverage; the directory is made once."""
    account = Account(source="test", account_number=visit, patient_id=_patient(session).id)
    session.add(account)
    session.flush()
    session.add(
        Coverage(
            account_id=account.id,
            payer_id=_payer(session).id,
            sequence=1,
            member_id="XQ4471902",
            relationship=Relationship.SELF,
        )
    )
    encounter = Encounter(
        source="test",
        visit_number=visit,
        setting=Setting.CLINIC,
        started_at=f"{service}T09:00:00",
        place_of_service="11",
        patient_id=account.patient_id,
        account_id=account.id,
        facility_id=_facility(session).id,
        service_date=service,
    )
    session.add(encounter)
    session.flush()
    session.add(
        EncounterProvider(encounter_id=encounter.id, provider_id=_provider(session).id, role=ProviderRole.RENDERING)
    )
    session.flush()
    return encounter


def add_coding(
    session: Session,
    encounter: Encounter,
    diagnoses: tuple[str, ...] = ("M54.50", "I10"),
    lines: tuple[tuple[str, tuple[int, ...]], ...] = (("G0463", (1, 2)), ("G0439", (2,))),
    kind: CodingKind = CodingKind.PROFESSIONAL,
    version: int = 1,
    status: CodingStatus = CodingStatus.FINAL,
) -> str:
    """A coding of the visit; `lines` are codes with their pointers. The id of the coding."""
    coding = Coding(encounter_id=encounter.id, kind=kind, version=version, status=status, finalized_at=SERVICE)
    session.add(coding)
    session.flush()
    for place, code in enumerate(diagnoses, start=1):
        role = DiagnosisRole.PRINCIPAL if place == 1 else DiagnosisRole.SECONDARY
        session.add(FinalDiagnosis(coding_id=coding.id, sequence=place, code=code, role=role))
    for place, (code, pointers) in enumerate(lines, start=1):
        session.add(
            FinalProcedureLine(
                coding_id=coding.id,
                sequence=place,
                code=code,
                charge_cents=5000 + place,
                pointers=list(pointers),
            )
        )
    session.flush()
    return coding.id


def _once(session: Session, kind: type, row: object) -> object:
    from sqlmodel import select

    if present := session.exec(select(kind)).first():
        return present
    session.add(row)
    session.flush()
    return row


def _patient(session: Session) -> Patient:
    return _once(
        session,
        Patient,
        Patient(
            source="test",
            mrn="00398120",
            family_name="Lindqvist",
            given_name="Per",
            birth_date="1961-03-02",
            sex="M",
            address_line1="77 Elm Street",
            city="Ansel",
            state="NE",
            zip="68814-0077",
        ),
    )


def _payer(session: Session) -> Payer:
    return _once(
        session,
        Payer,
        Payer(
            source="test",
            local_id="P1",
            name="Blue Plains",
            payer_identifier="BLUEP",
            claim_filing_code="BL",
            timely_filing_days=180,
        ),
    )


def _facility(session: Session) -> Facility:
    return _once(
        session,
        Facility,
        Facility(
            source="test",
            local_id="F1",
            name="Prairie Community Health",
            npi="1234567893",
            tax_id="470000001",
            taxonomy="261QF0400X",
            address_line1="410 Mill Road",
            city="Ansel",
            state="NE",
            zip="68814-0410",
            contact_name="Billing office",
            contact_phone="308-555-0100",
        ),
    )


def _provider(session: Session) -> Provider:
    return _once(
        session,
        Provider,
        Provider(
            source="test",
            local_id="D1",
            npi="1999990033",
            family_name="Adeyemi",
            given_name="Folake",
            taxonomy="207Q00000X",
        ),
    )
