"""Takes in remittance files and posts their money, and takes it back.

    a file arrives ──> held       it does not add up, has a fault, or is negative: nothing of it is posted
                  └──> posted ──> unposted     every posting taken back by one of opposite sign
    held ──> set aside                         the same payment came whole later, or a person says why

Cash of a remittance is always BPR02: posted + unapplied - PLB (`store.remits.batch` has the journal lines). Nothing
is adjusted that the file does not state. A set is one transaction, and its denials are opened in it. The same payment
twice (payer, trace, day and amount, or the same set of the same file) is said and posts nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from codesets.errors import CodedeskError, UnreadableInput
from store.actors import Actor
from store.claims.prior_changed import follow_answers_in
from store.claims.restating import Restated
from store.database import Change, Database
from store.denials.decided import DECIDED_KINDS
from store.denials.opening import close_reversed, reopen, reopen_paid, reopen_reversed, withdraw, withdraw_reversed
from store.denials.owed import ask_again, ask_again_in
from store.denials.voided import follow_voids
from store.ledger.answered_shares import move_answered_in, voided_of
from store.ledger.charges import follow_shares, shares_in_batch
from store.models import (
    Claim,
    Denial,
    JournalLine,
    Posting,
    ProviderLevelAdjustment,
    ReceivedFile,
    Remittance,
    RemittanceClaim,
)
from store.models.columns import new_id
from store.received import Copy, copied, keep_file
from store.remits.answered import (
    REPLACED,
    SETTLED,
    clashing,
    crowded,
    replaced_later,
    reversed_by,
    reversed_later,
    reversed_of,
    waiting_for,
)
from store.remits.balance import Examined, SetSummary, examine
from store.remits.batch import Batch, insert_rows, posting_row
from store.remits.replaced import replace_answers, replaced_in
from store.terms import ClaimStatus, JournalAccount, PostingKind, RemittanceStatus
from store.x12.remittance import Payment, RemitClaim, SetEnd, read

_AT_ONCE = 250


class RemittanceRefused(CodedeskError):
    """The remittance is unknown, or what was asked for does not fit where it stands."""

    title = "remittance"
    exit_code = 1


class BilledOn(RemittanceRefused):
    """Claims went to the next payer on what this remittance answered; who takes it back says that he knows.

    `claims` are the numbers of each of them and of the claim that it went as.
    """

    def __init__(self, message: str, remedy: str = "", claims: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, remedy)
        self.claims = tuple(claims)


class ReversedLater(RemittanceRefused):
    """A later payment reverses what this remittance answered; who takes it back says that he knows.

    `claims` are the numbers of our claims, each with the trace of the payment that reverses it.
    """

    def __init__(self, message: str, remedy: str = "", claims: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, remedy)
        self.claims = tuple(claims)


@dataclass(frozen=True)
class TakenIn:
    """What became of one set. `outcome` is posted, held or already there; `why` says more in one line.

    `waits` says that it is held, now or since it came before. `ours` counts claims that were found to be
    ours, `matched` those that are posted to ours.

    `restated` names claims to next payers that state what is answered now, and those that left before and are to be
    replaced. `again` counts claims that their payer answered before, `unreadable` those of an unknown status (CLP02);
    the money of both waits as unapplied. `charged_otherwise` counts those of ours whose charge it states otherwise,
    `nothing_reversed` reversals whose answer is not here, which wait as unapplied too.
    """

    remittance_id: str
    summary: SetSummary
    outcome: str
    why: str = ""
    matched: int = 0
    unapplied_cents: int = 0
    denials: int = 0
    again: int = 0
    unreadable: int = 0
    charged_otherwise: int = 0
    nothing_reversed: int = 0
    ours: int = 0
    waits: bool = False
    restated: Restated = Restated()


@dataclass(frozen=True)
class FileTakenIn:
    """What became of a file."""

    name: str
    sets: tuple[TakenIn, ...]
    examined: Examined


def take_in(db: Database, actor: Actor, path: Path) -> FileTakenIn:
    """Take in a file: add up every set, post those that balance, hold the others.

    Raises UnreadableInput for what is no X12 or too large; then nothing has changed. A set that was
    posted stays so when a later one fails.
    """
    with copied(path) as copy:
        examined = examine(copy.file)
        if not examined.sets:
            why = f": {examined.others[0].why}" if examined.others else ""
            raise UnreadableInput(f"{path.name}: no remittance in it{why}", "expected an 835 of version 005010X221A1")
        file_id = keep_file(db, actor, path.name, copy)
        taken = [_take_set(db, actor, copy, file_id, summary) for summary in examined.sets]
    return FileTakenIn(path.name, tuple(taken), examined)


def unpost(
    db: Database,
    actor: Actor,
    remittance_id: str,
    reason: str,
    operation_id: str | None = None,
    though_billed: bool = False,
    though_reversed: bool = False,
) -> int:
    """Take back everything that a remittance posted, and the decisions on its denials; how many postings.

    Raises BilledOn where claims went to the next payer on its answers, unless `though_billed`, and ReversedLater where
    another posted payment reverses some of them, unless `though_reversed`; both are logged. Raises RemittanceRefused,
    also where some of its money was given back or charged to a claim: that is taken back first.
    """
    reason = _reason(reason, "taking back a remittance")
    with db.change(actor, operation_id, "remittance.unpost") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return int(change.answer["postings"])
        session = change.session
        remittance = _standing(session, remittance_id, RemittanceStatus.POSTED)
        _stands_alone(session, remittance)
        if (billed := _billed_on(session, remittance_id)) and not though_billed:
            raise _billed_by(billed)
        reversed_, replaced_by = reversed_later(session, remittance_id), replaced_later(session, remittance_id)
        if reversed_ and not though_reversed:
            raise _reversed_by(reversed_)
        if replaced_by and not though_reversed:
            raise _reversed_by(replaced_by, "replaces")
        reversed_ += replaced_by
        reversing = reversed_by(session, remittance_id)
        replaced = [one.remittance_claim_id or "" for one in replaced_in(session, remittance)]
        taken = _take_back(change, remittance)
        reopen_reversed(session, reversing)
        reopen_paid(session, replaced)
        withdraw(session, remittance_id)
        session.flush()
        for some in _with_denials(session, remittance_id):
            follow_voids(session, some, voided_of(session, some))
            ask_again(change, some)
        require_places_free(session, [*reversing, *replaced])
        change.log(
            "remittance.unpost",
            "remittance",
            remittance_id,
            reason=reason,
            postings=taken,
            billed=", ".join(b for _, b in billed),
            reversed=", ".join(dict.fromkeys(trace for _, trace in reversed_)),
        )
        change.answer = {"postings": taken}
        return taken


def require_places_free(session: Session, answers: Sequence[str]) -> None:
    """Let answers (ids) stand again only where no other stands in their place. Raises RemittanceRefused."""
    if clash := clashing(session, answers):
        number, trace = clash[0]
        raise RemittanceRefused(
            f"trace {trace} answers {number} in the place of what it takes back",
            "take that payment back first, or codedesk unapplied release lets its answer wait",
        )


def post_again(db: Database, actor: Actor, remittance_id: str, operation_id: str | None = None) -> TakenIn:
    """Post a remittance that was taken back, from the file that is kept. Raises RemittanceRefused."""
    with db.reading() as session:
        remittance = _standing(session, remittance_id, RemittanceStatus.UNPOSTED)
        segment = remittance.segment
        content = zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content)
    summary = next(one for one in examine(content).sets if one.payment.segment == segment)
    with db.change(actor, operation_id, "remittance.post") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return TakenIn(remittance_id, summary, "posted")
        return _post_kept(change, _standing(change.session, remittance_id, RemittanceStatus.UNPOSTED), summary)


def set_aside(db: Database, actor: Actor, remittance_id: str, reason: str, operation_id: str | None = None) -> None:
    """Take a held remittance from what waits, since a person knows what became of it. Raises RemittanceRefused."""
    reason = _reason(reason, "setting a remittance aside")
    with db.change(actor, operation_id, "remittance.set_aside") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return
        remittance = _standing(change.session, remittance_id, RemittanceStatus.HELD)
        _leave(change, remittance, reason)


def hold_again(db: Database, actor: Actor, remittance_id: str, reason: str, operation_id: str | None = None) -> None:
    """Hold a remittance again that was set aside: it waits as before, and why it was set aside stays in the log.

    Raises RemittanceRefused, also where its payment is posted from another file.
    """
    reason = _reason(reason, "holding a remittance again")
    with db.change(actor, operation_id, "remittance.hold_again") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return
        aside = _standing(change.session, remittance_id, RemittanceStatus.SET_ASIDE)
        posted = _same_payment(aside, RemittanceStatus.POSTED)
        if aside.trace and (whole := change.session.exec(posted).first()):
            name = change.session.get_one(ReceivedFile, whole.file_id).name
            raise RemittanceRefused(f"its payment is posted from {name}", "take that one back first")
        why, *held = aside.held
        aside.status, aside.held = RemittanceStatus.HELD, held
        change.session.add(aside)
        change.log("remittance.hold_again", "remittance", aside.id, reason=reason, was=why)


def _with_denials(session: Session, remittance_id: str) -> Iterator[list[str]]:
    """The ids of our claims with denials that a remittance has posted to, now or before, some hundred at a time."""
    posted = select(Posting.claim_id).where(Posting.remittance_id == remittance_id, col(Posting.claim_id).is_not(None))
    query = select(Denial.claim_id).where(col(Denial.claim_id).in_(posted)).distinct().order_by(col(Denial.claim_id))
    claims = [one for one in session.exec(query) if one]
    return (claims[start : start + _AT_ONCE] for start in range(0, len(claims), _AT_ONCE))


def cash_of(session: Session, remittance_id: str) -> int:
    """What a remittance has brought in by its postings, in cents; BPR02 while it is posted, else 0."""
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.remittance_id == remittance_id, JournalLine.account == JournalAccount.CASH)
    )
    return int(session.exec(query).one())


def _standing(session: Session, remittance_id: str, status: RemittanceStatus) -> Remittance:
    """The remittance, which stands so. Raises RemittanceRefused."""
    remittance = session.get(Remittance, remittance_id)
    if remittance is None:
        raise RemittanceRefused(f"no remittance has the id {remittance_id!r}")
    if remittance.status is not status:
        raise RemittanceRefused(f"the remittance is {remittance.status.value}, not {status.value}")
    return remittance


def _reason(text: str, what: str) -> str:
    """The words of why in one line. Raises RemittanceRefused without any."""
    if not (told := " ".join(text.split())):
        raise RemittanceRefused(f"{what} needs a reason")
    return told


def _take_set(db: Database, actor: Actor, copy: Copy, file_id: str, summary: SetSummary) -> TakenIn:
    with db.change(actor, action="remittance.take_in") as change:
        if known := _known(change.session, file_id, summary.payment) or _held_alike(change.session, summary):
            why = f"this payment is {known.status.value} already"
            return TakenIn(known.id, summary, "already there", why, waits=known.status is RemittanceStatus.HELD)
        remittance = _remittance(file_id, summary)
        change.session.add(remittance)
        change.session.flush()
        change.target = ("remittance", remittance.id)
        if summary.held:
            change.log("remittance.hold", "remittance", remittance.id, why=summary.held[0], segment=remittance.segment)
            return TakenIn(remittance.id, summary, "held", summary.held[0], waits=True)
        copy.file.seek(0)
        taken = _post(change, remittance, summary, claims_of_set(copy.file, summary.payment.segment))
        _settle_held(change, remittance)
        return taken


def _settle_held(change: Change, came: Remittance) -> None:
    """Set aside what is held of a payment that is posted now: the same payer, trace and amount."""
    if not came.trace:
        return
    query = _same_payment(came, RemittanceStatus.HELD)
    name = change.session.get_one(ReceivedFile, came.file_id).name
    for held in change.session.exec(query).all():
        _leave(change, held, f"came whole as trace {came.trace} in {name}")


def _same_payment(one: Remittance, status: RemittanceStatus) -> SelectOfScalar[Remittance]:
    """Other remittances of the same payer, trace and amount that stand so."""
    return select(Remittance).where(
        Remittance.id != one.id,
        Remittance.payer_identifier == one.payer_identifier,
        Remittance.trace == one.trace,
        Remittance.payment_cents == one.payment_cents,
        Remittance.status == status,
        # As in _known: other sets of the same envelope are other parts of the payment.
        (Remittance.envelope != one.envelope) | (Remittance.control == one.control),
    )


def _leave(change: Change, held: Remittance, why: str) -> None:
    held.status, held.held = RemittanceStatus.SET_ASIDE, [why, *held.held]
    change.session.add(held)
    change.log("remittance.set_aside", "remittance", held.id, reason=why)


def _known(session: Session, file_id: str, payment: Payment) -> Remittance | None:
    """The remittance that this payment is taken in as: the same set of the same file, or the same payment."""
    same_set = select(Remittance).where(Remittance.file_id == file_id, Remittance.segment == payment.segment)
    if found := session.exec(same_set).first():
        return found
    if not payment.trace:
        return None
    same_payment = select(Remittance).where(
        Remittance.payer_identifier == payment.payer_id,
        Remittance.trace == payment.trace,
        Remittance.paid_on == payment.date,
        Remittance.payment_cents == payment.cents,
        col(Remittance.status).not_in((RemittanceStatus.HELD, RemittanceStatus.SET_ASIDE)),
        # One payment can come in several sets: those have other numbers in one envelope.
        (Remittance.envelope != _envelope(payment)) | (Remittance.control == payment.control),
    )
    return session.exec(same_payment).first()


def _held_alike(session: Session, summary: SetSummary) -> Remittance | None:
    """The same set from another file, held or set aside, where this one would be held: it waits once."""
    payment = summary.payment
    if not summary.held:
        return None
    query = select(Remittance).where(
        Remittance.envelope == _envelope(payment),
        Remittance.control == payment.control,
        Remittance.payer_identifier == payment.payer_id,
        Remittance.trace == payment.trace,
        Remittance.paid_on == payment.date,
        Remittance.payment_cents == payment.cents,
        Remittance.paid_cents == summary.paid_cents,
        Remittance.provider_cents == summary.provider_cents,
        Remittance.claims == summary.claims,
        col(Remittance.status).in_((RemittanceStatus.HELD, RemittanceStatus.SET_ASIDE)),
    )
    return session.exec(query).first()


def _remittance(file_id: str, summary: SetSummary) -> Remittance:
    payment = summary.payment
    return Remittance(
        file_id=file_id,
        segment=payment.segment,
        status=RemittanceStatus.HELD if summary.held else RemittanceStatus.POSTED,
        control=payment.control,
        envelope=_envelope(payment),
        payer_identifier=payment.payer_id,
        payer_name=payment.payer.name,
        payee_name=payment.payee.name,
        payee_identifier=payment.payee.id,
        trace=payment.trace,
        method=payment.method,
        paid_on=payment.date,
        payment_cents=payment.cents,
        paid_cents=summary.paid_cents,
        provider_cents=summary.provider_cents,
        claims=summary.claims,
        held=[*summary.held, *summary.miscounted],
    )


def _envelope(payment: Payment) -> str:
    return f"{payment.sender} {payment.interchange} {payment.group}"


def claims_of_set(source: BinaryIO | IO[bytes], segment: int) -> Iterator[RemitClaim | SetEnd]:
    """The claims and the end of the set whose ST is this segment."""
    inside = False
    for part in read(source, []):
        if isinstance(part, Payment):
            inside = part.segment == segment
        elif inside and isinstance(part, RemitClaim | SetEnd):
            yield part
            if isinstance(part, SetEnd):
                return


def _post(change: Change, remittance: Remittance, summary: SetSummary, parts: Iterable[RemitClaim | SetEnd]) -> TakenIn:
    """Store and post a set, some hundred claims at a time."""
    batch = Batch(change, remittance, summary.payment)
    waiting: list[RemitClaim] = []
    for part in parts:
        if isinstance(part, SetEnd):
            batch.add_claims(waiting)
            batch.add_provider_adjustments(part.provider_adjustments)
        else:
            waiting.append(part)
            if len(waiting) == _AT_ONCE:
                batch.add_claims(waiting)
                waiting = []
    remittance.batch_id = batch.id
    change.session.add(remittance)
    change.session.flush()
    move_answered_in(change, batch.id, remittance.id)
    follow_shares(change, shares_in_batch(change.session, batch.id), batch.id, remittance.id)
    prove(change.session, remittance)
    restated = follow_answers_in(change, batch.id, f"trace {remittance.trace or 'without a number'}")
    for row in waiting_for(change.session, remittance, batch.reversed_numbers):
        row.note = f"its reversal came with {remittance.trace or 'a payment without a number'}: apply it; {row.note}"
        change.session.add(row)
    if batch.met:
        from store.remits.unapplied import apply_reversal

        for reversal_id, ours in batch.met:
            apply_reversal(change, reversal_id, ours.id, remittance.trace)
    ask_again_in(change, batch.id)
    change.log(
        "remittance.post",
        "remittance",
        remittance.id,
        cents=remittance.payment_cents,
        claims=batch.claims_stored,
        postings=batch.postings,
        unapplied_cents=batch.unapplied_cents,
        denials=batch.denials,
    )
    return TakenIn(
        remittance.id,
        summary,
        "posted",
        matched=batch.matched,
        unapplied_cents=batch.unapplied_cents,
        denials=batch.denials,
        again=batch.again,
        unreadable=batch.unreadable,
        charged_otherwise=batch.charged_otherwise,
        nothing_reversed=batch.nothing_reversed,
        ours=batch.ours,
        restated=restated,
    )


def _post_kept(change: Change, remittance: Remittance, summary: SetSummary) -> TakenIn:
    """Post what is stored of a remittance once more: each posting that was taken back with it, made again.

    What was taken back before, as when money was applied to a claim by hand, stands in the same batch and stays so.
    """
    session = change.session
    batch_id = new_id()
    last = session.exec(
        select(Posting.batch_id)
        .where(Posting.remittance_id == remittance.id, col(Posting.takes_back).is_(None))
        .order_by(col(Posting.posted_at).desc(), col(Posting.id).desc())
    ).first()
    taken_back = select(Posting.takes_back).where(
        Posting.remittance_id == remittance.id, col(Posting.takes_back).is_not(None), Posting.batch_id != last
    )
    query = select(Posting).where(
        Posting.remittance_id == remittance.id,
        Posting.batch_id == last,
        col(Posting.kind).not_in(DECIDED_KINDS),  # that of a denial which it reverses: judged as that stands now
        ~col(Posting.note).startswith(REPLACED),  # so with the answers whose place it takes,
        ~col(Posting.note).startswith(SETTLED),  # and with the denied lines that it pays
        col(Posting.id).in_(taken_back),
    )
    made = mirror(change, session.exec(query).all(), batch_id, sign=1, taking_back=False)
    remittance.status, remittance.batch_id = RemittanceStatus.POSTED, batch_id
    session.add(remittance)
    reopen(session, remittance.id, summary.payment)
    session.flush()
    withdraw_reversed(session, reversed_of(session, remittance.id))
    close_reversed(change, reversed_by(session, remittance.id), batch_id, remittance.id)
    session.flush()
    _make_room(change, remittance)
    move_answered_in(change, batch_id, remittance.id)
    follow_shares(change, shares_in_batch(session, batch_id), batch_id, remittance.id)
    prove(session, remittance)
    restated = follow_answers_in(change, batch_id, "posted again")
    ask_again_in(change, batch_id)
    change.log("remittance.post", "remittance", remittance.id, postings=made, cents=remittance.payment_cents)
    return TakenIn(remittance.id, summary, "posted", restated=restated)


def _make_room(change: Change, remittance: Remittance) -> None:
    """Judge the answers of a remittance that is posted again beside those that came while it was taken back."""
    for claim_id, answer, replaced, why in crowded(change.session, remittance.id):
        row = change.session.get_one(RemittanceClaim, answer)
        if not why:
            replace_answers(change, replaced, remittance, remittance.batch_id or "", row.segment)
            continue
        from store.remits.unapplied import leave_waiting

        leave_waiting(change, row, remittance, claim_id, why)


def _take_back(change: Change, remittance: Remittance) -> int:
    """Take back its postings, and let what others moved on them follow; it is posted no more."""
    session, batch_id = change.session, new_id()
    made = mirror(change, living_postings(session, remittance), batch_id, sign=-1, taking_back=True)
    remittance.status, remittance.batch_id = RemittanceStatus.UNPOSTED, None
    session.add(remittance)
    session.flush()
    move_answered_in(change, batch_id)
    follow_shares(change, shares_in_batch(session, batch_id), batch_id)
    follow_answers_in(change, batch_id, "the remittance was taken back")
    if cash := cash_of(session, remittance.id):
        raise RemittanceRefused(f"{cash} cents would stay posted", "report this: the journal is not as it was made")
    return made


def living_postings(session: Session, remittance: Remittance) -> list[Posting]:
    """The postings that a remittance stands on, and the decisions on its denials; none that was taken back."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    living = select(Posting).where(col(Posting.takes_back).is_(None), col(Posting.id).not_in(undone))
    claims = select(RemittanceClaim.id).where(RemittanceClaim.remittance_id == remittance.id)
    decided = living.where(
        col(Posting.kind).in_(DECIDED_KINDS),
        Posting.batch_id != remittance.batch_id,
        col(Posting.remittance_claim_id).in_(claims),
    )
    replaced = living.where(
        Posting.kind == PostingKind.CLAIM_PAYMENT,
        Posting.remittance_id != remittance.id,
        col(Posting.note).startswith(REPLACED) | col(Posting.note).startswith(SETTLED),
        col(Posting.remittance_claim_id).in_(claims),
    )
    own = living.where(Posting.batch_id == remittance.batch_id)
    return [*session.exec(own), *session.exec(decided), *session.exec(replaced)]


def _stands_alone(session: Session, remittance: Remittance) -> None:
    """Nothing rests on the remittance that people did with its money. Raises RemittanceRefused."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    claims = select(RemittanceClaim.id).where(RemittanceClaim.remittance_id == remittance.id)
    adjustments = select(ProviderLevelAdjustment.id).where(ProviderLevelAdjustment.remittance_id == remittance.id)
    query = select(Posting.id).where(
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
        (
            (col(Posting.kind) == PostingKind.REFUND) & col(Posting.remittance_claim_id).in_(claims)
            | col(Posting.provider_adjustment_id).in_(adjustments)
        ),
    )
    if found := session.exec(query).first():
        raise RemittanceRefused(
            "some of its money was given back or charged to a claim",
            f"codedesk postings take-back {found} undoes that first",
        )


def _billed_on(session: Session, remittance_id: str) -> list[tuple[str, str]]:
    """Claims that this remittance answers, with the living ones to the next payer: numbers of both."""
    before, after = aliased(Claim), aliased(Claim)
    query = (
        select(before.claim_number, after.claim_number)
        .join(RemittanceClaim, col(RemittanceClaim.claim_id) == before.id)
        .join(after, col(after.follows_id) == before.id)
        .where(
            RemittanceClaim.remittance_id == remittance_id,
            after.follows_as == "secondary",
            after.status != ClaimStatus.VOID,
        )
        .distinct()
        .order_by(before.claim_number, after.claim_number)
    )
    return list(session.exec(query).all())


def _billed_by(billed: list[tuple[str, str]]) -> BilledOn:
    first, more = billed[0], f" and {len(billed) - 1} more" if len(billed) > 1 else ""
    return BilledOn(
        f"{first[0]} went to the next payer on its answer, as {first[1]}{more}",
        "void or mend those claims; --though-billed takes it back all the same",
        billed,
    )


def _reversed_by(reversed_: list[tuple[str, str]], what: str = "reverses") -> ReversedLater:
    first, more = reversed_[0], f" and {len(reversed_) - 1} more" if len(reversed_) > 1 else ""
    return ReversedLater(
        f"trace {first[1] or 'without a number'} {what} its answer of {first[0]}{more}",
        "take that payment back first; --though-reversed takes this one back all the same",
        reversed_,
    )


def mirror(change: Change, postings: Iterable[Posting], batch_id: str, sign: int, taking_back: bool) -> int:
    """Postings like these with their amounts times `sign`; how many."""
    session = change.session
    rows: list[dict[str, Any]] = []
    sides: list[dict[str, Any]] = []
    twins: dict[str, str] = {}
    for one in postings:
        twins[one.id] = new_id()
        rows.append(
            posting_row(change, batch_id, one.kind, one.remittance_id, one.remittance_claim_id)
            | {
                "id": twins[one.id],
                "claim_id": one.claim_id,
                "account_id": one.account_id,
                "takes_back": one.id if taking_back else None,
            }
        )
    for start in range(0, len(rows), _AT_ONCE):
        some = list(twins)[start : start + _AT_ONCE]
        for line in session.exec(select(JournalLine).where(col(JournalLine.posting_id).in_(some))):
            sides.append(
                {
                    "id": new_id(),
                    "posting_id": twins[line.posting_id],
                    "account": line.account,
                    "cents": sign * line.cents,
                    "group_code": line.group_code,
                    "reason_code": line.reason_code,
                    "segment": line.segment,
                }
            )
    insert_rows(session, Posting, rows)
    insert_rows(session, JournalLine, sides)
    return len(rows)


def prove(session: Session, remittance: Remittance) -> None:
    """Posted + unapplied - PLB must be BPR02; anything else is a defect, and the whole set is left alone."""
    if (cash := cash_of(session, remittance.id)) != remittance.payment_cents:
        raise RemittanceRefused(
            f"postings come to {cash} cents, the payment is {remittance.payment_cents}", "nothing was posted"
        )
