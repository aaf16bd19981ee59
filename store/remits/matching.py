"""Finds our claim for a claim of a remittance, and our line for its lines; the surest way first.

    1  the account number (CLP01) is our claim number
    2  the payer's number (CLP07) is the one that this payer gave to a claim of ours before
    3  one claim alone has the patient's name, the first day of service and the charge

A claim that is found by a number is not taken for it where the payer states another person: name, day and charge are
all others, or the name and the member id are both (`store.remits.same_patient`). A number alone can be another's.

Lines: our own line number (REF*6R), then code with modifiers, then the code alone; a line paid by its revenue code
alone, by that. What is not found stays unapplied and is never dropped. Reads a batch of claims with a handful of
statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from store.models import Claim, ClaimExport, ClaimLine, Encounter, Patient, Remittance, RemittanceClaim
from store.remits.places import From, Payers, known_place, payers_of, plain, same_payer
from store.remits.same_patient import Person, person_of, why_another
from store.terms import ClaimStatus, MatchedBy, RemittanceStatus
from store.x12.remittance import RemitClaim, RemitLine

SENT = (ClaimStatus.EXPORTED, ClaimStatus.REJECTED)
"""How claims stand that left, which payers can answer."""

BACK = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)
"""How those stand that left and came back: a payer can have them all the same (`store.remits.reached`)."""

NOBODY = From("", "", "")
"""A payer that is not told."""


@dataclass(frozen=True)
class OurClaim:
    """Our claim with its lines in order; `account_id` is the patient account that its money belongs to.

    `total_cents` is what it charges, `payers` who pays it, `person` whom it is of. `frequency` is CLM05-3, 8 of a
    void, which `follows_id` then is voided by. `status` is how it stands, `left_at` the moment at which it left last.
    """

    id: str
    number: str
    account_id: str
    lines: tuple[ClaimLine, ...]
    total_cents: int
    payers: Payers
    person: Person
    frequency: str = "1"
    follows_id: str | None = None
    status: ClaimStatus = ClaimStatus.EXPORTED
    left_at: str = ""


@dataclass(frozen=True)
class Match:
    """What was found for one claim; `line_ids` has an id or None for each of its lines.

    `led_from` is the number of the claim of ours that it names, where it is of another one in its chain
    (`store.remits.chains`). `doubt` says why a claim of ours with its number is not taken for it, where none other was
    found. `why` says why a claim of ours that was found is not taken, `reversal_id` which claim of a payment reverses
    this one and waited for it, `reversed_id` which one this reverses (`store.remits.answered`); `reverses` is that one
    where it comes with the reversal and is not stored yet, and that one is `reversed_here`. `replaces` are the claims
    of payments, by their ids, whose place this one takes, `settles` is that whose denied lines alone it pays.
    `proves` is what had refused our claim, which its answer proves to have reached its payer (`store.remits.reached`).
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
    settles: str = ""
    doubt: str = ""
    led_from: str = ""
    proves: str = ""


def has_left() -> ColumnElement[bool]:
    """Whether a claim has left, come back or not."""
    return col(Claim.status).in_(SENT) | (col(Claim.status).in_(BACK) & col(Claim.export_id).is_not(None))


def match(session: Session, claims: Sequence[RemitClaim], payer: From = NOBODY) -> list[Match]:
    """Our claims for these of a payer, in their order. Only claims that have left are found, come back or not."""
    by_number = {number.upper(): number for number in _numbers(session, claims)}
    ours = _load(session, by_number.values())
    known = {one.number: one for one in ours.values()}
    given = _by_payer_number(session, claims, payer)
    found: list[Match] = []
    for one in claims:
        number = by_number.get(one.account_number.upper())
        found.append(_found(session, one, known[number] if number else None, given.get(one.payer_number, ())))
    return found


def _found(session: Session, claim: RemitClaim, named: OurClaim | None, given: Sequence[str]) -> Match:
    """The first of the ways that leads to a claim of the same person."""
    doubts = []
    if named is not None:
        if not (why := why_another(claim, named.person, named.total_cents)):
            return _matched(claim, named, MatchedBy.CLAIM_NUMBER)
        doubts.append(f"claim {named.number} of ours has its number, but {why}")
    for claim_id in given:
        ours = _load_one(session, claim_id)
        if not (why := why_another(claim, ours.person, ours.total_cents)):
            return _matched(claim, ours, MatchedBy.PAYER_NUMBER)
        doubts.append(f"claim {ours.number} of ours has the payer's number {claim.payer_number}, but {why}")
    if alone := _by_patient(session, claim):
        return _matched(claim, _load_one(session, alone), MatchedBy.PATIENT)
    doubt = next(iter(doubts), "")
    return Match(None, MatchedBy.NOTHING, (None,) * len(claim.lines), doubt=doubt)


def our_claim(session: Session, claim_id: str) -> OurClaim:
    """Our claim with its lines."""
    return _load_one(session, claim_id)


def match_by_hand(session: Session, claim: RemitClaim, claim_id: str) -> Match:
    """The claim of ours that a person found for it, with its lines."""
    return _matched(claim, _load_one(session, claim_id), MatchedBy.BY_HAND)


def match_lines(claim: RemitClaim, ours: OurClaim) -> tuple[str | None, ...]:
    """The ids of our lines for those of the remittance; none of ours twice before all were found once.

    What tells a line best goes first, for all lines of the claim: its number (REF*6R), then code and modifiers with
    charge, units and day, then those without the one or other, and the order in which they stand last of all.
    """
    numbers = (ours.number, claim.account_number)
    lines = [replace(one, control_number=_sequence(one.control_number, *numbers)) for one in claim.lines]
    found: dict[int, ClaimLine] = {}
    for tests in (_NUMBERED, _ALIKE, _OF_SAME_CODE):
        taken = {one.id for one in found.values()}
        free = [one for one in ours.lines if one.id not in taken]
        for test in tests:
            _take(lines, test, found, free)
        for test in tests:
            _take(lines, test, found, list(ours.lines), again=True)
    return tuple(found[place].id if place in found else None for place in range(len(lines)))


def _matched(claim: RemitClaim, ours: OurClaim, by: MatchedBy) -> Match:
    return Match(ours, by, match_lines(claim, ours))


_Test = Callable[[RemitLine, ClaimLine], bool]


def _take(
    lines: Sequence[RemitLine], test: _Test, found: dict[int, ClaimLine], ours: list[ClaimLine], again: bool = False
) -> None:
    """Find one of ours for each line that has none yet; it is taken then, unless it may be found `again`."""
    for place, line in enumerate(lines):
        if place in found or not (one := next((each for each in ours if test(line, each)), None)):
            continue
        found[place] = one
        if not again:
            ours.remove(one)


def _sequence(control_number: str, *numbers: str) -> str:
    """The place of our line in the number that we sent of it (REF*6R) and a payer gives back; empty for any other.

    A claim to the next payer has the lines of the first one, whose number the payer can answer by.
    """
    claim, _, place = control_number.rpartition("-")
    return place if claim and claim in numbers else ""


def _code(line: RemitLine, one: ClaimLine) -> bool:
    """Whether the codes are one; a line that the payer tells by its revenue code alone has no procedure."""
    code = line.billed_code or line.code
    if code or not line.revenue_code:
        return one.code == code
    return one.revenue_code == line.revenue_code.zfill(4)


def _alike(line: RemitLine, one: ClaimLine) -> bool:
    by_revenue_code = not (line.billed_code or line.code) and line.revenue_code
    return _code(line, one) and (not one.code if by_revenue_code else tuple(one.modifiers) == line.modifiers)


def _charge(line: RemitLine, one: ClaimLine) -> bool:
    return one.charge_cents == abs(line.charge_cents)


def _units(line: RemitLine, one: ClaimLine) -> bool:
    return (line.billed_units or line.units or "1").removesuffix(".0") == str(one.units)


def _day(line: RemitLine, one: ClaimLine) -> bool:
    return one.service_date == line.service_from


def _all(*tests: _Test) -> _Test:
    return lambda line, one: all(test(line, one) for test in tests)


_NUMBERED: tuple[_Test, ...] = (lambda line, one: line.control_number == str(one.sequence),)
_WITH = (
    (_charge, _units, _day),
    (_charge, _day),
    (_charge, _units),
    (_charge,),
    (_units, _day),
    (_day,),
    (_units,),
    (),
)
_ALIKE = tuple(_all(_alike, *more) for more in _WITH)
_OF_SAME_CODE = tuple(_all(_code, *more) for more in _WITH)


def _numbers(session: Session, claims: Sequence[RemitClaim]) -> list[str]:
    wanted = {text for one in claims for text in (one.account_number, one.account_number.upper()) if text}
    query = select(Claim.claim_number).where(col(Claim.claim_number).in_(wanted), has_left())
    return list(session.exec(query))


def _load(session: Session, numbers: Iterable[str]) -> dict[str, OurClaim]:
    wanted = list(numbers)
    columns: Sequence[Any] = (
        *(Claim.id, Claim.claim_number, Encounter.account_id, Claim.total_cents, Claim.parties),
        *(Claim.service_from, Claim.service_through, Patient.family_name, Patient.given_name),
        *(Claim.frequency, Claim.follows_id, Claim.status, ClaimExport.exported_at),
    )
    query = (
        select(*columns)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .join(Patient, col(Patient.id) == Encounter.patient_id)
        .outerjoin(ClaimExport, col(ClaimExport.id) == Claim.export_id)
        .where(col(Claim.claim_number).in_(wanted))
    )
    rows = session.exec(query).all()
    lines: dict[str, list[ClaimLine]] = defaultdict(list)
    of_claims = select(ClaimLine).where(col(ClaimLine.claim_id).in_([row[0] for row in rows]))
    for line in session.exec(of_claims.order_by(col(ClaimLine.claim_id), col(ClaimLine.sequence))):
        lines[line.claim_id].append(line)
    return {
        row[0]: OurClaim(
            *(row[0], row[1], row[2], tuple(lines[row[0]]), row[3]),
            payers_of(row[4]),
            person_of(row[4], row[7], row[8], row[5], row[6]),
            *(row[9], row[10], row[11], row[12] or ""),
        )
        for row in rows
    }


def _load_one(session: Session, claim_id: str) -> OurClaim:
    number = session.exec(select(Claim.claim_number).where(Claim.id == claim_id)).one()
    return _load(session, [number])[claim_id]


def _by_payer_number(session: Session, claims: Sequence[RemitClaim], payer: From) -> dict[str, list[str]]:
    """The ids of our claims by the numbers that this payer gave them, in a remittance or an acknowledgment.

    What a claim keeps of an acknowledgment is of the payer that it bills.
    """
    wanted = {one.payer_number for one in claims if one.payer_number}
    if not wanted:
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    answered = (
        select(
            RemittanceClaim.payer_number, RemittanceClaim.claim_id, Remittance.payer_identifier, Remittance.payer_name
        )
        .join(Remittance, col(Remittance.id) == RemittanceClaim.remittance_id)
        .where(
            col(RemittanceClaim.payer_number).in_(wanted),
            col(RemittanceClaim.claim_id).is_not(None),
            Remittance.status == RemittanceStatus.POSTED,
        )
        .order_by(col(Remittance.received_at).desc(), col(RemittanceClaim.sequence).desc())
    )
    for number, claim_id, identifier, name in session.exec(answered):
        if claim_id and claim_id not in found[number] and same_payer(payer, From("", identifier, name)):
            found[number].append(claim_id)
    kept = select(Claim.payer_number, Claim.id, Claim.parties).where(col(Claim.payer_number).in_(wanted), has_left())
    for number, claim_id, parties in session.exec(kept.order_by(col(Claim.created_at).desc(), col(Claim.id))):
        payers = payers_of(parties)
        if claim_id not in found[number] and known_place(payers, payer) == payers.billed:
            found[number].append(claim_id)
    return found


def _by_patient(session: Session, claim: RemitClaim) -> str | None:
    """The one claim of the patient's name, day and charge; None where there is none, or more than one.

    One that came back is so only where none is that is sent.
    """
    patient = claim.party("QC")
    day = claim.service_from or next((line.service_from for line in claim.lines if line.service_from), "")
    if not (patient.name and day):
        return None
    query = (
        select(Claim.id, Patient.family_name, Patient.given_name, Claim.status)
        .join(Encounter, col(Encounter.id) == Claim.encounter_id)
        .join(Patient, col(Patient.id) == Encounter.patient_id)
        .where(
            Claim.service_from == day,
            Claim.total_cents == abs(claim.charge_cents),
            has_left(),
        )
    )
    wanted = (plain(patient.name), plain(patient.given_name))
    named = [row for row in session.exec(query) if (plain(row[1]), plain(row[2])) == wanted]
    found = [row[0] for row in named if row[3] in SENT] or [row[0] for row in named]
    return found[0] if len(found) == 1 else None
