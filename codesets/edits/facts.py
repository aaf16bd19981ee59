"""The facts that code edits ask the code sets for, and the answer of the reference database."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from codesets import catalog, poa
from codesets.catalog import Reference, Validity, normalize
from codesets.releases import CodeSystem


class CodeFacts(Protocol):
    """Whatever can answer for codes on a date."""

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        """Whether a code in any spelling may be reported on the date."""
        ...

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        """Whether a diagnosis is exempt from POA reporting; None where no exempt list is loaded."""
        ...


class ReferenceFacts:
    """Answers from the reference database, each question once: charts of a batch share most of their codes."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._answers: dict[tuple[CodeSystem, str, dt.date], Validity] = {}

    def validity(self, system: CodeSystem, code: str, on: dt.date) -> Validity:
        key = (system, code, on)
        if key not in self._answers:
            self._answers[key] = catalog.validity(self._reference, system, code, on)
        return self._answers[key]

    def poa_exempt(self, code: str, on: dt.date) -> bool | None:
        return poa.is_exempt(self._reference, normalize(code), on)
