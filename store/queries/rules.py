"""The rules of the site, the changes of rules, and how often each rule fired, read with plain SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from store.queries import Reader, Row


@dataclass(frozen=True)
class VersionRow:
    """A version of a rule that the site wrote; `content` as in `store.models.RuleVersion`."""

    rule_id: str
    version: int
    content: dict[str, Any]
    note: str
    made_by: str
    made_at: str


@dataclass(frozen=True)
class ChangeRow:
    """A change of a rule; it stands where `undone_at` is None."""

    number: int
    rule_id: str
    scope: str
    scope_id: str
    action: str
    value: dict[str, Any]
    effective_from: str
    effective_to: str
    reason: str
    made_by: str
    made_at: str
    undone_by: str
    undone_at: str | None
    undo_reason: str


@dataclass(frozen=True)
class Firings:
    """How often a rule fired, and what became of it: mended, overridden, still open, and after an override.

    `withdrawn` are those that ended because the rule was switched off, changed or rolled back: nothing was mended.
    """

    rule_id: str
    fired: int
    fixed: int
    overridden: int
    denied: int
    paid: int
    withdrawn: int = 0

    @property
    def open(self) -> int:
        """Those that nothing has happened to yet."""
        return self.fired - self.fixed - self.overridden - self.withdrawn


@dataclass(frozen=True)
class ScopeRow:
    """Whom a change of a rule can be for: `scope` and `scope_id` as `rule_change` has them, and its words."""

    scope: str
    scope_id: str
    words: str


def rule_scopes(reader: Reader) -> list[ScopeRow]:
    """The payers, plans, specialties and billing sites that the record knows, of plans the first hundred by name."""
    return [ScopeRow(**dict(row)) for statement in _SCOPES for row in reader.rows(statement)]


def rule_versions(reader: Reader, rule_id: str = "") -> list[VersionRow]:
    """Versions of rules of the site, of one or of all, the earliest first."""
    rows = reader.rows(
        "SELECT rule_id, version, content, note, made_by, made_at FROM rule_version"
        " WHERE :rule = '' OR rule_id = :rule ORDER BY rule_id, version",
        rule=rule_id,
    )
    return [VersionRow(**{**dict(row), "content": _json(row["content"])}) for row in rows]


def rule_changes(reader: Reader, rule_id: str = "", standing: bool = False) -> list[ChangeRow]:
    """Changes of rules, of one or of all, the earliest first; with `standing` without those that were undone."""
    undone = " AND undone_at IS NULL" if standing else ""
    rows = reader.rows(
        "SELECT number, rule_id, scope, scope_id, action, value, effective_from, effective_to, reason, made_by,"
        " made_at, undone_by, undone_at, undo_reason FROM rule_change"
        f" WHERE (:rule = '' OR rule_id = :rule){undone} ORDER BY number",
        rule=rule_id,
    )
    return [_change(row) for row in rows]


def rule_firings(reader: Reader, since: str = "") -> dict[str, Firings]:
    """How often each rule fired since a day or moment, by rule; a rule that never did is missing."""
    rows = reader.rows(
        "SELECT rule_id, count(*) AS fired,"
        " sum(CASE WHEN fixed_at IS NOT NULL AND overridden_at IS NULL AND outcome <> 'withdrawn' THEN 1 ELSE 0 END)"
        " AS fixed,"
        " sum(CASE WHEN overridden_at IS NULL AND outcome = 'withdrawn' THEN 1 ELSE 0 END) AS withdrawn,"
        " sum(CASE WHEN overridden_at IS NOT NULL THEN 1 ELSE 0 END) AS overridden,"
        " sum(CASE WHEN overridden_at IS NOT NULL AND outcome = 'denied' THEN 1 ELSE 0 END) AS denied,"
        " sum(CASE WHEN overridden_at IS NOT NULL AND outcome = 'paid' THEN 1 ELSE 0 END) AS paid"
        " FROM edit_firing WHERE fired_at >= :since GROUP BY rule_id",
        since=since,
    )
    return {row["rule_id"]: Firings(**dict(row)) for row in rows}


def _change(row: Row) -> ChangeRow:
    return ChangeRow(**{**dict(row), "value": _json(row["value"])})


def _json(value: Any) -> Any:
    """JSON as either database hands it out."""
    return json.loads(value) if isinstance(value, str) else value


OVERRIDER = (
    "COALESCE(o.login, (SELECT MAX(k.overridden_by) FROM edit_firing k WHERE k.subject_id = f.subject_id"
    " AND k.rule_id = f.rule_id AND k.place = f.place AND k.overridden_at IS NOT NULL AND f.state = 'overridden'), '')"
)
"""The login of who overrode a finding f, whose person is o: kept by its firing where nobody of the site has it."""

_SCOPES = (
    "SELECT 'payer' AS scope, payer_identifier AS scope_id, min(name) AS words FROM payer"
    " WHERE payer_identifier <> '' GROUP BY payer_identifier ORDER BY payer_identifier",
    "SELECT DISTINCT 'plan' AS scope, plan_name AS scope_id, 'plan' AS words FROM coverage"
    " WHERE plan_name <> '' ORDER BY plan_name LIMIT 100",
    "SELECT 'specialty' AS scope, taxonomy AS scope_id, min(specialty) AS words FROM provider"
    " WHERE taxonomy <> '' GROUP BY taxonomy ORDER BY taxonomy",
    "SELECT 'site' AS scope, npi AS scope_id, min(name) AS words FROM facility"
    " WHERE npi <> '' GROUP BY npi ORDER BY npi",
)
