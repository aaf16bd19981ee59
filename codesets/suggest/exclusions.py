"""Which codes of one release an Excludes1 note forbids together, as `codesets.conventions` reads the tabular list."""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property, lru_cache

from codesets.catalog import StepKind
from codesets.conventions import CodeNotes, code_notes, exclusion
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind


class Exclusions:
    """The Excludes1 notes of the release of a date, remembered; for the thread that opened the reference."""

    def __init__(self, reference: Reference, on: dt.date) -> None:
        self._reference = reference
        self._on = on
        self._notes = lru_cache(maxsize=8192)(self._read)
        self._named_above = lru_cache(maxsize=8192)(self._find_named_above)
        self.note = lru_cache(maxsize=65_536)(self._note)

    def _note(self, one: str, other: str) -> str:
        """The note that forbids two codes, without dots, together, in words; empty where none does."""
        if one[:3] == other[:3] and one[3:] == other[3:]:
            return ""
        if not (self._may_name(one, other) or self._may_name(other, one)):
            return ""
        here, there = self._notes(one), self._notes(other)
        if here is None or there is None or (found := exclusion(here, there)) is None:
            return ""
        return f"{found.owner} Excludes1: {found.text}"

    def _may_name(self, code: str, other: str) -> bool:
        """Whether an Excludes1 note above a code has a number by which it could mean the other one."""
        prefixes, spans = self._named_above(code)
        return other.startswith(prefixes) or any(low <= other[:3] <= high for low, high in spans)

    def _find_named_above(self, code: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """The beginnings of codes, and the categories from..to, that the notes above a code name."""
        named = [one for size in range(3, len(code) + 1) for one in self._named.get(code[:size], ())]
        named += [one for (low, high), under in self._named_in_blocks if low <= code[:3] <= high for one in under]
        return (
            tuple(low for low, high in named if not high),
            tuple((low[:3], high) for low, high in named if high),
        )

    @cached_property
    def _named_in_blocks(self) -> list[tuple[tuple[str, str], list[tuple[str, str]]]]:
        """By the categories of a block, what its notes name; a chapter has its notes on all categories."""
        blocks = [(owner, under) for owner, under in self._named.items() if len(owner) == len("A00-B99") or owner == ""]
        return [((owner[:3], owner[4:]) if owner else ("", "ZZZ"), under) for owner, under in blocks]

    @cached_property
    def _named(self) -> dict[str, list[tuple[str, str]]]:
        """By what a note stands under, the codes or ranges that it names; under "" those of chapters.

        Only to look no further where nothing can be found: most pairs have no note between them.
        """
        found: dict[str, list[tuple[str, str]]] = {}
        release = self._reference.choose(CodeSystem.ICD10CM, self._on).release
        tabular = self._reference.part(release.id, FileKind.CM_TABULAR) if release else None
        notes = self._reference.db.execute(
            "SELECT owner_kind, owner, text FROM notes WHERE load_id = ? AND kind = ?",
            (tabular, NoteKind.EXCLUDES1.value),
        )
        for kind, owner, text in notes:
            block = kind == StepKind.SECTION.value and _BLOCK.fullmatch(owner)
            under = found.setdefault(owner if block or kind == StepKind.CODE.value else "", [])
            for match in _CODES.finditer(text):
                high = match["high"] or ""
                under.append((match["low"] if high else match["low"] + (match["rest"] or ""), high))
        return found

    def _read(self, code: str) -> CodeNotes | None:
        return code_notes(self._reference, code, self._on)


_CODES = re.compile(r"\b(?P<low>[A-Z]\d[0-9A-Z])(?:\.(?P<rest>[0-9A-Z]*))?-?(?:(?<=-)(?P<high>[A-Z]\d[0-9A-Z])\b)?")
_BLOCK = re.compile(r"[A-Z]\w\w-[A-Z]\w\w")
