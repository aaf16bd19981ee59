"""Rows (f on Numbers): any field of a documented view as a filter, saved, shared, with a time of its own, exported.

What the screen shows names nobody and leaves nothing (`store.reports.looking`); what it does not show is nothing to ask
by. Writing a file asks for its profile, and who receives it under which agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from codesets.errors import CodedeskError
from store.permissions import refusal
from store.reports.filters import Every, Filter
from store.reports.looking import check_seen, fields_seen, look_at_rows, profile_seen
from store.reports.page import shown
from store.reports.profiles import FieldClass, Profile
from store.reports.tables import Format
from store.reports.views import NUMBERS, Condition, Field, View, condition_of, view_named, views
from store.settings import outbox, today
from store.terms import Role
from tui.cells import Line, counted, wrap
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

MOST_ROWS = 500
NARROW = {
    FieldClass.KEY: 8,
    FieldClass.NUMBER: 9,
    FieldClass.MONEY: 12,
    FieldClass.DATE: 10,
    FieldClass.BIRTH: 10,
    FieldClass.STAFF: 16,
}
"""Widths by class; twelve for the others."""


class FieldsScreen(DeskScreen):
    """The rows of one view that fulfill every condition."""

    name_on = "fields"

    def __init__(self) -> None:
        super().__init__()
        self._view: View = view_named("encounter")
        self._conditions: tuple[Condition, ...] = ()
        self._kept: Filter | None = None
        self._columns: tuple[str, ...] = ()
        self._rows: list[dict[str, Any]] = []
        self._role = Role.ANALYST
        """Of who looks; until it is known, who sees least."""

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(
                (), id="rows", empty="No row fits: - drops the last condition, v shows another view.", unread=True
            )
            yield TextPane(id="page")

    @property
    def pane(self) -> RowTable:
        return self.rows

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        name = f"  {self._kept.name}" if self._kept else ""
        words = ", ".join(one.words for one in self._conditions) or "all rows"
        start: Line = (("Rows", "strong"), (name, "focus"), (f"  {self._view.name}", "text"), (f"  {words}", "dim"))
        count = len(self._rows)
        told = f"first {count} rows" if count == MOST_ROWS else counted(count, "row")
        return start, ((told if self.is_mounted and not self.rows.unread else self.no_row, "text"),)

    def why_not(self, action: str) -> str:
        if action == "fields_drop" and not self._conditions:
            return "there is no condition"
        if action in ("fields_time", "fields_share", "fields_forget"):
            if self._kept is None:
                return "o opens a saved filter, s saves this one"
            actor = self.workstation.record.known_actor
            if actor is not None and self._kept.owner != actor.login:
                return f"the filter is {self._kept.owner or 'somebody'}'s"
        return ""

    async def _load(self) -> None:
        self._role = (await self.workstation.record.actor()).role
        self._columns, self._rows = await self.workstation.change(look_at_rows, self._view, self._conditions, MOST_ROWS)
        self.rows.set_source(ListSource(list(enumerate(self._rows)), lambda row: str(row[0])), columns=self._shown())
        self._explain()
        self.refresh_frame()

    def _shown(self) -> tuple[Column[Any], ...]:
        """A line begins with what the view tells first, then come the fields under condition, then the others."""
        asked = [one.field for one in self._conditions]
        rest = [one.name for one in self._view.fields if one.kind is not FieldClass.KEY]
        names = [name for name in dict.fromkeys([*self._view.first, *asked, *rest]) if name in self._columns]
        few = len(self._view.first)
        columns: list[Column[Any]] = [Column("", 1, lambda row: "")]
        for place, name in enumerate(names):
            kind = self._view.field(name).kind
            title = self._view.field(name).asked.upper().replace("_", " ") + (" $" if kind is FieldClass.MONEY else "")
            width = max(NARROW.get(kind, 12), min(len(title), 14))
            columns.append(
                Column(
                    title,
                    0 if name == self._wide_one else width,
                    lambda row, name=name, kind=kind: _cell(kind, name, row[1].get(name)),
                    align="right" if kind in NUMBERS else "left",
                    from_width=0 if place < few else 110 if place < few + 2 else 170,
                )
            )
        return tuple(columns)

    @property
    def _wide_one(self) -> str:
        """The column that takes the room: the payer, else the first of codes."""
        names = [name for name in self._view.first if name in self._columns]
        codes = [name for name in names if self._view.field(name).kind is FieldClass.CODE]
        return next((name for name in ("payer", *codes[-1:], *names) if name in names), "")

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self._explain()

    def _explain(self) -> None:
        row = self.rows.selected
        view, kept = self._view, self._kept

        def lines(width: int) -> list[Line]:
            found: list[Line] = []
            if kept is not None and kept.every:
                told = f"every {kept.every} to the outbox ({kept.profile.value}), last {kept.ran_on or 'never'}"
                found.append(((f" {told}", "strong"),))
            if row is None:
                return [*found, ((f" {view.words}", "dim"),)]
            pairs = [(name, shown(name, row[1].get(name))) for name in self._columns]
            text = "   ".join(
                f"{self._view.field(name).asked.replace('_', ' ')} {value}" for name, value in pairs if value
            )
            return found + [((f" {part}", "text"),) for part in wrap(text, width - 2)]

        self.page_pane.show(view.words, lines, "the whole row")

    def copied(self) -> str:
        row = self.rows.selected
        return "" if row is None else "  ".join(shown(name, row[1].get(name)) for name in self._columns)

    async def _with(
        self, conditions: Sequence[Condition], kept: Filter | None = None, view: View | None = None
    ) -> None:
        check_seen(self._role, view or self._view, conditions)
        self._view = view or self._view
        self._conditions, self._kept = tuple(conditions), kept
        self.rows.move_to(0)
        await self._load()

    def do_fields_view(self) -> None:
        async def chosen(name: str) -> None:
            await self._with((), view=view_named(name))

        self.choose("view", "view:", [(one.name, one.words) for one in views().values()], chosen)

    def do_fields_condition(self) -> None:
        """Choose a field, then say what it must be."""

        async def entered(text: str) -> None:
            await self._with([*self._conditions, condition_of(self._view, text)])

        async def chosen(name: str) -> None:
            field = self._view.field_asked(name)
            of_number = "= is  != is not  >= at least  <= at most  > more  < less"
            money = "; in dollars" if field.kind is FieldClass.MONEY else ""
            more = money if field.kind in NUMBERS else "  ^ begins with  ~ has in it"
            self.ask("condition", f"{_told(field)}:", f"{name}=", entered)
            self.say(f"{of_number}{more}", "dim")

        asked = fields_seen(self._role, self._view)
        options = [(one.asked, f"{_told(one)}  ({one.kind.value})") for one in asked]
        self.choose("field", "field:", options, chosen)

    def do_fields_drop(self) -> None:
        self.in_turn(self._with(self._conditions[:-1]))

    def do_fields_open(self) -> None:
        self.in_turn(self._choose_filter())

    async def _choose_filter(self) -> None:
        from store.reports.filters import filters

        found = {f"{one.name}": one for one in reversed(await self.workstation.change(filters))}
        if not found:
            self.say("No filter was saved yet: / adds conditions, s saves them under a name.")
            return

        async def chosen(name: str) -> None:
            await self._with(found[name].conditions, found[name], view_named(found[name].source))

        options = [(name, f"{one.source}  {one.words}  {one.owner}{'  shared' if one.shared else ''}")
                   for name, one in reversed(found.items())]  # fmt: skip
        self.choose("filter", "filter:", options, chosen)

    def do_fields_save(self) -> None:
        async def named(name: str) -> None:
            await self._keep(name, self._kept.shared if self._kept else False, self._kept.every if self._kept else "")
            self.say(f"Kept as {name}. S shares it, t gives it a time, o opens it again.", "good")

        self.ask("save", "name of the filter:", self._kept.name if self._kept else "", named, marked=True)

    def do_fields_share(self) -> None:
        kept = self._kept
        if kept is not None:
            self.in_turn(self._kept_again(not kept.shared, kept.every))

    def do_fields_time(self) -> None:
        """The next time: no time, day, week, month."""
        kept = self._kept
        if kept is not None:
            times = ["", *Every]
            self.in_turn(self._kept_again(kept.shared, str(times[(times.index(kept.every) + 1) % len(times)])))

    async def _kept_again(self, shared: bool, every: str) -> None:
        kept = self._kept
        if kept is None:
            return
        await self._keep(kept.name, shared, every)
        whose = "shared with everybody" if shared else "yours alone"
        when = f"exported every {every} by codedesk export --due" if every else "exported when you say so"
        self.say(f"{kept.name}: {whose}, {when}.", "good")

    async def _keep(self, name: str, shared: bool, every: str) -> None:
        from store.reports.filters import filter_named, save_filter

        # What goes out by itself goes by the safe harbor; what is only looked at is held to what is seen.
        profile = Profile.SAFE_HARBOR if every else profile_seen(self._role)
        await self.workstation.change(save_filter, name, self._view.name, self._conditions, (), shared, every, profile)
        self._kept = await self.workstation.change(filter_named, " ".join(name.split()))
        self._explain()
        self.refresh_frame()

    def do_fields_forget(self) -> None:
        kept = self._kept
        if kept is None:
            return

        async def done() -> None:
            from store.reports.filters import remove_filter

            await self.workstation.change(remove_filter, kept.name)
            self._kept = None
            self.refresh_frame()
            self.say(f"{kept.name} is forgotten; what it shows stays here until you leave.")

        self.confirm(f"Forget the filter {kept.name}?", done)

    def do_fields_export(self) -> None:
        """Choose a profile and write every row that fits to the outbox."""

        from store.reports.export import permit, verb_of

        async def written(profile: Profile, recipient: str = "", purpose: str = "", agreement: str = "") -> None:
            from store.reports.export import export_view

            path = outbox() / f"{self._view.name}-{today()}.csv"
            try:
                _, rows, _ = await self.workstation.change(
                    export_view, self._view, self._conditions, (), profile, Format.CSV, path, 0,
                    recipient, purpose, agreement,
                )  # fmt: skip
            except CodedeskError as error:
                self.trouble(error)
                return
            self.say(f"{counted(len(rows), 'row')} in {path}", "good")

        async def chosen(name: str) -> None:
            profile = Profile(name)
            await self.workstation.change(permit, profile)
            if profile is Profile.SAFE_HARBOR:
                await written(profile)
                return

            async def received_by(recipient: str) -> None:
                async def why(purpose: str) -> None:
                    await written(profile, recipient, purpose)

                async def under(agreement: str) -> None:
                    await written(profile, recipient, agreement=agreement)

                if profile is Profile.LIMITED:
                    self.ask("agreement", "under which data use agreement:", "", under)
                else:
                    self.ask("purpose", "and why:", "", why)

            self.ask("recipient", "who receives it:", "", received_by)

        told = {
            Profile.SAFE_HARBOR: "years and states alone, nobody is named",
            Profile.LIMITED: "days and staff stay, nobody is named",
            Profile.IDENTIFIED: "everything; a disclosure is recorded for every patient",
        }
        barred = {one: refusal(self._role, "do", verb_of(one)) for one in told}
        options = [(one.value, barred[one] or words) for one, words in told.items()]
        self.choose("profile", "profile:", options, chosen)


def _told(field: Field) -> str:
    """What a field is, in words for who asks by it: an amount is asked in dollars."""
    return field.words.replace("in cents", "in dollars") if field.kind is FieldClass.MONEY else field.words


def _cell(kind: FieldClass, name: str, value: Any) -> str:
    """A value in a line: of a moment its day."""
    return str(value or "")[:10] if kind in (FieldClass.DATE, FieldClass.BIRTH) else shown(name, value)
