"""The bank beside the remittances (g b): deposits without a remittance, payments without a deposit, and their age."""

from __future__ import annotations

from textual.app import ComposeResult

from store.queries.deposits import AGED_DAYS, NO_TRACE, DepositFilter, DepositRow, deposit_list
from tui.cells import Line, counted, days_in, labeled
from tui.money import dollars
from tui.screens.desk import following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.screens.taking_in import take_in_arrivals
from tui.widgets.row_table import Column, ListSource

_KINDS = {
    DepositFilter.DEPOSITS: "deposit waits",
    DepositFilter.PAYMENTS: "payment is without a deposit",
    DepositFilter.MATCHED: "deposit is matched",
}
EMPTY = "Nothing waits."
FILLING = Filling("take_in", "takes in a bank's CSV file from the inbox", "take in the CSV files of the bank")
MATCHING = Filling(
    "match_here", "says which remittance it pays; ask the bank or the payer where none does", "say which one it pays"
)
UNMATCHING = Filling("match_here", "takes the match back", "take a match back")


class DepositsScreen(ListScreen):
    """What waits, the oldest first."""

    name_on = "deposits"
    desk = "deposits"

    def __init__(self) -> None:
        super().__init__()
        self._show = DepositFilter.WAITING

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Deposits", self._show.value)

    def why_not(self, action: str) -> str:
        row: DepositRow | None = self.rows.selected if self.is_mounted else None
        if action == "match_here" and (row is None or row.kind != "deposit"):
            return "there is no deposit under the cursor"
        return ""

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(deposit_list, self.workstation.today, self._show)
        shown = [row for row in rows if self.passes_filter(f"{row.trace} {row.payer}")]
        self.rows.empty = self.why_empty("row", f"{EMPTY} {what_fills(self, FILLING)}")
        if not self.filter_text and self._show is not DepositFilter.WAITING:
            self.rows.empty = f"No {_KINDS[self._show]}. v shows the others."
        self.rows.set_source(ListSource(shown, lambda row: f"{row.kind} {row.id}"))
        self.refresh_frame()
        self.show_page_here()
        if aged := sum(row.aged for row in shown):
            self.say(f"{counted(aged, 'row')} waiting for more than {AGED_DAYS} days.", "warning")

    def show_page_here(self) -> None:
        row: DepositRow | None = self.rows.selected
        step = what_fills(self, UNMATCHING if row and row.matched_by else MATCHING)
        self.page_pane.show(row.kind if row else "", lambda width: deposit_lines(row, step, width) if row else ())

    def copied(self) -> str:
        row: DepositRow | None = self.rows.selected
        return f"{row.day}  {row.trace}  {dollars(row.cents or row.paid_cents)}" if row else ""

    def do_take_in(self) -> None:
        self.in_turn(take_in_arrivals(self))

    def do_deposit_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_match_all(self) -> None:
        async def matched() -> None:
            from store.ledger.deposits import match_deposits

            found = await self.workstation.change(match_deposits)
            await self.read_rows()
            told = f"{counted(found.matched, 'deposit')} matched."
            if found.unclear:
                told += f" {found.unclear} left open: more than one fits. Enter matches by hand."
            if found.differ:
                told += f" {found.differ} not of its payment's amount."
            left = found.unclear or found.differ
            self.say(told, "warning" if left else "good" if found.matched else "text")

        self.in_turn(matched())

    def do_match_here(self) -> None:
        row: DepositRow = self.rows.selected
        if row.remittance_id:
            self.confirm("Take the match back?", lambda: self._unmatch(row))
            return

        async def chosen() -> None:
            read = self.workstation.record.read
            payments = await read(deposit_list, self.workstation.today, DepositFilter.PAYMENTS)
            if not payments:
                self.say("No payment is without a deposit.")
                return
            payments.sort(key=lambda one: abs(one.paid_cents - row.cents))
            told = [(one.trace or one.id, f"{one.day}  {dollars(one.paid_cents)}  {one.payer}") for one in payments]
            by_name = {name: one for (name, _), one in zip(told, payments, strict=True)}

            async def match(name: str) -> None:
                await self._match(row, by_name[name])

            self.choose("match", f"{dollars(row.cents)} pays:", told, match)

        self.in_turn(chosen())

    async def _match(self, row: DepositRow, payment: DepositRow, note: str = "") -> None:
        from store.ledger.deposits import match_by_hand

        if row.cents != payment.paid_cents and not note:

            async def told(words: str) -> None:
                await self._match(row, payment, words)

            off = dollars(row.cents - payment.paid_cents)
            self.ask("note", f"the amounts differ by {off}; why:", answer=told)
            return
        await self.workstation.change(match_by_hand, row.id, payment.id, note)
        await self.read_rows()
        self.say("Matched.", "good")

    async def _unmatch(self, row: DepositRow) -> None:
        from store.ledger.deposits import unmatch

        await self.workstation.change(unmatch, row.id)
        await self.read_rows()
        self.say("It waits again.")


def deposit_lines(row: DepositRow, step: str, width: int) -> list[Line]:
    """A row whole: what keeps a deposit from its payment, and the step that the person can take or ask for."""
    lines: list[Line] = []

    def put(label: str, text: str, style: str = "text") -> None:
        lines.extend(labeled(label, text, width, style, room=9))

    put("Number", row.trace or NO_TRACE)
    put("Payer", row.payer)
    put("Amount", dollars(row.cents or row.paid_cents), "strong")
    put("Waits", row.why, "warning")
    if row.matched_by:
        how = f"by {row.matched_by.removeprefix('by ')}"
        put("Matched", f"{how}, with a payment of {dollars(row.paid_cents)}", "good")
        put("Note", row.note)
    paid = "It waits for the bank's file; ask the payer where its money does not come."
    put("Next", step if row.kind == "deposit" else paid, "dim")
    return lines


_COLUMNS: tuple[Column[DepositRow], ...] = (
    Column("", 2, lambda row: " !" if row.aged else "", style=lambda row: "error", said=lambda row: "aged"),
    Column("DAY", 10, lambda row: row.day),
    Column("WHAT", 8, lambda row: row.kind),
    Column("TRACE", 16, lambda row: row.trace or NO_TRACE, style=lambda row: "text" if row.trace else "dim"),
    Column(
        "PAYER",
        0,
        lambda row: "; ".join(filter(None, (row.why, row.payer))),
        style=lambda row: "warning" if row.why else "text",
    ),
    Column("$", 12, lambda row: dollars(row.cents or row.paid_cents), align="right"),
    Column("AGE", 5, lambda row: days_in(max(row.age_days, 0)), align="right"),
    Column("MATCHED", 10, lambda row: row.matched_by, from_width=100),
    Column("NOTE", 24, lambda row: row.note, style=lambda row: "dim", from_width=120),
)
