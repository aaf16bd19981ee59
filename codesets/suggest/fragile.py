"""A fracture of a patient who has osteoporosis: one code tells both, unless the injury would break a healthy bone.

Source: ICD-10-CM Official Guidelines, section I.C.13.d.2: with known osteoporosis a code of M80, not one of a traumatic
fracture, even after a minor fall; M81 Excludes1: osteoporosis with a current pathological fracture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from codesets.suggest.tables import rows

_KINDS = {"M810": "M800", "M816": "M808", "M818": "M808"}
"""Osteoporosis without a fracture, and the same kind with one."""

_SEVENTH = {of: seventh for seventh, many in {"A": "ABC", "D": "DEF", "G": "GHJ", "K": "KMN", "P": "PQR"}.items()
            for of in many} | {"S": "S"}  # fmt: skip
"""The 7th character of a fracture without an open or closed one, by that of a traumatic fracture."""


def violent(text: str) -> str:
    """The words that tell an injury which would break a healthy bone too; empty for none, as for a minor fall."""
    match = _VIOLENT.search(text)
    return match[0] if match else ""


def with_osteoporosis(codes: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """The fractures among codes without dots that one with the osteoporosis among them tells, the side left open.

    Each with its osteoporosis and the code that tells both, in that order.
    """
    chart = list(codes)
    plain = next((code for code in chart if code in _KINDS), "")
    told = next((code for code in chart if code.startswith("M80")), "")
    kind = _KINDS.get(plain) or told[:4]
    for fracture in chart if kind else ():
        site = next((site for begin, site in _sites() if fracture.startswith(begin)), "")
        seventh = _SEVENTH.get(fracture[6:7], "")
        if site and seventh:
            yield fracture, plain or told, f"{kind}{site if site.endswith('X') else f'{site}9'}{seventh}"


@cache
def _sites() -> tuple[tuple[str, str], ...]:
    return tuple((begin.replace(".", ""), site) for begin, site in rows("fragile.csv", ("fracture", "site")))


_VIOLENT = re.compile(
    r"\b(?:motor vehicle|MVA|MVC|(?:car|auto|vehicle|bus|train) (?:accident|crash|wreck)|collision|rollover|ejected"
    r"|motorcycle|moped|scooter|bicycle|bike|horse|ski(?:ing|s)?|snowboard\w*|pedestrian|(?:struck|hit|run over) by"
    r"|assault\w*|kicked|punched|gunshot|GSW|blast|explosion|crush(?:ed|ing)?|thrown"
    r"|high[- ](?:energy|impact|speed|velocity)|(?:from|off) (?:a |the |his |her )?(?:ladder|roof|tree|scaffold\w*"
    r"|height|balcony|window|truck|deck)|(?:down|on) (?:a |the |some |\d+ )*(?:flight of )?(?:stairs?|steps?|staircase)"
    r"|\d+[- ](?:feet|foot|ft|meters?|stor(?:y|ies)) (?:fall|drop)|fall of \d+ (?:feet|ft|meters?))\b",
    re.IGNORECASE,
)
