"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WRONG = "wrong"
    NOT_CHECKED = "could not check"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One result: which check, how it ended, what was seen, what to do."""

    check: str
    state: State
    words: str
    remedy: str = ""
