"""Monthly sums of claim lines and denials, so that ten million lines answer at once.

They are made anew month by month from the record; a month whose lines changed is made again by `refresh`. What a sum
says is therefore as of its last refresh, which `SiteFact` keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, insert, literal, select, text
from sqlmodel import col

from store.actors import Actor
from store.database import Database
from store.models import Claim, ClaimLine, Denial, DenialMonth, LineMonth, SiteFact
from store.models.columns import now, table_of
from store.queries.chains import counted
from store.reports.run import MONTHLY_SUMS
from store.terms import DenialStatus


def refresh(db: Database, actor: Actor, since: str = "", operation_id: str | None = None) -> int:
    """Make the sums anew, of all months or of those from `since` (2026-09) on; how many rows they have.

    Raises PartOfRecord: they are sums of all facilities.
    """
    with db.change(actor, operation_id, "report.refresh") as change:
        if change.repeated:
            return int(change.answer["rows"])
        session = change.session
        session.execute(delete(LineMonth).where(col(LineMonth.month) >= since))
        session.execute(delete(DenialMonth).where(col(DenialMonth.month) >= since))
        month = func.substr(ClaimLine.service_date, 1, 7)
        payer = func.coalesce(Claim.payer_id, literal(""))
        sums = (func.sum(ClaimLine.units), func.sum(ClaimLine.charge_cents))
        lines = (
            select(month, payer, col(ClaimLine.code), func.count(), *sums)
            .join(Claim, col(Claim.id) == ClaimLine.claim_id)
            .where(text(counted("claim")), col(ClaimLine.service_date) >= since)
            .group_by(month, payer, ClaimLine.code)
        )
        session.execute(insert(LineMonth).from_select(_names(LineMonth), lines))
        opened = func.substr(Denial.opened_at, 1, 7)
        keys: Sequence[Any] = (
            opened,
            Denial.payer_name,
            Denial.group_code,
            Denial.reason_code,
            Denial.procedure_code,
        )
        denials = (
            select(*keys, func.count(), func.sum(Denial.cents))
            .where(col(Denial.status) != DenialStatus.WITHDRAWN, col(Denial.cents) > 0, col(Denial.opened_at) >= since)
            .group_by(*keys)
        )
        session.execute(insert(DenialMonth).from_select(_names(DenialMonth), denials))
        fact = session.get(SiteFact, MONTHLY_SUMS) or SiteFact(name=MONTHLY_SUMS, value="")
        fact.value = now()
        session.add(fact)
        rows = sum(
            session.execute(select(func.count()).select_from(table)).scalar_one() for table in (LineMonth, DenialMonth)
        )
        change.log("report.refresh", "report", "monthly sums", since=since, rows=rows)
        change.answer = {"rows": rows}
        return int(rows)


def _names(table: type[LineMonth] | type[DenialMonth]) -> list[str]:
    return [column.name for column in table_of(table).columns]
