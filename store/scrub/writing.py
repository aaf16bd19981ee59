"""A rule of the site written part by part: a copy of a condition that ships, then its fields and examples.

Every part that is written is a new version, switched off, so that nothing typed is lost and every state can be gone
back to. An example is one line (`store.scrub.example_text`); one that no claim can be made of is refused when it is
written, one that comes out otherwise than it says is kept and keeps the rule from being switched on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from codesets.safe import as_typed
from codesets.shipped_tables import read_table
from store.actors import Actor
from store.database import Database
from store.queries import Reader, SessionReader
from store.queries.rules import rule_versions
from store.scrub.catalog import rule_content
from store.scrub.example_text import read_example, read_settings, write_example, write_settings
from store.scrub.examples import try_example
from store.scrub.rules import BadRules, DateBasis, Family, Level, Rule
from store.scrub.site_rules import RuleRefused, UnknownRule, read_text, save_version, stored_text

EXAMPLE = "example"
MOST_CHARACTERS = 2_000

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "severity": ("critical", "error", "warning", "info"),
    "family": tuple(one.value for one in Family),
    "level": tuple(one.value for one in Level),
    "forms": ("837p", "837i", "837p 837i"),
    "date_basis": tuple(one.value for one in DateBasis),
    "snip": tuple("1234567"),
}
_MAY_BE_EMPTY = ("carc", "params", "effective_from", "effective_to")


@dataclass(frozen=True)
class RulePart:
    """A field of a rule, or one of its examples (`example.1` the first): its words, its text, what may stand there.

    `trouble` says how an example comes out otherwise than it says, empty where it holds or the part is a field.
    """

    name: str
    words: str
    text: str
    choices: tuple[str, ...] = ()
    trouble: str = ""


def rule_parts(reader: Reader, rule_id: str) -> list[RulePart]:
    """The newest version of a rule of the site, part by part. Raises UnknownRule."""
    version = _newest(reader, rule_id)
    fields, rule = version.content["rule"], stored_text(version).rule
    parts = [RulePart(name, words, _field_text(name, fields), _CHOICES.get(name, ())) for name, words in _fields()]
    for number, example in enumerate(version.content["examples"], 1):
        words = "a claim that it finds" if example.get("at") else "a claim that it lets pass"
        parts.append(RulePart(f"{EXAMPLE}.{number}", words, write_example(example), (), try_example(rule, example)))
    return parts


def copy_rule(db: Database, actor: Actor, rule_id: str, name: str, operation_id: str | None = None) -> int:
    """Keep a condition that ships as a rule of the site of another name, switched off; its version.

    Raises UnknownRule, BadRules for the name, RuleRefused, NotAllowed.
    """
    text = read_text(rule_content(rule_id) | {"id": name})
    return save_version(db, actor, text, f"a copy of {rule_id}", operation_id)


def write_part(db: Database, actor: Actor, rule_id: str, name: str, text: str, operation_id: str | None = None) -> int:
    """Write a field, an example (`example.2`) or one more (`example`); the new version, switched off.

    Raises UnknownRule, BadRules with what was expected, RuleRefused, NotAllowed.
    """
    if len(text) > MOST_CHARACTERS:
        raise RuleRefused(f"{name}: {len(text):,} characters", f"at most {MOST_CHARACTERS:,} fit")
    fields, examples, rule = _content(db, rule_id)
    if name.partition(".")[0] == EXAMPLE:
        place = len(examples) if name == EXAMPLE else _place(name, examples)
        example = read_example(text)
        if (trouble := try_example(rule, example)).startswith("cannot be read"):
            raise BadRules(f"no claim can be made of the example: {trouble.partition(': ')[2]}")
        examples[place : place + 1] = [example]
    else:
        _put_field(fields, name, " ".join(text.split()))
    return _save(db, actor, fields, examples, f"another {name}", operation_id)


def remove_example(db: Database, actor: Actor, rule_id: str, name: str, operation_id: str | None = None) -> int:
    """Take an example (`example.2`) out; the new version, switched off. Raises as `write_part`."""
    fields, examples, _ = _content(db, rule_id)
    del examples[_place(name, examples)]
    return _save(db, actor, fields, examples, f"without {name}", operation_id)


def restore_version(db: Database, actor: Actor, rule_id: str, version: int, operation_id: str | None = None) -> int:
    """Write a rule as an earlier version had it; the new version, switched off. Raises UnknownRule, NotAllowed."""
    with db.reading() as session:
        rows = rule_versions(SessionReader(session), rule_id)
    row = next((row for row in rows if row.version == version), None)
    if row is None:
        raise UnknownRule(f"{rule_id} has no version {version}", as_typed("rules", "versions", rule_id))
    fields = {key: value for key, value in row.content["rule"].items() if key != "version"}
    return _save(db, actor, fields, list(row.content["examples"]), f"as version {version}", operation_id)


def _newest(reader: Reader, rule_id: str) -> Any:
    rows = rule_versions(reader, rule_id)
    if not rows:
        raise UnknownRule(f"this site has written no rule {rule_id!r}", "codedesk rules copy RULE NAME")
    return rows[-1]


def _content(db: Database, rule_id: str) -> tuple[dict[str, Any], list[dict[str, Any]], Rule]:
    with db.reading() as session:
        row = _newest(SessionReader(session), rule_id)
    fields = {key: value for key, value in row.content["rule"].items() if key != "version"}
    return fields, list(row.content["examples"]), stored_text(row).rule


def _save(
    db: Database,
    actor: Actor,
    fields: Mapping[str, Any],
    examples: list[dict[str, Any]],
    note: str,
    operation_id: str | None,
) -> int:
    by_end = {
        "passes": [one for one in examples if not one.get("at")],
        "fails": [one for one in examples if one.get("at")],
    }
    return save_version(db, actor, read_text({**fields, **by_end}), note, operation_id)


def _put_field(fields: dict[str, Any], name: str, text: str) -> None:
    if name not in dict(_fields()):
        raise RuleRefused(f"a rule has no {name!r}", f"expected {', '.join(dict(_fields()))}, {EXAMPLE} or {EXAMPLE}.1")
    if not text and name in _MAY_BE_EMPTY:
        fields.pop(name, None)
    elif name == "forms":
        fields[name] = text.replace(",", " ").split()
    elif name == "params":
        fields[name] = read_settings(text)
    elif name in ("snip", "carc"):
        fields[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else text
    else:
        fields[name] = text


def _field_text(name: str, fields: Mapping[str, Any]) -> str:
    value = fields.get(name, DateBasis.SERVICE.value if name == "date_basis" else "")
    if name == "forms":
        return " ".join(sorted(value, reverse=True))
    return write_settings(value or {}) if name == "params" else str(value)


def _place(name: str, examples: list[dict[str, Any]]) -> int:
    number = name.partition(".")[2]
    place = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0
    if not 1 <= place <= len(examples):
        raise RuleRefused(f"there is no {name}", f"expected {EXAMPLE}.1 to {EXAMPLE}.{len(examples)}")
    return place - 1


@cache
def _fields() -> tuple[tuple[str, str], ...]:
    rows = read_table(Path(__file__).with_name("rule_parts.csv"), ("part", "words"))
    return tuple((part, words) for part, words in rows)
