"""Batches: every ready claim to its trading partner, in a file of the partner's own name and form.

A claim goes to the partner that takes its payer's claims on the day of the batch. Each file is an export of its own
(`store.claims.export`), so that one that cannot be written leaves the others. A claim with an open error stays behind
and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from store.actors import Actor
from store.claims.content import Receiver
from store.claims.export import (
    FORMS,
    ExportRefused,
    ExportReport,
    RefusedClaim,
    export_claims,
    report_from,
    staying_behind,
)
from store.claims.partners import PartnerRefused, file_name, next_file_name, partners, route_of
from store.clock import clock
from store.database import Database
from store.models import Claim, Counter, TradingPartner
from store.settings import Settings, load_settings
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


@dataclass(frozen=True)
class PlannedFile:
    """A file that a batch would write now: to whom, under which name, what is in it, and T for test or P."""

    partner: str
    receiver: str
    form: str
    file_name: str
    usage: str
    claim_numbers: tuple[str, ...]
    total_cents: int

    @property
    def claims(self) -> int:
        """How many claims would leave in it."""
        return len(self.claim_numbers)


@dataclass(frozen=True)
class BatchPlan:
    """What a batch would write, and the claims that it would leave behind."""

    files: tuple[PlannedFile, ...]
    left_behind: tuple[RefusedClaim, ...]


def plan_batch(db: Database, actor: Actor, partner: str | None = None) -> BatchPlan:
    """What `batch_claims` would do now; nothing is changed. Raises PartnerRefused."""
    settings = load_settings()
    files, behind = [], []
    with db.reading() as session:
        numbers: dict[str, int] = {}
        for due in _due(session, partner):
            staying = staying_behind(session, due.claim_ids, due.form)
            behind += staying
            refused = {one.claim_number for one in staying}
            leaving = [(number, cents) for number, cents in due.claims if number not in refused]
            if not leaving:
                continue
            row = due.partner or _of_settings(settings)
            counter = session.get(Counter, f"file.{row.name}")
            number = numbers.get(row.name, counter.last if counter else 0) + 1
            numbers[row.name] = number
            files.append(
                PlannedFile(
                    partner=due.partner.name if due.partner else "",
                    receiver=due.receiver.receiver_id,
                    form=due.form,
                    file_name=file_name(row, due.form, clock(), number),
                    usage=due.partner.usage_indicator if due.partner else settings.usage_indicator,
                    claim_numbers=tuple(number for number, _ in leaving),
                    total_cents=sum(cents for _, cents in leaving),
                )
            )
    return BatchPlan(tuple(files), tuple(behind))


def batch_claims(
    db: Database, actor: Actor, folder: Path, partner: str | None = None, operation_id: str | None = None
) -> BatchReport:
    """Write a file for each partner and form that has ready claims; `partner` names one alone.

    A retry with the same operation id writes what the first attempt did not. Raises PartnerRefused, and what
    `export_claims` raises where no file could be written.
    """
    written: list[Batched] = []
    behind: list[RefusedClaim] = []
    with db.reading() as session:
        everything = _due(session, partner)
    for due in everything:
        own = f"{operation_id}.{due.receiver.receiver_id}.{due.form}" if operation_id else None
        path = folder / _file_name(db, actor, due.partner, due.form)
        try:
            report = export_claims(db, actor, due.claim_ids, path, own, ready_only=True, form=due.form)
        except ExportRefused as refusal:
            if not refusal.claims:
                raise
            behind += refusal.claims
            continue
        written.append(Batched(due.partner.name if due.partner else "", due.form, report))
        behind += report.left_behind
    return BatchReport(tuple(written), tuple(behind))


def to_json(report: BatchReport) -> dict[str, Any]:
    """The report as plain data."""
    return asdict(report)


def from_json(data: dict[str, Any]) -> BatchReport:
    """A report as `to_json` left it."""
    files = tuple(Batched(one["partner"], one["form"], report_from(one["report"])) for one in data["files"])
    return BatchReport(files, tuple(RefusedClaim(**one) for one in data["left_behind"]))


@dataclass
class _Due:
    """The claims of one file to write: ids, and numbers with cents."""

    receiver: Receiver
    form: str
    partner: TradingPartner | None
    claim_ids: list[str] = field(default_factory=list)
    claims: list[tuple[str, int]] = field(default_factory=list)


def _due(session: Session, partner: str | None) -> list[_Due]:
    """Every file to write, by receiver and form, as the partners are now."""
    names = [row.name for row in partners(session) if row.active]
    if partner is not None and partner not in names:
        raise PartnerRefused(f"no active trading partner is called {partner!r}", f"known: {', '.join(names) or 'none'}")
    route = route_of(session, load_settings())
    found: dict[tuple[str, int], _Due] = {}
    for place, form in enumerate(FORMS):
        for claim_id, number, cents, parties in _living(session, form):
            coverage = parties["coverage"] or {}
            receiver, row = route(coverage.get("payer", {}).get("identifier", ""))
            if partner is None or (row is not None and row.name == partner):
                due = found.setdefault((receiver.receiver_id, place), _Due(receiver, form, row))
                due.claim_ids.append(claim_id)
                due.claims.append((number, cents))
    return [found[key] for key in sorted(found)]


def _living(session: Session, form: str) -> Iterable[Sequence[Any]]:
    """Id, number, cents and stored parties of the claims that have not left."""
    query = select(Claim.id, Claim.claim_number, Claim.total_cents, Claim.parties)
    return session.exec(query.where(Claim.form == form, col(Claim.status).in_(_LIVING)))


def _of_settings(settings: Settings) -> TradingPartner:
    return TradingPartner(name=settings.receiver_id.lower(), receiver_id=settings.receiver_id)


def _file_name(db: Database, actor: Actor, partner: TradingPartner | None, form: str) -> str:
    row = partner or _of_settings(load_settings())
    with db.change(actor, action="claim.batch") as change:
        return next_file_name(change.session, row, form, clock())
