"""`codedesk holds`, `queries` and `figures`: what the screens do, from the command line."""

from __future__ import annotations

import json

import pytest

from tui.cli import main


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> object:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def chart(at_desk: None, capsys: pytest.CaptureFixture[str]) -> str:
    """The first chart of the clinic, at the desk of a coder."""
    return str(told(capsys, "worklists", "charts", "Clinic")[0]["id"])


def test_holds_are_added_listed_by_owner_and_cleared(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    first = told(capsys, "holds", "add", chart, "signature", "--due", "2026-10-01", "--note", "page 2")["holds"][0]
    told(capsys, "holds", "add", chart, "coverage")

    listed = told(capsys, "holds", "list", "--show", "late")
    owners = {row["owner"]: row["late"] for row in told(capsys, "holds", "owners")}
    one = told(capsys, "holds", "clear", first)
    rest = told(capsys, "holds", "clear", chart, "--all")

    assert [(row["hold_reason"], row["note"], row["late"]) for row in listed] == [("signature missing", "page 2", True)]
    assert owners == {"records": 1, "registration": 0}
    assert (one, rest) == ({"cleared": 1, "ready": False}, {"cleared": 1})


def test_a_hold_that_asks_for_more_is_one_line_that_says_what(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["holds", "add", chart, "operative-report"]) == 1
    assert "operative report missing: whose is it?" in capsys.readouterr().err
    assert any(row["id"] == "operative-report" for row in told(capsys, "holds", "reasons"))


def test_own_figures_are_told_to_their_person(at_desk: None, capsys: pytest.CaptureFixture[str]) -> None:
    figures = told(capsys, "figures", "--day", "2026-10-08")

    assert (figures["login"], figures["units"], figures["target"]) == ("mreyes", 0, 6000)
    assert main(["figures", "--day", "soon"]) == 2


def test_a_query_is_drafted_checked_sent_answered_closed_and_exported(
    chart: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("queries", "draft", chart, "--template", "kidney-disease-stage", "--provider", "Okafor MD")
    drafted = told(capsys, *words)
    number = str(drafted["number"])
    flawed = told(capsys, "queries", "lint", number, code=1)

    document = told(capsys, "encounters", "show", _visit(capsys, chart))["documents"][0]
    line = next(n for n, text in enumerate(document["text"].splitlines(), 1) if "CKD" in text)
    place = f"{document['document_number']}:{line}"
    told(capsys, "queries", "revise", number, *words[3:], "--indicator", place)
    sent = told(capsys, "queries", "send", number, "--drg-before", "684")
    told(capsys, "queries", "answer", number, "--option", "Stage 3b", "--by", "Okafor MD")
    told(capsys, "queries", "withdraw", number, "--reason", "not his answer")
    told(capsys, "queries", "answer", number, "--option", "Stage 3b", "--by", "Okafor MD")
    answered = told(capsys, "queries", "correct", number, "--option", "Stage 3a", "--reason", "it was misread")
    told(capsys, "queries", "close", number, "agreed")
    page = told(capsys, "queries", "show", number)

    assert [flaw["why"] for flaw in flawed] == ["a query quotes at least one clinical indicator of this record"]
    assert (sent["status"], answered["status"], page["row"]["outcome"]) == ("sent", "answered", "agreed")
    assert page["answer"] == "Stage 3a" and page["drg_before"] == "684" and page["indicators"][0]["line"] == line
    hl7 = told(capsys, "queries", "export", number, "--format", "hl7")["content"]
    assert hl7.startswith("MSH|^~\\&|CODEDESK|") and "684" not in hl7
    assert "From the record:" in told(capsys, "queries", "export", number)["content"]


def test_a_query_that_leads_is_refused_in_one_line_with_the_word(
    chart: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("queries", "draft", chart, "--type", "open_ended", "--reason", "specificity", "--provider", "Okafor")
    number = str(told(capsys, *words, "--question", "Would you agree that it is acute?")["number"])

    assert main(["queries", "send", number]) == 1
    assert "“Would you agree”: it leads" in capsys.readouterr().err


def test_lint_names_what_send_refuses_and_revise_mends_that_alone(
    chart: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = told(capsys, "encounters", "show", _visit(capsys, chart))["documents"][0]
    line = next(n for n, text in enumerate(document["text"].splitlines(), 1) if text.strip())
    asked = ("--template", "kidney-disease-stage", "--indicator", f"{document['document_number']}:{line}")
    number = str(told(capsys, "queries", "draft", chart, *asked)["number"])

    flawed = told(capsys, "queries", "lint", number, code=1)
    before = told(capsys, "queries", "show", number)
    told(capsys, "queries", "revise", number, "--provider", "Okafor MD")

    after = told(capsys, "queries", "show", number)
    assert [flaw["why"] for flaw in flawed] == ["nobody is asked: name a provider"]
    assert told(capsys, "queries", "lint", number) == []
    assert after["row"]["provider"] == "Okafor MD"
    kept = ("text", "options", "indicators", "timing")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_a_list_of_open_queries_says_how_many_drafts_wait(chart: str, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "queries", "draft", chart, "--template", "kidney-disease-stage")

    assert main(["queries", "list"]) == 0

    assert "0 queries; 1 draft not sent yet (codedesk queries list --show all)" in capsys.readouterr().out


def _visit(capsys: pytest.CaptureFixture[str], chart: str) -> str:
    rows = told(capsys, "worklists", "charts", "Clinic")
    return str(next(row["encounter_id"] for row in rows if row["id"] == chart))
