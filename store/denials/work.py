"""Working denials: who takes them, appeals, outcomes with their money, and the same step for all that are alike.

The states are those of `store.denials`. Every step is one change with its log entry; a write-off posts money, as
does a decision that the patient owes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.next_payers import replaced_by
from store.database import Change, Database
from store.denials.decided import post_decided, take_back_decided
from store.denials.liable import why_not_patient
from store.denials.opening import ANSWERED_BY, BESIDE, PAID_BY, close_told, living, why_closed
from store.denials.owed import why_not_resolved
from store.denials.reasons import due_day
from store.ledger.answered_shares import beside_of, voided_of
from store.models import Claim, Denial, JournalLine, Payer, Person, Posting
from store.models.columns import new_id, now
from store.reasons import reason_in_words
from store.remits.answered import standing_answers
from store.settings import today
from store.terms import LIVING_DENIALS, DenialStatus, JournalAccount, in_words

_CLOSED = (DenialStatus.RESOLVED, DenialStatus.WRITTEN_OFF, DenialStatus.PATIENT_OWES)


class DenialRefused(CodedeskError):
    """The denial is unknown, closed or of no claim of ours, or the step lacks what it needs."""

    title = "denial"
    exit_code = 1


@dataclass(frozen=True)
class Worked:
    """What a step did: how many denials, and the cents of them together."""

    count: int
    cents: int


def assign(db: Database, actor: Actor, denials: Sequence[str], login: str, operation_id: str | None = None) -> Worked:
    """Give denials to a person. Raises DenialRefused."""
    with _step(db, actor, denials, operation_id, "denial.assign", owner=login) as (change, rows):
        person = change.session.exec(select(Person).where(Person.login == login, Person.active)).first()
        if person is None:
            raise DenialRefused(f"nobody active has the login {login[:40]!r}")
        for row in rows:
            row.owner_id = person.id
        return _done(change, rows)


def appeal(db: Database, actor: Actor, denials: Sequence[str], note: str, operation_id: str | None = None) -> Worked:
    """Note an appeal of the next level; the day of the answer's limit is set. Raises DenialRefused."""
    with _step(db, actor, denials, operation_id, "denial.appeal", note=_needed(note, "an appeal")) as (change, rows):
        for row in rows:
            row.status, row.level, row.note = DenialStatus.APPEALED, row.level + 1, note.strip()
            row.due_on = due_day(_filing_code(change.session, row), row.level, str(today()))
        return _done(change, rows)


def resolve(
    db: Database, actor: Actor, denials: Sequence[str], outcome: str, operation_id: str | None = None
) -> Worked:
    """Close denials with what came of them, those of second answers with the last of a claim.

    Raises ReasonNeeded, DenialRefused, also where money of them is owed still that nothing else asks for
    (`store.denials.owed`).
    """
    with _step(db, actor, denials, operation_id, "denial.resolve", outcome=reason_in_words(outcome)) as (
        change,
        rows,
    ):
        why, remedy = why_not_resolved(change.session, rows)
        if why:
            raise DenialRefused(why, remedy)
        for row in rows:
            row.status, row.note, row.closed_at = DenialStatus.RESOLVED, outcome.strip(), now()
        _close_told(change, rows, outcome.strip())
        return _done(change, rows)


def write_off(
    db: Database,
    actor: Actor,
    denials: Sequence[str],
    reason: str,
    operation_id: str | None = None,
    though_rebilled: bool = False,
) -> Worked:
    """Give the money up: posted from denied to write-off.

    Raises DenialRefused, also where a replacement bills it again, unless a person gives it up `though_rebilled`.
    """
    with _step(db, actor, denials, operation_id, "denial.write_off", reason=reason_in_words(reason)) as (
        change,
        rows,
    ):
        if not though_rebilled:
            _not_rebilled(change.session, rows)
        _decide(change, rows, DenialStatus.WRITTEN_OFF, reason)
        return _done(change, rows)


def bill_patient(
    db: Database,
    actor: Actor,
    denials: Sequence[str],
    reason: str,
    operation_id: str | None = None,
    though_rebilled: bool = False,
) -> Worked:
    """Leave the money to the patient, who owes it now: posted from denied to patient receivable.

    Raises DenialRefused, also where the patient does not owe one of them, or a replacement bills one again and that was
    not asked for `though_rebilled`: none is posted then.
    """
    told = reason_in_words(reason)
    with _step(db, actor, denials, operation_id, "denial.patient_owes", reason=told) as (change, rows):
        if not though_rebilled:
            _not_rebilled(change.session, rows)
        for row in rows:
            why, remedy = why_not_patient(change.session, row)
            if why:
                raise DenialRefused(why, remedy)
        _decide(change, rows, DenialStatus.PATIENT_OWES, reason)
        return _done(change, rows)


def open_again(
    db: Database, actor: Actor, denials: Sequence[str], reason: str, operation_id: str | None = None
) -> Worked:
    """Open denials that people closed, and take back the money of that.

    Raises DenialRefused, also where nothing is denied any more: the answer was reversed, its remittance taken back, its
    claim voided, or another answer pays the line.
    """
    with _step(db, actor, denials, operation_id, "denial.open_again", _CLOSED, reason=reason_in_words(reason)) as (
        change,
        rows,
    ):
        batch = new_id()
        for row in rows:
            if row.remittance_claim_id not in standing_answers(change.session, row.claim_id or ""):
                raise DenialRefused(
                    f"the answer that denied {row.group_code}-{row.reason_code} does not stand any more",
                    "its remittance was taken back, or the payer reversed it",
                )
            if voided_of(change.session, [row.claim_id or ""]):
                raise DenialRefused("its claim was voided with the payer: nothing of it is denied")
            if beside_of(change.session, [row.claim_id or ""]):
                raise DenialRefused(f"{BESIDE}: nothing of it is owed")
            if row.status is DenialStatus.RESOLVED and row.note.startswith((PAID_BY, ANSWERED_BY)):
                raise DenialRefused(
                    f"{row.group_code}-{row.reason_code} was {why_closed(row.note)}: nothing of it is denied",
                    "where that answer is wrong, take back its payment or release it",
                )
            take_back_decided(change, row, batch, reason.strip())
            row.status = living(row.level)
            row.note, row.closed_at = reason.strip(), None
        return _done(change, rows)


def similar(session: Session, denial_id: str) -> list[Denial]:
    """The living denials of the same payer, group and reason, this one first; all of claims of ours.

    Raises DenialRefused.
    """
    one = session.get(Denial, denial_id)
    if one is None:
        raise DenialRefused(f"no denial has the id {denial_id[:40]!r}")
    query = select(Denial).where(
        Denial.payer_name == one.payer_name,
        Denial.group_code == one.group_code,
        Denial.reason_code == one.reason_code,
        col(Denial.claim_id).is_not(None),
        col(Denial.status).in_(LIVING_DENIALS),
    )
    others = [row for row in session.exec(query.order_by(Denial.opened_at, Denial.id)) if row.id != one.id]
    return [one, *others]


@contextmanager
def _step(
    db: Database,
    actor: Actor,
    denials: Sequence[str],
    operation_id: str | None,
    action: str,
    standing: tuple[DenialStatus, ...] = LIVING_DENIALS,
    **detail: str,
) -> Iterator[tuple[Change, list[Denial]]]:
    """One change of some denials that stand so, each logged; none where the operation was carried out before."""
    with db.change(actor, operation_id, action) as change:
        rows = [] if change.repeated else [_standing(change.session, one, standing) for one in dict.fromkeys(denials)]
        if not rows and not change.repeated:
            raise DenialRefused("no denial was named")
        yield change, rows
        for row in rows:
            change.session.add(row)
            change.log(action, "denial", row.id, claim=row.claim_id or "", **detail)


def _standing(session: Session, identity: str, standing: tuple[DenialStatus, ...]) -> Denial:
    row = session.get(Denial, identity)
    if row is None:
        raise DenialRefused(f"no denial has the id {identity[:40]!r}")
    if row.status not in standing:
        raise DenialRefused(f"the denial of {row.group_code}-{row.reason_code} is {in_words(row.status)}")
    if row.claim_id is None:
        raise DenialRefused(
            f"the denial of {row.group_code}-{row.reason_code} is of a claim that is not ours",
            "codedesk unapplied apply gives its payment to a claim of ours first",
        )
    return row


def _decide(change: Change, rows: Sequence[Denial], status: DenialStatus, reason: str) -> None:
    _denied_so_much(change.session, rows)
    batch = new_id()
    for row in rows:
        row.status, row.note, row.closed_at = status, reason.strip(), now()
        post_decided(change, row, status, batch, row.cents, reason.strip())
    _close_told(change, rows, reason.strip())


def _not_rebilled(session: Session, rows: Sequence[Denial]) -> None:
    """Raise DenialRefused where a replacement bills a claim of these again."""
    claims = list(dict.fromkeys(row.claim_id or "" for row in rows))
    found = replaced_by(session, claims)
    for claim_id in claims:
        if again := found.get(claim_id):
            replacement = session.get_one(Claim, again)
            before = session.get_one(Claim, claim_id)
            raise DenialRefused(
                f"{replacement.claim_number} bills {before.claim_number} again: its answer settles this",
                "wait for it, or decide all the same: --though-rebilled, on the screen a second question",
            )


def _close_told(change: Change, rows: Sequence[Denial], why: str) -> None:
    """Close what is told of second answers with the last denial of its claim."""
    for told in close_told(change.session, {row.claim_id for row in rows if row.claim_id}, why):
        change.log("denial.resolve", "denial", told.id, claim=told.claim_id or "", outcome=why)


def _denied_so_much(session: Session, rows: Sequence[Denial]) -> None:
    """What is moved of each claim stands in denied. Raises DenialRefused."""
    asked: dict[str, int] = {}
    for row in rows:
        if row.cents <= 0:
            raise DenialRefused(
                f"nothing is denied by {row.group_code}-{row.reason_code}: {row.note}", "close it with its outcome"
            )
        asked[row.claim_id or ""] = asked.get(row.claim_id or "", 0) + row.cents
    query = (
        select(Posting.claim_id, func.sum(JournalLine.cents))
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .where(col(Posting.claim_id).in_(asked), JournalLine.account == JournalAccount.DENIED)
        .group_by(col(Posting.claim_id))
    )
    denied = dict(session.exec(query).all())
    for claim_id, cents in asked.items():
        if cents > (there := int(denied.get(claim_id) or 0)):
            number = session.get_one(Claim, claim_id).claim_number
            raise DenialRefused(
                f"{number} has {there / 100:,.2f} in denied, not {cents / 100:,.2f}",
                "look at its money with codedesk claims show, and close the denial with its outcome",
            )


def _done(change: Change, rows: Sequence[Denial]) -> Worked:
    if not change.repeated:
        change.answer = {"count": len(rows), "cents": sum(row.cents for row in rows)}
    return Worked(change.answer["count"], change.answer["cents"])


def _filing_code(session: Session, row: Denial) -> str:
    claim = session.get(Claim, row.claim_id) if row.claim_id else None
    payer = session.get(Payer, claim.payer_id) if claim and claim.payer_id else None
    return payer.claim_filing_code if payer else ""


def _needed(text: str, what: str) -> str:
    if not (told := " ".join(text.split())):
        raise DenialRefused(f"{what} needs a word of why")
    return told
