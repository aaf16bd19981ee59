"""Who is named on a claim, and the small segments that stand everywhere: NM1, N3, N4, DMG, PRV, REF, PWK.

Source: 005010X222A1 and 005010X223A2, loops 1000A to 2430; element lengths from the data elements of X12.
"""

from __future__ import annotations

from collections.abc import Iterable

from store.claims.content import BilledLine, Insured
from store.claims.details import Attachment
from store.claims.people import Address, Practitioner
from store.x12.writer import SegmentWriter, day

NAME, _GIVEN, _STREET, _CITY, REFERENCE = 60, 35, 55, 30, 50


def organization(
    writer: SegmentWriter, role: str, name: str, qualifier: str, identifier: str, number: str, field: str
) -> None:
    """NM1 of an organization, with its identifier where it has one."""
    qualified = (qualifier, identifier) if identifier else ("", "")
    writer.put("NM1", role, "2", name, "", "", "", "", *qualified, claim=number, field=field, most=NAME)


def person_named(
    writer: SegmentWriter, role: str, person: Insured, number: str, field: str, member_id: str = ""
) -> None:
    """NM1 of a patient or subscriber, with the member id where there is one."""
    text = writer.text
    writer.put(
        "NM1",
        role,
        "1",
        text(person.family_name, number, f"{field}.family_name", NAME),
        text(person.given_name, number, f"{field}.given_name", _GIVEN),
        text(person.middle_name, number, f"{field}.middle_name", 25),
        "",
        text(person.suffix, number, f"{field}.suffix", 10),
        "MI" if member_id else "",
        member_id,
        claim=number,
        field=field,
    )


def practitioner(writer: SegmentWriter, role: str, who: Practitioner, number: str, field: str) -> None:
    """NM1 of a clinician."""
    text = writer.text
    writer.put(
        "NM1",
        role,
        "1",
        text(who.family_name, number, f"{field}.family_name", NAME),
        text(who.given_name, number, f"{field}.given_name", _GIVEN),
        "",
        "",
        "",
        "XX" if who.npi else "",
        who.npi,
        claim=number,
        field=field,
    )


def taxonomy(writer: SegmentWriter, role: str, who: Practitioner, number: str, field: str) -> None:
    """PRV of a clinician (PE performing, AT attending), where a taxonomy code is known."""
    if who.taxonomy.strip():
        writer.put("PRV", role, "PXC", who.taxonomy, claim=number, field=f"{field}.taxonomy")


def address_of(writer: SegmentWriter, address: Address, number: str, field: str) -> None:
    """N3 and N4."""
    place = f"{field}.address"
    writer.put("N3", address.line1, address.line2, claim=number, field=place, most=_STREET)
    writer.put("N4", address.city, address.state, digits(address.zip), claim=number, field=place, most=_CITY)


def demographics(writer: SegmentWriter, person: Insured, number: str, field: str) -> None:
    """DMG; the guide knows F, M and U, so X is written as U."""
    sex = person.sex if person.sex in ("F", "M") else "U"
    writer.put("DMG", "D8", day(person.birth_date), sex, claim=number, field=f"{field}.birth_date")


def references(
    writer: SegmentWriter, wanted: Iterable[tuple[str, str, str]], number: str, most: int = REFERENCE
) -> None:
    """REF segments: qualifier, value and field of each; those without a value are left out."""
    for qualifier, value, field in wanted:
        if value.strip():
            writer.put("REF", qualifier, value, claim=number, field=field, most=most)


def attachments(writer: SegmentWriter, wanted: Iterable[Attachment], number: str, field: str) -> None:
    """PWK of loop 2300 or 2400."""
    for one in wanted:
        numbered = ("AC", one.number) if one.number else ("", "")
        writer.put("PWK", one.kind, one.transmission, "", "", *numbered, claim=number, field=f"{field}.attachment")


def service_period(line: BilledLine) -> tuple[str, str]:
    """DTP02 and DTP03 of a line: one day, or the first and the last."""
    first, last = day(line.service_date), day(line.service_through)
    return ("RD8", f"{first}-{last}") if last and last != first else ("D8", first)


def digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(c for c in text if c in "0123456789")


def undotted(code: str) -> str:
    """An ICD-10 code as HI carries it."""
    return code.replace(".", "").strip().upper()
