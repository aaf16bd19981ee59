"""What one Down may cost on the line in the lists of the encoder, in bytes, on a pseudo terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.bench.terminal import SIZES
from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.tmux import codedesk
from tests.tui.encoder_books import make_reference

pytestmark = pytest.mark.thorough

ALONE = (300, 550)
"""A Down that changes the cursor and the place, and no page."""

WITH_A_PAGE = (1_200, 3_000)
"""A Down after which the page of another row is drawn too."""

Sizes = dict[str, list[int]]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[int, int]], Sizes]:
    """The bytes of some Downs on each list at a size."""
    folder = tmp_path_factory.mktemp("encoder-bytes")
    reference = make_reference(folder)
    environment = {"CODEDESK_HOME": str(folder / "home"), "CODEDESK_REFERENCE": str(reference)}
    return cache(lambda size: _walk(environment, size))


def _walk(environment: dict[str, str], size: tuple[int, int]) -> Sizes:
    terminal = PseudoTerminal(codedesk("demo"), environment, size)
    try:
        terminal.expect(r"ready to code(.|\n)*n next", 60)
        terminal.settle(0.5)
        for key in ("F2", *"repose"):
            terminal.press(key, 0.4)
        terminal.press("Esc", 0.4)
        found = {"search": _downs(terminal, 4)}
        found["index"] = _after(terminal, "i", "Esc", "Home")
        terminal.press("q", 0.4)
        found["tabular list"] = _after(terminal, "t", "Home")
        terminal.press("q", 0.4)
        found["what changed"] = _after(terminal, "c")
        terminal.press("q", 0.4)
        found["builder"] = _after(terminal, "p", "0", "0", "1", count=1)
        return found
    finally:
        terminal.end()


def _after(terminal: PseudoTerminal, *keys: str, count: int = 3) -> list[int]:
    for key in keys:
        terminal.press(key, 0.4)
    return _downs(terminal, count)


def _downs(terminal: PseudoTerminal, count: int) -> list[int]:
    return [terminal.press("Down", 0.3).size for _ in range(count)]


@pytest.mark.parametrize("number", range(len(SIZES)), ids=[f"{columns}x{rows}" for columns, rows in SIZES])
@pytest.mark.parametrize(
    ("where", "most"),
    [
        ("what changed", ALONE),
        ("builder", ALONE),
        ("search", WITH_A_PAGE),
        ("index", WITH_A_PAGE),
        ("tabular list", WITH_A_PAGE),
    ],
)
def test_a_down_costs_no_more_than_its_budget(
    walked: Callable[[tuple[int, int]], Sizes], number: int, where: str, most: tuple[int, int]
) -> None:
    sizes = walked(SIZES[number])[where]

    print(f"{where} at {SIZES[number]}: {sizes}")
    assert 0 < max(sizes) <= most[number]
