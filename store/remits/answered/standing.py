"""Tells what stands answered of our claims: the posted remittances, replayed in the order in which they were posted.

A reversal takes away the answer that it takes back, and what a later answer took the place of stands no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from store.models import Claim, Posting, Remittance, RemittanceClaim, RemittanceLine
from store.remits.matching import our_claim
from store.remits.places import FORWARDED_TO, From, Payers, place_of, places_in_order, same_payer
from store.terms import PostingKind, RemittanceStatus

REPLACED = "answer taken back: replaced"
"""How the note of a posting begins that takes back an answer which another one of its payer replaces."""
SETTLED = "denied lines taken back: paid"
"""How the note of a posting begins that takes back what an answer denied of lines, which another one pays."""

REVERSAL, FOREIGN, PREDETERMINATION = "22", "23", "25"
NO_ANSWER = (REVERSAL, PREDETERMINATION)
_AT_ONCE = 400


@dataclass(frozen=True)
class Answer:
    """An answer that stands, with the payment that brought it.

    `lines` are the ids of our lines that it answers; none where it answers the claim as a whole, or a line of it is
    none of ours. `reverses_id` is the answer that a reversal was posted against.
    """

    payer: str
    payer_number: str
    status: str
    charge_cents: int
    paid_cents: int
    trace: str
    paid_on: str
    remittance_id: str
    id: str = ""
    payer_name: str = ""
    reverses_id: str | None = None
    lines: frozenset[str] = frozenset()
    payer_numbers: Sequence[str] = ()
    sent_on: bool = False


@dataclass(frozen=True)
class Replayed:
    """What payers answered of a claim of ours: what stands, what is reversed by what, and reversals of nothing here."""

    standing: list[Answer]
    reversed: list[tuple[Answer, Answer]]
    unmet: list[Answer]


def standing_answers(session: Session, claim_id: str) -> list[str]:
    """The ids of what posted remittances answer of our claim and no reversal took back, the last posted last.

    Whatever a payer did with the claim is an answer here, a claim that it forwarded as none of its own (CLP02 23) too.
    """
    answers = replay(session, [claim_id], (REVERSAL, PREDETERMINATION))[claim_id].standing
    return [one.id for one in answers]


def standing_places(session: Session, claim_id: str, payers: Payers) -> list[tuple[str, int]]:
    """The ids of the answers that stand, as `standing_answers`, each with its place among the payers of our claim."""
    answers = replay(session, [claim_id], (REVERSAL, PREDETERMINATION))[claim_id].standing
    return list(zip((one.id for one in answers), places_in_order(payers, answers), strict=True))


def place_of_answer(
    session: Session, row: RemittanceClaim, remittance: Remittance, claim_id: str, payers: Payers
) -> int:
    """The place of a stored answer of our claim among its payers; of one that stands no more as if it came last."""
    replayed = replay(session, [claim_id], (REVERSAL, PREDETERMINATION))[claim_id].standing
    places = dict(zip((one.id for one in replayed), places_in_order(payers, replayed), strict=True))
    answer = From(row.status_code, remittance.payer_identifier, remittance.payer_name, tuple(remittance.payer_numbers))
    return places.get(row.id) or place_of(payers, answer, replayed)


def answered_by_next(session: Session, claim_ids: Sequence[str]) -> dict[str, tuple[list[str], str]]:
    """The answers (ids) of these claims that a payer after theirs has answered too, and the last one of those that did.

    Of lines only those of which both answer some. A claim that a payer forwards as none of its own it does not answer.
    """
    found: dict[str, tuple[list[str], str]] = {}
    for claim_id, of in replay(session, claim_ids).items():
        if len(of.standing) < 2:
            continue
        placed = list(zip(of.standing, places_in_order(our_claim(session, claim_id).payers, of.standing), strict=True))
        pairs = [
            (one.id, other.id)
            for one, place in placed
            for other, later in placed
            if later > place
            and other.status != FOREIGN
            and (not one.lines or not other.lines or one.lines & other.lines)
        ]
        if pairs:
            found[claim_id] = (list(dict.fromkeys(before for before, _ in pairs)), pairs[-1][1])
    return found


def answers_of(session: Session, claim_ids: Sequence[str]) -> dict[str, list[From]]:
    """What answers stand of these claims, by status and payer, in their order."""
    replayed: dict[str, Replayed] = {}
    for start in range(0, len(claim_ids), _AT_ONCE):
        replayed |= replay(session, claim_ids[start : start + _AT_ONCE], (REVERSAL, PREDETERMINATION))
    return {
        one: [
            From(answer.status, answer.payer, answer.payer_name, answer.payer_numbers, answer.sent_on)
            for answer in of.standing
        ]
        for one, of in replayed.items()
    }


def reversed_later(session: Session, remittance_id: str) -> list[tuple[str, str]]:
    """Our claims whose answers by this remittance another posted one reverses: their numbers, and its trace."""
    answered = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    query = select(Claim.id, Claim.claim_number).where(col(Claim.id).in_(answered)).order_by(Claim.claim_number)
    numbers = dict(session.exec(query).all())
    replayed = replay(session, list(numbers))
    return list(
        dict.fromkeys(
            (number, reversal.trace)
            for claim_id, number in numbers.items()
            for answer, reversal in replayed[claim_id].reversed
            if answer.remittance_id == remittance_id != reversal.remittance_id
        )
    )


def replaced_later(session: Session, remittance_id: str) -> list[tuple[str, str]]:
    """Our claims whose answers by this remittance one of another payment replaced: their numbers, and its trace."""
    answers = select(RemittanceClaim.id).where(RemittanceClaim.remittance_id == remittance_id)
    claims = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    named = dict(session.exec(select(Claim.id, Claim.claim_number).where(col(Claim.id).in_(claims))).all())
    own = set(session.exec(answers))
    return [
        (named[one.claim_id or ""], session.get_one(Remittance, one.remittance_id).trace)
        for one in [*replacements(session, list(named)), *replacements(session, list(named), SETTLED)]
        if one.remittance_claim_id in own and one.remittance_id != remittance_id
    ]


def reversed_by(session: Session, remittance_id: str) -> list[str]:
    """The ids of the answers by other posted remittances that this one, which is posted, reverses."""
    pairs = _reversed_pairs(session, remittance_id)
    return [
        one.id
        for one, reversal in pairs
        if reversal.remittance_id == remittance_id and one.remittance_id != remittance_id
    ]


def reversed_of(session: Session, remittance_id: str) -> list[str]:
    """The ids of the answers by this remittance, which is posted, that posted ones reverse."""
    return [one.id for one, _ in _reversed_pairs(session, remittance_id) if one.remittance_id == remittance_id]


def _reversed_pairs(session: Session, remittance_id: str) -> list[tuple[Answer, Answer]]:
    """The reversed answers of all claims of ours that a remittance names, each with its reversal."""
    named = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    claims = list(dict.fromkeys(filter(None, session.exec(named))))
    return [pair for of in replay(session, claims).values() for pair in of.reversed]


def replay(session: Session, claim_ids: Sequence[str], no_answer: Sequence[str] = NO_ANSWER) -> dict[str, Replayed]:
    """What payers answered of these claims by remittances that are posted, this one's earlier claims included.

    They are in the order in which they were posted, since a payer may date what comes later to an earlier day. What a
    reversal takes back it says itself; of one that was posted before it could, its amounts and numbers tell.
    """
    replayed = {one: Replayed([], [], []) for one in claim_ids}
    reversals: list[tuple[str, Answer]] = []
    displaced = {one.remittance_claim_id for one in replacements(session, claim_ids)}
    order: dict[str, int] = {}
    for claim_id, answer in _posted(session, claim_ids):
        order.setdefault(answer.remittance_id, len(order))
        if answer.id in displaced:
            continue
        if answer.status == REVERSAL:
            reversals.append((claim_id, answer))
        elif answer.status not in no_answer:
            replayed[claim_id].standing.append(answer)
    _take_named(replayed, reversals)
    for same_number in (True, False):
        for claim_id, reversal in [one for one in reversals if not one[1].reverses_id]:
            standing = replayed[claim_id].standing
            # Of another number only what was there before: that is what was taken back when the reversal came.
            earlier = [one for one in standing if order[one.remittance_id] < order[reversal.remittance_id]]
            if taken := take_away(standing if same_number else earlier, reversal, same_number):
                if not same_number:
                    standing.remove(taken)
                reversals.remove((claim_id, reversal))
                replayed[claim_id].reversed.append((taken, reversal))
    for claim_id, reversal in reversals:
        replayed[claim_id].unmet.append(reversal)
    return replayed


def _take_named(replayed: Mapping[str, Replayed], reversals: list[tuple[str, Answer]]) -> None:
    """Take away what reversals say that they take back; those that do so are reversals of nothing more."""
    for claim_id, reversal in [one for one in reversals if one[1].reverses_id]:
        of = replayed[claim_id]
        if taken := next((one for one in of.standing if one.id == reversal.reverses_id), None):
            of.standing.remove(taken)
            of.reversed.append((taken, reversal))
            reversals.remove((claim_id, reversal))


def _posted(session: Session, claim_ids: Sequence[str]) -> Iterator[tuple[str, Answer]]:
    """What is posted to these claims, reversals too, in the order in which it was posted; each with our claim."""
    columns: Sequence[Any] = (
        RemittanceClaim.claim_id,
        Remittance.payer_identifier,
        RemittanceClaim.payer_number,
        RemittanceClaim.status_code,
        RemittanceClaim.charge_cents,
        RemittanceClaim.paid_cents,
        Remittance.trace,
        Remittance.paid_on,
        Remittance.id,
        RemittanceClaim.id,
        Remittance.payer_name,
        RemittanceClaim.reverses_id,
        Remittance.payer_numbers,
        RemittanceClaim.note,
    )
    query = (
        select(*columns)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(col(RemittanceClaim.claim_id).in_(claim_ids), Remittance.status == RemittanceStatus.POSTED)
        # The number of a batch sorts by its time; the remittance that is being posted has none yet and is the last.
        .order_by(col(Remittance.batch_id).is_(None), Remittance.batch_id, RemittanceClaim.sequence)
    )
    lines = _stored_lines(session, claim_ids)
    for claim_id, *values, payer_numbers, note in session.exec(query):
        answer = Answer(*values)
        yield (
            claim_id,
            replace(
                answer,
                lines=whole_lines(lines.get(answer.id, ())),
                payer_numbers=tuple(payer_numbers),
                sent_on=FORWARDED_TO in note,
            ),
        )


def take_away(standing: list[Answer], reversal: Answer, same_number: bool | None = None) -> Answer | None:
    """Take away the answer that a reversal takes back, and give it: one of the payer's, else of its number.

    It has the amounts of the reversal with the other sign; of several the one of its number, else the last unless it
    has to be of the `same_number`. None where none stands.
    """
    fit = [
        one for one in standing if (one.charge_cents, one.paid_cents) == (-reversal.charge_cents, -reversal.paid_cents)
    ]
    own = [one for one in fit if same_payer(one, reversal)]
    numbered = [one for one in fit if reversal.payer_number and one.payer_number == reversal.payer_number]
    both = [one for one in own if one.payer_number == reversal.payer_number]
    nameless = [one for one in own if not (one.payer_number and reversal.payer_number)]
    found = [*both, *nameless, *numbered] if same_number else [*both, *own[::-1], *numbered]
    taken = next(iter(found), None)
    if taken:
        standing.remove(taken)
    return taken


def whole_lines(line_ids: Sequence[str | None]) -> frozenset[str]:
    """Lines of ours that are answered; none where one of them is not known, and so the claim as a whole."""
    known = frozenset(one for one in line_ids if one)
    return frozenset() if None in line_ids else known


def _stored_lines(session: Session, claim_ids: Sequence[str]) -> dict[str, list[str | None]]:
    """Our lines of the stored answers of these claims, None for one that is none of ours."""
    query = (
        select(RemittanceLine.remittance_claim_id, RemittanceLine.claim_line_id)
        .join(RemittanceClaim, col(RemittanceClaim.id) == RemittanceLine.remittance_claim_id)
        .where(col(RemittanceClaim.claim_id).in_(claim_ids))
    )
    found: dict[str, list[str | None]] = {}
    for claim_id, line_id in session.exec(query):
        found.setdefault(claim_id, []).append(line_id)
    return found


def replacements(session: Session, claim_ids: Sequence[str], kind: str = REPLACED) -> list[Posting]:
    """The living postings by which later answers of these claims took back earlier ones that had paid nothing.

    Each is of the claim of a payment that it takes back, and of the remittance that replaced it.
    """
    undone = select(Posting.takes_back).where(col(Posting.takes_back).is_not(None))
    query = (
        select(Posting)
        .where(
            col(Posting.claim_id).in_(claim_ids),
            Posting.kind == PostingKind.CLAIM_PAYMENT,
            col(Posting.note).startswith(kind),
            col(Posting.takes_back).is_(None),
            col(Posting.id).not_in(undone),
        )
        .order_by(col(Posting.posted_at), col(Posting.id))
    )
    return list(session.exec(query)) if claim_ids else []
