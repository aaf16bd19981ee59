"""The document pane of a chart: its documents one by one, words found in them, and what stands there in their place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from store.coding.cited import Cited
from store.coding.deciding import deciding
from tui.screens.chart.suggestion_view import line_of_span, span_lines
from tui.screens.chart.view import document_lines, signature, title_of
from tui.widgets.text_pane import Content, TextPane

if TYPE_CHECKING:
    from store.queries.charts import ChartDocument
    from tui.screens.chart.screen import ChartScreen
    from tui.screens.chart.view import ChartOnScreen


class Reading:
    """What the document pane of a chart shows: a document, or another text that Esc puts away."""

    def __init__(self, chart: ChartScreen, left_at: str = "") -> None:
        """`left_at` is where the chart was read last, as `place_kept` gave it."""
        self._chart = chart
        self._showing = "document"
        self._down: dict[str, float] = {}
        """How far down each document was read last, by its number."""
        down, _, self._number = left_at.partition(" ")
        if self._number:
            self._down[self._number] = float(down)
        self.words = ""
        """What was looked for last."""

    @property
    def _pane(self) -> TextPane:
        return self._chart.document_pane

    @property
    def of_document(self) -> bool:
        """Whether a document is shown, and nothing in its place."""
        return self._showing == "document"

    @property
    def place_kept(self) -> str:
        """Document and how far down it is read, as the record keeps it; empty where the chart would open by itself."""
        chart = self._chart.on_screen
        if chart is None or not chart.documents:
            return ""
        self._remember()
        place = self._place_in(chart)
        number = chart.documents[place].number
        down = self._down.get(number, 0.0)
        if not down and place == deciding(chart.head.setting, chart.documents):
            return ""
        return f"{down:.5f} {number}"

    def show_document(self) -> None:
        """Show the document that was read last where it was left, at first the one that decides the coding."""
        self._remember()
        self._show()

    def _show(self) -> None:
        chart = self._chart.on_screen
        if chart is None:
            return
        self._showing = "document"
        if not chart.documents:
            self._pane.show("No document has come for this visit yet", lambda width: ())
            return
        place = self._place_in(chart)
        document = chart.documents[place]
        self._number = document.number
        self._pane.show(title_of(chart, place), partial(document_lines, document), signature(document))
        self._pane.go_down(self._down.get(document.number, 0.0))

    def _place_in(self, chart: ChartOnScreen) -> int:
        """The place of the document that is read, from 0: it moves where an older one comes in before it."""
        numbers = [document.number for document in chart.documents]
        if self._number in numbers:
            return numbers.index(self._number)
        return deciding(chart.head.setting, chart.documents)

    def _remember(self) -> None:
        """Note how far down the document on the screen is read."""
        if self.of_document and self._pane.count:
            self._down[self._number] = self._pane.down

    def _turn_to(self, document: ChartDocument, down: float | None = None) -> None:
        """Show a document where it was left, or so far down."""
        self._remember()
        self._number = document.number
        if down is not None:
            self._down[document.number] = down
        self._show()
        self._chart.entering.keep_place()

    def show_place(self, cited: Cited) -> bool:
        """Show a document at some of its words, marked; false where it has not come or is another version."""
        chart = self._chart.on_screen
        numbers = [document.number for document in chart.documents] if chart else []
        if chart is None or cited.number not in numbers:
            return False
        self._remember()
        self._showing, self._number = "document", cited.number
        place = numbers.index(cited.number)
        document = chart.documents[place]
        self._pane.show(title_of(chart, place), partial(span_lines, document, cited), signature(document))
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
            self._turn_to(chart.documents[int(place) - 1])

        self._chart.choose("document", "document:", options, chosen)

    def choose_section(self) -> None:
        """Let a section of the document be chosen by its heading, and go there."""
        from codesets.suggest.sections import sections

        chart = self._chart.on_screen
        if chart is None or not chart.documents:
            return
        document = chart.documents[self._place_in(chart)]
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
            step = by if self.of_document else 0
            self._turn_to(chart.documents[(self._place_in(chart) + step) % len(chart.documents)])

    def toggle(self, showing: str, title: str, content: Content, note: str) -> None:
        """Show another text in place of the document, or the document again where it stands there already."""
        if self._showing == showing:
            self.show_document()
            return
        self.put(showing, title, content, note)
        self._chart.say("Esc shows the document again.", "dim")

    def put(self, showing: str, title: str, content: Content, note: str) -> None:
        """Show another text in place of the document."""
        self._remember()
        self._showing = showing
        self._pane.show(title, content, note)

    def shows(self, showing: str) -> bool:
        """Whether that text stands in place of the document."""
        return self._showing == showing

    def renew(self, showing: str, content: Content, note: str | None = None) -> None:
        """Give a text that is shown its new lines, at the place where it is read."""
        if self._showing == showing:
            self._pane.renew(content, note)

    def find(self) -> None:
        """Ask for words and go to them."""

        async def found(text: str) -> None:
            self.words = text.strip()
            if not self._pane.find(self.words) and self.words:
                self._find_elsewhere()
            elif self.words:
                self._chart.say("N goes to the next place.", "dim")

        self._chart.ask("find", "/", self.words, found, marked=True)

    def find_next(self) -> None:
        """Go to the next place of the words that were looked for."""
        if not self._pane.find(self.words, again=True):
            self._find_elsewhere()

    def _find_elsewhere(self) -> None:
        """Go on to the next document that has the words, where this one has not."""
        chart = self._chart.on_screen
        count = len(chart.documents) if chart else 0
        here = self._place_in(chart) if chart else 0
        for step in range(1, count):
            place = (here + step) % count
            if chart and self.of_document and self.words.lower() in chart.documents[place].text.lower():
                self._turn_to(chart.documents[place], 0.0)
                self._pane.find(self.words)
                self._chart.say(f"“{self.words}” stands in document {place + 1} of {count}. N goes on.", "dim")
                return
        self._say_missing()

    def _say_missing(self) -> None:
        self._chart.say(f"“{self.words}” stands in no document of the chart.", "warning")
