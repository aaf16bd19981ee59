"""Judges the answers of a set one after the other, so that a claim that its payer answers twice is posted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from store.models import Remittance
from store.remits.answered.reversals import applied_reversals, mirrors, waiting_reversals
from store.remits.answered.rivals import (
    IN_SAME_PAYMENT,
    answer_from,
    denied_lines_of,
    in_place_of,
    replaced_claims,
    rivals_of,
    standing_of_replaced,
    why_no_void,
    why_not,
    why_repeated,
    why_replaced,
)
from store.remits.answered.standing import NO_ANSWER, REVERSAL, Answer, replay, take_away
from store.remits.matching import Match
from store.remits.places import same_payer
from store.x12.remittance import RemitClaim

NOTHING_TO_REVERSE = "reverses an answer that is not here"


def without_second_answers(
    session: Session, remittance: Remittance, claims: Sequence[RemitClaim], matches: Sequence[Match]
) -> list[Match]:
    """The matches of some claims of a set; second answers, and reversals of nothing, are without our claim.

    Those say why in `why`. Reversals among these claims count before their answers, in whatever order the payer sends
    them, and name in `reversed_id` the claim of a payment that they reverse. An answer that a reversal has waited for,
    here or among these claims, stands for nothing; `reversal_id` names one that waits unapplied.
    """
    judging = _Judging(session, remittance, claims, matches)
    judging.reverse()
    for place in range(len(claims)):
        judging.judge(place)
    return judging.judged_all()


class _Judging:
    """The judging of some claims of a set: what stands of our claims, and each answer as it is judged beside it."""

    def __init__(
        self, session: Session, remittance: Remittance, claims: Sequence[RemitClaim], matches: Sequence[Match]
    ) -> None:
        self._session, self._remittance, self._claims, self._matches = session, remittance, claims, matches
        ours = list(dict.fromkeys(found.claim.id for found in matches if found.claim))
        self._replaced_by = replaced_claims(session, ours)
        earlier = (one for some in self._replaced_by.values() for one in some)
        replayed = replay(session, list(dict.fromkeys([*ours, *earlier])))
        self._standing = {one: list(of.standing) for one, of in replayed.items()}
        self._reversed = {one: [answer for answer, _ in of.reversed] for one, of in replayed.items()}
        self._waiting = [*waiting_reversals(session, remittance, claims), *applied_reversals(session, replayed)]
        self._judged = list(matches)
        self._together: dict[str, list[tuple[int, Answer]]] = {one: [] for one in ours}
        """The answers of these claims that stand, by our claims, each with its place among them."""
        self._unmet = {
            place: claim
            for place, (claim, found) in enumerate(zip(claims, matches, strict=True))
            if claim.status == REVERSAL and found.claim is not None
        }
        """The reversals of these claims whose answer was not met yet."""

    def reverse(self) -> None:
        """Take away the answers of before that these claims reverse."""
        for place, claim in list(self._unmet.items()):
            # Of another number a person applies it: what it reverses might be still to come.
            found = self._matches[place]
            assert found.claim is not None
            reversal = answer_from(claim, found, self._remittance)
            if taken := take_away(self._standing[found.claim.id], reversal, True):
                del self._unmet[place]
                self._judged[place] = replace(found, reversed_id=taken.id)
                self._reversed[found.claim.id].append(taken)

    def judge(self, place: int) -> None:
        """Let an answer stand, take the place of others, or wait."""
        claim, found = self._claims[place], self._matches[place]
        if found.claim is None or claim.status in NO_ANSWER:
            return
        if why := why_no_void(self._session, claim, found.claim):
            self._judged[place] = not_taken(claim, found, why)
            return
        answer = answer_from(claim, found, self._remittance)
        if self._is_reversed(place, answer):
            return
        rivals, covers = rivals_of(
            answer, in_place_of(answer, self._standing[found.claim.id], found.claim), found.claim
        )
        gone = [one for one in self._reversed[found.claim.id] if same_payer(one, answer)]
        if rivals and (why := why_repeated(claim, gone) or why_not(answer, rivals, covers)):
            self._second(place, answer, rivals, gone, why)
            return
        of_replaced = standing_of_replaced(answer, found.claim, self._replaced_by[found.claim.id], self._standing)
        if of_replaced and (why := why_not(answer, [one for _, one in of_replaced], True)):
            self._judged[place] = not_taken(claim, found, why_replaced(self._session, of_replaced, answer, why))
            return
        self._take_place(place, answer, rivals, of_replaced)

    def judged_all(self) -> list[Match]:
        """The matches as they were judged; reversals that met no answer are without our claim."""
        for place, claim in self._unmet.items():
            self._judged[place] = not_taken(claim, self._matches[place], NOTHING_TO_REVERSE)
        return self._judged

    def _is_reversed(self, place: int, answer: Answer) -> bool:
        """Whether a reversal of the answer is among these claims, or has waited for it: then it stands for nothing."""
        claim, found = self._claims[place], self._matches[place]
        assert found.claim is not None
        here = next(
            (one for one in self._unmet if mirrors(self._unmet[one], claim) and _same_claim(self._matches[one], found)),
            None,
        )
        if here is not None:
            del self._unmet[here]
            self._judged[here] = replace(self._judged[here], reverses=claim)
            self._judged[place] = replace(found, reversed_here=True)
        elif reversal := next((one for one in self._waiting if mirrors(one, claim)), None):
            self._waiting.remove(reversal)
            self._judged[place] = replace(found, reversal_id=reversal.id)
        else:
            return False
        self._reversed[found.claim.id].append(answer)
        return True

    def _second(self, place: int, answer: Answer, rivals: Sequence[Answer], gone: Sequence[Answer], why: str) -> None:
        """Let a second answer wait, or pay the denied lines of the one that stands."""
        claim, found = self._claims[place], self._matches[place]
        if settled := denied_lines_of(self._session, answer, rivals, gone, claim):
            self._judged[place] = replace(found, settles=settled)
            self._stands(place, answer)
        else:
            self._judged[place] = not_taken(claim, found, why)

    def _take_place(
        self, place: int, answer: Answer, rivals: Sequence[Answer], of_replaced: Sequence[tuple[str, Answer]]
    ) -> None:
        """Let an answer stand in the place of its rivals, and of those of the claims that its own replaces."""
        found = self._matches[place]
        assert found.claim is not None
        for claim_id, one in of_replaced:
            self._standing[claim_id].remove(one)
        replaced = [one for one in (*rivals, *(one for _, one in of_replaced)) if one.id]
        here_before = self._together[found.claim.id]
        for pair in [pair for pair in here_before if pair[1] in rivals]:
            here_before.remove(pair)
            before = pair[0]
            self._replaces(place, self._judged[before].replaces)
            self._judged[before] = not_taken(self._claims[before], self._matches[before], IN_SAME_PAYMENT)
        for rival in rivals:
            self._standing[found.claim.id].remove(rival)
        self._replaces(place, [one.id for one in replaced])
        self._stands(place, answer)

    def _replaces(self, place: int, answers: Sequence[str]) -> None:
        one = self._judged[place]
        self._judged[place] = replace(one, replaces=(*one.replaces, *answers))

    def _stands(self, place: int, answer: Answer) -> None:
        found = self._matches[place]
        assert found.claim is not None
        self._standing[found.claim.id].append(answer)
        self._together[found.claim.id].append((place, answer))


def not_taken(claim: RemitClaim, found: Match, why: str) -> Match:
    """The match of a claim of a payment that is not taken for ours, with why."""
    return replace(found, claim=None, line_ids=(None,) * len(claim.lines), why=why)


def _same_claim(one: Match, other: Match) -> bool:
    return one.claim is not None and other.claim is not None and one.claim.id == other.claim.id
