"""The scores of one chart and of many, from their comparisons. No database; every number can be reckoned by hand.

    code over code      right codes / codes that hold: the auditor's, as decided       (AHIMA 2009)
    total opportunity   agree / (agree + added + deleted + revised)
    record over record  charts without an error / charts
    weighted            1 - weights of errors / weights of opportunities
    DRG accuracy        charts with the same DRG / charts with a DRG on both sides

An opportunity is whatever could have been right or wrong: each code that holds, each code of the coder whose deletion
stands, and of a pair POA, modifiers and units where either side has any, and pointers where the auditor has. A
difference that was overturned in a rebuttal is no difference any more: the caller leaves it out, and every rate is of
the codes that then hold (`store.audits.decided`).

Money is told in both directions and apart by what it is: charges of lines that were added, deleted, revised or had
other units, and the payment of another DRG (weights times the base rate). Neither is added to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from store.audits.decided import Decided, decided, priced
from store.audits.differences import Coded, Comparison, Difference, DifferenceKind, Dimension
from store.audits.figures import Share
from store.audits.schemes import Scheme
from store.coding.codes import Codes

_NOTHING = Share(0, 0)


@dataclass(frozen=True)
class Impact:
    """Money of differences in cents, both sums positive, with how many differences each was made of.

    Undercoded is what was left, overcoded what was billed too much; `unknown` are differences whose money is not known.
    """

    under_cents: int = 0
    over_cents: int = 0
    under: int = 0
    over: int = 0
    unknown: int = 0

    @property
    def net_cents(self) -> int:
        """Above 0 where more was left than billed too much."""
        return self.under_cents - self.over_cents

    def __add__(self, other: Impact) -> Impact:
        return Impact(
            self.under_cents + other.under_cents,
            self.over_cents + other.over_cents,
            self.under + other.under,
            self.over + other.over,
            self.unknown + other.unknown,
        )

    @classmethod
    def of(cls, found: Sequence[Difference]) -> Impact:
        """The impact of differences that could each have money."""
        left = [one.cents for one in found if one.cents is not None and one.cents > 0]
        too_much = [-one.cents for one in found if one.cents is not None and one.cents < 0]
        unknown = sum(one.cents is None for one in found)
        return cls(sum(left), sum(too_much), len(left), len(too_much), unknown)


@dataclass(frozen=True)
class Score:
    """The scores of one chart, or of several added up; `dimensions` hold right of opportunities.

    `charges` is money of lines as they were charged, `payment` that of DRGs as they are paid.
    """

    charts: int
    code_over_code: Share
    total_opportunity: Share
    record_over_record: Share
    weighted: Share
    drg: Share
    dimensions: dict[Dimension, Share] = field(default_factory=dict)
    kinds: dict[DifferenceKind, int] = field(default_factory=dict)
    errors: float = 0
    charges: Impact = Impact()
    payment: Impact = Impact()
    unpointed: int = 0
    """Lines whose pointers were not judged, for the auditor gave none."""

    def __add__(self, other: Score) -> Score:
        dimensions = {
            one: self.dimensions.get(one, _NOTHING) + other.dimensions.get(one, _NOTHING)
            for one in Dimension
            if one in self.dimensions or one in other.dimensions
        }
        kinds = {
            one: self.kinds.get(one, 0) + other.kinds.get(one, 0)
            for one in DifferenceKind
            if one in self.kinds or one in other.kinds
        }
        return Score(
            self.charts + other.charts,
            self.code_over_code + other.code_over_code,
            self.total_opportunity + other.total_opportunity,
            self.record_over_record + other.record_over_record,
            self.weighted + other.weighted,
            self.drg + other.drg,
            dimensions,
            kinds,
            self.errors + other.errors,
            self.charges + other.charges,
            self.payment + other.payment,
            self.unpointed + other.unpointed,
        )


EMPTY = Score(0, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)


def score(coder: Coded, auditor: Coded, comparison: Comparison, stands: Sequence[Difference], scheme: Scheme) -> Score:
    """The scores of one chart. `stands` are the differences that count: of the comparison, and those added by hand."""
    rows = decided(comparison, stands)
    found = [one for one in stands if scheme.errors(one.kind)]
    errors = sum(scheme.errors(one.kind) for one in found)
    opportunities = _opportunities(coder.codes, auditor.codes, rows, found)
    if coder.drg and auditor.drg:
        opportunities[Dimension.DRG] = 1
    if auditor.disposition:
        opportunities[Dimension.DISPOSITION] = 1
    wrong = dict.fromkeys(opportunities, 0)
    for difference in found:
        if difference.dimension in wrong:
            wrong[difference.dimension] += 1
    dimensions = {one: Share(max(whole - wrong[one], 0), whole) for one, whole in opportunities.items()}
    lost = sum(scheme.errors(one.kind) * scheme.weight(one.dimension) for one in found)
    at_stake = sum(count * scheme.weight(one) for one, count in opportunities.items())
    has_drg = bool(coder.drg and auditor.drg)
    other_drg = coder.drg != auditor.drg and any(one.kind is DifferenceKind.DRG for one in stands)
    worth = priced(comparison, found, coder.codes, auditor.codes)
    return Score(
        charts=1,
        code_over_code=_code_over_code(rows, found, scheme),
        total_opportunity=_total_opportunity(rows, found),
        record_over_record=Share(int(not errors), 1),
        weighted=Share(max(at_stake - lost, 0) if scheme.floor else at_stake - lost, at_stake),
        drg=Share(int(not other_drg), 1) if has_drg else _NOTHING,
        dimensions=dimensions,
        kinds={kind: n for kind in DifferenceKind if (n := sum(one.kind is kind for one in found))},
        errors=errors,
        charges=Impact.of(_charged(worth)),
        payment=Impact.of([one for one in worth if one.kind is DifferenceKind.DRG]),
        unpointed=comparison.unpointed,
    )


def together(scores: Sequence[Score]) -> Score:
    """Several charts as one: parts and wholes are added up, so that a chart of forty codes weighs as forty."""
    return reduce(Score.__add__, scores, EMPTY)


_PRICED = (Dimension.LINES, Dimension.VISIT_LEVEL)
_MOVE_CHARGES = (DifferenceKind.ADDED, DifferenceKind.DELETED, DifferenceKind.REVISED, DifferenceKind.UNITS)
_CODES = (DifferenceKind.ADDED, DifferenceKind.DELETED, DifferenceKind.REVISED, DifferenceKind.PRINCIPAL)


def _charged(found: Sequence[Difference]) -> list[Difference]:
    """The differences that move a charge; units of a revised line are in the money of its revision."""
    revised = {one.place for one in found if one.kind is DifferenceKind.REVISED}
    return [
        one
        for one in found
        if one.kind in _MOVE_CHARGES
        and (
            one.cents is not None
            or one.dimension in _PRICED
            or (one.kind is DifferenceKind.UNITS and one.place not in revised)
        )
    ]


def _code_over_code(rows: Sequence[Decided], found: Sequence[Difference], scheme: Scheme) -> Share:
    holding = [one for one in rows if one.holds]
    right = 0
    for one in holding:
        mine = [difference for difference in one.row.differences if difference in found]
        right += not any(d.kind is DifferenceKind.ADDED or d.kind.value in scheme.spoils for d in mine)
    if scheme.over_codes == "subtracted":
        right -= sum(one.kind is DifferenceKind.DELETED for one in found)
    return Share(max(right, 0) if scheme.floor else right, len(holding))


def _total_opportunity(rows: Sequence[Decided], found: Sequence[Difference]) -> Share:
    wrong = sum(one.kind in _CODES for one in found)
    agree = sum(not any(d.kind in _CODES and d in found for d in one.row.differences) for one in rows)
    return Share(agree, agree + wrong)


def _opportunities(
    coder: Codes, auditor: Codes, rows: Sequence[Decided], found: Sequence[Difference]
) -> dict[Dimension, int]:
    counted: dict[Dimension, int] = {}

    def one_of(dimension: Dimension) -> None:
        counted[dimension] = counted.get(dimension, 0) + 1

    for one in rows:
        one_of(one.dimension)
        if not one.paired:
            continue
        row, overturned = one.row, one.overturned
        if row.line:
            ours, theirs = coder.lines[row.coder_place - 1], auditor.lines[row.auditor_place - 1]
            if ours.system == "hcpcs":
                one_of(Dimension.UNITS)
                if ours.modifiers or (theirs.modifiers and DifferenceKind.MODIFIER not in overturned):
                    one_of(Dimension.MODIFIER)
                if theirs.pointers and (ours.pointers or DifferenceKind.POINTER not in overturned):
                    one_of(Dimension.POINTER)
        elif row.coder == row.auditor:
            here, there = coder.diagnoses[row.coder_place - 1].poa, auditor.diagnoses[row.auditor_place - 1].poa
            if here or (there and DifferenceKind.POA not in overturned):
                one_of(Dimension.POA)
    for difference in found:
        if difference.kind is DifferenceKind.QUERY:
            one_of(Dimension.QUERY)
    return counted
