"""Splits HL7 v2 text into messages, segments and fields, tolerant of what real streams do.

Separators come from MSH-1 and MSH-2 of each message and from nowhere else. Segments end with CR, LF or CRLF; byte
order marks, MLLP frames (0x0B … 0x1C 0x0D), blank lines and FHS/BHS/BTS/FTS wrappers are passed over. Text is UTF-8,
else Latin-1 (MSH-18 is often wrong). Knows nothing of what a segment means.

Source: HL7 v2.5.1 chapter 2, sections 2.5 (segments), 2.7 (escapes) and 2.10.3 (batches).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from codesets.errors import UnreadableInput

MOST_BYTES = 16 * 2**20
"""Bytes of one message; documents travel inside."""

MOST_SEGMENTS = 20_000
MOST_FIELDS = 1_000

_CHUNK = 256 * 1024
_START = re.compile(
    rb"(?:(?:\A|[\r\n\x0b\x1c])[ \t]*(?:\xef\xbb\xbf)?(?=MSH[^A-Za-z0-9\s\x00-\x1f]))"
    # Files that were put together without a line end between them.
    rb"|(?=MSH([^A-Za-z0-9\s\x00-\x1f])[^A-Za-z0-9\s\x00-\x1f]{3,4}\1)"
)
_WRAPPERS = (b"FHS", b"BHS", b"BTS", b"FTS")
_ENDS = (b"\r", b"\n", b"\x1c")
_LINE = re.compile(r"[\r\n]+")
_ESCAPE_BYTES = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")


class BadMessage(UnreadableInput):
    """Text that is no HL7 v2 message; the message names the segment and field and what was expected there."""

    title = "HL7"


@dataclass(frozen=True, slots=True)
class Marks:
    """The separators of one message (MSH-1, MSH-2)."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Fields, repetitions, components and subcomponents are counted from 1, as HL7 counts them."""

    name: str
    fields: tuple[str, ...]
    marks: Marks

    def raw(self, number: int) -> str:
        """A field as it stands in the message, empty where there is none."""
        return self.fields[number - 1] if 0 < number <= len(self.fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """The repetitions of a field, as they stand in the message."""
        raw = self.raw(number)
        return raw.split(self.marks.repetition) if raw else []

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """One value of the first repetition of a field, unescaped and stripped; `""` in quotes is empty."""
        raw = self.raw(number)
        return part(raw.split(self.marks.repetition, 1)[0], self.marks, component, subcomponent) if raw else ""

    def block(self, number: int) -> str:
        """A whole field as text: repetitions as lines, components after another, escapes resolved."""
        lines = (
            " ".join(filter(None, (unescape(c, self.marks).strip() for c in one.split(self.marks.component))))
            for one in self.repetitions(number)
        )
        return "\n".join(lines)

    def says(self, number: int, component: int = 0) -> bool:
        """Whether the field, or a component of it, says anything; `""` says that the value is to be deleted."""
        raw = self.raw(number)
        if component:
            components = raw.split(self.marks.repetition, 1)[0].split(self.marks.component)
            raw = components[component - 1] if component <= len(components) else ""
        return bool(raw.strip())


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its segments in order, MSH first."""

    segments: tuple[Segment, ...]

    @property
    def head(self) -> Segment:
        return self.segments[0]

    @property
    def event(self) -> str:
        """Type and trigger, as `ADT^A01`; the trigger from EVN-1 where MSH-9 has none."""
        kind, trigger = self.head.text(9), self.head.text(9, 2)
        if not trigger and (evn := self.first("EVN")):
            trigger = evn.text(1)
        return f"{kind}^{trigger}" if trigger else kind

    @property
    def control_id(self) -> str:
        return self.head.text(10)

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> list[Segment]:
        """Every segment of a name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def text(self, path: str) -> str:
        """The value at a path such as `PV1-19` or `PID-3.4.1`, of the first such segment."""
        name, _, rest = path.partition("-")
        numbers = [int(number) for number in rest.split(".")]
        segment = self.first(name)
        return segment.text(*numbers) if segment else ""


def parse(data: bytes) -> Message:
    """One message out of its bytes. Raises BadMessage."""
    if len(data) > MOST_BYTES:
        raise BadMessage(f"the message is longer than {MOST_BYTES // 2**20} MB")
    lines = [
        line.lstrip(" \t") for line in _LINE.split(_decoded(data).strip("\ufeff\x0b\x1c\x00\r\n ")) if line.strip()
    ]
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise BadMessage("MSH: expected the header with its separators")
    if len(lines) > MOST_SEGMENTS:
        raise BadMessage(f"the message has more than {MOST_SEGMENTS:,} segments")
    marks = _marks(lines[0])
    segments = []
    for line in lines:
        if line[0] in "\x1c\x0b":
            continue
        name, *fields = line.split(marks.field)
        if len(fields) > MOST_FIELDS:
            raise BadMessage(f"{name[:3]}: more than {MOST_FIELDS:,} fields")
        if name == "MSH":
            fields.insert(0, marks.field)
        segments.append(Segment(name.strip().upper(), tuple(fields), marks))
    return Message(tuple(segments))


@dataclass
class Ending:
    """How a stream of messages ended, and what its batches say of themselves."""

    problems: list[str] = field(default_factory=list)
    """Batches and files of batches without their trailer, or with another count than was found."""
    unended: int = 0
    """The number of the last message where its last segment has no end; known when it is given out."""
    segment: bytes = b""
    """That segment."""
    in_batch: bool = False
    """Whether a header of a batch or of a file of batches was read, and not its trailer."""


def split(stream: BinaryIO, most: int = MOST_BYTES, ending: Ending | None = None) -> Iterator[tuple[int, bytes | None]]:
    """The messages of a stream with their numbers, from 1; None for one that is longer than `most` bytes.

    Wrappers of batches are left out; `ending` hears of them. Reads in pieces: a file of any length takes the memory of
    a message.
    """
    ending = ending or Ending()
    number, held, too_long, ended = 0, b"", False, False
    batches = _Batches(ending)
    while True:
        starts = sorted({match.end() for match in _START.finditer(held)})
        pieces = [held[a:b] for a, b in zip([0, *starts], [*starts, len(held)], strict=True)]
        # What stands before the first MSH belongs to the message before; the last piece may go on.
        rest = pieces.pop() if not ended else b""
        for place, piece in enumerate(pieces, 1):
            data, wrappers = _without_wrappers(piece)
            if not piece.startswith(b"MSH"):
                batches.read(wrappers)
                continue
            number += 1
            batches.messages += 1
            batches.read(wrappers)
            if ended and place == len(pieces) and not wrappers and piece.rstrip(b"\x00 \t")[-1:] not in _ENDS:
                ending.unended, ending.segment = number, re.split(rb"[\r\n]+", piece)[-1]
            yield number, None if too_long else data
            too_long = False
        if ended:
            batches.end()
            return
        if len(rest) > most:
            rest, too_long = rest[:3] + rest[-64:], True
        chunk = stream.read(_CHUNK)
        ended = not chunk
        held = rest + chunk


class _Batches:
    """Follows the headers and trailers of batches (HL7 v2.5.1 section 2.10.3) and tells of those that do not agree."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending
        self._open: dict[bytes, bool] = {b"BHS": False, b"FHS": False}
        self._batches = 0
        self.messages = 0

    def read(self, wrappers: list[bytes]) -> None:
        for wrapper in wrappers:
            name = wrapper[:3]
            if name in self._open:
                self._missing(b"BHS")
                if name == b"FHS":
                    self._missing(b"FHS")
                    self._batches = 0
                self._open[name] = True
                self.messages = 0
            elif name == b"BTS":
                self._count(wrapper, self.messages)
                self._open[b"BHS"], self.messages = False, 0
                self._batches += 1
            else:
                self._missing(b"BHS")
                if self._batches:
                    self._count(wrapper, self._batches)
                self._open[b"FHS"] = False
        self._ending.in_batch = any(self._open.values())

    def end(self) -> None:
        self._missing(b"BHS")
        self._missing(b"FHS")

    def _missing(self, header: bytes) -> None:
        if self._open[header]:
            trailer = header.replace(b"HS", b"TS").decode()
            read = f"; {self.messages:,} of its messages were read" if header == b"BHS" else ""
            self._ending.problems.append(f"{header.decode()} without its {trailer}: the batch broke off{read}")
            self._open[header] = False

    def _count(self, trailer: bytes, found: int) -> None:
        if wrong := _wrong_count(trailer, found):
            self._ending.problems.append(wrong)


def part(text: str, marks: Marks, component: int = 1, subcomponent: int = 1) -> str:
    """One component or subcomponent of a repetition, unescaped and stripped."""
    if component == 1 and marks.component not in text:
        found = text
    else:
        components = text.split(marks.component, component)
        found = components[component - 1] if component <= len(components) else ""
    if marks.subcomponent in found:
        parts = found.split(marks.subcomponent)
        found = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
    elif subcomponent > 1:
        return ""
    found = unescape(found, marks).strip()
    return "" if found == '""' else found


def unescape(text: str, marks: Marks) -> str:
    r"""Resolve `\F\ \S\ \T\ \R\ \E\`, `\.br\` and `\Xdd\`; marks of highlighting and layout are taken out."""
    if marks.escape not in text or not marks.escape:
        return text
    pieces = text.split(marks.escape)
    out = [pieces[0]]
    inside = True
    for place, piece in enumerate(pieces[1:], 1):
        last = place == len(pieces) - 1
        if inside and not last and (found := _meaning(piece, marks)) is not None:
            out.append(found)
            inside = False
        elif inside:
            # A lone escape character is text.
            out.append(marks.escape + piece)
        else:
            out.append(piece)
            inside = True
    return "".join(out)


def _meaning(code: str, marks: Marks) -> str | None:
    letters = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.subcomponent,
        "R": marks.repetition,
        "E": marks.escape,
        "H": "",
        "N": "",
    }
    if code in letters:
        return letters[code]
    if code.startswith("."):
        return "\n" if code[1:3].lower() in ("br", "sp", "ce") else ""
    if found := _ESCAPE_BYTES.fullmatch(code):
        return _decoded(bytes.fromhex(found[1]))
    if len(code) in (5, 7) and code[0] in "CM" and all(c in "0123456789ABCDEFabcdef" for c in code[1:]):
        return ""
    return None


def _marks(line: str) -> Marks:
    field = line[3]
    if field.isalnum() or field.isspace():
        raise BadMessage("MSH-1: expected a separator after MSH")
    coding = line[4:].split(field, 1)[0]
    if not 1 <= len(coding) <= 5 or any(c.isalnum() for c in coding):
        raise BadMessage("MSH-2: expected the separators of components, repetitions, escapes and subcomponents")
    usual = "^~\\&"
    component, repetition, escape, subcomponent = tuple((coding + usual[len(coding) :])[:4])
    return Marks(field, component, repetition, escape, subcomponent)


def _without_wrappers(piece: bytes) -> tuple[bytes, list[bytes]]:
    """A message without what a batch puts around it, and that."""
    piece = piece.replace(b"\x1c", b"").replace(b"\x0b", b"")
    if not any(name in piece for name in _WRAPPERS):
        return piece.rstrip(b"\r\n\x00 "), []
    lines = [line.lstrip() for line in re.split(rb"[\r\n]+", piece)]
    kept = [line for line in lines if not line.startswith(_WRAPPERS)]
    return b"\r".join(kept).rstrip(b"\r\n\x00 "), [line for line in lines if line.startswith(_WRAPPERS)]


def _wrong_count(trailer: bytes, found: int) -> str:
    """What is wrong with BTS-1 (messages of the batch) or FTS-1 (batches); empty where nothing is, or it says none."""
    stated = trailer[4:].split(trailer[3:4])[0].strip() if len(trailer) > 4 else b""
    if not (stated.isdigit() and len(stated) < 10) or int(stated) == found:
        return ""
    return f"{trailer[:3].decode()} counts {int(stated)}, found {found}"


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
