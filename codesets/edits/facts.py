"""The facts that code edits ask the code sets for, and the answer of the reference database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from codesets import articles, catalog, conventions, fees, laterality, mce, ncci, poa, procedures
from codesets.articles import Articles
from codesets.bill_codes import BillList, Listed, in_bill_list
from codesets.catalog import Reference, Validity, ValidityKind, normalize
from codesets.conventions import CodeNotes, Statement
from codesets.fees import FeeValue
from codesets.laterality import Sided
from codesets.mce import EditorAnswer, Stay
from codesets.ncci import AddOns, Pairs, PairSource, Setting, Units, UnitSource
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
_UB, _TABLE_5 = str(FileKind.UB_CODES.value), str(FileKind.DRG_WEIGHTS.value)


class CodeFacts(Protocol):
    """Whatever can answer for codes, in any spelling, on a date."""

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        """Whether a code may be reported on the date."""
        ...

    def all_valid(self, system: CodeSystem, codes: Collection[str], on: dt.date) -> bool:
        """Whether every one of them may be reported on the date."""
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

    def quiet_pairs(self, on: dt.date) -> set[tuple[str, str]]:
        """Ordered pairs of diagnoses, as they are written, that mean nothing to each other; the edits add to it."""
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

    def one_unit_paid(self, codes: Collection[str], on: dt.date, setting: Setting) -> bool:
        """Whether values are loaded, and none of them refuses one unit of any of these procedures."""
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

    def listed(self, of: BillList, code: str, on: dt.date) -> Listed:
        """Whether a code of a bill is in the list that it comes from."""
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

    def editor_silent(self, codes: Collection[str], on: dt.date, age: int) -> bool:
        """Whether it finds nothing on any of these diagnoses by itself."""
        ...


@dataclass(frozen=True, eq=False)
class _Span:
    """The days that share one answer to every question of a kind, by the first of them, and what was answered.

    `valid` are codes in the spellings in which they were found to be valid, `paid` procedures of which one unit is.
    """

    day: dt.date
    answers: dict[Any, Any] = field(default_factory=dict)
    valid: set[str] = field(default_factory=set)
    paid: dict[Setting, set[str]] = field(default_factory=dict)
    quiet_pairs: set[tuple[str, str]] = field(default_factory=set)


class ReferenceFacts:
    """Answers from the reference database, each question once: charts of a batch share most of their codes.

    Between two days on which a release or a code begins or ends, all days have the same answer, so that the first of
    them stands for the others; a day that nothing covers is asked for itself, since the answer names it.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._spans: dict[tuple[str, dt.date], _Span] = {}
        self._of_day: dict[dt.date, dict[str, _Span]] = {}
        # One value, so that threads never see the day of one and the spans of another.
        self._latest: tuple[dt.date | None, dict[str, _Span]] = (None, {})
        # The editor brings its own tables: nothing that is loaded speaks for them, and one span is all days.
        self._editor = _Span(dt.date.min)
        self._loaded: dict[str, Spans] = {}
        self._held = self._held_firsts = 0
        self.build_id = reference.build_id

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        return self._asked(system._value_, on, catalog.validity, system, code)

    def all_valid(self, system: CodeSystem, codes: Collection[str], on: dt.date) -> bool:
        valid = self._span(system._value_, on).valid
        if valid.issuperset(codes):
            return True
        found = [code for code in codes if self.validity(system, code, on).kind is ValidityKind.VALID]
        valid.update(found)
        return len(found) == len(codes)

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return self._asked(_POA, on, _poa_exempt, code)

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        return self._asked(_CM, on, conventions.code_notes, code)

    def exclusion(self, one: str, other: str, on: dt.date) -> Statement | None:
        answers = self._span(_CM, on).answers
        answer: Statement | None = answers.get((one, other), _UNASKED)
        if answer is _UNASKED:
            here, there = self.notes(one, on), self.notes(other, on)
            answer = answers[one, other] = conventions.exclusion(here, there) if here and there else None
            self._held += 1
        return answer

    def quiet_pairs(self, on: dt.date) -> set[tuple[str, str]]:
        pairs = self._span(_CM, on).quiet_pairs
        if len(pairs) >= MOST_ANSWERS:
            pairs.clear()
        return pairs

    def sided(self, code: str, on: dt.date) -> Sided | None:
        return self._asked(_CM, on, _sided, code)

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        source = self._asked(_PTP, on, _pair_source, setting)
        span = self._span(_PTP, on)
        answers, key, found = span.answers, source.key, {}
        for code in codes:
            seconds: frozenset[str] | None = answers.get((key, code))
            if seconds is None:
                seconds = self._seconds_of(source, span, code)
            if not seconds.isdisjoint(codes):
                found[code] = seconds.intersection(codes)
        if not found:
            return Pairs((), source.coverage)
        return ncci.pairs_among(self._reference, source, set().union(*found.values()), on, list(found))

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        answers = self._span(_MUE, on).answers
        answer: Units = answers.get((code, setting), _UNASKED)
        if answer is _UNASKED:
            source = self._asked(_MUE, on, _unit_source, setting)
            answer = answers[code, setting] = ncci.units_of(self._reference, source, code)
            self._held += 1
        return answer

    def one_unit_paid(self, codes: Collection[str], on: dt.date, setting: Setting) -> bool:
        paid = self._span(_MUE, on).paid.setdefault(setting, set())
        if paid.issuperset(codes):
            return True
        found = [code for code in codes if one_unit_of(self.most_units(code, on, setting))]
        paid.update(found)
        return len(found) == len(codes)

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        source = self._asked(_ADD_ON, on, ncci.add_on_source)
        if source.codes.isdisjoint(codes):
            return AddOns({}, source.coverage)
        return ncci.add_ons_among(self._reference, source, codes, on)

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        return self._asked(_MPFS, on, fees.fee_value, code) if self._any_loaded(_MPFS) else None

    def articles(self, code: str, on: dt.date) -> Articles:
        return self._asked(_MCD, on, articles.articles, code)

    def listed(self, of: BillList, code: str, on: dt.date) -> Listed:
        return self._asked(_TABLE_5 if of is BillList.DRG else _UB, on, in_bill_list, of, code)

    def coverage(self, code: str, on: dt.date) -> str:
        details = self._asked(_HCPCS, on, procedures.hcpcs_details, code)
        return details.coverage if details and details.origin.covered else ""

    def modifiers(self, on: dt.date) -> Modifiers:
        return self._asked(_HCPCS, on, procedures.known_modifiers)

    def editor(self, stay: Stay) -> EditorAnswer:
        return self._of_editor(_stay, stay)

    def editor_alone(self, code: str, on: dt.date, age: int) -> EditorAnswer:
        return self._of_editor(_alone, code, on, age)

    def editor_silent(self, codes: Collection[str], on: dt.date, age: int) -> bool:
        silent: set[str] = self._editor.answers.setdefault((on, age), set())
        if silent.issuperset(codes):
            return True
        found = [code for code in codes if not self.editor_alone(normalize(code), on, age).found]
        silent.update(found)
        return len(found) == len(codes)

    def _seconds_of(self, source: PairSource, span: _Span, code: str) -> frozenset[str]:
        """Every code that makes a pair with a column 1 in some load of the source on some day of the span."""
        if self._held_firsts >= MOST_FIRST_CODES:
            self._forget()
        loads = (load for load, first, last in source.loads if first <= code <= last)
        found = [ncci.seconds_of(self._reference, load, code, span.day) for load in loads]
        seconds = span.answers[source.key, code] = found[0] if len(found) == 1 else frozenset().union(*found)
        self._held_firsts += 1
        return seconds

    def _asked(self, kind: str, on: dt.date, function: Callable[..., _T], *question: Any) -> _T:
        """The answer of a function of the database, a question and the day that stands for the day asked about."""
        day, here = self._latest
        span = (here.get(kind) if day is on else None) or self._span(kind, on)
        answer: _T = span.answers.get((function, question), _UNASKED)
        return self._answered(span, function, question) if answer is _UNASKED else answer

    def _of_editor(self, function: Callable[..., _T], *question: Any) -> _T:
        answer: _T = self._editor.answers.get((function, question), _UNASKED)
        return self._answered(self._editor, function, question) if answer is _UNASKED else answer

    def _answered(self, span: _Span, function: Callable[..., _T], question: tuple[Any, ...]) -> _T:
        if self._held >= MOST_ANSWERS:
            self._forget()
        answer = span.answers[function, question] = function(self._reference, *question, span.day)
        self._held += 1
        return answer

    def _span(self, kind: str, on: dt.date) -> _Span:
        """The span that a day lies in, of a code system or a kind of file."""
        day, here = self._latest
        if day is not on:
            here = self._of_day.setdefault(on, {})
            self._latest = on, here
        span = here.get(kind)
        if span is None:
            first = self._spans_loaded(kind).stand_in(on)
            span = here[kind] = self._spans.setdefault((kind, first), _Span(first))
            self._held += 1
        return span

    def _spans_loaded(self, kind: str) -> Spans:
        if kind not in self._loaded:
            self._loaded[kind] = spans(self._reference, kind)
        return self._loaded[kind]

    def _any_loaded(self, kind: str) -> bool:
        return bool(self._spans_loaded(kind).periods)

    def _forget(self) -> None:
        """Begin anew; spans in use by a question keep their answers until it is answered."""
        self._spans.clear()
        self._of_day.clear()
        self._editor = _Span(dt.date.min)
        self._latest = None, {}
        self._held = self._held_firsts = 0


_UNASKED: Any = object()


def one_unit_of(units: Units) -> bool:
    """Whether one unit of a procedure is let through by a complete list."""
    return units.coverage.complete and (units.most is None or units.most.units >= 1)


def _poa_exempt(reference: Reference, code: str, on: dt.date) -> bool | None:
    return poa.is_exempt(reference, normalize(code), on)


def _sided(reference: Reference, code: str, on: dt.date) -> Sided | None:
    return laterality.sided(reference, normalize(code), on)


def _pair_source(reference: Reference, setting: Setting, on: dt.date) -> PairSource:
    return ncci.pair_source(reference, on, setting)


def _unit_source(reference: Reference, setting: Setting, on: dt.date) -> UnitSource:
    return ncci.unit_source(reference, on, setting)


def _alone(_: Reference, code: str, on: dt.date, age: int, first: dt.date) -> EditorAnswer:
    return mce.edit(mce.alone(code, on, age))


def _stay(_: Reference, stay: Stay, first: dt.date) -> EditorAnswer:
    return mce.edit(stay)


_kept: WeakKeyDictionary[Reference, ReferenceFacts] = WeakKeyDictionary()


def facts_of(reference: Reference) -> ReferenceFacts:
    """The facts of an open reference database, kept as long as it is the same build: a chart is checked at each key."""
    reference.refresh()
    facts = _kept.get(reference)
    if facts is None or facts.build_id != reference.build_id:
        facts = _kept[reference] = ReferenceFacts(reference)
    return facts
