"""The acknowledgments (g f): how our files were answered, and below what an answer says of each claim.

Claims at fault stand before those that only traveled with them. Tab marks the next claim, Enter opens it.
"""

from __future__ import annotations

from collections.abc import Iterator

from textual import work
from textual.app import ComposeResult

from store.queries.acks import (
    AckClaimRow,
    AckFilter,
    AckPage,
    AckRow,
    Standing,
    acknowledgment_list,
    acknowledgment_page,
)
from store.terms import ClaimStatus, Outcome, in_words
from tui.acks import NOT_OURS, answer_words, outcome_words, stated_words
from tui.cells import Line, counted, ends, minute, wrap
from tui.money import dollars
from tui.screens.desk import following
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.screens.taking_in import take_in_arrivals
from tui.widgets.row_table import Column, ListSource
from tui.widgets.text_pane import link

PAGE = 1000
"""How many the list holds; the command line lists all."""

EMPTY = "No acknowledgments yet."
FILLING = Filling("take_in", "takes in a TA1, 999 or 277CA from the inbox", "take in the TA1, 999 and 277CA that come")
MARK = {Outcome.ACCEPTED: "✓", Outcome.IN_PART: "!", Outcome.REJECTED: "✗"}
STYLE = {Outcome.ACCEPTED: "good", Outcome.IN_PART: "warning", Outcome.REJECTED: "error"}
HEADING = {Standing.CULPRIT: "at fault", Standing.RIDER: "only traveled with them", Standing.ACCEPTED: "accepted"}
STANDING_STYLE = {Standing.CULPRIT: "error", Standing.RIDER: "warning", Standing.ACCEPTED: "good"}


class AcksScreen(ListScreen):
    """The acknowledgments with the page of the one under the cursor; one claim of the page is marked."""

    name_on = "acks"
    desk = "acks"

    def __init__(self) -> None:
        super().__init__()
        self._show = AckFilter.ALL
        self._page: AckPage | None = None
        self._cut = False

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def place(self) -> tuple[Line, Line]:
        more: Line = ((f"  the newest {PAGE:,}", "dim"),) if self._cut else ()
        return self.list_place("Acknowledgments", in_words(self._show), more)

    def why_not(self, action: str) -> str:
        if action == "read_on" and (not self.is_mounted or self.rows.selected is None):
            return "there is no acknowledgment under the cursor"
        names_none = self.is_mounted and self._page_is_here and self._claim is None
        if action in ("ack_claim", "ack_next_claim", "ack_claim_before") and names_none:
            return "it names no claim of ours"
        return ""

    @property
    def _page_is_here(self) -> bool:
        """Whether the page is that of the row under the cursor: for a moment after a move it is not."""
        row: AckRow | None = self.rows.selected
        return (self._page.row.id if self._page else None) == (row.id if row else None)

    @property
    def _claim(self) -> AckClaimRow | None:
        """The claim that is marked, the first where none is."""
        if self._page is None or not self._page.claims:
            return None
        return self._page.claims[self.page_pane.chosen_link or 0]

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(acknowledgment_list, self._show, None, PAGE)
        self._cut = len(rows) == PAGE
        shown = [row for row in rows if self.passes_filter(_words(row))]
        view = "" if self._show is AckFilter.ALL else in_words(self._show)
        self.rows.empty = self.why_empty("acknowledgment", f"{EMPTY} {what_fills(self, FILLING)}", view)
        self.rows.set_source(ListSource(shown, lambda row: row.id))
        self.refresh_frame()
        self.show_page_here()

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        await self._read_page()

    async def _read_page(self) -> None:
        row: AckRow | None = self.rows.selected
        page = await self.workstation.record.read(acknowledgment_page, row.id) if row else None
        again = bool(page and self._page and page.row.id == self._page.row.id)
        self._page = page
        if page is None:
            self.page_pane.show("", lambda width: ())
        else:
            title = f"{page.row.kind.value.upper()} of {page.row.control}"
            note = counted(len(page.claims), "claim")
            self.page_pane.show(title, lambda width: list(page_lines(page, width)), note, keep=again)
            if self.page_pane.chosen_link is None:
                self.page_pane.step_link(1)
        self.refresh_frame()

    def copied(self) -> str:
        claim = self._claim
        return f"{claim.number}  {claim.patient}  {claim.payer}  {dollars(claim.total_cents)}" if claim else ""

    def do_take_in(self) -> None:
        self.in_turn(take_in_arrivals(self))

    def do_ack_view(self) -> None:
        self._show = following(self._show)
        self.reload()

    def do_ack_claim(self) -> None:
        async def opened() -> None:
            if not self._page_is_here:
                await self._read_page()
            if claim := self._claim:
                await self.workstation.opening.claim(claim.id)

        self.in_turn(opened())

    def do_ack_next_claim(self) -> None:
        self.page_pane.step_link(1)

    def do_ack_claim_before(self) -> None:
        self.page_pane.step_link(-1)


def page_lines(page: AckPage, width: int) -> Iterator[Line]:
    """What is answered, what the answer states in sum, then its claims under their standing; each number is a link."""
    row = page.row
    outcome = outcome_words(row)
    to = f", sent to {row.partner}" if row.partner else ""
    yield ((f" {outcome}", _style(row)), (f"  answers {row.answers or 'no file of ours'}{to}", "text"))
    yield ((f" file {row.file_name}, received {minute(row.received_at)}", "dim"),)
    for part in wrap(row.note, width - 2) if row.note else ():
        yield ((f" {part}", "warning"),)
    for stated in stated_words(page.stated):
        yield from (((f" {part}", "dim"),) for part in wrap(stated, width - 2))
    standing: Standing | None = None
    for number, claim in enumerate(page.claims):
        if claim.standing is not standing:
            standing = claim.standing
            alike = [one for one in page.claims if one.standing is standing]
            told = f" {counted(len(alike), 'claim')} {HEADING[standing]}"
            yield ()
            money = dollars(sum(one.total_cents for one in alike))
            yield ends(((told, STANDING_STYLE[standing]),), ((money, "text"), (" ", "text")), width)
        yield from _claim_lines(claim, number, width)


def _claim_lines(claim: AckClaimRow, number: int, width: int) -> Iterator[Line]:
    who = f"  {claim.service_from}  {claim.patient}, {claim.payer or 'no payer'}"
    status = in_words(claim.status)
    now = ((f"now {status}", "error" if claim.status is ClaimStatus.REJECTED else "dim"), ("  ", "text"))
    money = (f"{dollars(claim.total_cents):>10} ", "text")
    yield ends(((" ", "text"), (claim.number, link(number)), (who, "text")), (*now, money), width)
    if claim.payer_number:
        yield ((f"   payer's number {claim.payer_number}", "dim"),)
    if claim.standing is Standing.ACCEPTED:
        return
    for answer in claim.answers:
        for part in wrap(answer_words(answer), width - 4):
            yield ((f"   {part}", "text" if claim.standing is Standing.CULPRIT else "dim"),)


def _style(row: AckRow) -> str:
    return STYLE[row.outcome] if row.ours else "dim"


def _words(row: AckRow) -> str:
    kind = row.kind.value
    return f"{row.received_at[:10]} {kind} {row.control} {row.answers} {row.partner} {row.file_name} {row.note}"


def _answers(row: AckRow) -> str:
    """What it answers: a file of ours, claims of ours under a number that no file of ours has, or neither."""
    return row.answers or f"{'claims of ours' if row.ours else NOT_OURS}: {row.control}"


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


_COLUMNS: tuple[Column[AckRow], ...] = (
    Column("", 2, lambda row: " " + (MARK[row.outcome] if row.ours else "?"), style=_style, said=outcome_words),
    Column("RECEIVED", 10, lambda row: row.received_at[:10]),
    Column("KIND", 5, lambda row: row.kind.value.upper()),
    Column(
        "ANSWERS", 0, _answers, "ends",
        style=lambda row: "text" if row.ours else "dim",
    ),
    Column("SENT TO", 16, lambda row: row.partner, from_width=100),
    Column("OK", 5, lambda row: _number(row.accepted), align="right", style=lambda row: "good"),
    Column("FAULT", 5, lambda row: _number(row.culprits), align="right", style=lambda row: "error"),
    Column("RIDE", 5, lambda row: _number(row.riders), align="right", style=lambda row: "warning"),
    Column("REFUSED $", 12, lambda row: dollars(row.refused_cents) if row.refused_cents else "", align="right"),
    Column("OUTCOME", 9, outcome_words, style=_style, from_width=100),
    Column("FILE", 20, lambda row: row.file_name, "ends", from_width=120),
)  # fmt: skip
