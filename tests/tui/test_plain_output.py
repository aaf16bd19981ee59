"""What commands print to a terminal: no path or name in it makes the terminal do anything."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tui.cli import main

HOSTILE = "a\x1b]52;c;aGk=\x07\x1b[2J\x9bb"


def test_a_path_with_controls_is_told_without_them_on_a_terminal(
    db: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, terminal = os.openpty()
    out = os.fdopen(terminal, "w", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)

    code = main(["backup", str(tmp_path / f"{HOSTILE}.sqlite")])

    out.flush()
    told = os.read(master, 65536).decode()
    out.close()
    os.close(master)
    assert code == 0
    assert "restore it with" in told
    assert [sign for sign in told if ord(sign) < 32 and sign not in "\r\n" or 127 <= ord(sign) < 160] == []


def test_what_goes_to_a_program_stays_as_it_is(db: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["backup", str(tmp_path / "a\tb.sqlite")])

    assert "a\tb.sqlite" in capsys.readouterr().out
