"""One FHIR R4 encounter, with everything that points at it, as a record of the native format.

Codes stay in their sender's system, as evidence. A charge comes of an item whose code is HCPCS Level II, or of a
ChargeItem. ExplanationOfBenefit is not read. A resource that cannot be read is left out with its reason, and the
encounter goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from store.intake.fhir.attachments import BadAttachment, text_of
from store.intake.fhir.models import (
    Account,
    Attachment,
    ChargeItem,
    Claim,
    Concept,
    Condition,
    DiagnosticReport,
    DocumentReference,
    Element,
    Encounter,
    Location,
    Money,
    Patient,
    Procedure,
    Quantity,
    Reference,
    ServiceRequest,
)
from store.intake.fhir.parties import (
    Reader,
    clip,
    coverages_of,
    facility_fields,
    identity,
    patient_fields,
    provider_fields,
    providers_of,
    visit_class,
)
from store.intake.fhir.spool import Stored, normal
from store.intake.fhir.terms import terms
from store.intake.jsontext import first_error
from store.intake.native import NativeDocument, NativeEncounter, NativeProvider
from store.models.encounter import AccountFields, ChargeFields, SourceCodeFields
from store.terms import DocumentStatus, EncounterStatus, ProviderRole

_LEVEL_II = re.compile(r"[A-CE-V]\d{4}")
_BIGGEST_AMOUNT = 10**9
_NOT_DONE = frozenset(("not-done", "entered-in-error", "cancelled", "aborted", "refuted"))


class BadAmount(ValueError):
    """A number of units or dollars that no charge has."""


class CannotRead(ValueError):
    """The encounter cannot be made into a record; the message says why."""


@dataclass(frozen=True)
class LeftOut:
    """A resource that was left out of its encounter, and why; whose it is, where that is among the files."""

    stored: Stored
    reason: str
    patient: Stored | None = None

    @property
    def kept(self) -> bytes:
        """What a person needs to put it into a visit: the resource and its patient, as lines."""
        return self.stored.body + b"\n" + self.patient.body if self.patient else self.stored.body


@dataclass(frozen=True)
class FhirEncounter:
    """The record, the resources that it was made of as lines, and those that were left out."""

    record: NativeEncounter
    raw: bytes
    left_out: tuple[LeftOut, ...]


def read_encounter(reader: Reader, stored: Stored) -> FhirEncounter:
    """The native record of a stored Encounter. Raises CannotRead."""
    try:
        encounter = reader.parse(stored, Encounter)
        patient_stored, patient = _patient(reader, encounter, stored)
        unread: list[LeftOut] = []
        left_out: list[LeftOut] = []
        parts = _of_its_patient(reader, _parts(reader, stored, unread), encounter, patient_stored, left_out)
        others = len(left_out)
        record = _record(reader, stored, encounter, patient_stored, patient, parts, left_out)
    except ValidationError as error:
        raise CannotRead(first_error(error)) from None
    used = [patient_stored, stored, *(part.stored for part in parts)]
    own = (replace(one, patient=patient_stored) for one in left_out[others:])
    return FhirEncounter(record, b"\n".join(one.body for one in used), (*unread, *left_out[:others], *own))


def read_alone(reader: Reader, patient: Stored, resources: Iterable[Stored]) -> dict[str, Any]:
    """What resources add to a chart without their encounter, and whose they are, as fields of a native record.

    Raises CannotRead for one that cannot be read: there is nothing else to go on with.
    """
    left_out: list[LeftOut] = []
    try:
        whose = patient_fields(reader.parse(patient, Patient))
        parts = [_Part(one, reader.parse(one, _READ_AS[one.type])) for one in resources if one.type in _READ_AS]
        adding: dict[str, Sequence[BaseModel]] = {
            "documents": list(_documents(reader, parts, left_out)),
            "charges": list(_charges(parts, "", left_out)),
            "source_codes": list(_source_codes((), parts)),
        }
    except ValidationError as error:
        raise CannotRead(first_error(error)) from None
    if left_out:
        raise CannotRead(left_out[0].reason)
    dumped = {name: [one.model_dump() for one in found] for name, found in adding.items()}
    return {"patient": whose.model_dump(), **dumped}


_OfAPatient = Condition | Procedure | DocumentReference | DiagnosticReport | ServiceRequest | ChargeItem | Claim


@dataclass(frozen=True)
class _Part:
    """A resource that belongs to the encounter, as stored and as read."""

    stored: Stored
    resource: _OfAPatient


_READ_AS: dict[str, type[_OfAPatient]] = {
    "Condition": Condition,
    "Procedure": Procedure,
    "DocumentReference": DocumentReference,
    "DiagnosticReport": DiagnosticReport,
    "ServiceRequest": ServiceRequest,
    "ChargeItem": ChargeItem,
    "Claim": Claim,
}


def _patient(reader: Reader, encounter: Encounter, stored: Stored) -> tuple[Stored, Patient]:
    found = reader.find(encounter.subject, "Patient", stored)
    if found is None:
        name = encounter.subject.reference or "subject"
        raise CannotRead(f"its patient ({clip(name, 120)}) is not among the files read; take them in together")
    return found, reader.parse(found, Patient)


def _parts(reader: Reader, stored: Stored, left_out: list[LeftOut]) -> list[_Part]:
    parts = []
    for one in reader.spool.pointing_at(stored):
        if one.type not in _READ_AS:
            continue
        try:
            parts.append(_Part(one, reader.parse(one, _READ_AS[one.type])))
        except ValidationError as error:
            left_out.append(LeftOut(one, first_error(error)))
    return parts


def _of_its_patient(
    reader: Reader, parts: Sequence[_Part], encounter: Encounter, patient: Stored, left_out: list[LeftOut]
) -> list[_Part]:
    """The parts that are about the patient of the visit, or about nobody by name; the others are left out."""
    own = _record_number(reader, patient)
    kept = []
    for part in parts:
        subject = part.resource.subject
        found = reader.find(subject, "Patient", part.stored)
        if found is None:
            names = normal(subject.reference), normal(encounter.subject.reference)
            other = names[0] != names[1] and all(name.startswith("Patient/") for name in names)
            number = clip(names[0], 120)
        else:
            source, number = own if found.id == patient.id else _record_number(reader, found)
            other = (source, number) != own
        if other:
            reason = f"it is about another patient ({number}) than its visit ({own[1]})"
            left_out.append(LeftOut(part.stored, reason, found))
        else:
            kept.append(part)
    return kept


def _record_number(reader: Reader, stored: Stored) -> tuple[str, str]:
    patient = reader.parse(stored, Patient)
    return identity(patient.identifier, patient.id, "MR")


def _record(
    reader: Reader,
    stored: Stored,
    encounter: Encounter,
    patient_stored: Stored,
    patient: Patient,
    parts: Sequence[_Part],
    left_out: list[LeftOut],
) -> NativeEncounter:
    if not encounter.period.start:
        raise CannotRead("period.start: it is required")
    setting, patient_class, place_of_service = visit_class(encounter.class_.code)
    source, visit_number = identity(encounter.identifier, encounter.id, "VN")
    account = reader.get(encounter.account[0], Account, stored) if encounter.account else None
    claims = [p.resource for p in parts if isinstance(p.resource, Claim) and p.resource.use in ("", "claim")]
    start = encounter.period.start
    return NativeEncounter(
        source=source,
        visit_number=visit_number,
        setting=setting,
        patient_class=patient_class,
        status=terms().status.get(encounter.status, EncounterStatus.OPEN),
        started_at=start,
        ended_at=encounter.period.end,
        place_of_service=place_of_service,
        hospital_service=clip(encounter.service_type.words),
        admission_type=_translated(encounter.priority, terms().admission_type),
        point_of_origin=_code(encounter.hospitalization.admit_source),
        discharge_disposition=_disposition(encounter.hospitalization.discharge_disposition),
        reason=clip("; ".join(_reasons(reader, encounter, stored))),
        extra=_extra(reader, encounter, stored),
        patient=patient_fields(patient),
        account=_account(account, source, visit_number),
        facility=facility_fields(reader, encounter, stored),
        coverages=coverages_of(reader, patient_stored, claims, account, stored, source),
        providers=_once([*providers_of(reader, encounter, stored, setting), *_orderers(reader, parts)]),
        documents=list(_documents(reader, parts, left_out)),
        charges=list(_charges(parts, start[:10], left_out)),
        source_codes=list(_source_codes(encounter.reason_code, parts)),
    )


def _account(account: Account | None, source: str, visit_number: str) -> AccountFields:
    if account is None:
        return AccountFields(source=source, account_number=visit_number)
    account_source, number = identity(account.identifier, account.id, "AN")
    financial_class: dict[str, Any] = {"financial_class": clip(account.type.words)} if account.type.words else {}
    return AccountFields(source=account_source, account_number=number, **financial_class)


def _reasons(reader: Reader, encounter: Encounter, stored: Stored) -> Iterator[str]:
    yield from filter(None, (concept.words for concept in encounter.reason_code))
    for reference in encounter.reason_reference:
        condition = reader.get(reference, Condition, stored)
        if words := condition.code.words if condition else reference.display:
            yield words


def _extra(reader: Reader, encounter: Encounter, stored: Stored) -> dict[str, str]:
    place = encounter.location[0].location if encounter.location else Reference()
    location = reader.get(place, Location, stored)
    extra = {
        "class": encounter.class_.code,
        "type": clip("; ".join(filter(None, (concept.words for concept in encounter.type)))),
        "location": clip((location.name if location else "") or place.display),
    }
    return {name: value for name, value in extra.items() if value}


def _orderers(reader: Reader, parts: Iterable[_Part]) -> Iterator[NativeProvider]:
    for part in parts:
        if isinstance(part.resource, ServiceRequest):
            fields = provider_fields(reader, part.resource.requester, part.stored)
            if fields:
                yield NativeProvider(role=ProviderRole.ORDERING, provider=fields)


def _once(providers: Iterable[NativeProvider]) -> list[NativeProvider]:
    return list({(p.role, p.provider.source, p.provider.local_id): p for p in providers}.values())


def _documents(reader: Reader, parts: Sequence[_Part], left_out: list[LeftOut]) -> Iterator[NativeDocument]:
    """Documents by their number; a report that a DocumentReference stands for already is not repeated."""
    readers: tuple[tuple[type[Element], Callable[..., Any]], ...] = (
        (DocumentReference, _reference_document),
        (DiagnosticReport, _report_document),
    )
    seen: set[str] = set()
    for kind, read in readers:
        for part in parts:
            if not isinstance(part.resource, kind):
                continue
            try:
                document = read(reader, part)
            except (ValidationError, BadAttachment) as error:
                reason = first_error(error) if isinstance(error, ValidationError) else str(error)
                left_out.append(LeftOut(part.stored, reason))
                continue
            if document is None or (document.document_number in seen and kind is DiagnosticReport):
                continue
            if document.document_number in seen:
                left_out.append(LeftOut(part.stored, "its document number occurs twice in the encounter"))
                continue
            seen.add(document.document_number)
            yield document


def _reference_document(reader: Reader, part: _Part) -> NativeDocument | None:
    resource = part.resource
    assert isinstance(resource, DocumentReference)
    left_out = terms().document_status_left_out
    if resource.status in left_out or resource.doc_status in left_out:
        return None
    named = [resource.master_identifier] if resource.master_identifier else resource.identifier
    number = next((i.value for i in named if i.value), resource.id)
    text = text_of([content.attachment for content in resource.content])
    return _document(
        reader, part, number, resource.type, resource.doc_status, text, resource.date, resource.author,
        title=resource.description, authenticator=resource.authenticator,
    )  # fmt: skip


def _report_document(reader: Reader, part: _Part) -> NativeDocument | None:
    resource = part.resource
    assert isinstance(resource, DiagnosticReport)
    if resource.status in terms().document_status_left_out:
        return None
    forms: list[Attachment] = resource.presented_form
    text = "\n\n".join(filter(None, (text_of(forms), resource.conclusion)))
    if not text.strip():
        return None
    number = next((i.value for i in resource.identifier if i.value), resource.id)
    authors = resource.results_interpreter or resource.performer
    when = resource.issued or resource.effective
    return _document(reader, part, number, resource.code, resource.status, text, when, authors)


def _document(
    reader: Reader,
    part: _Part,
    number: str,
    kind: Concept,
    status: str,
    text: str,
    when: str | None,
    authors: Sequence[Reference],
    title: str = "",
    authenticator: Reference | None = None,
) -> NativeDocument:
    loinc = next((c for c in kind.coding if c.system in terms().loinc), None)
    return NativeDocument(
        document_number=number.removeprefix("urn:uuid:"),
        type_code=loinc.code if loinc else "",
        type_name=clip((loinc.display if loinc else "") or kind.words or "Document"),
        title=clip(title),
        author=clip(_name(reader, authors[0], part.stored)) if authors else "",
        authored_at=when,
        authenticated_by=clip(_name(reader, authenticator, part.stored)) if authenticator else "",
        status=terms().document_status.get(status, DocumentStatus.AUTHENTICATED),
        text=text or "not readable here: the sender gave no text",
    )


def _name(reader: Reader, reference: Reference, seen_from: Stored) -> str:
    if reference.display:
        return reference.display
    provider = provider_fields(reader, reference, seen_from)
    return " ".join(filter(None, (provider.given_name, provider.family_name))) if provider else ""


def _charges(parts: Sequence[_Part], start: str, left_out: list[LeftOut]) -> Iterator[ChargeFields]:
    for part in parts:
        try:
            if isinstance(part.resource, Claim) and part.resource.use in ("", "claim"):
                yield from list(_claim_charges(part.resource, start))
            elif isinstance(part.resource, ChargeItem) and part.resource.status not in _NOT_DONE:
                yield _charge_item(part.resource, start)
        except (ValidationError, BadAmount) as error:
            reason = first_error(error) if isinstance(error, ValidationError) else str(error)
            left_out.append(LeftOut(part.stored, reason))


def _claim_charges(claim: Claim, start: str) -> Iterator[ChargeFields]:
    for item in claim.item:
        code = _level_ii(item.product)
        if not code:
            continue
        period = item.serviced_period.start if item.serviced_period else None
        units = _units(item.quantity)
        whole = item.net.value is not None
        amount = _dollars(item.net) if whole else _dollars(item.unit_price, units)
        yield ChargeFields(
            charge_number=f"{claim.id}-{item.sequence}",
            service_date=(item.serviced_date or period or start)[:10],
            description=clip(item.product.words),
            revenue_code=_code(item.revenue),
            procedure_code=code,
            modifiers=[m for m in map(_code, item.modifier) if m],
            units=units,
            amount_cents=amount,
        )


def _charge_item(item: ChargeItem, start: str) -> ChargeFields:
    period = item.occurrence_period.start if item.occurrence_period else None
    return ChargeFields(
        charge_number=identity(item.identifier, item.id)[1],
        service_date=(item.occurrence or period or start)[:10],
        description=clip(item.code.words),
        procedure_code=_level_ii(item.code),
        units=_units(item.quantity),
        amount_cents=_dollars(item.price),
    )


def _source_codes(reasons: Iterable[Concept], parts: Sequence[_Part]) -> Iterator[SourceCodeFields]:
    """Every code that the sender gave to the visit; those of claims come after those of the chart."""
    for concept in reasons:
        yield from _codes(concept, "reason")
    for part in parts:
        resource = part.resource
        if isinstance(resource, Condition) and not _denied(resource):
            yield from _codes(resource.code, "diagnosis")
        elif isinstance(resource, Procedure) and resource.status not in _NOT_DONE:
            yield from _codes(resource.code, "procedure")
        elif isinstance(resource, ServiceRequest):
            for concept in resource.reason_code:
                yield from _codes(concept, "reason")
        elif isinstance(resource, ChargeItem) and not _level_ii(resource.code):
            yield from _codes(resource.code, "procedure")
    for part in parts:
        if isinstance(part.resource, Claim):
            yield from _claim_codes(part.resource)


def _claim_codes(claim: Claim) -> Iterator[SourceCodeFields]:
    for diagnosis in sorted(claim.diagnosis, key=lambda d: d.sequence):
        yield from _codes(diagnosis.concept, "diagnosis")
    for procedure in sorted(claim.procedure, key=lambda p: p.sequence):
        yield from _codes(procedure.concept, "procedure")
    for item in claim.item:
        if not _level_ii(item.product):
            yield from _codes(item.product, "procedure")


def _codes(concept: Concept | None, kind: str) -> Iterator[SourceCodeFields]:
    for coding in concept.coding if concept else ():
        if coding.code:
            display = clip(coding.display or (concept.text if concept else ""))
            yield SourceCodeFields(system=coding.system, code=coding.code, display=display, kind=kind)


def _denied(condition: Condition) -> bool:
    return any(coding.code in _NOT_DONE for coding in condition.verification_status.coding)


def _level_ii(concept: Concept) -> str:
    """The HCPCS Level II code of a concept, or nothing: codes of five digits are never taken for it."""
    codes = (c.code for c in concept.coding if c.system in terms().hcpcs)
    return next((code for code in codes if _LEVEL_II.fullmatch(code)), "")


def _code(concept: Concept) -> str:
    return next((c.code for c in concept.coding if c.code), "")


def _translated(concept: Concept, words: dict[str, str]) -> str:
    code = _code(concept)
    return words.get(code, code)


def _disposition(concept: Concept) -> str:
    code = _translated(concept, terms().disposition)
    return code.zfill(2) if code.isdigit() else code


def _units(quantity: Quantity) -> int:
    """Whole units, one where none are given. Raises BadAmount."""
    if abs(quantity.value or 1) > _BIGGEST_AMOUNT:
        raise BadAmount("the quantity is too large")
    return int(quantity.value or 1)


def _dollars(money: Money, times: int = 1) -> int:
    """An amount, so many times, as integer cents, half a cent rounded to even.

    Raises BadAmount, also for another currency.
    """
    if money.currency.upper() not in ("", "USD"):
        raise BadAmount(f"expected US dollars, got {money.currency[:12]}")
    amount = money.value or 0
    if abs(amount) > _BIGGEST_AMOUNT:
        raise BadAmount("the amount is too large")
    return int((Decimal(repr(amount)) * 100 * times).quantize(Decimal(1)))
