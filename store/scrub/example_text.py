"""An example of a rule as one line, to be read and typed: `at=line.1.units line.1.units=51 -referring`.

Words in any order, apart by blanks: `PATH=VALUE` sets something of the sound claim, `-PATH` takes it away,
`given.NAME=VALUE` tells of other claims, `params.NAME=VALUE` is a setting, `at=PLACE` is where a finding is expected
(without it none is), `unchecked` that the rule could not tell. A value is plain text up to the next blank, a whole
number where the field is one, or JSON where it begins with `"`, `[` or `{`. The table that it stands for is that of
`store.scrub.examples`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from store.claims import content, details
from store.scrub.rules import BadRules

Example = Mapping[str, Any]

_EXPECTED = "expected PATH=VALUE, -PATH or at=PLACE, for example at=line.1.units line.1.units=51"
_TABLES = ("given", "params")


def read_example(text: str) -> dict[str, Any]:
    """The example that a line says. Raises BadRules with the character, from 1, where it stops making sense."""
    example: dict[str, Any] = {}
    at = 0
    while (at := _next_word(text, at)) < len(text):
        begun = at
        name, at = _name(text, at)
        if at < len(text) and text[at] == "=":
            value, at = _value(text, at + 1, name)
            _put(example, name, value)
        elif name == "unchecked":
            example["unchecked"] = True
        elif name.startswith("-") and len(name) > 1:
            example.setdefault("without", []).append(name[1:])
        else:
            raise BadRules(f"{name!r} at character {begun + 1} says nothing of the claim", _EXPECTED)
        if not name.lstrip("-"):
            raise BadRules(f"nothing is named at character {begun + 1}", _EXPECTED)
    return example


def write_example(example: Example) -> str:
    """The line of an example; `read_example` makes the same of it."""
    words = [f"at={_written('at', example['at'])}"] if example.get("at") else []
    words += [f"{path}={_written(path, value)}" for path, value in example.get("set", {}).items()]
    words += [f"-{path}" for path in example.get("without", ())]
    for table in _TABLES:
        words += [
            f"{table}.{name}={_written(f'{table}.{name}', value)}" for name, value in example.get(table, {}).items()
        ]
    words += ["unchecked"] if example.get("unchecked") else []
    return " ".join(words)


def read_settings(text: str) -> dict[str, Any]:
    """Settings of a rule from a line, `place=line.1 most=12`. Raises BadRules."""
    example = read_example(" ".join(f"params.{word}" if "=" in word else word for word in _words(text)))
    if set(example) - {"params"}:
        raise BadRules(f"settings are NAME=VALUE, not {text[:40]!r}", "for example place=line.1 most=12")
    return dict(example.get("params", {}))


def write_settings(settings: Mapping[str, Any]) -> str:
    """The line of settings; `read_settings` makes the same of it."""
    return " ".join(f"{name}={_written(f'params.{name}', value)}" for name, value in settings.items())


def _put(example: dict[str, Any], name: str, value: Any) -> None:
    table, _, rest = name.partition(".")
    if name == "at":
        example["at"] = value
    elif table in _TABLES and rest:
        example.setdefault(table, {})[rest] = value
    else:
        example.setdefault("set", {})[name] = value


def _words(text: str) -> list[str]:
    """The words of a line; JSON with blanks stays one word."""
    words, at = [], 0
    while (at := _next_word(text, at)) < len(text):
        begun = at
        name, at = _name(text, at)
        if at < len(text) and text[at] == "=":
            _, at = _value(text, at + 1, name)
        words.append(text[begun:at])
    return words


def _next_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _name(text: str, at: int) -> tuple[str, int]:
    begun = at
    while at < len(text) and text[at] != "=" and not text[at].isspace():
        at += 1
    return text[begun:at], at


def _value(text: str, at: int, name: str) -> tuple[Any, int]:
    if text[at : at + 1] in ('"', "[", "{"):
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise BadRules(f"{name}: {error.msg} at character {error.pos + 1}", "quotes and brackets close") from None
        except RecursionError:
            raise BadRules(f"{name}: too many brackets at character {at + 1}") from None
        if end < len(text) and not text[end].isspace():
            raise BadRules(f"{name}: expected a blank at character {end + 1}, not {text[end]!r}")
        return value, end
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    word = text[at:end]
    return (int(word) if _is_number(name, word) else {"true": True, "false": False}.get(word, word)), end


def _is_number(name: str, word: str) -> bool:
    whole = word.lstrip("-").isdecimal() and word.isascii() and word.count("-") <= 1 and len(word) <= 15
    return whole and (name.startswith("params.") or name.rpartition(".")[2] in _whole_numbers())


def _written(name: str, value: Any) -> str:
    plain = str(value).lower() if isinstance(value, bool) else str(value)
    simple = isinstance(value, str | int) and plain and not any(c.isspace() for c in plain) and plain[0] not in '"[{'
    if simple:
        again = _value(plain, 0, name)[0]
        if again == value and type(again) is type(value):
            return plain
    return json.dumps(value, ensure_ascii=False)


@cache
def _whole_numbers() -> frozenset[str]:
    """The names of fields of a claim that are whole numbers, and what an example can tell of other claims."""
    kinds = [kind for module in (content, details) for kind in vars(module).values()]
    found = {
        one.name
        for kind in kinds
        if isinstance(kind, type) and is_dataclass(kind)
        for one in fields(kind)
        if str(one.type).split(" |")[0] == "int"
    }
    return frozenset(found | {"lines", "same_number"})
