"""Checks of those who bill, render and receive: numbers, names and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from store.claims.content import ClaimContent
from store.claims.people import Address, Practitioner
from store.scrub.checks.registry import (
    Hit,
    Params,
    ScrubFacts,
    check,
    has_clinicians_of_lines,
    place_of,
    value_at,
    written,
)
from store.scrub.checks.written import (
    SHORTEST,
    can_be_written,
    clinician_fault,
    identifier_fault,
    is_city,
    is_state,
    lacking,
    valid_taxonomy,
)

_BOX = re.compile(
    r"\bP\.?\s*O\.?\s*B(O?X)?\.?(?![A-Z])|\b(POST\s+OFFICE|POSTAL)\s+BOX\b|^\s*BOX\s+[0-9]", re.IGNORECASE
)


@lru_cache(1 << 12)
def valid_npi(npi: str) -> bool:
    """Whether ten digits end in the Luhn check digit over 80840 and the first nine.

    Source: CMS, Requirements for National Provider Identifier and NPI check digit. The constant 24 is what the
    prefix 80840 adds to the sum.
    """
    if not re.fullmatch(r"[0-9]{10}", npi):
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in npi[8::-2])
    plain = sum(int(digit) for digit in npi[7::-2])
    return (24 + doubled + plain + int(npi[9])) % 10 == 0


@check("missing")
def missing(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The value at `place` is empty, or nothing of it can be written. A party that is absent is not looked at."""
    path = str(params["place"])
    owner = value_at(claim, path.rpartition(".")[0])
    if owner is not None and not written(str(value_at(claim, path) or "")):
        yield Hit(place_of(claim, path), {"value": value_at(claim, path) or "", "name": _name(owner)})


@check("npi")
def npi(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The NPI at `place` fails its check digit; an empty one too where `required` is set."""
    path = str(params["place"])
    number = value_at(claim, path)
    if number is None or (not number and not params.get("required")):
        return
    if not valid_npi(str(number)):
        yield Hit(place_of(claim, path), {"npi": number})


@check("line_npi")
def line_npi(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An NPI of the performer, or of a clinician that only this line names."""
    for line in claim.lines:
        if line.performer_npi and not valid_npi(line.performer_npi):
            seen = {"line": line.sequence, "role": "performer", "npi": line.performer_npi}
            yield Hit(f"line.{line.sequence}.performer_npi", seen)
        if line.details:
            for role in _OF_DETAILS:
                if (who := getattr(line.details, role)) and who.npi and not valid_npi(who.npi):
                    yield Hit(f"line.{line.sequence}.{role}", {"line": line.sequence, "role": role, "npi": who.npi})


@check("line_performer")
def line_performer(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A line names a performer whose name is not known, so that loop 2420A cannot be written."""
    general = claim.parties.rendering.npi if claim.parties.rendering else ""
    for line in claim.lines:
        if line.performer_npi and line.performer_npi != general and line.rendering is None:
            yield Hit(f"line.{line.sequence}.performer_npi", {"line": line.sequence, "npi": line.performer_npi})


@check("rendering_provider")
def rendering_provider(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if claim.parties.rendering is None and not all(line.rendering for line in claim.lines):
        yield Hit("rendering", {"rendering": ""})


@check("post_office_box")
def post_office_box(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    path = str(params["place"])
    address = value_at(claim, path)
    for street in (address.line1, address.line2) if isinstance(address, Address) else ():
        if _BOX.search(street):
            yield Hit(path, {"street": street})


@check("city_and_state")
def city_and_state(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    path = str(params["place"])
    address = value_at(claim, path)
    if isinstance(address, Address) and not (is_city(address.city) and is_state(address.state)):
        yield Hit(path, {"city": address.city or "none", "state": address.state or "none"})


@check("nine_digit_zip")
def nine_digit_zip(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    path = str(params["place"])
    address = value_at(claim, path)
    if isinstance(address, Address) and not is_nine_digit_zip(address.zip):
        yield Hit(path, {"zip": address.zip or "missing"})


def is_nine_digit_zip(text: str) -> bool:
    """Whether a ZIP code is written with all nine digits, with or without the hyphen."""
    return bool(re.fullmatch(r"(?!00000)[0-9]{5}[- ]?[0-9]{4}", text.strip()))


@check("tax_id")
def tax_id(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The number itself is not kept in the finding: it may be a person's."""
    digits = claim.parties.billing.tax_id.replace("-", "").strip()
    if not re.fullmatch(r"[0-9]{9}", digits):
        yield Hit("billing.tax_id", {"count": len(re.findall(r"[0-9]", digits))})


@check("taxonomy")
def taxonomy(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    path = str(params["place"])
    code = value_at(claim, path)
    if code is not None and not valid_taxonomy(str(code).strip().upper()):
        yield Hit(path, {"taxonomy": code or "missing"})


@check("clinician")
def clinician(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """The clinician at `place` has no name that can be written, or with `taxonomy` one that is malformed."""
    path = str(params["place"])
    who = value_at(claim, path)
    if isinstance(who, Practitioner) and (wrong := clinician_fault(who, bool(params.get("taxonomy")))):
        yield Hit(path, {"name": _name(who) or who.npi or "without a name", "wrong": wrong})


@check("clinician_of_line", needs=has_clinicians_of_lines)
def clinician_of_line(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A clinician of a line alone has no name that can be written, or one whose taxonomy is malformed."""
    for line in claim.lines:
        named = {"rendering": line.rendering}
        if line.details:
            named |= {role: getattr(line.details, role) for role in _OF_DETAILS}
        for role, who in named.items():
            if who and (wrong := clinician_fault(who, role == "rendering")):
                seen = {"line": line.sequence, "role": role, "name": _name(who) or who.npi or "nobody", "wrong": wrong}
                yield Hit(f"line.{line.sequence}.{role}", seen)


_OF_DETAILS = ("referring", "supervising", "ordering", "operating")


@check("payer_identifier")
def payer_identifier(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An identifier that is there and cannot be written as it is."""
    if (coverage := claim.parties.coverage) and coverage.payer.identifier.strip():
        payer = coverage.payer
        if wrong := identifier_fault(payer.identifier):
            place = f"coverage.{coverage.sequence}.payer.identifier"
            yield Hit(place, {"name": payer.name, "identifier": payer.identifier, "wrong": wrong})


@check("payer_address")
def payer_address(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """An address that is written, which is one with street and city, and lacks something."""
    if coverage := claim.parties.coverage:
        address = coverage.payer.address
        if address.line1 and address.city and not can_be_written(address):
            seen = {"name": coverage.payer.name, "wrong": ", ".join(lacking(address))}
            yield Hit(f"coverage.{coverage.sequence}.payer.address", seen)


@check("contact_phone")
def contact_phone(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    phone = claim.parties.billing.contact_phone
    if len(re.findall(r"[0-9]", phone)) != 10:
        yield Hit("billing.contact_phone", {"phone": phone or "missing"})


@check("service_facility")
def service_facility(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    place = claim.parties.service_facility
    if place is None:
        return
    wrong = {
        "no name": not written(place.name),
        "no street": not written(place.address.line1),
        "no city or state that there is": not (is_city(place.address.city) and is_state(place.address.state)),
        "no nine-digit ZIP code": not is_nine_digit_zip(place.address.zip),
        "an NPI that fails its check digit": bool(place.npi) and not valid_npi(place.npi),
    }
    for words, holds in wrong.items():
        if holds:
            yield Hit("service_facility", {"wrong": words})


@check("receiver")
def receiver(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    ends = claim.parties.receiver
    if (
        not all(SHORTEST <= len(end.strip()) <= 15 for end in (ends.submitter_id, ends.receiver_id))
        or not ends.receiver_name
    ):
        yield Hit("receiver", {"submitter": ends.submitter_id, "receiver": ends.receiver_id or ends.receiver_name})


def _name(owner: object) -> str:
    if family := getattr(owner, "family_name", ""):
        return f"{family}, {getattr(owner, 'given_name', '')}".rstrip(", ")
    return str(getattr(owner, "name", ""))
