"""The claim list and the claim page, read with plain SQL.

Ages are whole days from the service to a day that the caller names. Counts of findings are of open ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from store.queries import Reader, Row, any_of, parsed
from store.queries.payers_answers import (
    ANSWERED,
    ANSWERED_OTHERWISE,
    DENIED,
    NOT_FOLLOWED,
    PAID,
    REPLACED,
    STANDS,
    TAKEN_BACK,
    TO_REPLACE,
    TO_VOID,
    VOID_DENIED,
    VOIDED,
    PayersAnswer,
    payer_of,
    payers_answers,
    why_not_voided,
    why_to_void,
)
from store.queries.restricted import NAME
from store.queries.rules import OVERRIDER
from store.queries.saved_views import saved_views
from store.queries.unapplied import MAY_ANSWER
from store.terms import RESTRICTED, ClaimStatus, FindingState, Severity, in_words

COUNT_CAP = 1000
"""Counts stop here; a count of 1001 reads as "1000+"."""

PAGE_ROWS = 200


class ClaimSort(StrEnum):
    """How the list is sorted; the value names it on the command line."""

    OLDEST = "oldest"
    NEWEST = "newest"
    LARGEST = "largest"
    NUMBER = "number"
    PATIENT = "patient"
    PAYER = "payer"
    STATUS = "status"
    FORM = "form"
    ERRORS = "errors"
    BUILT = "built"
    SCRUBBED = "scrubbed"

    @property
    def asked(self) -> frozenset[str]:
        """The column of the permissions that the order tells of."""
        return frozenset({ClaimSort.LARGEST: {"money"}, ClaimSort.PATIENT: {"names"}}.get(self, ()))


MOST_SORTS = 3
"""How many orders a list is sorted by, the first leading."""


class ClaimFilter(StrEnum):
    """Which claims the list shows."""

    ALL = "all"
    OPEN = "open"
    DRAFT = "draft"
    SCRUB_FAILED = "scrub_failed"
    READY = "ready"
    EXPORTED = "exported"
    UNANSWERED = "unanswered"
    DENIED = "denied"
    PAID = "paid"
    VOIDED = "voided"
    REPLACED = "replaced"
    TO_VOID = "to_be_voided"
    TO_REPLACE = "to_be_replaced"
    REJECTED = "rejected"
    VOID = "void"
    PATIENT = "billed_to_patient"


@dataclass(frozen=True)
class ClaimRow:
    """One row of the list. `answer` is None for one that has not left. `sort_key` is for paging alone."""

    id: str
    number: str
    status: ClaimStatus
    service_date: str
    patient: str
    payer: str
    total_cents: int
    age_days: int
    errors: int
    warnings: int
    not_checked: int
    form: str
    answer: PayersAnswer | None = None
    sort_key: tuple[str | int, ...] = ()

    @property
    def standing(self) -> str:
        """Where it stands, in words: its status, of one that left what its payer answered."""
        return self.answer or in_words(self.status)


@dataclass(frozen=True)
class FindingRow:
    """One finding of a claim as the review shows it."""

    id: str
    rule_id: str
    rule_version: int
    severity: Severity
    title: str
    message: str
    fix: str
    citation: str
    snip: int | None
    place: str
    seen: Mapping[str, object]
    state: FindingState
    override_reason: str
    overridden_by: str


@dataclass(frozen=True)
class LineRow:
    """One service line; `letters` are its pointers as letters, A for diagnosis 1."""

    sequence: int
    code: str
    modifiers: tuple[str, ...]
    letters: str
    units: int
    charge_cents: int
    service_date: str
    performer_npi: str
    revenue_code: str = ""


@dataclass(frozen=True)
class AnswerRow:
    """What an acknowledgment said of the claim; `part` is culprit, traveled or named, `place` our field.

    `earlier` says that it answers an earlier file than the one that the claim left in last.
    """

    kind: str
    part: str
    accepted: bool
    message: str
    place: str
    answered_at: str
    earlier: bool = False


@dataclass(frozen=True)
class ClaimPage:
    """Everything that the review of one claim shows. `parties` is the JSON of `store.claims.content.Parties`."""

    row: ClaimRow
    encounter_id: str
    coding_id: str
    visit_number: str
    frequency: str
    scrubbed_at: str | None
    diagnoses: tuple[tuple[int, str], ...]
    lines: tuple[LineRow, ...]
    findings: tuple[FindingRow, ...]
    filing_days_left: int | None
    file_name: str
    exported_at: str
    parties: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[AnswerRow, ...] = ()
    payer_number: str = ""
    answered_though: str = ""
    """How a payment answers a claim that was refused, or may answer one that came back, in words; else empty."""
    not_voided: str = ""
    """Which void of a claim its payer denied, in words; empty where none, or where it was voided since."""
    to_void: str = ""
    """Why a claim is to be voided with its payer, and how, in words; empty where it is not."""
    to_replace: str = ""
    """Why a claim that left is to be replaced, in words; empty where nothing says so."""


_ERRORS = (
    "(SELECT COUNT(*) FROM finding b WHERE b.subject_kind = 'claim' AND b.subject_id = c.id AND b.state = 'open'"
    " AND b.severity IN ('critical', 'error'))"
)

_SORTS: dict[ClaimSort, tuple[str, str]] = {
    ClaimSort.OLDEST: ("c.service_from", "ASC"),
    ClaimSort.NEWEST: ("c.service_from", "DESC"),
    ClaimSort.LARGEST: ("c.total_cents", "DESC"),
    ClaimSort.NUMBER: ("c.claim_number", "ASC"),
    ClaimSort.PATIENT: (NAME, "ASC"),
    ClaimSort.PAYER: ("COALESCE(y.name, '')", "ASC"),
    ClaimSort.STATUS: ("c.status", "ASC"),
    ClaimSort.FORM: ("c.form", "ASC"),
    ClaimSort.ERRORS: (_ERRORS, "DESC"),
    ClaimSort.BUILT: ("c.created_at", "ASC"),
    ClaimSort.SCRUBBED: ("COALESCE(c.scrubbed_at, '')", "ASC"),
}


_FILTERS: dict[ClaimFilter, str] = {
    ClaimFilter.ALL: "1 = 1",
    ClaimFilter.OPEN: "c.status IN ('draft', 'scrub_failed', 'ready', 'rejected')",
    ClaimFilter.DRAFT: "c.status = 'draft'",
    ClaimFilter.SCRUB_FAILED: "c.status = 'scrub_failed'",
    ClaimFilter.READY: "c.status = 'ready'",
    ClaimFilter.EXPORTED: "c.status = 'exported'",
    ClaimFilter.UNANSWERED: f"c.status = 'exported' AND NOT {ANSWERED} AND NOT {TAKEN_BACK} AND NOT {VOID_DENIED}"
    f" AND {STANDS}",
    ClaimFilter.DENIED: f"c.status = 'exported' AND {DENIED} AND {STANDS}",
    ClaimFilter.PAID: f"c.status = 'exported' AND {PAID} AND NOT {DENIED} AND {STANDS}",
    ClaimFilter.VOIDED: f"c.status = 'exported' AND {VOIDED} AND NOT {TO_VOID}",
    ClaimFilter.REPLACED: f"c.status = 'exported' AND {REPLACED} AND NOT {VOIDED} AND NOT {TO_VOID}",
    ClaimFilter.TO_VOID: f"c.status = 'exported' AND {TO_VOID}",
    ClaimFilter.TO_REPLACE: f"c.status = 'exported' AND {ANSWERED_OTHERWISE} AND {NOT_FOLLOWED}",
    ClaimFilter.REJECTED: "c.status = 'rejected'",
    ClaimFilter.VOID: "c.status = 'void'",
    ClaimFilter.PATIENT: "c.status = 'billed_to_patient'",
}

_BY_ANSWERS = frozenset(
    {
        ClaimFilter.UNANSWERED,
        ClaimFilter.DENIED,
        ClaimFilter.PAID,
        ClaimFilter.VOIDED,
        ClaimFilter.REPLACED,
        ClaimFilter.TO_VOID,
        ClaimFilter.TO_REPLACE,
    }
)
"""What asks more of each claim than its own row has: PostgreSQL holds that for so dear that no join matters beside it,
and takes any; so it chooses the claims before it joins."""

_FROM = """
FROM claim c
JOIN encounter e ON e.id = c.encounter_id
JOIN patient p ON p.id = e.patient_id
LEFT JOIN payer y ON y.id = c.payer_id
"""

_COLUMNS = f"""
c.id, c.claim_number, c.status, c.service_from, c.total_cents, c.form, c.parties,
{NAME} AS patient, COALESCE(y.name, '') AS payer
"""


def claim_list(
    reader: Reader,
    today: dt.date,
    show: ClaimFilter = ClaimFilter.OPEN,
    sort: ClaimSort | Sequence[ClaimSort] = ClaimSort.OLDEST,
    payer_id: str | None = None,
    after: ClaimRow | None = None,
    limit: int = PAGE_ROWS,
) -> list[ClaimRow]:
    """One page of claims by up to three orders, the first leading; `after` is the last row of the page before."""
    sorts = [sort] if isinstance(sort, ClaimSort) else list(dict.fromkeys(sort))[:MOST_SORTS] or [ClaimSort.OLDEST]
    orders = [*(_SORTS[one] for one in sorts), ("c.id", _SORTS[sorts[0]][1])]
    conditions: list[str] = [_FILTERS[show]]
    parameters: dict[str, object] = {"limit": limit}
    if payer_id is not None:
        conditions.append("c.payer_id = :payer")
        parameters["payer"] = payer_id
    chosen = ""
    if reader.on_postgres and show in _BY_ANSWERS:
        chosen = f"WITH chosen AS MATERIALIZED (SELECT c.id FROM claim c WHERE {' AND '.join(conditions)}) "
        conditions = ["c.id IN (SELECT id FROM chosen)"]
    if after is not None:
        conditions.append(_beyond(orders))
        parameters.update({f"k{n}": key for n, key in enumerate((*after.sort_key, after.id))})
    keys = ", ".join(f"{column} AS k{n}" for n, (column, _) in enumerate(orders[:-1]))
    rows = reader.rows(
        f"{chosen}SELECT {_COLUMNS}, {keys} {_FROM} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {', '.join(f'{column} {direction}' for column, direction in orders)} LIMIT :limit",
        **parameters,
    )
    weights = _weights(reader, [row["id"] for row in rows])
    answers = payers_answers(reader, [row["id"] for row in rows if row["status"] == ClaimStatus.EXPORTED])
    keys_of = range(len(orders) - 1)
    return [_claim_row(row, weights, answers, today, tuple(row[f"k{n}"] for n in keys_of)) for row in rows]


def _beyond(orders: Sequence[tuple[str, str]]) -> str:
    """What comes after a row whose keys are k0, k1, …: greater in the first order, or equal there and so on."""
    parts = []
    for n, (column, direction) in enumerate(orders):
        same = [f"{orders[before][0]} = :k{before}" for before in range(n)]
        parts.append(" AND ".join([*same, f"{column} {'<' if direction == 'DESC' else '>'} :k{n}"]))
    return f"({' OR '.join(f'({part})' for part in parts)})"


@dataclass(frozen=True)
class ViewRow:
    """A saved view of the queue."""

    name: str
    show: ClaimFilter
    sorts: tuple[ClaimSort, ...]
    words: str


def claim_views(reader: Reader, person_id: str) -> list[ViewRow]:
    """The views that a person saved, by name."""
    return [
        ViewRow(name, ClaimFilter(kept["show"]), tuple(map(ClaimSort, kept["sorts"])), kept["words"])
        for name, kept in saved_views(reader, person_id, "claims").items()
    ]


def claim_counts(reader: Reader) -> dict[ClaimStatus, int]:
    """How many claims each status has, counted up to one more than `COUNT_CAP`."""
    return {
        status: reader.rows(
            "SELECT count(*) AS n FROM (SELECT 1 FROM claim WHERE status = :status LIMIT :cap) AS counted",
            status=status.value,
            cap=COUNT_CAP + 1,
        )[0]["n"]
        for status in ClaimStatus
    }


def claim_id_of(reader: Reader, number: str) -> str | None:
    """The id of the claim with that number, or None."""
    rows = reader.rows("SELECT id FROM claim WHERE claim_number = :number", number=number)
    return rows[0]["id"] if rows else None


def claim_page(reader: Reader, claim_id: str, today: dt.date) -> ClaimPage | None:
    """The claim with its codes, lines and findings; None where there is none."""
    rows = reader.rows(
        f"SELECT {_COLUMNS}, c.encounter_id, c.coding_id, c.frequency, c.scrubbed_at, c.service_through,"
        " c.payer_number, c.answered_otherwise, e.visit_number, x.file_name, x.exported_at"
        f" {_FROM} LEFT JOIN claim_export x ON x.id = c.export_id WHERE c.id = :id",
        id=claim_id,
    )
    if not rows:
        return None
    (claim,) = rows
    parties = parsed(claim["parties"])
    diagnoses = reader.rows("SELECT sequence, code FROM claim_diagnosis WHERE claim_id = :id ORDER BY 1", id=claim_id)
    answers = _answers(reader, claim_id)
    return ClaimPage(
        row=_claim_row(claim, _weights(reader, [claim_id]), payers_answers(reader, [claim_id]), today),
        encounter_id=claim["encounter_id"],
        coding_id=claim["coding_id"],
        visit_number=claim["visit_number"],
        frequency=claim["frequency"],
        scrubbed_at=claim["scrubbed_at"],
        diagnoses=tuple((row["sequence"], row["code"]) for row in diagnoses),
        lines=_lines(reader, claim_id),
        findings=_findings(reader, claim_id),
        filing_days_left=_filing_days_left(parties, claim["service_through"], today),
        file_name=claim["file_name"] or "",
        exported_at=claim["exported_at"] or "",
        parties=parties,
        answers=answers,
        payer_number=claim["payer_number"],
        answered_though=_answered_though(reader, claim, answers),
        not_voided=why_not_voided(reader, claim_id),
        to_void=why_to_void(reader, claim, parties),
        to_replace=TO_REPLACE if claim["answered_otherwise"] else "",
    )


def _answers(reader: Reader, claim_id: str) -> tuple[AnswerRow, ...]:
    """What acknowledgments said, the newest first."""
    rows = reader.rows(
        "SELECT a.kind, c.part, c.accepted, c.message, c.place, c.answered_at,"
        # An answer that names no file of ours is of the last one, unless it came before that left.
        " CASE WHEN e.id IS NULL OR a.export_id = e.id THEN 0 WHEN a.export_id IS NOT NULL THEN 1"
        " WHEN c.answered_at < e.exported_at THEN 1 ELSE 0 END AS earlier FROM claim_answer c"
        " JOIN acknowledgment a ON a.id = c.acknowledgment_id JOIN claim o ON o.id = c.claim_id"
        " LEFT JOIN claim_export e ON e.id = o.export_id WHERE c.claim_id = :id"
        " ORDER BY c.answered_at DESC, c.id DESC",
        id=claim_id,
    )
    return tuple(
        AnswerRow(
            r["kind"], r["part"], bool(r["accepted"]), r["message"], r["place"], r["answered_at"], bool(r["earlier"])
        )
        for r in rows
    )


def _answered_though(reader: Reader, claim: Row, answers: Sequence[AnswerRow]) -> str:
    """What a posted payment says against what refused the claim in the file that it left in last; empty for nothing."""
    refused = next((one for one in answers if not one.accepted and not one.earlier), None)
    if not claim["file_name"] or refused is None:
        return ""
    number, sent = claim["claim_number"], claim["status"] == ClaimStatus.EXPORTED
    rows = reader.rows(
        "SELECT r.trace, r.paid_on FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
        " WHERE r.status = 'posted' AND a.status_code <> '25'"
        f" AND {'a.claim_id = :id' if sent else 'a.claim_id IS NULL AND a.note LIKE :may_answer'}"
        " ORDER BY r.received_at, a.sequence",
        **({"id": claim["id"]} if sent else {"may_answer": f"%{MAY_ANSWER}{number},%"}),
    )
    if not rows:
        return ""
    trace = f"trace {rows[0]['trace'] or 'without a number'} on {rows[0]['paid_on'] or 'no day'}"
    if sent:
        return f"{trace} answers it, though it was refused: it reached its payer and is not to be sent again"
    return f"{trace} may answer it: apply that or give it back before it leaves again"


def _lines(reader: Reader, claim_id: str) -> tuple[LineRow, ...]:
    rows = reader.rows("SELECT * FROM claim_line WHERE claim_id = :id ORDER BY sequence", id=claim_id)
    return tuple(
        LineRow(
            sequence=row["sequence"],
            code=row["code"],
            modifiers=tuple(parsed(row["modifiers"])),
            letters=",".join(_letter(pointer) for pointer in parsed(row["pointers"])),
            units=row["units"],
            charge_cents=row["charge_cents"],
            service_date=row["service_date"],
            performer_npi=row["performer_npi"],
            revenue_code=row["revenue_code"],
        )
        for row in rows
    )


def _findings(reader: Reader, claim_id: str) -> tuple[FindingRow, ...]:
    """The heaviest first; overridden ones last."""
    rows = reader.rows(
        f"SELECT f.*, {OVERRIDER} AS login FROM finding f LEFT JOIN person o ON o.id = f.overridden_by"
        " WHERE f.subject_kind = 'claim' AND f.subject_id = :id ORDER BY f.id",
        id=claim_id,
    )
    order = list(Severity)
    findings = [
        FindingRow(
            id=row["id"],
            rule_id=row["rule_id"],
            rule_version=row["rule_version"],
            severity=Severity(row["severity"]),
            title=row["title"],
            message=row["message"],
            fix=row["fix"],
            citation=row["citation"],
            snip=row["snip"],
            place=row["place"],
            seen=parsed(row["seen"]),
            state=FindingState(row["state"]),
            override_reason=row["override_reason"],
            overridden_by=row["login"],
        )
        for row in rows
    ]
    findings.sort(key=lambda row: (row.state is FindingState.OVERRIDDEN, order.index(row.severity), row.rule_id))
    return tuple(findings)


def _weights(reader: Reader, claim_ids: list[str]) -> dict[str, dict[Severity, int]]:
    """Open findings by claim and severity, for one page of claims."""
    if not claim_ids:
        return {}
    these, asked = any_of(claim_ids)
    rows = reader.rows(
        "SELECT subject_id, severity, count(*) AS n FROM finding"
        f" WHERE subject_kind = 'claim' AND subject_id IN {these}"
        " AND state = 'open' GROUP BY subject_id, severity",
        **asked,
    )
    weights: dict[str, dict[Severity, int]] = {}
    for row in rows:
        weights.setdefault(row["subject_id"], {})[Severity(row["severity"])] = row["n"]
    return weights


def _claim_row(
    row: Row,
    weights: dict[str, dict[Severity, int]],
    answers: Mapping[str, PayersAnswer],
    today: dt.date,
    sort_key: tuple[str | int, ...] = (),
) -> ClaimRow:
    own, parties = weights.get(row["id"], {}), parsed(row["parties"]) or {}
    return ClaimRow(
        id=row["id"],
        number=row["claim_number"],
        status=ClaimStatus(row["status"]),
        service_date=row["service_from"],
        patient=_stated_name(row["patient"], parties),
        payer=payer_of(parties) or row["payer"],
        total_cents=row["total_cents"],
        age_days=_days_since(row["service_from"], today),
        errors=sum(count for severity, count in own.items() if severity.blocks),
        warnings=own.get(Severity.WARNING, 0),
        not_checked=own.get(Severity.COULD_NOT_CHECK, 0),
        form=row["form"],
        answer=answers.get(row["id"], PayersAnswer.NONE) if row["status"] == ClaimStatus.EXPORTED else None,
        sort_key=sort_key,
    )


def _stated_name(name: str, parties: Mapping[str, Any]) -> str:
    """The patient's name as the claim states it, which registration may have corrected since; a cover stays."""
    stated = parties.get("patient") or {}
    whole = ", ".join(filter(None, (stated.get("family_name"), stated.get("given_name"))))
    return whole if whole and name != RESTRICTED else name.removesuffix(", ")


def _days_since(day: str, today: dt.date) -> int:
    """Days from a day, or from the first of an incomplete one."""
    return (today - dt.date.fromisoformat((day + "-01-01")[:10])).days


def _filing_days_left(parties: Mapping[str, Any], service_through: str, today: dt.date) -> int | None:
    coverage = parties.get("coverage") or {}
    days = coverage.get("payer", {}).get("timely_filing_days")
    return None if days is None else days - _days_since(service_through, today)


def _letter(pointer: int) -> str:
    return chr(ord("A") + pointer - 1) if 1 <= pointer <= 26 else str(pointer)
