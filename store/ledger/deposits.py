"""Matches what the bank says came in with what remittances say was paid, and tells what has waited for how long.

    a deposit   ──> matched by trace     its number and amount are those of a remittance
                ──> matched by amount    no payment has its number, and one remittance alone has its amount, paid
                                         within days of it
                ──> waits                until somebody matches it by hand, or its remittance comes; also where more
                                         than one payment, or more than one deposit, could be meant, and where the
                                         payment of its number has another amount

A bank's statement is a CSV file whose columns are found by their names. A line without a trace number is kept, and has
its amount and day alone to be matched by. The same deposit twice is kept once. Nothing of the journal moves: cash is
posted with the remittance.

Source: ASC X12N/005010X221A1, section 1.10.2.2 (reassociation: BPR02, BPR16 and TRN02); 45 CFR 162.1602.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError, UnreadableInput
from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.models import Deposit, Remittance
from store.queries.deposits import plain_trace
from store.reasons import reason_in_words
from store.terms import RemittanceStatus

DAYS_APART = 5
"""How far the days of a deposit and of a payment of the same amount may lie apart."""

_TWICE = (
    "line {line}: a second {amount:,.2f} of {day} without a trace number, kept once;"
    " write a number of your own into the line if it is another deposit"
)

_TAKEN_BACK = (
    "line {line}: {amount:,.2f} of {day}{trace} went out and is no deposit; where it returns a payment of an insurer,"
    " codedesk deposits unmatch and codedesk remits unpost take that back"
)

_NO_PAYMENT = (RemittanceStatus.UNPOSTED, RemittanceStatus.SET_ASIDE)

_MOST_BYTES = 20_000_000

_COLUMNS = {
    "received_on": ("date", "posting date", "posted", "received", "received_on", "value date"),
    "trace": ("trace", "reference", "check", "check number", "eft", "trace number", "customer reference"),
    "cents": ("amount", "credit", "credit amount", "deposit"),
    "payer": ("payer", "description", "name", "originator", "company name"),
    "account": ("account", "account number", "bank account"),
}
_NEEDED = ("received_on", "trace", "cents")
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%Y%m%d")


class DepositRefused(CodedeskError):
    """The deposit or the remittance is unknown or matched already; nothing was changed."""

    title = "deposit"
    exit_code = 1


@dataclass(frozen=True)
class DepositLine:
    """One credit of a statement. `received_on` is an ISO day, `trace` empty where the bank gives none.

    `line` is its 1-based line in the file.
    """

    received_on: str
    trace: str
    cents: int
    payer: str = ""
    account: str = ""
    line: int = 0


@dataclass(frozen=True)
class DepositsTakenIn:
    """What became of a file: new deposits, those known already, those matched now, and lines that were left out.

    `unclear` counts deposits left open because more than one payment or deposit has the amount near the day, `differ`
    those whose trace number is that of a payment of another amount, or of one that another deposit pays.
    """

    new: int
    known: int
    matched: int
    unclear: int
    left_out: tuple[str, ...]
    differ: int = 0


@dataclass(frozen=True)
class Matched:
    """How many deposits were matched now, and how many were left open.

    `unclear` are those that more than one fits, `differ` those whose own payment has another amount.
    """

    matched: int
    unclear: int
    differ: int = 0


def read_deposits(path: Path) -> tuple[list[DepositLine], list[str]]:
    """The credits of a CSV file, and what is wrong with the lines that were left out, debits among them.

    Lines of 0.00 are passed over. Raises UnreadableInput for a file without the columns date, trace and amount.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableInput(f"{path.name}: {error.strerror or error}", "expected a CSV file of deposits") from None
    if len(raw) > _MOST_BYTES:
        raise UnreadableInput(f"{path.name}: larger than {_MOST_BYTES // 1_000_000} MB", "export fewer days")
    text = raw.decode("utf-8-sig", errors="replace")
    header = text.partition("\n")[0]
    mark = max(",;\t|", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    places = _places(next(rows, []))
    if missing := [name for name in _NEEDED if name not in places]:
        named = {"received_on": "date", "trace": "trace", "cents": "amount"}
        wanted = ", ".join(named[name] for name in missing)
        raise UnreadableInput(f"{path.name}: no column for {wanted}", f"expected {', '.join(named.values())}, payer")
    found, wrong = [], []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        try:
            line = _line(row, places, rows.line_num)
        except ValueError as error:
            wrong.append(safe_line(f"line {rows.line_num}: {error}"))
            continue
        if line.cents > 0:
            found.append(line)
        elif line.cents < 0:
            number = f", number {line.trace}," if line.trace else ""
            told = _TAKEN_BACK.format(line=line.line, amount=line.cents / 100, day=line.received_on, trace=number)
            wrong.append(safe_line(told))
    return found, wrong


def take_in_deposits(db: Database, actor: Actor, path: Path) -> DepositsTakenIn:
    """Keep the deposits of a file and match what can be matched. Raises UnreadableInput."""
    lines, wrong = read_deposits(path)
    unread = len(wrong)
    with db.change(actor, action="deposit.take_in") as change:
        session = change.session
        known = {(row.trace, row.received_on, row.cents, row.account) for row in session.exec(select(Deposit))}
        fresh: dict[tuple[str, str, int, str], DepositLine] = {}
        seen: set[tuple[str, str, int, str]] = set()
        for line in lines:
            key = (line.trace, line.received_on, line.cents, line.account)
            if not line.trace and key in seen:
                wrong.append(_TWICE.format(line=line.line, day=line.received_on, amount=line.cents / 100))
            elif key not in known:
                fresh.setdefault(key, line)
            seen.add(key)
        session.add_all(
            Deposit(
                received_on=line.received_on,
                trace=line.trace,
                payer=line.payer,
                cents=line.cents,
                account=line.account,
            )
            for line in fresh.values()
        )
        session.flush()
        found = _match(session)
        change.log("deposit.take_in", file=path.name, new=len(fresh), matched=found.matched)
        return DepositsTakenIn(
            len(fresh),
            len(lines) - len(fresh) - (len(wrong) - unread),
            found.matched,
            found.unclear,
            tuple(wrong),
            found.differ,
        )


def match_deposits(db: Database, actor: Actor) -> Matched:
    """Try again what waits, as after new remittances came."""
    with db.change(actor, action="deposit.match") as change:
        found = _match(change.session)
        change.log("deposit.match", matched=found.matched)
        return found


def match_by_hand(
    db: Database, actor: Actor, deposit_id: str, remittance_id: str, note: str, operation_id: str | None = None
) -> None:
    """Say that a deposit pays a remittance; a different amount needs a note. Raises DepositRefused."""
    with db.change(actor, operation_id, "deposit.match") as change:
        if change.repeated:
            return
        session = change.session
        deposit, remittance = session.get(Deposit, deposit_id), session.get(Remittance, remittance_id)
        if deposit is None or remittance is None:
            raise DepositRefused("no such deposit or remittance", "`codedesk deposits list` shows those that wait")
        if deposit.remittance_id:
            raise DepositRefused(f"the deposit of {deposit.received_on} is matched already")
        note = " ".join(note.split())
        if deposit.cents != remittance.payment_cents and not note:
            off = (deposit.cents - remittance.payment_cents) / 100
            raise DepositRefused(f"the amounts differ by {off:,.2f}", "say why in a note")
        if deposit.cents != remittance.payment_cents:
            note = reason_in_words(note)
        deposit.remittance_id, deposit.matched_by, deposit.note = remittance.id, "by hand", note
        session.add(deposit)
        change.log("deposit.match", "deposit", deposit.id, remittance=remittance.id, note=note)


def unmatch(db: Database, actor: Actor, deposit_id: str, operation_id: str | None = None) -> None:
    """Take a match back. Raises DepositRefused."""
    with db.change(actor, operation_id, "deposit.match") as change:
        if change.repeated:
            return
        deposit = change.session.get(Deposit, deposit_id)
        if deposit is None or not deposit.remittance_id:
            raise DepositRefused("no matched deposit has that id")
        change.log("deposit.match", "deposit", deposit.id, taken_back=deposit.remittance_id)
        deposit.remittance_id, deposit.matched_by, deposit.note = None, "", ""
        change.session.add(deposit)


def _match(session: Session) -> Matched:
    """Match waiting deposits with payments that none is matched with: by trace and amount, then by amount and day.

    A trace that a payment has decides alone: neither its deposit nor that payment goes to one of the same amount.
    """
    deposits = list(
        session.exec(
            select(Deposit).where(col(Deposit.remittance_id).is_(None)).order_by(Deposit.received_on, Deposit.id)
        )
    )
    taken = select(Deposit.remittance_id).where(col(Deposit.remittance_id).is_not(None))
    made = select(Remittance).where(Remittance.payment_cents > 0, col(Remittance.status).not_in(_NO_PAYMENT))
    payments = list(
        session.exec(made.where(col(Remittance.id).not_in(taken)).order_by(Remittance.paid_on, Remittance.id))
    )
    matched = 0
    for deposit in deposits:
        if found := [one for one in payments if _same_trace(deposit, one)]:
            _pair(session, deposit, found[0], "trace", payments)
            matched += 1
    known = {plain_trace(trace) for (trace,) in session.execute(made.with_only_columns(col(Remittance.trace)))} - {""}
    waiting = [one for one in deposits if not one.remittance_id]
    named = {plain_trace(one.trace) for one in waiting}
    nameless = [one for one in waiting if plain_trace(one.trace) not in known]
    free = [one for one in payments if plain_trace(one.trace) not in named - {""}]
    for deposit in nameless:
        fit = [one for one in free if _same_amount(deposit, one)]
        rivals = [one for one in nameless if one is not deposit and not one.remittance_id]
        if len(fit) == 1 and not any(_same_amount(other, fit[0]) for other in rivals):
            _pair(session, deposit, fit[0], "amount", free)
            matched += 1
    left = [one for one in nameless if not one.remittance_id]
    unclear = sum(any(_same_amount(deposit, payment) for payment in free) for deposit in left)
    return Matched(matched, unclear, len(waiting) - len(nameless))


def _pair(session: Session, deposit: Deposit, payment: Remittance, by: str, payments: list[Remittance]) -> None:
    deposit.remittance_id, deposit.matched_by = payment.id, by
    payments.remove(payment)
    session.add(deposit)


def _same_trace(deposit: Deposit, payment: Remittance) -> bool:
    return deposit.cents == payment.payment_cents and plain_trace(deposit.trace) == plain_trace(payment.trace) != ""


def _same_amount(deposit: Deposit, payment: Remittance) -> bool:
    if deposit.cents != payment.payment_cents or not payment.paid_on:
        return False
    apart = dt.date.fromisoformat(deposit.received_on) - dt.date.fromisoformat(payment.paid_on)
    return abs(apart.days) <= DAYS_APART


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().lower().replace("_", " ") for cell in header]
    found: dict[str, int] = {}
    for field, known in _COLUMNS.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            found[field] = place
    return found


def _line(row: Sequence[str], places: dict[str, int], number: int) -> DepositLine:
    def cell(name: str) -> str:
        place = places.get(name, len(row))
        return safe_line(row[place]).strip() if place < len(row) else ""

    day, cents = _day(cell("received_on")), _cents(cell("cents"))
    return DepositLine(day, cell("trace")[:120], cents, cell("payer")[:400], cell("account")[:400], number)


def _day(text: str) -> str:
    for form in _DAYS:
        try:
            return str(dt.datetime.strptime(text, form).date())
        except ValueError:
            continue
    raise ValueError(f"expected a day such as 2026-09-14, got {text[:40]!r}")


def _cents(text: str) -> int:
    plain = text.replace("$", "").replace(",", "").replace(" ", "")
    negative = plain.startswith("-") or plain.endswith("-") or (plain.startswith("(") and plain.endswith(")"))
    whole, _, part = plain.strip("-+()").partition(".")
    if not whole.isdigit() or (part and (not part.isdigit() or len(part) > 2)) or len(whole) > 12:
        raise ValueError(f"expected an amount such as 4,812.33, got {text[:40]!r}")
    cents = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return -cents if negative else cents
