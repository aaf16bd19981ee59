"""The rules of the worklists (g w): which list takes which charts, in their order; changed, tried, put in force.

Every change is kept as a new version at once, so that nothing typed is lost; it is in force only after f, with a
reason, and u puts back what was in force before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container

from store.criteria import as_line, as_table, read_line
from store.queries import Reader
from store.queries.worklist_rules import StepRow, VersionRow
from store.queries.worklists import worklist_counts
from tui.cells import Line, counted, minute, wrap
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.worklists.rulebook import WorklistRule
    from store.worklists.versions import Trial

FIELDS = {
    "criteria": "setting is clinic and (charges at least 500 or late document is yes)",
    "skill": "what a coder must be able to do; none: anybody",
    "order": "sort keys with , between: charges desc, service date",
    "name": "name of the worklist",
    "words": "the rule in words, shown under why here",
}


OF_CONDITION = ("all", "any", "groups", "join")
"""The parts of a worklist's table that are its condition, which is typed and shown as one line."""


class WorklistRulesScreen(DeskScreen):
    """The worklists of one version with what is in them; the one under the cursor whole."""

    name_on = "worklist_rules"
    desk = "worklist_rules"

    def __init__(self) -> None:
        super().__init__()
        self._version = 0
        self._in_force = 0
        self._newest = 0
        self._content: dict[str, Any] = {}
        self._rules: tuple[WorklistRule, ...] = ()
        self._counts: dict[str, int] = {}
        self._history: tuple[list[VersionRow], list[StepRow]] = ([], [])

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(self._columns(), id="rows", unread=True)
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._reload())

    def place(self) -> tuple[Line, Line]:
        state = "in force" if self._version == self._in_force else f"not in force ({self._in_force} is)"
        style = "text" if self._version == self._in_force else "warning"
        start: Line = (("Worklist rules", "strong"), (f"  version {self._version}, ", "text"), (state, style))
        return start, self.rows_place()

    def why_not(self, action: str) -> str:
        last = self.is_mounted and self.rows.index == len(self._rules) - 1
        if action in ("list_up", "list_down", "remove_list", "write_list") and last:
            return "the last worklist takes what is left, and stays"
        if action == "list_up" and self.rows.index == 0:
            return "it is the first"
        if action == "list_down" and self.rows.index >= len(self._rules) - 2:
            return "only the last one is below"
        if action == "put_in_force" and self._version == self._in_force:
            return "this version is in force"
        return ""

    async def _reload(self, version: int | None = None, at: int | None = None) -> None:
        found = await self.workstation.record.read(_everything, version)
        self._version, self._in_force, self._newest, self._content, self._rules, self._counts, self._history = found
        self.rows.set_source(ListSource(self._rules, lambda rule: rule.rule), columns=self._columns())
        if at is not None:
            self.rows.move_to(at)
        self.refresh_frame()
        self._show_rule()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self._show_rule()
            self.refresh_frame()

    def _show_rule(self) -> None:
        rule: WorklistRule | None = self.rows.selected
        if rule is not None:
            note = f"{self._counts.get(rule.name, 0)} charts"
            self.query_one("#page", TextPane).show(rule.name, lambda width: rule_lines(rule, width), note)

    def copied(self) -> str:
        rule: WorklistRule | None = self.rows.selected
        return f"{rule.name}: {rule.condition.words}" if rule else ""

    def do_other_version(self) -> None:
        """Show the newest version, or the one in force again."""
        self.in_turn(self._reload(self._newest if self._version == self._in_force else None))

    def do_history(self) -> None:
        versions, steps = self._history
        self.query_one("#page", TextPane).show("history", lambda width: history_lines(versions, steps, width), "")

    def do_write_list(self) -> None:
        rule: WorklistRule = self.rows.selected
        place = self.rows.index
        table = self._content["worklist"][place]

        async def chosen(name: str) -> None:
            present = table.get(name, "")
            shown = ", ".join(present) if isinstance(present, list) else present
            shown = as_line(rule.condition) if name == "criteria" else shown

            async def written(text: str) -> None:
                tables = [dict(one) for one in self._content["worklist"]]
                if name == "criteria":
                    condition = as_table(read_line(text))
                    tables[place] = {part: value for part, value in tables[place].items() if part not in OF_CONDITION}
                    tables[place] |= condition
                elif name == "order":
                    tables[place] |= {name: [part.strip() for part in text.split(",") if part.strip()]}
                else:
                    tables[place] |= {name: text.strip()}
                await self._keep(tables, f"{rule.name}: {name}", place)

            self.ask("list", f"{name}:", str(shown), written)

        self.choose("field", f"{rule.name}: which part:", list(FIELDS.items()), chosen)

    def do_add_list(self) -> None:
        place = min(self.rows.index, len(self._rules) - 1)

        async def named(name: str) -> None:
            async def asked(line: str) -> None:
                tables = [dict(one) for one in self._content["worklist"]]
                tables.insert(place, {"name": name.strip(), "words": "", **as_table(read_line(line))})
                await self._keep(tables, f"{name.strip()} is new", place)

            self.ask("criteria", f"{name.strip()} takes charts with:", answer=asked)

        self.ask("name", f"a worklist above {self._rules[place].name}, named:", answer=named)

    def do_remove_list(self) -> None:
        rule: WorklistRule = self.rows.selected
        place = self.rows.index

        async def removed() -> None:
            tables = [dict(one) for number, one in enumerate(self._content["worklist"]) if number != place]
            await self._keep(tables, f"{rule.name} is gone", place)

        self.confirm(f"Take {rule.name} out in a new version?", removed)

    def do_list_up(self) -> None:
        self._swap(-1)

    def do_list_down(self) -> None:
        self._swap(1)

    def _swap(self, by: int) -> None:
        place, rule = self.rows.index, self.rows.selected

        async def moved() -> None:
            tables = [dict(one) for one in self._content["worklist"]]
            tables[place], tables[place + by] = tables[place + by], tables[place]
            await self._keep(tables, f"{rule.name} {'higher' if by < 0 else 'lower'}", place + by)

        self.in_turn(moved())

    async def _keep(self, tables: list[dict[str, Any]], note: str, at: int) -> None:
        from store.worklists.versions import save_version

        number = await self.workstation.change(save_version, {"worklist": tables}, note)
        await self._reload(number, at)
        self.say(f"Version {number} is kept: {note}. d tries it, f puts it in force.")

    def do_try_lists(self) -> None:
        self.workstation.batch(self._try(self._version))

    async def _try(self, version: int) -> None:
        self.say(f"Trying version {version} on today's charts.", "dim")
        trial = await self.workstation.batches.change(_tried, version)
        if self.is_attached:
            pane = self.query_one("#page", TextPane)
            pane.show(f"version {version} tried", lambda width: trial_lines(trial, width), "nothing was kept")
            self.say(f"{trial.moved:,} of {counted(trial.charts, 'open chart')} would move.")

    def do_put_in_force(self) -> None:
        self._with_reason(f"why version {self._version} comes into force:", self._put)

    async def _put(self, reason: str) -> None:
        from store.worklists.versions import put_in_force

        version = self._version
        trial = await self.workstation.batches.change(put_in_force, version, reason)
        await self._reload()
        self.say(f"Version {version} is in force: {counted(trial.moved, 'chart')} moved. u puts back what was before.")

    def do_roll_back_lists(self) -> None:
        self._with_reason("why the worklists go back to the version before:", self._back)

    async def _back(self, reason: str) -> None:
        from store.worklists.versions import roll_back

        version, trial = await self.workstation.batches.change(roll_back, reason)
        await self._reload()
        self.say(f"Version {version} is in force again: {counted(trial.moved, 'chart')} moved.")

    def _with_reason(self, prompt: str, answer: Callable[[str], Awaitable[None]]) -> None:
        self.ask("reason", prompt, answer=answer)

    def _columns(self) -> tuple[Column[WorklistRule], ...]:
        counts, places = self._counts, {rule.rule: number for number, rule in enumerate(self._rules, 1)}
        return (
            Column("", 3, lambda rule: str(places.get(rule.rule, "")), align="right", style=lambda rule: "dim"),
            Column("WORKLIST", 20, lambda rule: rule.name),
            Column("OPEN", 7, lambda rule: f"{counts.get(rule.name, 0):,}", align="right"),
            Column("TAKES", 0, lambda rule: rule.condition.words),
            Column("SKILL", 12, lambda rule: rule.skill, from_width=100),
        )


def rule_lines(rule: WorklistRule, width: int) -> list[Line]:
    """A worklist whole: what it takes line by line, what it asks of a coder, how it is sorted."""
    lines: list[Line] = [((" ", "text"), (part, "text")) for part in wrap(rule.words, width - 2)]
    for number, group in enumerate(rule.condition.groups):
        join = "any of" if group.any else "all of"
        between = ("or " if rule.condition.any else "and ") if number else ""
        lines.append(((f" {between}{join}", "dim"),))
        for criterion in group.criteria:
            lines += [(("   ", "dim"), (part, "strong")) for part in wrap(criterion.words, width - 4)]
    if not rule.condition.groups:
        lines.append(((" every chart that is left", "dim"),))
    lines.append(((" skill  ", "dim"), (rule.skill or "none asked", "text")))
    lines.append(((" order  ", "dim"), (", ".join(key.words for key in rule.order), "text")))
    return lines


def trial_lines(trial: Trial, width: int) -> list[Line]:
    """What would move, and what each worklist would have."""
    lines: list[Line] = [((f" {trial.moved:,} of {counted(trial.charts, 'open chart')} would move", "strong"),)]
    lines += [((f" {move.charts:>7,}  ", "text"), (f"{move.source} → {move.target}", "text")) for move in trial.moves]
    for name, now, then in trial.counts:
        if now != then:
            lines.append(((f" {name:<24} {now:>7,} → {then:>7,}"[:width], "dim"),))
    return lines


def history_lines(versions: list[VersionRow], steps: list[StepRow], width: int) -> list[Line]:
    """What came into force, the last first, and every version."""
    lines: list[Line] = []
    for step in reversed(steps):
        moved = counted(step.moved, "chart")
        text = f"{minute(step.made_at)} {step.made_by}: version {step.version} in force, {step.reason}; {moved} moved"
        lines += [((" ", "text"), (part, "text")) for part in wrap(text, width - 2)]
    for version in reversed(versions):
        text = f"version {version.number}  {minute(version.made_at)} {version.made_by}: {version.note}"
        lines += [((" ", "dim"), (part, "dim")) for part in wrap(text, width - 2)]
    return lines or [((" as shipped; nothing was ever changed", "dim"),)]


Everything = tuple[
    int, int, int, dict[str, Any], tuple["WorklistRule", ...], dict[str, int], tuple[list[VersionRow], list[StepRow]]
]


def _everything(reader: Reader, version: int | None) -> Everything:
    from store.queries.worklist_rules import version_content, version_in_force, worklist_steps, worklist_versions
    from store.worklists.rulebook import shipped_content
    from store.worklists.versions import rulebook

    in_force = version_in_force(reader)
    book = rulebook(reader, version)
    content: Mapping[str, Any] = version_content(reader, book.version) or shipped_content()
    versions = worklist_versions(reader)
    counts = {one.worklist: one.ready + one.in_progress + one.on_hold for one in worklist_counts(reader)}
    newest = versions[-1].number if versions else in_force
    return book.version, in_force, newest, dict(content), book.rules, counts, (versions, worklist_steps(reader))


def _tried(db: Database, actor: Actor, version: int, operation_id: str | None = None) -> Trial:
    from store.queries import SessionReader
    from store.worklists.versions import rulebook, try_version

    with db.reading() as session:
        book = rulebook(SessionReader(session), version)
    return try_version(db, book)
