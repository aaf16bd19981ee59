"""Findings as they are kept: renewed by every scrub, with the overrides that people gave them.

An override belongs to a rule, a place and the values the rule saw. A rescrub that finds the same again keeps it;
other values, or another version of the rule, make a new open finding. Critical findings cannot be overridden.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, select

from codesets.edits import CodeFinding
from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.models import Claim, Finding
from store.models.columns import now
from store.reasons import reason_in_words
from store.scrub.engine import Found
from store.scrub.firings import note_firings, note_override
from store.scrub.rules import RuleBook, rule_book
from store.terms import ClaimStatus, FindingState, Severity


class OverrideRefused(CodedeskError):
    """A finding cannot be overridden: no reason, critical, unknown, or its claim has left."""

    title = "override"
    exit_code = 1


def store_findings(
    session: Session,
    subject_kind: str,
    subject_id: str,
    found: Iterable[Found | CodeFinding],
    book: RuleBook | None = None,
) -> list[Finding]:
    """Replace the findings of a coding or claim by new ones; overrides of the same finding stay.

    `book` are the rules that found them, None for those that ship.

    Works for findings of the scrubber and of the code edits; only the former have a SNIP type.
    """
    earlier = findings_of(session, subject_kind, subject_id)
    found = tuple(found)
    if subject_kind == "claim":
        note_firings(session, subject_id, found, (book or rule_book()).standing)
    overridden = {_identity(row): row for row in earlier if row.state is FindingState.OVERRIDDEN}
    for row in earlier:
        session.delete(row)
    kept = []
    for result in found:
        row = Finding(
            subject_kind=subject_kind,
            subject_id=subject_id,
            rule_id=result.rule_id,
            rule_version=result.rule_version,
            severity=Severity(result.severity.value),
            title=result.title,
            message=result.message,
            fix=result.fix,
            citation=result.citation,
            snip=getattr(result, "snip", None),
            place=result.place,
            seen=as_json(result.seen),
            overlay=getattr(result, "overlay", ""),
        )
        before = overridden.get(_identity(row))
        if before is not None and row.severity is not Severity.CRITICAL:
            row.state = FindingState.OVERRIDDEN
            row.override_reason, row.overridden_by = before.override_reason, before.overridden_by
            row.overridden_at = before.overridden_at
        session.add(row)
        kept.append(row)
    return kept


def findings_of(session: Session, subject_kind: str, subject_id: str) -> list[Finding]:
    """The stored findings of a coding or claim, in the order they were found."""
    query = select(Finding).where(Finding.subject_kind == subject_kind, Finding.subject_id == subject_id)
    return list(session.exec(query.order_by(Finding.found_at, Finding.id)))


def finding_named(session: Session, subject_kind: str, subject_id: str, name: str) -> Finding:
    """The open finding of that id, rule, or rule and place (`r241@line.2`). Raises OverrideRefused for none or more."""
    rule, _, place = name.partition("@")
    rows = findings_of(session, subject_kind, subject_id)
    found = [row for row in rows if row.id == name] or [
        row
        for row in rows
        if row.state is FindingState.OPEN and row.rule_id == rule and (not place or row.place == place)
    ]
    if not found:
        known = ", ".join(dict.fromkeys(f"{row.rule_id}@{row.place}" for row in rows if row.state is FindingState.OPEN))
        raise OverrideRefused(f"no open finding is {name[:60]!r}", f"open: {known or 'none'}")
    if len(found) > 1:
        raise OverrideRefused(
            f"{rule} stands at {len(found)} places", f"name one: {', '.join(f'{rule}@{row.place}' for row in found)}"
        )
    return found[0]


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that keep a claim from leaving: open ones of a severity that blocks."""
    return [row for row in findings if row.state is FindingState.OPEN and row.severity.blocks]


def override(db: Database, actor: Actor, finding_id: str, reason: str, operation_id: str | None = None) -> None:
    """Let a finding stand for a reason; a claim without another blocking finding becomes ready.

    Raises ReasonNeeded, and OverrideRefused for a critical finding, one that is unknown or overridden, or a claim
    that has left.
    """
    with db.change(actor, operation_id, "finding.override") as change:
        if change.repeated:
            return
        session = change.session
        finding = session.get(Finding, finding_id)
        if finding is None:
            raise OverrideRefused("this finding is gone; the claim was scrubbed again", "look at it again")
        reason = reason_in_words(reason)
        if finding.severity is Severity.CRITICAL:
            raise OverrideRefused(f"{finding.rule_id} is critical and cannot be overridden", finding.fix)
        if actor.person_id is None and (finding.subject_kind, finding.severity) not in _LOGIN_IS_KEPT:
            raise OverrideRefused(
                f"nobody of the site is called {actor.login!r}, and this override keeps who gave it",
                "`codedesk users add` makes a person of the account",
            )
        if finding.state is FindingState.OVERRIDDEN:
            raise OverrideRefused(f"{finding.rule_id} has been overridden already")
        claim = session.get(Claim, finding.subject_id) if finding.subject_kind == "claim" else None
        if claim is not None and claim.status in (ClaimStatus.EXPORTED, ClaimStatus.VOID):
            raise OverrideRefused(f"claim {claim.claim_number} is {claim.status.value}")
        finding.state = FindingState.OVERRIDDEN
        finding.override_reason, finding.overridden_at = reason, now()
        finding.overridden_by = actor.person_id
        session.add(finding)
        session.flush()
        if claim is not None:
            note_override(session, claim.id, finding.rule_id, finding.place, actor.login)
            settle(session, claim)
        change.log(
            "finding.override",
            finding.subject_kind,
            finding.subject_id,
            rule=finding.rule_id,
            version=finding.rule_version,
            place=finding.place,
            reason=reason,
        )


_LOGIN_IS_KEPT = frozenset(("claim", one) for one in Severity if one is not Severity.COULD_NOT_CHECK)
"""Findings whose firing keeps the login of an account that is no person of the site (`store.scrub.firings`)."""


def settle(session: Session, claim: Claim) -> None:
    """Set a scrubbed claim to ready or failed, as its open findings say; DRAFT, EXPORTED and VOID stay."""
    if claim.status in (ClaimStatus.READY, ClaimStatus.SCRUB_FAILED):
        blocked = blocking(findings_of(session, "claim", claim.id))
        claim.status = ClaimStatus.SCRUB_FAILED if blocked else ClaimStatus.READY
        session.add(claim)


def _identity(row: Finding) -> tuple[str, int, str, str]:
    return row.rule_id, row.rule_version, row.place, json.dumps(row.seen, sort_keys=True)


def as_json(seen: Mapping[str, object]) -> dict[str, Any]:
    """The values seen as JSON keeps them, so that a stored and a new finding compare."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(seen), default=str))
    return plain
