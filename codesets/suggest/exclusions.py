"""Which codes of one release an Excludes1 note forbids together, as `codesets.conventions` reads the tabular list."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from codesets.conventions import CodeNotes, code_notes, exclusion
from codesets.reference import Reference


class Exclusions:
    """The Excludes1 notes of the release of a date, remembered; for the thread that opened the reference."""

    def __init__(self, reference: Reference, on: dt.date) -> None:
        self._reference = reference
        self._on = on
        self._notes = lru_cache(maxsize=8192)(self._read)
        self.note = lru_cache(maxsize=65_536)(self._note)

    def _note(self, one: str, other: str) -> str:
        """The note that forbids two codes, without dots, together, in words; empty where none does."""
        if one[:3] == other[:3] and one[3:] == other[3:]:
            return ""
        here, there = self._notes(one), self._notes(other)
        if here is None or there is None or (found := exclusion(here, there)) is None:
            return ""
        return f"{found.owner} Excludes1: {found.text}"

    def _read(self, code: str) -> CodeNotes | None:
        return code_notes(self._reference, code, self._on)
