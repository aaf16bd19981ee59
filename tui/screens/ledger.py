"""The ledger (g l): accounts that owe something, who owes it, and every posting down to its segment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import work
from textual.app import ComposeResult

from store.queries.ledger import AccountPage, AccountRow, PostingRow, account_list, account_page
from store.terms import PostingKind, in_words
from tui.cells import Line, ends, wrap
from tui.money import cents_of, dollars
from tui.screens.desk import NotAnAnswer
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "Nothing is owed. Accounts appear when claims leave; v shows those that are settled."
_BY_HAND = (PostingKind.PATIENT_PAYMENT, PostingKind.WRITE_OFF, PostingKind.REFUND)


class LedgerScreen(ListScreen):
    """The accounts with the journal of the one under the cursor, or its statement."""

    name_on = "ledger"
    desk = "ledger"

    def __init__(self) -> None:
        super().__init__()
        self._all = False
        self._as_statement = False
        self._page: AccountPage | None = None

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Accounts", "all" if self._all else "owing")

    def why_not(self, action: str) -> str:
        row: AccountRow | None = self.rows.selected if self.is_mounted else None
        if row is None and action in ("row_claim", "pay", "ledger_write_off", "refund", "undo_posting", "statement"):
            return "there is no account under the cursor"
        if action == "row_claim" and not self.claims_here():
            return "no claim of ours is posted to it"
        if action == "refund" and row and row.patient_cents >= 0 and row.payer_cents >= 0:
            return "nobody has a credit on it"
        if action == "undo_posting" and self._last_by_hand() is None:
            return "nothing was posted by hand here"
        return ""

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(account_list, not self._all)
        shown = [row for row in rows if self.passes_filter(f"{row.number} {row.patient}")]
        self.rows.empty = self.why_empty("account", EMPTY)
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        self.show_page_here()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: AccountRow | None = self.rows.selected
        page = await self.workstation.record.read(account_page, row.id) if row else None
        self._page = page
        pane = self.page_pane
        if page is None:
            pane.show("", lambda width: ())
        elif self._as_statement and await self.workstation.opening.is_closed("account", page.id):
            pane.show(f"statement  {page.number}", lambda width: (), "the chart is restricted")
        elif self._as_statement and page.partial:
            pane.show(f"statement  {page.number}", lambda width: (), f"none: {page.partial}")
        elif self._as_statement:
            from store.ledger.statement import statement

            made = await self.workstation.record.read(statement, page, self.workstation.today)
            text: list[Line] = [((line, "text"),) for line in made.lines]
            pane.show(f"statement  {page.number}", lambda width: text, dollars(made.due_cents))
        else:
            pane.show(
                f"{page.number}  {page.patient}", lambda width: page_lines(page, width), dollars(page.balance_cents)
            )

    def claims_here(self) -> Sequence[tuple[str, str]]:
        row: AccountRow | None = self.rows.selected
        page = self._page if row and self._page and self._page.id == row.id else None
        found = {
            one.claim: f"{one.payer}  {one.posted_at[:10]}" for one in (page.postings if page else ()) if one.claim
        }
        return list(found.items())

    def copied(self) -> str:
        row: AccountRow | None = self.rows.selected
        return f"{row.number}  {row.patient}  {dollars(row.balance_cents)}" if row else ""

    def do_ledger_view(self) -> None:
        self._all = not self._all
        self.reload()

    def do_statement(self) -> None:
        """Show the statement instead of the journal, or again the journal; a statement is 80 columns wide."""
        self._as_statement = not self._as_statement
        self.set_class(self._as_statement, "-statement")
        self.show_page_here()

    def do_pay(self) -> None:
        from store.ledger.money import patient_pays

        self._move("patient paid", "amount and how (20.00 card):", patient_pays)

    def do_ledger_write_off(self) -> None:
        from store.ledger.money import Owed, write_off

        self._move("write off", "amount and why (4.10 small balance):", write_off, Owed.PATIENT)

    def do_refund(self) -> None:
        """Give back what the patient has too much with us, or else the payer."""
        from store.ledger.money import Owed, refund

        row: AccountRow = self.rows.selected
        owed = Owed.PAYER if row.patient_cents >= 0 > row.payer_cents else Owed.PATIENT
        credit = max(-(row.payer_cents if owed is Owed.PAYER else row.patient_cents), 0)
        asking = f"to the {owed.value}, at most {dollars(credit)}; amount and why (5.00 paid twice):"
        self._move("refund", asking, refund, owed)

    def _move(self, asking: str, prompt: str, step: Callable[..., Any], *more: object) -> None:
        row: AccountRow = self.rows.selected

        async def entered(text: str) -> None:
            amount, _, note = text.strip().partition(" ")
            if (cents := cents_of(amount)) is None or not note.strip():
                raise NotAnAnswer(f"{asking}: expected an amount and words, such as 20.00 card")
            moved = await self.workstation.change(step, row.number, *more, cents, note)
            await self.read_rows()
            self.say(f"Posted; {dollars(moved.balance_cents)} are owed. u takes it back.", "good")

        self.ask(asking, prompt, answer=entered)

    def do_undo_posting(self) -> None:
        last = self._last_by_hand()
        assert last is not None, "asked before"

        async def entered(reason: str) -> None:
            from store.ledger.money import take_back

            moved = await self.workstation.change(take_back, last.id, reason)
            await self.read_rows()
            self.say(f"Taken back; {dollars(moved.balance_cents)} are owed.", "good")

        what = in_words(last.kind)
        self.ask("undo", f"why take back the {what} of {last.posted_at[:10]}:", answer=entered)

    def _last_by_hand(self) -> PostingRow | None:
        postings = self._page.postings if self._page else ()
        kinds = (one for one in reversed(postings) if one.kind in _BY_HAND and not one.remittance_id)
        return next((one for one in kinds if not one.taken_back and not one.takes_back), None)


def page_lines(page: AccountPage, width: int) -> list[Line]:
    """Who owes what, then the postings, the newest first, each figure with its segment."""
    lines: list[Line] = []
    if page.partial:
        lines.append(((f" A part: {page.partial}."[:width], "warning"),))
    for party in page.parties:
        name = party.name if party.account.value != "denied" else f"{party.name}, denied"
        lines.append(ends(((f" {name}", "strong"),), ((dollars(party.cents), "strong"), (" ", "text")), width))
    if not page.parties:
        lines.append(((" Nothing is owed.", "good"),))
    for posting in reversed(page.postings):
        lines.append(())
        gone = posting.taken_back or posting.takes_back
        head = "  ".join(
            filter(
                None,
                (
                    posting.posted_at[:10],
                    in_words(posting.kind),
                    posting.claim,
                    f"payment {posting.trace}" if posting.trace else "",
                    "taken back" if posting.taken_back else "takes back" if posting.takes_back else "",
                ),
            )
        )
        lines += [((f" {part}", "dim" if gone else "text"),) for part in wrap(head, width - 2)]
        if posting.note:
            lines += [((f"   {part}", "dim"),) for part in wrap(posting.note, width - 4)]
        for side in posting.sides:
            reason = f"  {side.group}-{side.reason}" if side.reason else ""
            place = f"  {side.file_name} segment {side.segment}" if side.segment else ""
            told = ((f"   {in_words(side.account)}{reason}", "text"), (place, "dim"))
            lines.append(ends(told, ((dollars(side.cents), "dim" if gone else "text"), (" ", "text")), width))
    return lines


_COLUMNS: tuple[Column[AccountRow], ...] = (
    Column(" ACCOUNT", 11, lambda row: f" {row.number}"),
    Column("NAME", 0, lambda row: row.patient),
    Column("PAYER", 10, lambda row: dollars(row.payer_cents) if row.payer_cents else "", align="right", from_width=60),
    Column(
        "PATIENT", 10, lambda row: dollars(row.patient_cents) if row.patient_cents else "", align="right", from_width=60
    ),
    Column(
        "DENIED",
        10,
        lambda row: dollars(row.denied_cents) if row.denied_cents else "",
        align="right",
        style=lambda row: "error",
        from_width=60,
    ),
    Column("OWED", 10, lambda row: dollars(row.balance_cents), align="right"),
)
