"""The desks of the made-up site do not open empty: a pair, requests, an audit with findings, a topic."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store.actors import Actor
from store.audits.samples import reproduce
from store.database import Database
from store.demo.desks import SAMPLE, TOPIC, fill_desks
from store.models import AuditFinding, EducationAssignment, EducationTopic, Encounter, LogEntry
from store.queries import SessionReader
from store.records.duplicates import duplicates
from store.records.releases import requests
from store.reports.run import period_of, read_report

pytestmark = pytest.mark.both_databases


def test_every_desk_has_something_to_do_and_no_figure_of_money_moves(
    demo: Database, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    before = figure(demo)
    assert fill_desks(demo) and not fill_desks(demo)

    pairs, asked = duplicates(demo, clerk), requests(demo, clerk)
    with demo.reading() as session:
        found = session.exec(select(AuditFinding).order_by(AuditFinding.auditor)).all()
        topic = session.exec(select(EducationTopic.name).join(EducationAssignment)).one()
        assert session.exec(select(LogEntry).where(LogEntry.action == "audit.return")).first()
        assert len(session.exec(select(Encounter).where(Encounter.source == "demo")).all()) == 35
    assert len(pairs) == 1 and pairs[0].score < 100
    assert [bool(one.authorization) for one in asked] == [False, True] and asked[0].left < 0
    assert [(one.auditor, one.citation, one.status.value, bool(one.topic_id)) for one in found] == [
        ("E11.42", "I.C.4.a", "returned", True),
        ("I11.0", "I.C.9.a.1", "returned", True),
    ]
    assert topic == TOPIC and reproduce(demo, clerk, SAMPLE).same
    assert figure(demo) == before


def figure(db: Database) -> tuple:
    from store.reports.catalog import figure_named

    with db.reading() as session:
        report = read_report(SessionReader(session), figure_named("dnfb"), period_of("2026-10-01", "2026-10-08"))
    return report.value, sum(report.of("charts")), sum(report.of("cents"))
