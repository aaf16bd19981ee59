"""A chart without its screen: lines entered, what stands in the way told, final coded, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.coding.opening import open_chart
from store.database import Database
from store.models import Coding, Encounter, EncounterChange, WorkItem
from store.people import sign_in
from store.worklists import is_held, release
from tui.cli import main

pytestmark = pytest.mark.usefixtures("at_desk")

VISIT = "V26-1001"


def told(capsys: pytest.CaptureFixture, *words: str) -> tuple[int, dict]:
    code = main(["chart", VISIT, *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_lines_are_entered_one_after_the_other_and_the_chart_is_final_coded(capsys: pytest.CaptureFixture) -> None:
    code, chart = told(capsys, "--enter", "e11.22", "--enter", "n18.31")
    assert (code, chart["obstacles"]) == (1, ["Line 1 points to no diagnosis."])
    assert [d["code"] for d in chart["diagnoses"]] == ["E11.22", "N18.31"]

    code, chart = told(capsys, "--enter", "*", "--final")

    assert (code, chart["status"]) == (0, "final")
    assert chart["lines"][0]["pointers"] == [1, 2]


def test_lines_entered_beside_an_open_screen_leave_its_chart_with_it(demo: Database) -> None:
    actor = sign_in(demo, "mreyes")
    with demo.reading() as session:
        item = session.exec(select(WorkItem.id).join(Encounter).where(Encounter.visit_number == VISIT)).one()
    open_chart(demo, actor, item)

    main(["chart", VISIT, "--enter", "e11.22"])
    beside = is_held(demo, actor, item)
    release(demo, actor, item)
    main(["chart", VISIT, "--enter", "n18.31"])

    assert (beside, is_held(demo, actor, item)) == (True, False)


def test_undo_takes_the_last_change_back_and_the_final_coding_too(capsys: pytest.CaptureFixture) -> None:
    told(capsys, "--enter", "e11.22", "--enter", "i10", "--enter", "*", "--final")

    _, chart = told(capsys, "--undo")
    assert chart["status"] == "draft"
    _, chart = told(capsys, "--undo", "--undo")

    assert chart["lines"][0]["pointers"] == []


def test_looking_changes_nothing_and_words_are_no_entry(capsys: pytest.CaptureFixture) -> None:
    code, chart = told(capsys)
    assert (code, chart["status"]) == (1, None)

    assert main(["chart", VISIT, "--enter", "chest pain"]) == 2
    assert "is no entry" in capsys.readouterr().err


def test_a_chart_that_nobody_has_opened_shows_the_lines_that_its_coding_begins_with(
    demo: Database, capsys: pytest.CaptureFixture
) -> None:
    _, looked = told(capsys)
    _, opened = told(capsys, "--enter", "e11.22")

    assert looked["lines"] and looked["claims"] == opened["claims"]
    assert [line["code"] for line in looked["lines"]] == [line["code"] for line in opened["lines"]]


def test_what_another_session_changes_between_its_lines_is_not_final_coded(
    demo: Database, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store.coding import finishing

    told(capsys, "--enter", "e11.22", "--enter", "*")
    real = finishing.finalize

    def just_before(*asked: Any, **how: Any) -> str:
        monkeypatch.setattr(finishing, "finalize", real)
        main(["chart", VISIT, "--enter", "i10"])
        return real(*asked, **how)

    monkeypatch.setattr(finishing, "finalize", just_before)

    code = main(["chart", VISIT, "--final"])

    with demo.reading() as session:
        assert (code, [one.status for one in session.exec(select(Coding))]) == (1, ["draft"])
    assert "another session changed this chart" in capsys.readouterr().err


def test_what_came_late_is_looked_at_before_the_chart_is_final_coded(
    demo: Database, capsys: pytest.CaptureFixture
) -> None:
    told(capsys, "--enter", "e11.22", "--enter", "*")
    with demo.change(SYSTEM) as change:
        coding = change.session.exec(select(Coding)).one()
        of_visit = WorkItem.encounter_id == coding.encounter_id, WorkItem.kind == coding.kind
        change.session.exec(select(WorkItem).where(*of_visit)).one().came_back = "1 late charge"
        said = {"code": "G0008", "units": 1, "cents": 2500, "date": "2026-08-04"}
        details = [{"part": "charge", "item": "C9", "was": None, "is": said}]
        change.session.add(EncounterChange(encounter_id=coding.encounter_id, late="1 late charge", details=details))

    refused, why = main(["chart", VISIT, "--final"]), capsys.readouterr().err
    _, shown = told(capsys)
    done, chart = told(capsys, "--final", "--seen")

    assert (refused, done) == (1, 0)
    assert "1 late charge" in why and "--final --seen" in why
    assert shown["late"] == ["charge C9: G0008 x1 25.00 on 2026-08-04"] and chart["late"] == []


def test_what_cannot_be_final_coded_exits_with_one(capsys: pytest.CaptureFixture) -> None:
    assert main(["chart", VISIT, "--enter", "e11.22", "--final"]) == 1
    assert "points to no diagnosis" in capsys.readouterr().err


def test_who_may_not_see_notes_or_change_charts_looks_without_words(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(capsys, "--enter", "e11.22")
    monkeypatch.setattr("store.os_account.os_login", lambda: "dcho")

    code, chart = told(capsys)

    assert [d["code"] for d in chart["diagnoses"]] == ["E11.22"]
    assert main(["chart", VISIT, "--enter", "i10"]) == 2
