"""An institutional claim on UB-04 (CMS-1450): 22 lines a page, line 23 holds the page and, on the last, the total.

Source: UB-04 form locators 1 to 81, as facts of what stands where; `ub04.csv` names the source of each position.
Descriptions of codes (FL 43) are not printed, except for a drug; the lists they stand in are the NUBC's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from store.claims.content import BilledCoverage, BilledLine, ClaimContent, Insured
from store.claims.facility_bill import FacilityBill
from store.claims.people import Address, Practitioner
from store.paper.grid import Page, fields_of
from store.x12.loops837 import digits, undotted

FORM = "ub04"
LINES = 22
_RELATIONSHIP = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}
_ROWS, _VALUES_IN_ROW = "ab", 3
_EXEMPT = ("1", "")


def pages(claim: ClaimContent, today: dt.date) -> list[Page]:
    """The pages of a claim; `today` is the day it is made."""
    groups = [claim.lines[at : at + LINES] for at in range(0, len(claim.lines), LINES)] or [()]
    return [_page(claim, group, number, len(groups), today) for number, group in enumerate(groups, 1)]


def _page(claim: ClaimContent, lines: Sequence[BilledLine], number: int, count: int, today: dt.date) -> Page:
    page, bill = Page(FORM, fields_of(FORM)), claim.parties.facility_bill
    assert bill is not None, "an institutional claim has its bill"
    _head(page, claim, bill)
    _visit(page, claim, bill)
    _short_codes(page, bill)
    for down, line in enumerate(lines):
        _line(page, line, bill, down)
    page.put("page_number", str(number))
    page.put("page_count", str(count))
    page.put("created_on", _short(str(today)))
    if number == count:
        page.put("total", _amount(claim.total_cents))
        uncovered = sum(line.details.noncovered_cents for line in claim.lines if line.details)
        page.put("total_noncovered", _amount(uncovered) if uncovered else "")
    _payers(page, claim)
    _codes(page, claim, bill)
    _providers(page, claim, bill)
    return page


def _head(page: Page, claim: ClaimContent, bill: FacilityBill) -> None:
    parties, billing = claim.parties, claim.parties.billing
    page.put("billing_name", billing.name)
    page.put("billing_street", billing.address.line1)
    page.put("billing_city", _town(billing.address))
    page.put("billing_phone", digits(billing.contact_phone))
    if parties.pay_to:
        page.put("pay_to_street", parties.pay_to.line1)
        page.put("pay_to_city", _town(parties.pay_to))
    page.put("account", claim.claim_number)
    page.put("record_number", parties.patient_record_number)
    page.put("type_of_bill", f"0{bill.type_of_bill}{claim.frequency}")
    page.put("tax_id", digits(billing.tax_id))
    page.put("statement_from", _short(bill.statement_from))
    page.put("statement_through", _short(bill.statement_through))


def _visit(page: Page, claim: ClaimContent, bill: FacilityBill) -> None:
    who, accident = claim.parties.patient, claim.parties.accident
    page.put("patient_id", claim.parties.patient_record_number)
    page.put("patient_name", _name(who))
    page.put("patient_street", who.address.line1)
    page.put("patient_city", who.address.city)
    page.put("patient_state", who.address.state)
    page.put("patient_zip", digits(who.address.zip))
    born = (who.birth_date or "").replace("-", "")
    page.put("birth", born[4:8] + born[:4] if len(born) == 8 else "")
    page.put("sex", who.sex if who.sex in ("M", "F") else "U")
    page.put("admitted_on", _short(bill.admitted_at[:10] or bill.statement_from))
    page.put("admitted_hour", bill.admitted_at[11:13])
    page.put("admission_type", bill.admission_type)
    page.put("origin", bill.point_of_origin)
    page.put("discharge_hour", bill.discharged_at[11:13] if bill.inpatient else "")
    page.put("status", bill.patient_status)
    page.put("accident_state", accident.state if accident and accident.cause == "AA" else "")
    payer = claim.parties.coverage.payer if claim.parties.coverage else None
    if payer:
        told = (payer.name, payer.address.line1, _town(payer.address))
        for place, text in enumerate(filter(None, told), 1):
            page.put(f"responsible_{place}", text)


def _short_codes(page: Page, bill: FacilityBill) -> None:
    for place, code in enumerate(bill.conditions[:11], 1):
        page.put(f"condition_{place}", code)
    for place, one in enumerate(bill.occurrences[:8]):
        at = f"{_ROWS[place // 4]}{place % 4 + 1}"
        page.put(f"occurrence_{at}", one.code)
        page.put(f"occurrence_date_{at}", _short(one.date))
    for place, span in enumerate(bill.spans[:4]):
        at = f"{_ROWS[place // 2]}{place % 2 + 1}"
        page.put(f"span_{at}", span.code)
        page.put(f"span_from_{at}", _short(span.first))
        page.put(f"span_to_{at}", _short(span.last))
    for place, value in enumerate(bill.values[:12]):
        at = f"{'abcd'[place // _VALUES_IN_ROW]}{place % _VALUES_IN_ROW + 1}"
        page.put(f"value_{at}", value.code)
        page.put(f"value_amount_{at}", _amount(value.cents))


def _line(page: Page, line: BilledLine, bill: FacilityBill, down: int) -> None:
    page.put("revenue", line.revenue_code, down)
    details = line.details
    if details and details.drug:
        given = details.drug
        page.put("description", f"N4{digits(given.ndc)}{given.unit}{given.quantity}", down)
    elif details and details.description:
        page.put("description", details.description, down)
    page.put("procedure", f"{line.code}{''.join(line.modifiers[:4])}", down)
    page.put("service_date", _short(line.service_date) if not bill.inpatient else "", down)
    page.put("units", str(line.units), down)
    page.put("charge", _amount(line.charge_cents), down)
    if details and details.noncovered_cents:
        page.put("noncovered", _amount(details.noncovered_cents), down)


def _payers(page: Page, claim: ClaimContent) -> None:
    parties = claim.parties
    page.put("billing_npi", parties.billing.npi)
    coverages = [*([parties.coverage] if parties.coverage else []), *parties.other_coverages]
    for letter, coverage in zip("abc", sorted(coverages, key=lambda one: one.sequence), strict=False):
        _payer(page, claim, coverage, letter)


def _payer(page: Page, claim: ClaimContent, coverage: BilledCoverage, letter: str) -> None:
    assured, prior = claim.parties.assurances, coverage.prior
    page.put(f"payer_{letter}", coverage.payer.name)
    page.put(f"plan_{letter}", coverage.payer.identifier)
    page.put(f"release_{letter}", assured.release_of_information)
    page.put(f"assigned_{letter}", assured.benefits_assigned)
    if prior:
        page.put(f"prior_{letter}", _amount(prior.paid_cents))
    page.put(f"insured_{letter}", _name(coverage.subscriber))
    page.put(f"relation_{letter}", _RELATIONSHIP.get(coverage.relationship, ""))
    page.put(f"member_{letter}", coverage.member_id)
    page.put(f"group_name_{letter}", coverage.plan_name)
    page.put(f"group_{letter}", coverage.group_number)
    page.put(f"authorization_{letter}", coverage.authorization_number)
    billed = claim.parties.coverage is not None and coverage.sequence == claim.parties.coverage.sequence
    page.put(f"document_{letter}", claim.parties.original_reference if billed else prior.payer_number if prior else "")


def _codes(page: Page, claim: ClaimContent, bill: FacilityBill) -> None:
    page.put("icd_version", "0")
    for place, one in enumerate(claim.diagnoses[:18], 1):
        page.put(f"diagnosis_{place}", undotted(one.code))
        page.put(f"poa_{place}", one.poa if bill.inpatient and one.poa not in _EXEMPT else "")
    page.put("admitting", undotted(bill.admitting) if bill.inpatient else "")
    for letter, code in zip("abc", () if bill.inpatient else bill.reasons, strict=False):
        page.put(f"reason_{letter}", undotted(code))
    page.put("drg", bill.drg)
    for letter, cause in zip("abc", bill.causes, strict=False):
        page.put(f"cause_{letter}", undotted(cause.code))
        page.put(f"cause_poa_{letter}", cause.poa if bill.inpatient and cause.poa not in _EXEMPT else "")
    for place, procedure in enumerate(bill.procedures[:6], 1):
        page.put(f"procedure_{place}", procedure.code)
        page.put(f"procedure_date_{place}", _short(procedure.date))


def _providers(page: Page, claim: ClaimContent, bill: FacilityBill) -> None:
    parties = claim.parties
    _provider(page, "attending", bill.attending)
    _provider(page, "operating", bill.operating)
    others = (("ZZ", bill.other_operating), ("82", parties.rendering), ("DN", parties.referring))
    for key, (role, who) in zip(("other_1", "other_2"), [one for one in others if one[1]], strict=False):
        page.put(f"{key}_role", role)
        _provider(page, key, who)
    if parties.details and parties.details.note:
        note = parties.details.note
        for place in range(4):
            page.put(f"remark_{place + 1}", note[24 * place : 24 * (place + 1)])
    if parties.billing.taxonomy:
        page.put("code_qualifier", "B3")
        page.put("code_value", parties.billing.taxonomy)


def _provider(page: Page, key: str, who: Practitioner | None) -> None:
    if who:
        page.put(f"{key}_npi", who.npi)
        page.put(f"{key}_family", who.family_name)
        page.put(f"{key}_given", who.given_name)


def _amount(cents: int) -> str:
    """Cents as the form wants them: no point, the line of the form stands between dollars and cents."""
    return f"{'-' if cents < 0 else ''}{abs(cents):03d}"


def _short(iso: str) -> str:
    """An ISO day as MMDDYY."""
    return iso[5:7] + iso[8:10] + iso[2:4] if len(iso) >= 10 else ""


def _name(who: Insured) -> str:
    return ", ".join(filter(None, (who.family_name, " ".join(filter(None, (who.given_name, who.middle_name[:1]))))))


def _town(where: Address) -> str:
    return " ".join(filter(None, (where.city, where.state, digits(where.zip))))
