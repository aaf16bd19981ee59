"""What claims and lines of both forms begin with, and the drug of a line.

Source: 005010X222A1 and 005010X223A2, loop 2300 (CLM, PWK, AMT, REF, NTE), loop 2400 (LX) and loop 2410.
"""

from __future__ import annotations

from collections.abc import Iterable

from store.claims.content import BilledLine, ClaimContent
from store.claims.details import Details, LineDetails
from store.x12.loops837.parties import REFERENCE, attachments, digits, references
from store.x12.writer import Element, SegmentWriter, amount

NOTE = 80


def begin_claim(
    writer: SegmentWriter,
    claim: ClaimContent,
    place: Element,
    details: Details,
    signature: str = "",
    cause: Element = "",
    program: str = "",
) -> None:
    """CLM: `place` is CLM05; signature, cause and program are those of professional claims alone."""
    assured = claim.parties.assurances
    writer.put(
        "CLM",
        claim.claim_number,
        amount(claim.total_cents),
        "",
        "",
        place,
        signature,
        assured.accepts_assignment,
        assured.benefits_assigned,
        assured.release_of_information,
        "",
        cause,
        program,
        *("", "", "", "", "", "", ""),
        details.delay_reason,
        claim=claim.claim_number,
        field="claim",
    )


def support_claim(
    writer: SegmentWriter,
    claim: ClaimContent,
    details: Details,
    money: tuple[str, int, str],
    numbers: Iterable[tuple[str, str, str]],
) -> None:
    """PWK, AMT, REF and NTE: `money` is qualifier, cents and field of the one amount, `numbers` are the references."""
    number = claim.claim_number
    attachments(writer, details.attachments, number, "details")
    qualifier, cents, field = money
    if cents:
        writer.put("AMT", qualifier, amount(cents), claim=number, field=field)
    references(writer, numbers, number)
    if details.note.strip():
        writer.put("NTE", details.note_kind, details.note, claim=number, field="details.note", most=NOTE)


def procedure_of(writer: SegmentWriter, line: BilledLine, details: LineDetails, number: str, field: str) -> Element:
    """SV101 or SV202: the code with at most four modifiers, and what it is for codes that say it of nothing by name."""
    code: list[str] = ["HC", line.code, *line.modifiers[:4]]
    if details.description:
        code += [""] * (6 - len(code)) + [writer.text(details.description, number, f"{field}.description", NOTE)]
    return code


def drug(writer: SegmentWriter, line: BilledLine, number: str, field: str) -> None:
    """Loop 2410: the NDC of a drug with its quantity."""
    if line.details is None or (given := line.details.drug) is None:
        return
    writer.put("LIN", "", "N4", digits(given.ndc), claim=number, field=f"{field}.drug.ndc")
    writer.put("CTP", "", "", "", given.quantity, [given.unit], claim=number, field=f"{field}.drug.quantity")
    if given.prescription.strip():
        writer.put("REF", "XZ", given.prescription, claim=number, field=f"{field}.drug.prescription", most=REFERENCE)
