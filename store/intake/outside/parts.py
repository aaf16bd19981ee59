"""The parts of a claim as the native format has them: patient, charges, dates, codes, insurances and providers.

Source: X222A1 and X223A2, loops 2010 to 2420.
"""

from __future__ import annotations

import re
from typing import Any

from store.intake.hl7v2.values import cents, day, line, moment, whole
from store.intake.outside.terms import terms
from store.terms import Setting
from store.x12.claims837 import INSTITUTIONAL, Claim837, Party
from store.x12.tokenizer import Segment

_STILL_HERE = "30"


class BadClaim(ValueError):
    """The claim cannot be taken in; the message names the segment and element."""


def patient(claim: Claim837, source: str) -> dict[str, Any]:
    """The patient: of the dependent's level where there is one, else the subscriber."""
    subscriber = claim.subscriber.parties.get("IL")
    person = (claim.patient.parties.get("QC") if claim.patient else None) or subscriber
    if person is None:
        raise BadClaim("NM1*IL: expected the subscriber or the patient")
    record = claim.claim.first("REF", "EA")
    member = subscriber.number if subscriber else ""
    number = record.element(2).strip() if record else ""
    if not number:
        dependent = person is not subscriber
        number = "-".join(filter(None, (member, person.given if dependent else ""))) if member else claim.number
    values: dict[str, Any] = {
        "source": source,
        "mrn": number[:120],
        "family_name": line(person.family),
        "given_name": line(person.given),
        "middle_name": line(person.name.element(5)),
        "suffix": line(person.name.element(7)),
        **_address(person),
    }
    if dmg := person.first("DMG"):
        if born := day(dmg.element(2)):
            values["birth_date"] = born
        values["sex"] = dmg.element(3).strip().upper() if dmg.element(3).strip().upper() in ("F", "M") else "U"
    return values


def _address(party: Party, prefix: str = "", second: bool = True) -> dict[str, str]:
    n3, n4 = party.first("N3"), party.first("N4")
    values = {}
    if n3:
        values[f"{prefix}address_line1"] = line(n3.element(1))
        if second:
            values[f"{prefix}address_line2"] = line(n3.element(2))
    if n4:
        values |= {f"{prefix}{name}": line(n4.element(n)) for name, n in (("city", 1), ("state", 2), ("zip", 3))}
    return values


def charges(claim: Claim837) -> list[dict[str, Any]]:
    """The lines as charges, numbered by REF*6R, else by LX."""
    found: dict[str, dict[str, Any]] = {}
    rendering = claim.claim.parties.get("82") or claim.billing.parties.get("85")
    for count, level in enumerate(claim.lines, 1):
        lx, control = level.first("LX"), level.first("REF", "6R")
        number = (control.element(2).strip() if control else "") or (lx.element(1).strip() if lx else "") or str(count)
        service = level.first("SV2") if claim.kind == INSTITUTIONAL else level.first("SV1")
        if service is None:
            other = level.first("SV1") or level.first("SV2")
            words = f"found {other.identifier}" if other else "found none"
            wanted = "SV2" if claim.kind == INSTITUTIONAL else "SV1"
            raise BadClaim(f"line {count}: expected a service in {wanted}, {words}")
        institutional = service.identifier == "SV2"
        code = composite(
            service, 2 if institutional else 1, 7, f"line {count}: {service.identifier}0{1 + institutional}"
        )
        amount = cents(service.element(3 if institutional else 2).strip() or "0")
        units_said = service.element(5 if institutional else 4).strip()
        unit_of_measure = service.element(4 if institutional else 3).strip()
        quantity = whole(units_said) if units_said else 1
        if amount is None or quantity is None:
            raise BadClaim(f"line {count}: expected an amount in dollars and cents and a quantity as numbers")
        date = level.first("DTP", "472")
        on = day(date.element(3).split("-")[0]) if date else None
        performer = level.parties.get("82") or rendering
        number = number if number not in found else f"{number}-{count}"
        found[number] = {
            "charge_number": number[:110],
            "service_date": on,
            "description": line(code[6]),
            "revenue_code": line(service.element(1)) if institutional else "",
            "procedure_code": line(code[1]),
            "modifiers": [modifier.strip() for modifier in code[2:6] if modifier.strip()],
            "units": 1 if unit_of_measure == "MJ" else quantity,
            "amount_cents": amount,
            "performer_npi": line(performer.number) if performer and performer.name.element(8) == "XX" else "",
        }
    first = min((c["service_date"] for c in found.values() if c["service_date"]), default=None) or _stated_day(claim)
    for charge in found.values():
        charge["service_date"] = charge["service_date"] or first
        if not charge["service_date"]:
            raise BadClaim("DTP*472: expected the date of service")
    return list(found.values())


def _stated_day(claim: Claim837) -> str | None:
    found = (claim.claim.first("DTP", qualifier) for qualifier in ("434", "435", "431"))
    return next((on for dtp in found if dtp and (on := day(dtp.element(3).split("-")[0][:8]))), None)


def span(claim: Claim837, charges: list[dict[str, Any]]) -> tuple[str, str | None]:
    """Start and end of the visit: of the statement and admission, else of the lines."""
    admitted, left = claim.claim.first("DTP", "435"), claim.claim.first("DTP", "096")
    period = claim.claim.first("DTP", "434")
    days = sorted(charge["service_date"] for charge in charges)
    started = moment(admitted.element(3)) if admitted else None
    ended = None
    if period:
        low, _, high = period.element(3).partition("-")
        started, ended = started or day(low), day(high or low)
    if left and left.element(2) == "D8":
        ended = day(left.element(3)) or ended
    elif left and ended and left.element(2) == "TM":
        ended = moment(ended.replace("-", "") + left.element(3).strip()[:4]) or ended
    cl1 = claim.claim.first("CL1")
    if cl1 and cl1.element(3).strip() == _STILL_HERE:
        ended = None
    started = started or (days[0] if days else None)
    if not started:
        raise BadClaim("DTP: expected the dates of the service")
    return started, ended or (days[-1] if days and days[-1] > started[:10] else None)


def setting(claim: Claim837, placed: str, charges: list[dict[str, Any]]) -> Setting:
    if claim.kind != INSTITUTIONAL:
        return terms().place_of_service.get(placed, Setting.CLINIC)
    if found := terms().bill_type.get(placed.zfill(2)[:2]):
        return found
    revenue = {charge["revenue_code"].zfill(4)[:3] for charge in charges}
    return next((setting for code, setting in terms().revenue.items() if code in revenue), Setting.CLINIC)


def codes(claim: Claim837, notes: list[str]) -> list[dict[str, str]]:
    """The codes of every HI, in their order; POA is said beside the words."""
    found = []
    for segment in claim.claim.all("HI"):
        for element in range(1, len(segment.elements) + 1):
            said = segment.element(element)
            if not said.strip():
                continue
            parts = [*segment.components(element), *[""] * 9]
            qualifier, code, poa = parts[0].strip(), parts[1].strip(), parts[8].strip()
            if qualifier in terms().no_code:
                continue
            known = terms().code.get(qualifier)
            if known is None or not code:
                if any(mark in said for mark in "><|^:") and segment.delimiters.component not in said:
                    raise BadClaim(f"HI0{element}: expected {segment.delimiters.component} between its components")
                notes.append("HI holds elements that are no qualifier with a code")
                continue
            system, kind, words = known
            display = "; ".join(filter(None, (words, f"present on admission {poa}" if poa else "")))
            found.append({"system": system, "code": code[:40], "display": display, "kind": kind})
    for level in claim.lines:
        if (service := level.first("SV1")) and (code := composite(service, 1, 2, "SV101")[1]):
            found.append({"system": "HCPCS or CPT", "code": code[:40], "display": "", "kind": "procedure"})
    return found


def coverages(claim: Claim837, source: str) -> list[dict[str, Any]]:
    """The destination payer and the others (loop 2320), in the order that SBR01 gives them."""
    order = {"P": 1, "S": 2, "T": 3}
    found: dict[int, dict[str, Any]] = {}
    for level in (claim.subscriber, *claim.others):
        sbr, payer, insured = level.first("SBR"), level.parties.get("PR"), level.parties.get("IL")
        if sbr is None or payer is None:
            continue
        sequence = order.get(sbr.element(1).strip(), 0)
        if sequence == 0 or sequence in found:
            sequence = next(number for number in range(4, 99) if number not in found)
        if sequence > 9:
            break
        related = sbr.element(2).strip() or (_related(claim) if level is claim.subscriber else "")
        values = {
            "sequence": sequence,
            "payer": {
                "source": source,
                "local_id": (payer.number or payer.family or "payer")[:120],
                "name": line(payer.family) or line(payer.number) or "payer",
                "payer_identifier": line(payer.number),
                "claim_filing_code": line(sbr.element(9)),
            },
            "group_number": line(sbr.element(3)),
            "plan_name": line(sbr.element(4)),
            "member_id": line(insured.number) if insured else "",
            "relationship": terms().relationship.get(related, "other" if related else "self"),
        }
        if insured:
            values |= {"subscriber_family_name": line(insured.family), "subscriber_given_name": line(insured.given)}
            values |= _address(insured, "subscriber_", second=False)
            dmg = insured.first("DMG")
            if dmg and (born := day(dmg.element(2))):
                values["subscriber_birth_date"] = born
        found[sequence] = values
    return [found[sequence] for sequence in sorted(found)]


def medicare_second(claim: Claim837) -> dict[str, str]:
    """Why Medicare is not the first payer (SBR05), as the visit keeps it; nothing where no coverage says it."""
    for level in (claim.subscriber, *claim.others):
        sbr = level.first("SBR")
        if sbr and sbr.element(1).strip() != "P" and re.fullmatch("1[2-6]|4[1237]", sbr.element(5).strip()):
            return {"msp_type": sbr.element(5).strip()}
    return {}


def _related(claim: Claim837) -> str:
    pat = claim.patient.first("PAT") if claim.patient else None
    return pat.element(1).strip() if pat else ""


def providers(claim: Claim837, source: str) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for level in (claim.claim, *claim.lines):
        for qualifier, party in level.parties.items():
            role = terms().role.get(qualifier)
            number = party.number or f"{party.family}, {party.given}".upper().strip(", ")
            if not role or not number:
                continue
            npi = party.number if party.name.element(8) == "XX" else ""
            fields = {"source": source, "local_id": number[:120], "npi": npi[:40]}
            fields |= {"family_name": line(party.family), "given_name": line(party.given)}
            found[role, number] = {"role": role, "provider": fields}
    return list(found.values())


def facility(claim: Claim837, source: str) -> dict[str, str] | None:
    """Who bills (loop 2010AA)."""
    billing = claim.billing.parties.get("85")
    if billing is None or not (billing.number or billing.family):
        return None
    tax = next((s for s in billing.others if s.identifier == "REF" and s.element(1) == "EI"), None)
    return {
        "source": source,
        "local_id": (billing.number or billing.family)[:120],
        "name": line(" ".join(filter(None, (billing.given, billing.family)))) or billing.number,
        "npi": line(billing.number) if billing.name.element(8) == "XX" else "",
        "tax_id": line(tax.element(2)) if tax else "",
        **_address(billing, second=False),
    }


def composite(segment: Segment, element: int, least: int, name: str) -> list[str]:
    """The components of an element, as many as asked for. Raises BadClaim where another separator was used."""
    said = segment.element(element)
    if segment.delimiters.component not in said and any(mark in said for mark in ">:|^<"):
        raise BadClaim(f"{name}: expected {segment.delimiters.component} between its components, as the ISA says")
    return [*segment.components(element), *[""] * least]
