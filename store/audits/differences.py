"""What an auditor's codes have that a coder's have not, classified and counted. No database, no screens.

Codes are paired first, each at most once: the same code in the same list; then codes that begin alike (a revised
code). What is left over of the coder is deleted by the auditor, what is left over of the auditor was missed and is
added. Of a pair, everything else that differs is a difference of its own. Pointers are compared by the diagnoses they
lead to, so that a revised or moved diagnosis makes no wrong pointer; of a line that the auditor gave none they are not
judged, and the lines are counted.

A changed principal diagnosis is one difference, whichever way it came about; how many errors it counts as is a matter
of the scheme (`store.audits.schemes`). A missed query cannot be told from codes: an auditor adds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.coding.entry import line_letter
from store.terms import DiagnosisRole, in_words


class DifferenceKind(StrEnum):
    """What is different, from the coder's side: what the auditor did to the coder's codes."""

    ADDED = "added"
    DELETED = "deleted"
    REVISED = "revised"
    SEQUENCE = "sequence"
    PRINCIPAL = "principal"
    POA = "poa"
    MODIFIER = "modifier"
    UNITS = "units"
    POINTER = "pointer"
    DATE = "date"
    DISPOSITION = "disposition"
    DRG = "drg"
    QUERY = "query"


class Dimension(StrEnum):
    """What is measured by itself, with a threshold of its own."""

    PRINCIPAL = "principal diagnosis"
    SECONDARY = "other diagnoses"
    PCS = "ICD-10-PCS"
    VISIT_LEVEL = "visit level"
    LINES = "procedure lines"
    POA = "POA"
    MODIFIER = "modifiers"
    UNITS = "units"
    POINTER = "pointers"
    DISPOSITION = "disposition"
    DRG = "DRG"
    QUERY = "queries"


@dataclass(frozen=True)
class Coded:
    """One side: its codes, the discharge disposition it rests on, and the DRG where one was grouped."""

    codes: Codes
    disposition: str = ""
    drg: str = ""


@dataclass(frozen=True)
class Difference:
    """One difference. `coder` and `auditor` are what either side has, empty for nothing.

    `place` names the row: `dx 2` of the coder (of the auditor where the coder has none), `line a`, or the field.
    `cents` is what the auditor's charge is above the coder's: positive is money the coder left, negative money
    billed too much, None where no charge is known.
    """

    kind: DifferenceKind
    dimension: Dimension
    place: str
    coder: str
    auditor: str
    cents: int | None = None


@dataclass(frozen=True)
class Row:
    """One row of the two sides beside each other: the codes, 1-based places (0: not there), and what differs.

    `dimension` is what the auditor's code is measured as, `coder_dimension` what the coder's is where that one holds.
    """

    coder: str
    auditor: str
    coder_place: int
    auditor_place: int
    line: bool
    dimension: Dimension
    coder_dimension: Dimension
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The rows in the auditor's order, what the coder alone has behind; then what belongs to no row."""

    rows: tuple[Row, ...]
    whole: tuple[Difference, ...] = ()

    unpointed: int = 0
    """Lines that the coder pointed and the auditor did not, whose pointers are therefore not judged."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        return (*(one for row in self.rows for one in row.differences), *self.whole)


LEAST_ALIKE_DIAGNOSIS = 2
"""Characters from the first that two diagnoses share to be one that was revised: I10 and I12.9, not E11.9 and E87.6."""

LEAST_ALIKE_PROCEDURE = 3
"""The same for HCPCS (G0463 and G0467) and ICD-10-PCS (section, body system, root operation)."""


def compare(
    coder: Coded, auditor: Coded, visit_levels: Collection[str] = (), out_of_order: Collection[str] | None = None
) -> Comparison:
    """Both sides beside each other, with every difference classified; `visit_levels` are the site's codes of those.

    An auditor who moves a secondary diagnosis means it. Where the other side is a list whose order is free,
    `out_of_order` are the coder's diagnoses that a rule wants elsewhere: those alone are out of sequence.
    """
    pairs = _paired(
        coder.codes.diagnoses, auditor.codes.diagnoses, _diagnosis_key, _diagnosis_text, LEAST_ALIKE_DIAGNOSIS
    )
    lines = _paired(coder.codes.lines, auditor.codes.lines, _line_key, _line_text, LEAST_ALIKE_PROCEDURE)
    rows = [*_diagnosis_rows(coder.codes, auditor.codes, pairs, out_of_order)]
    same_diagnosis = {there: here for here, there in pairs if there >= 0}
    rows += [
        _line_row(coder.codes, auditor.codes, here, there, same_diagnosis, visit_levels)
        for here, there in _in_order(lines)
    ]
    return Comparison(tuple(rows), tuple(_of_the_whole(coder, auditor)), _unpointed(coder.codes, auditor.codes, rows))


def _paired(
    ours: Sequence[Any],
    theirs: Sequence[Any],
    key: Callable[..., Any],
    text: Callable[..., tuple[str, str]],
    least: int,
) -> list[tuple[int, int]]:
    """Pairs of 0-based places; a place alone has -1 beside it. The longest common beginning is paired first."""
    left, right = list(range(len(ours))), list(range(len(theirs)))
    pairs: list[tuple[int, int]] = []
    for exact in (0, 1):
        for here in list(left):
            there = next((j for j in right if key(theirs[j])[exact:] == key(ours[here])[exact:]), None)
            if there is not None:
                pairs.append((here, there))
                left.remove(here)
                right.remove(there)
    alike = sorted(
        (-_common(text(ours[i])[1], text(theirs[j])[1]), abs(i - j), i, j)
        for i in left
        for j in right
        if text(ours[i])[0] == text(theirs[j])[0]
    )
    for common, _, i, j in alike:
        if -common >= least and i in left and j in right:
            pairs.append((i, j))
            left.remove(i)
            right.remove(j)
    return [*pairs, *((i, -1) for i in left), *((-1, j) for j in right)]


def _in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """By the auditor's places, what the coder alone has behind."""
    return sorted(pairs, key=lambda pair: (pair[1] < 0, pair[1], pair[0]))


def _diagnosis_rows(
    coder: Codes, auditor: Codes, pairs: Sequence[tuple[int, int]], out_of_order: Collection[str] | None
) -> list[Row]:
    ours, theirs = coder.diagnoses, auditor.diagnoses
    was, becomes = _principal(ours), _principal(theirs)
    principal = _principal_difference(ours, theirs, was, becomes)
    moved = _out_of_order(pairs, ours, theirs)
    if out_of_order is not None:
        moved = {here for here, one in enumerate(ours) if one.code in out_of_order}
    rows = []
    for here, there in _in_order(pairs):
        one = ours[here] if here >= 0 else None
        other = theirs[there] if there >= 0 else None
        stands = other or one
        assert stands is not None
        dimension = _dimension_of_role(stands)
        found: list[Difference] = []
        place = f"dx {(here if here >= 0 else there) + 1}"
        if principal and there >= 0 and there == becomes:
            found.append(principal)
        # What is the other half of the changed principal diagnosis is no second difference.
        explained = principal is not None and ((there == becomes and there >= 0) or (here == was and other is None))
        if one is None and other is not None and not explained:
            found.append(Difference(DifferenceKind.ADDED, dimension, place, "", other.code))
        elif other is None and one is not None and not explained:
            found.append(Difference(DifferenceKind.DELETED, Dimension.SECONDARY, place, one.code, ""))
        elif one and other and not explained:
            if one.code != other.code:
                found.append(Difference(DifferenceKind.REVISED, dimension, place, one.code, other.code))
            elif _role_differs(one, other, principal is not None):
                kind = DifferenceKind.SEQUENCE
                found.append(Difference(kind, dimension, place, _role(one), _role(other)))
            elif here in moved:
                kind = DifferenceKind.SEQUENCE
                found.append(Difference(kind, dimension, place, *_places(pairs, here, there, ours, theirs)))
        if one and other and one.code == other.code and one.poa != other.poa:
            found.append(Difference(DifferenceKind.POA, Dimension.POA, place, one.poa or "none", other.poa or "none"))
        rows.append(
            Row(
                one.code if one else "",
                other.code if other else "",
                here + 1,
                there + 1,
                False,
                dimension if other else Dimension.SECONDARY,
                _dimension_of_role(one or stands),
                tuple(found),
            )
        )
    return rows


def _principal_difference(
    ours: Sequence[Diagnosis], theirs: Sequence[Diagnosis], was: int, becomes: int
) -> Difference | None:
    if becomes < 0 or (was >= 0 and ours[was].code == theirs[becomes].code):
        return None
    coder = ours[was].code if was >= 0 else ""
    place = f"dx {(was if was >= 0 else becomes) + 1}"
    return Difference(DifferenceKind.PRINCIPAL, Dimension.PRINCIPAL, place, coder, theirs[becomes].code)


def _out_of_order(pairs: Sequence[tuple[int, int]], ours: Sequence[Diagnosis], theirs: Sequence[Diagnosis]) -> set[int]:
    """The coder's places of secondary diagnoses that must move to stand in the auditor's order, as few as can be."""
    place = {
        here: there
        for here, there in sorted(pairs)
        if here >= 0
        and there >= 0
        and ours[here].code == theirs[there].code
        and ours[here].role is theirs[there].role is DiagnosisRole.SECONDARY
    }
    # The longest run that keeps the auditor's order stays; quadratic, on at most some dozens of codes.
    runs: list[tuple[int, ...]] = []
    for here, there in place.items():
        before: tuple[int, ...] = max((run for run in runs if place[run[-1]] < there), key=len, default=())
        runs.append((*before, here))
    longest: Sequence[int] = max(runs, key=len, default=())
    return set(place) - set(longest)


def _places(
    pairs: Sequence[tuple[int, int]], here: int, there: int, ours: Sequence[Diagnosis], theirs: Sequence[Diagnosis]
) -> tuple[str, str]:
    """Where a moved diagnosis stands on either side, among those that both have: a code that one side lacks moves
    nothing. In the same place, it is told by what stands before it."""
    both = [pair for pair in pairs if min(pair) >= 0]
    before = sorted(i for i, _ in both if i < here), sorted(j for _, j in both if j < there)
    if len(before[0]) != len(before[1]) or not before[0]:
        return f"place {len(before[0]) + 1}", f"place {len(before[1]) + 1}"
    return f"behind {ours[before[0][-1]].code}", f"behind {theirs[before[1][-1]].code}"


def _role_differs(one: Diagnosis, other: Diagnosis, principal_changed: bool) -> bool:
    """Whether a diagnosis stands for something else; with another principal one, that is the consequence of it."""
    if one.role is other.role:
        return False
    return not (principal_changed and DiagnosisRole.PRINCIPAL in (one.role, other.role))


def _line_row(
    coder: Codes, auditor: Codes, here: int, there: int, same: dict[int, int], visit_levels: Collection[str]
) -> Row:
    one = coder.lines[here] if here >= 0 else None
    other = auditor.lines[there] if there >= 0 else None
    stands = other or one
    assert stands is not None
    dimension = dimension_of(stands, visit_levels)
    place = f"line {line_letter((here if here >= 0 else there) + 1)}"
    found: list[Difference] = []
    if one is None and other is not None:
        found.append(Difference(DifferenceKind.ADDED, dimension, place, "", other.code, _known(other.charge_cents)))
    elif other is None and one is not None:
        found.append(Difference(DifferenceKind.DELETED, dimension, place, one.code, "", _known(-one.charge_cents)))
    elif one and other:
        money = _known(other.charge_cents - one.charge_cents) if one.charge_cents and other.charge_cents else None
        if one.code != other.code:
            found.append(Difference(DifferenceKind.REVISED, dimension, place, one.code, other.code, money))
        if sorted(one.modifiers) != sorted(other.modifiers):
            told = _listed(one.modifiers), _listed(other.modifiers)
            found.append(Difference(DifferenceKind.MODIFIER, Dimension.MODIFIER, place, *told))
        if one.units != other.units:
            cents = money if one.code == other.code else None
            found.append(
                Difference(DifferenceKind.UNITS, Dimension.UNITS, place, str(one.units), str(other.units), cents)
            )
        # Nobody can point to a diagnosis that the coder lacks: it is a difference of its own, and no wrong pointer.
        leads = {same[p - 1] for p in other.pointers if same.get(p - 1, -1) >= 0}
        # Nor is a pointer to one that was deleted an error beside it.
        stays = {p - 1 for p in one.pointers} & set(same.values())
        # A line without the auditor's pointers was not judged by them: a claim line has at least one (837P SV107-1).
        if one.system == "hcpcs" and other.pointers and leads != stays:
            told = _pointed(coder, one), _pointed(auditor, other)
            found.append(Difference(DifferenceKind.POINTER, Dimension.POINTER, place, *told))
        if (one.service_date or "") != (other.service_date or ""):
            told = one.service_date or "none", other.service_date or "none"
            found.append(Difference(DifferenceKind.DATE, dimension, place, *told))
    return Row(
        one.code if one else "",
        other.code if other else "",
        here + 1,
        there + 1,
        True,
        dimension,
        dimension_of(one or stands, visit_levels),
        tuple(found),
    )


def _unpointed(coder: Codes, auditor: Codes, rows: Sequence[Row]) -> int:
    pairs = [
        (coder.lines[row.coder_place - 1], auditor.lines[row.auditor_place - 1])
        for row in rows
        if row.line and row.coder_place and row.auditor_place
    ]
    return sum(bool(ours.pointers) and not theirs.pointers for ours, theirs in pairs)


def _of_the_whole(coder: Coded, auditor: Coded) -> list[Difference]:
    found = []
    if auditor.disposition and coder.disposition != auditor.disposition:
        kind, dimension = DifferenceKind.DISPOSITION, Dimension.DISPOSITION
        found.append(Difference(kind, dimension, "disposition", coder.disposition or "none", auditor.disposition))
    if coder.drg and auditor.drg and coder.drg != auditor.drg:
        found.append(Difference(DifferenceKind.DRG, Dimension.DRG, "DRG", coder.drg, auditor.drg))
    return found


def dimension_of(line: ProcedureLine, visit_levels: Collection[str] = ()) -> Dimension:
    """What a line is measured as: a level of a visit where the site's table has it, else its system."""
    if line.system == "icd10pcs":
        return Dimension.PCS
    return Dimension.VISIT_LEVEL if line.code in visit_levels else Dimension.LINES


def _dimension_of_role(diagnosis: Diagnosis) -> Dimension:
    return Dimension.PRINCIPAL if diagnosis.role is DiagnosisRole.PRINCIPAL else Dimension.SECONDARY


def _principal(diagnoses: Sequence[Diagnosis]) -> int:
    return next((i for i, one in enumerate(diagnoses) if one.role is DiagnosisRole.PRINCIPAL), -1)


def _list_of(diagnosis: Diagnosis) -> str:
    """Admitting diagnosis and reason for visit are lists of their own; a code may stand there too."""
    apart = (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)
    return diagnosis.role.value if diagnosis.role in apart else ""


def _diagnosis_key(diagnosis: Diagnosis) -> tuple[Any, ...]:
    return diagnosis.role, diagnosis.code, _list_of(diagnosis)


def _diagnosis_text(diagnosis: Diagnosis) -> tuple[str, str]:
    return _list_of(diagnosis), diagnosis.code


def _line_key(line: ProcedureLine) -> tuple[Any, ...]:
    """First with everything else the same, so that one of two equal codes finds its own; then by code alone."""
    return (sorted(line.modifiers), line.units, line.service_date), line.system, line.code


def _line_text(line: ProcedureLine) -> tuple[str, str]:
    return line.system, line.code


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _role(diagnosis: Diagnosis) -> str:
    return in_words(diagnosis.role)


def _listed(values: Iterable[str]) -> str:
    return ",".join(values) or "none"


def _pointed(codes: Codes, line: ProcedureLine) -> str:
    """The pointers as codes: their numbers are those of the list of one side."""
    return _listed(codes.diagnoses[p - 1].code for p in line.pointers if 1 <= p <= len(codes.diagnoses))


def _known(cents: int) -> int | None:
    return cents or None
