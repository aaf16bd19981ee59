"""Money of payers that has no place yet: claims of a payment that are not ours, and takebacks that are not settled.

A takeback is all provider adjustments (PLB) of one payer with one reference: what the payer gave and will take back
lies below zero, what it took and did not say what for lies above. Both come to zero in the end: by a later payment,
by a refund, or by charging a claim. Read with plain SQL; amounts are cents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from store.queries import Reader, Row
from store.remits.provider_kinds import Returns, provider_kind, provider_kinds

MAY_ANSWER = "may answer "
"""How the note says of an answer that it may be of a claim of ours that came back (`store.remits.reached`)."""
RELEASED = "released from claim "
"""How the note says of an answer or a reversal that a person took it from a claim: only a person applies it again."""


@dataclass(frozen=True)
class UnappliedRow:
    """A claim of a payment that is not ours, or was paid before (`note` says it). `left_cents` of it still wait.

    One that is not ours and was denied whole waits with 0 cents: its denial is no work before its claim is found. So
    does one without money that may answer a claim of ours which came back.
    """

    id: str
    remittance_id: str
    trace: str
    paid_on: str
    payer: str
    account_number: str
    payer_number: str
    patient: str
    service_from: str
    charge_cents: int
    paid_cents: int
    left_cents: int
    segment: int
    note: str = ""


@dataclass(frozen=True)
class TakebackPart:
    """One provider adjustment, or what people posted against it; `id` is that of the adjustment or of the posting."""

    id: str
    day: str
    reason: str
    cents: int
    trace: str
    segment: int
    note: str = ""


@dataclass(frozen=True)
class TakebackRow:
    """All adjustments of a payer with one reference. `open_cents` below zero is owed to the payer, above it took more.

    `claim` is the number of our claim that the reference names, empty where it names none.
    """

    payer: str
    payer_identifier: str
    reference: str
    claim: str
    parts: tuple[TakebackPart, ...]

    @property
    def id(self) -> str:
        """That of its first adjustment."""
        return self.parts[0].id

    @property
    def day(self) -> str:
        """When it began."""
        return self.parts[0].day

    @property
    def open_cents(self) -> int:
        """What is not settled."""
        return sum(part.cents for part in self.parts)

    @property
    def reasons(self) -> str:
        """The reason codes in their order, each once."""
        return " ".join(dict.fromkeys(part.reason for part in self.parts if part.reason))


def unapplied_list(reader: Reader) -> list[UnappliedRow]:
    """Claims of posted payments that wait for a place, the oldest payment first."""
    return _unapplied(reader, "")


def unapplied_of(reader: Reader, remittance_claim_id: str) -> UnappliedRow | None:
    """One of them; None where nothing of it waits."""
    found = _unapplied(reader, "AND c.id = :id", id=remittance_claim_id)
    return found[0] if found else None


def takeback_list(reader: Reader, settled: bool = False) -> list[TakebackRow]:
    """Takebacks and balances carried forward that are not settled, the oldest first; with `settled` all of them."""
    groups: dict[tuple[str, Returns, str], list[TakebackPart]] = defaultdict(list)
    heads: dict[tuple[str, Returns, str], Row] = {}
    by_hand = _by_hand(reader)
    for row in _adjustments(reader):
        key = (row["payer_identifier"], provider_kind(row["reason_code"]).returns, row["reference"])
        heads.setdefault(key, row)
        place = (row["trace"], row["segment"])
        groups[key].append(TakebackPart(row["id"], row["paid_on"], row["reason_code"], row["cents"], *place))
        groups[key] += by_hand.get(row["id"], [])
    rows = [_takeback(heads[key], parts) for key, parts in groups.items()]
    return sorted((row for row in rows if settled or row.open_cents), key=lambda row: (row.day, row.id))


def takeback_of(reader: Reader, adjustment_id: str) -> TakebackRow | None:
    """The takeback that an adjustment belongs to; None where there is none."""
    rows = takeback_list(reader, settled=True)
    return next((row for row in rows if any(part.id == adjustment_id for part in row.parts)), None)


_STATED = """c.id, c.remittance_id, r.trace, r.paid_on, r.payer_name, c.account_number, c.payer_number, c.patient_name,
c.service_from, c.charge_cents, c.paid_cents, c.segment, c.note"""


def _unapplied(reader: Reader, more: str, **parameters: object) -> list[UnappliedRow]:
    rows = reader.rows(
        f"SELECT * FROM (SELECT {_STATED}, -SUM(j.cents) AS left_cents"
        " FROM journal_line j JOIN posting p ON p.id = j.posting_id"
        " JOIN remittance_claim c ON c.id = p.remittance_claim_id JOIN remittance r ON r.id = c.remittance_id"
        # Who has a facility sees what was applied to its claims, not what came: without the file no sum is whole.
        " JOIN received_file f ON f.id = r.file_id"
        f" WHERE j.account = 'unapplied' AND r.status = 'posted' {more} GROUP BY {_STATED} HAVING SUM(j.cents) <> 0"
        f" UNION ALL SELECT DISTINCT {_STATED}, 0 AS left_cents"
        " FROM denial d JOIN remittance_claim c ON c.id = d.remittance_claim_id"
        " JOIN remittance r ON r.id = c.remittance_id JOIN received_file f ON f.id = r.file_id"
        " WHERE d.claim_id IS NULL AND d.status IN ('open', 'appealed') AND c.paid_cents = 0 AND r.status = 'posted'"
        f" {more} UNION SELECT {_STATED}, 0 AS left_cents FROM remittance_claim c"
        " JOIN remittance r ON r.id = c.remittance_id JOIN received_file f ON f.id = r.file_id"
        " WHERE c.claim_id IS NULL AND c.paid_cents = 0 AND c.note LIKE :may_answer AND r.status = 'posted'"
        f" {more}) AS waits ORDER BY paid_on, segment, id",
        may_answer=f"%{MAY_ANSWER}%",
        **parameters,
    )
    return [
        UnappliedRow(
            row["id"],
            row["remittance_id"],
            row["trace"],
            row["paid_on"],
            row["payer_name"],
            row["account_number"],
            row["payer_number"],
            row["patient_name"],
            row["service_from"],
            row["charge_cents"],
            row["paid_cents"],
            int(row["left_cents"]),
            row["segment"],
            row["note"],
        )
        for row in rows
    ]


def _adjustments(reader: Reader) -> Iterable[Row]:
    """The adjustments of posted payments that something follows, with our claim where the reference names one."""
    codes = [code for code, kind in provider_kinds().items() if kind.returns is not Returns.NEVER]
    named = {f"code{place}": code for place, code in enumerate(codes)}
    return reader.rows(
        "SELECT a.id, a.reason_code, a.reference, a.cents, a.segment, r.trace, r.paid_on, r.payer_name,"
        " r.payer_identifier, COALESCE((SELECT MIN(o.claim_number) FROM claim o"
        " WHERE a.reference <> '' AND (o.payer_number = a.reference OR o.claim_number = a.reference)), '') AS claim"
        " FROM provider_level_adjustment a JOIN remittance r ON r.id = a.remittance_id AND r.status = 'posted'"
        f" WHERE a.reason_code IN ({', '.join(f':{name}' for name in named)})"
        " ORDER BY r.paid_on, r.received_at, a.segment, a.id",
        **named,
    )


def _by_hand(reader: Reader) -> dict[str, list[TakebackPart]]:
    """What people posted against adjustments, by adjustment; what was taken back again is left out."""
    rows = reader.rows(
        "SELECT p.id, p.provider_adjustment_id AS adjustment, p.posted_at, p.note, j.cents,"
        " COALESCE(o.claim_number, '') AS claim"
        " FROM posting p JOIN journal_line j ON j.posting_id = p.id AND j.account = 'provider_level'"
        " LEFT JOIN claim o ON o.id = p.claim_id LEFT JOIN posting b ON b.takes_back = p.id"
        " WHERE p.provider_adjustment_id IS NOT NULL AND p.takes_back IS NULL AND b.id IS NULL"
        " ORDER BY p.posted_at, p.id"
    )
    found: dict[str, list[TakebackPart]] = defaultdict(list)
    for row in rows:
        what = f"charged to {row['claim']}" if row["claim"] else "given back"
        part = TakebackPart(row["id"], row["posted_at"][:10], "", row["cents"], "", 0, f"{what}: {row['note']}")
        found[row["adjustment"]].append(part)
    return found


def _takeback(head: Row, parts: list[TakebackPart]) -> TakebackRow:
    return TakebackRow(head["payer_name"], head["payer_identifier"], head["reference"], head["claim"], tuple(parts))
