"""The claim as one object: what it states of parties, codes, lines and money, frozen.

The 837 writer, the scrubber and the paper forms read this and nothing else. It is kept in the tables `claim`,
`claim_diagnosis` and `claim_line`; everything that is neither a diagnosis nor a line stands in `Claim.parties`,
as the JSON of `Parties`. Money is integer cents, dates are ISO text, sequence numbers and pointers are 1-based.

What only some claims have stands in `details`, `facility_bill` and `prior_payment`.

Source for what a claim holds: 005010X222A1 and 005010X223A2, loops 1000A to 2430; CMS-1500 (02/12); UB-04.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sql
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from codesets.lazily import lazily
from store.claims.details import Details, Drug, LineDetails
from store.claims.facility_bill import FacilityBill
from store.claims.people import Address, Practitioner
from store.claims.plain import made
from store.claims.prior_payment import PriorPayment
from store.models import Claim, ClaimDiagnosis, ClaimLine
from store.models.columns import table_of
from store.terms import Relationship


class UnknownClaim(CodedeskError):
    """No claim has that number or id."""

    title = "unknown claim"


@dataclass(frozen=True)
class BillingProvider:
    """Who bills: the facility's legal entity (loops 1000A and 2010AA)."""

    name: str
    npi: str = ""
    tax_id: str = ""
    taxonomy: str = ""
    address: Address = Address()
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True)
class ServiceFacility:
    """Where the service was given, when that is not the billing provider's place (loop 2310C)."""

    name: str
    npi: str = ""
    address: Address = Address()


@dataclass(frozen=True)
class Insured:
    """A patient or subscriber; `sex` is F, M, X or U, `birth_date` may be incomplete."""

    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    suffix: str = ""
    birth_date: str | None = None
    sex: str = ""
    address: Address = Address()


@dataclass(frozen=True)
class BilledPayer:
    """The payer of a coverage: `identifier` is NM109 of loop 2010BB, `filing_code` is SBR09."""

    name: str
    identifier: str = ""
    filing_code: str = ""
    address: Address = Address()
    timely_filing_days: int | None = None
    member_id_pattern: str = ""


@dataclass(frozen=True)
class BilledCoverage:
    """A coverage with its payer and subscriber; `sequence` 1 is primary.

    `insurance_type` is SBR05: why Medicare is not primary, empty for any other payer.
    """

    sequence: int
    payer: BilledPayer
    subscriber: Insured
    relationship: str = Relationship.SELF.value
    member_id: str = ""
    group_number: str = ""
    plan_name: str = ""
    effective_on: str | None = None
    expires_on: str | None = None
    authorization_number: str = ""
    referral_number: str = ""
    secondary_id: str = ""
    insurance_type: str = ""
    prior: PriorPayment | None = None

    @property
    def patient_is_subscriber(self) -> bool:
        """Whether SBR02 is 18 and there is no patient loop."""
        return self.relationship == Relationship.SELF


@dataclass(frozen=True)
class Receiver:
    """To whom the file goes: the submitter's and the receiver's identifiers (ISA06, ISA08; loops 1000A and B)."""

    submitter_id: str
    receiver_id: str
    receiver_name: str


@dataclass(frozen=True)
class Accident:
    """An accident as CLM11 and DTP*439 state it: cause AA auto, EM employment, OA other."""

    date: str | None
    cause: str = ""
    state: str = ""


@dataclass(frozen=True)
class Assurances:
    """CLM06 to CLM09 and OI03, OI06: signatures, assignment and release, as X12 codes."""

    provider_signature: str = "Y"
    accepts_assignment: str = "A"
    benefits_assigned: str = "Y"
    release_of_information: str = "Y"


@dataclass(frozen=True)
class BilledDiagnosis:
    """A diagnosis of the claim; `code` has its dot as in the coding."""

    sequence: int
    code: str
    poa: str = ""


@dataclass(frozen=True)
class BilledLine:
    """A service line: `pointers` are sequence numbers of diagnoses, `rendering` only where the line has its own."""

    sequence: int
    code: str
    service_date: str
    charge_cents: int
    units: int = 1
    modifiers: tuple[str, ...] = ()
    pointers: tuple[int, ...] = ()
    performer_npi: str = ""
    rendering: Practitioner | None = None
    revenue_code: str = ""
    service_through: str = ""
    unit: str = "UN"
    details: LineDetails | None = None

    @property
    def drug(self) -> Drug | None:
        """The drug of the line, where it states one."""
        return self.details.drug if self.details else None


@dataclass(frozen=True)
class Parties:
    """Everything of a claim that is neither a diagnosis nor a line.

    `coverage` is the one that is billed, None where the patient pays; `other_coverages` are all others. One of those
    that has paid already carries what it answered (`prior`).
    `encounter_from` and `encounter_through` are the days of the visit. `build_notes` say what building changed,
    `charge_notes` what is billed otherwise than it was posted or coded (`revenue_lines`).
    `line_rendering` keeps the clinicians of lines that have their own, by NPI.
    """

    patient: Insured
    patient_record_number: str
    billing: BillingProvider
    receiver: Receiver
    coverage: BilledCoverage | None = None
    other_coverages: tuple[BilledCoverage, ...] = ()
    rendering: Practitioner | None = None
    referring: Practitioner | None = None
    supervising: Practitioner | None = None
    service_facility: ServiceFacility | None = None
    accident: Accident | None = None
    assurances: Assurances = Assurances()
    place_of_service: str = ""
    original_reference: str = ""
    account_number: str = ""
    encounter_from: str = ""
    encounter_through: str = ""
    build_notes: tuple[str, ...] = ()
    charge_notes: tuple[str, ...] = ()
    line_rendering: dict[str, Practitioner] = field(default_factory=dict)
    pay_to: Address | None = None
    details: Details | None = None
    facility_bill: FacilityBill | None = None


@dataclass(frozen=True)
class ClaimContent:
    """One claim, complete. `frequency` is CLM05-3: 1 original, 7 replacement, 8 void of a sent claim."""

    claim_number: str
    form: str
    frequency: str
    parties: Parties
    diagnoses: tuple[BilledDiagnosis, ...]
    lines: tuple[BilledLine, ...]
    total_cents: int
    service_from: str
    service_through: str

    @lazily
    def line_codes(self) -> tuple[str, ...]:
        """The codes of the lines, in their order."""
        return tuple([line.code for line in self.lines])

    @lazily
    def diagnosis_codes(self) -> tuple[str, ...]:
        """The codes of the diagnoses, in their order."""
        return tuple([diagnosis.code for diagnosis in self.diagnoses])


def coverage_of(parties: Parties, sequence: int) -> BilledCoverage | None:
    """The coverage of a claim with that sequence; None where it has none."""
    coverages = [one for one in (parties.coverage, *parties.other_coverages) if one is not None]
    return next((one for one in coverages if one.sequence == sequence), None)


def has_next_payer(stored: Mapping[str, Any]) -> bool:
    """Whether the parties of a claim, as they are stored, name a coverage after the one that it bills."""
    return bool(_later_coverages(stored))


def next_payer_name(stored: Mapping[str, Any]) -> str:
    """The name of the payer after the billed one, of the parties of a claim as they are stored; empty for none."""
    later = _later_coverages(stored)
    return str(min(later, key=lambda one: one["sequence"])["payer"]["name"]) if later else ""


def _later_coverages(stored: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    billed = (stored.get("coverage") or {}).get("sequence", 0)
    return [one for one in stored.get("other_coverages") or () if one["sequence"] > billed]


def load_claim(session: Session, claim_id: str) -> ClaimContent:
    """The claim with that id. Raises UnknownClaim."""
    if not (claim := session.get(Claim, claim_id)):
        raise UnknownClaim(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
    return content_of(session, claim)


def content_of(session: Session, claim: Claim) -> ClaimContent:
    """A claim row with its diagnoses and lines as content."""
    diagnoses = session.exec(
        select(ClaimDiagnosis).where(ClaimDiagnosis.claim_id == claim.id).order_by(col(ClaimDiagnosis.sequence))
    )
    lines = session.exec(select(ClaimLine).where(ClaimLine.claim_id == claim.id).order_by(col(ClaimLine.sequence)))
    parties = parties_from_json(claim.parties)
    return ClaimContent(
        claim_number=claim.claim_number,
        form=claim.form,
        frequency=claim.frequency,
        parties=parties,
        diagnoses=tuple(BilledDiagnosis(row.sequence, row.code, row.poa) for row in diagnoses),
        lines=tuple(_line(row, parties) for row in lines),
        total_cents=claim.total_cents,
        service_from=claim.service_from,
        service_through=claim.service_through,
    )


def contents_of(session: Session, claim_ids: Sequence[str]) -> dict[str, tuple[ClaimContent, int]]:
    """Some hundred claims at once, by id, each with the version of its row; those that are not there are left out."""
    lines: dict[str, list[Any]] = defaultdict(list)
    diagnoses: dict[str, list[BilledDiagnosis]] = defaultdict(list)
    claim, line, diagnosis = _CLAIM.c, _LINE.c, _DIAGNOSIS.c
    for row in session.execute(
        sql.select(*_LINE.c).where(line.claim_id.in_(claim_ids)).order_by(line.claim_id, line.sequence)
    ):
        lines[row.claim_id].append(row)
    for row in session.execute(
        sql.select(diagnosis.claim_id, diagnosis.sequence, diagnosis.code, diagnosis.poa)
        .where(diagnosis.claim_id.in_(claim_ids))
        .order_by(diagnosis.claim_id, diagnosis.sequence)
    ):
        diagnoses[row[0]].append(BilledDiagnosis(*row[1:]))
    found = {}
    for row in session.execute(sql.select(*_CLAIM.c).where(claim.id.in_(claim_ids))):
        parties = parties_from_json(row.parties)
        found[row.id] = (
            ClaimContent(
                claim_number=row.claim_number,
                form=row.form,
                frequency=row.frequency,
                parties=parties,
                diagnoses=tuple(diagnoses[row.id]),
                lines=tuple(_line(one, parties) for one in lines[row.id]),
                total_cents=row.total_cents,
                service_from=row.service_from,
                service_through=row.service_through,
            ),
            row.row_version or 0,
        )
    return found


_CLAIM, _LINE, _DIAGNOSIS = (table_of(model) for model in (Claim, ClaimLine, ClaimDiagnosis))


def parties_to_json(parties: Parties) -> dict[str, Any]:
    """`Claim.parties`: plain lists, dictionaries and text."""
    return asdict(parties)


def parties_from_json(data: dict[str, Any]) -> Parties:
    """The parties of a claim row, as `parties_to_json` left them."""
    return made(Parties, data)


def _line(row: Any, parties: Parties) -> BilledLine:
    return BilledLine(
        sequence=row.sequence,
        code=row.code,
        service_date=row.service_date,
        charge_cents=row.charge_cents,
        units=row.units,
        modifiers=tuple(row.modifiers),
        pointers=tuple(row.pointers),
        performer_npi=row.performer_npi,
        rendering=parties.line_rendering.get(row.performer_npi),
        revenue_code=row.revenue_code,
        service_through=row.service_through,
        unit=row.unit,
        details=made(LineDetails, row.details) if row.details else None,
    )
