"""`python -m tests.bench`: every benchmark, targets beside figures of the same run.

Exit code 1 when one is missed.
"""

from __future__ import annotations

import sys

from tests.bench import codesets, ncci, search
from tests.bench.figures import table

BENCHMARKS = (search, codesets, ncci)


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    figures = [figure for benchmark in BENCHMARKS for figure in benchmark.measure()]
    print(table(figures))
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
