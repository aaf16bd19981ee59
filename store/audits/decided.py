"""The codes of a chart as its rebuttals decided them: what holds, and as what. No database.

The auditor's codes are the standard until a finding is overturned; then the coder was right:

    added                       the code is none: of no rate a part
    deleted                     the coder's code holds, and is right
    revised                     the coder's code holds in the place of the auditor's
    principal                   the coder's principal diagnosis holds, and the auditor's where the coder has it as well
    sequence                    the coder's role holds
    POA, modifier, units, pointer, date    the coder's holds; a part that then neither side has is no opportunity
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.audits.differences import Comparison, Difference, DifferenceKind, Dimension, Row
from store.coding.codes import Codes

_OF_THE_ROLE = (
    DifferenceKind.REVISED,
    DifferenceKind.SEQUENCE,
    DifferenceKind.DELETED,
    DifferenceKind.PRINCIPAL,
)
"""Kinds that say as what a code is measured; overturned, the coder's side says it."""


@dataclass(frozen=True)
class Decided:
    """A row that is an opportunity: what it is measured as, whether its code holds, and which kinds were overturned.

    A code that does not hold is one of the coder's whose deletion stands.
    """

    row: Row
    dimension: Dimension
    holds: bool
    overturned: frozenset[DifferenceKind]

    @property
    def paired(self) -> bool:
        return bool(self.row.coder_place and self.row.auditor_place)


def decided(comparison: Comparison, stands: Sequence[Difference]) -> list[Decided]:
    """The opportunities of a comparison of which the differences `stands` are left."""
    principal = next((one for one in comparison.differences if one.kind is DifferenceKind.PRINCIPAL), None)
    principal_stays = principal is not None and principal not in stands
    found = []
    for row in comparison.rows:
        overturned = frozenset(one.kind for one in row.differences if one not in stands)
        if row.auditor_place and not row.coder_place:
            is_opportunity = holds = not overturned
        elif row.coder_place and not row.auditor_place:
            # The other half of a changed principal diagnosis has no difference of its own.
            holds = bool(overturned) if row.differences else principal_stays
            is_opportunity = holds or bool(row.differences)
        else:
            is_opportunity = holds = True
        if is_opportunity:
            own = any(kind in overturned for kind in _OF_THE_ROLE) or (principal_stays and not row.line)
            dimension = row.coder_dimension if own and row.coder_place else row.dimension
            found.append(Decided(row, dimension, holds, overturned))
    return found


def priced(comparison: Comparison, stands: Sequence[Difference], coder: Codes, auditor: Codes) -> list[Difference]:
    """What stands, with the money of a line that was decided in part: a code without its units, or the reverse.

    The charge of a unit is that of the side whose code holds, the units are those of the side whose units hold.
    """
    found = list(stands)
    for row in comparison.rows:
        kinds = {one.kind: one for one in row.differences}
        code, units = kinds.get(DifferenceKind.REVISED), kinds.get(DifferenceKind.UNITS)
        if not row.line or code is None or units is None or (code in stands) == (units in stands):
            continue
        ours, theirs = coder.lines[row.coder_place - 1], auditor.lines[row.auditor_place - 1]
        of_code, of_units, left = (theirs, ours, code) if code in stands else (ours, theirs, units)
        if ours.charge_cents and of_code.charge_cents and of_code.units:
            charge = round(of_code.charge_cents * of_units.units / of_code.units)
            place = found.index(left)
            found[place] = Difference(
                left.kind, left.dimension, left.place, left.coder, left.auditor, charge - ours.charge_cents
            )
    return found
