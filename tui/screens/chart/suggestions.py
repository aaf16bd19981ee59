"""Suggestions for the open chart (s): each with its words in the document; a person takes or rejects every one.

At 80 columns the document stands above the suggestions, at 132 beside them. Nothing is coded without a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from codesets.safe import safe_line
from codesets.suggest import Evidence, Suggestions, Withheld, is_only_additional
from store.coding.cited import Cited
from store.coding.entry import AddDiagnosis
from store.queries.charts import ChartDocument
from store.queries.suggestions import REASONS, Rejected, rejections
from store.terms import DiagnosisRole, Origin
from tui.cells import Line, counted
from tui.screens.chart.screen import ChartScreen
from tui.screens.chart.suggestion_view import (
    COLUMNS,
    LEFT_OUT_COLUMNS,
    Row,
    line_of_span,
    rows,
    span_lines,
    suggest,
    why_lines,
)
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import ListSource, RowTable
from tui.widgets.text_pane import TextPane


@dataclass(frozen=True)
class _Done:
    """Something done on this screen that undo takes back: a code taken, rejected or suggested again."""

    what: str
    row: Row | None


READING = "Reading the documents…"
"""Where suggestions will stand, until it is known whether there are any."""


class SuggestionsScreen(DeskScreen):
    """The suggestions for one chart, over the chart that it was opened from."""

    name_on = "suggestions"

    def __init__(self, chart: ChartScreen) -> None:
        super().__init__()
        self._chart = chart
        self._documents: tuple[ChartDocument, ...] = ()
        self._unsigned = 0
        self._found = Suggestions(())
        self._rejected: dict[str, Rejected] = {}
        self._left_out = False
        self._evidence = 0
        self._ready = False
        self._done: list[_Done] = []

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="document")
            with Vertical(id="found"):
                yield RowTable(COLUMNS, headings=False, empty=READING, id="rows")
                yield TextPane(id="why")

    @property
    def rows(self) -> RowTable:
        return self.query_one("#rows", RowTable)

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        chart = self._chart.on_screen
        if chart is None:
            return (), ()
        start: Line = ((chart.head.patient, "strong"), (f"  {chart.head.service_date}  ", "text"))
        what = "left out" if self._left_out else "suggestions"
        count = self.rows.count if self.is_mounted else 0
        return (*start, (what, "text")), ((f"{self.rows.index + 1} of {count}" if count else "", "text"),)

    def why_not(self, action: str) -> str:
        row = self.rows.selected
        if action == "undo" and self._chart.final:
            return "the coding is final; u in the chart takes it back"
        if action not in ("take_suggestion", "reject_suggestion", "next_evidence", "left_out", "ask_provider"):
            return ""
        if not self._ready:
            return "the documents are still being read"
        if action == "ask_provider":
            return self._chart.why_not(action)
        if action == "left_out":
            return ""
        if row is None:
            return "there is no suggestion under the cursor"
        if action == "next_evidence":
            several = isinstance(row, Row) and len(row.suggestion.evidence) > 1
            return "" if several else "this is the only place that says it"
        if not isinstance(row, Row) and action == "reject_suggestion":
            return "what is left out is no suggestion; v shows those"
        if self._chart.final:
            return "the coding is final; u in the chart takes it back"
        if not isinstance(row, Row):
            chart = self._chart.on_screen
            coded = chart is not None and any(one.code == row.dotted for one in chart.codes.diagnoses)
            return f"{row.dotted} is coded already" if coded else ""
        if row.taken:
            return f"{row.code} is coded already"
        return ""

    def copied(self) -> str:
        row = self.rows.selected
        return f"{row.code} {row.suggestion.title}" if isinstance(row, Row) else ""

    async def _load(self) -> None:
        chart = self._chart.on_screen
        if chart is None:
            return
        self._documents = tuple(document for document in chart.documents if document.status.authenticated)
        self._unsigned = len(chart.documents) - len(self._documents)
        self._rejected = await self.workstation.record.read(rejections, chart.head.encounter_id)
        self._found = await self.workstation.codes.suggest(suggest, self._documents, chart.head)
        self._ready = True
        self._show(keep=False)
        self._say_what_was_read()

    def _say_what_was_read(self) -> None:
        parts = [f"{counted(len(self._documents), 'document')} read"]
        if self._unsigned:
            parts.append(f"{self._unsigned} not signed and not read")
        if self._found.warning:
            parts.append(safe_line(self._found.warning))
        self.say(
            ". ".join(part.rstrip(".") for part in parts) + ". Nothing is coded until you take it.",
            "warning" if self._unsigned else "dim",
        )

    def _show(self, keep: bool = True) -> None:
        chart = self._chart.on_screen
        if chart is None:
            return
        if not self._ready:
            return
        table = self.rows
        table.empty = "Nothing is left out." if self._left_out else "The documents suggest no code."
        if self._left_out:
            table.title = f"Left out  {len(self._found.withheld)}"
            source = ListSource(self._found.withheld, lambda row: row.code)
            table.set_source(source, keep=keep, columns=LEFT_OUT_COLUMNS)
        else:
            made = rows(self._found, chart.codes, self._rejected)
            taken = sum(row.taken for row in made)
            table.title = f"Suggestions  {len(made)}, {taken} coded, {sum(bool(row.rejected) for row in made)} rejected"
            table.set_source(ListSource(made, lambda row: row.code), keep=keep, columns=COLUMNS)
        self._show_row()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows and self._ready:
            self._evidence = 0
            self._show_row()

    def _show_row(self) -> None:
        """The document at the words of the row under the cursor, and why it is there."""
        self.refresh_frame()
        document = self.query_one("#document", TextPane)
        why = self.query_one("#why", TextPane)
        row, evidence = self.rows.selected, self._evidence_in_sight()
        if row is None or evidence is None:
            first = self._documents[0] if self._documents else None
            document.show(first.type_name if first else "No signed document", partial(_document_lines, first, None))
            why.show("", lambda width: ())
            return
        shown = self._documents[evidence.document]
        title = f"{shown.type_name} {shown.authored_at[:10]}   {evidence.document + 1}/{len(self._documents)}"
        document.show(title, partial(_document_lines, shown, evidence), safe_line(evidence.section)[:30], keep=True)
        document.show_line(line_of_span(_document_lines(shown, evidence, max(document.size.width, 20))))
        places = len(row.suggestion.evidence) if isinstance(row, Row) else 1
        note = f"place {self._evidence % places + 1} of {places}" if places > 1 else ""
        why.show("why", partial(why_lines, row, self._evidence), note)

    def _evidence_in_sight(self) -> Evidence | None:
        row = self.rows.selected
        if row is None:
            return None
        if isinstance(row, Row):
            return row.suggestion.evidence[self._evidence % len(row.suggestion.evidence)]
        return row.evidence

    def do_next_evidence(self) -> None:
        self._evidence += 1
        self._show_row()

    def do_left_out(self) -> None:
        self._left_out = not self._left_out
        self._show(keep=False)

    def do_leave(self) -> None:
        """Back from what is left out to the suggestions, from them to the chart."""
        if self._left_out:
            self.do_left_out()
        else:
            super().do_leave()

    def do_take_suggestion(self) -> None:
        """Take a suggestion at once; what was left out only after a yes, for it was left out for a reason."""
        row = self.rows.selected
        if isinstance(row, Row):
            self.in_turn(self._take(row))
        else:
            self.confirm(
                f"{row.dotted} was left out: {safe_line(row.why)}. Take it?", partial(self._take_left_out, row)
            )

    def do_reject_suggestion(self) -> None:
        row: Row = self.rows.selected
        if row.rejected:
            self.in_turn(self._restore(row))
            self._done.append(_Done("restore", row))
            return

        async def chosen(reason: str) -> None:
            await self._reject(row, reason)
            self._done.append(_Done("reject", row))

        self.choose("reason", f"reject {row.code} because:", list(REASONS), chosen, own_words=True)

    def do_enter_code(self) -> None:
        """Back to the chart, its entry line open."""

        async def back() -> None:
            await self.workstation.close(self)
            self._chart.do_enter_code()

        self.in_turn(back())

    def do_undo(self) -> None:
        self.in_turn(self._undo())

    def do_ask_provider(self) -> None:
        """Begin a query that quotes the words in sight."""
        from tui.screens.query import begin_query

        if (chart := self._chart.on_screen) is None:
            return
        quoted = [place] if (place := self._line_in_sight()) else []
        head, row = chart.head, self.rows.selected
        about = ""
        if isinstance(row, Row):
            about = " ".join([row.suggestion.title, *(one.what for one in row.suggestion.missing)])
        begin_query(self, self._chart.work_item_id, head.provider, head.service_date, quoted, about)

    def _line_in_sight(self) -> tuple[str, int] | None:
        """The number of the document and the line, from 1, of the words in sight."""
        evidence = self._evidence_in_sight()
        if evidence is None:
            return None
        document = self._documents[evidence.document]
        return document.number, len((document.text[: evidence.start] + "x").splitlines())

    async def _undo(self) -> None:
        """Take back what was done here last."""
        done = self._done.pop() if self._done else None
        if done is None:
            self.say("Nothing more was done here. u in the chart goes further back.", "warning")
        elif done.what == "take":
            message = await self._chart.take_back()
            self._show()
            self.say(message)
        elif done.row and done.what == "reject":
            await self._restore(done.row)
        elif done.row and done.row.rejected:
            await self._reject(done.row, done.row.rejected.reason)

    async def _take(self, row: Row) -> None:
        if row.rejected:
            await self._restore(row)
        first = self._role_of(row.code)
        entry = AddDiagnosis(row.code, first, origin=Origin.SUGGESTED, evidence=self._kept_evidence(row))
        await self._chart.add(entry, f"suggested: {safe_line(row.suggestion.why())}")
        self._done.append(_Done("take", row))
        self._show()
        self.rows.move(1)
        placed = " as the principal diagnosis: what stood first only tells a status" if first else ""
        self.say(f"Took {row.code}{placed}. u takes it back.")

    async def _take_left_out(self, row: Withheld) -> None:
        why = f"left out of the suggestions ({safe_line(row.why)}), taken by hand"
        entry = AddDiagnosis(row.dotted, origin=Origin.SUGGESTED, evidence=self._cited(row.evidence))
        await self._chart.add(entry, why)
        self._done.append(_Done("take", None))
        self._show()
        self.say(f"Took {row.dotted}. u takes it back.")

    def _role_of(self, code: str) -> DiagnosisRole | None:
        """Principal for a condition where only codes stand that are never the reason of a visit by themselves."""
        chart = self._chart.on_screen
        coded = [one.code for one in chart.codes.diagnoses] if chart else []
        ahead = coded and all(map(is_only_additional, coded)) and not is_only_additional(code)
        return DiagnosisRole.PRINCIPAL if ahead else None

    async def _reject(self, row: Row, reason: str) -> None:
        from store.coding.suggestions import reject

        evidence = self._kept_evidence(row)
        message = await self.workstation.change(reject, self._chart.coding_id, row.code, reason, evidence)
        place = self.rows.index
        await self._read_rejections()
        self.rows.move_to(place)
        self.say(message)

    async def _restore(self, row: Row) -> None:
        from store.coding.suggestions import restore

        message = await self.workstation.change(restore, self._chart.coding_id, row.code)
        await self._read_rejections()
        self.say(message)

    async def _read_rejections(self) -> None:
        chart = self._chart.on_screen
        if chart is not None:
            self._rejected = await self.workstation.record.read(rejections, chart.head.encounter_id)
            self._show()

    def _kept_evidence(self, row: Row) -> str:
        """The evidence in sight as it is kept: document, characters from 0, words."""
        return self._cited(row.suggestion.evidence[self._evidence % len(row.suggestion.evidence)])

    def _cited(self, evidence: Evidence) -> str:
        number = self._documents[evidence.document].number
        return Cited(number, evidence.start, evidence.end, " ".join(evidence.text.split())).kept


def _document_lines(document: ChartDocument | None, evidence: Evidence | None, width: int) -> list[Line]:
    return span_lines(document, evidence, width) if document else []
