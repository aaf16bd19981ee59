"""`python -m tests.tour`: walk the tour on a new demo site and draw its pictures into `tests/tour/pictures`."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codesets.reference import open_reference
from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.sites import site
from tests.journeys.tmux import codedesk
from tests.tour.drawing import svg
from tests.tui.emulator import Emulator

FOLDER = Path(__file__).parent
PICTURES = FOLDER / "pictures"
REST = 0.4


@dataclass(frozen=True)
class Step:
    """Keys, in the names of `tests.journeys.pseudo` or as text, what comes then, and the picture with its words.

    A step without a picture only leads on to the next one.
    """

    expect: str
    picture: str = ""
    words: str = ""
    keys: tuple[str, ...] = ()


def steps() -> list[Step]:
    """The tour as it is written in `tour.toml`."""
    written = tomllib.loads((FOLDER / "tour.toml").read_text(encoding="utf-8"))["step"]
    return [Step(**{**step, "keys": tuple(step.get("keys", ()))}) for step in written]


def walk(home: Path, reference: Path) -> Iterator[tuple[Step, Emulator]]:
    """Walk the tour; each step with the terminal as it then is."""
    terminal = PseudoTerminal(codedesk("demo"), site(home, reference))
    try:
        for step in steps():
            for key in step.keys:
                terminal.press(key)
            terminal.expect(step.expect)
            terminal.settle(REST)
            if step.picture:
                yield step, terminal.emulator
    finally:
        terminal.end()


def main() -> int:
    """Draw every picture of the tour."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="codedesk-tour-") as folder:
        reference = Path(folder) / "reference.sqlite"
        open_reference(reference).close()
        for step, terminal in walk(Path(folder) / "home", reference):
            (PICTURES / f"{step.picture}.svg").write_text(svg(terminal, step.words), encoding="utf-8")
            print(f"{step.picture:<14} {step.words}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
