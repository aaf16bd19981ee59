"""Commands without a terminal: within the process of the test, or in one of their own as people run them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tui.cli import main


def run_here(*arguments: str, home: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command within this process, which has loaded already what each process would load anew."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("CODEDESK_HOME", str(home))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def run_apart(*arguments: str, home: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own."""
    environment = {**os.environ, "CODEDESK_HOME": str(home)}
    command = [sys.executable, "-m", "tui.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, timeout=120)
