"""JSON from outside, parsed within limits, with errors that name the place and never repeat the data.

Refused: nesting deeper than 200 levels, half surrogate pairs, bytes that are not UTF-8, NaN, and numbers beyond
2**53, which not every database column can hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic_core import ValidationError, from_json

from codesets.errors import UnreadableInput
from codesets.safe import safe_line

BOM = b"\xef\xbb\xbf"
_BIGGEST = 2**53
_SUSPECT_NUMBER = re.compile(rb"\d{16}|\d[eE]\+?\d{2}")

_EXPECTED = {
    "missing": "it is required",
    "extra_forbidden": "the format has no such field",
    "too_short": "it must not be empty",
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "list_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
}


class BadJson(UnreadableInput):
    """The text is not JSON, or JSON beyond the limits."""


def parse_json(text: bytes) -> object:
    """The value of one JSON text. Raises BadJson with what is wrong and at which line and column of it."""
    try:
        value = from_json(text.removeprefix(BOM), allow_inf_nan=False)
    except ValueError as error:
        raise BadJson(_in_words(str(error))) from None
    if _SUSPECT_NUMBER.search(text):
        _check_numbers(value)
    return value


def first_error(error: ValidationError) -> str:
    """The first complaint of a model as `field: what was expected`, positions counted from 1, without the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    names = (str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    place = safe_line(".".join(names))[:80]
    more = error.error_count() - 1
    words = _EXPECTED.get(first["type"]) or _plain(first["type"], first["msg"])
    return f"{place or 'record'}: {words}" + (f" (and {more} more)" if more else "")


def _plain(kind: str, message: str) -> str:
    if kind == "too_long":
        return message.split(", not")[0].replace("Value should have at most", "expected at most").replace("items", "")
    if kind == "value_error" and "expected" not in message:
        return "expected a date or time that exists"
    return message.removeprefix("Value error, ").replace("Input should be", "expected")


def _in_words(message: str) -> str:
    if message.startswith("EOF"):
        return f"it ends before it is complete ({message.rsplit(' at ', 1)[-1]})"
    if message.startswith("invalid unicode code point"):
        return f"it is not UTF-8 ({message.rsplit(' at ', 1)[-1]})"
    if message.startswith("recursion limit"):
        return "it is nested deeper than 200 levels"
    return f"it is not JSON: {message}"


def _check_numbers(value: object) -> None:
    stack: list[object] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(_values(item.values()))
        elif isinstance(item, list):
            stack.extend(_values(item))
        elif isinstance(item, int | float) and abs(item) > _BIGGEST:
            raise BadJson("it holds a number that is too large")


def _values(items: Iterable[object]) -> list[object]:
    return [item for item in items if isinstance(item, dict | list | int | float)]
