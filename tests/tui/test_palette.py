"""The palettes: the same meanings everywhere, told apart without color too."""

from __future__ import annotations

import pytest

from tui.palette import DARK, MONO, PALETTES, SIXTEEN, palette_for

MEANINGS = {"text", "strong", "dim", "focus", "good", "warning", "error", "cursor", "match", "link"}


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_every_palette_has_a_style_for_every_meaning(palette) -> None:
    assert set(palette.styles) == MEANINGS


def test_without_color_no_style_has_one() -> None:
    assert [style for style in MONO.styles.values() if style.color or style.bgcolor] == []


def test_sixteen_colors_are_named_not_mixed() -> None:
    assert [style for style in SIXTEEN.styles.values() if style.color and style.color.triplet] == []


@pytest.mark.parametrize(
    ("term", "no_color", "wanted", "name"),
    [
        ("xterm-256color", False, "", "dark"),
        ("xterm-256color", True, "", "mono"),
        ("xterm-256color", False, "light", "light"),
        ("xterm", False, "", "16"),
        ("linux", False, "", "16"),
        ("vt100", False, "", "mono"),
        ("dumb", False, "", "mono"),
    ],
)
def test_the_palette_is_what_the_terminal_can_show(term: str, no_color: bool, wanted: str, name: str) -> None:
    assert palette_for(term, no_color, wanted).name == name


def test_the_meanings_differ_in_brightness() -> None:
    told_apart = ("dim", "focus", "good", "warning", "error")
    brightness = [round(_luminance(DARK[name].color.get_truecolor())) for name in told_apart]

    assert len(set(brightness)) == len(told_apart)


def _luminance(color) -> float:
    return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue
