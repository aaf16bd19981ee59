"""The whole set of fault tests, as two processes for two cores: how long it takes, and that none fails.

What they prove is in `tests/faults`; the usual test run has a short form of the same.
"""

from __future__ import annotations

import subprocess
import sys
import time

from tests.bench.figures import Figure

HALVES = (
    ["tests/faults/test_state_machine.py"],
    [f"tests/faults/test_{name}.py" for name in ("kills", "power_cuts", "disks", "interleavings")],
)
MOST_SECONDS = 180


def measure() -> list[Figure]:
    """Run both halves at once; a failed test is a missed figure, and its output is shown."""
    begun = time.monotonic()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "--faults", *files],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for files in HALVES
    ]
    outputs = [process.communicate()[0] for process in running]
    seconds = time.monotonic() - begun
    failed = sum(process.returncode != 0 for process in running)
    for process, output in zip(running, outputs, strict=True):
        if process.returncode != 0:
            print(output, file=sys.stderr)
    return [
        Figure("whole fault set on two cores", MOST_SECONDS, seconds, "s"),
        Figure("halves of it that failed", 0, failed),
    ]
