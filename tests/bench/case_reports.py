"""Scores suggestions on the coded case reports: recall at 5, 10 and 20, and F1, exact and at three characters.

A gold code counts as found by itself or, where it is a header of today's edition, by any code below it; the same
rule makes a suggested code right. F1 is over the mentions of all reports together. Reports go to a part to
develop on or a part to score on by a digest of their id, so that the split never moves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPORTS = Path(__file__).parents[2].parent / "shared" / "data" / "notes" / "case_reports_coded.jsonl"
DEPTHS = (5, 10, 20)

Suggest = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Report:
    """A case report: its text and the codes that people gave it, without dots."""

    id: str
    text: str
    gold: frozenset[str]

    @property
    def held_back(self) -> bool:
        """Whether the report is only scored on, never looked at: about half of them."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1


@dataclass
class Score:
    """Sums over reports. Keys of `found` are depths; 0 is the whole list."""

    gold: int = 0
    suggested: int = 0
    right: int = 0
    found: dict[int, int] = field(default_factory=lambda: dict.fromkeys((0, *DEPTHS), 0))

    def recall(self, depth: int = 0) -> float:
        """The share of gold codes among the first `depth` suggestions."""
        return self.found[depth] / self.gold if self.gold else 0.0

    @property
    def precision(self) -> float:
        """The share of suggestions that are right."""
        return self.right / self.suggested if self.suggested else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall over whole lists."""
        total = self.precision + self.recall()
        return 2 * self.precision * self.recall() / total if total else 0.0


def reports(path: Path = REPORTS) -> list[Report]:
    """Every report of the file."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [
        Report(row["id"], row["text"], frozenset(d["code"].replace(".", "").upper() for d in row["dx"])) for row in rows
    ]


def score(pairs: Iterable[tuple[Report, Sequence[str]]], characters: int | None = None, symptoms: bool = True) -> Score:
    """Score suggested codes (dots or not, best first), at `characters` or in full, with chapter R or without it."""
    total = Score()
    for report, suggested in pairs:
        codes = [code.replace(".", "") for code in suggested]
        gold = set(report.gold)
        if not symptoms:
            gold = {code for code in gold if code[0] != "R"}
            codes = [code for code in codes if code[0] != "R"]
        codes = list(dict.fromkeys(code[:characters] for code in codes))
        gold = {code[:characters] for code in gold}
        total.gold += len(gold)
        total.suggested += len(codes)
        total.right += sum(any(code.startswith(one) for one in gold) for code in codes)
        for depth in total.found:
            first = codes[:depth] if depth else codes
            total.found[depth] += sum(any(code.startswith(one) for code in first) for one in gold)
    return total
