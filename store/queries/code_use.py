"""Which charts that are not finished hold a code: what a change of the code sets touches.

Only charts from the day on which the change is in force: one of an earlier day keeps its codes.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader

DIAGNOSES = "icd10cm"


@dataclass(frozen=True)
class OpenChart:
    """A chart that is not finished: whose, of which day, and the worklist that it is in."""

    patient: str
    mrn: str
    service_date: str
    worklist: str


def open_charts_by_code(reader: Reader, since: str, system: str = DIAGNOSES) -> dict[str, int]:
    """How many charts of that ISO day or later hold each code of a system in a draft, by the code as it is printed.

    `system` is that of diagnoses, or of procedure lines: hcpcs or icd10pcs.
    """
    rows = reader.rows(
        f"""
        SELECT f.code, COUNT(DISTINCT g.encounter_id) AS charts
        FROM {_table(system)} f JOIN coding g ON g.id = f.coding_id JOIN encounter e ON e.id = g.encounter_id
        WHERE g.status = 'draft' AND e.service_date >= :since AND {_of(system)} GROUP BY f.code
        """,
        since=since,
        system=system,
    )
    return {row["code"]: row["charts"] for row in rows}


def open_charts_with(
    reader: Reader, code: str, since: str, most: int = 50, system: str = DIAGNOSES
) -> tuple[OpenChart, ...]:
    """The charts in work of that ISO day or later that hold a code as it is printed; the oldest first.

    Restricted ones are left out: the list would tell a code of theirs.
    """
    rows = reader.rows(
        f"""
        SELECT DISTINCT p.family_name, p.given_name, p.mrn, e.service_date, w.worklist
        FROM {_table(system)} f JOIN coding g ON g.id = f.coding_id
        JOIN encounter e ON e.id = g.encounter_id JOIN patient p ON p.id = e.patient_id
        JOIN work_item w ON w.encounter_id = g.encounter_id AND w.kind = g.kind
        WHERE g.status = 'draft' AND f.code = :code AND e.service_date >= :since AND {_of(system)}
            AND p.restricted IS NULL
        ORDER BY e.service_date, p.mrn LIMIT :most
        """,
        code=code,
        since=since,
        most=most,
        system=system,
    )
    return tuple(
        OpenChart(
            ", ".join(filter(None, (row["family_name"], row["given_name"]))),
            row["mrn"],
            row["service_date"],
            row["worklist"],
        )
        for row in rows
    )


def _table(system: str) -> str:
    return "final_diagnosis" if system == DIAGNOSES else "final_procedure_line"


def _of(system: str) -> str:
    """The condition for the rows of a system; diagnoses are all of one."""
    return ":system = :system" if system == DIAGNOSES else "f.system = :system"
