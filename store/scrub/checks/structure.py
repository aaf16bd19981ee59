"""Checks of the claim's own shape: diagnoses, lines, dates, amounts, numbers, and what writing would change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesets import place_of_service as places_of_service
from store.claims.content import ClaimContent
from store.claims.prior_payment import ANSWERED_SINCE
from store.scrub.checks.registry import Hit, Params, ScrubFacts, Seldom, check, has_accident, iso_day, money, written
from store.scrub.checks.written import is_state
from store.x12.loops837.parties import undotted
from store.x12.writer import TextChange

_PROCEDURE = re.compile(r"[0-9A-Z]{5}").fullmatch
_CLAIM_NUMBER = re.compile(r"[0-9A-Za-z-]+").fullmatch
_DIAGNOSIS = re.compile(r"[A-Z][0-9A-Z]{2,6}").fullmatch
# ICD-10-CM chapter 20: transport, falls, exposures, assaults and other accidents, without places and activities.
_ACCIDENT_CODE = re.compile(r"(V|W|X[0-5])[0-9A-Z]{2}")


def _tells_accident(diagnosis: str) -> bool:
    """Whether a code tells of an accident, on an initial encounter."""
    code = undotted(diagnosis)
    return bool(_ACCIDENT_CODE.match(code)) and (len(code) < 7 or code[6] == "A")


_ACCIDENT = Seldom(_tells_accident)
_MALFORMED_DIAGNOSIS = Seldom(lambda code: not _DIAGNOSIS(undotted(code)))
_MALFORMED_PROCEDURE = Seldom(lambda code: not _PROCEDURE(code.strip().upper()))


@check("most_diagnoses")
def most_diagnoses(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if len(claim.diagnoses) > params["most"]:
        yield Hit("diagnosis", {"count": len(claim.diagnoses), "most": params["most"]})


@check("diagnosis_characters")
def diagnosis_characters(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for diagnosis in () if _MALFORMED_DIAGNOSIS.none_of(claim.diagnosis_codes) else claim.diagnoses:
        if not _DIAGNOSIS(undotted(diagnosis.code)):
            seen = {"sequence": diagnosis.sequence, "code": diagnosis.code}
            yield Hit(f"diagnosis.{diagnosis.sequence}", seen)
    if bill := claim.parties.facility_bill:
        named = [("admitting", bill.admitting)] if bill.admitting else []
        named += [("reasons", code) for code in bill.reasons] + [("causes", one.code) for one in bill.causes]
        for name, code in named:
            if not _DIAGNOSIS(undotted(code)):
                yield Hit(f"facility_bill.{name}", {"sequence": f"of {name}", "code": code})


@check("no_line")
def no_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if not claim.lines:
        yield Hit("line", {"count": 0})


@check("most_lines")
def most_lines(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if len(claim.lines) > params["most"]:
        yield Hit("line", {"count": len(claim.lines), "most": params["most"]})


@check("line_numbers")
def line_numbers(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    numbers = [line.sequence for line in claim.lines]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Hit("line", {"numbers": ", ".join(map(str, numbers))})


@check("charge_above_zero")
def charge_above_zero(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A line without a charge, but for codes that report quality: by `begins`, or four digits and one of `ends`."""
    for line in claim.lines:
        if line.charge_cents <= 0:
            code = line.code.strip().upper()
            quality = code.startswith(tuple(params["begins"])) or (code[:4].isdigit() and code[4:] in params["ends"])
            if quality and line.charge_cents == 0:
                continue
            seen = {"line": line.sequence, "charge": money(line.charge_cents)}
            yield Hit(f"line.{line.sequence}.charge_cents", seen)


@check("units_above_zero")
def units_above_zero(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in claim.lines:
        if line.units <= 0:
            yield Hit(f"line.{line.sequence}.units", {"line": line.sequence, "units": line.units})


@check("date_within_encounter")
def date_within_encounter(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    start, end = claim.parties.encounter_from, claim.parties.encounter_through
    for line in claim.lines:
        if iso_day(line.service_date) and not start <= line.service_date <= end:
            seen = {"line": line.sequence, "date": line.service_date, "start": start, "end": end}
            yield Hit(f"line.{line.sequence}.service_date", seen)


@check("date_in_future")
def date_in_future(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    today = facts.today_text
    for line in claim.lines:
        if line.service_date > today[: len(line.service_date)]:
            seen = {"line": line.sequence, "date": line.service_date, "today": today}
            yield Hit(f"line.{line.sequence}.service_date", seen)


@check("date_complete")
def date_complete(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in claim.lines:
        if iso_day(line.service_date) is None:
            yield Hit(f"line.{line.sequence}.service_date", {"line": line.sequence, "date": line.service_date})


@check("total_is_sum")
def total_is_sum(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    added = sum(line.charge_cents for line in claim.lines)
    if claim.total_cents != added:
        yield Hit("total_cents", {"total": money(claim.total_cents), "sum": money(added)})


@check("procedure_characters")
def procedure_characters(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for line in () if _MALFORMED_PROCEDURE.none_of(claim.line_codes) else claim.lines:
        if not _PROCEDURE(line.code.strip().upper()):
            yield Hit(f"line.{line.sequence}.code", {"line": line.sequence, "code": line.code})


@check("place_of_service")
def place_of_service(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    code = claim.parties.place_of_service
    if len(code) != 2 or places_of_service.place(code, iso_day(claim.service_from) or facts.today) is None:
        yield Hit("place_of_service", {"place": code or "missing", "day": claim.service_from[:10]})


@check("claim_number")
def claim_number(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    number = claim.claim_number
    if not _CLAIM_NUMBER(number) or len(number) > params["most"]:
        yield Hit("claim_number", {"number": number, "most": params["most"]})


@check("frequency")
def frequency(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if claim.frequency not in params["known"]:
        yield Hit("frequency", {"frequency": claim.frequency})


@check("original_reference")
def original_reference(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if claim.frequency in ("7", "8") and not written(claim.parties.original_reference):
        yield Hit("original_reference", {"frequency": claim.frequency})


@check("build_notes")
def build_notes(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for note in claim.parties.build_notes:
        if not note.startswith(ANSWERED_SINCE):
            yield Hit("claim", {"note": note})


@check("answered_since")
def answered_since(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What a replacement replaces was paid after it was built: whether it is to leave is a person's to say."""
    for note in claim.parties.build_notes:
        if note.startswith(ANSWERED_SINCE):
            yield Hit("original_reference", {"answer": note.removeprefix(ANSWERED_SINCE)})


@check("held_by_payer")
def held_by_payer(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The payer of a first claim has an original of the visit that was not voided."""
    if facts.held:
        yield Hit("frequency", {"held": facts.held})


@check("void_without_answer")
def void_without_answer(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A void at the payer of a first claim waits for its answer: whether this leaves before is a person's to say."""
    for void in facts.voids_without_answer:
        yield Hit("frequency", {"void": void})


@check("charge_notes")
def charge_notes(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What is billed otherwise than it was posted or coded."""
    for note in claim.parties.charge_notes:
        yield Hit("claim", {"note": note})


@check("filing_limit_near")
def filing_limit_near(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    left = _days_left(claim, facts)
    if left is not None and 0 <= left < params["warn_days"]:
        yield Hit("service_date", {"left": left, **_limit(claim)})


@check("filing_limit_past")
def filing_limit_past(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    coverage, left = claim.parties.coverage, _days_left(claim, facts)
    if left is not None and left < 0:
        yield Hit("service_date", {"over": -left, **_limit(claim)})
    elif coverage and coverage.payer.timely_filing_days is None:
        reason = f"{coverage.payer.name or 'The payer'} has no filing limit entered."
        yield Hit("service_date", {"payer": coverage.payer.name}, not_checked=reason)


@check("accident_date", needs=has_accident)
def accident_date(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    accident = claim.parties.accident
    if accident and accident.cause and iso_day(accident.date) is None:
        yield Hit("accident.date", {"cause": accident.cause, "date": accident.date or ""})


@check("accident_code")
def accident_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Only an initial encounter (7th character A) tells of the accident itself; sequels and later visits do not."""
    if claim.parties.accident or _ACCIDENT.none_of(claim.diagnosis_codes):
        return
    for diagnosis in claim.diagnoses:
        if _tells_accident(diagnosis.code):
            yield Hit(f"diagnosis.{diagnosis.sequence}", {"code": diagnosis.code})


@check("accident_state", needs=has_accident)
def accident_state(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A professional claim of an auto accident names no state; or an accident has one that is written and is none.

    CLM11-4 is written of every cause, REF*LU of institutional claims of an auto accident alone.
    """
    accident = claim.parties.accident
    if accident is None or not accident.cause or is_state(accident.state):
        return
    stated, auto = accident.state.strip(), accident.cause == "AA"
    if (auto and stated) or (claim.form == "837p" and (auto or stated)):
        yield Hit("accident.state", {"state": stated or "no letters", "cause": accident.cause})


@check("authorization_required")
def authorization_required(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    coverage = claim.parties.coverage
    if coverage is None or coverage.authorization_number:
        return
    if not params["required"]:
        reason = "No list of services that need an authorization is loaded."
        yield Hit(f"coverage.{coverage.sequence}.authorization_number", {}, not_checked=reason)
        return
    for line in claim.lines:
        if f"{coverage.payer.identifier}:{line.code}" in params["required"]:
            seen = {"payer": coverage.payer.name, "code": line.code, "line": line.sequence}
            yield Hit(f"line.{line.sequence}.code", seen)


@check("authorization_characters")
def authorization_characters(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if (coverage := claim.parties.coverage) is None:
        return
    numbers = {
        "authorization_number": ("The authorization number", coverage.authorization_number),
        "referral_number": ("The referral number", coverage.referral_number),
    }
    for place, (name, number) in numbers.items():
        if number and (len(number) > 50 or not re.fullmatch(r"[0-9A-Za-z/._ -]+", number)):
            yield Hit(f"coverage.{coverage.sequence}.{place}", {"name": name, "number": number})


@check("text_removed")
def text_removed(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    return (_changed(change) for change in facts.text_changes if change.removed)


@check("text_folded")
def text_folded(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    return (_changed(change) for change in facts.text_changes if change.folded and not change.removed)


@check("text_shortened")
def text_shortened(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    return (_changed(change) for change in facts.text_changes if change.shortened)


def _changed(change: TextChange) -> Hit:
    removed = " ".join(change.removed)
    seen = {"place": change.place, "before": change.before, "after": change.after, "removed": removed}
    return Hit(change.place, seen)


def _days_left(claim: ClaimContent, facts: ScrubFacts) -> int | None:
    """Days until the last day to file, counted from the last day of service; None without a limit or a date."""
    coverage, service = claim.parties.coverage, iso_day(claim.service_through)
    if coverage is None or coverage.payer.timely_filing_days is None or service is None:
        return None
    return coverage.payer.timely_filing_days - (facts.today - service).days


def _limit(claim: ClaimContent) -> dict[str, object]:
    coverage = claim.parties.coverage
    assert coverage is not None, "only a claim with a payer has a limit"
    return {"payer": coverage.payer.name, "days": coverage.payer.timely_filing_days}
