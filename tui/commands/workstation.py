"""`codedesk` without a command: opens the screens on this site's record."""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import shutil
import sys
from types import ModuleType

from codesets.errors import UsageError

# Textual reads these when it is imported; some would load a module or write a file at a stranger's word.
_HOSTILE = ("TEXTUAL_", "COLUMNS", "LINES")
# A site sets its own as CODEDESK_FPS, CODEDESK_ANIMATIONS, CODEDESK_SMOOTH_SCROLL and CODEDESK_ESCDELAY.
_DEFAULTS = {
    "TEXTUAL_FPS": "1000",
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "ESCDELAY": "25",
}
PLAIN_DRIVER_HELP = "let Textual draw the screens by itself: slower over SSH, for a terminal that shows them wrong"
LINEAR_HELP = "screens for a screen reader: one column, no rules, each value behind its label"
MIN_COLUMNS, MIN_ROWS = 80, 24


def run(options: argparse.Namespace | None = None) -> int:
    """Open the workstation and return its exit code. Raises UsageError where there is no terminal for it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the screens need a terminal", "codedesk --help lists what works without one")
    _prepare(plain_driver=getattr(options, "plain_driver", False), linear=getattr(options, "linear", False))
    size = shutil.get_terminal_size()
    if size.columns < MIN_COLUMNS or size.lines < MIN_ROWS:
        raise UsageError(
            f"the terminal has {size.columns}x{size.lines}, the screens need {MIN_COLUMNS}x{MIN_ROWS}",
            "make the window larger",
        )
    asyncio = _asyncio_without_tls()
    from store.settings import today
    from store.sqlite import weakness
    from tui.actions import registry
    from tui.commands.first_use import open_with_progress
    from tui.desk import RecordDesk

    if words := weakness():
        print(f"codedesk: {words} (codedesk doctor says more)", file=sys.stderr)
    registry()
    open_with_progress().close()
    desk = RecordDesk()
    actor = asyncio.run(desk.actor())
    from tui.app import Workstation
    from tui.desks import first_desk

    workstation = Workstation(today(), desk, first_desk=first_desk(actor.role))
    code = workstation.run(mouse=False) or 0
    if workstation.signed_out:
        raise workstation.signed_out
    if workstation.crash:
        print(f"codedesk: a defect ended the screens; reference {workstation.crash}", file=sys.stderr)
    if workstation.exchanged:
        raise workstation.exchanged
    if workstation.crash:
        print("What was entered is saved. Tell an administrator the reference.", file=sys.stderr)
        return 1
    return code


def _asyncio_without_tls() -> ModuleType:
    """The event loop without OpenSSL, which no screen needs: asyncio goes without it where it cannot be imported.

    It would cost each session some ten milliseconds and three megabytes; what asks for it later still gets it.
    """
    if "asyncio" not in sys.modules and "ssl" not in sys.modules:
        sys.modules["ssl"] = None  # type: ignore[assignment]
        try:
            return importlib.import_module("asyncio")
        finally:
            del sys.modules["ssl"]
    return importlib.import_module("asyncio")


def _prepare(plain_driver: bool, linear: bool) -> None:
    """Make the process safe for patients' data, and its environment one that nobody else has written."""
    for name in [name for name in os.environ if name.startswith(_HOSTILE)]:
        del os.environ[name]
    for name, value in _DEFAULTS.items():
        os.environ[name] = os.environ.get("CODEDESK_" + name.removeprefix("TEXTUAL_"), value)
    if "SSH_TTY" in os.environ:  # a connection that drops would leave the user's terminal in that mode
        os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    if plain_driver:
        os.environ["CODEDESK_PLAIN_DRIVER"] = "1"
    if linear:
        os.environ["CODEDESK_LINEAR"] = "1"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold patients
