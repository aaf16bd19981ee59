"""What the MS-DRG tables say: severity of a secondary diagnosis, when it does not count, weights and stays.

This is look-up, not grouping. Source: tables 5, 6I, 6J and 6K of the IPPS final rule of the fiscal year in which
the patient was discharged (CMS). Codes are without dots, DRGs three digits as text.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from codesets.catalog import dotted
from codesets.origin import Origin, loaded
from codesets.reference import Reference
from codesets.sources.source import FileKind


class Severity(StrEnum):
    """What a secondary diagnosis is."""

    MCC = "MCC"
    CC = "CC"
    NONE = "non-CC"


@dataclass(frozen=True)
class SeverityAnswer:
    """The severity of a code and whether it counts in the stay asked about.

    `listed` is what tables 6I, 6J or 6K list, None when none that could say so is loaded for the date.
    `counts` is what remains of it: NONE when something excludes it, None when that could not be checked.
    `reasons` are the exclusions that apply, a line each; `origin` is the table that answered.
    """

    code: str
    listed: Severity | None
    counts: Severity | None
    reasons: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True)
class Drg:
    """Table 5 for one DRG; fields as in `codesets.sources.msdrg_weights.DrgWeight`."""

    drg: str
    title: str
    mdc: str
    kind: str
    post_acute: bool
    special_pay: bool
    weight: Decimal | None
    capped_weight: Decimal | None
    geometric_days: Decimal | None
    arithmetic_days: Decimal | None
    origin: Origin


def drg(reference: Reference, number: str, discharged: dt.date) -> Drg | None:
    """Weight and lengths of stay of a DRG; None when no Table 5 is loaded or it does not have the DRG.

    Where none covers the date the newest answers, and `origin` says so.
    """
    source = loaded(reference, FileKind.DRG_WEIGHTS, "MS-DRG Table 5", discharged)
    row = reference.db.execute(
        "SELECT drg, title, mdc, kind, post_acute, special_pay, weight, capped_weight, geometric_days,"
        " arithmetic_days FROM drg_weights WHERE load_id = ? AND drg = ?",
        (source.load, number.zfill(3)),
    ).fetchone()
    if row is None:
        return None
    drg, title, mdc, kind, post_acute, special_pay = row[:6]
    weight, capped, geometric, arithmetic = (None if text is None else Decimal(text) for text in row[6:])
    paid_by = (bool(post_acute), bool(special_pay))
    return Drg(drg, title, mdc, kind, *paid_by, weight, capped, geometric, arithmetic, source)


def severity(
    reference: Reference,
    code: str,
    discharged: dt.date,
    principal: str | None = None,
    died: bool | None = None,
    drg_number: str | None = None,
) -> SeverityAnswer:
    """The CC or MCC level of a secondary diagnosis, and whether it counts.

    A CC does not count when the principal diagnosis is in its PDX collection (Table 6K part 1), when the patient
    died and it counts only for those discharged alive (part 2), or in a DRG that ignores it (part 3). Each is
    checked only where its fact is given.
    """
    source = loaded(reference, FileKind.CC_EXCLUSIONS, "MS-DRG Table 6K", discharged)
    if not source.covered:
        return _from_lists(reference, code, discharged, source)
    row = reference.db.execute(
        "SELECT major, collection, alive_only FROM drg_exclusions WHERE load_id = ? AND code = ?", (source.load, code)
    ).fetchone()
    if row is None:
        return SeverityAnswer(code, Severity.NONE, Severity.NONE, (), source)
    major, collection, alive_only = row
    listed = Severity.MCC if major else Severity.CC
    reasons = []
    if principal and collection and _in_collection(reference, source, collection, principal):
        reasons.append(f"excluded by the principal diagnosis {dotted(principal)} (PDX collection {collection})")
    if died and alive_only:
        reasons.append("counts only when the patient is discharged alive")
    if drg_number and (group := _ignoring(reference, source, code, drg_number)):
        reasons.append(f"its severity is ignored in DRGs {group}")
    return SeverityAnswer(code, listed, Severity.NONE if reasons else listed, tuple(reasons), source)


def excluding(reference: Reference, code: str, discharged: dt.date) -> list[str]:
    """The principal diagnoses under which a CC or MCC does not count, in order; empty when there is none."""
    source = loaded(reference, FileKind.CC_EXCLUSIONS, "MS-DRG Table 6K", discharged)
    rows = reference.db.execute(
        "SELECT drg_collections.code FROM drg_exclusions JOIN drg_collections USING (load_id, collection)"
        " WHERE load_id = ? AND drg_exclusions.code = ? ORDER BY 1",
        (source.load, code),
    )
    return [code for (code,) in rows]


def _from_lists(reference: Reference, code: str, discharged: dt.date, exclusions: Origin) -> SeverityAnswer:
    """The level by tables 6I and 6J, where 6K does not cover the date: exclusions are then not checked."""
    majors = loaded(reference, FileKind.MCC_LIST, "MS-DRG Table 6I", discharged)
    minors = loaded(reference, FileKind.CC_LIST, "MS-DRG Table 6J", discharged)
    row = reference.db.execute(
        "SELECT major FROM drg_severities WHERE load_id IN (?, ?) AND code = ?",
        (majors.load if majors.covered else 0, minors.load if minors.covered else 0, code),
    ).fetchone()
    if row is None and not (majors.covered and minors.covered):
        return SeverityAnswer(code, None, None, (), exclusions)
    listed = Severity.NONE if row is None else Severity.MCC if row[0] else Severity.CC
    counts = Severity.NONE if listed is Severity.NONE else None
    return SeverityAnswer(code, listed, counts, (), majors if listed is Severity.MCC else minors)


def _in_collection(reference: Reference, source: Origin, collection: str, principal: str) -> bool:
    query = "SELECT 1 FROM drg_collections WHERE load_id = ? AND collection = ? AND code = ?"
    return reference.db.execute(query, (source.load, collection, principal)).fetchone() is not None


def _ignoring(reference: Reference, source: Origin, code: str, number: str) -> str:
    row = reference.db.execute(
        "SELECT first, last FROM drg_ignored WHERE load_id = ? AND code = ? AND ? BETWEEN first AND last",
        (source.load, code, number.zfill(3)),
    ).fetchone()
    return f"{row[0]}-{row[1]}" if row else ""
