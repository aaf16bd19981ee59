"""Places of service: the shipped list, and one that a site imported."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from codesets import place_of_service
from codesets.place_of_service import Rate
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources.made_files import made_file


def test_the_52_codes_exist_today() -> None:
    assert len(place_of_service.places(dt.date(2026, 11, 1))) == 52


@pytest.mark.parametrize(("code", "day"), [("10", "2022-01-01"), ("27", "2023-10-01"), ("66", "2024-08-01")])
def test_a_young_code_exists_from_its_first_day(code: str, day: str) -> None:
    first = dt.date.fromisoformat(day)

    assert place_of_service.place(code, first) is not None
    assert place_of_service.place(code, first - dt.timedelta(days=1)) is None


def test_a_code_without_its_zero_is_understood() -> None:
    found = place_of_service.place("2", dt.date(2026, 1, 1))

    assert found is not None
    assert (found.code, found.rate) == ("02", Rate.FACILITY)


def test_an_imported_list_gives_the_official_name(tmp_path: Path) -> None:
    content = "Place of Service Code(s),Place of Service Name,Description\n11,Made-up office,Humming\n"
    with loaded_reference(tmp_path / "reference.sqlite", [made_file("pos_2026.csv", content)]) as reference:
        assert place_of_service.official_name(reference, "11", dt.date(2026, 5, 1)) == "Made-up office"
        assert place_of_service.official_name(reference, "11", dt.date(2025, 5, 1)) == ""
