"""Two codings compared: each kind of difference, what is no difference, and the scores that follow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.coding.differences import Dimension, Error, compare, score
from store.demo.site import load_site
from store.demo.training import key_codes, lesson
from store.terms import CodingKind, DiagnosisRole

P, S = DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY
ADMITTING = DiagnosisRole.ADMITTING


def dx(*codes: str, poa: str = "") -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(code, P if place == 0 else S, poa) for place, code in enumerate(codes))


KEY = Codes(dx("E11.22", "N18.31", "I12.9"), (ProcedureLine("hcpcs", "G0467", ("25",), 1, pointers=(1, 2)),))


def errors(coded: Codes, expected: Codes = KEY) -> dict[str, int]:
    return {error.value: count for error, count in compare(coded, expected).counts.items()}


def test_the_same_coding_has_no_difference() -> None:
    found = compare(KEY, KEY)

    assert found.agrees
    assert (score(found).over_code, score(found).record, score(found).principal) == (1.0, True, True)


@pytest.mark.parametrize(
    ("diagnoses", "expected"),
    [
        (dx("E11.22", "N18.31"), {"missed": 1}),
        (dx("E11.22", "N18.31", "I12.9", "Z79.84"), {"added": 1}),
        (dx("E11.22", "N18.32", "I12.9"), {"revised": 1}),
        (dx("E11.22", "N18.31", "I10"), {"missed": 1, "added": 1}),
        (dx("I12.9", "E11.22", "N18.31"), {"sequence": 2}),
        (dx("E11.22", "I12.9", "N18.31"), {}),
    ],
)
def test_diagnoses_are_missed_added_revised_or_out_of_sequence(
    diagnoses: tuple[Diagnosis, ...], expected: dict[str, int]
) -> None:
    assert errors(Codes(diagnoses), Codes(KEY.diagnoses)) == expected


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (ProcedureLine("hcpcs", "G0467", (), 1, pointers=(1, 2)), "modifier"),
        (ProcedureLine("hcpcs", "G0467", ("25",), 2, pointers=(1, 2)), "units"),
        (ProcedureLine("hcpcs", "G0467", ("25",), 1, pointers=(1,)), "pointer"),
        (ProcedureLine("hcpcs", "G0466", ("25",), 1, pointers=(1, 2)), "revised"),
    ],
)
def test_lines_differ_in_what_stands_with_their_code(line: ProcedureLine, error: str) -> None:
    assert errors(Codes(KEY.diagnoses, (line,))) == {error: 1}


def test_the_order_of_modifiers_is_no_difference() -> None:
    one, other = (Codes((), (ProcedureLine("hcpcs", "G0467", m),)) for m in (("25", "59"), ("59", "25")))

    assert compare(one, other).agrees


def test_an_indicator_differs_only_where_one_is_expected() -> None:
    assert errors(Codes(dx("E11.22", poa="N")), Codes(dx("E11.22", poa="Y"))) == {"POA": 1}
    assert errors(Codes(dx("E11.22", poa="Y")), Codes(dx("E11.22"))) == {}


def test_an_admitting_diagnosis_is_compared_in_its_own_list() -> None:
    coded = Codes((*dx("E11.22"), Diagnosis("R06.02", ADMITTING)))
    expected = Codes((*dx("E11.22", "R06.02"), Diagnosis("R06.00", ADMITTING)))

    pairs = {pair.dimension: pair.errors for pair in compare(coded, expected).errors}

    assert pairs == {Dimension.SECONDARY: (Error.MISSED,), Dimension.ADMITTING: (Error.REVISED,)}


def test_scores_count_correct_codes_of_those_expected() -> None:
    coded = Codes(dx("E11.22", "N18.32", "Z79.84"), KEY.lines)

    found = score(compare(coded, KEY))

    assert (found.correct, found.expected) == (2, 4)
    assert (found.over_code, found.less_added, found.opportunity) == (0.5, 0.25, 2 / 5)


def test_nothing_expected_has_no_ratio() -> None:
    assert score(compare(Codes(), Codes())).over_code is None


CODES = st.lists(st.sampled_from(["E11.22", "E11.9", "N18.31", "N18.32", "I10", "I12.9"]), max_size=5, unique=True)


@given(CODES, CODES)
def test_every_code_of_both_stands_in_exactly_one_pair(mine: list[str], theirs: list[str]) -> None:
    found = compare(Codes(dx(*mine)), Codes(dx(*theirs)))

    assert sorted(pair.coded.code for pair in found.pairs if pair.coded) == sorted(mine)
    assert sorted(pair.expected.code for pair in found.pairs if pair.expected) == sorted(theirs)


@pytest.mark.parametrize("kind", list(CodingKind))
def test_every_answer_key_is_right_by_itself(kind: CodingKind) -> None:
    for chart in load_site().charts:
        found = lesson(chart.encounter.visit_number, kind, key_codes(chart.key, kind))

        assert found is not None and found.score.record, chart.name


def test_a_lesson_explains_a_missed_code_by_the_key() -> None:
    chart = load_site().charts[0]
    codes = key_codes(chart.key, CodingKind.PROFESSIONAL)

    found = lesson(chart.encounter.visit_number, CodingKind.PROFESSIONAL, Codes(codes.diagnoses[:-1], codes.lines))

    assert found is not None
    missed = next(pair for pair in found.comparison.errors if pair.errors[0] is Error.MISSED)
    assert found.reasons[missed.expected.code]


def test_a_visit_without_a_key_teaches_nothing() -> None:
    assert lesson("NOWHERE", CodingKind.PROFESSIONAL, Codes()) is None


def test_the_command_scores_what_is_coded(demo, coder, reference, capsys, monkeypatch) -> None:
    from sqlmodel import select

    from store.coding.codes import Defaults
    from store.coding.entry import AddDiagnosis
    from store.coding.service import enter, open_chart
    from store.models import Encounter, WorkItem
    from tui.cli import main

    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)
    with demo.reading() as session:
        item = session.exec(select(WorkItem.id).join(Encounter).where(Encounter.visit_number == "V26-1001")).first()
    enter(demo, coder, open_chart(demo, coder, item).coding_id, AddDiagnosis("E11.22"), Defaults("2026-08-04"))

    assert main(["training", "V26-1001"]) == 1

    told = capsys.readouterr().out
    assert "code over code" in told
    assert "missed" in told
