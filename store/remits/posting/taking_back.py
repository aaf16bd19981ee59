"""Takes back what a remittance posted, and refuses it by name while people or later payments have built on that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.prior_changed import follow_answers_in
from store.database import Change, Database
from store.denials.decided import DECIDED_KINDS
from store.denials.opening import reopen_paid, reopen_reversed, withdraw
from store.denials.owed import ask_again
from store.denials.voided import follow_voids
from store.ledger.answered_shares import beside_of, move_answered_in, voided_of
from store.ledger.charges import follow_shares, shares_in_batch
from store.models import Claim, Denial, Posting, ProviderLevelAdjustment, Remittance, RemittanceClaim
from store.models.columns import new_id
from store.reasons import reason_in_words
from store.remits.answered import REPLACED, SETTLED, clashing, replaced_later, reversed_by, reversed_later
from store.remits.posting.journal import cash_of, mirror
from store.remits.posting.outcomes import BilledOn, RemittanceRefused, ReversedLater, standing_as
from store.remits.reached import unreach
from store.remits.replaced import replaced_in
from store.terms import ClaimStatus, PostingKind, RemittanceStatus

_AT_ONCE = 400


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
    reason = reason_in_words(reason)
    with db.change(actor, operation_id, "remittance.unpost") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return int(change.answer["postings"])
        session = change.session
        remittance = standing_as(session, remittance_id, RemittanceStatus.POSTED)
        _stands_alone(session, remittance)
        if (billed := _billed_on(session, remittance_id)) and not though_billed:
            raise _billed_by(billed)
        reversed_ = _reversed_on(session, remittance_id, though_reversed)
        taken = _take_back_with_denials(change, remittance)
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


def _reversed_on(session: Session, remittance_id: str, though_reversed: bool) -> list[tuple[str, str]]:
    """What later payments reverse or replace of its answers: our numbers and their traces. Raises ReversedLater."""
    reversed_, replaced_by = reversed_later(session, remittance_id), replaced_later(session, remittance_id)
    if reversed_ and not though_reversed:
        raise _reversed_by(reversed_)
    if replaced_by and not though_reversed:
        raise _reversed_by(replaced_by, "replaces")
    return reversed_ + replaced_by


def _take_back_with_denials(change: Change, remittance: Remittance) -> int:
    """Take back its postings and its denials; what it reversed or replaced stands again. How many postings."""
    session = change.session
    reversing = reversed_by(session, remittance.id)
    replaced = [one.remittance_claim_id or "" for one in replaced_in(session, remittance)]
    taken = _take_back(change, remittance)
    reopen_reversed(session, reversing)
    reopen_paid(session, replaced)
    withdraw(session, remittance.id)
    session.flush()
    for some in _with_denials(session, remittance.id):
        follow_voids(session, some, voided_of(session, some), beside_of(session, some))
        ask_again(change, some)
    require_places_free(session, [*reversing, *replaced])
    return taken


def _take_back(change: Change, remittance: Remittance) -> int:
    """Take back its postings, and let what others moved on them follow; it is posted no more."""
    session, batch_id = change.session, new_id()
    made = mirror(change, living_postings(session, remittance), batch_id, sign=-1, taking_back=True)
    remittance.status, remittance.batch_id = RemittanceStatus.UNPOSTED, None
    session.add(remittance)
    session.flush()
    unreach(change, remittance)
    move_answered_in(change, batch_id, taken_back=remittance.id)
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


def _with_denials(session: Session, remittance_id: str) -> Iterator[list[str]]:
    """The ids of our claims with denials that a remittance has posted to, now or before, some hundred at a time."""
    posted = select(Posting.claim_id).where(Posting.remittance_id == remittance_id, col(Posting.claim_id).is_not(None))
    query = select(Denial.claim_id).where(col(Denial.claim_id).in_(posted)).distinct().order_by(col(Denial.claim_id))
    claims = [one for one in session.exec(query) if one]
    return (claims[start : start + _AT_ONCE] for start in range(0, len(claims), _AT_ONCE))


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
