"""The installed program: what a stranger's environment of Python says is not obeyed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui import program

BEGIN = "import sys; sys.argv = ['codedesk', 'keys', '--nothing']; from tui.program import main; sys.exit(main())"


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-c", BEGIN], env=kept | environment, cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_a_module_of_a_stranger_is_not_taken_for_one_of_the_program(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "argparse.py").write_text("print('OWNED'); raise SystemExit(66)\n")

    done = run(tmp_path, PYTHONPATH=str(there))

    assert "OWNED" not in done.stdout
    assert done.returncode == 2 and "codedesk: usage" in done.stderr


@pytest.mark.parametrize("name", sorted(program.HOSTILE))
def test_the_program_begins_again_without_what_leads_to_other_code(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[list[str], dict[str, str]]] = []

    class Begun(Exception):
        pass

    def execve(path: str, words: list[str], environment: dict[str, str]) -> None:
        begun.append((words, environment))
        raise Begun

    monkeypatch.setenv(name, "/tmp/stranger")
    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(sys, "argv", ["codedesk", "keys"])

    with pytest.raises(Begun):
        program.main()

    words, environment = begun[0]
    assert words[1:3] == ["-E", "-P"] and words[-1] == "keys"
    assert name not in environment
