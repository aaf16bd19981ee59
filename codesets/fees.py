"""The physician fee schedule on a date: status, global days, relative values and payment indicators of a code.

Source: the quarterly relative value files of CMS. A quarter can come in two versions that differ only in the
conversion factor; the version for clinicians outside of qualifying payment models answers where both are loaded.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.sources.source import FileKind

_LABEL = "physician fee schedule"
_PARTS = ("nonQPP", "QPP", "")


@dataclass(frozen=True)
class FeeValue:
    """A code, with or without modifier 26, TC or 53, in the fee schedule; None where it has no number.

    The indicators are as published: `status` one letter, `global_days` 000, 010, 090, MMM, XXX, YYY or ZZZ.
    """

    code: str
    modifier: str
    status: str
    global_days: str
    work: Decimal | None
    nonfacility_total: Decimal | None
    facility_total: Decimal | None
    pctc: str
    multiple: str
    bilateral: str
    assistant: str
    cosurgeon: str
    team: str
    conversion_factor: Decimal | None
    origin: Origin
    description: str = ""


def fee_value(reference: Reference, code: str, on: dt.date, modifier: str = "") -> FeeValue | None:
    """The line of a code; None when no fee schedule is loaded or it does not have the code.

    Where none covers the date the newest answers, and `origin` says so.
    """
    origins = [loaded(reference, FileKind.MPFS, _LABEL, on, part) for part in _PARTS]
    source = next((origin for origin in origins if origin.covered), max(origins, key=lambda origin: origin.load))
    row = reference.db.execute(
        "SELECT code, modifier, status, global_days, work, nonfacility_total, facility_total, pctc, multiple,"
        " bilateral, assistant, cosurgeon, team, conversion_factor, description FROM fee_values"
        " WHERE load_id = ? AND code = ? AND modifier = ?",
        (source.load, code, modifier),
    ).fetchone()
    if row is None:
        return None
    code, modifier, status, days, *_ = row
    work, nonfacility, facility, factor = (None if text is None else Decimal(text) for text in (*row[4:7], row[13]))
    pctc, multiple, bilateral, assistant, cosurgeon, team = row[7:13]
    indicators = (pctc, multiple, bilateral, assistant, cosurgeon, team)
    return FeeValue(
        code, modifier, status, days, work, nonfacility, facility, *indicators, factor, source, row[14] or ""
    )
