"""Six colors by meaning, none for decoration: text, dim, focus, good, warning, error.

The terminal's own background and foreground stay; the six are of the 256 colors that every terminal has, in a third
of the bytes of a mixed one, and differ in brightness, so that they hold in 16 colors and in none. Everything that a
color says is also said by a character.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.style import Style


@dataclass(frozen=True)
class Palette:
    """A named set of styles; `cursor` is the selected row from edge to edge."""

    name: str
    styles: dict[str, Style]

    def __getitem__(self, name: str) -> Style:
        return self.styles[name]


DARK = Palette(
    "dark",
    {
        "text": Style(),
        "strong": Style(bold=True),
        "dim": Style(color="color(245)"),
        "focus": Style(color="color(75)", bold=True),
        "good": Style(color="color(114)"),
        "warning": Style(color="color(179)"),
        "error": Style(color="color(210)", bold=True),
        "cursor": Style(reverse=True),
        "match": Style(bold=True, underline=True),
        "link": Style(underline=True),
    },
)

LIGHT = Palette(
    "light",
    {
        "text": Style(),
        "strong": Style(bold=True),
        "dim": Style(color="color(243)"),
        "focus": Style(color="color(25)", bold=True),
        "good": Style(color="color(22)"),
        "warning": Style(color="color(94)"),
        "error": Style(color="color(124)", bold=True),
        "cursor": Style(reverse=True),
        "match": Style(bold=True, underline=True),
        "link": Style(underline=True),
    },
)

SIXTEEN = Palette(
    "16",
    {
        "text": Style(),
        "strong": Style(bold=True),
        "dim": Style(color="bright_black"),
        "focus": Style(color="bright_blue", bold=True),
        "good": Style(color="green"),
        "warning": Style(color="yellow"),
        "error": Style(color="bright_red", bold=True),
        "cursor": Style(reverse=True),
        "match": Style(bold=True, underline=True),
        "link": Style(underline=True),
    },
)

MONO = Palette(
    "mono",
    {
        "text": Style(),
        "strong": Style(bold=True),
        "dim": Style(),
        "focus": Style(bold=True),
        "good": Style(),
        "warning": Style(bold=True),
        "error": Style(bold=True, underline=True),
        "cursor": Style(reverse=True),
        "match": Style(bold=True, underline=True),
        "link": Style(underline=True),
    },
)

PALETTES = {palette.name: palette for palette in (DARK, LIGHT, SIXTEEN, MONO)}


def palette_for(term: str, no_color: bool, wanted: str = "") -> Palette:
    """The palette that a terminal can show, unless one is asked for by name."""
    if wanted in PALETTES:
        return PALETTES[wanted]
    if no_color or term in ("dumb", "vt100", "vt220"):
        return MONO
    return DARK if "256" in term or term.endswith("direct") else SIXTEEN
