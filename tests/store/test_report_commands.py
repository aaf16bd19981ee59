"""`codedesk report` and `codedesk export`: the catalog, figures in every form, published ones, filters and profiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.actors import SYSTEM
from store.database import Database
from store.demo.year import make_year
from tui.cli import main


@pytest.fixture
def at_work(demo: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The demo site with a small year, and the manager at the keyboard."""
    make_year(demo, SYSTEM, 200, seed=7)
    monkeypatch.setattr("store.os_account.os_login", lambda: "kwhite")
    return demo


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_a_figure_is_shown_in_every_form(at_work: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "dnfb" in said(capsys, "report")
    assert "formula:" in said(capsys, "report", "dnfb", "--define")
    text = said(capsys, "report", "denials", "--since", "2025-10-09", "--picture")
    assert "% of claims" in text and "█" in text
    found = json.loads(said(capsys, "report", "diagnoses", "--since", "2025-10-09", "--json", "--top", "3"))
    assert len(found["rows"]) == 3 and found["definition"]["sql"]
    assert said(capsys, "report", "diagnoses", "--since", "2025-10-09", "--csv").startswith("code,times,charts")
    page = tmp_path / "page.html"
    said(capsys, "report", "coded-a-day", "--since", "2025-10-09", "--html", str(page))
    assert "polyline" in page.read_text()


def test_a_month_end_is_published_and_repeated(at_work: Database, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "report", "dnfb", "--until", "2026-09-30", "--since", "2026-09-01", "--publish")
    figure_id = said(capsys, "report", "--published").split()[0]

    assert "the same to the digit" in said(capsys, "report", "--repeat", figure_id)


def test_small_cells_are_covered_for_analysts(
    at_work: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = said(capsys, "report", "diagnoses", "--since", "2025-10-09")
    monkeypatch.setattr("store.os_account.os_login", lambda: "ssingh")

    covered = said(capsys, "report", "diagnoses", "--since", "2025-10-09")

    assert "<11" in covered and "<11" not in whole


def test_rows_are_filtered_saved_and_exported(
    at_work: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "CREATE VIEW v_encounter AS" in said(capsys, "export", "--views", "--sql")
    said(capsys, "export", "diagnosis", "-w", "code^E11", "--save", "diabetes", "--shared")
    assert "diabetes" in said(capsys, "export", "--filters")
    rows = said(capsys, "export", "--filter", "diabetes", "--csv").splitlines()
    assert len(rows) > 1 and all("E11" in row for row in rows[1:])
    assert "No row of encounter fits" in said(capsys, "export", "encounter", "-w", "type=series")
    assert "rows in" in said(capsys, "export", "claims", "--since", "2025-10-09", "-o", str(tmp_path))
    assert main(["export", "encounter", "-w", "nothing"]) == 2
    assert main(["export"]) == 2
    assert main(["report", "nothing"]) == 2
    assert main(["report", "dnfb", "--since", "2026-10-01", "--until", "2026-01-01"]) == 2
