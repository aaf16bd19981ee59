"""Trading partners (g t): to whom files of claims go, under which identifiers, in which form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult

from store.queries.partners import partner_rows
from tui.cells import Line
from tui.screens.desk import NotAnAnswer
from tui.screens.filling import Filling, what_fills
from tui.screens.list_screen import ListScreen
from tui.widgets.row_table import Column, ListSource

EMPTY = "No trading partners: claims go to the receiver of the settings."
FILLING = Filling("new_partner", "makes one", "make them")

_HELP = {
    "receiver_id": "ISA08, and the receiver in the file",
    "receiver_qualifier": "ISA07",
    "receiver_code": "GS03, where it is another",
    "submitter_id": "ISA06; empty: the setting",
    "sender_qualifier": "ISA05",
    "sender_code": "GS02, where it is another",
    "submitter_name": "who answers for the file; empty: who bills",
    "contact_name": "whom to ask",
    "contact_phone": "ten digits",
    "usage_indicator": "T test, P production",
    "delimiters": "element, component, segment, repetition",
    "file_name": "with {partner} {form} {date} {time} {number}",
    "most_claims": "in one file",
    "payers": "payer ids, commas between; empty: all others",
    "active": "yes or no",
}


class PartnersScreen(ListScreen):
    """The partners with the fields of the one under the cursor."""

    name_on = "partners"
    desk = "partners"

    def compose_work(self) -> ComposeResult:
        yield from self.list_work(_COLUMNS, EMPTY)

    def place(self) -> tuple[Line, Line]:
        return (("Trading partners", "strong"),), self.rows_place()

    def why_not(self, action: str) -> str:
        if action == "set_partner" and self.rows.selected is None:
            return "there is no partner under the cursor"
        return ""

    async def read_rows(self) -> None:
        rows = await self.workstation.record.read(partner_rows)
        self.rows.empty = f"{EMPTY} {what_fills(self, FILLING)}"
        self.rows.set_source(ListSource(rows, lambda row: str(row["id"])))
        self.refresh_frame()
        self.show_page_here()

    def show_page_here(self) -> None:
        row = self.rows.selected
        self.page_pane.show(row["name"] if row else "", lambda width: partner_lines(row, width) if row else ())

    def copied(self) -> str:
        row = self.rows.selected
        return f"{row['name']}  {row['receiver_id']}" if row else ""

    def do_set_partner(self) -> None:
        row: Mapping[str, Any] = self.rows.selected

        async def entered(text: str) -> None:
            name, equals, value = text.partition("=")
            if not equals:
                raise NotAnAnswer("Expected a field and its value, as in usage_indicator=P")
            await self._save(row["name"], {name.strip(): _typed(name.strip(), value.strip())})

        self.ask("set", "field=value:", answer=entered)

    def do_new_partner(self) -> None:
        async def named(name: str) -> None:
            async def received(receiver: str) -> None:
                await self._save(name.strip(), {"receiver_id": receiver.strip()})

            self.ask("new", f"receiver id of {name.strip()} (ISA08):", answer=received)

        self.ask("new", "what the partner is called:", answer=named)

    async def _save(self, name: str, values: Mapping[str, Any]) -> None:
        from store.claims.partners import save_partner

        await self.workstation.change(save_partner, name, values)
        await self.read_rows()
        self.say(f"{name} is kept; claims built or refreshed from now on go there.", "good")


def _typed(name: str, value: str) -> Any:
    if name == "payers":
        return [part.strip() for part in value.split(",") if part.strip()]
    return value == "yes" if name == "active" else value


def partner_lines(row: Mapping[str, Any], width: int) -> list[Line]:
    """The fields with what they are."""
    lines: list[Line] = []
    for name, told in _HELP.items():
        value = row[name]
        shown = ", ".join(value) if isinstance(value, list) else {True: "yes", False: "no"}.get(value, str(value))
        room = max(width - 22 - 2, 10)
        lines.append(((f" {name:<20} ", "dim"), (f"{shown or '–'}"[:room], "text"), (f"   {told}"[:room], "dim")))
    return lines


_COLUMNS: tuple[Column[Mapping[str, Any]], ...] = (
    Column(" PARTNER", 0, lambda row: f" {row['name']}"),
    Column("RECEIVER", 15, lambda row: row["receiver_id"]),
    Column("USE", 4, lambda row: row["usage_indicator"]),
    Column("PAYERS", 20, lambda row: ", ".join(row["payers"]) or "all others"),
    Column("", 4, lambda row: "" if row["active"] else "off", style=lambda row: "warning"),
)
