"""Every code edit carries examples that it passes and that it finds, and they come out as they say."""

from __future__ import annotations

import pytest

from codesets.edits.examples import code_examples
from codesets.edits.rules import CodeRule, code_rules

RULES = tuple(code_rules().values())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_carries_an_example_that_passes_and_one_that_it_finds(rule: CodeRule) -> None:
    expected = {bool(example.at) for example in code_examples().get(rule.id, ())}

    assert expected == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_examples_of_a_rule_come_out_as_they_say(rule: CodeRule) -> None:
    assert [trouble for one in code_examples().get(rule.id, ()) if (trouble := one.trouble())] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_names_its_source(rule: CodeRule) -> None:
    assert rule.citation
