"""Checks of the patient, the subscriber and their coverages: identity, eligibility, order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from store.claims.content import BilledCoverage, ClaimContent, Insured
from store.claims.people import Address
from store.scrub.checks.registry import (
    Hit,
    Params,
    ScrubFacts,
    check,
    has_later_place,
    has_other_coverages,
    iso_day,
    of_dependent,
    written,
)
from store.scrub.checks.written import LONGEST, SHORTEST, can_be_written, identifier_fault, lacking
from store.scrub.guide_codes import guide_codes

# CMS, Medicare Beneficiary Identifier format: C A AN N A AN N A A N N, without S, L, O, I, B and Z.
_LETTER = "[AC-HJKMNP-RT-Y]"
_EITHER = "[0-9AC-HJKMNP-RT-Y]"
_MEDICARE_ID = re.compile(f"[1-9]{_LETTER}{_EITHER}[0-9]{_LETTER}{_EITHER}[0-9]{_LETTER}{_LETTER}[0-9][0-9]")

_STRANGE = re.compile(r"[^0-9A-Za-z-]").findall
_LONGEST_PATTERN = 200


@check("no_coverage")
def no_coverage(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if claim.parties.coverage is None:
        yield Hit("coverage", {"coverages": 0})


def filing_codes() -> tuple[str, ...]:
    """The claim filing indicators of SBR09 (data element 1032): the same of both forms."""
    return guide_codes("filing_code", "837p")


@check("filing_code")
def filing_code(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for coverage in _coverages(claim):
        payer = coverage.payer
        if payer.filing_code not in filing_codes():
            place = f"coverage.{coverage.sequence}.payer.claim_filing_code"
            yield Hit(place, {"name": payer.name, "code": payer.filing_code or "missing"})


@check("person_name")
def person_name(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Family or given name is empty or cannot be written."""
    for person, place, coverage in _who(claim, params):
        if not (written(person.family_name) and written(person.given_name)):
            yield Hit(place, {"name": _full_name(person) or "without a name", "coverage": coverage})


@check("member_id_missing")
def member_id_missing(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if (coverage := claim.parties.coverage) and not coverage.member_id:
        yield Hit(f"coverage.{coverage.sequence}.member_id", {"coverage": coverage.sequence, "member_id": ""})


@check("member_id_characters")
def member_id_characters(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for coverage in _coverages(claim):
        if strange := _STRANGE(coverage.member_id):
            found = " and ".join("a blank" if sign == " " else sign for sign in sorted(set(strange)))
            yield Hit(f"coverage.{coverage.sequence}.member_id", {"member_id": coverage.member_id, "found": found})


@check("member_id_length")
def member_id_length(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A member id of fewer or more characters than NM109 takes; one that is missing is found by others."""
    for coverage in _coverages(claim):
        if coverage.member_id and not SHORTEST <= len(coverage.member_id) <= LONGEST:
            seen = {"member_id": coverage.member_id, "count": len(coverage.member_id), "coverage": coverage.sequence}
            yield Hit(f"coverage.{coverage.sequence}.member_id", seen)


@check("member_id_pattern")
def member_id_pattern(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The payer's own pattern. A pattern that could run for ever is not run, and said to be unchecked."""
    for coverage in _coverages(claim):
        pattern = coverage.payer.member_id_pattern
        if not pattern or not coverage.member_id:
            continue
        place = f"coverage.{coverage.sequence}.member_id"
        seen = {"member_id": coverage.member_id, "pattern": pattern, "payer": coverage.payer.name}
        if (compiled := _safe_pattern(pattern)) is None:
            reason = f"The member id pattern of {coverage.payer.name} cannot be used: {pattern[:60]}"
            yield Hit(place, seen, not_checked=reason)
        elif not compiled.fullmatch(coverage.member_id):
            yield Hit(place, seen)


@check("medicare_id")
def medicare_id(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for coverage in _coverages(claim):
        if coverage.payer.filing_code in params["filing_codes"] and coverage.member_id:
            plain = coverage.member_id.replace("-", "").upper()
            if not _MEDICARE_ID.fullmatch(plain):
                yield Hit(f"coverage.{coverage.sequence}.member_id", {"member_id": coverage.member_id})


@check("birth_date")
def birth_date(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for person, place, _ in _who(claim, params):
        if iso_day(person.birth_date) is None:
            yield Hit(f"{place}.birth_date", {"date": person.birth_date or "missing"})


@check("sex")
def sex(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for person, place, _ in _who(claim, params):
        if person.sex not in ("F", "M", "U", "X"):
            yield Hit(f"{place}.sex", {"sex": person.sex or "missing"})


@check("person_address")
def person_address(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for person, place, _ in _who(claim, params):
        if not can_be_written(person.address):
            yield Hit(f"{place}.address", {"wrong": ", ".join(lacking(person.address))})


@check("self_is_somebody_else")
def self_is_somebody_else(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    coverage, patient = claim.parties.coverage, claim.parties.patient
    if coverage and coverage.patient_is_subscriber and not _same_person(coverage.subscriber, patient):
        seen = {"subscriber": _described(coverage.subscriber), "patient": _described(patient)}
        yield Hit(f"coverage.{coverage.sequence}.relationship", seen)


@check("dependent_is_subscriber", needs=of_dependent)
def dependent_is_subscriber(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    coverage, patient = claim.parties.coverage, claim.parties.patient
    if coverage is None or not patient.birth_date:
        return
    if coverage.subscriber.birth_date == patient.birth_date and _same_person(coverage.subscriber, patient):
        seen = {"relationship": coverage.relationship, "patient": _described(patient)}
        yield Hit(f"coverage.{coverage.sequence}.relationship", seen)


@check("born_after_service")
def born_after_service(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    birth_date = claim.parties.patient.birth_date
    born = iso_day(birth_date)
    if born and birth_date and birth_date[:10] > claim.service_from[:10] and str(born) > claim.service_from[:10]:
        yield Hit("patient.birth_date", {"date": str(born), "service": claim.service_from})


@check("coverage_not_effective")
def coverage_not_effective(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Dates of less precision are compared as far as they go."""
    for coverage in _coverages(claim):
        begins = coverage.effective_on
        if begins and claim.service_from[: len(begins)] < begins:
            seen = {"effective": begins, "service": claim.service_from}
            yield Hit(f"coverage.{coverage.sequence}.effective_on", seen)


@check("coverage_expired")
def coverage_expired(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for coverage in _coverages(claim):
        ends = coverage.expires_on
        if ends and claim.service_through[: len(ends)] > ends:
            seen = {"expires": ends, "service": claim.service_through}
            yield Hit(f"coverage.{coverage.sequence}.expires_on", seen)


@check("other_coverage", needs=has_other_coverages)
def other_coverage(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    for other in claim.parties.other_coverages:
        lacks = {
            "the payer's name": not written(other.payer.name),
            "the payer's identifier": not other.payer.identifier,
            "the member id": not other.member_id,
            "the subscriber's name": not written(other.subscriber.family_name),
            "an identifier of the payer that can be written": bool(
                other.payer.identifier and identifier_fault(other.payer.identifier)
            ),
            **_parts_lacking("of the payer's address", other.payer.address),
            **_parts_lacking("of the subscriber's address", other.subscriber.address),
        }
        if wrong := [name for name, holds in lacks.items() if holds]:
            yield Hit(f"coverage.{other.sequence}", {"coverage": other.sequence, "wrong": ", ".join(wrong)})


def _parts_lacking(whose: str, address: Address) -> dict[str, bool]:
    """What an address lacks that is written, which is one with street and city."""
    if not (address.line1 and address.city) or can_be_written(address):
        return {}
    return {f"{part} {whose}": True for part in lacking(address)}


@check("medicare_second", needs=has_later_place)
def medicare_second(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """Medicare, by one of the `filing_codes`, is not the first payer, and none of the `known` types says why."""
    for coverage in _coverages(claim):
        later = coverage.sequence > 1 and coverage.payer.filing_code in params["filing_codes"]
        if later and coverage.insurance_type not in params["known"]:
            seen = {"name": coverage.payer.name, "coverage": coverage.sequence, "type": coverage.insurance_type}
            yield Hit(f"coverage.{coverage.sequence}.insurance_type", seen)


@check("coverage_order")
def coverage_order(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The first payer is neither billed nor among the others."""
    coverage, others = claim.parties.coverage, claim.parties.other_coverages
    if coverage and coverage.sequence != 1 and all(other.sequence != 1 for other in others):
        yield Hit(f"coverage.{coverage.sequence}", {"coverage": coverage.sequence})


def _coverages(claim: ClaimContent) -> tuple[BilledCoverage, ...]:
    billed, others = claim.parties.coverage, claim.parties.other_coverages
    return (billed, *others) if billed else others


def _who(claim: ClaimContent, params: Params) -> Sequence[tuple[Insured, str, int]]:
    """The person a rule is about, with their place; nobody without a coverage to be the subscriber of."""
    if params["who"] == "patient":
        return ((claim.parties.patient, "patient", 0),)
    coverage = claim.parties.coverage
    if coverage is None:
        return ()
    return ((coverage.subscriber, f"coverage.{coverage.sequence}.subscriber", coverage.sequence),)


def _same_person(one: Insured, other: Insured) -> bool:
    """Names agree as they are written, and birth dates where both are known."""
    if one is other:
        return True
    born = one.birth_date, other.birth_date
    names = [(written(person.family_name), written(person.given_name).partition(" ")[0]) for person in (one, other)]
    return names[0] == names[1] and (not all(born) or born[0] == born[1])


def _full_name(person: Insured) -> str:
    return ", ".join(name for name in (person.family_name, person.given_name) if name)


def _described(person: Insured) -> str:
    return f"{_full_name(person)} ({person.birth_date or 'no birth date'})"


@lru_cache(256)
def _safe_pattern(pattern: str) -> re.Pattern[str] | None:
    """A pattern without repeated groups and with at most two open-ended repeats: its cost has a small bound."""
    open_ended = re.findall(r"[*+]|\{\d*,\}", pattern)
    if len(pattern) > _LONGEST_PATTERN or re.search(r"\)[*+?{]|\\\d|\(\?", pattern) or len(open_ended) > 2:
        return None
    try:
        return re.compile(pattern)
    except (re.error, OverflowError):
        return None
