"""Two codings of the same chart compared: typed differences, counted, and scored. Pure: no database, no screens.

One is what was coded, the other what is expected: an auditor's coding, or an answer key. Codes are paired by code
within their list (diagnoses; admitting ones; reasons for the visit; procedures), then codes that are left over by what
they share: a diagnosis of the same category (three characters), a PCS code of the same root operation (three), an HCPCS
code of the same first four. Pointers are compared by the diagnoses they point to, so that another order is no error.

Sequence is judged where it decides: which diagnosis is the principal or first-listed one (ICD-10-CM Official
Guidelines, sections II and IV.G). Scores follow the code-over-code method (AHIMA, 2009).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.terms import DiagnosisRole


class Error(StrEnum):
    """What is wrong with a code that was coded, or was not."""

    MISSED = "missed"
    ADDED = "added"
    REVISED = "revised"
    SEQUENCE = "sequence"
    ROLE = "role"
    POA = "POA"
    MODIFIER = "modifier"
    UNITS = "units"
    POINTER = "pointer"
    DATE = "date"


class Dimension(StrEnum):
    """What kind of code a pair is about; each is scored by itself too."""

    PRINCIPAL = "principal diagnosis"
    SECONDARY = "secondary diagnosis"
    ADMITTING = "admitting diagnosis"
    REASON = "reason for visit"
    PCS = "ICD-10-PCS"
    HCPCS = "HCPCS"


Coded = Diagnosis | ProcedureLine

ON_A_CODE = frozenset({Error.MISSED, Error.ADDED, Error.REVISED})
"""The errors that a code itself can have; the others are errors of what stands with it."""


@dataclass(frozen=True)
class Pair:
    """A code as coded beside the one expected; None on the side that has none. `errors` is empty where they agree.

    `places` are their 1-based sequences, 0 on the side that has none. `told` has a line for each error.
    """

    dimension: Dimension
    coded: Coded | None
    expected: Coded | None
    places: tuple[int, int]
    errors: tuple[Error, ...]
    told: tuple[str, ...] = ()

    @property
    def code_agrees(self) -> bool:
        """Whether the code itself is right, whatever stands with it."""
        return not ON_A_CODE & set(self.errors)


@dataclass(frozen=True)
class Comparison:
    """Every pair, in the order of what is expected and then of what was added; and how often each error is."""

    pairs: tuple[Pair, ...]
    counts: Mapping[Error, int]

    @property
    def errors(self) -> tuple[Pair, ...]:
        """The pairs that do not agree wholly."""
        return tuple(pair for pair in self.pairs if pair.errors)

    @property
    def agrees(self) -> bool:
        """Whether there is no error at all: the record is right (record over record)."""
        return not self.errors


@dataclass(frozen=True)
class Score:
    """How right a coding is: `correct` codes of `expected` ones; ratios are None where nothing was expected.

    `over_code`: correct ÷ expected. `less_added` takes added codes off first, never below 0. `opportunity`: agree ÷
    (agree + missed + added + revised). `principal` is None where no diagnosis is expected. `poa`: right indicators of
    those that agree as codes and have one.
    """

    correct: int
    expected: int
    over_code: float | None
    less_added: float | None
    opportunity: float | None
    principal: bool | None
    poa: float | None
    record: bool


def compare(coded: Codes, expected: Codes) -> Comparison:
    """What differs between a coding and what is expected of it."""
    pairs: list[Pair] = []
    for roles in _LISTS:
        mine, theirs = (_listed(codes.diagnoses, roles) for codes in (coded, expected))
        pairs += [_diagnosis_pair(one, other) for one, other in _paired(mine, theirs, _same_category)]
    for system in ("icd10pcs", "hcpcs"):
        lines = [[(n, line) for n, line in enumerate(c.lines, 1) if line.system == system] for c in (coded, expected)]
        same = _same_operation if system == "icd10pcs" else _same_service
        pairs += [_line_pair(one, other, coded, expected) for one, other in _paired(*lines, same)]
    counts = Counter(error for pair in pairs for error in pair.errors)
    return Comparison(tuple(pairs), {error: counts[error] for error in Error if counts[error]})


def score(comparison: Comparison) -> Score:
    """The scores of a comparison; which of them a site goes by is for the site to say."""
    expected = sum(pair.expected is not None for pair in comparison.pairs)
    correct = sum(pair.expected is not None and pair.code_agrees for pair in comparison.pairs)
    added = comparison.counts.get(Error.ADDED, 0)
    wrong = sum(comparison.counts.get(error, 0) for error in ON_A_CODE)
    principal = [pair for pair in comparison.pairs if pair.dimension is Dimension.PRINCIPAL and pair.expected]
    judged = [pair for pair in comparison.pairs if pair.code_agrees and getattr(pair.expected, "poa", "")]
    return Score(
        correct=correct,
        expected=expected,
        over_code=_ratio(correct, expected),
        less_added=_ratio(max(correct - added, 0), expected),
        opportunity=_ratio(correct, correct + wrong),
        principal=all(p.code_agrees and Error.SEQUENCE not in p.errors for p in principal) if principal else None,
        poa=_ratio(sum(Error.POA not in pair.errors for pair in judged), len(judged)),
        record=comparison.agrees,
    )


_LISTS = (
    (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY, DiagnosisRole.EXTERNAL_CAUSE),
    (DiagnosisRole.ADMITTING,),
    (DiagnosisRole.REASON,),
)

_Numbered = tuple[int, Coded]


def _listed(diagnoses: Sequence[Diagnosis], roles: Sequence[DiagnosisRole]) -> list[_Numbered]:
    return [(n, d) for n, d in enumerate(diagnoses, 1) if d.role in roles]


def _paired(
    coded: Sequence[_Numbered], expected: Sequence[_Numbered], alike: Callable[[Coded, Coded], bool]
) -> list[tuple[_Numbered | None, _Numbered | None]]:
    """What is expected, each with its like among what was coded, first by the same code; what is left over behind."""
    rest = list(coded)
    found: dict[int, _Numbered | None] = {}
    for same in (_same_code, alike):
        for place, (_, wanted) in enumerate(expected):
            if found.get(place) is None:
                found[place] = next((one for one in rest if same(one[1], wanted)), None)
                if taken := found[place]:
                    rest.remove(taken)
    pairs: list[tuple[_Numbered | None, _Numbered | None]] = [(found[n], one) for n, one in enumerate(expected)]
    return pairs + [(one, None) for one in rest]


def _diagnosis_pair(coded: _Numbered | None, expected: _Numbered | None) -> Pair:
    wanted = expected[1] if expected else None
    mine = coded[1] if coded else None
    errors: list[tuple[Error, str]] = _on_code(mine, wanted)
    if isinstance(mine, Diagnosis) and isinstance(wanted, Diagnosis):
        principal = DiagnosisRole.PRINCIPAL
        if (mine.role == principal) != (wanted.role == principal):
            errors.append((Error.SEQUENCE, f"{wanted.role.value} expected, {mine.role.value} coded".replace("_", " ")))
        elif mine.role != wanted.role:
            errors.append((Error.ROLE, f"{wanted.role.value} expected, {mine.role.value} coded".replace("_", " ")))
        if wanted.poa and mine.poa != wanted.poa:
            errors.append((Error.POA, f"POA {wanted.poa} expected, {mine.poa or 'none'} coded"))
    return _pair(_dimension(wanted or mine), coded, expected, errors)


def _line_pair(coded: _Numbered | None, expected: _Numbered | None, mine: Codes, theirs: Codes) -> Pair:
    one, wanted = (coded[1] if coded else None), (expected[1] if expected else None)
    errors = _on_code(one, wanted)
    if isinstance(one, ProcedureLine) and isinstance(wanted, ProcedureLine):
        fields = (
            (Error.MODIFIER, "-".join(sorted(wanted.modifiers)), "-".join(sorted(one.modifiers)), "modifiers"),
            (Error.UNITS, str(wanted.units), str(one.units), "units"),
            (Error.POINTER, _pointed(theirs, wanted), _pointed(mine, one), "pointers"),
            (Error.DATE, wanted.service_date or "", one.service_date or "", "day"),
        )
        for error, said, had, name in fields:
            if said != had and (said or error is not Error.DATE):
                errors.append((error, f"{name} {said or 'none'} expected, {had or 'none'} coded"))
    return _pair(_dimension(wanted or one), coded, expected, errors)


def _on_code(coded: Coded | None, expected: Coded | None) -> list[tuple[Error, str]]:
    if coded is None and expected is not None:
        return [(Error.MISSED, f"{expected.code} expected")]
    if expected is None and coded is not None:
        return [(Error.ADDED, f"{coded.code} is not expected")]
    if coded is not None and expected is not None and coded.code != expected.code:
        return [(Error.REVISED, f"{expected.code} expected, {coded.code} coded")]
    return []


def _pair(
    dimension: Dimension, coded: _Numbered | None, expected: _Numbered | None, errors: list[tuple[Error, str]]
) -> Pair:
    return Pair(
        dimension,
        coded[1] if coded else None,
        expected[1] if expected else None,
        (coded[0] if coded else 0, expected[0] if expected else 0),
        tuple(error for error, _ in errors),
        tuple(told for _, told in errors),
    )


def _dimension(code: Coded | None) -> Dimension:
    if isinstance(code, ProcedureLine):
        return Dimension.PCS if code.system == "icd10pcs" else Dimension.HCPCS
    assert code is not None, "a pair has at least one side"
    return {
        DiagnosisRole.PRINCIPAL: Dimension.PRINCIPAL,
        DiagnosisRole.ADMITTING: Dimension.ADMITTING,
        DiagnosisRole.REASON: Dimension.REASON,
    }.get(code.role, Dimension.SECONDARY)


def _pointed(codes: Codes, line: ProcedureLine) -> str:
    """The codes that a line points to, in their order."""
    known = codes.diagnoses
    return " ".join(known[p - 1].code if 1 <= p <= len(known) else f"#{p}" for p in line.pointers)


def _same_code(one: Coded, other: Coded) -> bool:
    return one.code == other.code


def _same_category(one: Coded, other: Coded) -> bool:
    return one.code[:3] == other.code[:3]


def _same_operation(one: Coded, other: Coded) -> bool:
    return one.code[:3] == other.code[:3]


def _same_service(one: Coded, other: Coded) -> bool:
    return one.code[:4] == other.code[:4]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
