"""The last gate before the terminal: whatever a widget draws, no control character leaves in its text.

Data is made safe on its way in (`codesets.safe`); this filter stands behind every widget all the same, because
a diffing terminal driver would take a sequence inside a name for one of the program's own.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Sanitize(LineFilter):
    """Replaces every control character in drawn text by U+FFFD."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(_HOSTILE.sub("\ufffd", segment.text), segment.style, segment.control)
            if not segment.control and _HOSTILE.search(segment.text)
            else segment
            for segment in segments
        ]
