"""The way to a list of the index, as its header says it: without modifiers, and as much as there is room for."""

from __future__ import annotations

import pytest

from tui.screens.index import way

PATH = ("Fever, feverish (hot) NEC", "mild", "in summer (late)", "at noon")


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (80, "Fever, feverish NEC > mild > in summer > at noon"),
        (45, "Fever, feverish NEC > … > in summer > at noon"),
        (40, "Fever, feverish NEC > … > at noon"),
        (5, "Fever, feverish NEC > … > at noon"),
    ],
)
def test_main_and_last_term_are_kept_where_the_room_is_short(room: int, said: str) -> None:
    assert way(PATH, room) == said


def test_a_short_way_stays_whole() -> None:
    assert way(PATH[:2], 5) == "Fever, feverish NEC > mild"
    assert way((), 5) == ""


def test_modifiers_inside_modifiers_are_left_out_whole() -> None:
    assert way(("Humming (made up (of late)) (old) NEC", "loud"), 80) == "Humming NEC > loud"
