"""The official ICD-10-CM files that lie beside the repository, against the counts that are known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from codesets import build, importing
from codesets.differences import difference, release_named
from codesets.gathering import gather
from codesets.importing import Report, Status
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.sources import recognize, source
from codesets.sources.icd10cm_index import IndexTerm, TargetKind
from codesets.sources.source import source_file
from tests.codesets.shared_data import shared_file

CM = CodeSystem.ICD10CM


def quiet(stage: str, done: float) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reference, Report]]:
    """FY2025 and FY2026 with the addenda between them, and the report of the import."""
    names = ("icd10cm_order_2025.txt", "icd10cm_order_2026.txt", "icd10cm_order_addenda_2026.txt")
    paths = [str(shared_file("data", "icd10cm", name)) for name in names]
    place = tmp_path_factory.mktemp("official") / "reference.sqlite"
    with build.replacement(place, None, quiet):
        pass
    with gather(paths, quiet) as gathered:
        report = importing.run(place, importing.plan(place, gathered), quiet)
    with Reference(place) as reference:
        yield reference, report


@pytest.mark.thorough
def test_both_years_have_their_official_counts(two_years: tuple[Reference, Report]) -> None:
    reference, _ = two_years

    counts = {release.edition: reference.count(release) for release in reference.releases(CM)}

    assert counts == {"FY2026": (74_719, 23_467), "FY2025": (74_260, 23_324)}


def test_the_difference_is_that_of_the_official_addenda(two_years: tuple[Reference, Report]) -> None:
    reference, _ = two_years
    old, new = (release_named(reference, CM, year) for year in ("2025", "2026"))

    found = difference(reference, old, new)

    assert (len(found.added), len(found.ended), len(found.retitled)) == (487, 28, 38)
    assert sum(one.is_header for one in found.ended) == 16


def test_last_year_with_the_addenda_is_this_year(two_years: tuple[Reference, Report]) -> None:
    _, report = two_years

    assert {result.item.status for result in report.results} == {Status.LOADED}
    assert report.results[-1].remarks == ("checked: the edition before with these changes is FY2026",)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("parts", "terms", "main_terms"),
    [
        (("fy2017xml", "icd10cm_index_2017.xml"), 77_199, 7_973),
        (("fy2017xml", "icd10cm_eindex_2017.xml"), 7_572, 314),
        (("fy2017xml", "icd10cm_neoplasm_2017.xml"), 1_930, None),
        (("fy2017xml", "icd10cm_drug_2017.xml"), 7_416, 5_170),
        (("fy2025xml", "icd10cm-index-2025.xml"), 81_024, 8_100),
        (("fy2025xml", "icd10cm-eindex-2025.xml"), 8_064, 314),
        (("fy2025xml", "icd10cm-neoplasm-2025.xml"), 1_939, 1),
        (("fy2025xml", "icd10cm-drug-2025.xml"), 7_428, 5_177),
    ],
)
def test_the_books_have_every_term(parts: tuple[str, ...], terms: int, main_terms: int | None) -> None:
    file = source_file(shared_file("data", "icd10cm", *parts))
    found = recognize(file)
    assert found is not None

    rows = [row for row in source(found[0]).read(file, found[1]) if isinstance(row, IndexTerm)]

    assert len(rows) == terms
    assert main_terms in (None, sum(row.level == 0 for row in rows))


def test_the_index_has_every_kind_of_target() -> None:
    file = source_file(shared_file("data", "icd10cm", "fy2017xml", "icd10cm_index_2017.xml"))
    found = recognize(file)
    assert found is not None

    rows = (row for row in source(found[0]).read(file, found[1]) if isinstance(row, IndexTerm))
    kinds = Counter(target.kind for row in rows for target in row.targets)

    assert (kinds[TargetKind.MANIFESTATION], kinds[TargetKind.SUBCATEGORY], kinds[TargetKind.SEE_CATEGORY]) == (
        746,
        130,
        15,
    )
    assert (kinds[TargetKind.SEE], kinds[TargetKind.SEE_ALSO]) == (11_979, 1_704)
