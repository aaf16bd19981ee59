"""The denial desk (d in the remittances): what was denied, why, what is done about it, and by when.

A step goes for the denial under the cursor, or, after `=`, for all living ones of the same payer and reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import ComposeResult

from codesets.remittance_codes import adjustment_meanings
from store.queries.denials import PAGE_ROWS, DenialFilter, DenialRow, denial_list
from store.terms import DenialStatus, in_words
from tui.cells import Line, counted, labeled
from tui.money import dollars
from tui.screens.desk import following
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

if TYPE_CHECKING:
    from store.denials.causes import Cause
    from store.denials.work import Worked

PAGE = 5000
EMPTY = "No denials here. Remittances that are posted open them."
LIVING = (DenialStatus.OPEN, DenialStatus.APPEALED)
CLOSED = (DenialStatus.RESOLVED, DenialStatus.WRITTEN_OFF, DenialStatus.PATIENT_OWES)


_ON_ONE = (
    "denial_mine",
    "denial_appeal",
    "denial_letter",
    "denial_close",
    "denial_write_off",
    "denial_patient_owes",
    "denial_alike",
)


class DenialsScreen(ListScreen):
    """The denials with what is known of the one under the cursor."""

    name_on = "denials"

    def __init__(self) -> None:
        super().__init__()
        self._show = DenialFilter.LIVING
        self._alike: frozenset[str] = frozenset()
        self._last_closed: tuple[list[str], int] = ([], 0)
        """The denials of the last step here that closed some, and their cents."""
        self._shown: list[DenialRow] = []
        self._whole = True
        """Whether all rows of the view are read, not its first ones alone."""

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(self._columns(), EMPTY)

    def place(self) -> tuple[Line, Line]:
        together: Line = ((f"  {counted(len(self._alike), 'denial')} together", "warning"),) if self._alike else ()
        return self.list_place("Denials", self._show.value, together)

    def why_not(self, action: str) -> str:
        row: DenialRow | None = self.rows.selected if self.is_mounted else None
        if action in _ON_ONE:
            if row is None:
                return "there is no denial under the cursor"
            if row.status not in LIVING:
                return f"it is {in_words(row.status)}"
            if not row.ours:
                return "its claim is not ours: u in the remittances gives its payment to one"
        if action == "row_claim" and not (row and row.ours):
            return "its claim is not ours" if row else "there is no denial under the cursor"
        if action == "denial_alike" and not self._whole:
            return "the rest of the denials is being read"
        if action == "denial_open_again" and not (self._last_closed[0] or (row and row.status in CLOSED)):
            return "nothing was closed here: v shows what is closed"
        return ""

    async def read_rows(self) -> None:
        """Show the first rows as soon as they are there; where there are more, all of them."""
        read = self.workstation.record.read
        self._whole = False
        rows = await read(denial_list, self._show, None, PAGE_ROWS)
        if len(rows) == PAGE_ROWS:
            if not self._shown and not self.filter_text:
                self._show_rows(rows)
            rows = [*rows, *await read(denial_list, self._show, rows[-1], PAGE - PAGE_ROWS)]
        self._whole = True
        self._show_rows(rows)

    def _show_rows(self, rows: Sequence[DenialRow]) -> None:
        filtered = bool(self.filter_text)
        self._shown = [row for row in rows if not filtered or self.passes_filter(_searched(row))]
        self.rows.empty = self.why_empty("denial", EMPTY, "" if self._show is DenialFilter.ALL else self._show.value)
        self.rows.set_source(ListSource(self._shown, lambda row: row.id), columns=self._columns())
        self.refresh_frame()
        self.show_page_here()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: DenialRow | None = self.rows.selected
        pane = self.page_pane
        if row is None:
            pane.show("", lambda width: ())
            return
        found = await self.workstation.codes.ask(adjustment_meanings, [row.reason], self.workstation.today)
        meaning = found.get(row.reason, "")
        from store.denials.causes import cause_of

        closed = await self.workstation.opening.is_closed("denial", row.id)
        cause = None if closed else await self.workstation.record.read(cause_of, row.id)
        pane.show(
            f"{row.group}-{row.reason}  {row.payer}", lambda width: page_lines(row, meaning, width, cause), row.category
        )

    def claims_here(self) -> Sequence[tuple[str, str]]:
        row: DenialRow | None = self.rows.selected
        return ((row.claim, row.patient),) if row else ()

    def copied(self) -> str:
        row: DenialRow | None = self.rows.selected
        return f"{row.claim}  {row.group}-{row.reason}  {dollars(row.cents)}  {row.payer}" if row else ""

    def do_leave(self) -> None:
        """Let go of what is taken together, else leave the desk."""
        if not self._alike:
            super().do_leave()
            return
        self._alike = frozenset()
        self.rows.set_columns(self._columns())
        self.refresh_frame()
        self.say("Nothing is taken together.")

    def do_denial_view(self) -> None:
        self._show, self._shown = following(self._show), []
        self._alike = frozenset()
        self.reload()

    def do_denial_alike(self) -> None:
        """Take together, or apart again, the living denials of the same payer and reason."""
        row: DenialRow = self.rows.selected
        if row.id in self._alike:
            self._alike = frozenset()
        else:
            same = (row.payer, row.group, row.reason)
            alike = [one for one in self._shown if (one.payer, one.group, one.reason) == same and one.status in LIVING]
            self._alike = frozenset(one.id for one in alike)
            money = dollars(sum(one.cents for one in alike))
            self.say(f"{counted(len(alike), 'denial')} of {row.group}-{row.reason}, {money}: the next step is for all.")
        self.rows.set_columns(self._columns())
        self.refresh_frame()

    def do_denial_mine(self) -> None:
        from store.denials.work import assign

        async def mine() -> None:
            actor = await self.workstation.record.actor()
            await self._step(assign, actor.login, "yours")

        self.in_turn(mine())

    def do_denial_appeal(self) -> None:
        from store.denials.work import appeal

        self._ask("appeal", "what was sent:", appeal, "appealed")

    def do_denial_close(self) -> None:
        from store.denials.work import resolve

        self._ask("close", "what came of it:", resolve, "closed", closes=True)

    def do_denial_patient_owes(self) -> None:
        from store.denials.work import bill_patient

        self._ask(
            "bill patient",
            f"why does the patient owe {self._what()}:",
            bill_patient,
            "billed to the patient",
            closes=True,
        )

    def do_denial_open_again(self) -> None:
        """The closed one under the cursor, else those of the last step that closed some here."""
        from store.denials.work import open_again

        row: DenialRow | None = self.rows.selected
        under_cursor = row is not None and row.status in CLOSED
        denials, cents = ([row.id], row.cents) if row and under_cursor else self._last_closed
        what = f"{counted(len(denials), 'denial')}, {dollars(cents)}"

        async def answered(words: str) -> None:
            done = await self.workstation.change(open_again, denials, words)
            if not under_cursor or denials == self._last_closed[0]:
                self._last_closed = ([], 0)
            await self._stepped(done, "open again")

        self.ask("undo", f"why open {what} again:", answer=answered)

    def do_denial_letter(self) -> None:
        row: DenialRow = self.rows.selected

        async def written(why: str) -> None:
            from store.denials.letter import letter_to_outbox

            path = await self.workstation.change(letter_to_outbox, row.id, self.workstation.today, why)
            self.say(f"{path.name} is in the outbox. A notes that it was sent.", "good")

        self.ask("letter", "what you have to say, before the evidence:", answer=written)

    def do_denial_write_off(self) -> None:
        from store.denials.work import write_off

        self._ask("write off", f"why give up {self._what()}:", write_off, "written off", closes=True)

    def _rebilled(self) -> str:
        """The claim that bills one of the chosen denials again; empty where none does."""
        chosen = set(self._chosen(self.rows.selected))
        return next((row.replacement for row in self._shown if row.id in chosen and row.replacement), "")

    def _what(self) -> str:
        row: DenialRow = self.rows.selected
        chosen = len(self._chosen(row))
        return counted(chosen, "denial") if chosen > 1 else dollars(row.cents)

    def _ask(self, asking: str, prompt: str, step: Callable[..., Any], told: str, closes: bool = False) -> None:
        async def answered(words: str) -> None:
            await self._step(step, words, told, closes)

        async def answered_all_the_same(words: str) -> None:
            await self._step(step, words, told, closes, though_rebilled=True)

        again = self._rebilled() if asking in ("write off", "bill patient") else ""
        if again:
            self.ask(
                asking, f"{again} bills it again; {prompt.removesuffix(':')} all the same:", "", answered_all_the_same
            )
        else:
            self.ask(asking, prompt, answer=answered)

    async def _step(self, step: Callable[..., Any], words: str, told: str, closes: bool = False, **also: bool) -> None:
        row: DenialRow = self.rows.selected
        chosen = self._chosen(row)
        done = await self.workstation.change(step, chosen, words, **also)
        if closes:
            self._last_closed = (chosen, done.cents)
        await self._stepped(done, told, ". u takes it back" if closes else "")

    async def _stepped(self, done: Worked, told: str, more: str = "") -> None:
        self._alike = frozenset()
        await self.read_rows()
        self.say(f"{counted(done.count, 'denial')} {told}, {dollars(done.cents)}{more}.", "good")

    def _chosen(self, row: DenialRow) -> list[str]:
        return sorted(self._alike) if row.id in self._alike else [row.id]

    def _columns(self) -> tuple[Column[DenialRow], ...]:
        alike = self._alike
        return (
            Column(
                "",
                2,
                lambda row: " =" if row.id in alike else " »" if row.out else "",
                style=lambda row: "focus" if row.id in alike else "dim",
                said=lambda row: "together" if row.id in alike else "billed again" if row.out else "",
            ),
            Column("DUE", 10, lambda row: row.due_on),
            Column("CLAIM", 12, lambda row: row.claim),
            Column("PATIENT", 0, lambda row: row.patient),
            Column("PAYER", 0, lambda row: row.payer, from_width=126),
            Column("CODE", 6, lambda row: row.code),
            Column("WHY", 7, lambda row: f"{row.group}-{row.reason}"),
            Column("$", 10, lambda row: dollars(row.cents), align="right"),
            Column("CATEGORY", 17, lambda row: row.category, from_width=100),
            Column("OWNER", 10, lambda row: row.owner, from_width=100),
            Column("STATUS", 11, lambda row: in_words(row.status), from_width=110),
        )


def page_lines(row: DenialRow, meaning: str, width: int, cause: Cause | None = None) -> list[Line]:
    """What was denied and why, what is done about such, and where the work on it stands."""
    from store.denials.reasons import OF_VOID, category_named, category_of

    of_void = row.category == OF_VOID
    category = category_named(OF_VOID) if of_void else category_of(row.group, row.reason, unpaid=True)
    lines: list[Line] = []

    def put(label: str, text: str, style: str = "text") -> None:
        lines.extend(labeled(label, text, width, style))

    denied = row.what if of_void else f"{dollars(row.cents)} of {row.what}"
    put("Denied", f"{denied}, {row.service_from}".rstrip(", "))
    put("Reason", f"{row.group}-{row.reason}  {meaning}".rstrip(), "strong")
    put("Remarks", ", ".join(row.remarks))
    if row.replacement:
        put("Rebilled", f"{row.replacement} replaces the claim: {row.rebilled}", "strong")
    if row.out:
        put("Do", f"wait for the answer to {row.replacement}; it settles this", "dim")
    elif row.replacement:
        put("Do", f"let {row.replacement} leave (F4: scrub it, then batch)", "focus")
    elif category:
        put("Do", f"{category.action} ({category.owner})", "focus")
    if category and not of_void:
        put("Appeal", f"by {row.due_on}" if category.appeal else "of no use for this reason")
    level = f", level {row.level}" if row.level else ""
    put("Stands", f"{in_words(row.status)}{level}{f', {row.owner}' if row.owner else ''}")
    put("Note", row.note)
    if cause and cause.claim:
        put("Coded", f"by {cause.coder or 'nobody'} {cause.coded_at}, service by {cause.provider or 'nobody named'}")
        for edit in cause.edits:
            let = f", let pass by {edit.overridden_by}: {edit.override_reason}" if edit.overridden_by else ""
            put("Edit", f"{edit.rule_id} {edit.title}{let}", "warning")
    put("From", f"remittance {row.trace}, segment {row.segment}", "dim")
    return lines


def _searched(row: DenialRow) -> str:
    said = (row.claim, row.patient, row.payer, row.category, row.procedure_code, row.owner)
    return " ".join((*said, f"{row.group}-{row.reason}")).lower()
