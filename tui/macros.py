"""Recorded keys, to be pressed again: each step remembers the screen it was pressed on.

Kept in `macros.json` beside the record, for its owner alone. What a macro does is what its keys do; the screens
that replay it stop where another screen comes than was recorded, and at every question.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from codesets.errors import CodedeskError
from store.settings import outbox
from tui.actions import key_name

MOST_STEPS = 500


class MacroError(CodedeskError):
    """The file of macros cannot be read or written."""

    title = "macros"


@dataclass(frozen=True)
class Step:
    """One key: the screen it was pressed on, Textual's name of it, and its character where it has one."""

    screen: str
    key: str
    character: str | None = None


def preview(steps: tuple[Step, ...]) -> str:
    """The keys as they are written in the registry, by screen: `chart: + e 1 1 . 9 Enter`."""
    parts: list[str] = []
    last = ""
    for step in steps:
        if step.screen != last:
            parts.append(f"{step.screen}:")
            last = step.screen
        parts.append(key_name(step.key, step.character))
    return " ".join(parts)


def load_macros() -> dict[str, tuple[Step, ...]]:
    """The macros by name. Raises MacroError for a file that is no file of macros."""
    path = _path()
    try:
        return {
            name: tuple(Step(**step) for step in steps)
            for name, steps in json.loads(path.read_text(encoding="utf-8")).items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise MacroError(f"{path} cannot be read as macros", "mend or remove the file") from error


def save_macro(name: str, steps: tuple[Step, ...]) -> None:
    """Keep a macro under a name; one of the same name is replaced. Raises MacroError."""
    macros = load_macros() | {name: steps}
    path = _path()
    text = json.dumps({each: [asdict(step) for step in kept] for each, kept in macros.items()}, indent=1)
    fresh = path.with_suffix(".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise MacroError(f"{path}: {error.strerror}", "nothing was kept") from error


def _path() -> Path:
    return outbox().parent / "macros.json"
