"""The worklists (F3): charts that wait, why each stands where it stands, and the way into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container

from store.clock import clock_day
from store.open_charts import open_in_another_session
from store.queries.figures import OwnFigures, own_figures
from store.queries.worklists import (
    PAGE_ROWS,
    LeftOpen,
    Listing,
    Sort,
    WorklistCount,
    WorkRow,
    as_found,
    count_cap,
    left_open,
    page_around,
    why_here,
    worklist_count,
    worklist_counts,
    worklist_ids,
    worklist_page,
)
from store.terms import clock_time
from tui.actions import Action, actions_on
from tui.cells import Line, counted, cut, line_width
from tui.screens.desk import DeskScreen, NotAnAnswer
from tui.screens.why_here import why_lines
from tui.screens.worklist_columns import PRIORITY_DIGITS, USUAL, columns
from tui.widgets.paged import PagedSource, PageNeed
from tui.widgets.row_table import MARK, Column, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:  # criteria, views, holds and whom to give to are loaded when they are asked for
    from store.actors import Actor
    from store.criteria import Condition
    from store.database import Database

FOR_MARKED = ("hold", "skip", "assign", "mark", "mark_all", "next_chart", "command", "help")
"""The key line while charts are marked."""

FOR_GIVING = ("open", "assign", "balance")
"""What comes first on the key line of a person who codes no charts, where it is for them."""

WARM_SECONDS = 0.05
BESIDE_TYPED, LEAST_TYPED = 70, 10
"""Cells of the question to go on with a chart beside what was typed, and those of it that stay on any terminal."""

"""How long the first frame has for itself before what the next keys need is loaded."""


class WorklistScreen(DeskScreen):
    """One worklist at a time, sorted by its priority."""

    name_on = "worklist"
    desk = "worklists"

    def __init__(self) -> None:
        super().__init__()
        self._worklist: str | None = None
        self._counts: list[WorklistCount] = []
        self._sort = Sort.ORDER
        self._finished = False
        self._shown = self._offered = False
        self._figures: OwnFigures | None = None
        self._audit = ""
        self._login = ""
        self._me: str | None = None
        self._mine = False
        self._view = ""
        self._criteria: tuple[str, ...] = ()
        self._condition: Condition | None = None
        self._chosen_columns: tuple[str, ...] = ()
        self._today = clock_day()
        self._listing = Listing()
        """What is shown: marks belong to it, in whatever order."""
        self._digits = 0
        """Of the longest priority that was read of it: the column is as wide."""

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(self._columns(), id="rows", unread=True)
            yield TextPane(id="why", title="why here")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_screen_resume(self) -> None:
        self.reload()

    def place(self) -> tuple[Line, Line]:
        waits = any(count.waits for count in self._counts if count.worklist == self._worklist)
        open_charts = "waiting" if waits else "ready to code"
        what = "final coded" if self._finished else "yours" if self._mine else open_charts
        where = self._view or f"{(not self._mine and self._worklist) or 'all'}, {what}"
        start: Line = (("Worklists", "strong"), ("  ", "text"), (where, "text"))
        if marked := len(self.rows.marked) if self.is_mounted else 0:
            start = (*start, (f"  {MARK} {marked:,} marked", "focus"))
        if self._sort != Sort.ORDER:
            start = (*start, (f"  by {self._sort.value}", "dim"))  # before what is long enough to be cut
        if self._criteria and not self._view:
            start = (*start, (f"  {' and '.join(self._criteria)}", "focus"))
        count = self.rows.count if self.is_mounted else 0
        if self.filter_text and count and self._listing.alike:
            start = (*start, (f"  none; like /{self.filter_text}", "warning"))
        elif self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        more = "+" if count == count_cap(self._listing) else ""
        where = f"{self.rows.index + 1:,} of {count:,}{more}" if count else self.no_row
        room = (self.size.width or self.app.size.width) - line_width(start) - len(where) - 7
        return start, ((where, "text"), (f"   {self._own(room)}", "dim"))

    def _own(self, room: int) -> str:
        """The person's own figures: units against the target, active time, and the last audit; as many as have room."""
        if self._figures is None:
            return ""
        figures = f"{self._figures.units_text} u {self._figures.active_text}"
        audit = f"  audit {self._audit}" if self._audit else ""
        said = (f"{self._login} {figures}{audit}", f"{figures}{audit}", figures)
        return next((one for one in said if len(one) <= room), figures)

    def why_not(self, action: str) -> str:
        if action in ("open", "hold", "why", "skip", "assign", "mark") and self.rows.selected is None:
            return "there is no chart under the cursor"
        if action == "mark_all" and not self.rows.count:
            return "no charts are shown"
        if action == "next_chart" and self._finished:
            return "these charts are final coded; z shows the open ones"
        return ""

    def reload_and_say(self, text: str) -> None:
        """Read the worklist again and say something about what changed."""
        self.reload()
        self.say(text)

    def record_changed(self) -> None:
        if self._shown and not self.choices.has_class("-open"):
            self.reload()

    def reload(self) -> None:
        """Read the worklist again; the cursor stays on its chart."""
        self.work(self._reload(), group="rows", exclusive=True)

    async def _reload(self) -> None:
        record = self.workstation.record
        actor = await record.actor()
        self._me, self._today = actor.person_id, self.workstation.today
        if self._worklist is None:
            self._counts = await record.read(worklist_counts)
            if self._counts:
                self._worklist = max(self._counts, key=lambda count: (not count.waits, count.ready)).worklist
        source = await self._source()
        if not len(source):
            self._counts = await record.read(worklist_counts)
        self.rows.empty = self._empty()
        self.rows.set_source(source, columns=self._columns())
        self.refresh_frame()
        if actor.person_id:
            await self._read_figures(actor)
        if not self._shown:
            self._shown = True
            self.set_timer(WARM_SECONDS, self.workstation.warm)
        if not self._offered and self.is_current:
            self._offered = True
            if actor.person_id and (left := await record.read(left_open, actor.person_id)):
                self._offer(left, open_in_another_session(left.work_item_id, actor.login))

    async def _read_figures(self, actor: Actor) -> None:
        self._login = actor.login
        before = self._figures
        self._figures = await self.workstation.record.read(own_figures, actor.person_id, clock_day())
        if self._figures != before:
            self.refresh_frame()
        if self._figures.audit_state != (before.audit_state if before else ""):
            # It needs the tables, which the first frame does not wait for.
            self.set_timer(WARM_SECONDS, self._look_at_audit)

    @work(exclusive=True, group="audit")
    async def _look_at_audit(self) -> None:
        def look(db: Database, actor: Actor) -> str:
            from store.figures.last_audit import last_audit

            found = last_audit(db, actor)
            return found.text if found else ""

        self._audit = await self.workstation.change(look)
        self.refresh_frame()

    def _offer(self, left: LeftOpen, elsewhere: bool) -> None:
        """Offer the chart that the person was in when the line broke; to read, where another session still has it."""

        async def go_on() -> None:
            await self.workstation.opening.chart_now(left.work_item_id)

        at = clock_time(left.since)
        if elsewhere:
            asked = f"{left.patient} is open in your other session since {at}. Read it?"
            self.confirm(asked, go_on, name=left.patient)
            return
        typed = (
            f" with {cut(left.typed, max(self.size.width - BESIDE_TYPED, LEAST_TYPED))!r} typed" if left.typed else ""
        )
        self.confirm(f"Go on with {left.patient}, left at {at}{typed}?", go_on, name=left.patient)

    async def _source(self) -> PagedSource[WorkRow]:
        """The list as it is now, with the page under the cursor read already."""
        record = self.workstation.record
        listing = Listing(
            None if self._mine else self._worklist,
            self._sort,
            self.filter_text,
            self._finished,
            (self._me or "-") if self._mine else "",
            self._condition,
            self._today,
        )
        same_words = listing.text == self._listing.text
        listing = replace(listing, alike=same_words and self._listing.alike)
        if replace(listing, sort=self._listing.sort) != self._listing:
            self.rows.unmark()
            self._digits = 0
        # Names like what was typed stand in only when it is typed: no row may come while others are worked away.
        if same_words:
            count = await record.read(worklist_count, listing)
        else:
            listing, count = await record.read(as_found, listing)
        self._listing = listing
        cap = count_cap(listing)

        def read(need: PageNeed[WorkRow]) -> None:
            self.work(self._read(source, listing, need), group="pages")

        source = PagedSource(min(count, cap), PAGE_ROWS, lambda row: row.id, read, count > cap)
        first = await record.read(worklist_page, listing)
        source.fill(0, first)
        self._fit(first)
        if self.rows.index >= PAGE_ROWS and isinstance(row := self.rows.selected, WorkRow):
            number, rows = await record.read(page_around, listing, row)
            source.fill(number, rows)
            self._fit(rows)
        return source

    def _fit(self, rows: Sequence[WorkRow]) -> bool:
        """Make room for the priorities of these rows, as old visits have five digits; whether more was needed."""
        before, self._digits = self._digits, max([self._digits, *(len(str(row.priority)) for row in rows)])
        return self._digits > max(before, PRIORITY_DIGITS)

    async def _read(self, source: PagedSource[WorkRow], listing: Listing, need: PageNeed[WorkRow]) -> None:
        rows = await self.workstation.record.read(worklist_page, listing, need.after, need.before, need.last)
        source.fill(need.number, rows)
        if self._fit(rows) and listing == self._listing:
            self.rows.set_columns(self._columns())
        self.rows.redraw()

    def _empty(self) -> str:
        from tui.screens.filling import Filling, what_fills  # most lists have rows

        taken = Filling("next_chart", "takes the next chart", "take the next chart")
        came = Filling("", "takes some in", "take them in", key="codedesk intake PATH", right=("command", "intake"))
        if self.filter_text:
            return f"Nothing here has “{self.filter_text}” or a name like it. Esc shows all again."
        if self._mine:
            return f"Nothing is open with you or assigned to you. m shows the worklist. {what_fills(self, taken)}"
        if self._criteria:
            return "No chart meets these criteria. c and Enter shows all again."
        waiting = sum(count.ready for count in self._counts if not count.waits)
        if not self._counts:
            return f"No charts yet. {what_fills(self, came)} codedesk demo has made-up ones."
        if self._finished:
            return f"Nothing is final coded in {self._worklist}. z shows the open charts."
        return f"No charts are ready in {self._worklist}. v shows the other lists ({waiting} ready)."

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._explain()  # whose chart it is stands above the words where there is room

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.refresh_frame()
            self._explain()

    @work(exclusive=True, group="why")
    async def _explain(self) -> None:
        row: WorkRow | None = self.rows.selected
        why = await self.workstation.record.read(why_here, row.id) if row else None
        pane = self.query_one("#why", TextPane)
        if row is None or why is None:
            pane.show("why here", lambda width: ())
        else:
            pane.show(
                "why here",
                lambda width: why_lines(row, why, self._today, width),
                note=row.patient if self.wide else "",
            )

    def copied(self) -> str:
        row: WorkRow | None = self.rows.selected
        return f"{row.mrn}  {row.patient}  {row.service_date}" if row else ""

    def do_open(self) -> None:
        row: WorkRow = self.rows.selected
        self.workstation.opening.chart(row.id)

    def do_next_chart(self) -> None:
        """Take the next chart in the order of the worklist, whatever is shown of it: nobody picks by a filter."""
        narrowed = bool(self.filter_text or self._criteria or self._mine)
        told = f"Next of {self._worklist} by its order, not by what was shown." if narrowed else ""
        self.workstation.opening.next_chart(self._worklist or "", told=told)

    def do_sort(self) -> None:
        orders = [one for one in Sort if self.workstation.shows(one) or one is self._sort]
        self._sort = orders[(orders.index(self._sort) + 1) % len(orders)]
        self.reload()
        self.say(f"Sorted by {self._sort.value}.")

    def do_finished(self) -> None:
        self._finished = not self._finished
        self.reload()

    def filtered(self) -> None:
        self.reload()

    def do_other_worklist(self) -> None:
        self.in_turn(self._choose_worklist())

    async def _choose_worklist(self) -> None:
        self._counts = await self.workstation.record.read(worklist_counts)
        options = [
            (
                c.worklist,
                f"{c.ready:>4} {c.ready_or_waits:<5}  {c.in_progress:>3} open  {c.on_hold:>3} on hold  "
                f"{c.final:>4} final",
            )
            for c in self._counts
        ]

        async def chosen(name: str) -> None:
            self._worklist, self.filter_text, self._mine = name, "", False
            self._look_plainly()
            self.rows.move_to(0)
            self.reload()

        self.choose("worklist", "worklist:", options, chosen)

    def do_mark(self) -> None:
        self.rows.turn_mark()
        self.refresh_frame()

    def do_mark_all(self) -> None:
        """Mark every chart that is shown, as many as one step takes; when all of them are, take the marks away."""
        self.in_turn(self._mark_all())

    async def _mark_all(self) -> None:
        from store.worklists.bulk import MOST_AT_ONCE

        if len(self.rows.marked) >= min(self.rows.count, MOST_AT_ONCE):
            self.rows.unmark()
            self.say("No chart is marked.")
            return
        self.rows.unmark()
        self.rows.mark(await self.workstation.record.read(worklist_ids, self._listing, MOST_AT_ONCE))
        of = f" of {self.rows.count:,}: one step takes no more" if self.rows.count > MOST_AT_ONCE else ""
        self.say(f"{len(self.rows.marked):,}{of} marked. h holds, x skips, a assigns them, Esc takes the marks away.")

    def footer(self) -> tuple[Action, ...]:
        """With charts marked, what can be done with all of them comes first; so does giving out for who codes none."""
        known = {action.id: action for action in actions_on(self.name_on)}
        if self.is_mounted and self.rows.marked:
            return tuple(known[name] for name in FOR_MARKED)
        usual = super().footer()
        giving = tuple(known[name] for name in FOR_GIVING)
        return usual if not self.barred(known["next_chart"]) else (*giving, *(a for a in usual if a not in giving))

    def do_leave(self) -> None:
        if self.rows.marked:
            self.rows.unmark()
            self.say("No chart is marked.")
        else:
            super().do_leave()

    def _done_with_marks(self, text: str) -> None:
        self.rows.unmark()
        self.reload_and_say(text)

    def do_hold(self) -> None:
        from tui.screens.holding import hold_marked, hold_or_clear

        if self.rows.marked:
            hold_marked(self, self.rows.marked, self._done_with_marks)
            return
        row: WorkRow = self.rows.selected
        hold_or_clear(self, row.id, row.patient, self.reload_and_say)

    def do_why(self) -> None:
        from tui.screens.why import WhyScreen

        row: WorkRow = self.rows.selected
        self.workstation.show(WhyScreen(row.id, row.patient))

    def do_skip(self) -> None:
        if self.rows.marked:
            from tui.screens.holding import skip_marked

            skip_marked(self, self.rows.marked, self._done_with_marks)
            return
        row: WorkRow = self.rows.selected

        async def skipped(reason: str) -> None:
            from store.worklists import skip

            await self.workstation.change(skip, row.id, reason)
            self.reload_and_say(f"{row.patient} skipped: others are given the chart, you are not for 12 hours.")

        self.ask("skip", f"why {row.patient} is not for you:", answer=skipped)

    def do_mine(self) -> None:
        self._mine = not self._mine
        self._look_plainly()
        self.rows.move_to(0)
        self.reload()

    def do_criteria(self) -> None:
        """Show only charts that meet a line of criteria, as `store.criteria.lines` reads it; an empty one shows all."""
        from store.criteria import as_line, read_line

        async def asked(text: str) -> None:
            condition = read_line(text)
            self._look_plainly()
            self._condition, self._criteria = condition, (as_line(condition),) if condition.groups else ()
            self.reload()

        shown = as_line(self._condition) if self._condition else ""
        self.ask("criteria", "charts with:", shown, asked, marked=True)

    def do_saved_view(self) -> None:
        self.in_turn(self._choose_view())

    async def _choose_view(self) -> None:
        from store.queries.saved_views import saved_views
        from store.worklists.views import View, view_of

        views = await self.workstation.record.read(saved_views, self._me or "")
        options = [("+ keep this", "as a view of yours: filter, criteria, sort and columns")]
        options += [(name, " and ".join(view["criteria"]) or view["text"] or "all") for name, view in views.items()]

        async def chosen(name: str) -> None:
            if name == options[0][0]:
                self.ask("view", "name of the view:", self._view, self._keep_view)
                return
            view: View = view_of(name, views[name])
            self._condition, self._criteria = view.condition, view.criteria
            self._view, self._sort, self.filter_text, self._mine = name, view.sort, view.text, False
            self._worklist, self._chosen_columns = view.worklist or None, view.columns
            self.rows.move_to(0)
            self.reload()

        self.choose("view", "view:", options, chosen)

    async def _keep_view(self, name: str) -> None:
        from store.worklists.views import View, save_view

        view = View(name, self._worklist or "", self.filter_text, self._criteria, self._sort, self._chosen_columns)
        await self.workstation.change(save_view, view)
        self._view = name
        self.reload_and_say(f"View {name} is kept. V shows your views.")

    def do_columns(self) -> None:
        """Choose the columns by name; an empty line shows the usual ones."""
        from store.queries.saved_views import COLUMNS

        async def named(text: str) -> None:
            wanted = tuple(filter(None, (one.strip().lower() for one in text.split(","))))
            if unknown := next((one for one in wanted if one not in COLUMNS), None):
                raise NotAnAnswer(f"No column is called {unknown}. There are {', '.join(COLUMNS)}.")
            self._chosen_columns = wanted
            self.reload()

        shown = ", ".join(self._chosen_columns or USUAL)
        self.ask("columns", "columns:", shown, named, marked=True)

    def do_assign(self) -> None:
        from tui.screens.assigning import assign

        marked, row = self.rows.marked, self.rows.selected
        who = counted(len(marked), "marked chart") if marked else row.patient
        assign(self, who, [*marked] or [row.id], "" if marked else row.assigned, self._done_with_marks)

    def do_balance(self) -> None:
        from tui.screens.assigning import give_in_turn

        give_in_turn(self, self._worklist or "", self._done_with_marks)

    def _look_plainly(self) -> None:
        """Leave a saved view and criteria."""
        self._view, self._criteria, self._condition = "", (), None

    def _columns(self) -> tuple[Column[WorkRow], ...]:
        return columns(self._me, self._today, self._digits, self._chosen_columns)
