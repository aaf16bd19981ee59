"""Reasons and templates of queries: as shipped, with what the site adds in `queries.toml`. Free of the ORM."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from codesets.errors import UnreadableInput
from codesets.home import home
from codesets.safe import safe_line
from store.terms import QueryType

SITE_FILE = "queries.toml"

OTHER = "Other"
UNABLE = "Unable to determine"
YES, NO = "Yes", "No"


@dataclass(frozen=True)
class QueryReason:
    """Why a provider is asked; `yes_no` where the practice allows a question to be answered so."""

    id: str
    words: str
    yes_no: bool = False


@dataclass(frozen=True)
class Template:
    """A question to begin with."""

    id: str
    reason: str
    type: QueryType
    title: str
    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """Everything that the site asks with; days are calendar days."""

    reasons: Mapping[str, QueryReason]
    templates: Mapping[str, Template]
    due_days: int
    escalate_days: int


DETAIL = "diagnosis-detail"
"""The template that fits any diagnosis which could be told more exactly."""


def templates_about(words: str) -> list[Template]:
    """Every template; those that share most words of a diagnosis first, then the one for any diagnosis."""
    asked = {word[:_STEM] for word in _WORD.findall(words.lower())}

    def shared(one: Template) -> int:
        return len(asked & {word[:_STEM] for word in _WORD.findall(f"{one.title} {one.question}".lower())} - _COMMON)

    known = list(templates().values())
    if not asked:
        return known
    return sorted(known, key=lambda one: (-shared(one), one.id != DETAIL))


_STEM = 6
_WORD = re.compile(r"[a-z]{5,}")
_COMMON = {
    word[:_STEM]
    for word in (
        *("acute", "chronic", "disease", "record", "please", "state", "below", "other", "unspecified", "without"),
        *("diagnosis", "findings", "judgment", "documented", "treatment", "condition", "below", "stage", "known"),
    )
}
"""Stems that say nothing of which diagnosis is meant."""


def query_reasons() -> Mapping[str, QueryReason]:
    """Every reason by its id. Raises UnreadableInput for a wrong table of the site."""
    return tables().reasons


def templates() -> Mapping[str, Template]:
    """Every template by its id. Raises UnreadableInput for a wrong table of the site."""
    return tables().templates


def tables() -> Tables:
    """The tables in force."""
    path = home() / SITE_FILE
    return _read(path, path.stat().st_mtime if path.is_file() else 0.0)


def options_of(kind: QueryType, clinical: Sequence[str]) -> list[str]:
    """The answers to choose from: what is clinically supported, always with other and unable to determine."""
    if kind is QueryType.OPEN_ENDED:
        return []
    named = [YES, NO] if kind is QueryType.YES_NO else [" ".join(safe_line(one).split())[:200] for one in clinical]
    fixed = {OTHER.lower(), UNABLE.lower()}
    return [*dict.fromkeys(one for one in named if one and one.lower() not in fixed), OTHER, UNABLE]


@lru_cache(4)
def _read(path: Path, changed_at: float) -> Tables:
    reasons: dict[str, QueryReason] = {}
    known: dict[str, Template] = {}
    days = {"due_days": 7, "escalate_days": 3}
    shipped = files("store.provider_queries").joinpath("tables.toml").read_text(encoding="utf-8")
    for name, text in [("tables.toml", shipped), *([(path.name, _text(path))] if changed_at else [])]:
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UnreadableInput(f"{name}: no TOML: {error}") from None
        for key in days:
            value = content.get("defaults", {}).get(key, days[key])
            if not isinstance(value, int) or not 1 <= value <= 365:
                raise UnreadableInput(f"{name}: {key}: expected days from 1 to 365")
            days[key] = value
        for table in content.get("reason", []):
            reason = QueryReason(_word(table, "id", name), _word(table, "words", name), bool(table.get("yes_no")))
            reasons[reason.id] = reason
        for table in content.get("template", []):
            template = _template(table, name, reasons)
            known[template.id] = template
    return Tables(reasons, known, **days)


def _template(table: Mapping[str, Any], name: str, reasons: Mapping[str, QueryReason]) -> Template:
    template_id = _word(table, "id", name)
    if table.get("type") not in list(QueryType):
        raise UnreadableInput(f"{name}: {template_id}: type: expected one of {', '.join(QueryType)}")
    if table.get("reason") not in reasons:
        raise UnreadableInput(f"{name}: {template_id}: reason: expected one of {', '.join(reasons)}")
    kind = QueryType(table["type"])
    if kind is QueryType.YES_NO and not reasons[table["reason"]].yes_no:
        raise UnreadableInput(f"{name}: {template_id}: {table['reason']} is not asked by yes or no")
    options = tuple(map(str, table.get("options", ())))
    question = _word(table, "question", name)
    return Template(template_id, table["reason"], kind, _word(table, "title", name), question, options)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{path.name} cannot be read: {error}") from None


def _word(table: Mapping[str, Any], key: str, name: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise UnreadableInput(f"{name}: {key} is missing in {str(table)[:60]}")
    return " ".join(safe_line(value).split())[:1000]
