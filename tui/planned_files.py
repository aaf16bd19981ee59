"""The words of a file that a batch would write, for the screen and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cells import counted
from tui.money import dollars

if TYPE_CHECKING:
    from store.claims.batches import PlannedFile

_USAGE = {"T": "T test", "P": "P production"}


def planned_words(file: PlannedFile) -> tuple[str, str]:
    """To whom a file would go; ISA15 in words, what it holds, and last its name, which a narrow screen may cut."""
    usage = _USAGE.get(file.usage, file.usage)
    held = (usage, counted(file.claims, "claim"), dollars(file.total_cents), file.form, file.file_name)
    return file.partner or file.receiver, "  ".join(held)
