"""Which claims stand, among those that follow each other: one definition in SQL for money, lists and reports.

- A claim is voided from when its void (frequency 8) left, unless that was refused or denied: its charge stands again
  then, and the void stands for nothing. With it fall the claims that it replaced, its late charges, and what bills its
  next payer.
- A claim is replaced from when one was built in its place: both are one claim, the later. Where that bills another
  payer (frequency 1), the one before can be voided beside it, and takes nothing with it.
- A void is no claim of its own.

The statements are the same on SQLite and PostgreSQL. A moment is a parameter (`:as_of`); without one it is now.
"""

from __future__ import annotations

NOT_VOIDED = "the void did not happen"
"""How the note begins of a payer's answer that refuses a void, and of its denial."""


def void_denied(void: str, as_of: str = "") -> str:
    """The condition that its payer denied a void: what it voids stands there as it was."""
    received = f" AND r.received_at <= {as_of}" if as_of else ""
    return (
        "EXISTS (SELECT 1 FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
        f" WHERE a.account_number = {void}.claim_number AND a.status_code = '4' AND a.note LIKE '{NOT_VOIDED}%'"
        f" AND r.status = 'posted'{received})"
    )


def voided_claims(as_of: str = "", visits: str = "") -> str:
    """A SELECT of the ids of the claims that are voided; `visits` is a SELECT of the visits that are asked about."""
    moment = f" AND t.posted_at <= {as_of}" if as_of else ""
    left = f" AND x.exported_at <= {as_of}" if as_of else ""
    asked = f" AND v.encounter_id IN ({visits})" if visits else ""
    return f"""WITH RECURSIVE fallen(id, how, earlier) AS (
  SELECT gone.id, 'void', CASE WHEN gone.follows_as = 'replacement' THEN gone.follows_id END
  FROM claim v JOIN claim gone ON gone.id = v.follows_id LEFT JOIN claim_export x ON x.id = v.export_id
  WHERE v.frequency = '8' AND v.status = 'exported'{left}{asked} AND NOT {void_denied("v", as_of)}
    AND (SELECT COALESCE(SUM(j.cents), 0) FROM posting t JOIN journal_line j ON j.posting_id = t.id
         WHERE t.claim_id = gone.id AND t.kind IN ('charge', 'transfer') AND t.remittance_claim_id IS NULL
           AND j.account = 'payer_receivable'{moment}) = 0
  UNION
  SELECT n.id, CASE WHEN n.id = f.earlier THEN 'void' ELSE 'with' END,
         CASE WHEN n.follows_as = 'replacement' THEN n.follows_id END
  FROM fallen f JOIN claim n ON n.id = f.earlier OR (n.follows_id = f.id AND n.status <> 'void'
    AND (n.follows_as IN ('late_charges', 'secondary') OR (n.follows_as = 'replacement' AND f.how = 'with')))
) SELECT id FROM fallen"""


def is_voided(claim: str) -> str:
    """The condition that a claim is voided, by the name that its table has in a statement, for pages of a list."""
    of_visit = voided_claims(visits=f"SELECT {claim}.encounter_id")
    # A CASE, whose order holds: of two conditions SQLite asks the dear one first, of every claim of a list.
    return (
        f"(CASE WHEN EXISTS (SELECT 1 FROM claim v WHERE v.encounter_id = {claim}.encounter_id AND v.frequency = '8'"
        f" AND v.status = 'exported') THEN {claim}.id IN ({of_visit}) ELSE FALSE END)"
    )


def void_stands(claim: str) -> str:
    """The condition that a claim's own void has left and was not refused."""
    return (
        f"EXISTS (SELECT 1 FROM claim v WHERE v.follows_id = {claim}.id AND v.frequency = '8'"
        f" AND v.status = 'exported' AND NOT {void_denied('v')})"
    )


def is_replaced(claim: str) -> str:
    """The condition that a replacement of a claim has left."""
    return (
        f"EXISTS (SELECT 1 FROM claim later WHERE later.follows_id = {claim}.id"
        " AND later.follows_as = 'replacement' AND later.status = 'exported')"
    )


def counted(claim: str, as_of: str = "") -> str:
    """The condition that a claim, by the name that its table has in a statement, is one where claims are counted.

    Of claims that replace each other the last one is, of a claim that was voided and its void neither.
    """
    built = f" AND later.created_at <= {as_of}" if as_of else ""
    return (
        f"{claim}.status <> 'void' AND {claim}.frequency <> '8' AND NOT EXISTS (SELECT 1 FROM claim later"
        f" WHERE later.follows_id = {claim}.id AND later.follows_as = 'replacement' AND later.status <> 'void'{built})"
        f" AND {claim}.id NOT IN ({voided_claims(as_of)})"
    )


def replaced_claims(as_of: str = "") -> str:
    """A SELECT of the claims (`id`) that were replaced with their payer, with each claim (`last`) in their place."""
    built = f" AND q.created_at <= {as_of}" if as_of else ""
    return f"""WITH RECURSIVE took(id, last) AS (
  SELECT q.follows_id, q.id FROM claim q
  WHERE q.follows_as = 'replacement' AND q.frequency = '7' AND q.status <> 'void'{built}
  UNION
  SELECT q.follows_id, k.last FROM took k JOIN claim q ON q.id = k.id
  WHERE q.follows_as = 'replacement' AND q.frequency = '7'
) SELECT id, last FROM took"""


def first_claims() -> str:
    """A SELECT of the claims (`id`) that replace others with their payer, and the first of each (`first`)."""
    return """WITH RECURSIVE root(id, first) AS (
  SELECT q.id, q.follows_id FROM claim q WHERE q.follows_as = 'replacement' AND q.frequency = '7'
  UNION
  SELECT k.id, q.follows_id FROM root k JOIN claim q ON q.id = k.first
  WHERE q.follows_as = 'replacement' AND q.frequency = '7'
) SELECT k.id, k.first FROM root k JOIN claim q ON q.id = k.first
WHERE q.follows_as <> 'replacement' OR q.frequency <> '7'"""


def paid_of_chains(as_of: str = "") -> str:
    """A SELECT of what payers paid (`paid`, in cents) by the claim (`claim_id`), and by each that replaced it there."""
    received = f" AND t.received_at <= {as_of}" if as_of else ""
    return f"""SELECT COALESCE(k.last, r.claim_id) AS claim_id, SUM(r.paid_cents) AS paid
  FROM remittance_claim r JOIN remittance t ON t.id = r.remittance_id
  LEFT JOIN ({replaced_claims(as_of)}) k ON k.id = r.claim_id
  WHERE t.status = 'posted' AND r.claim_id IS NOT NULL{received} GROUP BY COALESCE(k.last, r.claim_id)"""


PHRASES = {
    "voided": voided_claims(),
    "counted": counted("m"),
    "replaced": replaced_claims(),
    "first_claims": first_claims(),
    "paid_of_chains": paid_of_chains(),
}
"""What statements say of claims m that follow each other, by name, as the record stands now."""

PHRASES_AT = {
    "voided": voided_claims(":as_of"),
    "counted": counted("m", ":as_of"),
    "replaced": replaced_claims(":as_of"),
    "first_claims": first_claims(),
    "paid_of_chains": paid_of_chains(":as_of"),
}
"""The same at a moment."""


def written_out(sql: str) -> str:
    """A statement with its phrases ({counted} and the like) in full, as the record stands now."""
    for name, text in PHRASES.items():
        sql = sql.replace("{" + name + "}", text)
    return sql
