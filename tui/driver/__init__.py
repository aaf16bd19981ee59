"""How frames reach the terminal: only what differs from what it shows already.

Textual sends every region that became dirty again whole. `DiffDriver` stands at Textual's public seam
(`App(driver_class=…)`), keeps two grids of cells and sends the difference; on a slow link it sends only the newest
state. `styles`, `grid`, `difference` and `picture` know no terminal and no thread; `writer` has the thread and
`diff` has the terminal. Stock Textual stays available for diagnosis (`--plain-driver`).
"""

from __future__ import annotations

import os
import sys
from typing import Any

from textual.app import App
from textual.driver import Driver

PLAIN = "CODEDESK_PLAIN_DRIVER"
"""The environment variable that asks for the stock driver; `0` or empty is no."""


def driver_class() -> type[Driver] | None:
    """The driver for this terminal; None leaves the choice to Textual."""
    plain = os.environ.get(PLAIN, "") not in ("", "0") or os.environ.get("TERM") == "dumb"
    if plain or not sys.platform.startswith(("linux", "darwin")):
        return None
    from tui.driver.diff import DiffDriver

    return DiffDriver


def redraw(app: App[Any]) -> None:
    """Send the whole screen again, over whatever another program or a bad line left there."""
    again = getattr(app._driver, "redraw", None)
    if again:
        again()
    else:
        app.screen.refresh(repaint=True, layout=True)


def follow_cursor(app: App[Any]) -> None:
    """Send the cursor after `app.cursor_position` when no paint does it."""
    follow = getattr(getattr(app, "_driver", None), "follow_cursor", None)
    if follow:
        follow()
