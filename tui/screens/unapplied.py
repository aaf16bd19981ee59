"""Money without a place (m in the remittances): payments that are posted to no claim, and takebacks that are open.

m posts what is under the cursor to a claim of ours, F gives it back, u undoes the last step of this screen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum

from textual.app import ComposeResult

from store.queries.unapplied import TakebackRow, UnappliedRow, takeback_list, unapplied_list
from store.remits.provider_kinds import provider_kind
from tui.cells import Line, ends, wrap
from tui.money import cents_of, dollars
from tui.screens.asking import named_columns
from tui.screens.desk import NotAnAnswer, following
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "All money has its place. v shows takebacks, and those that are settled."
Row = UnappliedRow | TakebackRow


class Show(Enum):
    """What the list shows."""

    WAITING = "posted to no claim"
    OPEN = "open takebacks"
    SETTLED = "settled takebacks"


class UnappliedScreen(ListScreen):
    """What waits for a place, the oldest first."""

    name_on = "unapplied"

    def __init__(self) -> None:
        super().__init__()
        self._show = Show.WAITING
        self._undo: Callable[[str], Awaitable[None]] | None = None

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_columns(payments=True), EMPTY)

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Unapplied", self._show.value)

    def why_not(self, action: str) -> str:
        row: Row | None = self.rows.selected if self.is_mounted else None
        if action == "row_claim" and not self.claims_here():
            return "it has no claim of ours: m posts it to one" if row else "there is nothing under the cursor"
        if action in ("place_money", "give_back"):
            if row is None:
                return "there is nothing under the cursor"
            if isinstance(row, TakebackRow) and not row.open_cents:
                return "it is settled"
            if action == "give_back" and isinstance(row, UnappliedRow) and not row.left_cents:
                return "nothing was paid: m posts it to its claim"
            if action == "give_back" and isinstance(row, TakebackRow) and row.open_cents > 0:
                return "the payer took it: m charges it to its claim"
        if action == "undo_placed" and self._undo is None:
            return "nothing was done here yet"
        return ""

    async def read_rows(self) -> None:
        read, rows = self.workstation.record.read, list[Row]()
        if self._show is Show.WAITING:
            rows += await read(unapplied_list)
        else:
            settled = self._show is Show.SETTLED
            rows += [row for row in await read(takeback_list, settled) if bool(row.open_cents) is not settled]
        shown = [row for row in rows if self.passes_filter(f"{row.payer} {_number(row)} {_who(row)}")]
        self.rows.empty = self.why_empty("money without a place", EMPTY)
        self.rows.set_source(ListSource(shown, lambda row: row.id), columns=_columns(self._show is Show.WAITING))
        self.refresh_frame()
        self.show_page_here()

    def show_page_here(self) -> None:
        row: Row | None = self.rows.selected
        title = f"{_number(row)}  {row.payer}" if row else ""
        self.page_pane.show(title, lambda width: list(page_lines(row, width)) if row else [])

    def claims_here(self) -> Sequence[tuple[str, str]]:
        row: Row | None = self.rows.selected if self.is_mounted else None
        return ((row.claim, row.payer),) if isinstance(row, TakebackRow) and row.claim else ()

    def copied(self) -> str:
        row: Row | None = self.rows.selected
        return f"{_day(row)}  {_number(row)}  {row.payer}  {dollars(_cents(row))}" if row else ""

    def do_unapplied_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_place_money(self) -> None:
        """Ask for the claim and why, and post it there."""
        row: Row = self.rows.selected
        known = row.claim if isinstance(row, TakebackRow) else ""

        async def entered(text: str) -> None:
            number, _, why = text.strip().partition(" ")
            if not why.strip():
                raise NotAnAnswer("A claim number and words why, such as 2026-000418 mistyped.")
            await self._place(row, number, why)

        verb = "charge" if isinstance(row, TakebackRow) else "apply"
        self.ask(verb, "claim and why:", f"{known} " if known else "", answer=entered)

    async def _place(self, row: Row, number: str, why: str, **though: bool) -> None:
        change = self.workstation.change
        if isinstance(row, UnappliedRow):
            from store.remits.unapplied import OtherPatient, apply_to_claim, release

            try:
                await change(apply_to_claim, row.id, number, why, **though)
            except OtherPatient as other:
                asked = f"Another patient than {number}. Apply it all the same?"
                self._ask_whose(other.compared, asked, row, number, why)
                return
            self._undo = lambda reason: change(release, row.id, reason)
        else:
            from store.remits.takebacks import OtherClaim, charge_to_claim

            try:
                done = await change(charge_to_claim, row.id, number, why, **though)
            except OtherClaim as other:
                differing = " and ".join(what for what, _, _ in other.compared)
                asked = f"Another {differing} than {number}. Charge it all the same?"
                self._ask_whose(other.compared, asked, row, number, why)
                return
            self._undo = self._taking_back(done.posting_id)
        await self.read_rows()
        self.say(f"{dollars(_cents(row))} posted to {number}. u takes it back.", "good")

    def _ask_whose(self, compared: Sequence[tuple[str, str, str]], asked: str, row: Row, number: str, why: str) -> None:
        """Show what the payment states beside ours, and post it there all the same after a yes."""

        async def all_same() -> None:
            self.close_choices()
            await self._place(row, number, why, though_another=True)

        pairs = [(what, f"{theirs}  ours: {ours}") for what, theirs, ours in compared]
        self.offer(pairs, named_columns(pairs), title=f"the payment beside {number}")
        self.confirm(asked, all_same)

    def do_give_back(self) -> None:
        """Ask for the amount and why, and give it back to who sent it."""
        row: Row = self.rows.selected

        async def entered(text: str) -> None:
            from store.remits.takebacks import refund_takeback
            from store.remits.unapplied import refund_unapplied

            amount, _, why = text.strip().partition(" ")
            cents = cents_of(amount)
            if cents is None or not why.strip():
                raise NotAnAnswer("An amount and words how, such as 25.00 check 1042.")
            step = refund_unapplied if isinstance(row, UnappliedRow) else refund_takeback
            done = await self.workstation.change(step, row.id, cents, why)
            self._undo = self._taking_back(done.posting_id)
            await self.read_rows()
            self.say(f"{dollars(done.cents)} given back, {dollars(done.left_cents)} left. u takes it back.", "good")

        self.ask("refund", "amount and how:", f"{dollars(abs(_cents(row))).replace(',', '')} ", answer=entered)

    def _taking_back(self, posting_id: str) -> Callable[[str], Awaitable[None]]:
        from store.ledger.money import take_back

        return lambda reason: self.workstation.change(take_back, posting_id, reason)

    def do_undo_placed(self) -> None:
        undo = self._undo
        assert undo is not None, "asked before"

        async def entered(reason: str) -> None:
            await undo(reason)
            self._undo = None
            await self.read_rows()
            self.say("Taken back: it waits again.")

        self.ask("undo", "why take it back:", answer=entered)


def page_lines(row: Row, width: int) -> Iterable[Line]:
    """All that is known of what waits, each amount with its segment."""
    if isinstance(row, UnappliedRow):
        if row.left_cents or row.paid_cents:
            yield ((f" {dollars(row.left_cents)} wait", "strong"), (f" of {dollars(row.paid_cents)} paid", "text"))
        else:
            yield ((" denied whole: m posts it to its claim", "strong"),)
        for part in wrap(row.note, width - 2):
            yield ((f" {part}", "warning"),)
        yield ((f" charge {dollars(row.charge_cents)}, service {row.service_from or 'on no day'}", "text"),)
        yield ((f" patient {row.patient or 'not named'}", "text"),)
        yield ((f" payer's number {row.payer_number or 'none'}", "text"),)
        yield ((f" payment {row.trace} of {row.paid_on}, segment {row.segment}", "dim"),)
        return
    owed = "the payer will take it back" if row.open_cents < 0 else "the payer took it"
    if row.open_cents:
        yield ((f" {dollars(row.open_cents)} open", "strong"), (f": {owed}", "text"))
    else:
        yield ((" settled", "strong"),)
    if row.claim:
        yield ((f" claim {row.claim}", "text"),)
    for part in sorted(row.parts, key=lambda one: one.day):
        told = f"{part.reason}  {provider_kind(part.reason).meaning}" if part.reason else part.note
        first, *more = wrap(told, max(width - 28, 10)) or [""]
        yield ends(((f" {part.day}  {first}", "text"),), ((dollars(part.cents), "text"), (" ", "text")), width)
        for other in more:
            yield ((f"             {other}", "text"),)
        if part.trace:
            yield ((f"             payment {part.trace}, segment {part.segment}", "dim"),)


def _day(row: Row) -> str:
    return row.paid_on if isinstance(row, UnappliedRow) else row.day


def _number(row: Row) -> str:
    return row.account_number if isinstance(row, UnappliedRow) else row.reference or "no reference"


def _who(row: Row) -> str:
    return row.patient if isinstance(row, UnappliedRow) else " ".join(filter(None, (row.reasons, row.claim)))


def _cents(row: Row) -> int:
    return row.left_cents if isinstance(row, UnappliedRow) else row.open_cents


def _amount(row: Row) -> str:
    """What is open; of a settled takeback nothing is, so that no row reads as work."""
    return "settled" if isinstance(row, TakebackRow) and not row.open_cents else dollars(_cents(row))


def _columns(payments: bool) -> tuple[Column[Row], ...]:
    return (
        Column(" PAID ON", 11, lambda row: f" {_day(row)}"),
        Column("NUMBER" if payments else "REFERENCE", 15, _number),
        Column("PATIENT" if payments else "KIND AND CLAIM", 18, _who),
        Column("PAYER", 0, lambda row: row.payer),
        Column("$", 12, _amount, align="right"),
    )
