"""Checks of codes and lengths that the guides fix, of what only some claims state.

Each looks first at whether the claim states the thing at all; messages say what was found and what was expected.

Source: 005010X222A1 and 005010X223A2, loops 2300, 2320, 2400 and 2430; lists of codes in `store.scrub.guide_codes`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from codesets import place_of_service as places_of_service
from store.claims.content import Assurances, ClaimContent
from store.claims.details import Attachment, Certification, LineDetails
from store.claims.prior_payment import PriorAdjustment
from store.scrub.checks.registry import (
    Hit,
    Params,
    ScrubFacts,
    check,
    has_accident,
    has_any_details,
    has_details,
    has_other_coverages,
    iso_day,
    money,
    written,
)
from store.scrub.guide_codes import certification_kinds, guide_codes

_ON_PAPER = "AA"
_USUAL = Assurances()
_MOST_NAMED = 16
"""How many codes of a list a message names."""

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,3})?").fullmatch
_TWO = re.compile(r"[0-9A-Za-z]{2}").fullmatch


def _fault(what: str, given: str, codes: tuple[str, ...]) -> str:
    """What is wrong with a code of a list, and what was expected; empty where it is one, in whatever case."""
    if given.strip().upper() in codes:
        return ""
    listed = ", ".join(codes) if len(codes) <= _MOST_NAMED else f"one of the {len(codes)} codes of the guide"
    return f"{what} {given.strip() or 'missing'}, expected {listed}"


def _lines(claim: ClaimContent) -> Iterator[tuple[str, int, LineDetails]]:
    """The place, number and details of each line that has some."""
    return ((f"line.{line.sequence}", line.sequence, line.details) for line in claim.lines if line.details)


@check("attachment", needs=has_any_details)
def attachment(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A report whose kind or way is no code, whose number is missing or has a wrong length, or one too many.

    `least` and `longest` are of PWK06, `most` of the attachments of a claim, and of those of a line.
    """
    stated = [("details", claim.parties.details.attachments)] if claim.parties.details else []
    stated += [(place, details.attachments) for place, _, details in _lines(claim)]
    for place, some in stated:
        if len(some) > params["most"]:
            wrong = f"it is one of {len(some)}, and {params['most']} are the most"
            yield Hit(f"{place}.attachment", {"kind": some[-1].kind, "wrong": wrong})
        for one in some:
            for wrong in _of_attachment(one, claim.form, params):
                yield Hit(f"{place}.attachment", {"kind": one.kind or "without a kind", "wrong": wrong})


def _of_attachment(one: Attachment, form: str, params: Params) -> Iterator[str]:
    number, way = written(one.number), one.transmission
    if wrong := _fault("kind", one.kind, guide_codes("attachment_kind", form)):
        yield wrong
    if wrong := _fault("way", way, guide_codes("attachment_way", form)):
        yield wrong
    elif not number and (one.number or way.strip().upper() != _ON_PAPER):
        yield f"sent by {way}, it has no number that can be written"
    if number and not params["least"] <= len(number) <= params["longest"]:
        few = f"{len(number)} character{'s' if len(number) != 1 else ''}"
        yield f"its number has {few}, expected {params['least']} to {params['longest']}"


@check("note_kind", needs=has_details)
def note_kind(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    details = claim.parties.details
    if details is None or not details.note.strip():
        return
    if wrong := _fault("kind", details.note_kind, guide_codes("note_kind", claim.form)):
        yield Hit("details.note_kind", {"wrong": wrong})


@check("special_program", needs=has_details)
def special_program(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    yield from _coded(claim, "special_program")


@check("delay_reason", needs=has_details)
def delay_reason(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """CLM20 is none of the codes of data element 1514 that the guides allow."""
    yield from _coded(claim, "delay_reason")


@check("service_exception", needs=has_details)
def service_exception(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    yield from _coded(claim, "service_exception")


def _coded(claim: ClaimContent, name: str) -> Iterator[Hit]:
    """A code of the details that is stated and none of its list."""
    given = getattr(claim.parties.details, name, "").strip()
    if given and (wrong := _fault("code", given, guide_codes(name, claim.form))):
        yield Hit(f"details.{name}", {"reason": given, "wrong": wrong})


@check("certification", needs=has_details)
def certification(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A category that is none, conditions that it does not take, none or too many of them, or one segment too many."""
    if (details := claim.parties.details) is None:
        return
    stated = list(details.certifications)
    if details.ambulance and details.ambulance.conditions:
        stated.append(Certification("07", "Y", details.ambulance.conditions))
    if details.homebound:
        stated.append(Certification("75", "Y", ("IH",)))
    kinds = certification_kinds()
    counts: Counter[str] = Counter()
    for one in stated:
        category = one.category.strip().upper()
        known = kinds.get(category)
        if known is None:
            wrong = _fault("category", one.category, tuple(kinds))
            yield Hit("details.certifications", {"category": one.category or "none", "wrong": wrong})
            continue
        counts[known.kind] += 1
        wrongs = [_fault("applies", one.applies, known.applies)]
        wrongs += [_fault("condition", each, known.conditions) for each in one.conditions]
        if not 1 <= len(one.conditions) <= known.most:
            wrongs.append(f"it has {len(one.conditions)} conditions, expected 1{_up_to(known.most)}")
        if counts[known.kind] > known.segments:
            wrongs.append(f"it is number {counts[known.kind]} of {known.kind}, expected 1{_up_to(known.segments)}")
        for wrong in filter(None, wrongs):
            yield Hit("details.certifications", {"category": category, "wrong": wrong})


def _up_to(most: int) -> str:
    return f" to {most}" if most > 1 else ""


@check("codes_beside_diagnoses", needs=has_details)
def codes_beside_diagnoses(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Condition codes that have not two letters or digits, surgery that is no procedure, or more than are written."""
    if (details := claim.parties.details) is None:
        return
    found = [
        ("condition_codes", code, "expected two letters or digits")
        for code in details.condition_codes
        if not _TWO(code)
    ]
    found += [
        ("anesthesia_procedures", code, "expected a procedure code of five letters or digits")
        for code in details.anesthesia_procedures
        if not re.fullmatch(r"[0-9A-Z]{5}", code.strip().upper())
    ]
    for name, most in params["most"].items():
        if len(some := getattr(details, name)) > most:
            found.append((name, str(some[-1]), f"it is one of {len(some)}, and {most} are the most"))
    for name, code, wrong in found:
        seen = {"what": name.replace("_", " ")[:-1], "code": code or "without a code", "wrong": wrong}
        yield Hit(f"details.{name}", seen)


@check("codes_of_bill")
def codes_of_bill(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """More codes of a kind than a bill has places for, by the settings `most`: those above would not be written."""
    bill = claim.parties.facility_bill
    for name, most in params["most"].items() if bill else ():
        if len(some := getattr(bill, name)) > most:
            yield Hit(f"facility_bill.{name}", {"what": name, "count": len(some), "most": most})


@check("clia_form", needs=has_any_details)
def clia_form(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A CLIA number does not match `pattern`: two digits, the letter D, seven digits."""
    stated = [("details.clia", claim.parties.details.clia)] if claim.parties.details else []
    stated += [(f"{place}.clia", details.clia) for place, _, details in _lines(claim)]
    for place, number in stated:
        if number and not re.fullmatch(params["pattern"], number.strip().upper()):
            yield Hit(place, {"number": number})


def has_unusual_assurances(claim: ClaimContent) -> bool:
    """Whether signatures, assignment or release are others than those of nearly all claims."""
    return claim.parties.assurances != _USUAL


@check("assurances", needs=has_unusual_assurances)
def assurances(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for name in ("provider_signature", "accepts_assignment", "benefits_assigned", "release_of_information"):
        codes = guide_codes(name, claim.form)
        if codes and (wrong := _fault("code", getattr(claim.parties.assurances, name), codes)):
            yield Hit(f"assurances.{name}", {"name": name.replace("_", " "), "wrong": wrong})


@check("accident_cause", needs=has_accident)
def accident_cause(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    accident = claim.parties.accident
    if accident is None or not accident.cause:
        return
    if wrong := _fault("cause", accident.cause, guide_codes("accident_cause", claim.form)):
        yield Hit("accident.cause", {"wrong": wrong})


@check("number_written")
def number_written(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A number that is cut, which makes it another one, or of which nothing can be written; of `notes` the latter.

    Both are named by the last part of their place.
    """
    for change in facts.text_changes:
        name = change.place.rpartition(".")[2]
        number = name in params["numbers"]
        if change.after and not (number and change.shortened):
            continue
        if number or name in params["notes"]:
            wrong = (
                f"is cut to {len(change.after)} characters" if change.after else "holds no character that can be sent"
            )
            yield Hit(change.place, {"name": name.replace("_", " "), "before": change.before[:60], "wrong": wrong})


@check("measurement", needs=has_any_details)
def measurement(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A test result of no kind that there is, without a number, or one more than `most` of a line."""
    for place, line, details in _lines(claim):
        some = details.measurements
        wrongs = [f"it has {len(some)}, and {params['most']} are the most"] if len(some) > params["most"] else []
        for one in some:
            wrongs.append(_fault("reference", one.reference, guide_codes("measurement_reference", claim.form)))
            wrongs.append(_fault("kind", one.kind, guide_codes("measurement_kind", claim.form)))
            wrongs.append("" if _NUMBER(one.value) else f"value {one.value or 'missing'} is no number")
        for wrong in filter(None, wrongs):
            yield Hit(f"{place}.measurements", {"line": line, "wrong": wrong})


@check("place_of_line", needs=has_any_details)
def place_of_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for place, line, details in _lines(claim):
        code, on = details.place_of_service.strip(), iso_day(claim.service_from) or facts.today
        if code and (len(code) != 2 or places_of_service.place(code, on) is None):
            yield Hit(f"{place}.place_of_service", {"line": line, "place": code})


@check("prior_codes", needs=has_other_coverages)
def prior_codes(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What a payer before answered with a group, reason, remark, quantity, procedure or modifier of no form there is.

    `segments` is the most CAS of a claim and of a line, each with six reasons of one group.
    """
    groups = guide_codes("adjustment_group", claim.form)
    for other in claim.parties.other_coverages:
        if (prior := other.prior) is None:
            continue
        stated = [("claim", _of_adjustments(prior.adjustments, groups, params["segments"]))]
        stated += [("claim", _of_remarks(prior.remarks))]
        for line in prior.lines:
            stated.append((f"line {line.line}", _of_adjustments(line.adjustments, groups, params["segments"])))
            if line.code and not re.fullmatch(r"[0-9A-Za-z]{5}", line.code.strip()):
                told = f"procedure {line.code[:20]!r}, expected five letters or digits"
                stated.append((f"line {line.line}", iter([told])))
            if not _NUMBER(line.units):
                stated.append((f"line {line.line}", iter([f"units {line.units!r} are no number"])))
            odd = [one for one in line.modifiers if not _TWO(one)]
            stated.append((f"line {line.line}", (f"modifier {one!r} has not two characters" for one in odd)))
        for what, wrongs in stated:
            for wrong in wrongs:
                yield Hit(f"coverage.{other.sequence}.prior", {"payer": other.payer.name, "what": what, "wrong": wrong})


def _of_adjustments(some: tuple[PriorAdjustment, ...], groups: tuple[str, ...], segments: int) -> Iterator[str]:
    for one in some:
        if wrong := _fault("group", one.group, groups):
            yield wrong
        if not re.fullmatch(r"[0-9A-Za-z]{1,5}", one.reason):
            yield f"reason {one.reason or 'missing'} is no number of one to five characters"
        if one.quantity and not _NUMBER(one.quantity):
            yield f"quantity {one.quantity!r} is no number"
    needed = sum(-(-count // 6) for count in Counter(one.group for one in some).values())
    if needed > segments:
        yield f"its {len(some)} adjustments take {needed} segments, and {segments} are the most"


def _of_remarks(remarks: tuple[str, ...]) -> Iterator[str]:
    for remark in remarks:
        if not re.fullmatch(r"(M|MA|N)[0-9]{1,4}", remark.strip().upper()):
            yield f"remark {remark or 'missing'} is no code of the form N4, M15 or MA18"


@check("counts_of_line", needs=has_any_details)
def counts_of_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Minutes of anesthesia or patients of a ride below zero or above `most`."""
    for place, line, details in _lines(claim):
        for name, most in params["most"].items():
            if not 0 <= (count := getattr(details, name)) <= most:
                seen = {"line": line, "count": count, "name": name.replace("_", " "), "most": most}
                yield Hit(f"{place}.{name}", seen)


@check("amounts_of_bill")
def amounts_of_bill(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """What is estimated to be due, or not covered of a line, is below zero or above the charge."""
    stated = [
        (f"{place}.noncovered_cents", "not covered", details.noncovered_cents) for place, _, details in _lines(claim)
    ]
    if bill := claim.parties.facility_bill:
        stated.append(("facility_bill.estimated_due_cents", "due", bill.estimated_due_cents))
    charges = {f"line.{line.sequence}.noncovered_cents": line.charge_cents for line in claim.lines}
    for place, what, cents in stated:
        charge = max(charges.get(place, claim.total_cents), 0)
        if not 0 <= cents <= charge:
            yield Hit(place, {"what": what, "amount": money(cents), "charge": money(charge)})
