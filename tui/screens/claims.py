"""The claims (F4): built from final codings, scrubbed at once, and exported as one file when they are ready."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from rich.cells import cell_len
from textual.app import ComposeResult

from store.queries.claims import (
    COUNT_CAP,
    MOST_SORTS,
    ClaimFilter,
    ClaimRow,
    ClaimSort,
    claim_counts,
    claim_list,
    claim_views,
)
from store.queries.payers_answers import PayersAnswer, answer_counts
from store.settings import outbox
from store.terms import ClaimStatus, in_words
from tui.cells import Line, counted, days_in
from tui.money import dollars
from tui.screens.asking import named_columns
from tui.screens.desk import DeskScreen, NotAnAnswer, following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

STATUS_MARK = {
    ClaimStatus.DRAFT: " ",
    ClaimStatus.SCRUB_FAILED: "!",
    ClaimStatus.READY: "✓",
    ClaimStatus.EXPORTED: "→",
    ClaimStatus.REJECTED: "✗",
    ClaimStatus.VOID: "–",
    ClaimStatus.PATIENT: "p",
}
STATUS_STYLE = {
    ClaimStatus.SCRUB_FAILED: "error",
    ClaimStatus.READY: "good",
    ClaimStatus.EXPORTED: "dim",
    ClaimStatus.REJECTED: "error",
    ClaimStatus.VOID: "dim",
    ClaimStatus.PATIENT: "dim",
}
ANSWER_MARK = {
    PayersAnswer.PAID: "$",
    PayersAnswer.DENIED: "d",
    PayersAnswer.IN_PART: "d",
    PayersAnswer.VOIDED: "–",
    PayersAnswer.REPLACED: "–",
    PayersAnswer.TAKEN_BACK: "–",
    PayersAnswer.NOT_OWED: "–",
    PayersAnswer.TO_VOID: "!",
    PayersAnswer.TO_REPLACE: "!",
}
"""Of a claim that left and was answered or followed, what stands in the place of its status."""
ANSWER_STYLE = {
    PayersAnswer.PAID: "good",
    PayersAnswer.DENIED: "error",
    PayersAnswer.IN_PART: "warning",
    PayersAnswer.TO_VOID: "error",
    PayersAnswer.TO_REPLACE: "error",
}
STANDINGS = (
    *(ClaimStatus.REJECTED, ClaimStatus.SCRUB_FAILED, PayersAnswer.TO_VOID, PayersAnswer.TO_REPLACE),
    *(PayersAnswer.DENIED, PayersAnswer.IN_PART, ClaimStatus.READY, ClaimStatus.EXPORTED, PayersAnswer.NONE),
    *(PayersAnswer.PAID, PayersAnswer.NOTHING_PAID, PayersAnswer.REPLACED, PayersAnswer.VOIDED),
    *(PayersAnswer.TAKEN_BACK, PayersAnswer.NOT_OWED),
)
"""What line 1 counts, as far as it has room: first what somebody has to see to."""
ROOM_ABOUT = 4
"""Cells of line 1 beside what it says: its margins, and two between its parts."""
PAGE = 5000
PROGRESS_SECONDS = 0.3
"""How often a batch says how far it is."""
EMPTY = "No claims yet."
FILLING = Filling(
    "build", "builds them from the charts that are final coded", "build them from the charts that are final coded"
)


class ClaimsScreen(ListScreen):
    """The claim queue with its counts."""

    name_on = "claims"
    desk = "claims"

    def __init__(self) -> None:
        super().__init__()
        self._show = ClaimFilter.ALL
        self._sorts: tuple[ClaimSort, ...] = (ClaimSort.NUMBER,)
        self._view = ""
        self._counts: dict[ClaimStatus, int] = {}
        self._answers: Mapping[PayersAnswer, int] = {}
        """How the claims that left stand; empty where they are too many to be asked each time."""
        self._said_at = 0.0

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY, page=False)

    def place(self) -> tuple[Line, Line]:
        name = self._view or in_words(self._show)
        start: Line = (("Claims", "strong"), (f"  {name}", "text"))
        if len(self._sorts) > 1:
            start = (*start, (f"  by {', '.join(self._sorts)}", "dim"))
        if self.filter_text:
            start = (*start, (f"  /{self.filter_text}", "focus"))
        count = self.rows.count if self.is_mounted else 0
        where = f"{self.rows.index + 1} of {count}" if count else self.no_row
        room = self.app.size.width - sum(cell_len(text) for text, _ in start) - cell_len(where) - ROOM_ABOUT
        end: list[tuple[str, str]] = []
        for span, style in self._standings():
            if (room := room - cell_len(span) - 2) < 0:
                break
            end += [(span, style), ("  ", "text")]
        return start, (*end, (where, "text"))

    def _standings(self) -> Iterator[tuple[str, str]]:
        """How many claims stand where, in the words of the rows; first those that somebody has to see to."""
        for one in STANDINGS:
            if isinstance(one, PayersAnswer):
                count, style = self._answers.get(one, 0), ANSWER_STYLE.get(one, "dim")
            else:
                count, style = self._counts.get(one, 0), STATUS_STYLE.get(one, "text")
            capped = not isinstance(one, PayersAnswer) and count > COUNT_CAP
            if count and not (one is ClaimStatus.EXPORTED and self._answers):
                yield f"{f'{COUNT_CAP:,}+' if capped else f'{count:,}'} {in_words(one)}", style

    def why_not(self, action: str) -> str:
        if action in ("review", "rescrub") and self.rows.selected is None:
            return "there is no claim under the cursor"
        if action in ("export", "batch") and not self._counts.get(ClaimStatus.READY):
            return "no claim is ready"
        return ""

    async def read_rows(self) -> None:
        record = self.workstation.record
        self._counts = await record.read(claim_counts)
        rows = await record.read(claim_list, self.workstation.today, self._show, self._sorts, None, None, PAGE)
        self._answers = await self._answered(rows)
        shown = [row for row in rows if self.passes_filter(f"{row.number} {row.patient} {row.payer}")]
        self.rows.empty = self._empty()
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()

    async def _answered(self, rows: Sequence[ClaimRow]) -> Mapping[PayersAnswer, int]:
        """How the claims that left stand: by the rows where all are shown, else asked where they are not many."""
        if self._show is ClaimFilter.ALL and len(rows) < PAGE:
            return Counter(row.answer for row in rows if row.answer)
        few = self._counts.get(ClaimStatus.EXPORTED, 0) <= COUNT_CAP
        return await self.workstation.record.read(answer_counts, COUNT_CAP) if few else {}

    def _empty(self) -> str:
        """What would fill the list: claims where there are none, else another filter or view."""
        total = sum(self._counts.values())
        if not total:
            return f"{EMPTY} {what_fills(self, FILLING)}"
        if self.filter_text:
            return f"No claim has {self.filter_text!r}. / with nothing shows all."
        return f"No claim is {in_words(self._show)}. v shows the others ({total:,} in all)."

    def copied(self) -> str:
        row: ClaimRow | None = self.rows.selected
        return f"{row.number}  {row.patient}  {row.payer}  {dollars(row.total_cents)}" if row else ""

    def do_sort(self) -> None:
        orders = [one for one in ClaimSort if self.workstation.shows(one) or one is self._sorts[0]]
        self._sort((orders[(orders.index(self._sorts[0]) + 1) % len(orders)],))
        self.say(f"Sorted by {self._sorts[0].value}.")

    def _sort(self, sorts: tuple[ClaimSort, ...]) -> None:
        """Show the first rows of another order."""
        self._sorts = sorts
        self.rows.move_to(0)
        self.rows.read_anew()
        self.reload()

    def do_sort_by(self) -> None:
        """Ask for up to three orders, the first leading."""

        async def entered(text: str) -> None:
            names = text.replace(",", " ").split()
            if unknown := [name for name in names if name not in set(ClaimSort)]:
                raise NotAnAnswer(f"{unknown[0]}: none of {' '.join(ClaimSort)}.")
            sorts = tuple(map(ClaimSort, dict.fromkeys(names)))[:MOST_SORTS] or (ClaimSort.NUMBER,)
            if not self.workstation.shows(sorts):
                raise NotAnAnswer("Of what you do not see, no list is sorted by.")
            self._sort(sorts)
            self.say(f"Sorted by {', then '.join(self._sorts)}.")

        orders = " ".join(ClaimSort)
        self.say(f"up to three of {orders}", "dim")
        self.ask("sort", "by:", " ".join(self._sorts), answer=entered, marked=True)

    def do_saved_views(self) -> None:
        """Choose one of the views that were saved."""

        async def opened() -> None:
            actor = await self.workstation.record.actor()
            views = {one.name: one for one in await self.workstation.record.read(claim_views, actor.person_id or "")}
            if not views:
                self.say("No views are saved. W saves what is shown here under a name.")
                return

            async def chosen(name: str) -> None:
                view = views[name]
                self._view, self._show, self._sorts = name, view.show, view.sorts or (ClaimSort.NUMBER,)
                self.filter_text = view.words
                await self.read_rows()
                self.say(f"View {name}.")

            told = [(one.name, f"{one.show.value}  by {', '.join(one.sorts)}  {one.words}") for one in views.values()]
            self.choose("view", "view:", told, chosen)

        self.in_turn(opened())

    def do_save_view(self) -> None:
        async def named(name: str) -> None:
            from store.claims.views import save_view

            await self.workstation.change(save_view, name, self._show, self._sorts, self.filter_text)
            self._view = name.strip()
            self.refresh_frame()
            self.say(f"Saved as {self._view}; w opens it again.", "good")

        self.ask("view", "save what is shown as:", self._view, answer=named, marked=True)

    def do_view(self) -> None:
        self._show = following(self._show)
        self._view = ""
        self.reload()

    def do_build(self) -> None:
        self.workstation.batch(self._build())

    async def _build(self) -> None:
        from store.claims.build import build_claims, waiting_codings
        from store.claims.scrubbing import scrub_claim

        desk = self.workstation.batches
        built, reasons = 0, Counter[str]()
        codings = await desk.change(waiting_codings)
        for number, coding_id in enumerate(codings, 1):
            report = await desk.change(build_claims, coding_id)
            for claim in report.built:
                await desk.change_with_codes(scrub_claim, claim.claim_id)
            built += len(report.built)
            reasons.update(each.reason.value for each in report.not_built)
            self._progress("Building claims", number, len(codings))
        said = f"{counted(built, 'claim')} built and scrubbed."
        if reasons:
            said += f" {reasons.total()} not: {'; '.join(reasons)}."
        await self._done(said)

    def _progress(self, what: str, number: int, count: int) -> None:
        """Say how far a batch is, a few times a second and only where it was begun."""
        if self.is_current and time.monotonic() - self._said_at > PROGRESS_SECONDS:
            self._said_at = time.monotonic()
            self.say(f"{what}: {number:,} of {count:,}. Other screens can be used meanwhile.", "dim")

    async def _done(self, text: str, style: str = "text") -> None:
        """Say what a batch came to, on the screen that is in front by now."""
        if self.is_attached:
            await self.read_rows()
        cast(DeskScreen, self.app.screen).say(text, style)

    def do_rescrub(self) -> None:
        async def scrubbed() -> None:
            from store.claims.scrubbing import scrub_claim

            row: ClaimRow = self.rows.selected
            result = await self.workstation.record.change_with_codes(scrub_claim, row.id)
            await self.read_rows()
            self.say(f"{result.claim_number}: {result.errors} errors, {result.warnings} warnings.")

        self.in_turn(scrubbed())

    def do_review(self) -> None:
        self.in_turn(self.workstation.opening.claim(self.rows.selected.id))

    def do_export(self) -> None:
        ready = self._counts.get(ClaimStatus.READY, 0)
        self.confirm(f"Export {counted(ready, 'ready claim')} as an 837P file?", self._export)

    async def _export(self) -> None:
        self.workstation.batch(self._write())

    async def _write(self) -> None:
        from store.claims.export import export_claims

        report = await self.workstation.batches.change(export_claims, None, _new_file(), None, True)
        await self._done(f"{counted(report.claims, 'claim')} written to {report.destination}", "good")

    def do_batch(self) -> None:
        """Show each file that would be written, to whom and with what, and write them on a yes."""

        async def planned() -> None:
            from store.claims.batches import plan_batch
            from tui.planned_files import planned_words

            plan = await self.workstation.change(plan_batch)
            claims, cents = sum(one.claims for one in plan.files), sum(one.total_cents for one in plan.files)
            if not plan.files:
                behind = plan.left_behind[0] if plan.left_behind else None
                self.say(f"Nothing would leave: {behind.claim_number} {behind.reason}." if behind else "Nothing waits.")
                return
            files = [planned_words(one) for one in plan.files]
            self.offer(files, named_columns(files), title="files that would be written")
            behind = f" {len(plan.left_behind)} stay behind." if plan.left_behind else ""
            self.confirm(f"Batch {counted(claims, 'claim')}, {dollars(cents)}?{behind}", self._batch)

        self.in_turn(planned())

    async def _batch(self) -> None:
        self.close_choices()
        self.workstation.batch(self._write_batch())

    async def _write_batch(self) -> None:
        from store.claims.batches import batch_claims

        report = await self.workstation.batches.change(batch_claims, outbox())
        behind = f", {len(report.left_behind)} left behind" if report.left_behind else ""
        told = f"{counted(report.claims, 'claim')} in {counted(len(report.files), 'file')} in {outbox()}{behind}."
        await self._done(told, "good" if report.claims else "warning")

    def do_next_payers(self) -> None:
        async def built() -> None:
            from store.claims.secondary import bill_next_payers

            report = await self.workstation.change(bill_next_payers)
            await self.read_rows()
            refused = f" {report.refused[0][1]}." if report.refused else ""
            self.say(f"{counted(len(report.built), 'claim')} to the next payer, {len(report.refused)} not.{refused}")

        self.in_turn(built())


def _new_file() -> Path:
    """The next free name in the outbox."""
    folder, number = outbox(), 1
    while (path := folder / f"claims-{number:04}.837").exists():
        number += 1
    return path


def standing_style(row: ClaimRow) -> str:
    """The style of where a claim stands, in the list and on its own screen."""
    return ANSWER_STYLE.get(row.answer) or STATUS_STYLE.get(row.status, "text")


_COLUMNS: tuple[Column[ClaimRow], ...] = (
    Column(
        "",
        2,
        lambda row: " " + (ANSWER_MARK.get(row.answer) or STATUS_MARK[row.status]),
        style=standing_style,
        said=lambda row: row.standing,
    ),
    Column("CLAIM", 11, lambda row: row.number),
    Column("SERVICE", 10, lambda row: row.service_date),
    Column("PATIENT", 0, lambda row: row.patient),
    Column("PAYER", 10, lambda row: row.payer, below=100),
    Column("PAYER", 0, lambda row: row.payer, from_width=100),
    Column("$", 9, lambda row: dollars(row.total_cents), align="right"),
    Column("ERR", 3, lambda row: str(row.errors or ""), align="right", style=lambda row: "error"),
    Column("WRN", 3, lambda row: str(row.warnings or ""), align="right", style=lambda row: "warning"),
    Column("AGE", 4, lambda row: days_in(row.age_days, 4), align="right"),
    Column("STATUS", 14, lambda row: row.standing, style=standing_style, from_width=110),
)
