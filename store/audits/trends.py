"""The trend of one coder: accuracy audit by audit, the oldest first, with intervals and what changed in between.

An audit here is a sample; the coder's charts in it whose review has ended count, as on its scorecard. A change is told
with the interval of Newcombe, made of the two of Wilson with charts as the unit (codes of one chart are alike); one
that has 0 within may be chance alone. Of fewer charts than LEAST_CHARTS in either audit nothing is said of chance.
Shares of samples that were scored by other schemes are not held against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from store.actors import Actor, NotAllowed
from store.audits.figures import Change, Share, change_between, of_charts
from store.audits.scorecards import REVIEWED, score_of
from store.audits.scores import Score, together
from store.audits.states import AuditRefused
from store.database import Database
from store.models import Audit, AuditSample, Person
from store.people import NoSuchPerson
from store.reports.spans import is_covered
from store.terms import Role

LEAST_CHARTS = 10
"""Charts of each audit from which a change is held against chance: the field's usual number a coder and month."""


@dataclass(frozen=True)
class TrendPoint:
    """One audit of a coder: its sample, the ISO day of the last return, its scheme, and the score of their charts.

    `change` is that of code over code since the audit before; None of the first, and where the schemes are not alike.
    """

    sample: str
    day: str
    scheme: str
    score: Score
    change: Change | None


@dataclass(frozen=True)
class CoderTrend:
    """A coder with their audits, the oldest first."""

    login: str
    name: str
    points: tuple[TrendPoint, ...]
    covered: bool = False
    """Whether it is told without what few charts stand behind (`store.audits.covered`)."""


def read_trend(db: Database, actor: Actor, login: str = "") -> CoderTrend:
    """The trend of a coder, logged; of oneself without a login. A coder reads their own alone.

    Raises NotAllowed, NoSuchPerson, AuditRefused where no chart of theirs was audited.
    """
    wanted = login or actor.login
    if actor.role is Role.CODER and wanted != actor.login:
        raise NotAllowed("the audits of others are between them and who audits", "codedesk audits trend shows yours")
    with db.change(actor, action="audit.trend") as change:
        person = change.session.exec(select(Person).where(Person.login == wanted)).first()
        if person is None:
            raise NoSuchPerson(f"nobody is called {wanted[:40]!r}", "codedesk users list names everybody")
        change.log("audit.trend", "person", person.login)
        points = _points(change.session, person.id)
        if not points:
            raise AuditRefused(f"no chart of {person.login} was audited yet", "codedesk audits list shows what waits")
        trend = CoderTrend(person.login, person.name, points)
    if not is_covered(actor):
        return trend
    from store.audits.covered import covered_trend

    return covered_trend(trend)


def audited_coders(session: Session) -> list[tuple[str, str]]:
    """Login and name of everybody of whom a chart was reviewed to its end, by login."""
    rows = session.exec(
        select(Person.login, Person.name)
        .join(Audit, col(Audit.coder_id) == Person.id)
        .where(col(Audit.status).in_(REVIEWED), Audit.second_of == "")
        .distinct()
        .order_by(Person.login)
    )
    return [(login, name) for login, name in rows]


def _points(session: Session, coder_id: str) -> tuple[TrendPoint, ...]:
    of_sample: dict[str, list[Audit]] = {}
    for audit in session.exec(
        select(Audit).where(Audit.coder_id == coder_id, Audit.second_of == "", col(Audit.status).in_(REVIEWED))
    ):
        of_sample.setdefault(audit.audit_sample_id, []).append(audit)
    found = []
    for sample_id, charts in of_sample.items():
        sample = session.get_one(AuditSample, sample_id)
        day = max((one.returned_at or one.final_at or "")[:10] for one in charts)
        scores = [score_of(session, one) for one in sorted(charts, key=lambda one: one.position)]
        found.append((day, sample.made_at, sample, scores))
    found.sort(key=lambda one: (one[0], one[1], one[2].name))
    points: list[TrendPoint] = []
    before: tuple[AuditSample, list[Score]] | None = None
    for day, _, sample, scores in found:
        alike = before is not None and before[0].scheme == sample.scheme
        change = _change(before[1], scores) if before and alike else None
        points.append(TrendPoint(sample.name, day, str(sample.scheme.get("name", "")), together(scores), change))
        before = sample, scores
    return tuple(points)


def _change(before: list[Score], after: list[Score]) -> Change | None:
    """The change of code over code between two audits, whose scores are one a chart."""
    change = change_between(of_charts(_shares(before)), of_charts(_shares(after)))
    enough = min(len(before), len(after)) >= LEAST_CHARTS
    return replace(change, enough=enough) if change else None


def _shares(scores: list[Score]) -> list[Share]:
    return [one.code_over_code for one in scores]
