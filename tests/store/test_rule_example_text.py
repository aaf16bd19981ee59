"""Examples of rules as one line: what is read, what is written, and what is refused where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.scrub.example_text import read_example, read_settings, write_example, write_settings
from store.scrub.examples import changed_claim, shipped_examples
from store.scrub.rules import BadRules, rule_book

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(TEXT | st.integers(-(10**9), 10**9) | st.booleans(), lambda inner: st.lists(inner, max_size=3))


def test_a_line_sets_takes_away_and_says_where_a_finding_is_expected() -> None:
    example = read_example("at=line.1.units line.1.units=51 billing.npi=1234567893 -referring given.today=2026-11-02")

    assert example == {
        "at": "line.1.units",
        "set": {"line.1.units": 51, "billing.npi": "1234567893"},
        "without": ["referring"],
        "given": {"today": "2026-11-02"},
    }


def test_a_value_with_blanks_is_quoted() -> None:
    example = read_example('billing.address.line1="P.O. Box 12" line.1.modifiers=["26", "59"]')

    assert example["set"] == {"billing.address.line1": "P.O. Box 12", "line.1.modifiers": ["26", "59"]}
    assert changed_claim(example).parties.billing.address.line1 == "P.O. Box 12"


def test_every_shipped_example_is_the_same_after_it_is_written_and_read() -> None:
    examples = [example for row in shipped_examples().values() for example in row]

    changed = [one for one in examples if read_example(write_example(one)) != one]

    assert len(examples) > 300
    assert changed == []


def test_the_settings_of_every_shipped_rule_are_the_same_after_they_are_written_and_read() -> None:
    settings = [dict(rule.params) for rule in rule_book().rules]

    assert [one for one in settings if read_settings(write_settings(one)) != one] == []


@given(
    st.fixed_dictionaries(
        {"line.1.units": st.integers(-(10**9), 10**9)},
        optional={"billing.name": TEXT | st.booleans(), "line.1.modifiers": st.lists(JSON, max_size=3)},
    )
)
def test_whatever_an_example_sets_comes_back(changes: dict[str, object]) -> None:
    assert read_example(write_example({"set": changes})) == {"set": changes}


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        example = read_example(text)
    except BadRules as error:
        assert error.message
    else:
        assert set(example) <= {"set", "without", "given", "params", "at", "unchecked"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("line.1.units", "'line.1.units' at character 1 says nothing of the claim"),
        ("a=1 =3", "nothing is named at character 5"),
        ('a=["x"', "a: Expecting ',' delimiter at character 7"),
        ('a="x"y', "a: expected a blank at character 6, not 'y'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(BadRules) as refused:
        read_example(text)

    assert reason in refused.value.message
