"""The ordinary ways to search codes, each as a command of the relevance benchmark: what ours is measured beside.

`python -m tests.bench.search_peers WAY DATABASE` reads a query a line and answers a line of codes. `fts5` is
SQLite's full-text index with prefixes and bm25 over titles and inclusion terms, all words and then any; `like`
is one LIKE '%word%' a word over the titles, as in systems of the OpenEMR family; `rapidfuzz` compares the query
with every billable title. All answer a code or its beginning by the beginning, as the real ones do.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable

ANSWERS = 25
Search = Callable[[str], list[str]]

_TITLES = """
SELECT code, title, billable FROM codes WHERE release_id =
    (SELECT id FROM releases WHERE system = 'icd10cm' ORDER BY id DESC LIMIT 1) ORDER BY position
"""
_TERMS = "SELECT owner, text FROM notes WHERE owner_kind = 'code' AND kind IN ('inclusionTerm', 'includes')"


def fts5(db: sqlite3.Connection) -> Search:
    """SQLite FTS5: bm25, every word a prefix, all of them and then any."""
    codes = db.execute(_TITLES).fetchall()
    known = {code for code, *_ in codes}
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE VIRTUAL TABLE terms USING fts5 (code UNINDEXED, text, prefix = '2 3 4')")
    memory.executemany("INSERT INTO terms VALUES (?, ?)", [(code, title) for code, title, _ in codes])
    memory.executemany("INSERT INTO terms VALUES (?, ?)", [row for row in db.execute(_TERMS) if row[0] in known])
    query = f"SELECT code FROM terms WHERE terms MATCH ? ORDER BY bm25(terms) LIMIT {ANSWERS * 4}"

    def search(typed: str) -> list[str]:
        words = [f'"{word}"*' for word in _words(typed)]
        found: dict[str, None] = {}
        for joined in (" ".join(words), " OR ".join(words)):
            if words and len(found) < ANSWERS:
                found |= dict.fromkeys(row[0] for row in memory.execute(query, (joined,)))
        return list(found)[:ANSWERS]

    return search


def like(db: sqlite3.Connection) -> Search:
    """One LIKE a word, all of them, in the order of the codes."""
    memory = sqlite3.connect(":memory:")
    memory.execute("CREATE TABLE codes (code TEXT, title TEXT, billable INTEGER)")
    memory.executemany("INSERT INTO codes VALUES (?, ?, ?)", db.execute(_TITLES).fetchall())

    def search(typed: str) -> list[str]:
        words = _words(typed)
        if not words:
            return []
        where = " AND ".join("title LIKE ?" for _ in words)
        query = f"SELECT code FROM codes WHERE billable AND {where} LIMIT {ANSWERS}"
        return [row[0] for row in memory.execute(query, [f"%{word}%" for word in words])]

    return search


def rapidfuzz(db: sqlite3.Connection) -> Search:
    """rapidfuzz's WRatio of the query and every billable title."""
    from rapidfuzz import fuzz, process, utils

    codes = [(code, title) for code, title, billable in db.execute(_TITLES) if billable]
    titles = [utils.default_process(title) for _, title in codes]

    def search(typed: str) -> list[str]:
        near = process.extract(utils.default_process(typed), titles, scorer=fuzz.WRatio, limit=ANSWERS)
        return [codes[place][0] for _, _, place in near]

    return search


WAYS: dict[str, Callable[[sqlite3.Connection], Search]] = {"fts5": fts5, "like": like, "rapidfuzz": rapidfuzz}


def main() -> int:
    """Answer the queries of stdin; usage error without a way and a database."""
    if len(sys.argv) != 3 or sys.argv[1] not in WAYS:
        print(f"usage: search_peers {{{' | '.join(WAYS)}}} DATABASE", file=sys.stderr)
        return 2
    db = sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True)
    search = WAYS[sys.argv[1]](db)
    names = sorted(row[0] for row in db.execute(_TITLES))
    for line in sys.stdin:
        print(*(_by_code(names, line.strip()) or search(line.strip())), flush=True)
    return 0


def _by_code(names: list[str], typed: str) -> list[str]:
    prefix = typed.upper().replace(".", "")
    if not re.fullmatch(r"[A-Z][0-9A-Z]{1,6}", prefix) or not any(letter.isdigit() for letter in prefix):
        return []
    return [name for name in names if name.startswith(prefix)][:ANSWERS]


def _words(typed: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", typed.lower())


if __name__ == "__main__":
    sys.exit(main())
