"""Remittances: tokenizing beside pyx12's reader, taking in and posting 5,000 claims, and a file of 200 MB.

Claims and payers are made up; each claim has two lines with adjustments, as payers send them.
"""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, peak
from tests.store.remittance_samples import a_set, interchange

CLAIMS = 5_000
LARGE_BYTES = 200_000_000
_SECONDS, _MEBIBYTES, _SEGMENTS_A_SECOND = 15.0, 200.0, 500_000.0
_LARGE_MEBIBYTES = 100.0
_RUNS = 3


def measure() -> list[Figure]:
    """Tokenize, post, and add up a large file, each heavy part in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "era.835").write_bytes(remittance(CLAIMS))
        ours, theirs = _tokenizing(folder / "era.835")
        seconds, memory = _apart("post", folder)
        _write_large(folder / "large.835")
        large_seconds, large_memory = _apart("large", folder)
    return [
        Figure("835 tokenized, segments a second (stock: pyx12)", _SEGMENTS_A_SECOND, ours, "1/s", False, theirs),
        Figure(f"835 of {CLAIMS:,} claims read and posted", _SECONDS, seconds, "s"),
        Figure(f"835 of {CLAIMS:,} claims read and posted, peak memory", _MEBIBYTES, memory, "MiB"),
        Figure("835 of 200 MB added up", None, large_seconds, "s"),
        Figure("835 of 200 MB added up, peak memory", _LARGE_MEBIBYTES, large_memory, "MiB"),
    ]


def remittance(claims: int) -> bytes:
    """One payment for so many claims of 100.03, of which 60 are paid."""
    return interchange(a_set(tuple(part for number in range(claims) for part in _claim(number)), str(60 * claims)))


def _claim(number: int) -> tuple[str, ...]:
    ours = f"2026-{number:06d}"
    return (
        f"CLP*{ours}*1*100.03*60*20*HM*ICN{number:07d}*11*1",
        "NM1*QC*1*LINDQVIST*PER****MI*XQ4471902",
        "DTM*232*20260915",
        "SVC*HC:G0463:25*50.01*40**1",
        "DTM*472*20260915",
        "CAS*CO*45*10.01",
        f"REF*6R*{ours}-1",
        "SVC*HC:G0439*50.02*20**1",
        "DTM*472*20260915",
        "CAS*CO*45*10.02",
        "CAS*PR*1*20",
        f"REF*6R*{ours}-2",
    )


def _write_large(path: Path) -> None:
    """A file of the size wanted, with many sets of one claim repeated."""
    whole = remittance(20_000)
    with path.open("wb") as file:
        for _ in range(LARGE_BYTES // len(whole) + 1):
            file.write(whole)


def _tokenizing(path: Path) -> tuple[float, float]:
    """Segments a second of our tokenizer and of pyx12's reader, the best of some runs of each."""
    import pyx12.x12file

    from store.x12.tokenizer import segments

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    content = path.read_bytes()
    text = content.decode()
    ours = min(_timed(lambda: sum(1 for _ in segments(content, []))) for _ in range(_RUNS))
    theirs = min(_timed(lambda: sum(1 for _ in pyx12.x12file.X12Reader(io.StringIO(text)))) for _ in range(_RUNS))
    count = sum(1 for _ in segments(content, []))
    return count / ours, count / theirs


def _timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


def _apart(what: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a part in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.remits", what, str(folder)]
    seconds, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(memory)


def _post(folder: Path) -> float:
    from store.actors import SYSTEM
    from store.database import open_database
    from store.remits.posting import take_in

    db = open_database(f"sqlite:///{folder}/workstation.sqlite")
    began = time.perf_counter()
    (taken,) = take_in(db, SYSTEM, folder / "era.835").sets
    seconds = time.perf_counter() - began
    assert (taken.outcome, taken.matched) == ("posted", CLAIMS), taken
    db.close()
    return seconds


def _site(folder: Path) -> None:
    """A record with the claims that the remittance pays."""
    from sqlalchemy import insert

    from store.actors import SYSTEM
    from store.database import open_database
    from store.models import Claim, ClaimLine
    from store.models.columns import new_id
    from store.terms import ClaimStatus
    from tests.store.claim_samples import add_coding, add_encounter

    db = open_database(f"sqlite:///{folder}/workstation.sqlite")
    with db.change(SYSTEM) as change:
        encounter = add_encounter(change.session)
        coding = add_coding(change.session, encounter)
        claims, lines = [], []
        for number in range(CLAIMS):
            claim = {
                "id": new_id(),
                "claim_number": f"2026-{number:06d}",
                "form": "837p",
                "encounter_id": encounter.id,
                "coding_id": coding,
                "status": ClaimStatus.EXPORTED,
                "frequency": "1",
                "total_cents": 10_003,
                "service_from": "2026-09-15",
                "service_through": "2026-09-15",
                "parties": {},
                "created_at": "2026-09-20T00:00:00.000Z",
                "row_version": 1,
            }
            claims.append(claim)
            lines += list(_our_lines(claim["id"]))
        change.session.execute(insert(Claim), claims)
        change.session.execute(insert(ClaimLine), lines)
    db.close()


def _our_lines(claim_id: object) -> Iterator[dict[str, object]]:
    from store.models.columns import new_id

    for sequence, (code, modifiers, charge) in enumerate((("G0463", ["25"], 5001), ("G0439", [], 5002)), start=1):
        yield {
            "id": new_id(),
            "claim_id": claim_id,
            "sequence": sequence,
            "code": code,
            "modifiers": modifiers,
            "units": 1,
            "charge_cents": charge,
            "pointers": [1],
            "service_date": "2026-09-15",
            "performer_npi": "",
        }


def _large(folder: Path) -> float:
    from store.remits.balance import examine

    began = time.perf_counter()
    with (folder / "large.835").open("rb") as source:
        found = examine(source)
    assert not any(one.held for one in found.sets)
    return time.perf_counter() - began


if __name__ == "__main__":
    what, place = sys.argv[1], Path(sys.argv[2])
    if what == "post":
        subprocess.run([sys.executable, "-m", "tests.bench.remits", "site", str(place)], check=True)
    if what == "site":
        _site(place)
    else:
        print(_post(place) if what == "post" else _large(place), end=" ")
        print(peak())
