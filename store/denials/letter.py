"""Writes the letter of an appeal from a template and what the record knows: the claim, the denial, the code's evidence.

The template is `appeal_letter.txt` in codedesk's folder where the site has one, else the one beside this module. Words
in braces are filled in; a template with a word that is not known is refused by name. The letter quotes the words of the
chart that a coder kept as evidence of the codes that the denied lines rest on, and of a denial for timely filing how
and when the claim was filed (`store.denials.first_filing`); where there is neither, it says nothing of it: a payer is
not told what is not there. It is one letter for all lines of a claim that were denied together for the same reason.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, col, select

from codesets.errors import CodedeskError
from codesets.home import home
from store import access, log
from store.actors import Actor
from store.claims.content import ClaimContent, Parties, coverage_of, load_claim
from store.database import Database
from store.denials.first_filing import filings
from store.models import Claim, ClaimLine, Denial, FinalDiagnosis, Remittance, RemittanceClaim, RemittanceLine
from store.output import output_file
from store.remits.answered import place_of_answer
from store.remits.places import payers_of
from store.settings import outbox
from store.terms import DenialStatus

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
    "enclosed",
)


class NoLetter(CodedeskError):
    """There is no such denial, its claim is not ours, or the template has a word that is not known."""

    title = "letter"
    exit_code = 1


@dataclass(frozen=True)
class Letter:
    """A letter as text, how many codes or filings it has evidence of, and the denials it is about."""

    text: str
    evidence: int
    denials: tuple[str, ...] = ()
    name: str = ""


def appeal_letter(session: Session, denial_id: str, today: dt.date, why: str = "") -> Letter:
    """The letter for a denial and those of the same claim, answer and reason. Raises NoLetter.

    `why` is what the writer says, put before the evidence.
    """
    denial = session.get(Denial, denial_id)
    if denial is None:
        raise NoLetter(f"no denial has the id {denial_id[:40]!r}", "`codedesk denials list` shows them")
    claim = session.get(Claim, denial.claim_id) if denial.claim_id else None
    if claim is None:
        raise NoLetter("no claim of ours was found for this denial, so there is nothing to appeal with")
    content = load_claim(session, claim.id)
    together = _together(session, denial)
    evidence = _evidence(session, claim, content, together)
    words = _words(session, together, claim, content, _denier(session, denial, claim, content.parties), today)
    filed = filings(session, claim) if denial.category == _TIMELY else []
    proof = [textwrap.fill(one, _WIDTH) for one in filed]
    words["evidence"] = "\n\n".join(filter(None, (textwrap.fill(why.strip(), _WIDTH), *proof, *evidence)))
    words["enclosed"] = _ENCLOSED if evidence else ""
    name = f"appeal-{claim.claim_number}-{denial.group_code}{denial.reason_code}-{today}.txt"
    return Letter(_filled(template(), words), len(evidence) + len(filed), tuple(one.id for one in together), name)


_TIMELY = "timely filing"
"""The category of denials for a claim that came too late (`store/denials/categories.csv`)."""
_ENCLOSED = "The documents quoted are with this letter. "


def _together(session: Session, denial: Denial) -> list[Denial]:
    """The denial with those of the same answer and reason that are worked still, in the order of their lines."""
    query = select(Denial).where(
        Denial.remittance_claim_id == denial.remittance_claim_id,
        Denial.group_code == denial.group_code,
        Denial.reason_code == denial.reason_code,
        col(Denial.status).in_((DenialStatus.OPEN, DenialStatus.APPEALED)) | (Denial.id == denial.id),
    )
    return list(session.exec(query.order_by(col(Denial.segment), col(Denial.id))))


def letter_to_outbox(db: Database, actor: Actor, denial_id: str, today: dt.date, why: str = "") -> Path:
    """Write the letter into the outbox; where it is. Raises NoLetter, ChartRestricted."""
    access.let_in(db, actor, "denial", denial_id)
    with db.reading() as session:
        letter = appeal_letter(session, denial_id, today, why)
    log.note(db, actor, "denial.letter", "denial", denial_id, codes=letter.evidence, denials=len(letter.denials))
    path = outbox() / letter.name
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
    return _EMPTY_PARAGRAPH.sub("\n\n", text.format_map(words)).rstrip() + "\n"


_EMPTY_PARAGRAPH = re.compile(r"\n\n\n+(?=\w)")
"""What is left of a paragraph whose word is empty."""


@dataclass(frozen=True)
class _Denier:
    """The payer that denied, as the letter addresses it: what is not known of it is empty."""

    name: str
    address: str
    member_id: str
    payer_number: str


def _denier(session: Session, denial: Denial, claim: Claim, parties: Parties) -> _Denier:
    """The payer of the answer that denied: of the claim's coverages the one at its place, else as its payment names it.

    Each payer has a number of its own for a claim; the one that the claim keeps is of the payer that it bills.
    """
    answer = session.get_one(RemittanceClaim, denial.remittance_claim_id)
    remittance = session.get_one(Remittance, denial.remittance_id)
    payers = payers_of(claim.parties)
    place = place_of_answer(session, answer, remittance, claim.id, payers)
    own = claim.payer_number if place == payers.billed else answer.payer_number
    coverage = coverage_of(parties, payers.sequences[place - 1]) if place <= len(payers.sequences) else None
    if coverage is None:
        return _Denier(remittance.payer_name, "", "", own)
    where = coverage.payer.address
    address = " ".join(filter(None, (where.line1, where.city, where.state, where.zip)))
    return _Denier(coverage.payer.name, address, coverage.member_id, own)


def _words(
    session: Session,
    together: Sequence[Denial],
    claim: Claim,
    content: ClaimContent,
    denier: _Denier,
    today: dt.date,
) -> dict[str, str]:
    parties, denial = content.parties, together[0]
    procedures = dict.fromkeys(_what(session, one) for one in together)
    remarks = dict.fromkeys(f"remark {code}" for one in together for code in one.remarks)
    remittance = session.get_one(Remittance, denial.remittance_id)
    who, billing = parties.patient, parties.billing
    where = (billing.address.line1, billing.address.city, billing.address.state, billing.address.zip)
    reason = f"{denial.group_code}-{denial.reason_code}"
    return {
        "date": str(today),
        "payer": denier.name,
        "payer_address": denier.address,
        "provider": billing.name,
        "provider_npi": billing.npi,
        "provider_address": " ".join(filter(None, where)),
        "contact": ", ".join(filter(None, (billing.contact_name, billing.contact_phone))),
        "patient": " ".join(filter(None, (who.given_name, who.middle_name, who.family_name))),
        "member_id": denier.member_id or "not known",
        "claim": claim.claim_number,
        "payer_number": denier.payer_number or "not known",
        "service_date": claim.service_from,
        "procedure": ", ".join(procedures),
        "amount": f"{sum(one.cents for one in together) / 100:,.2f}",
        "reason": ", ".join((reason, *remarks)),
        "trace": remittance.trace,
        "paid_on": remittance.paid_on,
        "level": str(denial.level + 1),
    }


def _what(session: Session, denial: Denial) -> str:
    """What was denied: the code of a line, else its revenue code; the whole claim where no line is named."""
    if denial.procedure_code:
        return denial.procedure_code
    remitted = session.get(RemittanceLine, denial.remittance_line_id) if denial.remittance_line_id else None
    if remitted is None:
        return "the whole claim"
    ours = _line_of(session, denial)
    revenue = remitted.revenue_code or (ours.revenue_code if ours else "")
    return f"revenue code {revenue}" if revenue else f"line {remitted.sequence}"


def _evidence(session: Session, claim: Claim, content: ClaimContent, together: Sequence[Denial]) -> list[str]:
    """A paragraph for each code that the denied lines rest on and whose words of the record are kept."""
    codes: set[str] = set()
    for denial in together:
        line = _line_of(session, denial)
        pointed = set(line.pointers) if line and line.pointers else {row.sequence for row in content.diagnoses}
        codes |= {row.code for row in content.diagnoses if row.sequence in pointed}
    diagnoses = select(FinalDiagnosis).where(FinalDiagnosis.coding_id == claim.coding_id)
    rows = session.exec(diagnoses.order_by(col(FinalDiagnosis.sequence)))
    return [_paragraph(row.code, row.evidence) for row in rows if row.code in codes and row.evidence]


def _line_of(session: Session, denial: Denial) -> ClaimLine | None:
    remitted = session.get(RemittanceLine, denial.remittance_line_id) if denial.remittance_line_id else None
    return session.get(ClaimLine, remitted.claim_line_id) if remitted and remitted.claim_line_id else None


def _paragraph(code: str, quote: str) -> str:
    return textwrap.fill(f'{code}: the record says "{quote}".', _WIDTH, subsequent_indent="    ")
