"""Editions from names and dates from official files."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.releases import CodeSystem
from codesets.sources import periods


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("HCPC2026_OCT_ANWEB.txt", "2026 Q4"),
        ("medicare-ncci-2026q3-practitioner.zip", "2026 Q3"),
        ("PPRRVU2026_Jul_QPP.csv", "2026 Q3"),
        ("AOC_V2026Q2-MCR.txt", "2026 Q2"),
    ],
)
def test_a_name_states_its_quarter(name: str, edition: str) -> None:
    found = periods.quarter_in(name)

    assert found is not None and found.name == edition


def test_a_name_without_a_quarter_states_none() -> None:
    assert periods.quarter_in("HCPC2019_CONTR_ANWEB.txt") is None


@pytest.mark.parametrize(
    ("system", "text", "name", "starts"),
    [
        (CodeSystem.NCCI_MUE, "2026-07-01", "2026 Q3", "2026-07-01"),
        (CodeSystem.NCCI_PTP, "2026 Q3", "2026 Q3", "2026-07-01"),
        (CodeSystem.MSDRG, "FY2026", "FY2026", "2025-10-01"),
        (CodeSystem.POA_EXEMPT, "2025-10-01", "FY2026", "2025-10-01"),
        (CodeSystem.ICD10PCS, "2026-04-01", "FY2026 Apr", "2026-04-01"),
        (CodeSystem.GPCI, "2026", "2026", "2026-01-01"),
    ],
)
def test_the_edition_a_person_names_is_understood_by_the_kind_of_set(
    system: CodeSystem, text: str, name: str, starts: str
) -> None:
    found = periods.edition_named(system, text)

    assert found is not None
    assert (found.name, str(found.starts)) == (name, starts)


def test_a_name_that_is_no_edition_of_the_set_is_not_guessed() -> None:
    assert periods.edition_named(CodeSystem.NCCI_MUE, "2026") is None
    assert periods.edition_named(CodeSystem.MSDRG, "2026-13-01") is None


@given(day=st.dates())
def test_both_official_spellings_of_a_day_come_back(day: dt.date) -> None:
    ordinal = f"{day.year:04}{day.timetuple().tm_yday:03}"

    assert periods.compact_date(f"{day.year:04}{day.month:02}{day.day:02}") == day
    assert periods.ordinal_date(ordinal) == day


@given(text=st.text(max_size=10))
def test_any_other_text_is_no_day(text: str) -> None:
    compact, ordinal = periods.compact_date(text), periods.ordinal_date(text)

    assert compact is None or len(text) == 8
    assert ordinal is None or len(text) == 7
