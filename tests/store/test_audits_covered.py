"""Scores of audits as analysts are told them: nothing that 1 to 10 charts stand behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.audits.covered import covered, covered_card, covered_topics, covered_trend
from store.audits.education import TopicRow
from store.audits.figures import Share
from store.audits.schemes import schemes
from store.audits.scorecards import CoderScore, Scorecard
from store.audits.scores import Impact, Score
from store.audits.trends import CoderTrend, TrendPoint
from tui.commands.audits_text import scorecard_document, scorecard_lines


def scored(charts: int, right: int) -> Score:
    share = Share(right, charts)
    return Score(charts, share, share, share, share, Share(0, 0), kinds={}, errors=2, charges=Impact(500, 0, 2, 0))


def card(*coders: tuple[str, Score]) -> Scorecard:
    whole = coders[0][1]
    for _, more in coders[1:]:
        whole = whole + more
    return Scorecard(
        sample="Q3",
        sample_id="1",
        method="simple",
        words="every final coding",
        seed=7,
        size="5",
        population=whole.charts + 2,
        picked=whole.charts,
        reviewed=whole.charts,
        open_findings=3,
        scheme=schemes()["ahima"],
        total=whole,
        coders=tuple(CoderScore(name, name, made) for name, made in coders),
        base_rate=0,
        topics=(("sequencing", 2),),
        agreement=None,
    )


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (Share(40, 60), True),
        (Share(60, 60), True),
        (Share(0, 60), True),
        (Share(55, 60), False),
        (Share(5, 60), False),
        (Share(2, 5), False),
    ],
)
def test_a_share_is_told_where_neither_its_part_nor_its_rest_is_few(share: Share, told: bool) -> None:
    assert covered(share).told is told


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 10, 0), (None, None, None)),
        ((11, 25, 11), (11, 25, 11)),
        ((40, 25, 4), (40, 25, None)),
        ((40, 25, 20), (40, 25, None)),
    ],
)
def test_of_a_topic_no_count_is_told_that_is_few_or_leaves_few(
    counts: tuple[int, int, int], told: tuple[int | None, int | None, int | None]
) -> None:
    (topic,) = covered_topics([TopicRow("diabetes", "", *counts)])

    assert (topic.findings, topic.given, topic.done) == told


def test_of_a_sample_of_few_charts_no_score_is_told() -> None:
    lines = scorecard_lines(covered_card(card(("mreyes", scored(5, 2)))))

    head = "\n".join(lines[:4])
    assert "<11 charts reviewed" in head and "No score is told of fewer than 11 charts" in head
    assert "population" not in head and "of 5" not in "\n".join(lines)


def test_a_coder_of_few_charts_is_left_out_and_with_them_another_from_whom_they_could_be_told() -> None:
    told = covered_card(card(("few", scored(5, 2)), ("some", scored(12, 12)), ("many", scored(60, 30))))

    assert [one.login for one in told.coders] == ["many"]
    assert told.total.charts == 77


def test_a_share_of_the_whole_is_left_out_where_that_of_one_coder_could_be_taken_from_it() -> None:
    told = covered_card(card(("one", scored(40, 37)), ("other", scored(60, 30))))

    assert [one.score.code_over_code.told for one in told.coders] == [False, True]
    assert not told.total.code_over_code.told


def test_a_document_for_analysts_has_no_money_and_no_counts_to_subtract() -> None:
    document = scorecard_document(covered_card(card(("one", scored(40, 20)), ("other", scored(60, 30)))))

    left_out = ("population", "picked", "size", "open_findings", "topics")
    assert {name: document[name] for name in left_out} == dict.fromkeys(left_out)
    assert document["total"]["charges"] is None and document["total"]["charts"] == 100
    assert document["total"]["code_over_code"]["part"] == 50


def test_a_trend_leaves_out_audits_of_few_charts_and_changes_from_them() -> None:
    points = [
        TrendPoint(name, "2026-09-01", "ahima", made, None)
        for name, made in (("A", scored(5, 5)), ("B", scored(40, 20)))
    ]

    told = covered_trend(CoderTrend("mreyes", "M. Reyes", tuple(points)))

    assert [point.sample for point in told.points] == ["B"]


def test_a_share_that_is_not_told_is_none_in_the_document() -> None:
    document = scorecard_document(replace(covered_card(card(("one", scored(40, 37)))), covered=True))

    assert document["total"]["code_over_code"] == {"part": None, "whole": None, "value": None, "interval_95": None}
