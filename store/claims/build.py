"""Builds professional claims from final professional codings: who, what, for how much, copied from the chart.

One coding makes one claim, unless the form cannot carry it (`division`). A coding that cannot become a claim is
answered by name. A recoded encounter voids its earlier claim, or replaces it (frequency 7) where that has left.

Source: 005010X222A1; data element 1325 for frequencies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.audits.states import held_for_audit
from store.claims.chart import Chart, compose_parties, read_chart
from store.claims.content import BilledDiagnosis, BilledLine, Parties, parties_to_json
from store.claims.division import CannotDivide, Part, divide
from store.claims.numbers import claim_number
from store.database import Change, Database
from store.models import Claim, ClaimDiagnosis, ClaimLine, Coding, Encounter, WorkItem
from store.settings import Settings, load_settings
from store.terms import ClaimStatus, CodingKind, CodingStatus, DiagnosisRole

FORM = "837p"

_ON_CLAIM = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY, DiagnosisRole.EXTERNAL_CAUSE)
"""Admitting diagnosis and reason for visit belong to institutional claims."""


class UnknownCoding(CodedeskError):
    """The coding that was named does not exist."""

    title = "unknown coding"


class NotBuiltReason(StrEnum):
    """Why a coding made no claim."""

    CAME_BACK = "something came after it was coded: code it again, or mark the change seen"
    INSTITUTIONAL = "institutional claims are not available yet"
    AUDIT = "its audit before the bill is not final yet: codedesk audits list shows it"
    NOT_FINAL = "the coding is not final"
    ALREADY_BUILT = "its claim is built already"
    NO_LINES = "it has no HCPCS line to bill"
    NO_FACILITY = "the encounter names no facility to bill for it"
    TOO_MANY_POINTERS = "one line points to more than twelve diagnoses"


@dataclass(frozen=True)
class BuiltClaim:
    """A claim that was made. `notes` say what was divided or left off, `replaces` is the number of a sent claim."""

    claim_id: str
    claim_number: str
    total_cents: int
    notes: tuple[str, ...] = ()
    replaces: str = ""


@dataclass(frozen=True)
class NotBuilt:
    """A coding that made no claim, and why."""

    coding_id: str
    visit_number: str
    reason: NotBuiltReason


@dataclass(frozen=True)
class BuildReport:
    """All that one call built and did not build."""

    built: tuple[BuiltClaim, ...] = ()
    not_built: tuple[NotBuilt, ...] = ()


def build_claims(
    db: Database, actor: Actor, coding_id: str | None = None, operation_id: str | None = None
) -> BuildReport:
    """Build the claim of one coding, or of every final coding that has none, each in a transaction of its own.

    A retry with the same operation id goes on where the first attempt stopped. Raises UnknownCoding.
    """
    with db.reading() as session:
        codings = [coding_id] if coding_id else _unbilled(session)
    settings = load_settings()
    built: list[BuiltClaim] = []
    not_built: list[NotBuilt] = []
    for each in codings:
        own_operation = f"{operation_id}.{each}" if operation_id else None
        with db.change(actor, own_operation, "claim.build") as change:
            if not change.repeated:
                outcome = _build(change, each, settings)
                change.answer = asdict(outcome)
            else:
                outcome = _report(change.answer)
        built += outcome.built
        not_built += outcome.not_built
    return BuildReport(tuple(built), tuple(not_built))


def waiting_codings(db: Database, actor: Actor) -> list[str]:
    """The ids of final codings that `build_claims` would build a claim for, the oldest first."""
    with db.reading() as session:
        return _unbilled(session)


def _unbilled(session: Session) -> list[str]:
    """Final codings without a claim that is not void, the oldest first."""
    has_claim = select(Claim.id).where(Claim.coding_id == Coding.id, Claim.status != ClaimStatus.VOID).exists()
    query = select(Coding.id).where(Coding.status == CodingStatus.FINAL, ~has_claim)
    return list(session.exec(query.order_by(Coding.finalized_at, Coding.id)))


def _build(change: Change, coding_id: str, settings: Settings) -> BuildReport:
    session = change.session
    coding = session.get(Coding, coding_id)
    if coding is None:
        raise UnknownCoding(f"no coding has the id {coding_id!r}")
    if reason := _refusal(session, coding):
        return _refused(session, coding, reason)
    chart = read_chart(session, coding)
    if not chart.lines:
        return _refused(session, coding, NotBuiltReason.NO_LINES)
    if chart.facility is None:
        return _refused(session, coding, NotBuiltReason.NO_FACILITY)
    try:
        parts = divide(_diagnoses(chart), _lines(chart))
    except CannotDivide:
        return _refused(session, coding, NotBuiltReason.TOO_MANY_POINTERS)
    parties = compose_parties(chart, settings)
    sent = _clear_earlier(change, coding)
    built = []
    for number, part in enumerate(parts):
        replaced = sent[number] if number < len(sent) else None
        built.append(_write(change, chart, parties, part, replaced))
    return BuildReport(built=tuple(built))


def _refusal(session: Session, coding: Coding) -> NotBuiltReason | None:
    if coding.status is not CodingStatus.FINAL:
        return NotBuiltReason.NOT_FINAL
    if coding.kind is CodingKind.FACILITY:
        return NotBuiltReason.INSTITUTIONAL
    back = select(WorkItem.id).where(
        WorkItem.encounter_id == coding.encounter_id, WorkItem.kind == coding.kind, WorkItem.came_back != ""
    )
    if session.exec(back).first():
        return NotBuiltReason.CAME_BACK
    if held_for_audit(session, coding.encounter_id, coding.kind):
        return NotBuiltReason.AUDIT
    living = select(Claim.id).where(Claim.coding_id == coding.id, Claim.status != ClaimStatus.VOID)
    return NotBuiltReason.ALREADY_BUILT if session.exec(living).first() else None


def _refused(session: Session, coding: Coding, reason: NotBuiltReason) -> BuildReport:
    visit = session.get_one(Encounter, coding.encounter_id).visit_number
    return BuildReport(not_built=(NotBuilt(coding.id, visit, reason),))


def _diagnoses(chart: Chart) -> list[BilledDiagnosis]:
    return [BilledDiagnosis(row.sequence, row.code, row.poa) for row in chart.diagnoses if row.role in _ON_CLAIM]


def _lines(chart: Chart) -> list[BilledLine]:
    return [
        BilledLine(
            sequence=row.sequence,
            code=row.code,
            service_date=row.service_date or chart.encounter.service_date,
            charge_cents=row.charge_cents,
            units=row.units,
            modifiers=tuple(row.modifiers),
            pointers=tuple(row.pointers),
            performer_npi=row.performer_npi,
        )
        for row in chart.lines
    ]


def _clear_earlier(change: Change, coding: Coding) -> list[Claim]:
    """Void the claims of earlier codings that have not left; answer those of the last one that have."""
    query = (
        select(Claim)
        .where(Claim.encounter_id == coding.encounter_id, Claim.form == FORM, Claim.coding_id != coding.id)
        .where(Claim.status != ClaimStatus.VOID)
        .order_by(Claim.created_at, Claim.claim_number)
    )
    sent = []
    for claim in change.session.exec(query).all():
        if claim.status is ClaimStatus.EXPORTED:
            sent.append(claim)
            continue
        claim.status = ClaimStatus.VOID
        change.session.add(claim)
        change.log("claim.void", "claim", claim.id, number=claim.claim_number, reason="the encounter was recoded")
    return [claim for claim in sent if claim.coding_id == sent[-1].coding_id]


def _write(change: Change, chart: Chart, parties: Parties, part: Part, replaced: Claim | None) -> BuiltClaim:
    session = change.session
    dates = sorted(line.service_date for line in part.lines)
    total = sum(line.charge_cents for line in part.lines)
    claim = Claim(
        claim_number=claim_number(session, chart.encounter.service_date),
        form=FORM,
        encounter_id=chart.encounter.id,
        coding_id=chart.coding.id,
        payer_id=chart.coverages[0][1].id if chart.coverages else None,
        frequency="7" if replaced else "1",
        total_cents=total,
        service_from=dates[0],
        service_through=dates[-1],
        parties=parties_to_json(replace(parties, build_notes=part.notes)),
    )
    session.add(claim)
    session.flush()
    session.add_all(
        ClaimDiagnosis(claim_id=claim.id, sequence=row.sequence, code=row.code, poa=row.poa) for row in part.diagnoses
    )
    session.add_all(_line_row(claim.id, line) for line in part.lines)
    replaces = replaced.claim_number if replaced else ""
    change.log("claim.build", "claim", claim.id, number=claim.claim_number, coding=chart.coding.id, replaces=replaces)
    return BuiltClaim(claim.id, claim.claim_number, total, part.notes, replaces)


def _line_row(claim_id: str, line: BilledLine) -> ClaimLine:
    return ClaimLine(
        claim_id=claim_id,
        sequence=line.sequence,
        code=line.code,
        modifiers=list(line.modifiers),
        units=line.units,
        charge_cents=line.charge_cents,
        pointers=list(line.pointers),
        service_date=line.service_date,
        performer_npi=line.performer_npi,
    )


def _report(answer: dict[str, Any]) -> BuildReport:
    """A report as the operation kept it."""
    return BuildReport(
        built=tuple(BuiltClaim(**{**each, "notes": tuple(each["notes"])}) for each in answer["built"]),
        not_built=tuple(NotBuilt(**{**each, "reason": NotBuiltReason(each["reason"])}) for each in answer["not_built"]),
    )
