"""What can be told of a last segment that has no end: whether it looks cut, or only lacks its carriage return.

Every segment ends with a carriage return (HL7 v2.5.1 section 2.4), which many senders leave out at the end of a file. A
segment looks cut that lacks a field its definition requires, that ends inside an escape sequence, or that has no field;
a visit that ends before the field behind its number (PV1-19), since it could come in as another visit; and any segment
of a message that has not come to the one it cannot do without.
What is cut in an optional field behind them cannot be told. A charge always counts as cut: half an amount is an amount.
"""

from __future__ import annotations

from store.intake.hl7v2.message import BadMessage, parse

_LAST_REQUIRED = {
    "MSH": 12, "EVN": 2, "PID": 5, "PV1": 2, "NK1": 1, "AL1": 3, "DG1": 6, "PR1": 5, "GT1": 3, "IN1": 2, "MRG": 1,
    "ORC": 1, "OBR": 4, "OBX": 11, "TXA": 17, "ROL": 4,
}  # fmt: skip
"""The last field of a segment that HL7 v2.5.1 requires (chapters 2, 3, 4, 6, 7, 9 and 15).

Of IN1 the one before it: senders leave the company id out (IN1-3)."""

_REQUIRED_OF = {"DFT": "FT1", "MDM": "TXA", "ORU": "OBR"} | {
    f"ADT^A{number:02}": "PV1" for number in (*range(1, 18), 25, 26, 27)
}
"""The segment that a message of a type, or of an event, cannot do without."""

_CHARGE = "FT1"
_VISIT, _VISIT_NUMBER = "PV1", 19


def looks_cut(data: bytes) -> bool:
    """Whether the last segment of a message without its end may be a part of one."""
    try:
        message = parse(data)
    except BadMessage:
        return True
    last, event = message.segments[-1], message.event
    needed = _REQUIRED_OF.get(event) or _REQUIRED_OF.get(event.partition("^")[0])
    if needed and not message.first(needed):
        return True
    if len(last.name) != 3 or not last.fields or last.name == _CHARGE:
        return True
    if last.marks.escape and last.fields[-1].count(last.marks.escape) % 2:
        return True
    if last.name == _VISIT and len(last.fields) <= _VISIT_NUMBER:
        return True
    required = _LAST_REQUIRED.get(last.name, 0)
    return bool(required) and not last.raw(required)
