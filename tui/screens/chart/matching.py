"""What the entry line of a chart finds: codes by words, favorites, 7th characters, as rows to choose from.

Everything here runs in the thread of the code sets and knows of no widget.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from codesets.catalog import Reference, descendants, find
from codesets.releases import CodeSystem
from codesets.search import Engine, Why
from codesets.service_lines import line_system
from codesets.seventh import Seventh, seventh_characters
from store.coding.entry import AddDiagnosis, AddProcedure, Entry, parse
from store.coding.lookup import system_of
from store.queries.charts import ChartHead
from store.queries.favorites import Favorite
from store.terms import CodingKind
from tui.screens.desk import WIDE
from tui.widgets.row_table import Column

FAVORITES_KEY = "="
MOST_FAVORITES = 50
MATCHES = 8
MOST_BELOW = 60
_INCOMPLETE = re.compile(r"[A-Za-z](?:\d[0-9A-Za-z]|[A-Za-z]\d)\.?[0-9A-Za-z]{0,3}")
"""A code of ICD-10-CM with fewer than seven characters."""


class MatchRow(NamedTuple):
    """A match of the entry line."""

    dotted: str
    title: str
    why: str
    system: str
    code: str
    unmet: str = ""
    """The words that it does not answer."""
    read_as: str = ""
    """Those that it only begins with, or that were read as others."""
    header: bool = False
    """Whether it cannot be reported: the codes below it can."""
    refused: str = ""
    """Why Enter will not take it; empty where it will."""


_KINDS = {"icd10cm": "dx", "icd10pcs": "PCS", "cpt": "CPT"}
MATCH_COLUMNS = (
    Column("", 9, lambda row: " " + row.dotted, style=lambda row: "strong"),
    Column("", 0, lambda row: row.title, align="ends"),
    Column("", 44, lambda row: row.why, style=lambda row: "dim", from_width=WIDE),
    Column("", 5, lambda row: _KINDS.get(row.system, "HCPCS"), style=lambda row: "dim"),
)


def parse_line(reference: Reference, text: str, head: ChartHead) -> Entry:
    """What an entry line means on the day of the chart. Raises EntryError."""
    on = date.fromisoformat(head.service_date)
    return parse(text, lambda code: system_of(reference, code, on))


def matches(engine: Engine, words: str, head: ChartHead) -> list[MatchRow]:
    """The best codes for what is typed: diagnoses, procedures of HCPCS and CPT, and PCS on an inpatient stay."""
    systems = [CodeSystem.ICD10CM, CodeSystem.HCPCS, CodeSystem.CPT]
    if head.kind == CodingKind.FACILITY and head.inpatient:
        systems.append(CodeSystem.ICD10PCS)
    hits = engine.search(words, systems, date.fromisoformat(head.service_date), MATCHES)
    return [
        MatchRow(
            hit.dotted,
            hit.title,
            hit.why.text(),
            hit.system.value,
            hit.code,
            ", ".join(hit.why.unmet),
            _read_as_others(hit.why),
            header=not hit.billable,
        )
        for hit in hits
    ]


def _read_as_others(why: Why) -> str:
    """The words that a match does not name as they were typed: those that it only begins with, and typing errors."""
    begun = [(typed, used) for typed, used in why.completed if used.startswith(typed) and used not in _plurals(typed)]
    return ", ".join(f"{typed} as {used}" for typed, used in (*why.corrected, *begun))


def _plurals(word: str) -> tuple[str, ...]:
    return f"{word}s", f"{word}es"


def favorite_matches(
    reference: Reference, favorites: Sequence[Favorite], wanted: Sequence[str], head: ChartHead
) -> list[MatchRow]:
    """The favorites that have every word in code, title, note or list and are codes on the day of the chart."""
    on = date.fromisoformat(head.service_date)
    rows: list[MatchRow] = []
    for favorite in favorites:
        found = find(reference, favorite.system, favorite.code, on)
        text = f"{favorite.code} {favorite.note} {favorite.list_name} {found.title if found else ''}".lower()
        if found and found.billable and all(word in text for word in wanted):
            why = f"{favorite.list_name}: {favorite.note}" if favorite.note else favorite.list_name
            rows.append(MatchRow(found.dotted, found.title, why, favorite.system.value, found.code))
    return rows[:MOST_FAVORITES]


def codes_below(reference: Reference, system: CodeSystem, code: str, head: ChartHead) -> list[MatchRow]:
    """The complete codes below a header on the day of the chart; empty for a code that is complete itself."""
    found = find(reference, system, code, date.fromisoformat(head.service_date))
    if found is None or found.billable:
        return []
    below = [one for one in descendants(reference, found) if one.billable][:MOST_BELOW]
    return [MatchRow(one.dotted, one.title, f"below {found.dotted}", system.value, one.code) for one in below]


def sevenths(reference: Reference, text: str, head: ChartHead) -> list[Seventh]:
    """The 7th characters of the code that a line begins with, where nothing else is missing from it."""
    if not may_want_seventh(text):
        return []
    return seventh_characters(reference, _first_word(text), date.fromisoformat(head.service_date))


def may_want_seventh(text: str) -> bool:
    """Whether a line begins with what has the shape of a code that has no 7th character yet."""
    return bool(_INCOMPLETE.fullmatch(_first_word(text)))


def _first_word(text: str) -> str:
    return text.strip().lstrip("+").split(" ")[0]


def entry_for(system: CodeSystem, code: str) -> Entry:
    """The entry that adds a code that was found."""
    if system is CodeSystem.ICD10CM:
        return AddDiagnosis(code)
    return AddProcedure(line_system(system).value, code)
