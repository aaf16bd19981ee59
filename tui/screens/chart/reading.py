"""The document pane of a chart: its documents one by one, words found in them, and what stands there in their place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from store.coding.cited import Cited
from tui.screens.chart.suggestion_view import line_of_span, span_lines
from tui.screens.chart.view import document_lines, signature, title_of
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
        self._pane.show(title_of(chart, place), partial(document_lines, document), signature(document))

    def show_place(self, cited: Cited) -> bool:
        """Show a document at some of its words, marked; false where it has not come or is another version."""
        chart = self._chart.on_screen
        numbers = [document.number for document in chart.documents] if chart else []
        if chart is None or cited.number not in numbers:
            return False
        self._showing, self._document = "document", numbers.index(cited.number)
        document = chart.documents[self._document]
        self._pane.show(title_of(chart, self._document), partial(span_lines, document, cited), signature(document))
        self._pane.show_line(line_of_span(span_lines(document, cited, max(self._pane.size.width, 20))))
        return True

    def choose_document(self) -> None:
        """Let a document be chosen by its type, day or author."""
        chart = self._chart.on_screen
        if chart is None:
            return

        def new(number: str) -> str:
            return "  NEW" if number in chart.late.documents else ""

        options = [
            (f"{place}", f"{one.authored_at[:10]}  {one.type_name}  {one.author}  {signature(one)}{new(one.number)}")
            for place, one in enumerate(chart.documents, 1)
        ]

        async def chosen(place: str) -> None:
            self._document = int(place) - 1
            self.show_document()

        self._chart.choose("document", "document:", options, chosen)

    def choose_section(self) -> None:
        """Let a section of the document be chosen by its heading, and go there."""
        from codesets.suggest.sections import sections

        chart = self._chart.on_screen
        if chart is None or not chart.documents:
            return
        document = chart.documents[self._document % len(chart.documents)]
        headed = [one for one in sections(document.text) if one.heading.strip()]
        if not headed:
            self._chart.say("This document has no headings.", "warning")
            return
        options = [(str(place), one.heading.strip()) for place, one in enumerate(headed, 1)]

        async def chosen(place: str) -> None:
            heading = headed[int(place) - 1]
            start = document.text.rfind(heading.heading, 0, heading.start)
            start = heading.start if start < 0 else start
            end = start + len(heading.heading)
            self.show_place(Cited(document.number, start, end, heading.heading))

        self._chart.choose("section", "section:", options, chosen)

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
        self.put(showing, title, content, note)
        self._chart.say("Esc shows the document again.", "dim")

    def put(self, showing: str, title: str, content: Content, note: str) -> None:
        """Show another text in place of the document."""
        self._showing = showing
        self._pane.show(title, content, note)

    def shows(self, showing: str) -> bool:
        """Whether that text stands in place of the document."""
        return self._showing == showing

    def renew(self, showing: str, content: Content) -> None:
        """Give a text that is shown its new lines, at the place where it is read."""
        if self._showing == showing:
            self._pane.renew(content)

    def find(self) -> None:
        """Ask for words and go to them."""

        async def found(text: str) -> None:
            self.words = text.strip()
            if not self._pane.find(self.words) and self.words:
                self._find_elsewhere()
            elif self.words:
                self._chart.say("N goes to the next place.", "dim")

        self._chart.ask("find", "/", self.words, found)

    def find_next(self) -> None:
        """Go to the next place of the words that were looked for."""
        if not self._pane.find(self.words, again=True):
            self._find_elsewhere()

    def _find_elsewhere(self) -> None:
        """Go on to the next document that has the words, where this one has not."""
        chart = self._chart.on_screen
        count = len(chart.documents) if chart else 0
        for step in range(1, count):
            place = (self._document + step) % count
            if chart and self.of_document and self.words.lower() in chart.documents[place].text.lower():
                self._document = place
                self.show_document()
                self._pane.find(self.words)
                self._chart.say(f"“{self.words}” stands in document {place + 1} of {count}. N goes on.", "dim")
                return
        self._say_missing()

    def _say_missing(self) -> None:
        self._chart.say(f"“{self.words}” stands in no document of the chart.", "warning")
