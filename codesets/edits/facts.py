"""The facts that code edits ask the code sets for, and the answer of the reference database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from codesets import articles, catalog, conventions, fees, laterality, mce, ncci, poa, procedures
from codesets.articles import Articles
from codesets.catalog import Reference, Validity, normalize
from codesets.conventions import CodeNotes
from codesets.fees import FeeValue
from codesets.laterality import Sided
from codesets.mce import EditorAnswer, Stay
from codesets.ncci import AddOns, Pairs, Setting, Units
from codesets.releases import CodeSystem

MOST_ANSWERS = 50_000
"""How many answers are kept: those of some thousand charts."""

_T = TypeVar("_T")


class CodeFacts(Protocol):
    """Whatever can answer for codes, in any spelling, on a date."""

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        """Whether a code may be reported on the date."""
        ...

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        """Whether a diagnosis is exempt from POA reporting; None where no exempt list is loaded."""
        ...

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        """What the tabular list says beside a diagnosis; None for a code it does not have."""
        ...

    def sided(self, code: str, on: dt.date) -> Sided | None:
        """The side of a diagnosis; None where it has none."""
        ...

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        """The NCCI pairs among procedures."""
        ...

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        """The most units of a procedure that are published."""
        ...

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        """What those procedures that are add-on codes need beside them."""
        ...

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        """The line of a procedure in the physician fee schedule."""
        ...

    def articles(self, code: str, on: dt.date) -> Articles:
        """The coverage articles that hold for a procedure."""
        ...

    def coverage(self, code: str, on: dt.date) -> str:
        """The Medicare coverage code of a procedure in the HCPCS file (C, D, I, M, S); empty where none is known."""
        ...

    def editor(self, stay: Stay) -> EditorAnswer:
        """What the Medicare Code Editor says of a stay."""
        ...


class ReferenceFacts:
    """Answers from the reference database, each question once: charts of a batch share most of their codes."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._answers: dict[tuple[Any, ...], Any] = {}
        self.build_id = reference.build_id

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        return self._once(catalog.validity, system, code, on)

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return self._once(poa.is_exempt, normalize(code), on)

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        return self._once(conventions.code_notes, normalize(code), on)

    def sided(self, code: str, on: dt.date) -> Sided | None:
        return self._once(laterality.sided, normalize(code), on)

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        return self._once(ncci.pairs, tuple(codes), on, setting)

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        return self._once(ncci.mue, code, on, setting)

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        return self._once(ncci.add_on_primaries, tuple(codes), on)

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        return self._once(fees.fee_value, code, on)

    def articles(self, code: str, on: dt.date) -> Articles:
        return self._once(articles.articles, code, on)

    def coverage(self, code: str, on: dt.date) -> str:
        details = self._once(procedures.hcpcs_details, code, on)
        return details.coverage if details and details.origin.covered else ""

    def editor(self, stay: Stay) -> EditorAnswer:
        return self._once(_editor, stay)

    def _once(self, function: Callable[..., _T], *question: Any) -> _T:
        key = (function, *question)
        if key not in self._answers:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = function(self._reference, *question)
        return self._answers[key]


def _editor(_: Reference, stay: Stay) -> EditorAnswer:
    return mce.edit(stay)


_kept: WeakKeyDictionary[Reference, ReferenceFacts] = WeakKeyDictionary()


def facts_of(reference: Reference) -> ReferenceFacts:
    """The facts of an open reference database, kept as long as it is the same build: a chart is checked at each key."""
    reference.refresh()
    facts = _kept.get(reference)
    if facts is None or facts.build_id != reference.build_id:
        facts = _kept[reference] = ReferenceFacts(reference)
    return facts
