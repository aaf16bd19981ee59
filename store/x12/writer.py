"""Writes X12: characters, elements, segments and the envelope around a transaction set, for any transaction.

It knows nothing of claims. Data is made writable here (upper case, X12's basic and extended character set, the
delimiters in use taken out), and every change beyond upper case is noted, so that a finding can tell of it.
Positions are counted from ST = 1, as a 999 counts them (IK302).

Sources: X12.5 Interchange Control Structures (ISA of 106 characters); X12.6 Application Control Structure
(character sets, no trailing separators); 005010X222A1, appendix C.1 (envelope) and B.1.1.2 (character set).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from codesets.errors import CodedeskError

ISA_LENGTH = 106
MOST_KNOWN = 1 << 14
LAST_INTERCHANGE_CONTROL = 999_999_999
"""ISA13 has nine digits."""

Element = str | Sequence[str]
"""A simple element, or a composite as the sequence of its components."""


class X12Unwritable(CodedeskError):
    """A value that the format cannot carry reached the writer; nothing of the file may be kept."""

    title = "cannot write X12"


@dataclass(frozen=True)
class Delimiters:
    """The four separators of an interchange, one character each."""

    element: str = "*"
    component: str = ":"
    segment: str = "~"
    repetition: str = "^"

    @property
    def all(self) -> str:
        """All four as one text."""
        return self.element + self.component + self.segment + self.repetition


STANDARD = Delimiters()


@dataclass(frozen=True)
class Written:
    """A text as it can be written: what was taken out, and whether letters or the length had to change."""

    text: str
    removed: str = ""
    folded: bool = False
    shortened: bool = False


@dataclass(frozen=True)
class TextChange:
    """A value that is not written as it stands in the record. `place` names the field of the record."""

    claim: str
    place: str
    before: str
    after: str
    removed: str = ""
    folded: bool = False
    shortened: bool = False


class Place(NamedTuple):
    """What a segment states: the claim's number (empty for the envelope) and the field."""

    transaction: str
    position: int
    claim: str
    field: str


@dataclass(frozen=True)
class Submitter:
    """Who answers for the file (loop 1000A), where that is not the billing provider."""

    name: str = ""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Envelope:
    """Who sends to whom under which control numbers. Identifiers hold at most 15 characters."""

    sender: str
    receiver: str
    usage: str
    interchange_control: int
    group_control: int
    created: datetime
    functional_id: str
    version: str
    delimiters: Delimiters = STANDARD
    submitter: Submitter = Submitter()
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    sender_code: str = ""
    receiver_code: str = ""
    """GS02 and GS03, where they are not those of the ISA."""


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""
        ...


@dataclass
class SegmentWriter:
    """Writes one interchange segment by segment, and counts what the trailers must state."""

    out: Sink
    envelope: Envelope
    delimiters: Delimiters = STANDARD
    places: list[Place] = field(default_factory=list)
    changes: list[TextChange] = field(default_factory=list)
    _transaction: str = ""
    _position: int = 0
    _transactions: int = 0
    _clean: dict[int, dict[str, str]] = field(default_factory=dict)
    """Texts that are written without a change, by their longest length: they come back on claim after claim."""

    def open(self) -> None:
        """Write ISA and GS."""
        self._write(isa(self.envelope, self.delimiters))
        sent = self.envelope
        self._plain(
            "GS",
            sent.functional_id,
            sent.sender_code or sent.sender.strip(),
            sent.receiver_code or sent.receiver.strip(),
            f"{sent.created:%Y%m%d}",
            f"{sent.created:%H%M}",
            str(sent.group_control),
            "X",
            sent.version,
        )

    def open_transaction(self, kind: str, control: str) -> None:
        """Write ST; positions begin at 1 with it."""
        self._transaction, self._position = control, 0
        self._transactions += 1
        self.put("ST", kind, control, self.envelope.version, field="transaction")

    def put(self, identifier: str, *elements: Element, claim: str = "", field: str = "", most: int = 0) -> None:
        """Write one segment. Data is made writable; empty elements and components at the end are left off.

        `most` is the length at which the elements are cut, where the guide sets one for the names of the segment.
        """
        clean, parts = self._clean.setdefault(most, {}), [identifier]
        for element in elements:
            if not element:
                parts.append("")
            elif isinstance(element, str):
                parts.append(clean.get(element) or self.text(element, claim, field, most))
            else:
                parts.append(self._composite(element, claim, field, most))
        while not parts[-1]:
            parts.pop()
        self._position += 1
        self.places.append(Place(self._transaction, self._position, claim, field))
        # Every text has lost the delimiters on its way here: `segment` need not look for them again.
        self._write(self.delimiters.element.join(parts) + self.delimiters.segment)

    def close_transaction(self) -> None:
        """Write SE with the count of segments, ST and SE included."""
        self.put("SE", str(self._position + 1), self._transaction, field="transaction")

    def close(self) -> None:
        """Write GE and IEA."""
        self._plain("GE", str(self._transactions), str(self.envelope.group_control))
        self._plain("IEA", "1", f"{self.envelope.interchange_control:09d}")

    def text(self, value: str, claim: str, place: str, most: int) -> str:
        """A value made writable and cut to `most` characters; a change is noted under its place."""
        if known := self._clean.setdefault(most, {}).get(value):
            return known
        made = writable(value, most, self.delimiters)
        if made.removed or made.folded or made.shortened:
            self.changes.append(TextChange(claim, place, value, made.text, made.removed, made.folded, made.shortened))
        elif len(clean := self._clean.setdefault(most, {})) < MOST_KNOWN:
            clean[value] = made.text
        return made.text

    def _composite(self, components: Sequence[str], claim: str, place: str, most: int) -> str:
        made = [self.text(component, claim, place, most) if component else "" for component in components]
        while made and not made[-1]:
            made.pop()
        return self.delimiters.component.join(made)

    def _plain(self, identifier: str, *elements: str) -> None:
        self._write(segment(identifier, elements, self.delimiters))

    def _write(self, text: str) -> None:
        self.out.write(text.encode("ascii") + b"\n")


def segment(identifier: str, elements: Sequence[Element], delimiters: Delimiters = STANDARD) -> str:
    """One segment with its terminator and without trailing separators.

    Raises X12Unwritable where data holds a delimiter or a character that is not ASCII.
    """
    parts, components = [identifier], 0
    for element in elements:
        if not isinstance(element, str):
            made = list(element)
            while made and not made[-1]:
                made.pop()
            components += max(len(made) - 1, 0)
            element = delimiters.component.join(made)
        parts.append(element)
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    text = delimiters.element.join(parts)
    if not text.isascii():
        raise X12Unwritable(f"segment {identifier} holds a character outside the X12 character set")
    if (
        text.count(delimiters.element) != len(parts) - 1
        or text.count(delimiters.component) != components
        or delimiters.segment in text
        or delimiters.repetition in text
    ):
        raise X12Unwritable("a value still holds a delimiter of the file")
    return text + delimiters.segment


def isa(envelope: Envelope, delimiters: Delimiters = STANDARD) -> str:
    """The interchange header: exactly 106 characters.

    Raises X12Unwritable for an identifier that is empty or longer than 15 characters, a control number beyond
    nine digits, or a usage indicator other than T and P.
    """
    for name, value in (("sender", envelope.sender), ("receiver", envelope.receiver)):
        if not 1 <= len(value) <= 15 or writable(value, 15, delimiters).text != value.upper():
            raise X12Unwritable(f"the {name} identifier {value!r} must have 1 to 15 characters of the X12 set")
    if envelope.usage not in ("T", "P"):
        raise X12Unwritable(f"the usage indicator is {envelope.usage!r}, expected T or P", "see usage_indicator")
    if not 1 <= envelope.interchange_control <= LAST_INTERCHANGE_CONTROL:
        raise X12Unwritable(f"interchange control number {envelope.interchange_control} has no nine-digit form")
    fields = [
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        envelope.sender_qualifier,
        f"{envelope.sender.upper():<15}",
        envelope.receiver_qualifier,
        f"{envelope.receiver.upper():<15}",
        f"{envelope.created:%y%m%d}",
        f"{envelope.created:%H%M}",
        delimiters.repetition,
        "00501",
        f"{envelope.interchange_control:09d}",
        "0",
        envelope.usage,
        delimiters.component,
    ]
    return delimiters.element.join(fields) + delimiters.segment


def writable(value: str, most: int = 0, delimiters: Delimiters = STANDARD) -> Written:
    """A text in upper case and in the X12 character set, without the delimiters, cut to `most` (0: not cut)."""
    text = value.upper()
    if not _plain_text(delimiters).fullmatch(text):
        return _made_writable(text, most, delimiters)
    trimmed = text.strip(" ")
    shortened = 0 < most < len(trimmed)
    return Written(trimmed[:most].rstrip() if shortened else trimmed, shortened=shortened)


def amount(cents: int) -> str:
    """Cents as an X12 decimal without needless zeros: 21250 is `212.5`."""
    whole, part = divmod(abs(cents), 100)
    text = f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{text}" if cents < 0 else text


def day(iso: str | None) -> str:
    """An ISO day as CCYYMMDD; an incomplete date gives an empty text."""
    return iso.replace("-", "")[:8] if iso and len(iso) >= 10 else ""


_ALLOWED = "A-Z0-9 !\"&'()+,\\-./;?=%@\\[\\]_{}\\\\|<>#$*:~^"


@cache
def _plain_text(delimiters: Delimiters) -> re.Pattern[str]:
    return re.compile(f"(?:(?![{re.escape(delimiters.all)}])[{_ALLOWED}])*")


@cache
def _letters() -> dict[int, str]:
    table = tomllib.loads(Path(__file__).with_name("letters.toml").read_text(encoding="utf-8"))
    return {ord(letter): written for letter, written in table.items()}


def _made_writable(text: str, most: int, delimiters: Delimiters) -> Written:
    spelled = text.translate(_letters())
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c)).upper()
    fits = _plain_text(delimiters)
    kept = "".join(c for c in bare if fits.fullmatch(c))
    removed = "".join(dict.fromkeys(c for c in bare if not fits.fullmatch(c)))
    kept = re.sub(" +", " ", kept).strip()
    shortened = 0 < most < len(kept)
    return Written(kept[:most].rstrip() if shortened else kept, removed, bare != text, shortened)
