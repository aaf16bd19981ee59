"""How long the event loop keeps a key waiting while 10,000 claims are scrubbed beside it, or code sets are imported.

The lag is how much later a task comes round than it asked for: what a key would wait before anything looks at it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from store.actors import SYSTEM
from store.claims.build import build_claims
from store.claims.scrubbing import scrub_claim
from store.database import open_database
from store.demo.create import create_site, demo_environment
from tests.bench.figures import Figure
from tests.store.claim_samples import SERVICE, add_coding, add_encounter

CLAIMS, SCRUBS = 100, 10_000
MOST_SECONDS = 8
"""A scrub of the whole number takes longer than the lag needs to show itself."""

TICK = 0.005
TARGET = 50


def measure() -> list[Figure]:
    """The 99th percentile of the lag in a running workstation, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="codedesk-lag-") as folder, _environment(Path(folder)):
        return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    from store.settings import today
    from tui.app import Workstation

    claims = _claims()
    app = Workstation(today())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(1)

        async def scrubbed() -> None:
            for number in range(SCRUBS):
                await app.batches.change_with_codes(scrub_claim, claims[number % len(claims)])

        async def imported() -> None:
            script = "import pathlib, codesets.build; codesets.build.ensure_reference(pathlib.Path('again'))"
            command = [sys.executable, "-c", script]
            await asyncio.to_thread(subprocess.run, command, cwd=os.environ["CODEDESK_HOME"], check=True)

        return [
            Figure("event loop lag, nothing beside it, p99", None, await _lag(lambda: asyncio.sleep(3)), "ms"),
            Figure(f"event loop lag, {SCRUBS:,} claims scrubbed, p99", TARGET, await _lag(scrubbed), "ms"),
            Figure("event loop lag, code sets built, p99", TARGET, await _lag(imported), "ms"),
        ]


async def _lag(work: Callable[[], Awaitable[object]]) -> float:
    """The lag while some work is done, of so many seconds at most."""
    task = asyncio.ensure_future(work())
    begun, lags = time.perf_counter(), []
    while not task.done() and time.perf_counter() - begun < MOST_SECONDS:
        asked = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append((time.perf_counter() - asked - TICK) * 1000)
    if not task.done():
        task.cancel()
    else:
        task.result()
    return quantiles(lags, n=100)[-1]


def _claims() -> list[str]:
    """The ids of claims in the made-up site's record."""
    database = open_database()
    create_site(database)
    with database.change(SYSTEM) as change:
        for number in range(CLAIMS):
            add_coding(change.session, add_encounter(change.session, f"V{number}", SERVICE))
    report = build_claims(database, SYSTEM)
    database.close()
    return [claim.claim_id for claim in report.built]


@contextmanager
def _environment(folder: Path):
    before = dict(os.environ)
    os.environ["CODEDESK_HOME"] = str(folder)
    os.environ.update(demo_environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
