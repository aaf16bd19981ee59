"""Work that a screen was asked for and that may be called off before anybody begins it.

A worker of the screens is called off with its screen, with the program, or for a later one of its group; Python warns
of a coroutine that was made and never awaited.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any
from weakref import finalize


class Job:
    """A coroutine that is closed where nobody comes to begin it; awaited once, as the coroutine itself would be."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        finalize(self, coroutine.close)  # which keeps it until then: a cycle that it is in may be put away from any end

    def __await__(self) -> Generator[Any, Any, None]:
        return self._coroutine.__await__()
