"""Small conditions that a site can write as a rule: `units > 4 and "JZ" in modifiers`.

The language is a part of Python's expressions and no more: the names of this module, text, whole numbers, lists of
them, comparisons, `in`, `and`, `or`, `not`. Nothing can be called, reached into or computed, so a rule costs
microseconds and can do no harm. What the parser lets through is compiled by Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

from codesets.edits.deliveries import delivery_codes, weeks_of_gestation
from codesets.errors import CodedeskError
from store.claims.content import BilledLine, ClaimContent
from store.scrub.checks.registry import iso_day

MOST_CHARACTERS, MOST_DEPTH, MOST_NUMBER = 1_000, 20, 10**12


class BadExpression(CodedeskError):
    """A condition is no condition: where, from 1, and what was expected."""

    title = "condition"

    def __init__(self, text: str, at: int, reason: str) -> None:
        super().__init__(f"{reason} at character {at}: {text[max(at - 1, 0) : at + 19]!r}", _EXPECTED)
        self.at = at


class Subject(NamedTuple):
    """What a condition is asked about: a claim, or a line of it. A tuple: one is made for each line of a batch."""

    claim: ClaimContent
    line: BilledLine | None = None
    codes: Mapping[int, str] | None = None
    """The diagnoses by their sequence, without dots, where somebody has them at hand."""

    diagnoses: tuple[str, ...] | None = None
    """The same in their order."""


@dataclass(frozen=True)
class Expression:
    """A condition that was let through; `names` are those it uses."""

    text: str
    names: tuple[str, ...]
    code: CodeType
    tree: ast.expr = field(compare=False, repr=False)

    def values(self, subject: Subject) -> dict[str, object]:
        """The values of the names it uses."""
        return {name: NAMES[name](subject) for name in self.names}

    def holds(self, values: dict[str, object]) -> bool | None:
        """Whether it holds for these values; None where one that it compares is not known."""
        try:
            return bool(eval(self.code, _NOTHING, values))
        except TypeError:
            return None


def parse(text: str, of_a_line: bool) -> Expression:
    """Let a condition through, or say where it is none. `of_a_line`: whether the names of lines may be used.

    Raises BadExpression.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadExpression(text, MOST_CHARACTERS, f"more than {MOST_CHARACTERS} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = max(error.offset or len(text), 1) if isinstance(error, SyntaxError) else 1
        raise BadExpression(text, at, "no condition that can be read") from None
    names: dict[str, None] = {}
    _let_through(text, tree.body, 1, names)
    known = NAMES if of_a_line else OF_CLAIMS
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known:
            only = " (a name of lines)" if node.id in NAMES else ""
            raise BadExpression(text, node.col_offset + 1, f"no name is {node.id!r}{only}")
    return Expression(text, tuple(names), compile(tree, "<condition>", "eval"), tree.body)


_EXPECTED = "expected names, text, numbers, comparisons, in, and, or, not"
_NOTHING: dict[str, Any] = {"__builtins__": {}}
_COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)


def _let_through(text: str, node: ast.expr, depth: int, names: dict[str, None]) -> None:
    at = node.col_offset + 1
    if depth > MOST_DEPTH:
        raise BadExpression(text, at, f"nested deeper than {MOST_DEPTH}")
    match node:
        case ast.Name(id=name):
            names[name] = None
        case ast.Constant(value=bool() | str() | None):
            pass
        case ast.Constant(value=int(number)) if abs(number) <= MOST_NUMBER:
            pass
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                _let_through(text, part, depth + 1, names)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _let_through(text, part, depth + 1, names)
        case ast.Compare(left=left, ops=signs, comparators=rest) if all(isinstance(one, _COMPARISONS) for one in signs):
            for part in (left, *rest):
                _let_through(text, part, depth + 1, names)
        case _:
            raise BadExpression(text, at, f"{_WORDS.get(type(node), 'something else')} is not let through")


_WORDS: Mapping[type[ast.expr], str] = {
    ast.Call: "a call",
    ast.Attribute: "reaching into a value",
    ast.Subscript: "reaching into a value",
    ast.BinOp: "computing",
    ast.UnaryOp: "computing",
    ast.Lambda: "a function",
    ast.ListComp: "a loop",
    ast.GeneratorExp: "a loop",
    ast.NamedExpr: "naming a value",
    ast.JoinedStr: "text with values",
    ast.Constant: "this kind of value",
}

Getter = Callable[[Subject], Any]


def _plain(code: str) -> str:
    return code.replace(".", "")


def _pointed(subject: Subject) -> tuple[str, ...]:
    if subject.line is None:
        return ()
    codes = subject.codes
    if codes is None:
        codes = {diagnosis.sequence: _plain(diagnosis.code) for diagnosis in subject.claim.diagnoses}
    return tuple([codes[place] for place in subject.line.pointers if place in codes])


def _reasons(subject: Subject) -> tuple[str, ...]:
    """What a line is for: the diagnoses it points to, on an institutional claim, whose lines point to none, all."""
    if subject.claim.form == "837p":
        return _pointed(subject)
    return _diagnoses(subject)


def _diagnoses(subject: Subject) -> tuple[str, ...]:
    if subject.diagnoses is not None:
        return subject.diagnoses
    return tuple([_plain(diagnosis.code) for diagnosis in subject.claim.diagnoses])


def _deliveries(subject: Subject) -> int:
    bill = subject.claim.parties.facility_bill
    return len(delivery_codes(_diagnoses(subject), (row.code for row in bill.procedures) if bill else ()))


def _age(subject: Subject) -> int | None:
    born = iso_day(subject.claim.parties.patient.birth_date)
    on = iso_day(subject.claim.service_from)
    if born is None or on is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _coverage(name: str) -> Getter:
    return lambda subject: getattr(subject.claim.parties.coverage, name, None)


def _payer(name: str) -> Getter:
    return lambda subject: getattr(getattr(subject.claim.parties.coverage, "payer", None), name, None)


def _later_coverages(subject: Subject) -> int:
    """How many other coverages come after the billed one."""
    parties = subject.claim.parties
    billed = parties.coverage.sequence if parties.coverage else 0
    return sum(one.sequence > billed for one in parties.other_coverages)


def _facility(subject: Subject) -> bool:
    return subject.claim.parties.service_facility is not None


def _person(role: str) -> Getter:
    return lambda subject: getattr(getattr(subject.claim.parties, role), "npi", "")


OF_CLAIMS: Mapping[str, Getter] = {
    "form": lambda subject: subject.claim.form,
    "frequency": lambda subject: subject.claim.frequency,
    "total": lambda subject: subject.claim.total_cents,
    "line_count": lambda subject: len(subject.claim.lines),
    "codes": lambda subject: tuple([line.code for line in subject.claim.lines]),
    "diagnoses": _diagnoses,
    "first_diagnosis": lambda subject: _plain(subject.claim.diagnoses[0].code) if subject.claim.diagnoses else "",
    "categories": lambda subject: tuple([diagnosis.code[:3] for diagnosis in subject.claim.diagnoses]),
    "first_category": lambda subject: subject.claim.diagnoses[0].code[:3] if subject.claim.diagnoses else "",
    "diagnosis_letters": lambda subject: tuple([diagnosis.code[:1] for diagnosis in subject.claim.diagnoses]),
    "pregnancy_code_count": lambda subject: [one.code[:1] for one in subject.claim.diagnoses].count("O"),
    "delivery_code_count": _deliveries,
    "weeks_of_gestation": lambda subject: weeks_of_gestation(_diagnoses(subject)),
    "place_of_service": lambda subject: subject.claim.parties.place_of_service,
    "service_from": lambda subject: subject.claim.service_from,
    "service_through": lambda subject: subject.claim.service_through,
    "patient_age": _age,
    "patient_sex": lambda subject: subject.claim.parties.patient.sex,
    "payer": _payer("identifier"),
    "payer_name": _payer("name"),
    "filing_code": _payer("filing_code"),
    "plan": _coverage("plan_name"),
    "member_id": _coverage("member_id"),
    "group_number": _coverage("group_number"),
    "relationship": _coverage("relationship"),
    "authorization": _coverage("authorization_number"),
    "referral": _coverage("referral_number"),
    "other_coverage_count": lambda subject: len(subject.claim.parties.other_coverages),
    "later_coverage_count": _later_coverages,
    "billing": lambda subject: subject.claim.parties.billing.npi,
    "service_facility": _facility,
    "rendering": _person("rendering"),
    "referring": _person("referring"),
    "supervising": _person("supervising"),
    "accident_cause": lambda subject: getattr(subject.claim.parties.accident, "cause", ""),
    "accident_date": lambda subject: getattr(subject.claim.parties.accident, "date", ""),
}
"""Names that can be used of any claim. Amounts are cents, codes have no dot, days are ISO texts.

Categories are the first three characters of diagnoses; `delivery_code_count` counts codes that tell of a delivery in
this encounter (`codesets.edits.deliveries`), `weeks_of_gestation` is 0 where no code tells them; `billing`,
`rendering`, `referring`, `supervising` are NPIs.
"""

NAMES: Mapping[str, Getter] = {
    **OF_CLAIMS,
    "line": lambda subject: subject.line.sequence if subject.line else None,
    "code": lambda subject: subject.line.code if subject.line else None,
    "code_letter": lambda subject: subject.line.code[:1] if subject.line else None,
    "modifier_count": lambda subject: len(subject.line.modifiers) if subject.line else None,
    "pointer_count": lambda subject: len(subject.line.pointers) if subject.line else None,
    "modifiers": lambda subject: subject.line.modifiers if subject.line else (),
    "units": lambda subject: subject.line.units if subject.line else None,
    "charge": lambda subject: subject.line.charge_cents if subject.line else None,
    "service_date": lambda subject: subject.line.service_date if subject.line else None,
    "revenue_category": lambda subject: subject.line.revenue_code[:3] if subject.line else None,
    "pointed": _pointed,
    "reasons": _reasons,
    "pointed_categories": lambda subject: tuple(code[:3] for code in _pointed(subject)),
}
"""Names of claims, and of the line that a rule for lines is asked about.

`reasons` are what the line is for: `pointed` on a professional claim, all diagnoses on an institutional one. A
revenue category is the first three digits of the revenue code.
"""

PLAIN_OF_CLAIM: Mapping[str, str] = {
    "form": "form",
    "frequency": "frequency",
    "total": "total_cents",
    "place_of_service": "parties.place_of_service",
    "service_from": "service_from",
    "service_through": "service_through",
    "patient_sex": "parties.patient.sex",
    "billing": "parties.billing.npi",
}
"""Names that are nothing but an attribute of a claim, by the way to it."""

PLAIN_OF_LINE: Mapping[str, str] = {
    "code": "code",
    "modifiers": "modifiers",
    "units": "units",
    "charge": "charge_cents",
    "service_date": "service_date",
}
"""Names that are nothing but an attribute of a line, by that attribute."""
