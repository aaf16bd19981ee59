"""Checks of what only some claims state, and of what payers before the billed one have paid.

Source: 005010X222A1 and 005010X223A2, loops 2010AB, 2300 (DTP, CR1), 2320, 2410 and 2430.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from store.claims.content import ClaimContent
from store.claims.details import ClaimDates
from store.scrub.checks.registry import (
    AMBULANCES,
    Hit,
    Params,
    ScrubFacts,
    check,
    has_any_details,
    has_days_beside_services,
    has_details,
    has_other_coverages,
    iso_day,
    money,
    of_ambulance,
    of_medicaid,
)
from store.scrub.checks.written import can_be_written, lacking
from store.scrub.guide_codes import guide_codes

_POUNDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?").fullmatch
_DATES_TO_COME = ("return_to_work", "disability_through")


@check("drug", needs=has_any_details)
def drug(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An NDC that has not eleven digits, a unit that is none, or a quantity that is no number above zero."""
    units = guide_codes("drug_unit", claim.form)
    for line in claim.lines:
        given = line.details.drug if line.details else None
        if given is None:
            continue
        wrong = {
            f"NDC {given.ndc or 'missing'} has not eleven digits": not re.fullmatch(
                r"[0-9]{11}", re.sub(r"[ -]", "", given.ndc)
            ),
            f"unit {given.unit!r} is none of {', '.join(units)}": given.unit.strip().upper() not in units,
            f"quantity {given.quantity or 'missing'} is no number above zero": not re.fullmatch(
                r"(?=.*[1-9])[0-9]{1,8}(\.[0-9]{1,3})?", given.quantity
            ),
        }
        for words, holds in wrong.items():
            if holds:
                yield Hit(f"line.{line.sequence}.drug", {"line": line.sequence, "wrong": words})


@check("clia_number")
def clia_number(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A laboratory test, by one of `modifiers` or `codes`, and no CLIA number on the claim or the line."""
    if claim.parties.details and claim.parties.details.clia:
        return
    modifiers, codes = params["modifiers"], params["codes"]
    by_code = not set(map(str.upper, claim.line_codes)).isdisjoint(codes)
    for line in claim.lines:
        if not by_code and not line.modifiers:
            continue
        of_code = line.code.upper() in codes
        why = next((f"modifier {one}" for one in modifiers if one in line.modifiers), "by its code" if of_code else "")
        if why and not (line.details and line.details.clia):
            yield Hit(f"line.{line.sequence}.clia", {"line": line.sequence, "code": line.code, "why": why})


@check("drug_code_missing", needs=of_medicaid)
def drug_code_missing(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A drug, whose code begins as one of `begins` and is none of `none`, that Medicaid is billed without an NDC."""
    coverage = claim.parties.coverage
    if coverage is None:
        return
    for line in claim.lines:
        code = line.code.upper()
        told = line.details and line.details.drug and line.details.drug.ndc
        if not told and code.startswith(tuple(params["begins"])) and code not in params["none"]:
            seen = {"line": line.sequence, "code": line.code, "payer": coverage.payer.name or "Medicaid"}
            yield Hit(f"line.{line.sequence}.drug", seen)


@check("ambulance", needs=has_details)
def ambulance(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A ride without a reason, without miles, or without where it began."""
    ride = claim.parties.details.ambulance if claim.parties.details else None
    if ride is None:
        return
    reasons = guide_codes("ambulance_reason", claim.form)
    start, end = ride.pick_up, ride.drop_off
    whole = start.line1 and start.city and start.state and start.zip
    wrong = {
        f"reason {ride.reason!r} is none of {', '.join(reasons)}": ride.reason.strip().upper() not in reasons,
        f"miles {ride.miles!r} are no number": not re.fullmatch(r"[0-9]{1,5}(\.[0-9])?", ride.miles),
        f"weight {ride.weight!r} is no number of pounds": bool(ride.weight) and not _POUNDS(ride.weight.strip()),
        "it does not say where it began": not whole,
        f"where it began lacks {', '.join(lacking(start))}": bool(whole) and not can_be_written(start),
        f"where it ended lacks {', '.join(lacking(end))}": bool(end.line1 and end.city) and not can_be_written(end),
    }
    for words, holds in wrong.items():
        if holds:
            yield Hit("details.ambulance", {"wrong": words})


@check("ambulance_ride", needs=of_ambulance)
def ambulance_ride(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An ambulance service, by its code from `first` to `last` or its place, whose claim does not state the ride.

    Where nobody was driven (`treated_only`) it need not say where it ended; one of the codes of `mileage` needs miles.
    """
    codes = {line.sequence: line.code.strip().upper() for line in claim.lines}
    services = {n: code for n, code in codes.items() if params["first"] <= code <= params["last"]}
    if not services and claim.parties.place_of_service not in AMBULANCES:
        return
    driven = any(code not in params["treated_only"] for code in services.values())
    ride = claim.parties.details.ambulance if claim.parties.details else None
    if ride is None:
        lacks = ["reason, miles and where it began", *(["where it ended"] if driven else [])]
    else:
        far = any(code in params["mileage"] for code in services.values())
        lacks = ["miles"] if far and not ride.miles.strip("0.") else []
        lacks += ["where it ended"] if driven and not (ride.drop_off.line1 and ride.drop_off.city) else []
    if lacks:
        line = next(iter(services or codes), 0)
        seen = {"line": line, "code": codes.get(line, ""), "wrong": " and ".join(lacks)}
        yield Hit("details.ambulance", seen)


@check("detail_dates", needs=has_any_details)
def detail_dates(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A date of the illness or of a line is not whole, or lies in the future (but for the return to work)."""
    stated: list[tuple[str, str]] = []
    if claim.parties.details:
        dates = claim.parties.details.dates
        stated += [(f"details.dates.{field.name}", getattr(dates, field.name)) for field in fields(dates)]
    for line in claim.lines:
        if line.details:
            stated.append((f"line.{line.sequence}.last_certified", line.details.last_certified))
    for place, text in stated:
        name = place.rpartition(".")[2]
        on = iso_day(text)
        ahead = on is not None and on > facts.today and name not in _DATES_TO_COME
        if text and (on is None or ahead):
            yield Hit(place, {"name": name.replace("_", " "), "date": text})


@check("days_in_order", needs=has_days_beside_services)
def days_in_order(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What ends before it begins: a discharge before its admission, an onset after the last service."""
    bill = claim.parties.facility_bill
    dates = claim.parties.details.dates if claim.parties.details else ClaimDates()
    through = claim.service_through
    pairs = [
        ("details.dates.discharge", "discharge", dates.discharge, "admission", dates.admission),
        ("details.dates.onset", "last service", through, "onset", dates.onset),
        ("details.dates.disability_through", "end of disability", dates.disability_through, *_began(dates)),
        (
            "details.dates.relinquished_care",
            "care given up",
            dates.relinquished_care,
            "care taken on",
            dates.assumed_care,
        ),
    ]
    if bill:
        stay = ("discharge", bill.discharged_at, "admission", bill.admitted_at)
        pairs.append(("facility_bill.discharged_at", *stay))
    for place, later, end, earlier, start in pairs:
        last, first = iso_day(end), iso_day(start)
        if last and first and (last, end[11:16]) < (first, start[11:16]):
            yield Hit(place, {"later": later, "end": end[:16], "earlier": earlier, "start": start[:16]})


def _began(dates: ClaimDates) -> tuple[str, str]:
    return "beginning of disability", dates.disability_from


@check("service_after_death")
def service_after_death(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    died = iso_day(facts.deceased_on)
    for line in claim.lines if died else ():
        on = iso_day(line.service_date)
        if died and on and on > died:
            seen = {"line": line.sequence, "date": line.service_date, "died": str(died)}
            yield Hit(f"line.{line.sequence}.service_date", seen)


@check("unclassified_described")
def unclassified_described(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A line of one of the `codes` that name no certain drug does not say which it was."""
    codes = params["codes"]
    if set(claim.line_codes).isdisjoint(codes):
        return
    for line in claim.lines:
        if line.code in codes and not (line.details and line.details.description.strip()):
            yield Hit(f"line.{line.sequence}.description", {"line": line.sequence, "code": line.code})


@check("pay_to_address")
def pay_to_address(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    address = claim.parties.pay_to
    if address and not can_be_written(address):
        seen = {"street": address.line1 or "no street", "city": address.city or "no city"}
        yield Hit("pay_to", {**seen, "wrong": ", ".join(lacking(address))})


@check("prior_payment_missing", needs=has_other_coverages)
def prior_payment_missing(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The payer is not the first, and one before it has not answered."""
    coverage = claim.parties.coverage
    if coverage is None:
        return
    for other in claim.parties.other_coverages:
        if other.sequence < coverage.sequence and other.prior is None:
            yield Hit(f"coverage.{other.sequence}.prior", {"payer": other.payer.name, "billed": coverage.payer.name})


@check("prior_payment_sum", needs=has_other_coverages)
def prior_payment_sum(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Paid and adjustments of a payer before are not the charge, of the claim or of a line."""
    charges = {line.sequence: line.charge_cents for line in claim.lines}
    for other in claim.parties.other_coverages:
        if (prior := other.prior) is None:
            continue
        place = f"coverage.{other.sequence}.prior"
        if prior.accounted_cents != claim.total_cents:
            seen = {
                "payer": other.payer.name,
                "found": money(prior.accounted_cents),
                "charge": money(claim.total_cents),
            }
            yield Hit(place, {**seen, "what": "the claim"})
        for line in prior.lines:
            found = line.paid_cents + sum(one.cents for one in line.adjustments)
            charge = charges.get(line.line, 0)
            if found != charge:
                seen = {"payer": other.payer.name, "found": money(found), "charge": money(charge)}
                yield Hit(f"line.{line.line}.prior.{other.sequence}", {**seen, "what": f"line {line.line}"})


@check("prior_payment_date", needs=has_other_coverages)
def prior_payment_date(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for other in claim.parties.other_coverages:
        if prior := other.prior:
            days = [one.paid_on for one in prior.lines] or [prior.paid_on]
            if any(iso_day(day) is None for day in days):
                yield Hit(f"coverage.{other.sequence}.prior.paid_on", {"payer": other.payer.name})


@check("prior_line_code", needs=has_other_coverages)
def prior_line_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What a payer before answered of a line names no service: SVD03 of professional claims, SVD04 of institutional."""
    institutional = claim.parties.facility_bill is not None
    what = "revenue code" if institutional else "procedure code"
    for other in claim.parties.other_coverages:
        for line in other.prior.lines if other.prior else ():
            told = re.fullmatch(r"[0-9]{4}", line.revenue_code) if institutional else line.code
            if not told:
                seen = {"payer": other.payer.name, "line": line.line, "what": what}
                yield Hit(f"line.{line.line}.prior.{other.sequence}", seen)


@check("patient_paid", needs=has_details)
def patient_paid(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    details = claim.parties.details
    if details and not 0 <= details.patient_paid_cents <= claim.total_cents:
        seen = {"paid": money(details.patient_paid_cents), "total": money(claim.total_cents)}
        yield Hit("details.patient_paid_cents", seen)
