"""Remittances (F5): what payers sent, held or posted, with the balance on top and every claim to its segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import work
from textual.app import ComposeResult

from codesets.remittance_codes import adjustment_meanings
from store.queries.remits import (
    AdjustmentRow,
    RemittanceClaimRow,
    RemittanceFilter,
    RemittancePage,
    RemittanceRow,
    remittance_list,
    remittance_page,
    remittances_naming,
)
from store.remits.provider_kinds import provider_kind
from store.terms import RemittanceStatus, in_words
from tui.cells import Line, counted, wrap
from tui.money import dollars
from tui.screens.asking import named_columns
from tui.screens.desk import following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.screens.taking_in import take_in_arrivals
from tui.widgets.row_table import Column, ListSource

STATUS_STYLE = {
    RemittanceStatus.HELD: "error",
    RemittanceStatus.POSTED: "good",
    RemittanceStatus.UNPOSTED: "warning",
    RemittanceStatus.SET_ASIDE: "dim",
}
STATUS_MARK = {
    RemittanceStatus.HELD: "!",
    RemittanceStatus.POSTED: "✓",
    RemittanceStatus.UNPOSTED: "–",
    RemittanceStatus.SET_ASIDE: "·",
}
STATUS_WORDS = {
    "1": "paid first",
    "2": "paid second",
    "3": "paid third",
    "4": "denied",
    "19": "paid first, forwarded",
    "20": "paid second, forwarded",
    "21": "paid third, forwarded",
    "22": "reversal",
    "23": "not its claim, forwarded",
    "25": "predetermination",
}
"""Our words for the status of a claim (CLP02)."""

PAGE = 5000
EMPTY = "No remittances yet."
FILLING = Filling("take_in", "takes in an 835 from the inbox", "take in the 835s that payers send")


class RemitsScreen(ListScreen):
    """The remittances with the page of the one under the cursor."""

    name_on = "remits"
    desk = "remits"

    def __init__(self) -> None:
        super().__init__()
        self._show = RemittanceFilter.ALL
        self._page: RemittancePage | None = None

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def place(self) -> tuple[Line, Line]:
        return self.list_place("Remittances", self._show.value)

    def why_not(self, action: str) -> str:
        row: RemittanceRow | None = self.rows.selected if self.is_mounted else None
        if row is None and action in ("take_back", "post_again", "set_aside", "hold_again", "read_on"):
            return "there is no remittance under the cursor"
        if action == "row_claim":
            if self._page is None or row is None or self._page.row.id != row.id:
                return "" if row else "there is no remittance under the cursor"
            return "" if self.claims_here() else "none of its claims is ours: m shows what waits for one"
        if action == "take_back" and row and row.status is not RemittanceStatus.POSTED:
            return f"it is {row.status.value}"
        if action == "set_aside" and row and row.status is not RemittanceStatus.HELD:
            return f"it is {row.status.value}"
        if action == "hold_again" and row and row.status is not RemittanceStatus.SET_ASIDE:
            return f"it is {row.status.value}"
        if action == "post_again" and row and row.status is not RemittanceStatus.UNPOSTED:
            return f"it is {row.status.value}"
        return ""

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(remittance_list, self._show, None, PAGE)
        of: Mapping[str, str] = {}
        if self.filter_text:
            of = await self.workstation.record.read(remittances_naming, self.filter_text)
        shown = [row for row in rows if self.passes_filter(f"{row.payer} {row.trace} {of.get(row.id, '')}")]
        view = "" if self._show is RemittanceFilter.ALL else self._show.value
        self.rows.empty = self.why_empty("remittance", f"{EMPTY} {what_fills(self, FILLING)}", view)
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        self.show_page_here()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: RemittanceRow | None = self.rows.selected
        self._page = page = await self.workstation.record.read(remittance_page, row.id) if row else None
        if page is None:
            self.page_pane.show("", lambda width: ())
            return
        on = page.paid_on(self.workstation.today)
        meanings = await self.workstation.codes.ask(adjustment_meanings, page.reason_codes, on)
        note = counted(page.row.claims, "claim")
        self.page_pane.show(
            f"{page.row.trace}  {page.row.payer}", lambda width: page_lines(page, meanings, width), note
        )

    def claims_here(self) -> Sequence[tuple[str, str]]:
        found = self._page.claims if self._page else ()
        return [(one.claim_number, f"{one.patient}  {one.service_from}") for one in found if one.claim_number]

    def do_row_claim(self) -> None:
        async def opened() -> None:
            row: RemittanceRow = self.rows.selected
            if self._page is None or self._page.row.id != row.id:
                self._page = await self.workstation.record.read(remittance_page, row.id)
            if self.claims_here():
                super(RemitsScreen, self).do_row_claim()
            else:
                self.say("None of its claims is ours: m shows what waits for one.", "warning")

        self.in_turn(opened())

    def copied(self) -> str:
        row: RemittanceRow | None = self.rows.selected
        return f"{row.paid_on}  {row.trace}  {row.payer}  {dollars(row.payment_cents)}" if row else ""

    def do_take_in(self) -> None:
        self.in_turn(take_in_arrivals(self))

    def do_remit_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_denials(self) -> None:
        from tui.screens.denials import DenialsScreen

        self.workstation.show(DenialsScreen())

    def do_unapplied(self) -> None:
        from tui.screens.unapplied import UnappliedScreen

        self.workstation.show(UnappliedScreen())

    def do_take_back(self) -> None:
        row: RemittanceRow = self.rows.selected

        async def reasoned(reason: str) -> None:
            await self._take_back(row, reason)

        self.ask("take back", f"why take back {dollars(row.payment_cents)}:", answer=reasoned)

    async def _take_back(self, row: RemittanceRow, reason: str, **though: bool) -> None:
        """Take it back; what rests on its answers is shown first, one kind after the other."""
        from store.remits.posting import BilledOn, ReversedLater, unpost

        try:
            count = await self.workstation.change(unpost, row.id, reason, **though)
        except BilledOn as billed:
            pairs = [(before, f"went to the next payer as {after}") for before, after in billed.claims]
            title, told, known = "claims that were billed on its answers", "billed on", "though_billed"
        except ReversedLater as reversed_:
            pairs = [(number, f"reversed by trace {trace or 'without a number'}") for number, trace in reversed_.claims]
            title, told, known = "claims whose answers a later payment reverses", "reversed later", "though_reversed"
        else:
            await self.read_rows()
            self.say(f"Taken back: {counted(count, 'posting')}. P posts them again.", "warning")
            return

        async def all_same() -> None:
            self.close_choices()
            await self._take_back(row, reason, **though, **{known: True})

        self.offer(pairs, named_columns(pairs), title=title)
        self.confirm(f"{counted(len(pairs), 'claim')} {told}. Take it back all the same?", all_same)

    def do_set_aside(self) -> None:
        row: RemittanceRow = self.rows.selected

        async def reasoned(reason: str) -> None:
            from store.remits.posting import set_aside

            await self.workstation.change(set_aside, row.id, reason)
            await self.read_rows()
            self.say("Set aside. u holds it again.")

        self.ask("set aside", f"what became of {dollars(row.payment_cents)}:", answer=reasoned)

    def do_hold_again(self) -> None:
        row: RemittanceRow = self.rows.selected

        async def reasoned(reason: str) -> None:
            from store.remits.posting import hold_again

            await self.workstation.change(hold_again, row.id, reason)
            await self.read_rows()
            self.say("Held again.", "warning")

        self.ask("hold again", f"why hold {dollars(row.payment_cents)} again:", answer=reasoned)

    def do_post_again(self) -> None:
        row: RemittanceRow = self.rows.selected

        async def posted() -> None:
            from store.remits.posting import post_again

            await self.workstation.change(post_again, row.id)
            await self.read_rows()
            self.say(f"Posted again: {dollars(row.payment_cents)}.", "good")

        self.in_turn(posted())


def page_lines(page: RemittancePage, meanings: Mapping[str, str], width: int) -> list[Line]:
    """The balance, why it is held, the journal, then every claim with its lines and adjustments."""
    row = page.row
    held = row.status is RemittanceStatus.HELD
    sign = "+" if row.provider_cents < 0 else "-"
    balance = (
        f"{dollars(row.payment_cents)} paid = {dollars(row.paid_cents)} claims"
        f" {sign} {dollars(abs(row.provider_cents))} provider adjustments"
    )
    lines: list[Line] = [((f" {part}", "strong"),) for part in wrap(balance, width - 2)]
    difference = row.payment_cents - (row.paid_cents - row.provider_cents)
    if difference:
        lines.append(((f" difference {dollars(difference)}", "error"),))
    for at, why in enumerate(row.held):
        told, style = (
            ("set aside", "strong") if row.status is RemittanceStatus.SET_ASIDE and not at else ("held", "error")
        )
        lines += [((f" {part}", style),) for part in wrap(f"{told}: {why}", width - 2)]
    for what in row.miscounted:
        lines += [((f" {part}", "warning"),) for part in wrap(f"counted wrongly: {what}", width - 2)]
    for account, cents in page.balances.items():
        lines.append(((f"   {in_words(account):<22}", "dim"), (f"{dollars(cents):>14}", "text")))
    if not page.balances:
        lines.append((("   nothing is posted", "dim"),))
    for one in page.provider_adjustments:
        text = f" PLB {one.reason} {one.reference}  {dollars(one.cents)}  {provider_kind(one.reason).meaning}".rstrip()
        lines.append(((text, "text"), (f"  segment {one.segment}", "dim")))
    for claim in page.claims:
        lines += _claim_lines(claim, meanings, width)
    if held:
        lines.append(((" Ask the payer for a corrected file; nothing of this one moves money.", "dim"),))
    return lines


def _claim_lines(claim: RemittanceClaimRow, meanings: Mapping[str, str], width: int) -> list[Line]:
    known = "ours" if claim.claim_number == claim.account_number else f"ours as {claim.claim_number}"
    ours = (known, "good") if claim.claim_number else (claim.waits, "warning")
    status = STATUS_WORDS.get(claim.status_code, f"status {claim.status_code or 'missing'}")
    head = (claim.account_number, claim.patient, claim.service_from, status, "")
    money = (
        f"{dollars(claim.charge_cents)} charged, {dollars(claim.paid_cents)} paid,"
        f" patient {dollars(claim.patient_cents)}"
    )
    lines: list[Line] = [(), ((" " + "  ".join(filter(None, head)) + "  ", "strong"), ours), ((f"   {money}", "text"),)]
    if claim.payer_number:
        lines.append(((f"   payer's number {claim.payer_number}", "dim"),))
    if claim.note:
        lines += [((f"   {part}", "warning"),) for part in wrap(claim.note, width - 4)]
    lines += [_adjustment(one, meanings, "   ") for one in claim.adjustments]
    for line in claim.lines:
        code = "-".join((line.code, *line.modifiers))
        found = "" if line.ours else "  no line of ours"
        text = f"   {code:<12} {dollars(line.charge_cents)} charged, {dollars(line.paid_cents)} paid{found}"
        lines.append(((text, "text"),))
        lines += [_adjustment(one, meanings, "     ") for one in line.adjustments]
    remarks = [*claim.remarks, *(code for line in claim.lines for code in line.remarks)]
    if remarks:
        lines.append(((f"   remarks {', '.join(remarks)}", "dim"),))
    return lines


def _adjustment(one: AdjustmentRow, meanings: Mapping[str, str], indent: str) -> Line:
    told = f"{indent}{one.group}-{one.reason:<4} {dollars(one.cents):>10}  "
    return ((told, "text"), (f"seg {one.segment:<5}", "dim"), (meanings.get(one.reason, ""), "text"))


_COLUMNS: tuple[Column[RemittanceRow], ...] = (
    Column(
        "",
        2,
        lambda row: " " + STATUS_MARK[row.status],
        style=lambda row: STATUS_STYLE[row.status],
        said=lambda row: row.status.value,
    ),
    Column("PAID ON", 10, lambda row: row.paid_on),
    Column("TRACE", 16, lambda row: row.trace),
    Column("PAYER", 0, lambda row: row.payer),
    Column("$", 12, lambda row: dollars(row.payment_cents), align="right"),
    Column("CLAIMS", 6, lambda row: f"{row.claims:,}", align="right"),
    Column(
        "NOT OURS", 8, lambda row: f"{row.unmatched:,}" if row.unmatched else "", align="right",
        style=lambda row: "warning",
    ),
    Column(
        "UNAPPLIED", 9, lambda row: f"{row.waiting:,}" if row.waiting else "", align="right",
        style=lambda row: "warning", from_width=100,
    ),
    Column("STATUS", 9, lambda row: row.status.value, from_width=100),
)  # fmt: skip
