"""The trend of a coder: what each audit found, worked out by hand, and who may read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor, NotAllowed
from store.audits.figures import Share
from store.audits.found import bring_up_to_date
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.audits.states import AuditRefused
from store.audits.trends import LEAST_CHARTS, audited_coders, read_trend
from store.coding.codes import Codes, Diagnosis
from store.database import Database
from store.models import Audit, AuditFinding, AuditSample, Person
from store.people import NoSuchPerson, actor_for
from store.terms import AuditStatus, DiagnosisRole, FindingStatus, Role
from tests.store.coded_charts import final_code
from tui.cli import main

pytestmark = pytest.mark.both_databases

CHARTS = 2
THEIRS = ("E11.9", "I10", "E78.5", "K21.9")


def codes_of(*codes: str) -> dict[str, Any]:
    """Plain codes of a side, the first one principal."""
    listed = [
        Diagnosis(code, DiagnosisRole.SECONDARY if n else DiagnosisRole.PRINCIPAL) for n, code in enumerate(codes)
    ]
    return Codes(tuple(listed)).to_json()


@pytest.fixture
def auditor(demo: Database) -> Actor:
    with demo.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == Role.AUDITOR)).first())


@pytest.fixture
def two_audits(demo: Database, coder: Actor, auditor: Actor) -> Database:
    """Two audits of two charts with four codes each; in the older one the coder has one right, in the newer one all."""
    final_code(demo, coder, 8)
    for name, day, right in (("Q3", "2026-07-15", 4), ("Q2", "2026-04-15", 1)):
        draw(demo, auditor, name, Method.SIMPLE, Size(number=CHARTS), Criteria(), seed=7)
        with demo.change(SYSTEM) as change:
            sample = change.session.exec(select(AuditSample).where(AuditSample.name == name)).one()
            for audit in change.session.exec(select(Audit).where(Audit.audit_sample_id == sample.id)):
                audit.coder_codes, audit.auditor_codes = codes_of(*THEIRS[:right]), codes_of(*THEIRS)
                audit.coder_disposition = audit.auditor_disposition = ""
                audit.status, audit.returned_at = AuditStatus.FINAL, f"{day}T10:00:00.000Z"
                for finding in bring_up_to_date(change.session, audit):
                    finding.status = FindingStatus.AGREED
    return demo


def test_audits_stand_by_their_day_with_interval_and_change_by_hand(
    two_audits: Database, auditor: Actor, coder: Actor
) -> None:
    # 2 of 8 codes, then 8 of 8. Charts of the first do not differ: Wilson of 2 of 8: 0.07150 to 0.59073. Where every
    # code is right, charts count: 2 of 2, from 2 / (2 + 3.84146) = 0.34238 on.
    # Newcombe: 0.75 - hypot(1 - 0.34238, 0.59073 - 0.25) = 0.0094, 0.75 + hypot(0, 0.25 - 0.07150) = 0.9285.
    old, new = read_trend(two_audits, auditor, coder.login).points

    assert [(one.sample, one.day, one.score.charts) for one in (old, new)] == [
        ("Q2", "2026-04-15", 2),
        ("Q3", "2026-07-15", 2),
    ]
    assert (old.score.code_over_code, new.score.code_over_code) == (Share(2, 8), Share(8, 8))
    assert (old.score.record_over_record, new.score.record_over_record) == (Share(0, 2), Share(2, 2))
    assert old.change is None and new.change is not None and new.change.may_be_chance is None
    assert [round(one, 4) for one in (new.change.by, new.change.low, new.change.high)] == [0.75, 0.0094, 0.9285]


def test_a_change_is_held_against_chance_from_ten_charts_an_audit_on(
    two_audits: Database, auditor: Actor, coder: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.audits.trends.LEAST_CHARTS", CHARTS)

    change = read_trend(two_audits, auditor, coder.login).points[1].change

    assert LEAST_CHARTS == 10
    assert change is not None and change.enough and change.may_be_chance is False


def test_an_overturned_finding_raises_the_audit_that_it_was_of(
    two_audits: Database, auditor: Actor, coder: Actor
) -> None:
    with two_audits.change(SYSTEM) as change:
        change.session.exec(select(AuditFinding)).first().status = FindingStatus.OVERTURNED

    old = read_trend(two_audits, auditor, coder.login).points[0]

    # The addition that was overturned is no code: 2 right of the 7 that are left.
    assert old.score.code_over_code == Share(2, 7)


def test_audits_by_other_schemes_are_not_held_against_each_other(
    two_audits: Database, auditor: Actor, coder: Actor
) -> None:
    with two_audits.change(SYSTEM) as change:
        sample = change.session.exec(select(AuditSample).where(AuditSample.name == "Q3")).one()
        sample.scheme = sample.scheme | {"name": "other", "over_codes": "subtracted"}

    assert read_trend(two_audits, auditor, coder.login).points[1].change is None


def test_a_coder_reads_their_own_and_nobody_else_s(two_audits: Database, auditor: Actor, coder: Actor) -> None:
    assert len(read_trend(two_audits, coder).points) == 2
    with pytest.raises(NotAllowed):
        read_trend(two_audits, coder, auditor.login)
    with pytest.raises(NoSuchPerson):
        read_trend(two_audits, auditor, "nobody")
    with pytest.raises(AuditRefused, match="no chart of"):
        read_trend(two_audits, auditor)
    with two_audits.reading() as session:
        assert [login for login, _ in audited_coders(session)] == [coder.login]


def test_the_command_tells_it_in_words_and_as_values(
    two_audits: Database, coder: Actor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "asolberg")

    assert main(["audits", "trend", coder.login]) == 0
    text = capsys.readouterr().out
    assert main(["audits", "trend", coder.login, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (
        "2 audits, the oldest first" in text
        and "+75.0 points, of too few charts to tell it from chance: 10 in each audit" in text
    )
    assert found["audits"][1]["change"]["may_be_chance"] is None
    assert [one["code_over_code"]["part"] for one in found["audits"]] == [2, 8]
