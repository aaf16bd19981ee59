"""The codes of a patient's visit before this one, read with plain SQL: what a coder may take over."""

from __future__ import annotations

from dataclasses import dataclass

from store.coding.codes import Codes
from store.queries import Reader
from store.queries.codings import coding_codes
from store.queries.standing import PostedCharge, left_of, service_of


@dataclass(frozen=True)
class LastVisit:
    """An earlier visit of the same patient and side of the bill with its codes; the day is ISO text.

    `reversed` are the codes of which every charge of that visit was taken back.
    """

    visit_number: str
    service_date: str
    codes: Codes
    reversed: frozenset[str] = frozenset()


def last_visit(reader: Reader, encounter_id: str, kind: str) -> LastVisit | None:
    """The newest visit before an encounter that was coded, a final coding before a draft of the same visit."""
    rows = reader.rows(
        """
        SELECT other.id AS encounter_id, other.visit_number, other.service_date, g.id
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
    last = rows[0]
    codes = coding_codes(reader, last["id"])
    return LastVisit(last["visit_number"], last["service_date"], codes, _reversed(reader, last["encounter_id"]))


def _reversed(reader: Reader, encounter_id: str) -> frozenset[str]:
    """The codes that were charged at a visit and of whose charges none stands any more."""
    rows = reader.rows(
        "SELECT charge_number, procedure_code, service_date, reversal_of, units, amount_cents FROM charge"
        " WHERE encounter_id = :id AND procedure_code <> ''",
        id=encounter_id,
    )
    left = left_of(
        PostedCharge(
            row["charge_number"],
            row["reversal_of"],
            row["units"],
            row["amount_cents"],
            service_of(row["procedure_code"], (), row["service_date"] or ""),
        )
        for row in rows
    )
    posted = [row for row in rows if not row["reversal_of"]]
    standing = {row["procedure_code"] for row in posted if left[row["charge_number"]].stands}
    return frozenset(row["procedure_code"] for row in posted) - standing
