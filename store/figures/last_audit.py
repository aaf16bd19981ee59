"""The last audit of a person as they may see it themselves: the sample of which a chart of theirs was returned last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, func, select

from store.actors import Actor
from store.audits.scorecards import REVIEWED, score_of
from store.audits.scores import together
from store.audits.states import SETTLED
from store.database import Database
from store.models import Audit, AuditFinding, AuditSample


@dataclass(frozen=True)
class LastAudit:
    """Code over code of the person's charts in a sample: `percent` from 0 to 100, None where no code was to be given.

    `returned_on` is the ISO day (UTC) on which the last of them was returned. `waiting` counts the findings that nobody
    has settled yet: they count as errors until they are overturned, so that the score may still rise.
    """

    sample: str
    charts: int
    percent: float | None
    returned_on: str
    waiting: int = 0

    @property
    def text(self) -> str:
        """`94.2%`, or `75.0%, 2 open` while findings wait."""
        score = "–" if self.percent is None else f"{self.percent:.1f}%"
        return f"{score}, {self.waiting} open" if self.waiting else score


def last_audit(db: Database, actor: Actor) -> LastAudit | None:
    """The last audit of the actor; None where no chart of theirs was ever returned."""
    mine = (
        Audit.coder_id == actor.person_id,
        Audit.second_of == "",
        col(Audit.status).in_(REVIEWED),
    )
    with db.reading() as session:
        newest = select(Audit).where(*mine).order_by(col(Audit.returned_at).desc(), Audit.id)
        last = session.exec(newest.limit(1)).first()
        if last is None or actor.person_id is None:
            return None
        charts = session.exec(select(Audit).where(*mine, Audit.audit_sample_id == last.audit_sample_id)).all()
        value = together([score_of(session, one) for one in charts]).code_over_code.value
        name = session.get_one(AuditSample, last.audit_sample_id).name
        unsettled = select(func.count(col(AuditFinding.id))).where(
            col(AuditFinding.audit_id).in_([one.id for one in charts]), col(AuditFinding.status).not_in(SETTLED)
        )
        waiting = session.exec(unsettled).one()
        percent = None if value is None else value * 100
        return LastAudit(name, len(charts), percent, (last.returned_at or "")[:10], waiting)
