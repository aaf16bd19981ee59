"""The document pane of a chart: its documents one by one, words found in them, and what stands there in their place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui.screens.chart.view import document_lines, signature
from tui.widgets.text_pane import Content, TextPane

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen


class Reading:
    """What the document pane of a chart shows: a document, or another text that Esc puts away."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self._document = 0
        self._showing = "document"
        self.words = ""
        """What was looked for last."""

    @property
    def _pane(self) -> TextPane:
        return self._chart.document_pane

    @property
    def of_document(self) -> bool:
        """Whether a document is shown, and nothing in its place."""
        return self._showing == "document"

    def show_document(self) -> None:
        """Show the document that was read last, from its first line."""
        chart = self._chart.on_screen
        if chart is None:
            return
        self._showing = "document"
        if not chart.documents:
            self._pane.show("No document has come for this visit yet", lambda width: ())
            return
        place = self._document % len(chart.documents)
        document = chart.documents[place]
        title = f"{document.type_name} {document.authored_at[:10]}   {place + 1}/{len(chart.documents)}"
        self._pane.show(title, partial(document_lines, document), signature(document))

    def turn(self, by: int) -> None:
        """Go to another document; from another text back to the present one."""
        chart = self._chart.on_screen
        if chart and chart.documents:
            if self.of_document:
                self._document = (self._document + by) % len(chart.documents)
            self.show_document()

    def toggle(self, showing: str, title: str, content: Content, note: str) -> None:
        """Show another text in place of the document, or the document again where it stands there already."""
        if self._showing == showing:
            self.show_document()
            return
        self._showing = showing
        self._pane.show(title, content, note)
        self._chart.say("Esc shows the document again.", "dim")

    def find(self) -> None:
        """Ask for words and go to them."""

        async def found(text: str) -> None:
            self.words = text.strip()
            if not self._pane.find(self.words) and self.words:
                self._say_missing()
            elif self.words:
                self._chart.say("N goes to the next place.", "dim")

        self._chart.ask("find", "/", self.words, found)

    def find_next(self) -> None:
        """Go to the next place of the words that were looked for."""
        if not self._pane.find(self.words, again=True):
            self._say_missing()

    def _say_missing(self) -> None:
        self._chart.say(f"“{self.words}” does not stand in this document.", "warning")
