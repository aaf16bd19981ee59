"""A terminal that gets differences shows what a terminal that gets every frame whole shows."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size

from tests.tui.emulator import Emulator
from tui.driver.picture import SYNC_END, SYNC_START, Picture

COLORS = ["", "1", "2;3", "7", "31", "1;38;5;208", "38;2;10;20;30;48;2;200;1;9", "4;97;101", "0;9;39;44", "1;2;22;3"]
CONTROLS = ["\x07", "\x1b]52;c;aGk=\x07", "\x1b[?1004h", "\x1b[>1u", "\x1b]22;text\x1b\\", "\x1b[?7777h"]
LETTERS = "ab  é─│✓…漢字e\u0301x\u0323"


@dataclass(frozen=True)
class Run:
    row: int
    column: int
    text: str
    style: str

    def sequence(self, columns: int, rows: int) -> str:
        row, column = self.row % rows, self.column % columns
        # A mark with nothing before it on its row: terminals do not agree.
        text = _fitting(self.text if column else self.text.lstrip("\u0301\u0323"), columns - column)
        styled = f"\x1b[{self.style}m{text}\x1b[0m" if self.style else text
        return f"\x1b[{row + 1};{column + 1}H{styled}" if text else ""


@dataclass(frozen=True)
class Pane:
    """Lines of a document from `top` on, in a block of the screen: a pane that scrolls."""

    row: int
    height: int
    column: int
    top: int
    selected: int

    def sequence(self, columns: int, rows: int) -> str:
        column = self.column % columns
        lines = []
        for y in range(self.row % rows, min(self.row % rows + self.height, rows)):
            number = self.top + y
            text = _fitting(f"{number * 7919 % 10007} line {number} of the document", columns - column)
            style = "7" if y == self.selected else "38;2;1;2;3" if number % 5 == 0 else ""
            lines.append(f"\x1b[{y + 1};{column + 1}H" + (f"\x1b[{style}m{text}\x1b[0m" if style else text))
        return "\n".join(lines)


@dataclass(frozen=True)
class Control:
    sequence_: str

    def sequence(self, columns: int, rows: int) -> str:
        return self.sequence_


texts = st.one_of(st.text("ab -", max_size=30), st.text(LETTERS, max_size=12), st.just(" " * 40))
runs = st.builds(Run, st.integers(0, 40), st.integers(0, 90), texts, st.sampled_from(COLORS))
panes = st.builds(
    Pane, st.integers(0, 10), st.integers(6, 30), st.sampled_from([0, 0, 30]), st.integers(0, 40), st.integers(0, 30)
)
controls = st.builds(Control, st.sampled_from(CONTROLS))
frames = st.tuples(
    st.lists(st.one_of(runs, runs, panes, controls), min_size=1, max_size=6), st.integers(0, 40), st.integers(0, 90)
)
sizes = st.tuples(st.integers(20, 90), st.integers(6, 30))
steps = st.one_of(frames, frames, frames, controls, st.builds(lambda size: size, sizes))


def _fitting(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) > width else text


def _whole(columns: int, rows: int) -> str:
    """A frame that paints every cell, as Textual sends after a change of the size."""
    lines = (f"\x1b[{y + 1};1H{_fitting(f'row {y} ' + '.' * columns, columns)}" for y in range(rows))
    return "\n".join(lines) + "\x1b[1;1H"


class Pair:
    """One emulator that gets everything, and one behind the picture."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = columns, rows
        self.direct = Emulator(columns, rows)
        self.driven = Emulator(columns, rows)
        self.picture = Picture(columns, rows)

    def write(self, data: str) -> None:
        self.direct.feed(data)
        self.picture.take(data)

    def step(self, step: object) -> None:
        if isinstance(step, Control):
            self.write(step.sequence_)
        elif isinstance(step, tuple) and isinstance(step[0], int):
            self.size = step
            self.direct.resize(*step)
            self.driven.feed(self.picture.send())
            self.driven.resize(*step)
            self.picture.resize(*step)
            self.write(_whole(*step))
        else:
            parts, row, column = step
            columns, rows = self.size
            self.write(SYNC_START)
            body = "".join(part.sequence(columns, rows) for part in parts)
            self.write(f"{body}\x1b[{row % rows + 1};{column % columns + 1}H")
            self.write(SYNC_END)

    def drain(self) -> None:
        self.driven.feed(self.picture.send())

    def assert_equal(self) -> None:
        assert self.driven.cells() == self.direct.cells()
        assert self.driven.cursor() == self.direct.cursor()


@settings(max_examples=150, deadline=None)
@given(sizes, st.lists(steps, max_size=12))
def test_after_every_frame_both_terminals_show_the_same(size: tuple[int, int], workload: list[object]) -> None:
    pair = Pair(*size)

    for step in workload:
        pair.step(step)
        pair.drain()
        pair.assert_equal()


@settings(max_examples=100, deadline=None)
@given(sizes, st.lists(st.tuples(steps, st.booleans()), max_size=12))
def test_a_slow_link_that_misses_frames_ends_with_the_same_screen(
    size: tuple[int, int], workload: list[tuple[object, bool]]
) -> None:
    pair = Pair(*size)

    for step, taken in workload:
        pair.step(step)
        if taken:
            pair.drain()
            pair.assert_equal()
    pair.drain()

    pair.assert_equal()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(panes, runs), min_size=2, max_size=8))
def test_panes_that_scroll_end_with_the_same_screen(workload: list[tuple[Pane, Run]]) -> None:
    pair = Pair(80, 24)

    for pane, run in workload:
        pair.step(([pane, run], run.row, run.column))
        pair.drain()
        pair.assert_equal()


def shown(*writes: str, columns: int = 40, rows: int = 12) -> Picture:
    """A picture whose terminal shows these frames already."""
    picture = Picture(columns, rows)
    for data in writes:
        picture.take(data)
    picture.send()
    return picture


def sent(picture: Picture, data: str) -> str:
    picture.take(data)
    return picture.send()


def test_a_frame_that_changes_nothing_sends_nothing() -> None:
    picture = shown("\x1b[3;1H\x1b[1;31mcode\x1b[0m\x1b[1;1H")

    assert sent(picture, "\x1b[3;1H\x1b[31;1mcode\x1b[0m\x1b[1;1H") == ""


def test_only_the_cells_that_changed_are_sent() -> None:
    picture = shown("\x1b[3;1HE11.42  Type 2 diabetes\x1b[1;1H")

    assert sent(picture, "\x1b[3;1HE11.43  Type 2 diabetes\x1b[3;7H") == "\x1b[3;6H3"


def test_a_cursor_that_moved_is_all_that_is_sent() -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    assert sent(picture, "\x1b[3;1Hcode\x1b[3;2H") == "\x1b[C"


def test_equal_cells_between_two_changes_are_written_again_where_that_is_shorter_than_a_move() -> None:
    picture = shown("\x1b[3;1Habcdefghijklmnop\x1b[3;1H")

    assert sent(picture, "\x1b[3;1HXbXdefghijklmnoX\x1b[3;17H") == "XbX\x1b[12CX"


def test_a_blank_tail_is_erased() -> None:
    picture = shown("\x1b[3;1Ha long title of a code\x1b[3;1H")

    assert sent(picture, "\x1b[3;1Ha long" + " " * 34 + "\x1b[3;1H") == "\x1b[7C\x1b[K\r"


def test_a_tail_with_a_background_is_written_and_not_erased() -> None:
    picture = shown("\x1b[3;1Ha long title of a code\x1b[3;1H")

    assert "\x1b[K" not in sent(picture, "\x1b[3;1H\x1b[44ma long" + " " * 34 + "\x1b[0m\x1b[3;1H")


def _list(top: int) -> str:
    rows = (f"\x1b[{y + 2};1H{(top + y) * 7919 % 10007} item" for y in range(10))
    return "\n".join(rows) + "\x1b[1;1H"


def test_a_list_that_scrolls_is_moved_by_the_terminal() -> None:
    picture = shown(_list(0))

    up = sent(picture, _list(1))
    down = sent(picture, _list(0))

    assert up.startswith("\x1b[2;11r\x1b[11H\n\x1b[r") and len(up) < 40
    assert down.startswith("\x1b[2;11r\x1b[2H\x1bM\x1b[r") and len(down) < 40


def test_synchronized_output_surrounds_a_long_difference_and_nothing_else() -> None:
    picture = shown(SYNC_START, "\x1b[3;1Hcode\x1b[3;1H", SYNC_END)
    long = "\n".join(f"\x1b[{y + 1};1H" + "x" * 40 for y in range(8)) + "\x1b[1;1H"

    assert sent(picture, "\x1b[3;1Hcore\x1b[3;1H") == "cor\r"
    assert sent(picture, SYNC_START) == ""
    whole = sent(picture, long)
    assert whole.startswith(SYNC_START) and whole.endswith(SYNC_END)


@pytest.mark.parametrize("control", [*CONTROLS, "\x1b[<u", "\x1bP+q544e\x1b\\", "\x1b[99;1z"])
def test_a_control_passes_as_it_is_behind_the_frames_before_it(control: str) -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")
    picture.take("\x1b[3;1Hcore\x1b[3;1H")
    picture.take(control)
    picture.take("\x1b[3;1Hcope\x1b[3;1H")

    assert picture.send() == f"cor\r{control}\x1b[3;3Hp\r"


@pytest.mark.parametrize("control", ["\x1b[2J", "\x1bc", "\x1b[?1049h", "\x1b[?1049l"])
def test_what_clears_the_screen_makes_the_picture_forget(control: str) -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    assert sent(picture, control) == control
    assert sent(picture, "\x1b[4;1Hx\x1b[1;1H") == "\x1b[m\x1b[H\x1b[J\x1b[4Hx\x1b[H"


def test_text_without_a_position_passes_and_the_next_frame_draws_everything() -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    assert sent(picture, "Broadcast message\r\n") == "Broadcast message\r\n"
    assert sent(picture, "\x1b[3;1Hcode\x1b[3;1H") == "\x1b[m\x1b[H\x1b[J\x1b[3Hcode\r"


def test_a_redraw_draws_everything_without_a_frame() -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    picture.repair()

    assert picture.send().endswith("\x1b[m\x1b[H\x1b[J\x1b[3Hcode\r")


def test_a_frame_of_the_old_size_is_cut() -> None:
    picture = shown("\x1b[3;1H" + "x" * 40 + "\x1b[3;1H")
    picture.resize(20, 2)
    picture.send()

    assert sent(picture, "\x1b[1;1H" + "y" * 40 + "\n\x1b[12;1Hz\x1b[12;40H") == "\x1b[H" + "y" * 20 + "\x1b[2;20H"


def test_a_character_that_terminals_count_differently_is_sent_with_the_rest_of_its_row() -> None:
    picture = shown("\x1b[3;1Hab❤\ufe0f cd ef\x1b[3;1H")

    text = sent(picture, "\x1b[3;1Hab❤\ufe0f cd eg\x1b[1;1H")

    assert text.startswith("ab❤\ufe0f cd eg\x1b[K\x1b[H")


def test_a_link_goes_with_its_text() -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    text = sent(picture, "\x1b[3;1H\x1b]8;id=1;x:y\x1b\\\x1b[1mcore\x1b[0m\x1b]8;;\x1b\\\x1b[3;1H")

    assert text == "\x1b]8;id=1;x:y\x1b\\\x1b[1mcore\x1b]8;;\x1b\\\x1b[m\r"


def test_a_cursor_that_moves_without_a_frame_is_sent_once() -> None:
    picture = shown("\x1b[3;1Hcode\x1b[3;1H")

    picture.place(2, 3)
    first = picture.send()
    picture.place(2, 3)

    assert (first, picture.send()) == ("\x1b[3C", "")
