"""Made-up remittances in the official layout, built from a few lines each."""

from __future__ import annotations

import datetime as dt

from sqlmodel import func, select

from store.database import Database
from store.models import JournalLine, Posting
from store.terms import JournalAccount, PostingKind
from store.x12.writer import STANDARD, Delimiters, Envelope, isa

HEAD = (
    "BPR*I*{paid}*C*ACH*CCP*01*999999999*DA*1*1512345678**01*999999999*DA*2*20261103",
    "TRN*1*EFT0001*1512345678",
    "N1*PR*MEADOWLARK HMO*XV*MADEUP1",
    "N1*PE*COTTONWOOD CLINIC*XX*1999999984",
    "LX*1",
)
PAID_CLAIM = (
    "CLP*C0001*1*150*100*20*HM*ICN0001*11*1",
    "CAS*CO*45*20",
    "NM1*QC*1*ROE*JANE****MI*M001",
    "DTM*232*20261001",
    "SVC*HC:G0463:25*150*120**1",
    "DTM*472*20261001",
    "CAS*CO*253*10",
    "CAS*PR*1*15*0*2*5",
    "REF*6R*C0001L1",
    "LQ*HE*N130",
)
DENIED_CLAIM = ("CLP*C0002*4*80*0**HM*ICN0002*11*1", "NM1*QC*1*DOE*JOHN", "CAS*CO*29*80")
REVERSED_CLAIM = ("CLP*C0001*22*-150*-100**HM*ICN0001*11*1", "NM1*QC*1*ROE*JANE", "CAS*CO*45*-50")


def a_set(body: tuple[str, ...], paid: str = "100", control: str = "0001", head: tuple[str, ...] = HEAD) -> str:
    """One transaction set with its counts."""
    lines = [f"ST*835*{control}*005010X221A1", *(line.format(paid=paid) for line in head), *body]
    return "".join(f"{line}~" for line in (*lines, f"SE*{len(lines) + 1}*{control}"))


def interchange(*sets: str, delimiters: Delimiters = STANDARD, ending: str = "") -> bytes:
    """A file with the sets."""
    envelope = Envelope("PAYER", "CLINIC", "T", 1, 1, dt.datetime(2026, 11, 3), "HP", "005010X221A1")
    text = f"GS*HP*PAYER*CLINIC*20261103*1200*1*X*005010X221A1~{''.join(sets)}GE*{len(sets)}*1~IEA*1*000000001~"
    marks = {
        "*": delimiters.element,
        "~": delimiters.segment + ending,
        ":": delimiters.component,
        "^": delimiters.repetition,
    }
    return (isa(envelope, delimiters) + ending + text.translate(str.maketrans(marks))).encode()


def balances(db: Database) -> dict[JournalAccount, int]:
    """The accounts of the journal by what payers answered and people did with it, without what claims billed."""
    with db.reading() as session:
        query = select(JournalLine.account, func.sum(JournalLine.cents)).join(Posting)
        rows = session.exec(query.where(Posting.kind != PostingKind.CHARGE).group_by(JournalLine.account))
        return {account: int(total) for account, total in rows if total}
