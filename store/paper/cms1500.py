"""A professional claim on CMS-1500 (02/12): six lines a page, the total on the last one.

Source: NUCC 1500 claim form, items 1 to 33, as facts of what stands where; `cms1500.csv` names the source of each
position. Line n of item 24 is on row 42 + 2n, its shaded half above it holds the drug.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

from store.claims.content import BilledCoverage, BilledLine, ClaimContent, Insured
from store.claims.details import Details
from store.claims.people import Address
from store.paper.grid import Page, day, dollars_and_cents, fields_of
from store.x12.loops837 import digits

FORM = "cms1500"
LINES = 6
ROWS_OF_LINE = 2

_KINDS = {"MB": "medicare", "MA": "medicare", "MC": "medicaid", "CH": "tricare", "VA": "champva", "WC": "feca"}
_TAXONOMY = "ZZ"
"""What items 24I and 33b say of the identifier beside them: it is a taxonomy code."""
_GROUP = ("BL", "CI", "HM", "12", "13", "14", "15", "16")


def pages(claim: ClaimContent) -> list[Page]:
    """The pages of a claim."""
    groups = [claim.lines[at : at + LINES] for at in range(0, len(claim.lines), LINES)] or [()]
    return [_page(claim, group, last=number == len(groups)) for number, group in enumerate(groups, 1)]


def _page(claim: ClaimContent, lines: Sequence[BilledLine], last: bool) -> Page:
    page = Page(FORM, fields_of(FORM))
    parties, coverage = claim.parties, claim.parties.coverage
    details = parties.details or Details()
    if coverage:
        _insurance(page, claim, coverage)
    _patient(page, claim)
    _illness(page, claim, details)
    for place, diagnosis in enumerate(claim.diagnoses[:12], 1):
        page.put(f"diagnosis_{place}", diagnosis.code.replace(".", ""))
    page.put("icd_indicator", "0")
    page.put("resubmission_code", claim.frequency if claim.frequency in ("7", "8") else "")
    page.put("original_reference", parties.original_reference)
    page.put("authorization", coverage.authorization_number or coverage.referral_number if coverage else "")
    for number, line in enumerate(lines):
        _line(page, claim, line, number * ROWS_OF_LINE)
    _billing(page, claim)
    if last:
        page.put("total", dollars_and_cents(claim.total_cents))
        paid = details.patient_paid_cents + sum(
            other.prior.paid_cents for other in parties.other_coverages if other.prior
        )
        page.put("paid", dollars_and_cents(paid))
    return page


def _insurance(page: Page, claim: ClaimContent, coverage: BilledCoverage) -> None:
    payer, who = coverage.payer, coverage.subscriber
    page.put("payer_name", payer.name)
    page.put("payer_street", payer.address.line1)
    page.put("payer_city", _town(payer.address))
    kind = _KINDS.get(payer.filing_code, "group" if payer.filing_code in _GROUP else "other")
    page.put(f"kind_{kind}", "X")
    page.put("member_id", coverage.member_id)
    page.put("insured_name", _name(who))
    page.put("insured_street", who.address.line1)
    page.put("insured_city", who.address.city)
    page.put("insured_state", who.address.state)
    page.put("insured_zip", digits(who.address.zip))
    page.put(f"relation_{coverage.relationship}", "X")
    page.put("group_number", coverage.group_number)
    page.put("plan_name", coverage.plan_name)
    for part, value in zip(("month", "day", "year"), day(who.birth_date), strict=True):
        page.put(f"insured_birth_{part}", value)
    if who.sex in ("M", "F"):
        page.put(f"insured_sex_{who.sex.lower()}", "X")
    others = claim.parties.other_coverages
    page.put("another_yes" if others else "another_no", "X")
    if others:
        page.put("other_name", _name(others[0].subscriber))
        page.put("other_policy", others[0].group_number or others[0].member_id)
        page.put("other_plan", others[0].plan_name or others[0].payer.name)


def _patient(page: Page, claim: ClaimContent) -> None:
    who = claim.parties.patient
    page.put("patient_name", _name(who))
    for part, value in zip(("month", "day", "year"), day(who.birth_date), strict=True):
        page.put(f"birth_{part}", value)
    if who.sex in ("M", "F"):
        page.put(f"sex_{who.sex.lower()}", "X")
    page.put("patient_street", who.address.line1)
    page.put("patient_city", who.address.city)
    page.put("patient_state", who.address.state)
    page.put("patient_zip", digits(who.address.zip))
    accident = claim.parties.accident
    cause = accident.cause if accident else ""
    for name, code in (("work", "EM"), ("auto", "AA"), ("accident", "OA")):
        page.put(f"{name}_{'yes' if cause == code else 'no'}", "X")
    page.put("auto_state", accident.state if accident and cause == "AA" else "")
    signed = "SIGNATURE ON FILE" if claim.parties.assurances.release_of_information == "Y" else ""
    page.put("patient_signature", signed)
    page.put("insured_signature", signed if claim.parties.assurances.benefits_assigned == "Y" else "")


def _illness(page: Page, claim: ClaimContent, details: Details) -> None:
    dates, parties = details.dates, claim.parties
    accident = parties.accident.date if parties.accident else None
    began, kind = (dates.onset, "431") if dates.onset else (dates.last_menstrual_period, "484")
    _date(page, "onset", began)
    page.put("onset_qualifier", kind if began else "")
    other, kind = next(
        (
            (value, qualifier)
            for value, qualifier in (
                (accident, "439"),
                (dates.initial_treatment, "454"),
                (dates.last_seen, "304"),
                (dates.acute_manifestation, "453"),
                (dates.last_xray, "455"),
                (dates.prescription, "471"),
            )
            if value
        ),
        ("", ""),
    )
    _date(page, "other_date", other)
    page.put("other_date_qualifier", kind)
    _date(page, "unable_from", dates.disability_from)
    _date(page, "unable_to", dates.disability_through)
    inside = parties.place_of_service in ("21", "51")
    _date(page, "hospital_from", dates.admission or (parties.encounter_from if inside else ""))
    _date(page, "hospital_to", dates.discharge or (parties.encounter_through if inside else ""))
    for role, who in (("DN", parties.referring), ("DQ", parties.supervising)):
        if who:
            page.put("source_qualifier", role)
            page.put("source_name", " ".join(filter(None, (who.given_name, who.family_name))))
            page.put("source_npi", who.npi)
            break
    page.put("additional", details.note)
    page.put("claim_codes", " ".join(details.condition_codes))


def _line(page: Page, claim: ClaimContent, line: BilledLine, down: int) -> None:
    details = line.details
    if details and details.drug:
        given = details.drug
        page.put("shaded", f"N4{digits(given.ndc)} {given.unit}{given.quantity}", down)
    elif details and details.description:
        page.put("shaded", f"ZZ{details.description}", down)
    for name, iso in (("from", line.service_date), ("to", line.service_through or line.service_date)):
        for part, value in zip(("month", "day", "year"), day(iso, 2), strict=True):
            page.put(f"{name}_{part}", value, down)
    own_place = details.place_of_service if details else ""
    page.put("place", own_place or claim.parties.place_of_service, down)
    page.put("emergency", "Y" if details and details.emergency else "", down)
    page.put("procedure", line.code, down)
    for place, modifier in enumerate(line.modifiers[:4], 1):
        page.put(f"modifier_{place}", modifier, down)
    letters = (string.ascii_uppercase[pointer - 1] for pointer in line.pointers[:4] if 1 <= pointer <= 12)
    page.put("pointers", "".join(letters), down)
    page.put("charge", dollars_and_cents(line.charge_cents), down)
    minutes = details.anesthesia_minutes if details else 0
    page.put("units", str(minutes or line.units), down)
    page.put("screening", "Y" if details and details.epsdt else "", down)
    who = line.rendering or claim.parties.rendering
    page.put("line_qualifier", _TAXONOMY if who and who.taxonomy else "", down)
    page.put("line_taxonomy", who.taxonomy if who else "", down)
    page.put("line_npi", who.npi if who else line.performer_npi, down)


def _billing(page: Page, claim: ClaimContent) -> None:
    parties, billing = claim.parties, claim.parties.billing
    page.put("tax_id", digits(billing.tax_id))
    page.put("tax_id_ein", "X")
    page.put("account", claim.claim_number)
    page.put("assignment_yes" if parties.assurances.accepts_assignment == "A" else "assignment_no", "X")
    page.put("provider_signature", "SIGNATURE ON FILE" if parties.assurances.provider_signature == "Y" else "")
    place = parties.service_facility
    where = (place.name, place.address, place.npi) if place else (billing.name, billing.address, billing.npi)
    page.put("facility_name", where[0])
    page.put("facility_street", where[1].line1)
    page.put("facility_city", _town(where[1]))
    page.put("facility_npi", where[2])
    phone = digits(billing.contact_phone)
    page.put("billing_phone", f"{phone[:3]} {phone[3:]}" if phone else "")
    page.put("billing_name", billing.name)
    page.put("billing_street", billing.address.line1)
    page.put("billing_city", _town(billing.address))
    page.put("billing_npi", billing.npi)
    page.put("billing_taxonomy", f"{_TAXONOMY}{billing.taxonomy}" if billing.taxonomy else "")


def _date(page: Page, name: str, iso: str | None) -> None:
    for part, value in zip(("month", "day", "year"), day(iso), strict=True):
        page.put(f"{name}_{part}", value)


def _name(who: Insured) -> str:
    given = " ".join(filter(None, (who.given_name, who.middle_name[:1])))
    family = " ".join(filter(None, (who.family_name, who.suffix)))
    return ", ".join(filter(None, (family, given)))


def _town(where: Address) -> str:
    return " ".join(filter(None, (where.city, where.state, digits(where.zip))))
