"""Takes HL7 messages as they arrive on a line, and answers each once its transaction is stored."""

from __future__ import annotations

from codesets.safe import safe_line
from store.actors import Actor
from store.database import Database
from store.intake.batch import Batch
from store.intake.files import Kind
from store.intake.hl7v2 import ack, feed
from store.intake.hl7v2.interface import BadInterface
from store.intake.hl7v2.message import BadMessage, parse
from store.intake.report import IntakeReport, Tally, whole_report
from store.intake.run import log_run
from store.worklists import place as place_in_worklist


class Receiver:
    """One listener's work: its counts, and the messages it has taken."""

    def __init__(self, db: Database, actor: Actor, name: str = "listener") -> None:
        self._db, self._actor = db, actor
        self._batch = Batch(db, actor, place_in_worklist, lambda *_: None)
        self._tally = Tally(name, Kind.HL7.value)
        self._received = 0

    def take(self, messages: list[bytes]) -> list[bytes]:
        """Store messages together; the answer to each: AA, or AE with the reason that quarantine gives."""
        places: list[str] = []
        before = len(self._tally.quarantined)
        try:
            units = [feed.unit(data, f"message {self._received + n}") for n, data in enumerate(messages, 1)]
        except BadInterface as error:
            # Nothing is stored, and the senders keep their messages until the map is mended.
            return [_answer(data, error.message) for data in messages]
        self._received += len(messages)
        for unit in units:
            places.append(safe_line(unit.place)[:400])
            self._batch.take(unit, self._tally)
        self._batch.flush()
        refused = {refusal.place: refusal.reason for refusal in self._tally.quarantined[before:]}
        return [_answer(data, refused.get(place, "")) for data, place in zip(messages, places, strict=True)]

    def report(self) -> IntakeReport:
        """What came in so far, which the log is told of."""
        report = whole_report([self._tally])
        log_run(self._db, self._actor, report)
        return report


def _answer(data: bytes, reason: str) -> bytes:
    try:
        message = parse(data)
    except BadMessage as error:
        return ack.answer(None, ack.UNREADABLE, error.message)
    return ack.answer(message, ack.REFUSED if reason else ack.ACCEPTED, reason)
