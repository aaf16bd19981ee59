"""Every rule in one list, whatever it is made of: what the rule browser and `codedesk rules` show.

Code edits, rules that ship and rules of the site stand beside each other, as everybody has them now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codesets.edits.rules import code_rules
from store.queries import Reader
from store.queries.rules import ChangeRow, rule_changes, rule_versions
from store.scrub.examples import Outcome, shipped_examples
from store.scrub.overlays import SiteRules
from store.scrub.rules import Family, Rule, rule_book
from store.scrub.site_rules import UnknownRule, outcome_of, site_rules, stored_text


@dataclass(frozen=True)
class RuleEntry:
    """A row of the list. `kind` is condition, check, code edit or site; `on` whether everybody is held to it.

    `overlay` are the changes that stand, in words.
    """

    id: str
    version: int
    title: str
    family: str
    severity: str
    snip: int
    carc: int | None
    kind: str
    on: bool
    overlay: str = ""


@dataclass(frozen=True)
class RulePage:
    """A rule whole: what it looks for, its words, its source, its examples and its changes."""

    entry: RuleEntry
    when: str
    check: str
    params: Mapping[str, Any]
    message: str
    fix: str
    citation: str
    period: str
    outcome: Outcome
    changes: tuple[ChangeRow, ...]


def rule_entries(reader: Reader) -> list[RuleEntry]:
    """Every rule: claim edits, code edits, and the newest version of each rule of the site."""
    site = site_rules(reader)
    words = _words(site)
    book = site.for_all()
    on = {rule.id: rule for rule in book.rules}
    shipped = [_entry(on.get(rule.id, rule), rule.id in on, words) for rule in rule_book().rules]
    edits = []
    for rule_id, binding in book.code_edits.items():
        edit = code_rules()[rule_id]
        severity = (binding.severity or edit.severity).value
        row = (rule_id, edit.version, edit.title, Family.CODES.value, severity, binding.snip, binding.carc, "code edit")
        edits.append(RuleEntry(*row, not binding.off, words.get(rule_id, "")))
    newest = {row.rule_id: row for row in rule_versions(reader)}
    own = []
    for rule_id, version in newest.items():
        rule = on.get(rule_id) or stored_text(version).rule
        own.append(_entry(rule, rule_id in on, words, "site"))
    return [*shipped, *edits, *own]


def rule_page(reader: Reader, rule_id: str) -> RulePage:
    """One rule whole. Raises UnknownRule."""
    entry = next((one for one in rule_entries(reader) if one.id == rule_id), None)
    if entry is None:
        raise UnknownRule(f"no rule is called {rule_id!r}", "codedesk rules list")
    changes = tuple(rule_changes(reader, rule_id))
    rule = rule_of(reader, rule_id)
    if isinstance(rule, str):
        edit = code_rules()[rule_id]
        kinds = ", ".join(sorted(kind.value for kind in edit.kinds))
        outcome = outcome_of(reader, rule_id)
        return RulePage(
            entry, "", f"code edit on {kinds} codes", {}, edit.message, edit.fix, edit.citation, "", outcome, changes
        )
    begins = f"from {rule.effective_from}" if rule.effective_from else ""
    ends = f"to {rule.effective_to}" if rule.effective_to else ""
    period = f"{begins} {ends}".strip()
    return RulePage(
        entry,
        rule.when.text if rule.when else "",
        rule.check,
        rule.params,
        rule.message,
        rule.fix,
        rule.citation,
        f"{period}, by the day of {rule.date_basis.value}" if period else "",
        outcome_of(reader, rule_id, entry.version if entry.kind == "site" else None),
        changes,
    )


def rule_of(reader: Reader, rule_id: str, version: int | None = None) -> Rule | str:
    """A rule as everybody has it, of the site's own a version or the newest; the id of a code edit is itself.

    Raises UnknownRule.
    """
    if rule_id in rule_book().code_edits:
        return rule_id
    if version is None:
        for book in (site_rules(reader).for_all(), rule_book()):
            if found := next((rule for rule in book.rules if rule.id == rule_id), None):
                return found
    rows = [row for row in rule_versions(reader, rule_id) if version in (None, row.version)]
    if not rows:
        raise UnknownRule(f"no rule is called {rule_id!r}" + (f" of version {version}" if version else ""))
    return stored_text(rows[-1]).rule


def rule_content(rule_id: str) -> dict[str, Any]:
    """The fields and examples of a condition that ships, to write another rule by. Raises UnknownRule."""
    rule = next((rule for rule in rule_book().rules if rule.id == rule_id and rule.when), None)
    if rule is None or rule.when is None:
        raise UnknownRule(f"{rule_id} is no condition that ships")
    examples = shipped_examples()[rule_id]
    return {
        "id": rule.id,
        "title": rule.title,
        "family": rule.family.value,
        "level": rule.level.value,
        "forms": sorted(rule.forms),
        "severity": rule.severity.value,
        "when": rule.when.text,
        "params": dict(rule.params),
        "message": rule.message,
        "fix": rule.fix,
        "citation": rule.citation,
        "snip": rule.snip,
        **({"carc": rule.carc} if rule.carc else {}),
        "date_basis": rule.date_basis.value,
        **({"effective_from": rule.effective_from} if rule.effective_from else {}),
        **({"effective_to": rule.effective_to} if rule.effective_to else {}),
        "passes": [one for one in examples if not one.get("at")],
        "fails": [one for one in examples if one.get("at")],
    }


def _entry(rule: Rule, on: bool, words: Mapping[str, str], kind: str = "") -> RuleEntry:
    kind = kind or ("condition" if rule.when else "check")
    row = (rule.id, rule.version, rule.title, rule.family.value, rule.severity.value, rule.snip, rule.carc, kind)
    return RuleEntry(*row, on, words.get(rule.id, ""))


def _words(site: SiteRules) -> dict[str, str]:
    words: dict[str, str] = {}
    for one in site.overlays:
        words[one.rule_id] = "; ".join(filter(None, (words.get(one.rule_id), one.words)))
    return words
