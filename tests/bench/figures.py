"""What a benchmark reports: a figure beside its target."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure. `at_most` says whether the target is an upper bound, else it is a lower one.

    `other` is what the usual way gives in the same run: for the terminal, Textual's own driver.
    """

    name: str
    target: float | None
    figure: float
    unit: str = ""
    at_most: bool = True
    other: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.target is None:
            return None
        return self.figure <= self.target if self.at_most else self.figure >= self.target


def table(figures: list[Figure]) -> str:
    """The figures as lines of text, targets and figures of the same run side by side."""
    lines = [f"{'what':<52} {'target':>10} {'figure':>10} {'stock':>10} unit"]
    for one in figures:
        sign = "<=" if one.at_most else ">="
        target = "" if one.target is None else f"{sign} {one.target:g}"
        verdict = {True: "met", False: "MISSED", None: ""}[one.met]
        other = "" if one.other is None else f"{one.other:.3f}"
        lines.append(f"{one.name:<52} {target:>10} {one.figure:>10.3f} {other:>10} {one.unit:<6} {verdict}")
    return "\n".join(lines)


def peak() -> float:
    """The most memory of this process in MiB; `ru_maxrss` would count what its parent had when it was started."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
