"""The statement that a patient gets: what was done, what payers paid and reduced, and what is left to pay, as text.

Plain text of 80 columns, for a printer or a mailing house. Services stand with their codes and days; what a code means
is not printed, since texts of codes may be licensed. Nothing of a diagnosis is on it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.queries import Reader, parsed
from store.queries.ledger import AccountPage, PostingRow, parties_of
from store.remits.places import FORWARDED_TO, From, next_place, payers_of
from store.terms import JournalAccount, PostingKind, in_words
from store.whole import require_seen

WIDTH = 80
_AGES = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (10**6, "over 90"))


@dataclass(frozen=True)
class Statement:
    """A statement: its lines, and what the patient owes in cents."""

    account: str
    due_cents: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The statement as one text."""
        return "\n".join(self.lines) + "\n"


def statement(reader: Reader, page: AccountPage, today: dt.date) -> Statement:
    """The statement of an account on a day. Raises PartOfRecord where some of the account is not seen."""
    require_seen(reader, "account", (page.id,), "a statement")
    waits = _with_next_payers(reader, page)
    due = page.totals.get(JournalAccount.PATIENT_RECEIVABLE, 0) - waits
    billing, address = _who(reader, page.id)
    lines = [_ends(billing[:50], f"Statement of {today}"), _ends("", f"Account {page.number}"), ""]
    lines += [part for part in (page.patient, *address) if part] + [""]
    lines += [_columns("DATE", "WHAT", "CHARGE", "PAID", "YOURS"), "-" * WIDTH]
    lines += _services(reader, page)
    lines += ["-" * WIDTH]
    totals = page.totals
    with_payers = _with_payers(totals)
    lines += [
        _amount("Charges", -totals.get(JournalAccount.CHARGES, 0)),
        _amount("Paid", totals.get(JournalAccount.CASH, 0)),
        _amount("Reduced by contract and given up", _given_up(totals)),
        _amount("Still with your insurance" if with_payers >= 0 else "Owed back to your insurance", abs(with_payers)),
        *([_amount("Waits for your other insurance", waits)] if waits else []),
        _amount("YOU OWE" if due >= 0 else "YOUR CREDIT", abs(due)),
    ]
    if due > 0:
        lines += [
            "",
            "Age in days   " + "   ".join(f"{name}: {cents / 100:,.2f}" for name, cents in _aged(page, today)),
        ]
    return Statement(page.number, due, tuple(line.rstrip() for line in lines))


def _with_next_payers(reader: Reader, page: AccountPage) -> int:
    """Cents that payers left to the patient on claims whose next payer was not billed yet: not due before that."""
    left = _left_by_claims(reader, page)
    rows = reader.rows(
        "SELECT c.id, c.parties FROM claim c JOIN encounter e ON e.id = c.encounter_id"
        " WHERE e.account_id = :id AND c.status = 'exported' AND NOT EXISTS (SELECT 1 FROM claim f"
        " WHERE f.follows_id = c.id AND f.follows_as = 'secondary' AND f.status = 'exported')",
        id=page.id,
    )
    answers = _answers(reader, page.id)
    return sum(
        max(left.get(row["id"], 0), 0)
        for row in rows
        if next_place(payers_of(parties_of(row["parties"])), answers.get(row["id"], ())) is not None
    )


def _left_by_claims(reader: Reader, page: AccountPage) -> dict[str, int]:
    """Cents of the patient by the claim (id) whose payers left them; what was decided on a denial is due, and not here.

    What moved to the payer of a secondary claim when that left is of the claim before it.
    """
    claims = reader.rows(
        "SELECT c.id, c.follows_id, c.follows_as FROM claim c JOIN encounter e ON e.id = c.encounter_id"
        " WHERE e.account_id = :id",
        id=page.id,
    )
    follows = {row["id"]: (row["follows_as"], row["follows_id"]) for row in claims}
    rows = reader.rows(
        "SELECT t.claim_id, (t.kind = 'transfer' AND t.remittance_claim_id IS NULL) AS moved, SUM(j.cents) AS cents"
        " FROM posting t JOIN journal_line j ON j.posting_id = t.id AND j.account = :patient"
        " WHERE t.account_id = :id AND t.claim_id IS NOT NULL AND t.kind <> :decided GROUP BY 1, 2",
        id=page.id,
        patient=JournalAccount.PATIENT_RECEIVABLE.value,
        decided=PostingKind.LEFT_TO_PATIENT.value,
    )
    left: dict[str, int] = {}
    for row in rows:
        claim = _billed_before(follows, row["claim_id"]) if row["moved"] else row["claim_id"]
        left[claim] = left.get(claim, 0) + int(row["cents"])
    return left


def _billed_before(follows: Mapping[str, tuple[str, str | None]], claim_id: str) -> str:
    """The claim before one to a next payer, also where that replaces another; itself where there is none."""
    one = claim_id
    while follows.get(one, ("", None))[0] == "replacement":
        one = follows[one][1] or ""
    kind, before = follows.get(one, ("", None))
    return before or "" if kind == "secondary" else claim_id


def _answers(reader: Reader, account_id: str) -> dict[str, list[From]]:
    """The answers to the claims of an account that were posted and not reversed, by the ids of the claims."""
    rows = reader.rows(
        "SELECT a.claim_id, a.status_code, a.charge_cents, a.paid_cents, r.payer_identifier, r.payer_name,"
        " r.payer_numbers, a.note FROM remittance_claim a JOIN remittance r ON r.id = a.remittance_id"
        " JOIN claim c ON c.id = a.claim_id"
        " JOIN encounter e ON e.id = c.encounter_id"
        " WHERE e.account_id = :id AND r.status = 'posted' AND a.status_code <> '25' ORDER BY r.batch_id, a.sequence",
        id=account_id,
    )
    taken = Counter(
        (row["claim_id"], -row["charge_cents"], -row["paid_cents"]) for row in rows if row["status_code"] == "22"
    )
    found: dict[str, list[From]] = {}
    for row in rows:
        key = (row["claim_id"], row["charge_cents"], row["paid_cents"])
        if row["status_code"] == "22":
            continue
        if taken[key]:
            taken[key] -= 1
            continue
        numbers = parsed(row["payer_numbers"])
        answer = From(
            row["status_code"], row["payer_identifier"], row["payer_name"], numbers, FORWARDED_TO in row["note"]
        )
        found.setdefault(row["claim_id"], []).append(answer)
    return found


def _services(reader: Reader, page: AccountPage) -> list[str]:
    """The services of each claim with its charge, the patient's where no payer takes it, then what was posted to it."""
    rows = reader.rows(
        "SELECT c.claim_number, l.code, l.revenue_code, l.service_date, l.charge_cents FROM claim c"
        " JOIN encounter e ON e.id = c.encounter_id JOIN claim_line l ON l.claim_id = c.id"
        " WHERE e.account_id = :id ORDER BY c.claim_number, l.sequence",
        id=page.id,
    )
    charged = [one for one in page.postings if one.kind is PostingKind.CHARGE]
    billed = {one.claim: _of_patient(one) for one in charged if not (one.taken_back or one.takes_back)}
    lines = []
    for row in rows:
        if row["claim_number"] in billed:
            charge, what = row["charge_cents"], f"Service {row['code'] or row['revenue_code']}"
            own = charge if billed[row["claim_number"]] else None
            lines.append(_columns(row["service_date"], what, charge, None, own))
    for one in _without_passing(page.postings):
        if one.kind is PostingKind.CHARGE or one.taken_back or one.takes_back:
            continue
        by = {account: sum(s.cents for s in one.sides if s.account is account) for account in JournalAccount}
        paid, own = by[JournalAccount.CASH], by[JournalAccount.PATIENT_RECEIVABLE]
        if not (paid or own) and one.kind is not PostingKind.CLAIM_PAYMENT:
            continue  # between payer and provider, or within the books, alone
        told = _told(one.kind, one.answered_by or one.payer, own)
        # An insurer that paid nothing says so: a line without a figure would read as one that is still to come.
        shown = paid if paid or one.kind is PostingKind.CLAIM_PAYMENT else None
        lines.append(_columns(one.posted_at[:10], told, None, shown, own or None))
    return lines


def _without_passing(postings: Sequence[PostingRow]) -> list[PostingRow]:
    """The postings without what one payment moves to the patient and on to a payer at once: nobody is asked for it."""
    passing: dict[tuple[str, int], list[PostingRow]] = {}
    gone: set[str] = set()
    for one in postings:
        cents = _of_patient(one)
        if one.kind is not PostingKind.TRANSFER or not one.remittance_id or not cents:
            continue
        if met := passing.get((one.remittance_id, -cents)):
            gone |= {one.id, met.pop().id}
        else:
            passing.setdefault((one.remittance_id, cents), []).append(one)
    return [one for one in postings if one.id not in gone]


def _of_patient(posting: PostingRow) -> int:
    return sum(side.cents for side in posting.sides if side.account is JournalAccount.PATIENT_RECEIVABLE)


def _told(kind: PostingKind, payer: str, own: int) -> str:
    return {
        PostingKind.CLAIM_PAYMENT: f"Insurance: {payer}",
        PostingKind.TRANSFER: f"{'No longer billed' if own > 0 else 'Billed'} to {payer}",
        PostingKind.PATIENT_PAYMENT: "Your payment, thank you",
        PostingKind.REFUND: "Refund",
        PostingKind.WRITE_OFF: "Given up",
        PostingKind.LEFT_TO_PATIENT: f"Denied: {payer}",
    }.get(kind, in_words(kind))


def _who(reader: Reader, account_id: str) -> tuple[str, list[str]]:
    """Who bills, and where the patient lives."""
    (row,) = reader.rows(
        "SELECT p.restricted, p.address_line1, p.address_line2, p.city, p.state, p.zip,"
        " (SELECT f.name FROM encounter e JOIN facility f ON f.id = e.facility_id WHERE e.account_id = a.id"
        "  ORDER BY e.id LIMIT 1) AS facility FROM account a JOIN patient p ON p.id = a.patient_id WHERE a.id = :id",
        id=account_id,
    )
    if row["restricted"]:
        return row["facility"] or "", []
    plain = row["zip"].replace("-", "")
    code = f"{plain[:5]}-{plain[5:]}" if len(plain) == 9 else row["zip"]
    town = " ".join(filter(None, (row["city"], row["state"], code)))
    return row["facility"] or "", [row["address_line1"], row["address_line2"], town]


def _given_up(totals: dict[JournalAccount, int]) -> int:
    named = (JournalAccount.CONTRACTUAL, JournalAccount.PAYER_INITIATED, JournalAccount.OTHER_ADJUSTMENT)
    return sum(totals.get(account, 0) for account in (*named, JournalAccount.WRITE_OFF))


def _with_payers(totals: dict[JournalAccount, int]) -> int:
    return totals.get(JournalAccount.PAYER_RECEIVABLE, 0) + totals.get(JournalAccount.DENIED, 0)


def _aged(page: AccountPage, today: dt.date) -> list[tuple[str, int]]:
    """What the patient owes by age: payments settle the oldest first."""
    debts: list[tuple[int, int]] = []
    credit = 0
    for one in _without_passing(page.postings):
        cents = _of_patient(one)
        age = (today - dt.date.fromisoformat(one.posted_at[:10])).days
        if cents > 0:
            debts.append((age, cents))
        credit -= min(cents, 0)
    found = dict.fromkeys((name for _, name in _AGES), 0)
    for age, cents in sorted(debts, reverse=True):
        settled = min(credit, cents)
        credit -= settled
        found[next(name for most, name in _AGES if age <= most)] += cents - settled
    return list(found.items())


def _columns(day: str, what: str, charge: object, paid: object = None, own: object = None) -> str:
    cells = (f"{_money(cell):>10}" for cell in (charge, paid, own))
    return f"{day:<10}  {what[:33]:<33}  {' '.join(cells)}"


def _money(cell: object) -> str:
    return "" if cell is None else f"{cell / 100:,.2f}" if isinstance(cell, int) else str(cell)


def _amount(label: str, cents: int) -> str:
    return _ends(f"{'':<34}{label}", f"{cents / 100:,.2f}")


def _ends(left: str, right: str) -> str:
    return f"{left}{right:>{max(WIDTH - len(left), len(right) + 1)}}"
