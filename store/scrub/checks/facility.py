"""Checks of institutional claims: type of bill, dates and status of the stay, providers, codes and revenue lines.

Source: 005010X223A2, loops 2300, 2310 and 2400; UB-04, form locators 4 to 81, by their numbers alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesets.bill_codes import BillList
from store.claims.content import ClaimContent
from store.claims.facility_bill import FacilityBill
from store.scrub.checks.providers import valid_npi
from store.scrub.checks.registry import Hit, Params, ScrubFacts, check, is_moment, iso_day, money
from store.scrub.checks.written import clinician_fault

_STILL_A_PATIENT = "30"
_PLACE = "facility_bill"
_MOST_CENTS = 9_999_999_999
"""An amount of HIPAA has ten digits at most (data element 782)."""


def _bill(claim: ClaimContent) -> FacilityBill | None:
    return claim.parties.facility_bill


@check("bill_present")
def bill_present(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if _bill(claim) is None:
        yield Hit(_PLACE, {})


@check("type_of_bill")
def type_of_bill(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    bill = _bill(claim)
    if bill and not re.fullmatch(r"[1-9][1-9]", bill.type_of_bill):
        yield Hit(f"{_PLACE}.type_of_bill", {"type": bill.type_of_bill or "missing"})


@check("attending_provider")
def attending_provider(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    bill = _bill(claim)
    if bill and bill.attending is None:
        yield Hit(f"{_PLACE}.attending", {})


@check("bill_npi")
def bill_npi(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if bill := _bill(claim):
        for role in ("attending", "operating", "other_operating"):
            who = getattr(bill, role)
            if who and not valid_npi(who.npi):
                seen = {"role": role.replace("_", " "), "name": who.family_name, "npi": who.npi or "no NPI"}
                yield Hit(f"{_PLACE}.{role}", seen)


@check("clinician_of_bill")
def clinician_of_bill(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A clinician of the bill has no name that can be written; the attending's taxonomy is malformed."""
    if bill := _bill(claim):
        for role in ("attending", "operating", "other_operating"):
            who = getattr(bill, role)
            if who and (wrong := clinician_fault(who, role == "attending")):
                seen = {"role": role.replace("_", " "), "name": who.family_name or who.npi or "nobody", "wrong": wrong}
                yield Hit(f"{_PLACE}.{role}", seen)


@check("operating_provider")
def operating_provider(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A surgical procedure, which is one of the section 0 of ICD-10-PCS, has nobody who operated."""
    bill = _bill(claim)
    surgical = [one.code for one in bill.procedures if one.code.startswith("0")] if bill else []
    if bill and surgical and bill.operating is None:
        yield Hit(f"{_PLACE}.operating", {"code": surgical[0]})


@check("bill_code")
def bill_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A code of the stay that must be there does not match `pattern`; with `inpatient` only stays need have it."""
    bill, field = _bill(claim), str(params["field"])
    if bill is None:
        return
    value = getattr(bill, field)
    if not value and params.get("inpatient") and not bill.inpatient:
        return
    if not re.fullmatch(params["pattern"], value):
        yield Hit(f"{_PLACE}.{field}", {"value": value or "missing"})


@check("admission_time")
def admission_time(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A stay has no day and time of admission, or an outpatient bill one that cannot be written."""
    bill = _bill(claim)
    if bill is None or not (bill.inpatient or bill.admitted_at):
        return
    day_alone = not bill.inpatient and len(bill.admitted_at) < 16 and iso_day(bill.admitted_at)
    if not (day_alone or is_moment(bill.admitted_at)):
        yield Hit(f"{_PLACE}.admitted_at", {"at": bill.admitted_at or "missing"})


@check("discharge_hour")
def discharge_hour(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Required on the final bill of a stay: not where the patient is still there, but whole where it is written."""
    bill = _bill(claim)
    if bill is None or not bill.inpatient or is_moment(bill.discharged_at):
        return
    if bill.patient_status != _STILL_A_PATIENT or len(bill.discharged_at) >= 16:
        yield Hit(f"{_PLACE}.discharged_at", {"status": bill.patient_status, "at": bill.discharged_at or "missing"})


@check("status_and_frequency")
def status_and_frequency(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Status 30 says that the patient is still there, which a bill from admission to discharge (frequency 1) denies."""
    bill = _bill(claim)
    if bill and bill.inpatient and bill.patient_status == _STILL_A_PATIENT and claim.frequency == "1":
        yield Hit(f"{_PLACE}.patient_status", {"status": bill.patient_status, "frequency": claim.frequency})


@check("statement_period")
def statement_period(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    bill = _bill(claim)
    if bill is None:
        return
    first, last = iso_day(bill.statement_from), iso_day(bill.statement_through)
    if first is None or last is None or first > last or last > facts.today:
        seen = {"first": bill.statement_from or "missing", "last": bill.statement_through or "missing"}
        yield Hit(f"{_PLACE}.statement_from", seen)


@check("admitting_diagnosis")
def admitting_diagnosis(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    bill = _bill(claim)
    if bill and bill.inpatient and not bill.admitting:
        yield Hit(f"{_PLACE}.admitting", {})


@check("reason_for_visit")
def reason_for_visit(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Required of unscheduled outpatient visits: those with a line of the revenue codes in `revenue`."""
    bill = _bill(claim)
    if bill is None or bill.inpatient or bill.reasons:
        return
    unscheduled = [line.revenue_code for line in claim.lines if line.revenue_code.startswith(tuple(params["revenue"]))]
    if unscheduled:
        yield Hit(f"{_PLACE}.reasons", {"revenue": unscheduled[0]})


@check("principal_diagnosis")
def principal_diagnosis(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if not claim.diagnoses:
        yield Hit("diagnosis", {})


@check("revenue_code")
def revenue_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in claim.lines:
        if not re.fullmatch(r"[0-9]{4}", line.revenue_code):
            seen = {"line": line.sequence, "code": line.code or "no code", "revenue": line.revenue_code or "none"}
            yield Hit(f"line.{line.sequence}.revenue_code", seen)


@check("procedure_of_line")
def procedure_of_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An outpatient line of the revenue codes in `revenue` has no HCPCS code."""
    bill = _bill(claim)
    if bill is None or bill.inpatient:
        return
    for line in claim.lines:
        if not line.code and line.revenue_code.startswith(tuple(params["revenue"])):
            yield Hit(f"line.{line.sequence}.code", {"line": line.sequence, "revenue": line.revenue_code})


@check("facility_line_code")
def facility_line_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in claim.lines:
        if line.code and not re.fullmatch(r"[0-9A-Z]{5}", line.code.strip().upper()):
            yield Hit(f"line.{line.sequence}.code", {"line": line.sequence, "code": line.code})


@check("days_of_room")
def days_of_room(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The days of room and board are not those of the stay: nights, or one where it is a single day."""
    bill = _bill(claim)
    if bill is None or not bill.inpatient:
        return
    first, last = iso_day(bill.admitted_at or bill.statement_from), iso_day(bill.statement_through)
    rooms = [line for line in claim.lines if line.unit == "DA"]
    if first is None or last is None or not rooms:
        return
    still = bill.patient_status == _STILL_A_PATIENT
    nights, days = max((last - first).days + still, 1), sum(line.units for line in rooms)
    if days != nights:
        yield Hit(f"line.{rooms[0].sequence}.units", {"days": days, "nights": nights})


@check("procedure_dates")
def procedure_dates(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A procedure lies outside the stay, or more than `before` days ahead of it."""
    bill = _bill(claim)
    if bill is None or not bill.procedures:
        return
    first, last = iso_day(bill.admitted_at or bill.statement_from), iso_day(bill.statement_through)
    for place, procedure in enumerate(bill.procedures, 1):
        on = iso_day(procedure.date)
        outside = on is None or (first and (first - on).days > params["before"]) or (last and on > last)
        if outside:
            yield Hit(f"{_PLACE}.procedures", {"code": procedure.code, "date": procedure.date, "number": place})


@check("short_codes")
def short_codes(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Codes of a bill have the characters of their kind, and days and amounts that can be written and are in order.

    Treatment codes are those of a payer: up to `longest` letters or digits. Lists that are empty cost nothing.
    """
    bill = _bill(claim)
    if bill is None:
        return
    wrongs = [("occurrence", one.code, _of_two(one.code) or _of_day(one.date)) for one in bill.occurrences]
    wrongs += [("value", one.code, _of_two(one.code) or _of_amount(one.cents)) for one in bill.values]
    wrongs += [("condition", code, _of_two(code)) for code in bill.conditions]
    wrongs += [("span", one.code, _of_two(one.code) or _of_days(one.first, one.last)) for one in bill.spans]
    for code in bill.treatments:
        fits = re.fullmatch(rf"[0-9A-Za-z]{{1,{params['longest']}}}", code.strip())
        wrong = "" if fits else f"it has {len(code)} characters, expected 1 to {params['longest']} letters or digits"
        wrongs.append(("treatment", code, wrong))
    for one in bill.procedures:
        fits = re.fullmatch(r"[0-9A-Z]{7}", one.code.replace(".", "").strip().upper())
        wrongs.append(("procedure", one.code, "" if fits else "expected seven letters or digits"))
    for kind, code, wrong in wrongs:
        if wrong:
            yield Hit(f"{_PLACE}.{kind}s", {"kind": kind, "code": code or "none", "wrong": wrong})


def _of_two(code: str) -> str:
    return "" if re.fullmatch(r"[0-9A-Z]{2}", code) else "expected two letters or digits"


def _of_day(text: str) -> str:
    return "" if iso_day(text) else f"its day is {text or 'missing'}, expected a whole one"


def _of_days(first: str, last: str) -> str:
    start, end = iso_day(first), iso_day(last)
    sound = start and end and start <= end
    return "" if sound else f"its days are {first or 'missing'} to {last or 'missing'}, expected whole ones in order"


def _of_amount(cents: int) -> str:
    return "" if 0 <= cents <= _MOST_CENTS else f"its amount is {money(cents)}, expected 0.00 to {money(_MOST_CENTS)}"


@check("drg_code")
def drg_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    bill = _bill(claim)
    if bill and bill.drg and not re.fullmatch(r"[0-9]{3}", bill.drg):
        yield Hit(f"{_PLACE}.drg", {"drg": bill.drg})


@check("bill_lists")
def bill_lists(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Codes of a bill that the list in force at its end does not have; malformed ones are found by other checks.

    What could not be checked is said once, with the lists that it was for.
    """
    bill = _bill(claim)
    on = iso_day(bill.statement_through) if bill else None
    if bill is None or on is None:
        return
    unanswered: dict[str, None] = {}
    for of, code, place in _coded(claim, bill):
        answer = facts.codes.listed(of, code, on)
        if answer.known is None:
            unanswered[answer.why] = None
        elif not answer.known:
            yield Hit(place, {"list": of.value, "code": code, "on": on})
    if unanswered:
        yield Hit(_PLACE, {}, not_checked=" ".join(unanswered))


def _coded(claim: ClaimContent, bill: FacilityBill) -> Iterator[tuple[BillList, str, str]]:
    """The codes of a bill that are of the right shape, each once with its list and its first place."""
    named = [(BillList.REVENUE, line.revenue_code, f"line.{line.sequence}.revenue_code") for line in claim.lines]
    named += [(BillList.CONDITION, code, f"{_PLACE}.conditions") for code in bill.conditions]
    named += [(BillList.OCCURRENCE, one.code, f"{_PLACE}.occurrences") for one in bill.occurrences]
    named += [(BillList.SPAN, one.code, f"{_PLACE}.spans") for one in bill.spans]
    named += [(BillList.VALUE, one.code, f"{_PLACE}.values") for one in bill.values]
    named.append((BillList.DRG, bill.drg, f"{_PLACE}.drg"))
    seen: set[tuple[BillList, str]] = set()
    for of, code, place in named:
        if (of, code) not in seen and re.fullmatch(_SHAPES.get(of, r"[0-9A-Z]{2}"), code):
            seen.add((of, code))
            yield of, code, place


_SHAPES = {BillList.REVENUE: r"[0-9]{4}", BillList.DRG: r"[0-9]{3}"}


@check("line_day")
def line_day(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A line of an outpatient bill has no whole day, or one outside the statement."""
    bill = _bill(claim)
    if bill is None or bill.inpatient:
        return
    for line in claim.lines:
        day = line.service_date
        if iso_day(day) is None or not bill.statement_from <= day <= bill.statement_through:
            seen = {"line": line.sequence, "date": day, "start": bill.statement_from, "end": bill.statement_through}
            yield Hit(f"line.{line.sequence}.service_date", seen)


@check("poa_of_causes")
def poa_of_causes(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An indicator of an external cause is none that there is."""
    bill = _bill(claim)
    for cause in bill.causes if bill else ():
        if cause.poa not in ("", "1", "Y", "N", "U", "W"):
            yield Hit(f"{_PLACE}.causes", {"code": cause.code, "poa": cause.poa})


@check("negative_line")
def negative_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in claim.lines:
        if line.charge_cents < 0:
            cents = f"{line.charge_cents / 100:.2f}"
            yield Hit(f"line.{line.sequence}.charge_cents", {"line": line.sequence, "charge": cents})


@check("drg_of_coding")
def drg_of_coding(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The coding, or what the grouper was told of the stay, is another one now than when it was grouped."""
    bill, grouped = _bill(claim), facts.grouped
    if bill is None or not bill.inpatient or grouped is None:
        return
    changes = {
        "its codes were changed": grouped.changed_at[:10],
        f"the discharge status was {grouped.disposition or 'empty'}": grouped.disposition != bill.patient_status,
        f"the day of discharge was {grouped.discharged}": grouped.discharged != bill.statement_through,
        f"its coding was grouped to {grouped.drg}": grouped.drg != bill.drg,
    }
    if changed := [what for what, since in changes.items() if since]:
        yield Hit(f"{_PLACE}.drg", {"drg": bill.drg or "none", "changed": ", ".join(changed)})
