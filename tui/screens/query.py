"""A query to a provider being written (Q in a chart): the question above, the lines of the chart to quote below.

Every change is in the record at once. What the lint finds stands under the question; the query cannot be sent while
something refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container

from store.queries import Reader
from store.queries.charts import chart_documents, chart_head
from store.queries.provider_queries import QueryPage, provider_query_of
from tui.cells import Line, wrap
from tui.screens.desk import DeskScreen
from tui.screens.provider_queries import option_lines
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.provider_queries.desk import Question
    from store.provider_queries.lint import Flaw


@dataclass(frozen=True)
class ChartLine:
    """A line of a document with words in it; `place` is what an indicator names."""

    number: str
    document: str
    line: int
    text: str

    @property
    def place(self) -> tuple[str, int]:
        return self.number, self.line


def begin_query(
    screen: DeskScreen,
    work_item_id: str,
    provider: str,
    service_date: str,
    quoted: Sequence[tuple[str, int]] = (),
    about: str = "",
) -> None:
    """Choose a template and begin a query about a chart; those that fit what it is `about` come first.

    `quoted` are lines of its documents, by number, from 1.
    """
    from store.provider_queries.tables import query_reasons, templates_about

    known, reasons = templates_about(about), query_reasons()
    options = [(one.title, f"{reasons[one.reason].words}, {one.type.value.replace('_', ' ')}") for one in known]

    async def chosen(title: str) -> None:
        from store.provider_queries import draft
        from store.provider_queries.desk import from_template

        template = next(one for one in known if one.title == title)
        question = replace(from_template(template.id, provider, service_date), indicators=tuple(quoted))
        query_id = await screen.workstation.change(draft, work_item_id, question)
        await screen.workstation.push_screen(QueryScreen(query_id))

    screen.choose("query", "ask about:", options, chosen)


class QueryScreen(DeskScreen):
    """One draft: what is asked, whom, with which words of the chart."""

    name_on = "query"

    def __init__(self, query_id: str) -> None:
        super().__init__()
        self._query_id = query_id
        self._page: QueryPage | None = None
        self._lines: Sequence[ChartLine] = ()
        self._flaws: Sequence[Flaw] = ()

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="page")
            yield RowTable(self._columns(), id="rows", empty="No line has these words. / and Enter shows all.")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._reload())

    def place(self) -> tuple[Line, Line]:
        if self._page is None:
            return (("Query", "strong"),), ()
        row = self._page.row
        start: Line = ((f"Query {row.number}", "strong"), (f"  {row.patient}  {row.service_date}", "text"))
        refusing = sum(flaw.refuses for flaw in self._flaws)
        state = (f"{refusing} to mend", "error") if refusing else ("s sends it", "good")
        return start, (state,)

    def why_not(self, action: str) -> str:
        if action == "mark_indicator" and (not self.is_mounted or self.rows.selected is None):
            return "there is no line under the cursor"
        if action == "query_options" and self._page and not self._page.options:
            return "an open question has no options"
        return ""

    async def _reload(self) -> None:
        record = self.workstation.record
        actor = await record.actor()
        self._page, self._lines, self._flaws = await record.read(
            _written, self._query_id, self.workstation.today, actor.person_id or ""
        )
        self.filtered()
        self._show()

    def filtered(self) -> None:
        shown = [one for one in self._lines if self.passes_filter(f"{one.document} {one.text}")]
        self.rows.set_source(ListSource(shown, lambda row: f"{row.number}:{row.line}"), columns=self._columns())
        self.refresh_frame()

    def _show(self) -> None:
        page, flaws = self._page, self._flaws
        if page is not None:
            title = f"to {page.row.provider or 'nobody yet'}"
            pane = self.query_one("#page", TextPane)
            note = page.row.type.value.replace("_", " ")
            pane.show(title, lambda width: draft_lines(page, flaws, width), note)
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()

    def do_mark_indicator(self) -> None:
        row: ChartLine = self.rows.selected
        places = self._places()
        places = tuple(one for one in places if one != row.place) if row.place in places else (*places, row.place)
        self.in_turn(self._change(indicators=places))

    def do_query_words(self) -> None:
        if self._page is None:
            return

        async def written(text: str) -> None:
            await self._change(question=text)

        self.ask("question", "question:", self._page.text, written)

    def do_query_options(self) -> None:
        if self._page is None:
            return
        clinical = [one for one in self._page.options if one not in ("Other", "Unable to determine")]

        async def written(text: str) -> None:
            await self._change(options=tuple(one.strip() for one in text.split(";") if one.strip()))

        self.ask(
            "options", "options (; between; other and unable to determine are added):", "; ".join(clinical), written
        )

    def do_query_provider(self) -> None:
        if self._page is None:
            return

        async def named(text: str) -> None:
            await self._change(provider=text.strip())

        self.ask("provider", "who is asked:", self._page.row.provider, named, marked=True)

    def do_query_send(self) -> None:
        if refusing := [flaw for flaw in self._flaws if flaw.refuses]:
            self.say(refusing[0].told[0].upper() + refusing[0].told[1:] + ".", "error")
            return
        self.confirm(
            f"Send it to {self._page.row.provider if self._page else ''}? The chart waits for the answer.", self._send
        )

    async def _send(self) -> None:
        from store.provider_queries import send

        page = self._page
        await self.workstation.change(send, self._query_id)
        if page is not None:
            await self._leave(
                f"Query {page.row.number} is sent to {page.row.provider}; {page.row.patient} waits for it."
            )

    def do_query_drop(self) -> None:
        async def dropped() -> None:
            from store.provider_queries import cancel

            await self.workstation.change(cancel, self._query_id, "given up as a draft")
            await self.workstation.close(self)

        self.confirm("Give this draft up?", dropped)

    async def _leave(self, text: str) -> None:
        """Close the query and the chart below it, which is on hold now."""
        workstation, chart = self.workstation, self.workstation.chart_in_work
        await workstation.close(self)
        if chart is not None and self._page is not None and chart.work_item_id == self._page.row.work_item_id:
            await workstation.close(chart)
        front = workstation.screen
        if isinstance(front, DeskScreen):
            front.say(text, "good")

    def _places(self) -> tuple[tuple[str, int], ...]:
        quoted = self._page.indicators if self._page else ()
        return tuple((str(one["number"]), int(one["line"])) for one in quoted)

    async def _change(self, **parts: Any) -> None:
        from store.provider_queries import revise

        if self._page is None:
            return
        question = replace(_question(self._page, self._places()), **parts)
        await self.workstation.change(revise, self._query_id, question)
        self.say("")
        await self._reload()

    def _columns(self) -> tuple[Column[ChartLine], ...]:
        marked = set(self._places())
        return (
            Column(
                "",
                2,
                lambda row: " ·" if row.place in marked else "",
                style=lambda row: "focus",
                said=lambda row: "quoted" if row.place in marked else "",
            ),
            Column("DOCUMENT", 16, lambda row: row.document, style=lambda row: "dim"),
            Column("LINE", 4, lambda row: str(row.line), align="right", style=lambda row: "dim"),
            Column("WORDS OF THE CHART", 0, lambda row: row.text),
        )


def draft_lines(page: QueryPage, flaws: Sequence[Flaw], width: int) -> list[Line]:
    """The draft as it will be read, and what is wrong with it."""
    lines: list[Line] = []
    for flaw in flaws:
        mark, style = ("!", "error") if flaw.refuses else ("~", "warning")
        parts = wrap(flaw.told, width - 4)
        lines += [((f" {mark if not n else ' '} ", style), (part, style)) for n, part in enumerate(parts)]
    lines += [((" ", "text"), (part, "strong")) for part in wrap(page.text or "no question yet", width - 2)]
    for one in page.evidence:
        lines += [((" · " if not n else "   ", "focus"), (p, "text")) for n, p in enumerate(wrap(one, width - 4))]
    lines += option_lines(page.options, "", width)
    return lines


def _question(page: QueryPage, places: tuple[tuple[str, int], ...]) -> Question:
    from store.provider_queries.desk import Question

    return Question(
        page.row.type, page.row.query_reason, page.text, page.row.provider, page.options, places, page.timing
    )


def _written(
    reader: Reader, query_id: str, today: date, person_id: str
) -> tuple[QueryPage | None, tuple[ChartLine, ...], tuple[Flaw, ...]]:
    from store.provider_queries.lint import lint

    page = provider_query_of(reader, query_id, today, person_id)
    if page is None or not page.steps:  # of a restricted chart that is closed to the person
        return page, (), ()
    documents = chart_documents(reader, chart_head(reader, page.row.work_item_id).encounter_id)
    lines = tuple(
        ChartLine(document.number, document.type_name, number, " ".join(text.split()))
        for document in documents
        for number, text in enumerate(document.text.splitlines(), 1)
        if text.strip()
    )
    flaws = lint(
        page.row.type, page.row.query_reason, page.text, page.options, page.indicators, [one.text for one in documents]
    )
    return page, lines, tuple(flaws)
