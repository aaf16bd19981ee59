"""A value that an object computes when it is first asked for, and keeps.

What `functools.cached_property` does without its lock, which costs as much as the values of one chart among thousands:
two threads may compute one value twice, so what is kept has to follow from the object alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

_T = TypeVar("_T")


class lazily(Generic[_T]):
    """Decorates a method without arguments of a class whose objects have a `__dict__`, frozen ones included."""

    def __init__(self, function: Callable[[Any], _T]) -> None:
        self._function, self._name = function, function.__name__
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...

    def __get__(self, instance: object, owner: type) -> _T | Self:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._function(instance)
        return value
