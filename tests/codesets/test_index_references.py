"""Where "see" leads in an index: its main term first, then down by its words, or nowhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import pytest

from codesets.loading import schema
from codesets.loading.icd10cm_index import store_terms
from codesets.search.words import words
from codesets.sources.icd10cm_index import IndexTarget, IndexTerm, TargetKind, read, recognize
from codesets.sources.source import source_file
from tests.codesets.shared_data import shared_file

# A main term and those below it; the number of blanks is the level.
BOOK = """
Cave-in, injury
Cyclical vomiting, in headland
 with sea
Fever, feverish (hot)
 aorta, aortic
 acute or subacute (with song)
 allergic (acute)
 superficial, without open door
  lid
Gout, chronic
Gout, gouty
Headland (windy)
 with sea
  view
 without sea
Injury
 heart (beating)
  with
   humming
  due to
   whistling
 nose
  inner NOS
 outer ear
 outer edge
Rift, sandy
 deep
Rift, stony
 deep
"""


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("Headland", "Headland (windy)"),
        ("Headland, with sea", "Headland (windy) > with sea"),
        ("Headland, without sea", "Headland (windy) > without sea"),
        ("Headland, windy, without sea", "Headland (windy) > without sea"),
        ("Headland, view, sea", None),  # "with" is left out
        ("Injury, heart, with humming", "Injury > heart (beating) > with > humming"),
        ("Injury, heart, whistling", None),
        ("Injury, by site, nose, inner", "Injury > nose > inner NOS"),
        ("Injury, inner, nose", "Injury > nose > inner NOS"),
        ("Injury, inner", None),  # passes over a term between
        ("Injury, ear", None),  # no term begins so
        ("Injury, outer", None),  # cannot be told from another
        ("Injury, foot", None),
        ("Feverish", "Fever, feverish (hot)"),
        ("Fever, aortic", "Fever, feverish (hot) > aorta, aortic"),
        ("Fever, acute", "Fever, feverish (hot) > acute or subacute (with song)"),
        ("Fever, superficial, lid", "Fever, feverish (hot) > superficial, without open door > lid"),
        ("Gout", "Gout, gouty"),
        ("Gout, chronic", "Gout, chronic"),
        ("Rift, deep", None),
        ("Rift, stony, deep", "Rift, stony > deep"),
        ("Sea", None),
    ],
)
def test_a_reference_leads_to_the_one_term_it_names(reference: str, path: str | None) -> None:
    assert followed(BOOK, reference) == path


def test_what_a_main_term_is_of_or_in_is_no_name_of_it() -> None:
    assert followed("Cave-in, injury\nCyclical vomiting, in migraine", "Injury, heart") is None
    assert followed("Cyclical vomiting, in migraine", "Migraine, with aura") is None


@pytest.mark.thorough
def test_the_official_index_leads_to_main_terms_of_the_words_it_says() -> None:
    db, known = stored(official("icd10cm-index-2025.xml"))

    led = [(words(text)[0], words(titles(known, to)[0])[0]) for _, text, to in references(db) if to is not None]

    # What differs is another form of the same word, as in "see Weakness" of "Weak, weakening, weakness".
    assert len(led) > 12_000
    assert [pair for pair in led if pair[0][:4] != pair[1][:4]] == []


def followed(book: str, reference: str) -> str | None:
    """The path to which a reference leads that stands in a book with these terms, if it leads to one."""
    terms: list[IndexTerm] = []
    above: list[int] = []
    for number, line in enumerate(book.strip().splitlines()):
        level = len(line) - len(line.lstrip())
        del above[level:]
        terms.append(IndexTerm(number, above[-1] if above else None, level, line.strip(), "", ()))
        above.append(number)
    see = IndexTarget(TargetKind.SEE, reference)
    db, known = stored([*terms, IndexTerm(len(terms), None, 0, "Whistling", "", (see,))])
    ((_, _, to),) = references(db)
    return None if to is None else " > ".join(titles(known, to))


def official(name: str) -> list[IndexTerm]:
    file = source_file(shared_file("data", "icd10cm", "fy2025xml", name))
    recognized = recognize(file)
    assert recognized is not None
    return [row for row in read(file, recognized) if isinstance(row, IndexTerm)]


def stored(terms: list[IndexTerm]) -> tuple[sqlite3.Connection, dict[int, IndexTerm]]:
    db = sqlite3.connect(":memory:")
    db.executescript(schema.TABLES)
    store_terms(db, 1, terms)
    return db, {term.id: term for term in terms}


def references(db: sqlite3.Connection) -> list[tuple[int, str, int | None]]:
    return db.execute("SELECT term, text, leads_to FROM index_targets WHERE kind IN ('see', 'seeAlso')").fetchall()


def titles(known: Mapping[int, IndexTerm], number: int) -> list[str]:
    """The titles from the main term down."""
    term = known[number]
    return [term.title] if term.parent is None else [*titles(known, term.parent), term.title]
