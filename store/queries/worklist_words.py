"""The words that a worklist is narrowed by, as conditions: names, record and visit numbers, days and settings.

Every word must be found. What has a digit is looked for in numbers and days, anywhere in them, and as the beginning
of a name; every other word begins a name, a setting, or what stands for the name of a restricted patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.names import plain
from store.queries import Reader
from store.queries.names import Named, TypedName, named, typed_name
from store.terms import RESTRICTED, Setting

ALIKE = "~"
"""Before the words: names that are like them too."""

_LEAST_LETTERS = 3
"""A shorter word is no beginning of a setting: one or two letters are those of a name."""

_NUMBERS = (
    "LOWER(CASE WHEN w.restricted THEN '' ELSE p.mrn || ' ' || e.visit_number END || ' ' || w.service_date)"
    " LIKE :{name} ESCAPE '\\'"
)


@dataclass(frozen=True)
class Words:
    """Conditions on the task w and, where they are more than `names`, on its encounter e and its patient p.

    `names` are those of the words that are names and nothing else, `besides` all others; `patients` says the former of
    patients, None without such a word.
    """

    names: Sequence[str]
    besides: Sequence[str]
    parameters: Mapping[str, object]
    patients: Named | None


def words_asked(reader: Reader, text: str, alike: bool = False) -> Words | None:
    """The words of a text as conditions; None where it has none. With `alike` also names that are like a word."""
    said = text.lower().split()
    if said and said[0].startswith(ALIKE):
        alike, said[0] = True, said[0].removeprefix(ALIKE)
    besides: list[str] = []
    parameters: dict[str, object] = {}
    names: list[TypedName] = []
    for number, word in enumerate(filter(None, said)):
        choices = list(_beside_names(word, number, parameters))
        name = typed_name(reader, word, number, alike and not _has_digit(word)) if plain(word) else None
        if name is not None:
            parameters |= name.parameters
            if not choices:
                names.append(name)
                continue
            choices.append(name.of_task(reader.on_postgres))
        besides.append(f"({' OR '.join(choices)})" if choices else "1 = 0")
    if not names and not besides:
        return None
    of_tasks = [name.of_task(reader.on_postgres) for name in names]
    return Words(of_tasks, besides, parameters, named(reader, names))


def _beside_names(word: str, number: int, parameters: dict[str, object]) -> Sequence[str]:
    """What else than a name a word may be."""
    if _has_digit(word):
        parameters[f"word{number}"] = f"%{_escaped(word)}%"
        return [_NUMBERS.format(name=f"word{number}")]
    if len(word) < _LEAST_LETTERS:
        return []
    choices = [f"e.setting = '{one.value}'" for one in Setting if one.value.startswith(word)]
    return [*choices, "w.restricted"] if RESTRICTED.lower().startswith(word) else choices


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
