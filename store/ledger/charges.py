"""Posts what claims bill when they leave, takes it back when they are replaced or voided, and moves the patient's share
to the payer that a secondary claim bills, or what replaces that.

What answers reduced and left to the patient falls with the charge of a claim that is voided
(`store.ledger.answered_shares`). A void or a replacement moves nothing before it leaves, and puts back what it took
where it is refused or given up; sent again it moves it again. The share goes on following: where the first payer's
answer is reversed or corrected after the secondary claim left, what the patient owes on it changes with the secondary
payer.

A visit is charged once. Where the payer denies a void after the visit was billed anew, or by another payer, two claims
of it stand, and one of them is its claim (`store.queries.chains` says which: what payers settled, before what waits,
what was denied and what was reversed). Its charge alone is posted, and what it is answered alone reduces that, leaves
some to the patient, or is denied; of the other one only money counts. So the account owes what that one claim owes,
less all that was paid, and a credit is what was paid too much. Each answer, reversal, void and refusal finds that claim
again, whichever comes first.

Works on a batch of claims with a handful of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, func, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from store.claims.followers import FOLLOWS_REPLACEMENT, IN_PLACE, stands_for_something
from store.claims.next_payers import billed_before, replaced_by, with_replacements
from store.database import Change
from store.models import Claim, Encounter, JournalLine, Posting
from store.models.columns import new_id, now
from store.queries import SessionReader
from store.queries.chains import void_stands
from store.queries.payers_answers import charges_beside_anew
from store.remits.batch import insert_rows
from store.terms import ClaimStatus, JournalAccount, PostingKind

_AT_ONCE = 500

Side = tuple[JournalAccount, int]


def bill(change: Change, claim_ids: Sequence[str]) -> None:
    """Post the charges of claims that leave now; one that left before (and was refused) is posted already."""
    for start in range(0, len(claim_ids), _AT_ONCE):
        _bill(change, claim_ids[start : start + _AT_ONCE])


def bill_patient(change: Change, claim: Claim) -> bool:
    """Post the charge of a claim that no payer takes to the patient; whether anything was posted.

    What it charged before, another total or a payer, is taken back first.
    """
    session = change.session
    if _of_the_patient(session, claim) == [claim.total_cents]:
        return False
    take_back_charges(change, [claim.id, *_superseded(session, claim)], "the patient is billed for it")
    account = session.get_one(Encounter, claim.encounter_id).account_id
    row = _posting(change, new_id(), PostingKind.CHARGE, claim.id, account, "no payer takes it")
    sides: list[Side] = [
        (JournalAccount.PATIENT_RECEIVABLE, claim.total_cents),
        (JournalAccount.CHARGES, -claim.total_cents),
    ]
    insert_rows(session, Posting, [row])
    insert_rows(session, JournalLine, [journal_line(row["id"], name, cents) for name, cents in sides])
    return True


def off_the_patient(change: Change, claim: Claim, note: str) -> None:
    """Take back the charge of a claim that stands on the patient; what it replaced is owed again until it leaves."""
    if _of_the_patient(change.session, claim):
        give_up(change, claim, note)


def _superseded(session: Session, claim: Claim) -> list[str]:
    """The claims whose charge falls with this one, which takes their place: the one before it and its late charges."""
    if claim.follows_id is None or claim.follows_as not in IN_PLACE:
        return []
    return [claim.follows_id, *_late_charges_of(session, [claim.follows_id], [claim.id])]


def _of_the_patient(session: Session, claim: Claim) -> list[int]:
    """The charges of a claim that stand on the patient, in cents."""
    living = [one.id for one in _living(session, [claim.id], PostingKind.CHARGE)]
    query = select(JournalLine.cents).where(
        col(JournalLine.posting_id).in_(living), JournalLine.account == JournalAccount.PATIENT_RECEIVABLE
    )
    return list(session.exec(query)) if living else []


def _followed_beside(session: Session, claim_id: str, follower: str) -> bool:
    """Whether another claim that left stands in the place of one beside its follower: it is not owed again."""
    query = select(Claim.id).where(
        Claim.follows_id == claim_id,
        col(Claim.follows_as).in_(IN_PLACE),
        Claim.status == ClaimStatus.EXPORTED,
        Claim.id != follower,
        stands_for_something(),
    )
    return session.exec(query).first() is not None


def take_back_charges(change: Change, claim_ids: Iterable[str], note: str) -> int:
    """Take back what claims billed when they left, charges and shares of a patient; how many postings there were."""
    session, batch = change.session, new_id()
    living = _living(session, list(claim_ids), PostingKind.CHARGE, PostingKind.TRANSFER)
    postings, lines = [], []
    for posting in living:
        row = _posting(change, batch, posting.kind, posting.claim_id, posting.account_id, note)
        row["takes_back"] = posting.id
        postings.append(row)
        for line in session.exec(select(JournalLine).where(JournalLine.posting_id == posting.id)):
            lines.append(journal_line(row["id"], line.account, -line.cents))
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)
    return len(postings)


def give_up(change: Change, claim: Claim, note: str) -> list[str]:
    """Take back what a claim billed that is given up or refused, and charge again what it took back.

    That is of a void or replacement; the numbers of the claims that are owed again.
    """
    session = change.session
    happened = claim.export_id is not None or bool(_of_the_patient(session, claim))
    take_back_charges(change, [claim.id], note)
    if claim.export_id is not None:
        find_claims_of_visits(change, [claim.id])
    superseded = _superseded(session, claim)
    if not happened or not superseded:
        return []
    charged = {one.claim_id for one in _living(session, superseded, PostingKind.CHARGE, PostingKind.TRANSFER)}
    query = select(Claim.id, Claim.claim_number).where(
        col(Claim.id).in_(superseded), col(Claim.id).not_in(charged), Claim.status == ClaimStatus.EXPORTED
    )
    beside = _followed_beside(session, superseded[0], claim.id)
    again = [] if beside else session.exec(query.order_by(Claim.claim_number)).all()
    bill(change, [claim_id for claim_id, _ in again])
    _stand_as_answered(change, [claim.id])
    return [number for _, number in again]


def charge_again(change: Change, claim_ids: Sequence[str], batch_id: str, remittance_id: str) -> int:
    """Charge claims again whose void their payer refused, and their late charges; how many postings there are.

    The postings are of the batch of the answer that refuses it, so that they are taken back with it.
    """
    session = change.session
    session.flush()
    visits = session.exec(select(Claim.encounter_id).where(col(Claim.id).in_(claim_ids)))
    # `charge_once` charges those of visits that were billed anew.
    otherwise = {*replaced_by(session, claim_ids, left=True), *charges_beside_anew(SessionReader(session), [*visits])}
    standing = [one for one in claim_ids if one not in otherwise]
    wanted = [*standing, *_late_charges_of(session, standing, [])]
    done = {one.claim_id for one in _living(session, wanted, PostingKind.CHARGE, PostingKind.TRANSFER)}
    columns: Sequence[Any] = (Claim.id, Claim.total_cents, Encounter.account_id)
    first = billed_before(session, wanted)
    query = (
        select(*columns)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(col(Claim.id).in_(wanted), Claim.status == ClaimStatus.EXPORTED, Claim.frequency != "8")
    )
    postings: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for claim_id, charge, account in session.exec(query):
        shared = claim_id in first
        cents = _share_before(session, first[claim_id]) if shared else charge
        if claim_id in done or not cents:
            continue
        kind = PostingKind.TRANSFER if shared else PostingKind.CHARGE
        row = _posting(change, batch_id, kind, claim_id, account, "its void did not happen")
        postings.append(row | {"remittance_id": remittance_id})
        sides: list[Side] = [(JournalAccount.PAYER_RECEIVABLE, cents), (JournalAccount.CHARGES, -cents)]
        if shared:
            sides = _transfer(cents)
        lines += [journal_line(row["id"], name, amount) for name, amount in sides]
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)
    return len(postings)


def charge_once(change: Change, encounter_ids: Sequence[str]) -> None:
    """Charge the claim of each visit that was billed anew beside a void, with its late charges, and no other one.

    What came back is owed until it leaves again, as any claim is, where no other one stands in its place.
    In postings of their own, whatever was posted, taken back or given up.
    """
    session = change.session
    session.flush()
    for start in range(0, len(encounter_ids), _AT_ONCE):
        found = charges_beside_anew(SessionReader(session), list(encounter_ids[start : start + _AT_ONCE]))
        late = select(Claim.id, Claim.follows_id).where(
            col(Claim.follows_id).in_(list(found)),
            Claim.follows_as == "late_charges",
            Claim.status == ClaimStatus.EXPORTED,
            ~literal_column(f"({void_stands('claim')})", Boolean),
        )
        found |= {one: found[first or ""] for one, first in session.exec(late)}
        charged = {one.claim_id for one in _living(session, list(found), PostingKind.CHARGE)}
        _charge(change, [one for one, stands in found.items() if stands and one not in charged])
        if gone := [one for one, stands in found.items() if not stands and one in charged]:
            take_back_charges(change, gone, "another claim bills its visit")


def follow_shares(change: Change, shares: Mapping[str, int], batch_id: str, remittance_id: str | None = None) -> None:
    """Move what the patient's share of claims changed by to the payers that secondary claims have billed for it.

    `shares` are cents by the claim that the first payer answered; of a replacement without a secondary claim of its own
    they go to that of the claim which it replaced. Those without a secondary claim that left are passed over. The
    postings are of the batch, so that they are taken back with it.
    """
    session = change.session
    shares = _by_billed_next(session, shares)
    changed = [claim_id for claim_id, cents in shares.items() if cents]
    postings: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for start in range(0, len(changed), _AT_ONCE):
        query = (
            select(Claim.id, Claim.follows_id, Encounter.account_id)
            .join(Encounter, col(Encounter.id) == Claim.encounter_id)
            .where(col(Claim.follows_id).in_(changed[start : start + _AT_ONCE]), *_BILLED_NEXT)
        )
        found = session.exec(query).all()
        standing = _last_of(session, [claim_id for claim_id, _, _ in found])
        for claim_id, before, account in found:
            row = _posting(
                change, batch_id, PostingKind.TRANSFER, standing[claim_id], account, "the first payer's answer changed"
            )
            postings.append(row | {"remittance_id": remittance_id})
            lines += [journal_line(row["id"], name, cents) for name, cents in _transfer(shares[before or ""])]
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)


_BILLED_NEXT: Sequence[Any] = (
    Claim.follows_as == "secondary",
    col(Claim.status).in_((ClaimStatus.EXPORTED, ClaimStatus.REJECTED)),
    col(Claim.export_id).is_not(None),
)
"""The conditions that a claim to a next payer has left."""


def _by_billed_next(session: Session, shares: Mapping[str, int]) -> dict[str, int]:
    """Shares by the claims that secondary claims which left follow: each its own, or one that it replaced."""
    found: dict[str, int] = {}
    waiting = dict(shares)
    while waiting:
        earlier: dict[str, int] = {}
        wanted = list(waiting)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            billed = set(session.exec(select(Claim.follows_id).where(col(Claim.follows_id).in_(some), *_BILLED_NEXT)))
            for claim_id in billed:
                found[claim_id or ""] = found.get(claim_id or "", 0) + waiting[claim_id or ""]
            replacing = select(Claim.id, Claim.follows_id).where(
                col(Claim.id).in_(some), Claim.follows_as == FOLLOWS_REPLACEMENT, Claim.frequency == "7"
            )
            for claim_id, before in session.exec(replacing):
                if before and claim_id not in billed:
                    earlier[before] = earlier.get(before, 0) + waiting[claim_id]
        waiting = earlier
    return found


def shares_in_batch(session: Session, batch_id: str) -> dict[str, int]:
    """What the postings of a batch change of the patient's share, in cents by the claim that was answered first.

    What the batch itself moved to secondary payers counts against it.
    """
    answered = col(Posting.remittance_claim_id).is_not(None)
    by: Sequence[Any] = (Posting.kind, answered, Claim.id)
    columns: Sequence[Any] = (*by, func.sum(JournalLine.cents))
    query = (
        select(*columns)
        .select_from(Posting)
        .join(JournalLine, col(JournalLine.posting_id) == Posting.id)
        .join(Claim, col(Claim.id) == Posting.claim_id)
        .where(
            Posting.batch_id == batch_id,
            JournalLine.account == JournalAccount.PATIENT_RECEIVABLE,
            Posting.kind != PostingKind.LEFT_TO_PATIENT,
        )
        .group_by(*by)
    )
    shares: dict[str, int] = {}
    rows = session.exec(query).all()
    moved = {claim_id for kind, of_answer, claim_id, _ in rows if kind is PostingKind.TRANSFER and not of_answer}
    before = billed_before(session, moved)
    for kind, of_answer, claim_id, cents in rows:
        by_claim = kind is PostingKind.TRANSFER and not of_answer
        first = before.get(claim_id, "") if by_claim else claim_id
        shares[first] = shares.get(first, 0) + int(cents)
    return shares


def _last_of(session: Session, claim_ids: Sequence[str]) -> dict[str, str]:
    """What stands of claims with their payer: each, or the last that left of those that replace it."""
    last = {one: one for one in claim_ids}
    while later := replaced_by(session, last.values(), left=True):
        last = {one: later.get(now, now) for one, now in last.items()}
    return last


def share_of_patient(session: Session, claim_id: str) -> int:
    """What the postings of a claim leave to the patient, in cents, without what a biller decided on a denial.

    Nor with what moved to its payer when it left: that is the share of the claim before it.
    """
    query = (
        select(func.coalesce(func.sum(JournalLine.cents), 0))
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(
            Posting.claim_id == claim_id,
            JournalLine.account == JournalAccount.PATIENT_RECEIVABLE,
            Posting.kind != PostingKind.LEFT_TO_PATIENT,
            (col(Posting.kind) != PostingKind.TRANSFER) | col(Posting.remittance_claim_id).is_not(None),
        )
    )
    return int(session.exec(query).one())


def _share_before(session: Session, claim_id: str) -> int:
    """What the claim before a secondary one leaves to the patient, with what replaced that since, in cents."""
    chain = with_replacements(session, session.get_one(Claim, claim_id))
    return sum(share_of_patient(session, one.id) for one in chain)


def _bill(change: Change, claim_ids: Sequence[str]) -> None:
    _charge(change, claim_ids)
    find_claims_of_visits(change, claim_ids)


def find_claims_of_visits(change: Change, claim_ids: Sequence[str]) -> None:
    """Charge the claim of each visit of these that a void left of, now that another of its claims left or came back."""
    for start in range(0, len(claim_ids), _AT_ONCE):
        if found := _of_voided_visits(change.session, claim_ids[start : start + _AT_ONCE]):
            _stand_as_answered(change, found)


def _of_voided_visits(session: Session, claim_ids: Sequence[str]) -> list[str]:
    """Those of claims whose visits have a void that left."""
    session.flush()
    void = aliased(Claim)
    gone = (
        select(void.id)
        .where(void.encounter_id == Claim.encounter_id, void.frequency == "8", col(void.export_id).is_not(None))
        .exists()
    )
    return list(session.exec(select(Claim.id).where(col(Claim.id).in_(claim_ids), gone).order_by(Claim.claim_number)))


def _charge(change: Change, claim_ids: Sequence[str]) -> None:
    session = change.session
    columns: Sequence[Any] = (
        *(Claim.id, Claim.total_cents, Claim.frequency, Claim.follows_id, Claim.follows_as),
        Encounter.account_id,
    )
    query = (
        select(*columns).join(Encounter, col(Encounter.id) == Claim.encounter_id).where(col(Claim.id).in_(claim_ids))
    )
    rows = session.exec(query).all()
    done = {posting.claim_id for posting in _living(session, claim_ids, PostingKind.CHARGE)}
    moved = {posting.claim_id for posting in _living(session, claim_ids, PostingKind.TRANSFER)}
    superseded = [row[3] for row in rows if row[3] and row[4] in IN_PLACE]
    if superseded:
        superseded += _late_charges_of(session, superseded, claim_ids)
        take_back_charges(change, superseded, "replaced or voided by a later claim")
    postings: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    batch = new_id()
    first = billed_before(session, claim_ids)
    for claim_id, cents, frequency, _, _, account in rows:
        if claim_id in first:
            share = 0 if claim_id in moved else _share_before(session, first[claim_id])
            kind = PostingKind.TRANSFER
            sides = _transfer(share)
        else:
            share = 0 if claim_id in done or frequency == "8" else cents
            kind = PostingKind.CHARGE
            sides = [(JournalAccount.PAYER_RECEIVABLE, share), (JournalAccount.CHARGES, -share)]
        if share:
            row = _posting(change, batch, kind, claim_id, account, "")
            postings.append(row)
            lines += [journal_line(row["id"], name, amount) for name, amount in sides]
    insert_rows(session, Posting, postings)
    insert_rows(session, JournalLine, lines)


def _stand_as_answered(change: Change, claim_ids: Sequence[str]) -> None:
    """Let what was answered of visits with voids fall with what is voided or counted no more, or stand again."""
    from store.ledger.answered_shares import claims_of_visits, move_answered

    batch = new_id()
    move_answered(change, claims_of_visits(change.session, claim_ids), batch)
    follow_shares(change, shares_in_batch(change.session, batch), batch)


def _transfer(share: int) -> list[Side]:
    return [(JournalAccount.PAYER_RECEIVABLE, share), (JournalAccount.PATIENT_RECEIVABLE, -share)]


def _late_charges_of(session: Session, claim_ids: Sequence[str], without: Sequence[str]) -> list[str]:
    """The bills of late charges to claims."""
    query = select(Claim.id).where(col(Claim.follows_id).in_(claim_ids), Claim.follows_as == "late_charges")
    return list(session.exec(query.where(col(Claim.id).not_in(without))))


def _living(session: Session, claim_ids: Sequence[str], *kinds: PostingKind) -> list[Posting]:
    """The postings of these kinds of claims that were not taken back; none that an answer moved a share with."""
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None), col(Posting.kind).in_(kinds))
    query = select(Posting).where(
        col(Posting.claim_id).in_(claim_ids),
        col(Posting.kind).in_(kinds),
        col(Posting.takes_back).is_(None),
        col(Posting.id).not_in(undone),
        # `store.ledger.answered_shares` keeps those right.
        (col(Posting.kind) != PostingKind.TRANSFER) | col(Posting.remittance_claim_id).is_(None),
    )
    return list(session.exec(query))


def _posting(
    change: Change, batch: str, kind: PostingKind, claim_id: str | None, account_id: str | None, note: str
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "batch_id": batch,
        "kind": kind,
        "remittance_id": None,
        "remittance_claim_id": None,
        "claim_id": claim_id,
        "account_id": account_id,
        "takes_back": None,
        "provider_adjustment_id": None,
        "note": note,
        "posted_by": change.actor.person_id,
        "posted_at": now(),
    }


def journal_line(posting_id: str, account: JournalAccount, cents: int) -> dict[str, Any]:
    """The row of a journal line that names no adjustment and no segment of a file."""
    return {
        "id": new_id(),
        "posting_id": posting_id,
        "account": account,
        "cents": cents,
        "group_code": "",
        "reason_code": "",
        "segment": None,
    }
