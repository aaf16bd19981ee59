"""Text styles as small numbers: two spellings of one style get one number, and the way from one to another is short.

Numbers make rows of cells cheap to compare. Source of the codes: ECMA-48 section 8.3.117 (SGR), with 38/48 for
indexed and direct color (ISO 8613-6) and OSC 8 for links.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

PLAIN = 0
"""The number of the terminal's own style: no attribute, no color, no link."""


class Style(NamedTuple):
    """Attributes as SGR codes; colors as SGR parameters, empty for the terminal's own; the body of an OSC 8 link."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""
    link: str = ""


_OFF = {
    "22": ("1", "2"),
    "23": ("3",),
    "24": ("4", "21"),
    "25": ("5", "6"),
    "27": ("7",),
    "28": ("8",),
    "29": ("9",),
    "54": ("51", "52"),
    "55": ("53",),
}
_OFF_OF = {code: off for off, codes in _OFF.items() for code in codes}


class Styles:
    """The styles seen so far, each with its number."""

    def __init__(self) -> None:
        self._all = [Style()]
        self._numbers = {Style(): PLAIN}
        self._applied: dict[tuple[int, str], int] = {}
        self._changes: dict[tuple[int, int], str] = {}

    def applied(self, number: int, parameters: str) -> int:
        """The style after `CSI parameters m` in the style `number`."""
        key = number, parameters
        if key not in self._applied:
            self._applied[key] = self._number(_apply(self._all[number], parameters))
        return self._applied[key]

    def linked(self, number: int, link: str) -> int:
        """The style `number` with another link; `link` is the body of OSC 8, `;` ends one."""
        return self._number(self._all[number]._replace(link="" if link == ";" else link))

    def change(self, old: int, new: int) -> str:
        """The shortest sequence that leads from one style to another."""
        if old == new:
            return ""
        key = old, new
        if key not in self._changes:
            self._changes[key] = _change(self._all[old], self._all[new])
        return self._changes[key]

    def _number(self, style: Style) -> int:
        number = self._numbers.setdefault(style, len(self._all))
        if number == len(self._all):
            self._all.append(style)
        return number


def _apply(style: Style, parameters: str) -> Style:
    attributes, foreground, background = set(style.attributes), style.foreground, style.background
    codes = iter(parameters.split(";"))
    for spelled in codes:
        code = spelled.lstrip("0") or "0"
        if code == "0":
            attributes, foreground, background = set(), "", ""
        elif code in ("38", "48"):
            color = _color(code, codes)
            foreground, background = (color, background) if code == "38" else (foreground, color)
        elif code.startswith("38:") or _in(code, 30, 37) or _in(code, 90, 97):
            foreground = code
        elif code.startswith("48:") or _in(code, 40, 47) or _in(code, 100, 107):
            background = code
        elif code == "39":
            foreground = ""
        elif code == "49":
            background = ""
        elif code in _OFF:
            attributes = {one for one in attributes if one.split(":")[0] not in _OFF[code]}
        else:
            attributes.add(code)
    return Style(frozenset(attributes), foreground, background, style.link)


def _color(code: str, codes: Iterator[str]) -> str:
    """One color that takes several parameters, as one."""
    parts = [code]
    for part in codes:
        parts.append(part or "0")
        if len(parts) == (5 if parts[1] == "2" else 3):
            break
    return ";".join(parts)


def _in(code: str, first: int, last: int) -> bool:
    return code.isdigit() and first <= int(code) <= last


def _change(old: Style, new: Style) -> str:
    link = f"\x1b]8;{new.link or ';'}\x1b\\" if old.link != new.link else ""
    if (old.attributes, old.foreground, old.background) == (new.attributes, new.foreground, new.background):
        return link
    bare = Style()
    anew = [*sorted(new.attributes), *(color for color in (new.foreground, new.background) if color)]
    if (new.attributes, new.foreground, new.background) == (bare.attributes, bare.foreground, bare.background):
        return link + "\x1b[m"
    gone = old.attributes - new.attributes
    off = {_OFF_OF.get(code.split(":")[0], "") for code in gone}
    whole = ";".join(["0", *anew])
    if "" in off:  # an attribute that this table cannot take back alone
        return f"{link}\x1b[{whole}m"
    kept = {code for code in old.attributes & new.attributes if _OFF_OF.get(code.split(":")[0]) not in off}
    step = [*sorted(off), *sorted(new.attributes - kept)]
    if old.foreground != new.foreground:
        step.append(new.foreground or "39")
    if old.background != new.background:
        step.append(new.background or "49")
    return f"{link}\x1b[{min(';'.join(step), whole, key=len)}m"
