"""Reads claim acknowledgments (277CA, 005010X214): which claims a payer took in, and which it refused and why.

The levels are source, receiver (our batch), billing provider and patient (one claim). Each can carry a status; one
that refuses the batch or a provider holds for every claim below it, and then there may be no patient level at all.
Nothing is matched here (`store.acks`).

Source: ASC X12N/005010X214, Health Care Claim Acknowledgment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, BinaryIO

from store.x12.remittance import cents, iso_day
from store.x12.tokenizer import Note, Segment, safe_segments

REFUSING = frozenset(["A3", "A6", "A7", "A8"])
"""STC01-1: the claim, or all below the level, is rejected; fix and send again. A1 is receipt, A2 acceptance."""

_PLACES = (1, 10, 11)


class Level(StrEnum):
    """HL03 of the levels."""

    SOURCE = "20"
    RECEIVER = "21"
    PROVIDER = "19"
    PATIENT = "PT"


@dataclass(frozen=True)
class Status:
    """One code triple of an STC. `on` is an ISO day or empty; `action` is WQ accept or U reject; `cents` the amount.

    `words` are the payer's own (STC12), for all triples of their segment.
    """

    category: str
    code: str
    entity: str
    on: str
    action: str
    cents: int
    words: str = ""

    @property
    def refuses(self) -> bool:
        return self.category in REFUSING


@dataclass(frozen=True)
class LevelStatus:
    """A level with its statuses. `trace` is TRN02: at the receiver our batch, at the patient our claim number.

    `name` is that of NM1 with the given name, `given_name` that alone, `identifier` NM109: of a patient the member id.
    `payer_number` is REF*1K. `above` are the segments of the levels above it, the nearest first. `quantities` and
    `amounts` are the totals that a receiver or provider level states (QTY 90, AA; AMT YU, YY, in cents).
    """

    level: Level
    name: str
    identifier: str
    trace: str
    payer_number: str
    service_from: str
    statuses: tuple[Status, ...]
    quantities: tuple[tuple[str, str], ...]
    amounts: tuple[tuple[str, int], ...]
    segment: int
    above: tuple[int, ...]
    given_name: str = ""

    @property
    def family_name(self) -> str:
        """The name without the given name."""
        return self.name.removesuffix(self.given_name).strip()

    @property
    def refused(self) -> bool:
        """Whether any status of the level refuses."""
        return any(status.refuses for status in self.statuses)


@dataclass(frozen=True)
class ClaimAnswers:
    """One 277CA. `sender` is ISA06, `reference` BHT03; the levels stand in file order."""

    sender: str
    reference: str
    levels: tuple[LevelStatus, ...]
    complete: bool
    segment: int

    def below(self, level: LevelStatus) -> list[LevelStatus]:
        """The patient levels below a level."""
        return [one for one in self.levels if one.level is Level.PATIENT and level.segment in one.above]


def read(source: BinaryIO | IO[bytes] | bytes, notes: list[Note]) -> Iterator[ClaimAnswers]:
    """Every 277CA of a file; 277 of other versions are passed over with a note. Raises as `segments` does."""
    isa: Segment | None = None
    gs: Segment | None = None
    answers: _Answers | None = None
    for part in safe_segments(source, notes):
        match part.identifier:
            case "ISA":
                isa, gs = part, None
            case "GS":
                gs = part
            case "ST":
                if answers:
                    yield answers.told(complete=False)
                version = (part.element(3) or (gs.element(8) if gs else "")).strip()
                wanted = part.element(1).strip() == "277"
                answers = _Answers(isa, part) if wanted and version.startswith("005010X214") else None
                if wanted and answers is None:
                    notes.append(Note(part.number, f"a 277 of version {version or 'not stated'} is no 277CA"))
            case "SE" if answers:
                yield answers.told(complete=True)
                answers = None
            case _ if answers:
                answers.take(part)
    if answers:
        yield answers.told(complete=False)


@dataclass
class _Level:
    """A level while it is read."""

    hl: Segment
    kind: Level
    above: tuple[int, ...]
    name: str = ""
    given_name: str = ""
    identifier: str = ""
    trace: str = ""
    payer_number: str = ""
    service_from: str = ""
    statuses: list[Status] = field(default_factory=list)
    quantities: list[tuple[str, str]] = field(default_factory=list)
    amounts: list[tuple[str, int]] = field(default_factory=list)
    in_line: bool = False
    """Whether a service line has begun: its statuses belong to the line, which the claim's own include."""


class _Answers:
    """A 277CA while it is read."""

    def __init__(self, isa: Segment | None, st: Segment) -> None:
        self._isa, self._st = isa, st
        self._reference = ""
        self._levels: list[_Level] = []
        self._by_number: dict[str, _Level] = {}

    def take(self, part: Segment) -> None:
        level = self._levels[-1] if self._levels else None
        match part.identifier:
            case "BHT":
                self._reference = part.element(3).strip()
            case "HL":
                self._begin(part)
            case "NM1" if level and not level.name:
                level.name = " ".join(filter(None, (part.element(3).strip(), part.element(4).strip())))
                level.given_name, level.identifier = part.element(4).strip(), part.element(9).strip()
            case "TRN" if level:
                level.trace = part.element(2).strip()
            case "SVC" if level:
                level.in_line = True
            case "STC" if level:
                level.statuses += _statuses(part)
            case "REF" if level and part.element(1).strip() == "1K":
                level.payer_number = part.element(2).strip()
            case "DTP" if level and not level.in_line and part.element(1).strip() == "472":
                level.service_from = iso_day(part.element(3).strip()[:8])
            case "QTY" if level:
                level.quantities.append((part.element(1).strip(), part.element(2).strip()))
            case "AMT" if level:
                level.amounts.append((part.element(1).strip(), cents(part.element(2)) or 0))

    def _begin(self, hl: Segment) -> None:
        code = hl.element(3).strip()
        if code not in list(Level):
            return
        parent = self._by_number.get(hl.element(2).strip())
        level = _Level(hl, Level(code), (parent.hl.number, *parent.above) if parent else ())
        self._levels.append(level)
        self._by_number[hl.element(1).strip()] = level

    def told(self, complete: bool) -> ClaimAnswers:
        return ClaimAnswers(
            sender=self._isa.element(6).strip() if self._isa else "",
            reference=self._reference,
            levels=tuple(
                LevelStatus(
                    level=one.kind,
                    name=one.name,
                    identifier=one.identifier,
                    trace=one.trace,
                    payer_number=one.payer_number,
                    service_from=one.service_from,
                    statuses=tuple(one.statuses),
                    quantities=tuple(one.quantities),
                    amounts=tuple(one.amounts),
                    segment=one.hl.number,
                    above=one.above,
                    given_name=one.given_name,
                )
                for one in self._levels
            ),
            complete=complete,
            segment=self._st.number,
        )


def _statuses(stc: Segment) -> list[Status]:
    """The code triples of an STC: STC01, and STC10 and STC11 where they are."""
    found = []
    for place in _PLACES:
        triple = [part.strip() for part in stc.components(place)]
        if triple[0]:
            found.append(
                Status(
                    category=triple[0],
                    code=triple[1] if len(triple) > 1 else "",
                    entity=triple[2] if len(triple) > 2 else "",
                    on=iso_day(stc.element(2).strip()),
                    action=stc.element(3).strip(),
                    cents=cents(stc.element(4)) or 0,
                    words=" ".join(stc.element(12).split()),
                )
            )
    return found
