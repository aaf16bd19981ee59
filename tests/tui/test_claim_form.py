"""The form of a claim in review: what its lines say, and which of its words are marked; a list before it is read."""

from __future__ import annotations

from typing import Any, cast

from textual.app import App, ComposeResult

from store.queries.claims import AnswerRow, ClaimPage, FindingRow, LineRow
from store.terms import FindingState, Severity
from tui.cells import plain
from tui.screens.claim import folded, form_lines
from tui.widgets.row_table import ListSource, RowTable
from tui.widgets.text_pane import TextPane

ANSWER = AnswerRow("277ca", "named", True, "taken in", "", "2026-09-21T00:00:00.000Z")


def page(*lines: LineRow) -> ClaimPage:
    """A claim that its payer took in, with the payer's number of it."""
    return ClaimPage(
        row=cast(Any, None), encounter_id="", coding_id="", visit_number="V1", frequency="1", scrubbed_at=None,
        diagnoses=((1, "M54.50"),), lines=lines, findings=(), filing_days_left=None, file_name="", exported_at="",
        parties={"coverage": {"payer": {"name": "Blue Plains"}, "relationship": "self", "member_id": "XQ1"}},
        answers=(ANSWER,), payer_number="ICN1",
    )  # fmt: skip


def line(code: str, revenue_code: str = "", letters: str = "") -> LineRow:
    return LineRow(1, code, ("25",), letters, 5, 500_000, "2026-09-15", "", revenue_code)


class Rows(App[None]):
    """A list whose rows are still to be read."""

    def compose(self) -> ComposeResult:
        yield RowTable((), id="rows", empty="No claims yet.", unread=True)


async def test_a_list_does_not_say_that_it_is_empty_before_its_rows_were_read() -> None:
    async with Rows().run_test(size=(40, 5)) as pilot:
        table = pilot.app.query_one(RowTable)
        await pilot.pause(0)
        before = "".join(table.render_line(y).text for y in range(5)).strip()

        table.set_source(ListSource((), str))

        assert (before, table.render_line(1).text.strip()) == ("", "No claims yet.")


class Form(App[None]):
    """A form alone."""

    def compose(self) -> ComposeResult:
        yield TextPane(id="form")


def test_what_was_not_checked_does_not_read_as_a_fault() -> None:
    found = [_unchecked("Authorization is missing"), _unchecked("Not checked: Most units")]

    (row,) = folded(found)

    assert row.message == "2 not checked: whether authorization is missing, most units"


def _unchecked(title: str) -> FindingRow:
    return FindingRow(
        id=title, rule_id="r261", rule_version=1, severity=Severity.COULD_NOT_CHECK, title=title, message="", fix="",
        citation="", snip=None, place="line", seen={}, state=FindingState.OPEN, override_reason="", overridden_by="",
    )  # fmt: skip


def test_a_line_with_a_revenue_code_shows_its_procedure_beside_it() -> None:
    heading, billed = (plain(one).rstrip() for one in form_lines(page(line("G0463", "0510")), 79)[-2:])

    assert heading == "  # REV  CODE   MODS           UNITS    CHARGE  DATE"
    assert billed == "  1 0510 G0463  25                 5  5,000.00  2026-09-15"


def test_a_line_without_one_shows_its_diagnoses() -> None:
    heading, billed = (plain(one).rstrip() for one in form_lines(page(line("G0463", letters="A")), 79)[-2:])

    assert heading == "  # CODE   MODS         DX       UNITS    CHARGE  DATE"
    assert billed == "  1 G0463  25           A            5  5,000.00  2026-09-15"


async def test_the_label_of_a_field_is_marked_and_not_the_same_word_in_another_line() -> None:
    async with Form().run_test(size=(79, 12)) as pilot:
        pane = pilot.app.query_one(TextPane)
        pane.show("form", lambda width: form_lines(page(line("G0463")), width))

        pane.mark("Payer")

        found = pane.palette.styles["match"]
        marked = [part.text for y in range(12) for part in pane.render_line(y) if part.style == found]
        shown = "\n".join(pane.render_line(y).text for y in range(12))
    assert "payer's number ICN1" in shown
    assert marked == ["Payer"]
