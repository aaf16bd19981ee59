"""Which words of a stay are its final diagnostic statement, the only ones whose uncertain diagnoses are coded.

An uncertain diagnosis is coded as if it existed where it stands at the time of discharge (Official Guidelines II.H and
III.C): in discharge or final diagnoses, and in the assessment of a discharge summary. What an indication, an order, a
progress note or a report of imaging suspects is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from codesets.suggest.sections import Section, SectionKind, has_sections
from codesets.suggest.weights import is_final


class ClosingStatement:
    """Where one document of a stay, of a kind as the chart names it and with these sections, speaks of its end.

    A document without a kind is read as all that there is of the stay.
    """

    def __init__(self, kind: str, found: Sequence[Section]) -> None:
        self._summary = is_final(kind)
        self._named = bool(kind)
        self._plain = not has_sections(list(found))
        self._report = any(one.kind in (SectionKind.FINDINGS, SectionKind.INDICATION) for one in found)

    def states(self, section: Section) -> bool:
        """Whether what a section says is final."""
        if _DIAGNOSES.search(section.heading):
            return self._summary or not _VISIT.search(section.heading)
        if self._named and not self._summary or self._report and not self._summary:
            return False
        if section.kind in (SectionKind.ASSESSMENT, SectionKind.IMPRESSION):
            return True
        return self._plain and section.kind is SectionKind.NARRATIVE


_DIAGNOSES = re.compile(r"\b(?:discharge|final|principal|secondary|death)\b.*\b(?:dx|diagnos[ie]s)\b", re.IGNORECASE)
_VISIT = re.compile(r"\bpathologic\b", re.IGNORECASE)
