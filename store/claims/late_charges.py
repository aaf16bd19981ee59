"""Bills charges that came after a claim left: with all lines in its place, or what is new alone.

A replacement (frequency 7) has all lines; of an institutional claim, a bill of what is new alone (frequency 5) is
another way. What was credited since it left is told, and takes a replacement. Lines of a professional claim are the
coder's, so that its charges change when the visit is coded again.

Source: data element 1325 (frequency).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.build import BuiltClaim, build_in, parts_of
from store.claims.chart import Chart, compose_parties, read_chart
from store.claims.content import BilledLine, ClaimContent, Parties
from store.claims.facility import BadExtra
from store.claims.followers import FOLLOWS_LATE, FOLLOWS_REPLACEMENT
from store.claims.following import CannotFollow, ensure_unfollowed, follow_one, write_follower
from store.claims.next_payers import billed_before
from store.database import Change, Database
from store.ledger.charges import give_up
from store.models import Charge, Claim, ClaimExport, Coding
from store.settings import load_settings
from store.terms import ClaimStatus

_BILLED = (ClaimStatus.EXPORTED, ClaimStatus.PATIENT)


def bill_late_charges(
    db: Database, actor: Actor, claim_id: str, new_only: bool = False, operation_id: str | None = None
) -> BuiltClaim:
    """Build the claim of charges that came after a claim left: a replacement, or with `new_only` of what is new alone.

    Its notes say what was credited since. One that is billed to the patient is given up and built with them: nobody has
    to be told what it replaces. Raises CannotFollow where nothing is another or nothing is left to bill, and
    where only what is new is asked for of a professional claim or of one that something was credited of.
    """

    def late(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        if first := billed_before(change.session, [claim.id]).get(claim.id):
            number = change.session.get_one(Claim, first).claim_number
            raise CannotFollow(f"{claim.claim_number} bills a next payer", f"late charges are billed with {number}")
        ensure_unfollowed(change.session, claim, FOLLOWS_LATE, FOLLOWS_REPLACEMENT)
        chart, parties = _chart(change.session, claim)
        parts = parts_of(chart, parties)
        if claim.status is ClaimStatus.PATIENT:
            return _billed_anew(change, claim, content, [line for part in parts for line in part.lines])
        if len(parts) > 1:
            raise CannotFollow(
                f"{claim.claim_number}: its charges take {len(parts)} claims; code it again to divide it"
            )
        now = parts[0].lines if parts else ()
        new, credited = _new_lines(content.lines, now)
        if not new and not credited:
            raise CannotFollow(f"{claim.claim_number}: {_nothing_new(change.session, claim)}")
        if new_only and claim.form != "837i":
            raise CannotFollow(f"{claim.claim_number}: a professional claim is replaced whole (frequency 7)")
        if new_only and credited:
            raise CannotFollow(
                f"{claim.claim_number}: a bill of what is new takes nothing back, and {'; '.join(credited)}",
                f"`codedesk claims late {claim.claim_number}` replaces it whole",
            )
        if not now:
            raise CannotFollow(
                f"{claim.claim_number}: nothing is left to bill: {'; '.join(credited)}",
                f"`codedesk claims void {claim.claim_number} --reason WHY` voids it with the payer",
            )
        if new_only:
            lines = tuple(replace(line, sequence=place) for place, line in enumerate(new, 1))
            return write_follower(change, claim, parties, lines, "5", FOLLOWS_LATE, content)
        parties = replace(parties, original_reference=claim.payer_number, build_notes=credited)
        built = write_follower(change, claim, parties, now, "7", FOLLOWS_REPLACEMENT, content)
        return replace(built, notes=credited)

    return follow_one(db, actor, claim_id, operation_id, "claim.late_charges", late, _BILLED)


def _chart(session: Session, claim: Claim) -> tuple[Chart, Parties]:
    chart = read_chart(session, session.get_one(Coding, claim.coding_id))
    if chart.facility is None:
        raise CannotFollow(f"{claim.claim_number}: the encounter names no facility any more")
    try:
        return chart, compose_parties(chart, load_settings())
    except BadExtra as error:
        raise CannotFollow(f"{claim.claim_number}: {error}") from None


def _billed_anew(change: Change, claim: Claim, content: ClaimContent, now: Sequence[BilledLine]) -> BuiltClaim:
    new, credited = _new_lines(content.lines, now)
    if not new and not credited:
        raise CannotFollow(f"{claim.claim_number}: {_nothing_new(change.session, claim)}")
    why = "its charges are others now"
    claim.status = ClaimStatus.VOID
    change.session.add(claim)
    give_up(change, claim, why)
    change.log("claim.void", "claim", claim.id, number=claim.claim_number, reason=why)
    change.session.flush()
    report = build_in(change, claim.coding_id)
    if report.not_built:
        raise CannotFollow(f"{claim.claim_number}: {report.not_built[0].reason}")
    return replace(report.built[0], replaces=claim.claim_number, notes=(*report.built[0].notes, *credited))


def _new_lines(sent: Sequence[BilledLine], now: Sequence[BilledLine]) -> tuple[list[BilledLine], tuple[str, ...]]:
    """The lines of the chart beyond those that left, of like ones what came on top; and what was credited, in words."""

    def key(line: BilledLine) -> tuple[Any, ...]:
        return line.revenue_code, line.code, line.modifiers, line.service_date

    changed: dict[tuple[Any, ...], list[int]] = {}
    lines = {key(line): line for line in (*sent, *reversed(now))}
    for sign, some in ((1, now), (-1, sent)):
        for line in some:
            sums = changed.setdefault(key(line), [0, 0])
            sums[0] += sign * line.units
            sums[1] += sign * line.charge_cents
    new = [
        replace(lines[one], units=max(units, 1), charge_cents=cents)
        for one, (units, cents) in changed.items()
        if cents > 0
    ]
    credited = [
        f"{' '.join(filter(None, (one[0], one[1], one[3])))} was credited {-cents / 100:,.2f} since it left"
        for one, (_, cents) in changed.items()
        if cents < 0
    ]
    return new, tuple(credited)


def _nothing_new(session: Session, claim: Claim) -> str:
    """Why no late charge can be billed: of a professional claim also what its coder has not taken up yet."""
    left = session.exec(select(ClaimExport.exported_at).where(ClaimExport.id == claim.export_id)).first() or ""
    late = select(Charge.amount_cents).where(
        Charge.encounter_id == claim.encounter_id, Charge.posted_at > left, col(Charge.procedure_code) != ""
    )
    cents = session.exec(late).all() if left and claim.form == "837p" else ()
    if not cents:
        return "no charge came since it left"
    parts = (("charged", sum(one for one in cents if one > 0)), ("credited", -sum(one for one in cents if one < 0)))
    told = " and ".join(f"{amount / 100:,.2f} {what}" for what, amount in parts if amount)
    return f"{told or 'a charge'} since it left is not in its codes: code the visit again, and building replaces it"
