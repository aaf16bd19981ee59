"""Makes frozen dataclasses from the plain JSON that `dataclasses.asdict` left of them, by their types alone.

Knows text, numbers, truth values, dataclasses, `X | None` and tuples of one type. What a record lacks keeps its
default, so that rows written before a field existed still read.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


class NotPlain(ValueError):
    """The value does not fit; the message names the field and what was expected."""


def made(kind: type[Made], data: Mapping[str, Any], strict: bool = False) -> Made:
    """A dataclass of this kind. With `strict`, which is for what people and senders wrote, types are checked.

    Raises NotPlain for an unknown field, and for a value that does not fit where it is strict.
    """
    return _made(kind, data, "", strict)  # type: ignore[no-any-return]


def _made(kind: type, data: Any, place: str, strict: bool) -> Any:
    if not isinstance(data, Mapping):
        raise NotPlain(f"{place or 'it'}: expected a table of fields, got {data!r}"[:200])
    plan = _plan(kind)
    values: dict[str, Any] = {}
    for name, value in data.items():
        convert = plan.get(name)
        if convert is None:
            raise NotPlain(f"{place}{name} is no field; known: {', '.join(plan)}"[:300])
        values[name] = convert(value, f"{place}{name}", strict)
    try:
        return kind(**values)
    except TypeError as error:
        raise NotPlain(f"{place.rstrip('.') or 'it'}: {str(error).partition(') ')[2] or error}") from None


Convert = Callable[[Any, str, bool], Any]


@cache
def _plan(kind: type) -> dict[str, Convert]:
    hints = get_type_hints(kind)
    return {field.name: _converter(hints[field.name]) for field in fields(kind)}


def _converter(hint: Any) -> Convert:
    if is_dataclass(hint):
        return lambda value, place, strict: _made(hint, value, f"{place}.", strict)  # type: ignore[arg-type]
    arguments = get_args(hint)
    if get_origin(hint) in (types.UnionType,) or type(None) in arguments:
        inner = _converter(next(one for one in arguments if one is not type(None)))
        return lambda value, place, strict: None if value is None else inner(value, place, strict)
    if get_origin(hint) is tuple:
        each = _converter(arguments[0])
        return lambda value, place, strict: _listed(each, value, place, strict)
    if get_origin(hint) is dict:
        of = _converter(arguments[1])
        return lambda value, place, strict: {key: of(one, f"{place}.{key}", strict) for key, one in value.items()}
    return lambda value, place, strict: _checked(hint, value, place) if strict else value


def _listed(each: Convert, value: Any, place: str, strict: bool) -> tuple[Any, ...]:
    if strict and not isinstance(value, list | tuple):
        raise NotPlain(f"{place}: expected a list, got {value!r}"[:200])
    return tuple(each(one, f"{place}.{number}", strict) for number, one in enumerate(value, 1))


def _checked(hint: Any, value: Any, place: str) -> Any:
    fits = isinstance(value, hint) and not (hint is int and isinstance(value, bool))
    if not fits:
        expected = {str: "text", int: "a whole number", bool: "true or false"}.get(hint, str(hint))
        raise NotPlain(f"{place}: expected {expected}, got {value!r}"[:200])
    return value
