"""What lists show of a patient whose charts are restricted, as parts of statements: a word in the place of the name.

Who may open what is behind the name is the business of `store.access`; here is only asked whether somebody was let in.
"""

from __future__ import annotations

import re

from store.permissions.columns import COVER
from store.queries import Reader
from store.terms import RESTRICTED

NAME = f"CASE WHEN p.restricted IS NULL THEN p.family_name || ', ' || p.given_name ELSE '{RESTRICTED}' END"
"""The name of patient `p`; without a given name it ends in a comma and a blank."""

NUMBER = "CASE WHEN p.restricted IS NULL THEN p.mrn ELSE '' END"
"""The record number of patient `p`."""

_NAMED = "COALESCE(NULLIF(c.patient_name, ''), s.family_name || ', ' || s.given_name, '')"
PAID_FOR = f"CASE WHEN s.restricted IS NULL THEN {_NAMED} ELSE '{RESTRICTED}' END AS shown_name"
"""Whom a payer paid for, by the name that it gives, else by that of the patient of our claim."""
PAID_CODE = f"CASE WHEN s.restricted IS NULL THEN {{code}} ELSE '{COVER}' END"
"""A code that a payer answered, by the patient of our claim: payments and denials are worked without it."""

OF_CLAIM = "LEFT JOIN encounter v ON v.id = o.encounter_id LEFT JOIN patient s ON s.id = v.patient_id"
"""The name that a payer wrote for claim `c` of a payment, by the patient of our claim `o`, if it is one of ours."""


_REMAINING = (
    "WITH RECURSIVE same(id, into_id) AS (SELECT q.id, q.merged_into_id FROM patient q WHERE q.id = :target"
    " UNION ALL SELECT q.id, q.merged_into_id FROM same JOIN patient q ON q.id = same.into_id)"
    " SELECT same.id FROM same WHERE same.into_id IS NULL"
)
"""Who remains of patient `:target`, over however many merges: a restriction and its admissions are theirs."""

PATIENT_OF = {
    "patient": _REMAINING,
    "encounter": "SELECT patient_id FROM encounter WHERE id = :target",
    "account": "SELECT patient_id FROM account WHERE id = :target",
    "work_item": "SELECT e.patient_id FROM work_item t JOIN encounter e ON e.id = t.encounter_id WHERE t.id = :target",
    "coding": "SELECT e.patient_id FROM coding t JOIN encounter e ON e.id = t.encounter_id WHERE t.id = :target",
    "claim": "SELECT e.patient_id FROM claim t JOIN encounter e ON e.id = t.encounter_id WHERE t.id = :target",
    "audit": "SELECT e.patient_id FROM audit t JOIN encounter e ON e.id = t.encounter_id WHERE t.id = :target",
    "denial": "SELECT e.patient_id FROM denial t JOIN claim c ON c.id = t.claim_id"
    " JOIN encounter e ON e.id = c.encounter_id WHERE t.id = :target",
    "provider_query": "SELECT e.patient_id FROM provider_query t JOIN encounter e ON e.id = t.encounter_id"
    " WHERE t.id = :target",
    "deficiency": "SELECT e.patient_id FROM deficiency t JOIN encounter e ON e.id = t.encounter_id"
    " WHERE t.id = :target",
}
"""Whose chart each kind of row holds something of, by its id as `:target`."""

ADMITTED = (
    "EXISTS (SELECT 1 FROM chart_access a WHERE a.patient_id = p.id AND a.person_id = :person"
    " AND (a.until IS NULL OR a.until > :moment))"
)
"""Whether `:person` is let at the charts of patient `p` at `:moment` (the present as ISO text in UTC)."""

CLOSED = f"p.restricted IS NOT NULL AND NOT {ADMITTED}"
"""Whether the charts of patient `p` are closed to `:person` at `:moment`."""


def is_closed(reader: Reader, kind: str, target_id: str, person_id: str, moment: str) -> bool:
    """Whether a row of a kind of `PATIENT_OF` holds something of a chart that is closed to the person."""
    found = reader.rows(
        f"SELECT 1 AS closed FROM patient p WHERE p.id = ({PATIENT_OF[kind]}) AND {CLOSED}",
        target=target_id,
        person=person_id,
        moment=moment,
    )
    return bool(found)


def patient_of(reader: Reader, kind: str, target_id: str) -> str:
    """The id of the patient of whose chart a row of a kind of `PATIENT_OF` holds something."""
    return str(reader.rows(f"SELECT ({PATIENT_OF[kind]}) AS id", target=target_id)[0]["id"])


_CLOSED_NUMBERS = (
    f"WITH RECURSIVE closed(id, mrn) AS (SELECT p.id, p.mrn FROM patient p WHERE p.merged_into_id IS NULL AND {CLOSED}"
    " UNION ALL SELECT q.id, q.mrn FROM closed JOIN patient q ON q.merged_into_id = closed.id)"
    " SELECT closed.id, closed.mrn FROM closed"
)
"""Every patient whose charts are closed to `:person` at `:moment`, and who was merged into one of them."""


def closed_patients(reader: Reader, person_id: str, moment: str) -> frozenset[str]:
    """The ids of the patients whose charts are closed to the person."""
    rows = reader.rows(_CLOSED_NUMBERS, person=person_id, moment=moment)
    return frozenset(row["id"] for row in rows)


def names_closed(reader: Reader, text: str, person_id: str, moment: str) -> bool:
    """Whether a text that belongs to no chart yet holds the record number of a patient who is closed to the person."""
    rows = reader.rows(_CLOSED_NUMBERS, person=person_id, moment=moment)
    return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(row['mrn'])}(?![A-Za-z0-9])", text) for row in rows)


def task_of_claim(reader: Reader, claim_id: str) -> str:
    """The work item that a claim comes from, by which its chart is opened; "" where it has none any more."""
    rows = reader.rows(
        "SELECT MIN(w.id) AS id FROM claim c JOIN coding g ON g.id = c.coding_id"
        " JOIN work_item w ON w.encounter_id = c.encounter_id AND w.kind = g.kind WHERE c.id = :claim",
        claim=claim_id,
    )
    return str(rows[0]["id"] or "")
