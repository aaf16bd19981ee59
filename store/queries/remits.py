"""Remittances, their claims and the money that has come of them, read with plain SQL."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from store.queries import Reader, Row
from store.queries.chains import NOT_VOIDED
from store.queries.restricted import OF_CLAIM, PAID_CODE, PAID_FOR
from store.terms import JournalAccount, MatchedBy, RemittanceStatus

PAGE_ROWS = 200


class RemittanceFilter(StrEnum):
    """Which remittances the list shows.

    Unapplied are those with a claim that is posted to none of ours, differing those with a claim or line of ours whose
    charge the payer states otherwise (`store.remits.charged`).
    """

    ALL = "all"
    HELD = "held"
    POSTED = "posted"
    UNPOSTED = "unposted"
    UNAPPLIED = "unapplied"
    DIFFERING = "differing"
    ASIDE = "aside"


@dataclass(frozen=True)
class RemittanceRow:
    """One remittance of the list. `unmatched` counts its claims that are not ours, `waiting` claims of ours whose money
    is unapplied, as that of a second answer.

    `held` says why it is held, and first why it was set aside; `miscounted` what counts of a set that may be posted are
    wrong.
    """

    id: str
    status: RemittanceStatus
    payer: str
    trace: str
    method: str
    paid_on: str
    payment_cents: int
    paid_cents: int
    provider_cents: int
    claims: int
    unmatched: int
    held: tuple[str, ...]
    received_at: str
    file_name: str
    miscounted: tuple[str, ...] = ()
    waiting: int = 0


@dataclass(frozen=True)
class AdjustmentRow:
    """One CAS triple; `segment` is its place in the file, from 1."""

    group: str
    reason: str
    cents: int
    segment: int


@dataclass(frozen=True)
class RemittanceLineRow:
    """One service line; `ours` is the number of our line, 0 where none was found."""

    sequence: int
    code: str
    modifiers: tuple[str, ...]
    charge_cents: int
    paid_cents: int
    remarks: tuple[str, ...]
    ours: int
    adjustments: tuple[AdjustmentRow, ...]
    segment: int


@dataclass(frozen=True)
class RemittanceClaimRow:
    """One claim of a remittance; `claim_number` is ours, empty where none was found."""

    id: str
    sequence: int
    account_number: str
    payer_number: str
    status_code: str
    patient: str
    service_from: str
    charge_cents: int
    paid_cents: int
    patient_cents: int
    claim_number: str
    matched_by: MatchedBy
    note: str
    remarks: tuple[str, ...]
    segment: int
    adjustments: tuple[AdjustmentRow, ...] = ()
    lines: tuple[RemittanceLineRow, ...] = ()

    @property
    def waits(self) -> str:
        """Why it is posted to no claim, in a word or two."""
        if self.matched_by is MatchedBy.NOTHING:
            return "not ours"
        return "a void that its payer denies" if self.note.startswith(NOT_VOIDED) else "unapplied"


@dataclass(frozen=True)
class ProviderAdjustmentRow:
    """One PLB pair."""

    reason: str
    reference: str
    cents: int
    segment: int


@dataclass(frozen=True)
class RemittancePage:
    """A remittance with its claims, its provider adjustments, and the balance of each account of its postings."""

    row: RemittanceRow
    claims: tuple[RemittanceClaimRow, ...]
    provider_adjustments: tuple[ProviderAdjustmentRow, ...]
    balances: dict[JournalAccount, int]

    @property
    def reason_codes(self) -> frozenset[str]:
        """The adjustment reason codes of its claims and lines."""
        of_claims = {one.reason for claim in self.claims for one in claim.adjustments}
        return frozenset(
            of_claims | {one.reason for claim in self.claims for line in claim.lines for one in line.adjustments}
        )

    def paid_on(self, otherwise: dt.date) -> dt.date:
        """The day of the payment, or another one where it has none."""
        return dt.date.fromisoformat(self.row.paid_on) if self.row.paid_on else otherwise


_NOT_POSTED = (RemittanceStatus.HELD, RemittanceStatus.SET_ASIDE)

_FILTERS = {
    RemittanceFilter.ALL: "1 = 1",
    RemittanceFilter.HELD: "r.status = 'held'",
    RemittanceFilter.POSTED: "r.status = 'posted'",
    RemittanceFilter.ASIDE: "r.status = 'set aside'",
    RemittanceFilter.UNPOSTED: "r.status = 'unposted'",
    RemittanceFilter.UNAPPLIED: "r.status = 'posted' AND EXISTS (SELECT 1 FROM remittance_claim u"
    " WHERE u.remittance_id = r.id AND u.claim_id IS NULL AND u.status_code <> '25')",
    RemittanceFilter.DIFFERING: "r.status = 'posted' AND EXISTS (SELECT 1 FROM remittance_claim u"
    " JOIN claim o ON o.id = u.claim_id WHERE u.remittance_id = r.id AND (ABS(u.charge_cents) <> o.total_cents"
    " OR EXISTS (SELECT 1 FROM remittance_line l JOIN claim_line k ON k.id = l.claim_line_id"
    " WHERE l.remittance_claim_id = u.id GROUP BY k.id, k.charge_cents"
    " HAVING ABS(SUM(l.charge_cents)) <> k.charge_cents)))",
}

_COLUMNS = f"""
r.id, r.status, r.payer_name, r.trace, r.method, r.paid_on, r.payment_cents, r.paid_cents, r.provider_cents, r.claims,
r.held, r.received_at, f.name AS file_name,
(SELECT COUNT(*) FROM remittance_claim u WHERE u.remittance_id = r.id AND u.matched_by = 'nothing'
 AND u.status_code <> '25') AS unmatched,
(SELECT COUNT(*) FROM remittance_claim u WHERE u.remittance_id = r.id AND u.claim_id IS NULL
 AND u.matched_by <> 'nothing' AND u.status_code <> '25' AND u.note NOT LIKE '{NOT_VOIDED}%') AS waiting
"""


def remittance_list(
    reader: Reader,
    show: RemittanceFilter = RemittanceFilter.ALL,
    after: RemittanceRow | None = None,
    limit: int = PAGE_ROWS,
) -> list[RemittanceRow]:
    """One page of remittances, the newest first; `after` is the last row of the page before."""
    paging = " AND (r.received_at, r.id) < (:received, :id)" if after else ""
    parameters: dict[str, object] = {"received": after.received_at, "id": after.id} if after else {}
    rows = reader.rows(
        f"SELECT {_COLUMNS} FROM remittance r JOIN received_file f ON f.id = r.file_id"
        f" WHERE {_FILTERS[show]}{paging} ORDER BY r.received_at DESC, r.id DESC LIMIT :limit",
        limit=limit,
        **parameters,
    )
    return [_row(row) for row in rows]


def remittances_naming(reader: Reader, words: str) -> dict[str, str]:
    """By remittance, whom it pays for and our claim numbers, of claims that have any of the words in either.

    A restricted patient is found by no name.
    """
    said = words.lower().split()
    if not said:
        return {}
    of_words = " OR ".join(
        f"LOWER(shown_name || ' ' || our_number) LIKE :word{n} ESCAPE '\\'" for n in range(len(said))
    )
    escaped = ("".join(f"\\{c}" if c in "\\%_" else c for c in word) for word in said)
    rows = reader.rows(
        f"SELECT remittance_id, shown_name, our_number FROM (SELECT c.remittance_id, {PAID_FOR},"
        f" COALESCE(o.claim_number, '') AS our_number FROM remittance_claim c LEFT JOIN claim o ON o.id = c.claim_id"
        f" {OF_CLAIM}) AS paid WHERE {of_words} ORDER BY remittance_id",
        **{f"word{n}": f"%{word}%" for n, word in enumerate(escaped)},
    )
    found: dict[str, str] = {}
    for row in rows:
        found[row["remittance_id"]] = f"{found.get(row['remittance_id'], '')} {row['shown_name']} {row['our_number']}"
    return found


def remittance_id_of(reader: Reader, named: str) -> str | None:
    """The id of the remittance with this id or trace number; None where there is none, or more than one."""
    rows = reader.rows("SELECT id FROM remittance WHERE id = :named OR trace = :named LIMIT 2", named=named)
    return rows[0]["id"] if len(rows) == 1 else None


def remittance_page(reader: Reader, remittance_id: str) -> RemittancePage | None:
    """A remittance with all that is known of it; None where there is none."""
    rows = reader.rows(
        f"SELECT {_COLUMNS} FROM remittance r JOIN received_file f ON f.id = r.file_id WHERE r.id = :id",
        id=remittance_id,
    )
    if not rows:
        return None
    balances = reader.rows(
        "SELECT j.account, SUM(j.cents) AS cents FROM journal_line j JOIN posting p ON p.id = j.posting_id"
        " WHERE p.remittance_id = :id GROUP BY j.account",
        id=remittance_id,
    )
    provider = reader.rows(
        "SELECT reason_code, reference, cents, segment FROM provider_level_adjustment"
        " WHERE remittance_id = :id ORDER BY segment, reason_code, reference, id",
        id=remittance_id,
    )
    return RemittancePage(
        _row(rows[0]),
        tuple(_claims(reader, remittance_id)),
        tuple(ProviderAdjustmentRow(r["reason_code"], r["reference"], r["cents"], r["segment"]) for r in provider),
        {JournalAccount(r["account"]): int(r["cents"]) for r in balances if r["cents"]},
    )


def _claims(reader: Reader, remittance_id: str) -> list[RemittanceClaimRow]:
    claims = reader.rows(
        f"SELECT c.*, COALESCE(o.claim_number, '') AS our_number, {PAID_FOR} FROM remittance_claim c"
        f" LEFT JOIN claim o ON o.id = c.claim_id {OF_CLAIM} WHERE c.remittance_id = :id ORDER BY c.sequence",
        id=remittance_id,
    )
    lines = reader.rows(
        f"SELECT l.*, COALESCE(k.sequence, 0) AS ours, {PAID_CODE.format(code='l.code')} AS shown_code,"
        " CASE WHEN s.restricted IS NULL THEN 0 ELSE 1 END AS closed FROM remittance_line l"
        " JOIN remittance_claim c ON c.id = l.remittance_claim_id LEFT JOIN claim_line k ON k.id = l.claim_line_id"
        f" LEFT JOIN claim o ON o.id = c.claim_id {OF_CLAIM}"
        " WHERE c.remittance_id = :id ORDER BY l.remittance_claim_id, l.sequence",
        id=remittance_id,
    )
    adjustments = reader.rows(
        "SELECT a.* FROM remittance_adjustment a JOIN remittance_claim c ON c.id = a.remittance_claim_id"
        " WHERE c.remittance_id = :id ORDER BY a.segment, a.group_code, a.reason_code, a.id",
        id=remittance_id,
    )
    of: dict[str, list[AdjustmentRow]] = {}
    for row in adjustments:
        owner = row["remittance_line_id"] or row["remittance_claim_id"]
        of.setdefault(owner, []).append(
            AdjustmentRow(row["group_code"], row["reason_code"], row["cents"], row["segment"])
        )
    lines_of: dict[str, list[RemittanceLineRow]] = {}
    for row in lines:
        lines_of.setdefault(row["remittance_claim_id"], []).append(_line(row, tuple(of.get(row["id"], ()))))
    return [_claim(row, tuple(of.get(row["id"], ())), tuple(lines_of.get(row["id"], ()))) for row in claims]


def _row(row: Row) -> RemittanceRow:
    status, told = RemittanceStatus(row["status"]), _texts(row["held"])
    return RemittanceRow(
        id=row["id"],
        status=status,
        payer=row["payer_name"],
        trace=row["trace"],
        method=row["method"],
        paid_on=row["paid_on"],
        payment_cents=row["payment_cents"],
        paid_cents=row["paid_cents"],
        provider_cents=row["provider_cents"],
        claims=row["claims"],
        unmatched=row["unmatched"],
        waiting=row["waiting"],
        held=told if status in _NOT_POSTED else (),
        received_at=row["received_at"],
        file_name=row["file_name"],
        miscounted=() if status in _NOT_POSTED else told,
    )


def _claim(
    row: Row, adjustments: tuple[AdjustmentRow, ...], lines: tuple[RemittanceLineRow, ...]
) -> RemittanceClaimRow:
    return RemittanceClaimRow(
        id=row["id"],
        sequence=row["sequence"],
        account_number=row["account_number"],
        payer_number=row["payer_number"],
        status_code=row["status_code"],
        patient=row["shown_name"],
        service_from=row["service_from"],
        charge_cents=row["charge_cents"],
        paid_cents=row["paid_cents"],
        patient_cents=row["patient_cents"],
        claim_number=row["our_number"],
        matched_by=MatchedBy(row["matched_by"]),
        note=row["note"],
        remarks=_texts(row["remarks"]),
        segment=row["segment"],
        adjustments=adjustments,
        lines=lines,
    )


def _line(row: Row, adjustments: tuple[AdjustmentRow, ...]) -> RemittanceLineRow:
    return RemittanceLineRow(
        sequence=row["sequence"],
        code=row["shown_code"] or row["revenue_code"],
        modifiers=() if row["closed"] else _texts(row["modifiers"]),
        charge_cents=row["charge_cents"],
        paid_cents=row["paid_cents"],
        remarks=_texts(row["remarks"]),
        ours=row["ours"],
        adjustments=adjustments,
        segment=row["segment"],
    )


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    """A JSON list, which SQLite gives as text and PostgreSQL as a list."""
    return tuple(json.loads(value) if isinstance(value, str) else value)
