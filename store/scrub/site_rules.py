"""Rules of the site and changes of rules in the record: written in versions, switched on by their examples, undone.

A rule that the site writes begins switched off. It can be switched on only when its examples hold, at least one that
passes and one that is found. Every change has a person and a reason, is logged, and can be rolled back; a version is
never changed and never deleted. Managers and administrators change rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, func, select

from codesets.errors import CodedeskError
from store.actors import Actor, NotAllowed
from store.database import Change, Database
from store.models import Coverage, Payer, RuleChange, RuleVersion
from store.models.columns import now
from store.queries import Reader
from store.queries.rules import ChangeRow, VersionRow, rule_changes, rule_versions
from store.scrub.checks import CHECKS
from store.scrub.checks.providers import valid_npi
from store.scrub.checks.written import valid_taxonomy
from store.scrub.examples import Outcome, examples_in, shipped_examples, try_code_edit, try_examples
from store.scrub.overlays import Action, Overlay, Scope, SiteRules
from store.scrub.rules import BadRules, Rule, read_rule, rule_book
from store.terms import Role, Severity

CHANGERS = (Role.MANAGER, Role.ADMIN)
MOST_EXAMPLES = 50
MOST_TEXT = 200_000
"""Characters of a rule with its examples, as they are kept."""

HOW_TO_WRITE = "codedesk rules add --help shows a whole file"

_ID = re.compile(r"[a-z][a-z0-9_]{1,19}")


class RuleRefused(CodedeskError):
    """A rule cannot be written, switched on or changed so; the message says what stands in the way."""

    title = "rules"
    exit_code = 1


class UnknownRule(CodedeskError):
    """No rule has that id."""

    title = "unknown rule"


@dataclass(frozen=True)
class RuleText:
    """A rule of the site with its examples, read and checked."""

    rule: Rule
    content: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        """How its examples come out."""
        return try_examples(self.rule, self.content["examples"])


def site_rules(reader: Reader) -> SiteRules:
    """The rules as the site has them now."""
    changes = rule_changes(reader, standing=True)
    if not changes:
        return _unchanged()
    own = {(row.rule_id, row.version): _own(row) for row in rule_versions(reader)}
    return SiteRules(rule_book(), own, [_overlay(row) for row in changes])


def read_text(data: Mapping[str, Any]) -> RuleText:
    """A rule of the site from a file: fields beside `passes` and `fails`, or under `[rule]`. Raises BadRules.

    The version in the file means nothing: versions are counted here.
    """
    if not isinstance(data.get("rule", {}), dict):
        raise BadRules("a file has one rule: its fields at the top, or one table [rule]", HOW_TO_WRITE)
    fields = dict(data.get("rule", data))
    examples = examples_in({key: data.get(key) or fields.get(key) or [] for key in ("passes", "fails")})
    for key in ("passes", "fails"):
        fields.pop(key, None)
    fields["version"] = 1
    fields.setdefault("forms", ["837p"])
    rule = read_rule(fields, frozenset(CHECKS))
    if len(json.dumps(dict(data), default=str)) > MOST_TEXT:
        raise BadRules(f"rule {rule.id}: rule and examples are longer than {MOST_TEXT:,} characters")
    if not _ID.fullmatch(rule.id):
        raise BadRules(f"rule {rule.id}: an id has small letters, digits and _, at most 20", "for example site_cpap")
    if len(examples) > MOST_EXAMPLES:
        raise BadRules(f"rule {rule.id}: more than {MOST_EXAMPLES} examples")
    return RuleText(rule, {"rule": fields, "examples": examples})


def stored_text(row: VersionRow) -> RuleText:
    """A version as it stands in the record."""
    return RuleText(_own(row), row.content)


def outcome_of(reader: Reader, rule_id: str, version: int | None = None) -> Outcome:
    """How the examples of a rule come out; of a rule of the site, a version or the newest. Raises UnknownRule."""
    book = rule_book()
    if rule_id in book.code_edits:
        return try_code_edit(rule_id)
    if shipped := next((rule for rule in book.rules if rule.id == rule_id), None):
        return try_examples(shipped, shipped_examples().get(rule_id, ()))
    return stored_text(_version(reader, rule_id, version)).outcome


def save_version(db: Database, actor: Actor, text: RuleText, note: str = "", operation_id: str | None = None) -> int:
    """Keep a new version of a rule of the site, switched off; its number. Raises RuleRefused, NotAllowed."""
    with _changing(db, actor, operation_id, "rule.version", text.rule.id) as change:
        if change.repeated:
            return int(change.answer["version"])
        book = rule_book()
        if text.rule.id in book.code_edits or any(rule.id == text.rule.id for rule in book.rules):
            raise RuleRefused(f"{text.rule.id} ships with codedesk and is not rewritten", "weigh it or switch it off")
        newest = select(func.max(RuleVersion.version)).where(RuleVersion.rule_id == text.rule.id)
        version = (change.session.exec(newest).one() or 0) + 1
        content = {**text.content, "rule": {**text.content["rule"], "version": version}}
        row = RuleVersion(
            rule_id=text.rule.id, version=version, content=content, note=_one_line(note), made_by=actor.login
        )
        change.session.add(row)
        change.answer = {"version": version}
        change.log("rule.version", "rule", text.rule.id, version=version, note=row.note)
        return version


def switch_on(
    db: Database,
    actor: Actor,
    rule_id: str,
    reason: str,
    version: int | None = None,
    operation_id: str | None = None,
) -> None:
    """Switch a rule on for everybody; of the site's own, a version or the newest. Its examples must hold.

    Raises RuleRefused with what does not hold, UnknownRule, NotAllowed.
    """
    from store.queries import SessionReader

    with db.reading() as session:
        reader = SessionReader(session)
        outcome = outcome_of(reader, rule_id, version)
        own = rule_id not in _shipped_ids()
        chosen = _version(reader, rule_id, version).version if own else None
    if not outcome.holds:
        raise RuleRefused(f"{rule_id} stays off: {'; '.join(outcome.reasons)}", "mend the rule or its examples")
    action, value = (Action.USE, {"version": chosen}) if own else (Action.ON, {})
    _add(db, actor, operation_id, Overlay(0, rule_id, Scope.ALL, "", action, value, reason=reason))


def change_rule(db: Database, actor: Actor, overlay: Overlay, operation_id: str | None = None) -> int:
    """Change a rule for everybody or a part of them; the number of the change. Raises RuleRefused, NotAllowed.

    A rule is switched on by `switch_on`, which looks at its examples; here only for a part, of one that was off.
    """
    if overlay.action is Action.USE:
        raise RuleRefused("a version is switched on for everybody", "codedesk rules on RULE")
    return _add(db, actor, operation_id, overlay)


def roll_back(db: Database, actor: Actor, rule_id: str, reason: str, operation_id: str | None = None) -> str:
    """Undo the last change of a rule that stands; what it was, in words. Raises RuleRefused, NotAllowed."""
    with _changing(db, actor, operation_id, "rule.rollback", rule_id) as change:
        if change.repeated:
            return str(change.answer["undone"])
        _reason(rule_id, reason)
        query = select(RuleChange).where(RuleChange.rule_id == rule_id, col(RuleChange.undone_at).is_(None))
        row = change.session.exec(query.order_by(col(RuleChange.number).desc())).first()
        if row is None:
            _check_known(change.session, rule_id)
            raise RuleRefused(f"{rule_id} is as it was written: no change stands", "codedesk rules versions RULE")
        row.undone_by, row.undone_at, row.undo_reason = actor.login, now(), _one_line(reason)
        change.session.add(row)
        words = _overlay_of(row).words
        change.answer = {"undone": words}
        change.log("rule.rollback", "rule", rule_id, change=row.number, was=words, reason=row.undo_reason)
        return words


def _add(db: Database, actor: Actor, operation_id: str | None, overlay: Overlay) -> int:
    with _changing(db, actor, operation_id, "rule.change", overlay.rule_id) as change:
        if change.repeated:
            return int(change.answer["number"])
        _check(change, overlay)
        last = change.session.exec(select(func.max(RuleChange.number))).one() or 0
        row = RuleChange(
            number=last + 1,
            rule_id=overlay.rule_id,
            scope=overlay.scope.value,
            scope_id=_one_line(overlay.scope_id),
            action=overlay.action.value,
            value=dict(overlay.value),
            effective_from=overlay.effective_from,
            effective_to=overlay.effective_to,
            reason=_one_line(overlay.reason),
            made_by=actor.login,
        )
        change.session.add(row)
        change.answer = {"number": row.number}
        words = _overlay_of(row).words
        change.log("rule.change", "rule", row.rule_id, change=row.number, what=words, reason=row.reason)
        return row.number


def _check(change: Change, overlay: Overlay) -> None:
    _reason(overlay.rule_id, overlay.reason)
    known = _shipped_ids()
    _check_known(change.session, overlay.rule_id)
    if (overlay.scope is Scope.ALL) != (not overlay.scope_id.strip()):
        raise RuleRefused(f"whose {overlay.scope.value}? a change names whom it is for", "for example --payer BLUEP")
    _check_whom(change.session, overlay.scope, overlay.scope_id.strip())
    if overlay.action is Action.PARAMS and overlay.rule_id in rule_book().code_edits:
        raise RuleRefused(f"{overlay.rule_id} has no settings", "weigh it or switch it off")
    if overlay.action is Action.PARAMS and overlay.rule_id in known:
        _check_settings(rule_book().rule(overlay.rule_id), overlay.value)
    critical = next((r for r in rule_book().rules if r.id == overlay.rule_id and r.severity is Severity.CRITICAL), None)
    if critical and overlay.action in (Action.OFF, Action.SEVERITY):
        raise RuleRefused(f"{overlay.rule_id} is critical: no correct file can be written without it")
    if overlay.action is Action.SEVERITY:
        weights = [one.value for one in Severity if one is not Severity.COULD_NOT_CHECK]
        if overlay.value.get("severity") not in weights:
            raise RuleRefused(f"{overlay.value.get('severity')!r} is no severity", f"expected {', '.join(weights)}")
    for day in (overlay.effective_from, overlay.effective_to):
        if day and not _is_day(day):
            raise RuleRefused(f"{day!r} is no day", "expected 2026-09-30")
    if overlay.effective_to and overlay.effective_from > overlay.effective_to:
        raise RuleRefused(f"it would end on {overlay.effective_to}, before it begins")


def _check_known(session: Session, rule_id: str) -> None:
    """Raise UnknownRule for what is no rule, neither shipped nor of the site."""
    own = select(RuleVersion.id).where(RuleVersion.rule_id == rule_id).limit(1)
    if rule_id not in _shipped_ids() and session.exec(own).first() is None:
        raise UnknownRule(f"no rule is called {rule_id[:40]!r}", "codedesk rules list")


def _check_whom(session: Session, scope: Scope, whom: str) -> None:
    """Raise RuleRefused for somebody whom no claim can be for: the change would be kept and never hold."""
    if scope is Scope.PAYER:
        known = sorted({one for one in session.exec(select(Payer.payer_identifier)) if one})
        if whom not in known:
            there = f"there are {', '.join(known[:8])}" + (" and others" if len(known) > 8 else "")
            raise RuleRefused(f"no payer has the identifier {whom[:40]!r}", there if known else "there is no payer yet")
    elif scope is Scope.SITE and not valid_npi(whom):
        raise RuleRefused(f"{whom[:40]!r} is no NPI", "name the billing NPI, ten digits")
    elif scope is Scope.PLAN:
        plans = sorted({one for one in session.exec(select(Coverage.plan_name).distinct()) if one})
        if whom.casefold() not in {one.casefold() for one in plans}:
            there = f"there are {', '.join(plans[:8])}" + (" and others" if len(plans) > 8 else "")
            raise RuleRefused(f"no coverage has the plan {whom[:40]!r}", there if plans else "no coverage names a plan")
    elif scope is Scope.SPECIALTY and not valid_taxonomy(whom):
        raise RuleRefused(f"{whom[:40]!r} is no taxonomy", "expected ten characters, for example 207Q00000X")


_NO_SETTINGS = ("place", "who", "when", "name", "field")
"""What says where a rule looks and is not for a site to set."""

_FORMS = {"authorization_required": (re.compile(r"[^\s:]+:[A-Z0-9]{5}"), "PAYERID:CODE, for example BLUEP:E0601")}
"""What the parts of a list must look like, by check, and how that is said."""


def _check_settings(rule: Rule, value: Mapping[str, Any]) -> None:
    """Raise RuleRefused for a setting that the rule has not, or of another kind: it would be silent, not strict."""
    own = {name: kept for name, kept in rule.params.items() if name not in _NO_SETTINGS}
    for name, given in value.items():
        if name not in own:
            there = f"it has {', '.join(own)}" if own else "it has none"
            raise RuleRefused(f"{rule.id} has no setting {name!r}", there)
        kinds = {bool: "true or false", int: "a whole number", str: "text", list: "a list, with commas"}
        kind = type(own[name])
        if type(given) is not kind:
            raise RuleRefused(f"{rule.id}: {name} is {kinds.get(kind, 'of another kind')}", f"not {given!r}"[:120])
        form, words = _FORMS.get(rule.check, (None, ""))
        wrong = [part for part in given if not form.fullmatch(str(part))] if form and isinstance(given, list) else []
        if wrong:
            raise RuleRefused(f"{rule.id}: {str(wrong[0])[:60]!r} is no part of {name}", f"expected {words}")


def _changing(db: Database, actor: Actor, operation_id: str | None, action: str, rule_id: str) -> Any:
    if actor.role not in CHANGERS:
        from store.people import refuse

        raise refuse(db, actor, action, NotAllowed("managers and administrators change rules", "ask one of them"))
    return db.change(actor, operation_id, action)


def _reason(rule_id: str, reason: str) -> None:
    if not reason.strip():
        raise RuleRefused(f"a change of {rule_id} needs a reason", "say why")


def _version(reader: Reader, rule_id: str, version: int | None) -> VersionRow:
    rows = rule_versions(reader, rule_id)
    row = next((row for row in reversed(rows) if version in (None, row.version)), None)
    if row is None:
        raise UnknownRule(
            f"{rule_id} has no version {version}" if rows else f"no rule is called {rule_id!r}", "codedesk rules list"
        )
    return row


def _own(row: VersionRow) -> Rule:
    return read_rule({**row.content["rule"], "version": row.version}, frozenset(CHECKS), stored=True)


def _overlay(row: ChangeRow) -> Overlay:
    return Overlay(
        row.number,
        row.rule_id,
        Scope(row.scope),
        row.scope_id,
        Action(row.action),
        row.value,
        row.effective_from,
        row.effective_to,
        row.reason,
    )


def _overlay_of(row: RuleChange) -> Overlay:
    return Overlay(row.number, row.rule_id, Scope(row.scope), row.scope_id, Action(row.action), row.value)


@lru_cache(1)
def _shipped_ids() -> frozenset[str]:
    book = rule_book()
    return frozenset(rule.id for rule in book.rules) | frozenset(book.code_edits)


@lru_cache(1)
def _unchanged() -> SiteRules:
    return SiteRules(rule_book())


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
