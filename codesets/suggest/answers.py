"""What goes into suggestions and what comes out: notes, and codes with their evidence and reasons."""

from __future__ import annotations

from dataclasses import dataclass

from codesets.catalog import dotted


@dataclass(frozen=True)
class Note:
    """One document of a chart: its text and what kind of document it is, as the chart names it."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Evidence:
    """Where the note says it: text[start:end], the line it stands on, the section, and the cues that reach it.

    `document` is the place of the document among those that were read, from 0; `start` and `end` are characters
    of its text, from 0.
    """

    document: int
    start: int
    end: int
    text: str
    line: str
    section: str
    cues: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """What the record does not say, and the question to put to the provider."""

    what: str
    ask: str


@dataclass(frozen=True)
class Suggestion:
    """A code to look at, without the dot. `reasons` are steps in words; `score` only orders one chart's codes.

    `term` is the term of the classification that matched, `kind` where it stands; `evidence` begins with the
    strongest and is never empty.
    """

    code: str
    title: str
    score: float
    term: str
    kind: str
    evidence: tuple[Evidence, ...]
    reasons: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def dotted(self) -> str:
        """The code as it is printed."""
        return dotted(self.code)

    def why(self) -> str:
        """The reasons in one line."""
        first = self.evidence[0]
        told = " ".join(self.reasons)
        # A cue that a reason tells already is not told again.
        cues = [cue for cue in first.cues if cue.partition(": ")[2] not in told]
        return " · ".join(dict.fromkeys([f"{self.kind}: {self.term}", f"in {first.section}", *self.reasons, *cues]))


@dataclass(frozen=True)
class Withheld:
    """A code that the note's words lead to but that is not suggested, and why not."""

    code: str
    title: str
    why: str
    evidence: Evidence

    @property
    def dotted(self) -> str:
        """The code as it is printed."""
        return dotted(self.code)


@dataclass(frozen=True)
class Suggestions:
    """The answer for one chart, best first. `warning` tells a date that no release covers, or a text cut short."""

    codes: tuple[Suggestion, ...]
    withheld: tuple[Withheld, ...] = ()
    warning: str = ""
