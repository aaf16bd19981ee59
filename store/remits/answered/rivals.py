"""Tells which answers cannot stand beside another one, and whether that takes their place.

They are of the same place among the payers of the claim, or of what the claim replaces, and answer what it answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from store.models import Claim, Denial, Remittance, RemittanceLine
from store.queries.chains import NOT_VOIDED
from store.remits.answered.standing import FOREIGN, Answer, whole_lines
from store.remits.matching import Match, OurClaim
from store.remits.places import one_payer, place_of, places_in_order, sent_on_to, stated_place, told_place
from store.terms import DenialStatus
from store.x12.remittance import RemitClaim

NO_REVERSAL = ", no reversal"
"""How it ends why a second answer waits that a reversal would let through."""
IN_SAME_PAYMENT = "answered otherwise in the same payment"


def answer_from(claim: RemitClaim, found: Match | None, remittance: Remittance) -> Answer:
    """A claim of a remittance as an answer, with the lines of ours that it answers."""
    return Answer(
        remittance.payer_identifier,
        claim.payer_number,
        claim.status,
        claim.charge_cents,
        claim.paid_cents,
        remittance.trace,
        remittance.paid_on,
        remittance.id,
        payer_name=remittance.payer_name,
        payer_numbers=tuple(remittance.payer_numbers),
        sent_on=bool(sent_on_to(claim)),
        lines=whole_lines(found.line_ids) if found else frozenset(),
    )


def in_place_of(answer: Answer, standing: Sequence[Answer], ours: OurClaim) -> list[Answer]:
    """Those that stand in the place of an answer among the payers of our claim.

    What one payer answers without telling its place is in whatever place it has told. A claim that a payer forwarded
    as none of its own is in nobody else's place.
    """
    place = place_of(ours.payers, answer, standing)
    found = []
    for one, its_place in zip(standing, places_in_order(ours.payers, standing), strict=True):
        own = one_payer(ours.payers, one, answer)
        told = told_place(ours.payers, one) and told_place(ours.payers, answer)
        foreign = FOREIGN in (one.status, answer.status)
        if (own and not told) or (its_place == place and (own or not foreign)):
            found.append(one)
    return found


def rivals_of(answer: Answer, in_place: Sequence[Answer], ours: OurClaim) -> tuple[list[Answer], bool]:
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


def standing_of_replaced(
    answer: Answer, ours: OurClaim, before: Mapping[str, bool], standing: Mapping[str, list[Answer]]
) -> list[tuple[str, Answer]]:
    """The answers that stand of the claims which ours replaces, in the place of this one; each with its claim.

    What another payer answered of a claim in whose place ours bills this one is no answer of this payer, and stands
    beside it: but for what is denied there and paid here.
    """
    found = [(one, old) for one in before for old in in_place_of(answer, standing.get(one, []), ours)]
    return [(one, old) for one, old in found if before[one] or not why_not(answer, [old], True)]


def denied_lines_of(
    session: Session, answer: Answer, rivals: Sequence[Answer], gone: Sequence[Answer], claim: RemitClaim
) -> str:
    """The id of the one answer that stands whose denied lines are exactly those that this one pays; else empty."""
    old = rivals[0] if len(rivals) == 1 else None
    if old is None or not old.id or not answer.lines or not answer.paid_cents or why_repeated(claim, gone):
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


def why_not(answer: Answer, rivals: Sequence[Answer], covers: bool) -> str:
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


def why_repeated(claim: RemitClaim, reversed_: Sequence[Answer]) -> str:
    """Why a claim of a payment waits that repeats one of these reversed answers; empty where it repeats none."""
    repeated = next((one for one in reversed_ if _repeats(claim, one)), None)
    return f"repeats trace {_trace(repeated)}, which was reversed and corrected" if repeated else ""


def why_replaced(session: Session, of_replaced: Sequence[tuple[str, Answer]], answer: Answer, why: str) -> str:
    """Why the answer of a replacement waits, with what it replaces."""
    number = session.get_one(Claim, of_replaced[0][0]).claim_number
    if not answer.paid_cents and any(one.paid_cents for _, one in of_replaced):
        return f"the replacement of {number} did not happen: the payer pays nothing for it, {number} is {why}"
    return f"replaces {number}, which is {why}"


def why_no_void(session: Session, claim: RemitClaim, ours: OurClaim) -> str:
    """Why the answer to a void (frequency 8) is not posted: what was voided stands as it was; empty for another claim.

    A payer that carries the void out reverses its answer (CLP02 22).
    """
    if ours.frequency != "8" or not ours.follows_id:
        return ""
    number = session.get_one(Claim, ours.follows_id).claim_number
    if claim.paid_cents:
        return f"pays a void: {number} is to be looked at"
    return f"{NOT_VOIDED}: the payer did not take {number} back, which stands as it was"


def replaced_claims(session: Session, claim_ids: Sequence[str]) -> dict[str, dict[str, bool]]:
    """The claims that each of these replaces, and that those replaced before, and whether all with one payer."""
    found: dict[str, dict[str, bool]] = {one: {} for one in claim_ids}
    frontier = {one: (one, True) for one in claim_ids}
    while frontier:
        query = select(Claim.id, Claim.follows_id, Claim.frequency).where(
            col(Claim.id).in_(frontier), Claim.follows_as == "replacement", col(Claim.follows_id).is_not(None)
        )
        before = {claim_id: (follows, frequency == "7") for claim_id, follows, frequency in session.exec(query)}
        further: dict[str, tuple[str, bool]] = {}
        for one, (of, same) in frontier.items():
            follows, with_payer = before.get(one, (None, False))
            if follows and follows not in found[of]:
                further[follows] = (of, same and with_payer)
        frontier = further
        for one, (of, same) in frontier.items():
            found[of][one] = same
    return found


def replacing_claims(session: Session, claim_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Each of these claims with one that replaces it, directly."""
    query = select(Claim.follows_id, Claim.id).where(
        col(Claim.follows_id).in_(claim_ids), Claim.follows_as == "replacement"
    )
    return [(before, later) for before, later in session.exec(query) if before]


def _repeats(claim: RemitClaim, answer: Answer) -> bool:
    same = (claim.payer_number, claim.charge_cents, claim.paid_cents)
    return same == (answer.payer_number, answer.charge_cents, answer.paid_cents) and _same_place(
        answer.status, claim.status
    )


def _same_place(before: str, now: str) -> bool:
    return len({stated_place(before), stated_place(now)} - {None}) < 2


def _trace(answer: Answer) -> str:
    return f"{answer.trace or 'without a number'} on {answer.paid_on or 'no day'}"
