"""Where what a finding is about is entered: every place that a rule names leads somewhere."""

from __future__ import annotations

import pytest

from store.claims.entered import field_words, where_entered
from store.scrub.examples import shipped_examples

PLACES = sorted({one["at"] for examples in shipped_examples().values() for one in examples if one.get("at")})
OF_THE_CLAIM = {"claim", "claim_number", "frequency", "line"}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_that_a_rule_finds_something_at_says_where_it_is_entered(place: str) -> None:
    entered = where_entered(place)

    known = entered.chart or entered.where != "build the claim again"
    assert known or place.partition(".")[0] in OF_THE_CLAIM
    assert len(f"{field_words(place)}: {entered.where}.") <= 100


@pytest.mark.parametrize(
    ("place", "chart", "who"),
    [
        ("coverage.1.member_id", False, "codedesk coverages"),
        ("subscriber.birth_date", False, "codedesk coverages"),
        ("billing.npi", False, "facility"),
        ("coverage.1.payer.identifier", False, "payer"),
        ("diagnosis.2", True, "chart"),
        ("line.1.modifiers", True, "chart"),
        ("line.1.clia", False, "f on this claim"),
        ("accident.date", True, "chart"),
    ],
)
def test_a_field_is_opened_in_the_chart_or_said_to_be_somebody_elses(place: str, chart: bool, who: str) -> None:
    entered = where_entered(place)

    assert entered.chart is chart
    assert who in entered.where
