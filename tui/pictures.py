"""Pictures of a report in the terminal: bars, a line, a histogram. With plotext where it is installed, else our own.

No colors: a picture is characters, and its numbers stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.cells import left, right

BLOCKS = "▁▂▃▄▅▆▇█"
PARTS = " ▏▎▍▌▋▊▉█"
"""Eighths of a cell, from none to all."""


def bars(labels: Sequence[str], values: Sequence[float], told: Sequence[str], width: int = 78) -> list[str]:
    """A bar a row: its label, the bar, and its value as text."""
    most = max((abs(value) for value in values), default=0) or 1
    name, end = min(max(map(len, labels), default=1), 30), max(map(len, told), default=1)
    room = max(width - name - end - 3, 5)
    return [
        f"{left(label, name)} {left(_bar(abs(value) / most * room), room)} {right(words, end)}"
        for label, value, words in zip(labels, values, told, strict=True)
    ]


def spark(values: Sequence[float]) -> str:
    """A line of blocks, one a value."""
    most, top = max(values, default=0) or 1, len(BLOCKS) - 1
    return "".join(BLOCKS[min(int(max(value, 0) / most * top + 0.5), top)] for value in values)


def line(labels: Sequence[str], values: Sequence[float], width: int = 78, height: int = 14) -> list[str]:
    """Values over days or months: a plot where plotext is installed, else blocks with first, highest and last."""
    try:
        import plotext as plot
    except ModuleNotFoundError:
        return [spark(_fitted(values, width)), f"{labels[0]}  to  {labels[-1]}   highest {max(values):,.10g}"]
    plot.clear_figure()
    plot.theme("clear")
    plot.plotsize(width, height)
    plot.plot(list(range(len(values))), list(values))
    places = sorted({0, len(labels) // 2, len(labels) - 1})
    plot.xticks(places, [labels[n] for n in places])
    return [row.rstrip() for row in plot.uncolorize(plot.build()).splitlines()]


def histogram(values: Sequence[float], width: int = 78, most: int = 12) -> list[str]:
    """How many values fall into each of at most twelve equal steps."""
    if not values:
        return []
    low, high = min(values), max(values)
    steps = min(most, max(len(set(values)), 1))
    size = (high - low) / steps or 1
    counts = [0] * steps
    for value in values:
        counts[min(int((value - low) / size), steps - 1)] += 1
    labels = [f"{low + n * size:,.6g} to {low + (n + 1) * size:,.6g}" for n in range(steps)]
    return bars(labels, counts, [f"{count:,}" for count in counts], width)


def _bar(cells: float) -> str:
    whole = int(cells)
    return "█" * whole + PARTS[int((cells - whole) * 8)].strip()


def _fitted(values: Sequence[float], width: int) -> Sequence[float]:
    """At most so many values: neighbors become their mean."""
    if len(values) <= width:
        return values
    step = len(values) / width
    parts = [values[int(n * step) : max(int((n + 1) * step), int(n * step) + 1)] for n in range(width)]
    return [sum(part) / len(part) for part in parts]
