"""What an intake run did: per file and in all, with every record that was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from codesets.safe import safe_line
from store.intake.writer import About, Outcome, Result


@dataclass(frozen=True)
class Refusal:
    """A record in quarantine: where it stood and, in words without patient data, why."""

    place: str
    reason: str


@dataclass(frozen=True)
class FileReport:
    """One file. `kind` is what its content was recognized as, empty when it could not be read at all."""

    name: str
    kind: str
    records: int = 0
    encounters_new: int = 0
    encounters_changed: int = 0
    encounters_unchanged: int = 0
    patients: int = 0
    documents_new: int = 0
    document_versions: int = 0
    quarantined: tuple[Refusal, ...] = ()
    messages: tuple[str, ...] = ()
    persons: int = 0
    """Patients told of without a visit, who were new or changed."""
    merges: int = 0
    came_back: int = 0
    """Charts that were begun or final coded, and for which something came late."""

    @property
    def unreadable(self) -> bool:
        return not self.kind


@dataclass(frozen=True)
class IntakeReport:
    """The whole run. `patients` counts each patient once, over all files."""

    files: tuple[FileReport, ...]
    patients: int

    def total(self, field_name: str) -> int:
        """The sum of one count over all files."""
        return sum(getattr(file, field_name) for file in self.files)

    @property
    def quarantined(self) -> int:
        return sum(len(file.quarantined) for file in self.files)

    @property
    def exit_code(self) -> int:
        """2 when nothing could be read, 1 when something was left out, else 0."""
        if not any(file.records for file in self.files):
            return 2
        return 1 if self.quarantined or any(file.unreadable for file in self.files) else 0


MOST_NOTES = 20
"""Different notes of a file that a report shows."""


@dataclass
class Tally:
    """The counts of one file while it is read."""

    name: str
    kind: str = ""
    records: int = 0
    results: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    patients: set[str] = field(default_factory=set)
    documents_new: int = 0
    document_versions: int = 0
    quarantined: list[Refusal] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    persons: int = 0
    merges: int = 0
    came_back: int = 0
    touched: set[str] = field(default_factory=set)
    """Encounters that are new or changed already: many messages about one visit count once."""
    notes: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: Outcome) -> None:
        """Add the outcome of one record."""
        self.notes.update(outcome.notes)
        if outcome.about != About.ENCOUNTER:
            changed = outcome.result != Result.UNCHANGED
            self.persons += changed and outcome.about == About.PERSON
            self.merges += changed and outcome.about == About.MERGE
            return
        self.came_back += outcome.late
        if outcome.result != Result.UNCHANGED and outcome.encounter_id in self.touched:
            self._add_documents(outcome)
            return
        self.results[outcome.result] += 1
        self.touched |= {outcome.encounter_id} if outcome.result != Result.UNCHANGED else set()
        if outcome.patient_id:
            self.patients.add(outcome.patient_id)
        self._add_documents(outcome)

    def _add_documents(self, outcome: Outcome) -> None:
        self.documents_new += outcome.documents_new
        self.document_versions += outcome.document_versions

    def report(self) -> FileReport:
        """The counts as they stand."""
        return FileReport(
            name=self.name,
            kind=self.kind,
            records=self.records,
            encounters_new=self.results[Result.NEW],
            encounters_changed=self.results[Result.CHANGED],
            encounters_unchanged=self.results[Result.UNCHANGED],
            patients=len(self.patients),
            documents_new=self.documents_new,
            document_versions=self.document_versions,
            quarantined=tuple(self.quarantined),
            messages=(*self.messages, *self._not_used()),
            persons=self.persons,
            merges=self.merges,
            came_back=self.came_back,
        )

    def _not_used(self) -> list[str]:
        words = ", ".join(f"{count} {kind}" for kind, count in sorted(self.passed_over.most_common(20)))
        notes = [safe_line(note if times == 1 else f"{note} ({times} times)") for note, times in self.notes.items()]
        more = [f"{len(notes) - MOST_NOTES:,} more notes"] if len(notes) > MOST_NOTES else []
        return [*([safe_line(f"not used: {words}")] if words else []), *notes[:MOST_NOTES], *more]


def whole_report(tallies: Iterable[Tally]) -> IntakeReport:
    """The report of a run."""
    tallies = list(tallies)
    return IntakeReport(tuple(t.report() for t in tallies), len(set().union(*(t.patients for t in tallies))))
