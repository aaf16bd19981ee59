"""Takes a claim that came back or was rejected as sent where a payer answers it: that proves that it reached the payer.

    came back, rejected ──> exported     an answer of a payer is posted to it; why it had come back stays in its history
    exported ──> as before               the last such answer is taken back or released, it has not left again, and
                                         nothing follows it in its place

A claim came back that left and is not sent any more: a TA1 or 999 refused its file (`store.acks`), or somebody mended
it after that. What it states may be another then, and a number alone can be another's. Its answer is posted by number,
name and charge, while it states what left; else it waits as unapplied with the reason, and the claim does not leave
before somebody has applied that or given it back. So does the answer to one that was given up after it came back: the
claim that was built again for its visit waits for that.

Source: 005010X221A1, CLP01 (the number that the provider gave the claim); 005010X231A1 (999).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from store.claims.followers import IN_PLACE, in_their_place
from store.database import Change
from store.models import Claim, ClaimAnswer, ClaimExport, LogEntry, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.unapplied import MAY_ANSWER, unapplied_of
from store.remits.matching import BACK, Match, OurClaim
from store.remits.same_patient import names_same
from store.terms import ClaimStatus, MatchedBy, RemittanceStatus
from store.x12.remittance import RemitClaim

_REACHED, _UNPROVED = "claim.reached", "claim.unproved"
_PREDETERMINATION = "25"
_AT_ONCE = 400


def take_as_sent(
    change: Change,
    remittance: Remittance,
    claims: Sequence[RemitClaim],
    numbered: Sequence[Match],
    matches: Sequence[Match],
) -> list[Match]:
    """The matches of some claims of a payment, with those of ours taken as sent that it proves to have reached a payer.

    `numbered` are the claims that have their numbers, where they are of others in their chains. Those that came back
    and of which that is not certain are without our claim, and say why.
    """
    doubts = _of_given_up(change.session, claims, matches)
    proved: dict[str, None] = {}
    for place, claim in enumerate(claims):
        for found in (numbered[place], matches[place]):
            ours = found.claim
            if ours is None or claim.status == _PREDETERMINATION or ours.status is ClaimStatus.EXPORTED:
                continue
            if not (why := _why_not_sure(change.session, claim, found, ours)):
                proved[ours.id] = None
            elif found is matches[place]:
                doubts[place] = f"{MAY_ANSWER}{ours.number}, which came back, but {why}"
    refused = reach(change, proved, remittance)
    taken = list(matches)
    for place, found in enumerate(matches):
        if found.claim and found.claim.id in proved:
            taken[place] = replace(found, proves=refused.get(found.claim.id, ""))
        elif place in doubts:
            nothing = (None,) * len(claims[place].lines)
            taken[place] = Match(None, MatchedBy.NOTHING, nothing, doubt=doubts[place])
    return taken


def _of_given_up(session: Session, claims: Sequence[RemitClaim], matches: Sequence[Match]) -> dict[int, str]:
    """What to say of answers, by their places, with the number of a claim that left and was given up after that."""
    open_ = {
        claim.account_number.upper(): place
        for place, (claim, found) in enumerate(zip(claims, matches, strict=True))
        if found.claim is None and not found.doubt and claim.account_number
    }
    told: dict[int, str] = {}
    numbers = sorted({*open_, *(claims[place].account_number for place in open_.values())})
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(Claim.claim_number).where(
            col(Claim.claim_number).in_(numbers[start : start + _AT_ONCE]),
            Claim.status == ClaimStatus.VOID,
            col(Claim.export_id).is_not(None),
        )
        told |= {open_[one.upper()]: f"{MAY_ANSWER}{one}, which was given up" for one in session.exec(query)}
    return told


def _why_not_sure(session: Session, claim: RemitClaim, found: Match, ours: OurClaim) -> str:
    """Why it is not certain that an answer is of what left of our claim; empty where it is."""
    from store.claims.changes import changed_since

    if ours.status not in BACK:
        return ""
    if found.by is not MatchedBy.CLAIM_NUMBER:
        return "it has another number"
    if not names_same(claim, ours.person):
        return "the patient is not the same by name"
    if abs(claim.charge_cents) != ours.total_cents:
        return "the charge is another"
    return "that was changed since it left" if changed_since(session, ours.id, ours.left_at, released=False) else ""


def reach(change: Change, claim_ids: Iterable[str], remittance: Remittance) -> dict[str, str]:
    """Take those of these claims as sent that are not, since a payer answers them; what had refused each, in words."""
    from store.ledger.charges import bill

    session = change.session
    by = f"trace {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}"
    told: dict[str, str] = {}
    for claim in _of(session, claim_ids):
        if claim.status is not ClaimStatus.REJECTED and (claim.status not in BACK or claim.export_id is None):
            continue
        told[claim.id] = _refusal(session, claim.id) or "it came back"
        was, claim.status = claim.status, ClaimStatus.EXPORTED
        session.add(claim)
        change.log(
            _REACHED, "claim", claim.id, number=claim.claim_number, was=was.value, remittance=remittance.id, by=by,
            refused=told[claim.id],
        )  # fmt: skip
        session.flush()
        if claim.follows_as in IN_PLACE:
            bill(change, [claim.id])  # it happened: it takes the charge of what it follows after all
    return told


def reach_again(change: Change, remittance: Remittance) -> None:
    """Take the claims as sent that a remittance answers which is posted again."""
    session = change.session
    answered = select(RemittanceClaim.claim_id).where(
        RemittanceClaim.remittance_id == remittance.id,
        col(RemittanceClaim.claim_id).is_not(None),
        RemittanceClaim.status_code != _PREDETERMINATION,
    )
    back = select(Claim.id).where(
        col(Claim.id).in_(answered), col(Claim.status) != ClaimStatus.EXPORTED, col(Claim.export_id).is_not(None)
    )
    proved = [entry.target_id for entry in _proofs(session, remittance) if entry.detail["remittance"] == remittance.id]
    reach(change, dict.fromkeys([*session.exec(back), *proved]), remittance)


def unreach(change: Change, remittance: Remittance) -> None:
    """Let the claims stand as they stood that this remittance proved sent, where no other posted one answers them."""
    _unreach(change, [entry.target_id for entry in _proofs(change.session, remittance)])


def unreach_claim(change: Change, claim_id: str) -> None:
    """The same for a claim of which an answer was released."""
    _unreach(change, [claim_id])


def _unreach(change: Change, claim_ids: Iterable[str]) -> None:
    from store.ledger.charges import give_up

    session, followed = change.session, in_their_place(change.session, set(claim_ids))
    for claim in _of(session, claim_ids):
        sent = session.get(ClaimExport, claim.export_id) if claim.export_id else None
        last = session.exec(
            select(LogEntry)
            .where(LogEntry.target_kind == "claim", LogEntry.target_id == claim.id, LogEntry.action == _REACHED)
            .order_by(col(LogEntry.seq).desc())
        ).first()
        if claim.status is not ClaimStatus.EXPORTED or last is None or (sent and last.at < sent.exported_at):
            continue
        if _answered(session, claim.id):
            continue
        why = "no posted answer proves any more that it reached its payer"
        if beside := followed.get(claim.id):
            stays = f"{why}, but {beside}"  # sent again it would leave beside that
            change.log(_UNPROVED, "claim", claim.id, number=claim.claim_number, status=claim.status.value, reason=stays)
            continue
        claim.status = ClaimStatus(last.detail["was"])
        session.add(claim)
        change.log(_UNPROVED, "claim", claim.id, number=claim.claim_number, status=claim.status.value, reason=why)
        session.flush()
        if claim.follows_as in IN_PLACE:
            give_up(change, claim, why)


def held_back(session: Session, claim_ids: Sequence[str]) -> dict[str, str]:
    """Why claims do not leave, by their ids: a payment may answer them, or what they were built again for, in words."""
    waiting = _waiting_answers(session)
    if not waiting:
        return {}
    held: dict[str, str] = {}
    given_up = aliased(Claim)
    for start in range(0, len(claim_ids), _AT_ONCE):
        some = col(Claim.id).in_(claim_ids[start : start + _AT_ONCE])
        came_back = select(Claim.id, Claim.claim_number).where(
            some, col(Claim.export_id).is_not(None), col(Claim.status).in_(BACK)
        )
        for one, number in session.exec(came_back):
            if by := waiting.get(number):
                held[one] = f"came back, but {by} may answer it"
        built_again = (
            select(Claim.id, given_up.claim_number)
            .join(given_up, col(given_up.encounter_id) == Claim.encounter_id)
            .where(some, col(Claim.export_id).is_(None), col(Claim.follows_as).not_in(IN_PLACE))
            .where(given_up.form == Claim.form, given_up.status == ClaimStatus.VOID)
            .where(col(given_up.claim_number).in_(list(waiting)))
        )
        for one, number in session.exec(built_again):
            held[one] = f"bills what {number} billed, which was given up, but {waiting[number]} may answer that"
    return held


def _waiting_answers(session: Session) -> dict[str, str]:
    """The payments that wait with an answer which may be of a claim that came back, by the number of that claim."""
    query = (
        select(RemittanceClaim, Remittance)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.claim_id).is_(None),
            col(RemittanceClaim.note).contains(MAY_ANSWER),
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at), col(RemittanceClaim.sequence))
    )
    reader = SessionReader(session)
    found: dict[str, str] = {}
    for row, remittance in session.exec(query).all():
        number = re.search(f"{MAY_ANSWER}([^,]+),", row.note)
        if number and number[1] not in found and unapplied_of(reader, row.id) is not None:
            found[number[1]] = f"trace {remittance.trace or 'without a number'} on {remittance.paid_on or 'no day'}"
    return found


def _proofs(session: Session, remittance: Remittance) -> list[LogEntry]:
    """What proved claims sent that a remittance names, by their numbers or as ours."""
    rows = select(RemittanceClaim).where(RemittanceClaim.remittance_id == remittance.id).subquery()
    named = select(Claim.id).where(
        col(Claim.id).in_(select(rows.c.claim_id)) | col(Claim.claim_number).in_(select(rows.c.account_number))
    )
    query = select(LogEntry).where(
        LogEntry.target_kind == "claim", LogEntry.action == _REACHED, col(LogEntry.target_id).in_(named)
    )
    return list(session.exec(query.order_by(col(LogEntry.seq))))


def _answered(session: Session, claim_id: str) -> bool:
    query = (
        select(RemittanceClaim.id)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            RemittanceClaim.claim_id == claim_id,
            RemittanceClaim.status_code != _PREDETERMINATION,
            Remittance.status == RemittanceStatus.POSTED,
        )
    )
    return session.exec(query).first() is not None


def _refusal(session: Session, claim_id: str) -> str:
    """What the last answer said that refused a claim; empty for none."""
    query = select(ClaimAnswer.message).where(ClaimAnswer.claim_id == claim_id, col(ClaimAnswer.accepted).is_(False))
    return session.exec(query.order_by(col(ClaimAnswer.answered_at).desc(), col(ClaimAnswer.id).desc())).first() or ""


def _of(session: Session, claim_ids: Iterable[str]) -> list[Claim]:
    wanted = sorted(set(claim_ids))
    found: list[Claim] = []
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Claim).where(col(Claim.id).in_(wanted[start : start + _AT_ONCE]))
        found += session.exec(query.order_by(col(Claim.claim_number)))
    return found
