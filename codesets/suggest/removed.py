"""Whether the words around a cancer tell that it is removed or without disease (Official Guidelines I.C.2.m)."""

from __future__ import annotations

import re

REMOVED = "removed or without disease"


def removed(text: str, category: str) -> str:
    """The words that tell a cancer of this category removed or without disease; empty where it is treated or back."""
    if category[0] != "C" or category in ("C77", "C78", "C79", "C80") or _ACTIVE.search(text):
        return ""
    match = _REMOVED.search(text)
    return match[0] if match else ""


_REMOVED = re.compile(
    r"\b(?:s/p|status post|post|underwent|after)\b[^.;\n]{0,30}?\b\w*(?:ectomy|resection|lumpectomy)\b"
    r"|\bprimary (?:was |has been )?(?:removed|resected|excised)\b"
    r"|\b(?:removed|resected|excised) (?:in )?(?:19|20)\d\d"
    r"|\bno (?:evidence of (?:disease|recurrence)|(?:local )?recurrence)\b|\bNED\b"
    r"|\b(?:disease|cancer)[- ]free\b",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    r"\b(?:adjuvant|neoadjuvant|undergoing|receiving|awaiting|scheduled|planned|residual|positive margins?|recurrent"
    r"|(?<!no )(?<!no local )(?<!of )recurrence|progress\w+|on chemo\w*|cycle)\b",
    re.IGNORECASE,
)
