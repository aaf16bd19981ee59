"""The facts that code edits ask the code sets for, and the answer of the reference database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from codesets import articles, catalog, conventions, fees, laterality, mce, ncci, poa, procedures
from codesets.articles import Articles
from codesets.catalog import Reference, Validity, normalize
from codesets.conventions import CodeNotes, Statement
from codesets.fees import FeeValue
from codesets.laterality import Sided
from codesets.mce import EditorAnswer, Stay
from codesets.ncci import AddOns, Pairs, PairSource, Setting, Units
from codesets.procedures import Modifiers
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind
from codesets.spans import Spans, spans

MOST_ANSWERS = 50_000
"""How many answers are kept: those of some thousand charts."""

MOST_FIRST_CODES = 2_000
"""For how many procedures the codes that make pairs with them are kept: all that an office bills, in some 30 MiB."""

_T = TypeVar("_T")


# Plain texts: the value of an enum, and its hash, cost as much as an answer that is known.
_CM, _HCPCS = str(CodeSystem.ICD10CM.value), str(CodeSystem.HCPCS.value)
_POA, _PTP, _MUE, _ADD_ON = (
    str(kind.value) for kind in (FileKind.POA_EXEMPT, FileKind.PTP, FileKind.MUE, FileKind.ADD_ON)
)
_MPFS, _MCD = str(FileKind.MPFS.value), str(FileKind.MCD_ARTICLES.value)


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

    def exclusion(self, one: str, other: str, on: dt.date) -> Statement | None:
        """The Excludes1 note that forbids two diagnoses together; None where there is none."""
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

    def modifiers(self, on: dt.date) -> Modifiers:
        """The modifiers that are known on a day."""
        ...

    def editor(self, stay: Stay) -> EditorAnswer:
        """What the Medicare Code Editor says of a stay."""
        ...

    def editor_alone(self, code: str, on: dt.date, age: int) -> EditorAnswer:
        """What it says of one diagnosis by itself, at home and of no sex."""
        ...


class ReferenceFacts:
    """Answers from the reference database, each question once: charts of a batch share most of their codes.

    Between two days on which a release or a code begins or ends, all days have the same answer, so that the first of
    them stands for the others; a day that nothing covers is asked for itself, since the answer names it.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._seconds: dict[tuple[str, str], frozenset[str]] = {}
        self._spans: dict[str, Spans] = {}
        self._days: dict[tuple[str, dt.date], dt.date] = {}
        self.build_id = reference.build_id

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        name = system._value_
        day = self._day(name, on)
        return self._asked((name, code, day), catalog.validity, system, code, day)

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return self._once(poa.is_exempt, normalize(code), self._day(_POA, on))

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        return self._once(conventions.code_notes, normalize(code), self._day(_CM, on))

    def exclusion(self, one: str, other: str, on: dt.date) -> Statement | None:
        day = self._day(_CM, on)
        key = (conventions.exclusion, one, other, day)
        if key not in self._answers:
            here, there = self.notes(one, day), self.notes(other, day)
            self._answers[key] = conventions.exclusion(here, there) if here and there else None
        statement: Statement | None = self._answers[key]
        return statement

    def sided(self, code: str, on: dt.date) -> Sided | None:
        return self._once(laterality.sided, normalize(code), self._day(_CM, on))

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        day = self._day(_PTP, on)
        source = self._asked((_PTP, day, setting._value_), ncci.pair_source, day, setting)
        found = {code: seconds.intersection(codes) for code in codes if (seconds := self._seconds_of(source, code))}
        firsts = [code for code, seconds in found.items() if seconds]
        if not firsts:
            return Pairs((), source.coverage)
        return ncci.pairs_among(self._reference, source, set().union(*found.values()), on, firsts)

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        day = self._day(_MUE, on)
        return self._asked((_MUE, code, day, setting._value_), ncci.mue, code, day, setting)

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        source = self._once(ncci.add_on_source, self._day(_ADD_ON, on))
        asked = [code for code in codes if code in source.codes]
        return ncci.add_ons_among(self._reference, source, asked, on)

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        day = self._day(_MPFS, on)
        if not self._spans[_MPFS].periods:
            return None
        return self._once(fees.fee_value, code, day)

    def articles(self, code: str, on: dt.date) -> Articles:
        return self._once(articles.articles, code, self._day(_MCD, on))

    def coverage(self, code: str, on: dt.date) -> str:
        details = self._once(procedures.hcpcs_details, code, self._day(_HCPCS, on))
        return details.coverage if details and details.origin.covered else ""

    def modifiers(self, on: dt.date) -> Modifiers:
        return self._once(procedures.known_modifiers, self._day(_HCPCS, on))

    def editor(self, stay: Stay) -> EditorAnswer:
        return self._once(_editor, stay)

    def editor_alone(self, code: str, on: dt.date, age: int) -> EditorAnswer:
        return self._once(_alone, code, on, age)

    def _seconds_of(self, source: PairSource, code: str) -> frozenset[str]:
        """Every code that makes a pair with a column 1 in some load of the source."""
        key = source.key, code
        seconds = self._seconds.get(key)
        if seconds is None:
            if len(self._seconds) >= MOST_FIRST_CODES:
                self._seconds.clear()
            loads = (load for load, first, last in source.loads if first <= code <= last)
            found = [ncci.seconds_of(self._reference, load, code) for load in loads]
            seconds = self._seconds[key] = frozenset().union(*found)
        return seconds

    def _day(self, kind: str, on: dt.date) -> dt.date:
        """The day that stands for a day in the questions of a code system or a kind of file."""
        day = self._days.get((kind, on))
        if day is None:
            if kind not in self._spans:
                self._spans[kind] = spans(self._reference, kind)
            if len(self._days) >= MOST_ANSWERS:
                self._days.clear()
            day = self._days[kind, on] = self._spans[kind].stand_in(on)
        return day

    def _once(self, function: Callable[..., _T], *question: Any) -> _T:
        return self._asked((function, *question), function, *question)

    def _asked(self, key: tuple[Any, ...], function: Callable[..., _T], *question: Any) -> _T:
        answer = self._answers.get(key, _UNASKED)
        if answer is _UNASKED:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            answer = self._answers[key] = function(self._reference, *question)
        return cast("_T", answer)


_UNASKED: Any = object()


def _alone(_: Reference, code: str, on: dt.date, age: int) -> EditorAnswer:
    return mce.edit(mce.alone(code, on, age))


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
