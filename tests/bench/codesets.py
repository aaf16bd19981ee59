"""Code sets: loading a year of ICD-10-CM and two of ICD-10-PCS, and looking codes up beside them.

The official files lie beside the repository (`../shared/data`); without them nothing is measured. What the alphabetic
index does for search is in `tests.bench.search`.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from codesets import books, catalog, gathering, importing
from codesets.importing import Status
from codesets.reference import open_reference
from codesets.releases import CodeSystem
from tests.bench.figures import Figure, peak
from tests.bench.references import DATA, copied

ON = dt.date(2026, 6, 1)
_CM = (
    "icd10cm_order_2025.txt",
    "fy2017xml/icd10cm_tabular_2017.xml",
    "fy2025xml/icd10cm-index-2025.xml",
    "fy2025xml/icd10cm-eindex-2025.xml",
    "fy2025xml/icd10cm-neoplasm-2025.xml",
    "fy2025xml/icd10cm-drug-2025.xml",
)


def measure() -> list[Figure]:
    """Load into a database in a folder of its own and measure on it."""
    if not DATA.exists():
        print("no figures of code sets: shared/data is not beside the repository", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        place = copied(Path(folder))
        return [
            Figure("ICD-10-CM order, tabular, index files", 25, _load(place, [DATA / "icd10cm" / n for n in _CM]), "s"),
            Figure("ICD-10-PCS, two years", 15, _load(place, [DATA / "icd10pcs"]), "s"),
            Figure("peak resident memory of loading", None, peak(), "MiB"),
            Figure("reference database on disk", 400, place.stat().st_size / 2**20, "MiB"),
            *_look_ups(place),
        ]


def _load(place: Path, paths: list[Path]) -> float:
    """Seconds for loading the files; every one of them must be taken or be no official file at all."""
    began = time.perf_counter()
    with gathering.gather([str(path) for path in paths], lambda stage, done: None) as gathered:
        report = importing.run(place, importing.plan(place, gathered), lambda stage, done: None)
    refused = [result.item for result in report.results if result.item.status is Status.REFUSED]
    assert not refused, refused
    return time.perf_counter() - began


def _look_ups(place: Path) -> list[Figure]:
    codes = ("E1142", "S72001A", "I10", "C50919", "O80", "T39011A")
    with open_reference(place) as reference:
        pages = _mean_ms(lambda code: catalog.page(reference, CodeSystem.ICD10CM, code, ON), codes)
        trails = _mean_ms(lambda code: books.index_terms(reference, code, ON), codes)
    return [Figure("code page with index loaded", 3, pages, "ms"), Figure("index trails of a code", 3, trails, "ms")]


def _mean_ms(look_up: object, codes: tuple[str, ...]) -> float:
    assert callable(look_up)
    look_up(codes[0])
    began = time.perf_counter()
    for _ in range(20):
        for code in codes:
            look_up(code)
    return (time.perf_counter() - began) * 1000 / (20 * len(codes))
