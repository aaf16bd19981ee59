"""Where a denial came from: the edit that saw it, who coded the chart, who gave the service.

An edit saw it where a finding of the claim has the denial's adjustment reason (CARC), or lies on the denied line and
was overridden. What is counted here is how often they stand beside a denial; whose fault it is, people say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from store.queries import Reader
from store.scrub.rules import rule_book


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
    """How many denials one cause has, and their cents."""

    what: str
    count: int
    cents: int


def cause_of(reader: Reader, denial_id: str) -> Cause | None:
    """What stands behind a denial; None where there is none with that id."""
    found = _causes(reader, "WHERE d.id = :id", id=denial_id)
    return found[0][1] if found else None


def pareto(reader: Reader, by: By, since: str = "") -> list[Counted]:
    """Denials opened since an ISO day by what they are counted by, the most money first."""
    counts: dict[str, tuple[int, int]] = {}
    for row, cause in _causes(reader, "WHERE d.opened_at >= :since", since=since):
        for name in set(_names(row, cause, by)):
            count, cents = counts.get(name, (0, 0))
            counts[name] = (count + 1, cents + row["cents"])
    rows = [Counted(name, count, cents) for name, (count, cents) in counts.items()]
    return sorted(rows, key=lambda one: (-one.cents, one.what))


def _names(row: dict[str, object], cause: Cause, by: By) -> Iterable[str]:
    match by:
        case By.REASON:
            return [f"{row['group_code']}-{row['reason_code']}"]
        case By.CATEGORY:
            return [str(row["category"])]
        case By.PAYER:
            return [str(row["payer_name"])]
        case By.CODE:
            return [str(row["procedure_code"]) or "the claim"]
        case By.CODER:
            return [cause.coder or "not ours"]
        case By.PROVIDER:
            return [cause.provider or "nobody named"]
        case By.RULE:
            return [f"{edit.rule_id} {edit.title}" for edit in cause.edits] or ["no edit saw it"]


def _causes(reader: Reader, where: str, **parameters: object) -> list[tuple[dict[str, object], Cause]]:
    rows = reader.rows(
        "SELECT d.id, d.claim_id, d.group_code, d.reason_code, d.category, d.payer_name, d.procedure_code, d.cents,"
        " COALESCE(c.claim_number, '') AS claim_number, COALESCE(o.login, '') AS coder,"
        " COALESCE(k.finalized_at, '') AS coded_at, COALESCE(l.sequence, 0) AS line,"
        " COALESCE(NULLIF(l.performer_npi, ''), '') AS performer, c.parties"
        " FROM denial d LEFT JOIN claim c ON c.id = d.claim_id LEFT JOIN coding k ON k.id = c.coding_id"
        " LEFT JOIN person o ON o.id = k.coder_id LEFT JOIN remittance_line m ON m.id = d.remittance_line_id"
        f" LEFT JOIN claim_line l ON l.id = m.claim_line_id {where} ORDER BY d.id",
        **parameters,
    )
    found = []
    for row in rows:
        edits = tuple(_edits(reader, row["claim_id"], row["reason_code"], row["line"])) if row["claim_id"] else ()
        provider = _provider(row["parties"], row["performer"])
        cause = Cause(row["id"], row["claim_number"], row["coder"], row["coded_at"][:10], provider, edits)
        found.append((dict(row), cause))
    return found


def _edits(reader: Reader, claim_id: str, reason: str, line: int) -> Iterable[Edit]:
    rows = reader.rows(
        "SELECT f.rule_id, f.title, f.place, f.state, f.override_reason, COALESCE(f.overridden_at, '') AS at,"
        " COALESCE(o.login, '') AS login FROM finding f LEFT JOIN person o ON o.id = f.overridden_by"
        " WHERE f.subject_kind = 'claim' AND f.subject_id = :id ORDER BY f.rule_id, f.place",
        id=claim_id,
    )
    for row in rows:
        own_line = line and row["place"].startswith(f"line.{line}.")
        same_line = own_line or not row["place"].startswith("line.")
        saw = str(_carc(row["rule_id"])) == reason and same_line
        if saw or (row["state"] == "overridden" and own_line):
            yield Edit(row["rule_id"], row["title"], row["place"], row["login"], row["override_reason"], row["at"][:10])


def _carc(rule_id: str) -> int | None:
    book = rule_book()
    if rule_id in book.code_edits:
        return book.code_edits[rule_id].carc
    return next((rule.carc for rule in book.rules if rule.id == rule_id), None)


def _provider(parties: object, performer: str) -> str:
    """Who gave the service: of the line, else rendering, else attending."""
    import json

    data = json.loads(parties) if isinstance(parties, str) else parties or {}
    assert isinstance(data, dict)
    own = (data.get("line_rendering") or {}).get(performer)
    bill = data.get("facility_bill") or {}
    who = own or data.get("rendering") or bill.get("attending")
    return ", ".join(filter(None, (who["family_name"], who["given_name"]))) if who else ""
