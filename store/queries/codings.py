"""The codes of a coding, and what the chart itself says for an entry that names nothing, read with plain SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from codesets.catalog import dotted
from store.coding.codes import Codes, Defaults, Diagnosis, Performer, ProcedureLine
from store.queries import Reader, Row
from store.terms import CodingKind, DiagnosisRole, Origin

MOST_PERFORMERS = 500
"""How many clinicians of the directory a line can name beside those of the chart; others have their NPI."""


def coding_codes(reader: Reader, coding_id: str) -> Codes:
    """The codes of a coding in their order, in one statement: each change reads them under the lock of writers."""
    rows = reader.rows(_CODES, id=coding_id)
    return Codes(
        tuple(
            Diagnosis(
                d["code"],
                DiagnosisRole(d["role"]),
                d["poa"],
                Origin(d["origin"]),
                d["evidence"],
                d["why"],
                d["trail"],
            )
            for d in rows
            if d["role"] is not None
        ),
        tuple(
            ProcedureLine(
                system=line["system"],
                code=line["code"],
                modifiers=tuple(_loaded(line["modifiers"])),
                units=line["units"],
                charge_cents=line["charge_cents"],
                pointers=tuple(_loaded(line["pointers"])),
                service_date=line["service_date"],
                performer_npi=line["performer_npi"],
                origin=Origin(line["origin"]),
                why=line["why"],
                trail=line["trail"],
                evidence=line["evidence"],
                ndc=line["ndc"],
                ndc_quantity=line["ndc_quantity"],
                revenue_code=line["revenue_code"],
            )
            for line in rows
            if line["role"] is None
        ),
    )


_CODES = """
SELECT sequence, code, origin, evidence, why, trail, role, poa,
       NULL AS system, NULL AS modifiers, NULL AS units, NULL AS charge_cents, NULL AS pointers, NULL AS service_date,
       NULL AS performer_npi, NULL AS ndc, NULL AS ndc_quantity, NULL AS revenue_code
FROM final_diagnosis WHERE coding_id = :id
UNION ALL
SELECT sequence, code, origin, evidence, why, trail, NULL, NULL,
       system, modifiers, units, charge_cents, pointers, service_date, performer_npi, ndc, ndc_quantity, revenue_code
FROM final_procedure_line WHERE coding_id = :id
ORDER BY sequence
"""
"""Diagnoses and procedure lines together; a line has no role."""


def coding_defaults(reader: Reader, encounter_id: str, service_date: str) -> Defaults:
    """Day, performer (rendering, else operating, else attending), whom a line can name, and prices as posted."""
    prices = {
        row["procedure_code"]: Fraction(row["amount_cents"], row["units"])
        for row in reader.rows(
            """
            SELECT procedure_code, amount_cents, units FROM charge
            WHERE encounter_id = :id AND procedure_code <> '' AND units > 0 AND amount_cents > 0
            """,
            id=encounter_id,
        )
    }
    performers = reader.rows(
        """
        SELECT v.npi, v.family_name, v.given_name, v.credential, x.role
        FROM encounter_provider x JOIN provider v ON v.id = x.provider_id
        WHERE x.encounter_id = :id AND v.npi <> ''
        ORDER BY CASE x.role WHEN 'rendering' THEN 1 WHEN 'operating' THEN 2 WHEN 'attending' THEN 3 ELSE 4 END
        """,
        id=encounter_id,
    )
    others = reader.rows(
        "SELECT npi, family_name, given_name, credential FROM provider WHERE npi <> ''"
        " ORDER BY family_name, given_name LIMIT :most",
        most=MOST_PERFORMERS,
    )
    named = {row["npi"]: _performer(row) for row in (*performers, *others)}
    operating = [row["npi"] for row in performers if row["role"] == "operating"]
    performing = [row["npi"] for row in performers if row["role"] in ("rendering", "operating", "attending")]
    return Defaults(
        service_date=service_date,
        performer_npi=performing[0] if performing else "",
        operator_npi=operating[0] if operating else "",
        performers=tuple(named.values()),
        charge_of=lambda code, units: round(prices.get(code, Fraction(0)) * units),
        dotted=dotted,
    )


def _performer(row: Row) -> Performer:
    given = " ".join(filter(None, (row["given_name"], row["credential"])))
    return Performer(row["npi"], ", ".join(filter(None, (row["family_name"], given))))


def work_item_of(reader: Reader, coding_id: str) -> str | None:
    """The work item that a coding belongs to."""
    rows = reader.rows(
        """
        SELECT w.id FROM coding g JOIN work_item w ON w.encounter_id = g.encounter_id AND w.kind = g.kind
        WHERE g.id = :id
        """,
        id=coding_id,
    )
    return rows[0]["id"] if rows else None


@dataclass(frozen=True)
class CodingOf:
    """A coding by its visit and side of the bill."""

    coding_id: str
    visit_number: str
    kind: CodingKind
    work_item_id: str = ""


def codings_of(reader: Reader, visit_number: str = "") -> list[CodingOf]:
    """The newest coding of each side of a visit that has codes, or of every visit; by visit."""
    rows = reader.rows(
        """
        SELECT g.id, e.visit_number, g.kind, w.id AS work_item_id
        FROM coding g JOIN encounter e ON e.id = g.encounter_id
        JOIN work_item w ON w.encounter_id = e.id AND w.kind = g.kind
        WHERE g.status <> 'superseded' AND (:visit = '' OR e.visit_number = :visit OR e.id = :visit)
          AND EXISTS (SELECT 1 FROM final_diagnosis d WHERE d.coding_id = g.id)
        ORDER BY e.visit_number, g.kind
        """,
        visit=visit_number,
    )
    return [CodingOf(row["id"], row["visit_number"], CodingKind(row["kind"]), row["work_item_id"]) for row in rows]


def tasks_of(reader: Reader, encounter_id: str) -> dict[str, str]:
    """The work item of each side of an encounter's bill, by `professional` or `facility`."""
    rows = reader.rows("SELECT kind, id FROM work_item WHERE encounter_id = :id", id=encounter_id)
    return {row["kind"]: row["id"] for row in rows}


def facility_task(reader: Reader, encounter_id: str) -> str | None:
    """The work item of the facility's side of an encounter; None where it has none."""
    return tasks_of(reader, encounter_id).get(CodingKind.FACILITY)


def _loaded(value: Any) -> list[Any]:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return list(json.loads(value) if isinstance(value, str) else value)
