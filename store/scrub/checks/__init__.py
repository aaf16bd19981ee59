"""The check functions that rules name: small and pure, over one claim and the facts around it.

Importing this package registers all of them in `CHECKS`.
"""

from store.scrub.checks import details, facility, guide, history, insured, providers, structure
from store.scrub.checks.registry import CHECKS, Check, DuplicateLine, GroupedStay, Hit, ScrubFacts

__all__ = [
    "CHECKS",
    "Check",
    "DuplicateLine",
    "GroupedStay",
    "Hit",
    "ScrubFacts",
    "details",
    "facility",
    "guide",
    "history",
    "insured",
    "providers",
    "structure",
]
