"""A terminal for each journey; where tmux is not installed the journeys are left out, and say so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.tmux import Tmux


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: no journey through a real terminal")
    tmux = Tmux(tmp_path)
    yield tmux
    tmux.end()


@pytest.fixture
def environment(home: Path, reference_file: Path) -> dict[str, str]:
    """What the program under test finds in its environment."""
    root = str(Path(__file__).resolve().parents[2])
    return {"CODEDESK_HOME": str(home), "CODEDESK_REFERENCE": str(reference_file), "PYTHONPATH": root}
