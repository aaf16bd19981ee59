"""What a claim of an outside coder says here: a visit that is over, its charges, insurances and source codes.

A visit is known by its sender (NM1*41, else GS02) and claim number (CLM01); a patient by the medical record number
(REF*EA), else by the member id. A claim of frequency 8 cancels its visit. Source: X222A1 and X223A2, loop 2300.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from codesets.errors import UnreadableInput
from store.intake.files import NotTakenIn
from store.intake.hl7v2.values import cents, line
from store.intake.outside import parts
from store.intake.outside.parts import BadClaim
from store.intake.statement import Statement, Step
from store.intake.unit import Unit, refused
from store.intake.writer import Raw
from store.terms import PatientClass, Setting
from store.x12.claims837 import INSTITUTIONAL, Claim837, NotA837, claims
from store.x12.tokenizer import Note, Segment, Transaction, transactions

KIND = "x12"
_CLASS = {Setting.INPATIENT: PatientClass.INPATIENT, Setting.EMERGENCY: PatientClass.EMERGENCY}


def units(stream: BinaryIO) -> Iterator[Unit]:
    """The claims of a file. Raises NotTakenIn where there is no interchange that can be read."""
    notes: list[Note] = []
    number = 0
    try:
        for transaction in transactions(stream, notes):
            for unit in _units_of(transaction):
                number += 1
                yield unit
        for note in notes[:20]:
            yield Unit("", Raw(KIND, b""), notes=(note.message,))
    except UnreadableInput as error:
        if number == 0:
            raise NotTakenIn(f"{error.message}; {error.remedy}" if error.remedy else error.message) from None
        yield refused(f"after claim {number}", KIND, b"", error.message)


def unit(content: bytes, place: str) -> Unit:
    """One claim out of the interchange that was kept of it."""
    try:
        found = [one for transaction in transactions(content, []) for one in _units_of(transaction)]
    except UnreadableInput as error:
        return refused(place, KIND, content, error.message)
    return found[0] if found else refused(place, KIND, content, "it holds no claim")


def _units_of(transaction: Transaction) -> Iterator[Unit]:
    try:
        for claim in claims(transaction):
            yield _unit(claim, transaction)
    except NotA837 as error:
        yield Unit(f"transaction {transaction.segments[0].element(2)}", Raw(KIND, b""), passed_over=str(error))


def _unit(claim: Claim837, transaction: Transaction) -> Unit:
    segments = claim.segments()
    place = f"segment {claim.own_segments()[0].number}, claim {line(claim.number)[:60]}"
    kept = _interchange(transaction, segments)
    notes: list[str] = []
    try:
        said = _statement(claim, transaction, notes)
    except BadClaim as error:
        return refused(place, KIND, kept, str(error))
    digest = hashlib.sha256("\n".join("*".join((s.identifier, *s.elements)) for s in segments).encode()).hexdigest()
    raw = Raw(KIND, kept, f"{said.source}|{said.visit_number}"[:400], digest)
    return Unit(place, raw, (said,), notes=tuple(dict.fromkeys(notes)))


def _statement(claim: Claim837, transaction: Transaction, notes: list[str]) -> Statement:
    clm = claim.claim.first("CLM")
    if clm is None or not claim.number:
        raise BadClaim("CLM01: expected the number of the claim")
    sender = claim.header.parties.get("41")
    source = (sender.number if sender else "") or (transaction.gs.element(2) if transaction.gs else "") or "x12"
    placed, frequency = parts.composite(clm, 5, 3, "CLM05")[0].strip(), parts.composite(clm, 5, 3, "CLM05")[2].strip()
    charges = parts.charges(claim)
    started, ended = parts.span(claim, charges)
    setting = parts.setting(claim, placed, charges)
    values: dict[str, Any] = {
        "patient": parts.patient(claim, source[:120]),
        "account": {"source": source[:120], "account_number": claim.number[:120]},
        "setting": setting,
        "patient_class": _CLASS.get(setting, PatientClass.OUTPATIENT),
        "started_at": started,
        "charges": charges,
        "source_codes": parts.codes(claim, notes),
        "coverages": parts.coverages(claim, source[:120]),
        "providers": parts.providers(claim, source[:120]),
        "tasks": ["facility" if claim.kind == INSTITUTIONAL else "professional"],
        "extra": ({"claim_frequency": frequency} if frequency else {}) | parts.medicare_second(claim),
    }
    if claim.kind != INSTITUTIONAL and placed:
        values["place_of_service"] = placed[:2]
    if ended:
        values["ended_at"] = ended
    if facility := parts.facility(claim, source[:120]):
        values["facility"] = facility
    if cl1 := claim.claim.first("CL1"):
        named = (("admission_type", 1), ("point_of_origin", 2), ("discharge_disposition", 3))
        values |= {name: cl1.element(n).strip() for name, n in named if cl1.element(n).strip()}
    total, stated = sum(charge["amount_cents"] for charge in charges), cents(clm.element(2))
    if stated is not None and stated != total:
        notes.append("CLM02 is not the sum of the lines")
    step = Step.CANCEL if frequency == "8" else Step.CLOSE
    known_only = "the claim that it voids is not here" if step == Step.CANCEL else ""
    return Statement(source[:120], claim.number[:120], values, step, {}, (), known_only)


def _interchange(transaction: Transaction, segments: list[Segment]) -> bytes:
    """The claim alone in an interchange of its own, without passwords and social security numbers."""
    marks = transaction.isa.delimiters
    isa = [*transaction.isa.elements, *[""] * 16][:16]
    for place in (1, 3):
        isa[place] = " " * 10
    st = transaction.segments[0]
    body = [s for s in segments if not (s.identifier == "REF" and s.element(1) == "SY")]
    gs = [("GS", *transaction.gs.elements)] if transaction.gs else []
    rows = [("ISA", *isa), *gs, ("ST", *st.elements), *((s.identifier, *s.elements) for s in body)]
    rows.append(("SE", str(len(body) + 2), st.element(2)))
    if transaction.gs:
        rows.append(("GE", "1", transaction.gs.element(6)))
    rows.append(("IEA", "1", transaction.isa.element(13)))
    return "".join(marks.element.join(row) + marks.segment for row in rows).encode()
