"""Stores what any format says: finds what is there, adds what is new, and says what it did.

Identity is always (source, number). What a record leaves unnamed stays; a posted charge is reversed, never edited;
a changed text is a new version of its document; a coding made here is never overwritten. Nothing of a refused
record is stored. `messages` stores batches, `record` one visit, `parties` who takes part in it.
"""

from store.intake.merging import RecordRefused
from store.intake.writer.messages import store_batch, store_encounter
from store.intake.writer.outcome import About, Outcome, Place, Raw, Result
from store.intake.writer.record import content_hash, service_day

__all__ = [
    "About",
    "Outcome",
    "Place",
    "Raw",
    "RecordRefused",
    "Result",
    "content_hash",
    "service_day",
    "store_batch",
    "store_encounter",
]
