"""Tells where a payer states another charge than ours, of a claim (CLP03) or of a line (SVC02).

It holds nothing and moves no cent: what was billed is in our record, what the payer took in is in the remittance, and a
biller asks why. Lines that the payer answers in several are told by their sum; a reversal states charges below zero.
"""

from __future__ import annotations

from collections import defaultdict

from store.remits.matching import Match
from store.x12.remittance import RemitClaim

_MOST_LINES = 3


def charge_differences(claim: RemitClaim, found: Match) -> list[str]:
    """The payer's charge beside ours, first of the claim, then of some lines; none where ours was not found."""
    if found.claim is None:
        return []
    told = []
    if abs(claim.charge_cents) != found.claim.total_cents:
        told.append(f"charge {abs(claim.charge_cents) / 100:,.2f}, ours {found.claim.total_cents / 100:,.2f}")
    stated: dict[str, int] = defaultdict(int)
    for line, ours in zip(claim.lines, found.line_ids, strict=True):
        if ours:
            stated[ours] += line.charge_cents
    lines = [
        f"line {one.sequence} charge {abs(stated[one.id]) / 100:,.2f}, ours {one.charge_cents / 100:,.2f}"
        for one in found.claim.lines
        if one.id in stated and abs(stated[one.id]) != one.charge_cents
    ]
    more = [f"and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return told + lines[:_MOST_LINES] + more
