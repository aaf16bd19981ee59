"""Claims that no office would send are findings and never crashes: many lines, none, strange units and dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.edits import ReferenceFacts
from codesets.reference import Reference
from store.claims.content import BilledDiagnosis, BilledLine, ClaimContent
from store.scrub.checks import ScrubFacts
from store.scrub.engine import scrub
from store.scrub.expressions import BadExpression, parse
from tests.store.claim_samples import CODES, LINES, SOUND_CLAIM, TODAY

DAYS = st.one_of(
    st.dates(dt.date(1, 1, 1)).map(str),
    st.sampled_from(["", "1900-01-01", "2100-12-31", "9999-12-31", "2026", "2026-02-30", "yesterday", "2026-09"]),
)
TEXTS = st.text(max_size=8)
LINE = st.builds(
    BilledLine,
    sequence=st.integers(-1, 60),
    code=st.one_of(TEXTS, st.sampled_from(["G0463", "J1100", "g0008", "ZZ001"])),
    service_date=DAYS,
    charge_cents=st.integers(-(10**12), 10**12),
    units=st.integers(-(10**9), 10**9),
    modifiers=st.lists(st.one_of(TEXTS, st.sampled_from(["25", "50", "LT", "GA", "JW"])), max_size=6).map(tuple),
    pointers=st.lists(st.integers(-3, 20), max_size=6).map(tuple),
    performer_npi=TEXTS,
)
CLAIM = st.builds(
    lambda lines, codes, born, first, last, total: replace(
        SOUND_CLAIM,
        parties=replace(SOUND_CLAIM.parties, patient=replace(SOUND_CLAIM.parties.patient, birth_date=born or None)),
        lines=tuple(lines),
        diagnoses=tuple(BilledDiagnosis(place, code) for place, code in enumerate(codes, 1)),
        service_from=first,
        service_through=last,
        total_cents=total,
    ),
    st.lists(LINE, max_size=5),
    st.lists(st.one_of(TEXTS, st.sampled_from(["I10", "E11.9", "W19.XXXA", "O80", "Z38.00"])), max_size=14),
    DAYS,
    DAYS,
    DAYS,
    st.integers(-(10**12), 10**12),
)


@pytest.mark.thorough
@settings(max_examples=150, deadline=None)
@given(CLAIM)
def test_any_claim_comes_to_findings(claim: ClaimContent) -> None:
    found = scrub(claim, ScrubFacts(TODAY, CODES))

    assert all(one.rule_id and one.message for one in found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CLAIM)
def test_any_claim_comes_to_findings_on_the_shipped_code_sets(reference: Reference, claim: ClaimContent) -> None:
    found = scrub(claim, ScrubFacts(TODAY, ReferenceFacts(reference)))

    assert all(one.rule_id and one.message for one in found)


@pytest.mark.parametrize(
    ("claim", "rule"),
    [
        (replace(SOUND_CLAIM, lines=()), "r203"),
        (replace(SOUND_CLAIM, lines=tuple(replace(LINES[0], sequence=n) for n in range(1, 1001))), "r204"),
        (replace(SOUND_CLAIM, lines=(replace(LINES[0], units=-3),)), "r206"),
        (replace(SOUND_CLAIM, lines=(replace(LINES[0], service_date="1900-01-01"),)), "r207"),
        (replace(SOUND_CLAIM, service_from="1900-01-01"), "r221"),
        (replace(SOUND_CLAIM, lines=(replace(LINES[0], service_date="2100-01-01"),)), "r208"),
        (replace(SOUND_CLAIM, diagnoses=()), "c22"),
    ],
)
def test_a_strange_claim_is_told_what_is_strange(claim: ClaimContent, rule: str) -> None:
    assert rule in {one.rule_id for one in scrub(claim, ScrubFacts(TODAY, CODES))}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("__import__('os').system('x')", 1),
        ("units > 4 and open('x')", 15),
        ("units.real > 1", 1),
        ("modifiers[0] == '25'", 1),
        ("units > 9 ** 9 ** 9", 9),
        ("nobody == 1", 1),
        ("[x for x in modifiers]", 1),
        ("(lambda: 1)()", 1),
        ("f'{units}' == '1'", 1),
        ("units > 99999999999999999999", 9),
        ("'a' 'b' in", 10),
    ],
)
def test_an_expression_that_tries_more_is_refused_where_it_does(text: str, at: int) -> None:
    with pytest.raises(BadExpression) as refusal:
        parse(text, of_a_line=True)

    assert refusal.value.at == at


@pytest.mark.parametrize(
    "text", ["(" * 900 + "1" + ")" * 90, "not " * 200 + "units", "[" * 100 + "]" * 100, "1" * 2000]
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(BadExpression):
        parse(text, of_a_line=True)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        parse(text, of_a_line=True)
    except BadExpression as refusal:
        assert refusal.at >= 1
