"""`codedesk report` and `codedesk export`: the catalog, figures in every form, published ones, filters and profiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM
from store.database import Database
from store.demo.year import make_year
from store.models import Charge, Coding, CodingDrg, Encounter, Patient, WorkItem
from store.reports.page import figure_words
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
    whole = said(capsys, "report", "diagnoses", "--since", "2026-09-01", "--until", "2026-09-30")
    monkeypatch.setattr("store.os_account.os_login", lambda: "ssingh")

    covered = said(capsys, "report", "diagnoses", "--since", "2026-09-01", "--until", "2026-09-30")

    assert "<11" in covered and "<11" not in whole


def test_an_analyst_is_told_no_published_figure_of_a_few(
    at_work: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said(capsys, "report", "coded-a-day", "--since", "2026-10-07", "--publish")
    told = [said(capsys, "report", "--published")]
    figure_id = told[0].split()[0]
    monkeypatch.setattr("store.os_account.os_login", lambda: "ssingh")

    told.append(said(capsys, "report", "--published"))
    again = json.loads(said(capsys, "report", "--repeat", figure_id, "--json"))

    assert " chart" in told[0] and "no figure" not in told[0] and "no figure" in told[1]
    assert again["figure"]["value"] is None and again["value_now"] is None
    assert not [cell for row in again["rows"] for cell in row if isinstance(cell, int) and 0 < cell < 11]


def test_what_differs_from_a_published_figure_is_told(at_work: Database, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "report", "dnfb", "--publish")
    figure_id = said(capsys, "report", "--published").split()[0]
    with at_work.change(SYSTEM) as change:
        visit = change.session.exec(select(WorkItem.encounter_id).where(WorkItem.status == "ready")).first()
        change.session.exec(select(Charge).where(Charge.encounter_id == visit)).first().amount_cents += 100

    assert main(["report", "--repeat", figure_id]) == 1

    text = capsys.readouterr().out
    assert "1 row differs" in text and "ready to code, coding: dollars" in text


def test_names_are_exported_to_somebody_alone_and_days_of_a_layout_are_told(
    at_work: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["export", "encounter", "--profile", "identified", "-o", "-"]) == 2
    assert "--to RECIPIENT --purpose TEXT" in capsys.readouterr().err
    whole = said(capsys, "export", "encounter", "--profile", "identified", "-o", "-", "--to", "Court", "--purpose", "x")
    assert len(whole.splitlines()) == 1 + 235 and not (Path.cwd() / "-").exists()
    assert "2026-01-01 to 2026-12-31, this year" in said(capsys, "export", "claims", "-o", str(tmp_path))
    with at_work.change(SYSTEM) as change:
        change.session.exec(select(Patient).order_by(Patient.id)).first().restricted = "VIP"
    main(["export", "encounter", "--limit", "1"])
    assert "restricted charts are left out: " in capsys.readouterr().err


def test_one_is_one_and_what_is_missing_is_named(
    demo: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "kwhite")
    assert main(["report", "diagnoses", "--histogram", "nosuch"]) == 2
    assert "no column 'nosuch'" in capsys.readouterr().err
    assert (
        figure_words(1, "outliers") == "1 outlier" and figure_words(0.6231, "share of charges") == "62.31 % of charges"
    )
    with demo.change(SYSTEM) as change:
        visit = change.session.exec(select(Encounter).where(Encounter.setting == "inpatient")).first()
        coding = Coding(encounter_id=visit.id, kind="facility", status="final", finalized_at="2026-09-30T10:00:00.000Z")
        change.session.add(coding)
        change.session.flush()
        kept = dict.fromkeys(("initial_drg", "engine", "version", "return_code", "discharged"), "")
        change.session.add(CodingDrg(coding_id=coding.id, drg="193", weight="", severity="MCC", **kept))
    text = said(capsys, "report", "case-mix", "--since", "2026-01-01")
    assert "no figure" in text and "Table 5" in text
    assert "no Table 5 of the days of discharge was loaded" in said(
        capsys, "report", "case-mix", "--since", "2026-01-01", "--publish"
    )
    assert "no figure (no DRG has a weight, because no Table 5" in said(capsys, "report", "--published")


def test_rows_are_filtered_saved_and_exported(
    at_work: Database, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "CREATE VIEW v_encounter AS" in said(capsys, "export", "--views", "--sql")
    said(capsys, "export", "diagnosis", "-w", "code^E11", "--save", "diabetes", "--shared")
    assert "diabetes" in said(capsys, "export", "--filters")
    rows = said(capsys, "export", "--filter", "diabetes", "--csv").splitlines()
    assert len(rows) > 1 and all("E11" in row for row in rows[1:])
    assert "No row of encounter fits" in said(capsys, "export", "encounter", "-w", "type=series")
    assert "rows in" in said(capsys, "export", "claims", "--since", "2025-01-01", "-o", str(tmp_path))
    assert main(["export", "encounter", "-w", "nothing"]) == 2
    assert main(["export"]) == 2
    assert main(["report", "nothing"]) == 2
    assert main(["report", "dnfb", "--since", "2026-10-01", "--until", "2026-01-01"]) == 2


@pytest.mark.parametrize("extra", [[], ["--save", "names"]], ids=["now", "kept"])
def test_a_column_that_the_profile_leaves_out_is_refused_as_a_condition_on_it_is(
    at_work: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    monkeypatch.setattr("store.os_account.os_login", lambda: "ssingh")

    code = main(["export", "encounter", "--columns", "patient,type", *extra])

    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert "patient is left out under safe-harbor" in told.err and "columns are " in told.err


@pytest.mark.parametrize(
    "words",
    [
        ("export", "encounter", "--limit", "-3"),
        ("report", "diagnoses", "--top", "0"),
        ("log", "list", "-n", "-1"),
        ("worklists", "balance", "Clinic", "kwhite", "rfox", "--reason", "x", "--most", "-2"),
    ],
    ids=lambda words: words[0],
)
def test_a_number_of_rows_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    code = main(list(words))

    assert code == 2 and "expected a whole number above 0" in capsys.readouterr().err
