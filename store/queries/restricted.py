"""What lists show of a patient whose charts are restricted, as parts of statements: a word in the place of the name.

Who may open what is behind the name is the business of `store.access`; here is only asked whether somebody was let in.
"""

from __future__ import annotations

from store.queries import Reader
from store.terms import RESTRICTED

NAME = f"CASE WHEN p.restricted IS NULL THEN p.family_name || ', ' || p.given_name ELSE '{RESTRICTED}' END"
"""The name of patient `p`; without a given name it ends in a comma and a blank."""

PAID_FOR = f"CASE WHEN s.restricted IS NULL THEN c.patient_name ELSE '{RESTRICTED}' END AS shown_name"
OF_CLAIM = "LEFT JOIN encounter v ON v.id = o.encounter_id LEFT JOIN patient s ON s.id = v.patient_id"
"""The name that a payer wrote for claim `c` of a payment, by the patient of our claim `o`, if it is one of ours."""


def closed_claim(reader: Reader, claim_id: str, person_id: str, moment: str) -> str:
    """The work item that a claim comes from, where its patient is restricted and the person was not let in; else "".

    `moment` is the present as ISO text in UTC: an emergency lets in for an hour.
    """
    rows = reader.rows(
        "SELECT w.id FROM claim c JOIN coding g ON g.id = c.coding_id"
        " JOIN work_item w ON w.encounter_id = c.encounter_id AND w.kind = g.kind"
        " JOIN encounter e ON e.id = c.encounter_id JOIN patient p ON p.id = e.patient_id"
        " WHERE c.id = :claim AND p.restricted IS NOT NULL AND NOT EXISTS (SELECT 1 FROM chart_access a"
        " WHERE a.patient_id = p.id AND a.person_id = :person AND (a.until IS NULL OR a.until > :moment))",
        claim=claim_id,
        person=person_id,
        moment=moment,
    )
    return str(rows[0]["id"]) if rows else ""
