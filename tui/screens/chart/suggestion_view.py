"""What the suggestions screen shows, as values and lines: rows, the document with its span, the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from codesets.suggest import Note, Suggester, Suggestion, Suggestions, Withheld
from store.coding.codes import Codes
from store.queries.charts import ChartDocument, ChartHead
from store.queries.suggestions import Rejected
from tui.cells import Line, wrap
from tui.widgets.row_table import Column

_BEGIN, _END = "\ue000", "\ue001"
"""Marks around a span while its text is wrapped: private characters, which no document keeps."""


@dataclass(frozen=True)
class Row:
    """A suggestion and what has become of it: taken, rejected with a reason, or neither."""

    suggestion: Suggestion
    taken: bool = False
    rejected: Rejected | None = None

    @property
    def code(self) -> str:
        """The code as it is printed."""
        return self.suggestion.dotted

    @property
    def mark(self) -> str:
        """The mark of the row: taken, rejected, or something is not documented."""
        return "✓" if self.taken else "x" if self.rejected else "?" if self.suggestion.missing else ""


COLUMNS = (
    Column[Row]("", 2, lambda row: " " + row.mark, style=lambda row: "good" if row.taken else _style(row)),
    Column[Row]("", 9, lambda row: row.code, style=lambda row: _style(row, "strong")),
    Column[Row]("", 0, lambda row: row.suggestion.title, "ends", style=lambda row: _style(row)),
    Column[Row]("", 14, lambda row: _where(row), style=lambda row: "dim"),
)

LEFT_OUT_COLUMNS = (
    Column[Withheld]("", 10, lambda row: " " + row.dotted, style=lambda row: "dim"),
    Column[Withheld]("", 0, lambda row: row.title, "ends", style=lambda row: "dim"),
    Column[Withheld]("", 28, lambda row: row.why),
)


def suggest(suggester: Suggester, documents: Sequence[ChartDocument], head: ChartHead) -> Suggestions:
    """Suggestions for the documents of a chart on its day of service."""
    notes = [Note(document.text, document.type_name) for document in documents]
    return suggester.suggest_chart(notes, date.fromisoformat(head.service_date), head.inpatient)


def rows(found: Suggestions, codes: Codes, rejected: dict[str, Rejected]) -> list[Row]:
    """The suggestions with what has become of each; what is rejected stands at the end."""
    coded = {diagnosis.code for diagnosis in codes.diagnoses}
    made = [Row(one, one.dotted in coded, rejected.get(one.dotted)) for one in found.codes]
    return sorted(made, key=lambda row: row.rejected is not None and not row.taken)


def why_lines(row: Row | Withheld, place: int, width: int) -> list[Line]:
    """Why a code is suggested, what is missing, and the words; `place` is the evidence in sight, from 0."""
    if isinstance(row, Withheld):
        return _wrapped(row.title, width, "text") + _wrapped(f"left out: {row.why}", width, "warning")
    suggestion = row.suggestion
    lines = _wrapped(suggestion.title, width, "text")
    if row.rejected:
        by = f" by {row.rejected.by}" if row.rejected.by else ""
        lines += _wrapped(f"rejected{by}: {row.rejected.reason}", width, "warning")
    lines += _wrapped(_why(suggestion, place), width, "dim")
    for missing in suggestion.missing:
        lines += _wrapped(f"not documented: {missing.what}. {missing.ask} Q asks the provider.", width, "warning")
    return lines


class Span(Protocol):
    """A stretch of a text: from the first character to the one behind the last, from 0."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def span_lines(document: ChartDocument, evidence: Span | None, width: int) -> list[Line]:
    """A document wrapped for a width, the words of the evidence in the style of a match."""
    text = document.text.replace(_BEGIN, "\ufffd").replace(_END, "\ufffd")
    if evidence is not None:
        text = text[: evidence.start] + _BEGIN + text[evidence.start : evidence.end] + _END + text[evidence.end :]
    lines: list[Line] = []
    inside = False
    for part in wrap(text.strip("\n"), width - 2):
        line: list[tuple[str, str]] = [(" ", "text")]
        for piece in _pieces(part):
            if piece in (_BEGIN, _END):
                inside = piece == _BEGIN
            elif piece:
                line.append((piece, "match" if inside else "text"))
        lines.append(tuple(line))
    return lines


def line_of_span(lines: Sequence[Line]) -> int:
    """The first line with words in the style of a match; 0 where there is none."""
    return next((number for number, line in enumerate(lines) if any(style == "match" for _, style in line)), 0)


def _pieces(text: str) -> list[str]:
    """The text cut before and after the marks."""
    found, rest = [], text
    while place := min((rest.find(mark) for mark in (_BEGIN, _END) if mark in rest), default=-1) + 1:
        found += [rest[: place - 1], rest[place - 1]]
        rest = rest[place:]
    return [*found, rest]


def _why(suggestion: Suggestion, place: int) -> str:
    evidence = suggestion.evidence[place % len(suggestion.evidence)]
    parts = [f"{suggestion.kind}: {suggestion.term}", f"in {evidence.section}", *suggestion.reasons, *evidence.cues]
    return " · ".join(dict.fromkeys(parts))


def _wrapped(text: str, width: int, style: str) -> list[Line]:
    return [((" ", "text"), (part, style)) for part in wrap(text, max(width - 2, 8))]


def _where(row: Row) -> str:
    return row.rejected.reason if row.rejected else row.suggestion.evidence[0].section


def _style(row: Row, style: str = "text") -> str:
    return "dim" if row.taken or row.rejected else style
