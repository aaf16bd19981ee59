"""Claims that follow one that left: to the next payer, as a void, or with charges that came late.

- secondary: what each payer answered, from its posted remittance, goes with the claim to the next payer. A claim that
  the payer forwarded itself (crossover: CLP02 19 to 21 or 23, NM1*TT, a remark) is refused by name unless a person says
  so, and so is one that is billed there already. The next one is that after the last which answered: where the one that
  it was forwarded to has answered, that is billed no more. Nor is one that has a claim of a visit whose claim to the
  payer before was replaced since: that claim is replaced where the answer changed.
- replacement (frequency 7) with its payer's own number. Of one to a next payer: as it left, with what the payers before
  it answer now. Of one to the first payer: with its codes and lines as they left, which are the coder's, and all else
  as the record has it now and as people set it; what is missing yet is set in the replacement. Where the record names
  another payer by now, that gets a first claim in its place (`store.claims.followers`).
- void (frequency 8): everything as it left, with the payer's number. From when it has left, the visit is unbilled, and
  can be built as a new claim; what a next payer holds of it is named, and voided there by itself. One that a
  replacement or a bill of late charges follows is not voided beside it: the successor is given up first, or voided
  where it has left; but one whose replacement bills another payer is, since its own payer holds it still. Nothing
  follows a void, and one that its payer denied stands in nothing's way.
- late charges: a replacement (frequency 7) with all lines, or, of an institutional claim, a bill of what is new alone
  (frequency 5). What was credited since it left is told, and takes a replacement. Lines of a professional claim are the
  coder's, so that its charges change when the visit is coded again.

Whatever is refused is named, and nothing is built. A replacement after a recode is made by `store.claims.build`.

Source: 005010X222A1 and 005010X223A2, section 1.4.1 (coordination of benefits); data element 1325 (frequency).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.claims.build import BuiltClaim, build_in, parts_of, store_claim
from store.claims.chart import Chart, compose_parties, read_chart, with_insurance_types
from store.claims.content import (
    BilledCoverage,
    BilledLine,
    ClaimContent,
    Parties,
    content_of,
    coverage_of,
    has_next_payer,
    parties_from_json,
)
from store.claims.facility import BadExtra
from store.claims.followers import (
    FOLLOWS_REPLACEMENT,
    FOLLOWS_VOID,
    done_with,
    payer_name,
    replaced_elsewhere,
    stands_for_something,
    still_held,
)
from store.claims.next_payers import billed_before, replaced_before, replaced_by
from store.claims.partners import receiver_for
from store.claims.places import set_by_hand
from store.claims.prior_changed import as_answered
from store.claims.prior_payment import TO_REPLACE, PriorLine, PriorPayment
from store.claims.prior_remits import Answer, answers_by_place
from store.claims.restating import restate_claim
from store.database import Change, Database
from store.denials.reasons import category_of, is_unpaid
from store.ledger.charges import give_up
from store.models import Charge, Claim, ClaimExport, Coding, Encounter, RemittanceClaim
from store.remits.answered import answers_of
from store.remits.places import Payers, next_place, payers_of
from store.settings import load_settings
from store.terms import ClaimStatus, in_words

FOLLOWS_SECONDARY, FOLLOWS_LATE = "secondary", "late_charges"

_LACKING = frozenset(["information", "registration", "pending"])
_FOR_THE_NEXT = frozenset(["benefit limit", "not covered", "eligibility"])
"""Categories of denials (`store/denials/categories.csv`) that ask for more first, and that the next payer may pay."""


class CannotFollow(CodedeskError):
    """The claim cannot be followed this way; nothing was built."""

    title = "claim"
    exit_code = 1


@dataclass(frozen=True)
class Following:
    """What one call built, and the claims that it did not, with the reason."""

    built: tuple[BuiltClaim, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def bill_next_payer(
    db: Database, actor: Actor, claim_id: str, operation_id: str | None = None, though_forwarded: bool = False
) -> BuiltClaim:
    """Build the claim for the payer after the one that answered; `though_forwarded` also where that sent it on itself.

    Raises CannotFollow.
    """

    def follow(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        return _next_payer(change, claim, content, though_forwarded)

    return _one(db, actor, claim_id, operation_id, "claim.secondary", follow)


def bill_next_payers(db: Database, actor: Actor, operation_id: str | None = None) -> Following:
    """Build the claims of all that are answered and have a next payer.

    Those are named and left that their payer forwarded, that it denied whole, or whose denial asks for information:
    they are worked first; and those of which it left nothing. One by one they can be billed all the same.
    """
    built, refused = [], []
    for claim_id, number in waiting_for_next_payer(db, actor):
        own = f"{operation_id}.{claim_id}" if operation_id else None
        with db.reading() as session:
            why = _to_work_first(session, claim_id)
        if why:
            refused.append((number, f"{number}: {why}"))
            continue
        try:
            built.append(bill_next_payer(db, actor, claim_id, own))
        except CannotFollow as error:
            refused.append((number, error.message))
    return Following(tuple(built), tuple(refused))


def waiting_for_next_payer(db: Database, actor: Actor) -> list[tuple[str, str]]:
    """Sent claims with another coverage after the last payer that answered: id and number, the oldest first.

    None that was voided, or whose replacement has left.
    """
    with db.reading() as session:
        answered = select(RemittanceClaim.claim_id).where(col(RemittanceClaim.claim_id).is_not(None))
        followed = select(Claim.follows_id).where(
            Claim.follows_as == FOLLOWS_SECONDARY, Claim.status != ClaimStatus.VOID
        )
        query = (
            select(Claim)
            .where(Claim.status == ClaimStatus.EXPORTED, col(Claim.id).in_(answered), Claim.frequency != "8")
            .where(col(Claim.id).not_in(followed.where(col(Claim.follows_id).is_not(None))))
            .order_by(Claim.created_at, Claim.claim_number)
        )
        claims = [claim for claim in session.exec(query) if has_next_payer(claim.parties)]
        done = done_with(session, [claim.id for claim in claims])
        claims = [claim for claim in claims if claim.id not in done]
        standing = answers_of(session, [claim.id for claim in claims])
        places = {claim.id: next_place(payers_of(claim.parties), standing[claim.id]) for claim in claims}
        return [
            (claim.id, claim.claim_number)
            for claim in claims
            if (place := places[claim.id]) is not None and not _has_next_as_it_is(session, claim, place)
        ]


def _has_next_as_it_is(session: Session, claim: Claim, place: int) -> bool:
    """Whether the payer at a place has a claim of the visit by what this one replaced, which need not be replaced."""
    after = _coverage_at(parties_from_json(claim.parties), payers_of(claim.parties), place)
    held = _held_by_next(session, claim, after) if after else None
    return held is not None and not _is_outdated(held)


def _held_by_next(session: Session, claim: Claim, after: BilledCoverage) -> Claim | None:
    """The living claim to the payer of a coverage that follows one which this claim replaced, the last in its place."""
    for before in replaced_before(session, claim):
        query = select(Claim).where(
            Claim.follows_id == before.id, Claim.follows_as == FOLLOWS_SECONDARY, Claim.status != ClaimStatus.VOID
        )
        for held in session.exec(query.order_by(Claim.created_at, Claim.claim_number)).all():
            while later := replaced_by(session, [held.id]).get(held.id):
                held = session.get_one(Claim, later)
            billed = parties_from_json(held.parties).coverage
            same = billed is not None and _known_by(billed) == _known_by(after)
            if same and not done_with(session, [held.id]):
                return held
    return None


def _known_by(coverage: BilledCoverage) -> str:
    """What tells the payer of a coverage from others."""
    return coverage.payer.identifier or coverage.payer.name


def _is_outdated(claim: Claim) -> bool:
    return TO_REPLACE in (claim.parties.get("build_notes") or ())


def _to_work_first(session: Session, claim_id: str) -> str:
    """Why a claim is no matter of the next payer yet; empty where it is."""
    answers = answers_by_place(session, session.get_one(Claim, claim_id))
    answer = answers[max(answers)] if answers else None
    if answer is None or answer.forwarded:
        return ""
    prior = answer.prior
    owners: tuple[PriorPayment | PriorLine, ...] = (prior, *prior.lines)
    judged = [
        (one, category_of(one.group, one.reason, is_unpaid(answer.status, owner.paid_cents)))
        for owner in owners
        for one in owner.adjustments
        if one.cents > 0
    ]
    denied = [(one, found) for one, found in judged if found]
    if not denied and not any(one.group == "PR" for one, _ in judged):
        return f"its payer paid {prior.paid_cents / 100:,.2f} and left nothing to the next one; its number bills it"
    lacking = next((one for one, found in denied if found.name in _LACKING), None)
    if lacking:
        return f"its payer lacks information ({lacking.group}-{lacking.reason}); work that denial first"
    whole = not prior.paid_cents and not any(one.group == "PR" and not found for one, found in judged)
    if one := next((one for one, found in denied if whole and found.name not in _FOR_THE_NEXT), None):
        return f"its payer denied it whole ({one.group}-{one.reason}); work that denial first, or bill it by its number"
    return ""


def replace_claim(db: Database, actor: Actor, claim_id: str, operation_id: str | None = None) -> BuiltClaim:
    """Build the replacement (frequency 7) of a claim that left, its codes and lines as they are.

    Raises CannotFollow, also where the payers before a next one answer what it states.
    """

    def replaced(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        session, number = change.session, claim.claim_number
        if claim.id not in billed_before(session, [claim.id]):
            return _to_first_payer(change, claim, content)
        _without_follower(session, claim, FOLLOWS_REPLACEMENT)
        now = as_answered(session, claim, content.parties)
        if now == content.parties:
            raise CannotFollow(f"{number}: the payers before it answer what it states", "there is nothing to replace")
        notes = [one for one in content.parties.build_notes if one != TO_REPLACE]
        claim.parties = {**claim.parties, "build_notes": notes}
        session.add(claim)
        parties = replace(now, original_reference=_payer_number(claim), build_notes=())
        return _written(change, claim, parties, content.lines, "7", FOLLOWS_REPLACEMENT, content)

    return _one(db, actor, claim_id, operation_id, "claim.replace", replaced)


def _to_first_payer(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
    session, number = change.session, claim.claim_number
    if claim.follows_as == FOLLOWS_LATE:
        first = session.get_one(Claim, claim.follows_id)
        raise CannotFollow(f"{number} bills late charges alone", f"codedesk claims late {first.claim_number}")
    _without_follower(session, claim, FOLLOWS_LATE, FOLLOWS_REPLACEMENT)
    parties = replace(content.parties, original_reference=_payer_number(claim), build_notes=())
    built = _written(change, claim, parties, content.lines, "7", FOLLOWS_REPLACEMENT, content)
    made = session.get_one(Claim, built.claim_id)
    by_hand = set_by_hand(session, claim.id)
    if by_hand:
        change.log(
            "claim.set", "claim", made.id, number=made.claim_number, fields=", ".join(by_hand), reason=f"as in {number}"
        )
    restate_claim(change, made, f"it replaces {number}", by_hand)
    if made.status is ClaimStatus.PATIENT:
        raise CannotFollow(
            f"{number}: no payer takes it any more, so nothing replaces it",
            f"what is denied of it goes to the patient (codedesk denials), or codedesk claims void {number}",
        )
    if made.frequency == "7":
        return replace(built, notes=())
    return replace(built, notes=(_OTHER_PAYER, still_held(claim)))


_OTHER_PAYER = "the record names another payer now, which gets it as a first claim (frequency 1)"


def void_sent_claim(
    db: Database, actor: Actor, claim_id: str, reason: str, operation_id: str | None = None
) -> BuiltClaim:
    """Build the void (frequency 8) of a claim that left; one to the next payer that has not left is given up with it.

    Raises CannotFollow.
    """
    if not (reason := " ".join(reason.split())):
        raise CannotFollow("voiding a claim needs a reason")

    def void(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        elsewhere = replaced_elsewhere(change.session, claim.id)
        _without_follower(change.session, claim, FOLLOWS_VOID, *(() if elsewhere else (FOLLOWS_REPLACEMENT,)))
        _without_follower(change.session, claim, FOLLOWS_LATE, left_too=False)
        _give_up_secondary(change, claim)
        parties = replace(content.parties, original_reference=_payer_number(claim), build_notes=())
        built = _written(change, claim, parties, content.lines, "8", FOLLOWS_VOID, content, reason=reason)
        return replace(built, notes=_after_void(change.session, claim, elsewhere))

    return _one(db, actor, claim_id, operation_id, "claim.void_sent", void)


def _after_void(session: Session, claim: Claim, elsewhere: Claim | None) -> tuple[str, ...]:
    """What comes after the void of a claim, in words."""
    held = tuple(still_held(one) for one in _with_next_payers(session, claim))
    if elsewhere:
        return (
            f"{elsewhere.claim_number} bills {payer_name(elsewhere)} in its place, whatever becomes of the void",
            *held,
        )
    if beside := _bills_beside(session, claim):
        return f"{beside} bills the visit beside it, whatever becomes of the void", *held
    visit = session.get_one(Encounter, claim.encounter_id).visit_number
    return f"once it has left, the visit is unbilled: codedesk claims build {visit} bills it as new", *held


def _of_its_visit(session: Session, claim: Claim) -> list[Claim]:
    """The other claims of its visit and form that were neither given up nor replaced nor voided, nor are voids."""
    query = select(Claim).where(
        Claim.encounter_id == claim.encounter_id,
        Claim.form == claim.form,
        Claim.id != claim.id,
        Claim.status != ClaimStatus.VOID,
        Claim.frequency != "8",
    )
    found = session.exec(query.order_by(Claim.created_at, Claim.claim_number)).all()
    done = done_with(session, [one.id for one in found])
    return [one for one in found if one.id not in done]


def _with_next_payers(session: Session, claim: Claim) -> list[Claim]:
    """What next payers hold of a claim: what bills them, or what replaced that."""
    others = [one for one in _of_its_visit(session, claim) if one.status is ClaimStatus.EXPORTED]
    before = billed_before(session, [one.id for one in others])
    return [one for one in others if before.get(one.id) == claim.id]


def _bills_beside(session: Session, claim: Claim) -> str:
    """The number of a claim to the first payer that bills the visit beside a claim; empty where none does."""
    others = [one for one in _of_its_visit(session, claim) if one.follows_as in ("", FOLLOWS_REPLACEMENT)]
    to_next = billed_before(session, [one.id for one in others])
    return next((one.claim_number for one in others if one.id not in to_next), "")


def _give_up_secondary(change: Change, claim: Claim) -> None:
    query = select(Claim).where(Claim.follows_id == claim.id, Claim.follows_as == FOLLOWS_SECONDARY)
    for other in change.session.exec(query):
        if other.status not in (ClaimStatus.EXPORTED, ClaimStatus.VOID):
            other.status = ClaimStatus.VOID
            change.session.add(other)
            reason = f"{claim.claim_number} before it is voided"
            change.log("claim.void", "claim", other.id, number=other.claim_number, reason=reason)


def bill_late_charges(
    db: Database, actor: Actor, claim_id: str, new_only: bool = False, operation_id: str | None = None
) -> BuiltClaim:
    """Build the claim of charges that came after a claim left: a replacement, or with `new_only` of what is new alone.

    Its notes say what was credited since. One that is billed to the patient is given up and built with them: nobody has
    to be told what it replaces. Raises CannotFollow where nothing is another or nothing is left to bill, and
    where only what is new is asked for of a professional claim or of one that something was credited of.
    """

    def late(change: Change, claim: Claim, content: ClaimContent) -> BuiltClaim:
        if first := billed_before(change.session, [claim.id]).get(claim.id):
            number = change.session.get_one(Claim, first).claim_number
            raise CannotFollow(f"{claim.claim_number} bills a next payer", f"late charges are billed with {number}")
        _without_follower(change.session, claim, FOLLOWS_LATE, FOLLOWS_REPLACEMENT)
        chart, parties = _chart(change.session, claim)
        parts = parts_of(chart, parties)
        if claim.status is ClaimStatus.PATIENT:
            return _billed_anew(change, claim, content, [line for part in parts for line in part.lines])
        if len(parts) > 1:
            raise CannotFollow(
                f"{claim.claim_number}: its charges take {len(parts)} claims; code it again to divide it"
            )
        now = parts[0].lines if parts else ()
        new, credited = _new_lines(content.lines, now)
        if not new and not credited:
            raise CannotFollow(f"{claim.claim_number}: {_nothing_new(change.session, claim)}")
        if new_only and claim.form != "837i":
            raise CannotFollow(f"{claim.claim_number}: a professional claim is replaced whole (frequency 7)")
        if new_only and credited:
            raise CannotFollow(
                f"{claim.claim_number}: a bill of what is new takes nothing back, and {'; '.join(credited)}",
                f"`codedesk claims late {claim.claim_number}` replaces it whole",
            )
        if not now:
            raise CannotFollow(
                f"{claim.claim_number}: nothing is left to bill: {'; '.join(credited)}",
                f"`codedesk claims void {claim.claim_number} --reason WHY` voids it with the payer",
            )
        if new_only:
            lines = tuple(replace(line, sequence=place) for place, line in enumerate(new, 1))
            return _written(change, claim, parties, lines, "5", FOLLOWS_LATE, content)
        parties = replace(parties, original_reference=_payer_number(claim), build_notes=credited)
        built = _written(change, claim, parties, now, "7", FOLLOWS_REPLACEMENT, content)
        return replace(built, notes=credited)

    return _one(db, actor, claim_id, operation_id, "claim.late_charges", late, _BILLED)


def _billed_anew(change: Change, claim: Claim, content: ClaimContent, now: Sequence[BilledLine]) -> BuiltClaim:
    new, credited = _new_lines(content.lines, now)
    if not new and not credited:
        raise CannotFollow(f"{claim.claim_number}: {_nothing_new(change.session, claim)}")
    why = "its charges are others now"
    claim.status = ClaimStatus.VOID
    change.session.add(claim)
    give_up(change, claim, why)
    change.log("claim.void", "claim", claim.id, number=claim.claim_number, reason=why)
    change.session.flush()
    report = build_in(change, claim.coding_id)
    if report.not_built:
        raise CannotFollow(f"{claim.claim_number}: {report.not_built[0].reason}")
    return replace(report.built[0], replaces=claim.claim_number, notes=(*report.built[0].notes, *credited))


_BILLED = (ClaimStatus.EXPORTED, ClaimStatus.PATIENT)


_NOT_LEFT = "it is changed itself: codedesk claims set, codedesk coverages, codedesk claims scrub"

Follow = Callable[[Change, Claim, ClaimContent], BuiltClaim]


def _one(
    db: Database,
    actor: Actor,
    claim_id: str,
    operation_id: str | None,
    action: str,
    follow: Follow,
    standing: tuple[ClaimStatus, ...] = (ClaimStatus.EXPORTED,),
) -> BuiltClaim:
    with db.change(actor, operation_id, action) as change:
        change.target = ("claim", claim_id)
        if change.repeated:
            return BuiltClaim(**{**change.answer, "notes": tuple(change.answer["notes"])})
        claim = change.session.get(Claim, claim_id)
        if claim is None:
            raise CannotFollow(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
        if claim.status not in standing:
            raise CannotFollow(f"{claim.claim_number} is {in_words(claim.status)}: it has not left", _NOT_LEFT)
        if claim.frequency == "8":
            raise CannotFollow(
                f"{claim.claim_number} is a void: nothing follows it", "code the visit again to bill it as new"
            )
        built = follow(change, claim, content_of(change.session, claim))
        change.answer = asdict(built)
        return built


def _next_payer(change: Change, claim: Claim, content: ClaimContent, though_forwarded: bool) -> BuiltClaim:
    session, number = change.session, claim.claim_number
    _without_follower(session, claim, FOLLOWS_SECONDARY)
    answers, payers = answers_by_place(session, claim), payers_of(claim.parties)
    if not answers:
        raise CannotFollow(f"{number}: no posted remittance answers it")
    billed = content.parties.coverage
    assert billed is not None, "a claim that left has a payer"
    if payers.billed not in answers:
        raise CannotFollow(f"{number}: {billed.payer.name} has not answered it, only a payer after it")
    if answers[max(answers)].forwarded and not though_forwarded:
        raise CannotFollow(
            f"{number}: the payer forwarded it to the next one; billing it again would bill it twice",
            f"`codedesk claims secondary {number} --though-forwarded` bills it all the same",
        )
    after = _coverage_at(content.parties, payers, max(answers) + 1)
    if after is None:
        raise CannotFollow(
            f"{number}: there is no payer after {payers.name_at(max(answers)) or 'the last that answered'}"
        )
    if held := _held_by_next(session, claim, after):
        already = f"{number}: {held.claim_number} bills {after.payer.name} already"
        if _is_outdated(held):
            raise CannotFollow(f"{already}, on an answer that changed: codedesk claims replace {held.claim_number}")
        raise CannotFollow(already)
    parties = _parties_of_next(session, content.parties, after, payers, answers)
    parties = with_insurance_types(parties, session.get_one(Encounter, claim.encounter_id))
    payer_id = _payer_id(session, claim, after)
    return _written(change, claim, parties, content.lines, "1", FOLLOWS_SECONDARY, content, payer_id=payer_id)


def _parties_of_next(
    session: Session, parties: Parties, after: BilledCoverage, payers: Payers, answers: Mapping[int, Answer]
) -> Parties:
    """The parties with the next payer as the billed one, and with what each payer before it answered."""
    others = []
    for place, sequence in enumerate(payers.sequences, 1):
        coverage = _coverage_at(parties, payers, place)
        if coverage is not None and sequence != after.sequence:
            others.append(replace(coverage, prior=answers[place].prior) if place in answers else coverage)
    return replace(
        parties,
        coverage=after,
        other_coverages=tuple(others),
        receiver=receiver_for(session, after.payer.identifier, load_settings()),
        original_reference="",
        build_notes=(),
    )


def _coverage_at(parties: Parties, payers: Payers, place: int) -> BilledCoverage | None:
    """The coverage at a place among the payers; None where there is none."""
    return coverage_of(parties, payers.sequences[place - 1]) if place <= len(payers.sequences) else None


def _payer_id(session: Session, claim: Claim, after: BilledCoverage) -> str | None:
    from store.models import Coverage

    account = session.get_one(Encounter, claim.encounter_id).account_id
    query = select(Coverage.payer_id).where(Coverage.account_id == account, Coverage.sequence == after.sequence)
    return session.exec(query).first()


def _without_follower(session: Session, claim: Claim, *kinds: str, left_too: bool = True) -> None:
    """Raise CannotFollow where a living claim follows already in such a way, or the claim was voided with its payer.

    Without `left_too` only one that has not left stands in the way.
    """
    query = select(Claim).where(Claim.follows_id == claim.id, Claim.status != ClaimStatus.VOID, stands_for_something())
    for other in session.exec(query.order_by(Claim.created_at, Claim.claim_number)):
        left = other.status is ClaimStatus.EXPORTED
        if other.follows_as in (*kinds, FOLLOWS_VOID) and (left_too or not left):
            what = other.follows_as.replace("_", " ")
            raise CannotFollow(
                f"{claim.claim_number}: {other.claim_number} follows it already ({what})",
                _way_out(session, other, left),
            )


def _way_out(session: Session, other: Claim, left: bool) -> str:
    """What to do about the claim that stands in the way."""
    if not left:
        return f"give it up first (`codedesk claims void {other.claim_number}`), or let it leave"
    if other.follows_as == FOLLOWS_REPLACEMENT:
        return f"{other.claim_number} stands with the payer now: void or follow that one"
    if other.follows_as != FOLLOWS_VOID:
        return ""
    if elsewhere := replaced_elsewhere(session, other.follows_id or ""):
        return f"it has left; {elsewhere.claim_number} bills the visit now: void or follow that one"
    visit = session.get_one(Encounter, other.encounter_id).visit_number
    return f"it has left; `codedesk claims build {visit}` bills the visit as new"


def _payer_number(claim: Claim) -> str:
    """The payer's number of a claim; empty where it is not known, which its findings then say (REF*F8)."""
    return claim.payer_number


def _chart(session: Session, claim: Claim) -> tuple[Chart, Parties]:
    chart = read_chart(session, session.get_one(Coding, claim.coding_id))
    if chart.facility is None:
        raise CannotFollow(f"{claim.claim_number}: the encounter names no facility any more")
    try:
        return chart, compose_parties(chart, load_settings())
    except BadExtra as error:
        raise CannotFollow(f"{claim.claim_number}: {error}") from None


def _new_lines(sent: Sequence[BilledLine], now: Sequence[BilledLine]) -> tuple[list[BilledLine], tuple[str, ...]]:
    """The lines of the chart beyond those that left, of like ones what came on top; and what was credited, in words."""

    def key(line: BilledLine) -> tuple[Any, ...]:
        return line.revenue_code, line.code, line.modifiers, line.service_date

    changed: dict[tuple[Any, ...], list[int]] = {}
    lines = {key(line): line for line in (*sent, *reversed(now))}
    for sign, some in ((1, now), (-1, sent)):
        for line in some:
            sums = changed.setdefault(key(line), [0, 0])
            sums[0] += sign * line.units
            sums[1] += sign * line.charge_cents
    new = [
        replace(lines[one], units=max(units, 1), charge_cents=cents)
        for one, (units, cents) in changed.items()
        if cents > 0
    ]
    credited = [
        f"{' '.join(filter(None, (one[0], one[1], one[3])))} was credited {-cents / 100:,.2f} since it left"
        for one, (_, cents) in changed.items()
        if cents < 0
    ]
    return new, tuple(credited)


def _nothing_new(session: Session, claim: Claim) -> str:
    """Why no late charge can be billed: of a professional claim also what its coder has not taken up yet."""
    left = session.exec(select(ClaimExport.exported_at).where(ClaimExport.id == claim.export_id)).first() or ""
    late = select(Charge.amount_cents).where(
        Charge.encounter_id == claim.encounter_id, Charge.posted_at > left, col(Charge.procedure_code) != ""
    )
    cents = session.exec(late).all() if left and claim.form == "837p" else ()
    if not cents:
        return "no charge came since it left"
    parts = (("charged", sum(one for one in cents if one > 0)), ("credited", -sum(one for one in cents if one < 0)))
    told = " and ".join(f"{amount / 100:,.2f} {what}" for what, amount in parts if amount)
    return f"{told or 'a charge'} since it left is not in its codes: code the visit again, and building replaces it"


def _written(
    change: Change,
    claim: Claim,
    parties: Parties,
    lines: Sequence[BilledLine],
    frequency: str,
    kind: str,
    content: ClaimContent,
    payer_id: str | None = None,
    **detail: str,
) -> BuiltClaim:
    made = Claim(
        claim_number="",
        form=claim.form,
        encounter_id=claim.encounter_id,
        coding_id=claim.coding_id,
        payer_id=payer_id or claim.payer_id,
        frequency=frequency,
        service_from="",
        service_through="",
        follows_id=claim.id,
        follows_as=kind,
    )
    day = change.session.get_one(Encounter, claim.encounter_id).service_date
    store_claim(change.session, made, parties, content.diagnoses, lines, day)
    change.log(
        "claim.build", "claim", made.id, number=made.claim_number, coding=claim.coding_id, follows=claim.claim_number,
        kind=kind, **detail,
    )  # fmt: skip
    return BuiltClaim(made.id, made.claim_number, made.total_cents, (), claim.claim_number)
