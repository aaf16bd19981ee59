"""Reads claims out of 837 transaction sets, professional (X222) and institutional (X223), as their senders wrote them.

Loops are found by their segments, not by their order in the guide: HL levels, CLM, LX, and what stands under them.
Nothing is corrected. A composite that does not use the component separator of the ISA is a fault that is named.

Source: ASC X12N 005010X222A1 and 005010X223A2, loops 1000A to 2420.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from store.x12.tokenizer import Segment, Transaction

PROFESSIONAL, INSTITUTIONAL = "professional", "institutional"


class NotA837(ValueError):
    """The transaction set is no 837 that is read here; the message names what it is."""


@dataclass(frozen=True)
class Party:
    """A person or organization of an NM1, with what follows it."""

    name: Segment
    others: tuple[Segment, ...] = ()

    @property
    def number(self) -> str:
        return self.name.element(9).strip()

    @property
    def family(self) -> str:
        return self.name.element(3).strip()

    @property
    def given(self) -> str:
        return self.name.element(4).strip()

    def first(self, identifier: str) -> Segment | None:
        """The first segment of an identifier that belongs to the party."""
        return next((one for one in self.others if one.identifier == identifier), None)


@dataclass
class Level:
    """What stands at one place of the hierarchy: its own segments, and its parties by NM101."""

    segments: list[Segment] = field(default_factory=list)
    parties: dict[str, Party] = field(default_factory=dict)

    def first(self, identifier: str, qualifier: str = "") -> Segment | None:
        """The first segment of an identifier, with a qualifier as its first element where one is asked for."""
        found = (s for s in self.segments if s.identifier == identifier)
        return next((s for s in found if not qualifier or s.element(1) == qualifier), None)

    def all(self, identifier: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.identifier == identifier]

    def add(self, segment: Segment) -> None:
        """Take a segment; an NM1 begins a party, and address, birth and numbers after it belong to that."""
        self.segments.append(segment)
        if segment.identifier == "NM1":
            self.parties[segment.element(1)] = Party(segment)
        elif self.parties and segment.identifier in ("N3", "N4", "DMG", "REF", "PRV"):
            last = next(reversed(self.parties))
            party = self.parties[last]
            self.parties[last] = Party(party.name, (*party.others, segment))


@dataclass
class Claim837:
    """One claim with the levels around it. `lines` and `others` are loops 2400 and 2320 in their order."""

    kind: str
    header: Level
    billing: Level
    subscriber: Level
    patient: Level | None
    claim: Level = field(default_factory=Level)
    others: list[Level] = field(default_factory=list)
    lines: list[Level] = field(default_factory=list)

    @property
    def number(self) -> str:
        """CLM01, the number that the sender gave the claim."""
        clm = self.claim.first("CLM")
        return clm.element(1).strip() if clm else ""

    def own_segments(self) -> list[Segment]:
        """The segments of the claim itself, from CLM to its last line."""
        levels = (self.claim, *self.others, *self.lines)
        return sorted((s for level in levels for s in level.segments), key=lambda s: s.number)

    def segments(self) -> list[Segment]:
        """Every segment that the claim rests on, in the order of the file."""
        levels = [self.header, self.billing, self.subscriber, *([self.patient] if self.patient else [])]
        return [*(s for level in levels for s in level.segments), *self.own_segments()]


def claims(transaction: Transaction) -> Iterator[Claim837]:
    """The claims of a transaction set. Raises NotA837."""
    st = transaction.segments[0]
    if st.element(1) != "837":
        raise NotA837(f"X12 {st.element(1)[:10] or 'transaction'}")
    version = st.element(3).strip() or (transaction.gs.element(8).strip() if transaction.gs else "")
    if version.startswith("004010"):
        raise NotA837(f"X12 837 of the old version {version[:20]}")
    institutional = "X223" in version or ("X222" not in version and _has(transaction, "SV2"))
    kind = INSTITUTIONAL if institutional else PROFESSIONAL
    header, billing, subscriber = Level(), Level(), Level()
    patient: Level | None = None
    current: Level = header
    claim: Claim837 | None = None
    for segment in transaction.segments[1:]:
        match segment.identifier:
            case "SE":
                break
            case "HL" | "CLM" if claim is not None:
                yield claim
                claim = None
        match segment.identifier:
            case "HL":
                current = Level()
                code = segment.element(3).strip()
                if code == "20":
                    billing, subscriber, patient = current, Level(), None
                elif code == "22":
                    subscriber, patient = current, None
                else:
                    patient = current
            case "CLM":
                claim = Claim837(kind, header, billing, subscriber, patient)
                current = claim.claim
            case "SBR" if claim is not None:
                current = Level()
                claim.others.append(current)
            case "LX" if claim is not None:
                current = Level()
                claim.lines.append(current)
            case "NM1" if claim is not None and current in claim.others and segment.element(1) in ("DN", "82", "71"):
                current = claim.claim
        current.add(segment)
    if claim is not None:
        yield claim


def _has(transaction: Transaction, identifier: str) -> bool:
    return any(segment.identifier == identifier for segment in transaction.segments)
