"""What came to a visit after its coding began: which documents and charges are new, and each change in words.

Read with plain SQL out of what intake keeps of later messages (`encounter_change`).
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.queries import Reader, Row
from store.queries.standing import PostedCharge, left_of, service_of
from store.terms import day_and_time


@dataclass(frozen=True)
class Late:
    """What nobody has looked at yet in a chart that came back: numbers of documents and charges, and why in words."""

    documents: frozenset[str] = frozenset()
    charges: frozenset[str] = frozenset()
    why: str = ""
    changes: frozenset[str] = frozenset()
    """Ids of the later messages that brought it."""


@dataclass(frozen=True)
class LateCharge:
    """A late charge that can be a line; money in cents, `service_date` an ISO day."""

    code: str
    modifiers: tuple[str, ...]
    units: int
    cents: int
    service_date: str
    performer_npi: str


@dataclass(frozen=True)
class ChangeRow:
    """One later message as a screen shows it; `lines` are the changes in words, documents as a diff of their text."""

    id: str
    received_at: str
    message: str
    late: str
    seen_at: str | None
    lines: tuple[str, ...]


def late_of(reader: Reader, work_item_id: str) -> Late:
    """What is new in a chart that came back; nothing in any other."""
    rows = reader.rows(
        """
        SELECT x.id, x.details, w.came_back FROM encounter_change x JOIN work_item w ON w.encounter_id = x.encounter_id
        WHERE w.id = :id AND w.came_back <> '' AND x.late <> '' AND x.seen_at IS NULL
        """,
        id=work_item_id,
    )
    details = [detail for row in rows for detail in _details(row["details"])]
    return Late(
        frozenset(str(one["item"]["number"]) for one in details if one["part"] == "document"),
        frozenset(str(one["item"]) for one in details if one["part"] == "charge"),
        rows[0]["came_back"] if rows else "",
        frozenset(row["id"] for row in rows),
    )


def nothing_to_code(reader: Reader, work_item_id: str) -> str:
    """Why a canceled task has nothing to code: what became of its visit, by which message and when; else empty.

    The time is when the message was taken in, by this host's clock.
    """
    visits = reader.rows(
        "SELECT w.encounter_id, e.status FROM work_item w JOIN encounter e ON e.id = w.encounter_id"
        " WHERE w.id = :id AND w.status = 'canceled'",
        id=work_item_id,
    )
    if not visits:
        return ""
    status = str(visits[0]["status"])
    told = {"canceled": "the visit was canceled", "open": "the visit is open again"}.get(status, "the task is canceled")
    rows = reader.rows(
        "SELECT message, received_at, details FROM encounter_change WHERE encounter_id = :id"
        " ORDER BY received_at DESC, id DESC",
        id=visits[0]["encounter_id"],
    )
    for row in rows:
        for detail in _details(row["details"]):
            if (detail["part"], detail["item"], detail.get("is")) == ("encounter", "status", status):
                return f"{told} by {_sender(row['message'])} on {day_and_time(row['received_at'])}"
    return told


def _sender(message: str) -> str:
    """The message of a change in words: of HL7 the application and facility (MSH-3, MSH-4) and its control id."""
    kind, _, identity = message.partition(" ")
    parts = identity.split("|")
    if kind == "hl7v2" and len(parts) == 3:
        return f"{' of '.join(filter(None, parts[:2])) or 'its sender'}, message {parts[2]}"
    return message or "its sender"


def late_charges(reader: Reader, encounter_id: str, numbers: frozenset[str]) -> list[LateCharge]:
    """The charges of these numbers that have a code and still stand, with what is left of them, in their order."""
    rows = reader.rows(
        """
        SELECT charge_number, procedure_code, modifiers, units, amount_cents, service_date, performer_npi, reversal_of
        FROM charge WHERE encounter_id = :id ORDER BY charge_number
        """,
        id=encounter_id,
    )
    left = left_of(_posted(row) for row in rows)
    return [
        LateCharge(
            row["procedure_code"],
            tuple(_details(row["modifiers"])),
            left[row["charge_number"]].units,
            left[row["charge_number"]].cents,
            row["service_date"],
            row["performer_npi"] or "",
        )
        for row in rows
        if row["charge_number"] in numbers
        and row["procedure_code"]
        and not row["reversal_of"]
        and left[row["charge_number"]].stands
    ]


def _posted(row: Row) -> PostedCharge:
    service = service_of(row["procedure_code"], _details(row["modifiers"]), row["service_date"] or "")
    return PostedCharge(row["charge_number"], row["reversal_of"], row["units"], row["amount_cents"], service)


def changes_in(reader: Reader, encounter_id: str) -> list[ChangeRow]:
    """What later messages changed of a visit, oldest first."""
    rows = reader.rows(
        """
        SELECT id, received_at, message, late, seen_at, details FROM encounter_change
        WHERE encounter_id = :id ORDER BY received_at, id
        """,
        id=encounter_id,
    )
    return [
        ChangeRow(
            row["id"],
            row["received_at"],
            row["message"],
            row["late"],
            row["seen_at"],
            tuple(line for detail in _details(row["details"]) for line in _in_words(reader, encounter_id, detail)),
        )
        for row in rows
    ]


def _details(value: Any) -> list[Any]:
    """A list out of a JSON column, which one database gives as text and the other as it is."""
    return json.loads(value) if isinstance(value, str) else list(value or ())


def _in_words(reader: Reader, encounter_id: str, detail: Mapping[str, Any]) -> list[str]:
    part, item, was, said = detail["part"], detail["item"], detail.get("was"), detail.get("is")
    if part == "charge" and said:
        amount = f"{said['cents'] / 100:,.2f}"
        back = f", takes back {was}" if was else ""
        return [f"charge {item}: {said['code']} x{said['units']} {amount} on {said['date']}{back}"]
    if part != "document":
        now, before = _value(said), _value(was)
        return [f"{part} {str(item).replace('_', ' ')}: {now or 'none'}{f' (was {before})' if before else ''}"]
    title = f"document {item['number']} version {item['version']}: {said}"
    if was is None:
        return [title]
    rows = reader.rows(
        "SELECT version, text FROM document WHERE encounter_id = :id AND document_number = :number"
        " AND version BETWEEN :before AND :version",
        id=encounter_id,
        number=item["number"],
        before=item["version"] - 1,
        version=item["version"],
    )
    texts = {row["version"]: row["text"] or "" for row in rows}
    old, new = (texts.get(version, "").splitlines() for version in (item["version"] - 1, item["version"]))
    diff = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
    return [f"{title} (was {was})", *(f"  {line}" for line in diff if not line.startswith("@@"))]


def _value(value: Any) -> str:
    """A value in words: what a sender says besides, as pairs; empty for none."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {said}" for name, said in value.items())
    return "" if value is None else str(value)
