"""Makes frozen dataclasses from the plain JSON that `dataclasses.asdict` left of them, by their types alone.

Knows text, numbers, truth values, dataclasses, `X | None` and tuples of one type. What a record lacks keeps its
default, so that rows written before a field existed still read.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


class NotPlain(ValueError):
    """The value does not fit; the message names the field and what was expected."""


def made(kind: type[Made], data: Mapping[str, Any], strict: bool = False) -> Made:
    """A dataclass of this kind. With `strict`, which is for what people and senders wrote, types are checked.

    Raises NotPlain for an unknown field, and for a value that does not fit, where it is strict; what the record itself
    kept is read without looking.
    """
    value: Made = _checked_made(kind, data, "") if strict else _made(kind, data)
    return value


def _made(kind: type, data: Mapping[str, Any]) -> Any:
    plan = _plan(kind)
    return kind(**{name: value if (read := plan[name][0]) is None else read(value) for name, value in data.items()})


def _checked_made(kind: type, data: Any, place: str) -> Any:
    if not isinstance(data, Mapping):
        raise NotPlain(f"{place.rstrip('.') or 'it'}: expected a table of fields, got {data!r}"[:200])
    plan = _plan(kind)
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in plan:
            raise NotPlain(f"{place}{name} is no field; known: {', '.join(plan)}"[:300])
        values[name] = plan[name][1](value, f"{place}{name}")
    needed = (one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING)
    if lacking := [name for name in needed if name not in values]:
        raise NotPlain(f"{place.rstrip('.') or 'it'} lacks {', '.join(lacking)}")
    return kind(**values)


Read = Callable[[Any], Any] | None
"""Makes a value of what was kept; None where it is kept as it is."""

Check = Callable[[Any, str], Any]
"""The same of what somebody wrote, with its place for the message."""


@cache
def _plan(kind: type) -> dict[str, tuple[Read, Check]]:
    hints = get_type_hints(kind)
    return {field.name: _reading(hints[field.name]) for field in fields(kind)}


def _unless_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _reading(hint: Any) -> tuple[Read, Check]:
    if isinstance(hint, type) and is_dataclass(hint):
        kind: type = hint
        return (lambda value: _made(kind, value)), (lambda value, place: _checked_made(kind, value, f"{place}."))
    arguments = get_args(hint)
    if get_origin(hint) is types.UnionType or type(None) in arguments:
        read, check = _reading(next(one for one in arguments if one is not type(None)))
        return (
            read and _unless_none(read),
            lambda value, place: None if value is None else check(value, place),
        )
    if get_origin(hint) is tuple:
        read, check = _reading(arguments[0])
        return (
            tuple if read is None else (lambda value: tuple(map(read, value))),
            lambda value, place: _checked_list(check, value, place),
        )
    if get_origin(hint) is dict:
        read, check = _reading(arguments[1])
        return (
            None if read is None else (lambda value: {key: read(one) for key, one in value.items()}),
            lambda value, place: {key: check(one, f"{place}.{key}") for key, one in value.items()},
        )
    return None, lambda value, place: _checked(hint, value, place)


def _checked_list(check: Check, value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise NotPlain(f"{place}: expected a list, got {value!r}"[:200])
    return tuple(check(one, f"{place}.{number}") for number, one in enumerate(value, 1))


def _checked(hint: Any, value: Any, place: str) -> Any:
    fits = isinstance(value, hint) and not (hint is int and isinstance(value, bool))
    if not fits:
        expected = {str: "text", int: "a whole number", bool: "true or false"}.get(hint, str(hint))
        raise NotPlain(f"{place}: expected {expected}, got {value!r}"[:200])
    return value
