"""Search: index build, accuracy, keystroke replay, start, memory of one and of ten sessions, and its peers.

Accuracy and latency come from the scorer of the relevance benchmark, which lies beside the repository
(`../shared/bench/search`), once with the codes that come with the installation and once with the official index
files (`../shared/data`) loaded. In the same run, on samples, the ordinary ways: FTS5, LIKE and rapidfuzz.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from codesets import catalog
from codesets.reference import open_reference
from codesets.releases import CodeSystem
from codesets.search import index
from tests.bench import prepared, references
from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]
SCORER = ROOT.parent / "shared" / "bench" / "search" / "score.py"
ON = dt.date(2026, 6, 1)
SESSIONS = 10
_CLASSES = ("abbr", "code", "name", "partial", "shorthand", "synonym", "typo")
# hit@1, hit@10 and mean reciprocal rank that search has to reach with the index files loaded.
BARS = {
    "code": (1.0, 1.0, 1.0),
    "name": (0.97, 0.995, 0.98),
    "synonym": (0.67, 0.85, 0.73),
    "abbr": (0.70, 0.82, 0.75),
    "shorthand": (0.80, 0.92, 0.85),
    "typo": (0.82, 0.93, 0.86),
    "partial": (0.91, 0.99, 0.94),
    "macro": (0.84, 0.93, 0.88),
}
# Queries a class for each peer: enough to compare, few enough that the slow ones end.
_SAMPLES = {"fts5": 60, "like": 30, "rapidfuzz": 6}


def measure() -> list[Figure]:
    """Measure on the reference database of the shipped code sets, and on that with the index files."""
    made = references.shipped()
    figures = [Figure("build of the reference database", 20, made.seconds, "s")]
    figures.append(Figure("code page, mean of 200", 3, _page_ms(made.path), "ms"))
    if not SCORER.exists():
        print(f"no accuracy figures: {SCORER.name} is not beside the repository", file=sys.stderr)
        return figures
    figures += _scored(made.path.parent)
    figures += [figure for way in _SAMPLES for figure in _peer(way, made.path)]
    if not references.INDEX_FILES.exists():
        print("no figures with the index: its files are not beside the repository", file=sys.stderr)
        return figures
    path = prepared.path(prepared.WITH_INDEX)
    figures.append(Figure("with the index: build of the search index", 20, _build_s(path), "s"))
    figures += _with_index(path.parent)
    return figures + _memory(path.parent)


def _page_ms(path: Path) -> float:
    codes = ("E11.42", "S72.001A", "I10", "C50.919", "O80")
    with open_reference(path) as reference:
        catalog.page(reference, CodeSystem.ICD10CM, "A00", ON)
        began = time.perf_counter()
        for _ in range(40):
            for code in codes:
                catalog.page(reference, CodeSystem.ICD10CM, code, ON)
        return (time.perf_counter() - began) * 1000 / (40 * len(codes))


def _scored(home: Path) -> list[Figure]:
    """The figures of the scorer for the code sets of this folder."""
    score = _score(home, _ours(), "--keystrokes", "150")
    figures = [Figure(f"hit@10 {name}", None, score["classes"][name]["hit10"]) for name in _CLASSES]
    return [
        *figures,
        Figure("hit@1 macro", None, score["macro"]["hit1"]),
        Figure("hit@10 macro", 0.86, score["macro"]["hit10"], at_most=False),
        *_speed(score),
    ]


def _with_index(home: Path) -> list[Figure]:
    score = _score(home, _ours(), "--keystrokes", "150")
    figures = []
    for name, bars in BARS.items():
        of = score["macro"] if name == "macro" else score["classes"][name]
        for figure, bar, key in zip(("hit@1", "hit@10", "MRR"), bars, ("hit1", "hit10", "mrr"), strict=True):
            # The bars have two or three digits; the figures are compared as printed with three.
            figures.append(Figure(f"with the index: {figure} {name}", bar, round(of[key], 3), at_most=False))
    return [
        *figures,
        *(Figure(f"with the index: {one.name}", one.target, one.figure, one.unit) for one in _speed(score)),
    ]


def _speed(score: dict) -> list[Figure]:
    return [
        Figure("codes not in the set", 0, score["codes_not_in_set"]),
        Figure("query p50", 2, score["latency_ms"]["p50"], "ms"),
        Figure("query p99", 12, score["latency_ms"]["p99"], "ms"),
        Figure("keystroke p50", 2, score["keystrokes"]["p50"], "ms"),
        Figure("keystroke p99", 12, score["keystrokes"]["p99"], "ms"),
        Figure("keystroke longest", 60, score["keystrokes"]["max"], "ms"),
        Figure("share of characters until the code is there", None, score["keystrokes"]["typed_fraction_when_found"]),
        Figure("start to first answer", 0.5, score["start_up_s"], "s"),
        Figure("peak resident memory", 150, score["peak_rss_mib"], "MiB"),
    ]


def _peer(way: str, path: Path) -> list[Figure]:
    command = [sys.executable, "-m", "tests.bench.search_peers", way, str(path)]
    score = _score(path.parent, command, "--limit", str(_SAMPLES[way]))
    name = f"{way}, {_SAMPLES[way]} a class"
    return [
        Figure(f"{name}: hit@1 macro", None, score["macro"]["hit1"]),
        Figure(f"{name}: hit@10 macro", None, score["macro"]["hit10"]),
        Figure(f"{name}: query p50", None, score["latency_ms"]["p50"], "ms"),
        Figure(f"{name}: query p99", None, score["latency_ms"]["p99"], "ms"),
        Figure(f"{name}: peak resident memory", None, score["peak_rss_mib"], "MiB"),
    ]


def _ours() -> list[str]:
    return [sys.executable, "-m", "tui.cli", "search", "-d", str(ON), "--batch"]


def _score(home: Path, command: list[str], *options: str) -> dict:
    result = home / "score.json"
    subprocess.run(
        [sys.executable, SCORER, *options, "--json", result, "--", *command],
        check=True,
        stdout=subprocess.DEVNULL,
        env=_environment(home),
    )
    return json.loads(result.read_text(encoding="utf-8"))


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CODEDESK_HOME": str(home), "PYTHONPATH": str(ROOT)}


def _build_s(path: Path) -> float:
    """Seconds for the index of every release of the database, from nothing."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        began = time.perf_counter()
        index.build(db, Path(folder) / "1", lambda done: None)
        return time.perf_counter() - began


def _memory(home: Path) -> list[Figure]:
    """Ten sessions at once, each after some searching: what one has for itself, and all together."""
    queries = "diabetes\nhip fx\nhypertention\ncopd exac\nchron kid dis st 3\nlt ankle sprain\n"
    sessions = []
    for _ in range(SESSIONS):
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        session = subprocess.Popen(_ours(), env=_environment(home), **pipe)  # type: ignore[call-overload]
        session.stdin.write(queries)
        session.stdin.flush()
        for _ in queries.splitlines():
            session.stdout.readline()
        sessions.append(session)
    rollups = [_rollup(session.pid) for session in sessions]
    for session in sessions:
        session.communicate()
    last = rollups[-1]
    return [
        Figure("one session: resident memory", 150, last["Rss"], "MiB"),
        Figure("one further session: private memory", 40, last["Private_Clean"] + last["Private_Dirty"], "MiB"),
        Figure(f"{SESSIONS} sessions: memory together", None, sum(one["Pss"] for one in rollups), "MiB"),
    ]


def _rollup(pid: int) -> dict[str, float]:
    """The memory of a process by kind in MiB (Linux)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
