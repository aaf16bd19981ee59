"""What the entry line says of a line that Enter carries out: what it will do, to which rows, and what may follow.

Everything here is text in, rows out; `Tab` puts the row under the cursor into the line, Enter carries the line out.
Words are no such line: they are searched, and their matches are shown (`matching`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from codesets import catalog
from codesets.catalog import Reference
from codesets.releases import CodeSystem
from codesets.service_lines import title_on_line
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine, apply_entry, row_with, rows_changed
from store.coding.entry import (
    AddDiagnosis,
    AddProcedure,
    ChangeDiagnosis,
    ChangeLine,
    Entry,
    EntryError,
    ForEach,
    Move,
    PointAll,
    Remove,
    RemoveCode,
    ReplaceDiagnosis,
    ReplaceLine,
    Search,
    line_letter,
)
from store.coding.lookup import with_role_of_code
from store.queries.charts import ChartHead
from store.terms import in_words
from tui.money import dollars
from tui.screens.chart.matching import parse_line
from tui.widgets.row_table import Column

Completion = tuple[str, str]
"""What Tab puts into the line in place of the last word, empty for a row that only tells; and what it means."""


@dataclass(frozen=True)
class Outcome:
    """What Enter will do with a line: a verb and what it is done to; both empty for a line that will be refused."""

    verb: str = ""
    what: str = ""

    @property
    def told(self) -> str:
        return f"Enter {self.verb}s {self.what}" if self.verb else "not carried out"


COMPLETION_COLUMNS = (Column("", 0, lambda row: f" {row[0]:<13} {row[1]}" if row[0] else f" {row[1]}"),)

_ROWS_OF_DIAGNOSES = re.compile(r"\d{1,2}(?:[-,]\d{1,2})*")
_ROWS_OF_LINES = re.compile(r"[a-z](?:[-,][a-z])*")
MOST = 10
ROLES = (
    ("p", "principal or first-listed diagnosis"),
    ("a", "admitting diagnosis"),
    ("r", "reason for the visit (up to three)"),
    ("e", "external cause"),
    ("s", "secondary diagnosis"),
)
PRESENT = (
    ("y", "present on admission"),
    ("n", "not present on admission"),
    ("u", "the documents do not say"),
    ("w", "clinically undetermined"),
    ("1", "exempt from POA"),
)
PARTS = (
    ("-", "modifiers: -25 -59, four at most; - alone takes them away"),
    ("1,2", "pointers to diagnoses, four at most"),
    ("x2", "units"),
    ("$12.50", "charge"),
    ("@", "day of service: @2026-09-14"),
    ("by ", "who performed it: by and the beginning of a name"),
    ("ndc", "drug and quantity: ndc00093-7214-10/ml2.5"),
    ("r", "revenue code: r0636"),
)


def outcome(
    reference: Reference, text: str, head: ChartHead, codes: Codes, defaults: Defaults
) -> tuple[Outcome | None, list[Completion]]:
    """What Enter will do with a line, and the rows that tell the rest; None and no rows for words that are searched."""
    entry = _entry(reference, text, head)
    if isinstance(entry, Search):
        return None, []
    rows = completions(reference, text, head, codes, defaults)
    if entry is None:
        return Outcome(), rows
    try:
        after, _ = apply_entry(codes, entry, defaults)
    except EntryError as error:
        return Outcome(), rows or [("", told(error))]
    rows = rows or [("", _title(reference, entry, head))]
    if not isinstance(entry, AddProcedure):
        return _outcome(entry, codes, defaults), rows
    added = after.lines[-1]
    does = _outcome(entry, codes, defaults)
    priced = replace(does, what=f"{does.what} {dollars(added.charge_cents)}") if added.charge_cents else does
    return priced, [*_beside(codes, entry, added, defaults), *rows][:MOST]


def _beside(codes: Codes, entry: AddProcedure, added: ProcedureLine, defaults: Defaults) -> list[Completion]:
    """The lines that have the code of a new one already, each with its change; else the posted charge that it is of."""
    change = "".join(f" -{modifier.lower()}" for modifier in entry.modifiers) or " -25"
    change = f"{change} x{entry.units}" if entry.units else change
    present = [
        ("", f"line {line_letter(n)} has it already, {dollars(line.charge_cents)}: {line_letter(n)}{change} changes it")
        for n, line in enumerate(codes.lines, 1)
        if line.system == added.system and line.code == added.code
    ]
    posted = defaults.posted_as(codes.lines, added)
    if present or posted is None:
        return present
    does = "is billed with its units and charge" if posted.kept else "gives place to this line"
    return [("", f"the posted {posted.code} x{posted.units} {dollars(posted.cents)} {does}")]


def completions(reference: Reference, text: str, head: ChartHead, codes: Codes, defaults: Defaults) -> list[Completion]:
    """What may follow what is typed, the effect of a change first; empty for words and for a code alone."""
    words = text.lstrip("+").split(" ")
    entry = _entry(reference, text, head)
    if isinstance(entry, Search):
        return []
    effect = _effect(codes, entry, defaults) if entry is not None else []
    kind = _kind(reference, words[0].lower(), head)
    last = words[-1].lower() if len(words) > 1 else ""
    if len(words) < 2 or not kind:
        return effect[:MOST]
    parts = _parts(reference, kind, words, last, head, defaults)
    return [*effect, *parts][:MOST] or [("", _said_of(codes, entry, defaults))]


def completed(text: str, completion: Completion) -> str:
    """The line with a completion in place of its last word; unchanged for a row that only tells."""
    insert, _ = completion
    if not insert:
        return text
    kept, _, _ = text.rpartition(" ")
    end = "" if insert.endswith((" ", "-", "@", "ndc")) or insert == "r" else " "
    return f"{kept} {insert}{end}".lstrip()


def told(error: EntryError) -> str:
    """What is wrong with a line and what can stand there, as the line below says it after Enter."""
    return f"{error.message.rstrip('.')}.{f'  {error.remedy}' if error.remedy else ''}"


def _said_of(codes: Codes, entry: Entry | None, defaults: Defaults) -> str:
    """What Enter will do with a line behind which nothing more is offered."""
    if entry is None:
        return "this word cannot stand here"
    try:
        apply_entry(codes, entry, defaults)
    except EntryError as error:
        return told(error)
    return "nothing more is needed"


def _outcome(entry: Entry, codes: Codes, defaults: Defaults) -> Outcome:
    """What a line does that can be carried out."""
    match entry:
        case AddDiagnosis(code=code, role=role, poa=poa):
            parts = (defaults.dotted(code), f"as {in_words(role)}" if role else "", poa and f"POA {poa}")
            return Outcome("add", " ".join(filter(None, parts)))
        case AddProcedure(code=code, modifiers=modifiers, units=units):
            return Outcome("add", "-".join((code, *modifiers)) + (f" x{units}" if units else ""))
        case Remove(line=line, sequence=sequence):
            return Outcome("remove", _rows_named(line, (sequence,)))
        case RemoveCode(code=code):
            return Outcome("remove", defaults.dotted(code))
        case Move(line=line, source=source, target=target):
            return Outcome("move", f"{_rows_named(line, (source,))} to {_named(line, target)}")
        case ReplaceDiagnosis(sequence=sequence, code=code):
            return Outcome("replace", f"{_rows_named(False, (sequence,))} with {defaults.dotted(code)}")
        case ReplaceLine(sequence=sequence, code=code):
            return Outcome("replace", f"{_rows_named(True, (sequence,))} with {code}")
        case ForEach(line=line, change=change):
            rows = tuple(rows_changed(codes, entry))
            return Outcome("remove" if isinstance(change, Remove) else "change", _rows_named(line, rows))
        case ChangeDiagnosis(sequence=sequence):
            return Outcome("change", _rows_named(False, (sequence,)))
        case ChangeLine(sequence=sequence):
            return Outcome("change", _rows_named(True, (sequence,)))
        case PointAll(pointers=pointers):
            return Outcome(
                "point", f"lines without pointers to {','.join(map(str, pointers)) or 'the first diagnoses'}"
            )
    return Outcome("change", "the codes")


def _rows_named(line: bool, sequences: tuple[int, ...]) -> str:
    """Rows in words: `diagnosis 6`, `lines a, c`."""
    kind = ("line", "lines") if line else ("diagnosis", "diagnoses")
    return f"{kind[len(sequences) > 1]} {', '.join(_named(line, one) for one in sequences)}"


def _title(reference: Reference, entry: Entry, head: ChartHead) -> str:
    """The title of the code that a line adds."""
    if not isinstance(entry, AddDiagnosis | AddProcedure):
        return "nothing more is needed"
    system = CodeSystem.ICD10CM.value if isinstance(entry, AddDiagnosis) else entry.system
    title = title_on_line(reference, system, entry.code, date.fromisoformat(head.service_date))
    return title or "its title is not loaded"


def _entry(reference: Reference, text: str, head: ChartHead) -> Entry | None:
    try:
        return with_role_of_code(head, parse_line(reference, text, head))
    except EntryError:
        return None


def _kind(reference: Reference, first: str, head: ChartHead) -> str:
    """Whether a line is about a diagnosis or a procedure line, by its first word; empty for neither."""
    if _ROWS_OF_DIAGNOSES.fullmatch(first):
        return "diagnosis"
    if _ROWS_OF_LINES.fullmatch(first):
        return "line"
    match _entry(reference, first, head):
        case AddDiagnosis():
            return "diagnosis"
        case AddProcedure():
            return "line"
    return ""


def _parts(
    reference: Reference, kind: str, words: list[str], last: str, head: ChartHead, defaults: Defaults
) -> list[Completion]:
    if kind == "diagnosis":
        options = (*ROLES, *(PRESENT if head.inpatient else ()))
        return [(key, meaning) for key, meaning in options if key.startswith(last) and key not in words[1:-1]]
    if len(words) > 2 and words[-2].lower() == "by":
        names = [one for one in defaults.performers if any(w.startswith(last) for w in one.name.lower().split())]
        return [(_called(one.name), f"{one.name}  {one.npi}") for one in names]
    if last.startswith("-"):
        typed = last.rpartition("-")
        known = catalog.modifiers(reference, date.fromisoformat(head.service_date))
        found = [(m, meaning) for m, meaning in known.items() if m.lower().startswith(typed[2])]
        return [(f"{typed[0]}-{modifier.lower()}", meaning) for modifier, meaning in found]
    return [(key, meaning) for key, meaning in PARTS if not last or key.startswith(last)]


def _called(name: str) -> str:
    """The family name as a line can name it: one word of small letters."""
    return name.split(",")[0].split()[-1].lower()


def _effect(codes: Codes, entry: Entry, defaults: Defaults) -> list[Completion]:
    """What a change or removal would make of each row it is about; empty for additions."""
    changes = ChangeDiagnosis | ChangeLine | ForEach | Remove | RemoveCode | ReplaceDiagnosis | ReplaceLine
    if not isinstance(entry, changes | Move | PointAll):
        return []
    try:
        after, _ = apply_entry(codes, entry, defaults)
    except EntryError as error:
        return [("", told(error))]
    if isinstance(entry, Remove) or isinstance(entry, ForEach) and isinstance(entry.change, Remove):
        gone = entry.sequences if isinstance(entry, ForEach) else (entry.sequence,)
        return [("", f"takes {told_of} away") for told_of in _rows_told(codes, entry.line, gone)]
    if isinstance(entry, Move):
        return [
            ("", f"{told_of} → {_named(entry.line, entry.target)}")
            for told_of in _rows_told(codes, entry.line, (entry.source,))
        ]
    if isinstance(entry, RemoveCode):
        row = row_with(codes, entry.code)
        return [("", f"takes {told_of} away") for told_of in _rows_told(codes, row.line, (row.sequence,))]
    pairs = [*_changes(False, codes.diagnoses, after.diagnoses), *_changes(True, codes.lines, after.lines)]
    return pairs or [("", "changes nothing")]


def _rows_told(codes: Codes, line: bool, sequences: tuple[int, ...]) -> list[str]:
    """Those of the named rows that are there, each with its number or letter."""
    rows: Sequence[Diagnosis | ProcedureLine] = codes.lines if line else codes.diagnoses
    return [f"{_named(line, n)} {_told(rows[n - 1])}" for n in sequences if 1 <= n <= len(rows)]


def _changes(
    line: bool, before: Sequence[Diagnosis | ProcedureLine], after: Sequence[Diagnosis | ProcedureLine]
) -> list[Completion]:
    pairs = enumerate(zip(before, after, strict=True), 1)
    return [
        ("", f"{_named(line, n):>2} {old.code:<8}  {_difference(old, new)}") for n, (old, new) in pairs if old != new
    ]


def _difference(old: Diagnosis | ProcedureLine, new: Diagnosis | ProcedureLine) -> str:
    """The parts of a row that would be others: `x1 → x2, – → 1,2`."""
    if old.code != new.code:
        return f"→ {_told(new)}"
    pairs = zip(_parts_of(old), _parts_of(new), strict=True)
    return ", ".join(f"{was or '–'} → {now or '–'}" for was, now in pairs if was != now)


def _named(line: bool, sequence: int) -> str:
    return line_letter(sequence) if line else str(sequence)


def _told(code: Diagnosis | ProcedureLine) -> str:
    """A row in one line: the code and all that stands with it."""
    return " ".join(filter(None, (code.code, *_parts_of(code))))


def _parts_of(code: Diagnosis | ProcedureLine) -> tuple[str, ...]:
    """What stands with a code, as it is typed; empty for what does not."""
    if isinstance(code, Diagnosis):
        return in_words(code.role), code.poa
    return (
        "".join(f"-{modifier}" for modifier in code.modifiers),
        f"x{code.units}",
        ",".join(map(str, code.pointers)),
        dollars(code.charge_cents),
        code.service_date or "",
        f"by {code.performer_npi}" if code.performer_npi else "",
        f"ndc{code.ndc} {code.ndc_quantity}".rstrip() if code.ndc else "",
        f"r{code.revenue_code}" if code.revenue_code else "",
    )
