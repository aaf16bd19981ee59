"""Queries to providers as rows: the list with their age and owner, and one whole with its steps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from store.clock import clock
from store.queries import Reader, Row
from store.terms import QueryOutcome, QueryStatus, QueryTiming, QueryType

MOST_ROWS = 5000
MOST_SAID = 120
"""Characters of an answer that one line tells of it."""


class QueryFilter(StrEnum):
    """Which queries are shown."""

    OPEN = "open"
    MINE = "mine"
    LATE = "late"
    ANSWERED = "answered"
    DRAFTS = "drafts"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class QueryRow:
    """One query in a list; days are whole, of today."""

    id: str
    number: int
    work_item_id: str
    status: QueryStatus
    outcome: QueryOutcome | None
    type: QueryType
    query_reason: str
    patient: str
    mrn: str
    service_date: str
    provider: str
    asked_by: str
    sent_on: str
    due_on: str
    escalations: int
    days: int | None
    """Days since it was sent, until its answer."""
    late: bool


@dataclass(frozen=True)
class StepRow:
    """One step of a query."""

    step: str
    status: str
    said: str
    made_by: str
    made_at: str


@dataclass(frozen=True)
class QueryPage:
    """A query whole. Texts are of the chart or about it and covered like it (`text`, `evidence`)."""

    row: QueryRow
    timing: QueryTiming
    text: str
    options: tuple[str, ...]
    indicators: tuple[Mapping[str, Any], ...]
    evidence: tuple[str, ...]
    """The indicators in a line each: document, line and quote."""
    answer: str
    answer_text: str
    answered_by: str
    answered_at: str
    drg_before: str | None
    drg_after: str | None
    steps: tuple[StepRow, ...]


_SELECT = """
SELECT q.id, q.number, q.work_item_id, q.status, q.outcome, q.type, q.reason, q.provider, q.sent_at, q.answered_at,
       q.due_on, q.escalations, w.patient_name, w.service_date, CASE WHEN w.restricted THEN '' ELSE p.mrn END AS mrn,
       (SELECT o.login FROM person o WHERE o.id = q.asked_by) AS login
FROM provider_query q JOIN work_item w ON w.id = q.work_item_id JOIN encounter e ON e.id = q.encounter_id
JOIN patient p ON p.id = e.patient_id
"""


def provider_query_list(
    reader: Reader, today: date, show: QueryFilter = QueryFilter.OPEN, person_id: str = ""
) -> list[QueryRow]:
    """Queries of a kind, the nearest due day first; `person_id` is whose are `mine`."""
    where = {
        QueryFilter.OPEN: "q.status IN ('sent', 'answered')",
        QueryFilter.MINE: "q.asked_by = :person AND q.status IN ('draft', 'sent', 'answered')",
        QueryFilter.LATE: "q.status = 'sent' AND (q.due_on < :today OR q.escalations > 0)",
        QueryFilter.ANSWERED: "q.status = 'answered'",
        QueryFilter.DRAFTS: "q.status = 'draft'",
        QueryFilter.CLOSED: "q.status IN ('closed', 'canceled')",
        QueryFilter.ALL: "1 = 1",
    }[show]
    asked: dict[str, object] = {}
    if ":person" in where:
        asked["person"] = person_id
    if ":today" in where:
        asked["today"] = today.isoformat()
    rows = reader.rows(
        f"{_SELECT} WHERE {where} ORDER BY COALESCE(q.due_on, '9999'), q.number LIMIT {MOST_ROWS}", **asked
    )
    return [_row(row, today) for row in rows]


def provider_query_of(reader: Reader, query_id: str, today: date, person_id: str = "") -> QueryPage | None:
    """One query whole, by its id or number; None where it is not there.

    Of a restricted chart only those who may open it now see the words; others see that there is a query.
    """
    number = int(query_id) if query_id.isdigit() and len(query_id) < 10 else -1
    rows = reader.rows(f"{_SELECT} WHERE q.id = :id OR q.number = :number", id=query_id, number=number)
    if not rows:
        return None
    more = reader.rows(
        "SELECT timing, question, options, indicators, answer, answer_text, answered_by, answered_at, drg_before,"
        " drg_after FROM provider_query WHERE id = :id",
        id=rows[0]["id"],
    )[0]
    steps = reader.rows(
        "SELECT step, status, words, made_by, made_at FROM provider_query_step WHERE provider_query_id = :id"
        " ORDER BY made_at, id",
        id=rows[0]["id"],
    )
    indicators = tuple(_json(more["indicators"]))
    if _closed_to(reader, rows[0]["work_item_id"], person_id):
        hidden = "The chart is restricted: open it first."
        row = _row(rows[0], today)
        return QueryPage(row, QueryTiming(more["timing"]), hidden, (), (), (), "", "", "", "", None, None, ())
    return QueryPage(
        row=_row(rows[0], today),
        timing=QueryTiming(more["timing"]),
        text=more["question"],
        options=tuple(_json(more["options"])),
        indicators=indicators,
        evidence=tuple(f"{one['document']} line {one['line']}: {one['quote']}" for one in indicators),
        answer=more["answer"],
        answer_text=more["answer_text"],
        answered_by=more["answered_by"],
        answered_at=more["answered_at"] or "",
        drg_before=more["drg_before"],
        drg_after=more["drg_after"],
        steps=_together([StepRow(s["step"], s["status"], s["words"], s["made_by"], s["made_at"]) for s in steps]),
    )


def texts_of(reader: Reader, encounter_id: str) -> tuple[str, ...]:
    """The words of every current document of a chart, for the lint of a query about it."""
    rows = reader.rows("SELECT text FROM document WHERE encounter_id = :id AND current", id=encounter_id)
    return tuple(row["text"] or "" for row in rows)


def encounter_of(reader: Reader, query_id: str) -> str:
    """The visit that a query, by its id, is about."""
    return str(reader.rows("SELECT encounter_id FROM provider_query WHERE id = :id", id=query_id)[0]["encounter_id"])


def _together(steps: Sequence[StepRow]) -> tuple[StepRow, ...]:
    """The steps with revisions that follow each other by the same person as one, told at the last of them."""
    told: list[StepRow] = []
    for step in steps:
        last = told[-1] if told else None
        if last and last.step == step.step == "revise" and last.made_by == step.made_by:
            parts = dict.fromkeys(part for part in f"{last.said}, {step.said}".split(", ") if part)
            told[-1] = replace(step, said=", ".join(parts))
        else:
            told.append(step)
    return tuple(told)


def _closed_to(reader: Reader, work_item_id: str, person_id: str) -> bool:
    """Whether a chart is restricted and a person was not admitted to it, or not any more."""
    rows = reader.rows(
        "SELECT w.restricted, (SELECT COUNT(*) FROM chart_access c WHERE c.patient_id = e.patient_id"
        " AND c.person_id = :person AND (c.until IS NULL OR c.until > :moment)) AS admitted"
        " FROM work_item w JOIN encounter e ON e.id = w.encounter_id WHERE w.id = :id",
        id=work_item_id,
        person=person_id,
        moment=f"{clock():%Y-%m-%dT%H:%M:%S}",
    )
    return bool(rows and rows[0]["restricted"] and not rows[0]["admitted"])


def queries_of_chart(reader: Reader, work_item_id: str, today: date) -> list[QueryRow]:
    """Every query about a chart, the newest first."""
    rows = reader.rows(f"{_SELECT} WHERE q.work_item_id = :id ORDER BY q.number DESC", id=work_item_id)
    return [_row(row, today) for row in rows]


def answer_to_read(reader: Reader, work_item_id: str) -> str:
    """The newest answer about a chart whose query is not closed, in one line; empty where there is none."""
    rows = reader.rows(
        "SELECT number, answer, answer_text, answered_by FROM provider_query"
        " WHERE work_item_id = :id AND status = 'answered' ORDER BY answered_at DESC, number DESC LIMIT 1",
        id=work_item_id,
    )
    if not rows:
        return ""
    row = rows[0]
    said = " ".join(": ".join(filter(None, (row["answer"], row["answer_text"]))).split())
    short = said if len(said) <= MOST_SAID else f"{said[: MOST_SAID - 1]}…"
    return f"Query {row['number']} is answered: {short} ({row['answered_by']})"


def _row(row: Row, today: date) -> QueryRow:
    status = QueryStatus(row["status"])
    sent = (row["sent_at"] or "")[:10]
    end = date.fromisoformat(row["answered_at"][:10]) if row["answered_at"] else today
    late = status is QueryStatus.SENT and bool(row["due_on"]) and row["due_on"] < today.isoformat()
    return QueryRow(
        id=row["id"],
        number=row["number"],
        work_item_id=row["work_item_id"],
        status=status,
        outcome=QueryOutcome(row["outcome"]) if row["outcome"] else None,
        type=QueryType(row["type"]),
        query_reason=row["reason"],
        patient=row["patient_name"],
        mrn=row["mrn"],
        service_date=row["service_date"],
        provider=row["provider"],
        asked_by=row["login"] or "",
        sent_on=sent,
        due_on=row["due_on"] or "",
        escalations=row["escalations"],
        days=max((end - date.fromisoformat(sent)).days, 0) if sent else None,
        late=late or (status is QueryStatus.SENT and row["escalations"] > 0),
    )


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def provider_names(reader: Reader) -> list[str]:
    """The clinicians whom the record knows, `Family, Given`, by name."""
    rows = reader.rows(
        f"SELECT DISTINCT family_name, given_name FROM provider ORDER BY family_name, given_name LIMIT {MOST_ROWS}"
    )
    return [", ".join(filter(None, (row["family_name"], row["given_name"]))) for row in rows]
