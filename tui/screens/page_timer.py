"""When the page of a row is drawn: once the cursor rests, so that a key held down draws none in passing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen

PAGE_SECONDS = 0.05


class PageTimer:
    """The page that one screen is still to draw, if any."""

    def __init__(self, screen: DeskScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None

    @property
    def waits(self) -> bool:
        """Whether a page is still to be drawn."""
        return self._timer is not None

    def start(self) -> None:
        """Draw the page of the row under the cursor once the cursor rests."""
        self.stop()
        self._timer = self._screen.set_timer(self._screen.page_seconds, self.due)

    def stop(self) -> None:
        """Draw no page that has been waited for."""
        if self._timer:
            self._timer.stop()
            self._timer = None

    def due(self) -> None:
        """Draw the page now."""
        self._timer = None
        self._screen.show_page_here()
