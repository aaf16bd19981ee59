"""What the writer is given, and what it answers: the input behind a record, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from store.models import (
    Encounter,
)
from store.terms import CodingKind

Place = Callable[[Session, Encounter, Sequence[CodingKind]], None]
"""Puts the tasks of a visit into worklists."""


class Result(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Raw:
    """The input that a record was made of, as it came; `kind` as in `raw_message`.

    A format whose messages say parts of a visit gives each an `identity`: the same message again is passed over, so
    that an old one cannot undo a newer. `digest` is the SHA-256 of what came where the content was changed since.
    """

    kind: str
    content: bytes
    identity: str = ""
    digest: str = ""
    again: bool = False
    """Whether it is tried again on purpose, although a part of it was stored before."""

    @property
    def sha256(self) -> str:
        return self.digest or hashlib.sha256(self.content).hexdigest()


def message_of(raw: Raw | None) -> str:
    """The input behind a change as it is kept beside it: its kind and identity."""
    return f"{raw.kind} {raw.identity}".strip() if raw else ""


class About(StrEnum):
    """What an outcome is about, for the counts of a report."""

    ENCOUNTER = "encounter"
    PERSON = "person"
    MERGE = "merge"


@dataclass(frozen=True)
class Outcome:
    """What became of one record. `parts` names what changed; `conflicts` what was left out of it, with reasons."""

    result: Result
    encounter_id: str
    patient_id: str
    parts: tuple[str, ...] = ()
    documents_new: int = 0
    document_versions: int = 0
    conflicts: tuple[str, ...] = ()
    about: About = About.ENCOUNTER
    late: bool = False
    """Whether a chart that was begun or final coded came back."""
    notes: tuple[str, ...] = ()
    """What was not done as the sender wrote it, and cost nothing else; a report counts them."""
