"""What a message brings to the chart: documents (TXA, OBX), results as reports (OBR), charges (FT1) and codes (DG1,
PR1, DRG). Codes are the sender's, kept as evidence in the system that the sender names.

Source: HL7 v2.5.1 chapters 6.5 (FT1, DG1, PR1, DRG), 7.4 (OBR, OBX) and 9.6 (TXA).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from store.intake.charges import Posting, posting
from store.intake.hl7v2.interface import Interface
from store.intake.hl7v2.message import BadMessage, Message, Segment, part, unescape
from store.intake.hl7v2.values import coded, day, dollars, line, moment, whole, whole_cents
from store.intake.statement import NO_TEXT

_REPLACES = ("T09", "T10")
_CANCELS = ("T11",)
_READABLE = ("TEXT", "PLAIN", "HTML", "XML", "RTF")


def document(message: Message, interface: Interface) -> dict[str, Any] | None:
    """The document of an MDM message, or None where it has no number; without text where the message has none.

    A replacement (T09, T10) becomes the next version of the document that it replaces.
    """
    txa = message.first("TXA")
    if txa is None:
        return None
    trigger = message.event.partition("^")[2]
    parent = txa.text(13) or txa.text(13, 3)
    number = (parent if trigger in _REPLACES and parent else "") or txa.text(12) or txa.text(12, 3)
    if not number:
        return None
    kind = interface.document_type.get(txa.text(2).upper())
    values: dict[str, Any] = {
        "document_number": number[:120],
        "type_code": kind.code if kind else "",
        "type_name": kind.name if kind else line(txa.text(2, 2) or txa.text(2) or "Document"),
        "author": person(txa, 9) or person(txa, 5),
        "authored_at": moment(txa.text(6)) or moment(txa.text(4)),
        "authenticated_by": person(txa, 22),
        "status": interface.document_status.get(txa.text(17).upper(), "IP" if txa.says(17) else "AU"),
        "text": observations(message.all("OBX"), interface),
    }
    if signed := moment(part(txa.raw(22), txa.marks, 15)):
        values["authenticated_at"] = signed
    if parent and parent != number:
        values["title"] = line(f"Addendum to {parent}")
    if trigger in _CANCELS:
        values["text"] = "Canceled by the sender."
    return values


def reports(message: Message, interface: Interface) -> Iterator[dict[str, Any]]:
    """Each OBR of a result with its observations and notes, as a document numbered by its filler order."""
    seen: set[str] = set()
    for obr, under in _groups(message.segments, "OBR"):
        text = observations(under, interface)
        number = obr.text(3) or obr.text(2)
        if not text or not number or number in seen:
            continue
        seen.add(number)
        code, words, system = coded(obr, 4)
        yield {
            "document_number": number[:120],
            "type_code": code if system in ("LN", "LOINC") else "",
            "type_name": words or line(code) or "Result",
            "author": line(obr.text(32, 1, 2) and f"{obr.text(32, 1, 3)} {obr.text(32, 1, 2)}"),
            "authored_at": moment(obr.text(22)) or moment(obr.text(7)),
            "status": interface.document_status.get(obr.text(25).upper(), "AU"),
            "text": text,
        }


def observations(segments: Iterable[Segment], interface: Interface) -> str:
    """OBX and NTE as lines of text: words as they are, values with their name, unit, range and flag."""
    lines: list[str] = []
    for segment in segments:
        if segment.name == "NTE":
            lines += [unescape(r, segment.marks) for r in segment.repetitions(3)]
        elif segment.name == "OBX":
            lines += _observation(segment, interface)
    return "\n".join(lines).strip("\n")


def words(obx: Segment, interface: Interface) -> str:
    """What one observation says, without the name of what was observed: text as it is, a code's words, a value."""
    kind = obx.text(2).upper()
    if kind in ("ED", "RP") or kind in interface.narrative_types:
        return "\n".join(_observation(obx, interface)).strip()
    if kind in ("CWE", "CE", "CNE", "CF"):
        return ", ".join(part(r, obx.marks, 2) or part(r, obx.marks) for r in obx.repetitions(5))
    return line(obx.block(5))


@dataclass(frozen=True)
class Charges:
    """What FT1 posts and takes back, in its order, and what was not taken as it stands there."""

    postings: list[Posting]
    notes: list[str]


def charges(message: Message, interface: Interface) -> Charges:
    """What is posted and taken back, from FT1. Raises BadMessage with those that cannot be read.

    Money is taken whole or not at all: a sender that is told of an error sends the message again. A charge of units or
    an amount below zero is a credit, whatever its type says: many systems take a charge back so. Two charges under one
    number in one message are two charges: the second gets a number of its own, and so does the second of two credits.
    A price of one unit is multiplied as it is and rounded once.
    """
    postings: list[Posting] = []
    standing: set[tuple[str, bool]] = set()
    problems, notes = [], []
    for count, ft1 in enumerate(message.all("FT1"), 1):
        kind = ft1.text(6).upper()
        if kind not in interface.charge_types | interface.credit_types:
            notes.append(f"FT1 of type {line(kind)[:40] or 'none'} is not used (FT1-6)")
            continue
        units = whole(ft1.text(10)) if ft1.says(10) else 1
        amount, rounded = _amount(ft1, units)
        stated = ft1.text(4) if ft1.says(4) else message.text("PV1-44") or message.text("EVN-2")
        date = day(stated)
        wrong = "FT1-4: a date" if date is None else "FT1-10: a whole number of units" if units is None else ""
        priced = next((field for field in (11, 12) if ft1.says(field)), 0)
        if not wrong and priced and amount is None:
            wrong = f"FT1-{priced}: an amount of {'US dollars' if dollars(ft1, priced) is None else 'whole cents'}"
        if wrong:
            problems.append(f"charge {count}: expected {wrong}")
            continue
        number = (ft1.text(2) or f"{message.control_id or 'message'}-{count}")[:110]
        if rounded:
            notes.append(f"charge {number}: {rounded}")
        credit = kind in interface.credit_types or min(units or 0, amount or 0) < 0
        twice = (number, credit) in standing
        standing = standing - {(number, not credit)} | {(number, credit)}
        fields = {
            "charge_number": f"{number}-{count}" if twice else number,
            "service_date": date,
            "description": line(ft1.text(8) or ft1.text(7, 2) or ft1.text(25, 2)),
            "department": line(ft1.text(13, 2) or ft1.text(13)),
            "revenue_code": line(revenue(ft1, interface)),
            "procedure_code": line(ft1.text(25)),
            "modifiers": [code for r in ft1.repetitions(26)[:4] if (code := part(r, ft1.marks)[:20])],
            "units": units,
            "amount_cents": amount or 0,
        }
        postings.append(posting(fields, credit, or_number=number))
    if problems:
        raise BadMessage("; ".join(problems))
    return Charges(postings, notes)


def _amount(ft1: Segment, units: int | None) -> tuple[int | None, str]:
    """Cents of a charge: its extended amount, else that of a unit times its units, half a cent up; how it was rounded.

    An extended amount with a fraction of a cent is none.
    """
    if ft1.says(11):
        extended = dollars(ft1, 11)
        return (None if extended is None else whole_cents(extended)), ""
    unit = dollars(ft1, 12) if ft1.says(12) else None
    if unit is None or units is None:
        return None, ""
    exact = unit * units
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    told = f"{units} x {unit} is {exact}, posted as {rounded}" if rounded != exact else ""
    return whole_cents(rounded), told


def revenue(ft1: Segment, interface: Interface) -> str:
    """The revenue code, from the field of FT1 that the interface names."""
    name, _, rest = interface.revenue_code.partition("-")
    return ft1.text(*(int(number) for number in rest.split("."))) if name == "FT1" else ""


def source_codes(message: Message, interface: Interface) -> Iterator[dict[str, str]]:
    """Every code that the sender gave: diagnoses, procedures, the DRG, and reasons of orders."""
    for dg1 in message.all("DG1"):
        code, words, system = coded(dg1, 3)
        poa = _poa(dg1, interface)
        display = line(words or dg1.text(4)) + (f" (present on admission {poa})" if poa else "")
        yield from _code(interface, code, display, system or dg1.text(2), "diagnosis")
    for pr1 in message.all("PR1"):
        code, words, system = coded(pr1, 3)
        yield from _code(interface, code, words or line(pr1.text(4)), system or pr1.text(2), "procedure")
    for drg in message.all("DRG"):
        code, words, _ = coded(drg, 1)
        yield from _code(interface, code, words, "MS-DRG", "drg")
    for ft1 in message.all("FT1"):
        for raw in ft1.repetitions(19):
            code, words, system = coded(ft1, 19, raw)
            yield from _code(interface, code, words, system, "diagnosis")
    for obr in message.all("OBR"):
        for raw in obr.repetitions(31):
            code, words, system = coded(obr, 31, raw)
            yield from _code(interface, code, words, system, "reason")


def person(segment: Segment, number: int) -> str:
    """The name in an XCN as people write it."""
    given, family = segment.text(number, 3), segment.text(number, 2)
    return line(" ".join(filter(None, (given, family))) or segment.text(number))


def _code(interface: Interface, code: str, words: str, system: str, kind: str) -> Iterator[dict[str, str]]:
    code = line(code)
    if code or words:
        name = interface.code_system.get(system.upper(), system)
        yield {"system": line(name), "code": code, "display": line(words), "kind": kind}


def _poa(dg1: Segment, interface: Interface) -> str:
    for path in interface.poa:
        name, _, rest = path.partition("-")
        if name == "DG1" and (value := dg1.text(*(int(number) for number in rest.split(".")))):
            return value[:1].upper()
    return ""


def _groups(segments: Sequence[Segment], name: str) -> Iterator[tuple[Segment, list[Segment]]]:
    """Each segment of a name with those that follow it, up to the next one."""
    head: Segment | None = None
    under: list[Segment] = []
    for segment in segments:
        if segment.name == name:
            if head is not None:
                yield head, under
            head, under = segment, []
        elif head is not None:
            under.append(segment)
    if head is not None:
        yield head, under


def _observation(obx: Segment, interface: Interface) -> list[str]:
    kind = obx.text(2).upper()
    if kind in ("ED", "RP"):
        return [_encapsulated(obx, kind)]
    if kind in interface.narrative_types:
        return [unescape(one, obx.marks).rstrip() for one in obx.repetitions(5)]
    name = line(obx.text(3, 2) or obx.text(3))
    if kind in ("CWE", "CE", "CNE", "CF"):
        value = ", ".join(part(r, obx.marks, 2) or part(r, obx.marks) for r in obx.repetitions(5))
    else:
        value = line(obx.block(5))
    if not value:
        return []
    unit, within, flag = obx.text(6), obx.text(7), obx.text(8)
    tail = f" {unit}" * bool(unit) + f" ({within})" * bool(within) + f" {flag}" * bool(flag)
    return [f"{name}: {value}{tail}" if name else f"{value}{tail}"]


def _encapsulated(obx: Segment, kind: str) -> str:
    """Text inside an ED in base64; anything else becomes a pointer in words."""
    if kind == "RP":
        return f"not readable here: a document at {line(obx.text(5))}"
    subtype, encoding = obx.text(5, 3), obx.text(5, 4).upper()
    data = part(obx.raw(5), obx.marks, 5)
    if data and any(word in f"{obx.text(5, 2)} {subtype}".upper() for word in _READABLE):
        try:
            raw = base64.b64decode("".join(data.split()), validate=True) if encoding == "BASE64" else data.encode()
            return raw.decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return "not readable here: its attachment is not base64"
    return f"not readable here: {line(subtype)}" if subtype else NO_TEXT
