"""Writes the letter of an appeal from a template and what the record knows: the claim, the denial, the code's evidence.

The template is `appeal_letter.txt` in codedesk's folder where the site has one, else the one beside this module. Words
in braces are filled in; a template with a word that is not known is refused by name. The letter quotes the words of the
chart that a coder kept as evidence of the codes that the denied line rests on, with the way the code was found.
"""

from __future__ import annotations

import datetime as dt
import string
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, select

from codesets.errors import CodedeskError
from codesets.home import home
from store import log
from store.actors import Actor
from store.claims.content import ClaimContent, load_claim
from store.claims.output import output_file
from store.database import Database
from store.models import Claim, ClaimLine, Denial, FinalDiagnosis, FinalProcedureLine, Remittance, RemittanceLine
from store.settings import outbox

TEMPLATE = "appeal_letter.txt"
_WIDTH = 76
WORDS = (
    "date",
    "payer",
    "payer_address",
    "provider",
    "provider_npi",
    "provider_address",
    "contact",
    "patient",
    "member_id",
    "claim",
    "payer_number",
    "service_date",
    "procedure",
    "amount",
    "reason",
    "trace",
    "paid_on",
    "level",
    "evidence",
)


class NoLetter(CodedeskError):
    """There is no such denial, its claim is not ours, or the template has a word that is not known."""

    title = "letter"
    exit_code = 1


@dataclass(frozen=True)
class Letter:
    """A letter as text, and how many codes it has evidence of."""

    text: str
    evidence: int


def appeal_letter(session: Session, denial_id: str, today: dt.date, why: str = "") -> Letter:
    """The letter for a denial. `why` is what the writer says, put before the evidence. Raises NoLetter."""
    denial = session.get(Denial, denial_id)
    if denial is None:
        raise NoLetter(f"no denial has the id {denial_id[:40]!r}", "`codedesk denials list` shows them")
    claim = session.get(Claim, denial.claim_id) if denial.claim_id else None
    if claim is None:
        raise NoLetter("no claim of ours was found for this denial, so there is nothing to appeal with")
    content = load_claim(session, claim.id)
    evidence = _evidence(session, claim, content, denial)
    words = _words(session, denial, claim, content, today)
    words["evidence"] = "\n\n".join(filter(None, (textwrap.fill(why.strip(), _WIDTH), *evidence)))
    return Letter(_filled(template(), words), len(evidence))


def letter_to_outbox(db: Database, actor: Actor, denial_id: str, today: dt.date, why: str = "") -> Path:
    """Write the letter into the outbox; where it is. Raises NoLetter."""
    with db.reading() as session:
        letter = appeal_letter(session, denial_id, today, why)
    log.note(db, actor, "denial.letter", "denial", denial_id, codes=letter.evidence)
    path = outbox() / f"appeal-{denial_id[-8:]}-{today}.txt"
    with output_file(path) as output:
        output.write(letter.text.encode())
        output.finish()
        output.deliver()
    return path


def template() -> str:
    """The template in force."""
    own = home() / TEMPLATE
    path = own if own.is_file() else Path(__file__).with_name(TEMPLATE)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoLetter(f"{path}: {error}", "mend or remove the file") from None


def _filled(text: str, words: Mapping[str, str]) -> str:
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise NoLetter(f"the template cannot be read: {error}") from None
    if unknown := named - set(WORDS):
        raise NoLetter(f"the template has {{{min(unknown)}}}", f"known: {', '.join(WORDS)}")
    return text.format_map(words).rstrip() + "\n"


def _words(session: Session, denial: Denial, claim: Claim, content: ClaimContent, today: dt.date) -> dict[str, str]:
    parties, coverage = content.parties, content.parties.coverage
    assert coverage is not None, "a claim that was answered has a payer"
    remittance = session.get_one(Remittance, denial.remittance_id)
    who, billing, payer = parties.patient, parties.billing, coverage.payer
    where = (billing.address.line1, billing.address.city, billing.address.state, billing.address.zip)
    to = (payer.address.line1, payer.address.city, payer.address.state, payer.address.zip)
    reason = f"{denial.group_code}-{denial.reason_code}"
    return {
        "date": str(today),
        "payer": payer.name,
        "payer_address": " ".join(filter(None, to)),
        "provider": billing.name,
        "provider_npi": billing.npi,
        "provider_address": " ".join(filter(None, where)),
        "contact": ", ".join(filter(None, (billing.contact_name, billing.contact_phone))),
        "patient": " ".join(filter(None, (who.given_name, who.middle_name, who.family_name))),
        "member_id": coverage.member_id,
        "claim": claim.claim_number,
        "payer_number": claim.payer_number or "not known",
        "service_date": claim.service_from,
        "procedure": denial.procedure_code or "the whole claim",
        "amount": f"{denial.cents / 100:,.2f}",
        "reason": ", ".join((reason, *(f"remark {code}" for code in denial.remarks))),
        "trace": remittance.trace,
        "paid_on": remittance.paid_on,
        "level": str(denial.level + 1),
    }


def _evidence(session: Session, claim: Claim, content: ClaimContent, denial: Denial) -> list[str]:
    """A paragraph for each code that the denied line rests on and that has evidence, its own first."""
    line = _line_of(session, denial)
    pointed = set(line.pointers) if line and line.pointers else {row.sequence for row in content.diagnoses}
    codes = {row.code for row in content.diagnoses if row.sequence in pointed}
    found = []
    procedures = select(FinalProcedureLine).where(FinalProcedureLine.coding_id == claim.coding_id)
    for row in session.exec(procedures.order_by(FinalProcedureLine.sequence)):
        if line and row.code == line.code and row.why:
            found.append(_paragraph(row.code, "", row.why))
    diagnoses = select(FinalDiagnosis).where(FinalDiagnosis.coding_id == claim.coding_id)
    for diagnosis in session.exec(diagnoses.order_by(FinalDiagnosis.sequence)):
        if diagnosis.code in codes and (diagnosis.evidence or diagnosis.why):
            found.append(_paragraph(diagnosis.code, diagnosis.evidence, diagnosis.why))
    return found


def _line_of(session: Session, denial: Denial) -> ClaimLine | None:
    remitted = session.get(RemittanceLine, denial.remittance_line_id) if denial.remittance_line_id else None
    return session.get(ClaimLine, remitted.claim_line_id) if remitted and remitted.claim_line_id else None


def _paragraph(code: str, quote: str, why: str) -> str:
    told = f'{code}: the record says "{quote}".' if quote else f"{code}:"
    return textwrap.fill(f"{told} {f'Found by: {why}.' if why else ''}".strip(), _WIDTH, subsequent_indent="    ")
