"""A query to a provider being written (Q in a chart): the question above, the lines of the chart to quote below.

Every change is in the record at once. What the lint finds stands under the question; the query cannot be sent while
something refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from store.queries import Reader
from store.queries.charts import chart_documents, chart_head
from store.queries.drafts import QUESTION, QuestionTyped, draft_of, question_typed
from store.queries.provider_queries import QueryPage, encounter_of, provider_query_of
from store.terms import QueryTiming, in_words
from tui.cells import Line, wrap
from tui.screens.desk import DeskScreen
from tui.screens.provider_queries import option_lines
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.provider_queries.desk import Question
    from store.provider_queries.lint import Flaw

DRAFT_SECONDS = 0.4
"""How long after the last key what is typed goes into the record."""


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
    options = [(one.title, f"{reasons[one.reason].words}, {in_words(one.type)}") for one in known]

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
        self._encounter_id = ""
        self._unsaved: QuestionTyped | None = None
        self._saving: Timer | None = None

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="page")
            yield RowTable(self._columns(), id="rows", empty="No line has these words. / and Enter shows all.")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._begin())

    async def _begin(self) -> None:
        """Show the draft, and go on where a part of it was being typed when the program ended."""
        await self._reload()
        record = self.workstation.record
        actor = await record.actor()
        self._encounter_id, kept = await record.read(_typed, self._query_id, actor.person_id)
        if kept is not None and self._page is not None:
            self._ask_for(kept.part, kept.words)
            self.say("What you had typed is still here.")

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
            note = in_words(page.row.type)
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
        if self._page is not None:
            self._ask_for("question", self._page.text)

    def do_query_options(self) -> None:
        if self._page is not None:
            clinical = [one for one in self._page.options if one not in ("Other", "Unable to determine")]
            self._ask_for("options", "; ".join(clinical))

    def do_query_provider(self) -> None:
        if self._page is not None:
            self._ask_for("provider", self._page.row.provider, marked=True)

    def _ask_for(self, part: str, text: str, marked: bool = False) -> None:
        """Have a part of the query typed: what is entered changes the draft."""

        async def written(said: str) -> None:
            await self._change(**_PARTS[part][1](said))
            self._keep(part, "")
            await self._save()

        self.ask(part, _PARTS[part][0], text, written, marked)

    def edited(self, asking: str, text: str) -> None:
        """Put what is typed into the record within a moment of the last key."""
        super().edited(asking, text)
        if asking in _PARTS:
            self._keep(asking, text)
            if self._saving is not None:
                self._saving.stop()
            self._saving = self.set_timer(DRAFT_SECONDS, lambda: self.work(self._save(), "draft"))

    def left(self, asking: str, text: str) -> None:
        """What is given up is not offered again."""
        if asking in _PARTS:
            self._keep(asking, "")
            self.in_turn(self._save())

    def _keep(self, part: str, words: str) -> None:
        self._unsaved = QuestionTyped(self._query_id, part, words)
        chart = self.workstation.chart_in_work
        if chart is not None and self._page is not None and chart.work_item_id == self._page.row.work_item_id:
            chart.question = self._unsaved if words else None

    async def _save(self) -> None:
        from store.coding.drafts import save_draft

        typed, self._unsaved, self._saving = self._unsaved, None, None
        if typed is not None and self._encounter_id:
            await self.workstation.change(save_draft, self._encounter_id, typed.text, QUESTION)

    async def put_away(self) -> None:
        await self._save()

    def do_query_send(self) -> None:
        if refusing := [flaw for flaw in self._flaws if flaw.refuses]:
            self.say(refusing[0].told[0].upper() + refusing[0].told[1:] + ".", "error")
            return
        if self._page is not None:
            waits = "" if self._page.timing is QueryTiming.POST_BILL else " The chart waits for the answer."
            provider = self._page.row.provider
            self.confirm(f"Send it to {provider}?{waits}", self._send, name=provider)

    async def _send(self) -> None:
        from store.provider_queries import send

        page = self._page
        sent = await self.workstation.change(send, self._query_id)
        if page is not None:
            waits = f"{page.row.patient} waits for it" if sent.waits else "the claim has left and does not wait"
            await self._leave(f"Query {page.row.number} is sent to {page.row.provider}; {waits}.")

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
            Column("DOCUMENT", 18, lambda row: row.document, style=lambda row: "dim"),
            Column("LINE", 4, lambda row: str(row.line), align="right", style=lambda row: "dim"),
            Column("WORDS OF THE CHART", 0, lambda row: row.text),
        )


_PARTS: Mapping[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "question": ("question:", lambda text: {"question": text}),
    "options": (
        "options (; between; other and unable to determine are added):",
        lambda text: {"options": tuple(one.strip() for one in text.split(";") if one.strip())},
    ),
    "provider": ("who is asked:", lambda text: {"provider": text.strip()}),
}
"""The parts of a query that are typed: what asks for each, and what an entered text changes."""


def _typed(reader: Reader, query_id: str, person_id: str | None) -> tuple[str, QuestionTyped | None]:
    """The visit of a query, and what a person was typing of it."""
    encounter_id = encounter_of(reader, query_id)
    kept = question_typed(draft_of(reader, encounter_id, person_id, QUESTION))
    return encounter_id, kept if kept and kept.query_id == query_id and kept.part in _PARTS else None


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
    texts = [one.text for one in documents]
    flaws = lint(
        page.row.type, page.row.query_reason, page.text, page.options, page.indicators, texts, page.row.provider
    )
    return page, lines, tuple(flaws)
