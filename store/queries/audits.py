"""Audits as rows: the list of charts in review, the samples, and one audit with its findings, read with plain SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from store.coding.codes import Codes
from store.queries import Reader, Row
from store.terms import RESTRICTED, AuditStatus, CodingKind, FindingStatus, Setting


class AuditFilter(StrEnum):
    """Which audits a list shows."""

    OPEN = "open"
    MINE = "mine"
    TO_REVIEW = "to review"
    RETURNED = "returned"
    REBUTTED = "rebutted"
    FINAL = "final"
    ALL = "all"


@dataclass(frozen=True)
class AuditRow:
    """One chart of a sample. `coder` is empty while a blind audit has not shown the coder's codes."""

    id: str
    sample: str
    position: int
    status: AuditStatus
    service_date: str
    patient: str
    mrn: str
    setting: Setting
    kind: CodingKind
    coder: str
    auditor: str
    coder_id: str
    auditor_id: str
    second: bool
    prebill: bool
    revealed: bool
    findings: int
    with_coder: int
    with_auditor: int
    due_on: str

    @property
    def name(self) -> str:
        """`SAMPLE#POSITION`, of a second auditor's with `=` behind."""
        return f"{self.sample}#{self.position}{'=' if self.second else ''}"

    @property
    def mark(self) -> str:
        """`!` rebutted, `H` holds the bill, `=` a second auditor's, `✓` final, `-` withdrawn."""
        if self.status is AuditStatus.WITHDRAWN:
            return "-"
        if self.status is AuditStatus.FINAL:
            return "✓"
        if self.with_auditor:
            return "!"
        return "=" if self.second else "H" if self.prebill else ""


@dataclass(frozen=True)
class FindingRow:
    """One finding; `cents` None where no money is known."""

    number: int
    kind: str
    dimension: str
    place: str
    coder: str
    auditor: str
    cents: int | None
    note: str
    citation: str
    topic: str
    status: FindingStatus
    due_on: str


@dataclass(frozen=True)
class StepRow:
    """One step of the history; `finding` 0 is the audit itself, `who` empty the clock."""

    at: str
    who: str
    finding: int
    status: str
    comment: str
    citation: str


@dataclass(frozen=True)
class SampleRow:
    """A sample with how far it is."""

    id: str
    name: str
    method: str
    size: str
    seed: int
    population: int
    audited_before: int
    picked: int
    reviewed: int
    final: int
    prebill: bool
    blind: bool
    made_at: str
    withdrawn: str = ""
    """By whom it was withdrawn, when and why; empty for one that stands."""


PAGE = 5000

_SELECT = f"""
SELECT a.id, s.name AS sample, a.position, a.status, e.service_date, e.setting, a.kind, a.due_on, a.second_of,
       a.revealed_at, s.prebill, s.blind,
       COALESCE(a.coder_id, '') AS coder_id, COALESCE(a.auditor_id, '') AS auditor_id,
       CASE WHEN p.restricted IS NULL THEN p.family_name || ', ' || p.given_name ELSE '{RESTRICTED}' END AS patient,
       CASE WHEN p.restricted IS NULL THEN p.mrn ELSE '' END AS mrn,
       COALESCE((SELECT o.name FROM person o WHERE o.id = a.coder_id), '') AS coder,
       COALESCE((SELECT o.name FROM person o WHERE o.id = a.auditor_id), '') AS auditor,
       (SELECT COUNT(*) FROM audit_finding f WHERE f.audit_id = a.id) AS findings,
       (SELECT COUNT(*) FROM audit_finding f WHERE f.audit_id = a.id
        AND f.status IN ('returned', 'upheld', 'upheld_again')) AS with_coder,
       (SELECT COUNT(*) FROM audit_finding f WHERE f.audit_id = a.id
        AND f.status IN ('rebutted', 'second_level', 'escalated')) AS with_auditor
FROM audit a JOIN audit_sample s ON s.id = a.audit_sample_id
JOIN encounter e ON e.id = a.encounter_id JOIN patient p ON p.id = e.patient_id
"""

_SHOWN = {
    AuditFilter.OPEN: "a.status NOT IN ('final', 'withdrawn')",
    AuditFilter.MINE: "(a.auditor_id = :me AND a.status <> 'withdrawn'"
    " OR a.coder_id = :me AND a.status IN ('returned', 'final'))",
    AuditFilter.TO_REVIEW: "a.status IN ('selected', 'assigned', 'in_review')",
    AuditFilter.RETURNED: "a.status = 'returned'",
    AuditFilter.REBUTTED: "a.status = 'returned' AND EXISTS (SELECT 1 FROM audit_finding f WHERE f.audit_id = a.id"
    " AND f.status IN ('rebutted', 'second_level', 'escalated'))",
    AuditFilter.FINAL: "a.status = 'final'",
    AuditFilter.ALL: "1 = 1",
}


_DONE = "CASE WHEN a.status IN ('final', 'withdrawn') THEN 1 ELSE 0 END"


def audit_list(
    reader: Reader, show: AuditFilter = AuditFilter.OPEN, sample: str = "", me: str = "", own: bool = False
) -> list[AuditRow]:
    """Audits by sample and order of the draw, those that are done below the others.

    `own`: only those of codings by `me` that were returned (a coder's).
    """
    where = [_SHOWN[show]]
    parameters: dict[str, object] = {"me": me} if ":me" in _SHOWN[show] or own else {}
    if sample:
        where.append("s.name = :sample")
        parameters["sample"] = sample
    if own:
        where.append("a.coder_id = :me AND a.status IN ('returned', 'final') AND a.second_of = ''")
    rows = reader.rows(
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY {_DONE}, s.made_at DESC, a.position, a.second_of LIMIT {PAGE}",
        **parameters,
    )
    return [_row(row) for row in rows]


def audit_row(reader: Reader, audit_id: str) -> AuditRow | None:
    """One audit as a row."""
    rows = reader.rows(f"{_SELECT} WHERE a.id = :id", id=audit_id)
    return _row(rows[0]) if rows else None


@dataclass(frozen=True)
class AuditSides:
    """Both sides of an audit as their codes; `version` counts the changes of its row."""

    audit_id: str
    work_item_id: str
    status: AuditStatus
    coder: Codes
    auditor: Codes
    coder_disposition: str
    auditor_disposition: str
    coder_drg: str
    auditor_drg: str
    revealed: bool
    version: int


def audit_sides(reader: Reader, audit_id: str) -> AuditSides | None:
    """Both sides of an audit; the coder's is empty while a blind audit has not shown it."""
    rows = reader.rows(
        """
        SELECT a.*, (SELECT w.id FROM work_item w WHERE w.encounter_id = a.encounter_id AND w.kind = a.kind) AS item
        FROM audit a WHERE a.id = :id
        """,
        id=audit_id,
    )
    if not rows:
        return None
    row = rows[0]
    revealed = row["revealed_at"] is not None
    return AuditSides(
        row["id"],
        row["item"] or "",
        AuditStatus(row["status"]),
        _codes(row["coder_codes"]) if revealed else Codes(),
        _codes(row["auditor_codes"]),
        row["coder_disposition"] if revealed else "",
        row["auditor_disposition"],
        row["coder_drg"] if revealed else "",
        row["auditor_drg"],
        revealed,
        row["row_version"],
    )


def _codes(kept: object) -> Codes:
    """Codes kept as JSON: text from SQLite, values from PostgreSQL; none for nothing."""
    data = json.loads(kept) if isinstance(kept, str) else kept
    return Codes.from_json(data) if isinstance(data, dict) else Codes()


def audit_findings(reader: Reader, audit_id: str) -> list[FindingRow]:
    """The findings of an audit by number."""
    rows = reader.rows(
        """
        SELECT f.*, COALESCE(t.name, '') AS topic FROM audit_finding f
        LEFT JOIN education_topic t ON t.id = f.topic_id WHERE f.audit_id = :id ORDER BY f.number
        """,
        id=audit_id,
    )
    return [
        FindingRow(
            row["number"],
            row["kind"],
            row["dimension"],
            row["place"],
            row["coder"],
            row["auditor"],
            row["cents"],
            row["note"],
            row["citation"],
            row["topic"],
            FindingStatus(row["status"]),
            row["due_on"],
        )
        for row in rows
    ]


def audit_history(reader: Reader, audit_id: str) -> list[StepRow]:
    """Every step of an audit, the oldest first."""
    rows = reader.rows(
        """
        SELECT h.at, COALESCE(o.name, '') AS who, h.finding, h.status, h.comment, h.citation
        FROM audit_step h LEFT JOIN person o ON o.id = h.person_id WHERE h.audit_id = :id ORDER BY h.at, h.id
        """,
        id=audit_id,
    )
    return [StepRow(r["at"], r["who"], r["finding"], r["status"], r["comment"], r["citation"]) for r in rows]


def audited_after_bill(reader: Reader, work_item_id: str) -> str:
    """What an audit that is no audit before the bill found in the codes of a chart as they are; empty for nothing.

    The codes were not final coded again since, and nobody has said that they stay.
    """
    rows = reader.rows(
        """
        SELECT s.name, a.position, COUNT(*) AS found,
               (SELECT COUNT(*) FROM claim m WHERE m.coding_id = g.id
                  AND m.status IN ('exported', 'billed_to_patient')) AS sent
        FROM work_item w JOIN coding g ON g.encounter_id = w.encounter_id AND g.kind = w.kind AND g.status = 'final'
        JOIN audit a ON a.coding_id = g.id AND a.status = 'final' AND a.second_of = '' AND a.final_at >= g.finalized_at
        JOIN audit_sample s ON s.id = a.audit_sample_id
        JOIN audit_finding f ON f.audit_id = a.id AND f.status IN ('agreed', 'accepted', 'confirmed')
        WHERE w.id = :id AND NOT EXISTS
              (SELECT 1 FROM audit_step t WHERE t.audit_id = a.id AND t.status = 'codes_stay')
        GROUP BY s.name, a.position, g.id, a.final_at ORDER BY a.final_at DESC LIMIT 1
        """,
        id=work_item_id,
    )
    if not rows:
        return ""
    row = rows[0]
    found = f"audit {row['name']}#{row['position']}: {row['found']} finding{'' if row['found'] == 1 else 's'} stand"
    found += "s" if row["found"] == 1 else ""
    return f"{found}. {'A replacement claim may be due' if row['sent'] else 'Its claim has not left: u corrects it'}"


def sample_list(reader: Reader) -> list[SampleRow]:
    """Every sample, the newest first."""
    rows = reader.rows(
        """
        SELECT s.id, s.name, s.method, s.size, s.seed, s.population, s.audited_before, s.prebill, s.blind, s.made_at,
               COUNT(a.id) AS picked,
               SUM(CASE WHEN a.status IN ('returned', 'final') THEN 1 ELSE 0 END) AS reviewed,
               SUM(CASE WHEN a.status = 'final' THEN 1 ELSE 0 END) AS final,
               MIN(CASE WHEN a.status = 'withdrawn' THEN a.id END) AS gone
        FROM audit_sample s LEFT JOIN audit a ON a.audit_sample_id = s.id AND a.second_of = ''
        GROUP BY s.id, s.name, s.method, s.size, s.seed, s.population, s.audited_before, s.prebill, s.blind, s.made_at
        ORDER BY s.made_at DESC, s.id
        """
    )
    gone = {row["gone"]: _withdrawn(reader, row["gone"]) for row in rows if row["gone"]}
    return [
        SampleRow(
            row["id"],
            row["name"],
            row["method"],
            row["size"],
            row["seed"],
            row["population"],
            row["audited_before"],
            row["picked"],
            row["reviewed"] or 0,
            row["final"] or 0,
            bool(row["prebill"]),
            bool(row["blind"]),
            row["made_at"],
            gone.get(row["gone"], ""),
        )
        for row in rows
    ]


def _withdrawn(reader: Reader, audit_id: str) -> str:
    """By whom, when and why the sample of an audit was withdrawn."""
    rows = [one for one in audit_history(reader, audit_id) if one.status == AuditStatus.WITHDRAWN]
    return f"withdrawn by {rows[-1].who}, {rows[-1].at[:10]}: {rows[-1].comment}" if rows else "withdrawn"


def _row(row: Row) -> AuditRow:
    hidden = bool(row["blind"]) and row["revealed_at"] is None
    return AuditRow(
        id=row["id"],
        sample=row["sample"],
        position=row["position"],
        status=AuditStatus(row["status"]),
        service_date=row["service_date"],
        patient=row["patient"].rstrip(", "),
        mrn=row["mrn"],
        setting=Setting(row["setting"]),
        kind=CodingKind(row["kind"]),
        coder="" if hidden else row["coder"],
        auditor=row["auditor"],
        coder_id=row["coder_id"],
        auditor_id=row["auditor_id"],
        second=bool(row["second_of"]),
        prebill=bool(row["prebill"]),
        revealed=not hidden,
        findings=row["findings"],
        with_coder=row["with_coder"],
        with_auditor=row["with_auditor"],
        due_on=row["due_on"],
    )
