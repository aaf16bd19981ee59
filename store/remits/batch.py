"""Stores a remittance's claims and posts their money, some hundred claims at a time.

What a claim of a remittance posts (debits positive; they come to zero):

    cash                  +paid        contractual        +CO adjustments     payer initiated   +PI adjustments
    patient receivable    +PR          other adjustment   +OA and the rest    denied            +what is denied
    payer receivable      -all of it

A reversal takes each adjustment from where the answer that it reverses posted it, whatever its own status says.
A claim that is not ours yet, that its payer answered before, that reverses nothing, or whose status (CLP02) is none of
the guide's, posts cash against unapplied; a provider adjustment takes its cents from cash. What another payer
settled before (OA-23) stays in payer receivable, where it was settled; so does the patient's share of a claim that the
payer forwarded to the next one (CLP02 19 to 21), who owes it then, and all of one that it forwarded as none of its
own (CLP02 23).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, insert, update
from sqlmodel import Session, col, select

from store.claims.followers import hand_on_numbers
from store.database import Change
from store.denials.opening import close_reversed, denial_rows, reversed_rows, told_rows
from store.denials.reasons import category_of, is_unpaid
from store.models import (
    Claim,
    Denial,
    JournalLine,
    Posting,
    ProviderLevelAdjustment,
    Remittance,
    RemittanceAdjustment,
    RemittanceClaim,
    RemittanceLine,
)
from store.models.columns import new_id, now, table_of
from store.queries.chains import NOT_VOIDED
from store.remits.answered import NOTHING_TO_REVERSE, replacing_numbers, without_second_answers
from store.remits.chains import in_their_chains
from store.remits.charged import charge_differences
from store.remits.matching import Match, OurClaim, match
from store.remits.places import FORWARDED_TO, From, known_place, sent_on_to
from store.remits.reached import take_as_sent
from store.scrub.firings import Outcome, note_outcome, with_overrides
from store.terms import JournalAccount, MatchedBy, PostingKind
from store.x12.remittance import CLAIM_STATUSES, Adjustment, Payment, ProviderAdjustment, RemitClaim, RemitLine

PREDETERMINATION = "25"
_NOT_OURS = "23"
_REVERSAL = "22"
_FORWARDED = ("19", "20", "21")
_PRIOR_PAYER = "23"
_NO_ANSWER = (_REVERSAL, _NOT_OURS, PREDETERMINATION)

Side = tuple[JournalAccount, int, str, str]
"""What is posted of an adjustment: account, cents, group and reason."""
_Side = tuple[JournalAccount, int, str, str, int]

_GROUPS = {
    "CO": JournalAccount.CONTRACTUAL,
    "PR": JournalAccount.PATIENT_RECEIVABLE,
    "PI": JournalAccount.PAYER_INITIATED,
}


class Batch:
    """The posting of one set: rows are gathered for some claims and stored together."""

    def __init__(self, change: Change, remittance: Remittance, payment: Payment) -> None:
        self._change, self._remittance, self._payment = change, remittance, payment
        self.id = new_id()
        self.claims_stored = self.matched = self.unapplied_cents = self.postings = self.denials = 0
        self.again = self.unreadable = self.charged_otherwise = self.nothing_reversed = self.voids_denied = 0
        self.ours = self.replaced = 0
        self.reversed_numbers: list[str] = []
        """The account numbers of claims whose answer of before this set reverses."""
        self.met: list[tuple[str, OurClaim, str]] = []
        """Reversals that waited for answers of this set, each with our claim and the stored answer."""

    def add_claims(self, claims: Sequence[RemitClaim]) -> None:
        """Store and post some claims, and open their denials."""
        rows: dict[type, list[dict[str, Any]]] = {
            model: [] for model in (RemittanceClaim, RemittanceLine, RemittanceAdjustment, Posting, JournalLine, Denial)
        }
        session = self._change.session
        payer = payer_of(self._remittance)
        numbered = match(session, claims, payer)
        named = in_their_chains(session, claims, numbered, payer)
        stated = [_of_known_status(claim, found) for claim, found in zip(claims, named, strict=True)]
        known = take_as_sent(self._change, self._remittance, claims, numbered, stated)
        matches = without_second_answers(session, self._remittance, claims, known)
        before = {one.segment: found.claim for one, found in zip(claims, known, strict=True)}
        reversed_: list[str] = []
        ids = {claim.segment: new_id() for claim in claims}
        posted = posted_adjustments(session, [found.reversed_id for found in matches if found.reversed_id])
        for claim, found in zip(claims, matches, strict=True):
            self.claims_stored += 1
            self.ours += found.by is not MatchedBy.NOTHING
            claim_id = ids[claim.segment]
            rows[RemittanceClaim].append(self._claim_row(claim_id, claim, found, ids))
            rows[RemittanceAdjustment] += [_adjustment_row(claim_id, None, one) for one in claim.adjustments]
            line_ids = [new_id() for _ in claim.lines]
            for line, line_id, our_line in zip(claim.lines, line_ids, found.line_ids, strict=True):
                rows[RemittanceLine].append(_line_row(claim_id, line_id, line, our_line))
                rows[RemittanceAdjustment] += [_adjustment_row(claim_id, line_id, one) for one in line.adjustments]
            self._money(rows, claim_id, claim, found, posted.get(found.reversed_id, ()))
            self.charged_otherwise += bool(charge_differences(claim, found))
            self.unreadable += claim.status not in CLAIM_STATUSES
            self.nothing_reversed += found.why == NOTHING_TO_REVERSE
            not_voided = found.why.startswith(NOT_VOIDED)
            self.voids_denied += not_voided
            other = not_voided or found.why == NOTHING_TO_REVERSE
            self.again += bool(found.why) and claim.status in CLAIM_STATUSES and not other
            if found.reversal_id and found.claim:
                self.met.append((found.reversal_id, found.claim, claim_id))
            if not found.why:
                ours = found.claim.id if found.claim else None
                denied = denial_rows(self._remittance, self._payment, claim, claim_id, line_ids, ours)
                stands = not (found.reversal_id or found.reversed_here)
                rows[Denial] += denied if stands else reversed_rows(denied)
                self.denials += len(denied) if ours and stands else 0
            elif found.why and not claim.paid_cents and (second := before[claim.segment]):
                told = denial_rows(self._remittance, self._payment, claim, claim_id, line_ids, second.id)
                rows[Denial] += told_rows(told, second.id, found.why)
            if found.reversed_id:
                reversed_.append(found.reversed_id)
                self.reversed_numbers += [claim.account_number, *replacing_numbers(session, found.claim)]
            if found.claim:
                self.matched += 1
                self._change.log(
                    "claim.remittance", "claim", found.claim.id, number=found.claim.number,
                    remittance=self._remittance.id, paid_cents=claim.paid_cents, status=claim.status,
                )  # fmt: skip
        from store.remits.replaced import replace_answers, settle_lines

        for model, values in rows.items():
            insert_rows(self._change.session, model, values)
        for claim, found in zip(claims, matches, strict=True):
            if found.replaces:
                replace_answers(self._change, found.replaces, self._remittance, self.id, claim.segment)
                self.replaced += len(found.replaces)
            settle_lines(self._change, found, self._remittance, self.id, claim.segment)
        if reversed_:
            close_reversed(self._change, reversed_, self.id, self._remittance.id)
        self._charge_again(claims, matches, before)
        keep_payer_numbers(self._change.session, payer_of(self._remittance), claims, matches)
        self._follow_overrides(claims, matches)

    def _charge_again(
        self, claims: Sequence[RemitClaim], matches: Sequence[Match], before: Mapping[int, OurClaim | None]
    ) -> None:
        """Charge again what was to be voided and was not: its void took the charge back when it left."""
        from store.ledger.charges import charge_again

        voids = [
            before[one.segment]
            for one, found in zip(claims, matches, strict=True)
            if found.why.startswith(NOT_VOIDED) and (_denied(one, one) or any(_denied(one, line) for line in one.lines))
        ]
        standing = [one.follows_id for one in voids if one and one.follows_id]
        if standing:
            self.postings += charge_again(self._change, standing, self.id, self._remittance.id)

    def _follow_overrides(self, claims: Sequence[RemitClaim], matches: Sequence[Match]) -> None:
        """Tell the rules what became of findings that people let pass: paid, or denied."""
        session = self._change.session
        overridden = with_overrides(session, [found.claim.id for found in matches if found.claim])
        for claim, found in zip(claims, matches, strict=True):
            if (
                found.claim is None
                or found.claim.id not in overridden
                or claim.status in _NO_ANSWER
                or found.reversal_id
                or found.reversed_here
            ):
                continue
            sequences = {line.id: line.sequence for line in found.claim.lines}
            ours = {sequences[i]: line for line, i in zip(claim.lines, found.line_ids, strict=True) if i in sequences}
            denied = {number for number, line in ours.items() if _denied(claim, line)}
            whole = _denied(claim, claim) or claim.paid_cents == 0 and bool(denied)
            note_outcome(session, found.claim.id, Outcome.DENIED if whole else Outcome.PAID)
            if not whole and denied:
                note_outcome(session, found.claim.id, Outcome.DENIED, denied)

    def add_provider_adjustments(self, adjustments: Iterable[ProviderAdjustment]) -> None:
        """Store the PLB pairs and take them from cash."""
        kept: list[dict[str, Any]] = []
        postings: list[dict[str, Any]] = []
        sides: list[dict[str, Any]] = []
        for one in adjustments:
            kept.append(
                {
                    "id": new_id(),
                    "remittance_id": self._remittance.id,
                    "segment": one.segment,
                    "provider": one.provider,
                    "fiscal_year_end": one.fiscal_year_end,
                    "reason_code": one.reason,
                    "reference": one.reference,
                    "cents": one.cents,
                }
            )
            posting = self._posting(PostingKind.PROVIDER_ADJUSTMENT, None)
            postings.append(posting)
            sides += _sides(
                posting["id"],
                [
                    (JournalAccount.CASH, -one.cents, "", one.reason, one.segment),
                    (JournalAccount.PROVIDER_LEVEL, one.cents, "", one.reason, one.segment),
                ],
            )
        for model, values in ((ProviderLevelAdjustment, kept), (Posting, postings), (JournalLine, sides)):
            insert_rows(self._change.session, model, values)

    def _claim_row(self, claim_id: str, claim: RemitClaim, found: Match, ids: Mapping[int, str]) -> dict[str, Any]:
        """The row of a claim; `ids` are those of the claims that come with it, by their segments."""
        here = ids[found.reverses.segment] if found.reverses else None
        patient = claim.party("QC")
        first, last = _days(claim)
        return {
            "id": claim_id,
            "remittance_id": self._remittance.id,
            "sequence": self.claims_stored,
            "segment": claim.segment,
            "account_number": claim.account_number,
            "payer_number": claim.payer_number,
            "status_code": claim.status,
            "charge_cents": claim.charge_cents,
            "paid_cents": claim.paid_cents,
            "patient_cents": claim.patient_cents,
            "patient_name": ", ".join(filter(None, (patient.name, patient.given_name))),
            "service_from": first,
            "service_through": last,
            "remarks": list(claim.remarks),
            "claim_id": found.claim.id if found.claim else None,
            "reverses_id": found.reversed_id or here,
            "matched_by": found.by,
            "note": note_of(claim, found),
        }

    def _money(
        self,
        rows: dict[type, list[dict[str, Any]]],
        claim_id: str,
        claim: RemitClaim,
        found: Match,
        reversed_: Sequence[Side],
    ) -> None:
        if claim.status == PREDETERMINATION:
            return
        if found.claim is None:
            self.unapplied_cents += claim.paid_cents
        self.postings += 1
        posting, sides = claim_posting(self._change, self.id, self._remittance.id, claim_id, claim, found, reversed_)
        rows[Posting].append(posting)
        rows[JournalLine] += sides

    def _posting(self, kind: PostingKind, claim_id: str | None) -> dict[str, Any]:
        self.postings += 1
        return posting_row(self._change, self.id, kind, self._remittance.id, claim_id)


def payer_of(remittance: Remittance) -> From:
    """Who gave the answers of a remittance, of no status."""
    return From("", remittance.payer_identifier, remittance.payer_name, tuple(remittance.payer_numbers))


def claim_posting(
    change: Change,
    batch_id: str,
    remittance_id: str,
    remittance_claim_id: str,
    claim: RemitClaim,
    found: Match,
    reversed_: Sequence[Side] = (),
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The posting of a claim of a remittance and its journal lines: to ours where one was found, else unapplied.

    `reversed_` is what the answer that a reversal takes back posted of its adjustments, where that is stored.
    """
    kind = PostingKind.CLAIM_PAYMENT if found.claim else PostingKind.UNAPPLIED
    sides = [(JournalAccount.CASH, claim.paid_cents, "", "", claim.segment)]
    if found.claim is None:
        sides.append((JournalAccount.UNAPPLIED, -claim.paid_cents, "", "", claim.segment))
    else:
        if claim.status == _REVERSAL:
            answered = [side[:4] for side in _adjustment_sides(found.reverses)] if found.reverses else reversed_
            sides += _reversed_sides(claim, answered)
        else:
            sides += _adjustment_sides(claim)
        sides.append((JournalAccount.PAYER_RECEIVABLE, -sum(side[1] for side in sides), "", "", claim.segment))
    posting = posting_row(change, batch_id, kind, remittance_id, remittance_claim_id)
    posting["claim_id"] = found.claim.id if found.claim else None
    posting["account_id"] = found.claim.account_id if found.claim else None
    return posting, _sides(posting["id"], sides)


def posted_adjustments(session: Session, remittance_claim_ids: Sequence[str]) -> dict[str, list[Side]]:
    """What claims of payments, by their ids, have posted of their adjustments; what was taken back is not in it."""
    of = col(Posting.remittance_claim_id)
    by: Sequence[Any] = (of, JournalLine.account, JournalLine.group_code, JournalLine.reason_code)
    columns: Sequence[Any] = (*by, func.sum(JournalLine.cents))
    query = (
        select(*columns)
        .join(Posting, col(Posting.id) == JournalLine.posting_id)
        .where(
            of.in_(remittance_claim_ids),
            Posting.kind == PostingKind.CLAIM_PAYMENT,
            col(JournalLine.group_code) != "",
        )
        .group_by(*by)
        .order_by(*by)
    )
    posted: dict[str, list[Side]] = {}
    for claim_id, account, group, reason, total in session.exec(query) if remittance_claim_ids else ():
        posted.setdefault(claim_id, []).append((account, int(total), group, reason))
    return posted


def _adjustment_sides(claim: RemitClaim) -> list[_Side]:
    """Where the adjustments of an answer are posted, with the segment of each."""
    owners: tuple[RemitClaim | RemitLine, ...] = (claim, *claim.lines)
    return [
        (_account(one, claim.status, owner.paid_cents), one.cents, one.group, one.reason, one.segment)
        for owner in owners
        for one in owner.adjustments
    ]


def _reversed_sides(reversal: RemitClaim, answered: Sequence[Side]) -> list[_Side]:
    """Where the adjustments of a reversal are posted: each to what its answer posted of the same group and reason.

    One of the same amount goes first; what the answer does not have is posted as that of an answer is. A reversal that
    states other reasons than its answer, of the same sum, takes back what the answer posted.
    """
    left = list(answered)
    sides: list[_Side] = []
    for account, cents, group, reason, segment in _adjustment_sides(reversal):
        alike = [at for at, side in enumerate(left) if side[2:] == (group, reason) and side[1] * cents < 0]
        for at in sorted(alike, key=lambda at: left[at][1] != -cents):
            party, there, *_ = left[at]
            taken = max(cents, -there) if cents < 0 else min(cents, -there)
            sides.append((party, taken, group, reason, segment))
            left[at] = (party, there + taken, group, reason)
            cents -= taken
        # Nothing stands denied of it: it is owed.
        denied = account is JournalAccount.DENIED
        sides.append((JournalAccount.PAYER_RECEIVABLE if denied else account, cents, group, reason, segment))
    if any(side[1] for side in left) and sum(side[1] for side in answered) == -sum(side[1] for side in sides):
        return [(account, -cents, group, reason, reversal.segment) for account, cents, group, reason in answered]
    return sides


def _days(claim: RemitClaim) -> tuple[str, str]:
    """The first and last day of a claim's services: its own, else those of its lines; empty where none is stated."""
    first = min(filter(None, (one.service_from for one in claim.lines)), default="")
    last = max((one.service_through for one in claim.lines), default="")
    return claim.service_from or first, claim.service_through or last


def _of_known_status(claim: RemitClaim, found: Match) -> Match:
    """The match; without our claim where the payer's word for what it did with it (CLP02) is none that is known."""
    if claim.status in CLAIM_STATUSES:
        return found
    why = f"CLP02 is {claim.status or 'empty'} (segment {claim.segment}), no status of the guide: not posted to a claim"
    return replace(found, claim=None, line_ids=(None,) * len(claim.lines), why=why)


def _denied(claim: RemitClaim, owner: RemitClaim | RemitLine) -> bool:
    unpaid = is_unpaid(claim.status, owner.paid_cents)
    return any(one.cents > 0 and category_of(one.group, one.reason, unpaid) for one in owner.adjustments)


def _account(one: Adjustment, status: str, paid_cents: int) -> JournalAccount:
    """Where an adjustment is posted: what is denied might yet be paid, and is no reduction before it is given up."""
    settled = (one.group, one.reason) == ("OA", _PRIOR_PAYER)
    if settled or status == _NOT_OURS or (status in _FORWARDED and one.group == "PR"):
        return JournalAccount.PAYER_RECEIVABLE
    if category_of(one.group, one.reason, is_unpaid(status, paid_cents)):
        return JournalAccount.DENIED
    return _GROUPS.get(one.group, JournalAccount.OTHER_ADJUSTMENT)


def keep_payer_numbers(session: Session, payer: From, claims: Sequence[RemitClaim], matches: Sequence[Match]) -> None:
    """Keep the numbers that a payer gave to our claims, which are needed to replace or void them later (REF*F8)."""
    numbers = {
        found.claim.id: claim.payer_number
        for claim, found in zip(claims, matches, strict=True)
        if found.claim
        and claim.payer_number
        # One of a payer that it was forwarded to is no number of the payer that a replacement goes to.
        and (known_place(found.claim.payers, replace(payer, status=claim.status)) or 0) <= found.claim.payers.billed
    }
    if not numbers:
        return
    table = table_of(Claim)
    of: BindParameter[str] = bindparam("of")
    number: BindParameter[str] = bindparam("number")
    own = update(table).where(table.c.id == of, table.c.payer_number != number).values(payer_number=number)
    session.connection().execute(own, [{"of": claim_id, "number": given} for claim_id, given in numbers.items()])
    hand_on_numbers(session, numbers)


def note_of(claim: RemitClaim, found: Match) -> str:
    """What a biller should know before anything else."""
    shares = [*claim.adjustments, *(one for line in claim.lines for one in line.adjustments)]
    patient = sum(one.cents for one in shares if one.group == "PR")
    notes = [found.why] if found.why else []
    notes += charge_differences(claim, found)
    if claim.status == PREDETERMINATION:
        notes.append("predetermination: no money moves")
    if claim.status == _NOT_OURS:
        notes.append("the payer forwarded it: not its claim")
    if claim.status in _FORWARDED:
        notes.append(f"{FORWARDED_TO}the next payer: do not bill it")
    elif carrier := sent_on_to(claim):
        notes.append(f"{FORWARDED_TO}{carrier}: do not bill it")
    if found.replaces:
        notes.append("paid after all: takes the place of an answer that paid nothing, which was taken back")
    if found.settles:
        notes.append("paid after all: takes the place of the lines that an answer denied, whose denials are closed")
    if found.reversal_id:
        notes.append("reversed before it came")
    if claim.status == _REVERSAL and not found.why:
        notes.append("reversal of an earlier payment")
    if found.led_from and found.claim:
        does = "reverses an answer of" if claim.status == _REVERSAL else "is an answer of"
        notes.append(f"has the number of {found.led_from}, {does} {found.claim.number}")
    if found.proves and found.claim:
        notes.append(f"{found.claim.number} had come back ({found.proves}): this proves that it reached its payer")
    if found.doubt:
        notes.append(found.doubt)
    elif found.by is MatchedBy.NOTHING:
        notes.append(f"no claim of ours has the number {claim.account_number}")
    if claim.patient_cents != patient and claim.patient_cents:
        notes.append(f"patient's share is {claim.patient_cents} cents by CLP05, {patient} by its adjustments")
    return "; ".join(notes)


def posting_row(
    change: Change, batch_id: str, kind: PostingKind, remittance_id: str | None, claim_id: str | None
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "batch_id": batch_id,
        "kind": kind,
        "remittance_id": remittance_id,
        "remittance_claim_id": claim_id,
        "claim_id": None,
        "account_id": None,
        "takes_back": None,
        "provider_adjustment_id": None,
        "note": "",
        "posted_by": change.actor.person_id,
        "posted_at": now(),
    }


def _sides(posting_id: str, sides: Iterable[tuple[JournalAccount, int, str, str, int]]) -> list[dict[str, Any]]:
    """The journal lines of a posting, those of nothing left out."""
    return [
        {
            "id": new_id(),
            "posting_id": posting_id,
            "account": account,
            "cents": cents,
            "group_code": group,
            "reason_code": reason,
            "segment": segment,
        }
        for account, cents, group, reason, segment in sides
        if cents
    ]


def _adjustment_row(claim_id: str, line_id: str | None, one: Adjustment) -> dict[str, Any]:
    return {
        "id": new_id(),
        "remittance_claim_id": claim_id,
        "remittance_line_id": line_id,
        "segment": one.segment,
        "group_code": one.group,
        "reason_code": one.reason,
        "cents": one.cents,
        "quantity": one.quantity,
    }


def _line_row(claim_id: str, line_id: str, line: RemitLine, ours: str | None) -> dict[str, Any]:
    return {
        "id": line_id,
        "remittance_claim_id": claim_id,
        "sequence": line.sequence,
        "segment": line.segment,
        "code": line.code,
        "modifiers": list(line.modifiers),
        "revenue_code": line.revenue_code,
        "billed_code": line.billed_code,
        "charge_cents": line.charge_cents,
        "paid_cents": line.paid_cents,
        "units": line.units,
        "service_from": line.service_from,
        "service_through": line.service_through,
        "remarks": list(line.remarks),
        "claim_line_id": ours,
    }


def insert_rows(session: Session, model: type, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)
