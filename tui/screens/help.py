"""The keys of a screen (? or F1), all from the registry, with the reason where one cannot be used now."""

from __future__ import annotations

from textual.app import ComposeResult

from tui.actions import actions_on
from tui.cells import Line, wrap
from tui.screens.desk import DeskScreen
from tui.widgets.text_pane import TextPane


class HelpScreen(DeskScreen):
    """What can be done on the screen below it."""

    name_on = "help"

    def __init__(self, about: DeskScreen) -> None:
        super().__init__()
        self._about = about

    def compose_work(self) -> ComposeResult:
        yield TextPane(id="help")

    @property
    def pane(self) -> TextPane:
        return self.query_one("#help", TextPane)

    def place(self) -> tuple[Line, Line]:
        return (("Keys", "strong"), (f"  {self._about.name_on}", "text")), ()

    def on_mount(self) -> None:
        super().on_mount()
        self.pane.set_active(True)
        self.pane.show(f"what can be done on {self._about.name_on}", self._lines)
        self.say("Esc goes back.", "dim")

    def do_help(self) -> None:
        self.do_leave()

    def _lines(self, width: int) -> list[Line]:
        groups: dict[str, list[Line]] = {}
        for action in actions_on(self._about.name_on):
            keys = "  ".join(action.keys) or f":{action.id}"
            reason = self._about.unusable(action)
            text = f"{action.help}  Not now: {reason}." if reason else action.help
            lines = groups.setdefault(action.group, [])
            for number, part in enumerate(wrap(text, width - 17)):
                lines.append(((f" {keys if number == 0 else '':<14} ", "focus"), (part, "dim" if reason else "text")))
        shown: list[Line] = []
        for group, lines in groups.items():
            shown += [((f" {group}", "strong"),), *lines, ()]
        return shown[:-1]
