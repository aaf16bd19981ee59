"""A name in a worklist of 1,000,000 charts: begun, whole, misspelled, common and rare; on both databases.

Peers in the same run: the same list narrowed by LIKE, row by row, and rapidfuzz over every name of the record. The
record is the one of `tests.bench.worklists`, with the names that are made here; what a list needs of it is copied to a
PostgreSQL server with memory for a record of this size (`shared_buffers` of 1 GB).
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from store.database import Database, open_database
from store.queries import Reader, SessionReader, SqliteReader
from store.queries.charts import chart_charges, chart_coverages, chart_documents, chart_head
from store.queries.worklists import PAGE_ROWS, Listing, WorkRow, as_found, worklist_page
from store.sqlite import driver
from tests.bench import prepared
from tests.bench.figures import Figure

FAMILY_NAMES, GIVEN_NAMES = 60_000, 4_000
LOOKED_FOR = 60
"""How many names are looked for, of every rank from the most common one on."""

BAR = 50
DEPTH = 4_000
"""After how many rows a page deep in a list is read."""

PAGES_READ = 100
"""How often the first page and the deep one are read; a figure is their median."""

_OF_A_LIST = ("patient", "known_name", "payer", "account", "coverage", "encounter", "work_item")

_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""

_SYLLABLES = [
    part
    for line in (
        "ba be bo da de do fa fer gar ger han hol jo jen ka ker la len lo ma mar men mi mo na ne no pe per ra",
        "ri ro sa sen si so ta ten ti to va ver vi wa wen wi za ze land mann sky ton wick field berg quist dez rez",
    )
    for part in line.split()
]


def measure(path: Path, worklist: str) -> list[Figure]:
    """First page and count of the worklist under each kind of word: the median and the 95th of sixty."""
    reader = SqliteReader(path)
    rare = family_names()[FAMILY_NAMES // 2]
    return [
        *_of_every_kind(reader, worklist, ""),
        Figure("peer: LIKE row by row, first page", None, _like(reader, worklist, rare), "ms"),
        Figure("peer: rapidfuzz over every name, in memory", None, _every_name(family_names()), "ms"),
        *_on_postgres(path, worklist),
    ]


def _of_every_kind(reader: Reader, worklist: str, where: str) -> list[Figure]:
    families, given = family_names(), given_names()
    kinds: dict[str, Callable[[str, random.Random], str]] = {
        "family name": lambda name, _: name,
        "beginning of a name": lambda name, _: name[: max(2, len(name) // 2)],
        "misspelled name": _misspelled,
        "family and given name": lambda name, chance: f"{name} {chance.choice(given)[:3]}",
        "one letter": lambda name, _: name[0],
    }
    figures: list[Figure] = []
    for kind, made in kinds.items():
        chance = random.Random(20)
        words = [made(families[rank], chance).lower() for rank in _ranks()]
        figures += _figures(reader, worklist, f"{where}{kind}", words)
    return figures


def _on_postgres(path: Path, worklist: str) -> list[Figure]:
    url = prepared.postgres_url()
    if url is None:
        return []
    before, os.environ["CODEDESK_HOME"] = os.environ.get("CODEDESK_HOME"), str(path.parent)
    try:
        db = open_database(url)
        with db.reading() as session:
            reader = SessionReader(session)
            figures = [*_pages(reader, worklist), *_of_every_kind(reader, worklist, "PostgreSQL: ")]
        db.close()
    finally:
        prepared.end_server()
        os.environ.pop("CODEDESK_HOME")
        os.environ |= {"CODEDESK_HOME": before} if before else {}
    return figures


def _pages(reader: Reader, worklist: str) -> list[Figure]:
    """The first page, one deep in the list, and a chart that is opened, as they are measured on SQLite too."""
    listing, chance = Listing(worklist), random.Random(1)
    deep = row_at(reader, listing)
    items = [f"W{chance.randrange(1, 1_000_000)}" for _ in range(100)]
    opened = [_ms(lambda item=item: _open(reader, item)) for item in items]
    first, after = [], []
    for _ in range(PAGES_READ):  # by turns, for longer than this machine is slow at times
        first.append(_ms(lambda: worklist_page(reader, listing)))
        after.append(_ms(lambda: worklist_page(reader, listing, after=deep)))
    return [
        Figure("PostgreSQL: first page of the list", 5, statistics.median(first), "ms"),
        Figure(f"PostgreSQL: page after row {DEPTH:,}", 2, statistics.median(after), "ms"),
        Figure("PostgreSQL: open any chart, p50", 5, statistics.median(opened), "ms"),
    ]


def row_at(reader: Reader, listing: Listing) -> WorkRow:
    """A row deep in a list, which is reached page by page as by keys."""
    row = None
    for _ in range(-(-DEPTH // PAGE_ROWS)):
        row = worklist_page(reader, listing, after=row)[-1]
    assert row is not None
    return row


def _open(reader: Reader, item: str) -> None:
    encounter = chart_head(reader, item).encounter_id
    for part in (chart_documents, chart_charges, chart_coverages):
        part(reader, encounter)


def copy(path: Path, there: Database) -> None:
    """Copy what a list needs; a record is moved otherwise (`store.move`), with every row compared."""
    here = driver.connect(path)
    with there.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cursor = connection.connection.cursor()
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        indexes = cursor.execute(_INDEXES, [list(_OF_A_LIST)]).fetchall()
        for name, _ in indexes:  # made in one go behind the rows, they cost a third
            cursor.execute(f"DROP INDEX {name}")
        for table in _OF_A_LIST:
            rows = here.execute(f"SELECT * FROM {table}")
            columns = ", ".join(column for column, *_ in rows.description)
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copied:
                for row in rows:
                    copied.write_row(row)
        for _, made in indexes:
            cursor.execute(made)
        cursor.execute("VACUUM ANALYZE")
    here.close()


def drawn_names(patients: int) -> list[tuple[str, str]]:
    """Family and given names of so many patients, as common and as rare as names are."""
    chance = random.Random(9)
    drawn = (
        chance.choices(names, cum_weights=list(_as_common(len(names))), k=patients)
        for names in (family_names(), given_names())
    )
    return list(zip(*drawn, strict=True))


def _figures(reader: Reader, worklist: str, kind: str, words: list[str]) -> list[Figure]:
    pages, counts = [], []
    for word in words:
        begun = time.perf_counter()
        listing, found = as_found(reader, Listing(worklist, text=word))
        counted = time.perf_counter()
        rows = worklist_page(reader, listing)
        pages.append((time.perf_counter() - counted) * 1000)
        counts.append((counted - begun) * 1000)
        assert bool(rows) == bool(found)
    return [
        Figure(f"{kind}, page, median", BAR, statistics.median(pages), "ms"),
        Figure(f"{kind}, page, p95", BAR, _p95(pages), "ms"),
        Figure(f"{kind}, counted, and like it if none, p95", BAR, _p95(counts), "ms"),
    ]


def _p95(spent: list[float]) -> float:
    return sorted(spent)[int(len(spent) * 0.95)]


def _ranks() -> list[int]:
    """Names of every rank, as many common ones as rare ones."""
    return [int((FAMILY_NAMES - 1) ** (place / (LOOKED_FOR - 1))) - 1 for place in range(LOOKED_FOR)]


def _misspelled(name: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(name))
    left, right = name[:place], name[place:]
    return chance.choice((left + right[1:], left + right[0] + right, left + "e" + right[1:]))


def _like(reader: SqliteReader, worklist: str, word: str) -> float:
    sql = (
        "SELECT w.id FROM work_item w JOIN encounter e ON e.id = w.encounter_id JOIN patient p ON p.id = e.patient_id"
        " WHERE w.worklist = :list AND w.status IN ('ready', 'in_progress', 'on_hold')"
        " AND LOWER(w.patient_name || ' ' || p.mrn) LIKE :word ORDER BY w.order_key, w.id LIMIT 100"
    )
    return _ms(lambda: reader.rows(sql, list=worklist, word=f"%{word.lower()}%"))


def _every_name(families: list[str]) -> float:
    from rapidfuzz import process

    return _ms(lambda: process.extract(families[500].lower()[:-1], families, limit=40))


def _ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def family_names() -> list[str]:
    """Made-up family names, the common ones first."""
    return _made(FAMILY_NAMES, 7, (2, 2, 3, 3, 3, 4))


def given_names() -> list[str]:
    """Made-up given names, the common ones first."""
    return _made(GIVEN_NAMES, 8, (2, 2, 3))


def _made(size: int, seed: int, syllables: tuple[int, ...]) -> list[str]:
    chance, made = random.Random(seed), dict[str, None]()
    while len(made) < size:
        made["".join(chance.choices(_SYLLABLES, k=chance.choice(syllables))).capitalize()] = None
    return list(made)


def _as_common(size: int) -> Iterator[float]:
    """Weights added up, by rank: of names a few are common and most are rare."""
    return accumulate(1 / (rank + 25) for rank in range(size))
