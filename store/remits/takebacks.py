"""Settles provider adjustments that no later payment settles: by a refund to the payer, or by charging a claim of ours.

    the payer gave and will take back (below zero)     refund: cash goes out, its takeback then finds nothing open
    the payer took without a reversal (above zero)     charged to the claim it was taken for, which is owed again

The adjustments themselves are posted with their payments (`store.remits.batch`), and stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.content import UnknownClaim
from store.database import Change, Database
from store.denials.owed import ask_again
from store.models import Claim, Encounter, JournalLine, Patient, Posting, Remittance, RemittanceClaim
from store.models.columns import new_id
from store.queries import SessionReader
from store.queries.unapplied import TakebackRow, takeback_of
from store.reasons import reason_in_words
from store.remits.matching import our_claim
from store.remits.places import payers_of, plain
from store.remits.posting import RemittanceRefused
from store.remits.same_patient import names_another
from store.remits.unapplied import Placed, answered, stated_claim
from store.terms import RESTRICTED, JournalAccount, PostingKind, RemittanceStatus


def refund_takeback(
    db: Database, actor: Actor, adjustment_id: str, cents: int, reason: str, operation_id: str | None = None
) -> Placed:
    """Give the payer what it has not taken back yet, at most all of it. Raises RemittanceRefused."""
    with db.change(actor, operation_id, "remittance.refund") as change:
        if change.repeated:
            return Placed(**change.answer)
        reason = reason_in_words(reason)
        row = _open(change.session, adjustment_id)
        owed = max(-row.open_cents, 0)
        if not 0 < cents <= owed:
            raise RemittanceRefused(f"the payer is owed {owed / 100:,.2f}, not {cents / 100:,.2f}")
        sides = ((JournalAccount.PROVIDER_LEVEL, cents), (JournalAccount.CASH, -cents))
        posting = _post(change, PostingKind.REFUND, row.id, None, sides, reason)
        change.log("remittance.refund", "posting", posting, cents=cents, reference=row.reference, reason=reason)
        return answered(change, Placed(cents, owed - cents, posting))


class OtherClaim(RemittanceRefused):
    """The payer or the patient of a takeback is another than our claim has; who charges it says that he knows.

    `compared` has what differs, as the payments state it, and ours: payer, patient.
    """

    def __init__(self, message: str, remedy: str, compared: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(message, remedy)
        self.compared = tuple(compared)


def charge_to_claim(
    db: Database,
    actor: Actor,
    adjustment_id: str,
    claim_number: str,
    reason: str,
    operation_id: str | None = None,
    though_another: bool = False,
) -> Placed:
    """Post what is open to a claim of ours: what the payer took is owed again, what it gave is not owed any more.

    Raises UnknownClaim, RemittanceRefused, and OtherClaim where its payer has never answered for the payers of our
    claim, or what it refers to is of another patient, unless `though_another`.
    """
    with db.change(actor, operation_id, "remittance.charge") as change:
        if change.repeated:
            return Placed(**change.answer)
        session, reason = change.session, reason_in_words(reason)
        row = _open(session, adjustment_id)
        claim = session.exec(select(Claim).where(Claim.claim_number == claim_number.strip())).first()
        if claim is None:
            raise UnknownClaim(f"no claim has the number {claim_number[:40]!r}", "codedesk claims list shows them")
        differing = [*_other_payer(session, row, claim), *_other_patient(session, row, claim)]
        if differing and not though_another:
            told = "; ".join(f"{what} {theirs}, ours {own}" for what, theirs, own in differing)
            raise OtherClaim(
                f"the takeback is of another claim than {claim.claim_number}: {told}",
                "--though-another charges it all the same",
                differing,
            )
        cents = row.open_cents
        sides = ((JournalAccount.PAYER_RECEIVABLE, cents), (JournalAccount.PROVIDER_LEVEL, -cents))
        posting = _post(change, PostingKind.PROVIDER_ADJUSTMENT, row.id, claim, sides, reason)
        ask_again(change, [claim.id])
        another = {"another_claim": True} if differing else {}
        change.log(
            "remittance.charge", "claim", claim.id, cents=cents, reference=row.reference, reason=reason, **another
        )
        return answered(change, Placed(cents, 0, posting))


def _other_payer(session: Session, row: TakebackRow, claim: Claim) -> Iterator[tuple[str, str, str]]:
    """The payers of both, where that of the takeback is none of the claim's and answered no claim to its payer."""
    payers = payers_of(claim.parties)
    if any(_one_payer(row, name, identifier) for name, identifier in payers.named):
        return
    answered = (
        select(Remittance.payer_name, Remittance.payer_identifier)
        .join(RemittanceClaim, col(RemittanceClaim.remittance_id) == Remittance.id)
        .join(Claim, col(Claim.id) == RemittanceClaim.claim_id)
        .where(Claim.payer_id == claim.payer_id, Remittance.status == RemittanceStatus.POSTED)
        .distinct()
    )
    if not any(_one_payer(row, name, identifier) for name, identifier in session.exec(answered)):
        yield "payer", row.payer or row.payer_identifier, payers.name_at(payers.billed) or "none"


def _one_payer(row: TakebackRow, name: str, identifier: str) -> bool:
    named = bool(plain(name)) and plain(name) == plain(row.payer)
    return named or bool(identifier) and identifier == row.payer_identifier


def _other_patient(session: Session, row: TakebackRow, claim: Claim) -> Iterator[tuple[str, str, str]]:
    """The patients of both, where what the takeback refers to is of another one: our claim, else that of a payment."""
    if not row.reference:
        return
    stated = select(RemittanceClaim).where(
        (RemittanceClaim.payer_number == row.reference) | (RemittanceClaim.account_number == row.reference)
    )
    answers = session.exec(stated.order_by(RemittanceClaim.id)).all()
    named = select(Claim.id).where((Claim.payer_number == row.reference) | (Claim.claim_number == row.reference))
    ours = {*session.exec(named), *(one.claim_id for one in answers if one.claim_id)}
    patients = (
        select(Patient)
        .join(Encounter, col(Encounter.patient_id) == Patient.id)
        .join(Claim, col(Claim.encounter_id) == Encounter.id)
    )
    own = session.exec(patients.where(Claim.id == claim.id)).one()
    theirs = session.exec(patients.where(col(Claim.id).in_(ours)).order_by(Patient.id)).all()
    if theirs:
        if own.id not in {one.id for one in theirs}:
            yield "patient", _shown(theirs[0]), _shown(own)
        return
    person = our_claim(session, claim.id).person
    for one in answers:
        said = stated_claim(session, session.get_one(Remittance, one.remittance_id), one.segment)
        if names_another(said, person):
            yield "patient", one.patient_name or "another", _shown(own)
            return


def _shown(patient: Patient) -> str:
    return RESTRICTED if patient.restricted else ", ".join(filter(None, (patient.family_name, patient.given_name)))


def _open(session: Session, adjustment_id: str) -> TakebackRow:
    row = takeback_of(SessionReader(session), adjustment_id)
    if row is None:
        raise RemittanceRefused("no takeback has that id", "codedesk takebacks list shows those that are open")
    if not row.open_cents:
        raise RemittanceRefused("it is settled: nothing is open")
    return row


def _post(
    change: Change,
    kind: PostingKind,
    adjustment_id: str,
    claim: Claim | None,
    sides: tuple[tuple[JournalAccount, int], ...],
    note: str,
) -> str:
    session = change.session
    posting = Posting(
        batch_id=new_id(),
        kind=kind,
        claim_id=claim.id if claim else None,
        account_id=session.get_one(Encounter, claim.encounter_id).account_id if claim else None,
        provider_adjustment_id=adjustment_id,
        note=note,
        posted_by=change.actor.person_id,
    )
    session.add(posting)
    session.flush()
    session.add_all(JournalLine(posting_id=posting.id, account=account, cents=cents) for account, cents in sides)
    session.flush()
    return posting.id
