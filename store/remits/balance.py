"""Adds up a remittance on its three levels, in cents, before any of it may be posted.

    service line   SVC02 - adjustments of the line                     = SVC03
    claim          CLP03 - adjustments of the claim and of its lines   = CLP04
    set            sum of CLP04 - sum of PLB                           = BPR02

A set that does not balance, has a fault, or states a negative payment is held whole, with the difference. Wrong
counts (SE01, GE01, IEA01) alone hold nothing, for payers send them with sound money; they are said with the set.
Source: ASC X12N/005010X221A1, section 1.10.2.1 (balancing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import IO, BinaryIO

from store.x12.remittance import Miscounted, OtherSet, Payment, RemitClaim, RemitLine, SetEnd, read
from store.x12.tokenizer import Note

_MOST_TOLD = 5
MOST_IMBALANCES = 50
"""How many imbalances of one set are kept in words; all are counted."""


@dataclass(frozen=True)
class Imbalance:
    """One level that does not add up. `stated` and `found` are cents; `place` says what it is, `segment` where."""

    place: str
    stated: int
    found: int
    segment: int

    @property
    def difference(self) -> int:
        """What the file states beyond what it adds up to, in cents."""
        return self.stated - self.found

    @property
    def text(self) -> str:
        """In one line: where, what is stated, what it comes to, and by how much they differ."""
        stated, found, off = (f"{Decimal(cents) / 100:,.2f}" for cents in (self.stated, self.found, self.difference))
        return f"{self.place} states {stated}, adds up to {found}, difference {off} (segment {self.segment})"


@dataclass(frozen=True)
class SetSummary:
    """A set added up: `paid_cents` is the sum of its claims, `provider_cents` that of its PLB segments.

    `held` are the reasons why it may not be posted, one line each; none where it may. `miscounted` are the counts and
    control numbers that its SE, or the GE or IEA around it, states wrongly, one line each.
    """

    payment: Payment
    claims: int
    lines: int
    paid_cents: int
    provider_cents: int
    imbalances: tuple[Imbalance, ...]
    imbalance_count: int
    faults: tuple[Note, ...]
    complete: bool
    held: tuple[str, ...]
    miscounted: tuple[str, ...] = ()

    @property
    def difference(self) -> int:
        """BPR02 less what claims and provider adjustments come to, in cents."""
        return self.payment.cents - (self.paid_cents - self.provider_cents)


@dataclass(frozen=True)
class Examined:
    """What is in a file: its sets, what was left out, and the oddities of its envelope."""

    sets: tuple[SetSummary, ...]
    others: tuple[OtherSet, ...]
    notes: tuple[Note, ...]


def examine(source: BinaryIO | IO[bytes] | bytes) -> Examined:
    """Add up every set of a file, claim by claim; raises UnreadableInput for a file that is no X12."""
    notes: list[Note] = []
    others: list[OtherSet] = []
    sets: list[SetSummary] = []
    adding: _Adding | None = None
    for part in read(source, notes):
        match part:
            case OtherSet():
                others.append(part)
            case Payment():
                adding = _Adding(part)
            case RemitClaim():
                assert adding is not None, "claims come after their payment"
                adding.add(part)
            case SetEnd():
                assert adding is not None, "a set ends after its payment"
                sets.append(adding.summary(part))
                adding = None
            case Miscounted():
                for place in range(len(sets) - 1, -1, -1):
                    if (one := sets[place]).payment.segment < part.begins:
                        break
                    sets[place] = replace(one, miscounted=(*one.miscounted, *_told(part.notes)))
    return Examined(tuple(sets), tuple(others), tuple(notes))


def of_line(line: RemitLine) -> int:
    """What a line's charge and adjustments leave to be paid, in cents."""
    return line.charge_cents - sum(one.cents for one in line.adjustments)


def of_claim(claim: RemitClaim) -> int:
    """What the claim's charge and all adjustments, its own and its lines', leave to be paid, in cents."""
    own = sum(one.cents for one in claim.adjustments)
    return claim.charge_cents - own - sum(one.cents for line in claim.lines for one in line.adjustments)


def imbalances(claim: RemitClaim) -> Iterator[Imbalance]:
    """The claim and those of its lines that do not add up."""
    for line in claim.lines:
        if (found := of_line(line)) != line.paid_cents:
            yield Imbalance(
                f"claim {claim.account_number} line {line.sequence} {line.code}", line.paid_cents, found, line.segment
            )
    if (found := of_claim(claim)) != claim.paid_cents:
        yield Imbalance(f"claim {claim.account_number}", claim.paid_cents, found, claim.segment)


@dataclass
class _Adding:
    """A set while it is added up."""

    payment: Payment
    claims: int = 0
    lines: int = 0
    paid_cents: int = 0
    kept: list[Imbalance] = field(default_factory=list)
    count: int = 0

    def add(self, claim: RemitClaim) -> None:
        self.claims += 1
        self.lines += len(claim.lines)
        self.paid_cents += claim.paid_cents
        self._keep(imbalances(claim))

    def _keep(self, found: Iterable[Imbalance]) -> None:
        for one in found:
            self.count += 1
            if len(self.kept) < MOST_IMBALANCES:
                self.kept.append(one)

    def summary(self, end: SetEnd) -> SetSummary:
        provider = sum(one.cents for one in end.provider_adjustments)
        total = self.paid_cents - provider
        if total != self.payment.cents:
            self._keep([Imbalance("the payment (BPR02)", self.payment.cents, total, self.payment.segment)])
        held = [f"segment {fault.segment}: {fault.message}" for fault in end.faults]
        if not end.complete:
            held.append("the set is cut off before its SE")
        if self.payment.cents < 0 or not self.payment.credit:
            held.append("the payment is negative, which no conforming remittance states (a PLB FB carries it over)")
        held += [one.text for one in self.kept[:_MOST_TOLD]]
        if self.count > _MOST_TOLD:
            held.append(f"and {self.count - _MOST_TOLD:,} more that do not add up")
        return SetSummary(
            payment=self.payment,
            claims=self.claims,
            lines=self.lines,
            paid_cents=self.paid_cents,
            provider_cents=provider,
            imbalances=tuple(self.kept),
            imbalance_count=self.count,
            faults=end.faults,
            complete=end.complete,
            held=tuple(held),
            miscounted=_told(end.miscounted),
        )


def _told(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(f"{note.message} (segment {note.segment})" for note in notes)
