"""Reads the ledger of an account: its postings, each figure with the segment it stands on, and who owes what.

Read with plain SQL. Amounts are cents, debits positive: what is above zero in a receivable is owed to us.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from store.claims.content import next_payer_name
from store.queries import Reader, Row, parsed
from store.queries.restricted import NAME, NUMBER
from store.remits.places import FORWARDED_TO, From, payers_of, place_of
from store.terms import JournalAccount, PostingKind
from store.whole import unseen_of, unseen_words

PAGE_ROWS = 200

RECEIVABLES = (JournalAccount.PAYER_RECEIVABLE, JournalAccount.PATIENT_RECEIVABLE, JournalAccount.DENIED)
"""Where an account owes us something. What is denied is the payer's until it is written off."""


@dataclass(frozen=True)
class SideRow:
    """One line of the journal. `file_name` and `segment` say where a payer states it; empty and 0 without."""

    account: JournalAccount
    cents: int
    group: str
    reason: str
    segment: int
    file_name: str


@dataclass(frozen=True)
class PostingRow:
    """One posting; `claim` is its claim's number, `payer` who is billed by that, `trace` the payment's number.

    `answered_by` is the payer whose answer it posts, which a claim that was forwarded has several of; empty without.
    """

    id: str
    kind: PostingKind
    posted_at: str
    claim: str
    payer: str
    trace: str
    remittance_id: str
    note: str
    posted_by: str
    takes_back: str
    taken_back: bool
    sides: tuple[SideRow, ...]
    receivable_cents: int
    """What the posting changes in all that is owed."""
    answered_by: str = ""


@dataclass(frozen=True)
class Party:
    """Who owes (or is owed, below zero) what of an account: the patient, a payer, or a payer for what it denied."""

    name: str
    account: JournalAccount
    cents: int


@dataclass(frozen=True)
class AccountPage:
    """An account with its postings, the oldest first, and its balances.

    `partial` says in words that some of it is of facilities that are not seen; empty: the figures are of all of it.
    """

    id: str
    number: str
    patient: str
    mrn: str
    postings: tuple[PostingRow, ...]
    parties: tuple[Party, ...]
    totals: dict[JournalAccount, int]
    partial: str = ""

    @property
    def balance_cents(self) -> int:
        """All that is owed."""
        return sum(self.totals.get(account, 0) for account in RECEIVABLES)


@dataclass(frozen=True)
class AccountRow:
    """One account of the list."""

    id: str
    number: str
    patient: str
    payer_cents: int
    patient_cents: int
    denied_cents: int
    last_posted: str

    @property
    def balance_cents(self) -> int:
        """All that is owed."""
        return self.payer_cents + self.patient_cents + self.denied_cents


def account_list(reader: Reader, open_only: bool = True, limit: int = 5000) -> list[AccountRow]:
    """Accounts with postings, the largest balance first; `open_only` leaves out those where nothing is owed."""
    owed = ", ".join(f"'{account.value}'" for account in RECEIVABLES)

    def sum_of(account: JournalAccount) -> str:
        return f"COALESCE(SUM(CASE WHEN j.account = '{account.value}' THEN j.cents ELSE 0 END), 0)"

    having = "HAVING " + " OR ".join(f"{sum_of(account)} <> 0" for account in RECEIVABLES) if open_only else ""
    rows = reader.rows(
        f"SELECT a.id, a.account_number, {NAME} AS patient, MAX(t.posted_at) AS last_posted,"
        f" {sum_of(JournalAccount.PAYER_RECEIVABLE)} AS payer, {sum_of(JournalAccount.PATIENT_RECEIVABLE)} AS own,"
        f" {sum_of(JournalAccount.DENIED)} AS denied"
        " FROM posting t JOIN account a ON a.id = t.account_id JOIN patient p ON p.id = a.patient_id"
        f" JOIN journal_line j ON j.posting_id = t.id AND j.account IN ({owed})"
        f" GROUP BY a.id, a.account_number, p.restricted, p.family_name, p.given_name {having}"
        f" ORDER BY {sum_of(JournalAccount.PAYER_RECEIVABLE)} + {sum_of(JournalAccount.PATIENT_RECEIVABLE)}"
        f" + {sum_of(JournalAccount.DENIED)} DESC, a.id LIMIT :limit",
        limit=limit,
    )
    return [
        AccountRow(
            row["id"],
            row["account_number"],
            row["patient"].removesuffix(", "),
            int(row["payer"]),
            int(row["own"]),
            int(row["denied"]),
            row["last_posted"],
        )
        for row in rows
    ]


def account_page(reader: Reader, account_id: str) -> AccountPage | None:
    """An account with everything that was posted to it; None where there is none."""
    heads = reader.rows(
        f"SELECT a.id, a.account_number, {NUMBER} AS mrn, {NAME} AS patient FROM account a"
        " JOIN patient p ON p.id = a.patient_id WHERE a.id = :id",
        id=account_id,
    )
    if not heads:
        return None
    postings = _postings(reader, account_id)
    next_payers = _next_payers(reader, postings)
    totals: dict[JournalAccount, int] = defaultdict(int)
    parties: dict[tuple[str, JournalAccount], int] = defaultdict(int)
    for posting in postings:
        for side in posting.sides:
            totals[side.account] += side.cents
            if side.account in RECEIVABLES:
                payer = posting.payer
                if side.account is JournalAccount.PAYER_RECEIVABLE:
                    payer = next_payers.get(posting.claim, payer)
                elif side.account is JournalAccount.DENIED:
                    # What moves with a next payer's answer was denied by the payer before.
                    payer = posting.answered_by or payer
                own = side.account is JournalAccount.PATIENT_RECEIVABLE
                parties["patient" if own else payer or "payer", side.account] += side.cents
    head = heads[0]
    return AccountPage(
        id=head["id"],
        number=head["account_number"],
        patient=head["patient"].removesuffix(", "),
        mrn=head["mrn"],
        postings=postings,
        parties=tuple(Party(name, account, cents) for (name, account), cents in parties.items() if cents),
        totals={account: cents for account, cents in totals.items() if cents},
        partial=unseen_words(unseen, "account") if (unseen := unseen_of(reader, "account", account_id)) != 0 else "",
    )


def account_id_by_number(reader: Reader, number: str) -> str | None:
    """The id of the account with that number or id; None where there is none, or more than one."""
    rows = reader.rows("SELECT id FROM account WHERE account_number = :number OR id = :number", number=number)
    return rows[0]["id"] if len(rows) == 1 else None


def _next_payers(reader: Reader, postings: Sequence[PostingRow]) -> dict[str, str]:
    """The payers that owe what is left of claims which the billed one has answered and forwarded, by claim number.

    A claim is forwarded where a patient's share (CAS*PR) stands with the payers: `store.remits.batch` posts it so.
    """
    shares: dict[str, int] = defaultdict(int)
    for posting in postings:
        for side in posting.sides:
            if side.group == "PR" and side.account is JournalAccount.PAYER_RECEIVABLE:
                shares[posting.claim] += side.cents
    found: dict[str, str] = {}
    for number in (number for number, cents in shares.items() if number and cents):
        (row,) = reader.rows("SELECT parties FROM claim WHERE claim_number = :number", number=number)
        found[number] = next_payer_name(parties_of(row["parties"])) or "next payer"
    return found


def parties_of(stored: Any) -> dict[str, Any]:
    """The parties of a claim."""
    return dict(parsed(stored))


def _postings(reader: Reader, account_id: str) -> tuple[PostingRow, ...]:
    rows = reader.rows(
        "SELECT t.id, t.kind, t.posted_at, t.note, t.takes_back, t.remittance_id,"
        " COALESCE(c.claim_number, '') AS claim, COALESCE(y.name, '') AS payer, COALESCE(r.trace, '') AS trace,"
        " COALESCE(f.name, '') AS file_name, COALESCE(g.name, '') AS answer_file, COALESCE(o.login, '') AS login,"
        " t.remittance_claim_id, a.status_code, q.payer_identifier AS answered_identifier,"
        " q.payer_name AS answered_name, q.payer_numbers AS answered_numbers, a.note AS answered_note, c.parties"
        " FROM posting t LEFT JOIN claim c ON c.id = t.claim_id LEFT JOIN payer y ON y.id = c.payer_id"
        " LEFT JOIN remittance r ON r.id = t.remittance_id LEFT JOIN received_file f ON f.id = r.file_id"
        " LEFT JOIN remittance_claim a ON a.id = t.remittance_claim_id LEFT JOIN remittance q ON q.id = a.remittance_id"
        " LEFT JOIN received_file g ON g.id = q.file_id"
        " LEFT JOIN person o ON o.id = t.posted_by WHERE t.account_id = :id ORDER BY t.posted_at, t.id",
        id=account_id,
    )
    causes = _causes(reader, account_id)
    sides = _sides(reader, account_id, {row["id"]: _stated_in(row, causes) for row in rows})
    undone = {row["takes_back"] for row in rows if row["takes_back"]}
    before: dict[str, list[From]] = defaultdict(list)
    return tuple(
        PostingRow(
            id=row["id"],
            kind=PostingKind(row["kind"]),
            posted_at=row["posted_at"],
            claim=row["claim"],
            payer=row["payer"],
            trace=row["trace"],
            remittance_id=row["remittance_id"] or "",
            note=row["note"],
            posted_by=row["login"],
            takes_back=row["takes_back"] or "",
            taken_back=row["id"] in undone,
            sides=(own := tuple(sides[row["id"]])),
            receivable_cents=sum(side.cents for side in own if side.account in RECEIVABLES),
            answered_by=_answered_by(row, before[row["claim"]]),
        )
        for row in rows
    )


def _answered_by(row: Row, before: list[From]) -> str:
    """The name of the payer whose answer a posting is of: as our claim has it, else as the payment states it.

    `before` are the answers of its claim that were posted earlier, to which this one is added.
    """
    if not row["status_code"] or not row["parties"] or row["kind"] == PostingKind.TRANSFER:
        return ""
    payers = payers_of(parties_of(row["parties"]))
    numbers = parsed(row["answered_numbers"])
    sent_on = FORWARDED_TO in row["answered_note"]
    answer = From(row["status_code"], row["answered_identifier"], row["answered_name"], numbers, sent_on)
    place = place_of(payers, answer, before)
    before.append(answer)
    return payers.name_at(place) or answer.payer_name


_DECISIONS = (PostingKind.WRITE_OFF, PostingKind.LEFT_TO_PATIENT)


def _stated_in(row: Row, causes: dict[tuple[str, str], int]) -> tuple[str, int]:
    """The file that states what a posting moves, and the segment in it where that is not the one of its lines (else 0).

    A decision on a denial has the segment of the denial, which is in the file of the answer that denied. Where another
    payment took the decision back, that payment's claim is what caused it.
    """
    if row["remittance_id"] and row["kind"] not in _DECISIONS:
        return row["file_name"], 0
    if cause := causes.get((row["remittance_id"] or "", row["remittance_claim_id"]), 0):
        return row["file_name"], cause
    return row["answer_file"], 0


def _causes(reader: Reader, account_id: str) -> dict[tuple[str, str], int]:
    """Where a payment reverses or replaces an answer: the segment of its claim, by both their ids."""
    rows = reader.rows(
        "SELECT c.remittance_id, c.reverses_id AS answer, c.segment FROM remittance_claim c"
        " JOIN posting t ON t.remittance_claim_id = c.reverses_id WHERE t.account_id = :id"
        " UNION SELECT t.remittance_id, t.remittance_claim_id, j.segment FROM posting t"
        " JOIN journal_line j ON j.posting_id = t.id JOIN remittance_claim a ON a.id = t.remittance_claim_id"
        " WHERE t.account_id = :id AND t.kind = 'claim_payment' AND t.remittance_id <> a.remittance_id"
        " AND j.segment IS NOT NULL",
        id=account_id,
    )
    return {(row["remittance_id"], row["answer"]): row["segment"] for row in rows}


def _sides(reader: Reader, account_id: str, stated: dict[str, tuple[str, int]]) -> dict[str, list[SideRow]]:
    """The lines of the postings of an account; `stated` are the files and segments that state them, by posting."""
    rows = reader.rows(
        "SELECT j.* FROM journal_line j JOIN posting t ON t.id = j.posting_id WHERE t.account_id = :id ORDER BY j.id",
        id=account_id,
    )
    found: dict[str, list[SideRow]] = defaultdict(list)
    for row in rows:
        file, cause = stated.get(row["posting_id"], ("", 0))
        place = (cause or row["segment"]) if row["segment"] else 0
        name = file if place else ""
        side = SideRow(JournalAccount(row["account"]), row["cents"], row["group_code"], row["reason_code"], place, name)
        found[row["posting_id"]].append(side)
    return found
