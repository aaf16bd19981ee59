"""Takes in remittance files and posts their money, and takes it back.

    a file arrives ──> held       it does not add up, has a fault, or is negative: nothing of it is posted
                  └──> posted ──> unposted     every posting taken back by one of opposite sign

What a claim of a remittance posts (debits positive; they come to zero):

    cash                  +paid        contractual        +CO adjustments     payer initiated   +PI adjustments
    patient receivable    +PR          other adjustment   +OA and the rest    payer receivable  -all of it

A claim that is not ours yet posts cash against unapplied; a provider adjustment takes its cents from cash. So
cash of a remittance is always BPR02: posted + unapplied - PLB. Nothing is adjusted that the file does not state.
A set is one transaction. The same payment twice (payer, trace, day and amount, or the same set of the same file)
is said and posts nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError, UnreadableInput
from store.actors import Actor
from store.database import Change, Database
from store.models import (
    Claim,
    JournalLine,
    Posting,
    ProviderLevelAdjustment,
    ReceivedFile,
    Remittance,
    RemittanceAdjustment,
    RemittanceClaim,
    RemittanceLine,
)
from store.models.columns import new_id, now
from store.received import Copy, copied, keep_file
from store.remits.balance import Examined, SetSummary, examine
from store.remits.matching import Match, match
from store.terms import JournalAccount, MatchedBy, PostingKind, RemittanceStatus
from store.x12.remittance import Adjustment, Payment, ProviderAdjustment, RemitClaim, SetEnd, read

_AT_ONCE = 250
_PREDETERMINATION = "25"
_NOT_OURS = "23"
_REVERSAL = "22"

_GROUPS = {
    "CO": JournalAccount.CONTRACTUAL,
    "PR": JournalAccount.PATIENT_RECEIVABLE,
    "PI": JournalAccount.PAYER_INITIATED,
}


class RemittanceRefused(CodedeskError):
    """The remittance is unknown, or what was asked for does not fit where it stands."""

    title = "remittance"
    exit_code = 1


@dataclass(frozen=True)
class TakenIn:
    """What became of one set. `outcome` is posted, held or already there; `why` says more in one line."""

    remittance_id: str
    summary: SetSummary
    outcome: str
    why: str = ""
    matched: int = 0
    unapplied_cents: int = 0


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
            raise UnreadableInput(f"{path.name}: no remittance in it", "expected an 835 of version 005010X221A1")
        file_id = keep_file(db, actor, path.name, copy)
        taken = [_take_set(db, actor, copy, file_id, summary) for summary in examined.sets]
    return FileTakenIn(path.name, tuple(taken), examined)


def unpost(db: Database, actor: Actor, remittance_id: str, reason: str, operation_id: str | None = None) -> int:
    """Take back everything that a remittance posted; how many postings. Raises RemittanceRefused."""
    if not (reason := " ".join(reason.split())):
        raise RemittanceRefused("taking back a remittance needs a reason")
    with db.change(actor, operation_id, "remittance.unpost") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return int(change.answer["postings"])
        session = change.session
        remittance = session.get(Remittance, remittance_id)
        if remittance is None:
            raise RemittanceRefused(f"no remittance has the id {remittance_id!r}")
        if remittance.status is not RemittanceStatus.POSTED:
            raise RemittanceRefused(f"the remittance is {remittance.status.value}, not posted")
        taken = _take_back(change, remittance)
        remittance.status, remittance.batch_id = RemittanceStatus.UNPOSTED, None
        session.add(remittance)
        change.log("remittance.unpost", "remittance", remittance_id, reason=reason, postings=taken)
        change.answer = {"postings": taken}
        return taken


def post_again(db: Database, actor: Actor, remittance_id: str, operation_id: str | None = None) -> TakenIn:
    """Post a remittance that was taken back, from the file that is kept. Raises RemittanceRefused."""
    with db.reading() as session:
        remittance = session.get(Remittance, remittance_id)
        if remittance is None:
            raise RemittanceRefused(f"no remittance has the id {remittance_id!r}")
        if remittance.status is not RemittanceStatus.UNPOSTED:
            raise RemittanceRefused(f"the remittance is {remittance.status.value}, not taken back")
        segment = remittance.segment
        content = zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content)
    summary = next(one for one in examine(content).sets if one.payment.segment == segment)
    with db.change(actor, operation_id, "remittance.post") as change:
        change.target = ("remittance", remittance_id)
        if change.repeated:
            return TakenIn(remittance_id, summary, "posted")
        row = change.session.get_one(Remittance, remittance_id)
        if row.status is not RemittanceStatus.UNPOSTED:
            raise RemittanceRefused(f"the remittance is {row.status.value}, not taken back")
        return _post_kept(change, row, summary)


def cash_of(session: Session, remittance_id: str) -> int:
    """What a remittance has brought in by its postings, in cents; BPR02 while it is posted, else 0."""
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(Posting.remittance_id == remittance_id, JournalLine.account == JournalAccount.CASH)
    )
    return int(session.exec(query).one())


def _take_set(db: Database, actor: Actor, copy: Copy, file_id: str, summary: SetSummary) -> TakenIn:
    with db.change(actor, action="remittance.take_in") as change:
        if known := _known(change.session, file_id, summary.payment):
            why = f"this payment is {known.status.value} already"
            return TakenIn(known.id, summary, "already there", why)
        remittance = _remittance(file_id, summary)
        change.session.add(remittance)
        change.session.flush()
        change.target = ("remittance", remittance.id)
        if summary.held:
            change.log("remittance.hold", "remittance", remittance.id, why=summary.held[0], segment=remittance.segment)
            return TakenIn(remittance.id, summary, "held", summary.held[0])
        copy.file.seek(0)
        return _post(change, remittance, summary, _of_set(copy.file, summary.payment.segment))


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
        Remittance.status != RemittanceStatus.HELD,
        # One payment can come in several sets: those have other numbers in one envelope.
        (Remittance.envelope != _envelope(payment)) | (Remittance.control == payment.control),
    )
    return session.exec(same_payment).first()


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
        held=list(summary.held),
    )


def _envelope(payment: Payment) -> str:
    return f"{payment.sender} {payment.interchange} {payment.group}"


def _of_set(source: BinaryIO | IO[bytes], segment: int) -> Iterator[RemitClaim | SetEnd]:
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
    batch = _Batch(change, remittance)
    waiting: list[RemitClaim] = []
    for part in parts:
        if isinstance(part, SetEnd):
            batch.claims(waiting)
            batch.provider_adjustments(part.provider_adjustments)
        else:
            waiting.append(part)
            if len(waiting) == _AT_ONCE:
                batch.claims(waiting)
                waiting = []
    return batch.finish(summary)


def _post_kept(change: Change, remittance: Remittance, summary: SetSummary) -> TakenIn:
    """Post what is stored of a remittance once more: each posting that was taken back, made again."""
    session = change.session
    batch_id = new_id()
    taken_back = select(Posting.takes_back).where(Posting.remittance_id == remittance.id)
    last = session.exec(
        select(Posting.batch_id)
        .where(Posting.remittance_id == remittance.id, col(Posting.takes_back).is_(None))
        .order_by(col(Posting.posted_at).desc(), col(Posting.id).desc())
    ).first()
    query = select(Posting).where(
        Posting.remittance_id == remittance.id, Posting.batch_id == last, col(Posting.id).in_(taken_back)
    )
    made = _mirror(change, session.exec(query).all(), batch_id, sign=1, taking_back=False)
    remittance.status, remittance.batch_id = RemittanceStatus.POSTED, batch_id
    session.add(remittance)
    session.flush()
    _prove(session, remittance)
    change.log("remittance.post", "remittance", remittance.id, postings=made, cents=remittance.payment_cents)
    return TakenIn(remittance.id, summary, "posted")


def _take_back(change: Change, remittance: Remittance) -> int:
    session = change.session
    query = select(Posting).where(Posting.batch_id == remittance.batch_id)
    made = _mirror(change, session.exec(query).all(), new_id(), sign=-1, taking_back=True)
    session.flush()
    if cash := cash_of(session, remittance.id):
        raise RemittanceRefused(f"{cash} cents would stay posted", "report this: the journal is not as it was made")
    return made


def _mirror(change: Change, postings: Iterable[Posting], batch_id: str, sign: int, taking_back: bool) -> int:
    """Postings like these with their amounts times `sign`; how many."""
    session = change.session
    rows: list[dict[str, Any]] = []
    sides: list[dict[str, Any]] = []
    twins: dict[str, str] = {}
    for one in postings:
        twins[one.id] = new_id()
        rows.append(
            _posting_row(change, batch_id, one.kind, one.remittance_id, one.remittance_claim_id)
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
    _insert(session, Posting, rows)
    _insert(session, JournalLine, sides)
    return len(rows)


class _Batch:
    """The posting of one set: rows are gathered for some claims and stored together."""

    def __init__(self, change: Change, remittance: Remittance) -> None:
        self._change, self._remittance = change, remittance
        self._batch_id = new_id()
        self._sequence = self._matched = self._unapplied = self._postings = 0

    def claims(self, claims: list[RemitClaim]) -> None:
        """Store and post some claims."""
        rows: dict[type, list[dict[str, Any]]] = {
            model: [] for model in (RemittanceClaim, RemittanceLine, RemittanceAdjustment, Posting, JournalLine)
        }
        for claim, found in zip(claims, match(self._change.session, claims), strict=True):
            self._sequence += 1
            claim_id = new_id()
            rows[RemittanceClaim].append(self._claim_row(claim_id, claim, found))
            rows[RemittanceAdjustment] += [_adjustment_row(claim_id, None, one) for one in claim.adjustments]
            for line, ours in zip(claim.lines, found.line_ids, strict=True):
                line_id = new_id()
                rows[RemittanceLine].append(_line_row(claim_id, line_id, line, ours))
                rows[RemittanceAdjustment] += [_adjustment_row(claim_id, line_id, one) for one in line.adjustments]
            self._money(rows, claim_id, claim, found)
            if found.claim:
                self._matched += 1
                self._keep_payer_number(found.claim.id, claim)
                self._change.log(
                    "claim.remittance", "claim", found.claim.id, number=found.claim.number,
                    remittance=self._remittance.id, paid_cents=claim.paid_cents, status=claim.status,
                )  # fmt: skip
        for model, values in rows.items():
            _insert(self._change.session, model, values)

    def _keep_payer_number(self, claim_id: str, claim: RemitClaim) -> None:
        """Needed to replace or void the claim later (REF*F8)."""
        if claim.payer_number:
            own = update(Claim).where(col(Claim.id) == claim_id, col(Claim.payer_number) != claim.payer_number)
            self._change.session.execute(
                own.values(payer_number=claim.payer_number).execution_options(synchronize_session=False)
            )

    def provider_adjustments(self, adjustments: Iterable[ProviderAdjustment]) -> None:
        """Store the PLB pairs and take them from cash."""
        kept: list[dict[str, Any]] = []
        postings: list[dict[str, Any]] = []
        sides: list[dict[str, Any]] = []
        for one in adjustments:
            kept.append(
                {
                    "id": new_id(),
                    "remittance_id": self._remittance.id,
                    "segment": one.segment,
                    "provider": one.provider,
                    "fiscal_year_end": one.fiscal_year_end,
                    "reason_code": one.reason,
                    "reference": one.reference,
                    "cents": one.cents,
                }
            )
            posting = self._posting(PostingKind.PROVIDER_ADJUSTMENT, None)
            postings.append(posting)
            sides += _sides(
                posting["id"],
                [
                    (JournalAccount.CASH, -one.cents, "", one.reason, one.segment),
                    (JournalAccount.PROVIDER_LEVEL, one.cents, "", one.reason, one.segment),
                ],
            )
        for model, values in ((ProviderLevelAdjustment, kept), (Posting, postings), (JournalLine, sides)):
            _insert(self._change.session, model, values)

    def finish(self, summary: SetSummary) -> TakenIn:
        """Prove that cash came to BPR02, and say what was done."""
        session, remittance = self._change.session, self._remittance
        remittance.batch_id = self._batch_id
        session.add(remittance)
        session.flush()
        _prove(session, remittance)
        self._change.log(
            "remittance.post",
            "remittance",
            remittance.id,
            cents=remittance.payment_cents,
            claims=self._sequence,
            postings=self._postings,
            unapplied_cents=self._unapplied,
        )
        return TakenIn(remittance.id, summary, "posted", matched=self._matched, unapplied_cents=self._unapplied)

    def _claim_row(self, claim_id: str, claim: RemitClaim, found: Match) -> dict[str, Any]:
        patient = claim.party("QC")
        return {
            "id": claim_id,
            "remittance_id": self._remittance.id,
            "sequence": self._sequence,
            "segment": claim.segment,
            "account_number": claim.account_number,
            "payer_number": claim.payer_number,
            "status_code": claim.status,
            "charge_cents": claim.charge_cents,
            "paid_cents": claim.paid_cents,
            "patient_cents": claim.patient_cents,
            "patient_name": ", ".join(filter(None, (patient.name, patient.given_name))),
            "service_from": claim.service_from,
            "service_through": claim.service_through,
            "remarks": list(claim.remarks),
            "claim_id": found.claim.id if found.claim else None,
            "matched_by": found.by,
            "note": _note(claim, found),
        }

    def _money(self, rows: dict[type, list[dict[str, Any]]], claim_id: str, claim: RemitClaim, found: Match) -> None:
        if claim.status == _PREDETERMINATION:
            return
        sides: list[tuple[JournalAccount, int, str, str, int]] = []
        if found.claim is None:
            kind, self._unapplied = PostingKind.UNAPPLIED, self._unapplied + claim.paid_cents
            sides = [
                (JournalAccount.CASH, claim.paid_cents, "", "", claim.segment),
                (JournalAccount.UNAPPLIED, -claim.paid_cents, "", "", claim.segment),
            ]
        else:
            kind = PostingKind.CLAIM_PAYMENT
            adjustments = [*claim.adjustments, *(one for line in claim.lines for one in line.adjustments)]
            sides.append((JournalAccount.CASH, claim.paid_cents, "", "", claim.segment))
            for one in adjustments:
                account = _GROUPS.get(one.group, JournalAccount.OTHER_ADJUSTMENT)
                sides.append((account, one.cents, one.group, one.reason, one.segment))
            sides.append((JournalAccount.PAYER_RECEIVABLE, -sum(side[1] for side in sides), "", "", claim.segment))
        posting = self._posting(kind, claim_id)
        posting["claim_id"] = found.claim.id if found.claim else None
        posting["account_id"] = found.claim.account_id if found.claim else None
        rows[Posting].append(posting)
        rows[JournalLine] += _sides(posting["id"], sides)

    def _posting(self, kind: PostingKind, claim_id: str | None) -> dict[str, Any]:
        self._postings += 1
        return _posting_row(self._change, self._batch_id, kind, self._remittance.id, claim_id)


def _note(claim: RemitClaim, found: Match) -> str:
    """What a biller should know before anything else."""
    shares = [*claim.adjustments, *(one for line in claim.lines for one in line.adjustments)]
    patient = sum(one.cents for one in shares if one.group == "PR")
    notes = []
    if claim.status == _PREDETERMINATION:
        notes.append("predetermination: no money moves")
    if claim.status == _NOT_OURS:
        notes.append("the payer forwarded it: not its claim")
    if claim.status in ("19", "20", "21"):
        notes.append("forwarded to the next payer: do not bill it")
    if claim.status == _REVERSAL:
        notes.append("reversal of an earlier payment")
    if found.by is MatchedBy.NOTHING:
        notes.append(f"no claim of ours has the number {claim.account_number}")
    if claim.patient_cents != patient and claim.patient_cents:
        notes.append(f"patient's share is {claim.patient_cents} cents by CLP05, {patient} by its adjustments")
    return "; ".join(notes)


def _posting_row(
    change: Change, batch_id: str, kind: PostingKind, remittance_id: str | None, claim_id: str | None
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "batch_id": batch_id,
        "kind": kind,
        "remittance_id": remittance_id,
        "remittance_claim_id": claim_id,
        "claim_id": None,
        "account_id": None,
        "takes_back": None,
        "posted_by": change.actor.person_id,
        "posted_at": now(),
    }


def _sides(posting_id: str, sides: Iterable[tuple[JournalAccount, int, str, str, int]]) -> list[dict[str, Any]]:
    """The journal lines of a posting, those of nothing left out."""
    return [
        {
            "id": new_id(),
            "posting_id": posting_id,
            "account": account,
            "cents": cents,
            "group_code": group,
            "reason_code": reason,
            "segment": segment,
        }
        for account, cents, group, reason, segment in sides
        if cents
    ]


def _adjustment_row(claim_id: str, line_id: str | None, one: Adjustment) -> dict[str, Any]:
    return {
        "id": new_id(),
        "remittance_claim_id": claim_id,
        "remittance_line_id": line_id,
        "segment": one.segment,
        "group_code": one.group,
        "reason_code": one.reason,
        "cents": one.cents,
        "quantity": one.quantity,
    }


def _line_row(claim_id: str, line_id: str, line: Any, ours: str | None) -> dict[str, Any]:
    return {
        "id": line_id,
        "remittance_claim_id": claim_id,
        "sequence": line.sequence,
        "segment": line.segment,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "revenue_code": line.revenue_code,
        "billed_code": line.billed_code,
        "charge_cents": line.charge_cents,
        "paid_cents": line.paid_cents,
        "units": line.units,
        "service_from": line.service_from,
        "service_through": line.service_through,
        "remarks": list(line.remarks),
        "claim_line_id": ours,
    }


def _insert(session: Session, model: type, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)


def _prove(session: Session, remittance: Remittance) -> None:
    """Posted + unapplied - PLB must be BPR02; anything else is a defect, and the whole set is left alone."""
    if (cash := cash_of(session, remittance.id)) != remittance.payment_cents:
        raise RemittanceRefused(
            f"postings come to {cash} cents, the payment is {remittance.payment_cents}", "nothing was posted"
        )
