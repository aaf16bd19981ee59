"""Walking the ICD-10-PCS index, on a made-up one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from codesets import procedure_index
from codesets.reference import Reference
from codesets.sources.icd10pcs_index import PointerKind
from tests.codesets.loaded_reference import loaded_reference
from tests.codesets.sources import made_files as made
from tests.codesets.sources.made_files import made_file

ON = dt.date(2099, 3, 1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    files = [made_file("index.xml", made.PCS_INDEX)]
    with loaded_reference(tmp_path_factory.mktemp("index") / "reference.sqlite", files) as opened:
        yield opened


def test_main_terms_are_found_by_their_first_letters(reference: Reference) -> None:
    assert [term.title for term in procedure_index.main_terms(reference, "h", ON)] == ["Humming", "Hornpipe"]
    assert procedure_index.main_terms(reference, "%", ON) == []


def test_terms_below_know_their_path_and_where_they_lead(reference: Reference) -> None:
    (humming,) = procedure_index.main_terms(reference, "humm", ON)

    nose, see, throat = procedure_index.below(reference, humming, ON)

    assert (nose.path, nose.pointers[0].code) == (("Humming",), "0016")
    assert [pointer.kind for pointer in see.pointers] == [PointerKind.SEE, PointerKind.SEE]
    assert throat.has_more and not throat.pointers


def test_a_code_is_led_to_by_its_own_entry_before_shorter_beginnings(reference: Reference) -> None:
    found = procedure_index.leading_to(reference, "00170J1", ON)

    assert [(term.path, term.title) for term in found][0] == (("Humming", "Throat"), "Loud")
    assert [term.title for term in found] == ["Loud", ""]


def test_a_name_says_which_value_to_use(reference: Reference) -> None:
    (hornpipe,) = procedure_index.main_terms(reference, "Hornpipe", ON)

    assert [(pointer.kind, pointer.text) for pointer in hornpipe.pointers] == [(PointerKind.USE, "Kazoo")]
