"""Whether a code of an institutional bill is one of the list that it comes from, on a date.

Revenue, condition, occurrence, span and value codes are the NUBC's: a site imports its licensed list. A DRG is one of
Table 5 of the IPPS final rule in force at the discharge (CMS). Where none of a list is loaded that covers the date,
nothing is known of its codes. Source: UB-04, form locators 18 to 42 and 71, by their numbers alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from codesets.drg import drg
from codesets.origin import loaded
from codesets.reference import Reference
from codesets.sources.source import FileKind
from codesets.sources.ub_codes import UbList


class BillList(StrEnum):
    """The lists that codes of a bill come from."""

    REVENUE = UbList.REVENUE.value
    CONDITION = UbList.CONDITION.value
    OCCURRENCE = UbList.OCCURRENCE.value
    SPAN = UbList.OCCURRENCE_SPAN.value
    VALUE = UbList.VALUE.value
    DRG = "MS-DRG"


@dataclass(frozen=True)
class Listed:
    """Whether a list has a code on a date; `known` is None where no list could tell, and `why` says so in one line."""

    known: bool | None
    why: str = ""


def in_bill_list(reference: Reference, of: BillList, code: str, on: dt.date) -> Listed:
    """Whether the list in force on the date has the code, with the leading zeros that it is written with."""
    if of is BillList.DRG:
        kind, label = FileKind.DRG_WEIGHTS, "MS-DRG Table 5"
    else:
        kind, label = FileKind.UB_CODES, f"list of {of.value} codes"
    alone = loaded(reference, kind, label, on, of.value)  # a file of this list alone, else one of several
    source = alone if alone.covered else loaded(reference, kind, label, on, "")
    source = alone if alone.load and not source.load else source
    if not source.covered:
        return Listed(None, source.warning if not source.load else f"No loaded {label} covers {on}.")
    if of is BillList.DRG:
        return Listed(drg(reference, code, on) is not None)
    row = reference.db.execute(
        "SELECT MAX(code = ? AND coalesce(starts, '') <= ? AND coalesce(ends, '9999') >= ?) FROM list_entries"
        " WHERE load_id = ? AND list = ?",
        (code, str(on), str(on), source.load, of.value),
    ).fetchone()
    return Listed(None, f"No {label} is loaded.") if row[0] is None else Listed(bool(row[0]))
