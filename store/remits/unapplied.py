"""Gives money without a place one: a claim of a payment that was not found is applied to ours by hand, or refunded.

    waits ──> applied to our claim     its unapplied posting is taken back, and what the payer states is posted to it
          └─> given back               cash goes out again, all of it or a part

What was applied can be released: it waits again. Every step is one batch with the remittance, so that the payment keeps
coming to BPR02 and can be taken back and posted again as before.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.content import UnknownClaim
from store.claims.prior_changed import follow_answers
from store.database import Change, Database
from store.denials.decided import DECIDED_KINDS
from store.denials.opening import (
    close_reversed,
    denial_rows,
    open_applied,
    reopen_decided,
    reopen_paid,
    reopen_reversed,
    tell_only,
)
from store.denials.owed import ask_again
from store.ledger.answered_shares import move_answered
from store.ledger.charges import follow_shares, shares_in_batch
from store.models import (
    Claim,
    Denial,
    Encounter,
    JournalLine,
    Patient,
    Posting,
    ReceivedFile,
    Remittance,
    RemittanceClaim,
    RemittanceLine,
)
from store.models.columns import new_id
from store.queries import SessionReader
from store.queries.unapplied import MAY_ANSWER, RELEASED, UnappliedRow, unapplied_of
from store.reasons import reason_in_words
from store.remits.answered import (
    REPLACED,
    SETTLED,
    answer_to_reverse,
    judged_now,
    replacements,
    reversed_of,
    standing_answers,
)
from store.remits.batch import (
    claim_posting,
    insert_rows,
    keep_payer_numbers,
    note_of,
    payer_of,
    posted_adjustments,
)
from store.remits.matching import BACK, SENT, Match, match_by_hand
from store.remits.posting import RemittanceRefused, claims_of_set, mirror, prove, require_places_free
from store.remits.reached import reach, unreach_claim
from store.remits.replaced import replace_answers, replaced_in, settle_lines
from store.remits.same_patient import names_another
from store.terms import RESTRICTED, JournalAccount, MatchedBy, PostingKind, RemittanceStatus
from store.x12.remittance import Payment, RemitClaim, read


@dataclass(frozen=True)
class Placed:
    """What was done: cents that found a place, and cents of that claim of the payment that still wait."""

    cents: int
    left_cents: int
    posting_id: str


class StandsAnswered(RemittanceRefused):
    """Another answer of the payer stands in its place, or what it reverses is not here; who applies it says so."""


class OtherPatient(RemittanceRefused):
    """The payment names another patient than our claim is of; who applies it says that he knows.

    `compared` has what was compared, as the payment states it, and ours: name, member id and charge.
    """

    def __init__(self, message: str, remedy: str, compared: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(message, remedy)
        self.compared = tuple(compared)


def apply_to_claim(
    db: Database,
    actor: Actor,
    remittance_claim_id: str,
    claim_number: str,
    reason: str,
    operation_id: str | None = None,
    though_paid: bool = False,
    though_another: bool = False,
) -> Placed:
    """Post a claim of a payment to a claim of ours, as the payer states it; also one that was paid nothing.

    One that pays takes the place of an answer that paid nothing. Raises UnknownClaim, RemittanceRefused where nothing
    of it waits, a part was given back, or our claim has not left, OtherPatient where it names another patient, unless
    `though_another`, and StandsAnswered where its payer answered our claim already, or it reverses an answer that is
    not here, unless `though_paid`.
    """
    with db.change(actor, operation_id, "remittance.apply") as change:
        if change.repeated:
            return Placed(**change.answer)
        session, reason = change.session, reason_in_words(reason)
        row, remittance, waiting = _waiting(session, remittance_claim_id)
        if waiting.left_cents != row.paid_cents:
            raise RemittanceRefused("a part of it was given back", "take that refund back first")
        ours = session.exec(select(Claim).where(Claim.claim_number == claim_number.strip())).first()
        if ours is None:
            raise UnknownClaim(f"no claim has the number {claim_number[:40]!r}", "codedesk claims list shows them")
        if ours.status not in SENT and (ours.status not in BACK or ours.export_id is None):
            raise RemittanceRefused(f"{ours.claim_number} is {ours.status.value}: it has not left")
        stated = stated_claim(session, remittance, row.segment)
        found = match_by_hand(session, stated, ours.id)
        another = bool(found.claim and names_another(stated, found.claim.person))
        if another and not though_another:
            raise _other_patient(session, stated, row, ours)
        found, why = judged_now(session, remittance, stated, found, row.id)
        if why and not though_paid:
            raise StandsAnswered(*_both_figures(session, row, ours, why))
        change.target = ("remittance", remittance.id)
        posting = _post_as(change, remittance, row, stated, found)
        row.note = f"{note_of(stated, found)}; applied by hand: {reason}".removeprefix("; ")
        change.log(
            "remittance.apply",
            "claim",
            ours.id,
            remittance=remittance.id,
            cents=row.paid_cents,
            reason=reason,
            **({"another_patient": True} if another else {}),
        )
        return answered(change, Placed(row.paid_cents, 0, posting))


def apply_reversal(change: Change, remittance_claim_id: str, claim_id: str, answer_id: str, trace: str) -> None:
    """Post a reversal that waited to our claim, whose answer (a stored claim of a payment) has come with this trace."""
    session = change.session
    row, remittance = _of_posted(session, remittance_claim_id)
    stated = stated_claim(session, remittance, row.segment)
    found = match_by_hand(session, stated, claim_id)
    _post_as(change, remittance, row, stated, found, answer_id)
    row.note = f"{note_of(stated, found)}; its answer came with trace {trace}"
    change.log("remittance.apply", "claim", claim_id, remittance=remittance.id, cents=row.paid_cents, trace=trace)


def leave_waiting(change: Change, row: RemittanceClaim, remittance: Remittance, claim_id: str, why: str) -> None:
    """Let an answer that was posted wait again, since another one stands in its place now."""
    stated = stated_claim(change.session, remittance, row.segment)
    waits = Match(None, row.matched_by, (None,) * len(stated.lines), why)
    _post_as(change, remittance, row, stated, waits)
    row.note = note_of(stated, waits)
    tell_only(change.session, row.id, claim_id, why)
    change.log("remittance.apply", "claim", claim_id, remittance=remittance.id, released=True, reason=why)


def release(
    db: Database, actor: Actor, remittance_claim_id: str, reason: str, operation_id: str | None = None
) -> Placed:
    """Take a claim of a payment from the claim of ours that it was applied to; its money waits again.

    Raises RemittanceRefused where it is not applied, or its reversal is, where a later answer took its place or that of
    its denied lines, or it is a reversal in whose place another answer stands now.
    """
    with db.change(actor, operation_id, "remittance.apply") as change:
        if change.repeated:
            return Placed(**change.answer)
        session, reason = change.session, reason_in_words(reason)
        row, remittance = _of_posted(session, remittance_claim_id)
        if row.claim_id is None:
            raise RemittanceRefused("it is applied to no claim")
        if row.id in reversed_of(session, remittance.id):
            raise RemittanceRefused("a reversal of it is applied to the same claim", "release the reversal first")
        taken = [one for kind in (REPLACED, SETTLED) for one in replacements(session, [row.claim_id], kind)]
        if any(one.remittance_claim_id == row.id for one in taken):
            raise RemittanceRefused("a later answer took its place", "release that answer first")
        before, stood = row.claim_id, standing_answers(session, row.claim_id)
        stated = stated_claim(session, remittance, row.segment)
        change.target = ("remittance", remittance.id)
        _take_back_decisions(change, row.id)
        number = session.get_one(Claim, before).claim_number
        told = f"{RELEASED}{number} of ours: {reason}"
        nothing = Match(None, MatchedBy.NOTHING, (None,) * len(stated.lines), doubt=told)
        posting = _post_as(change, remittance, row, stated, nothing)
        require_places_free(session, [one for one in standing_answers(session, before) if one not in stood])
        if session.get_one(Claim, before).status in BACK:
            nothing = replace(nothing, doubt=f"{told}; {MAY_ANSWER}{number}, which came back")
        row.note = note_of(stated, nothing)
        change.log("remittance.apply", "claim", before, remittance=remittance.id, released=True, reason=reason)
        return answered(change, Placed(row.paid_cents, row.paid_cents, posting))


def refund_unapplied(
    db: Database, actor: Actor, remittance_claim_id: str, cents: int, reason: str, operation_id: str | None = None
) -> Placed:
    """Give unapplied money back to who sent it, at most what waits. Raises RemittanceRefused."""
    with db.change(actor, operation_id, "remittance.refund") as change:
        if change.repeated:
            return Placed(**change.answer)
        session, reason = change.session, reason_in_words(reason)
        row, remittance, waiting = _waiting(session, remittance_claim_id)
        if cents <= 0:
            raise RemittanceRefused("an amount is above zero")
        if cents > waiting.left_cents:
            raise RemittanceRefused(f"{waiting.left_cents / 100:,.2f} wait, not {cents / 100:,.2f}")
        posting = Posting(
            batch_id=new_id(),
            kind=PostingKind.REFUND,
            remittance_claim_id=row.id,
            note=reason,
            posted_by=change.actor.person_id,
        )
        session.add(posting)
        session.flush()
        for account, sign in ((JournalAccount.UNAPPLIED, 1), (JournalAccount.CASH, -1)):
            session.add(JournalLine(posting_id=posting.id, account=account, cents=sign * cents, segment=row.segment))
        change.log("remittance.refund", "remittance", remittance.id, posting=posting.id, cents=cents, reason=reason)
        return answered(change, Placed(cents, waiting.left_cents - cents, posting.id))


def _take_back_decisions(change: Change, remittance_claim_id: str) -> None:
    """Take back what was decided on the denials of a claim of a payment, and open them."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    decided = select(Posting).where(
        Posting.remittance_claim_id == remittance_claim_id,
        col(Posting.kind).in_(DECIDED_KINDS),
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
    )
    mirror(change, change.session.exec(decided).all(), new_id(), sign=-1, taking_back=True)
    reopen_decided(change.session, remittance_claim_id)


def _of_posted(session: Session, remittance_claim_id: str) -> tuple[RemittanceClaim, Remittance]:
    row = session.get(RemittanceClaim, remittance_claim_id)
    if row is None:
        raise RemittanceRefused("no claim of a payment has that id", "codedesk unapplied list shows those that wait")
    remittance = session.get_one(Remittance, row.remittance_id)
    if remittance.status is not RemittanceStatus.POSTED:
        raise RemittanceRefused(f"its remittance is {remittance.status.value}, not posted")
    return row, remittance


def _waiting(session: Session, remittance_claim_id: str) -> tuple[RemittanceClaim, Remittance, UnappliedRow]:
    row, remittance = _of_posted(session, remittance_claim_id)
    waiting = unapplied_of(SessionReader(session), row.id)
    if waiting is None:
        raise RemittanceRefused("nothing of it waits: it is applied or given back")
    return row, remittance, waiting


def stated_claim(session: Session, remittance: Remittance, segment: int) -> RemitClaim:
    """The claim as the payer's file has it, which is kept."""
    content = zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content)
    parts = claims_of_set(io.BytesIO(content), remittance.segment)
    return next(one for one in parts if isinstance(one, RemitClaim) and one.segment == segment)


def _post_as(
    change: Change, remittance: Remittance, row: RemittanceClaim, stated: RemitClaim, found: Match, taken: str = ""
) -> str:
    """Take back how the claim is posted and post it as it is matched now, in the batch of the remittance.

    A reversal takes back the answer `taken`, where that is known, else the one that stands and is like it.
    """
    session, batch = change.session, remittance.batch_id or ""
    ours = row.claim_id or (found.claim.id if found.claim else "")
    stood = standing_answers(session, ours) if ours else []
    before = shares_in_batch(session, batch)
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    posted = select(Posting).where(
        Posting.remittance_claim_id == row.id,
        Posting.batch_id == batch,
        col(Posting.kind).not_in(DECIDED_KINDS),
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
    )
    undo = [*session.exec(posted).all(), *replaced_in(session, remittance, row.segment)]
    mirror(change, undo, batch, sign=-1, taking_back=True)
    session.flush()
    reopen_paid(session, [one.remittance_claim_id or "" for one in undo if one.note.startswith(SETTLED)])
    answer = taken or (answer_to_reverse(session, remittance, stated, found.claim.id, row.id) if found.claim else "")
    reversed_ = posted_adjustments(session, [answer]).get(answer, ()) if answer else ()
    posting, sides = claim_posting(change, batch, remittance.id, row.id, stated, found, reversed_)
    insert_rows(session, Posting, [posting])
    insert_rows(session, JournalLine, sides)
    row.claim_id, row.matched_by = found.claim.id if found.claim else None, found.by
    row.reverses_id = answer or None
    session.add(row)
    session.flush()
    if found.claim:
        keep_payer_numbers(session, payer_of(remittance), [stated], [found])
        reach(change, [found.claim.id], remittance)
    elif ours:
        unreach_claim(change, ours)
    lines = session.exec(select(RemittanceLine).where(RemittanceLine.remittance_claim_id == row.id)).all()
    for line, our_line in zip(sorted(lines, key=lambda one: one.sequence), found.line_ids, strict=True):
        line.claim_line_id = our_line
        session.add(line)
    of_row = update(Denial).where(col(Denial.remittance_claim_id) == row.id)
    session.execute(of_row.values(claim_id=row.claim_id).execution_options(synchronize_session=False))
    session.flush()
    if found.claim and not found.why:
        payment = _payment(session, remittance)
        line_ids = [line.id for line in sorted(lines, key=lambda one: one.sequence)]
        open_applied(session, denial_rows(remittance, payment, stated, row.id, line_ids, found.claim.id))
        replace_answers(change, found.replaces, remittance, batch, row.segment)
        settle_lines(change, found, remittance, batch, row.segment)
    _follow_standing(change, remittance, stood, standing_answers(session, ours) if ours else [], row.id)
    session.flush()
    move_answered(change, filter(None, (ours, row.claim_id)), batch, remittance.id)
    after = shares_in_batch(session, batch)
    changed = {one: after.get(one, 0) - before.get(one, 0) for one in {*before, *after}}
    follow_shares(change, changed, batch, remittance.id)
    follow_answers(change, filter(None, (ours, row.claim_id)), "a claim of a payment was applied or released")
    ask_again(change, filter(None, (ours, row.claim_id)))
    prove(session, remittance)
    return str(posting["id"])


def _follow_standing(change: Change, remittance: Remittance, stood: list[str], stand: list[str], own: str) -> None:
    """Close the denials of answers that stand no more, and open those of answers that stand again."""
    session, batch = change.session, remittance.batch_id or ""
    close_reversed(change, [one for one in stood if one not in stand and one != own], batch, remittance.id)
    again = [one for one in stand if one not in stood and one != own]
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    put_back = select(Posting).where(
        col(Posting.remittance_claim_id).in_(again),
        Posting.remittance_id == remittance.id,
        col(Posting.kind).in_(DECIDED_KINDS),
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
    )
    mirror(change, session.exec(put_back).all(), batch, sign=-1, taking_back=True)
    reopen_reversed(session, again)
    reopen_paid(session, again)


def _payment(session: Session, remittance: Remittance) -> Payment:
    content = zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content)
    parts = read(io.BytesIO(content), [])
    return next(one for one in parts if isinstance(one, Payment) and one.segment == remittance.segment)


def _other_patient(session: Session, stated: RemitClaim, row: RemittanceClaim, ours: Claim) -> OtherPatient:
    """The question whether a payment is of our claim, with what both state; nothing of a restricted patient."""
    patient = session.get_one(Patient, session.get_one(Encounter, ours.encounter_id).patient_id)
    member = str((ours.parties.get("coverage") or {}).get("member_id") or "")
    name, member = (RESTRICTED, RESTRICTED) if patient.restricted else (_named(patient), member)
    ids = [stated.party(role).id for role in ("QC", "IL", "74")]
    compared = (
        ("name", row.patient_name or "none", name),
        ("member id", next(filter(None, ids), "none"), member or "none"),
        ("charge", f"{row.charge_cents / 100:,.2f}", f"{ours.total_cents / 100:,.2f}"),
    )
    told = "; ".join(f"{what} {theirs}, ours {own}" for what, theirs, own in compared)
    return OtherPatient(
        f"the payment names another patient than {ours.claim_number} is of: {told}",
        "--though-another applies it all the same",
        compared,
    )


def _named(patient: Patient) -> str:
    return ", ".join(filter(None, (patient.family_name, patient.given_name)))


def _both_figures(session: Session, row: RemittanceClaim, ours: Claim, why: str) -> tuple[str, str]:
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.claim_id == ours.id, JournalLine.account == JournalAccount.PAYER_RECEIVABLE)
    )
    owes = int(session.exec(query).one())
    return (
        f"{_with_why(ours.claim_number, why)}: its payer owes {owes / 100:,.2f} of it, this answers"
        f" {row.charge_cents / 100:,.2f} and pays {row.paid_cents / 100:,.2f}",
        "apply it where the payer's reversal is here, or refund it; --though-paid applies it all the same",
    )


def _with_why(number: str, why: str) -> str:
    """A claim's number with why an answer is not posted to it, as a sentence."""
    first = why.split()[0]
    if first in ("replaces", "paid", "answered"):
        return f"{number} {why}" if first == "replaces" else f"{number} is {why}"
    return f"{number}: this {why}" if first.endswith("s") else f"{number}: {why}"


def answered(change: Change, placed: Placed) -> Placed:
    """Keep what was done as the answer of the operation."""
    change.answer = {"cents": placed.cents, "left_cents": placed.left_cents, "posting_id": placed.posting_id}
    return placed
