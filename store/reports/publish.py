"""Publishing figures: what was told, with definition, SQL and moment, so that a month end is repeated to the digit.

A published figure keeps its rows and their hash. Repeating one runs the SQL that was kept, for the period and moment
that were kept, and tells whether the record still gives the same; what was published stays what it was either way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlmodel import col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.log import canonical
from store.models import Person, PublishedFigure
from store.queries import SessionReader
from store.reports.catalog import Figure
from store.reports.period import Period
from store.reports.run import Report, read_report
from store.reports.small_cells import suppressed
from store.whole import require_whole

WHY_NOT_KEPT = "why was not kept when it was published"


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
    why: str = ""
    """Why there is no value, in words; empty where there is one."""


@dataclass(frozen=True)
class Difference:
    """A row that is not what was published: its name, and its cells (by column) then and now; empty: not there."""

    row: str
    was: dict[str, Any]
    now: dict[str, Any]


@dataclass(frozen=True)
class Repeated:
    """A figure as it was published, and whether the record still gives it; which rows differ where it does not."""

    figure: PublishedRow
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    value_now: float | None
    kept_whole: bool
    same: bool
    differences: tuple[Difference, ...]
    note: str = ""


def publish(db: Database, actor: Actor, report: Report, operation_id: str | None = None) -> str:
    """Keep a report as published; its id. Raises PartOfRecord."""
    with db.change(actor, operation_id, "report.publish") as change:
        if change.repeated:
            return str(change.answer["figure_id"])
        rows = [list(report.columns), *(list(row) for row in report.rows)]
        kept = PublishedFigure(
            kpi=report.figure.name,
            since=report.period.since,
            until=report.period.until,
            as_of=report.period.as_of,
            definition=report.figure.definition() | {"value": report.value, "why": report.why},
            rows=rows,
            sha256=_hash(rows),
            published_by=actor.person_id,
        )
        change.session.add(kept)
        change.log("report.publish", "report", report.figure.name, figure=kept.id, sha256=kept.sha256)
        change.answer = {"figure_id": kept.id}
        return kept.id


def published(db: Database, kpi: str = "", cover: bool = False) -> list[PublishedRow]:
    """What was published, the newest first; of one figure where it is named. `cover`: small cells are not told.

    Raises PartOfRecord: a figure is published of all facilities.
    """
    with db.reading() as session:
        require_whole(session.connection(), db.place, "a published figure")
        names = dict(session.exec(select(Person.id, Person.name)).all())
        query = select(PublishedFigure).order_by(
            col(PublishedFigure.published_at).desc(), col(PublishedFigure.id).desc()
        )
        if kpi:
            query = query.where(PublishedFigure.kpi == kpi)
        return [_row(one, names, _kept(one, cover)) for one in session.exec(query)]


def repeat(db: Database, actor: Actor, figure_id: str, cover: bool = False) -> Repeated:
    """Run a published figure again, by the SQL and for the moment that were kept. Raises NoSuchFigure, PartOfRecord.

    Where small cells are covered, it is told that the figures differ, not by how much.
    """
    with db.change(actor, action="report.run") as change:
        require_whole(change.session.connection(), db.place, "a published figure")
        change.log("report.run", "report", figure_id, repeated=True)
    with db.reading() as session:
        kept = session.get(PublishedFigure, figure_id)
        if kept is None:
            raise NoSuchFigure(f"nothing was published as {figure_id[:40]!r}", "codedesk report --published lists it")
        then = _kept(kept, False)
        again = read_report(SessionReader(session), then.figure, then.period)
        names = dict(session.exec(select(Person.id, Person.name)).all())
        columns = list(again.columns) or kept.rows[0]
        same = _hash([columns, *(list(row) for row in again.rows)]) == kept.sha256
        told, told_again = (suppressed(then), suppressed(again)) if cover else (then, again)
        return Repeated(
            _row(kept, names, told),
            told.columns,
            told.rows,
            told_again.value,
            _hash(kept.rows) == kept.sha256,
            same,
            _differences(told, told_again),
            again.note,
        )


def _kept(kept: PublishedFigure, cover: bool) -> Report:
    """A published figure as the report it was."""
    definition = dict(kept.definition)
    value, why = definition.pop("value", None), definition.pop("why", "")
    columns, *rows = kept.rows
    period = Period(kept.since, kept.until, kept.as_of)
    rows_kept = tuple(tuple(row) for row in rows)
    why = why or ("" if value is not None else WHY_NOT_KEPT)
    report = Report(Figure.from_json(definition), period, tuple(columns), rows_kept, value, why=why)
    return suppressed(report) if cover else report


def _differences(then: Report, again: Report) -> tuple[Difference, ...]:
    """Rows of one name that are not the same, and those that are in one of the two alone."""
    was, now = _by_name(then), _by_name(again)
    return tuple(
        Difference(
            name,
            {c: v for c, v in was.get(name, {}).items() if v != now.get(name, {}).get(c)},
            {c: v for c, v in now.get(name, {}).items() if v != was.get(name, {}).get(c)},
        )
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    )


def _by_name(report: Report) -> dict[str, dict[str, Any]]:
    """Rows by what names them: their texts from the first column on."""
    found = {}
    for row in report.dicts():
        texts = [str(cell) for cell in takewhile(lambda cell: isinstance(cell, str), row.values())]
        found[", ".join(text for text in texts if text) or "all"] = row
    return found


def _row(kept: PublishedFigure, names: dict[str, str], told: Report) -> PublishedRow:
    return PublishedRow(
        kept.id,
        kept.kpi,
        kept.definition["title"],
        kept.since,
        kept.until,
        kept.as_of,
        told.value,
        kept.definition["unit"],
        len(kept.rows) - 1,
        names.get(kept.published_by or "", ""),
        kept.published_at,
        told.why,
    )


def _hash(rows: Sequence[Sequence[Any]]) -> str:
    return hashlib.sha256(canonical([list(row) for row in rows]).encode()).hexdigest()
