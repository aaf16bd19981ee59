"""Text measured in cells: cutting, filling and wrapping keep the width, whatever the characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.cells import both_ends, cut, days_in, ends, fit_line, left, line_width, plain, right, rule, wrap

texts = st.text(st.sampled_from("abc é漢字🙂 -"), max_size=60)
widths = st.integers(1, 50)


@given(st.integers(-365_000, 365_000), st.sampled_from((5, 6)))
def test_days_fit_their_column_whatever_they_are(days: int, width: int) -> None:
    assert len(days_in(days, width)) <= width


@pytest.mark.parametrize(
    ("days", "told"), [(9, "9d"), (-30, "-30d"), (9_999, "9999d"), (10_000, "27y"), (-64_533, "-176y")]
)
def test_days_that_no_column_holds_are_told_in_years(days: int, told: str) -> None:
    assert days_in(days) == told


@given(texts, widths)
def test_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    shown = cut(text, width)

    assert cell_len(shown) <= width
    assert shown == text or shown.endswith("…")


@given(texts, widths)
def test_filled_text_takes_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(left(text, width)) == cell_len(right(text, width)) == width


@given(st.lists(st.tuples(texts, st.just("text")), max_size=5), widths)
def test_a_fitted_line_is_no_wider_than_its_room(spans: list, width: int) -> None:
    assert line_width(fit_line(tuple(spans), width)) <= width


@given(texts, texts, st.integers(20, 80))
def test_the_right_end_of_a_line_stays_whole(start: str, end: str, width: int) -> None:
    end = cut(end, width // 2)

    line = ends(((start, "text"),), ((end, "dim"),), width)

    assert plain(line).endswith(end)
    assert line_width(line) <= width


@given(texts, st.integers(-5, 3))
def test_wrapping_takes_any_width(text: str, width: int) -> None:
    assert "".join("".join(wrap(text, width)).split()) == "".join(text.split())


@given(texts, st.integers(4, 40))
def test_wrapping_loses_no_word_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)

    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.sampled_from(["", "Codes", "A title that is far too long for the rule it stands in"]), st.integers(30, 90))
def test_a_rule_reaches_from_edge_to_edge(title: str, width: int) -> None:
    assert line_width(rule(title, "3 of 7", width)) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 12, "short       "),
        ("Displaced fracture of left femur, initial encounter", 30, "Displaced fractur…al encounter"),
        ("股骨骨折左侧初次就诊的说明文字", 16, "股骨骨折…明文字 "),
    ],
)
def test_a_long_text_can_be_cut_in_its_middle(text: str, width: int, shown: str) -> None:
    cut = both_ends(text, width)

    assert cell_len(cut) == width
    assert cut == shown


@given(texts, widths)
def test_a_text_cut_in_its_middle_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(both_ends(text, width)) == width
