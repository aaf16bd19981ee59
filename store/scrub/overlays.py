"""What the changes of a site make of the rules: pure, changes and a claim in, the rule book of that claim out.

A change is for everybody or for a payer, plan, specialty or site, on some days of service. The narrower wins, and of
two alike the later: all < payer < plan < specialty < site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from store.claims.content import ClaimContent
from store.scrub.rules import CodeEditBinding, Rule, RuleBook
from store.terms import Severity


class Scope(StrEnum):
    """For whom a change holds, the widest first."""

    ALL = "all"
    PAYER = "payer"
    PLAN = "plan"
    SPECIALTY = "specialty"
    SITE = "site"


class Action(StrEnum):
    """What a change does: use a version of the site's own rule, switch on or off, weigh otherwise, set settings."""

    USE = "use"
    ON = "on"
    OFF = "off"
    SEVERITY = "severity"
    PARAMS = "params"


@dataclass(frozen=True)
class Overlay:
    """A change that stands; `value` holds `version`, `severity` or the settings, by its action."""

    number: int
    rule_id: str
    scope: Scope
    scope_id: str
    action: Action
    value: Mapping[str, object] = field(default_factory=dict)
    effective_from: str = ""
    effective_to: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """The change in a few words: `payer BLUEP: severity warning`."""
        whom = f"{self.scope.value} {self.scope_id}".strip()
        what = ", ".join(f"{name} {value}" for name, value in self.value.items())
        said = what if what and self.action is Action.SEVERITY else f"{self.action.value} {what}"
        return f"{whom}: {said}".rstrip()


@dataclass(frozen=True)
class Whose:
    """By what a change is for a claim or a chart: payer identifier, plan, taxonomy of who rendered, billing NPI."""

    payer: str = ""
    plan: str = ""
    specialty: str = ""
    site: str = ""

    def of(self, scope: Scope) -> str:
        """What a change of that scope has to name; empty for everybody."""
        return "" if scope is Scope.ALL else str(getattr(self, scope.value))


class SiteRules:
    """The rules that ship, those of the site, and the changes that stand. The books it makes are kept."""

    def __init__(
        self, shipped: RuleBook, own: Mapping[tuple[str, int], Rule] | None = None, overlays: Iterable[Overlay] = ()
    ) -> None:
        self.shipped = shipped
        self.own = dict(own or {})
        self.overlays = tuple(sorted(overlays, key=lambda one: (list(Scope).index(one.scope), one.number)))
        self._books: dict[tuple[int, ...], RuleBook] = {(): shipped}

    def for_claim(self, claim: ClaimContent) -> RuleBook:
        """The book that holds for a claim: by its payer, plan, rendering specialty, billing provider and day."""
        coverage, rendering = claim.parties.coverage, claim.parties.rendering
        whose = Whose(
            payer=coverage.payer.identifier if coverage else "",
            plan=coverage.plan_name if coverage else "",
            specialty=rendering.taxonomy if rendering else "",
            site=claim.parties.billing.npi,
        )
        return self.for_whose(whose, claim.service_from[:10])

    def for_whose(self, whose: Whose, day: str) -> RuleBook:
        """The book that holds for a claim or a chart by whose it is, on an ISO day."""
        if not self.overlays:
            return self.shipped
        return self.book([one for one in self.overlays if _holds(one, whose.of(one.scope), day)])

    def for_all(self) -> RuleBook:
        """The book as it is for everybody, on any day."""
        return self.book([one for one in self.overlays if one.scope is Scope.ALL])

    def book(self, overlays: Sequence[Overlay]) -> RuleBook:
        """The book that some changes make, the widest first."""
        key = tuple(one.number for one in overlays)
        if key not in self._books:
            self._books[key] = self._made(overlays)
        return self._books[key]

    def version_in_use(self, rule_id: str) -> int | None:
        """The version of a rule of the site that everybody uses; None where none is switched on."""
        book = {rule.id: rule for rule in self.for_all().rules}
        return book[rule_id].version if rule_id in book else None

    def _made(self, overlays: Sequence[Overlay]) -> RuleBook:
        changes: dict[str, list[Overlay]] = {}
        for one in overlays:
            changes.setdefault(one.rule_id, []).append(one)
        rules = [changed for rule in self.shipped.rules if (changed := self._changed(rule, changes.get(rule.id, ())))]
        for rule_id in sorted({rule_id for rule_id, _ in self.own} & set(changes)):
            if changed := self._changed(None, changes[rule_id]):
                rules.append(changed)
        edits = {
            rule_id: _bound(binding, changes.get(rule_id, ())) for rule_id, binding in self.shipped.code_edits.items()
        }
        return RuleBook(tuple(rules), edits)

    def _changed(self, rule: Rule | None, changes: Sequence[Overlay]) -> Rule | None:
        """A rule after its changes; None where it is off, or a rule of the site that nobody switched on."""
        on = rule is not None
        for one in changes:
            if one.action in (Action.ON, Action.OFF):
                on = one.action is Action.ON
                if rule is not None:
                    rule = replace(rule, overlay=one.words)
            elif one.action is Action.USE:
                version = one.value.get("version")
                rule = self.own.get((one.rule_id, version)) if isinstance(version, int) else None
                on = rule is not None
            elif rule is not None and one.action is Action.SEVERITY:
                rule = replace(rule, severity=Severity(str(one.value["severity"])), overlay=one.words)
            elif rule is not None and one.action is Action.PARAMS:
                rule = replace(rule, params={**rule.params, **one.value}, overlay=one.words)
        return rule if on else None


def _bound(binding: CodeEditBinding, changes: Sequence[Overlay]) -> CodeEditBinding:
    for one in changes:
        if one.action in (Action.ON, Action.OFF):
            binding = replace(binding, off=one.action is Action.OFF, overlay=one.words)
        elif one.action is Action.SEVERITY:
            binding = replace(binding, severity=Severity(str(one.value["severity"])), overlay=one.words)
    return binding


def _holds(overlay: Overlay, whose: str, day: str) -> bool:
    if overlay.scope_id.casefold() != whose.casefold():
        return False
    return overlay.effective_from <= day and (not overlay.effective_to or day <= overlay.effective_to)
