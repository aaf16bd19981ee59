"""Leads an answer from the claim whose number it has to the one that it is of, among claims that follow each other.

- The payer after the billed one answers by the number of the first claim, though we billed it with a claim of its own:
  its answer is of that secondary claim, where that has left; without one, of the claim to the payer before it.
- A reversal has the number of the replacement, the void or the first claim, and the payer's number (CLP07) of what it
  takes back: it is of the claim whose answer has that number.

Source: 005010X221A1, CLP01 and CLP07; section 1.10.2.8 (reversal and correction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from store.models import Claim, Remittance, RemittanceClaim
from store.remits.matching import BACK, SENT, Match, match_lines, our_claim
from store.remits.places import From, known_place, payers_of, same_payer
from store.terms import RemittanceStatus
from store.x12.remittance import RemitClaim

_REVERSAL, _PREDETERMINATION = "22", "25"
_DEEPEST = 8
"""How many claims are followed from one to the next."""


@dataclass(frozen=True)
class _Link:
    """A claim that follows another: `place` is that of the payer that it bills; `sent` where it has left."""

    id: str
    follows_id: str
    kind: str
    place: int
    sent: bool


def in_their_chains(
    session: Session, claims: Sequence[RemitClaim], matches: Sequence[Match], payer: From
) -> list[Match]:
    """The matches of some claims of a payer, each with the claim of ours in its chain that it is of."""
    led = list(matches)
    reversals: list[int] = []
    for at, (claim, found) in enumerate(zip(claims, matches, strict=True)):
        if found.claim is None or claim.status == _PREDETERMINATION:
            continue
        if claim.status == _REVERSAL and claim.payer_number:
            reversals.append(at)
            continue
        place = known_place(found.claim.payers, replace(payer, status=claim.status))
        if place and place > found.claim.payers.billed and (to := _billed_at(session, found.claim.id, place)):
            led[at] = _led(session, claim, found, to)
    answered = _answered(session, [claims[at].payer_number for at in reversals], payer)
    for at in reversals:
        if to := _reversed_one(session, claims, led, at, answered):
            led[at] = _led(session, claims[at], led[at], to)
    return led


def relatives(session: Session, claim_id: str) -> list[str]:
    """The claims that one follows, the nearest first, then those that follow it or them."""
    before: list[str] = []
    one = session.get(Claim, claim_id)
    while one is not None and one.follows_id and one.follows_id not in before and len(before) < _DEEPEST:
        before.append(one.follows_id)
        one = session.get(Claim, one.follows_id)
    after = [link.id for link in _after(session, [claim_id, *before])]
    return [one for one in dict.fromkeys([*before, *after]) if one != claim_id]


def _led(session: Session, claim: RemitClaim, found: Match, to: str) -> Match:
    ours = our_claim(session, to)
    number = found.claim.number if found.claim else ""
    return replace(found, claim=ours, line_ids=match_lines(claim, ours), led_from=number)


def _billed_at(session: Session, claim_id: str, place: int) -> str:
    """The claim that left to the payer at a place, else to the last one before it, after this one; empty for none."""
    next_ones: list[_Link] = []
    for one in _after(session, [claim_id]):
        of_next = one.kind == "replacement" and any(before.id == one.follows_id for before in next_ones)
        next_ones += [one] if one.kind == "secondary" or of_next else []
    links = [one for one in next_ones if one.sent and one.place <= place]
    return max(reversed(links), key=lambda one: one.place).id if links else ""


def _after(session: Session, claim_ids: Sequence[str]) -> list[_Link]:
    """The claims that follow these, and those that follow them."""
    found: list[_Link] = []
    frontier = list(claim_ids)
    for _ in range(_DEEPEST):
        query = (
            select(Claim)
            .where(col(Claim.follows_id).in_(frontier))
            .order_by(col(Claim.created_at), col(Claim.claim_number))
        )
        known = {one.id for one in found} | set(claim_ids)
        next_ones = [
            _Link(one.id, one.follows_id or "", one.follows_as, payers_of(one.parties).billed, _left(one))
            for one in session.exec(query)
            if one.id not in known
        ]
        if not next_ones:
            break
        found += next_ones
        frontier = [one.id for one in next_ones]
    return found


def _left(claim: Claim) -> bool:
    return claim.status in SENT or (claim.status in BACK and claim.export_id is not None)


def _answered(session: Session, numbers: Sequence[str], payer: From) -> dict[tuple[str, int, int], list[str]]:
    """Our claims by the payer's number, charge and payment of what this payer answered of them, the last first."""
    query = (
        select(RemittanceClaim, Remittance)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.payer_number).in_(numbers),
            col(RemittanceClaim.claim_id).is_not(None),
            col(RemittanceClaim.status_code).not_in((_REVERSAL, _PREDETERMINATION)),
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at).desc(), col(RemittanceClaim.sequence).desc())
    )
    found: dict[tuple[str, int, int], list[str]] = {}
    for row, remittance in session.exec(query) if numbers else ():
        if row.claim_id and same_payer(payer, From("", remittance.payer_identifier, remittance.payer_name)):
            key = (row.payer_number, row.charge_cents, row.paid_cents)
            found.setdefault(key, []).append(row.claim_id)
    return found


def _reversed_one(
    session: Session,
    claims: Sequence[RemitClaim],
    matches: Sequence[Match],
    at: int,
    answered: dict[tuple[str, int, int], list[str]],
) -> str:
    """The claim of its chain whose answer a reversal takes back; empty where that is its own, or none is here."""
    reversal, found = claims[at], matches[at]
    assert found.claim is not None
    key = (reversal.payer_number, -reversal.charge_cents, -reversal.paid_cents)
    here = [
        match.claim.id
        for one, match in zip(claims, matches, strict=True)
        if match.claim
        and one.status not in (_REVERSAL, _PREDETERMINATION)
        and (one.payer_number, one.charge_cents, one.paid_cents) == key
    ]
    named = [*answered.get(key, ()), *here]
    if not named or found.claim.id in named:
        return ""
    return next((one for one in relatives(session, found.claim.id) if one in named), "")
