"""Which charts that are not finished hold a code: what a change of the code sets touches."""

from __future__ import annotations

from store.queries import Reader


def open_charts_by_code(reader: Reader) -> dict[str, int]:
    """How many codings in draft hold each diagnosis, by dotted code."""
    rows = reader.rows(
        """
        SELECT f.code, COUNT(DISTINCT g.encounter_id) AS charts
        FROM final_diagnosis f JOIN coding g ON g.id = f.coding_id WHERE g.status = 'draft' GROUP BY f.code
        """
    )
    return {row["code"]: row["charts"] for row in rows}
