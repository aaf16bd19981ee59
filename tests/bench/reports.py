"""Reports on many claim lines: the monthly sums made, and answers from them beside the lines themselves.

`CODEDESK_BENCH_LINES` says how many lines (1,000,000 without it); the target of the answers is for ten million.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure

LINES = int(os.environ.get("CODEDESK_BENCH_LINES", "1000000"))
_ANSWER_MS = 100.0
_RUNS = 7

_CLAIMS = """
INSERT INTO claim (id, claim_number, form, encounter_id, coding_id, payer_id, status, frequency, total_cents,
                   service_from, service_through, parties, created_at, payer_number, row_version)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :claims)
SELECT 'c' || i, 'C' || i, '837p', 'e', 'g', 'p' || (i * 7919 % 20), 'exported', '1', 40000,
       DATE('2025-10-08', '+' || (i * 104729 % 365) || ' days'), '', '{}', '2026-01-01', '', 1 FROM n
"""
_LINES = """
INSERT INTO claim_line (id, claim_id, sequence, code, modifiers, units, charge_cents, pointers, service_date,
                        performer_npi)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :lines - 1)
SELECT 'l' || i, 'c' || (i / 4 + 1), i % 4 + 1, 'G' || PRINTF('%04d', i * 31 % 300), '[]', 1, 10000, '[]',
       DATE('2025-10-08', '+' || ((i / 4 + 1) * 104729 % 365) || ' days'), '' FROM n
"""


def measure() -> list[Figure]:
    """Make the lines, sum them up, and ask."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["CODEDESK_HOME"] = name
        return _measured(Path(name))


def _measured(folder: Path) -> list[Figure]:
    from store.actors import SYSTEM
    from store.database import open_database
    from store.queries import SessionReader
    from store.reports.catalog import figure_named
    from store.reports.rollups import refresh
    from store.reports.run import period_of, read_report
    from store.sqlite import driver

    path = folder / "workstation.sqlite"
    open_database(f"sqlite:///{path}").close()
    plain = driver.connect(str(path), isolation_level=None)
    for pragma in ("foreign_keys=OFF", "synchronous=OFF", "journal_mode=OFF"):
        plain.execute(f"PRAGMA {pragma}")
    plain.execute("BEGIN")
    plain.execute(_CLAIMS, {"claims": LINES // 4 + 1})
    plain.execute(_LINES, {"lines": LINES})
    plain.execute("COMMIT")
    plain.execute("PRAGMA journal_mode=WAL")
    plain.close()
    db = open_database(f"sqlite:///{path}")
    begun = time.perf_counter()
    rows = refresh(db, SYSTEM)
    made = time.perf_counter() - begun
    period = period_of("2025-10-01", "2026-10-08")
    figures = [Figure(f"monthly sums of {LINES:,} claim lines ({rows:,} rows) made", None, made, "s")]
    with db.reading() as session:
        reader = SessionReader(session)
        times = []
        for _ in range(_RUNS):
            begun = time.perf_counter()
            report = read_report(reader, figure_named("volumes"), period)
            times.append((time.perf_counter() - begun) * 1000)
        assert report.value == LINES
        begun = time.perf_counter()
        reader.rows(
            "SELECT SUBSTR(n.service_date, 1, 7), m.payer_id, COUNT(*), SUM(n.charge_cents) FROM claim_line n"
            " JOIN claim m ON m.id = n.claim_id GROUP BY 1, 2"
        )
        whole = time.perf_counter() - begun
    db.close()
    lines = f"{LINES:,} claim lines by month and payer"
    figures.append(Figure(f"{lines}, from the sums, middle of {_RUNS}", _ANSWER_MS, sorted(times)[_RUNS // 2], "ms"))
    figures.append(Figure(f"{lines}, from the lines themselves", None, whole, "s"))
    return figures
