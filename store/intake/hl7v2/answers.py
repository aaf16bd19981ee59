"""Reads the answer of a provider to a query of this desk out of an MDM or ORU message, as the interface maps it.

The query went out as MDM^T02 (`store.provider_queries.output`); the answer names its number in a field of the map. One
that is not signed or final yet is an ordinary document. Source: HL7 v2.5.1 chapter 9 (TXA-13 parent document number,
TXA-17 completion) and chapter 7 (OBR-2 placer order number, OBX).
"""

from __future__ import annotations

import re

from store.intake.hl7v2 import chart, visit
from store.intake.hl7v2.interface import Interface
from store.intake.hl7v2.message import BadMessage, Message, Segment
from store.intake.hl7v2.values import moment
from store.intake.statement import QueryAnswer

_FINISHED = ("AU", "LA")


def answer_in(message: Message, interface: Interface) -> QueryAnswer | None:
    """The answer that a message carries, None where it is no answer. Raises BadMessage that names the field."""
    asked = interface.query_answers
    if not asked.events & {message.event, message.event.partition("^")[0]}:
        return None
    found = next(((path, text) for path in asked.number if _begins(text := message.text(path), asked.prefix)), None)
    if found is None or not _finished(message, interface):
        return None
    path, text = found
    number = text[len(asked.prefix) :].strip()
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise BadMessage(f"{path}: expected {asked.prefix} and the number of a query, found {text[:40]!r}")
    pid = message.first("PID")
    patient = visit.patient(pid, interface, visit.fallback_source(message)) if pid else None
    if patient is None:
        raise BadMessage("PID-3: expected a patient number")
    words, choice = _said(message, interface)
    if not words and not choice:
        raise BadMessage(f"OBX-5: expected the answer to query {number}")
    by = _answered_by(message, interface)
    document = {
        "document_number": _own_number(message, path, text)[:120],
        "type_code": "",
        "type_name": asked.type_name,
        "author": by,
        "authored_at": moment(message.text("TXA-6")) or moment(message.text("OBR-22")) or moment(message.text("MSH-7")),
        "status": "AU",
        "text": "\n".join(filter(None, (choice, words))),
        "title": f"Answer to query {number}",
    }
    return QueryAnswer(int(number), (patient.source, patient.mrn), choice, words, by, document)


def _begins(text: str, prefix: str) -> bool:
    return bool(text) and text[: len(prefix)].lower() == prefix.lower()


def _finished(message: Message, interface: Interface) -> bool:
    status = message.text("TXA-17") or message.text("OBR-25")
    return not status or interface.document_status.get(status.upper()) in _FINISHED


def _said(message: Message, interface: Interface) -> tuple[str, str]:
    """(words, choice) of the observations."""
    asked = interface.query_answers
    named: dict[str, list[Segment]] = {}
    for obx in message.all("OBX"):
        named.setdefault(obx.text(3).upper(), []).append(obx)
    choices = [obx for name in asked.choice for obx in named.get(name.upper(), ())]
    answers = [obx for name in asked.answer for obx in named.get(name.upper(), ())]
    if not answers:
        others = {name.upper() for name in asked.around | asked.choice}
        answers = [obx for name, segments in named.items() if name not in others for obx in segments]
    choice = next((text for obx in choices if (text := obx.text(5, 2) or obx.text(5))), "")
    words = "\n".join(text for obx in answers if (text := chart.words(obx, interface)))
    return words.strip(), choice.strip()[:200]


def _answered_by(message: Message, interface: Interface) -> str:
    for path in interface.query_answers.answered_by:
        name, _, field = path.partition("-")
        for segment in message.all(name):
            if who := chart.person(segment, int(field.split(".")[0])):
                return who
    return ""


def _own_number(message: Message, path: str, text: str) -> str:
    """The number of the answer as a document; the query's where the sender gives it none of its own."""
    own = message.text("TXA-12") or message.text("OBR-3") or message.control_id
    return text if path == "TXA-12" or not own else own
