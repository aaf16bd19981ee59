"""Search and code sets: build time, accuracy, latency, start, memory, and the time of a code page.

Accuracy and latency come from the scorer of the relevance benchmark, which lies beside the repository
(`../shared/bench/search`); without it those figures are left out.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from codesets import catalog
from codesets.reference import open_reference
from codesets.releases import CodeSystem
from tests.bench.figures import Figure

SCORER = Path(__file__).parents[2].parent / "shared" / "bench" / "search" / "score.py"
ON = dt.date(2026, 6, 1)
_CLASSES = ("abbr", "code", "name", "partial", "shorthand", "synonym", "typo")


def measure() -> list[Figure]:
    """Build a reference database in a folder of its own and measure on it."""
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        path = Path(folder) / "reference.sqlite"
        began = time.perf_counter()
        open_reference(path).close()
        figures = [Figure("build of the reference database", 20, time.perf_counter() - began, "s")]
        figures.append(Figure("code page, mean of 200", 3, _page_ms(path), "ms"))
        if SCORER.exists():
            figures += scored(folder)
        else:
            print(f"no accuracy figures: {SCORER.name} is not beside the repository", file=sys.stderr)
    return figures


def _page_ms(path: Path) -> float:
    codes = ("E11.42", "S72.001A", "I10", "C50.919", "O80")
    with open_reference(path) as reference:
        catalog.page(reference, CodeSystem.ICD10CM, "A00", ON)
        began = time.perf_counter()
        for _ in range(40):
            for code in codes:
                catalog.page(reference, CodeSystem.ICD10CM, code, ON)
        return (time.perf_counter() - began) * 1000 / (40 * len(codes))


def scored(home: str) -> list[Figure]:
    result = Path(home) / "score.json"
    command = [sys.executable, "-m", "tui.cli", "search", "-d", str(ON), "--batch"]
    subprocess.run(
        [sys.executable, SCORER, "--keystrokes", "100", "--json", result, "--", *command],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "CODEDESK_HOME": home, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    score = json.loads(result.read_text(encoding="utf-8"))
    figures = [Figure(f"hit@10 {name}", None, score["classes"][name]["hit10"]) for name in _CLASSES]
    return [
        *figures,
        Figure("hit@1 macro", None, score["macro"]["hit1"]),
        Figure("hit@10 macro", 0.75, score["macro"]["hit10"], at_most=False),
        Figure("codes not in the set", 0, score["codes_not_in_set"]),
        Figure("query p50", 2, score["latency_ms"]["p50"], "ms"),
        Figure("query p99", 12, score["latency_ms"]["p99"], "ms"),
        Figure("keystroke p99", 12, score["keystrokes"]["p99"], "ms"),
        Figure("keystroke longest", 100, score["keystrokes"]["max"], "ms"),
        Figure("start to first answer", 0.45, score["start_up_s"], "s"),
        Figure("peak resident memory", 150, score["peak_rss_mib"], "MiB"),
    ]
