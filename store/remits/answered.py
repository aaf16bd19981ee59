"""Tells a claim that its payer answers a second time, so that it is posted once.

The same payer, its own number of the claim (CLP07) and its place among the payers, and no reversal (CLP02 22) between:
the payer paid twice or sent its answer again. Its money waits as unapplied, and the patient's share and its denials
stay as the first answer made them. So it is with a repeat of an answer that was reversed, while a corrected one of that
payer stands in its place. No second answer is one that pays what was paid nothing before, and one of other
lines of the same claim, as far as both together charge no more than the claim.

Of answers in one set that cannot stand beside each other, whatever their numbers, the last that pays counts, and the
others wait; one that is stored already, some hundred claims before, is not displaced.

Tells a reversal too whose answer is not here: its money waits as unapplied until that answer comes.

Source: 005010X221A1, section 1.10.2.8 (a correction comes after the reversal of what it corrects).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from store.models import Claim, Remittance, RemittanceClaim
from store.queries import SessionReader
from store.queries.unapplied import unapplied_of
from store.remits.matching import Match
from store.terms import RemittanceStatus
from store.x12.remittance import RemitClaim

NOTHING_TO_REVERSE = "reverses an answer that is not here"
_IN_SAME_PAYMENT = "answered otherwise in the same payment"

_REVERSAL, _FOREIGN, _PREDETERMINATION = "22", "23", "25"
_NO_ANSWER = (_REVERSAL, _FOREIGN, _PREDETERMINATION)
_PLACES = {"1": 1, "19": 1, "2": 2, "20": 2, "3": 3, "21": 3}
"""CLP02: processed as primary, secondary, tertiary; a denial (4) tells no place."""


@dataclass(frozen=True)
class _Answer:
    """An answer that stands, with the payment that brought it."""

    payer: str
    payer_number: str
    status: str
    charge_cents: int
    paid_cents: int
    trace: str
    paid_on: str
    remittance_id: str
    id: str = ""


def without_second_answers(
    session: Session, remittance: Remittance, claims: Sequence[RemitClaim], matches: Sequence[Match]
) -> list[Match]:
    """The matches of some claims of a set; second answers, and reversals of nothing, are without our claim.

    Those say why in `why`. Reversals among these claims count before their answers, in whatever order the payer sends
    them, and name in `reversed_id` the claim of a payment that they reverse. An answer that a reversal has waited for,
    here or among these claims, stands for nothing; `reversal_id` names one that waits unapplied.
    """
    ours = list(dict.fromkeys(found.claim.id for found in matches if found.claim))
    replayed = _replayed(session, ours)
    standing = {one: list(pair[0]) for one, pair in replayed.items()}
    reversed_ = {one: [answer for answer, _ in pair[1]] for one, pair in replayed.items()}
    waiting = _waiting_reversals(session, remittance, claims)
    totals = dict(session.exec(select(Claim.id, Claim.total_cents).where(col(Claim.id).in_(ours))).all())
    judged = list(matches)
    together: dict[str, list[tuple[int, _Answer]]] = {one: [] for one in ours}
    unmet: dict[int, RemitClaim] = {}
    for place, (claim, found) in enumerate(zip(claims, matches, strict=True)):
        if claim.status != _REVERSAL or found.claim is None:
            continue
        if taken := _take_away(standing[found.claim.id], _answer(claim, remittance)):
            judged[place] = replace(found, reversed_id=taken.id)
            reversed_[found.claim.id].append(taken)
        else:
            unmet[place] = claim
    for place, (claim, found) in enumerate(zip(claims, matches, strict=True)):
        if found.claim is None or claim.status in _NO_ANSWER:
            continue
        here = next((one for one in unmet if _mirrors(unmet[one], claim) and _same_claim(matches[one], found)), None)
        before = standing[found.claim.id]
        if here is not None:
            del unmet[here]
            judged[here] = replace(judged[here], reverses=claim)
            reversed_[found.claim.id].append(_answer(claim, remittance))
        elif reversal := next((one for one in waiting if _mirrors(one, claim)), None):
            waiting.remove(reversal)
            judged[place] = replace(found, reversal_id=reversal.id)
            reversed_[found.claim.id].append(_answer(claim, remittance))
        elif why := _why_second(
            claim,
            [one for one in before if one.payer == remittance.payer_identifier],
            [one for one in reversed_[found.claim.id] if one.payer == remittance.payer_identifier],
            totals[found.claim.id],
        ):
            judged[place] = _not_taken(claim, found, why)
        else:
            answer = _answer(claim, remittance)
            here_before, total = together[found.claim.id], totals[found.claim.id]
            beside = _beside(answer, before, total)
            rivals = [pair for pair in here_before if pair[1] in beside]
            stored = [one for one in beside if one.id and one.remittance_id == remittance.id]
            better = stored if answer.paid_cents else [*stored, *(one for _, one in rivals)]
            if any(one.paid_cents for one in better):
                judged[place] = _not_taken(claim, found, _IN_SAME_PAYMENT)
                continue
            for rival in rivals:
                here_before.remove(rival)
                before.remove(rival[1])
                judged[rival[0]] = _not_taken(claims[rival[0]], matches[rival[0]], _IN_SAME_PAYMENT)
            before.append(answer)
            here_before.append((place, answer))
    for place, claim in unmet.items():
        judged[place] = _not_taken(claim, matches[place], NOTHING_TO_REVERSE)
    return judged


def answer_to_reverse(session: Session, remittance: Remittance, reversal: RemitClaim, claim_id: str) -> str:
    """The id of the posted answer of our claim that a reversal, itself not posted to it yet, takes back; else empty."""
    if reversal.status != _REVERSAL:
        return ""
    standing, _ = _replayed(session, [claim_id])[claim_id]
    taken = _take_away(standing, _answer(reversal, remittance))
    return taken.id if taken else ""


def reversed_later(session: Session, remittance_id: str) -> list[tuple[str, str]]:
    """Our claims whose answers by this remittance another posted one reverses: their numbers, and its trace."""
    answered = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    query = select(Claim.id, Claim.claim_number).where(col(Claim.id).in_(answered)).order_by(Claim.claim_number)
    numbers = dict(session.exec(query).all())
    replayed = _replayed(session, list(numbers))
    return list(
        dict.fromkeys(
            (number, reversal.trace)
            for claim_id, number in numbers.items()
            for answer, reversal in replayed[claim_id][1]
            if answer.remittance_id == remittance_id != reversal.remittance_id
        )
    )


def standing_answers(session: Session, claim_id: str) -> list[str]:
    """The ids of what posted remittances answer of our claim and no reversal took back, the last posted last.

    Whatever a payer did with the claim is an answer here, a claim that it forwarded as none of its own (CLP02 23) too.
    """
    answers, _ = _replayed(session, [claim_id], (_REVERSAL, _PREDETERMINATION))[claim_id]
    return [one.id for one in answers]


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


def _reversed_pairs(session: Session, remittance_id: str) -> list[tuple[_Answer, _Answer]]:
    """The reversed answers of all claims of ours that a remittance names, each with its reversal."""
    named = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    claims = list(dict.fromkeys(filter(None, session.exec(named))))
    return [pair for _, reversed_ in _replayed(session, claims).values() for pair in reversed_]


def _not_taken(claim: RemitClaim, found: Match, why: str) -> Match:
    return replace(found, claim=None, line_ids=(None,) * len(claim.lines), why=why)


def _same_claim(one: Match, other: Match) -> bool:
    return one.claim is not None and other.claim is not None and one.claim.id == other.claim.id


def _mirrors(reversal: RemitClaim | RemittanceClaim, answer: RemitClaim) -> bool:
    """Whether a reversal is that of this answer, which has its amounts with the other sign."""
    same = (
        reversal.payer_number == answer.payer_number
        if reversal.payer_number
        else reversal.account_number == answer.account_number
    )
    return same and (reversal.charge_cents, reversal.paid_cents) == (-answer.charge_cents, -answer.paid_cents)


def _waiting_reversals(session: Session, remittance: Remittance, claims: Sequence[RemitClaim]) -> list[RemittanceClaim]:
    """Reversals of the payer that are posted to no claim, of these account numbers or payer's numbers."""
    answers = [one for one in claims if one.status not in _NO_ANSWER]
    accounts, numbers = {one.account_number for one in answers}, {one.payer_number for one in answers} - {""}
    query = (
        select(RemittanceClaim)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            RemittanceClaim.status_code == _REVERSAL,
            col(RemittanceClaim.claim_id).is_(None),
            col(RemittanceClaim.account_number).in_(accounts) | col(RemittanceClaim.payer_number).in_(numbers),
            Remittance.payer_identifier == remittance.payer_identifier,
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at), col(RemittanceClaim.sequence))
    )
    reader = SessionReader(session)
    return [one for one in session.exec(query) if _whole(reader, one)]


def _whole(reader: SessionReader, reversal: RemittanceClaim) -> bool:
    """Whether all of its money waits, none of it given back."""
    waits = unapplied_of(reader, reversal.id)
    return (waits.left_cents if waits else 0) == reversal.paid_cents


def _why_second(claim: RemitClaim, before: Sequence[_Answer], reversed_: Sequence[_Answer], total_cents: int) -> str:
    """Why this answer of a claim is its second, empty where it is none. `before` are those that stand."""
    in_place = [one for one in before if _same_place(one.status, claim.status)]
    standing = sum(one.charge_cents for one in in_place)
    repeated = next((one for one in reversed_ if _repeats(claim, one)), None)
    if repeated and in_place and standing + claim.charge_cents > total_cents:
        return f"repeats trace {_trace(repeated)}, which was reversed and corrected"
    alike = [one for one in in_place if one.payer_number == claim.payer_number]
    paid = any(one.paid_cents for one in alike)
    charged = sum(one.charge_cents for one in alike) + claim.charge_cents
    if not alike or (claim.paid_cents and not paid) or charged <= total_cents:
        return ""
    return f"{'paid' if paid else 'answered'} already by trace {_trace(alike[-1])}, no reversal"


def _beside(answer: _Answer, before: Sequence[_Answer], total_cents: int) -> list[_Answer]:
    """The answers of its payer in its place that stand and, with this one, charge more than the claim."""
    in_place = [one for one in before if one.payer == answer.payer and _same_place(one.status, answer.status)]
    standing = sum(one.charge_cents for one in in_place)
    return in_place if standing + answer.charge_cents > total_cents else []


def _repeats(claim: RemitClaim, answer: _Answer) -> bool:
    same = (claim.payer_number, claim.charge_cents, claim.paid_cents)
    return same == (answer.payer_number, answer.charge_cents, answer.paid_cents) and _same_place(
        answer.status, claim.status
    )


def _trace(answer: _Answer) -> str:
    return f"{answer.trace or 'without a number'} on {answer.paid_on or 'no day'}"


def _same_place(before: str, now: str) -> bool:
    return len({_PLACES.get(before), _PLACES.get(now)} - {None}) < 2


def _answer(claim: RemitClaim, remittance: Remittance) -> _Answer:
    return _Answer(
        remittance.payer_identifier,
        claim.payer_number,
        claim.status,
        claim.charge_cents,
        claim.paid_cents,
        remittance.trace,
        remittance.paid_on,
        remittance.id,
    )


def _take_away(standing: list[_Answer], reversal: _Answer) -> _Answer | None:
    """Take away the answer that a reversal takes back, and give it: one of the payer's, else of its number.

    Of those, the one of its number and amounts, else of its number, else of its charge, else the last. None where none
    stands.
    """
    own = [one for one in standing if one.payer == reversal.payer] or [
        one for one in standing if reversal.payer_number and one.payer_number == reversal.payer_number
    ]
    same_number = [one for one in own if one.payer_number == reversal.payer_number]
    same_amounts = [
        one
        for one in same_number
        if (one.charge_cents, one.paid_cents) == (-reversal.charge_cents, -reversal.paid_cents)
    ]
    same_charge = [one for one in own if one.charge_cents == -reversal.charge_cents]
    taken = next(iter(same_amounts or same_number or same_charge or own[::-1]), None)
    if taken:
        standing.remove(taken)
    return taken


def _replayed(
    session: Session, claim_ids: Sequence[str], no_answer: Sequence[str] = _NO_ANSWER
) -> dict[str, tuple[list[_Answer], list[tuple[_Answer, _Answer]]]]:
    """What payers answered of these claims by remittances that are posted, this one's earlier claims included.

    They are in the order in which they were posted, since a payer may date what comes later to an earlier day. Of each
    claim the answers that stand, and those that are reversed with their reversals.
    """
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
    )
    query = (
        select(*columns)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(col(RemittanceClaim.claim_id).in_(claim_ids), Remittance.status == RemittanceStatus.POSTED)
        # The number of a batch sorts by its time; the remittance that is being posted has none yet and is the last.
        .order_by(col(Remittance.batch_id).is_(None), Remittance.batch_id, RemittanceClaim.sequence)
    )
    replayed: dict[str, tuple[list[_Answer], list[tuple[_Answer, _Answer]]]] = {one: ([], []) for one in claim_ids}
    reversals: list[tuple[str, _Answer]] = []
    for claim_id, *values in session.exec(query):
        answer = _Answer(*values)
        if answer.status == _REVERSAL:
            reversals.append((claim_id, answer))
        elif answer.status not in no_answer:
            replayed[claim_id][0].append(answer)
    for claim_id, reversal in reversals:
        standing, reversed_ = replayed[claim_id]
        if taken := _take_away(standing, reversal):
            reversed_.append((taken, reversal))
    return replayed
