"""Long worklists: what the first page, a deep page, the last page and the count cost, at 100,000 and 1,000,000 rows."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from store.database import open_database
from store.queries import SqliteReader
from store.queries.worklists import Listing, worklist_count, worklist_page
from tests.bench.figures import Figure

SIZES = (100_000, 1_000_000)
WORKLIST = "Clinic"


def measure() -> list[Figure]:
    """Figures for both sizes; a page costs the same at any depth."""
    figures = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.sqlite"
            _fill(path, size)
            figures += _measured(SqliteReader(path), size)
    return figures


def _measured(reader: SqliteReader, size: int) -> list[Figure]:
    listing = Listing(WORKLIST)
    first = worklist_page(reader, listing)
    deep = first
    for _ in range(20):
        deep = worklist_page(reader, listing, after=deep[-1])
    name = f"worklist of {size:,}: "
    return [
        Figure(f"{name}first page", 5, _ms(lambda: worklist_page(reader, listing)), "ms"),
        Figure(f"{name}page after row 4,000", 5, _ms(lambda: worklist_page(reader, listing, after=deep[-1])), "ms"),
        Figure(f"{name}last page", 5, _ms(lambda: worklist_page(reader, listing, last=True)), "ms"),
        Figure(f"{name}count", 100, _ms(lambda: worklist_count(reader, listing)), "ms"),
    ]


def _ms(work: Callable[[], object]) -> float:
    """Median milliseconds of nine runs."""
    spent = []
    for _ in range(9):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)


def _fill(path: Path, size: int) -> None:
    """A record with one patient and coverage behind every thousand visits, and one open task for each visit."""
    database = open_database(f"sqlite:///{path}")
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})"
    few = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {size // 1000})"
    with database.engine.begin() as connection:
        for statement in (
            f"""INSERT INTO patient (id, source, mrn, family_name, given_name, middle_name, suffix, sex, address_line1,
                address_line2, city, state, zip, phone)
                {few} SELECT 'P' || i, 'bench', 'M' || i, 'Family' || i, 'Given', '', '', 'F', '', '', '', '', '', ''
                FROM n""",
            f"""INSERT INTO payer (id, source, local_id, name, payer_identifier, claim_filing_code, line_of_business,
                member_id_pattern, address_line1, city, state, zip)
                {few} SELECT 'Y' || i, 'bench', 'Y' || i, 'Payer ' || i, '', '', '', '', '', '', '', '' FROM n""",
            f"""INSERT INTO account (id, source, account_number, financial_class, bill_hold_days, patient_id)
                {few} SELECT 'A' || i, 'bench', 'A' || i, '', 3, 'P' || i FROM n""",
            f"""INSERT INTO coverage (id, sequence, plan_name, group_number, member_id, relationship,
                subscriber_family_name, subscriber_given_name, subscriber_sex, subscriber_address_line1,
                subscriber_city, subscriber_state, subscriber_zip, authorization_number, referral_number,
                account_id, payer_id)
                {few} SELECT 'C' || i, 1, '', '', 'X', 'self', '', '', '', '', '', '', '', '', '', 'A' || i, 'Y' || i
                FROM n""",
            f"""INSERT INTO encounter (id, source, visit_number, setting, patient_class, status, started_at,
                place_of_service, hospital_service, admission_type, point_of_origin, discharge_disposition, reason,
                extra, patient_id, account_id, service_date, content_sha256)
                {numbers} SELECT 'E' || i, 'bench', 'V' || i, 'clinic', 'O', 'discharged', '2026-09-01', '11', '', '',
                '', '', '', '{{}}', 'P' || (i % {size // 1000}), 'A' || (i % {size // 1000}), '2026-09-01', ''
                FROM n""",
            f"""INSERT INTO work_item (id, encounter_id, kind, worklist, status, rank, service_date, charge_rank,
                patient_name, reasons, rule, new_documents, created_at, row_version)
                {numbers} SELECT 'W' || i, 'E' || i, 'professional', '{WORKLIST}', 'ready', -((i * 7919) % 100),
                '2026-09-01', -i, 'Family' || (i % {size // 1000}), '[]', '', 0, '', 1 FROM n""",
        ):
            connection.exec_driver_sql(statement)
    database.close()
