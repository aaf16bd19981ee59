"""Homes with the demo site for programs that run by themselves: made once, copied for each."""

from __future__ import annotations

import atexit
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.journeys.tmux import codedesk

ROOT = Path(__file__).resolve().parents[2]


@cache
def _template(reference: Path) -> Path:
    home = Path(mkdtemp(prefix="codedesk-site-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    subprocess.run(
        codedesk("demo", "--create-only"), env=of_home(home, reference), check=True, stdout=subprocess.DEVNULL
    )
    return home


def site(home: Path, reference: Path) -> dict[str, str]:
    """Make `home` a copy of the demo site; the environment of a program that works on it."""
    shutil.copytree(_template(reference), home)
    return of_home(home, reference)


def of_home(home: Path, reference: Path) -> dict[str, str]:
    """The environment of a program that works on a home."""
    return {"CODEDESK_HOME": str(home), "CODEDESK_REFERENCE": str(reference), "PYTHONPATH": str(ROOT)}
