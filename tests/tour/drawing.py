"""A terminal's screen as an SVG: a rectangle for each stretch of background, a text for each stretch of one style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from tests.tui.emulator import Emulator

CELL_WIDTH, CELL_HEIGHT, BASELINE, MARGIN = 8.4, 18, 13.5, 10
PAPER, INK = "#1e1e1e", "#d4d4d4"
NAMED = {
    "black": "#1e1e1e",
    "red": "#f48771",
    "green": "#89d185",
    "brown": "#d7ba7d",
    "yellow": "#d7ba7d",
    "blue": "#6cb6ff",
    "magenta": "#c586c0",
    "cyan": "#9cdcfe",
    "white": "#d4d4d4",
}
NO_BREAK = "\u00a0"
"""Viewers run ordinary blanks together, and each cell has its place."""

_DIM = "brightblack"


def svg(terminal: Emulator, title: str) -> str:
    """The picture of what the terminal shows."""
    columns, rows = terminal.screen.columns, terminal.screen.lines
    width, height = columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>',
        '<g font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14">',
    ]
    for y, row in enumerate(terminal.cells()):
        for x, text, ink, paper, bold in _stretches(row):
            left, top, long = MARGIN + x * CELL_WIDTH, MARGIN + y * CELL_HEIGHT, len(text) * CELL_WIDTH
            if paper != PAPER:
                parts.append(f'<rect x="{left:g}" y="{top:g}" width="{long:g}" height="{CELL_HEIGHT}" fill="{paper}"/>')
            if text.strip():
                shown = escape(text).replace(" ", NO_BREAK)
                weight = ' font-weight="bold"' if bold else ""
                place = f'x="{left:g}" y="{top + BASELINE:g}" textLength="{long:g}"'
                parts.append(f'<text {place} fill="{ink}"{weight}>{shown}</text>')
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _stretches(row: Sequence[tuple[object, ...]]) -> Iterator[tuple[int, str, str, str, bool]]:
    """Where each stretch of one style begins, its text, its colors, and whether it is bold."""
    start, text, before = 0, "", ("", "", False)
    for x, cell in enumerate([*row, None]):
        style = _style(cell) if cell is not None else None
        if style != before:
            if text:
                yield start, text, *before
            start, text, before = x, "", style or before
        text += str(cell[0] or " ") if cell is not None else ""


def _style(cell: tuple[object, ...]) -> tuple[str, str, bool]:
    ink, paper = _color(str(cell[1]), INK), _color(str(cell[2]), PAPER)
    return (paper, ink, bool(cell[3])) if cell[7] else (ink, paper, bool(cell[3]))


def _color(name: str, usual: str) -> str:
    if name == "default":
        return usual
    if name == _DIM:
        return "#8a8a8a"
    if name.removeprefix("bright") in NAMED:
        return NAMED[name.removeprefix("bright")]
    return f"#{name}"
