"""A name among 1,000,000 encounters of 330,000 patients: begun, whole, misspelled, common and rare.

Peers in the same run: the same list narrowed by LIKE, row by row, and rapidfuzz over every name of the record.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from store.database import open_database
from store.models.patient import KNOW_NAMES
from store.names import known_rows
from store.queries import SqliteReader
from store.queries.worklists import Listing, worklist_count, worklist_page
from tests.bench.figures import Figure

ENCOUNTERS = 1_000_000
PATIENTS = ENCOUNTERS // 3
FAMILY_NAMES, GIVEN_NAMES = 60_000, 4_000
WORKLIST = "Clinic"
LOOKED_FOR = 120
"""How many names are looked for, of every rank from the most common one on."""

BAR = 50.0

_SYLLABLES = [
    part
    for line in (
        "ba be bo da de do fa fer gar ger han hol jo jen ka ker la len lo ma mar men mi mo na ne no pe per ra",
        "ri ro sa sen si so ta ten ti to va ver vi wa wen wi za ze land mann sky ton wick field berg quist dez rez",
    )
    for part in line.split()
]


def measure() -> list[Figure]:
    """First page and count of the worklist under each kind of word, the slowest of twenty and the median."""
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        path = Path(folder) / "names.sqlite"
        families = fill(path)
        reader = SqliteReader(path)
        kinds = {
            "family name": lambda name, chance: name,
            "beginning of a name": lambda name, chance: name[: max(2, len(name) // 2)],
            "misspelled name": _misspelled,
            "family and given name": lambda name, chance: f"{name} {chance.choice(_given())[:3]}",
            "one letter": lambda name, chance: name[0],
        }
        figures: list[Figure] = []
        for kind, made in kinds.items():
            chance = random.Random(20)
            words = [made(families[rank], chance).lower() for rank in _ranks()]
            figures += _figures(reader, kind, words)
        figures.append(Figure("peer: LIKE row by row, first page", None, _like(path, families[30_000]), "ms"))
        figures.append(Figure("peer: rapidfuzz over every name, in memory", None, _every_name(families), "ms"))
        reader.close()
    return figures


def _figures(reader: SqliteReader, kind: str, words: list[str]) -> list[Figure]:
    pages, counts = [], []
    for word in words:
        exact = Listing(WORKLIST, text=word)
        begun = time.perf_counter()
        found = worklist_count(reader, exact)
        listing = exact if found else Listing(WORKLIST, text=word, alike=True)
        if not found:
            found = worklist_count(reader, listing)
        counts.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        rows = worklist_page(reader, listing)
        pages.append((time.perf_counter() - begun) * 1000)
        assert bool(rows) == bool(found)
    return [
        Figure(f"{kind}, page, median", BAR, statistics.median(pages), "ms"),
        Figure(f"{kind}, page, p95", BAR, sorted(pages)[int(len(pages) * 0.95)], "ms"),
        Figure(f"{kind}, count (and alike), p95", BAR, sorted(counts)[int(len(counts) * 0.95)], "ms"),
    ]


def _ranks() -> list[int]:
    """Names of every rank, as many common ones as rare ones."""
    return [int((FAMILY_NAMES - 1) ** (place / (LOOKED_FOR - 1))) - 1 for place in range(LOOKED_FOR)]


def _misspelled(name: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(name))
    left, right = name[:place], name[place:]
    return chance.choice((left + right[1:], left + right[0] + right, left + "e" + right[1:]))


def _like(path: Path, word: str) -> float:
    reader = SqliteReader(path)
    sql = (
        "SELECT w.id FROM work_item w JOIN encounter e ON e.id = w.encounter_id JOIN patient p ON p.id = e.patient_id"
        " WHERE w.worklist = :list AND w.status IN ('ready', 'in_progress', 'on_hold')"
        " AND LOWER(w.patient_name || ' ' || p.mrn) LIKE :word ORDER BY w.order_key, w.id LIMIT 100"
    )
    spent = _ms(lambda: reader.rows(sql, list=WORKLIST, word=f"%{word.lower()}%"), 3)
    reader.close()
    return spent


def _every_name(families: list[str]) -> float:
    from rapidfuzz import process

    return _ms(lambda: process.extract(families[500].lower()[:-1], families, limit=40), 3)


def _ms(work: Callable[[], object], runs: int) -> float:
    spent = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def _families() -> list[str]:
    """Made-up family names, the common ones first."""
    chance, made = random.Random(7), dict[str, None]()
    while len(made) < FAMILY_NAMES:
        made["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3, 3, 3, 4)))).capitalize()] = None
    return list(made)


def _given() -> list[str]:
    chance, made = random.Random(8), dict[str, None]()
    while len(made) < GIVEN_NAMES:
        made["".join(chance.choices(_SYLLABLES, k=chance.choice((2, 2, 3)))).capitalize()] = None
    return list(made)


def fill(path: Path) -> list[str]:
    """A record of patients whose names are as common as names are (the second half as often, and so on); the names."""
    families, given = _families(), _given()
    chance = random.Random(9)
    drawn = chance.choices(families, cum_weights=list(_zipf(len(families))), k=PATIENTS)
    with_given = chance.choices(given, cum_weights=list(_zipf(len(given))), k=PATIENTS)
    database = open_database(f"sqlite:///{path}")
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {ENCOUNTERS - 1})"
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO patient (id, source, mrn, family_name, given_name, middle_name, suffix, sex, address_line1,"
            " address_line2, city, state, zip, phone)"
            " VALUES (?, 'bench', ?, ?, ?, '', '', 'F', '', '', '', '', '', '')",
            [(f"P{i}", f"M{i}", one, other) for i, (one, other) in enumerate(zip(drawn, with_given, strict=True))],
        )
        connection.execute(KNOW_NAMES, list(known_rows({*drawn, *with_given})))
        for statement in (
            """INSERT INTO account (id, source, account_number, financial_class, bill_hold_days, patient_id)
                SELECT 'A' || id, 'bench', 'A' || id, '', 3, id FROM patient""",
            f"""INSERT INTO encounter (id, source, visit_number, setting, patient_class, status, started_at,
                place_of_service, hospital_service, admission_type, point_of_origin, discharge_disposition, reason,
                extra, patient_id, account_id, service_date, content_sha256)
                {numbers} SELECT 'E' || i, 'bench', 'V' || i, 'clinic', 'O', 'discharged', '2026-09-01', '11', '', '',
                '', '', '', '{{}}', 'P' || (i * 7919 % {PATIENTS}), 'AP' || (i * 7919 % {PATIENTS}), '2026-09-01', ''
                FROM n""",
            f"""INSERT INTO work_item (id, encounter_id, kind, worklist, status, rank, service_date, charge_rank,
                patient_name, reasons, rule, new_documents, came_back, bill_by, skill, route, order_key, created_at,
                row_version)
                SELECT 'W' || e.id, e.id, 'professional', '{WORKLIST}', 'ready', 0, '2026-09-01', 0,
                p.family_name || ', ' || p.given_name, '[]', '', 0, '', '2027-09-01', '', '||',
                '0' || ABS(RANDOM() % 1000000000), '2026-09-02T00:00:00.000Z', 1
                FROM encounter e JOIN patient p ON p.id = e.patient_id""",
        ):
            connection.exec_driver_sql(statement)
    database.close()
    return families


def _zipf(size: int) -> Iterator[float]:
    return accumulate(1 / (rank + 25) for rank in range(size))
