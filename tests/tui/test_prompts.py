"""What stands before a field: one voice on every screen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui.screens

SCREENS = Path(tui.screens.__file__).parent
SIGNS = ("+", "/", ":")
"""Prompts of one sign, which the key that opened the field has."""


def prompts(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the last words of each prompt that a screen writes out, of `ask` and `choose`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("ask", "choose"):
            prompt = node.args[1] if len(node.args) > 1 else None
            last = prompt.values[-1] if isinstance(prompt, ast.JoinedStr) else prompt
            if isinstance(last, ast.Constant) and isinstance(last.value, str):
                yield node.lineno, last.value


@pytest.mark.parametrize("path", sorted(SCREENS.rglob("*.py")), ids=lambda path: path.stem)
def test_every_prompt_ends_with_a_colon(path: Path) -> None:
    others = [(line, words) for line, words in prompts(path) if words not in SIGNS and not words.endswith(":")]

    assert others == []


def test_the_prompts_of_the_screens_are_found() -> None:
    assert sum(1 for path in SCREENS.rglob("*.py") for _ in prompts(path)) > 60
