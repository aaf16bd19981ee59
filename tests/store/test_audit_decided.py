"""Every rate of a scorecard after a finding of each kind was overturned, counted by hand. No database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.audits.differences import Coded, DifferenceKind, Dimension, compare
from store.audits.figures import Share
from store.audits.schemes import scheme_named
from store.audits.scores import Impact, Score, score, together
from tests.store.test_audit_arithmetic import coded, dx, line

KIND, DIM = DifferenceKind, Dimension
VISIT = line("G0463", cents=10000, pointers=(1,))


def told(coder: Coded, auditor: Coded, *overturned: DifferenceKind, scheme: str = "ahima") -> Score:
    """The score of a chart of which all findings of some kinds were overturned."""
    found = compare(coder, auditor)
    assert set(overturned) <= {one.kind for one in found.differences}
    stands = [one for one in found.differences if one.kind not in overturned]
    return score(coder, auditor, found, stands, scheme_named(scheme))


def shares(**whole: int) -> dict[Dimension, Share]:
    """Dimensions of which every opportunity was right."""
    return {DIM[name.upper()]: Share(many, many) for name, many in whole.items()}


# Kind, both sides; codes that hold after it was overturned, and the opportunities by dimension: all of them right.
OVERTURNED = [
    # The coder's I10 and G0463; the added E78.5 is no code.
    (KIND.ADDED, coded(dx("I10"), VISIT), coded(dx("I10", "E78.5"), VISIT), 2,
     shares(principal=1, lines=1, units=1, pointer=1)),
    # I10, E11.9 and G0463: the code that the auditor deleted is right.
    (KIND.DELETED, coded(dx("I10", "E11.9"), VISIT), coded(dx("I10"), VISIT), 3,
     shares(principal=1, secondary=1, lines=1, units=1, pointer=1)),
    (KIND.DELETED, coded(dx("I10"), VISIT, line("J1100")), coded(dx("I10"), VISIT), 3,
     shares(principal=1, lines=2, units=1, pointer=1)),
    (KIND.REVISED, coded(dx("I10", "E11.9"), VISIT), coded(dx("I10", "E11.65"), VISIT), 3,
     shares(principal=1, secondary=1, lines=1, units=1, pointer=1)),
    (KIND.SEQUENCE, coded(dx("I10", "E11.9", "E78.5")), coded(dx("I10", "E78.5", "E11.9")), 3,
     shares(principal=1, secondary=2)),
    # The coder's principal diagnosis alone: that of the auditor is none.
    (KIND.PRINCIPAL, coded(dx("R07.9", "I10")), coded(dx("I21.4", "I10")), 2, shares(principal=1, secondary=1)),
    # Both stand on both sides.
    (KIND.PRINCIPAL, coded(dx("A41.9", "J18.9")), coded(dx("J18.9", "A41.9")), 2, shares(principal=1, secondary=1)),
    # The auditor left R07.9 out, which is the other half: it holds again, and I21.4 as the secondary that it was.
    (KIND.PRINCIPAL, coded(dx("R07.9", "I21.4")), coded(dx("I21.4")), 2, shares(principal=1, secondary=1)),
    # The auditor put I21.4 before the coder's I10: it is none.
    (KIND.PRINCIPAL, coded(dx("I10")), coded(dx("I21.4", "I10")), 1, shares(principal=1)),
    (KIND.POA, coded(dx("J18.9/Y", "L89.153/Y")), coded(dx("J18.9/Y", "L89.153/N")), 2,
     shares(principal=1, secondary=1, poa=2)),
    (KIND.MODIFIER, coded(dx("I10"), line("G0463", "25")), coded(dx("I10"), line("G0463")), 2,
     shares(principal=1, lines=1, modifier=1, units=1)),
    # Without the auditor's modifier neither side has any.
    (KIND.MODIFIER, coded(dx("I10"), line("G0463")), coded(dx("I10"), line("G0463", "25")), 2,
     shares(principal=1, lines=1, units=1)),
    (KIND.UNITS, coded(dx("I10"), line("J1100", units=2)), coded(dx("I10"), line("J1100", units=4)), 2,
     shares(principal=1, lines=1, units=1)),
    (KIND.POINTER, coded(dx("I10", "E11.9"), VISIT), coded(dx("I10", "E11.9"), replace(VISIT, pointers=(2,))), 3,
     shares(principal=1, secondary=1, lines=1, units=1, pointer=1)),
    (KIND.DATE, coded(dx("I10"), VISIT), coded(dx("I10"), replace(VISIT, service_date="2026-09-15")), 2,
     shares(principal=1, lines=1, units=1, pointer=1)),
    (KIND.DISPOSITION, coded(dx("I10"), disposition="01"), coded(dx("I10"), disposition="03"), 1,
     shares(principal=1, disposition=1)),
    (KIND.DRG, coded(dx("I10"), drg="194"), coded(dx("I10"), drg="195"), 1, shares(principal=1, drg=1)),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["ahima", "inpatient"])
@pytest.mark.parametrize(("kind", "coder", "auditor", "holding", "dimensions"), OVERTURNED)
def test_an_overturned_finding_leaves_every_rate_as_if_the_coder_had_been_right(
    kind: DifferenceKind,
    coder: Coded,
    auditor: Coded,
    holding: int,
    dimensions: dict[Dimension, Share],
    scheme: str,
) -> None:
    made = told(coder, auditor, kind, scheme=scheme)

    assert made.code_over_code == made.total_opportunity == Share(holding, holding)
    assert (made.record_over_record, made.weighted.value, made.errors, made.kinds) == (Share(1, 1), 1, 0, {})
    assert made.dimensions == dimensions
    assert made.drg == (Share(1, 1) if kind is KIND.DRG else Share(0, 0))
    assert (made.charges, made.payment) == (Impact(), Impact())


def test_three_charts_with_overturned_findings_by_hand() -> None:
    # Hold: 5 of chart 1; 4 of chart 2, for the added Z79.4 is none; 4 of chart 3, of which J1100 has wrong units.
    first = coded(dx("I10", "E11.9", "E78.5", "K21.9"), VISIT)
    second = coded(dx("I10", "E11.9", "E78.5"), VISIT)
    third = coded(dx("I10", "E11.9"), VISIT, line("J1100", units=2))
    added = coded(dx("I10", "E78.5", "Z79.4"), VISIT)

    made = together(
        [
            told(first, coded(dx("I10", "E78.5", "K21.9"), VISIT), KIND.DELETED),
            told(second, added, KIND.DELETED, KIND.ADDED),
            told(third, coded(dx("I10"), VISIT, line("J1100", units=1)), KIND.DELETED),
        ]
    )

    assert (made.code_over_code, made.total_opportunity) == (Share(12, 13), Share(13, 13))
    assert (made.record_over_record, made.errors) == (Share(2, 3), 1)
    assert made.dimensions[DIM.SECONDARY] == Share(6, 6)
    assert made.dimensions[DIM.UNITS] == Share(3, 4)
    # Principal 3, other diagnoses 6, lines 4, units 4, pointers 3: 20 opportunities, one error.
    assert made.weighted == Share(19, 20)


def test_a_deletion_that_stands_is_no_code_and_still_an_opportunity() -> None:
    coder, auditor = coded(dx("I10", "E11.9", "R05.9")), coded(dx("I10"))
    found = compare(coder, auditor)
    stands = [one for one in found.differences if one.coder == "R05.9"]

    made = score(coder, auditor, found, stands, scheme_named("inpatient"))

    assert (made.code_over_code, made.total_opportunity) == (Share(1, 2), Share(2, 3))
    assert made.dimensions[DIM.SECONDARY] == Share(1, 2)


def test_a_kind_that_the_scheme_does_not_count_is_not_taken_for_overturned() -> None:
    coder, auditor = coded(dx("I10", "E11.9")), coded(dx("I10"))
    ahima = scheme_named("ahima")
    mild = replace(ahima, counts={**ahima.counts, "deleted": 0})
    found = compare(coder, auditor)

    assert score(coder, auditor, found, found.differences, mild).code_over_code == Share(1, 1)


@pytest.mark.parametrize(
    ("overturned", "impact"),
    [
        # Both stand: 400.00 for two of the other code less 100.00.
        ((), Impact(under_cents=30000, under=1)),
        # The other code once: 200.00 less 100.00; the coder's code twice: 200.00 less 100.00.
        ((KIND.UNITS,), Impact(under_cents=10000, under=1)),
        ((KIND.REVISED,), Impact(under_cents=10000, under=1)),
        ((KIND.UNITS, KIND.REVISED), Impact()),
    ],
)
def test_money_of_a_line_that_was_decided_in_part(overturned: tuple[DifferenceKind, ...], impact: Impact) -> None:
    coder = coded(dx("I10"), line("G0463", units=1, cents=10000))
    auditor = coded(dx("I10"), line("G0467", units=2, cents=40000))

    assert told(coder, auditor, *overturned).charges == impact


def test_the_other_drg_stays_wrong_while_its_finding_stands() -> None:
    coder, auditor = coded(dx("I10"), drg="194"), coded(dx("I10"), drg="195")

    assert told(coder, auditor).drg == Share(0, 1)


def test_pointers_are_not_judged_where_the_auditor_gave_none_and_the_lines_are_counted() -> None:
    coder = coded(dx("I10", "E78.5"), VISIT, line("J1100", pointers=(2,)), line("G0439"))
    auditor = coded(dx("I10", "E78.5"), replace(VISIT, pointers=()), line("J1100", pointers=(1,)), line("G0439"))

    made = told(coder, auditor)

    assert made.kinds == {KIND.POINTER: 1} and made.unpointed == 1
    assert made.dimensions[DIM.POINTER] == Share(0, 1)
    assert made.code_over_code == Share(4, 5)
    assert together([made, made]).unpointed == 2
