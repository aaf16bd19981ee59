"""The quarantine (g i): records and files that could not be taken in, each with its place and reason, tried again here.

The text of a record is shown when a key asks for it, and that look is logged.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from store.queries.quarantine import TO_MEND, QuarantineRow, quarantine_list, quarantine_text
from tui.cells import Line, counted, labeled, minute, wrap
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "Nothing waits in quarantine. v shows what was there before."
FILE = "file"


class QuarantineScreen(ListScreen):
    """What waits in quarantine, the oldest first, or all that ever did."""

    name_on = "quarantine"
    desk = "quarantine"

    def __init__(self) -> None:
        super().__init__()
        self._every = False
        self._text: tuple[str, str] = ("", "")
        """The record whose text is shown, by its id, and the text."""

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, "")

    def record_changed(self) -> None:
        self.reload()

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Quarantine", "all that ever came" if self._every else "waiting")

    def why_not(self, action: str) -> str:
        row = self._row if self.is_mounted else None
        if action in ("quarantine_text", "quarantine_retry", "quarantine_aside") and row is None:
            return "there is nothing under the cursor"
        if action in ("quarantine_retry", "quarantine_aside") and row and row.settled:
            return f"it was {row.settled}"
        if action == "quarantine_retry_all" and not self.rows.count:
            return "nothing waits"
        return ""

    @property
    def _row(self) -> QuarantineRow | None:
        return self.rows.selected

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(quarantine_list, self._every)
        shown = [row for row in rows if self.passes_filter(f"{row.file_name} {row.place} {row.reason} {row.kind}")]
        self.rows.empty = EMPTY
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        self.show_page_here()

    def show_page_here(self) -> None:
        row = self._row
        if row is None:
            self.page_pane.show("reason", lambda width: ())
            return
        text = self._text[1] if self._text[0] == row.id else ""
        self.page_pane.show("reason", lambda width: quarantine_lines(row, text, width), row.number)

    def copied(self) -> str:
        row = self._row
        return f"{row.file_name}, {row.place}: {row.reason}" if row else ""

    def do_quarantine_text(self) -> None:
        row = self._row

        async def shown() -> None:
            if row is not None:
                record = self.workstation.record
                person = (await record.actor()).person_id or ""
                self._text = row.id, await record.read(quarantine_text, row.id, person)
                self.show_page_here()

        if row is not None and self._text[0] == row.id:
            self._text = "", ""
            self.show_page_here()
        else:
            self.in_turn(shown())

    def do_quarantine_view(self) -> None:
        self._every = not self._every
        self.reload()

    def do_quarantine_retry(self) -> None:
        if row := self._row:
            self._try([row.id])

    def do_quarantine_retry_all(self) -> None:
        self._try([])

    def _try(self, numbers: Sequence[str]) -> None:
        async def tried() -> None:
            from store.intake.quarantine import retry

            report = await self.workstation.batches.change(retry, numbers)
            await self.read_rows()
            left = ""
            if report.left:
                are = "it seems cut short" if report.left == 1 else "they seem cut short"
                left = f" {counted(report.left, 'message')} not tried, {are}: t takes one that is whole."
            self.say(
                f"{counted(report.tried, 'row')} tried: {report.tried - report.still} taken in, {report.still} still"
                f" here.{left}",
                "warning" if report.still or report.left else "good",
            )

        self.say("Trying again…", "dim")
        self.workstation.batch(tried())

    def do_quarantine_aside(self) -> None:
        row = self._row

        async def aside() -> None:
            from store.intake.quarantine import set_aside

            if row is not None:
                await self.workstation.change(set_aside, row.id)
                await self.read_rows()
                self.say(f"{row.file_name}, {row.place} is set aside: nobody wants it.", "good")

        if row is not None:
            self.confirm(f"Set {row.file_name}, {row.place} aside for good?", aside)


def quarantine_lines(row: QuarantineRow, text: str, width: int) -> list[Line]:
    """All of a row, and the text of its record where that was asked for."""
    lines: list[Line] = []

    def put(label: str, words: str, style: str = "text") -> None:
        lines.extend(labeled(label, words, width, style, room=9))

    put("Reason", row.reason, "text" if row.settled else "error")
    if text:
        lines += [((f" {part}", "text"),) for part in ("", *wrap(text, width - 2), "")]
    put("File", f"{row.file_name}, {row.place}{'' if row.kind == FILE else f', {row.kind}'}")
    put("SHA-256", row.sha256 if row.kind == FILE else "")
    tried = f", tried again {_time(row.tried_at)}" if row.tried_at else ""
    put("Received", f"{_time(row.received_at)}{tried}")
    put("State", row.settled, "good")
    put("Next", "" if row.settled else f"{TO_MEND}; t tries it again as it is, x sets it aside", "dim")
    return lines


def _time(at: str) -> str:
    return minute(at)


_COLUMNS: tuple[Column[QuarantineRow], ...] = (
    Column(" RECEIVED", 11, lambda row: f" {row.received_at[:10]}"),
    Column("FILE", 20, lambda row: row.file_name, "ends"),
    Column("PLACE", 14, lambda row: row.place),
    Column("REASON", 0, lambda row: row.reason, style=lambda row: "dim" if row.settled else "text"),
    Column("STATE", 10, lambda row: row.settled, from_width=100),
)
