"""A rule of the site being written (w on the rules): its fields and examples, a row each, and how the examples end.

Every part that is written is in the record at once, as a new version that is switched off; u goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.queries import Reader
from store.queries.rules import rule_versions
from tui.cells import Line, wrap
from tui.screens.desk import DeskScreen
from tui.screens.rules import trial_lines, trial_words, tried_on_claims
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.scrub.writing import RulePart

EXAMPLE_HELP = (
    "An example is the sound claim with what it says instead: line.1.units=51 sets, -referring takes away, "
    'text with blanks is "quoted", given.today=2026-11-02 is the day. With at=line.1.units a finding is expected '
    "there; without at none is."
)


class RuleTextScreen(DeskScreen):
    """The newest version of one rule of the site, part by part."""

    name_on = "rule_text"

    def __init__(self, rule_id: str) -> None:
        super().__init__()
        self._rule_id = rule_id
        self._parts: Sequence[RulePart] = ()
        self._version = 0
        self._past: list[int] = []

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, id="rows", empty="This rule has no parts.")
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    @property
    def chosen(self) -> RulePart:
        """The part under the cursor."""
        part: RulePart = self.rows.selected
        return part

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._reload())

    def place(self) -> tuple[Line, Line]:
        start: Line = ((f"Rule {self._rule_id}", "strong"), (f"  version {self._version}, being written", "text"))
        examples = [one for one in self._parts if _is_example(one)]
        wrong = sum(bool(one.trouble) for one in examples)
        if not self._parts:
            return start, ()
        lacking = {"a claim that it finds", "a claim that it lets pass"} - {one.words for one in examples}
        if wrong:
            return start, ((f"{wrong} of {len(examples)} examples come out otherwise", "error"),)
        if lacking:
            return start, ((f"needs {min(lacking)}", "warning"),)
        return start, ((f"{len(examples)} examples hold, x switches it on", "good"),)

    def why_not(self, action: str) -> str:
        if action in ("write_part", "remove_example") and (not self.is_mounted or self.rows.selected is None):
            return "there is no part under the cursor"
        if action == "remove_example" and not _is_example(self.chosen):
            return "a field is not removed; Enter writes it"
        if action == "undo_text" and not self._past:
            return "nothing was written here yet"
        return ""

    async def _reload(self) -> None:
        self._version, self._parts = await self.workstation.record.read(_written, self._rule_id)
        self.rows.set_source(ListSource(self._parts, lambda row: row.name), columns=_COLUMNS)
        self.refresh_frame()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        super().on_row_table_moved(event)
        if event.table is self.rows and self.rows.selected is not None:
            part = self.chosen
            self.query_one("#page", TextPane).show(part.name, partial(part_lines, part), "")
            self.refresh_frame()

    def copied(self) -> str:
        return self.chosen.text if self.rows.selected else ""

    def do_write_part(self) -> None:
        part = self.chosen

        async def written(text: str) -> None:
            if text.strip() == part.text:
                self.say("Nothing was changed.")
            else:
                await self._write(part.name, text)

        if part.choices:
            self.choose("choice", f"{part.name}: {part.words}", [(one, "") for one in part.choices], written)
        else:
            self.ask("part", f"{part.name}:", part.text, written)

    def do_add_example(self) -> None:
        async def written(text: str) -> None:
            await self._write("example", text)
            self.rows.move_to(self.rows.count - 1)

        self.query_one("#page", TextPane).show("example", lambda width: _wrapped(EXAMPLE_HELP, width, "text"), "")
        self.ask("part", "example:", "at=", written)

    def do_remove_example(self) -> None:
        part = self.chosen

        async def removed() -> None:
            from store.scrub.writing import remove_example

            await self._changed(remove_example, self._rule_id, part.name, said=f"{part.name} is out.")

        self.confirm(f"Take {part.name} out?", removed)

    async def _write(self, name: str, text: str) -> None:
        from store.scrub.writing import write_part

        try:
            await self._changed(write_part, self._rule_id, name, text, said=f"{name} is written.")
        except CodedeskError as error:
            self.ask("part", f"{name}:", text, partial(self._write, name))
            self.trouble(error)

    async def _changed(self, change: Any, *values: object, said: str) -> None:
        before = self._version
        await self.workstation.change(change, *values)
        self._past.append(before)
        await self._reload()
        self.say(f"{said} Version {self._version} is kept, switched off. u goes back.")

    def do_undo_text(self) -> None:
        self.in_turn(self._undo())

    async def _undo(self) -> None:
        from store.scrub.writing import restore_version

        before = self._past[-1]
        await self.workstation.change(restore_version, self._rule_id, before)
        self._past.pop()
        await self._reload()
        self.say(f"Version {self._version} is as version {before} was.")

    def do_try_text(self) -> None:
        self.workstation.batch(self._try())

    async def _try(self) -> None:
        self.say(f"Trying version {self._version} on the claims of the last 90 days.", "dim")
        today, version = self.workstation.today, self._version
        trial = await self.workstation.batches.change_with_codes(tried_on_claims, self._rule_id, today, version)
        if self.is_attached:
            self.query_one("#page", TextPane).show("tried", partial(trial_lines, trial), "nothing was kept")
            self.say(trial_words(trial), "warning" if trial.stopped else "good")

    def do_switch_text(self) -> None:
        async def because(reason: str) -> None:
            from store.scrub.site_rules import switch_on

            await self.workstation.change(switch_on, self._rule_id, reason, self._version)
            self.say(f"{self._rule_id} version {self._version} is on for everybody.", "good")

        self.ask("reason", f"why {self._rule_id} goes on:", answer=because)


def part_lines(part: RulePart, width: int) -> list[Line]:
    """A part whole: its words, its text, how it comes out, and how an example is written."""
    lines = _wrapped(part.words, width, "dim") + _wrapped(part.text or "nothing", width, "strong")
    if part.trouble:
        lines += _wrapped(part.trouble, width, "error")
    if part.choices:
        lines += _wrapped("one of: " + ", ".join(part.choices), width, "text")
    if _is_example(part):
        lines += [(("", "text"),), *_wrapped(EXAMPLE_HELP, width, "dim")]
    return lines


def _wrapped(text: str, width: int, style: str) -> list[Line]:
    return [((" ", "text"), (line, style)) for line in wrap(safe_line(text), width - 2)]


def _is_example(part: RulePart) -> bool:
    return part.name.startswith("example.")


def _written(reader: Reader, rule_id: str) -> tuple[int, list[RulePart]]:
    from store.scrub.writing import rule_parts

    return rule_versions(reader, rule_id)[-1].version, rule_parts(reader, rule_id)


def _mark(part: RulePart) -> str:
    if not _is_example(part):
        return ""
    return " ✗" if part.trouble else " ✓"


_COLUMNS: tuple[Column[RulePart], ...] = (
    Column(
        "",
        3,
        _mark,
        style=lambda row: "error" if row.trouble else "good",
        said=lambda row: "comes out otherwise" if row.trouble else "",
    ),
    Column("PART", 15, lambda row: row.name.replace("_", " ")),
    Column("TEXT", 0, lambda row: safe_line(row.text), style=lambda row: "strong" if row.text else "dim"),
)
