"""Long worklists: pages, counts, names, get-next with its routing, why, a dry run, at 100,000 and 1,000,000 charts."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from store.actors import Actor
from store.coding.opening import open_next
from store.criteria import read_condition
from store.database import open_database
from store.models.patient import KNOW_NAMES
from store.names import known_rows
from store.queries import SqliteReader
from store.queries.worklists import Listing, worklist_count, worklist_counts, worklist_page
from store.terms import Role
from store.worklists.rulebook import Rulebook, read_rulebook, shipped_content
from store.worklists.versions import try_version
from store.worklists.why import why
from tests.bench import names, prepared
from tests.bench.figures import Figure
from tests.bench.filling import indexes_afterwards
from tui.screens.chart.view import read_chart

SIZES = (100_000, 1_000_000)
WORKLIST = "Clinic"
SKILLS = 40
"""Routes of the worklist: so many skills, of which the coder has half."""

GIVEN = 60
"""How many charts are given out."""


def measure() -> list[Figure]:
    """Figures for both sizes; a page costs the same at any depth."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.sqlite"
        fill(path, SIZES[0])
        figures += [*_measured(SqliteReader(path), SIZES[0]), *_given(path, SIZES[0])]
    path, size = prepared.path(prepared.WORKLISTS), SIZES[-1]
    return [*figures, *_measured(SqliteReader(path), size), *names.measure(path, WORKLIST), *_given(path, size)]


def _measured(reader: SqliteReader, size: int) -> list[Figure]:
    listing = Listing(WORKLIST)
    deep = names.row_at(reader, listing)
    name = f"worklist of {size:,}: "
    return [
        Figure(f"{name}first page", 5, _ms(lambda: worklist_page(reader, listing)), "ms"),
        Figure(
            f"{name}page after row {names.DEPTH:,}", 5, _ms(lambda: worklist_page(reader, listing, after=deep)), "ms"
        ),
        Figure(f"{name}last page", 5, _ms(lambda: worklist_page(reader, listing, last=True)), "ms"),
        Figure(f"{name}count", 100, _ms(lambda: worklist_count(reader, listing)), "ms"),
        Figure(f"{name}counts of every list", 100, _ms(lambda: worklist_counts(reader)), "ms"),
    ]


def _given(path: Path, size: int) -> list[Figure]:
    """Get-next until the chart can be painted, for a coder with a skill who skipped charts; then what managers ask."""
    database = open_database(f"sqlite:///{path}")
    coder = Actor("coder", Role.CODER, "CODER", "Coder")
    name = f"{size:,} charts: "
    reader = SqliteReader(path)
    spent = []
    for _ in range(GIVEN):
        begun = time.perf_counter()
        opened = open_next(database, coder, WORKLIST)
        assert opened is not None
        read_chart(reader, opened.work_item_id, opened.coding_id)
        spent.append((time.perf_counter() - begun) * 1000)
    item = opened.work_item_id
    criteria = read_condition({"all": ["charges at least 100", "days since service at least 3"]})
    view = Listing(WORKLIST, criteria=criteria, today=date(2026, 10, 8))
    begun = time.perf_counter()
    trial = try_version(database, _other_rules())
    seconds = time.perf_counter() - begun
    assert trial.charts > size * 0.9
    database.close()
    return [
        Figure(f"{name}get-next to chart read, median", 80, statistics.median(spent), "ms"),
        Figure(f"{name}get-next to chart read, p95", 80, sorted(spent)[int(len(spent) * 0.95)], "ms"),
        Figure(f"{name}why", 80, _ms(lambda: why(reader, item, date(2026, 10, 8))), "ms"),
        Figure(f"{name}first page of a view with criteria", 50, _ms(lambda: worklist_page(reader, view)), "ms"),
        Figure(f"{name}dry run of other rules", 120, seconds, "s"),
    ]


def _other_rules() -> Rulebook:
    first = {"name": "High", "all": ["charges at least 5000", "payer contains payer 1"], "order": ["charges desc"]}
    return read_rulebook({"worklist": [first, *shipped_content()["worklist"]]}, 2)


def _ms(work: Callable[[], object]) -> float:
    """Median milliseconds of nine runs."""
    spent = []
    for _ in range(9):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def fill(path: Path, size: int) -> None:
    """A record with a patient for every three visits, a payer for every thousand, and one open task for each visit."""
    database = open_database(f"sqlite:///{path}")
    patients = size // 3
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})"
    people = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {patients - 1})"
    few = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {size // 1000})"
    drawn = names.drawn_names(patients)
    with database.engine.begin() as connection, indexes_afterwards(connection.exec_driver_sql):
        connection.exec_driver_sql(
            "INSERT INTO patient (id, source, mrn, family_name, given_name, middle_name, suffix, sex, address_line1,"
            " address_line2, city, state, zip, phone)"
            " VALUES (?, 'bench', ?, ?, ?, '', '', 'F', '', '', '', '', '', '')",
            [(f"P{number}", f"M{number}", *name) for number, name in enumerate(drawn)],
        )
        connection.execute(KNOW_NAMES, list(known_rows(*map(set, zip(*drawn, strict=True)))))
        for statement in (
            f"""INSERT INTO payer (id, source, local_id, name, payer_identifier, claim_filing_code, line_of_business,
                member_id_pattern, address_line1, city, state, zip)
                {few} SELECT 'Y' || i, 'bench', 'Y' || i, 'Payer ' || i, '', '', '', '', '', '', '', '' FROM n""",
            f"""INSERT INTO account (id, source, account_number, financial_class, bill_hold_days, patient_id)
                {people} SELECT 'A' || i, 'bench', 'A' || i, '', 3, 'P' || i FROM n""",
            f"""INSERT INTO coverage (id, sequence, plan_name, group_number, member_id, relationship,
                subscriber_family_name, subscriber_given_name, subscriber_sex, subscriber_address_line1,
                subscriber_city, subscriber_state, subscriber_zip, authorization_number, referral_number,
                account_id, payer_id)
                {people} SELECT 'C' || i, 1, '', '', 'X', 'self', '', '', '', '', '', '', '', '', '', 'A' || i,
                'Y' || (i % {size // 1000}) FROM n""",
            f"""INSERT INTO encounter (id, source, visit_number, setting, patient_class, status, started_at,
                place_of_service, hospital_service, admission_type, point_of_origin, discharge_disposition, reason,
                extra, patient_id, account_id, service_date, content_sha256)
                {numbers} SELECT 'E' || i, 'bench', 'V' || i, 'clinic', 'O', 'discharged', '2026-09-01', '11', '', '',
                '', '', '', '{{}}', 'P' || (i * 7919 % {patients}), 'A' || (i * 7919 % {patients}), '2026-09-01', ''
                FROM n""",
            f"""INSERT INTO work_item (id, encounter_id, kind, worklist, status, rank, service_date, charge_rank,
                patient_name, reasons, rule, new_documents, came_back, bill_by, skill, route, order_key, created_at,
                row_version)
                {numbers} SELECT 'W' || i, 'E' || i, 'professional', '{WORKLIST}', 'ready', -((i * 7919) % 100),
                '2026-09-01', -i, p.family_name || ', ' || p.given_name, '[]', '', 0, '', '2027-09-01',
                'skill ' || (i % {SKILLS}), 'skill ' || (i % {SKILLS}) || '||', '0' || (1000000000000 -
                ((i * 7919) % 100)), '2026-09-02T00:00:00.000Z', 1
                FROM n JOIN patient p ON p.id = 'P' || (i * 7919 % {patients})""",
            """INSERT INTO person (id, login, name, role, units_target, active, pin_failures, created_at)
                VALUES ('CODER', 'coder', 'Coder', 'coder', 60, 1, 0, '')""",
            f"""INSERT INTO person_skill (person_id, skill)
                WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {SKILLS // 2})
                SELECT 'CODER', 'skill ' || i FROM n""",
            f"""INSERT INTO work_skip (id, work_item_id, person_id, reason, at, until)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
                SELECT 'S' || i, 'W' || (i * {SKILLS}), 'CODER', 'x', '', '9999' FROM n""",
        ):
            connection.exec_driver_sql(statement)
    database.close()
