"""Copying by key: to the terminal's clipboard where it takes one, and always to a file beside the record.

That file is not in the outbox, from where files may be sent on.

OSC 52 has no answer, so nobody can say that a text was copied, only that it was sent. Inside tmux the plain form
and the wrapped one are both sent, since either may be the one that it lets through.
"""

from __future__ import annotations

import base64
import os

from store.settings import copies

MOST_CHARACTERS = 2_000


def clipboard_sequences(text: str, inside_tmux: bool) -> str:
    """The control sequences that put a text on the clipboard of the terminal at the other end."""
    encoded = base64.b64encode(text[:MOST_CHARACTERS].encode()).decode("ascii")
    plain = f"\x1b]52;c;{encoded}\x07"
    return f"{plain}\x1bPtmux;\x1b{plain}\x1b\\" if inside_tmux else plain


def keep_copy(text: str) -> str:
    """Add a text to the file of copies, for its owner alone, and return where it is."""
    path = copies() / "copied.txt"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(text[:MOST_CHARACTERS] + "\n")
    return str(path)
