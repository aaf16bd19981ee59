"""The messages of a stream as units for the writer, and what of each message is kept.

A message is known again by its sender, control id (MSH-10) and content. Social security numbers are taken out before
it is kept (`never_kept_fields` and `never_kept_types` of the interface).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from store.intake.hl7v2.cut import looks_cut
from store.intake.hl7v2.interface import Interface
from store.intake.hl7v2.message import MOST_BYTES, BadMessage, Ending, Message, Segment, parse, part, split
from store.intake.hl7v2.read import interface_of, read
from store.intake.unit import Unit, refused
from store.intake.writer import Raw

KIND = "hl7v2"
_NUMBERS = (("PID", 3), ("PID", 4), ("PID", 2), ("MRG", 1), ("MRG", 2))


BROKE_OFF = "it broke off: its last segment has no end"
"""How the reason begins of a message that may be a part of one."""

MOST_PROBLEMS = 20


def units(stream: BinaryIO, finished: bool = True) -> Iterator[Unit]:
    """Every message of a stream of messages. Raises BadInterface.

    The last one is refused where it broke off. Many senders leave the end of the last segment of a file out, so that a
    single message without it is read with a note, unless what may have been cut is a charge, or, where nobody says that
    the file is `finished`, its last segment looks cut.
    """
    ending = Ending()
    for number, data in split(stream, ending=ending):
        place = f"message {number}"
        if number != ending.unended or data is None:
            yield unit(data, place)
        elif ending.in_batch or number > 1 or _is_charge(ending.segment) or (not finished and looks_cut(data)):
            yield _broke_off(data, place)
        else:
            whole = unit(data, place)
            yield replace(whole, notes=(*whole.notes, "its last segment has no end; it was taken as whole"))
    for problem in ending.problems[:MOST_PROBLEMS]:
        yield refused("batch", KIND, b"", problem)


def _is_charge(segment: bytes) -> bool:
    return segment.lstrip().startswith(b"FT1")


def may_be_whole(reason: str, place: str, data: bytes) -> bool:
    """Whether a refused message need not wait for a person to say that it is whole.

    One of several in a file, or of a batch, that broke off always needs one.
    """
    return not reason.startswith(BROKE_OFF) or (place.split(",")[0] == "message 1" and not looks_cut(data))


def _broke_off(data: bytes, place: str) -> Unit:
    """A last message that may be a part of one, kept to be tried when a person says that it is whole."""
    whole = unit(data, place)
    return refused(whole.place, KIND, whole.raw.content, f"{BROKE_OFF}; retry it by its number if it is whole")


def unit(data: bytes | None, place: str, chosen: tuple[str, str] | None = None) -> Unit:
    """What one message says; `data` is None for one that was too long to read. Raises BadInterface.

    `chosen` is (source, number) of the visit that a person chose for a message that names none.
    """
    if data is None:
        return refused(place, KIND, b"", f"the message is longer than {MOST_BYTES // 2**20} MB")
    try:
        message = parse(data)
    except BadMessage as error:
        return refused(place, KIND, data, error.message)
    interface = interface_of(message)
    kept = without_secrets(data, message, interface)
    try:
        said = read(message, interface, chosen)
    except BadMessage as error:
        named = f"{place}, {message.event} {message.control_id}"[:400]
        return refused(named, KIND, kept, error.message)
    identity = said.identity if message.control_id else hashlib.sha256(data).hexdigest()
    raw = Raw(KIND, kept, identity, hashlib.sha256(data).hexdigest())
    return Unit(f"{place}, {said.place}", raw, said.items, "", said.passed_over, said.notes)


def without_secrets(data: bytes, message: Message, interface: Interface) -> bytes:
    """The message without numbers that are never kept; its very bytes where there are none."""
    fields: dict[str, set[int]] = {}
    for path in interface.never_kept_fields:
        name, _, place = path.partition("-")
        fields.setdefault(name, set()).add(int(place.split(".")[0]))
    lines, changed = [], False
    for segment in message.segments:
        values = list(segment.fields)
        for number in fields.get(segment.name, ()):
            if segment.says(number):
                values[number - 1], changed = "", True
        for name, number in _NUMBERS:
            if segment.name == name and (mended := _without_types(segment, number, interface)) is not None:
                values[number - 1], changed = mended, True
        lines.append(_line(segment, values))
    return "\r".join(lines).encode() if changed else data


def _without_types(segment: Segment, number: int, interface: Interface) -> str | None:
    """The field without repetitions of a type that is never kept, or None where it has none."""
    repetitions = segment.repetitions(number)
    kept = [r for r in repetitions if part(r, segment.marks, 5) not in interface.never_kept_types]
    return segment.marks.repetition.join(kept) if len(kept) < len(repetitions) else None


def _line(segment: Segment, values: list[str]) -> str:
    separator = segment.marks.field
    if segment.name == "MSH":
        return segment.name + separator + separator.join(values[1:])
    return segment.name + separator + separator.join(values) if values else segment.name
