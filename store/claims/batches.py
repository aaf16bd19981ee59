"""Batches: every ready claim to its trading partner, in a file of the partner's own name and form.

Each file is an export of its own (`store.claims.export`), so that one that cannot be written leaves the others. A claim
with an open error stays behind and is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from store.actors import Actor
from store.claims.export import FORMS, ExportRefused, ExportReport, RefusedClaim, export_claims, report_from
from store.claims.partners import PartnerRefused, next_file_name, partners
from store.database import Database
from store.models import Claim, TradingPartner
from store.models.columns import clock
from store.settings import load_settings
from store.terms import ClaimStatus

_LIVING = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)


@dataclass(frozen=True)
class Batched:
    """One file that was written, and to whom; `partner` is empty for the receiver of the settings."""

    partner: str
    form: str
    report: ExportReport


@dataclass(frozen=True)
class BatchReport:
    """Every file of one call, and the claims that stayed behind."""

    files: tuple[Batched, ...]
    left_behind: tuple[RefusedClaim, ...]

    @property
    def claims(self) -> int:
        """How many claims left."""
        return sum(one.report.claims for one in self.files)


def batch_claims(
    db: Database, actor: Actor, folder: Path, partner: str | None = None, operation_id: str | None = None
) -> BatchReport:
    """Write a file for each partner and form that has ready claims; `partner` names one alone.

    A retry with the same operation id writes what the first attempt did not. Raises PartnerRefused, and what
    `export_claims` raises where no file could be written.
    """
    written: list[Batched] = []
    behind: list[RefusedClaim] = []
    for receiver, name, form, ids, row in _due(db, partner):
        own = f"{operation_id}.{receiver}.{form}" if operation_id else None
        path = folder / _file_name(db, actor, row, form)
        try:
            report = export_claims(db, actor, ids, path, own, ready_only=True, form=form)
        except ExportRefused as refusal:
            if not refusal.claims:
                raise
            behind += refusal.claims
            continue
        written.append(Batched(name, form, report))
        behind += report.left_behind
    return BatchReport(tuple(written), tuple(behind))


def to_json(report: BatchReport) -> dict[str, Any]:
    """The report as plain data."""
    return asdict(report)


def from_json(data: dict[str, Any]) -> BatchReport:
    """A report as `to_json` left it."""
    files = tuple(Batched(one["partner"], one["form"], report_from(one["report"])) for one in data["files"])
    return BatchReport(files, tuple(RefusedClaim(**one) for one in data["left_behind"]))


def _due(db: Database, partner: str | None) -> list[tuple[str, str, str, Sequence[str], TradingPartner | None]]:
    """Receiver, partner's name, form, claim ids and partner of every file to write."""
    with db.reading() as session:
        known = {row.receiver_id: row for row in partners(session) if row.active}
        names = {row.name for row in known.values()}
        if partner is not None and partner not in names:
            raise PartnerRefused(
                f"no active trading partner is called {partner!r}", f"known: {', '.join(names) or 'none'}"
            )
        by_receiver: dict[str, dict[str, list[str]]] = {}
        for form in FORMS:
            for claim_id, receiver in _living(session, form):
                by_receiver.setdefault(receiver, {}).setdefault(form, []).append(claim_id)
    due = []
    for receiver, forms in sorted(by_receiver.items()):
        row = known.get(receiver)
        if partner is None or (row is not None and row.name == partner):
            due += [(receiver, row.name if row else "", form, ids, row) for form, ids in forms.items()]
    return due


def _living(session: Session, form: str) -> list[tuple[str, str]]:
    query = select(Claim.id, Claim.parties).where(Claim.form == form, Claim.status.in_(_LIVING))  # type: ignore[attr-defined]
    return [(claim_id, parties["receiver"]["receiver_id"]) for claim_id, parties in session.exec(query)]


def _file_name(db: Database, actor: Actor, partner: TradingPartner | None, form: str) -> str:
    settings = load_settings()
    row = partner or TradingPartner(name=settings.receiver_id.lower(), receiver_id=settings.receiver_id)
    with db.change(actor, action="claim.batch") as change:
        return next_file_name(change.session, row, form, clock())
