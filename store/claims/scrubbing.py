"""Scrubs a stored claim: runs the rules, keeps the findings, and moves the claim to ready or failed.

It first states what the record says now (`store.claims.restating`): a fault that was mended at the patient, payer,
facility or provider reaches the claim so, and one that had left and came back states what changed meanwhile. Number,
codes and lines stay, and so does what a person set in the claim.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import JSON, text
from sqlmodel import Session, col, select

from codesets.catalog import Reference
from codesets.edits import CodeFacts, OtherService, ReferenceFacts
from codesets.edits.surgery import LONGEST
from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.content import ClaimContent, UnknownClaim, content_of
from store.claims.held import held_and_awaited
from store.claims.restating import restate_claim
from store.claims.to_patient import stand_with_who_pays
from store.database import Database
from store.models import Claim, Coding, CodingDrg, Encounter, Patient
from store.models.columns import now
from store.queries import SessionReader
from store.queries.chains import void_denied
from store.scrub.checks import DuplicateLine, GroupedStay, ScrubFacts
from store.scrub.checks.registry import iso_day
from store.scrub.engine import scrub
from store.scrub.findings import blocking, store_findings
from store.scrub.site_rules import site_rules
from store.settings import today as present_day
from store.terms import ClaimStatus, FindingState, Severity


class ClaimHasLeft(CodedeskError):
    """The claim is exported or void, and its state can no longer change this way."""

    title = "claim"
    exit_code = 1


@dataclass(frozen=True)
class ScrubResult:
    """What a scrub came to: the new status, and how many findings are open by weight."""

    claim_number: str
    status: ClaimStatus
    errors: int
    warnings: int
    information: int
    not_checked: int
    overridden: int

    @property
    def blocked(self) -> bool:
        """Whether the claim cannot leave."""
        return self.status in (ClaimStatus.SCRUB_FAILED, ClaimStatus.REJECTED)


def scrub_claim(
    db: Database,
    reference: Reference | CodeFacts,
    actor: Actor,
    claim_id: str,
    operation_id: str | None = None,
    today: dt.date | None = None,
) -> ScrubResult:
    """Scrub one claim and store its findings; `today` is the day to count deadlines from, else the site's.

    One that no payer takes is billed to the patient, and no rule is asked.
    A rejected claim stays so, unless the record says something else now than it stated: what rejected it is no finding,
    and is mended by a change or let pass by `release_claim`.
    Raises UnknownClaim, and ClaimHasLeft for a claim that is exported or void. A batch passes one `CodeFacts` for
    all its claims, so that a code is looked up once.
    """
    codes = ReferenceFacts(reference) if isinstance(reference, Reference) else reference
    with db.change(actor, operation_id, "claim.scrub") as change:
        if change.repeated:
            return ScrubResult(**{**change.answer, "status": ClaimStatus(change.answer["status"])})
        claim = change.session.get(Claim, claim_id)
        if claim is None:
            raise UnknownClaim(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
        if claim.status in (ClaimStatus.EXPORTED, ClaimStatus.VOID):
            raise ClaimHasLeft(f"{claim.claim_number} is {claim.status.value} and is not scrubbed again")
        restate_claim(change, claim, "it came back and was scrubbed" if claim.export_id else "it was scrubbed")
        content = content_of(change.session, claim)
        if stand_with_who_pays(change, claim):
            store_findings(change.session, "claim", claim.id, ())
            return ScrubResult(claim.claim_number, claim.status, 0, 0, 0, 0, 0)
        facts = scrub_facts(change.session, claim, content, codes, today or present_day())
        book = site_rules(SessionReader(change.session)).for_claim(content)
        kept = store_findings(change.session, "claim", claim.id, scrub(content, facts, book), book)
        if claim.status is not ClaimStatus.REJECTED:
            claim.status = ClaimStatus.SCRUB_FAILED if blocking(kept) else ClaimStatus.READY
        claim.scrubbed_at = now()
        change.session.add(claim)
        open_ones = [row.severity for row in kept if row.state is FindingState.OPEN]
        result = ScrubResult(
            claim_number=claim.claim_number,
            status=claim.status,
            errors=sum(severity.blocks for severity in open_ones),
            warnings=open_ones.count(Severity.WARNING),
            information=open_ones.count(Severity.INFO),
            not_checked=open_ones.count(Severity.COULD_NOT_CHECK),
            overridden=len(kept) - len(open_ones),
        )
        change.answer = asdict(result)
        change.log("claim.scrub", "claim", claim.id, number=claim.claim_number, status=claim.status.value)
        return result


def scrub_facts(session: Session, claim: Claim, content: ClaimContent, codes: CodeFacts, today: dt.date) -> ScrubFacts:
    """What the rules need to know around a claim: same numbers, the patient's services on other claims, the DRG."""
    same = session.exec(select(Claim.id).where(Claim.claim_number == claim.claim_number, Claim.id != claim.id)).all()
    others = _other_services(session, claim, content)
    held, awaited = held_and_awaited(session, claim)
    return ScrubFacts(
        today=today,
        codes=codes,
        same_number=len(same),
        others=others,
        duplicates=_duplicates(session, claim, content),
        grouped=_grouped(session, claim) if content.parties.facility_bill else None,
        deceased_on=_deceased_on(session, claim),
        held=held,
        voids_without_answer=awaited,
    )


def _deceased_on(session: Session, claim: Claim) -> str:
    query = select(Patient.deceased_on).join(Encounter, col(Encounter.patient_id) == Patient.id)
    return session.exec(query.where(Encounter.id == claim.encounter_id)).first() or ""


def _grouped(session: Session, claim: Claim) -> GroupedStay | None:
    query = select(CodingDrg, Coding.changed_at).join(Coding, col(Coding.id) == CodingDrg.coding_id)
    if not (found := session.exec(query.where(CodingDrg.coding_id == claim.coding_id)).first()):
        return None
    drg, changed_at = found
    return GroupedStay(drg.drg, drg.discharged, drg.disposition, changed_at if changed_at > drg.grouped_at else "")


_STANDS = f"""
  AND other.frequency <> '8'
  AND NOT EXISTS (
    SELECT 1 FROM claim after WHERE after.follows_id = other.id AND after.follows_as IN ('void', 'replacement')
      AND after.status = 'exported' AND (after.follows_as <> 'void' OR NOT {void_denied("after")})
  )
"""
"""Of other claims those that stand: a void bills nothing, nor does what a void or a replacement that left is about.

A void that its payer denied is about nothing any more.
"""


_OTHER_LINES = text(f"""
SELECT other.claim_number, line.code, line.service_date, line.modifiers, line.performer_npi, other.parties, line.units
FROM encounter mine
JOIN encounter theirs ON theirs.patient_id = mine.patient_id
JOIN claim other ON other.encounter_id = theirs.id
JOIN claim_line line ON line.claim_id = other.id
WHERE mine.id = :encounter AND other.id <> :claim AND other.status <> 'void' AND other.form = :form
  AND other.service_from <= :until AND other.service_through >= :since
  AND NOT (other.encounter_id = mine.id AND (other.follows_as <> '' OR :follows <> ''))
  {_STANDS}
ORDER BY other.claim_number, line.sequence
""").columns(modifiers=JSON, parties=JSON)


def _other_services(session: Session, claim: Claim, content: ClaimContent) -> tuple[OtherService, ...]:
    """Services on other claims of the patient that are not void: the longest global period before to a day after.

    A claim that follows another one, to the next payer or in its place, states the same services and is none; nor is
    one that was voided or replaced, from the moment that the void or replacement left.
    """
    first, last = iso_day(content.service_from), iso_day(content.service_through)
    if first is None or last is None:
        return ()
    parameters = {
        "encounter": claim.encounter_id,
        "claim": claim.id,
        "form": claim.form,
        "follows": claim.follows_as,
        "since": _moved(first, -LONGEST),
        "until": _moved(last, 1),
    }
    rows = session.execute(_OTHER_LINES, parameters)
    return tuple(
        OtherService(
            code, on, performer or (parties["rendering"] or {}).get("npi", ""), tuple(modifiers), units, number
        )
        for number, code, service_date, modifiers, performer, parties, units in rows
        if (on := iso_day(service_date))
    )


def _moved(day: dt.date, days: int) -> str:
    """A day some days away, as ISO text; the first or last day there is where it would lie outside."""
    return str(dt.date.fromordinal(min(max(day.toordinal() + days, 1), dt.date.max.toordinal())))


_BILLED_BEFORE = text(f"""
SELECT other.claim_number, line.code, line.service_date, line.modifiers, line.performer_npi, line.revenue_code,
  line.charge_cents, other.parties, other.service_from, other.service_through
FROM encounter mine
JOIN encounter theirs ON theirs.patient_id = mine.patient_id
JOIN claim other ON other.encounter_id = theirs.id
JOIN claim_line line ON line.claim_id = other.id
WHERE mine.id = :encounter AND other.id <> :claim AND other.status <> 'void' AND other.form = :form
  AND other.service_from <= :until AND other.service_through >= :since
  AND (other.coding_id <> :coding OR EXISTS (
    SELECT 1 FROM claim void WHERE void.follows_id = other.id AND void.follows_as = 'void'
  ))
  AND NOT (other.encounter_id = mine.id AND (other.follows_as <> '' OR :follows <> ''))
  AND (other.status = 'exported' OR other.created_at < :created
       OR (other.created_at = :created AND other.claim_number < :number))
  {_STANDS}
ORDER BY other.claim_number, line.sequence
""").columns(modifiers=JSON, parties=JSON)


def _duplicates(session: Session, claim: Claim, content: ClaimContent) -> tuple[DuplicateLine, ...]:
    """Lines that stand on another claim which has left, or was built before this one.

    Professional: of the day, code, modifiers and provider. Institutional: of the day, revenue code, code, modifiers,
    charge and billing provider, and of the whole statement period of a stay. Parts of one coding are no duplicates.
    """
    parameters = {
        "encounter": claim.encounter_id,
        "claim": claim.id,
        "coding": claim.coding_id,
        "form": claim.form,
        "follows": claim.follows_as,
        "since": content.service_from,
        "until": content.service_through,
        "created": claim.created_at,
        "number": claim.claim_number,
    }
    rendering = content.parties.rendering.npi if content.parties.rendering else ""
    bill = content.parties.facility_bill
    own: dict[tuple[object, ...], list[int]] = {}
    for line in content.lines:
        same: tuple[object, ...] = (iso_day(line.service_date), line.code, tuple(sorted(line.modifiers)))
        if bill:
            period = (content.service_from, content.service_through) if bill.inpatient else ()
            same += (line.revenue_code, line.charge_cents, content.parties.billing.npi, *period)
        else:
            same += (line.performer_npi or rendering,)
        own.setdefault(same, []).append(line.sequence)
    found: dict[int, str] = {}
    for number, code, day, modifiers, performer, revenue, cents, parties, first, last in session.execute(
        _BILLED_BEFORE, parameters
    ):
        same = (iso_day(day), code, tuple(sorted(modifiers)))
        if bill:
            same += (revenue, cents, parties["billing"]["npi"], *((first, last) if bill.inpatient else ()))
        else:
            same += (performer or (parties["rendering"] or {}).get("npi", ""),)
        for sequence in own.get(same, []):
            found.setdefault(sequence, number)
    return tuple(DuplicateLine(sequence, number) for sequence, number in sorted(found.items()))
