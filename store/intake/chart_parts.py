"""What a chart collects over time: documents in versions, posted charges with reversals, source codes, codings.

Each function takes what a sender said, adds what is new to an encounter's rows, and takes nothing away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from store.intake.changes import Parts
from store.intake.charges import Histories, ToldCharges
from store.intake.export import coding_record
from store.intake.native import NativeCoding, NativeDocument, NativeEncounter
from store.intake.rows import KnownRows, everything, ids_in_order, named, update
from store.models import (
    Charge,
    Coding,
    Document,
    Encounter,
    FinalDiagnosis,
    FinalProcedureLine,
    Person,
    SourceCode,
    WorkItem,
)
from store.models.columns import new_id, now
from store.models.encounter import ChargeFields, SourceCodeFields
from store.terms import CodingKind, CodingStatus, WorkStatus


def add_documents(
    rows: KnownRows, encounter_id: str, documents: Sequence[NativeDocument], told_at: str, fresh: bool, parts: Parts
) -> tuple[int, int, bool]:
    """Add new documents and versions; (documents, versions, whether only marks such as a signature changed).

    `told_at` is when the message was written: one older than what was told of a document last leaves it as it is.

    A document that is stated in version 1 alone says what it is now: a text other than the current one makes the
    next version. Versions stated together are kept under their own numbers.
    """
    if fresh:
        newest = {d.document_number: d.version for d in documents}
        values = [_document_row(encounter_id, d, told_at, d.version == newest[d.document_number]) for d in documents]
        rows.insert(Document, values)
        return len(newest), len(documents) - len(newest), False
    if not documents:
        return 0, 0, False
    stored: dict[str, list[Document]] = {}
    query = select(Document).where(Document.encounter_id == encounter_id).order_by(col(Document.version))
    for row in rows.session.exec(query):
        stored.setdefault(row.document_number, []).append(row)
    new = versions = 0
    marked = False
    for number, group in groupby(documents, key=lambda d: d.document_number):
        said, versions_here = list(group), stored.get(number, [])
        alone = len(said) == 1 and said[0].version == 1
        if told_at and told_at < max((row.told_at for row in versions_here), default=""):
            parts.notes.append(f"document {number}: older than what was told of it last, left as it is")
            continue
        added = 0
        for one in said:
            same = _same_document(one, versions_here, alone)
            if same is not None:
                marked |= update(same, {k: v for k, v in named(one).items() if k != "version"})
                same.told_at = max(same.told_at, told_at)
                continue
            versions_here.append(_new_version(rows.session, encounter_id, one, told_at, versions_here))
            parts.documents(versions_here[-1:])
            added += 1
        if added:
            last = max(versions_here, key=lambda row: row.version)
            for row in versions_here:
                update(row, {"current": row is last})
            new, versions = new + (added == len(versions_here)), versions + (added < len(versions_here))
    return new, versions, marked


def add_charges(
    rows: KnownRows, encounter_id: str, charges: Sequence[ChargeFields], told: ToldCharges, fresh: bool, parts: Parts
) -> int:
    """Post charges that are new, take back what messages take back, and post anew what changed. How many rows.

    `charges` state what is charged, reversals among them; those that are here already change nothing.
    """
    if not charges and not told.postings:
        return 0
    posted = () if fresh else rows.session.exec(select(Charge).where(Charge.encounter_id == encounter_id)).all()
    histories = Histories(encounter_id, posted, parts.notes.append)
    taken_back_by_sender = {charge.reversal_of for charge in charges}
    for charge in charges:
        histories.restate(charge, charge.charge_number in taken_back_by_sender)
    for one in told.postings:
        histories.tell(one, told.at)
    if fresh:
        rows.insert(Charge, [row.model_dump() for row in histories.new])
    else:
        rows.session.add_all(histories.new)
        parts.charges(histories.new)
    return len(histories.new)


def add_source_codes(
    rows: KnownRows, encounter_id: str, codes: Sequence[SourceCodeFields], fresh: bool, parts: Parts
) -> int:
    """Add the codes that this encounter does not have yet, in their order; how many."""
    present = set()
    if not codes:
        return 0
    if not fresh:
        found = rows.session.exec(select(SourceCode).where(SourceCode.encounter_id == encounter_id))
        present = {(row.kind, row.system, row.code, row.display) for row in found}
    new = [code for code in codes if (code.kind, code.system, code.code, code.display) not in present]
    also = {"encounter_id": encounter_id, "received_at": now()}
    values = [{"id": i, **also, **everything(c)} for i, c in zip(ids_in_order(len(new)), new, strict=True)]
    rows.insert(SourceCode, values)
    if not fresh:
        parts.codes(values)
    return len(new)


def note_new_documents(session: Session, encounter_id: str, count: int) -> None:
    """Mark the tasks of the encounter whose coding had begun before these documents came."""
    coded = set(session.exec(select(Coding.kind).where(Coding.encounter_id == encounter_id)))
    for item in session.exec(select(WorkItem).where(WorkItem.encounter_id == encounter_id)):
        begun = item.kind in coded or item.status not in (WorkStatus.READY, WorkStatus.CANCELED)
        if begun:
            item.new_documents += count


def coding_conflicts(session: Session, encounter: Encounter, record: NativeEncounter) -> dict[CodingKind, str]:
    """The sides of the bill whose codings here differ from what the record says of them, each with a reason."""
    conflicts: dict[CodingKind, str] = {}
    for kind, said in _by_kind(record).items():
        here = {c.version: c for c in session.exec(_codings_of(encounter.id, kind))}
        for version, stored in here.items():
            if version not in said:
                conflicts[kind] = f"{kind.value} coding: version {version} was made here and is not in the record"
            elif not _same_coding(coding_record(session, stored), said[version], superseding=max(said) not in here):
                conflicts[kind] = f"{kind.value} coding version {version}: the one made here differs and stays"
    return conflicts


def add_codings(rows: KnownRows, encounter_id: str, record: NativeEncounter, skip: set[CodingKind]) -> list[Coding]:
    """Add coding versions that are not here yet, except of the sides in `skip`; the new rows."""
    rows.write()
    added = []
    for kind, said in _by_kind(record).items():
        if kind in skip:
            continue
        here = {c.version: c for c in rows.session.exec(_codings_of(encounter_id, kind))}
        for version, coding in said.items():
            if version in here:
                update(here[version], {"status": coding.status})
            else:
                added.append(_new_coding(rows.session, encounter_id, coding))
    return added


def _same_document(said: NativeDocument, rows: Sequence[Document], alone: bool) -> Document | None:
    digest = text_hash(said.text)
    if alone:
        return rows[-1] if rows and rows[-1].sha256 == digest else None
    return next((row for row in rows if row.version == said.version and row.sha256 == digest), None)


def _new_version(
    session: Session, encounter_id: str, said: NativeDocument, told_at: str, rows: Sequence[Document]
) -> Document:
    taken = {row.version for row in rows}
    values = everything(said)
    values["version"] = said.version if said.version not in taken else max(taken) + 1
    row = Document(encounter_id=encounter_id, sha256=text_hash(said.text), told_at=told_at, **values)
    session.add(row)
    return row


def _document_row(encounter_id: str, said: NativeDocument, told_at: str, current: bool) -> dict[str, Any]:
    also = {"id": new_id(), "encounter_id": encounter_id, "received_at": now(), "told_at": told_at}
    return {**also, "current": current, "sha256": text_hash(said.text), **everything(said)}


def text_hash(text: str) -> str:
    """SHA-256 of a document's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _by_kind(record: NativeEncounter) -> dict[CodingKind, dict[int, NativeCoding]]:
    kinds: dict[CodingKind, dict[int, NativeCoding]] = {}
    for coding in record.codings:
        kinds.setdefault(coding.kind, {})[coding.version] = coding
    return kinds


def _codings_of(encounter_id: str, kind: CodingKind) -> Any:
    return select(Coding).where(Coding.encounter_id == encounter_id, Coding.kind == kind).order_by(col(Coding.version))


def _same_coding(here: NativeCoding, said: NativeCoding, superseding: bool) -> bool:
    """Equal but for a coder that is unknown here, and for becoming superseded by a version that comes along."""
    ignored: dict[str, object] = {}
    if not here.coder:
        ignored["coder"] = ""
    if superseding and said.status == CodingStatus.SUPERSEDED:
        ignored["status"] = CodingStatus.SUPERSEDED
    return here.model_copy(update=ignored) == said.model_copy(update=ignored)


def _new_coding(session: Session, encounter_id: str, said: NativeCoding) -> Coding:
    coder = session.exec(select(Person.id).where(Person.login == said.coder)).first() if said.coder else None
    coding = Coding(
        encounter_id=encounter_id,
        kind=said.kind,
        version=said.version,
        status=said.status,
        release=said.release,
        coder_id=coder,
        finalized_at=said.finalized_at,
    )
    session.add(coding)
    session.flush()
    for row_id, diagnosis in zip(ids_in_order(len(said.diagnoses)), said.diagnoses, strict=True):
        session.add(FinalDiagnosis(id=row_id, coding_id=coding.id, **everything(diagnosis)))
    for row_id, line in zip(ids_in_order(len(said.procedures)), said.procedures, strict=True):
        session.add(FinalProcedureLine(id=row_id, coding_id=coding.id, **everything(line)))
    return coding
