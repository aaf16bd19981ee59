"""The ICD-10-PCS builder (p): one key for the value of each axis; only what the tables allow can be chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import catalog, procedures
from codesets.catalog import Reference, Validity, ValidityKind
from codesets.procedures import AxisValue, Choice
from codesets.releases import CodeSystem
from tui.actions import Action
from tui.cells import Line, wrap
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane

DEFINED_AXES = range(3, 8)
DEFINITION_LINES = 3
NOT_LOADED = "No ICD-10-PCS tables are loaded: codedesk codesets import takes their XML."
AXES = ("section", "body system", "operation", "body part", "approach", "device", "qualifier")


class PcsScreen(EncoderScreen):
    """The code as far as it is built, and the values that can follow."""

    name_on = "pcs"

    def __init__(self, on: date, walk: Walk, stop: Stop) -> None:
        super().__init__(on, walk)
        self._chosen: str = stop.state
        self._choice: Choice | None = None
        self._title = ""
        self._refusal = ""
        self._built: list[tuple[str, str, str]] = []

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="page")
            yield RowTable(_columns(""), id="rows", empty="No value follows.")

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._choose(self._chosen))

    def stop(self) -> Stop:
        words = f"PCS tables: {self._chosen} {self._title}".rstrip() if self._chosen else ""
        return Stop(self.name_on, self._chosen, words)

    def stand(self, stop: Stop) -> None:
        self.in_turn(self._choose(stop.state))

    def code_here(self) -> tuple[CodeSystem, str] | None:
        return (CodeSystem.ICD10PCS, self._chosen) if self._choice and self._choice.complete else None

    def why_here(self) -> str:
        return f"built axis by axis: {self._title}"

    def place(self) -> tuple[Line, Line]:
        origin = self._choice.origin if self._choice else None
        edition = origin.edition if origin and origin.edition else "not loaded"
        codes = self._choice.codes_edition if self._choice else ""
        start: Line = (("PCS builder" if codes else "ICD-10-PCS builder", "strong"), (f"  tables {edition}", "text"))
        if codes:
            start = (*start, (f", codes {codes}", "warning"))
        start = (*start, (f" for {self.on}", "text"))
        covered = self._choice.covered if codes and self._choice else origin is None or origin.covered
        if origin and origin.edition and not covered:
            start = (*start, (", not covered", "warning"))
        return start, ((self._chosen.ljust(7, "_"), "focus"),)

    def why_not(self, action: str) -> str:
        if action == "axis_back" and not self._chosen:
            return "no value is chosen yet"
        if action == "axis_take" and self._refusal:
            return self._refusal
        if action == "axis_take" and not self._loaded:
            return "the tables are not loaded"
        return super().why_not(action)

    async def renew(self) -> None:
        await self._choose(self._chosen)

    async def _choose(self, chosen: str) -> None:
        choice, built, validity = await self.read_here(_step, chosen, self.on)
        if not choice.origin.edition:
            self._choice = choice
            self.rows.empty = NOT_LOADED
            self.rows.redraw()
            self.refresh_frame()
            return
        if not choice.values and not choice.complete and chosen:
            values = ", ".join(value.character for value in self._values())
            self.say(f"{chosen[-1]} is no value of this axis: {values}.", "warning")
            return
        title = validity.code.title if validity and validity.code else ""
        self._refusal = validity.reason if validity and validity.kind is ValidityKind.UNKNOWN else ""
        self._chosen, self._choice, self._title, self._built = chosen, choice, title, built
        if not self.wide:
            defined = DEFINITION_LINES if choice.axis in DEFINED_AXES else 0
            self.page_pane.styles.height = len(built) + bool(title) + defined + 2
        self._show_built("")
        self.rows.empty = "" if choice.complete else "No value follows."
        values = ListSource(choice.values, lambda value: value.character)
        self.rows.set_source(values, keep=False, columns=_columns(choice.title))
        self.refresh_frame()
        if self._refusal:
            self.say(f"The tables build {chosen}, but {self._refusal}", "warning")
        elif choice.complete:
            self.say("Enter takes the code into the chart." if self.workstation.chart_in_work else "The code is whole.")
        else:
            self.say(f"{AXES[choice.axis - 1]}: press the character of a value", "dim")

    def _show_built(self, meaning: str) -> None:
        built, title = self._built, self._title
        self.page_pane.show("built so far", lambda width: built_lines(built, title, meaning, width))

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        value: AxisValue | None = self.rows.selected
        if value is not None and self._choice is not None and self._choice.axis in DEFINED_AXES:
            self._show_built(await self.read_here(_meaning, self._choice, value, self.on))

    @property
    def _loaded(self) -> bool:
        return self._choice is None or bool(self._choice.origin.edition)

    def _values(self) -> tuple[AxisValue, ...]:
        return self._choice.values if self._choice else ()

    def on_key(self, event: events.Key) -> None:
        """Letters and digits are values here, whatever they do elsewhere; all other keys go the usual way."""
        typed = bool(event.character and event.character.isalnum())
        if typed and not self.entry.asking and self.app.screen is self:
            event.stop()
            event.prevent_default()
            self.unknown_key(event.character or "")

    def footer(self) -> tuple[Action, ...]:
        """The actions of the key line by keys that are no letters: those are values."""
        return tuple(
            replace(one, keys=tuple(key for key in one.keys if len(key) > 1 or not key.isalnum()))
            for one in super().footer()
        )

    def unknown_key(self, key: str) -> bool:
        if len(key) == 1 and key.isalnum() and len(self._chosen) < 7 and self._loaded:
            self.in_turn(self._choose(self._chosen + key.upper()))
        return True

    def copied(self) -> str:
        return self._chosen

    def do_pcs_index(self) -> None:
        from tui.screens.pcs_index import pcs_index_stop

        self.go(pcs_index_stop())

    def do_axis_back(self) -> None:
        self.in_turn(self._choose(self._chosen[:-1]))

    def do_axis_take(self) -> None:
        value: AxisValue | None = self.rows.selected
        chart = self.workstation.chart_in_work
        if value is not None:
            self.in_turn(self._choose(self._chosen + value.character))
        elif self._choice and self._choice.complete and chart is not None:
            self.take(CodeSystem.ICD10PCS, [self._chosen], chart)


def pcs_stop(chosen: str = "") -> Stop:
    """The builder with the first characters chosen."""
    return Stop(PcsScreen.name_on, chosen, "")


def built_lines(built: list[tuple[str, str, str]], title: str, meaning: str, width: int) -> list[Line]:
    """Each axis with its character and meaning, the title of a whole code, and what the value in sight means."""
    lines: list[Line] = [
        ((f" {axis:<16}", "dim"), (f"{character}  ", "strong"), (label, "text")) for axis, character, label in built
    ]
    if title:
        lines.append(((" " + title, "good"),))
    return lines + [((" " + part, "dim"),) for part in wrap(meaning, width - 2) if part]


def _meaning(reference: Reference, choice: Choice, value: AxisValue, on: date) -> str:
    """What the definitions say of a value: its definition, explanation and the names that it includes."""
    section = choice.chosen[0]
    found = [one for label in value.labels for one in procedures.meanings(reference, section, choice.axis, label, on)]
    told = [part for one in found for part in (one.definition, one.explanation, ", ".join(one.includes)) if part]
    return f"{value.labels[0]}: {'. '.join(part.rstrip('.') for part in told)}." if told else ""


def _step(reference: Reference, chosen: str, on: date) -> tuple[Choice, list[tuple[str, str, str]], Validity | None]:
    """What can follow, what the chosen characters mean, and whether a whole code may be reported on the day."""
    choice = procedures.next_values(reference, chosen, on)
    validity = catalog.validity(reference, CodeSystem.ICD10PCS, chosen, on) if len(chosen) == 7 else None
    return choice, built_so_far(reference, chosen, on), validity


def built_so_far(reference: Reference, chosen: str, on: date) -> list[tuple[str, str, str]]:
    """Each chosen character with the name of its axis and its meaning in the tables."""
    built = []
    for place, character in enumerate(chosen):
        title, labels = procedures.axis_labels(reference, chosen[:place], on)
        built.append((title, character, "; ".join(labels.get(character, ()))))
    return built


def _columns(axis: str) -> tuple[Column[AxisValue], ...]:
    return (
        Column("", 3, lambda value: f" {value.character}", style=lambda value: "focus"),
        Column(axis, 0, lambda value: "; ".join(value.labels)),
        Column("CODES", 7, lambda value: f"{value.codes:,}", align="right", style=lambda value: "dim"),
    )
