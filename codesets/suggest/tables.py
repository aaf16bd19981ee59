"""The tables of suggestions: shipped tables in `data/`."""

from __future__ import annotations

from pathlib import Path

from codesets.shipped_tables import read_table

DATA = Path(__file__).parent / "data"


def rows(name: str, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The rows of a table by its file name. Raises UnreadableInput."""
    return read_table(DATA / name, columns)


def pairs(name: str, columns: tuple[str, str]) -> dict[str, str]:
    """A table of two columns: the second by the first. Raises UnreadableInput."""
    return {one: other for one, other in rows(name, columns)}  # noqa: C416 - a checker of types sees two only so
