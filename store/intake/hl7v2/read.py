"""One HL7 v2 message as what it says: statements about its visit, a person without a visit, merges, or an answer.

The event decides what happens (`interfaces.toml`); what it means for charts is the writer's business. A message of a
kind that intake does not use gives nothing, which is no fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from store.intake.charges import Posting
from store.intake.hl7v2 import chart, visit
from store.intake.hl7v2.answers import answer_in
from store.intake.hl7v2.interface import Happening, Interface, interface_for
from store.intake.hl7v2.message import BadMessage, Message, Segment
from store.intake.hl7v2.values import numbered, utc
from store.intake.jsontext import first_error
from store.intake.statement import Item, Merge, MergeKind, Person, Statement, Step

_STEPS = {
    Happening.OPENS: Step.OPEN,
    Happening.CLOSES: Step.CLOSE,
    Happening.CANCELS: Step.CANCEL,
    Happening.REOPENS: Step.REOPEN,
}
_MERGES = {
    Happening.MERGES_PATIENTS: MergeKind.PATIENT,
    Happening.MERGES_ACCOUNTS: MergeKind.ACCOUNT,
    Happening.MERGES_VISITS: MergeKind.VISIT,
    Happening.MOVES_ACCOUNTS: MergeKind.ACCOUNT_MOVE,
    Happening.MOVES_VISITS: MergeKind.VISIT_MOVE,
}
_CLOSING_TIMES = ("EVN-6", "EVN-2", "MSH-7")


@dataclass(frozen=True)
class Read:
    """What a message says. `passed_over` names its event where it is of a kind that is not used."""

    items: tuple[Item, ...]
    identity: str
    place: str
    passed_over: str = ""
    notes: tuple[str, ...] = ()
    """What of it was not taken as it stands there."""


def interface_of(message: Message) -> Interface:
    """The map for the sender of a message. Raises BadInterface."""
    return interface_for(message.text("MSH-3"), message.text("MSH-4"))


def read(message: Message, interface: Interface | None = None, chosen: tuple[str, str] | None = None) -> Read:
    """What a message says, of the `chosen` visit where it names none. Raises BadMessage with segment and field."""
    interface = interface or interface_of(message)
    event, happening = message.event, interface.happening(message.event)
    identity = "|".join((message.text("MSH-3"), message.text("MSH-4"), message.control_id))[:400]
    place = f"{event} {message.control_id}".strip()[:200]
    if not event:
        raise BadMessage("MSH-9: expected the type of the message")
    if happening == Happening.PASSED_OVER:
        return Read((), identity, place, passed_over=event)
    try:
        if happening in _MERGES:
            return Read(tuple(_merges(message, interface, _MERGES[happening])), identity, place)
        if (answer := answer_in(message, interface)) is not None:
            return Read((answer,), identity, place)
        fallback = visit.fallback_source(message)
        pid = message.first("PID")
        patient = visit.patient(pid, interface, fallback) if pid else None
        number = visit.identifiers(message, interface, interface.visit) or chosen
        if happening == Happening.PERSON and (message.first("PV1") is None or number is None):
            if patient is None:
                raise BadMessage("PID-3: expected a patient number")
            return Read((Person(patient),), identity, place)
        if number is None:
            raise BadMessage(f"{', '.join(interface.visit)}: expected the number of the visit")
        charges = chart.charges(message, interface)
        statement = _statement(message, interface, happening, number, patient, charges.postings)
    except ValidationError as error:
        raise BadMessage(first_error(error)) from None
    return Read((statement,), identity, place, notes=tuple(charges.notes))


def _statement(
    message: Message,
    interface: Interface,
    happening: Happening,
    number: tuple[str, str],
    patient: object,
    postings: list[Posting],
) -> Statement:
    values = visit.visit_values(message, interface)
    if patient is not None:
        values["patient"] = patient
    own = tuple(path for path in interface.account if path != interface.visit[0])
    if account := _account(message, interface, own):
        values["account"] = account
    if facility := visit.facility(message, interface, interface.facility):
        values["facility"] = facility
    for name, paths in (("started_at", ("PV1-44",)), ("ended_at", interface.end)):
        if when := visit.first_moment(message, paths):
            values[name] = when
    if coverages := visit.coverages(message, interface):
        values["coverages"] = coverages
    by_key = {(role, p.source, p.local_id): (role, p) for role, p in visit.providers(message, interface)}
    if by_key:
        values["providers"] = [{"role": role, "provider": p} for role, p in by_key.values()]
    if extra := visit.extra_values(message, interface):
        values["extra"] = extra
    _add_chart(message, interface, happening, values)
    step = _STEPS.get(happening, Step.NONE)
    if step == Step.NONE and message.event in interface.closes_outpatients.events:
        step = Step.PAST
    known_only = f"the visit that it {happening.value} is not here" if step in (Step.CANCEL, Step.REOPEN) else ""
    first = _first(message, interface, happening)
    # The number of the visit stands in for that of the account where a visit begins; it moves none that is here.
    if "account" not in values and (account := _account(message, interface, interface.account)):
        first["account"] = account
    told_at = utc(message.text("MSH-7")) or utc(message.text("EVN-2"))
    else_person = happening == Happening.PERSON and patient is not None
    return Statement(*number, values, step, first, postings, known_only, else_person, told_at)


def _account(message: Message, interface: Interface, paths: tuple[str, ...]) -> dict[str, str] | None:
    """The account at the first of the paths that gives one, with its financial class."""
    found = visit.identifiers(message, interface, paths)
    if found is None:
        return None
    account = {"source": found[0], "account_number": found[1]}
    if financial_class := message.text("PV1-20"):
        account["financial_class"] = financial_class[:400]
    return account


def _add_chart(message: Message, interface: Interface, happening: Happening, values: dict[str, Any]) -> None:
    """Add documents and codes."""
    documents = []
    if happening == Happening.DOCUMENTS:
        document = chart.document(message, interface)
        if document is None:
            raise BadMessage("TXA-12: expected the unique number of the document")
        documents = [document]
    elif happening == Happening.RESULTS:
        documents = list(chart.reports(message, interface))
    if documents:
        values["documents"] = documents
    if codes := list(chart.source_codes(message, interface)):
        values["source_codes"] = codes


def _first(message: Message, interface: Interface, happening: Happening) -> dict[str, Any]:
    """What is good enough to begin a visit with, where PV1-44 is silent or no place is named."""
    paths = interface.start
    if happening == Happening.OPENS:
        paths = (*paths, *interface.start_of_opening)
    first: dict[str, Any] = {}
    if started := visit.first_moment(message, paths):
        first["started_at"] = started
    if facility := visit.facility(message, interface, interface.facility_of_new):
        first["facility"] = facility
    if happening == Happening.CLOSES and (ended := visit.first_moment(message, _CLOSING_TIMES)):
        first["ended_at"] = ended
    return first


def _merges(message: Message, interface: Interface, kind: MergeKind) -> Iterator[Merge]:
    """Each MRG with the PID and PV1 around it; A36 merges the accounts too."""
    fallback = visit.fallback_source(message)
    pid: Segment | None = None
    found = False
    for place, segment in enumerate(message.segments):
        if segment.name == "PID":
            pid = segment
        if segment.name != "MRG" or pid is None:
            continue
        following = message.segments[place + 1 : place + 2]
        pv1 = next((s for s in following if s.name == "PV1"), None) or message.first("PV1")
        for merge in _of_mrg(segment, pid, pv1, interface, fallback, kind, message.event):
            found = True
            yield merge
    if not found:
        raise BadMessage("MRG: expected the number that is merged, beside the one that remains")


def _of_mrg(
    mrg: Segment,
    pid: Segment,
    pv1: Segment | None,
    interface: Interface,
    fallback: str,
    kind: MergeKind,
    event: str,
) -> Iterator[Merge]:
    patient = visit.patient(pid, interface, fallback)
    kept = (patient.source, patient.mrn) if patient else None
    gone = visit.patient_number(mrg, interface, fallback, field=1)

    def number(segment: Segment | None, field: int) -> tuple[str, str] | None:
        raw = segment.repetitions(field) if segment else []
        return numbered(raw[0], segment.marks, interface, fallback) if segment and raw else None

    account, visit_here = number(pid, 18), number(pv1, 19)
    gone_account, gone_visit = number(mrg, 3), number(mrg, 5)
    pairs: list[tuple[MergeKind, tuple[str, str] | None, tuple[str, str] | None]] = []
    match kind:
        case MergeKind.PATIENT:
            pairs.append((kind, gone, kept))
            if event == "ADT^A36":
                pairs.append((MergeKind.ACCOUNT, gone_account, account))
        case MergeKind.ACCOUNT:
            pairs.append((kind, gone_account, account))
        case MergeKind.VISIT:
            pairs.append((kind, gone_visit, visit_here))
        case MergeKind.ACCOUNT_MOVE:
            pairs.append((kind, account or gone_account, kept))
        case MergeKind.VISIT_MOVE:
            pairs.append((kind, visit_here or gone_visit, kept))
    for one, a, b in pairs:
        if a and b and a != b:
            yield Merge(one, a, b, patient)
