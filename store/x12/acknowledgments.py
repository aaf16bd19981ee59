"""Reads what a receiver answers first: the interchange acknowledgment (TA1) and the implementation one (999).

A TA1 says whether the envelope could be read; a 999 says for each transaction set of a group whether its syntax was
accepted, and names what was wrong by the segment's position in the set, the ST being 1. CTX segments may confirm
that, and may be missing. Nothing is matched here (`store.acks`).

Source: X12C/005010X231A1 Implementation Acknowledgment; TA1 of X12.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, BinaryIO

from store.x12.tokenizer import Note, Segment, safe_segments

ACCEPTED = frozenset("AE")
"""IK501, AK901 and TA104: A accepted, E accepted with errors; all others are refusals (P: a part was accepted)."""


@dataclass(frozen=True)
class ElementError:
    """One IK4: the element and component by position (0 where not said), the error code and the value copied."""

    element: int
    component: int
    code: str
    value: str


@dataclass(frozen=True)
class SegmentError:
    """One IK3: which segment by name, its position in its set (ST is 1), the error code, and what CTX adds."""

    segment_id: str
    position: int
    code: str
    context: tuple[str, ...]
    elements: tuple[ElementError, ...]


@dataclass(frozen=True)
class SetAnswer:
    """AK2 to IK5: the answer for one transaction set, by its ST02."""

    control: str
    answer: str
    codes: tuple[str, ...]
    errors: tuple[SegmentError, ...]

    @property
    def accepted(self) -> bool:
        return self.answer in ACCEPTED


@dataclass(frozen=True)
class GroupAnswer:
    """A 999: the answer for a functional group, by its GS06. `sender` is ISA06 of the answer."""

    sender: str
    group: str
    functional_id: str
    answer: str
    included: int
    received: int
    accepted: int
    sets: tuple[SetAnswer, ...]
    segment: int


@dataclass(frozen=True)
class InterchangeAnswer:
    """A TA1: the answer for an interchange, by its ISA13. `code` is the note code, 000 for no fault."""

    sender: str
    interchange: str
    answer: str
    code: str
    segment: int

    @property
    def accepted(self) -> bool:
        return self.answer in ACCEPTED


Answer = GroupAnswer | InterchangeAnswer


def read(source: BinaryIO | IO[bytes] | bytes, notes: list[Note]) -> Iterator[Answer]:
    """Every TA1 and 999 of a file, in order; other sets are passed over with a note. Raises as `segments` does."""
    isa: Segment | None = None
    group: _Group | None = None
    for part in safe_segments(source, notes):
        match part.identifier:
            case "ISA":
                isa = part
            case "TA1":
                yield InterchangeAnswer(
                    sender=isa.element(6).strip() if isa else "",
                    interchange=part.element(1).strip(),
                    answer=part.element(4).strip(),
                    code=part.element(5).strip(),
                    segment=part.number,
                )
            case "ST":
                kind = part.element(1).strip()
                group = _Group(isa, part) if kind == "999" else None
                if kind not in ("999", "277"):
                    notes.append(Note(part.number, f"transaction set {kind} is no acknowledgment"))
            case "SE" if group:
                yield group.answer()
                group = None
            case _ if group:
                group.take(part)
    if group:
        notes.append(Note(group.st.number, "the 999 is cut off before its SE"))
        yield group.answer()


@dataclass
class _Group:
    """A 999 while it is read."""

    isa: Segment | None
    st: Segment
    ak1: Segment | None = None
    ak9: Segment | None = None
    sets: list[SetAnswer] = field(default_factory=list)
    ak2: Segment | None = None
    errors: list[SegmentError] = field(default_factory=list)
    ik3: Segment | None = None
    context: list[str] = field(default_factory=list)
    elements: list[ElementError] = field(default_factory=list)

    def take(self, part: Segment) -> None:
        match part.identifier:
            case "AK1":
                self.ak1 = part
            case "AK2":
                self._close_set("", ())
                self.ak2 = part
            case "IK3" | "AK3":
                self._close_error()
                self.ik3 = part
            case "CTX" if self.ik3:
                self.context.append(part.delimiters.element.join(part.elements).strip())
            case "IK4" | "AK4" if self.ik3:
                place = part.components(1)
                self.elements.append(
                    ElementError(
                        _number(place[0]),
                        _number(place[1]) if len(place) > 1 else 0,
                        part.element(3).strip(),
                        part.element(4),
                    )
                )
            case "IK5" | "AK5":
                codes = tuple(code for place in range(2, 7) if (code := part.element(place).strip()))
                self._close_set(part.element(1).strip(), codes)
            case "AK9":
                self._close_set("", ())
                self.ak9 = part

    def answer(self) -> GroupAnswer:
        self._close_set("", ())
        ak1, ak9 = self.ak1, self.ak9
        return GroupAnswer(
            sender=self.isa.element(6).strip() if self.isa else "",
            group=ak1.element(2).strip() if ak1 else "",
            functional_id=ak1.element(1).strip() if ak1 else "",
            answer=ak9.element(1).strip() if ak9 else "",
            included=_number(ak9.element(2)) if ak9 else 0,
            received=_number(ak9.element(3)) if ak9 else 0,
            accepted=_number(ak9.element(4)) if ak9 else 0,
            sets=tuple(self.sets),
            segment=self.st.number,
        )

    def _close_error(self) -> None:
        if self.ik3:
            self.errors.append(
                SegmentError(
                    self.ik3.element(1).strip(),
                    _number(self.ik3.element(2)),
                    self.ik3.element(4).strip(),
                    tuple(self.context),
                    tuple(self.elements),
                )
            )
        self.ik3, self.context, self.elements = None, [], []

    def _close_set(self, answer: str, codes: tuple[str, ...]) -> None:
        """End the set in work; one without its IK5 has no answer, which counts as a refusal."""
        self._close_error()
        if self.ak2:
            self.sets.append(SetAnswer(self.ak2.element(2).strip(), answer, codes, tuple(self.errors)))
        self.ak2, self.errors = None, []


def _number(text: str) -> int:
    return int(text) if text.strip().isascii() and text.strip().isdigit() else 0
