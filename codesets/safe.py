"""Makes text from outside safe to show: names, notes, titles and files may carry terminal controls.

Replaces C0 and C1 controls, DEL, bidirectional overrides and line separators by U+FFFD, so that a reader sees
that something stood there. Markup such as `[/]` is ordinary text and stays as it is: screens never parse data.
"""

from __future__ import annotations

import re
import shlex

_HOSTILE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_IN_LINE = re.compile(f"[{_HOSTILE}\\t\\n\\r]")
_IN_BLOCK = re.compile(f"[{_HOSTILE}]")


def safe_line(text: str) -> str:
    """The text as one safe line: every control, tab and line end becomes U+FFFD."""
    return _IN_LINE.sub("\ufffd", text)


def safe_block(text: str) -> str:
    """The text with tabs and line ends kept (CRLF and CR become LF) and every other control replaced."""
    return _IN_BLOCK.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def as_typed(*words: str) -> str:
    """A command of codedesk as a shell takes it: what has a blank, a `#` or a quotation mark in it is quoted."""
    return safe_line(shlex.join(("codedesk", *words)))
