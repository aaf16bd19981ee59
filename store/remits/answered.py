"""Tells a claim that its payer answers a second time, so that it is posted once.

The same place among the payers of the claim (`store.remits.places`), whoever the payer says that it is, and no reversal
(CLP02 22) between: both together charge more than the claim, or than the lines that they share. Whatever number the
payer gives it (CLP07), what happens is this:

    it pays, and what stands paid nothing   what stands is taken back by the program, and the second is posted
    anything else                           the second waits as unapplied, the first with its denials stays

One that answers a part alone of what stands waits too, since the rest would be answered no more; but where it names
exactly the lines that stand denied and pays them, it takes the place of those alone. So does a repeat of
an answer that was reversed, while a corrected one of that payer stands in its place. One of other lines of the same
claim is no second answer.

Of answers in one set that cannot stand beside each other, the last that pays counts, and the others wait; one that is
stored already, some hundred claims before, is displaced by one that pays where it was paid nothing, as above.

A replacement (frequency 7) is answered in the place of what it replaces: while an answer of that stands it waits, or
takes its place, in the same way.

An answer to a void (frequency 8) that is no reversal says that the void did not happen: it is posted to no claim, and
what was to be voided stands as it was.

Tells a reversal too whose answer is not here: its money waits as unapplied until that answer comes.

Source: 005010X221A1, section 1.10.2.8 (a correction comes after the reversal of what it corrects).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from store.denials.opening import NOT_VOIDED
from store.models import Claim, Denial, Posting, Remittance, RemittanceClaim, RemittanceLine
from store.queries import SessionReader
from store.queries.unapplied import unapplied_of
from store.remits.matching import Match, OurClaim, our_claim
from store.remits.places import From, Payers, place_of, places_in_order, same_payer, stated_place
from store.terms import DenialStatus, PostingKind, RemittanceStatus
from store.x12.remittance import RemitClaim

REPLACED = "answer taken back: replaced"
"""How the note of a posting begins that takes back an answer which another one of its payer replaces."""
SETTLED = "denied lines taken back: paid"
"""How the note of a posting begins that takes back what an answer denied of lines, which another one pays."""
NO_REVERSAL = ", no reversal"
"""How it ends why a second answer waits that a reversal would let through."""
NOTHING_TO_REVERSE = "reverses an answer that is not here"
IN_SAME_PAYMENT = "answered otherwise in the same payment"

_REVERSAL, _FOREIGN, _PREDETERMINATION = "22", "23", "25"
_NO_ANSWER = (_REVERSAL, _PREDETERMINATION)
_AT_ONCE = 400


@dataclass(frozen=True)
class _Answer:
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


@dataclass(frozen=True)
class _Replayed:
    """What payers answered of a claim of ours: what stands, what is reversed by what, and reversals of nothing here."""

    standing: list[_Answer]
    reversed: list[tuple[_Answer, _Answer]]
    unmet: list[_Answer]


def without_second_answers(
    session: Session, remittance: Remittance, claims: Sequence[RemitClaim], matches: Sequence[Match]
) -> list[Match]:
    """The matches of some claims of a set; second answers, and reversals of nothing, are without our claim.

    Those say why in `why`. Reversals among these claims count before their answers, in whatever order the payer sends
    them, and name in `reversed_id` the claim of a payment that they reverse. An answer that a reversal has waited for,
    here or among these claims, stands for nothing; `reversal_id` names one that waits unapplied.
    """
    ours = list(dict.fromkeys(found.claim.id for found in matches if found.claim))
    replaced_by = _replaced_claims(session, ours)
    replayed = _replayed(session, list(dict.fromkeys([*ours, *(one for some in replaced_by.values() for one in some)])))
    standing = {one: list(of.standing) for one, of in replayed.items()}
    reversed_ = {one: [answer for answer, _ in of.reversed] for one, of in replayed.items()}
    waiting = [*_waiting_reversals(session, remittance, claims), *_applied_reversals(session, replayed)]
    judged = list(matches)
    together: dict[str, list[tuple[int, _Answer]]] = {one: [] for one in ours}
    unmet: dict[int, RemitClaim] = {}
    for place, (claim, found) in enumerate(zip(claims, matches, strict=True)):
        if claim.status != _REVERSAL or found.claim is None:
            continue
        unmet[place] = claim
    for place, claim in list(unmet.items()):
        # Of another number a person applies it: what it reverses might be still to come.
        found = matches[place]
        if found.claim and (taken := _take_away(standing[found.claim.id], _answer(claim, found, remittance), True)):
            del unmet[place]
            judged[place] = replace(found, reversed_id=taken.id)
            reversed_[found.claim.id].append(taken)
    for place, (claim, found) in enumerate(zip(claims, matches, strict=True)):
        if found.claim is None or claim.status in _NO_ANSWER:
            continue
        if why := _why_no_void(session, claim, found.claim):
            judged[place] = _not_taken(claim, found, why)
            continue
        here = next((one for one in unmet if _mirrors(unmet[one], claim) and _same_claim(matches[one], found)), None)
        before, here_before = standing[found.claim.id], together[found.claim.id]
        answer = _answer(claim, found, remittance)
        if here is not None:
            del unmet[here]
            judged[here] = replace(judged[here], reverses=claim)
            judged[place] = replace(found, reversed_here=True)
            reversed_[found.claim.id].append(answer)
            continue
        if reversal := next((one for one in waiting if _mirrors(one, claim)), None):
            waiting.remove(reversal)
            judged[place] = replace(found, reversal_id=reversal.id)
            reversed_[found.claim.id].append(answer)
            continue
        in_place = _in_place(answer, before, found.claim)
        gone = [one for one in reversed_[found.claim.id] if same_payer(one, answer)]
        rivals, covers = _rivals(answer, in_place, found.claim)
        if rivals and (why := _why_repeated(claim, gone) or _why_not(answer, rivals, covers)):
            if settled := _denied_lines_of(session, answer, rivals, gone, claim):
                judged[place] = replace(found, settles=settled)
                before.append(answer)
                here_before.append((place, answer))
                continue
            judged[place] = _not_taken(claim, found, why)
            continue
        of_replaced = _of_replaced(answer, found.claim, replaced_by[found.claim.id], standing)
        if of_replaced and (why := _why_not(answer, [one for _, one in of_replaced], True)):
            judged[place] = _not_taken(claim, found, _replaces(session, of_replaced, answer, why))
            continue
        for claim_id, one in of_replaced:
            standing[claim_id].remove(one)
        replaced = [one for one in (*rivals, *(one for _, one in of_replaced)) if one.id]
        for pair in [pair for pair in here_before if pair[1] in rivals]:
            here_before.remove(pair)
            replaced_then = judged[pair[0]].replaces
            judged[pair[0]] = _not_taken(claims[pair[0]], matches[pair[0]], IN_SAME_PAYMENT)
            judged[place] = replace(judged[place], replaces=(*judged[place].replaces, *replaced_then))
        for rival in rivals:
            before.remove(rival)
        judged[place] = replace(judged[place], replaces=(*judged[place].replaces, *(one.id for one in replaced)))
        before.append(answer)
        here_before.append((place, answer))
    for place, claim in unmet.items():
        judged[place] = _not_taken(claim, matches[place], NOTHING_TO_REVERSE)
    return judged


def answer_to_reverse(
    session: Session, remittance: Remittance, reversal: RemitClaim, claim_id: str, own_id: str
) -> str:
    """The id of the posted answer of our claim that a reversal takes back, or would if it was applied; else empty.

    `own_id` is the stored claim of the payment that is the reversal.
    """
    if reversal.status != _REVERSAL:
        return ""
    replayed = _replayed(session, [claim_id])[claim_id]
    applied = next((answer for answer, by in replayed.reversed if by.id == own_id), None)
    taken = applied or _take_away(replayed.standing, _answer(reversal, None, remittance))
    return taken.id if taken else ""


def judged_now(
    session: Session, remittance: Remittance, stated: RemitClaim, found: Match, own_id: str
) -> tuple[Match, str]:
    """The match as it is posted now, with what it takes the place of; and why it may not be, empty where it may.

    `own_id` is the stored claim of the payment, which does not stand in its own way.
    """
    if found.claim is not None and stated.status == _REVERSAL:
        here = answer_to_reverse(session, remittance, stated, found.claim.id, own_id)
        return found, "" if here else NOTHING_TO_REVERSE
    if found.claim is None or stated.status in _NO_ANSWER:
        return found, ""
    if why := _why_no_void(session, stated, found.claim):
        return found, why
    answer, claim_id = _answer(stated, found, remittance), found.claim.id
    before = _replaced_claims(session, [claim_id])[claim_id]
    replayed = {one: of.standing for one, of in _replayed(session, [claim_id, *before]).items()}
    in_place = _in_place(answer, [one for one in replayed[claim_id] if one.id != own_id], found.claim)
    rivals, covers = _rivals(answer, in_place, found.claim)
    if rivals and (why := _why_not(answer, rivals, covers)):
        if settled := _denied_lines_of(session, answer, rivals, (), stated):
            return replace(found, settles=settled), ""
        return found, why
    of_replaced = _of_replaced(answer, found.claim, before, replayed)
    if of_replaced and (why := _why_not(answer, [one for _, one in of_replaced], True)):
        return found, _replaces(session, of_replaced, answer, why)
    return replace(found, replaces=tuple(one.id for one in (*rivals, *(one for _, one in of_replaced)))), ""


def clashing(session: Session, answers: Sequence[str]) -> list[tuple[str, str]]:
    """Claims of ours on which others stand in the place of these answers: their numbers, and the trace of the other."""
    query = select(RemittanceClaim.claim_id).where(col(RemittanceClaim.id).in_(answers))
    named = list(dict.fromkeys(filter(None, session.exec(query)))) if answers else []
    found = []
    replayed = _replayed(session, named)
    for claim_id, later in _replacing_claims(session, named):
        # What replaces the claim is answered in the place of what comes to stand again.
        ours = our_claim(session, claim_id)
        for one in [one for one in replayed[claim_id].standing if one.id in answers]:
            others = _in_place(one, _replayed(session, [later])[later].standing, ours)
            found += [
                (session.get_one(Claim, later).claim_number, other.trace or "without a number") for other in others
            ]
    settled = {(one.remittance_claim_id, one.remittance_id) for one in replacements(session, named, SETTLED)}
    for claim_id, of in replayed.items():
        ours = our_claim(session, claim_id)
        for one in [one for one in of.standing if one.id in answers]:
            in_place = _in_place(one, [other for other in of.standing if other is not one], ours)
            rivals, _covers = _rivals(one, in_place, ours)
            # One that pays what was denied of its lines stands beside the rest of it.
            crowding = [
                other
                for other in rivals
                if settled.isdisjoint({(one.id, other.remittance_id), (other.id, one.remittance_id)})
            ]
            found += [(ours.number, other.trace or "without a number") for other in crowding]
    return found


def replacing_numbers(session: Session, reversed_: OurClaim | None) -> list[str]:
    """The numbers of the claims that replace one whose answer was reversed: answers of those can wait for that."""
    pairs = _replacing_claims(session, [reversed_.id]) if reversed_ else []
    return [session.get_one(Claim, later).claim_number for _, later in pairs]


def waiting_for(session: Session, remittance: Remittance, account_numbers: Sequence[str]) -> list[RemittanceClaim]:
    """Second answers of these claims by earlier payments of this payer that wait since no reversal had come."""
    query = (
        select(RemittanceClaim)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.account_number).in_(account_numbers),
            col(RemittanceClaim.claim_id).is_(None),
            RemittanceClaim.paid_cents > 0,
            col(RemittanceClaim.note).contains(NO_REVERSAL),
            _of_payer(remittance),
            Remittance.status == RemittanceStatus.POSTED,
            Remittance.id != remittance.id,
        )
    )
    return list(session.exec(query)) if account_numbers else []


def crowded(session: Session, remittance_id: str) -> list[tuple[str, str, tuple[str, ...], str]]:
    """The answers of a remittance, posted as the last, in whose place others stand.

    Each is the id of our claim, its own, those of the ones that it takes the place of, and why it does not, where so.
    """
    named = select(RemittanceClaim.claim_id).where(RemittanceClaim.remittance_id == remittance_id)
    claims = list(dict.fromkeys(filter(None, session.exec(named))))
    before = _replaced_claims(session, claims)
    everything = _replayed(session, list(dict.fromkeys([*claims, *(one for some in before.values() for one in some)])))
    replayed = {one: of.standing for one, of in everything.items()}
    found = []
    for claim_id in claims:
        others = [one for one in replayed[claim_id] if one.remittance_id != remittance_id]
        for own in [one for one in replayed[claim_id] if one.remittance_id == remittance_id]:
            if not others and not before[claim_id]:
                continue
            ours = our_claim(session, claim_id)
            rivals, covers = _rivals(own, _in_place(own, others, ours), ours)
            of_replaced = _of_replaced(own, ours, before[claim_id], replayed)
            if not rivals and not of_replaced:
                continue
            why = _why_not(own, rivals, covers) if rivals else ""
            if not why and of_replaced and (because := _why_not(own, [one for _, one in of_replaced], True)):
                why = _replaces(session, of_replaced, own, because)
            replaced = () if why else tuple(one.id for one in (*rivals, *(one for _, one in of_replaced)))
            others = [one for one in others if one.id not in replaced]
            found.append((claim_id, own.id, replaced, why))
    return found


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


def standing_answers(session: Session, claim_id: str) -> list[str]:
    """The ids of what posted remittances answer of our claim and no reversal took back, the last posted last.

    Whatever a payer did with the claim is an answer here, a claim that it forwarded as none of its own (CLP02 23) too.
    """
    answers = _replayed(session, [claim_id], (_REVERSAL, _PREDETERMINATION))[claim_id].standing
    return [one.id for one in answers]


def standing_places(session: Session, claim_id: str, payers: Payers) -> list[tuple[str, int]]:
    """The ids of the answers that stand, as `standing_answers`, each with its place among the payers of our claim."""
    answers = _replayed(session, [claim_id], (_REVERSAL, _PREDETERMINATION))[claim_id].standing
    return list(zip((one.id for one in answers), places_in_order(payers, answers), strict=True))


def answered_by_next(session: Session, claim_ids: Sequence[str]) -> dict[str, tuple[list[str], str]]:
    """The answers (ids) of these claims that a payer after theirs has answered too, and the last one of those that did.

    Of lines only those of which both answer some. A claim that a payer forwards as none of its own it does not answer.
    """
    found: dict[str, tuple[list[str], str]] = {}
    for claim_id, of in _replayed(session, claim_ids).items():
        if len(of.standing) < 2:
            continue
        placed = list(zip(of.standing, places_in_order(our_claim(session, claim_id).payers, of.standing), strict=True))
        pairs = [
            (one.id, other.id)
            for one, place in placed
            for other, later in placed
            if later > place
            and other.status != _FOREIGN
            and (not one.lines or not other.lines or one.lines & other.lines)
        ]
        if pairs:
            found[claim_id] = (list(dict.fromkeys(before for before, _ in pairs)), pairs[-1][1])
    return found


def answers_of(session: Session, claim_ids: Sequence[str]) -> dict[str, list[From]]:
    """What answers stand of these claims, by status and payer, in their order."""
    replayed: dict[str, _Replayed] = {}
    for start in range(0, len(claim_ids), _AT_ONCE):
        replayed |= _replayed(session, claim_ids[start : start + _AT_ONCE], (_REVERSAL, _PREDETERMINATION))
    return {
        one: [From(answer.status, answer.payer, answer.payer_name) for answer in of.standing]
        for one, of in replayed.items()
    }


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
    return [pair for of in _replayed(session, claims).values() for pair in of.reversed]


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
            _of_payer(remittance),
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at), col(RemittanceClaim.sequence))
    )
    reader = SessionReader(session)
    return [one for one in session.exec(query) if _whole(reader, one)]


def _of_payer(remittance: Remittance) -> ColumnElement[bool]:
    """Whether a payment is of the payer of this one: its identifier, or its name where it comes under another."""
    named = col(Remittance.payer_name).in_([remittance.payer_name] if remittance.payer_name else [])
    return or_(col(Remittance.payer_identifier) == remittance.payer_identifier, named)


def _applied_reversals(session: Session, replayed: Mapping[str, _Replayed]) -> list[RemittanceClaim]:
    """Reversals that a person applied to these claims before their answers came."""
    unmet = [one.id for of in replayed.values() for one in of.unmet]
    return list(session.exec(select(RemittanceClaim).where(col(RemittanceClaim.id).in_(unmet)))) if unmet else []


def _whole(reader: SessionReader, reversal: RemittanceClaim) -> bool:
    """Whether all of its money waits, none of it given back."""
    waits = unapplied_of(reader, reversal.id)
    return (waits.left_cents if waits else 0) == reversal.paid_cents


def _rivals(answer: _Answer, in_place: Sequence[_Answer], ours: OurClaim) -> tuple[list[_Answer], bool]:
    """Those of its place that cannot stand beside an answer, and whether it answers all that they do."""
    charge_of = {line.id: line.charge_cents for line in ours.lines}
    shared = [one for one in in_place if not one.lines or not answer.lines or one.lines & answer.lines]
    if sum(one.charge_cents for one in in_place) + answer.charge_cents <= ours.total_cents:
        shared = [
            one
            for one in shared
            if one.lines
            and answer.lines
            and one.charge_cents + answer.charge_cents > sum(charge_of[line] for line in one.lines | answer.lines)
        ]
        in_place = ()
    covers = answer.charge_cents >= sum(one.charge_cents for one in shared) and all(
        one.lines <= answer.lines or not answer.lines for one in shared
    )
    return (shared, covers) if shared else (list(in_place), False)


def _why_no_void(session: Session, claim: RemitClaim, ours: OurClaim) -> str:
    """Why the answer to a void (frequency 8) is not posted: what was voided stands as it was; empty for another claim.

    A payer that carries the void out reverses its answer (CLP02 22).
    """
    if ours.frequency != "8" or not ours.follows_id:
        return ""
    number = session.get_one(Claim, ours.follows_id).claim_number
    if claim.paid_cents:
        return f"pays a void: {number} is to be looked at"
    return f"{NOT_VOIDED}: the payer did not take {number} back, which stands as it was"


def _replaced_claims(session: Session, claim_ids: Sequence[str]) -> dict[str, list[str]]:
    """The claims that each of these replaces, and that those replaced before."""
    found: dict[str, list[str]] = {one: [] for one in claim_ids}
    frontier = {one: one for one in claim_ids}
    while frontier:
        query = select(Claim.id, Claim.follows_id).where(
            col(Claim.id).in_(frontier), Claim.follows_as == "replacement", col(Claim.follows_id).is_not(None)
        )
        before = {claim_id: follows for claim_id, follows in session.exec(query) if follows}
        frontier = {before[one]: of for one, of in frontier.items() if one in before and before[one] not in found[of]}
        for one, of in frontier.items():
            found[of].append(one)
    return found


def _replacing_claims(session: Session, claim_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Each of these claims with one that replaces it, directly."""
    query = select(Claim.follows_id, Claim.id).where(
        col(Claim.follows_id).in_(claim_ids), Claim.follows_as == "replacement"
    )
    return [(before, later) for before, later in session.exec(query) if before]


def _of_replaced(
    answer: _Answer, ours: OurClaim, before: Sequence[str], standing: Mapping[str, list[_Answer]]
) -> list[tuple[str, _Answer]]:
    """The answers that stand of the claims which ours replaces, in the place of this one; each with its claim."""
    return [(one, old) for one in before for old in _in_place(answer, standing.get(one, []), ours)]


def _replaces(session: Session, of_replaced: Sequence[tuple[str, _Answer]], answer: _Answer, why: str) -> str:
    """Why the answer of a replacement waits, with what it replaces."""
    number = session.get_one(Claim, of_replaced[0][0]).claim_number
    if not answer.paid_cents and any(one.paid_cents for _, one in of_replaced):
        return f"the replacement of {number} did not happen: the payer pays nothing for it, {number} is {why}"
    return f"replaces {number}, which is {why}"


def _denied_lines_of(
    session: Session, answer: _Answer, rivals: Sequence[_Answer], gone: Sequence[_Answer], claim: RemitClaim
) -> str:
    """The id of the one answer that stands whose denied lines are exactly those that this one pays; else empty."""
    old = rivals[0] if len(rivals) == 1 else None
    if old is None or not old.id or not answer.lines or not answer.paid_cents or _why_repeated(claim, gone):
        return ""
    query = (
        select(RemittanceLine.claim_line_id, Denial.cents)
        .join(RemittanceLine, col(RemittanceLine.id) == Denial.remittance_line_id)
        .where(
            Denial.remittance_claim_id == old.id,
            col(Denial.status).in_((DenialStatus.OPEN, DenialStatus.APPEALED)),
            Denial.cents > 0,
        )
    )
    denied = session.exec(query).all()
    same = {line for line, _ in denied} == answer.lines and sum(cents for _, cents in denied) == answer.charge_cents
    return old.id if same else ""


def _why_repeated(claim: RemitClaim, reversed_: Sequence[_Answer]) -> str:
    repeated = next((one for one in reversed_ if _repeats(claim, one)), None)
    return f"repeats trace {_trace(repeated)}, which was reversed and corrected" if repeated else ""


def _why_not(answer: _Answer, rivals: Sequence[_Answer], covers: bool) -> str:
    """Why an answer does not take the place of these that stand; empty where it does."""
    paid = any(one.paid_cents for one in rivals)
    stored = next((one for one in reversed(rivals) if one.remittance_id != answer.remittance_id), None)
    if stored and (paid or not answer.paid_cents):
        return f"{'paid' if paid else 'answered'} already by trace {_trace(stored)}{NO_REVERSAL}"
    if not covers and stored:
        return f"answers a part of what trace {_trace(stored)} answers{NO_REVERSAL}"
    if not covers or (paid and (not answer.paid_cents or any(one.id for one in rivals))):
        return IN_SAME_PAYMENT
    return ""


def _repeats(claim: RemitClaim, answer: _Answer) -> bool:
    same = (claim.payer_number, claim.charge_cents, claim.paid_cents)
    return same == (answer.payer_number, answer.charge_cents, answer.paid_cents) and _same_place(
        answer.status, claim.status
    )


def _trace(answer: _Answer) -> str:
    return f"{answer.trace or 'without a number'} on {answer.paid_on or 'no day'}"


def _in_place(answer: _Answer, standing: Sequence[_Answer], ours: OurClaim) -> list[_Answer]:
    """Those that stand in the place of an answer among the payers of our claim.

    What one payer answers without telling its place is in whatever place it has told. A claim that a payer forwarded
    as none of its own is in nobody else's place.
    """
    place = place_of(ours.payers, answer, standing)
    found = []
    for one, its_place in zip(standing, places_in_order(ours.payers, standing), strict=True):
        own = same_payer(one, answer)
        told = stated_place(one.status) and stated_place(answer.status)
        foreign = _FOREIGN in (one.status, answer.status)
        if (own and not told) or (its_place == place and (own or not foreign)):
            found.append(one)
    return found


def _same_place(before: str, now: str) -> bool:
    return len({stated_place(before), stated_place(now)} - {None}) < 2


def _answer(claim: RemitClaim, found: Match | None, remittance: Remittance) -> _Answer:
    return _Answer(
        remittance.payer_identifier,
        claim.payer_number,
        claim.status,
        claim.charge_cents,
        claim.paid_cents,
        remittance.trace,
        remittance.paid_on,
        remittance.id,
        payer_name=remittance.payer_name,
        lines=_whole_lines(found.line_ids) if found else frozenset(),
    )


def _whole_lines(line_ids: Sequence[str | None]) -> frozenset[str]:
    known = frozenset(one for one in line_ids if one)
    return frozenset() if None in line_ids else known


def _take_away(standing: list[_Answer], reversal: _Answer, same_number: bool | None = None) -> _Answer | None:
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


def _replayed(
    session: Session, claim_ids: Sequence[str], no_answer: Sequence[str] = _NO_ANSWER
) -> dict[str, _Replayed]:
    """What payers answered of these claims by remittances that are posted, this one's earlier claims included.

    They are in the order in which they were posted, since a payer may date what comes later to an earlier day. What a
    reversal takes back it says itself; of one that was posted before it could, its amounts and numbers tell.
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
        Remittance.payer_name,
        RemittanceClaim.reverses_id,
    )
    query = (
        select(*columns)
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(col(RemittanceClaim.claim_id).in_(claim_ids), Remittance.status == RemittanceStatus.POSTED)
        # The number of a batch sorts by its time; the remittance that is being posted has none yet and is the last.
        .order_by(col(Remittance.batch_id).is_(None), Remittance.batch_id, RemittanceClaim.sequence)
    )
    replayed = {one: _Replayed([], [], []) for one in claim_ids}
    reversals: list[tuple[str, _Answer]] = []
    displaced = {one.remittance_claim_id for one in replacements(session, claim_ids)}
    lines = _stored_lines(session, claim_ids)
    order: dict[str, int] = {}
    for claim_id, *values in session.exec(query):
        answer = _Answer(*values)
        order.setdefault(answer.remittance_id, len(order))
        answer = replace(answer, lines=_whole_lines(lines.get(answer.id, ())))
        if answer.id in displaced:
            continue
        if answer.status == _REVERSAL:
            reversals.append((claim_id, answer))
        elif answer.status not in no_answer:
            replayed[claim_id].standing.append(answer)
    for claim_id, reversal in [one for one in reversals if one[1].reverses_id]:
        of = replayed[claim_id]
        if taken := next((one for one in of.standing if one.id == reversal.reverses_id), None):
            of.standing.remove(taken)
            of.reversed.append((taken, reversal))
            reversals.remove((claim_id, reversal))
    for same_number in (True, False):
        for claim_id, reversal in [one for one in reversals if not one[1].reverses_id]:
            standing, reversed_ = replayed[claim_id].standing, replayed[claim_id].reversed
            # Of another number only what was there before: that is what was taken back when the reversal came.
            earlier = [one for one in standing if order[one.remittance_id] < order[reversal.remittance_id]]
            if taken := _take_away(standing if same_number else earlier, reversal, same_number):
                if not same_number:
                    standing.remove(taken)
                reversals.remove((claim_id, reversal))
                reversed_.append((taken, reversal))
    for claim_id, reversal in reversals:
        replayed[claim_id].unmet.append(reversal)
    return replayed


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
