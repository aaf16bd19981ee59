"""Tells whether a payment is one that is here already, and never by a number that says nothing.

    paid, with a number of its own      the same payer, trace (TRN02), amount (BPR02) and day (BPR16); of another day
                                        where its claims say the same
    0.00, or a number that is none      the same payer, trace and amount, and claims that say the same: payers give
    (zeros, NON)                        remittances without money one number for all

Sets of other numbers in one envelope are parts of one payment. What claims say is all that moves money or work: their
numbers, status, amounts, adjustments and remarks, and the provider adjustments.

Source: 005010X221A1, TRN02 and BPR04 (NON: a remittance without payment has a number of the payer's own making).
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, BinaryIO

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from store.models import ReceivedFile, Remittance, RemittanceClaim
from store.terms import RemittanceStatus
from store.x12.remittance import Adjustment, Payment, RemitClaim, SetEnd, read

_Claim = tuple[str, str, str, int, int]
"""Account number, payer's number, status, and cents charged and paid, as a claim of a payment is stored."""
_NO_NUMBERS = frozenset(["", "NON", "NONE", "NA", "NOPAY", "NOPAYMENT", "NOTAPPLICABLE"])


def claims_of_set(source: BinaryIO | IO[bytes], segment: int) -> Iterator[RemitClaim | SetEnd]:
    """The claims and the end of the set whose ST is this segment."""
    inside = False
    for part in read(source, []):
        if isinstance(part, Payment):
            inside = part.segment == segment
        elif inside and isinstance(part, RemitClaim | SetEnd):
            yield part
            if isinstance(part, SetEnd):
                return


def envelope_of(payment: Payment) -> str:
    """The envelope of a payment as a remittance keeps it: ISA06, ISA13 and GS06."""
    return f"{payment.sender} {payment.interchange} {payment.group}"


def named_by_trace(trace: str, cents: int) -> bool:
    """Whether the trace of a payment of so many cents tells it from others of its payer."""
    plain = "".join(letter for letter in trace.upper() if letter.isalnum())
    return cents > 0 and bool(plain.strip("0")) and plain not in _NO_NUMBERS


def known_payment(session: Session, file_id: str, payment: Payment, source: BinaryIO | IO[bytes]) -> Remittance | None:
    """The remittance that a payment of a file is taken in as already; `source` is the file, which may be read."""
    same_set = select(Remittance).where(Remittance.file_id == file_id, Remittance.segment == payment.segment)
    if found := session.exec(same_set).first():
        return found
    if not payment.trace:
        return None
    alike = session.exec(_alike(payment).order_by(Remittance.received_at, Remittance.id)).all()
    if named_by_trace(payment.trace, payment.cents):
        same_day = next((one for one in alike if one.paid_on == payment.date), None)
        if same_day:
            return same_day
    return _of_same_claims(session, payment, alike, source)


def names_same_claims(session: Session, one: Remittance, other: Remittance) -> bool:
    """Whether two remittances, held or not, name claims by the same numbers."""
    return _numbers(session, one) == _numbers(session, other)


def _alike(payment: Payment) -> SelectOfScalar[Remittance]:
    """The remittances of the same payer, trace and amount that are posted, or were."""
    return select(Remittance).where(
        Remittance.payer_identifier == payment.payer_id,
        Remittance.trace == payment.trace,
        Remittance.payment_cents == payment.cents,
        col(Remittance.status).not_in((RemittanceStatus.HELD, RemittanceStatus.SET_ASIDE)),
        # One payment can come in several sets: those have other numbers in one envelope.
        (Remittance.envelope != envelope_of(payment)) | (Remittance.control == payment.control),
    )


def _of_same_claims(
    session: Session, payment: Payment, alike: Iterable[Remittance], source: BinaryIO | IO[bytes]
) -> Remittance | None:
    """The one of these whose claims say the same; what is stored of them is compared before their files are."""
    own: Counter[_Claim] | None = None
    digest = ""
    for one in alike:
        if own is None:
            own, digest = _read(source, payment.segment)
        if own == _stored(session, one) and digest == _read(_file(session, one), one.segment)[1]:
            return one
    return None


def _read(source: BinaryIO | IO[bytes], segment: int) -> tuple[Counter[_Claim], str]:
    """The claims of a set as they are stored, and the hash of what they say."""
    source.seek(0)
    claims: Counter[_Claim] = Counter()
    said = hashlib.sha256()
    for part in claims_of_set(source, segment):
        if isinstance(part, RemitClaim):
            claims[part.account_number, part.payer_number, part.status, part.charge_cents, part.paid_cents] += 1
        said.update(repr(_said(part)).encode())
    return claims, said.hexdigest()


def _said(part: RemitClaim | SetEnd) -> tuple[object, ...]:
    """What a claim or the end of a set says, wherever it stands in its file."""
    if isinstance(part, SetEnd):
        return tuple((one.provider, one.reason, one.reference, one.cents) for one in part.provider_adjustments)
    lines = tuple(
        (one.code, one.modifiers, one.revenue_code, one.charge_cents, one.paid_cents, one.control_number)
        + (_adjusted(one.adjustments), one.remarks)
        for one in part.lines
    )
    own = (part.account_number, part.payer_number, part.status, part.charge_cents, part.paid_cents, part.patient_cents)
    return (*own, _adjusted(part.adjustments), part.remarks, lines)


def _adjusted(adjustments: Iterable[Adjustment]) -> tuple[tuple[str, str, int], ...]:
    return tuple((one.group, one.reason, one.cents) for one in adjustments)


def _stored(session: Session, remittance: Remittance) -> Counter[_Claim]:
    columns: Sequence[Any] = (
        *(RemittanceClaim.account_number, RemittanceClaim.payer_number, RemittanceClaim.status_code),
        *(RemittanceClaim.charge_cents, RemittanceClaim.paid_cents),
    )
    query = select(*columns).where(RemittanceClaim.remittance_id == remittance.id)
    return Counter(tuple(row) for row in session.exec(query))


def _numbers(session: Session, remittance: Remittance) -> list[str]:
    parts = claims_of_set(_file(session, remittance), remittance.segment)
    return sorted({part.account_number for part in parts if isinstance(part, RemitClaim)})


def _file(session: Session, remittance: Remittance) -> io.BytesIO:
    return io.BytesIO(zlib.decompress(session.get_one(ReceivedFile, remittance.file_id).content))
