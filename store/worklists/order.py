"""A task's place among its fellows as sortable digits, so that a list with any keys is read from one index.

Every key becomes a flag (1 where the value is not known: it comes last) and digits of one width, the same in every
collation: numbers as their distance from a trillion, text as the hexadecimal of its first letters. Keys that run
down have their digits turned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from store.worklists.rulebook import PRIORITY, SortKey

_MIDDLE = 1_000_000_000_000
_LETTERS = 12


def order_key(keys: Sequence[SortKey], values: Mapping[str, object], priority: int) -> str:
    """The place of a task with these values by these keys."""
    return "".join(_digits(priority if key.name == PRIORITY else values.get(key.name), key.descending) for key in keys)


def _digits(value: object, descending: bool) -> str:
    if value is None or value == "":
        return "1"
    if isinstance(value, (bool, int)):
        number = max(min(int(value), _MIDDLE - 1), 1 - _MIDDLE)
        return f"0{_MIDDLE + (-number if descending else number):013d}"
    letters = str(value).lower().encode("ascii", "replace")[:_LETTERS].ljust(_LETTERS)
    return "0" + bytes(255 - one if descending else one for one in letters).hex()
