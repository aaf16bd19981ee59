"""Scores as they are told to whom small counts are covered (`store.reports.spans`): to analysts.

As in reports (`store.reports.small_cells`) no count from 1 to 10 is told, nor what it could be reckoned from: a share
of which the part or the rest is so few, the scores of a coder with few charts, and of others where those could be
taken from the whole; nor is how many charts there were to draw from, of which the rest could be taken, nor money and
kinds of differences, which few charts stand behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from store.audits.education import TopicRow
from store.audits.figures import Share
from store.audits.scorecards import CoderScore, Scorecard
from store.audits.scores import Impact, Score
from store.audits.trends import CoderTrend, TrendPoint
from store.reports.small_cells import LEAST_CELL

_SHARES = ("code_over_code", "total_opportunity", "record_over_record", "weighted", "drg")
_NOT_TOLD = Share(0, 0, told=False)


def covered_card(card: Scorecard) -> Scorecard:
    """A scorecard without what few charts stand behind; without any score where it is of few itself."""
    whole = card.total
    if whole.charts < LEAST_CELL:
        nothing = Score(whole.charts, _NOT_TOLD, _NOT_TOLD, _NOT_TOLD, _NOT_TOLD, _NOT_TOLD)
        return replace(card, total=nothing, coders=(), **_LEFT_OUT)
    told = _told_coders(card.coders)
    coders = [replace(one, score=_bare(covered_score(one.score))) for one in told]
    rest = [one.score for one in card.coders if one not in told]
    total = covered_score(whole)
    for name in _SHARES:
        hidden = [getattr(one.score, name) for one, seen in zip(told, coders, strict=True) if not _told(seen, name)]
        hidden += [getattr(one, name) for one in rest]
        if hidden and not covered(Share(sum(one.part for one in hidden), sum(one.whole for one in hidden))).told:
            untold: dict[str, Any] = {name: _NOT_TOLD}
            total = replace(total, **untold)
    return replace(card, total=replace(_bare(total), dimensions=total.dimensions), coders=tuple(coders), **_LEFT_OUT)


def covered_trend(trend: CoderTrend) -> CoderTrend:
    """A trend without the audits of few charts, and without the changes to and from them."""
    points: list[TrendPoint] = []
    before_told = False
    for point in trend.points:
        if point.score.charts < LEAST_CELL:
            before_told = False
            continue
        made = covered_score(point.score)
        told = made.code_over_code.told
        points.append(replace(point, score=_bare(made), change=point.change if told and before_told else None))
        before_told = told
    return replace(trend, points=tuple(points), covered=True)


def covered_topics(rows: Sequence[TopicRow]) -> list[TopicRow]:
    """Topics without counts that are few; of those who have learned one nothing either where the others are few."""
    return [
        replace(
            one,
            findings=None if _few(one.findings or 0) else one.findings,
            given=None if _few(one.given or 0) else one.given,
            done=None if _few(one.done or 0) or _few((one.given or 0) - (one.done or 0)) else one.done,
        )
        for one in rows
    ]


def covered_score(made: Score) -> Score:
    """The shares of a score, those left out of which few stand behind the part or the rest."""
    shares: dict[str, Any] = {name: covered(getattr(made, name)) for name in _SHARES}
    return replace(made, **shares, dimensions={one: covered(share) for one, share in made.dimensions.items()})


def covered(share: Share) -> Share:
    """A share, or that it is not told, where its part or what is left of the whole is more than none and below 11."""
    return _NOT_TOLD if _few(share.part) or _few(share.whole - share.part) else share


def _few(count: float) -> bool:
    return 0 < count < LEAST_CELL


_LEFT_OUT: dict[str, Any] = {"covered": True, "topics": (), "agreement": None}


def _bare(made: Score) -> Score:
    return replace(made, dimensions={}, kinds={}, errors=0, charges=Impact(), payment=Impact(), unpointed=0)


def _told_coders(coders: Sequence[CoderScore]) -> list[CoderScore]:
    """The coders with enough charts, but for those from whom the others' could be taken off the whole."""
    told = sorted((one for one in coders if one.score.charts >= LEAST_CELL), key=lambda one: one.score.charts)
    hidden = [one for one in coders if one.score.charts < LEAST_CELL]
    while hidden and told and (len(hidden) == 1 or sum(one.score.charts for one in hidden) < LEAST_CELL):
        hidden.append(told.pop(0))
    return [one for one in coders if one in told]


def _told(coder: CoderScore, name: str) -> bool:
    share: Share = getattr(coder.score, name)
    return share.told
