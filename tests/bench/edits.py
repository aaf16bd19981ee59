"""The edits on a batch of claims: made-up claims, all rules, two million pairs, on one core.

Beside it in the same run: one SQL query for each pair of codes, and a general rule library from PyPI (`rule-engine`) on
the conditions that both can say; where it is not installed, that figure is left out and said so. Codes of procedures
are made up, diagnoses are real.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from codesets.edits import ReferenceFacts
from codesets.edits.facts import facts_of
from codesets.ncci import Setting
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.sources.source import FileKind
from store.claims.content import BilledDiagnosis, BilledLine, ClaimContent
from store.collector import collector_past_tables
from store.scrub.checks import ScrubFacts
from store.scrub.engine import coded_encounter, scrub
from store.scrub.rules import rule_book
from store.scrub.sample import SAMPLE
from tests.bench.figures import Figure, peak
from tests.bench.references import shipped

CLAIMS, LINES, PAIRS = 10_000, 40_000, 2_000_000
_PER_SECOND, _MEBIBYTES, _CHART_MILLISECONDS, _LOAD_SECONDS = 4_000.0, 250.0, 15.0, 0.5
_DAYS = [dt.date(2026, 7, 1) + dt.timedelta(days=n) for n in range(60)]
_TODAY = dt.date(2026, 9, 20)
_USED = 1_200
"""How many codes of procedures a site uses; the others of the release are there and never billed."""

_DIAGNOSES = (
    *("I10", "E11.9", "E78.5", "M54.50", "J45.909", "E66.9", "F41.1", "K21.9", "N39.0", "J06.9", "E03.9", "G47.33"),
    *("F32.A", "R05.9", "M25.561", "Z79.4", "E11.22", "N18.31", "I12.9", "I50.9", "I11.0", "Z00.00", "Z23", "L40.0"),
    *("H65.01", "H65.02", "M17.11", "M17.12", "R07.9", "R51.9"),
)


def measure() -> list[Figure]:
    """Build the pairs, then run the batch, the queries and the library in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "reference.sqlite")
        _with_pairs(place)
        load, seconds, memory, found, chart = _run("scrub", place)
        figures = [
            Figure("edits: loading of rules and code sets", _LOAD_SECONDS, load, "s"),
            Figure(f"edits: {CLAIMS:,} claims, {LINES:,} lines, all rules", _PER_SECOND, CLAIMS / seconds, "/s", False),
            Figure("edits: peak memory of the batch", _MEBIBYTES, memory, "MiB"),
            Figure("edits: findings of the batch", None, found, ""),
            Figure("edits: live check of a chart, 20 codes, 8 lines", _CHART_MILLISECONDS, chart, "ms"),
        ]
        ours, theirs, ordered = _run("pairs", place)
        figures.append(Figure(f"pairs: {ordered:,.0f} ordered, a query a claim", None, ours, "s", True, theirs))
        if _library() is None:
            print("rule-engine is not installed: its figure is left out (pip install rule-engine)", file=sys.stderr)
        else:
            count, own, general = _run("library", place)
            name = f"conditions: {count:.0f} on 4,000 lines, beside rule-engine"
            figures.append(Figure(name, None, own, "s", True, general))
        return figures


def claims(count: int = CLAIMS, lines: int = LINES) -> Iterator[ClaimContent]:
    """Made-up claims of an office: few faults, as in life; the same ones each time."""
    chance = random.Random(20_260_914)
    codes = _used_codes()
    for number in range(count):
        size = lines // count + chance.choice((-2, -1, 0, 0, 1, 2))
        day = str(chance.choice(_DAYS))
        wanted = chance.sample(_DIAGNOSES, chance.randint(1, 5))
        rows = tuple(
            BilledLine(
                place,
                chance.choice(codes),
                day,
                chance.randrange(2_000, 40_000),
                1 if chance.random() < 0.9 else chance.randint(2, 6),
                _modifiers(chance),
                tuple(sorted(chance.sample(range(1, len(wanted) + 1), min(len(wanted), chance.randint(1, 3))))),
            )
            for place in range(1, size + 1)
        )
        born = f"{chance.randrange(1935, 2015)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
        person = replace(SAMPLE.parties.patient, birth_date=born, sex=chance.choice("FM"))
        coverage = SAMPLE.parties.coverage
        assert coverage is not None
        parties = replace(
            SAMPLE.parties,
            patient=person,
            coverage=replace(coverage, subscriber=person, member_id=f"XQ{number:07}"),
            encounter_from=day,
            encounter_through=day,
        )
        yield replace(
            SAMPLE,
            claim_number=f"2026-{number:06}",
            parties=parties,
            diagnoses=tuple(BilledDiagnosis(place, code) for place, code in enumerate(wanted, 1)),
            lines=rows,
            total_cents=sum(row.charge_cents for row in rows),
            service_from=day,
            service_through=day,
        )


def _modifiers(chance: random.Random) -> tuple[str, ...]:
    if chance.random() < 0.7:
        return ()
    return tuple(chance.sample(("25", "59", "LT", "RT", "76", "GP", "KX", "XS"), chance.choice((1, 1, 1, 2))))


def _codes() -> list[str]:
    """12,800 made-up codes, as many as there are first codes of pairs in a practitioner release; sorted."""
    return [f"Z{letter}{number:03X}" for letter in "ABCDEFGH" for number in range(1_600)]


def _used_codes() -> list[str]:
    codes = _codes()
    return codes[:: len(codes) // _USED][:_USED]


def _with_pairs(place: Path) -> None:
    """A copy of the shipped code sets with a release of made-up pairs, most units and add-on codes."""
    with sqlite3.connect(shipped().path) as old, sqlite3.connect(place) as new:
        old.backup(new)
    db = sqlite3.connect(place, isolation_level=None)
    db.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN")
    chance, codes = random.Random(5), _codes()
    reference = Reference(place)
    release = reference.choose(CodeSystem.HCPCS, _DAYS[0]).release
    reference.close()
    assert release is not None
    known = ((release.id, code, 100_000 + n, "a made-up procedure", 1) for n, code in enumerate(codes))
    db.executemany("INSERT INTO codes (release_id, code, position, title, billable) VALUES (?, ?, ?, ?, ?)", known)
    period = "2026 Q3", "2026-07-01", "2026-09-30"
    each, quarter = PAIRS // len(codes) + 1, len(codes) // 4
    for part, group in enumerate([codes[n : n + quarter] for n in range(0, len(codes), quarter)], 1):
        load = _load(db, CodeSystem.NCCI_PTP, FileKind.PTP, *period, f"practitioner f{part}")
        db.execute("INSERT INTO ncci_rationales VALUES (?, 0, 'More extensive procedure')", (load,))
        rows = (
            (load, one, two, 20200101, 99991231 if chance.random() < 0.65 else 20231231, chance.choice((0, 1)), 0)
            for one in group
            for two in chance.sample(codes, each)
            if two != one
        )
        db.executemany("INSERT INTO ncci_pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    load = _load(db, CodeSystem.NCCI_MUE, FileKind.MUE, *period, "practitioner")
    units = ((load, code, chance.randint(3, 8), chance.choice((1, 2, 3)), "clinical") for code in codes)
    db.executemany("INSERT INTO ncci_units VALUES (?, ?, ?, ?, ?)", units)
    load = _load(db, CodeSystem.NCCI_ADD_ON, FileKind.ADD_ON, *period, "")
    add_ons = ((load, code, codes[0], 20200101, 99991231, 1, "") for code in _used_codes()[::97])
    db.executemany("INSERT INTO ncci_add_ons VALUES (?, ?, ?, ?, ?, ?, ?)", add_ons)
    db.execute("COMMIT")
    db.close()


def _load(
    db: sqlite3.Connection, system: CodeSystem, kind: FileKind, edition: str, starts: str, ends: str, part: str
) -> int:
    row = db.execute(
        "INSERT INTO loads (system, kind, edition, starts, ends, part, shipped, name, size, sha256, rows, added,"
        " changed, ended, skipped, loaded_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, '', 0, 0, 0, 0, 0, '')",
        (system.value, kind.value, edition, starts, ends, part, f"{kind} {part}"),
    )
    return row.lastrowid or 0


def _run(what: str, place: Path) -> list[float]:
    command = [sys.executable, "-m", "tests.bench.edits", what, str(place)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(number) for number in answer.stdout.split()]


def _scrub(place: Path) -> list[float]:
    began = time.perf_counter()
    rule_book()
    reference = Reference(place)
    facts = ScrubFacts(_TODAY, ReferenceFacts(reference))
    scrub(next(claims(1, 4)), facts)
    load = time.perf_counter() - began
    seconds, found = 0.0, 0
    with collector_past_tables():  # as `codedesk claims scrub` and a session do
        for claim in claims():
            # Of this core alone: what else the host does meanwhile is none of it.
            began = time.process_time()
            found += len(scrub(claim, facts))
            seconds += time.process_time() - began
    memory = peak()
    return [load, seconds, memory, found, _chart(reference)]


def _chart(reference: Reference) -> float:
    """Milliseconds of the check after a keystroke: the slowest of many charts, each with one code that is new."""
    from codesets.edits import check_codes

    chance, codes = random.Random(3), _used_codes()
    slowest = []
    for _ in range(60):
        claim = next(claims(1, 8))
        rows = tuple(replace(line, sequence=n, code=chance.choice(codes)) for n, line in enumerate(claim.lines * 2, 1))[
            :8
        ]
        listed = tuple(BilledDiagnosis(n, code) for n, code in enumerate(chance.sample(_DIAGNOSES, 20), 1))
        encounter = coded_encounter(replace(claim, lines=rows, diagnoses=listed))
        assert encounter is not None
        facts = facts_of(reference)
        check_codes(replace(encounter, procedures=encounter.procedures[:-1]), facts)
        began = time.perf_counter()
        check_codes(encounter, facts)
        slowest.append((time.perf_counter() - began) * 1000)
    return sorted(slowest)[-3]


def _pairs(place: Path) -> list[float]:
    """Seconds for all claims: our look-up, then one query for each ordered pair of codes."""
    reference = Reference(place)
    asked = [(tuple(sorted({line.code for line in claim.lines})), claim.service_from) for claim in claims()]
    facts = ReferenceFacts(reference)
    began = time.perf_counter()
    ours = sum(len(facts.pairs(codes, dt.date.fromisoformat(day), Setting.PRACTITIONER).edits) for codes, day in asked)
    own = time.perf_counter() - began
    named = "SELECT id FROM loads WHERE kind = ? AND part LIKE 'practitioner f%'"
    loads = [row[0] for row in reference.db.execute(named, (FileKind.PTP.value,))]
    query = (
        "SELECT indicator FROM ncci_pairs WHERE load_id = ? AND column1 = ? AND column2 = ? AND effective <= ?"
        " AND deletion >= ? AND indicator <> 9"
    )
    began, found, ordered = time.perf_counter(), 0, 0
    for codes, day in asked:
        number = int(day.replace("-", ""))
        for one, two in permutations(codes, 2):
            ordered += 1
            for load in loads:
                found += len(reference.db.execute(query, (load, one, two, number, number)).fetchall())
    other = time.perf_counter() - began
    assert found == ours, f"{found} pairs by single queries, {ours} by ours"
    return [own, other, ordered]


def _library() -> Callable[..., object] | None:
    try:
        import rule_engine
    except ImportError:
        return None
    rule: Callable[..., object] = rule_engine.Rule
    return rule


def _conditions(place: Path) -> list[float]:
    """Seconds for the conditions of lines on 1,000 claims: ours, and the library's on those it takes."""
    from store.scrub.conditions import Conditions
    from store.scrub.expressions import NAMES, Subject
    from store.scrub.rules import Level

    make = _library()
    assert make is not None
    batch = list(claims(1_000, 4_000))
    ours, theirs = [], []
    for rule in rule_book().rules:
        if rule.when is None or rule.level is not Level.LINE:
            continue
        try:
            theirs.append(make(rule.when.text))
        except Exception:  # a condition that the library does not read
            continue
        ours.append(rule)
    prepared = Conditions(ours)
    began = time.perf_counter()
    mine = sum(len(lines) for claim in batch for _, lines in prepared.broken(claim).values())
    own = time.perf_counter() - began
    names = {name for rule in ours if rule.when for name in rule.when.names}
    began, other = time.perf_counter(), 0
    for claim in batch:
        for line in claim.lines:
            subject = Subject(claim, line)
            values = {name: _listed(NAMES[name](subject)) for name in names}
            other += sum(rule.matches(values) for rule in theirs)  # type: ignore[attr-defined]
    general = time.perf_counter() - began
    assert mine == other, f"{mine} lines by our conditions, {other} by the library"
    return [len(ours), own, general]


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


if __name__ == "__main__":
    what = {"scrub": _scrub, "pairs": _pairs, "library": _conditions}[sys.argv[1]]
    print(*what(Path(sys.argv[2])))
