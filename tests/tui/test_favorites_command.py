"""`codedesk favorites`, run as people run it."""

from __future__ import annotations

import json

import pytest

from tui.cli import main

pytestmark = pytest.mark.usefixtures("at_desk")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["favorites", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_code_is_added_listed_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    added = told(capsys, "add", "e1142", "--list", "feet", "--note", "burning soles")
    listed = told(capsys, "list", "--json")
    removed = told(capsys, "remove", "E11.42", "--list", "feet")

    assert added == (0, "E11.42 added to feet.\n", "")
    assert json.loads(listed[1]) == [{"list": "feet", "system": "icd10cm", "code": "E11.42", "note": "burning soles"}]
    assert removed == (0, "E11.42 removed from feet.\n", "")


def test_a_code_that_there_is_not_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "add", "Q99.99")

    assert (code != 0, out, err.count("\n")) == (True, "", 1)
    assert "'Q99.99' is no code of a loaded release" in err


def test_an_empty_list_says_what_would_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "list")[1] == "no favorites; codedesk favorites add CODE puts one there\n"
