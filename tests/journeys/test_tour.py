"""The tour of the README: its steps work, and its pictures are those of the steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tour.__main__ import PICTURES, steps, walk
from tests.tour.drawing import svg

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.thorough
def test_every_step_comes_to_the_screen_and_is_drawn(tmp_path: Path, reference_file: Path) -> None:
    drawn = {step.picture: svg(terminal, step.words) for step, terminal in walk(tmp_path / "home", reference_file)}

    assert list(drawn) == [step.picture for step in steps() if step.picture]
    assert all(picture.count("<text") > 20 for picture in drawn.values())


def test_every_picture_is_there_and_shown() -> None:
    shown = README.read_text(encoding="utf-8")

    for step in filter(lambda step: step.picture, steps()):
        assert (PICTURES / f"{step.picture}.svg").exists(), "python -m tests.tour"
        assert f"tests/tour/pictures/{step.picture}.svg" in shown
