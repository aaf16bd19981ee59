"""The conditions of a rule book as one function for claims and one for lines, so that all of them cost little.

Each condition passed `store.scrub.expressions.parse`, which lets through comparisons and nothing that calls, reaches
or computes; here they stand one below the other in a function whose arguments are the names they use. A condition that
compares a value that is not known tells so, like one that holds, and the engine asks it again by itself.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from store.claims.content import BilledLine, ClaimContent
from store.scrub.checks import CHECKS, Check
from store.scrub.checks.registry import NEEDS, WHEN, Needs
from store.scrub.expressions import NAMES, OF_CLAIMS, PLAIN_OF_CLAIM, PLAIN_OF_LINE, Subject
from store.scrub.plain_text import is_plain_part
from store.scrub.rules import Level, Rule, RuleBook

SHARED = ("billing", "rendering", "referring", "supervising", "receiver", "payer", "service_facility")
MOST_PARTS = 4_096
MOST_BOOKS = 256
"""How many books are kept prepared: a site has one for each payer whose rules it changes."""

Broken = dict[str, tuple[Rule, list[BilledLine | None]]]


Bound = tuple[Rule, Check, bool]
"""A rule with its check, and whether it is in force on some days only."""


@dataclass(frozen=True)
class Prepared:
    """The rules of a book for one form: checks with their rules, conditions, and the place of each rule in the book."""

    checks: tuple[Bound, ...]
    needing: tuple[tuple[Needs, tuple[Bound, ...]], ...]
    """Checks that only some claims have to be asked, by what these have."""

    shared: SharedParts
    conditions: Conditions
    places: Mapping[str, int]

    def to_run(self, claim: ClaimContent) -> tuple[list[Bound], bool]:
        """The checks that can find something on a claim, and whether the parts that it shares are plain text."""
        shared, plain = self.shared.to_run(claim)
        wanted = [*shared, *self.checks]
        for needs, bound in self.needing:
            if needs(claim):
                wanted += bound
        return wanted, plain


class SharedParts:
    """The checks that look at one part which many claims share: who bills, renders, receives and pays.

    A part on which none of them found anything is clean wherever it stands, and is not looked at again; it is kept
    with whether it is plain.
    """

    def __init__(self, bound: Sequence[tuple[str, Bound]]) -> None:
        self._checks: dict[str, list[Bound]] = {}
        for part, one in bound:
            self._checks.setdefault(part, []).append(one)
        self._clean: dict[str, dict[Any, bool]] = {part: {} for part in (*SHARED, *self._checks)}

    def to_run(self, claim: ClaimContent) -> tuple[list[Bound], bool]:
        """The checks that have to run on a claim, of the parts that are not known to be clean; whether all are plain.

        Plain: no text of them can change when it is written (`store.scrub.plain_text`).
        """
        wanted: list[Bound] = []
        plain, parties = True, claim.parties
        for part, clean in self._clean.items():
            value = getattr(parties, part) if part != "payer" else parties.coverage and parties.coverage.payer
            if value is None:
                continue
            known = clean.get(value)
            if known is None:
                known, checks = is_plain_part(value), self._checks.get(part, ())
                if any(True for rule, check, _ in checks for _ in check(claim, _NO_FACTS, rule.params)):
                    wanted += checks
                elif len(clean) < MOST_PARTS:
                    clean[value] = known
            plain = plain and known
        return wanted, plain


_NO_FACTS: Any = None
"""Checks of a part look at nothing beside it."""

_BY_PLACE = frozenset(
    {"missing", "npi", "city_and_state", "nine_digit_zip", "post_office_box", "taxonomy", "clinician"}
)
_BY_NAME = {
    "tax_id": "billing",
    "contact_phone": "billing",
    "receiver": "receiver",
    "payer_identifier": "payer",
    "payer_address": "payer",
}


def _part_of(rule: Rule) -> str:
    """The part of the claim that a check looks at alone; empty where it looks at more."""
    if rule.check in _BY_PLACE:
        first, _, rest = str(rule.params.get("place", "")).partition(".")
        if first in ("billing", "rendering", "referring", "supervising"):
            return first
        return "payer" if first == "coverage" and rest.startswith("payer.") else ""
    return _BY_NAME.get(rule.check, "")


class Conditions:
    """All conditions of some rules."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        conditional = [rule for rule in rules if rule.when]
        self._of_claim = [rule for rule in conditional if rule.level is not Level.LINE]
        lines = [rule for rule in conditional if rule.level is Level.LINE]
        lines.sort(key=lambda rule: rule.when is not None and _needs_modifiers(rule.when.tree))
        self._of_line = lines
        free = sum(not (rule.when and _needs_modifiers(rule.when.tree)) for rule in lines)
        names = sorted({name for rule in self._of_line if rule.when for name in rule.when.names if name != "line"})
        shared = [name for name in names if name in OF_CLAIMS]
        self._shared = [OF_CLAIMS[name] for name in shared]
        of_claim = _Asked(self._of_claim, PLAIN_OF_CLAIM)
        self._plain_of_claim = _values_of(of_claim.plain, PLAIN_OF_CLAIM, "total_cents", "form")
        self._claim_values = [OF_CLAIMS[name] for name in of_claim.often]
        arguments = [*of_claim.plain, *(["_total"] if not of_claim.plain else []), "_form", *of_claim.often]
        self._ask_claim = _function(self._of_claim, arguments, of_claim.seldom)
        own = _Asked(lines, PLAIN_OF_LINE, {*shared, "line"})
        self._plain_of = _values_of(own.plain, PLAIN_OF_LINE, "code", "sequence")
        self._made = [NAMES[name] for name in own.often]
        arguments = [*shared, *own.plain, *(["_code"] if not own.plain else []), "line", *own.often]
        self._ask_line = _function(lines, arguments, own.seldom)
        self._ask_bare_line = _function(lines[:free], arguments, own.seldom)

    def broken(self, claim: ClaimContent) -> Broken:
        """The rules by id, each with the lines (None: the claim) where its condition holds or could not be told."""
        found: Broken = {}
        diagnoses = tuple([diagnosis.code.replace(".", "") for diagnosis in claim.diagnoses])
        subject = Subject(claim, None, None, diagnoses)
        values = self._plain_of_claim(claim)
        for place in self._ask_claim(subject, *values, *[value(subject) for value in self._claim_values]):
            rule = self._of_claim[place]
            found[rule.id] = rule, [None]
        if self._of_line:
            shared = [value(subject) for value in self._shared]
            codes = {diagnosis.sequence: code for diagnosis, code in zip(claim.diagnoses, diagnoses, strict=True)}
            for line in claim.lines:
                values = self._plain_of(line)
                subject = Subject(claim, line, codes, diagnoses)
                ask = self._ask_line if line.modifiers else self._ask_bare_line
                for place in ask(subject, *shared, *values, *[value(subject) for value in self._made]):
                    rule = self._of_line[place]
                    found.setdefault(rule.id, (rule, []))[1].append(line)
        return found


@lru_cache(MOST_BOOKS)
def prepare(book: RuleBook, form: str) -> Prepared:
    """A book ready for claims of one form (837p, 837i)."""
    rules = [rule for rule in book.rules if form in rule.forms]
    bound = [(rule, CHECKS[rule.check], bool(rule.effective_from or rule.effective_to)) for rule in rules if rule.check]
    of_parts = [(part, one) for one in bound if (part := _part_of(one[0]))]
    needing: dict[Needs | None, list[Bound]] = {None: []}
    for one in bound:
        if not _part_of(one[0]):
            needing.setdefault(_needs(one[0]), []).append(one)
    return Prepared(
        checks=tuple(needing.pop(None)),
        needing=tuple((needs, tuple(some)) for needs, some in needing.items() if needs),
        shared=SharedParts(of_parts),
        conditions=Conditions(rules),
        places={rule.id: place for place, rule in enumerate(rules)},
    )


def _needs(rule: Rule) -> Needs | None:
    """What a claim must have for the check of a rule to find anything on it."""
    return WHEN.get(str(rule.params.get("when", ""))) or NEEDS.get(rule.check)


def _needs_modifiers(node: ast.expr) -> bool:
    """Whether a condition cannot hold on a line without modifiers: it asks for one in each of its alternatives."""
    match node:
        case ast.Compare(left=ast.Constant(), ops=[ast.In()], comparators=[ast.Name(id="modifiers")]):
            return True
        case ast.BoolOp(op=ast.And(), values=parts):
            return any(map(_needs_modifiers, parts))
        case ast.BoolOp(op=ast.Or(), values=parts):
            return all(map(_needs_modifiers, parts))
    return False


MOST_ASKED_SELDOM = 2
"""How many rules may use a value for it to be made where one of them comes to it, instead of before all of them."""


class _Asked:
    """The names that some conditions use: `plain` attributes, made values of many conditions, and those of few."""

    def __init__(self, rules: Sequence[Rule], plain_names: Mapping[str, str], others: Collection[str] = ()) -> None:
        used = Counter(name for rule in rules if rule.when for name in rule.when.names if name not in others)
        self.plain = sorted(name for name in used if name in plain_names)
        made = sorted(name for name in used if name not in plain_names)
        self.often = [name for name in made if used[name] > MOST_ASKED_SELDOM]
        self.seldom = [name for name in made if used[name] <= MOST_ASKED_SELDOM]


def _values_of(
    plain: Sequence[str], plain_names: Mapping[str, str], least: str, last: str
) -> attrgetter[tuple[Any, ...]]:
    """What reads plain attributes, `least` where there is none, then `last`, so that it always answers with a tuple."""
    return attrgetter(*([plain_names[name] for name in plain] or [least]), last)


class _MadeWhereAsked(ast.NodeTransformer):
    """Puts in place of some names what makes their values of the subject."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._names:
            return node
        return ast.Call(ast.Name(f"_{node.id}", ast.Load()), [ast.Name("_subject", ast.Load())], [])


def _function(rules: Sequence[Rule], names: Sequence[str], seldom: Collection[str] = ()) -> Callable[..., list[int]]:
    """A function of a subject and the names that lists the places of the rules whose condition holds or is not known.

    Values of `seldom` are made of the subject where a condition comes to them.
    """
    place = ast.parse("def ask(): found = []\n").body[0]
    assert isinstance(place, ast.FunctionDef)
    place.args.args = [ast.arg("_subject"), *map(ast.arg, names)]
    for number, rule in enumerate(rules):
        assert rule.when is not None
        (attempt,) = ast.parse(f"try:\n if x: found.append({number})\nexcept TypeError: found.append({number})").body
        assert isinstance(attempt, ast.Try) and isinstance(attempt.body[0], ast.If)
        attempt.body[0].test = _MadeWhereAsked(seldom).visit(deepcopy(rule.when.tree))
        place.body.append(attempt)
    (ending,) = ast.parse("def f(): return found").body
    assert isinstance(ending, ast.FunctionDef)
    place.body += ending.body
    module = ast.fix_missing_locations(ast.Module([place], []))
    made: dict[str, Any] = {f"_{name}": NAMES[name] for name in seldom}
    exec(compile(module, "<conditions>", "exec"), {"__builtins__": {"TypeError": TypeError}} | made, made)
    function: Callable[..., list[int]] = made["ask"]
    return function
