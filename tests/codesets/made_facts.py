"""Facts that a test makes up: what is not given is valid, says nothing, and is loaded as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from codesets.catalog import Validity, ValidityKind, normalize
from codesets.conventions import CodeNotes
from codesets.fees import FeeValue
from codesets.laterality import Sided
from codesets.ncci import AddOnRule, AddOns, Coverage, MostUnits, PairEdit, Pairs, Setting, Units
from codesets.releases import CodeSystem

WHOLE = Coverage("2026 Q3", complete=True)
NOTHING = Coverage("", complete=False, warning="No edits are loaded.")


def all_valid(system: CodeSystem, code: str) -> Validity:
    return Validity(ValidityKind.VALID, f"{code} is valid.")


@dataclass(frozen=True)
class MadeFacts:
    """`exempt` are the POA-exempt codes, None where no list is loaded."""

    valid: Callable[[CodeSystem, str], Validity] = all_valid
    exempt: frozenset[str] | None = None
    coverage: Coverage = WHOLE
    edits: tuple[PairEdit, ...] = ()
    most: dict[str, MostUnits] = field(default_factory=dict)
    rules: dict[str, AddOnRule] = field(default_factory=dict)
    fees: dict[str, FeeValue] = field(default_factory=dict)

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        return self.valid(system, code)

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return None if self.exempt is None else normalize(code) in self.exempt

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        return None

    def sided(self, code: str, on: dt.date) -> Sided | None:
        return None

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        return Pairs(tuple(e for e in self.edits if {e.column1, e.column2} <= set(codes)), self.coverage)

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        return Units(self.most.get(code), self.coverage)

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        return AddOns({code: rule for code, rule in self.rules.items() if code in codes}, self.coverage)

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        return self.fees.get(code)
