"""What becomes of a remittance: what is said of a set that was taken in, and why a step was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from codesets.errors import CodedeskError
from store.claims.restating import Restated
from store.models import Remittance
from store.remits.balance import Examined, SetSummary
from store.terms import RemittanceStatus


class RemittanceRefused(CodedeskError):
    """The remittance is unknown, or what was asked for does not fit where it stands."""

    title = "remittance"
    exit_code = 1


class BilledOn(RemittanceRefused):
    """Claims went to the next payer on what this remittance answered; who takes it back says that he knows.

    `claims` are the numbers of each of them and of the claim that it went as.
    """

    def __init__(self, message: str, remedy: str = "", claims: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, remedy)
        self.claims = tuple(claims)


class ReversedLater(RemittanceRefused):
    """A later payment reverses what this remittance answered; who takes it back says that he knows.

    `claims` are the numbers of our claims, each with the trace of the payment that reverses it.
    """

    def __init__(self, message: str, remedy: str = "", claims: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, remedy)
        self.claims = tuple(claims)


@dataclass(frozen=True)
class TakenIn:
    """What became of one set. `outcome` is posted, held or already there; `why` says more in one line.

    `waits` says that it is held, now or since it came before. `ours` counts claims that were found to be
    ours, `matched` those that are posted to ours.

    `restated` names claims to next payers that state what is answered now, and those that left before and are to be
    replaced. `again` counts claims that their payer answered before, `unreadable` those of an unknown status (CLP02);
    the money of both waits as unapplied. `charged_otherwise` counts those of ours whose charge it states otherwise,
    `nothing_reversed` reversals whose answer is not here, which wait as unapplied too. `voids_denied` counts voids that
    their payer denies: no money moves.
    """

    remittance_id: str
    summary: SetSummary
    outcome: str
    why: str = ""
    matched: int = 0
    unapplied_cents: int = 0
    denials: int = 0
    again: int = 0
    unreadable: int = 0
    charged_otherwise: int = 0
    nothing_reversed: int = 0
    voids_denied: int = 0
    ours: int = 0
    waits: bool = False
    restated: Restated = Restated()


@dataclass(frozen=True)
class FileTakenIn:
    """What became of a file."""

    name: str
    sets: tuple[TakenIn, ...]
    examined: Examined


def standing_as(session: Session, remittance_id: str, status: RemittanceStatus) -> Remittance:
    """The remittance, which stands so. Raises RemittanceRefused."""
    remittance = session.get(Remittance, remittance_id)
    if remittance is None:
        raise RemittanceRefused(f"no remittance has the id {remittance_id!r}")
    if remittance.status is not status:
        raise RemittanceRefused(f"the remittance is {remittance.status.value}, not {status.value}")
    return remittance
