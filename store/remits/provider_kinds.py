"""What the reasons of provider adjustments (PLB) mean in our words, and which of them are followed by another one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table


class Returns(StrEnum):
    """Whether the money of an adjustment comes back in a later payment."""

    FORWARD = "forward"
    TAKEBACK = "takeback"
    NEVER = "final"


@dataclass(frozen=True)
class ProviderKind:
    """One reason code of PLB03-1."""

    code: str
    meaning: str
    returns: Returns


def provider_kind(code: str) -> ProviderKind:
    """The kind of a reason code; one that is not in the table is final and has no meaning."""
    return provider_kinds().get(code, ProviderKind(code, "", Returns.NEVER))


@cache
def provider_kinds() -> dict[str, ProviderKind]:
    """Every kind by its code. Raises UnreadableInput for a table that is wrong."""
    rows = read_table(Path(__file__).with_name("provider_adjustments.csv"), ("code", "meaning", "returns"))
    return {code: ProviderKind(code, meaning, Returns(returns)) for code, meaning, returns in rows}
