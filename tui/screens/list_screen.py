"""A screen that is a list: its rows, the page of the row under the cursor, and when they are read.

Such a screen reads its rows by `read_rows` whenever it comes to the front, and again by `reload`; keys move in
them, and `show_page_here` shows the page once the cursor rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Container

from tui.cells import Line
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, RowTable
from tui.widgets.text_pane import TextPane


class ListScreen(DeskScreen):
    """A screen whose work is one list."""

    def list_work(self, columns: Sequence[Column[Any]], empty: str, page: bool = True) -> ComposeResult:
        """The panes: the rows, and the page of the row under the cursor."""
        with Container(id="panes"):
            yield RowTable(columns, id="rows", empty=empty, unread=True)
            if page:
                yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def why_empty(self, thing: str, nothing: str, view: str = "") -> str:
        """What an empty list says: its filter, else the view that it shows, leaves nothing; or there is `nothing`."""
        if self.filter_text:
            return f"No {thing} here has {self.filter_text!r}. / with nothing shows all."
        return f"No {thing} is {view}. v shows the others." if view else nothing

    def list_place(self, title: str, view: str, more: Line = ()) -> tuple[Line, Line]:
        """Line 1: the title, view and filter, and where the cursor is."""
        start: Line = ((title, "strong"), (f"  {view}", "text"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        if part := self.workstation.part:
            start = (*start, (f"  of {part.facilities.replace(',', ', ') or 'no facility'} alone", "warning"))
        return (*start, *more), self.rows_place()

    def reload(self) -> None:
        """Read the rows again; the cursor stays on its own."""
        self.work(self.read_rows(), group="rows", exclusive=True)

    async def read_rows(self) -> None:
        """Read and show the rows."""
        raise NotImplementedError

    def claims_here(self) -> Sequence[tuple[str, str]]:
        """The claims of ours that the row under the cursor is of, by number, each with words that tell it."""
        return ()

    def do_row_claim(self) -> None:
        """Open the claim of the row; where it has several, the one that is chosen."""
        claims = self.claims_here()
        if len(claims) == 1:
            self.in_turn(self._open_claim(claims[0][0]))
        else:
            self.choose("claim", "which claim:", claims, self._open_claim)

    async def _open_claim(self, number: str) -> None:
        from store.queries.claims import claim_id_of

        claim_id = await self.workstation.record.read(claim_id_of, number)
        if claim_id is None:
            self.say(f"{number}: no claim of ours has this number.", "warning")
        else:
            await self.workstation.opening.claim(claim_id)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        self.reload()
        self.in_turn(self.first_rows())

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table.id == "rows":
            self.refresh_frame()
            self.page_timer.start()
