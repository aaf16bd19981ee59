"""Taking an imported edition out of the reference database again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets import build, catalog, importing, removing
from codesets.errors import UsageError
from codesets.gathering import gather
from codesets.reference import Reference
from codesets.releases import CodeSystem, all_loads
from tests.codesets import small_files
from tests.codesets.small_files import ROWS_2020, ROWS_2021, order_text

CM = CodeSystem.ICD10CM
IN_2021 = dt.date(2021, 1, 15)


def quiet(stage: str, done: float) -> None:
    """No progress."""


@pytest.fixture
def two_years(tmp_path: Path) -> Iterator[Reference]:
    """FY2020 with its tabular list, and FY2021 with its order file alone."""
    place, inbox = tmp_path / "reference.sqlite", tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "icd10cm_order_2020.txt").write_text(order_text(ROWS_2020), newline="")
    (inbox / "icd10cm_order_2021.txt").write_text(order_text(ROWS_2021), newline="")
    (inbox / "icd10cm_tabular_2020.xml").write_text(small_files.TABULAR)
    with build.replacement(place, None, quiet):
        pass
    with gather([str(inbox)], quiet) as gathered:
        importing.run(place, importing.plan(place, gathered, ""), quiet)
    with Reference(place) as reference:
        yield reference


def test_the_plan_says_what_would_go_and_which_editions_lose_their_notes(two_years: Reference) -> None:
    removal = removing.plan(two_years, CM, "2020")

    assert (removal.edition, removal.codes) == ("FY2020", len(ROWS_2020))
    assert [file.name for file in removal.files] == ["icd10cm_order_2020.txt", "icd10cm_tabular_2020.xml"]
    assert removal.serves == ("FY2021",)


def test_a_removed_edition_is_gone_and_the_other_one_answers(two_years: Reference) -> None:
    removing.remove(two_years.path, removing.plan(two_years, CM, "FY2020"), quiet)

    two_years.refresh()
    assert [release.edition for release in two_years.releases(CM)] == ["FY2021"]
    assert {load.edition for load in all_loads(two_years.db)} == {"FY2021"}
    page = catalog.page(two_years, CM, "A00.0", IN_2021)
    assert page is not None
    assert (page.notes, page.notes_edition) == ({}, "")


def test_an_edition_that_is_not_loaded_is_refused_with_those_that_can_be_removed(two_years: Reference) -> None:
    with pytest.raises(UsageError) as refusal:
        removing.plan(two_years, CM, "2019")

    assert "FY2021, FY2020" in refusal.value.line()


def test_a_shipped_edition_cannot_be_removed(reference: Reference) -> None:
    with pytest.raises(UsageError) as refusal:
        removing.plan(reference, CM, "FY2026 Apr")

    assert "none" in refusal.value.line()
