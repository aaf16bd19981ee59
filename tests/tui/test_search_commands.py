"""`codedesk synonyms` and `codedesk picks`, and what they change in a search."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from codesets.releases import CodeSystem
from store.os_account import os_login
from store.picks import Usage
from tests.tui.command_line import run_here

ON = ("-d", "2026-06-01")


@pytest.fixture
def site(tmp_path: Path, reference_file: Path) -> Path:
    """The folder of a site with code sets of its own."""
    for name in (reference_file.name, f"{reference_file.stem}.search"):
        place = reference_file.parent / name
        copy = shutil.copytree if place.is_dir() else shutil.copy2
        copy(place, tmp_path / name)
    return tmp_path


@pytest.fixture
def codedesk(site: Path):
    return partial(run_here, home=site)


def test_a_synonym_is_added_used_listed_and_removed(codedesk) -> None:
    added = codedesk("synonyms", "add", "old ticker", "congestive heart failure")

    hits = json.loads(codedesk("search", *ON, "--json", "-n", "1", "old ticker").stdout)
    listed = json.loads(codedesk("synonyms", "list", "--json").stdout)
    removed = codedesk("synonyms", "remove", "old ticker")
    assert added.returncode == removed.returncode == 0
    assert hits[0]["code"] == "I50.9"
    assert listed == [{"term": "old ticker", "meaning": "congestive heart failure"}]
    assert "old ticker" not in codedesk("synonyms", "list").stdout


@pytest.mark.parametrize(
    "arguments",
    [("add", "", "pain"), ("add", "pain", "pain"), ("add", "x\ny", "pain"), ("remove", "never added"), ("add", "one")],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(codedesk, arguments: tuple[str, ...]) -> None:
    done = codedesk("synonyms", *arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_a_broken_file_of_synonyms_is_said_and_search_still_answers(codedesk, site: Path) -> None:
    (site / "search_synonyms.csv").write_text("term,meaning\nonly a term\n", encoding="utf-8")

    done = codedesk("search", *ON, "-n", "1", "chest", "pain")

    assert done.stdout.startswith("R07.9")
    assert "line 2" in done.stderr
    assert done.stderr.count("\n") == 1


def test_picks_move_a_question_but_never_a_batch(codedesk, site: Path) -> None:
    usage = Usage(site / "search_picks.sqlite", os_login())
    for _ in range(8):
        usage.record(["chest", "pain"], CodeSystem.ICD10CM, "R0789", dt.date.today())

    asked = codedesk("search", *ON, "-n", "1", "chest", "pain").stdout
    batch = codedesk("search", *ON, "--batch", stdin="chest pain\n").stdout

    assert asked.startswith("R07.89")
    assert "picked 8 times here, 8 by you" in asked
    assert batch.startswith("R07.9 ")


def test_picks_are_listed_and_forgotten(codedesk, site: Path) -> None:
    Usage(site / "search_picks.sqlite", "ada").record(["pain"], CodeSystem.ICD10CM, "R52", dt.date.today())

    listed = codedesk("picks", "list").stdout
    forgotten = codedesk("picks", "forget", "pain")
    again = codedesk("picks", "forget", "pain")

    assert "R52" in listed
    assert forgotten.returncode == 0
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
