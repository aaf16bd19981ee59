"""`codedesk audits`: a sample from its draw to its scorecard, without a screen."""

from __future__ import annotations

import json
import shlex

import pytest

from codesets.safe import as_typed
from store.actors import SYSTEM, Actor
from store.database import Database
from store.people import add_person
from store.terms import Role
from tests.store.coded_charts import final_code
from tui.cli import main


@pytest.fixture
def coded_site(demo: Database, coder: Actor) -> Database:
    final_code(demo, coder, 30)
    return demo


def as_person(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: login)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["audits", *words]) == 0
    return capsys.readouterr().out


def test_a_sample_goes_from_the_draw_to_its_scorecard(
    coded_site: Database, coder: Actor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    drawn = json.loads(said(capsys, "draw", "Q3", "3", "--seed", "48213", "--json"))
    assert "the same charts in the same order" in said(capsys, "reproduce", "Q3")
    said(capsys, "code", "Q3#1", "e11.42", "--disposition", "03")
    assert "(not shown: blind)" in said(capsys, "show", "Q3#1")
    said(capsys, "reveal", "Q3#1")
    said(capsys, "explain", "Q3#1", "1", "--note", "see the note", "--citation", "I.C.4.a", "--topic", "diabetes")
    assert said(capsys, "return", "Q3#1").startswith("Returned with")

    as_person(monkeypatch, coder.login)
    assert "rebutted; the auditor decides" in said(capsys, "rebut", "Q3#1", "1", "it stands there", "note line 3")
    assert "Q3#1" in said(capsys, "list", "--show", "all") and "Q3#2" not in said(capsys, "list", "--show", "all")

    as_person(monkeypatch, "asolberg")
    said(capsys, "overturn", "Q3#1", "1", "you are right")
    card = json.loads(said(capsys, "score", "Q3", "--json"))
    assert drawn["picked"] == 3 and card["total"]["charts"] == 1 and card["scheme"]["name"] == "ahima"
    assert card["total"]["charges"]["net_cents"] == sum(
        (1 if way == "under" else -1) * card["total"]["charges"][f"{way}_cents"] for way in ("under", "over")
    )
    text = said(capsys, "score", "Q3")
    assert "undercoded" in text and "net = undercoded - overcoded" in text
    assert "Wilson score" in said(capsys, "score", "Q3") and "diabetes" in said(capsys, "topics")


def test_an_analyst_is_told_no_count_of_a_sample_of_few_charts(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "draw", "Q3", "3", "--seed", "48213")
    said(capsys, "code", "Q3#1", "e11.42", "--disposition", "03")
    said(capsys, "reveal", "Q3#1")
    said(capsys, "return", "Q3#1")
    add_person(coded_site, SYSTEM, "numbers", "An Analyst", Role.ANALYST)
    as_person(monkeypatch, "numbers")

    score, samples, again = said(capsys, "score", "Q3"), said(capsys, "samples"), said(capsys, "reproduce", "Q3")

    assert "<11 charts reviewed" in score and "of 3" not in score and "population" not in score
    assert "of 30" not in samples and "3 of" not in samples
    assert "the same charts in the same order;" in again


def test_an_analyst_is_told_neither_few_findings_of_a_topic_nor_who_learns_it(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "topic", "diabetes")
    said(capsys, "teach", "diabetes", "mreyes")
    add_person(coded_site, SYSTEM, "numbers", "An Analyst", Role.ANALYST)
    as_person(monkeypatch, "numbers")

    text, document = said(capsys, "topics"), json.loads(said(capsys, "topics", "--json"))

    assert "* given, * done" in text and "few stand behind it" in text
    assert document["topics"] == [{"name": "diabetes", "words": "", "findings": 0, "given": None, "done": None}]
    assert document["trend"] == []


def test_an_auditor_is_told_of_lines_without_pointers_and_none_is_a_finding(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "draw", "Q3", "1", "--seed", "48213")
    said(capsys, "code", "Q3#1", "i10")

    revealed = said(capsys, "reveal", "Q3#1")
    shown = said(capsys, "show", "Q3#1")
    said(capsys, "return", "Q3#1")
    card = json.loads(said(capsys, "score", "Q3", "--json"))["total"]

    assert "your pointers: not judged" in revealed
    assert "not judged: the auditor gave none" in shown and "pointer," not in shown
    assert "not judged: the auditor gave none" in said(capsys, "score", "Q3")
    assert card["lines_of_pointers_not_judged"] > 0 and "pointers" not in card["dimensions"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--weight", "inf", "--drg", "193"), "weight inf: expected a number above 0"),
        (("--drg", "1"), "expected three digits"),
        (("--drg", "193", "--weight", "1.3107"), "a professional chart, which has no DRG"),
    ],
)
def test_a_drg_that_is_refused_leaves_the_codes_of_the_same_command_out(
    coded_site: Database,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[str, ...],
    told: str,
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "draw", "Q3", "1", "--seed", "48213")

    assert main(["audits", "code", "Q3#1", "e11.42", *given]) in (1, 2)

    assert told in capsys.readouterr().err
    assert "E11.42" not in said(capsys, "show", "Q3#1")


def test_what_is_not_there_is_said_and_an_empty_site_has_no_samples(
    demo: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")

    assert main(["audits", "draw", "Q3", "30"]) == 1
    assert "no chart is there to pick from" in capsys.readouterr().err
    assert "No sample was drawn yet" in said(capsys, "samples")
    assert main(["audits", "draw", "Q3", "30", "--since", "yesterday"]) == 2
    assert main(["audits", "draw", "Q3", "30", "--coder", "nobody"]) == 2
    assert main(["audits", "show", "Q9#1"]) == 1
    assert main(["audits", "draw", "Q3"]) == 2


def test_a_coder_does_not_draw_samples(
    demo: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "mreyes")

    assert main(["audits", "draw", "Q3", "30"]) == 2
    assert "for auditors, managers and administrators" in capsys.readouterr().err


def test_lines_and_diagnoses_are_taken_away_as_on_the_entry_line(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "draw", "Q3", "1", "--seed", "7", "--review")
    said(capsys, "code", "Q3#1")
    before = json.loads(said(capsys, "show", "Q3#1", "--json"))["auditor_codes"]

    said(capsys, "code", "Q3#1", "-a", "-1")

    after = json.loads(said(capsys, "show", "Q3#1", "--json"))["auditor_codes"]
    assert len(after["lines"]) == len(before["lines"]) - 1
    assert len(after["diagnoses"]) == len(before["diagnoses"]) - 1


def test_a_sample_before_the_bill_says_what_it_stops_and_is_withdrawn_with_a_reason_in_the_list(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    drawn = said(capsys, "draw", "wrong", "1", "--prebill")

    withdrawn = said(capsys, "withdraw", "wrong", "--reason", "the wrong month")

    assert "no bill of them leaves before their audit is final" in drawn
    assert withdrawn.startswith("wrong is withdrawn: its chart may be picked again")
    assert ": the wrong month" in said(capsys, "samples")


def test_the_eighth_line_is_no_call_for_help(
    coded_site: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_person(monkeypatch, "asolberg")
    said(capsys, "draw", "Q3", "1", "--seed", "7", "--review")

    code = main(["audits", "code", "Q3#1", "-h"])

    assert code != 0 and "line h" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Q3#2", "Oct clinic#4", "the coder's own#1", "-x#1"])
def test_a_command_that_is_printed_is_taken_by_a_shell_as_it_stands(name: str) -> None:
    printed = as_typed("audits", "show", name)

    assert shlex.split(printed, comments=True) == ["codedesk", "audits", "show", name]
