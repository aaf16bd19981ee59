"""`python -m tests.bench [NAME…]`: the benchmarks, all or some, targets beside figures of the same run.

Exit code 1 when one is missed.
"""

from __future__ import annotations

import sys
import time
import traceback
from types import ModuleType

from tests.bench import (
    claims,
    codesets,
    denials,
    edits,
    faults,
    intake,
    keys,
    lag,
    ncci,
    next_chart,
    prepared,
    record,
    remits,
    reports,
    search,
    suggest,
    terminal,
    worklists,
)
from tests.bench.figures import Figure, table
from tests.bench.references import shipped

BENCHMARKS = (
    *(keys, search, suggest, codesets, ncci, edits, worklists, intake, terminal, next_chart, lag),
    *(record, claims, remits, denials, reports, faults),
)
"""Keystrokes first: they are counted while large records are filled beside them, and nothing else is."""


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    wanted = [one for one in BENCHMARKS if len(sys.argv) < 2 or _name(one) in sys.argv[1:]]
    whole = wanted == list(BENCHMARKS)
    if whole:
        shipped()  # timed, so before anything runs beside it
        prepared.begin()
    figures: list[Figure] = []
    broken: list[str] = []
    for benchmark in wanted:
        begun = time.monotonic()
        try:
            figures += benchmark.measure()
        except Exception:  # the figures of the others are told all the same
            traceback.print_exc()
            broken.append(_name(benchmark))
        if whole and benchmark is keys:
            prepared.wait()
        print(f"{_name(benchmark)}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    if broken:
        print(f"broken: {', '.join(broken)}")
    return int(bool(broken) or any(figure.met is False for figure in figures))


def _name(benchmark: ModuleType) -> str:
    return benchmark.__name__.rpartition(".")[2]


if __name__ == "__main__":
    sys.exit(main())
