"""The segments of a claim, each with the field it states: as they left, or as they would leave now.

What left is read from the file that is kept, by the map that was kept with it. A claim that has not left is written for
the eye alone; nothing is stored.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from store import access
from store.actors import Actor
from store.claims.content import UnknownClaim, content_of
from store.claims.export import FORMS
from store.database import Database
from store.models import Claim, ClaimExport
from store.x12.loops837 import FUNCTIONAL_ID
from store.x12.tokenizer import segments
from store.x12.writer import Envelope, X12Unwritable

_DRAWN = datetime(2000, 1, 1)


@dataclass(frozen=True)
class ClaimSegment:
    """One segment: its set (ST02), position there (ST is 1), the field it states, its text without terminator."""

    transaction: str
    position: int
    field: str
    text: str


@dataclass(frozen=True)
class ClaimSegments:
    """The segments of a claim; `file_name` is the file it left in, empty where it has not left."""

    file_name: str
    rows: tuple[ClaimSegment, ...]


def claim_segments(db: Database, actor: Actor, claim_id: str) -> ClaimSegments:
    """The segments of a claim for the person at the keyboard; logged. Raises UnknownClaim, ChartRestricted."""
    access.look(db, actor, "claim.view", "claim", [claim_id], what="segments")
    with db.reading() as session:
        return segments_of(session, claim_id)


def segments_of(session: Session, claim_id: str) -> ClaimSegments:
    """The segments of one claim; none for one that cannot be written. Raises UnknownClaim."""
    claim = session.get(Claim, claim_id)
    if claim is None:
        raise UnknownClaim(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
    export = session.get(ClaimExport, claim.export_id) if claim.export_id else None
    if export is not None:
        return ClaimSegments(export.file_name, tuple(_as_left(export, claim.claim_number)))
    return ClaimSegments("", tuple(_as_would_leave(session, claim)))


def _as_left(export: ClaimExport, number: str) -> list[ClaimSegment]:
    if not export.content:  # a made-up year keeps no files
        return []
    wanted = {(place[0], place[1]): place[3] for place in export.segments if place[2] == number}
    found, control, position = [], "", 0
    for one in segments(zlib.decompress(export.content), []):
        position += 1
        if one.identifier == "ST":
            control, position = one.element(2), 1
        if field := wanted.get((control, position)):
            text = one.delimiters.element.join((one.identifier, *one.elements))
            found.append(ClaimSegment(control, position, field, text))
    return found


def _as_would_leave(session: Session, claim: Claim) -> list[ClaimSegment]:
    content, writing, out = content_of(session, claim), FORMS[claim.form], io.BytesIO()
    if content.parties.coverage is None or (claim.form == "837i" and content.parties.facility_bill is None):
        return []
    envelope = Envelope("DRAFT", "DRAFT", "T", 1, 1, _DRAWN, FUNCTIONAL_ID, writing.VERSION)
    try:
        writer = writing.write_interchange(out, [content], envelope, 1)
    except X12Unwritable:
        return []
    lines = [line.rstrip("~") for line in out.getvalue().decode("ascii").splitlines()][2:]
    return [
        ClaimSegment(place.transaction, place.position, place.field, text)
        for place, text in zip(writer.places, lines, strict=False)
        if place.claim
    ]
