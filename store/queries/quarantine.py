"""What waits in quarantine, read with plain SQL: records and files that could not be taken in, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader
from store.queries.restricted import names_closed

MOST = 5_000


@dataclass(frozen=True)
class QuarantineRow:
    """A refused record, or a file (`kind` is "file"), with the place in it; times are ISO text in UTC.

    `settled` says how it left: taken in, set aside; empty while it waits.
    """

    id: str
    received_at: str
    file_name: str
    place: str
    kind: str
    reason: str
    sha256: str
    tried_at: str
    settled: str

    @property
    def number(self) -> str:
        """The end of its id, by which the command line names it."""
        return self.id[-8:]


def quarantine_list(reader: Reader, every: bool = False) -> list[QuarantineRow]:
    """What waits, the oldest first; or all that ever came into quarantine, as many as a list holds."""
    rows = reader.rows(
        f"""
        SELECT id, received_at, file_name, place, kind, reason, sha256, tried_at, settled FROM quarantine
        {"" if every else "WHERE settled = ''"} ORDER BY received_at, id LIMIT :most
        """,
        most=MOST,
    )
    return [
        QuarantineRow(
            row["id"],
            row["received_at"],
            row["file_name"],
            row["place"],
            row["kind"],
            row["reason"],
            row["sha256"],
            row["tried_at"] or "",
            row["settled"],
        )
        for row in rows
    ]


def quarantine_text(reader: Reader, quarantine_id: str, person_id: str = "") -> str:
    """The beginning of a refused record as it came; of a file where it lies too.

    In the place of one that names a patient who is closed to the person stands why it is not shown.
    """
    from store.models.columns import now  # which loads the ORM: the list is read without it

    rows = reader.rows("SELECT excerpt FROM quarantine WHERE id = :id", id=quarantine_id)
    text = str(rows[0]["excerpt"]) if rows else ""
    return OF_A_CLOSED_CHART if person_id and names_closed(reader, text, person_id, now()) else text


TO_MEND = "what lacks something is mended where it comes from and sent again"
"""What there is to do about most of what stands here, before it is tried again or set aside."""

OF_A_CLOSED_CHART = "It names a patient whose charts are restricted: only people who were admitted may read it."
