"""Every rule of the scrubber: one claim it lets pass and one it finds, and where it says the fault is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.claims.content import ClaimContent, ServiceFacility
from store.scrub.checks import CHECKS, DuplicateLine, ScrubFacts
from store.scrub.checks.providers import valid_npi
from store.scrub.engine import Found, scrub
from store.scrub.examples import shipped_examples, try_examples
from store.scrub.rules import BadRules, Rule, RuleBook, read_rules, rule_book
from store.scrub.sample import in_second_place
from store.terms import Severity
from tests.store.claim_samples import (
    ADDRESS,
    CODES,
    SOUND_CLAIM,
    TODAY,
    with_billing,
    with_line,
    with_payer,
)

FACTS = ScrubFacts(today=TODAY, codes=CODES)
BAD_NPI = "1234567890"
FACILITY = ServiceFacility("Prairie Annex", "1999990058", ADDRESS)


HISTORY: dict[str, ScrubFacts] = {
    "r241": replace(FACTS, duplicates=(DuplicateLine(2, "2026-000001"),)),
}


def _found(claim: ClaimContent, rule_id: str, facts: ScrubFacts = FACTS) -> list[Found]:
    return [finding for finding in scrub(claim, facts) if finding.rule_id == rule_id]


RULES = rule_book().rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_passes_and_finds_its_examples_and_has_some_of_each(rule: Rule) -> None:
    outcome = try_examples(rule, shipped_examples().get(rule.id, ()))

    assert (outcome.holds, outcome.reasons) == (True, [])


def test_no_example_is_of_a_rule_that_is_not_there() -> None:
    assert set(shipped_examples()) == {rule.id for rule in RULES}


def test_at_least_150_rules_ship_and_each_has_a_snip_type() -> None:
    book = rule_book()

    types = [rule.snip for rule in book.rules] + [binding.snip for binding in book.code_edits.values()]

    assert len(types) >= 150
    assert set(types) <= set(range(1, 8))


def test_a_replacement_is_no_duplicate_of_what_it_replaces() -> None:
    assert _found(replace(SOUND_CLAIM, frequency="7"), "r241", HISTORY["r241"]) == []


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"payer": {"identifier": "A*B"}}, "an identifier of the payer that can be written"),
        ({"payer": {"address": replace(ADDRESS, state="QQ")}}, "a state that there is (QQ) of the payer's address"),
        ({"payer": {"address": replace(ADDRESS, line1="")}}, ""),
        ({"subscriber": {"address": replace(ADDRESS, zip="ABC")}}, "a ZIP code that there is (ABC) of the subscriber"),
    ],
)
def test_what_another_coverage_cannot_be_written_with_is_named(changed: dict[str, dict[str, Any]], lacks: str) -> None:
    (first,) = in_second_place(SOUND_CLAIM, "answered").parties.other_coverages
    other = replace(first, sequence=2, prior=None, **{n: replace(getattr(first, n), **v) for n, v in changed.items()})
    claim = replace(SOUND_CLAIM, parties=replace(SOUND_CLAIM.parties, other_coverages=(other,)))

    found = _found(claim, "r134")

    assert [lacks in finding.message for finding in found] == ([True] if lacks else [])


def _with_authorizations(*required: str) -> RuleBook:
    book = rule_book()
    rules = tuple(replace(rule, params={"required": list(required)}) for rule in book.rules if rule.id == "r261")
    return RuleBook(rules, book.code_edits)


def test_an_authorization_that_the_payer_wants_is_asked_for() -> None:
    found = scrub(SOUND_CLAIM, FACTS, _with_authorizations("BLUEP:G0439"))

    assert [(finding.place, finding.severity) for finding in found] == [("line.2.code", Severity.ERROR)]


def test_a_service_that_needs_no_authorization_passes() -> None:
    assert scrub(SOUND_CLAIM, FACTS, _with_authorizations("BLUEP:G9999")) == ()


@pytest.mark.parametrize(
    ("rule_id", "claim"),
    [
        ("r261", SOUND_CLAIM),
        ("r232", with_payer(timely_filing_days=None)),
        ("r114", with_payer(member_id_pattern="(a+)+b")),
        ("r114", with_payer(member_id_pattern="[")),
    ],
)
def test_what_could_not_be_checked_is_said(rule_id: str, claim: ClaimContent) -> None:
    (finding,) = _found(claim, rule_id)

    assert finding.severity is Severity.COULD_NOT_CHECK
    assert finding.message


def test_the_sound_claim_has_nothing_but_what_could_not_be_checked() -> None:
    assert [finding.rule_id for finding in scrub(SOUND_CLAIM, FACTS)] == ["r261"]


@pytest.mark.parametrize("rule", rule_book().rules, ids=lambda rule: rule.id)
def test_every_rule_names_its_source_and_a_check_that_exists_or_a_condition(rule: Rule) -> None:
    assert rule.citation
    assert rule.when is not None or rule.check in CHECKS


def test_every_check_is_used_by_a_rule() -> None:
    assert {rule.check for rule in rule_book().rules if rule.check} == set(CHECKS)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('when = "units >> 4"', "rule x1: when: computing is not let through at character 1"),
        ('when = "units > 4"\ncheck = "npi"', "either check or when"),
        ("", "either check or when"),
        ('check = "nothing"', "no check is called nothing"),
    ],
)
def test_a_rule_that_says_not_clearly_what_it_looks_for_is_refused(broken: str, told: str) -> None:
    text = f"""
    [[rule]]
    id = "x1"
    version = 1
    title = "t"
    family = "codes"
    level = "line"
    forms = ["837p"]
    severity = "error"
    message = "m"
    fix = "f"
    citation = "c"
    snip = 6
    {broken}
    """

    with pytest.raises(BadRules, match=told):
        read_rules(text, frozenset(CHECKS))


def test_code_edits_are_carried_over_with_their_place() -> None:
    claim = with_line(pointers=(1, 7))

    (finding,) = _found(claim, "c31")

    assert (finding.place, finding.snip, finding.severity) == ("line.1.pointers", 3, Severity.ERROR)


def test_the_tax_id_is_not_kept_in_a_finding() -> None:
    (finding,) = _found(with_billing(tax_id="12345678"), "r008")

    assert "12345678" not in f"{finding.message}{finding.seen}"


@pytest.mark.parametrize("npi", ["1234567893", "1999990033", "1999990041", "1999990058"])
def test_a_number_with_its_check_digit_is_an_npi(npi: str) -> None:
    assert valid_npi(npi)


@pytest.mark.parametrize("npi", ["1234567890", "123456789", "12345678931", "123456789X", "", "１２３４５６７８９３"])
def test_any_other_text_is_no_npi(npi: str) -> None:
    assert not valid_npi(npi)


RULE = """
[[rule]]
id = "r1"
version = 1
title = "t"
family = "format"
level = "claim"
forms = ["837p"]
severity = "error"
check = "no_line"
message = "m {count}"
fix = "f"
citation = "c"
snip = 1
"""


@pytest.mark.parametrize(
    ("changed", "to", "named"),
    [
        ('severity = "error"', 'severity = "fatal"', "fatal"),
        ('family = "format"', 'family = "other"', "other"),
        ('check = "no_line"', 'check = "nothing"', "nothing"),
        ('forms = ["837p"]', 'forms = ["1500"]', "forms"),
        ("snip = 1", "snip = 8", "SNIP"),
        ("snip = 1", "snip = 1\ncolor = 2", "color"),
        ('message = "m {count}"', 'message = "m {count.real}"', "braces"),
        ('message = "m {count}"', 'message = "m {count"', "r1"),
        ("version = 1", "version = 0", "version"),
        ('citation = "c"', 'citation = ""', "citation"),
        ("[[rule]]", "[[rules]]", "rules"),
    ],
)
def test_a_rule_outside_the_schema_is_refused_by_name(changed: str, to: str, named: str) -> None:
    with pytest.raises(BadRules) as refusal:
        read_rules(RULE.replace(changed, to), frozenset(CHECKS))

    assert named in refusal.value.message


def test_a_message_with_a_value_that_no_claim_has_is_refused() -> None:
    text = RULE.replace('check = "no_line"', "when = 'line_count > 1'").replace("{count}", "{nosuch}")

    with pytest.raises(BadRules, match="{nosuch} is no value of a claim"):
        read_rules(text, frozenset(CHECKS))


def test_the_words_of_a_condition_name_values_beside_those_it_compares() -> None:
    drug = with_line(code="J1885", modifiers=())
    medicare = with_payer(filing_code="MB")
    claim = replace(drug, parties=medicare.parties)

    (finding,) = _found(claim, "r309")

    assert "J1885" in finding.message and "{" not in finding.message
