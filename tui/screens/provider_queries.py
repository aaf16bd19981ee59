"""The queries to providers (g k): what was asked, whom, since when, and every step until it is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.app import ComposeResult

from store.queries.provider_queries import (
    QueryFilter,
    QueryPage,
    QueryRow,
    provider_names,
    provider_query_list,
    provider_query_of,
)
from store.terms import QueryOutcome, QueryStatus, in_words
from tui.cells import Line, days_in, minute, wrap
from tui.screens.desk import following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "No query is like that; v shows others."
FILLING = Filling("ask_provider", "writes one", "write them in a chart", key="Q in a chart")

OTHER = "Other"
IN_WORDS, NO_ANSWER = "other words", "no answer came"

OUTCOMES = [
    ("agreed", "the provider confirmed what was asked about"),
    ("disagreed", "the provider said otherwise"),
    ("no opinion", "the provider could not tell"),
    ("no response", "no answer came"),
]


class ProviderQueriesScreen(ListScreen):
    """Queries of one kind, the nearest due day first; the one under the cursor whole."""

    name_on = "provider_queries"
    desk = "provider_queries"

    def __init__(self) -> None:
        super().__init__()
        self._show = QueryFilter.OPEN

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def record_changed(self) -> None:
        if not self.choices.has_class("-open"):
            self.reload()

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Queries to providers", self._show.value)

    def why_not(self, action: str) -> str:
        row: QueryRow | None = self.rows.selected if self.is_mounted else None
        steps = {
            "query_answer": "answer",
            "query_correct": "correct",
            "query_close": "close",
            "query_cancel": "cancel",
            "query_to": "reassign",
        }
        if action in (*steps, "query_open", "query_remind") and row is None:
            return "there is no query under the cursor"
        if action == "query_open" and row and row.status is not QueryStatus.DRAFT:
            return "only a draft is written; the others are told here"
        step = "remind" if action == "query_remind" else steps.get(action)
        if row and step and not _can(row.status, step):
            return f"it is {row.status.value}"
        return ""

    async def read_rows(self) -> None:
        record = self.workstation.record
        actor = await record.actor()
        rows = await record.read(provider_query_list, self.workstation.today, self._show, actor.person_id or "-")
        shown = [row for row in rows if self.passes_filter(_searched(row))]
        self.rows.empty = f"{EMPTY} {what_fills(self, FILLING)}"
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        await self._show_query()

    def show_page_here(self) -> None:
        self.work(self._show_query(), group="page", exclusive=True)

    async def _show_query(self) -> None:
        row: QueryRow | None = self.rows.selected
        pane = self.page_pane
        page = await self._whole(row) if row else None
        if page is None:
            pane.show("", lambda width: ())
        else:
            pane.show(f"query {page.row.number}", lambda width: query_lines(page, width), _state(page.row))

    async def _whole(self, row: QueryRow) -> QueryPage | None:
        record = self.workstation.record
        actor = await record.actor()
        return await record.read(provider_query_of, row.id, self.workstation.today, actor.person_id or "")

    def copied(self) -> str:
        row: QueryRow | None = self.rows.selected
        return f"query {row.number}  {row.patient}  {row.provider}  {row.status.value}" if row else ""

    def do_query_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_query_open(self) -> None:
        from tui.screens.query import QueryScreen

        row: QueryRow = self.rows.selected
        self.workstation.show(QueryScreen(row.id))

    def do_query_answer(self) -> None:
        self.in_turn(self._ask_for_answer(self.rows.selected))

    def do_query_correct(self) -> None:
        self.in_turn(self._ask_for_correction(self.rows.selected))

    async def _ask_for_answer(self, row: QueryRow) -> None:
        from store.provider_queries import answer

        page = await self._whole(row)
        if page is None:
            return

        async def answered(choice: str, words: str) -> None:
            ready = await self.workstation.change(answer, row.id, choice, words)
            self.reload()
            told = "; its chart is ready again" if ready else ""
            self.say(f"Query {row.number} is answered{told}. c closes it, e corrects it.", "good")

        self._ask_what(page, "the provider's answer:", answered)

    async def _ask_for_correction(self, row: QueryRow) -> None:
        from store.provider_queries import correct, withdraw

        page = await self._whole(row)
        if page is None:
            return

        async def answered(choice: str, words: str) -> None:
            async def reasoned(reason: str) -> None:
                await self.workstation.change(correct, row.id, reason, choice, words)
                self.reload()
                self.say(f"Query {row.number} has another answer. c closes it.", "good")

            self.ask("reason", "why the answer was wrong:", answer=reasoned)

        async def taken_back() -> None:
            async def reasoned(reason: str) -> None:
                waits = await self.workstation.change(withdraw, row.id, reason)
                self.reload()
                told = ", and its chart waits again" if waits else ""
                self.say(f"Query {row.number} has no answer any more{told}.", "good")

            self.ask("reason", "why there is no answer:", answer=reasoned)

        self._ask_what(page, "the right answer:", answered, taken_back)

    def _ask_what(
        self,
        page: QueryPage,
        prompt: str,
        answered: Callable[[str, str], Awaitable[None]],
        taken_back: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Ask for an answer: one of the options, none of which is chosen beforehand, or words."""
        options = [(one, "") for one in page.options] or ([(IN_WORDS, "")] if taken_back else [])
        options += [(NO_ANSWER, "it is taken back, and the query waits for one")] if taken_back else []

        async def chosen(choice: str) -> None:
            async def in_words(words: str) -> None:
                await answered("" if choice == IN_WORDS else choice, words)

            if taken_back and choice == NO_ANSWER:
                await taken_back()
            elif choice in (OTHER, IN_WORDS):
                self.ask("answer", "the answer in words:", answer=in_words)
            else:
                await answered(choice, "")

        if options:
            self.choose("answer", prompt, options, chosen, unchosen=True)
        else:
            self.ask("answer", "the answer in words:", answer=lambda words: answered("", words))

    def do_query_close(self) -> None:
        row: QueryRow = self.rows.selected
        answered = row.status is QueryStatus.ANSWERED
        options = [one for one in OUTCOMES if (one[0] == "no response") != answered]

        async def chosen(name: str) -> None:
            from store.provider_queries import close

            await self.workstation.change(close, row.id, QueryOutcome(name.replace(" ", "_")))
            self.reload()
            self.say(f"Query {row.number} is closed: {name}.", "good")

        self.choose("close", f"query {row.number} closes as:", options, chosen, unchosen=True)

    def do_query_cancel(self) -> None:
        from store.provider_queries import cancel

        self._with_words("why the query is taken back:", cancel, "is canceled")

    def do_query_remind(self) -> None:
        from store.provider_queries import remind

        self._with_words("how the provider was reminded:", remind, "reminded")

    def do_query_to(self) -> None:
        """Offer the clinicians whom the record knows; another one is asked after a yes."""
        row: QueryRow = self.rows.selected

        async def named(provider: str) -> None:
            async def reasoned(reason: str) -> None:
                await self._give(row, provider, reason)

            self.ask("reason", f"why {provider} is asked instead of {row.provider}:", answer=reasoned)

        async def asked() -> None:
            known = await self.workstation.record.read(provider_names)
            self.choose("provider", "who is asked instead:", [(one, "") for one in known], named, own_words=True)

        self.in_turn(asked())

    async def _give(self, row: QueryRow, provider: str, reason: str, somebody_new: bool = False) -> None:
        from store.provider_queries import NotKnown, reassign

        async def all_the_same() -> None:
            await self._give(row, provider, reason, somebody_new=True)

        try:
            await self.workstation.change(reassign, row.id, provider, reason, None, somebody_new)
        except NotKnown:
            self.confirm(f"No provider here is called {provider}. Ask all the same?", all_the_same, name=provider)
            return
        self.reload()
        self.say(f"Query {row.number} goes to {provider}.", "good")

    def _with_words(self, prompt: str, step: Callable[..., Any], told: str) -> None:
        row: QueryRow = self.rows.selected

        async def said(words: str) -> None:
            await self.workstation.change(step, row.id, words)
            self.reload()
            self.say(f"Query {row.number} {told}.", "good")

        self.ask("words", prompt, answer=said)


def query_lines(page: QueryPage, width: int) -> list[Line]:
    """A query whole: question, indicators, options with the answer marked, and its steps."""
    lines: list[Line] = [((" ", "text"), (part, "strong")) for part in wrap(page.text or "no question yet", width - 2)]
    for one in page.evidence:
        lines += [((" · " if not n else "   ", "dim"), (p, "text")) for n, p in enumerate(wrap(one, width - 4))]
    lines += option_lines(page.options, page.answer, width)
    if page.answer_text:
        lines += [((" ", "text"), (part, "good")) for part in wrap(f"answer: {page.answer_text}", width - 2)]
    if page.drg_before or page.drg_after:
        lines.append(((f" group before {page.drg_before or '–'}, after {page.drg_after or '–'}", "dim"),))
    for step in page.steps:
        said = f"{minute(step.made_at)} {step.made_by} {step.step}{f': {step.said}' if step.said else ''}"
        lines += [((" ", "dim"), (part, "dim")) for part in wrap(said, width - 2)]
    return lines


def option_lines(options: Sequence[str], chosen: str, width: int) -> list[Line]:
    """Options as boxes side by side, each whole, the chosen one marked."""
    lines: list[Line] = []
    room = 0
    for one in options:
        box = f"[{'✓' if one == chosen else ' '}] {one}"
        if len(box) + 3 > room:
            lines.append(((" ", "dim"),))
            room = width - 1
        lines[-1] = (*lines[-1], (box, "good" if one == chosen else "text"), ("   ", "dim"))
        room -= len(box) + 3
    return lines


def _can(status: QueryStatus, step: str) -> bool:
    from store.provider_queries.machine import STEPS

    return step in {one.value for one in STEPS[status]}


def _state(row: QueryRow) -> str:
    outcome = f", {in_words(row.outcome)}" if row.outcome else ""
    level = f", escalated {row.escalations}" if row.escalations else ""
    return f"{row.status.value}{outcome}{level}"


def _searched(row: QueryRow) -> str:
    return f"{row.number} {row.patient} {row.mrn} {row.provider} {row.query_reason} {row.status.value}".lower()


_COLUMNS: tuple[Column[QueryRow], ...] = (
    Column("", 2, lambda row: " !" if row.late else "", style=lambda row: "error", said=lambda row: "late"),
    Column("NO", 4, lambda row: str(row.number), align="right"),
    Column("STATUS", 9, lambda row: row.status.value),
    Column("PATIENT", 0, lambda row: row.patient),
    Column("PROVIDER", 14, lambda row: row.provider),
    Column("ABOUT", 11, lambda row: row.query_reason),
    Column("DAYS", 5, lambda row: "" if row.days is None else days_in(row.days), align="right"),
    Column("DUE", 10, lambda row: row.due_on, style=lambda row: "error" if row.late else "text"),
    Column("ASKED BY", 10, lambda row: row.asked_by, from_width=100),
)
