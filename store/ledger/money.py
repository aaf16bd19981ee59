"""Money that people move by hand: what a patient pays, what is written off, what is given back.

Each is one posting with a reason, which another posting can take back. Cents are above zero; nothing is moved that the
account does not hold.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Change, Database
from store.denials.owed import ask_again
from store.ledger.accounts import account_id_of, balance_of
from store.models import Claim, Denial, Encounter, JournalLine, Posting
from store.models.columns import new_id
from store.queries import SessionReader
from store.reasons import reason_in_words
from store.terms import DenialStatus, JournalAccount, PostingKind
from store.whole import require_seen


class LedgerRefused(CodedeskError):
    """The account is unknown, or the movement does not fit what it holds; nothing was posted."""

    title = "ledger"
    exit_code = 1


class Owed(StrEnum):
    """What of an account is written off or given back."""

    PATIENT = "patient"
    PAYER = "payer"

    @property
    def account(self) -> JournalAccount:
        """Its account of the journal."""
        return {
            "patient": JournalAccount.PATIENT_RECEIVABLE,
            "payer": JournalAccount.PAYER_RECEIVABLE,
        }[self.value]


@dataclass(frozen=True)
class Moved:
    """One posting and what the account holds now, in cents."""

    posting_id: str
    balance_cents: int


_BY_HAND = (PostingKind.PATIENT_PAYMENT, PostingKind.WRITE_OFF, PostingKind.REFUND)


def patient_pays(
    db: Database, actor: Actor, account: str, cents: int, note: str, operation_id: str | None = None
) -> Moved:
    """Post what a patient paid; more than is owed becomes a credit. `note` says how: cash, card, check. Raises
    LedgerRefused, PartOfRecord."""
    sides = ((JournalAccount.CASH, 1), (JournalAccount.PATIENT_RECEIVABLE, -1))
    return _move(
        db, actor, "ledger.patient_payment", PostingKind.PATIENT_PAYMENT, account, cents, note, sides, operation_id
    )


def write_off(
    db: Database, actor: Actor, account: str, owed: Owed, cents: int, reason: str, operation_id: str | None = None
) -> Moved:
    """Give up what the patient or the payer owes, at most all of it.

    Raises LedgerRefused, PartOfRecord, ReasonNeeded.
    """
    why, sides = reason_in_words(reason), ((JournalAccount.WRITE_OFF, 1), (owed.account, -1))
    return _move(
        db, actor, "ledger.write_off", PostingKind.WRITE_OFF, account, cents, why, sides, operation_id, holds=owed
    )


def refund(
    db: Database, actor: Actor, account: str, owed: Owed, cents: int, reason: str, operation_id: str | None = None
) -> Moved:
    """Give back a credit of the patient or of the payer, at most all of it and what they paid.

    Raises LedgerRefused, PartOfRecord, ReasonNeeded.
    """
    why, sides = reason_in_words(reason), ((owed.account, 1), (JournalAccount.CASH, -1))
    return _move(
        db, actor, "ledger.refund", PostingKind.REFUND, account, cents, why, sides, operation_id, gives_back=owed
    )


def take_back(db: Database, actor: Actor, posting_id: str, reason: str, operation_id: str | None = None) -> Moved:
    """Take back a movement that was made by hand. Raises LedgerRefused, PartOfRecord, ReasonNeeded."""
    with db.change(actor, operation_id, "ledger.take_back") as change:
        if change.repeated:
            return Moved(**change.answer)
        session = change.session
        posting = session.get(Posting, posting_id)
        if posting is None or not _by_hand(posting):
            raise LedgerRefused("no movement by hand has that id", "`codedesk ledger ACCOUNT` shows them")
        if posting.takes_back or session.exec(select(Posting.id).where(Posting.takes_back == posting.id)).first():
            raise LedgerRefused("the movement is taken back already")
        if posting.account_id:
            require_seen(SessionReader(session), "account", (posting.account_id,), "a posting by hand")
        lines = session.exec(select(JournalLine).where(JournalLine.posting_id == posting.id)).all()
        sides = [(line.account, -line.cents) for line in lines]
        row = _post(change, posting.kind, posting.account_id, reason_in_words(reason), sides)
        row.takes_back, row.claim_id = posting.id, posting.claim_id
        row.remittance_claim_id = posting.remittance_claim_id
        row.provider_adjustment_id = posting.provider_adjustment_id
        change.log("ledger.take_back", "posting", row.id, of=posting.id, reason=reason.strip())
        return _answered(change, row, posting.account_id)


def _by_hand(posting: Posting) -> bool:
    """Whether a person moved the money; the write-off of a denial is part of the work on that."""
    if posting.provider_adjustment_id:
        return True
    return posting.kind in _BY_HAND and not (posting.kind is PostingKind.WRITE_OFF and posting.remittance_claim_id)


def _move(
    db: Database,
    actor: Actor,
    action: str,
    kind: PostingKind,
    account: str,
    cents: int,
    note: str,
    sides: tuple[tuple[JournalAccount, int], ...],
    operation_id: str | None,
    holds: Owed | None = None,
    gives_back: Owed | None = None,
) -> Moved:
    with db.change(actor, operation_id, action) as change:
        if change.repeated:
            return Moved(**change.answer)
        if cents <= 0:
            raise LedgerRefused("an amount is above zero")
        account_id = account_id_of(change.session, account)
        if account_id is None:
            raise LedgerRefused(f"no account has the number {account[:40]!r}")
        change.target = ("account", account_id)
        require_seen(SessionReader(change.session), "account", (account_id,), "a posting by hand")
        _fits(change.session, account_id, cents, holds, gives_back)
        row = _post(change, kind, account_id, _needed(note), [(name, sign * cents) for name, sign in sides])
        change.log(action, "account", account_id, posting=row.id, cents=cents, note=note.strip())
        return _answered(change, row, account_id)


def _fits(session: Session, account_id: str, cents: int, holds: Owed | None, gives_back: Owed | None) -> None:
    """Nobody is forgiven what they do not owe, nor given back what is no credit of theirs or what they did not pay."""
    for owed, sign, words in ((holds, 1, "owes"), (gives_back, -1, "has a credit of")):
        if owed and cents > (there := _there(session, account_id, owed, sign)):
            raise LedgerRefused(f"the {owed.value} {words} {max(there, 0) / 100:,.2f}, not {cents / 100:,.2f}")
    if gives_back and cents > (paid := _received(session, account_id, gives_back)):
        raise LedgerRefused(f"the {gives_back.value} paid {max(paid, 0) / 100:,.2f} of it, not {cents / 100:,.2f}")


def _there(session: Session, account_id: str, owed: Owed, sign: int) -> int:
    """What the patient or the payers owe (`sign` 1), or are owed (-1), in cents.

    A payer is owed of no visit what an open denial of it asks for: that is not paid, whichever answer it stands with.
    """
    balance = sign * balance_of(session, account_id, owed.account)
    return min(balance, _credit_beside_denials(session, account_id)) if owed is Owed.PAYER and sign < 0 else balance


def _credit_beside_denials(session: Session, account_id: str) -> int:
    balances: Any = (
        select(Claim.encounter_id, JournalLine.account, func.sum(JournalLine.cents))
        .select_from(Posting)
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .outerjoin(Claim, col(Claim.id) == Posting.claim_id)
        .where(
            Posting.account_id == account_id,
            col(JournalLine.account).in_((JournalAccount.PAYER_RECEIVABLE, JournalAccount.DENIED)),
        )
        .group_by(col(Claim.encounter_id), JournalLine.account)
    )
    asking = (
        select(Claim.encounter_id, func.sum(Denial.cents))
        .join(Claim, col(Claim.id) == Denial.claim_id)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(Encounter.account_id == account_id)
        .where(col(Denial.status).in_((DenialStatus.OPEN, DenialStatus.APPEALED)), Denial.cents > 0)
        .group_by(col(Claim.encounter_id))
    )
    credit: dict[str | None, int] = defaultdict(int)
    denied: dict[str | None, int] = {}
    for visit, account, cents in session.exec(balances):
        if account is JournalAccount.DENIED:
            denied[visit] = int(cents)
        else:
            credit[visit] = -int(cents)
    for visit, cents in session.exec(asking):
        credit[visit] -= max(min(int(cents), denied.get(visit, 0)), 0)
    return sum(cents if visit is None else max(cents, 0) for visit, cents in credit.items())


def _received(session: Session, account_id: str, owed: Owed) -> int:
    """What came in of an account from the patient, or from its payers, and was not given back, in cents."""
    own = select(JournalLine.posting_id).where(JournalLine.account == owed.account)
    kind = PostingKind.PATIENT_PAYMENT if owed is Owed.PATIENT else PostingKind.CLAIM_PAYMENT
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(
            Posting.account_id == account_id,
            JournalLine.account == JournalAccount.CASH,
            (col(Posting.kind) == kind) | ((col(Posting.kind) == PostingKind.REFUND) & col(Posting.id).in_(own)),
        )
    )
    return int(session.exec(query).one())


def _post(
    change: Change, kind: PostingKind, account_id: str | None, note: str, sides: list[tuple[JournalAccount, int]]
) -> Posting:
    posting = Posting(
        batch_id=new_id(),
        kind=kind,
        account_id=account_id,
        claim_id=_only_claim(change.session, account_id) if account_id else None,
        note=note,
        posted_by=change.actor.person_id,
    )
    change.session.add(posting)
    change.session.flush()
    for name, cents in sides:
        change.session.add(JournalLine(posting_id=posting.id, account=name, cents=cents))
    change.session.flush()
    return posting


def _only_claim(session: Session, account_id: str) -> str | None:
    """The claim of an account that has one alone, so that its figures show the movement too."""
    query = select(Claim.id).join(Encounter).where(Encounter.account_id == account_id, Claim.follows_as == "")
    found = session.exec(query.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _answered(change: Change, row: Posting, account_id: str | None) -> Moved:
    ask_again(change, filter(None, [row.claim_id]))
    moved = Moved(row.id, balance_of(change.session, account_id) if account_id else 0)
    change.answer = {"posting_id": moved.posting_id, "balance_cents": moved.balance_cents}
    return moved


def _needed(text: str) -> str:
    if not (told := " ".join(text.split())):
        raise LedgerRefused("a movement needs a word of why")
    return told
