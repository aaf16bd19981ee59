"""What a rule would have found on the claims of the last days: read, run, counted; nothing is kept.

A claim counts as stopped where the rule found something and its severity blocks. What became of those claims is told
by their status, so that a rule that would have stopped what was sent is seen before it is switched on.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from codesets.edits import CodeFacts
from store.claims.content import content_of
from store.database import Database
from store.models import Claim
from store.models.columns import now
from store.queries import SessionReader
from store.queries.restricted import is_closed
from store.scrub.engine import Found, scrub
from store.scrub.rules import Rule, RuleBook, rule_book
from store.terms import ClaimStatus, Severity

DAYS = 90
MOST_DAYS = 3_650
MOST_SHOWN = 50
CLAIMS_AT_ONCE = 500


@dataclass(frozen=True)
class TrialHit:
    """One claim that the rule found something on: its number, where first, and what it says there."""

    claim_number: str
    status: str
    total_cents: int
    place: str
    message: str


@dataclass(frozen=True)
class Trial:
    """What came out: claims looked at, found and stopped, what those charge, and their states now.

    `hits` are the first claims that were found. `unchecked` counts claims where the rule could not tell.
    """

    rule_id: str
    version: int
    severity: str
    since: str
    claims: int
    found: int
    stopped: int
    unchecked: int
    charges_cents: int
    by_status: Mapping[str, int]
    hits: tuple[TrialHit, ...]


def try_rule(
    db: Database,
    codes: CodeFacts,
    rule: Rule | str,
    today: dt.date,
    days: int = DAYS,
    progress: Callable[[int], None] = lambda done: None,
    person_id: str | None = None,
) -> Trial:
    """Run a rule, or a code edit by its id, on the claims whose service began in the last days; void ones left out.

    Claims of charts that are closed to the person are counted, and none of them is a hit that is shown.
    """
    from store.claims.scrubbing import scrub_facts

    since = str(today - dt.timedelta(days=min(max(days, 0), MOST_DAYS)))
    book, version, severity = _alone(rule)
    rule_id = rule if isinstance(rule, str) else rule.id
    looked = stopped = unchecked = charges = 0
    states: Counter[str] = Counter()
    hits: list[TrialHit] = []
    after = ""
    while True:
        with db.reading() as session:
            query = select(Claim).where(Claim.service_from >= since, Claim.status != ClaimStatus.VOID, Claim.id > after)
            claims = session.exec(query.order_by(col(Claim.id)).limit(CLAIMS_AT_ONCE)).all()
            for claim in claims:
                content = content_of(session, claim)
                found = scrub(content, scrub_facts(session, claim, content, codes, today), book)
                told = [one for one in found if one.severity is not Severity.COULD_NOT_CHECK]
                unchecked += len(told) < len(found)
                if told:
                    states[claim.status.value] += 1
                    charges += claim.total_cents
                    stopped += any(one.severity.blocks for one in told)
                    if len(hits) < MOST_SHOWN and not (person_id and _closed(session, claim, person_id)):
                        hits.append(_hit(claim, told[0]))
            looked += len(claims)
            after = claims[-1].id if claims else after
        progress(looked)
        if len(claims) < CLAIMS_AT_ONCE:
            break
    return Trial(
        rule_id=rule_id,
        version=version,
        severity=severity,
        since=since,
        claims=looked,
        found=sum(states.values()),
        stopped=stopped,
        unchecked=unchecked,
        charges_cents=charges,
        by_status=dict(states),
        hits=tuple(hits),
    )


def _alone(rule: Rule | str) -> tuple[RuleBook, int, str]:
    """A book of one rule, its version and severity. KeyError for an id of no code edit."""
    edits = rule_book().code_edits
    if isinstance(rule, Rule):
        silent = {rule_id: replace(binding, off=True) for rule_id, binding in edits.items()}
        return RuleBook((rule,), silent), rule.version, rule.severity.value
    from codesets.edits.rules import code_rules

    edit = code_rules()[rule]
    others = {rule_id: replace(binding, off=rule_id != rule) for rule_id, binding in edits.items()}
    return RuleBook((), others), edit.version, edit.severity.value


def _closed(session: Session, claim: Claim, person_id: str) -> bool:
    return is_closed(SessionReader(session), "claim", claim.id, person_id, now())


def _hit(claim: Claim, found: Found) -> TrialHit:
    return TrialHit(claim.claim_number, claim.status.value, claim.total_cents, found.place, found.message)
