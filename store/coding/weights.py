"""Weights of Table 5 for the DRGs of codings that were grouped before it was loaded.

A stay keeps the DRG and the weight that it was final coded with. Where no Table 5 was loaded on that day the weight is
empty, and no case mix can be told of the stay; once the table of its day of discharge is there, it is brought. A weight
that was kept is never changed, nor is one taken from a table of other days (42 CFR 412.60(b): each fiscal year has its
own).
"""

from __future__ import annotations

import datetime as dt

from sqlmodel import col, select

from codesets import drg
from codesets.grouping.reasons import weight_of
from codesets.reference import Reference
from store.actors import Actor
from store.database import Database
from store.models import CodingDrg


def bring_weights(db: Database, reference: Reference, actor: Actor, operation_id: str | None = None) -> int:
    """Give the DRGs without a weight that of the Table 5 of their day of discharge; how many got one."""
    with db.change(actor, operation_id, "report.refresh") as change:
        if change.repeated:
            return int(change.answer["weights"])
        many = 0
        for kept in change.session.exec(select(CodingDrg).where(col(CodingDrg.weight) == "")):
            day = _day(kept.discharged)
            found = drg.drg(reference, kept.drg, day) if day else None
            weight = weight_of(found)
            if found is None or weight is None or not found.origin.covered:
                continue
            kept.weight, kept.weights = str(weight), found.origin.edition
            many += 1
        change.log("report.refresh", "report", "DRG weights", weights=many)
        change.answer = {"weights": many}
        return many


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
