"""Worklists as rows: what is in each, page by page, and why a chart stands where it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from store.queries import Reader, Row
from store.terms import Setting, WorkStatus


class Sort(StrEnum):
    """Orders of a worklist; each ends with the id, so that paging has a place to go on from."""

    PRIORITY = "priority"
    OLDEST = "oldest"
    MONEY = "money"
    PATIENT = "patient"


@dataclass(frozen=True)
class WorkRow:
    """One line of a worklist; `cents` is the sum of the posted charges, `mark` what stands before the line."""

    id: str
    encounter_id: str
    worklist: str
    status: WorkStatus
    priority: int
    service_date: str
    patient: str
    mrn: str
    payer: str
    setting: Setting
    cents: int
    new_documents: int
    claimed_by: str | None

    def mark(self, me: str | None) -> str:
        """`H` on hold, `@` open by someone else, `+` new document, `✓` final coded."""
        if self.status == WorkStatus.FINAL:
            return "✓"
        if self.status == WorkStatus.ON_HOLD:
            return "H"
        if self.status == WorkStatus.IN_PROGRESS:
            return ">" if self.claimed_by == me else "@"
        return "+" if self.new_documents else ""


@dataclass(frozen=True)
class WorklistCount:
    worklist: str
    ready: int
    in_progress: int
    on_hold: int
    final: int


@dataclass(frozen=True)
class WhyHere:
    """Why a chart is in its worklist and at its place: the rule, the parts of the priority, what it holds."""

    rule: str
    priority: int
    reasons: tuple[tuple[int, str], ...]
    documents: int
    codes: int
    holds: tuple[str, ...]
    reason_for_visit: str


OPEN_STATES = (WorkStatus.READY, WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD)

_COLUMNS = """
SELECT w.id, w.encounter_id, w.worklist, w.status, w.priority, e.service_date, e.setting,
       p.family_name, p.given_name, p.mrn, w.new_documents, w.claimed_by,
       COALESCE((SELECT y.name FROM coverage c JOIN payer y ON y.id = c.payer_id
                 WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1), 'Self pay') AS payer,
       COALESCE((SELECT SUM(h.amount_cents) FROM charge h WHERE h.encounter_id = e.id), 0) AS cents
FROM work_item w JOIN encounter e ON e.id = w.encounter_id JOIN patient p ON p.id = e.patient_id
"""

_ORDER = {
    Sort.PRIORITY: "w.priority DESC, w.id",
    Sort.OLDEST: "e.service_date, w.id",
    Sort.MONEY: "cents DESC, w.id",
    Sort.PATIENT: "p.family_name, p.given_name, w.id",
}


def worklist_rows(
    reader: Reader, worklist: str | None, sort: Sort = Sort.PRIORITY, text: str = "", finished: bool = False
) -> list[WorkRow]:
    """The rows of a worklist (None: all), at most 5,000, filtered by words in name, record number, payer or type."""
    where, parameters = ["1 = 1"], {}
    if worklist is not None:
        where.append("w.worklist = :worklist")
        parameters["worklist"] = worklist
    where.append("w.status = 'final'" if finished else "w.status IN ('ready', 'in_progress', 'on_hold')")
    for number, word in enumerate(text.lower().split()):
        where.append(
            f"(LOWER(p.family_name || ' ' || p.given_name || ' ' || p.mrn || ' ' || e.setting || ' '"
            f" || e.visit_number || ' ' || e.service_date) LIKE :word{number} ESCAPE '\\')"
        )
        parameters[f"word{number}"] = f"%{_escaped(word)}%"
    sql = f"{_COLUMNS} WHERE {' AND '.join(where)} ORDER BY {_ORDER[sort]} LIMIT 5000"
    return [_work_row(row) for row in reader.rows(sql, **parameters)]


def worklist_counts(reader: Reader) -> list[WorklistCount]:
    """How many charts each worklist has in each state, in the order of the site's worklists."""
    rows = reader.rows(
        """
        SELECT worklist, SUM(CASE WHEN status = 'ready' THEN 1 ELSE 0 END) AS ready,
               SUM(CASE WHEN status = 'in_progress' THEN 1 ELSE 0 END) AS in_progress,
               SUM(CASE WHEN status = 'on_hold' THEN 1 ELSE 0 END) AS on_hold,
               SUM(CASE WHEN status = 'final' THEN 1 ELSE 0 END) AS final
        FROM work_item GROUP BY worklist ORDER BY worklist
        """
    )
    return [WorklistCount(r["worklist"], r["ready"], r["in_progress"], r["on_hold"], r["final"]) for r in rows]


def why_here(reader: Reader, work_item_id: str) -> WhyHere | None:
    """The reasons of one chart's place in its worklist."""
    rows = reader.rows(
        """
        SELECT w.rule, w.priority, w.reasons, e.reason,
               (SELECT COUNT(*) FROM document d WHERE d.encounter_id = e.id AND d.current) AS documents,
               (SELECT COUNT(*) FROM final_diagnosis f JOIN coding g ON g.id = f.coding_id
                WHERE g.encounter_id = e.id AND g.kind = w.kind AND g.status <> 'superseded') AS codes
        FROM work_item w JOIN encounter e ON e.id = w.encounter_id WHERE w.id = :id
        """,
        id=work_item_id,
    )
    if not rows:
        return None
    row = rows[0]
    holds = reader.rows(
        "SELECT reason, owner FROM hold WHERE work_item_id = :id AND cleared_at IS NULL ORDER BY opened_at",
        id=work_item_id,
    )
    return WhyHere(
        rule=row["rule"],
        priority=row["priority"],
        reasons=tuple((points, words) for points, words in _loaded(row["reasons"])),
        documents=row["documents"],
        codes=row["codes"],
        holds=tuple(f"{h['reason']} ({h['owner']})" for h in holds),
        reason_for_visit=row["reason"],
    )


def units_today(reader: Reader, person_id: str, day: str) -> int:
    """How many charts a person has final coded on an ISO day (UTC)."""
    rows = reader.rows(
        "SELECT COUNT(*) AS n FROM coding WHERE coder_id = :person AND finalized_at LIKE :day",
        person=person_id,
        day=f"{day}%",
    )
    return int(rows[0]["n"])


def _work_row(row: Row) -> WorkRow:
    name = ", ".join(part for part in (row["family_name"], row["given_name"]) if part)
    return WorkRow(
        id=row["id"],
        encounter_id=row["encounter_id"],
        worklist=row["worklist"],
        status=WorkStatus(row["status"]),
        priority=row["priority"],
        service_date=row["service_date"],
        patient=name,
        mrn=row["mrn"],
        payer=row["payer"],
        setting=Setting(row["setting"]),
        cents=int(row["cents"]),
        new_documents=row["new_documents"],
        claimed_by=row["claimed_by"],
    )


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _loaded(value: object) -> Sequence:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else value
