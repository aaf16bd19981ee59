"""The last audit of a person as they may see it themselves: the sample of which a chart of theirs was returned last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from store.actors import Actor
from store.audits.scorecards import REVIEWED, score_of
from store.audits.scores import together
from store.database import Database
from store.models import Audit, AuditSample


@dataclass(frozen=True)
class LastAudit:
    """Code over code of the person's charts in a sample: `percent` from 0 to 100, None where no code was to be given.

    `returned_on` is the ISO day (UTC) on which the last of them was returned.
    """

    sample: str
    charts: int
    percent: float | None
    returned_on: str

    @property
    def text(self) -> str:
        """`94.2%`."""
        return "–" if self.percent is None else f"{self.percent:.1f}%"


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
        return LastAudit(name, len(charts), None if value is None else value * 100, (last.returned_at or "")[:10])
