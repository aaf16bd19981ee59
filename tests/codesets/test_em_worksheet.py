"""The E/M worksheet: two of three elements, time where it counts, and the arithmetic told with its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.worksheets.em import BadCriteria, Complexity, NoSuchItem, Visit, criteria, judge, read_criteria

ITEMS = [item.id for item in criteria().items]


def level(family: str = "office_established", minutes: int = 0, **counts: int) -> int:
    return judge(Visit(family, counts, minutes)).level


@pytest.mark.parametrize(
    ("counts", "complexity"),
    [
        ({}, Complexity.NONE),
        ({"minor": 1, "minimal": 1}, Complexity.STRAIGHTFORWARD),
        ({"chronic_stable": 1, "slight": 1}, Complexity.LOW),
        ({"chronic_stable": 2, "prescription": 1}, Complexity.MODERATE),
        ({"chronic_stable": 2, "slight": 1}, Complexity.LOW),
        ({"chronic_worse": 1, "results": 2, "ordered": 1}, Complexity.MODERATE),
        ({"threat": 1, "hospital": 1}, Complexity.HIGH),
        ({"threat": 1, "prescription": 1, "results": 1}, Complexity.MODERATE),
        ({"threat": 1, "interpreted": 1, "discussed": 1}, Complexity.HIGH),
        ({"acute_uncomplicated": 1, "historian": 1}, Complexity.LOW),
        ({"chronic_worse": 1, "results": 1, "historian": 1}, Complexity.LOW),
        ({"chronic_worse": 1, "results": 2, "historian": 5}, Complexity.MODERATE),
    ],
)
def test_the_second_highest_of_three_elements_decides(counts: dict[str, int], complexity: Complexity) -> None:
    assert judge(Visit("office_established", counts)).complexity is complexity


@pytest.mark.parametrize(
    ("family", "expected"),
    [("office_new", 4), ("office_established", 4), ("hospital_initial", 2), ("emergency", 4)],
)
def test_each_family_has_its_level_for_a_complexity(family: str, expected: int) -> None:
    assert level(family, chronic_stable=2, prescription=1) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(0, 0), (9, 0), (10, 2), (29, 3), (30, 4), (40, 5), (400, 5)])
def test_time_alone_reaches_the_level_whose_minutes_it_meets(minutes: int, expected: int) -> None:
    assert level(minutes=minutes) == expected


def test_the_higher_of_decision_making_and_time_counts_and_says_which() -> None:
    by_time = judge(Visit("office_established", {"minor": 1, "minimal": 1}, minutes=32))
    by_mdm = judge(Visit("office_established", {"threat": 1, "hospital": 1}, minutes=32))

    assert (by_time.level, by_time.by) == (4, "time")
    assert (by_mdm.level, by_mdm.by) == (5, "mdm")


def test_time_decides_nothing_in_the_emergency_department() -> None:
    found = judge(Visit("emergency", {"minor": 1, "minimal": 1}, minutes=90))

    assert (found.level, found.time_level) == (2, 0)


def test_every_step_shows_its_arithmetic_and_its_source() -> None:
    found = judge(Visit("office_established", {"chronic_stable": 2, "prescription": 1}, minutes=25))

    steps = {step.name: step for step in found.steps}
    assert steps["problems"].because.startswith("2 × ")
    assert steps["time"].because == "25 minutes reach 20, level 4 begins at 30"
    assert all(step.citation.startswith("E/M guidelines") for step in found.steps)


def test_a_visit_before_the_criteria_held_says_so() -> None:
    assert "hold from 2023-01-01" in judge(Visit("emergency", {}, on="2022-05-01")).warning


def test_a_name_that_nothing_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(NoSuchItem, match="surgery"):
        judge(Visit("office_new", {"surgery": 1}))


@given(st.dictionaries(st.sampled_from(ITEMS), st.integers(0, 4)), st.sampled_from(ITEMS))
def test_more_of_anything_never_lowers_the_level(counts: dict[str, int], more: str) -> None:
    before = judge(Visit("office_new", counts)).level

    after = judge(Visit("office_new", counts | {more: counts.get(more, 0) + 1})).level

    assert after >= before


def test_criteria_that_miss_a_part_are_refused() -> None:
    with pytest.raises(BadCriteria):
        read_criteria('[[family]]\nid = "x"\n')


def test_no_code_stands_in_the_criteria() -> None:
    text = (Path(__file__).parents[2] / "codesets" / "worksheets" / "em.toml").read_text(encoding="utf-8")

    assert not re.search(r"\b\d{5}\b", text)
