"""Which claims stand, among those that follow each other: one definition in SQL for money, lists and reports.

- A claim is voided from when its void (frequency 8) left, unless that was refused or denied: its charge stands again
  then, and the void stands for nothing. With it fall the claims that it replaced, its late charges, and what bills its
  next payer.
- A claim is replaced from when one was built in its place: both are one claim, the later. Where that bills another
  payer (frequency 1), the one before can be voided beside it, and takes nothing with it.
- A void is no claim of its own.
- A visit has one claim that is counted. Where a void left and the visit was billed anew, or by another payer, and the
  void did not happen, two claims stand: the one that counts is what its payer settled (paid, reduced, left to the
  patient), before what waits for an answer, that before what was denied whole, and that before what was reversed; of
  two that stand alike the one built last. The other is beside it, with its late charges and what bills its next payer.
  Where a visit is divided among several claims, those are two of which one bills a service of the other.

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
    return _where_a_void_left(claim, "v.status = 'exported'", voided_claims(visits=f"SELECT {claim}.encounter_id"))


def _where_a_void_left(claim: str, left: str, found: str) -> str:
    """The condition that a claim is among those found, asked of visits alone that have a void `v` which left."""
    # A CASE, whose order holds: of two conditions SQLite asks the dear one first, of every claim of a list.
    return (
        f"(CASE WHEN EXISTS (SELECT 1 FROM claim v WHERE v.encounter_id = {claim}.encounter_id AND v.frequency = '8'"
        f" AND {left}) THEN {claim}.id IN ({found}) ELSE FALSE END)"
    )


def void_stands(claim: str, as_of: str = "") -> str:
    """The condition that a claim's own void has left and was not refused."""
    left = f" AND x.exported_at <= {as_of}" if as_of else ""
    return (
        "EXISTS (SELECT 1 FROM claim v LEFT JOIN claim_export x ON x.id = v.export_id"
        f" WHERE v.follows_id = {claim}.id AND v.frequency = '8'"
        f" AND v.status = 'exported'{left} AND NOT {void_denied('v', as_of)})"
    )


def posted_answers(claim_id: str, as_of: str = "") -> str:
    """The rest of a SELECT (from FROM on) of the posted answers to a claim, but for predeterminations (25)."""
    received = f" AND r.received_at <= {as_of}" if as_of else ""
    return (
        "FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
        f" WHERE a.claim_id = {claim_id} AND a.status_code <> '25' AND r.status = 'posted'{received}"
    )


def is_answered(claim_id: str, as_of: str = "") -> str:
    """The condition that an answer to a claim stands: a reversal (22) takes one away."""
    counted_answers = "COALESCE(SUM(CASE WHEN a.status_code = '22' THEN -1 ELSE 1 END), 0)"
    return f"(SELECT {counted_answers} {posted_answers(claim_id, as_of)}) > 0"


def is_reversed(claim_id: str, as_of: str = "") -> str:
    """The condition that an answer to a claim was reversed."""
    return f"EXISTS (SELECT 1 {posted_answers(claim_id, as_of)} AND a.status_code = '22')"


def is_denied_whole(claim_id: str, as_of: str = "") -> str:
    """The condition that the answer to a claim that stands denies all of it."""
    posted, opened = posted_answers(claim_id, as_of), f" AND d.opened_at <= {as_of}" if as_of else ""
    return (
        f"({is_answered(claim_id, as_of)} AND NOT (SELECT COALESCE(SUM(a.paid_cents), 0) {posted}) > 0"
        f" AND (EXISTS (SELECT 1 {posted} AND a.status_code = '4')"
        f" OR EXISTS (SELECT 1 FROM denial d WHERE d.claim_id = {claim_id} AND d.cents > 0{opened})))"
    )


def _visits_of_two(as_of: str = "", visits: str = "") -> str:
    """The common tables of visits with a void that left: of what bills them, what stands, and which two are rivals.

    `chain` has each claim to the first payer and what replaced it, with the first of them (`root`); `stands` those that
    are neither voided nor replaced with their payer; `rivals` what was billed since a void left and what was voided,
    each beside the other.
    """
    # Of some visits their own voids are asked for, of all the voids are read once.
    gone = "SELECT g.encounter_id FROM claim g WHERE g.frequency = '8' AND g.export_id IS NOT NULL"
    asked = f"o.encounter_id IN ({gone})"
    if visits:
        asked = f"o.encounter_id IN ({visits}) AND EXISTS ({gone} AND g.encounter_id = o.encounter_id)"
    left = f" AND x.exported_at <= {as_of}" if as_of else ""
    built = f" AND q.created_at <= {as_of}" if as_of else ""
    return f"""chain(id, root, visit, form, begun) AS (
  SELECT o.id, o.id, o.encounter_id, o.form, o.created_at FROM claim o
  WHERE o.follows_as = '' AND o.frequency <> '8' AND {asked}
  UNION
  SELECT q.id, k.root, k.visit, k.form, k.begun FROM chain k JOIN claim q ON q.follows_id = k.id
  WHERE q.follows_as = 'replacement' AND q.status <> 'void'{built}
), gone(id, root, created_at) AS (
  SELECT k.id, k.root, g.created_at FROM chain k JOIN claim g ON g.follows_id = k.id
  JOIN claim_export x ON x.id = g.export_id WHERE g.frequency = '8'{left}
), stands(id, root, created_at, number, earlier, weight) AS (
  SELECT m.id, k.root, m.created_at, m.claim_number,
         CASE WHEN m.follows_as = 'replacement' AND m.frequency = '7' THEN m.follows_id END,
         CASE WHEN {is_denied_whole("m.id", as_of)} THEN 1 WHEN {is_answered("m.id", as_of)} THEN 3
              WHEN {is_reversed("m.id", as_of)} THEN 0 ELSE 2 END
  FROM chain k JOIN claim m ON m.id = k.id JOIN claim_export x ON x.id = m.export_id
  WHERE m.status = 'exported'{left} AND NOT {void_stands("m", as_of)} AND NOT EXISTS (
    SELECT 1 FROM claim q JOIN claim_export x ON x.id = q.export_id WHERE q.follows_id = m.id AND q.status = 'exported'
    AND q.follows_as = 'replacement'{left} AND (q.frequency = '7' OR m.id NOT IN (SELECT g.id FROM gone g)))
), many(visit, form, roots) AS (
  SELECT k.visit, k.form, COUNT(DISTINCT k.root) FROM chain k GROUP BY k.visit, k.form
), pairs(id, other) AS (
  SELECT g.id, n.id FROM gone g JOIN chain n ON n.root = g.root AND n.id <> g.id
  UNION
  SELECT k.id, n.id FROM gone g JOIN chain k ON k.root = g.root
  JOIN chain n ON n.visit = k.visit AND n.form = k.form AND n.begun > g.created_at
  JOIN many z ON z.visit = k.visit AND z.form = k.form
  WHERE z.roots = 2 OR EXISTS (SELECT 1 FROM claim_line i JOIN claim_line h ON h.claim_id = n.id AND h.code = i.code
                               AND h.revenue_code = i.revenue_code WHERE i.claim_id = k.id)
), rivals(id, other) AS (
  SELECT id, other FROM pairs UNION SELECT other, id FROM pairs
)"""


def beside_claims(as_of: str = "", visits: str = "") -> str:
    """A SELECT of the ids of the claims beside which another one is the claim of their visit, and what falls with them.

    `visits` is a SELECT of the visits that are asked about.
    """
    return f"""WITH RECURSIVE {_visits_of_two(as_of, visits)}, beside(id, how, earlier) AS (
  SELECT s.id, 'own', s.earlier FROM stands s JOIN rivals p ON p.id = s.id JOIN stands b ON b.id = p.other
  WHERE b.weight > s.weight OR (b.weight = s.weight
    AND (b.created_at > s.created_at OR (b.created_at = s.created_at AND b.number > s.number)))
  UNION
  SELECT n.id, CASE WHEN n.id = f.earlier THEN 'own' ELSE 'with' END,
         CASE WHEN n.follows_as = 'replacement' AND n.frequency = '7' THEN n.follows_id END
  FROM beside f JOIN claim n ON n.id = f.earlier OR (n.follows_id = f.id AND n.status <> 'void'
    AND (n.follows_as IN ('late_charges', 'secondary') OR (n.follows_as = 'replacement' AND f.how = 'with')))
) SELECT id FROM beside"""


def charges_of_two(visits: str) -> str:
    """A SELECT of the claims (`id`) of visits that were billed anew beside a void, and whether each is charged.

    Those are what left for the first payer, whether or not two of the visit stand now; of what came back only that in
    whose place another one stands.
    """
    return f"""WITH RECURSIVE {_visits_of_two(visits=visits)}
SELECT m.id, CASE WHEN m.id IN (SELECT s.id FROM stands s) AND m.id NOT IN ({beside_claims(visits=visits)})
       THEN 1 ELSE 0 END AS charged
FROM chain k JOIN claim m ON m.id = k.id WHERE m.export_id IS NOT NULL AND (m.status = 'exported'
  OR EXISTS (SELECT 1 FROM rivals p JOIN stands s ON s.id = p.other WHERE p.id = m.id)) AND EXISTS (
  SELECT 1 FROM rivals p JOIN claim e ON e.id = p.id JOIN claim f ON f.id = p.other
  WHERE e.encounter_id = k.visit AND e.form = k.form AND e.export_id IS NOT NULL AND f.export_id IS NOT NULL)
"""


def is_beside(claim: str) -> str:
    """The condition that another claim of its visit counts, not this one; by the name of its table in a statement."""
    found = beside_claims(visits=f"SELECT {claim}.encounter_id")
    return _where_a_void_left(claim, "v.export_id IS NOT NULL", found)


def is_replaced(claim: str) -> str:
    """The condition that a replacement of a claim has left."""
    return (
        f"EXISTS (SELECT 1 FROM claim later WHERE later.follows_id = {claim}.id"
        " AND later.follows_as = 'replacement' AND later.status = 'exported')"
    )


def counted(claim: str, as_of: str = "") -> str:
    """The condition that a claim, by the name that its table has in a statement, is one where claims are counted.

    Of claims that replace each other the last one is, of a claim that was voided and its void neither, and of two that
    stand since a void did not happen the one that the ledger charges.
    """
    built = f" AND later.created_at <= {as_of}" if as_of else ""
    return (
        f"{claim}.status <> 'void' AND {claim}.frequency <> '8' AND NOT EXISTS (SELECT 1 FROM claim later"
        f" WHERE later.follows_id = {claim}.id AND later.follows_as = 'replacement' AND later.status <> 'void'{built})"
        f" AND {claim}.id NOT IN ({voided_claims(as_of)}) AND {claim}.id NOT IN ({beside_claims(as_of)})"
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
