"""What only some claims state: dates of an illness, attachments, ambulance, drugs, notes. Only what is set is written.

A sender gives it as `extra.claim` of an encounter in the native format, by the names of `Details`; `lines` in it are
matched to service lines by their procedure code. Dates are ISO days, money is cents, codes are those of the guides.

Source: 005010X222A1, loops 2300 (DTP, PWK, AMT*F5, REF, NTE, CR1, CRC, HI*BG), 2310E and F, 2400, 2410 and 2420.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from store.claims.people import Address, Practitioner


@dataclass(frozen=True)
class Drug:
    """Loop 2410: an 11-digit NDC with the quantity given, in F2, GR, ME, ML or UN; none is assumed, which is found."""

    ndc: str
    quantity: str = ""
    unit: str = "UN"
    prescription: str = ""


@dataclass(frozen=True)
class Attachment:
    """PWK: kind of report, how it travels (AA, BM, EL, EM, FT, FX), and the number that it carries."""

    kind: str
    transmission: str = "AA"
    number: str = ""


@dataclass(frozen=True)
class Ambulance:
    """CR1 with loops 2310E and 2310F: reason A to E, whole miles, weight in pounds, and the places."""

    reason: str
    miles: str = "0"
    weight: str = ""
    round_trip_purpose: str = ""
    stretcher_purpose: str = ""
    pick_up: Address = Address()
    drop_off: Address = Address()
    conditions: tuple[str, ...] = ()
    patients: int = 0


@dataclass(frozen=True)
class Certification:
    """CRC: a category (07, 75, E1 to E3, ZZ), whether its conditions apply, and up to five of them."""

    category: str
    applies: str = "Y"
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimDates:
    """DTP of loop 2300 by name, each an ISO day; `disability` runs to `disability_through`."""

    onset: str = ""
    initial_treatment: str = ""
    last_seen: str = ""
    acute_manifestation: str = ""
    last_menstrual_period: str = ""
    last_xray: str = ""
    prescription: str = ""
    disability_from: str = ""
    disability_through: str = ""
    last_worked: str = ""
    return_to_work: str = ""
    admission: str = ""
    discharge: str = ""
    assumed_care: str = ""
    relinquished_care: str = ""


@dataclass(frozen=True)
class LineDetails:
    """What only some service lines state. `description` goes with codes for services not otherwise classified."""

    description: str = ""
    place_of_service: str = ""
    emergency: bool = False
    epsdt: bool = False
    family_planning: bool = False
    anesthesia_minutes: int = 0
    noncovered_cents: int = 0
    authorization_number: str = ""
    clia: str = ""
    mammography: str = ""
    note: str = ""
    drug: Drug | None = None
    attachments: tuple[Attachment, ...] = ()
    patients: int = 0
    last_certified: str = ""
    measurements: tuple[Measurement, ...] = ()
    referring: Practitioner | None = None
    supervising: Practitioner | None = None
    ordering: Practitioner | None = None
    operating: Practitioner | None = None


@dataclass(frozen=True)
class Measurement:
    """MEA of loop 2400: OG or TR, a kind (HT height, R1 hemoglobin, R2 hematocrit, …), and a value."""

    kind: str
    value: str
    reference: str = "TR"


@dataclass(frozen=True)
class DetailsOfLine:
    """Line details as a sender gives them: for each service line with this procedure (or revenue) code."""

    code: str
    details: LineDetails


@dataclass(frozen=True)
class Details:
    """What only some claims state, for the claim as a whole. `note_kind` is NTE01 (ADD, CER, DCP, …)."""

    dates: ClaimDates = ClaimDates()
    attachments: tuple[Attachment, ...] = ()
    note: str = ""
    note_kind: str = "ADD"
    patient_paid_cents: int = 0
    delay_reason: str = ""
    special_program: str = ""
    clearinghouse_number: str = ""
    clia: str = ""
    mammography: str = ""
    demonstration: str = ""
    service_exception: str = ""
    ambulance: Ambulance | None = None
    certifications: tuple[Certification, ...] = ()
    condition_codes: tuple[str, ...] = ()
    anesthesia_procedures: tuple[str, ...] = ()
    homebound: bool = False
    lines: tuple[DetailsOfLine, ...] = ()


def drug_coded(ndc: str, quantity: str) -> Drug | None:
    """The drug that was coded with a line, its quantity as `ML2.5`; without one where none was coded."""
    if not ndc:
        return None
    return Drug(ndc, quantity[2:], quantity[:2]) if len(quantity) > 2 else Drug(ndc)


def with_drug(details: LineDetails | None, drug: Drug | None) -> LineDetails | None:
    """What is stated of a line with the drug that was coded, which goes before one that a sender stated."""
    return details if drug is None else replace(details or LineDetails(), drug=drug)
