"""From an empty folder to a claim that leaves: a newcomer opens the demo, codes a chart, and exports the claim."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from tests.journeys.tmux import Tmux, codedesk


def test_a_newcomer_codes_a_chart_and_exports_its_claim(
    terminal: Tmux, environment: dict[str, str], home: Path
) -> None:
    terminal.start(codedesk("demo"), environment)
    terminal.expect("Clinic, ready to code")
    terminal.press("Enter")
    terminal.expect("Clinic visit note")

    terminal.type("+")
    terminal.expect(r"\n \+")
    terminal.type("e11.42")
    terminal.expect("E11.42")
    terminal.press("Enter")
    terminal.expect("1 E11.42 ")
    terminal.type("htn")
    terminal.expect("I10 ")
    terminal.press("Enter")
    terminal.expect("2 I10 ")
    terminal.type("*")
    terminal.press("Enter")
    terminal.expect("Pointed 1 line")
    terminal.press("Escape")
    terminal.expect("f final")
    terminal.press("f")
    terminal.expect("Final code 2 diagnoses")
    time.sleep(0.4)
    terminal.press("y")
    terminal.expect("Final coded")

    terminal.press("F4")
    terminal.expect("No claims yet")
    terminal.press("a")
    terminal.expect("1 claim built and scrubbed")
    terminal.press("Enter")
    terminal.expect("Claim 2026-000001")
    terminal.press("q")
    terminal.expect("a build all")
    terminal.press("e")
    terminal.expect("Export 1 ready claim")
    time.sleep(0.4)
    terminal.press("y")
    terminal.expect("1 claim written to")

    terminal.press("F3")
    terminal.expect("Clinic, ready to code")
    terminal.press("q")
    terminal.expect("Leave codedesk")
    time.sleep(0.4)
    terminal.press("y")
    terminal.expect("exit code 0")
    written = (home / "demo" / "outbox" / "claims-0001.837").read_text()
    assert written.startswith("ISA*00*") and "HI*ABK:E1142*ABF:I10~" in written


def wait_for_draft(home: Path, text: str, seconds: float = 10) -> None:
    """Wait until what was typed is in the record, as another program sees it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with sqlite3.connect(f"file:{home / 'demo' / 'workstation.sqlite'}?mode=ro", uri=True) as record:
            if (text,) in record.execute("SELECT text FROM entry_draft").fetchall():
                return
        time.sleep(0.05)
    raise AssertionError(f"{text!r} never came into the record")


def test_a_dropped_connection_loses_nothing_that_was_typed(
    terminal: Tmux, environment: dict[str, str], home: Path
) -> None:
    terminal.start(codedesk("demo"), environment)
    terminal.expect("Clinic, ready to code")
    terminal.press("Enter")
    terminal.expect("Clinic visit note")
    terminal.type("+")
    terminal.expect(r"\n \+")
    terminal.type("e11.9")
    terminal.press("Enter")
    terminal.expect("1 E11.9 ")
    terminal.type("typed and not")
    terminal.expect("typed and not")
    wait_for_draft(home, "typed and not")
    terminal.end()

    terminal.start(codedesk("demo"), environment)
    terminal.expect("Go on with .* typed")
    time.sleep(0.4)
    terminal.type("y")

    terminal.expect(r"\+typed and not")
    terminal.press("Escape")
    terminal.expect("1 E11.9 ")


def test_a_terminal_that_is_too_small_is_told_what_is_needed(tmp_path: Path, environment: dict[str, str]) -> None:
    narrow = Tmux(tmp_path, 79, 24)
    try:
        narrow.start(codedesk("demo"), environment)

        narrow.expect("79x24.*80x24")
        narrow.expect("exit code 2")
    finally:
        narrow.end()
