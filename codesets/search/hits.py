"""What search answers: a code with its title, and the reason why it is there."""

from __future__ import annotations

from dataclasses import dataclass, field

from codesets.catalog import dotted
from codesets.releases import CodeSystem


@dataclass(frozen=True)
class Why:
    """The reason of a hit: the term that matched, of which kind, and how the typed words led to it.

    `matched` are the typed words that the term answers, `unmet` those that neither it nor the code's side does;
    `corrected` and `completed` are pairs of typed and used words; `expanded` pairs of an abbreviation or phrase and
    what it was read as. `header` is the dotted header that matched, when the hit is its default billable code.
    `picked` says how often people took this code for the same words, when that counted; `outside` why it may not be
    reported on the date.
    """

    term: str
    kind: str
    matched: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    completed: tuple[tuple[str, str], ...] = ()
    expanded: tuple[tuple[str, str], ...] = ()
    header: str = ""
    unmet: tuple[str, ...] = ()
    picked: str = ""
    outside: str = ""

    def text(self) -> str:
        """One line for a screen."""
        parts = [f"{self.kind}: {self.term}"]
        if self.header:
            parts.append(f"default of {self.header}")
        parts += [f"{typed}: {used}" for typed, used in self.expanded]
        parts += [f"{typed} -> {used}" for typed, used in (*self.corrected, *self.completed)]
        if self.unmet:
            parts.insert(0, f"without {', '.join(self.unmet)}")
        if self.picked:
            parts.append(self.picked)
        if self.outside:
            parts.insert(0, self.outside)
        return " · ".join(parts)


@dataclass(frozen=True)
class Hit:
    """One answer. `code` has no dot; `score` is about 0 to 1 and only compares hits of one query."""

    system: CodeSystem
    code: str
    title: str
    billable: bool
    score: float
    why: Why = field(compare=False)

    @property
    def dotted(self) -> str:
        """The code as it is printed."""
        return dotted(self.code, self.system)
