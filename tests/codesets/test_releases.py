"""Which release answers for a date."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest

from codesets.reference import Reference
from codesets.releases import CodeSystem, choose, in_force

CREATE_RELEASES = """
    CREATE TABLE releases
    (id, system, edition, starts, ends, complete, source_name, source_sha256, loaded_at)
"""
COVERED = dt.date(2026, 6, 1)


@pytest.fixture
def two_editions() -> sqlite3.Connection:
    """An October edition, the April edition that replaces it, and a starter list over both."""
    db = sqlite3.connect(":memory:")
    db.execute(CREATE_RELEASES)
    rows = [
        (1, "icd10cm", "FY2026", "2025-10-01", "2026-09-30", 1, "a", "", ""),
        (2, "icd10cm", "FY2026 Apr", "2026-04-01", "2026-09-30", 1, "b", "", ""),
        (3, "icd10cm", "starter", "2026-05-01", "2026-12-31", 0, "c", "", ""),
    ]
    db.executemany("INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return db


@pytest.mark.parametrize(
    ("on", "edition"),
    [
        (dt.date(2025, 10, 1), "FY2026"),
        (dt.date(2026, 3, 31), "FY2026"),
        (dt.date(2026, 4, 1), "FY2026 Apr"),
        (dt.date(2026, 9, 30), "FY2026 Apr"),
        (dt.date(2026, 10, 1), "starter"),
    ],
)
def test_an_april_edition_replaces_october_and_a_complete_release_stands_before_a_starter(
    two_editions: sqlite3.Connection, on: dt.date, edition: str
) -> None:
    release = in_force(two_editions, CodeSystem.ICD10CM, on)

    assert release is not None
    assert release.edition == edition


def test_a_date_in_the_release_is_answered_without_a_warning(reference: Reference) -> None:
    choice = choose(reference.db, CodeSystem.ICD10CM, COVERED)

    assert choice.covered
    assert choice.warning == ""


def test_a_date_nobody_covers_is_answered_from_the_newest_release_and_says_so(reference: Reference) -> None:
    choice = choose(reference.db, CodeSystem.ICD10CM, dt.date(2026, 10, 5))

    assert choice.release is not None
    assert not choice.covered
    assert choice.warning == (
        "No loaded ICD-10-CM release covers 2026-10-05; answered from FY2026 Apr (2026-04-01 to 2026-09-30)."
    )


def test_a_system_without_a_release_has_none_to_answer() -> None:
    db = sqlite3.connect(":memory:")
    db.execute(CREATE_RELEASES)

    choice = choose(db, CodeSystem.HCPCS, COVERED)

    assert choice.release is None
    assert choice.warning == "No HCPCS Level II release is loaded."


def test_starter_lists_are_known_to_be_incomplete(reference: Reference) -> None:
    complete = {release.system: release.complete for release in reference.releases()}

    assert complete == {CodeSystem.ICD10CM: True, CodeSystem.ICD10PCS: False, CodeSystem.HCPCS: False}
