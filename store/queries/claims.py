"""The claim list and the claim page, read with plain SQL.

Ages are whole days from the service to a day that the caller names. Counts of findings are of open ones.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from store.claims.prior_payment import TO_REPLACE
from store.queries import Reader, Row
from store.queries.chains import is_replaced, is_voided, void_denied, void_stands
from store.queries.restricted import NAME
from store.queries.rules import OVERRIDER
from store.queries.saved_views import saved_views
from store.queries.unapplied import MAY_ANSWER
from store.terms import LIVING_DENIALS, RESTRICTED, ClaimStatus, FindingState, Severity, in_words

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


class PayersAnswer(StrEnum):
    """What became of a claim that left, by the remittances that are posted and by what followed it.

    One is to be voided whose payer holds it still, while another payer is billed in its place, or the claim before it,
    to another payer, is voided; one is to be replaced that left for a next payer on an answer that changed since.
    """

    NONE = "unanswered"
    DENIED = "denied"
    IN_PART = "part denied"
    PAID = "paid"
    NOTHING_PAID = "answered"
    VOIDED = "voided"
    REPLACED = "replaced"
    TO_VOID = "to be voided"
    TO_REPLACE = "to be replaced"


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

    @property
    def to_replace(self) -> str:
        """Why a claim that left is to be replaced, in words; empty where nothing says so."""
        return TO_REPLACE if TO_REPLACE in self.parties.get("build_notes", ()) else ""


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

_POSTED = (
    "FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
    " WHERE a.claim_id = c.id AND a.status_code <> '25' AND r.status = 'posted'"
)
# A reversal (22) takes one answer away.
_ANSWERED = f"(SELECT COALESCE(SUM(CASE WHEN a.status_code = '22' THEN -1 ELSE 1 END), 0) {_POSTED}) > 0"
_PAID = f"(SELECT COALESCE(SUM(a.paid_cents), 0) {_POSTED}) > 0"
# A void has no money of its own that could be denied.
_VOID_DENIED = f"(c.frequency = '8' AND {void_denied('c')})"
_DENIED = (
    "(EXISTS (SELECT 1 FROM denial d WHERE d.claim_id = c.id AND d.cents > 0"
    f" AND d.status IN ({', '.join(repr(status.value) for status in LIVING_DENIALS)})) OR {_VOID_DENIED})"
)

_REVERSED = f"EXISTS (SELECT 1 {_POSTED} AND a.status_code = '22')"
_VOIDED, _REPLACED = is_voided("c"), is_replaced("c")
# What another payer is billed for in its place, until its own payer has it no more: voided, reversed or denied.
_ELSEWHERE = (
    "later.follows_id = c.id AND later.follows_as = 'replacement' AND later.frequency = '1' AND later.status <> 'void'"
)
_DENIED_WHOLE = (
    f"({_ANSWERED} AND NOT {_PAID} AND (EXISTS (SELECT 1 {_POSTED} AND a.status_code = '4')"
    " OR EXISTS (SELECT 1 FROM denial d WHERE d.claim_id = c.id AND d.cents > 0)))"
)
# What bills a next payer falls with the first claim, and what replaced it there; its own payer is told nothing by that.
_FELL_WITH_FIRST = f"(c.follows_as IN ('secondary', 'replacement') AND {_VOIDED} AND NOT {_REPLACED})"
_TO_VOID = (
    f"((EXISTS (SELECT 1 FROM claim later WHERE {_ELSEWHERE}) OR {_FELL_WITH_FIRST}) AND NOT {void_stands('c')}"
    f" AND ({_ANSWERED} OR NOT {_REVERSED}) AND NOT {_DENIED_WHOLE})"
)
# Nobody waits for an answer to what was voided or replaced, nor to a void once its claim is taken back.
_TAKEN_BACK = (
    "(c.frequency = '8' AND EXISTS (SELECT 1 FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
    " WHERE a.claim_id = c.follows_id AND a.status_code = '22' AND r.status = 'posted'))"
)
_NOT_FOLLOWED = f"NOT {_VOIDED} AND NOT {_REPLACED} AND NOT {_TO_VOID}"
_TO_REPLACE = f"(c.follows_as IN ('secondary', 'replacement') AND CAST(c.parties AS TEXT) LIKE '%{TO_REPLACE}%')"
_STANDS = f"{_NOT_FOLLOWED} AND NOT {_TO_REPLACE}"

_FILTERS: dict[ClaimFilter, str] = {
    ClaimFilter.ALL: "1 = 1",
    ClaimFilter.OPEN: "c.status IN ('draft', 'scrub_failed', 'ready', 'rejected')",
    ClaimFilter.DRAFT: "c.status = 'draft'",
    ClaimFilter.SCRUB_FAILED: "c.status = 'scrub_failed'",
    ClaimFilter.READY: "c.status = 'ready'",
    ClaimFilter.EXPORTED: "c.status = 'exported'",
    ClaimFilter.UNANSWERED: f"c.status = 'exported' AND NOT {_ANSWERED} AND NOT {_TAKEN_BACK} AND NOT {_VOID_DENIED}"
    f" AND {_STANDS}",
    ClaimFilter.DENIED: f"c.status = 'exported' AND {_DENIED} AND {_STANDS}",
    ClaimFilter.PAID: f"c.status = 'exported' AND {_PAID} AND NOT {_DENIED} AND {_STANDS}",
    ClaimFilter.VOIDED: f"c.status = 'exported' AND {_VOIDED} AND NOT {_TO_VOID}",
    ClaimFilter.REPLACED: f"c.status = 'exported' AND {_REPLACED} AND NOT {_VOIDED} AND NOT {_TO_VOID}",
    ClaimFilter.TO_VOID: f"c.status = 'exported' AND {_TO_VOID}",
    ClaimFilter.TO_REPLACE: f"c.status = 'exported' AND {_TO_REPLACE} AND {_NOT_FOLLOWED}",
    ClaimFilter.REJECTED: "c.status = 'rejected'",
    ClaimFilter.VOID: "c.status = 'void'",
    ClaimFilter.PATIENT: "c.status = 'billed_to_patient'",
}

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
    if after is not None:
        conditions.append(_beyond(orders))
        parameters.update({f"k{n}": key for n, key in enumerate((*after.sort_key, after.id))})
    keys = ", ".join(f"{column} AS k{n}" for n, (column, _) in enumerate(orders[:-1]))
    rows = reader.rows(
        f"SELECT {_COLUMNS}, {keys} {_FROM} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {', '.join(f'{column} {direction}' for column, direction in orders)} LIMIT :limit",
        **parameters,
    )
    weights = _weights(reader, [row["id"] for row in rows])
    answers = _payers_answers(reader, [row["id"] for row in rows if row["status"] == ClaimStatus.EXPORTED])
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
        " c.payer_number, e.visit_number, x.file_name, x.exported_at"
        f" {_FROM} LEFT JOIN claim_export x ON x.id = c.export_id WHERE c.id = :id",
        id=claim_id,
    )
    if not rows:
        return None
    (claim,) = rows
    parties = _parsed(claim["parties"])
    diagnoses = reader.rows("SELECT sequence, code FROM claim_diagnosis WHERE claim_id = :id ORDER BY 1", id=claim_id)
    answers = _answers(reader, claim_id)
    return ClaimPage(
        row=_claim_row(claim, _weights(reader, [claim_id]), _payers_answers(reader, [claim_id]), today),
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
        not_voided=_not_voided(reader, claim_id),
        to_void=_to_void(reader, claim, parties),
    )


def _not_voided(reader: Reader, claim_id: str) -> str:
    """The last of its voids that its payer denied, where none stands."""
    rows = reader.rows(
        "SELECT v.claim_number FROM claim c JOIN claim v ON v.follows_id = c.id AND v.frequency = '8'"
        f" WHERE c.id = :id AND v.status = 'exported' AND {void_denied('v')} AND NOT {void_stands('c')}"
        " ORDER BY v.created_at DESC, v.claim_number DESC",
        id=claim_id,
    )
    return f"Its payer denied {rows[0]['claim_number']}, its void: it stands as it was" if rows else ""


def _to_void(reader: Reader, claim: Row, parties: Mapping[str, Any]) -> str:
    """Who bills another payer in the place of a claim that its own payer holds still, and what is left to do.

    Or that the claim before it is voided, with which it falls.
    """
    rows = reader.rows(
        "SELECT later.claim_number, later.parties, (SELECT MIN(v.claim_number) FROM claim v WHERE v.follows_id = c.id"
        f" AND v.follows_as = 'void' AND v.status <> 'void' AND NOT {void_denied('v')}) AS void"
        f" FROM claim c LEFT JOIN claim later ON {_ELSEWHERE}"
        f" WHERE c.id = :id AND c.status = 'exported' AND {_TO_VOID}",
        id=claim["id"],
    )
    if not rows:
        return ""
    (later, *_), number = rows, claim["claim_number"]
    way = f"codedesk claims void {number} --reason WHY takes it back there (frequency 8)"
    if later["void"]:
        way = f"{later['void']} takes it back there once it has left"
    elsewhere = "the claim before it is voided"
    if later["claim_number"]:
        payer = _payer_of(_parsed(later["parties"])) or "another payer"
        elsewhere = f"{later['claim_number']} bills {payer} in its place"
    return f"{_payer_of(parties) or 'Its payer'} still holds it, while {elsewhere}: {way}"


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
            modifiers=tuple(_parsed(row["modifiers"])),
            letters=",".join(_letter(pointer) for pointer in _parsed(row["pointers"])),
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
            seen=_parsed(row["seen"]),
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
    names = {f"c{place}": claim_id for place, claim_id in enumerate(claim_ids)}
    rows = reader.rows(
        "SELECT subject_id, severity, count(*) AS n FROM finding"
        f" WHERE subject_kind = 'claim' AND subject_id IN ({', '.join(':' + name for name in names)})"
        " AND state = 'open' GROUP BY subject_id, severity",
        **names,
    )
    weights: dict[str, dict[Severity, int]] = {}
    for row in rows:
        weights.setdefault(row["subject_id"], {})[Severity(row["severity"])] = row["n"]
    return weights


def _payers_answers(reader: Reader, claim_ids: list[str]) -> dict[str, PayersAnswer]:
    """What became of claims that left, for one page of them; those that wait for an answer are not in it."""
    if not claim_ids:
        return {}
    names = {f"c{place}": claim_id for place, claim_id in enumerate(claim_ids)}
    rows = reader.rows(
        f"SELECT c.id, {_DENIED} AS denied, {_PAID} AS paid,"
        f" {_ANSWERED} OR {_TAKEN_BACK} OR {_VOID_DENIED} AS answered,"
        f" {_VOIDED} AS voided, {_REPLACED} AS replaced, {_TO_VOID} AS to_void, {_TO_REPLACE} AS to_replace"
        f" FROM claim c WHERE c.id IN ({', '.join(':' + name for name in names)})",
        **names,
    )
    followed = (
        ("to_void", PayersAnswer.TO_VOID),
        ("voided", PayersAnswer.VOIDED),
        ("replaced", PayersAnswer.REPLACED),
        ("to_replace", PayersAnswer.TO_REPLACE),
    )
    told = {
        (True, True): PayersAnswer.IN_PART,
        (True, False): PayersAnswer.DENIED,
        (False, True): PayersAnswer.PAID,
        (False, False): PayersAnswer.NOTHING_PAID,
    }
    found = {}
    for row in rows:
        gone = next((word for name, word in followed if row[name]), None)
        if gone or row["answered"]:
            found[row["id"]] = gone or told[bool(row["denied"]), bool(row["paid"])]
    return found


def _payer_of(parties: Mapping[str, Any]) -> str:
    """What the billed payer is called, or known by where it has no name; empty where no coverage is billed."""
    if not (coverage := parties.get("coverage")):
        return ""
    payer = coverage.get("payer") or {}
    return str(payer.get("name") or payer.get("identifier") or "payer without a name")


def _claim_row(
    row: Row,
    weights: dict[str, dict[Severity, int]],
    answers: Mapping[str, PayersAnswer],
    today: dt.date,
    sort_key: tuple[str | int, ...] = (),
) -> ClaimRow:
    own, parties = weights.get(row["id"], {}), _parsed(row["parties"]) or {}
    return ClaimRow(
        id=row["id"],
        number=row["claim_number"],
        status=ClaimStatus(row["status"]),
        service_date=row["service_from"],
        patient=_stated_name(row["patient"], parties),
        payer=_payer_of(parties) or row["payer"],
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


def _parsed(value: Any) -> Any:
    """A JSON column: text from SQLite, already read by PostgreSQL's driver."""
    return json.loads(value) if isinstance(value, str) else value
