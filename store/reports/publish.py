"""Publishing figures: what was told, with definition, SQL and moment, so that a month end is repeated to the digit.

A published figure keeps its rows and their hash. Repeating one runs the SQL that was kept, for the period and moment
that were kept, and tells whether the record still gives the same; what was published stays what it was either way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.log import canonical
from store.models import Person, PublishedFigure
from store.queries import SessionReader
from store.reports.catalog import Figure
from store.reports.period import Period
from store.reports.run import Report, read_report


class NoSuchFigure(CodedeskError):
    """No figure was published under that id."""

    title = "published figure"


@dataclass(frozen=True)
class PublishedRow:
    """A published figure as it is listed."""

    id: str
    kpi: str
    title: str
    since: str
    until: str
    as_of: str
    value: float | None
    unit: str
    rows: int
    published_by: str
    published_at: str


@dataclass(frozen=True)
class Repeated:
    """A figure as it was published, and whether the record still gives it; `differing` rows where it does not."""

    figure: PublishedRow
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    kept_whole: bool
    same: bool
    differing: int


def publish(db: Database, actor: Actor, report: Report, operation_id: str | None = None) -> str:
    """Keep a report as published; its id."""
    with db.change(actor, operation_id, "report.publish") as change:
        if change.repeated:
            return str(change.answer["figure_id"])
        rows = [list(report.columns), *(list(row) for row in report.rows)]
        kept = PublishedFigure(
            kpi=report.figure.name,
            since=report.period.since,
            until=report.period.until,
            as_of=report.period.as_of,
            definition=report.figure.definition() | {"value": report.value},
            rows=rows,
            sha256=_hash(rows),
            published_by=actor.person_id,
        )
        change.session.add(kept)
        change.log("report.publish", "report", report.figure.name, figure=kept.id, sha256=kept.sha256)
        change.answer = {"figure_id": kept.id}
        return kept.id


def published(db: Database, kpi: str = "") -> list[PublishedRow]:
    """What was published, the newest first; of one figure where it is named."""
    with db.reading() as session:
        names = dict(session.exec(select(Person.id, Person.name)).all())
        query = select(PublishedFigure).order_by(PublishedFigure.published_at.desc(), PublishedFigure.id.desc())
        if kpi:
            query = query.where(PublishedFigure.kpi == kpi)
        return [_row(one, names) for one in session.exec(query)]


def repeat(db: Database, actor: Actor, figure_id: str) -> Repeated:
    """Run a published figure again, by the SQL and for the moment that were kept. Raises NoSuchFigure."""
    with db.change(actor, action="report.run") as change:
        change.log("report.run", "report", figure_id, repeated=True)
    with db.reading() as session:
        kept = session.get(PublishedFigure, figure_id)
        if kept is None:
            raise NoSuchFigure(f"nothing was published as {figure_id[:40]!r}", "codedesk report --published lists it")
        definition = dict(kept.definition)
        definition.pop("value", None)
        figure = Figure.from_json(definition)
        again = read_report(SessionReader(session), figure, Period(kept.since, kept.until, kept.as_of))
        names = dict(session.exec(select(Person.id, Person.name)).all())
        columns, *rows = kept.rows
        now = [list(row) for row in again.rows]
        return Repeated(
            _row(kept, names),
            tuple(columns),
            tuple(tuple(row) for row in rows),
            _hash(kept.rows) == kept.sha256,
            _hash([list(again.columns) or columns, *now]) == kept.sha256,
            sum(one not in now for one in rows) + sum(one not in rows for one in now),
        )


def _row(kept: PublishedFigure, names: dict[str, str]) -> PublishedRow:
    return PublishedRow(
        kept.id,
        kept.kpi,
        kept.definition["title"],
        kept.since,
        kept.until,
        kept.as_of,
        kept.definition.get("value"),
        kept.definition["unit"],
        len(kept.rows) - 1,
        names.get(kept.published_by or "", ""),
        kept.published_at,
    )


def _hash(rows: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(canonical([list(row) for row in rows]).encode()).hexdigest()
