"""Fixtures of the code-set tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.reference import Reference, open_reference
from codesets.sources import icd10cm_shipped
from codesets.sources.icd10cm_shipped import ShippedFiles


@pytest.fixture(scope="session")
def reference(reference_file: Path) -> Iterator[Reference]:
    """The open reference database."""
    with open_reference(reference_file) as opened:
        yield opened


@pytest.fixture(scope="session")
def first_chapter(tmp_path_factory: pytest.TempPathFactory) -> ShippedFiles:
    """The shipped ICD-10-CM files cut off behind their first chapter."""
    whole, folder = icd10cm_shipped.find_files(), tmp_path_factory.mktemp("first-chapter")
    cut = ShippedFiles(folder / whole.tabular.name, folder / whole.code_list.name)
    chapter, end, _ = whole.tabular.read_text(encoding="utf-8").partition("</chapter>")
    cut.tabular.write_text(f"{chapter}{end}</ICD10CM.tabular>", encoding="utf-8")
    names = whole.code_list.read_text(encoding="ascii").split()
    cut.code_list.write_text("\n".join(names[: names.index("2")]), encoding="ascii")
    return cut


@pytest.fixture
def a_small_shipment(first_chapter: ShippedFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of how a reference database is built, not of what is in it: a chapter takes a twentieth of the time."""
    monkeypatch.setattr(icd10cm_shipped, "find_files", lambda: first_chapter)
