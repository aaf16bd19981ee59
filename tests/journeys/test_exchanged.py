"""A record that somebody exchanges by hand below a coder at work: the terminal says so, and so does the exit code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.tmux import Tmux, codedesk

pytestmark = pytest.mark.thorough


def test_a_coder_is_told_that_the_record_was_exchanged(terminal: Tmux, environment: dict[str, str], home: Path) -> None:
    record, backup = home / "demo" / "workstation.sqlite", home / "b9.sqlite"
    terminal.start(codedesk("demo"), environment)
    terminal.expect("Clinic, ready to code")
    of_demo = os.environ | environment | {"CODEDESK_DATABASE_URL": f"sqlite:///{record}"}
    subprocess.run(codedesk("backup", str(backup)), env=of_demo, check=True, timeout=60)
    terminal.press("Enter")
    terminal.expect("0 diagnoses")
    shutil.copy(backup, copy := home / "x")
    for beside in ("-wal", "-shm"):
        record.with_name(record.name + beside).unlink()
    os.replace(copy, record)

    terminal.type("+e11.9")
    terminal.expect(r"\+ ?e11\.9")
    terminal.press("Enter")

    screen = terminal.expect(r"another\s+file\s+than")
    assert re.search(r"(?m)^ ?\+? ?e11\.9", screen) and "Added" not in screen
    terminal.press("Escape", "Escape")
    terminal.expect("ready to code")
    terminal.press("Escape")
    terminal.expect("Leave codedesk")
    terminal.press("y")
    terminal.expect("exit code 2")
