"""Holds as rows: those of everybody, of an owner or of oneself, with their age, and those of one chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from store.queries import Reader, Row

MOST_ROWS = 5000


class HoldFilter(StrEnum):
    """Which holds are shown."""

    OPEN = "open"
    MINE = "mine"
    LATE = "late"
    CLEARED = "cleared"


@dataclass(frozen=True)
class HoldRow:
    """One hold. Days are whole; `late` when it is open after its due day."""

    id: str
    work_item_id: str
    hold_reason: str
    reason_id: str
    owner: str
    physician: str
    about_on: str
    note: str
    due_on: str
    opened_on: str
    opened_by: str
    cleared_on: str
    cleared_by: str
    cleared_why: str
    patient: str
    mrn: str
    service_date: str
    worklist: str
    cents: int
    days: int
    late: bool


@dataclass(frozen=True)
class OwnerCount:
    """What waits for one owner: holds, charts, late ones, charges in cents, and the oldest in days."""

    owner: str
    holds: int
    charts: int
    late: int
    cents: int
    oldest: int


_SELECT = """
SELECT h.id, h.work_item_id, h.reason, h.reason_id, h.owner, h.physician, h.about_on, h.note, h.due_on, h.opened_at,
       h.cleared_at, h.cleared_why, w.patient_name, w.service_date, w.worklist, w.charge_rank,
       CASE WHEN w.restricted THEN '' ELSE p.mrn END AS mrn,
       (SELECT o.login FROM person o WHERE o.id = h.opened_by) AS opener,
       (SELECT o.login FROM person o WHERE o.id = h.cleared_by) AS clearer
FROM hold h JOIN work_item w ON w.id = h.work_item_id JOIN encounter e ON e.id = w.encounter_id
JOIN patient p ON p.id = e.patient_id
"""


def hold_list(
    reader: Reader, today: date, show: HoldFilter = HoldFilter.OPEN, owner: str = "", person_id: str = ""
) -> list[HoldRow]:
    """Holds of a kind, the oldest first; of one owner where named. `person_id` is whose are `mine`."""
    where = ["h.cleared_at IS NOT NULL" if show is HoldFilter.CLEARED else "h.cleared_at IS NULL"]
    asked: dict[str, object] = {}
    if show is HoldFilter.MINE:
        where.append("h.opened_by = :person")
        asked["person"] = person_id
    if show is HoldFilter.LATE:
        where.append("h.due_on < :today")
        asked["today"] = today.isoformat()
    if owner:
        where.append("h.owner = :owner")
        asked["owner"] = owner
    rows = reader.rows(f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY h.opened_at, h.id LIMIT {MOST_ROWS}", **asked)
    return [_row(row, today) for row in rows]


def holds_of_chart(reader: Reader, work_item_id: str, today: date) -> list[HoldRow]:
    """Every hold of a chart, cleared ones too, the oldest first."""
    rows = reader.rows(f"{_SELECT} WHERE h.work_item_id = :id ORDER BY h.opened_at, h.id", id=work_item_id)
    return [_row(row, today) for row in rows]


def hold_counts(reader: Reader, today: date) -> list[OwnerCount]:
    """What waits for each owner, the most money first; a chart with two holds of one owner counts once."""
    rows = reader.rows(
        """
        SELECT owner, SUM(holds) AS holds, COUNT(*) AS charts, SUM(late) AS late, SUM(cents) AS cents,
               MIN(oldest) AS oldest
        FROM (SELECT h.owner, h.work_item_id, COUNT(*) AS holds,
                     MAX(CASE WHEN h.due_on < :today THEN 1 ELSE 0 END) AS late,
                     MAX(-w.charge_rank) AS cents, MIN(h.opened_at) AS oldest
              FROM hold h JOIN work_item w ON w.id = h.work_item_id
              WHERE h.cleared_at IS NULL GROUP BY h.owner, h.work_item_id) AS charts
        GROUP BY owner ORDER BY SUM(cents) DESC, owner
        """,
        today=today.isoformat(),
    )
    return [
        OwnerCount(
            row["owner"],
            int(row["holds"]),
            int(row["charts"]),
            int(row["late"]),
            int(row["cents"]),
            _days(row["oldest"], today),
        )
        for row in rows
    ]


def _row(row: Row, today: date) -> HoldRow:
    cleared = (row["cleared_at"] or "")[:10]
    end = date.fromisoformat(cleared) if cleared else today
    due = row["due_on"] or ""
    return HoldRow(
        id=row["id"],
        work_item_id=row["work_item_id"],
        hold_reason=row["reason"],
        reason_id=row["reason_id"],
        owner=row["owner"],
        physician=row["physician"],
        about_on=row["about_on"] or "",
        note=row["note"],
        due_on=due,
        opened_on=row["opened_at"][:10],
        opened_by=row["opener"] or "",
        cleared_on=cleared,
        cleared_by=row["clearer"] or "",
        cleared_why=row["cleared_why"],
        patient=row["patient_name"],
        mrn=row["mrn"],
        service_date=row["service_date"],
        worklist=row["worklist"],
        cents=-row["charge_rank"],
        days=_days(row["opened_at"], end),
        late=not cleared and bool(due) and due < today.isoformat(),
    )


def _days(moment: str, day: date) -> int:
    return max((day - date.fromisoformat(moment[:10])).days, 0)


def physicians(reader: Reader, work_item_id: str = "") -> list[tuple[str, str]]:
    """Names of those whom a hold can wait for, each with a word: the visit's own first, then everybody here."""
    own = reader.rows(
        """
        SELECT v.family_name, v.given_name, v.credential, x.role FROM encounter_provider x
        JOIN provider v ON v.id = x.provider_id JOIN work_item w ON w.encounter_id = x.encounter_id
        WHERE w.id = :id
        ORDER BY CASE x.role WHEN 'attending' THEN 1 WHEN 'rendering' THEN 2 WHEN 'operating' THEN 3 ELSE 4 END
        """,
        id=work_item_id,
    )
    others = reader.rows(
        "SELECT family_name, given_name, credential FROM provider ORDER BY family_name, given_name LIMIT :most",
        most=MOST_ROWS,
    )
    named: dict[str, str] = {}
    for row in own:
        named.setdefault(_named(row), f"{row['role']} of this visit")
    for row in others:
        named.setdefault(_named(row), "")
    return list(named.items())


def _named(row: Row) -> str:
    return " ".join(filter(None, (row["given_name"], row["family_name"], row["credential"])))
