"""Whether a diagnosis is exempt from the present-on-admission indicator on a discharge date.

Source: the POA-exempt list of CMS for the fiscal year (ICD-10-CM Official Guidelines, appendix I, and the list
published with it).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.sources.source import FileKind

_LABEL = "POA-exempt list"


@dataclass(frozen=True)
class Exempt:
    """Which of the codes asked for are exempt; `known` is False when no list covers the date.

    Then `codes` is what the nearest list says and `origin.warning` says so: not an answer to rely on.
    """

    codes: frozenset[str]
    known: bool
    origin: Origin


def exempt(reference: Reference, codes: Collection[str], discharged: dt.date) -> Exempt:
    """Those of the codes (without dots) that need no POA indicator on the discharge date; one query."""
    source = loaded(reference, FileKind.POA_EXEMPT, _LABEL, discharged)
    wanted = sorted(set(codes))
    marks = ", ".join("?" * len(wanted))
    rows = reference.db.execute(
        f"SELECT code FROM poa_exempt WHERE load_id = ? AND code IN ({marks})", (source.load, *wanted)
    )
    return Exempt(frozenset(code for (code,) in rows), source.covered, source)


def is_exempt(reference: Reference, code: str, discharged: dt.date) -> bool | None:
    """Whether the code is exempt on the discharge date; None when no loaded list covers it."""
    found = exempt(reference, [code], discharged)
    return code in found.codes if found.known else None
