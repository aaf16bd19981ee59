"""Conditions of rules: what is let through, what is refused and where, what they answer."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.scrub.expressions import NAMES, BadExpression, Expression, Subject, parse
from tests.store.claim_samples import PATIENT, SOUND_CLAIM, with_line, with_parties


def answer(expression: Expression, subject: Subject) -> bool | None:
    return expression.holds(expression.values(subject))


def of_line(claim=SOUND_CLAIM, number: int = 0) -> Subject:
    return Subject(claim, claim.lines[number])


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("units > 4", False),
        ("units == 1 and code in ['G0463', 'G0439']", True),
        ("not modifiers", True),
        ("'25' in modifiers or units >= 1", True),
        ("patient_sex == 'M' and patient_age > 60", True),
        ("1 <= units <= 3", True),
        ("total < 100", False),
        ("first_diagnosis in pointed", True),
        ("place_of_service not in ('11', '22')", False),
    ],
)
def test_a_condition_answers_for_a_line(text: str, holds: bool) -> None:
    claim = with_line(code="G0463", modifiers=(), units=1, pointers=(1,))

    assert answer(parse(text, of_a_line=True), of_line(claim)) is holds


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("nonsense > 3", 1, "no name is 'nonsense'"),
        ("units > 3 and __import__('os')", 15, "a call"),
        ("code.upper == 'X'", 1, "reaching into a value"),
        ("modifiers[0] == '25'", 1, "reaching into a value"),
        ("units > 9 ** 9 ** 9", 9, "computing"),
        ("units + 1 > 3", 1, "computing"),
        ("(lambda: 1)", 2, "a function"),
        ("[x for x in modifiers]", 1, "a loop"),
        ("units > 1e300", 9, "this kind of value"),
        ("units > 99999999999999", 9, "this kind of value"),
        ("units > > 3", 9, "no condition"),
        ("", 1, "no condition"),
        ("f'{units}' == '1'", 1, "text with values"),
        ("code is None", 1, "is not let through"),
        ("(units := 3) > 2", 2, "naming a value"),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(text: str, at: int, reason: str) -> None:
    with pytest.raises(BadExpression, match=reason) as refused:
        parse(text, of_a_line=True)

    assert refused.value.at == at


@pytest.mark.parametrize(
    "text", ["not " * 30 + "units", "(" * 300 + "units" + ")" * 300, "units == 1 and " * 200 + "1"]
)
def test_what_is_too_deep_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(BadExpression):
        parse(text, of_a_line=True)


def test_a_name_of_lines_is_refused_in_a_rule_for_claims() -> None:
    with pytest.raises(BadExpression, match="a name of lines"):
        parse("units > 3", of_a_line=False)


def test_a_value_that_is_not_known_gives_no_answer() -> None:
    unborn = with_parties(patient=replace(PATIENT, birth_date=""))

    assert answer(parse("patient_age < 18", of_a_line=False), Subject(unborn)) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_value_for_a_line_and_for_a_claim_without_lines(name: str) -> None:
    empty = replace(SOUND_CLAIM, lines=(), diagnoses=())

    expression = parse(f"{name} == {name}", of_a_line=True)

    assert answer(expression, of_line()) is True
    assert answer(expression, Subject(empty)) is True


def test_the_values_that_were_seen_are_told_by_name() -> None:
    claim = with_line(units=7)

    assert parse("units > 4", of_a_line=True).values(of_line(claim)) == {"units": 7}


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused_at_once(text: str) -> None:
    begun = time.perf_counter()
    try:
        parse(text, of_a_line=True)
    except BadExpression as refused:
        assert refused.remedy
    assert time.perf_counter() - begun < 1


@given(
    st.recursive(
        st.sampled_from(["units", "code", "modifiers", "patient_age", "'x'", "3", "None"]),
        lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or", "==", "<", "in"]), inner),
        max_leaves=12,
    )
)
def test_a_condition_of_any_shape_answers_yes_no_or_nothing(text: str) -> None:
    assert answer(parse(text, of_a_line=True), of_line()) in (True, False, None)
