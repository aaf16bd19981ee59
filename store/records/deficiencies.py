"""Deficiencies of charts: found by rules, closed when what was lacking came, or waived; and who owes how many.

A chart is delinquent when it still lacks something more than 30 days after its visit ended. The figure that is watched
is delinquent charts by average monthly discharges, under 50 % (Joint Commission RC.01.04.01 EP 4 as it is commonly
stated; the number is a site's to change).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.database import Database
from store.models import Deficiency, Document, Encounter, EncounterProvider, Patient, Provider, Suspension
from store.models.columns import now
from store.reasons import reason_in_words
from store.records.completeness import HeldDocument, Lack, chart_rules, lacking
from store.settings import today
from store.terms import RESTRICTED, EncounterStatus, ProviderRole

DELINQUENT_DAYS = 30
LOOK_BACK_DAYS = 400
_PORTION = 500


class RecordsRefused(CodedeskError):
    """The step is not possible as things stand; nothing was changed."""

    title = "records"
    exit_code = 1


@dataclass(frozen=True)
class Scanned:
    """How many charts were looked at, deficiencies opened and closed."""

    charts: int
    opened: int
    closed: int


@dataclass(frozen=True)
class DeficiencyRow:
    """One open deficiency; `age` in days since the end of the visit."""

    id: str
    encounter_id: str
    visit_number: str
    service_date: str
    patient: str
    mrn: str
    setting: str
    lacks: str
    provider: str
    provider_id: str
    age: int

    @property
    def delinquent(self) -> bool:
        return self.age > DELINQUENT_DAYS


@dataclass(frozen=True)
class ProviderRow:
    """What a clinician owes, by age, and whether they are suspended."""

    provider_id: str
    provider: str
    charts: int
    deficiencies: int
    upto_7: int
    upto_30: int
    delinquent: int
    oldest: int
    suspended_since: str


@dataclass(frozen=True)
class Delinquency:
    """The figure: charts that are delinquent, by the discharges of an average month (of the last year)."""

    charts: int
    monthly_discharges: float

    @property
    def share(self) -> float | None:
        return self.charts / self.monthly_discharges if self.monthly_discharges else None


def scan(db: Database, actor: Actor, since: str = "", operation_id: str | None = None) -> Scanned:
    """Look every closed visit over, from a service day on, and bring its deficiencies up to date."""
    first = since or (today() - timedelta(days=LOOK_BACK_DAYS)).isoformat()
    rules, day = chart_rules(), today()
    charts = opened = closed = 0
    after = ""
    while True:
        with db.change(actor, f"{operation_id}.{after}" if operation_id else None, "records.scan") as change:
            session = change.session
            visits = session.exec(
                select(Encounter)
                .where(Encounter.id > after, Encounter.service_date >= first)
                .where(Encounter.status == EncounterStatus.DISCHARGED)
                .order_by(Encounter.id)
                .limit(_PORTION)
            ).all()
            if visits and not change.repeated:
                made, gone = _look_over(session, visits, rules, day)
                opened, closed = opened + made, closed + gone
                if made or gone:
                    change.log("records.scan", "deficiency", "", opened=made, closed=gone)
            charts, after = charts + len(visits), visits[-1].id if visits else ""
        if not after:
            return Scanned(charts, opened, closed)


def waive(db: Database, actor: Actor, deficiency_id: str, reason: str, operation_id: str | None = None) -> None:
    """Close a deficiency that need not be mended, with the reason. Raises RecordsRefused, ReasonNeeded."""
    with db.change(actor, operation_id, "records.waive") as change:
        if change.repeated:
            return
        found = change.session.get(Deficiency, deficiency_id)
        if found is None or found.closed_at:
            raise RecordsRefused("that deficiency is not open", "codedesk records deficiencies lists those that are")
        words = reason_in_words(reason)
        found.closed_at, found.waived = now(), words
        change.session.add(found)
        change.log("records.waive", "deficiency", found.id, reason=words)


def deficiencies(db: Database, actor: Actor, provider: str = "") -> list[DeficiencyRow]:
    """Open deficiencies, the oldest first; of one clinician by family name where it is given."""
    with db.change(actor, action="records.list") as change:
        change.log("records.list", "deficiency", "", provider=provider)
        day = today()
        query = (
            select(Deficiency, Encounter, Patient, Provider)
            .join(Encounter, col(Encounter.id) == Deficiency.encounter_id)
            .join(Patient, col(Patient.id) == Encounter.patient_id)
            .join(Provider, col(Provider.id) == Deficiency.provider_id, isouter=True)
            .where(col(Deficiency.closed_at).is_(None))
            .order_by(Deficiency.since, Encounter.visit_number, Deficiency.rule_id, Deficiency.id)
        )
        if provider:
            query = query.where(func.lower(Provider.family_name).startswith(provider.lower(), autoescape=True))
        return [
            DeficiencyRow(
                one.id,
                visit.id,
                visit.visit_number,
                visit.service_date,
                RESTRICTED if who.restricted is not None else _named(who.family_name, who.given_name),
                "" if who.restricted is not None else who.mrn,
                visit.setting.label,
                one.lacks,
                _named(owes.family_name, owes.given_name) if owes else "nobody named",
                owes.id if owes else "",
                (day - date.fromisoformat(one.since)).days,
            )
            for one, visit, who, owes in change.session.exec(query)
        ]


def by_provider(rows: Sequence[DeficiencyRow], suspended: dict[str, str]) -> list[ProviderRow]:
    """What each clinician owes, who has most delinquent charts first."""
    grouped: dict[tuple[str, str], list[DeficiencyRow]] = {}
    for row in rows:
        grouped.setdefault((row.provider_id, row.provider), []).append(row)
    found = [
        ProviderRow(
            key,
            name,
            len({row.encounter_id for row in own}),
            len(own),
            sum(row.age <= 7 for row in own),
            sum(7 < row.age <= DELINQUENT_DAYS for row in own),
            len({row.encounter_id for row in own if row.delinquent}),
            max(row.age for row in own),
            suspended.get(key, ""),
        )
        for (key, name), own in grouped.items()
    ]
    return sorted(found, key=lambda row: (-row.delinquent, -row.oldest, row.provider))


def delinquency(session: Session) -> Delinquency:
    """The delinquency figure of today."""
    day = today()
    limit = (day - timedelta(days=DELINQUENT_DAYS)).isoformat()
    charts = session.exec(
        select(func.count(func.distinct(Deficiency.encounter_id))).where(
            col(Deficiency.closed_at).is_(None), Deficiency.since < limit
        )
    ).one()
    first = (day - timedelta(days=365)).isoformat()
    discharges = session.exec(
        select(func.count())
        .select_from(Encounter)
        .where(Encounter.status == EncounterStatus.DISCHARGED, Encounter.service_date > first)
        .where(Encounter.service_date <= day.isoformat())
    ).one()
    return Delinquency(charts, discharges / 12)


def suspend(db: Database, actor: Actor, provider_id: str, reason: str, operation_id: str | None = None) -> None:
    """Put a clinician (id or NPI) on the suspension list. Raises RecordsRefused, ReasonNeeded."""
    with db.change(actor, operation_id, "records.suspend") as change:
        if change.repeated:
            return
        provider = _provider(change.session, provider_id)
        if _suspension(change.session, provider.id):
            raise RecordsRefused(f"{provider.family_name} is suspended already", "codedesk records providers shows it")
        placed = Suspension(
            provider_id=provider.id,
            since=today().isoformat(),
            reason=reason_in_words(reason),
            placed_by=actor.person_id,
        )
        change.session.add(placed)
        change.log("records.suspend", "provider", provider.id, reason=placed.reason)


def lift(db: Database, actor: Actor, provider_id: str, operation_id: str | None = None) -> None:
    """Take a clinician off the suspension list. Raises RecordsRefused."""
    with db.change(actor, operation_id, "records.lift") as change:
        if change.repeated:
            return
        provider = _provider(change.session, provider_id)
        found = _suspension(change.session, provider.id)
        if found is None:
            raise RecordsRefused(f"{provider.family_name} is not suspended")
        found.ended_on, found.ended_by = today().isoformat(), actor.person_id
        change.session.add(found)
        change.log("records.lift", "provider", provider.id)


def suspended(session: Session) -> dict[str, str]:
    """Since when each suspended clinician is, by id."""
    rows = session.exec(select(Suspension.provider_id, Suspension.since).where(col(Suspension.ended_on).is_(None)))
    return dict(rows.all())


def _look_over(session: Session, visits: Sequence[Encounter], rules: Sequence[Any], day: date) -> tuple[int, int]:
    """Bring the deficiencies of some visits up to date; how many were opened and closed."""
    ids = [visit.id for visit in visits]
    documents: dict[str, list[HeldDocument]] = {}
    for one in session.exec(select(Document).where(col(Document.encounter_id).in_(ids), Document.current)):
        held = HeldDocument(one.document_number, one.type_code, one.type_name, one.status.authenticated)
        documents.setdefault(one.encounter_id, []).append(held)
    owners: dict[tuple[str, ProviderRole], str] = {}
    for link in session.exec(select(EncounterProvider).where(col(EncounterProvider.encounter_id).in_(ids))):
        owners.setdefault((link.encounter_id, link.role), link.provider_id)
    present: dict[tuple[str, str, str], Deficiency] = {
        (one.encounter_id, one.rule_id, one.document_number): one
        for one in session.exec(select(Deficiency).where(col(Deficiency.encounter_id).in_(ids)))
    }
    opened = 0
    wanted: set[tuple[str, str, str]] = set()
    for visit in visits:
        since = (visit.ended_at or visit.started_at)[:10]
        since = since if len(since) == 10 else visit.service_date
        age = (day - date.fromisoformat(since)).days
        for lack in lacking(rules, visit.setting, age, documents.get(visit.id, [])):
            key = (visit.id, lack.rule_id, lack.document)
            wanted.add(key)
            known = present.get(key)
            if known is None:
                opened += 1
                session.add(_opened(visit.id, since, lack, owners))
            elif known.closed_at and not known.waived:  # it came and went again
                known.closed_at = None
                opened += 1
    closed = 0
    for key, known in present.items():
        if known.closed_at is None and key not in wanted:
            known.closed_at = now()
            closed += 1
    return opened, closed


def _opened(encounter_id: str, since: str, lack: Lack, owners: dict[tuple[str, ProviderRole], str]) -> Deficiency:
    return Deficiency(
        encounter_id=encounter_id,
        provider_id=next((owners[encounter_id, role] for role in lack.owner if (encounter_id, role) in owners), None),
        rule_id=lack.rule_id,
        document_number=lack.document,
        lacks=lack.words[:400],
        since=since,
    )


def _provider(session: Session, key: str) -> Provider:
    found = session.exec(select(Provider).where((Provider.id == key) | (Provider.npi == key))).first()
    if found is None:
        raise RecordsRefused(f"no clinician has the id or NPI {key[:40]!r}", "codedesk records providers lists them")
    return found


def _suspension(session: Session, provider_id: str) -> Suspension | None:
    query = select(Suspension).where(Suspension.provider_id == provider_id, col(Suspension.ended_on).is_(None))
    return session.exec(query).first()


def _named(family: str, given: str) -> str:
    return ", ".join(filter(None, (family, given)))
