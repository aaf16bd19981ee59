"""Queries as coders type them, over all systems: the code by its place, or nothing where nothing fits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import Engine, open_engine
from codesets.search.elsewhere import named_in
from codesets.search.procedures import procedures
from codesets.shipped_tables import read_table

ON = dt.date(2026, 6, 1)
ROWS = read_table(Path(__file__).parent / "search_queries" / "queries.csv", ("system", "query", "code", "within"))


@pytest.fixture(scope="module")
def engine(reference: Reference) -> Engine:
    return open_engine(reference)


def found(engine: Engine, system: CodeSystem, query: str) -> list[str]:
    return [hit.dotted for hit in engine.search(query, [system], ON, 10)]


@pytest.mark.parametrize(("system", "query", "code", "within"), [row for row in ROWS if row[2] != "none"])
def test_a_query_finds_its_code_by_the_place_it_has_to_have(
    engine: Engine, system: str, query: str, code: str, within: str
) -> None:
    assert code in found(engine, CodeSystem(system), query)[: int(within)]


@pytest.mark.parametrize(("system", "query"), [row[:2] for row in ROWS if row[2] == "none"])
def test_words_for_a_procedure_or_a_supply_find_no_disease_that_answers_a_part_of_them(
    engine: Engine, system: str, query: str
) -> None:
    assert found(engine, CodeSystem(system), query) == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("lap chole", "ICD-10-PCS has 0FT44ZZ Cholecystectomy laparoscopic"),
        ("cpap machine", "the words name a supply or a service: look in HCPCS Level II"),
        ("chest pain", ""),  # answered by every word
        ("", ""),
    ],
)
def test_where_else_to_look_is_said_of_a_query_that_the_system_answers_badly(
    engine: Engine, query: str, told: str
) -> None:
    systems = [CodeSystem.ICD10CM]

    said = engine.elsewhere(query, systems, engine.search(query, systems, ON, 10), ON)

    assert said == told


@pytest.mark.parametrize("query", ["heart attack", "below knee amputation stump infection", "a" * 9_000, "word " * 900])
def test_words_that_tell_a_state_or_too_many_words_name_no_other_system(query: str) -> None:
    assert named_in(query) is None


def test_words_beside_a_procedure_are_read_in_the_words_of_the_classification() -> None:
    (reading,) = procedures("cabg 2 vessels")

    assert {"two", "artery", "bypass"} <= {*reading.words}


def test_greater_and_less_signs_are_words_of_a_duration() -> None:
    (reading,) = procedures("vent > 96 h")

    assert {"greater", "96", "hour"} <= {*reading.words}


def test_the_default_child_of_a_header_stands_before_it_on_the_side_that_was_typed(engine: Engine) -> None:
    hits = engine.search("s72 right", on=ON, limit=4)

    assert hits[0].billable
    assert "right" in hits[0].title
    assert hits[0].why.header == "S72.91"
