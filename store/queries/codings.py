"""The codes of a coding, and what the chart itself says for an entry that names nothing, read with plain SQL."""

from __future__ import annotations

import json

from codesets.catalog import dotted
from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine
from store.queries import Reader
from store.terms import DiagnosisRole, Origin


def coding_codes(reader: Reader, coding_id: str) -> Codes:
    """The codes of a coding in their order."""
    diagnoses = reader.rows(
        "SELECT code, role, poa, origin, evidence, why, trail FROM final_diagnosis"
        " WHERE coding_id = :id ORDER BY sequence",
        id=coding_id,
    )
    lines = reader.rows(
        """
        SELECT system, code, modifiers, units, charge_cents, pointers, service_date, performer_npi, origin,
               why, trail
        FROM final_procedure_line WHERE coding_id = :id ORDER BY sequence
        """,
        id=coding_id,
    )
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
            for d in diagnoses
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
            )
            for line in lines
        ),
    )


def coding_defaults(reader: Reader, encounter_id: str, service_date: str) -> Defaults:
    """Day, performer (rendering, else operating, else attending) and the posted price of one unit of each code."""
    prices = {
        row["procedure_code"]: row["amount_cents"] // row["units"]
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
        SELECT v.npi FROM encounter_provider x JOIN provider v ON v.id = x.provider_id
        WHERE x.encounter_id = :id AND x.role IN ('rendering', 'operating', 'attending')
        ORDER BY CASE x.role WHEN 'rendering' THEN 1 WHEN 'operating' THEN 2 ELSE 3 END
        """,
        id=encounter_id,
    )
    return Defaults(
        service_date=service_date,
        performer_npi=performers[0]["npi"] if performers else "",
        charge_of=lambda code: prices.get(code, 0),
        dotted=dotted,
    )


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


def facility_task(reader: Reader, encounter_id: str) -> str | None:
    """The work item of the facility's side of an encounter; None where it has none."""
    rows = reader.rows("SELECT id FROM work_item WHERE encounter_id = :id AND kind = 'facility'", id=encounter_id)
    return rows[0]["id"] if rows else None


def _loaded(value: object) -> list:
    """JSON columns come as text from SQLite and as values from PostgreSQL."""
    return json.loads(value) if isinstance(value, str) else list(value)  # type: ignore[call-overload]
