"""Opens denials with a posted remittance, and withdraws them when it is taken back or the payer reverses the claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, false, literal, or_, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from store.database import Change
from store.denials.decided import DECIDED, decided_by_journal, post_decided
from store.denials.reasons import category_of, due_day, is_unpaid
from store.models import Denial, Remittance
from store.models.columns import new_id, now
from store.queries.chains import NOT_VOIDED
from store.terms import LIVING_DENIALS, DenialStatus
from store.x12.remittance import Adjustment, Payment, RemitClaim, RemitLine

TOLD = "second answer"
"""How the note of a denial begins that is told alone: its answer waits, and denies nothing."""
_REVERSED = "the payer reversed the claim"
PAID_BY = "paid after all by "
"""How the note of a denial begins whose lines another answer pays."""
ANSWERED_BY = "answered by the next payer: "
"""How the note of a denial begins that a next payer's answer settled (`store.denials.next_answers`)."""
_TAKEN_BACK = "the remittance was taken back"
VOIDED = "its claim was voided with the payer"
"""How the note of a denial begins whose claim was voided (`store.denials.voided`)."""
BESIDE = "another claim is the claim of its visit"
"""How the note of a denial begins whose claim stands beside another one that counts (`store.denials.voided`)."""
FALLEN = (VOIDED, BESIDE)
NEEDLESS = "nothing is left to void"
"""How the note begins of what a payer refused of a void that nobody has to send again (`store.denials.voided`)."""
_BEFORE = "; before that: "
"""What stands in the note of a closed denial between why the program closed it and the note that it had."""


def denial_rows(
    remittance: Remittance,
    payment: Payment,
    claim: RemitClaim,
    claim_id: str,
    line_ids: Sequence[str],
    ours: str | None,
) -> list[dict[str, Any]]:
    """The denials of a claim of a remittance as rows: one for each line, group and reason with cents above 0.

    `claim_id` and `line_ids` are those of the stored rows, `ours` the id of our claim. The due day counts from the day
    of the payment; of one that states none from another day of the file, and the note says from which.
    """
    if claim.status in ("22", "23", "25"):  # reversed, forwarded, or no payment at all
        return []
    found: list[dict[str, Any]] = []
    owners: list[tuple[RemitClaim | RemitLine, str | None]] = [(claim, None), *zip(claim.lines, line_ids, strict=True)]
    for owner, line_id in owners:
        amounts: dict[tuple[str, str], tuple[int, Adjustment]] = {}
        for one in owner.adjustments:
            cents, first = amounts.get((one.group, one.reason), (0, one))
            amounts[one.group, one.reason] = (cents + one.cents, first)
        for (group, reason), (cents, first) in amounts.items():
            category = category_of(group, reason, is_unpaid(claim.status, owner.paid_cents))
            if category is None or cents <= 0:
                continue
            found.append(
                {
                    "id": new_id(),
                    "remittance_id": remittance.id,
                    "remittance_claim_id": claim_id,
                    "remittance_line_id": line_id,
                    "claim_id": ours,
                    "payer_name": remittance.payer_name,
                    "procedure_code": getattr(owner, "code", ""),
                    "group_code": group,
                    "reason_code": reason,
                    "remarks": list(dict.fromkeys((*claim.remarks, *owner.remarks))),
                    "cents": cents,
                    "category": category.name,
                    "status": DenialStatus.OPEN,
                    "level": 0,
                    "owner_id": None,
                    "due_on": due_day(claim.filing, 1, payment.counted_from),
                    "note": note_of_day(payment),
                    "segment": first.segment,
                    "opened_at": now(),
                    "closed_at": None,
                    "row_version": 1,
                }
            )
    return found


def told_rows(rows: Sequence[dict[str, Any]], ours: str, why: str) -> list[dict[str, Any]]:
    """Denials of an answer that waits, since another stands in its place: they say so, and deny no money of ours."""
    note = why if why.startswith(NOT_VOIDED) else f"{TOLD}: {why}"
    return [row | {"claim_id": ours, "cents": 0, "note": note} for row in rows]


def reversed_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Denials of an answer whose reversal was here before it: they open where that reversal is taken back."""
    withdrawn = {"status": DenialStatus.WITHDRAWN, "note": _REVERSED, "closed_at": now()}
    return [row | withdrawn for row in rows]


def close_told(session: Session, claim_ids: Iterable[str], by: str) -> list[Denial]:
    """Close the living denials of these claims that are told alone, where nothing of the claim is denied any more.

    Those that were closed.
    """
    session.flush()
    still = select(Denial.claim_id).where(col(Denial.status).in_(LIVING_DENIALS), Denial.cents > 0)
    query = select(Denial).where(
        col(Denial.claim_id).in_(list(claim_ids)),
        col(Denial.claim_id).not_in(still.where(col(Denial.claim_id).is_not(None))),
        col(Denial.status).in_(LIVING_DENIALS),
        Denial.cents == 0,
        col(Denial.note).startswith(TOLD),
    )
    rows = list(session.exec(query))
    for row in rows:
        row.status, row.note, row.closed_at = DenialStatus.RESOLVED, f"{row.note}; {by}", now()
        session.add(row)
    return rows


def tell_only(session: Session, remittance_claim_id: str, ours: str, why: str) -> None:
    """Leave of the living denials of an answer what `told_rows` says of them, since it waits now."""
    session.execute(
        update(Denial)
        .where(col(Denial.remittance_claim_id) == remittance_claim_id, col(Denial.status).in_(LIVING_DENIALS))
        .values(claim_id=ours, cents=0, note=f"{TOLD}: {why}", row_version=col(Denial.row_version) + 1)
        .execution_options(synchronize_session="fetch")
    )


def open_applied(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Open the denials of an answer that finds its claim now, those that were told of it before with their money."""
    for values in rows:
        query = select(Denial).where(
            Denial.remittance_claim_id == values["remittance_claim_id"],
            col(Denial.remittance_line_id).is_not_distinct_from(values["remittance_line_id"]),
            Denial.group_code == values["group_code"],
            Denial.reason_code == values["reason_code"],
        )
        row = session.exec(query).first()
        if row is None:
            session.add(Denial(**values))
            continue
        if row.note.startswith((TOLD, NOT_VOIDED)):
            row.status, row.note, row.closed_at = DenialStatus.OPEN, values["note"], None
        row.cents, row.claim_id = values["cents"], values["claim_id"]
        session.add(row)


def note_of_day(payment: Payment) -> str:
    """On what the due days of the denials of a payment rest, where that is not its own day; else empty."""
    if payment.counted_by == "BPR16":
        return ""
    if not payment.counted_by:
        return "no due day: neither the payment (BPR16) nor its file states a day"
    return f"due day counted from {payment.counted_from} ({payment.counted_by}): the payment states no day (BPR16)"


def close_reversed(change: Change, answers: Sequence[str], batch_id: str, remittance_id: str) -> None:
    """Withdraw the denials of answers (ids of claims of a payment) that a remittance reverses.

    What was given up of them or left to the patient is denied no more: it is posted back in the batch of the reversal.
    """
    session = change.session
    query = select(Denial).where(col(Denial.remittance_claim_id).in_(answers), col(Denial.status).in_(DECIDED))
    for row in session.exec(query).all():
        post_decided(change, row, row.status, batch_id, -row.cents, _REVERSED, remittance_id)
    withdraw_reversed(session, answers)


def close_paid(change: Change, answers: Sequence[str], batch_id: str, remittance_id: str, by: str) -> None:
    """Close the denials of answers that one which pays replaces; what was decided on them is posted back with it."""
    session = change.session
    of_fallen = (col(Denial.status) == DenialStatus.WITHDRAWN) & _begins(FALLEN)
    of_next = (col(Denial.status) == DenialStatus.RESOLVED) & col(Denial.note).startswith(ANSWERED_BY)
    query = select(Denial).where(
        col(Denial.remittance_claim_id).in_(answers),
        col(Denial.status).in_((*LIVING_DENIALS, *DECIDED)) | of_fallen | of_next,
    )
    for row in session.exec(query).all():
        if row.status in DECIDED:
            post_decided(change, row, row.status, batch_id, -row.cents, f"{PAID_BY}{by}", remittance_id)
        row.status, row.note, row.closed_at = DenialStatus.RESOLVED, closing(f"{PAID_BY}{by}", row.note), now()
        session.add(row)


def close_paid_lines(session: Session, rows: Sequence[Denial], by: str) -> None:
    """Close denials of lines that another answer pays."""
    for row in rows:
        row.status, row.note, row.closed_at = DenialStatus.RESOLVED, closing(f"{PAID_BY}{by}", row.note), now()
        session.add(row)


def reopen_paid(session: Session, answers: Sequence[str]) -> None:
    """Give denials back their state whose answers stand again, since the one that replaced them is gone."""
    session.flush()
    query = select(Denial).where(
        col(Denial.remittance_claim_id).in_(answers),
        Denial.status == DenialStatus.RESOLVED,
        col(Denial.note).startswith(PAID_BY),
    )
    _give_back(session, query)


def withdraw_reversed(session: Session, answers: Sequence[str]) -> None:
    """Withdraw the denials of answers that are reversed, without money."""
    of_answers = col(Denial.remittance_claim_id).in_(answers)
    _withdraw(session, of_answers, _REVERSED, (*LIVING_DENIALS, *DECIDED))
    _withdraw(session, of_answers & _begins(FALLEN), _REVERSED, (DenialStatus.WITHDRAWN,))
    _withdraw(session, of_answers & col(Denial.note).startswith(ANSWERED_BY), _REVERSED, (DenialStatus.RESOLVED,))


def reopen_reversed(session: Session, answers: Sequence[str]) -> None:
    """Give denials of answers back their state, since the remittance that reversed them is taken back."""
    query = select(Denial).where(
        col(Denial.remittance_claim_id).in_(answers),
        Denial.status == DenialStatus.WITHDRAWN,
        col(Denial.note).startswith(_REVERSED),
    )
    _give_back(session, query)


def _give_back(session: Session, query: SelectOfScalar[Denial]) -> None:
    for row in session.exec(query).all():
        decided = decided_by_journal(session, row)
        row.status, row.note = decided or living(row.level), note_before(row.note)
        row.closed_at = row.closed_at if decided else None
        session.add(row)


def reopen_decided(session: Session, remittance_claim_id: str) -> None:
    """Open the denials of a claim of a payment whose decisions are taken back, as it is of no claim of ours now."""
    query = select(Denial).where(Denial.remittance_claim_id == remittance_claim_id, col(Denial.status).in_(DECIDED))
    for row in session.exec(query).all():
        row.status, row.note, row.closed_at = living(row.level), "", None
        session.add(row)


def withdraw(session: Session, remittance_id: str) -> None:
    """Withdraw the denials of a remittance that is taken back: living ones, and those whose decision goes with it.

    Those that were reversed, or whose claim was voided, come back with it too, where that is gone by then.
    """
    own = col(Denial.remittance_id) == remittance_id
    _withdraw(session, own, _TAKEN_BACK, (*LIVING_DENIALS, *DECIDED))
    for why in (_REVERSED, *FALLEN):
        _withdraw(session, own & col(Denial.note).startswith(why), _TAKEN_BACK, (DenialStatus.WITHDRAWN,))
    _withdraw(session, own & col(Denial.note).startswith(NEEDLESS), _TAKEN_BACK, (DenialStatus.RESOLVED,))


def reopen(session: Session, remittance_id: str, payment: Payment) -> None:
    """Open again what was withdrawn because the remittance of this payment was taken back: the same piece of work.

    One that was appealed is appealed still, with its note, its owner and its due day.
    """
    query = select(Denial).where(
        Denial.remittance_id == remittance_id,
        Denial.status == DenialStatus.WITHDRAWN,
        col(Denial.note).startswith(_TAKEN_BACK),
    )
    for row in session.exec(query).all():
        row.status, row.closed_at = living(row.level), None
        row.note = note_before(row.note) or note_of_day(payment)
        session.add(row)
    # What follows may change them by statements that pass the session by.
    session.flush()
    session.expire_all()


def _begins(notes: Sequence[str]) -> ColumnElement[bool]:
    """Whether the note of a denial begins with one of these."""
    return or_(*(col(Denial.note).startswith(one) for one in notes))


def living(level: int) -> DenialStatus:
    """How a denial stands that is open again, after so many appeals."""
    return DenialStatus.APPEALED if level else DenialStatus.OPEN


def note_before(note: str) -> str:
    """The note that a denial had before the program closed it; empty where it had none."""
    return note.rpartition(_BEFORE)[2] if _BEFORE in note else ""


def why_closed(note: str) -> str:
    """Why the program closed a denial, without the note that it had before."""
    return note.partition(_BEFORE)[0]


def closing(why: str, note: str) -> str:
    """The note of a denial that the program closes, with the one that it had."""
    return f"{why}{_BEFORE}{note}" if note else why


def _withdraw(session: Session, condition: Any, why: str, statuses: Sequence[DenialStatus] = LIVING_DENIALS) -> None:
    session.execute(
        update(Denial)
        .where(condition, col(Denial.status).in_(statuses))
        .values(
            status=DenialStatus.WITHDRAWN,
            note=_closing_in_place(why),
            closed_at=now(),
            row_version=col(Denial.row_version) + 1,
        )
        .execution_options(synchronize_session=False)
    )


def _closing_in_place(why: str) -> Any:
    """`closing` of rows as they stand. A decision goes with the remittance that is taken back, and its reason too."""
    gone = (col(Denial.note) == "") | (col(Denial.status).in_(DECIDED) if why == _TAKEN_BACK else false())
    return case((gone, why), else_=literal(f"{why}{_BEFORE}") + col(Denial.note))
