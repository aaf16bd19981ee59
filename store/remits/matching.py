"""Finds our claim for a claim of a remittance, and our line for its lines; the surest way first.

    1  the account number (CLP01) is our claim number
    2  the payer's number (CLP07) is the one that it gave to a claim of ours before
    3  one claim alone has the patient's name, the first day of service and the charge

Lines: our own line number (REF*6R), then code with modifiers, then the code alone; a line paid by its revenue code
alone, by that. What is not found stays unapplied and is never dropped. Reads a batch of claims with a handful of
statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from store.models import Claim, ClaimLine, Encounter, Patient
from store.terms import ClaimStatus, MatchedBy
from store.x12.remittance import RemitClaim, RemitLine

_SENT = (ClaimStatus.EXPORTED, ClaimStatus.REJECTED)


@dataclass(frozen=True)
class OurClaim:
    """Our claim with its lines in order; `account_id` is the patient account that its money belongs to.

    `total_cents` is what it charges.
    """

    id: str
    number: str
    account_id: str
    lines: tuple[ClaimLine, ...]
    total_cents: int


@dataclass(frozen=True)
class Match:
    """What was found for one claim; `line_ids` has an id or None for each of its lines.

    `why` says why a claim of ours that was found is not taken, `reversal_id` which claim of a payment reverses this one
    and waited for it, `reversed_id` which one this reverses (`store.remits.answered`); `reverses` is that one where it
    comes with the reversal and is not stored yet, and that one is `reversed_here`. `replaces` are the claims of
    payments, by their ids, whose place this one takes.
    """

    claim: OurClaim | None
    by: MatchedBy
    line_ids: tuple[str | None, ...]
    why: str = ""
    reversal_id: str = ""
    reversed_id: str = ""
    reverses: RemitClaim | None = None
    reversed_here: bool = False
    replaces: tuple[str, ...] = ()


def match(session: Session, claims: Sequence[RemitClaim]) -> list[Match]:
    """Our claims for these, in their order. Only claims that have left are found."""
    by_number = {number.upper(): number for number in _numbers(session, claims)}
    ours = _load(session, by_number.values())
    known = {one.number: one for one in ours.values()}
    by_payer = _by_payer_number(session, [one for one in claims if one.account_number.upper() not in by_number])
    found: list[Match] = []
    for one in claims:
        if number := by_number.get(one.account_number.upper()):
            found.append(_matched(one, known[number], MatchedBy.CLAIM_NUMBER))
        elif claim_id := by_payer.get(one.payer_number):
            found.append(_matched(one, _load_one(session, claim_id), MatchedBy.PAYER_NUMBER))
        elif claim_id := _by_patient(session, one):
            found.append(_matched(one, _load_one(session, claim_id), MatchedBy.PATIENT))
        else:
            found.append(Match(None, MatchedBy.NOTHING, (None,) * len(one.lines)))
    return found


def our_claim(session: Session, claim_id: str) -> OurClaim:
    """Our claim with its lines."""
    return _load_one(session, claim_id)


def match_by_hand(session: Session, claim: RemitClaim, claim_id: str) -> Match:
    """The claim of ours that a person found for it, with its lines."""
    return _matched(claim, _load_one(session, claim_id), MatchedBy.BY_HAND)


def match_lines(claim: RemitClaim, ours: OurClaim) -> tuple[str | None, ...]:
    """The ids of our lines for those of the remittance; none of ours twice before all were found once."""
    free = list(ours.lines)
    return tuple(_line(line, ours, free) for line in claim.lines)


def _matched(claim: RemitClaim, ours: OurClaim, by: MatchedBy) -> Match:
    return Match(ours, by, match_lines(claim, ours))


def _line(line: RemitLine, ours: OurClaim, free: list[ClaimLine]) -> str | None:
    code = line.billed_code or line.code
    if not code and line.revenue_code:
        return _by_revenue_code(line, ours, free)
    tests = (
        lambda one: line.control_number == f"{ours.number}-{one.sequence}",
        lambda one: one.code == code and tuple(one.modifiers) == line.modifiers,
        lambda one: one.code == code,
    )
    return _first(tests, ours, free)


def _by_revenue_code(line: RemitLine, ours: OurClaim, free: list[ClaimLine]) -> str | None:
    """A line that the payer tells by its revenue code alone: of ours without a procedure before one with it."""
    revenue_code = line.revenue_code.zfill(4)
    tests = (
        lambda one: line.control_number == f"{ours.number}-{one.sequence}",
        lambda one: one.revenue_code == revenue_code and not one.code and one.charge_cents == abs(line.charge_cents),
        lambda one: one.revenue_code == revenue_code and not one.code,
        lambda one: one.revenue_code == revenue_code,
    )
    return _first(tests, ours, free)


def _first(tests: Sequence[Callable[[ClaimLine], bool]], ours: OurClaim, free: list[ClaimLine]) -> str | None:
    for test in tests:
        for one in (*free, *(other for other in ours.lines if other not in free)):
            if test(one):
                if one in free:
                    free.remove(one)
                return one.id
    return None


def _numbers(session: Session, claims: Sequence[RemitClaim]) -> list[str]:
    wanted = {text for one in claims for text in (one.account_number, one.account_number.upper()) if text}
    query = select(Claim.claim_number).where(col(Claim.claim_number).in_(wanted), col(Claim.status).in_(_SENT))
    return list(session.exec(query))


def _load(session: Session, numbers: Iterable[str]) -> dict[str, OurClaim]:
    wanted = list(numbers)
    query = (
        select(Claim.id, Claim.claim_number, Encounter.account_id, Claim.total_cents)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .where(col(Claim.claim_number).in_(wanted))
    )
    rows = session.exec(query).all()
    lines: dict[str, list[ClaimLine]] = defaultdict(list)
    of_claims = select(ClaimLine).where(col(ClaimLine.claim_id).in_([row[0] for row in rows]))
    for line in session.exec(of_claims.order_by(col(ClaimLine.claim_id), col(ClaimLine.sequence))):
        lines[line.claim_id].append(line)
    return {row[0]: OurClaim(row[0], row[1], row[2], tuple(lines[row[0]]), row[3]) for row in rows}


def _load_one(session: Session, claim_id: str) -> OurClaim:
    number = session.exec(select(Claim.claim_number).where(Claim.id == claim_id)).one()
    return _load(session, [number])[claim_id]


def _by_payer_number(session: Session, claims: Sequence[RemitClaim]) -> dict[str, str]:
    """Our claims by the numbers that the payer gave them, in an acknowledgment or a remittance."""
    wanted = {one.payer_number for one in claims if one.payer_number}
    query = select(Claim.payer_number, Claim.id).where(col(Claim.payer_number).in_(wanted))
    return dict(session.exec(query).all()) if wanted else {}


def _by_patient(session: Session, claim: RemitClaim) -> str | None:
    """The one claim of the patient's name, day and charge; None where there is none, or more than one."""
    patient = claim.party("QC")
    day = claim.service_from or next((line.service_from for line in claim.lines if line.service_from), "")
    if not (patient.name and day):
        return None
    query = (
        select(Claim.id, Patient.family_name, Patient.given_name)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .join(Patient, col(Patient.id) == Encounter.patient_id)
        .where(
            Claim.service_from == day,
            Claim.total_cents == abs(claim.charge_cents),
            col(Claim.status).in_(_SENT),
        )
    )
    wanted = (_plain(patient.name), _plain(patient.given_name))
    found = [row[0] for row in session.exec(query) if (_plain(row[1]), _plain(row[2])) == wanted]
    return found[0] if len(found) == 1 else None


def _plain(name: str | None) -> str:
    return "".join(letter for letter in (name or "").upper() if letter.isalnum())
