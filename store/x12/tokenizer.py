"""Reads any X12 interchange as a stream of segments, tolerant of what real files do, and names every oddity.

Delimiters come from each ISA and from nowhere else. Text before, between and after interchanges is skipped and
noted; line ends after a terminator, lower case and trailing empty elements are accepted. Nothing here knows
what a segment means. Caps keep a hostile file from filling the memory.

Source: X12.5 Interchange Control Structures: ISA is 106 characters; separator in position 4, repetition
separator in 83, component separator in 105, terminator in 106.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, NamedTuple

from codesets.errors import UnreadableInput
from codesets.safe import safe_line
from store.x12.writer import ISA_LENGTH, Delimiters

LONGEST_SEGMENT = 64 * 1024
MOST_ELEMENTS = 512
_CHUNK = 64 * 1024
_MOST_NAMES = 1_000
_SEPARATORS_OF_A_HEADER = 10
_LEADING = b" \t\r\n"
_PADDING = _LEADING + b"\x00\x1a\xef\xbb\xbf"
"""What may stand around interchanges and is no text: blanks, line ends, end marks, a byte order mark."""
_LEADING_TEXT = _LEADING.decode()


@dataclass(frozen=True)
class Note:
    """Something unusual in a file: the 1-based number of the segment near it (0: before the first) and words."""

    segment: int
    message: str


class Segment(NamedTuple):
    """One segment: a named tuple, since files have millions of them.

    `number` counts from 1 within the file; `elements` leaves out the identifier.

    Elements are addressed as in X12: `segment.element(1)` of `NM1*85` is `85`.
    """

    identifier: str
    elements: tuple[str, ...]
    number: int
    delimiters: Delimiters

    def element(self, index: int) -> str:
        """The element at the 1-based index, empty where there is none."""
        return self.elements[index - 1] if 0 < index <= len(self.elements) else ""

    def components(self, index: int) -> tuple[str, ...]:
        """The components of the element at the 1-based index."""
        return tuple(self.element(index).split(self.delimiters.component))


@dataclass(frozen=True)
class Transaction:
    """One transaction set, ST to SE, with the headers around it; position 1 is `segments[0]`, its ST."""

    isa: Segment
    gs: Segment | None
    segments: tuple[Segment, ...]
    complete: bool
    notes: tuple[Note, ...] = ()


@dataclass
class _Source:
    """The bytes of a file that have been read; those before `at` are taken, `gone` bytes were let go before them."""

    stream: BinaryIO | IO[bytes]
    buffer: bytes = b""
    at: int = 0
    gone: int = 0
    ended: bool = False

    @property
    def position(self) -> int:
        """How many bytes of the file are taken."""
        return self.gone + self.at

    def fill(self) -> bool:
        """Read some more, and let go of what is taken; False at the end of the file."""
        chunk = b"" if self.ended else self.stream.read(_CHUNK)
        self.ended = not chunk
        self.gone += self.at
        self.buffer, self.at = self.buffer[self.at :] + chunk, 0
        return bool(chunk)

    def at_least(self, count: int) -> bool:
        while len(self.buffer) - self.at < count:
            if not self.fill():
                return False
        return True

    def ahead(self, count: int) -> bytes:
        """The next bytes, without taking them."""
        return self.buffer[self.at : self.at + count]


def segments(source: BinaryIO | IO[bytes] | bytes, notes: list[Note]) -> Iterator[Segment]:
    """The segments of every interchange in a file; oddities are appended to `notes`.

    Raises UnreadableInput where there is no interchange at all, an ISA is not 106 characters long, or a segment
    goes beyond the caps. An ISA that is cut off at the end of a file, after other interchanges, is noted.
    """
    held = _Source(io.BytesIO(source) if isinstance(source, bytes) else source)
    number = 0
    while (delimiters := _next_interchange(held, number, notes)) is not None:
        for part in _body(held, delimiters, number, notes):
            number = part.number
            yield part
    if number == 0:
        raise UnreadableInput("no X12 interchange found", "expected a file with an ISA segment")


def safe_segments(source: BinaryIO | IO[bytes] | bytes, notes: list[Note]) -> Iterator[Segment]:
    """The segments with elements that are safe to keep and to show: files carry whatever their makers put in."""
    for part in segments(source, notes):
        if all(map(str.isprintable, part.elements)):
            yield part
        else:
            yield part._replace(elements=tuple(map(safe_line, part.elements)))


def transactions(source: BinaryIO | bytes, notes: list[Note]) -> Iterator[Transaction]:
    """One result for each transaction set of a file, damaged ones included; wrong counts are noted, data is kept.

    Raises UnreadableInput as `segments` does.
    """
    isa: Segment | None = None
    gs: Segment | None = None
    held: list[Segment] = []
    groups = sets = 0
    for part in segments(source, notes):
        if held and part.identifier in ("ISA", "GS", "GE", "IEA", "ST"):
            yield _transaction(isa, gs, held, notes, f"ends at {part.identifier} without SE")
            held = []
        match part.identifier:
            case "ISA":
                isa, gs, groups, sets = part, None, 0, 0
            case "GS":
                gs, groups, sets = part, groups + 1, 0
            case "ST":
                held, sets = [part], sets + 1
            case "SE" if held:
                held.append(part)
                yield _transaction(isa, gs, held, notes)
                held = []
            case "GE":
                compare_trailer(part, sets, gs.element(6) if gs else "", notes)
            case "IEA":
                compare_trailer(part, groups, isa.element(13) if isa else "", notes)
            case _ if held:
                held.append(part)
            case _:
                notes.append(Note(part.number, f"segment {part.identifier} stands outside a transaction set"))
    if held:
        yield _transaction(isa, gs, held, notes, "is cut off before SE")


def _next_interchange(held: _Source, number: int, notes: list[Note]) -> Delimiters | None:
    """Skip to the next ISA that is one and read its delimiters; None at the end of the file.

    The three letters stand in prose too, as in a mail header: an ISA has its separator after every element.
    """
    start, text = held.position, False
    while True:
        found = held.buffer.find(b"ISA", held.at)
        until = found if found >= 0 else max(held.at, len(held.buffer) - 2)
        text = text or bool(held.buffer[held.at : until].strip(_PADDING))
        held.at = until
        if found < 0:
            if held.fill():
                continue
            text = text or bool(held.buffer[held.at :].strip(_PADDING))
            held.at = len(held.buffer)
            delimiters = None
            break
        whole = held.at_least(ISA_LENGTH)
        header = held.ahead(ISA_LENGTH).decode("latin-1")
        if whole and (delimiters := _delimiters(header)):
            break
        if _meant_as_header(header):
            place = f"at byte {held.position + 1:,}"
            if whole:
                raise UnreadableInput(
                    f"the interchange header {place} is not 106 characters with 16 elements", "mend the ISA segment"
                )
            if not number:
                raise UnreadableInput(f"the interchange header {place} is cut off", "an ISA segment has 106 characters")
            notes.append(Note(number, f"an interchange header {place} is cut off"))
        held.at += 3
        text = True
    if text:
        told = f"text outside an interchange was left out: bytes {start + 1:,} to {held.position:,}"
        notes.append(Note(number, told))
    return delimiters


def _delimiters(header: str) -> Delimiters | None:
    """The delimiters of an ISA of 106 characters; None for what is none."""
    separator = header[3]
    if separator.isalnum() or separator.isspace() or len(header[:-1].split(separator)) != 17:
        return None
    if header[104] == separator or not header[104].strip():
        return None
    return Delimiters(element=separator, component=header[104], segment=header[105], repetition=header[82])


def _meant_as_header(header: str) -> bool:
    """Whether this is a damaged ISA and no prose: a separator after the letters and after ISA01, or many of them."""
    header, separator = header[:3] + header[3:].partition("ISA")[0], header[3:4]
    if not separator or separator.isalnum() or separator.isspace():
        return False
    return header[6:7] == separator or header.count(separator) >= _SEPARATORS_OF_A_HEADER


def _body(held: _Source, delimiters: Delimiters, number: int, notes: list[Note]) -> Iterator[Segment]:
    """The segments from ISA to IEA, or to the next ISA or the end of the file where IEA is missing.

    What lies in the buffer whole and holds no ISA or IEA is split at once; the rest is taken segment by segment.
    """
    terminator, separator = delimiters.segment.encode("latin-1"), delimiters.element
    next_isa = b"ISA" + separator.encode("latin-1")
    names: dict[str, str] = {}
    first = True
    while (raw := _take(held, terminator, number)) is not None:
        if not (raw := raw.lstrip(_LEADING)):
            continue
        number += 1
        text = raw.decode("ascii") if raw.isascii() else _decoded(raw, number, notes)
        part = _segment(text.split(separator), number, delimiters)
        yield part
        first = False
        if part.identifier == "IEA":
            return
        if _another_begins(held, terminator, next_isa):
            notes.append(Note(number, "the interchange has no IEA"))
            return
        if texts := _whole(held, terminator):
            for text in texts:
                identifier, *elements = text.split(separator)
                if (name := names.get(identifier)) is None:
                    if not text.strip(_LEADING_TEXT):
                        continue
                    name = identifier.strip().upper()
                    if name and len(names) < _MOST_NAMES:
                        names[identifier] = name
                number += 1
                if len(elements) > MOST_ELEMENTS:
                    raise UnreadableInput(f"segment {number} has more than {MOST_ELEMENTS} elements")
                yield Segment(name, tuple(elements), number, delimiters)
            if _another_begins(held, terminator, next_isa):
                notes.append(Note(number, "the interchange has no IEA"))
                return
    if not first:
        notes.append(Note(number, "the interchange has no IEA"))


def _segment(parts: list[str], number: int, delimiters: Delimiters) -> Segment:
    if len(parts) > MOST_ELEMENTS + 1:
        raise UnreadableInput(f"segment {number} has more than {MOST_ELEMENTS} elements")
    return Segment(parts[0].strip().upper(), tuple(parts[1:]), number, delimiters)


def _whole(held: _Source, terminator: bytes) -> list[str]:
    """The segments that the buffer holds whole, taken; none where one of them may begin or end an interchange."""
    end = held.buffer.rfind(terminator, held.at)
    if end < 0:
        return []
    block = held.buffer[held.at : end]
    if not block.isascii() or b"ISA" in block or b"IEA" in block or b"isa" in block or b"iea" in block:
        return []
    texts = block.decode("ascii").split(terminator.decode("latin-1"))
    if len(block) > LONGEST_SEGMENT and max(map(len, texts)) > LONGEST_SEGMENT:
        return []
    held.at = end + 1
    return texts


def _another_begins(held: _Source, terminator: bytes, next_isa: bytes) -> bool:
    """Whether another interchange begins here; blanks before it are taken."""
    if held.buffer[held.at : held.at + 1] not in _MAY_BEGIN_ANOTHER:
        return False
    while held.at < len(held.buffer) and held.buffer[held.at] in _LEADING and held.buffer[held.at] != terminator[0]:
        held.at += 1
    held.at_least(4)
    return held.ahead(4) == next_isa or _foreign_isa(held)


_MAY_BEGIN_ANOTHER = frozenset([b"", b"I", *(bytes([byte]) for byte in _LEADING)])
"""What can stand where another interchange begins: its letter, blanks before it, or the end of what was read."""


def _foreign_isa(held: _Source) -> bool:
    """Whether another interchange begins here, with separators of its own."""
    if held.ahead(3) != b"ISA" or not held.at_least(ISA_LENGTH):
        return False
    header = held.ahead(ISA_LENGTH).decode("latin-1")
    return not header[3].isalnum() and len(header[:-1].split(header[3])) == 17


def _take(held: _Source, terminator: bytes, number: int) -> bytes | None:
    """The bytes up to the next terminator; None at the end, where an unfinished segment is given up."""
    searched = 0
    while (end := held.buffer.find(terminator, held.at + searched)) < 0:
        searched = len(held.buffer) - held.at
        if searched > LONGEST_SEGMENT:
            raise UnreadableInput(f"segment {number + 1} is longer than {LONGEST_SEGMENT // 1024} KB")
        if not held.fill():
            held.at = len(held.buffer)
            return None
    raw = held.buffer[held.at : end]
    held.at = end + 1
    if len(raw) > LONGEST_SEGMENT:
        raise UnreadableInput(f"segment {number + 1} is longer than {LONGEST_SEGMENT // 1024} KB")
    return raw


def _decoded(raw: bytes, number: int, notes: list[Note]) -> str:
    notes.append(Note(number, "characters outside ASCII"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _transaction(
    isa: Segment | None, gs: Segment | None, held: list[Segment], notes: list[Note], damage: str = ""
) -> Transaction:
    control, last = held[0].element(2), held[-1]
    own: list[Note] = []
    if damage:
        own.append(Note(last.number, f"transaction set {control} {damage}"))
    else:
        compare_trailer(last, len(held), control, own)
    notes.extend(own)
    assert isa is not None, "segments come after an ISA"
    return Transaction(isa, gs, tuple(held), not damage, tuple(own))


def compare_trailer(trailer: Segment, count: int, control: str, notes: list[Note]) -> None:
    """Note where a trailer's count or control number is not that of what it closes."""
    stated = trailer.element(1).strip()
    if not stated.isdecimal() or int(stated) != count:
        notes.append(Note(trailer.number, f"{trailer.identifier} counts {stated or 'nothing'}, found {count}"))
    if trailer.element(2).strip() != control.strip():
        notes.append(
            Note(
                trailer.number,
                f"{trailer.identifier} has control number {trailer.element(2)}, its header {control}",
            )
        )
