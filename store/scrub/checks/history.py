"""Checks of a claim among the others: its number, and services that were billed before."""

from __future__ import annotations

from collections.abc import Iterator

from store.claims.content import ClaimContent
from store.scrub.checks.registry import Hit, Params, ScrubFacts, check


@check("claim_number_unique")
def claim_number_unique(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    if facts.same_number:
        yield Hit("claim_number", {"number": claim.claim_number, "count": facts.same_number})


@check("duplicate_service")
def duplicate_service(claim: ClaimContent, facts: ScrubFacts, params: Params) -> Iterator[Hit]:
    """A replacement or void repeats the services of the claim it is about, so only originals are looked at."""
    lines = {line.sequence: line for line in claim.lines}
    for duplicate in facts.duplicates if claim.frequency == "1" else ():
        line = lines[duplicate.line]
        seen = {
            "line": line.sequence,
            "code": line.code or line.revenue_code,
            "date": line.service_date,
            "other": duplicate.other,
        }
        yield Hit(f"line.{line.sequence}", seen)
