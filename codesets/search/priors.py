"""What is known of a code before any query: how likely it is meant.

The preferences are small and only order what matches alike: plain, short, unspecified and everyday codes come
first; second codes, obstetric records and external causes come late.
"""

from __future__ import annotations

from codesets.search import lexicon

COMMON = 0.015


def prior(code: str, title: str) -> float:
    """A small preference between codes that match alike; `code` without its dot."""
    lowered = title.lower()
    found = COMMON if any(code[:length] in lexicon.common_codes() for length in range(3, len(code) + 1)) else 0.0
    if "unspecified" in lowered or code.endswith("9"):
        found += 0.012
    if lowered.startswith("other specified"):
        found -= 0.024
    elif lowered.startswith("other ") or "other specified" in lowered:
        found -= 0.012
    if "in diseases classified elsewhere" in lowered:
        found -= 0.1  # a manifestation is never the first code
    if lowered.startswith(("pathological fracture", "stress fracture")):
        found -= 0.03  # a fracture of which nothing else is said is traumatic
    if len(code) == 7 and code[6] not in "A019":
        found -= 0.03
    if code[0] in "VWXY":
        found -= 0.03
    if code[0] in "OP":
        found -= 0.05  # only for obstetric records and newborns
    if lowered.startswith(("personal history", "family history", "subsequent ")):
        found -= 0.04
    if code[0] == "T" and "A" <= code[-1] <= "Z" and len(code) == 7:
        found -= 0.005
    return found - 0.002 * max(0, len(code) - 3)
