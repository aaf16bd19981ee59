"""Reads remittance advices (835, 005010X221A1): who paid what for which claim and line, and why not more.

A file is read as a stream: a payment, its claims one by one, and its end, so that memory does not grow with the
file. Nothing is judged or matched here; `store.remits.balance` adds up. What cannot be understood is a fault with
its segment, and the set that has one is never posted.

Source: ASC X12N/005010X221A1, Health Care Claim Payment/Advice.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, BinaryIO

from store.x12.tokenizer import Note, Segment, compare_trailer, safe_segments

VERSION = "005010X221"
_OF_SEGMENT_PAIRS = range(2, 19, 3)
_PROVIDER_PAIRS = range(3, 15, 2)
_PRODUCED = "405"
_PAYER_NUMBER = "2U"
"""REF01 of a payer's number in loop 1000A."""
_REVENUE = "NU"
"""The qualifier of SVC01 and SVC06 for a revenue code, which stands there where no procedure was billed."""
_COMPOSITE = re.compile(r"[A-Z0-9]{2}:[^:>|^]+(:[^>|^]*)*", re.IGNORECASE)
_LARGEST = Decimal("999999999999.99")

CLAIM_STATUSES = frozenset(["1", "2", "3", "4", "19", "20", "21", "22", "23", "25"])
"""CLP02: processed as primary, secondary, tertiary, denied, the first three forwarded, reversal, foreign, estimate."""


@dataclass(frozen=True)
class Party:
    """A person or an organization: the family name or the organization's, the given name, and an identifier."""

    name: str = ""
    given_name: str = ""
    id_kind: str = ""
    id: str = ""


@dataclass(frozen=True)
class Adjustment:
    """One triple of a CAS segment. Positive cents are paid less; `quantity` is as written, `segment` from 1."""

    group: str
    reason: str
    cents: int
    quantity: str
    segment: int


@dataclass(frozen=True)
class ProviderAdjustment:
    """One pair of a PLB segment: money that belongs to no claim of this payment. Positive cents are paid less."""

    provider: str
    fiscal_year_end: str
    reason: str
    reference: str
    cents: int
    segment: int


@dataclass(frozen=True)
class RemitLine:
    """A service line as the payer reports it (loop 2110). Dates are ISO days or empty.

    `code` and `modifiers` are what the payer paid, `billed_code` what was billed where that differs (SVC06). A line
    paid by its revenue code alone (SVC01 with NU) has `revenue_code` and no `code`.
    """

    sequence: int
    code: str
    modifiers: tuple[str, ...]
    revenue_code: str
    charge_cents: int
    paid_cents: int
    units: str
    billed_code: str
    billed_units: str
    service_from: str
    service_through: str
    control_number: str
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    amounts: tuple[tuple[str, int], ...]
    segment: int


@dataclass(frozen=True)
class RemitClaim:
    """A claim as the payer reports it (loop 2100).

    `account_number` is our CLM01, `payer_number` the payer's own; `status` is CLP02 (1 primary … 4 denied,
    22 reversal). `parties` are by NM101: QC patient, IL insured, 74 corrected, TT crossover, 82 rendering.
    """

    account_number: str
    status: str
    charge_cents: int
    paid_cents: int
    patient_cents: int
    filing: str
    payer_number: str
    facility_code: str
    frequency: str
    drg: str
    parties: tuple[tuple[str, Party], ...]
    service_from: str
    service_through: str
    received: str
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...]
    amounts: tuple[tuple[str, int], ...]
    references: tuple[tuple[str, str], ...]
    lines: tuple[RemitLine, ...]
    segment: int

    def party(self, role: str) -> Party:
        """The party with this NM101, an empty one where there is none."""
        return next((party for kind, party in self.parties if kind == role), Party())


@dataclass(frozen=True)
class Payment:
    """The head of a set (BPR to loop 1000B); `sender`, `interchange`, `group`, `control` are ISA06, ISA13, GS06, ST02.

    `cents` is BPR02 with the sign that it has, `credit` whether BPR03 says C. `payer_id` is that of TRN03, else
    BPR10. `date` is BPR16, an ISO day or empty. `counted_from` is the day from which limits count: that, else the day
    of production (DTM*405), else that of the interchange (ISA09); `counted_by` names the element, both empty without.
    `payer_numbers` are what else loop 1000A identifies the payer by: N104 and REF*2U.
    """

    sender: str
    interchange: str
    group: str
    control: str
    version: str
    cents: int
    credit: bool
    handling: str
    method: str
    date: str
    trace: str
    payer_id: str
    payer: Party
    payee: Party
    segment: int
    counted_from: str = ""
    counted_by: str = ""
    payer_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetEnd:
    """The end of a set, with its PLB segments and every fault found in it; `complete` whether it has its SE.

    `miscounted` is what its SE states otherwise than the set has it.
    """

    provider_adjustments: tuple[ProviderAdjustment, ...]
    faults: tuple[Note, ...]
    complete: bool
    segment: int
    miscounted: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Miscounted:
    """A GE or IEA that states another count or number than it closes, which begins at segment `begins`."""

    notes: tuple[Note, ...]
    begins: int


@dataclass(frozen=True)
class OtherSet:
    """A transaction set that is no remittance advice of this version, which is left out; `why` in words."""

    control: str
    why: str
    segment: int


Part = Payment | RemitClaim | SetEnd | OtherSet | Miscounted


def read(source: BinaryIO | IO[bytes] | bytes, notes: list[Note]) -> Iterator[Part]:
    """The sets of a file, each a Payment, its claims and a SetEnd; oddities of the envelope go to `notes`.

    Wrong counts are notes too, and come with the SetEnd (SE) or as Miscounted (GE, IEA), so that they find their sets.

    Raises UnreadableInput as `store.x12.tokenizer.segments` does.
    """
    isa: Segment | None = None
    gs: Segment | None = None
    open_set: _Set | None = None
    skipping = False
    groups = sets = 0
    for part in safe_segments(source, notes):
        if open_set and part.identifier in ("ISA", "GS", "GE", "IEA", "ST"):
            yield from open_set.end(part.number, complete=False)
            open_set = None
        match part.identifier:
            case "ISA":
                isa, gs, skipping, groups, sets = part, None, False, 0, 0
            case "GS":
                gs, skipping, groups, sets = part, False, groups + 1, 0
            case "GE" | "IEA":
                skipping = False
                opened, count, number = (gs, sets, 6) if part.identifier == "GE" else (isa, groups, 13)
                wrong: list[Note] = []
                compare_trailer(part, count, opened.element(number) if opened else "", wrong)
                if wrong:
                    notes += wrong
                    yield Miscounted(tuple(wrong), opened.number if opened else part.number)
            case "ST":
                sets += 1
                why = _refused(part, gs)
                skipping = bool(why)
                if why:
                    yield OtherSet(part.element(2), why, part.number)
                else:
                    open_set = _Set(isa, gs, part)
            case "SE" if open_set:
                notes += open_set.count(part)
                yield from open_set.end(part.number, complete=True)
                open_set = None
            case _ if open_set:
                notes += _odd_day(part)
                yield from open_set.take(part)
            case _ if not skipping and part.identifier != "SE":
                notes.append(Note(part.number, f"segment {part.identifier} stands outside a transaction set"))
    if open_set:
        yield from open_set.end(open_set.last, complete=False)


_REAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)").fullmatch
"""Source: X12.6, data type R, without exponents, which the guides rule out."""


def cents(text: str) -> int | None:
    """An amount (R, implied dollars) in cents; 0 for an empty one, None for what is no amount."""
    if not (text := text.strip()):
        return 0
    amount = Decimal(text) if _REAL(text) else None
    if amount is None or abs(amount) > _LARGEST or amount * 100 % 1:
        return None
    return int(amount * 100)


def iso_day(text: str) -> str:
    """CCYYMMDD as an ISO day; empty for anything else."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return ""
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return ""


def _odd_day(part: Segment) -> list[Note]:
    """What is said of a payment whose day (BPR16), which 5010 requires, is none."""
    if part.identifier != "BPR" or iso_day(day := part.element(16).strip()):
        return []
    return [Note(part.number, f"BPR16 is {day or 'empty'}, expected a day (CCYYMMDD): the payment has no day")]


def _refused(st: Segment, gs: Segment | None) -> str:
    """Why a transaction set is not read; empty for a remittance advice of version 5010."""
    if st.element(1).strip() != "835":
        return f"transaction set {st.element(1)} is no remittance advice"
    version = (st.element(3) or (gs.element(8) if gs else "")).strip()
    if not version.startswith("005010"):
        return f"version {version or 'not stated'}; expected {VERSION}A1"
    return ""


@dataclass
class _Line:
    """A service line in the making."""

    segment: Segment
    adjustments: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    amounts: list[tuple[str, int]] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    control_number: str = ""


@dataclass
class _Claim:
    """A claim in the making."""

    segment: Segment
    parties: list[tuple[str, Party]] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    amounts: list[tuple[str, int]] = field(default_factory=list)
    references: list[tuple[str, str]] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)
    lines: list[_Line] = field(default_factory=list)


class _Set:
    """One set while it is read: its head until the first claim, then the claim and line in work."""

    def __init__(self, isa: Segment | None, gs: Segment | None, st: Segment) -> None:
        self._isa, self._gs, self._st = isa, gs, st
        self._bpr: Segment | None = None
        self._trn: Segment | None = None
        self._payer, self._payee = Party(), Party()
        self._produced = ""
        self._payer_numbers: list[str] = []
        self._told = False
        self._claim: _Claim | None = None
        self._provider: list[ProviderAdjustment] = []
        self._faults: list[Note] = []
        self._miscounted: list[Note] = []
        self._segments = 1
        self.last = st.number

    def take(self, part: Segment) -> Iterator[Part]:
        """One segment between ST and SE."""
        self._segments += 1
        self.last = part.number
        match part.identifier:
            case "BPR":
                self._bpr = part
            case "TRN" if self._claim is None:
                self._trn = part
            case "DTM" if self._claim is None and part.element(1).strip() == _PRODUCED:
                self._produced = iso_day(part.element(2).strip())
            case "N1" if self._claim is None:
                self._party_of_the_payment(part)
            case "REF" if self._claim is None and part.element(1).strip() == _PAYER_NUMBER:
                self._payer_numbers.append(part.element(2).strip())
            case "CLP":
                yield from self._finish_claim()
                self._claim = _Claim(part)
            case "PLB":
                yield from self._finish_claim()
                self._provider += self._pairs(part)
            case _ if self._claim:
                self._of_claim(self._claim, part)

    def count(self, se: Segment) -> list[Note]:
        """Where SE states another count or number; the money tells whether anything is missing."""
        compare_trailer(se, self._segments + 1, self._st.element(2), self._miscounted)
        return self._miscounted

    def end(self, segment: int, complete: bool) -> Iterator[Part]:
        yield from self._finish_claim()
        yield from self._head()
        yield SetEnd(tuple(self._provider), tuple(self._faults), complete, segment, tuple(self._miscounted))

    def _finish_claim(self) -> Iterator[Part]:
        yield from self._head()
        if self._claim:
            yield self._claim_of(self._claim)
            self._claim = None

    def _head(self) -> Iterator[Part]:
        """The payment, once its head is over."""
        if self._told:
            return
        self._told = True
        if self._bpr is None:
            self._faults.append(Note(self._st.number, "the set has no BPR, which states the payment"))
        if self._trn is None:
            self._faults.append(Note(self._st.number, "the set has no TRN, which numbers the payment"))
        bpr, trn = self._bpr, self._trn
        paid = iso_day(bpr.element(16).strip()) if bpr else ""
        sent = iso_day(f"20{self._isa.element(9).strip()}") if self._isa else ""
        days = (("BPR16", paid), (f"DTM*{_PRODUCED}", self._produced), ("ISA09", sent))
        counted_by, counted_from = next((one for one in days if one[1]), ("", ""))
        yield Payment(
            sender=self._isa.element(6).strip() if self._isa else "",
            interchange=self._isa.element(13).strip() if self._isa else "",
            group=self._gs.element(6).strip() if self._gs else "",
            control=self._st.element(2).strip(),
            version=(self._st.element(3) or (self._gs.element(8) if self._gs else "")).strip(),
            cents=self._amount(bpr, 2, "payment") if bpr else 0,
            credit=bpr is None or bpr.element(3).strip().upper() != "D",
            handling=bpr.element(1).strip() if bpr else "",
            method=bpr.element(4).strip() if bpr else "",
            date=paid,
            trace=trn.element(2).strip() if trn else "",
            payer_id=((trn.element(3) if trn else "") or (bpr.element(10) if bpr else "")).strip(),
            payer=self._payer,
            payee=self._payee,
            segment=self._st.number,
            counted_from=counted_from,
            counted_by=counted_by,
            payer_numbers=tuple(dict.fromkeys(filter(None, (self._payer.id, *self._payer_numbers)))),
        )

    def _party_of_the_payment(self, part: Segment) -> None:
        party = Party(part.element(2).strip(), "", part.element(3).strip(), part.element(4).strip())
        match part.element(1).strip():
            case "PR":
                self._payer = party
            case "PE":
                self._payee = party

    def _of_claim(self, claim: _Claim, part: Segment) -> None:
        """A segment of loop 2100, or of its newest line (2110)."""
        line = claim.lines[-1] if claim.lines else None
        owner = line or claim
        match part.identifier:
            case "SVC":
                claim.lines.append(_Line(part))
            case "CAS":
                owner.adjustments += self._triples(part)
            case "NM1" if line is None:
                claim.parties.append((part.element(1).strip(), _named(part)))
            case "DTM":
                owner.dates[part.element(1).strip()] = iso_day(part.element(2).strip())
            case "AMT":
                owner.amounts.append((part.element(1).strip(), self._amount(part, 2, "amount")))
            case "REF" if line is not None and part.element(1).strip() == "6R":
                line.control_number = part.element(2).strip()
            case "REF" if line is None:
                claim.references.append((part.element(1).strip(), part.element(2).strip()))
            case "LQ" if part.element(1).strip() == "HE":
                owner.remarks.append(part.element(2).strip())
            case "MIA" if line is None:
                claim.remarks += _remarks(part, (5, 20, 21, 22, 23))
            case "MOA" if line is None:
                claim.remarks += _remarks(part, (3, 4, 5, 6, 7))

    def _claim_of(self, claim: _Claim) -> RemitClaim:
        clp = claim.segment
        return RemitClaim(
            account_number=clp.element(1).strip(),
            status=clp.element(2).strip(),
            charge_cents=self._amount(clp, 3, "charge"),
            paid_cents=self._amount(clp, 4, "amount paid"),
            patient_cents=self._amount(clp, 5, "patient's share"),
            filing=clp.element(6).strip(),
            payer_number=clp.element(7).strip(),
            facility_code=clp.element(8).strip(),
            frequency=clp.element(9).strip(),
            drg=clp.element(11).strip(),
            parties=tuple(claim.parties),
            service_from=claim.dates.get("232", ""),
            service_through=claim.dates.get("233", "") or claim.dates.get("232", ""),
            received=claim.dates.get("050", ""),
            adjustments=tuple(claim.adjustments),
            remarks=tuple(claim.remarks),
            amounts=tuple(claim.amounts),
            references=tuple(claim.references),
            lines=tuple(self._line_of(line, number) for number, line in enumerate(claim.lines, start=1)),
            segment=clp.number,
        )

    def _line_of(self, line: _Line, sequence: int) -> RemitLine:
        svc = line.segment
        if not _COMPOSITE.fullmatch(svc.element(1).replace(svc.delimiters.component, ":")):
            separator = svc.delimiters.component
            self._faults.append(
                Note(svc.number, f"SVC01 is {svc.element(1)[:20]!r}; expected a qualifier, {separator!r} and a code")
            )
        qualifier, code, modifiers = _procedure(svc.components(1))
        billed_qualifier, billed, _ = _procedure(svc.components(6))
        revenue_code = svc.element(4).strip()
        if qualifier == _REVENUE:
            code, modifiers, revenue_code = "", (), code
        if billed_qualifier == _REVENUE:
            billed = ""
        start = line.dates.get("472") or line.dates.get("150", "")
        return RemitLine(
            sequence=sequence,
            code=code,
            modifiers=modifiers,
            revenue_code=revenue_code,
            charge_cents=self._amount(svc, 2, "charge"),
            paid_cents=self._amount(svc, 3, "amount paid"),
            units=svc.element(5).strip(),
            billed_code=billed,
            billed_units=svc.element(7).strip(),
            service_from=start,
            service_through=line.dates.get("151", "") or start,
            control_number=line.control_number,
            adjustments=tuple(line.adjustments),
            remarks=tuple(line.remarks),
            amounts=tuple(line.amounts),
            segment=svc.number,
        )

    def _triples(self, cas: Segment) -> list[Adjustment]:
        found = []
        for place in _OF_SEGMENT_PAIRS:
            reason, amount = cas.element(place).strip(), cas.element(place + 1).strip()
            if reason or amount:
                value = self._amount(cas, place + 1, "adjustment")
                found.append(
                    Adjustment(cas.element(1).strip(), reason, value, cas.element(place + 2).strip(), cas.number)
                )
        return found

    def _pairs(self, plb: Segment) -> list[ProviderAdjustment]:
        found = []
        for place in _PROVIDER_PAIRS:
            named = plb.components(place)
            if any(named) or plb.element(place + 1).strip():
                found.append(
                    ProviderAdjustment(
                        provider=plb.element(1).strip(),
                        fiscal_year_end=iso_day(plb.element(2).strip()),
                        reason=named[0].strip(),
                        reference=":".join(named[1:]).strip(),
                        cents=self._amount(plb, place + 1, "adjustment"),
                        segment=plb.number,
                    )
                )
        return found

    def _amount(self, part: Segment, place: int, what: str) -> int:
        text = part.element(place)
        value = cents(text)
        if value is None:
            self._faults.append(
                Note(
                    part.number,
                    f"{part.identifier}{place:02d} is {text.strip()[:20]!r}; expected the {what} in dollars",
                )
            )
        return value or 0


def _named(nm1: Segment) -> Party:
    return Party(nm1.element(3).strip(), nm1.element(4).strip(), nm1.element(8).strip(), nm1.element(9).strip())


def _procedure(components: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """Qualifier, code and modifiers of a composite such as HC:G0463:25."""
    parts = [one.strip().upper() for one in components]
    return parts[0], parts[1] if len(parts) > 1 else "", tuple(one for one in parts[2:6] if one)


def _remarks(part: Segment, places: tuple[int, ...]) -> list[str]:
    return [code for place in places if (code := part.element(place).strip())]
