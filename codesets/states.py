"""The two letters of states, territories and military regions in addresses of the United States.

Source: United States Postal Service, Publication 28, appendix B.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from codesets.shipped_tables import read_table

_FILE = Path(__file__).parent / "data" / "states.csv"


@cache
def states() -> frozenset[str]:
    """All of them, in capital letters."""
    return frozenset(code for (code,) in read_table(_FILE, ("code",)))
