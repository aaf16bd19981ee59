"""Builds claims from final codings: who, what, for how much, copied from the chart.

A professional coding makes an 837P, a facility's coding an 837I with the facility's charges. One coding makes one
claim, unless the form cannot carry it (`division`). A coding that cannot become a claim is answered by name. A recoded
encounter voids its earlier claim, or replaces it (frequency 7, with the payer's number) where that has left and was not
voided with the payer. One whose claim was voided there is built anew where somebody names it.

Source: 005010X222A1 and 005010X223A2; data element 1325 for frequencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.audits.corrections import due_before_bill
from store.audits.states import SEEN_BY, held_for_audit
from store.claims.chart import Chart, compose_parties, line_details, read_chart
from store.claims.content import BilledDiagnosis, BilledLine, Parties, parties_to_json
from store.claims.details import drug_coded, with_drug
from store.claims.division import CannotDivide, Part, divide, divide_facility
from store.claims.facility import BadExtra, facility_diagnoses
from store.claims.followers import (
    FOLLOWS_REPLACEMENT,
    FOLLOWS_VOID,
    done_with,
    stands_for_something,
    still_held,
    tell_what_it_replaces,
)
from store.claims.held import held_beside
from store.claims.next_payers import billed_before
from store.claims.numbers import claim_number
from store.claims.to_patient import stand_with_who_pays
from store.database import Change, Database
from store.intake.export import NoSuchEncounter, find_encounter
from store.ledger.charges import give_up
from store.models import Claim, ClaimDiagnosis, ClaimLine, Coding, Encounter, WorkItem
from store.settings import Settings, load_settings
from store.terms import ClaimStatus, CodingKind, CodingStatus, DiagnosisRole

PROFESSIONAL, INSTITUTIONAL = "837p", "837i"

_ON_CLAIM = (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY, DiagnosisRole.EXTERNAL_CAUSE)
"""Admitting diagnosis and reason for visit belong to institutional claims."""


class UnknownCoding(CodedeskError):
    """The coding that was named does not exist."""

    title = "unknown coding"


class NotBuiltReason(StrEnum):
    """Why a coding made no claim."""

    CAME_BACK = "something came after it was coded: code it again, or mark the change seen"
    AUDIT = f"the audit before the bill is not final yet: {SEEN_BY}"
    CORRECTION = (
        "the audit found codes to correct: its coder codes it again,"
        " or a coder or manager says codedesk audits keep-codes AUDIT --reason TEXT"
    )
    NOT_FINAL = "the coding is not final"
    ALREADY_BUILT = "its claim is built already"
    NO_LINES = "it has no HCPCS line to bill"
    NO_CHARGES = "the facility has no charge with a revenue code to bill"
    BAD_EXTRA = "what the sender gave beyond the chart cannot be read"
    NO_FACILITY = "the encounter names no facility to bill for it (setting billing_facility, codedesk facilities)"
    TOO_MANY_POINTERS = "one line points to more than twelve diagnoses"


@dataclass(frozen=True)
class BuiltClaim:
    """A claim that was made. `notes` say what was divided or left off, `replaces` is the number of a sent claim.

    `to_patient`: no payer takes it, and its charge stands on the patient.
    """

    claim_id: str
    claim_number: str
    total_cents: int
    notes: tuple[str, ...] = ()
    replaces: str = ""
    to_patient: bool = False


@dataclass(frozen=True)
class NotBuilt:
    """A coding that made no claim, and why."""

    coding_id: str
    visit_number: str
    reason: NotBuiltReason
    detail: str = ""


@dataclass(frozen=True)
class BuildReport:
    """All that one call built and did not build."""

    built: tuple[BuiltClaim, ...] = ()
    not_built: tuple[NotBuilt, ...] = ()


def build_claims(db: Database, actor: Actor, named: str | None = None, operation_id: str | None = None) -> BuildReport:
    """Build the claims of what is `named`, or of every final coding that has none, each in a transaction of its own.

    Named is one coding by its id, or a visit by its number or id: its newest coding of each side. A retry with the same
    operation id goes on where the first attempt stopped. Raises UnknownCoding.
    """
    with db.reading() as session:
        codings = _named(session, named) if named else _unbilled(session)
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


def _named(session: Session, named: str) -> list[str]:
    if session.get(Coding, named):
        return [named]
    try:
        encounter_id = find_encounter(session, named)
    except NoSuchEncounter as error:
        raise UnknownCoding(error.message, error.remedy) from None
    newest: dict[str, str] = {}
    rows = select(Coding).where(Coding.encounter_id == encounter_id, Coding.status != CodingStatus.SUPERSEDED)
    for coding in session.exec(rows.order_by(Coding.kind, col(Coding.version))):
        newest[coding.kind] = coding.id
    if not newest:
        raise UnknownCoding(f"visit {named} has no coding yet", "codedesk chart codes it")
    return list(newest.values())


def waiting_codings(db: Database, actor: Actor) -> list[str]:
    """The ids of final codings that `build_claims` would build a claim for, the oldest first."""
    with db.reading() as session:
        return _unbilled(session)


def _unbilled(session: Session) -> list[str]:
    """Final codings without a claim that is not void, the oldest first.

    One whose claim a person gave up or voided with its payer waits until it is coded anew, or named.
    """
    living = or_(col(Claim.status) != ClaimStatus.VOID, col(Claim.given_up_at) >= Coding.finalized_at)
    has_claim = select(Claim.id).where(Claim.coding_id == Coding.id, living).exists()
    query = select(Coding.id).where(Coding.status == CodingStatus.FINAL, ~has_claim)
    return list(session.exec(query.order_by(Coding.finalized_at, Coding.id)))


def build_in(change: Change, coding_id: str) -> BuildReport:
    """Build the claim of one coding within a change. Raises UnknownCoding."""
    return _build(change, coding_id, load_settings())


def _build(change: Change, coding_id: str, settings: Settings) -> BuildReport:
    session = change.session
    coding = session.get(Coding, coding_id)
    if coding is None:
        raise UnknownCoding(f"no coding has the id {coding_id!r}")
    if reason := _refusal(session, coding):
        detail = due_before_bill(session, coding.encounter_id, coding.kind)
        return _refused(session, coding, reason, detail if reason is NotBuiltReason.CORRECTION else "")
    chart = read_chart(session, coding)
    if not chart.of_facility and not chart.lines:
        return _refused(session, coding, NotBuiltReason.NO_LINES)
    if chart.facility is None:
        return _refused(session, coding, NotBuiltReason.NO_FACILITY)
    try:
        parties = compose_parties(chart, settings)
        parts = parts_of(chart, parties)
    except CannotDivide:
        return _refused(session, coding, NotBuiltReason.TOO_MANY_POINTERS)
    except BadExtra as error:
        return _refused(session, coding, NotBuiltReason.BAD_EXTRA, str(error))
    if not parts:
        return _refused(session, coding, NotBuiltReason.NO_CHARGES)
    sent = _clear_earlier(change, coding)
    built = []
    for number, part in enumerate(parts):
        replaced = sent[number] if number < len(sent) else None
        built.append(_write(change, chart, parties, part, replaced))
    return BuildReport(built=tuple(built))


def _refusal(session: Session, coding: Coding) -> NotBuiltReason | None:
    if coding.status is not CodingStatus.FINAL:
        return NotBuiltReason.NOT_FINAL
    if held_for_audit(session, coding.encounter_id, coding.kind):
        return NotBuiltReason.AUDIT
    if due_before_bill(session, coding.encounter_id, coding.kind):
        return NotBuiltReason.CORRECTION
    back = select(WorkItem.id).where(
        WorkItem.encounter_id == coding.encounter_id, WorkItem.kind == coding.kind, WorkItem.came_back != ""
    )
    if session.exec(back).first():
        return NotBuiltReason.CAME_BACK
    query = select(Claim.id).where(
        Claim.coding_id == coding.id, Claim.status != ClaimStatus.VOID, Claim.frequency != "8"
    )
    living = session.exec(query).all()
    return NotBuiltReason.ALREADY_BUILT if set(living) - done_with(session, living) else None


def _refused(session: Session, coding: Coding, reason: NotBuiltReason, detail: str = "") -> BuildReport:
    visit = session.get_one(Encounter, coding.encounter_id).visit_number
    return BuildReport(not_built=(NotBuilt(coding.id, visit, reason, detail),))


def form_of(coding: Coding) -> str:
    """837i for the facility's side of the bill, else 837p."""
    return INSTITUTIONAL if coding.kind is CodingKind.FACILITY else PROFESSIONAL


def parts_of(chart: Chart, parties: Parties) -> tuple[Part, ...]:
    """The claims that a chart comes to, one in nearly all cases; none without a line. Raises CannotDivide."""
    if not chart.of_facility:
        return divide(_diagnoses(chart), _lines(chart, parties))
    lines = [
        replace(line, details=with_drug(line_details(parties.details, line.code or line.revenue_code), line.drug))
        for line in chart.revenue_lines.lines
    ]
    return divide_facility(facility_diagnoses(chart.diagnoses), lines)


def _diagnoses(chart: Chart) -> list[BilledDiagnosis]:
    return [BilledDiagnosis(row.sequence, row.code, row.poa) for row in chart.diagnoses if row.role in _ON_CLAIM]


def _lines(chart: Chart, parties: Parties) -> list[BilledLine]:
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
            details=with_drug(line_details(parties.details, row.code), drug_coded(row.ndc, row.ndc_quantity)),
        )
        for row in chart.lines
    ]


def _clear_earlier(change: Change, coding: Coding) -> list[Claim]:
    """Void the claims of earlier codings that have not left; answer those of the last one that have.

    A sent claim that is voided with its payer (frequency 8, not denied) is done with, and so is one whose replacement
    left, also where that was voided then; one for another payer is not replaced.
    """
    voided = select(Claim.follows_id).where(
        Claim.follows_as == FOLLOWS_VOID, Claim.status != ClaimStatus.VOID, stands_for_something()
    )
    query = (
        select(Claim)
        .where(Claim.encounter_id == coding.encounter_id, Claim.form == form_of(coding), Claim.coding_id != coding.id)
        .where(Claim.status != ClaimStatus.VOID, Claim.frequency != "8")
        .where(col(Claim.id).not_in(voided.where(col(Claim.follows_id).is_not(None))))
        .order_by(Claim.created_at, Claim.claim_number)
    )
    sent = []
    earlier = change.session.exec(query).all()
    to_next = billed_before(change.session, [claim.id for claim in earlier])
    for claim in earlier:
        if claim.status is ClaimStatus.EXPORTED:
            first = claim.follows_as in ("", FOLLOWS_REPLACEMENT) and claim.id not in to_next
            sent += [claim] if first else []
            continue
        claim.status = ClaimStatus.VOID
        change.session.add(claim)
        give_up(change, claim, "the encounter was recoded")
        change.log("claim.void", "claim", claim.id, number=claim.claim_number, reason="the encounter was recoded")
    replacing = select(Claim.follows_id).where(
        Claim.encounter_id == coding.encounter_id,
        Claim.follows_as == FOLLOWS_REPLACEMENT,
        Claim.status == ClaimStatus.EXPORTED,
    )
    replaced = set(change.session.exec(replacing).all())
    standing = [claim for claim in sent if claim.id not in replaced]
    return [claim for claim in standing if claim.coding_id == standing[-1].coding_id]


def _write(change: Change, chart: Chart, parties: Parties, part: Part, replaced: Claim | None) -> BuiltClaim:
    number = replaced.payer_number if replaced else ""
    stated = replace(parties, build_notes=part.notes, original_reference=number)
    claim = Claim(
        claim_number="",
        form=form_of(chart.coding),
        encounter_id=chart.encounter.id,
        coding_id=chart.coding.id,
        payer_id=chart.coverages[0][1].id if chart.coverages else None,
        frequency="7" if replaced else "1",
        service_from="",
        service_through="",
        follows_id=replaced.id if replaced else None,
        follows_as=FOLLOWS_REPLACEMENT if replaced else "",
    )
    store_claim(change.session, claim, stated, part.diagnoses, part.lines, chart.encounter.service_date)
    replaces = replaced.claim_number if replaced else ""
    change.log("claim.build", "claim", claim.id, number=claim.claim_number, coding=chart.coding.id, replaces=replaces)
    tell_what_it_replaces(change, claim)
    to_patient = stand_with_who_pays(change, claim)
    held = [still_held(replaced)] if replaced and claim.frequency == "1" else []
    held += [f"it does not leave yet: {why}" for why in held_beside(change.session, [claim.id]).values()]
    return BuiltClaim(claim.id, claim.claim_number, claim.total_cents, (*part.notes, *held), replaces, to_patient)


def store_claim(
    session: Session,
    claim: Claim,
    parties: Parties,
    diagnoses: Sequence[BilledDiagnosis],
    lines: Sequence[BilledLine],
    service_date: str,
) -> None:
    """Give a new claim its number, dates and total, and store it with its diagnoses and lines."""
    bill = parties.facility_bill
    days = sorted(day for line in lines for day in (line.service_date, line.service_through) if day)
    claim.claim_number = claim_number(session, service_date)
    claim.total_cents = sum(line.charge_cents for line in lines)
    claim.service_from = bill.statement_from if bill else days[0]
    claim.service_through = bill.statement_through if bill else days[-1]
    claim.parties = parties_to_json(parties)
    session.add(claim)
    session.flush()
    session.add_all(
        ClaimDiagnosis(claim_id=claim.id, sequence=row.sequence, code=row.code, poa=row.poa) for row in diagnoses
    )
    session.add_all(_line_row(claim.id, line) for line in lines)


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
        revenue_code=line.revenue_code,
        service_through=line.service_through,
        unit=line.unit,
        details=asdict(line.details) if line.details else None,
    )


def _report(answer: dict[str, Any]) -> BuildReport:
    """A report as the operation kept it."""
    return BuildReport(
        built=tuple(BuiltClaim(**{**each, "notes": tuple(each["notes"])}) for each in answer["built"]),
        not_built=tuple(NotBuilt(**{**each, "reason": NotBuiltReason(each["reason"])}) for each in answer["not_built"]),
    )
