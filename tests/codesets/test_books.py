"""Walking the alphabetic index and the tables, and from a code back to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets import build, importing
from codesets.books import (
    Book,
    CodeState,
    columns,
    edition,
    index_terms,
    main_terms,
    path,
    subterms,
    term,
    terms_within,
    whole_terms,
)
from codesets.gathering import gather
from codesets.reference import Reference
from codesets.search import open_engine
from codesets.sources.icd10cm_index import TargetKind
from tests.codesets import small_files

ON = dt.date(2020, 1, 15)


def quiet(stage: str, done: float) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    folder: Path = tmp_path_factory.mktemp("books")
    place = folder / "reference.sqlite"
    inbox = folder / "inbox"
    inbox.mkdir()
    files = {
        "order_2020.txt": small_files.order_text(small_files.ROWS_2020),
        "tabular_2020.xml": small_files.TABULAR,
        "index_2020.xml": small_files.INDEX,
        "drug_2020.xml": small_files.DRUGS,
    }
    for name, text in files.items():
        (inbox / name).write_text(text, encoding="utf-8", newline="")
    with build.replacement(place, None, quiet):
        pass
    with gather([str(inbox)], quiet) as gathered:
        importing.run(place, importing.plan(place, gathered), quiet)
    with Reference(place) as reference:
        yield reference


def test_main_terms_are_found_by_their_beginning(books: Reference) -> None:
    (fever,) = main_terms(books, Book.INDEX, ON, "fev")

    assert (fever.title, fever.modifiers, fever.has_terms) == ("Fever, feverish (hot) NEC", "(hot)", True)
    assert [target.code for target in fever.targets] == ["A009"]
    assert main_terms(books, Book.INDEX, ON, "%") == []


def test_all_main_terms_of_a_long_book_are_listed_and_those_of_a_letter_with_what_is_below(tmp_path: Path) -> None:
    term = "<term level='1'><title>low</title><code>A00.9</code></term>"
    letters = "".join(
        f"<letter><title>{letter}</title>"
        + "".join(f"<mainTerm><title>{letter}hum {n:03}</title>{term}</mainTerm>" for n in range(20))
        + "</letter>"
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    place, index = tmp_path / "reference.sqlite", tmp_path / "index_2020.xml"
    order = tmp_path / "order_2020.txt"
    order.write_text(small_files.order_text(small_files.ROWS_2020), newline="")
    index.write_text(
        "<?xml version='1.0'?><ICD10CM.index><version>2020</version><title>ICD-10-CM INDEX TO DISEASES</title>"
        f"{letters}</ICD10CM.index>"
    )
    with build.replacement(place, None, quiet):
        pass
    with gather([str(order), str(index)], quiet) as gathered:
        importing.run(place, importing.plan(place, gathered), quiet)

    with Reference(place) as reference:
        every = main_terms(reference, Book.INDEX, ON)
        of_c = whole_terms(reference, Book.INDEX, ON, "c")

    assert len(every) == 26 * 20
    assert all(one.has_terms for one in every)
    assert [one.title for one in of_c[:3]] == ["Chum 000", "low", "Chum 001"]
    assert len(of_c) == 40
    assert of_c[1].targets[0].code == "A009"


def test_terms_below_come_in_order_with_code_and_manifestation(books: Reference) -> None:
    (fever,) = main_terms(books, Book.INDEX, ON, "Fever")

    below = subterms(books, fever.key, ON)

    assert [one.title for one in below] == ["mild", "humming", "gone"]
    assert [(target.kind, target.code) for target in below[0].targets] == [
        (TargetKind.CODE, "A000"),
        (TargetKind.MANIFESTATION, "M1A0"),
    ]


def test_a_code_that_the_release_has_as_header_or_no_more_says_so(books: Reference) -> None:
    (fever,) = main_terms(books, Book.INDEX, ON, "Fever")

    _, humming, gone = subterms(books, fever.key, ON)

    assert (humming.targets[0].code, humming.targets[0].state) == ("M1A", CodeState.HEADER)
    assert (gone.targets[0].code, gone.targets[0].state) == ("A00", CodeState.GONE)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("fever mi", ["Fever, feverish (hot) NEC > mild"]),
        ("fev, sum", ["Fever, feverish (hot) NEC > mild > in summer"]),
        ("fever, feverish mild summer", ["Fever, feverish (hot) NEC > mild > in summer"]),
        ("fever", []),
        ("fever winter", []),
        ("mild summer", []),  # what stands first is a main term
        ("shivers %", []),
    ],
)
def test_words_after_a_main_term_find_the_terms_inside_it(books: Reference, typed: str, found: list[str]) -> None:
    within = terms_within(books, Book.INDEX, ON, typed)

    assert [" > ".join((*below.above, below.term.title)) for below in within] == found


def test_see_leads_to_the_term_it_names_in_fewer_words_and_any_order(books: Reference) -> None:
    (fever,) = main_terms(books, Book.INDEX, ON, "Fever")
    (summer,) = subterms(books, subterms(books, fever.key, ON)[0].key, ON)

    (see,) = summer.targets

    assert see.leads_to is not None
    assert path(books, see.leads_to) == ("Shivers", "season")
    found = term(books, see.leads_to, ON)
    assert found is not None
    assert found.targets[0].code == "A000"


def test_a_code_leads_back_to_its_index_trails_as_evidence(books: Reference) -> None:
    trails = index_terms(books, "A000", ON)

    assert [trail.text for trail in trails] == [
        "Fever, feverish (hot) NEC > mild",
        "Shivers > season",
        "Fizzwater: Adverse effect",
    ]


def test_a_code_with_a_7th_character_is_found_through_its_header(books: Reference) -> None:
    assert [trail.text for trail in index_terms(books, "S011XXD", ON)] == ["Whistling"]


def test_a_table_has_its_columns_and_its_edition(books: Reference) -> None:
    assert columns(books, Book.DRUGS, ON)[6] == "Adverse effect"
    assert (edition(books, Book.DRUGS, ON), edition(books, Book.NEOPLASMS, ON)) == ("FY2020", "")


@pytest.mark.parametrize(
    ("query", "code", "kind"),
    [
        ("feverish mild", "A000", "index"),
        ("hot fever", "A009", "index"),  # a non-essential modifier may match
        ("shivers season", "A000", "index"),
        ("fever summer", "A000", "index, see"),
        ("fizzwater adverse effect", "A000", "drug table"),
    ],
)
def test_what_the_books_say_is_searched(books: Reference, query: str, code: str, kind: str) -> None:
    (hit,) = open_engine(books).search(query, on=ON, limit=1)

    assert (hit.code, hit.why.kind) == (code, kind)
