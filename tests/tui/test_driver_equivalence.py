"""The real program, the same keys, two terminals: one behind the stock driver, one behind ours. Same cells.

`CODEDESK_EQUIVALENCE_KEYS` sets how many keys each run presses and `CODEDESK_EQUIVALENCE_RUNS` how many runs each
size gets, for a longer look than every test run needs.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.pseudo import PseudoTerminal, open_once
from tests.journeys.sites import site
from tests.journeys.tmux import Tmux, codedesk
from tests.tui.emulator import Emulator

pytestmark = pytest.mark.thorough

PRESSED = int(os.environ.get("CODEDESK_EQUIVALENCE_KEYS", "25"))
RUNS = int(os.environ.get("CODEDESK_EQUIVALENCE_RUNS", "1"))

MOVES = ["Down", "Down", "Down", "Up", "PgDn", "PgUp", "Home", "End", "Left", "Right", "Tab", "Enter", "Esc", "Space"]
LETTERS = list("acdefghiklmnopqrstuvwx+/:?. 10")
PLACES = ["F1", "F2", "F3", "F4"]
_CLOCK = re.compile(r"\d+ ms")

Cells = list[list[tuple[object, ...]]]


def keys(seed: int, count: int) -> list[str]:
    """Keys at random that never say yes: more moves than letters, now and then another desk, a word to search."""
    chance = random.Random(seed)
    pressed: list[str] = []
    while len(pressed) < count:
        kind = chance.random()
        if kind < 0.1:
            pressed += ["F2", *chance.choice(["htn", "chest p", "e11.", "fx hip"]), "Down"]
        else:
            pressed.append(chance.choice(MOVES if kind < 0.6 else LETTERS if kind < 0.9 else PLACES))
    return pressed


@pytest.fixture
def terminals(tmp_path: Path, reference_file: Path, size: tuple[int, int]) -> Iterator[tuple[PseudoTerminal, ...]]:
    """The stock one and ours, on equal sites of their own."""
    stock = PseudoTerminal(codedesk("demo", "--plain-driver"), site(tmp_path / "stock", reference_file), size)
    ours = PseudoTerminal(codedesk("demo"), site(tmp_path / "ours", reference_file), size)
    for terminal in (stock, ours):
        terminal.expect("Clinic, ready to code")
        open_once(terminal)
    yield stock, ours
    for terminal in (stock, ours):
        terminal.end()


def differences(terminals: tuple[PseudoTerminal, ...]) -> list[tuple[int, int, object, object]]:
    """The cells that differ as (row, column, stock, ours), without the rows that show how long something took.

    The cursor is no part of it: the stock driver hides it and moves it only when something is painted.
    """
    stock, ours = (terminal.emulator for terminal in terminals)
    return [
        (y, x, old, new)
        for y, (first, second) in enumerate(zip(stock.cells(), ours.cells(), strict=True))
        if first != second and not (_CLOCK.search(stock.text()[y]) or _CLOCK.search(ours.text()[y]))
        for x, (old, new) in enumerate(zip(first, second, strict=True))
        if old != new
    ]


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 50)], ids=["80x24", "100x30", "200x50"])
def test_the_same_keys_give_the_same_cells_as_the_stock_driver(
    terminals: tuple[PseudoTerminal, ...], size: tuple[int, int], seed: int
) -> None:
    stock, ours = terminals
    for terminal in terminals:
        terminal.settle()

    for number, key in enumerate(keys(seed * 1000 + size[0], PRESSED)):
        stock.send(key)
        ours.send(key)
        stock.settle(0.1)
        ours.settle(0.03)
        deadline = time.monotonic() + 3
        while (found := differences(terminals)) and time.monotonic() < deadline:
            stock.settle(0.1)
            ours.settle(0.1)
        assert found == [], f"after key {number}, {key}:\n{stock.text}\n{ours.text}"


_COMES = {"Enter": "f final", "F2": "Codes ", "F4": "Claims ", "F3": "ready to code"}
"""What a key leads to that takes its time: the next one is pressed when it is there."""


def test_tmux_shows_the_same_with_colors(tmp_path: Path, reference_file: Path) -> None:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: no look through a real terminal")
    servers = []
    try:
        for name, words in (("stock", ["--plain-driver"]), ("ours", [])):
            (tmp_path / name).mkdir()
            servers.append(Tmux(tmp_path / name))
            servers[-1].start(codedesk("demo", *words), site(tmp_path / name / "home", reference_file))
            servers[-1].expect("Clinic, ready to code")
        for key in shlex.split("Down Down Enter PageDown v Escape q F2 c h e s t Down Escape F4 F3 Down"):
            for tmux in servers:
                tmux.press(key)
                tmux.expect(_COMES.get(key, ""))
            time.sleep(0.15)
            deadline = time.monotonic() + 10
            stock, ours = map(_captured, servers)
            while ours != stock and time.monotonic() < deadline:
                time.sleep(0.1)
                stock, ours = map(_captured, servers)

            assert ours == stock, key
    finally:
        for tmux in servers:
            tmux.end()


def _captured(tmux: Tmux) -> Cells:
    """The cells up to the last character of each row: behind it tmux keeps no colors, and no difference between a
    blank and a cell that was erased."""
    emulator = Emulator(80, 24)
    emulator.feed("\r\n".join(tmux._tmux("capture-pane", "-p", "-e").splitlines()))
    return [
        row[: len(text)] for row, text in zip(emulator.cells(), emulator.text(), strict=True) if not _CLOCK.search(text)
    ]
