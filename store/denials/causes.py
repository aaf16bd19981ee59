"""Where a denial came from: the edit that saw it, who coded the chart, who gave the service.

An edit saw it where a finding of the claim has the denial's adjustment reason (CARC), or was overridden, and lies on
the denied line or on none; where the payer names no line of ours, on any. What is counted here is how often they stand
beside a denial; whose fault it is, people say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from store.queries import Reader, Row
from store.queries.rules import OVERRIDER
from store.scrub.rules import rule_book
from store.terms import DenialStatus


class By(StrEnum):
    """What denials are counted by."""

    REASON = "reason"
    CATEGORY = "category"
    PAYER = "payer"
    RULE = "rule"
    CODER = "coder"
    PROVIDER = "provider"
    CODE = "code"


@dataclass(frozen=True)
class Edit:
    """A finding of the claim that has to do with a denial; `by` and `reason` are of who let it pass."""

    rule_id: str
    title: str
    place: str
    overridden_by: str
    override_reason: str
    overridden_at: str


@dataclass(frozen=True)
class Cause:
    """What stands behind one denial. Coder and provider are empty where the claim is not ours."""

    denial_id: str
    claim: str
    coder: str
    coded_at: str
    provider: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Counted:
    """How many denials one cause has, and their cents; of those the `living` ones, open or appealed, with theirs."""

    what: str
    count: int
    cents: int
    living: int
    living_cents: int


def cause_of(reader: Reader, denial_id: str) -> Cause | None:
    """What stands behind a denial; None where there is none with that id."""
    rows = reader.rows(
        "SELECT d.id, d.claim_id, d.reason_code, COALESCE(c.claim_number, '') AS claim_number,"
        " COALESCE(o.login, '') AS coder, COALESCE(k.finalized_at, '') AS coded_at,"
        " COALESCE(l.sequence, 0) AS line, COALESCE(l.performer_npi, '') AS performer, c.parties"
        f" FROM denial d {_JOINS[By.CODER]} {_LINE} WHERE d.id = :id",
        id=denial_id,
    )
    if not rows:
        return None
    row = rows[0]
    edits = tuple(_edits(reader, row["claim_id"], row["reason_code"], row["line"])) if row["claim_id"] else ()
    provider = _provider(row["parties"], row["performer"])
    return Cause(row["id"], row["claim_number"], row["coder"], row["coded_at"][:10], provider, edits)


def pareto(reader: Reader, by: By, since: str = "") -> list[Counted]:
    """Denials opened since an ISO day by what they are counted by, the most money first.

    One that the payer reversed, or that went with its remittance, is no denial any more and does not count, nor does
    one that denies no money, as of a void. One that several edits saw counts for each of them. The database counts:
    there may be 100,000 of them.
    """
    rows = _by_rule(reader, since) if by is By.RULE else _by_name(reader, by, since)
    counted = [Counted(row["what"] or _NAMELESS[by], *(int(row[name]) for name in _FIGURES)) for row in rows]
    return sorted(counted, key=lambda one: (-one.cents, one.what))


_NAMELESS = {By.CODE: "the claim", By.CODER: "not ours", By.PROVIDER: "nobody named", By.RULE: "no edit saw it"}
_NAMELESS |= dict.fromkeys((By.REASON, By.CATEGORY, By.PAYER), "none")

_FIGURES = ("count", "cents", "living", "living_cents")
_LIVES = f"CASE WHEN status IN ('{DenialStatus.OPEN}', '{DenialStatus.APPEALED}')"
_COUNTED = (
    f"COUNT(*) AS count, COALESCE(SUM(cents), 0) AS cents, COALESCE(SUM({_LIVES} THEN 1 ELSE 0 END), 0) AS living,"
    f" COALESCE(SUM({_LIVES} THEN cents ELSE 0 END), 0) AS living_cents"
)
_STANDS = f"d.opened_at >= :since AND d.status <> '{DenialStatus.WITHDRAWN}' AND d.cents > 0"

_LINE = "LEFT JOIN remittance_line m ON m.id = d.remittance_line_id LEFT JOIN claim_line l ON l.id = m.claim_line_id"
_JOINS = {
    By.CODER: "LEFT JOIN claim c ON c.id = d.claim_id LEFT JOIN coding k ON k.id = c.coding_id"
    " LEFT JOIN person o ON o.id = k.coder_id",
    By.PROVIDER: f"LEFT JOIN claim c ON c.id = d.claim_id {_LINE}",
}
_NAMES = {
    By.REASON: "d.group_code || '-' || d.reason_code",
    By.CATEGORY: "d.category",
    By.PAYER: "d.payer_name",
    By.CODE: "d.procedure_code",
    By.CODER: "o.login",
}


def _by_name(reader: Reader, by: By, since: str) -> Sequence[Row]:
    name = _provider_names(reader) if by is By.PROVIDER else _NAMES[by]
    return reader.rows(
        f"SELECT what, {_COUNTED} FROM (SELECT {name} AS what, d.cents, d.status FROM denial d {_JOINS.get(by, '')}"
        f" WHERE {_STANDS}) AS named GROUP BY what",
        since=since,
    )


def _provider_names(reader: Reader) -> str:
    """What `_provider` answers, in SQL: of the line, else rendering, else attending."""
    if reader.on_postgres:
        roles = ("'line_rendering', COALESCE(l.performer_npi, '')", "'rendering'", "'facility_bill', 'attending'")
        parts = [[f"c.parties #>> ARRAY[{role}, '{part}']" for part in _NAME_PARTS] for role in roles]
    else:
        own = "'$.line_rendering.\"' || COALESCE(l.performer_npi, '') || '\"."
        roles = (own, "'$.rendering.", "'$.facility_bill.attending.")
        parts = [[f"json_extract(c.parties, {role}{part}')" for part in _NAME_PARTS] for role in roles]
    return f"COALESCE({', '.join(f'RTRIM(({family}) || {_COMMA} || ({given}), {_COMMA})' for family, given in parts)})"


_NAME_PARTS, _COMMA = ("family_name", "given_name"), "', '"


def _by_rule(reader: Reader, since: str) -> Sequence[Row]:
    """What `_edits` finds for each denial, in SQL; those that no edit saw are counted under no name."""
    answers = {f"answer{place}": f"{rule} {reason}" for place, (rule, reason) in enumerate(_reasons().items())}
    return reader.rows(
        "WITH seen AS (SELECT DISTINCT d.id, d.cents, d.status, f.rule_id || ' ' || f.title AS what FROM denial d"
        f" JOIN finding f ON f.subject_kind = 'claim' AND f.subject_id = d.claim_id {_LINE}"
        f" WHERE {_STANDS} AND (f.state = 'overridden'"
        f" OR f.rule_id || ' ' || d.reason_code IN ({', '.join(f':{name}' for name in answers)}))"
        " AND (f.place NOT LIKE 'line.%' OR l.sequence IS NULL OR f.place = 'line.' || l.sequence"
        " OR f.place LIKE 'line.' || l.sequence || '.%'))"
        f" SELECT what, {_COUNTED} FROM seen GROUP BY what"
        f" UNION ALL SELECT '', {_COUNTED} FROM denial d WHERE {_STANDS}"
        " AND d.id NOT IN (SELECT id FROM seen) HAVING COUNT(*) > 0",
        since=since,
        **answers,
    )


@cache
def _reasons() -> dict[str, str]:
    """The adjustment reason that payers answer with, by the edit that looks for it."""
    book = rule_book()
    named = {rule.id: rule.carc for rule in book.rules} | {name: edit.carc for name, edit in book.code_edits.items()}
    return {name: str(carc) for name, carc in named.items() if carc}


def _edits(reader: Reader, claim_id: str, reason: str, line: int) -> Iterable[Edit]:
    rows = reader.rows(
        "SELECT f.rule_id, f.title, f.place, f.state, f.override_reason, COALESCE(f.overridden_at, '') AS at,"
        f" {OVERRIDER} AS login FROM finding f LEFT JOIN person o ON o.id = f.overridden_by"
        " WHERE f.subject_kind = 'claim' AND f.subject_id = :id ORDER BY f.rule_id, f.place",
        id=claim_id,
    )
    for row in rows:
        of_a_line = row["place"].startswith("line.")
        same_line = not (of_a_line and line) or f"{row['place']}.".startswith(f"line.{line}.")
        if same_line and (row["state"] == "overridden" or _reasons().get(row["rule_id"]) == reason):
            yield Edit(row["rule_id"], row["title"], row["place"], row["login"], row["override_reason"], row["at"][:10])


def _provider(parties: object, performer: str) -> str:
    """Who gave the service: of the line, else rendering, else attending."""
    import json

    data = json.loads(parties) if isinstance(parties, str) else parties or {}
    assert isinstance(data, dict)
    own = (data.get("line_rendering") or {}).get(performer)
    bill = data.get("facility_bill") or {}
    who = own or data.get("rendering") or bill.get("attending")
    return ", ".join(filter(None, (who["family_name"], who["given_name"]))) if who else ""
