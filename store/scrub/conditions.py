"""The conditions of a rule book as one function for claims and one for lines, so that all of them cost little.

Each condition passed `store.scrub.expressions.parse`, which lets through comparisons and nothing that calls, reaches
or computes; here they stand one below the other in a function whose arguments are the names they use. A condition that
compares a value that is not known tells so, like one that holds, and the engine asks it again by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from store.claims.content import BilledLine, ClaimContent
from store.scrub.checks import CHECKS, Check
from store.scrub.expressions import NAMES, OF_CLAIMS, Subject
from store.scrub.rules import Level, Rule, RuleBook

MOST_BOOKS = 256
"""How many books are kept prepared: a site has one for each payer whose rules it changes."""

Broken = dict[str, list[BilledLine | None]]


@dataclass(frozen=True)
class Prepared:
    """The rules of a book for one form, each with its check where it has one, and their conditions."""

    rules: tuple[tuple[Rule, Check | None], ...]
    conditions: Conditions


class Conditions:
    """All conditions of some rules."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        conditional = [rule for rule in rules if rule.when]
        self._of_claim = [rule for rule in conditional if rule.level is not Level.LINE]
        self._of_line = [rule for rule in conditional if rule.level is Level.LINE]
        names = {name for rule in self._of_line if rule.when for name in rule.when.names}
        self._shared = sorted(name for name in names if name in OF_CLAIMS)
        self._own = sorted(name for name in names if name not in OF_CLAIMS)
        self._claim_names = sorted({name for rule in self._of_claim if rule.when for name in rule.when.names})
        self._ask_claim = _function(self._of_claim, self._claim_names)
        self._ask_line = _function(self._of_line, [*self._shared, *self._own])

    def broken(self, claim: ClaimContent) -> Broken:
        """Rule ids to the lines (None: the claim) whose condition holds or could not be told."""
        found: Broken = {}
        subject = Subject(claim)
        for place in self._ask_claim(*[OF_CLAIMS[name](subject) for name in self._claim_names]):
            found[self._of_claim[place].id] = [None]
        if self._of_line:
            shared = [OF_CLAIMS[name](subject) for name in self._shared]
            own = [NAMES[name] for name in self._own]
            for line in claim.lines:
                subject = Subject(claim, line)
                for place in self._ask_line(*shared, *[value(subject) for value in own]):
                    found.setdefault(self._of_line[place].id, []).append(line)
        return found


@lru_cache(MOST_BOOKS)
def prepare(book: RuleBook, form: str) -> Prepared:
    """A book ready for claims of one form (837p, 837i)."""
    rules = [rule for rule in book.rules if form in rule.forms]
    return Prepared(tuple((rule, CHECKS[rule.check] if rule.check else None) for rule in rules), Conditions(rules))


def _function(rules: Sequence[Rule], names: Sequence[str]) -> Callable[..., list[int]]:
    """A function of the names that lists the places of the rules whose condition holds or could not be told."""
    place = ast.parse("def ask(): found = []\n").body[0]
    assert isinstance(place, ast.FunctionDef)
    place.args.args = [ast.arg(name) for name in names]
    for number, rule in enumerate(rules):
        assert rule.when is not None
        (attempt,) = ast.parse(f"try:\n if x: found.append({number})\nexcept TypeError: found.append({number})").body
        assert isinstance(attempt, ast.Try) and isinstance(attempt.body[0], ast.If)
        attempt.body[0].test = rule.when.tree
        place.body.append(attempt)
    place.body += ast.parse("def f(): return found").body[0].body  # type: ignore[attr-defined]
    module = ast.fix_missing_locations(ast.Module([place], []))
    made: dict[str, Any] = {}
    exec(compile(module, "<conditions>", "exec"), {"__builtins__": {"TypeError": TypeError}}, made)
    function: Callable[..., list[int]] = made["ask"]
    return function
