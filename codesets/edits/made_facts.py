"""Facts that an example of a rule makes up: what it does not name is valid, says nothing, and is loaded as a whole.

So a rule can be tried on any machine, whatever is loaded there, and without a licensed code.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from codesets.articles import Articles, CoverageArticle
from codesets.bill_codes import BillList, Listed
from codesets.catalog import Code, Validity, ValidityKind, normalize
from codesets.conventions import CodeNotes, Span, Statement, exclusion
from codesets.edits.facts import one_unit_of
from codesets.fees import FeeValue
from codesets.laterality import Family, Side, Sided
from codesets.mce import EditorAnswer, EditorFinding, Stay, alone
from codesets.ncci import AddOnRule, AddOns, Coverage, MostUnits, PairEdit, Pairs, Setting, Units
from codesets.notes import NoteKind
from codesets.origin import Origin
from codesets.procedures import Modifiers
from codesets.releases import CodeSystem, Release

_SIGNS = string.ascii_uppercase + string.digits
WHOLE = Coverage("2026 Q3", complete=True)
NOTHING = Coverage("", complete=False, warning="No edits are loaded.")
EDITION = Origin(1, "2026 Q3", covered=True)

# Every pair of letters and digits but ZZ.
MODIFIERS = Modifiers(frozenset(map("".join, product(_SIGNS, repeat=2))) - {"ZZ"}, complete=True, edition="2026")

_LONG_AGO = dt.date(1996, 1, 1)


def all_valid(system: CodeSystem, code: str) -> Validity:
    return Validity(ValidityKind.VALID, f"{code} is valid.")


@dataclass(frozen=True)
class MadeFacts:
    """`exempt` are the POA-exempt codes, None where no list is loaded. `editor_says` are names of MCE edits by code.

    `not_listed` are codes of a bill that their list lacks, by its name; `lists_missing` says that none is loaded.
    """

    valid: Callable[[CodeSystem, str], Validity] = all_valid
    exempt: frozenset[str] | None = None
    coverage_of_edits: Coverage = WHOLE
    edits: tuple[PairEdit, ...] = ()
    most: Mapping[str, MostUnits] = field(default_factory=dict)
    rules: Mapping[str, AddOnRule] = field(default_factory=dict)
    fees: Mapping[str, FeeValue] = field(default_factory=dict)
    tabular: Mapping[str, CodeNotes] = field(default_factory=dict)
    sides: Mapping[str, Sided] = field(default_factory=dict)
    article_list: Articles = Articles()
    listing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    coverage_codes: Mapping[str, str] = field(default_factory=dict)
    editor_says: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    editor_warning: str = ""
    known_modifiers: Modifiers = MODIFIERS
    not_listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lists_missing: bool = False

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        return self.valid(system, code)

    def all_valid(self, system: CodeSystem, codes: Collection[str], on: dt.date) -> bool:
        return all(self.valid(system, code).kind is ValidityKind.VALID for code in codes)

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return None if self.exempt is None else normalize(code) in self.exempt

    def notes(self, code: str, on: dt.date) -> CodeNotes | None:
        return self.tabular.get(normalize(code))

    def exclusion(self, one: str, other: str, on: dt.date) -> Statement | None:
        here, there = self.notes(one, on), self.notes(other, on)
        return exclusion(here, there) if here and there else None

    def sided(self, code: str, on: dt.date) -> Sided | None:
        return self.sides.get(normalize(code))

    def pairs(self, codes: Collection[str], on: dt.date, setting: Setting) -> Pairs:
        return Pairs(tuple(e for e in self.edits if {e.column1, e.column2} <= set(codes)), self.coverage_of_edits)

    def most_units(self, code: str, on: dt.date, setting: Setting) -> Units:
        return Units(self.most.get(code), self.coverage_of_edits)

    def add_ons(self, codes: Collection[str], on: dt.date) -> AddOns:
        return AddOns({code: rule for code, rule in self.rules.items() if code in codes}, self.coverage_of_edits)

    def fee(self, code: str, on: dt.date) -> FeeValue | None:
        return self.fees.get(code)

    def articles(self, code: str, on: dt.date) -> Articles:
        naming = tuple(one for one in self.article_list.found if code in self.listing.get(one.number, ()))
        return replace(self.article_list, found=naming)

    def listed(self, of: BillList, code: str, on: dt.date) -> Listed:
        if self.lists_missing:
            return Listed(None, f"No list of {of.value} codes is loaded.")
        return Listed(code not in self.not_listed.get(of.value, ()))

    def coverage(self, code: str, on: dt.date) -> str:
        return self.coverage_codes.get(code, "")

    def modifiers(self, on: dt.date) -> Modifiers:
        return self.known_modifiers

    def editor(self, stay: Stay) -> EditorAnswer:
        codes = ("", stay.principal, *stay.secondary, *stay.procedures, stay.admitting)
        found = (EditorFinding(edit, code) for code in dict.fromkeys(codes) for edit in self.editor_says.get(code, ()))
        return EditorAnswer(tuple(found), self.editor_warning)

    def editor_alone(self, code: str, on: dt.date, age: int) -> EditorAnswer:
        return self.editor(alone(code, on, age))

    def quiet_pairs(self, on: dt.date) -> set[tuple[str, str]]:
        return set()

    def one_unit_paid(self, codes: Collection[str], on: dt.date, setting: Setting) -> bool:
        return all(one_unit_of(self.most_units(code, on, setting)) for code in codes)

    def editor_silent(self, codes: Collection[str], on: dt.date, age: int) -> bool:
        return not any(self.editor_alone(normalize(code), on, age).found for code in codes)


def made_facts(known: Mapping[str, Any]) -> MadeFacts:
    """The facts that the table of an example names.

    `headers` code to proposed code; `unknown`, `unanswered` and `uncovered` codes, `unlisted` ones that the nearest
    release lacks too; `exempt` codes; `pairs` lists of
    column 1, column 2 and indicator; `units` code to most units and indicator; `add_ons` code to primaries, or to an
    empty list where the contractor decides; `fees` code to fields; `notes` lists of code, kind and the code it names;
    `sides` code to side and name of the family; `articles` number to codes, covered and noncovered; `coverage` code to
    coverage code; `editor` code to edits; `missing` names what is not loaded: edits, articles, editor, modifiers.
    Raises KeyError or ValueError for a table that is none of these.
    """
    if unknown := set(known) - _KNOWN:
        raise ValueError(f"no fact is called {min(unknown)}")
    missing = set(known.get("missing", ()))
    return MadeFacts(
        valid=_validity(known),
        exempt=frozenset(map(normalize, known["exempt"])) if "exempt" in known else None,
        coverage_of_edits=NOTHING if "edits" in missing else WHOLE,
        edits=tuple(
            PairEdit(one, two, _LONG_AGO, None, mark, "misuse of column two")
            for one, two, mark in known.get("pairs", ())
        ),
        most={
            code: MostUnits(code, most, mark, "anatomic consideration")
            for code, (most, mark) in known.get("units", {}).items()
        },
        rules={
            code: AddOnRule(code, tuple(primaries), not primaries, (1 if primaries else 2,), ())
            for code, primaries in known.get("add_ons", {}).items()
        },
        fees={code: _fee(code, **fields) for code, fields in known.get("fees", {}).items()},
        tabular=_tabular(known.get("notes", ())),
        sides=_sides(known.get("sides", {})),
        article_list=Articles(
            () if "articles" in missing else tuple(_article(number, *lists) for number, lists in _articles(known)),
            "No coverage articles are loaded." if "articles" in missing else "",
        ),
        listing={number: frozenset(lists[0]) for number, lists in _articles(known)},
        coverage_codes=dict(known.get("coverage", {})),
        editor_says={normalize(code): tuple(edits) for code, edits in known.get("editor", {}).items()},
        known_modifiers=replace(MODIFIERS, complete=False) if "modifiers" in missing else MODIFIERS,
        editor_warning="The Medicare Code Editor is not installed." if "editor" in missing else "",
    )


_CODES = {"headers", "unknown", "unanswered", "uncovered", "unlisted", "exempt", "notes", "sides", "editor"}
_KNOWN = _CODES | {"pairs", "units", "add_ons", "fees", "articles", "coverage", "missing"}


def _validity(known: Mapping[str, Any]) -> Callable[[CodeSystem, str], Validity]:
    headers = {normalize(code): proposed for code, proposed in known.get("headers", {}).items()}
    unlisted = set(map(normalize, known.get("unlisted", ())))
    kinds = {
        normalize(code): kind
        for name, kind in (
            ("unknown", ValidityKind.UNKNOWN),
            ("unanswered", ValidityKind.COULD_NOT_CHECK),
            ("uncovered", ValidityKind.NOT_COVERED),
        )
        for code in known.get(name, ())
    }

    def answer(system: CodeSystem, code: str) -> Validity:
        plain = normalize(code)
        if plain in headers:
            proposed = Code(system, normalize(headers[plain]), "title", True, 0, plain, 1)
            return Validity(ValidityKind.HEADER, f"{code} is a header.", proposed=proposed)
        if plain in unlisted:
            whole = Release(1, system, "a made-up release", _LONG_AGO, dt.date(1996, 12, 31), True, "", "", "")
            return Validity(ValidityKind.NOT_COVERED, f"{code} was asked of another year.", release=whole)
        kind = kinds.get(plain, ValidityKind.VALID)
        return Validity(kind, f"{code} is {kind.value}.")

    return answer


def _fee(code: str, **fields: str) -> FeeValue:
    """A line of the fee schedule: an ordinary visit but for the fields given."""
    indicators = {"status": "A", "global_days": "XXX", "pctc": "0", "multiple": "0", "bilateral": "0"}
    indicators |= {"assistant": "2", "cosurgeon": "0", "team": "0"} | fields
    numbers = dict.fromkeys(("work", "nonfacility_total", "facility_total", "conversion_factor"))
    return FeeValue(code=code, modifier="", origin=EDITION, **indicators, **numbers)  # type: ignore[arg-type]  # by their names


def _tabular(notes: Collection[Collection[str]]) -> dict[str, CodeNotes]:
    """Codes with their notes; a code's position is its rank among the codes named here."""
    codes = sorted({normalize(code) for one, _, other in notes for code in (one, other)})
    place = {code: rank for rank, code in enumerate(codes)}
    found: dict[str, list[Statement]] = {code: [] for code in codes}
    for one, kind, other in notes:
        span = Span(place[normalize(other)], place[normalize(other)])
        found[normalize(one)].append(Statement(NoteKind(kind), f"see {other}", one, len(one), (span,)))
    return {code: CodeNotes(code, place[code], tuple(statements)) for code, statements in found.items()}


def _sides(sides: Mapping[str, Collection[str]]) -> dict[str, Sided]:
    members: dict[str, dict[Side, str]] = {}
    for code, (side, family) in sides.items():
        members.setdefault(family, {})[Side(side)] = normalize(code)
    return {
        normalize(code): Sided(Side(side), Family(family, members[family])) for code, (side, family) in sides.items()
    }


def _articles(known: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(known.get("articles", {}).items())


def _article(number: str, _: list[str], covered: list[str], noncovered: list[str]) -> CoverageArticle:
    plain = (frozenset(map(normalize, codes)) for codes in (covered, noncovered))
    return CoverageArticle(number, "1", "a made-up article", ("00000",), *plain)
