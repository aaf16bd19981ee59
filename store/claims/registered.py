"""Whom and which coverages a claim that has not left states, as the record has them now.

A claim copies patient, record number, account and coverages when it is built; registration corrects them later. No
person sets them in a claim (`store.claims.places`), so that there the record decides alone.

A claim to the first payer bills the first coverage of the account. One to a next payer keeps the coverages whose payers
have answered with what they answered: each coverage follows the one of its payer, wherever that stands now, else the
one that took its place. The sequence stays, by which the answers are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlmodel import Session

from store.claims.chart import billed_coverage, coverages_of, insured_patient, with_insurance_types
from store.claims.content import BilledCoverage, Insured, Parties, Receiver
from store.claims.next_payers import billed_before
from store.claims.partners import receiver_for
from store.models import Account, Claim, Encounter, Patient
from store.settings import load_settings


@dataclass(frozen=True)
class Registered:
    """The parts of `Parties` that registration gives, by the same names, and the id of the payer that is billed."""

    patient: Insured
    patient_record_number: str
    account_number: str
    coverage: BilledCoverage | None
    other_coverages: tuple[BilledCoverage, ...]
    receiver: Receiver
    payer_id: str | None

    def parts(self) -> dict[str, Any]:
        """The parts of `Parties` with what they are now."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "payer_id"}


def registered(session: Session, claim: Claim, stated: Parties) -> Registered:
    """What the record has now of a claim; the receiver is another only where the billed payer is."""
    encounter = session.get_one(Encounter, claim.encounter_id)
    patient = session.get_one(Patient, encounter.patient_id)
    rows = coverages_of(session, encounter.account_id)
    now = {one.sequence: billed_coverage(one, payer, patient) for one, payer in rows}
    payer_ids = {one.sequence: payer.id for one, payer in rows}
    if claim.follows_as and claim.id in billed_before(session, [claim.id]):
        coverage, others, payer_id = _to_next(stated, now, payer_ids, claim.payer_id)
    else:
        first, payer_id = min(now, default=0), payer_ids.get(min(now, default=0))
        coverage, others = now.get(first), tuple(now[place] for place in sorted(now) if place != first)
    typed = with_insurance_types(replace(stated, coverage=coverage, other_coverages=others), encounter)
    return Registered(
        patient=insured_patient(patient),
        patient_record_number=patient.mrn,
        account_number=session.get_one(Account, encounter.account_id).account_number,
        coverage=typed.coverage,
        other_coverages=typed.other_coverages,
        receiver=_receiver(session, stated, typed.coverage),
        payer_id=payer_id,
    )


def differing(stated: Parties, now: Registered) -> dict[str, Any]:
    """The parts that are another now, with what they are."""
    return {name: value for name, value in now.parts().items() if getattr(stated, name) != value}


def _to_next(
    stated: Parties, now: Mapping[int, BilledCoverage], payer_ids: Mapping[int, str], payer_id: str | None
) -> tuple[BilledCoverage | None, tuple[BilledCoverage, ...], str | None]:
    """Billed coverage, the others, and the payer's id of a claim to a next payer."""
    every = [one for one in (stated.coverage, *stated.other_coverages) if one is not None]
    answered = [one for one in every if one.prior is not None]
    taken: dict[int, int] = {}
    for one in sorted(every, key=lambda each: each.prior is None):
        free = [sequence for sequence in sorted(now) if sequence not in taken.values()]
        if (found := _same(one, now, free, answered)) is not None:
            taken[one.sequence] = found

    def followed(one: BilledCoverage) -> BilledCoverage:
        place = taken.get(one.sequence)
        return one if place is None else replace(now[place], sequence=one.sequence, prior=one.prior)

    others = [followed(one) for one in stated.other_coverages if one.prior is not None or one.sequence in taken]
    own = {one.sequence for one in every}
    others += [now[place] for place in sorted(now) if place not in taken.values() and place not in own]
    if stated.coverage is None:
        return None, tuple(others), payer_id
    place = taken.get(stated.coverage.sequence, 0)
    return followed(stated.coverage), tuple(others), payer_ids.get(place, payer_id)


def _same(
    one: BilledCoverage, now: Mapping[int, BilledCoverage], free: Sequence[int], answered: Sequence[BilledCoverage]
) -> int | None:
    """The sequence of the coverage of the same payer; of one that has not answered, also of what took its place."""
    same = [place for place in free if _payer(now[place]) == _payer(one)]
    if same:
        return one.sequence if one.sequence in same else same[0]
    payers = [_payer(each) for each in answered]
    stands_in = one.prior is None and one.sequence in free and _payer(now[one.sequence]) not in payers
    return one.sequence if stands_in else None


def _payer(coverage: BilledCoverage) -> str:
    return coverage.payer.identifier or coverage.payer.name


def _receiver(session: Session, stated: Parties, coverage: BilledCoverage | None) -> Receiver:
    before = stated.coverage.payer.identifier if stated.coverage else ""
    after = coverage.payer.identifier if coverage else ""
    return stated.receiver if before == after else receiver_for(session, after, load_settings())
