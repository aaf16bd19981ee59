"""Generated NCCI pairs in the official layout: how long an import takes, its memory and room, and the look-up.

The codes are made up (CPT codes are licensed); count, sorting and the share of deleted pairs are those of a
practitioner release.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from codesets.loading import ncci as storing
from codesets.loading.schema import TABLES
from codesets.ncci import Setting, pairs
from codesets.sources import ncci_ptp
from codesets.sources.source import Rejected, SourceFile
from tests.bench.figures import Figure, peak

PAIRS = 2_500_000
PARTS = 4
_SECONDS, _MEBIBYTES, _CLAIM_MILLISECONDS = 40.0, 250.0, 1.0
_CLAIMS = 1_000
_CODES_OF_A_CLAIM = 8
_HEADINGS = (
    "Made-up codes in the official layout\t\t\t\t\t\t",
    "Column1/Column2 Edits\t\t\t\t\t\t",
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale",
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t",
    "\t\t\t\t*=no data\t1=allowed\t",
    "\t\t\t\t\t9=not applicable\t",
)
_RATIONALES = ("Misuse of column two code with column one code", "More extensive procedure", "Mutually exclusive")


def measure() -> list[Figure]:
    """Import the generated release in a process of its own, then check claims."""
    with tempfile.TemporaryDirectory() as folder:
        for part in range(1, PARTS + 1):
            _write_part(Path(folder, f"ccipra-v322r0-f{part}.txt"), part)
        place = Path(folder, "pairs.sqlite")
        command = [sys.executable, "-m", "tests.bench.ncci", folder, str(place)]
        seconds, memory = map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        return [
            Figure(f"{PAIRS:,} NCCI pairs, import", _SECONDS, seconds, "s"),
            Figure(f"{PAIRS:,} NCCI pairs, peak memory", _MEBIBYTES, memory, "MiB"),
            Figure(f"{PAIRS:,} NCCI pairs, on disk", None, place.stat().st_size / 2**20, "MiB"),
            Figure(f"pairs of a claim of {_CODES_OF_A_CLAIM} codes", _CLAIM_MILLISECONDS, _claim(place), "ms"),
        ]


def load(folder: Path, place: Path) -> None:
    """Read and store every part in `folder` in a new database at `place`."""
    db = sqlite3.connect(place, isolation_level=None)
    db.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;" + TABLES)
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ncci_pairs'").fetchone():
        db.executescript(storing.TABLES)
    db.execute("BEGIN")
    for path in sorted(folder.glob("*.txt")):
        file = SourceFile(path.name, path, path.stat().st_size, "")
        recognized = ncci_ptp.recognize(file)
        assert recognized and not recognized.asks
        values = (str(recognized.system), str(recognized.kind), recognized.edition, str(recognized.starts))
        load_id = db.execute(
            "INSERT INTO loads (system, kind, edition, starts, ends, part, shipped, name, size, sha256, rows, added,"
            " changed, ended, skipped, loaded_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '', 0, 0, 0, 0, 0, '')",
            (*values, str(recognized.ends), recognized.part, path.name),
        ).lastrowid
        rows = (row for row in ncci_ptp.read(file, recognized) if not isinstance(row, Rejected))
        storing.store_pairs(db, load_id or 0, rows)
    db.execute("COMMIT")
    db.close()


class _Opened:
    """As much of a reference database as the look-up needs."""

    def __init__(self, place: Path) -> None:
        self.db = sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)


def _claim(place: Path) -> float:
    """Milliseconds to look up the pairs of one claim, the mean of many claims."""
    codes, chance = list(_codes()), random.Random(7)
    claims = [chance.sample(codes, _CODES_OF_A_CLAIM) for _ in range(_CLAIMS)]
    opened = _Opened(place)
    began = time.perf_counter()
    for claim in claims:
        pairs(opened, claim, dt.date(2026, 8, 1), Setting.PRACTITIONER)  # type: ignore[arg-type]
    return (time.perf_counter() - began) / _CLAIMS * 1000


def _write_part(path: Path, part: int) -> None:
    codes = list(_codes())
    first = codes[(part - 1) * len(codes) // PARTS : part * len(codes) // PARTS]
    each = PAIRS // len(codes) + 1
    left = PAIRS // PARTS
    chance = random.Random(part)
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("".join(f"{line}\r\n" for line in _HEADINGS))
        for column1 in first:
            for column2 in sorted(chance.sample(codes, min(each, left))):
                deletion = "*" if chance.random() < 0.65 else f"20{chance.randrange(10, 26)}1231"
                effective = f"20{chance.randrange(1, 10):02}0101"
                rest = f"{chance.choice('01')}\t{chance.choice(_RATIONALES)}"
                file.write(f"{column1}\t{column2}\t\t{effective}\t{deletion}\t{rest}\r\n")
            left -= min(each, left)


def _codes() -> Iterator[str]:
    """12,800 made-up codes, sorted: VA000 to VH..., none of a published set, in the last letters a release has."""
    for letters in product("V", "ABCDEFGH"):
        for number in range(1_600):
            yield f"{''.join(letters)}{number:03X}"


if __name__ == "__main__":
    started = time.perf_counter()
    load(Path(sys.argv[1]), Path(sys.argv[2]))
    print(time.perf_counter() - started, peak())
