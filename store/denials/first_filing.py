"""The proof that a claim was filed in time: the days it left, in which files and numbers, and who accepted it.

A replacement stands for the claim that it replaces, so that the filings of both are proof. A file that the receiver
refused the claim of is none. What an acknowledgment says is dated by the day that it came.

Source: 005010X231A1 and 005010X214, acceptance of a set (IK501 A, E) and of a claim (STC01-1 A1, A2); Medicare Claims
Processing Manual (Pub. 100-04), chapter 1, section 70, when a claim is filed.
"""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, col, select

from store.models import Acknowledgment, Claim, ClaimAnswer, ClaimExport, LogEntry, ReceivedFile
from store.terms import AcknowledgmentKind

_NAMES = {AcknowledgmentKind.IMPLEMENTATION: "999", AcknowledgmentKind.CLAIM: "277CA"}


def filings(session: Session, claim: Claim) -> list[str]:
    """A sentence or two of each filing that was not refused, the first one first; none where there is none."""
    ids = [one.id for one in _with_replaced(session, claim)]
    told = []
    for claim_id, number, export in _exports(session, ids):
        answers = _answers(session, claim_id, export.id)
        if any(not answer.accepted for _, answer, _ in answers):
            continue
        sent = (
            f"Claim {number} left on {export.exported_at[:10]} for {export.receiver} in interchange"
            f" {export.interchange_control:09d}, group {export.group_control}, set {export.transaction_control},"
            f" file {Path(export.file_name).name}."
        )
        told.append(" ".join([sent, *dict.fromkeys(_accepted(*one) for one in answers)]))
    return told


def _with_replaced(session: Session, claim: Claim) -> list[Claim]:
    chain = [claim]
    while chain[-1].follows_as == "replacement" and chain[-1].follows_id:
        chain.append(session.get_one(Claim, chain[-1].follows_id))
    return chain[::-1]


def _exports(session: Session, claim_ids: list[str]) -> list[tuple[str, str, ClaimExport]]:
    """Every file that these claims left in, by the log: a claim keeps the last one alone."""
    entries = session.exec(
        select(LogEntry)
        .where(
            LogEntry.target_kind == "claim", col(LogEntry.target_id).in_(claim_ids), LogEntry.action == "claim.export"
        )
        .order_by(col(LogEntry.seq))
    ).all()
    found = []
    for entry in entries:
        export = session.get(ClaimExport, str(entry.detail["export"]))
        if export is not None:
            found.append((entry.target_id, str(entry.detail["number"]), export))
    return found


def _answers(session: Session, claim_id: str, export_id: str) -> list[tuple[Acknowledgment, ClaimAnswer, str]]:
    query = (
        select(Acknowledgment, ClaimAnswer, ReceivedFile.name)
        .join(ClaimAnswer, col(ClaimAnswer.acknowledgment_id) == Acknowledgment.id)
        .join(ReceivedFile, col(ReceivedFile.id) == Acknowledgment.file_id)
        .where(ClaimAnswer.claim_id == claim_id, Acknowledgment.export_id == export_id)
        .order_by(Acknowledgment.received_at, col(ClaimAnswer.id))
    )
    return [(taken, answer, name) for taken, answer, name in session.exec(query)]


def _accepted(taken: Acknowledgment, answer: ClaimAnswer, file_name: str) -> str:
    status = f", status {answer.category}:{answer.code}" if taken.kind is AcknowledgmentKind.CLAIM else ""
    kind = _NAMES.get(taken.kind, taken.kind.value)
    return f"The {kind} of {taken.received_at[:10]} to {taken.control}, file {file_name}, accepted it{status}."
