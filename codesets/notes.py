"""The kinds of instructional notes of the ICD-10-CM tabular list."""

from __future__ import annotations

from enum import StrEnum


class NoteKind(StrEnum):
    """The kinds of instructional notes, named as the elements of the file."""

    INCLUDES = "includes"
    INCLUSION_TERM = "inclusionTerm"
    EXCLUDES1 = "excludes1"
    EXCLUDES2 = "excludes2"
    CODE_FIRST = "codeFirst"
    USE_ADDITIONAL = "useAdditionalCode"
    CODE_ALSO = "codeAlso"
    NOTES = "notes"
    SEVENTH_CHARACTER = "sevenChrNote"
