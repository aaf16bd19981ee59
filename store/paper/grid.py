"""A page of a form as a grid of characters, and the fields that stand on it, read from a table.

Rows and columns count from 1. A value that does not fit its field is cut, and said so in `cut`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table
from store.x12.writer import writable

ROWS = 66
COLUMNS = 82


@dataclass(frozen=True)
class Field:
    """Where a field stands: `row` and `column` of its first character, its width, and our word for it.

    `source` says who else has it there, in the letters that its table explains; - for nobody.
    """

    name: str
    row: int
    column: int
    width: int
    align: str
    label: str
    source: str


@dataclass
class Page:
    """A page: values by the name of their field, some of them a number of rows further down."""

    form: str
    fields: dict[str, Field]
    values: list[tuple[Field, str]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)

    def put(self, name: str, value: str, down: int = 0) -> None:
        """Put a value into a field, `down` rows below its first; nothing for an empty one."""
        place = self.fields[name]
        text = writable(value).text
        if not text:
            return
        if len(text) > place.width:
            self.cut.append(name)
            text = text[: place.width]
        if down:
            place = replace(place, row=place.row + down)
        self.values.append((place, text))

    def lines(self) -> list[str]:
        """The page as lines of text, the ends trimmed."""
        rows = [[" "] * COLUMNS for _ in range(ROWS)]
        for place, text in self.values:
            shown = text.rjust(place.width) if place.align == "right" else text
            for offset, letter in enumerate(shown):
                if letter != " " and place.column + offset <= COLUMNS:
                    rows[place.row - 1][place.column - 1 + offset] = letter
        return ["".join(row).rstrip() for row in rows]


def text_of(pages: Iterable[Page], shift: tuple[int, int] = (0, 0)) -> str:
    """The pages as text with a form feed between; `shift` moves all down and right, for a printer that is off."""
    down, right = shift
    shown = []
    for page in pages:
        lines = [" " * max(right, 0) + line[max(-right, 0) :] if line else "" for line in page.lines()]
        lines = [""] * max(down, 0) + lines[max(-down, 0) :]
        shown.append("\n".join(lines[:ROWS]).rstrip("\n"))
    return "\f".join(shown) + "\n"


@cache
def fields_of(form: str) -> dict[str, Field]:
    """The fields of a form (cms1500, ub04) by name. Raises UnreadableInput for a table that is wrong."""
    columns = ("field", "row", "column", "width", "align", "label", "source")
    rows = read_table(Path(__file__).with_name(f"{form}.csv"), columns)
    return {
        name: Field(name, int(row), int(at), int(width), align, label, source)
        for name, row, at, width, align, label, source in rows
    }


def day(iso: str | None, year: int = 4) -> tuple[str, str, str]:
    """Month, day and year of an ISO day, the year with 2 or 4 digits; empty texts for an incomplete one."""
    if not iso or len(iso) < 10:
        return "", "", ""
    return iso[5:7], iso[8:10], iso[4 - year : 4]


def dollars_and_cents(cents: int) -> str:
    """Cents as forms want them: dollars, a blank for the line between, cents."""
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole} {part:02d}"
