"""The codes of a patient's visit before this one, read with plain SQL: what a coder may take over."""

from __future__ import annotations

from dataclasses import dataclass

from store.coding.codes import Codes
from store.queries import Reader
from store.queries.codings import coding_codes


@dataclass(frozen=True)
class LastVisit:
    """An earlier visit of the same patient and side of the bill with its codes; the day is ISO text."""

    visit_number: str
    service_date: str
    codes: Codes


def last_visit(reader: Reader, encounter_id: str, kind: str) -> LastVisit | None:
    """The newest visit before an encounter that was coded, a final coding before a draft of the same visit."""
    rows = reader.rows(
        """
        SELECT other.visit_number, other.service_date, g.id
        FROM encounter mine JOIN encounter other ON other.patient_id = mine.patient_id AND other.id <> mine.id
        JOIN coding g ON g.encounter_id = other.id AND g.kind = :kind AND g.status <> 'superseded'
        WHERE mine.id = :id AND other.service_date <= mine.service_date
          AND EXISTS (SELECT 1 FROM final_diagnosis d WHERE d.coding_id = g.id)
        ORDER BY other.service_date DESC, CASE g.status WHEN 'final' THEN 0 ELSE 1 END LIMIT 1
        """,
        id=encounter_id,
        kind=kind,
    )
    if not rows:
        return None
    return LastVisit(rows[0]["visit_number"], rows[0]["service_date"], coding_codes(reader, rows[0]["id"]))
