"""What a coder types and what the engine answers."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.errors import UnreadableInput
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import Engine, lexicon, open_engine, tables
from codesets.search.words import words

ON = dt.date(2026, 6, 1)


@pytest.fixture(scope="module")
def engine(reference: Reference) -> Engine:
    return open_engine(reference)


def codes(engine: Engine, query: str, limit: int = 10) -> list[str]:
    return [hit.dotted for hit in engine.search(query, on=ON, limit=limit)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("chest pain", "R07.9"),
        ("type 2 diabetes", "E11.9"),  # a header is answered with its default billable child
        ("heart attack", "I21.9"),  # a phrase in everyday words
        ("heart atta", "I21.9"),  # the same, unfinished
        ("hypertention", "I10"),  # a typo
        ("copd", "J44.9"),  # an abbreviation
        ("c.o.p.d.", "J44.9"),
        ("oesophagitis", "K20.90"),  # British spelling
        ("COVID", "U07.1"),
        ("hip pain left", "M25.552"),  # words in any order
        ("diab type ii", "E11.9"),  # clipped words, Roman numerals
    ],
)
def test_the_expected_code_comes_first(engine: Engine, query: str, first: str) -> None:
    assert codes(engine, query)[0] == first


@pytest.mark.parametrize(
    ("query", "among"),
    [
        ("broken collarbone", "S42.009A"),
        ("underactive thyroid", "E03.9"),
        ("kidney stones", "N20.0"),
        ("uti", "N39.0"),
        ("sob", "R06.02"),
        ("dm2 w neuropathy", "E11.40"),
        ("chron obstr pulm dis", "J44.9"),
        ("gastroesophageal reflux", "K21.9"),  # a joined form of a hyphenated word
        ("heart burn", "R12"),  # two words that belong together
    ],
)
def test_the_expected_code_is_among_the_first_ten(engine: Engine, query: str, among: str) -> None:
    assert among in codes(engine, query)


@pytest.mark.parametrize("query", ["e11.42", "E1142", "e11.4 polyneuropathy", " E11.42 "])
def test_a_code_or_a_code_with_words_finds_the_code_first(engine: Engine, query: str) -> None:
    assert codes(engine, query)[0] == "E11.42"


def test_the_beginning_of_a_code_lists_the_codes_in_official_order(engine: Engine) -> None:
    assert codes(engine, "m1a.0", 4) == ["M1A.0", "M1A.00", "M1A.00X0", "M1A.00X1"]


def test_code_like_input_that_no_code_begins_with_is_read_as_words(engine: Engine) -> None:
    assert codes(engine, "b12 deficiency")[:1] != []
    assert codes(engine, "flu")[:1] != []


def test_a_dotted_code_that_there_is_not_has_no_answer(engine: Engine) -> None:
    assert codes(engine, "e11.99") == []


def test_every_sense_of_an_abbreviation_competes_and_is_named(engine: Engine) -> None:
    hits = engine.search("ms", on=ON, limit=10)

    senses = {used for hit in hits for _, used in hit.why.expanded}
    assert {"multiple sclerosis", "mitral stenosis"} <= senses


def test_shorthand_that_begins_a_word_is_read_both_ways(engine: Engine) -> None:
    assert "L08.9" in codes(engine, "skin inf", 25)
    assert "Z23" not in codes(engine, "post partum depression", 3)


def test_the_reason_names_the_term_the_correction_and_the_header(engine: Engine) -> None:
    (hit,) = engine.search("diabetis mellitus type 2", on=ON, limit=1)

    assert hit.dotted == "E11.9"
    assert hit.why.header == "E11"
    assert ("diabetis", "diabete") in hit.why.corrected
    assert hit.why.text().startswith("title: Type 2 diabetes mellitus")


def test_hits_of_words_are_billable(engine: Engine) -> None:
    assert all(hit.billable for hit in engine.search("fracture of femur", on=ON, limit=25))


def test_encounter_variants_of_one_code_do_not_crowd_out_others(engine: Engine) -> None:
    found = codes(engine, "fracture of shaft of femur")

    assert len({code[:6] for code in found}) > 3


def test_other_systems_are_searched_when_asked_for(engine: Engine) -> None:
    hits = engine.search("wellness visit", systems=list(CodeSystem), on=ON, limit=10)

    assert (CodeSystem.HCPCS, "G0438") in {(hit.system, hit.code) for hit in hits}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "a" * 10_000,
        "word " * 2_000,
        "糖尿病",
        "\x00\x1b[31m",
        ".*[a-z]+(",
        "%_%",
        "'; --",
        "\u202e",
    ],
)
def test_odd_input_is_answered_within_a_tenth_of_a_second(engine: Engine, query: str) -> None:
    codes(engine, "diabetes")
    began = time.perf_counter()

    found = codes(engine, query)

    assert time.perf_counter() - began < 0.1
    assert isinstance(found, list)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60))
def test_any_text_gives_distinct_codes_best_first(engine: Engine, query: str) -> None:
    hits = engine.search(query, on=ON, limit=25)

    assert len({hit.code for hit in hits}) == len(hits) <= 25


@given(st.text(max_size=80))
def test_words_are_plain_lower_case_letters_and_digits(text: str) -> None:
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crohn's disease", ["crohn", "disease"]),
        ("Anaemia, oedema and tumours", ["anemia", "edema", "tumor"]),
        ("Type II, stage I", ["type", "2", "stage", "1"]),
        ("Sézary diseases", ["sezary", "disease"]),
        ("arthritis, abscesses, allergies, viruses", ["arthritis", "abscess", "allergy", "viruse"]),
    ],
)
def test_words_are_normalized(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_word_tables_are_well_formed() -> None:
    assert len(lexicon.abbreviations()) >= 800
    assert lexicon.shorthand()["w/o"] == "without"
    assert "renal" in lexicon.word_synonyms()["kidney"]
    assert ("myocardial", "infarction") in lexicon.phrase_synonyms()[("heart", "attack")]
    assert all(0 < factor <= 1 for factor in lexicon.weak_words().values())
    assert lexicon.combining_forms()["nephro"] == ("kidney",)


def test_a_table_with_a_wrong_header_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "weak_words.csv").write_text("word;factor\n", encoding="utf-8")
    monkeypatch.setattr(tables, "DATA", tmp_path)
    lexicon.weak_words.cache_clear()

    with pytest.raises(UnreadableInput, match=r"weak_words\.csv"):
        lexicon.weak_words()

    monkeypatch.undo()
    lexicon.weak_words.cache_clear()
