"""Pictures in the terminal: bars as long as their values, lines with and without plotext, histograms that add up."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.pictures import bars, histogram, line, spark


def test_bars_are_as_long_as_their_values_and_show_them() -> None:
    one, half = bars(["a", "b"], [10, 5], ["10", "5"], 40)

    assert one.count("█") == 2 * half.count("█") and one.endswith("10") and half.endswith(" 5")


def test_nothing_and_zero_make_no_bar_and_no_division() -> None:
    assert bars([], [], []) == [] and "█" not in bars(["a"], [0], ["0"])[0]
    assert spark([]) == "" and spark([0, 0]) == "▁▁" and histogram([]) == []


def test_a_line_stands_without_plotext_too(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name == "plotext":
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)

    drawn = line(["2026-09-01", "2026-09-02", "2026-09-03"], [1, 8, 4])

    assert drawn == ["▂█▅", "2026-09-01  to  2026-09-03   highest 8"]


def test_a_line_with_plotext_names_its_ends() -> None:
    pytest.importorskip("plotext")

    drawn = "\n".join(line(["2026-09-01", "2026-09-02", "2026-09-03"], [1, 8, 4]))

    assert "2026-09-01" in drawn and "2026-09-03" in drawn and "\x1b" not in drawn


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    assert sum(int(row.split()[-1]) for row in histogram(values)) == len(values)
