"""Answers to HL7 v2 messages: an accept or a refusal, in the separators of the message that is answered.

AA: stored, or passed over on purpose; AE: refused, it stands in quarantine; AR: no HL7 message at all.
Source: HL7 v2.5.1 section 2.9 and segments MSA and ERR.
"""

from __future__ import annotations

import re
from datetime import datetime

from store.clock import clock
from store.intake.hl7v2.message import Marks, Message
from store.models.columns import new_id

ACCEPTED, REFUSED, UNREADABLE = "AA", "AE", "AR"


def answer(message: Message | None, code: str, reason: str = "", at: datetime | None = None) -> bytes:
    """The ACK for a message, or the NAK for bytes that were none; segments end with CR."""
    marks = message.head.marks if message else Marks()
    when = (at or clock()).strftime("%Y%m%d%H%M%S%z")
    coding = marks.component + marks.repetition + marks.escape + marks.subcomponent
    head = message.head if message else None
    fields = [
        f"MSH{marks.field}{coding}",
        head.raw(5) if head else "codedesk",
        head.raw(6) if head else "",
        head.raw(3) if head else "",
        head.raw(4) if head else "",
        when,
        "",
        marks.component.join(filter(None, ("ACK", head.text(9, 2) if head else ""))),
        new_id(),
        (head.raw(11) if head else "") or "P",
        (head.raw(12) if head else "") or "2.5.1",
    ]
    lines = [marks.field.join(fields), marks.field.join(("MSA", code, head.raw(10) if head else ""))]
    if reason:
        lines[1] += marks.field + _plain(reason, marks)
    return ("\r".join(lines) + "\r").encode()


def _plain(text: str, marks: Marks) -> str:
    taken = re.escape(marks.field + marks.component + marks.repetition + marks.escape + marks.subcomponent)
    return re.sub(f"[{taken}\r\n]", " ", text)[:250]
