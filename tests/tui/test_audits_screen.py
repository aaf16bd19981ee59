"""The audit desk by keys: a chart coded blind on the coding screen, compared, returned, rebutted and decided."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from sqlmodel import select

from store.audits.answers import decide, rebut
from store.audits.differences import Coded, compare
from store.audits.figures import Share
from store.audits.samples import Criteria, draw
from store.audits.sampling import Method, Size
from store.audits.scores import EMPTY
from store.audits.trends import CoderTrend, TrendPoint
from store.coding.codes import Codes, Diagnosis
from store.database import open_database
from store.models import Audit, Coding, FinalDiagnosis, Person
from store.people import actor_for
from store.queries.audits import AuditRow, AuditSides, FindingRow
from store.terms import AuditStatus, DiagnosisRole, FindingStatus
from tests.store.coded_charts import final_code
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.commands.audits_text import trend_lines
from tui.screens.audits.sides import AuditOnScreen, _tally


@pytest.fixture
def sampled(at_desk: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of two charts that mreyes coded, with the auditor asolberg at the keyboard."""
    monkeypatch.setattr("store.os_account.os_login", lambda: "asolberg")
    database = open_database()
    with database.reading() as session:
        people = {one.login: actor_for(one) for one in session.exec(select(Person))}
    final_code(database, people["mreyes"], 30)
    draw(database, people["asolberg"], "Q3", Method.SIMPLE, Size(number=2), Criteria(), seed=48213)
    database.close()


def audit() -> Audit:
    database = open_database()
    with database.reading() as session:
        found = session.exec(select(Audit).where(Audit.position == 1)).one()
        session.expunge_all()
    database.close()
    return found


def key_line_of(app: object) -> str:
    return cells(app).rstrip().splitlines()[-1]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_chart_is_coded_blind_compared_and_returned(sampled: None, size: tuple[int, int]) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        await keys(pilot, "f6")
        assert_golden(app, f"audits-{at}")
        await keys(pilot, "enter")
        assert "Audit Q3#1" in cells(app) and "blind" in cells(app) and "compare" in cells(app)
        await keys(pilot, "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "f")
        assert "Compare? 1 line lacks your pointers: not judged. * sets them" in cells(app)
        await keys(pilot, "y")
        assert_golden(app, f"audit-{at}")

        await keys(pilot, "e")
        await type_text(pilot, "see the note")
        await keys(pilot, "enter")
        await type_text(pilot, "I.C.9")
        await keys(pilot, "enter", "t")
        await type_text(pilot, "hypertension")
        await keys(pilot, "enter")
        assert "I.C.9" in cells(app) and "hypertension" in cells(app)
        await keys(pilot, "r", "y")
        assert "Returned with" in cells(app)
        assert key_line_of(app).index("score") < key_line_of(app).index("explain")
        await keys(pilot, "s")
        assert "population" in cells(app)

    done = audit()
    with open_database().reading() as session:
        coded = session.exec(select(FinalDiagnosis.code).where(FinalDiagnosis.coding_id == done.coding_id)).all()
        assert "I10" not in coded and session.get_one(Coding, done.coding_id).version == 1
    assert done.status is AuditStatus.RETURNED and done.auditor_codes["diagnoses"][0]["code"] == "I10"


async def test_a_scorecard_stays_in_sight_when_somebody_changes_the_record(sampled: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f6", "enter", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "f", "y", "r", "y", "s")
        assert "population" in cells(app)

        app.screen.record_changed()
        await settle(pilot)

        assert "population" in cells(app)
        await keys(pilot, "down")
        assert "population" not in cells(app)


async def test_the_coder_finds_the_chart_that_came_back_and_rebuts(
    sampled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "f6", "enter", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "f", "y", "r", "y")
    monkeypatch.setattr("store.os_account.os_login", lambda: "mreyes")

    async with opened() as (app, pilot):
        await keys(pilot, "f6")
        assert "Q3#1" in cells(app) and "Q3#2" not in cells(app)
        await keys(pilot, "enter", "b")
        await type_text(pilot, "it stands there")
        await keys(pilot, "enter")
        await type_text(pilot, "note line 4")
        await keys(pilot, "enter")
        assert "is rebutted; the auditor decides" in cells(app)
        await keys(pilot, "r")
        assert "for auditors and administrators; you are a coder" in cells(app)


async def test_an_open_audit_follows_the_record_and_takes_no_answer_to_what_was_not_seen(
    sampled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as (_, pilot):
        await keys(pilot, "f6", "enter", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "f", "y", "r", "y")
    monkeypatch.setattr("store.os_account.os_login", lambda: "mreyes")
    database = open_database()
    with database.reading() as session:
        people = {one.login: actor_for(one) for one in session.exec(select(Person))}

    async with opened() as (app, pilot):
        await keys(pilot, "f6", "enter", "b")
        await type_text(pilot, "it stands there")
        await keys(pilot, "enter")
        number = app.screen._finding.number
        rebut(database, people["mreyes"], audit().id, number, "from elsewhere", "line 4")
        decide(database, people["asolberg"], audit().id, number, True, "of another visit")
        await type_text(pilot, "note line 4")
        await keys(pilot, "enter")
        refused = cells(app)
        app.screen.record_changed()
        await keys(pilot, "escape")
        await settle(pilot)
        followed = cells(app)
        rebut(database, people["mreyes"], audit().id, number, "again", "line 5")
        app.screen.record_changed()
        await settle(pilot)
        told = cells(app)
    database.close()

    assert "meanwhile" in refused and "of another visit" in refused
    assert "upheld" in followed
    assert f"Finding {number} is second level now, by Marisol Reyes: again" in told


async def test_a_scorecard_stays_while_the_record_changes_and_a_chart_is_found_by_its_name(sampled: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f6", "s")
        app.screen.record_changed()
        await settle(pilot)
        assert "scorecard Q3" in cells(app) and "population" in cells(app)
        await keys(pilot, "down")
        assert "scorecard Q3" not in cells(app)

        await keys(pilot, "slash")
        await type_text(pilot, "Q3#2")
        await keys(pilot, "enter")
        assert "Q3#2" in cells(app) and "Q3#1" not in cells(app)


async def test_a_sample_of_every_method_is_drawn_by_keys(sampled: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f6", "d")
        await type_text(pilot, "by coder")
        await keys(pilot, "enter")
        assert "every so many-th chart" in cells(app)
        await type_text(pilot, "strat")
        await keys(pilot, "enter", "enter")
        await type_text(pilot, "type")
        await keys(pilot, "enter")
        await type_text(pilot, "4 seed 7")
        await keys(pilot, "enter")
        assert "Draw 4 of" in cells(app) and ", coded 20" in cells(app)
        await keys(pilot, "y")
        assert "Drawn: 4 of" in cells(app) and "seed 7" in cells(app)

        await keys(pilot, "d")
        await type_text(pilot, "E11")
        await keys(pilot, "enter")
        await type_text(pilot, "focus")
        await keys(pilot, "enter", "enter")
        await type_text(pilot, "e11")
        await keys(pilot, "enter")
        await type_text(pilot, "1")
        await keys(pilot, "enter", "y")
        assert "Drawn: 1 of" in cells(app)

        await keys(pilot, "d")
        await type_text(pilot, "all of one")
        await keys(pilot, "enter")
        await type_text(pilot, "every chart of one")
        await keys(pilot, "enter", "enter")
        await type_text(pilot, "mreyes")
        await keys(pilot, "enter", "y")
        assert "Drawn:" in cells(app) and "#1" in cells(app)


async def test_a_sample_before_the_bill_says_that_bills_wait_and_is_withdrawn_with_a_reason(sampled: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f6", "d")
        await type_text(pilot, "mistake")
        await keys(pilot, "enter", "enter")
        await type_text(pilot, "before")
        await keys(pilot, "enter")
        await type_text(pilot, "2")
        await keys(pilot, "enter")
        assert "? Bills wait." in cells(app)
        await keys(pilot, "y")
        assert "mistake#1" in cells(app)

        await keys(pilot, "W")
        await type_text(pilot, "the wrong month")
        await keys(pilot, "enter")
        assert "mistake is withdrawn: its 2 charts may be picked again" in cells(app)
        assert "mistake#1" not in cells(app)


async def test_the_trend_of_a_coder_is_one_key_away_and_needs_no_chart_under_the_cursor(sampled: None) -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "f6", "T")
        assert "No chart was reviewed to its end yet." in cells(app)
        await keys(pilot, "enter", "plus")
        await type_text(pilot, "i10")
        await keys(pilot, "enter", "escape", "f", "y", "r", "y", "q")
        await keys(pilot, "T")
        await type_text(pilot, "mreyes")
        await keys(pilot, "enter")
        shown = cells(app)

    assert "trend of mreyes" in shown and "1 audit, the oldest first" in shown and "the first audit" in shown


def test_a_trend_fits_its_pane() -> None:
    point = TrendPoint("Q3", "2026-07-15", "ahima", replace(EMPTY, charts=2, code_over_code=Share(5, 7)), None)

    narrow, wide = (trend_lines(CoderTrend("mreyes", "Marisol Reyes", (point,)), width) for width in (78, 130))

    assert not [line for line in narrow[:-1] if len(line) > 78]
    assert any("35.9-91.8 %" in line for line in narrow) and any("35.9-91.8 %" in line for line in wide)


def test_code_over_code_beside_the_rule_leaves_out_what_was_overturned_as_the_scorecard_does() -> None:
    # The coder's I10 and E11.9 hold, for the deletion was overturned; the added E78.5 is none, for that was too.
    coder, auditor = (
        Codes(tuple(Diagnosis(code, role) for code, role in zip(codes, DiagnosisRole, strict=False)))
        for codes in (("I10", "E11.9"), ("I10", "E78.5"))
    )
    sides = AuditSides("A", "W", AuditStatus.FINAL, coder, auditor, "", "", "", "", True, 1)

    def told(status: FindingStatus) -> str:
        found = compare(Coded(coder), Coded(auditor)).differences
        findings = tuple(
            FindingRow(n, one.kind.value, "", one.place, one.coder, one.auditor, None, "", "", "", status, "")
            for n, one in enumerate(found, 1)
        )
        return _tally(AuditOnScreen(cast(AuditRow, None), sides, findings, ()))

    assert told(FindingStatus.AGREED) == "code over code 1 of 2"
    assert told(FindingStatus.OVERTURNED) == "code over code 2 of 2"
