"""Copying: what is sent to a terminal, and what is kept."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

from tui.clipboard import MOST_CHARACTERS, clipboard_sequences, keep_copy


def test_a_terminal_gets_one_sequence_and_tmux_the_wrapped_one_too() -> None:
    encoded = base64.b64encode(b"E11.42").decode()

    plain, both = clipboard_sequences("E11.42", False), clipboard_sequences("E11.42", True)

    assert plain == f"\x1b]52;c;{encoded}\x07"
    assert both == f"{plain}\x1bPtmux;\x1b{plain}\x1b\\"


def test_what_is_copied_cannot_end_the_sequence() -> None:
    sent = clipboard_sequences("x\x07\x1b]0;evil\x07", False)

    assert sent.count("\x07") == 1


def test_a_copy_is_bounded_and_for_its_owner_alone(home: Path) -> None:
    path = Path(keep_copy("a" * 10_000))

    assert len(path.read_text()) == MOST_CHARACTERS + 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
