"""Prints claims on their paper forms: as data on the official grid, or as PDF for the eye.

A professional claim goes on CMS-1500, an institutional one on UB-04. One with an open blocking finding is refused by
name, unless it is asked for as a draft. Printing marks nothing as sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, func, select

from codesets.errors import CodedeskError
from store import access, log
from store.actors import Actor
from store.claims.content import UnknownClaim, content_of
from store.database import Database
from store.models import Claim, Finding
from store.output import output_file
from store.paper import cms1500, ub04
from store.paper.grid import Page, text_of
from store.paper.pdf import pdf_of
from store.settings import outbox
from store.terms import ClaimStatus, FindingState, Severity


class CannotPrint(CodedeskError):
    """A claim cannot be printed; nothing was written."""

    title = "print"
    exit_code = 1


@dataclass(frozen=True)
class Printed:
    """What was printed: the bytes, how many pages, and the fields whose values were cut, by claim number."""

    content: bytes
    pages: int
    cut: tuple[tuple[str, str], ...]


def print_claims(
    session: Session,
    claim_ids: Sequence[str],
    today: dt.date,
    as_pdf: bool = False,
    draft: bool = False,
    shift: tuple[int, int] = (0, 0),
) -> Printed:
    """Print claims of one form. `shift` moves the grid down and right. Raises UnknownClaim or CannotPrint."""
    pages: list[Page] = []
    cut: list[tuple[str, str]] = []
    forms = set()
    for claim_id in claim_ids:
        claim = session.get(Claim, claim_id)
        if claim is None:
            raise UnknownClaim(f"no claim has the id {claim_id!r}", "`codedesk claims list` shows the numbers")
        if not draft:
            _refuse_unready(session, claim)
        forms.add(claim.form)
        own = pages_of(session, claim, today)
        cut += [(claim.claim_number, name) for page in own for name in page.cut]
        pages += own
    if len(forms) != 1:
        raise CannotPrint("claims of one form at a time", "professional ones go on CMS-1500, institutional on UB-04")
    title = "CMS-1500" if forms == {"837p"} else "UB-04"
    made = pdf_of(pages, title) if as_pdf else text_of(pages, shift).encode("ascii")
    return Printed(made, len(pages), tuple(dict.fromkeys(cut)))


def print_to_outbox(db: Database, actor: Actor, claim_id: str, today: dt.date) -> Path:
    """Print one claim as PDF into the outbox, as a draft where it is not ready; where it is.

    Raises CannotPrint, ChartRestricted.
    """
    access.let_in(db, actor, "claim", claim_id)
    with db.reading() as session:
        printed = print_claims(session, [claim_id], today, as_pdf=True, draft=True)
        number = session.get_one(Claim, claim_id).claim_number
    log.note(db, actor, "claim.print", "claim", claim_id, claims=number)
    path, count = outbox() / f"{number}.pdf", 1
    while path.exists():
        path, count = outbox() / f"{number}-{count}.pdf", count + 1
    with output_file(path) as output:
        output.write(printed.content)
        output.finish()
        output.deliver()
    return path


def pages_of(session: Session, claim: Claim, today: dt.date) -> list[Page]:
    """The pages of a claim on its form."""
    content = content_of(session, claim)
    if claim.form == "837p":
        return cms1500.pages(content)
    if content.parties.facility_bill is None:
        raise CannotPrint(f"{claim.claim_number} has no institutional part", "build it again")
    return ub04.pages(content, today)


def _refuse_unready(session: Session, claim: Claim) -> None:
    if claim.status is ClaimStatus.DRAFT:
        raise CannotPrint(f"{claim.claim_number} has not been scrubbed", "scrub it, or print it as a draft")
    open_blocks = select(func.count()).where(
        Finding.subject_kind == "claim",
        Finding.subject_id == claim.id,
        Finding.state == FindingState.OPEN,
        col(Finding.severity).in_([severity for severity in Severity if severity.blocks]),
    )
    if count := session.exec(open_blocks).one():
        many = f"{count} open blocking finding{'s' if count != 1 else ''}"
        raise CannotPrint(f"{claim.claim_number} has {many}", "mend it, or print it as a draft")
