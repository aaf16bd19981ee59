"""What a terminal shows when nobody has pressed a key for a while: nothing of any patient."""

from __future__ import annotations

from textual.app import ComposeResult

from tui.cells import Line
from tui.screens.desk import DeskScreen
from tui.widgets.painted import Painted


class LockScreen(DeskScreen):
    """Covers whatever was open; Enter uncovers it, everything is where it was."""

    name_on = "lock"

    def compose_work(self) -> ComposeResult:
        yield Painted(id="locked")

    def place(self) -> tuple[Line, Line]:
        return (("codedesk", "strong"),), ()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#locked", Painted).paint(
            [(), ((" Locked: no key was pressed for a while. What was typed is saved.", "text"),)]
        )

    def do_unlock(self) -> None:
        self.workstation.idle.unlock()
