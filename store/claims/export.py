"""Sends ready claims: one file of one form (837P or 837I), one interchange per receiver, all of it or nothing.

What leaves is what was scrubbed: a claim whose payer, facility or provider says something else since stays behind
(`store.claims.outdated`).

The order is what keeps it safe. Control numbers are taken first, in a transaction of their own, so that none is
ever used twice. The file is then written under another name and flushed to disk. Only then, in one transaction,
the claims are checked to be as they were read and marked exported, the bytes and the segment map are kept, and
the file gets its name; where any of that fails, no file and no mark remains. A claim that is not ready is refused
by name before anything is written.

A claim goes to the partner that takes its payer's claims now: one that was built for another receiver is addressed
anew, and what claims bill is posted to the ledger, in that same transaction. The partner says how its interchange is
made, and how many claims it takes.

Source: X12.5 for control numbers; 005010X222A1 and 005010X223A2 for the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sqlalchemy import bindparam, func, update
from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from store.actors import Actor
from store.audits.states import DONE, SEEN_BY
from store.claims.content import ClaimContent, Receiver, contents_of
from store.claims.followers import in_their_place, unvoided_beside
from store.claims.held import held_beside
from store.claims.numbers import take
from store.claims.outdated import outdated
from store.claims.partners import Channel, channel_to, route_of
from store.claims.to_patient import SELF_PAY
from store.clock import clock
from store.collector import collector_at_rest
from store.database import Change, Database
from store.ledger.charges import bill
from store.models import Audit, AuditSample, Claim, ClaimExport, Coding, Encounter, Finding, Operation, Payer, WorkItem
from store.models.columns import now, table_of
from store.output import Destination, OutputFile, Recorder, output_file
from store.queries import SessionReader
from store.queries.restricted import closed_patients
from store.remits.reached import held_back
from store.settings import load_settings
from store.terms import ClaimStatus, FindingState, Severity
from store.x12 import institutional, professional
from store.x12.loops837 import FUNCTIONAL_ID, transactions_needed
from store.x12.writer import Place

FORMS = {"837p": professional, "837i": institutional}
"""The forms that leave as X12, with what writes them."""

_READ_AT_ONCE = 200


class ExportRefused(CodedeskError):
    """Claims that were asked for cannot leave; no file was written. `claims` are the numbers and reasons."""

    title = "claims export"
    exit_code = 1

    def __init__(self, message: str, remedy: str = "", claims: Sequence[RefusedClaim] = ()) -> None:
        super().__init__(message, remedy)
        self.claims = tuple(claims)


@dataclass(frozen=True)
class RefusedClaim:
    """A claim that cannot leave, and why."""

    claim_number: str
    reason: str


@dataclass(frozen=True)
class ExportedInterchange:
    """One ISA that left: its receiver, control numbers, claims, amount and the hash of its bytes."""

    export_id: str
    receiver: str
    interchange_control: int
    group_control: int
    transaction_control: str
    claim_numbers: tuple[str, ...]
    total_cents: int
    sha256: str
    size: int


@dataclass(frozen=True)
class ExportReport:
    """What left, and what stayed behind. `file_sha256` is the hash of the whole file."""

    destination: str
    file_sha256: str
    interchanges: tuple[ExportedInterchange, ...]
    left_behind: tuple[RefusedClaim, ...] = ()

    @property
    def claims(self) -> int:
        """How many claims left."""
        return sum(len(interchange.claim_numbers) for interchange in self.interchanges)


@dataclass(frozen=True)
class _Candidate:
    """A claim that was asked for, with what decides whether and where it goes; `order` keeps a provider together.

    `receiver` is the one of now, `built_for` the one that the claim names.
    """

    id: str
    claim_number: str
    status: ClaimStatus
    scrubbed_at: str | None
    row_version: int
    order: tuple[str, str, str]
    receiver: Receiver
    built_for: Receiver
    self_pay: bool


@dataclass
class _Batch:
    """The claims of one receiver on their way: ids with the row versions they were read at.

    `elsewhere` are the ids of those that name another receiver, with its identifier.
    """

    to: Receiver
    form: str
    channel: Channel
    claims: list[tuple[str, str, int]] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    interchange_control: int = 0
    group_control: int = 0
    first_transaction: int = 0
    total_cents: int = 0
    size: int = 0
    sha256: str = ""
    compressed: bytes = b""
    places: list[Place] = field(default_factory=list)

    @property
    def receiver(self) -> str:
        """The identifier of the receiver (ISA08), by which control numbers are counted."""
        return self.to.receiver_id


def export_claims(
    db: Database,
    actor: Actor,
    claim_ids: Sequence[str] | None,
    destination: Destination,
    operation_id: str | None = None,
    ready_only: bool = False,
    form: str = "837p",
    by_hand: bool = False,
) -> ExportReport:
    """Write claims to a new file (or to standard output) and mark them exported.

    `by_hand`: the person who asks gets the file, so that those of charts that are closed to them are not ready.

    `claim_ids` None means all of the form (837p, 837i) that are neither exported nor void. One that is not ready
    refuses the whole export; with `ready_only` it is left behind and named. Repeating an operation answers the first
    report and writes nothing. Raises ExportRefused, DestinationUnusable or X12Unwritable.
    """
    if operation_id and (earlier := _earlier(db, operation_id)):
        return earlier
    batches, left_behind = _batches(db, claim_ids, ready_only, form, actor if by_hand else None)
    _take_control_numbers(db, actor, batches)
    with output_file(destination) as output:
        for batch in batches:
            _write(db, output, batch)
        output.finish()
        try:
            with db.change(actor, operation_id, "claim.export") as change:
                if change.repeated:
                    return report_from(change.answer)
                sent = tuple(_keep(change, batch, str(destination)) for batch in batches)
                report = ExportReport(str(destination), output.sha256, sent, tuple(left_behind))
                change.answer = asdict(report)
                change.session.flush()
                output.deliver()
        except BaseException:
            output.take_back()
            raise
    return report


def _earlier(db: Database, operation_id: str) -> ExportReport | None:
    """What the operation answered, if it was carried out before."""
    with db.reading() as session:
        operation = session.get(Operation, operation_id)
        return report_from(operation.answer) if operation else None


def _batches(
    db: Database, claim_ids: Sequence[str] | None, ready_only: bool, form: str, reader: Actor | None
) -> tuple[list[_Batch], list[RefusedClaim]]:
    """The claims by receiver, ordered by billing provider. Raises ExportRefused."""
    with db.reading() as session:
        claims = _asked_for(session, claim_ids, form)
        refused = _closed(session, claims, reader)
        closed = {refusal.claim_number for refusal in refused}
        refused += _refusals(session, [claim for claim in claims if claim.claim_number not in closed])
        unready = {refusal.claim_number for refusal in refused}
        by_receiver: dict[str, list[_Batch]] = {}
        for claim in sorted(claims, key=lambda one: one.order):
            if claim.claim_number in unready:
                continue
            to = claim.receiver
            own = by_receiver.setdefault(to.receiver_id, [])
            if not own or len(own[-1].claims) >= own[-1].channel.most_claims:
                channel = channel_to(session, to.receiver_id, to.submitter_id, load_settings())
                own.append(_Batch(to, form, channel))
            own[-1].claims.append((claim.id, claim.claim_number, claim.row_version))
            if claim.built_for != to:
                own[-1].elsewhere[claim.id] = claim.built_for.receiver_id
    if refused and not ready_only:
        first = f"{refused[0].claim_number} {refused[0].reason}"
        more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
        raise ExportRefused(f"{first}{more}; no file was written", "scrub and mend, or use --ready-only", refused)
    if not by_receiver:
        raise ExportRefused("no claim is ready; no file was written", "build and scrub claims first", refused)
    return [batch for own in by_receiver.values() for batch in own], refused


def staying_behind(session: Session, claim_ids: Sequence[str], form: str) -> list[RefusedClaim]:
    """Those of the claims that an export would leave behind, and why."""
    return _refusals(session, _asked_for(session, claim_ids, form))


def _closed(session: Session, claims: Sequence[_Candidate], reader: Actor | None) -> list[RefusedClaim]:
    """Those of charts that are closed to who gets the file."""
    if reader is None or not reader.person_id:
        return []
    own = closed_patients(SessionReader(session), reader.person_id, now())
    visits = select(Encounter.id).where(col(Encounter.patient_id).in_(own))
    theirs = set(session.exec(select(Claim.id).where(col(Claim.encounter_id).in_(visits))) if own else ())
    return [RefusedClaim(claim.claim_number, _RESTRICTED) for claim in claims if claim.id in theirs]


_RESTRICTED = "is of a restricted chart: claims batch sends it, a file by hand is for who was admitted"


def _refusals(session: Session, claims: Sequence[_Candidate]) -> list[RefusedClaim]:
    ids = [claim.id for claim in claims]
    blocked, back = _open_blocks(session, ids), _came_back(session, ids)
    audited, held = _in_audit(session, ids), held_back(session, ids)
    held = {one: f"{why}: apply that or give it back (codedesk unapplied list)" for one, why in held.items()}
    held |= {one: f"stays: {why}" for one, why in held_beside(session, ids).items()}
    held |= unvoided_beside(session, ids)
    held |= {one: f"stays where it is: {why}" for one, why in in_their_place(session, ids).items()}
    refused = [refusal for claim in claims if (refusal := _refusal(claim, blocked, back, audited, held))]
    staying = {refusal.claim_number for refusal in refused}
    leaving = {claim.id: claim for claim in claims if claim.claim_number not in staying}
    retired = outdated(session, list(leaving))
    return refused + [RefusedClaim(leaving[one].claim_number, _RETIRED.format(why)) for one, why in retired.items()]


_RETIRED = "states {} as it was when it was scrubbed, and that changed since: codedesk claims scrub copies it again"


def _asked_for(session: Session, claim_ids: Sequence[str] | None, form: str) -> list[_Candidate]:
    columns: Sequence[Any] = (
        Claim.id,
        Claim.claim_number,
        Claim.status,
        Claim.scrubbed_at,
        Claim.row_version,
        Payer.line_of_business,
        col(Claim.parties)["coverage"]["sequence"].as_string(),
        col(Claim.parties)["coverage"]["payer"]["identifier"].as_string(),
        *(col(Claim.parties)[part][name].as_string() for part, name in _DECIDING),
    )
    query = select(*columns)
    route = route_of(session, load_settings())
    query = query.outerjoin(Payer, col(Payer.id) == Claim.payer_id).where(Claim.form == form)
    if claim_ids is None:
        living = (ClaimStatus.DRAFT, ClaimStatus.SCRUB_FAILED, ClaimStatus.READY)
        return [_candidate(row, route) for row in session.exec(query.where(col(Claim.status).in_(living)))]
    claims: list[_Candidate] = []
    wanted = list(dict.fromkeys(claim_ids))
    for start in range(0, len(wanted), _READ_AT_ONCE):
        some = query.where(col(Claim.id).in_(wanted[start : start + _READ_AT_ONCE]))
        claims += [_candidate(row, route) for row in session.exec(some)]
    if missing := set(wanted) - {claim.id for claim in claims}:
        raise ExportRefused(f"no {form} claim has the id {min(missing)!r}; no file was written")
    return claims


def _candidate(row: Any, route: Callable[[str], tuple[Receiver, Any]]) -> _Candidate:
    business, covered, identifier, npi, name, *built_for = row[5:]
    self_pay = business == SELF_PAY or covered is None
    order = (npi or "", name or "", row[1])
    claim_id, number, status, scrubbed_at, version = row[:5]
    return _Candidate(
        claim_id,
        number,
        status,
        scrubbed_at,
        version or 0,
        order,
        route(identifier or "")[0],
        Receiver(*built_for),
        self_pay,
    )


_DECIDING = (
    ("billing", "npi"),
    ("billing", "name"),
    *(("receiver", one.name) for one in fields(Receiver)),
)
"""The parts of `Claim.parties` that decide where a claim goes, read without the rest."""


def _open_blocks(session: Session, claim_ids: Sequence[str]) -> dict[str, int]:
    """How many open findings block each claim; the status alone is not proof."""
    counts: dict[str, int] = {}
    for start in range(0, len(claim_ids), _READ_AT_ONCE):
        query = (
            select(Finding.subject_id, func.count())
            .where(
                Finding.subject_kind == "claim",
                col(Finding.subject_id).in_(claim_ids[start : start + _READ_AT_ONCE]),
                Finding.state == FindingState.OPEN,
                col(Finding.severity).in_([severity for severity in Severity if severity.blocks]),
            )
            .group_by(Finding.subject_id)
        )
        counts |= dict(session.exec(query).all())
    return counts


def _came_back(session: Session, claim_ids: Sequence[str]) -> dict[str, str]:
    """What came after the coding of each claim, and nobody has looked at; of first claims alone.

    What follows a claim that has left, as its void or its late charges, is made with that known.
    """
    late: dict[str, str] = {}
    for start in range(0, len(claim_ids), _READ_AT_ONCE):
        query = (
            select(Claim.id, WorkItem.came_back)
            .join(Coding, col(Coding.id) == Claim.coding_id)
            .join(WorkItem, (col(WorkItem.encounter_id) == Claim.encounter_id) & (col(WorkItem.kind) == Coding.kind))
            .where(
                col(Claim.id).in_(claim_ids[start : start + _READ_AT_ONCE]),
                Claim.follows_as == "",
                WorkItem.came_back != "",
            )
        )
        late |= dict(session.exec(query).all())
    return late


def _in_audit(session: Session, claim_ids: Sequence[str]) -> set[str]:
    """Those of the claims that were built before their chart was drawn for an audit before the bill, not final yet."""
    found: set[str] = set()
    for start in range(0, len(claim_ids), _READ_AT_ONCE):
        query = (
            select(Claim.id)
            .join(Audit, col(Audit.coding_id) == Claim.coding_id)
            .join(AuditSample, col(AuditSample.id) == Audit.audit_sample_id)
            .where(col(Claim.id).in_(claim_ids[start : start + _READ_AT_ONCE]), Claim.follows_as == "")
            .where(col(AuditSample.prebill).is_(True), Audit.second_of == "", col(Audit.status).not_in(DONE))
        )
        found |= set(session.exec(query))
    return found


def _refusal(
    claim: _Candidate,
    blocked: Mapping[str, int],
    back: Mapping[str, str],
    audited: Collection[str],
    held: Mapping[str, str],
) -> RefusedClaim | None:
    """Why the claim cannot leave, or None."""
    if claim.status is ClaimStatus.EXPORTED:
        return RefusedClaim(claim.claim_number, "has left already")
    if claim.status is ClaimStatus.PATIENT:
        return RefusedClaim(claim.claim_number, "is billed to the patient: no payer takes it")
    if claim.status is ClaimStatus.VOID:
        return RefusedClaim(claim.claim_number, "is void")
    if why := held.get(claim.id):
        return RefusedClaim(claim.claim_number, why)
    if claim.self_pay:
        return RefusedClaim(claim.claim_number, "is self pay: no payer takes it; scrubbing it bills the patient")
    if claim.status is ClaimStatus.DRAFT or claim.scrubbed_at is None:
        return RefusedClaim(claim.claim_number, "has not been scrubbed")
    if claim.status is ClaimStatus.REJECTED:
        return RefusedClaim(claim.claim_number, "was rejected: it leaves once it is changed or released")
    if claim.id in audited:
        return RefusedClaim(claim.claim_number, f"waits for the audit before its bill: {SEEN_BY}")
    if late := back.get(claim.id):
        return RefusedClaim(claim.claim_number, f"has a chart that came back ({late}): code it again, or mark it seen")
    count = blocked.get(claim.id, 0)
    if count or claim.status is not ClaimStatus.READY:
        return RefusedClaim(claim.claim_number, f"has {count} open blocking finding{'s' if count != 1 else ''}")
    return None


def _take_control_numbers(db: Database, actor: Actor, batches: Iterable[_Batch]) -> None:
    with db.change(actor, action="claim.control_numbers") as change:
        for batch in batches:
            batch.interchange_control = take(change.session, f"interchange.{batch.receiver}")
            batch.group_control = take(change.session, f"group.{batch.receiver}")
            needed = transactions_needed(len(batch.claims))
            batch.first_transaction = take(change.session, f"transaction.{batch.receiver}", needed)


def _write(db: Database, output: OutputFile, batch: _Batch) -> None:
    """Write the interchange of one receiver, reading its claims as it goes."""
    recorder = Recorder(output)
    with db.reading() as session, collector_at_rest():
        contents = _contents(session, batch)
        first = next(contents)
        writing = FORMS[batch.form]
        envelope = batch.channel.envelope(
            batch.interchange_control, batch.group_control, clock(), FUNCTIONAL_ID, writing.VERSION
        )
        writer = writing.write_interchange(recorder, _chained(first, contents), envelope, batch.first_transaction)
    batch.places, batch.size = writer.places, recorder.size
    batch.sha256, batch.compressed = recorder.finish()


def _contents(session: Session, batch: _Batch) -> Iterator[ClaimContent]:
    for start in range(0, len(batch.claims), _READ_AT_ONCE):
        some = batch.claims[start : start + _READ_AT_ONCE]
        found = contents_of(session, [claim_id for claim_id, _, _ in some])
        for claim_id, number, version in some:
            content, present = found.get(claim_id, (None, -1))
            if content is None or present != version:
                raise ExportRefused(f"{number} was changed meanwhile; no file was written", "export again")
            batch.total_cents += content.total_cents
            if content.parties.receiver != batch.to:
                content = replace(content, parties=replace(content.parties, receiver=batch.to))
            yield content


def _chained(first: ClaimContent, rest: Iterator[ClaimContent]) -> Iterator[ClaimContent]:
    yield first
    yield from rest


def _keep(change: Change, batch: _Batch, destination: str) -> ExportedInterchange:
    """Mark the claims exported and keep the interchange; every claim must still be as it was read."""
    session = change.session
    export = ClaimExport(
        form=batch.form,
        partner=batch.channel.partner,
        receiver=batch.receiver,
        interchange_control=batch.interchange_control,
        group_control=batch.group_control,
        transaction_control=f"{batch.first_transaction:04d}",
        file_name=destination,
        sha256=batch.sha256,
        content=batch.compressed,
        segments=batch.places,
        claims=len(batch.claims),
        exported_by=change.actor.person_id,
        exported_at=now(),
    )
    session.add(export)
    session.flush()
    _mark(session, batch, export.id)
    _address(change, batch)
    for claim_id, number, _ in batch.claims:
        change.log("claim.export", "claim", claim_id, number=number, export=export.id)
    bill(change, [claim_id for claim_id, _, _ in batch.claims])
    change.log(
        "claim.file",
        "export",
        export.id,
        receiver=batch.receiver,
        interchange=batch.interchange_control,
        claims=len(batch.claims),
        sha256=batch.sha256,
        destination=destination,
    )
    return ExportedInterchange(
        export_id=export.id,
        receiver=batch.receiver,
        interchange_control=batch.interchange_control,
        group_control=batch.group_control,
        transaction_control=export.transaction_control,
        claim_numbers=tuple(number for _, number, _ in batch.claims),
        total_cents=batch.total_cents,
        sha256=batch.sha256,
        size=batch.size,
    )


def _mark(session: Session, batch: _Batch, export_id: str) -> None:
    """Mark the claims exported, some hundred at once; each must still be ready, and as it was read."""
    for start in range(0, len(batch.claims), _READ_AT_ONCE):
        some = batch.claims[start : start + _READ_AT_ONCE]
        ids = [claim_id for claim_id, _, _ in some]
        query = select(Claim.id, Claim.row_version).where(col(Claim.id).in_(ids), Claim.status == ClaimStatus.READY)
        present = dict(session.exec(query).all())
        for claim_id, number, version in some:
            if present.get(claim_id) != version:
                raise ExportRefused(f"{number} was changed meanwhile; no file was written", "export again")
        session.execute(
            update(Claim)
            .where(col(Claim.id).in_(ids))
            .values(status=ClaimStatus.EXPORTED, export_id=export_id, row_version=col(Claim.row_version) + 1)
            .execution_options(synchronize_session=False)
        )


def _address(change: Change, batch: _Batch) -> None:
    """Have the claims that were built for another receiver name the one they went to."""
    ids = list(batch.elsewhere)
    numbers = {claim_id: number for claim_id, number, _ in batch.claims}
    table = table_of(Claim)
    addressing = update(table).where(table.c.id == bindparam("of")).values(parties=bindparam("named"))
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        rows = change.session.exec(select(Claim.id, Claim.parties).where(col(Claim.id).in_(some))).all()
        named = [{"of": claim_id, "named": {**parties, "receiver": asdict(batch.to)}} for claim_id, parties in rows]
        change.session.connection().execute(addressing, named)
        for claim_id in some:
            change.log(
                "claim.address", "claim", claim_id,
                number=numbers[claim_id], before=batch.elsewhere[claim_id], receiver=batch.receiver,
            )  # fmt: skip


def report_from(answer: dict[str, Any]) -> ExportReport:
    """A report as the operation kept it."""
    return ExportReport(
        destination=answer["destination"],
        file_sha256=answer["file_sha256"],
        interchanges=tuple(
            ExportedInterchange(**{**each, "claim_numbers": tuple(each["claim_numbers"])})
            for each in answer["interchanges"]
        ),
        left_behind=tuple(RefusedClaim(**each) for each in answer["left_behind"]),
    )
