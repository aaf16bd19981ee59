"""Which claims stand, among those that follow each other: one definition in SQL for money, lists and reports.

- A claim is voided from when its void (frequency 8) left, unless that was refused: its charge stands again then. With
  it fall the claims that it replaced, its late charges, and what bills its next payer.
- A claim is replaced from when one was built in its place: both are one claim, the later. Where that bills another
  payer (frequency 1), the one before can be voided beside it, and takes nothing with it.
- A void is no claim of its own.

The statements are the same on SQLite and PostgreSQL. A moment is a parameter (`:as_of`); without one it is now.
"""

from __future__ import annotations


def voided_claims(as_of: str = "", visits: str = "") -> str:
    """A SELECT of the ids of the claims that are voided; `visits` is a SELECT of the visits that are asked about."""
    moment = f" AND t.posted_at <= {as_of}" if as_of else ""
    left = f" AND x.exported_at <= {as_of}" if as_of else ""
    asked = f" AND v.encounter_id IN ({visits})" if visits else ""
    return f"""WITH RECURSIVE fallen(id, how, earlier) AS (
  SELECT c.id, 'void', CASE WHEN c.follows_as = 'replacement' THEN c.follows_id END
  FROM claim v JOIN claim c ON c.id = v.follows_id LEFT JOIN claim_export x ON x.id = v.export_id
  WHERE v.frequency = '8' AND v.status = 'exported'{left}{asked}
    AND (SELECT COALESCE(SUM(j.cents), 0) FROM posting t JOIN journal_line j ON j.posting_id = t.id
         WHERE t.claim_id = c.id AND t.kind IN ('charge', 'transfer') AND t.remittance_claim_id IS NULL
           AND j.account = 'payer_receivable'{moment}) = 0
  UNION
  SELECT n.id, CASE WHEN n.id = f.earlier THEN 'void' ELSE 'with' END,
         CASE WHEN n.follows_as = 'replacement' THEN n.follows_id END
  FROM fallen f JOIN claim n ON n.id = f.earlier OR (n.follows_id = f.id AND n.status <> 'void'
    AND (n.follows_as IN ('late_charges', 'secondary') OR (n.follows_as = 'replacement' AND f.how = 'with')))
) SELECT id FROM fallen"""
