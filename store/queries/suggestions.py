"""What is rejected of the suggestions for an encounter, read with plain SQL; and the reasons to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from store.queries import Reader

REASONS = (
    ("not documented", "the provider does not document the condition"),
    ("not current", "it is past, resolved or not treated at this visit"),
    ("another code", "another code says it better"),
    ("integral", "it is part of a diagnosis that is coded"),
    ("misread", "the words mean something else"),
    ("to be queried", "the provider has to be asked first"),
)
"""Why a suggestion is rejected, and what each reason means."""


@dataclass(frozen=True)
class Rejected:
    """A rejection as it stands; `code` has its dot, `by` is a login."""

    code: str
    reason: str
    by: str
    at: str


def rejections(reader: Reader, encounter_id: str) -> dict[str, Rejected]:
    """What is rejected for an encounter, by code with its dot."""
    rows = reader.rows(
        """
        SELECT r.code, r.reason, r.at, COALESCE(p.login, '') AS login
        FROM suggestion_rejection r LEFT JOIN person p ON p.id = r.person_id
        WHERE r.encounter_id = :id ORDER BY r.code
        """,
        id=encounter_id,
    )
    return {row["code"]: Rejected(row["code"], row["reason"], row["login"], row["at"]) for row in rows}
