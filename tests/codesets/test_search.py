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
from codesets.search import Engine, lexicon, open_engine, tables, unread
from codesets.search.words import words
from codesets.suggest import open_suggester

ON = dt.date(2026, 6, 1)


@pytest.fixture(scope="module")
def engine(reference: Reference) -> Engine:
    return open_engine(reference)


_SHORT = ["fx", "dm", "w/o", "ca", "a", "hepatic", "lt", "2", "c.o", "o'x"]


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
        ("htn", "I10"),
        ("chf exac", "I50.813"),  # an abbreviation is not left out for what is with exacerbation too
        ("dm2", "E11.9"),
        ("chf", "I50.9"),
        ("uti", "N39.0"),
        ("copd exac", "J44.1"),
        ("diabet kidn", "E11.29"),  # diabetes of which no type is said is type 2
        ("l hip fx", "S72.002A"),  # the side that was asked for, from a lone letter
        ("lt ankle sprain", "S93.402A"),
        ("right ear infection", "H66.91"),
        ("ckd w/htn", "I12.9"),  # shorthand and its word without a space between
        ("hypeglycemia", "R73.9"),  # a missing letter is likelier than a wrong one
        ("numonia", "J18.9"),  # written as it sounds
        ("wet amd", "H35.3290"),
        ("oa l hip", "M16.12"),  # a lone letter between words
        ("knee pain r", "M25.561"),
        ("cad w angina", "I25.119"),  # with and without
        ("copd w/o exac", "J44.9"),
        ("copd w exac", "J44.1"),
        ("bph w luts", "N40.1"),
        ("bph w/o luts", "N40.0"),
        ("gerd w/o esoph", "K21.9"),
        ("gerd with esophagitis", "K21.00"),
        ("asthma without exacerbation", "J45.909"),
        ("fhx colon ca", "Z80.0"),  # a condition of the family
        ("fh of breast cancer", "Z80.3"),
        ("fhx mi", "Z82.49"),
        ("warfarin use", "Z79.01"),
        ("h/o stroke", "Z86.73"),
        ("hx of breast ca", "Z85.3"),  # a condition of the past
        ("h/o colon ca", "Z85.038"),
        ("bmi 42", "Z68.41"),
        ("BMI 33.1", "Z68.33"),
        ("on warfarin", "Z79.01"),
        ("s/p lap appendectomy", "Z90.49"),  # an operation of the past, its approach left out
        ("s/p lt mastectomy", "Z90.12"),  # on the side that was said
        ("pacemaker status", "Z95.0"),
        ("lupus", "M32.9"),  # a phrase of ours means what the table says
        ("rll pneumonia", "J18.9"),  # pneumonia of a lobe is not lobar pneumonia
        ("uoq breast ca lt", "C50.412"),
        ("long term use of insulin", "Z79.4"),
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


@pytest.mark.parametrize(
    "query",
    [
        "e11.42",
        "E1142",
        "e11.4 polyneuropathy",
        " E11.42 ",
        "e 11.42",
        "E11-42",
        "E11,42",
        "e11 42",
        "E 1142",
        "E11.42-",
    ],
)
def test_a_code_or_a_code_with_words_finds_the_code_first(engine: Engine, query: str) -> None:
    assert codes(engine, query)[0] == "E11.42"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("m17 l", "M17.12"),
        ("m17 lt", "M17.12"),
        ("z96.65 r", "Z96.651"),
        ("m17 primary l", "M17.12"),
        ("s52.5 rt", "S52.501A"),  # what can be reported before its header
        ("l89.15 stage 3", "L89.153"),
    ],
)
def test_a_side_after_a_code_is_read_as_such(engine: Engine, query: str, first: str) -> None:
    assert codes(engine, query)[0] == first


def test_a_number_after_a_category_and_before_words_is_no_part_of_the_code(engine: Engine) -> None:
    assert not codes(engine, "s72 3 part fracture")[0].startswith("S72.3")


def test_a_chronic_condition_named_as_history_is_itself(engine: Engine) -> None:
    assert codes(engine, "hx of hypertension")[0] == "I10"


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


def test_w_o_is_without_even_where_it_stands_alone(engine: Engine) -> None:
    assert codes(engine, "idiopathic hypersomnia w/o long sleep time")[0] == "G47.12"


def test_an_abbreviation_that_no_table_has_is_read_by_the_initials_of_the_terms(engine: Engine) -> None:
    assert "ohcm" not in lexicon.abbreviations()

    (hit,) = engine.search("ohcm", on=ON, limit=1)

    assert hit.dotted == "I42.1"
    assert hit.why.expanded == (("ohcm", "obstructive hypertrophic cardiomyopathy"),)


def test_words_that_tell_codes_below_a_prefix_apart_rank_them(engine: Engine) -> None:
    assert codes(engine, "h0443 passa")[0] == "H04.433"  # the one title with "passages"


def test_a_word_in_parentheses_answers_less_than_one_that_the_term_needs(engine: Engine) -> None:
    assert codes(engine, "mon multi")[0] == "G58.7"


@pytest.mark.parametrize(
    "query", ["copd exac", "hypertention", "l hip fx", "heart atta", "ms", "e11.4 poly", "chron kid"]
)
def test_every_hit_explains_itself(engine: Engine, query: str) -> None:
    hits = engine.search(query, on=ON, limit=10)

    assert hits
    assert all(hit.why.term and hit.why.kind and hit.why.matched for hit in hits)
    assert all(hit.why.term in hit.why.text() for hit in hits)


@pytest.mark.parametrize(("query", "first"), [("lap chole", "0FT44ZZ"), ("c section", "10D00Z1"), ("picc", "02HV33Z")])
def test_a_procedure_is_found_by_the_name_that_charts_give_it(engine: Engine, query: str, first: str) -> None:
    (hit,) = engine.search(query, [CodeSystem.ICD10PCS], on=ON, limit=1)

    assert hit.code == first


def test_a_word_that_a_hit_does_not_answer_is_told(engine: Engine) -> None:
    hits = engine.search("gout rt great toe", on=ON, limit=3)

    assert all(("gout" in hit.why.unmet) is ("gout" not in hit.why.term.lower()) for hit in hits)


def test_a_side_that_the_code_is_of_is_not_missed_where_its_term_names_none(engine: Engine) -> None:
    (hit,) = engine.search("lt knee pain", on=ON, limit=1)

    assert (hit.dotted, hit.why.unmet) == ("M25.562", ())


def test_an_expansion_that_no_word_of_the_term_answers_is_not_listed(engine: Engine) -> None:
    hits = engine.search("gout rt great toe", on=ON, limit=25)

    assert all(
        "rt" not in dict(hit.why.expanded) for hit in hits if "right" not in f"{hit.title} {hit.why.term}".lower()
    )


def test_what_a_terminal_sends_for_colors_is_no_word(engine: Engine) -> None:
    assert engine.search("\x1b[31mpneumonia", on=ON)[0].code == engine.search("pneumonia", on=ON)[0].code


def test_the_reason_of_a_hit_names_no_word_that_neither_its_term_nor_its_title_has(engine: Engine) -> None:
    for hit in engine.search("lung nodule", on=ON):
        shown = f"{hit.why.term} {hit.title}".lower()
        assert all(used in shown for _, used in hit.why.completed)


def test_the_sense_of_an_abbreviation_that_no_other_word_fits_does_not_come_first(engine: Engine) -> None:
    assert not engine.search("copd vs asthma", on=ON)[0].dotted.startswith("D33")


def test_what_is_not_read_of_a_long_query_is_said(engine: Engine) -> None:
    query = "diabetes mellitus with neuropathy " * 300

    assert codes(engine, query) == codes(engine, query[:240])
    assert unread(query) == "only the first 240 of 10,200 characters were searched for"
    assert unread("diabetes") == ""


def test_notes_are_read_with_the_words_that_search_holds(engine: Engine, reference: Reference) -> None:
    release = reference.choose(CodeSystem.ICD10CM, ON).release
    assert release is not None
    suggester = open_suggester(reference, engine)

    answer = suggester.suggest("Gout.", ON)

    assert [one.dotted for one in answer.codes] == ["M10.9"]
    assert answer == open_suggester(reference).suggest("Gout.", ON)
    assert engine.words_of(release)[1] is engine.words_of(release)[1]


def test_systems_share_one_ranking(engine: Engine) -> None:
    hits = engine.search("wellness visit", systems=list(CodeSystem), on=ON, limit=25)

    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.system for hit in hits}) > 1


def test_hits_of_words_are_billable(engine: Engine) -> None:
    assert all(hit.billable for hit in engine.search("fracture of femur", on=ON, limit=25))


def test_encounter_variants_of_one_code_do_not_crowd_out_others(engine: Engine) -> None:
    found = codes(engine, "fracture of shaft of femur")

    assert len({code[:6] for code in found}) > 3


def test_other_systems_are_searched_when_asked_for(engine: Engine) -> None:
    hits = engine.search("wellness visit", systems=list(CodeSystem), on=ON, limit=10)

    assert (CodeSystem.HCPCS, "G0438") in {(hit.system, hit.code) for hit in hits}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.one_of(
        st.text(max_size=10_000),
        st.text(alphabet=st.characters(categories=["Cc", "Cf", "Lo", "Mn"]), max_size=400),
        st.text(alphabet="^$.*+?()[]{}|\\/'\"%_;-", max_size=400),
        st.lists(st.sampled_from(["fx", "dm", "w/o", "ca", "a", "hepatic", "lt", "2", "c.o", "o'x"]), max_size=300).map(
            " ".join
        ),
    )
)
def test_no_text_is_an_error_or_slow(engine: Engine, query: str) -> None:
    codes(engine, "diabetes")
    seconds = []
    for _ in range(2):  # the first one may pay for a table that is read once
        began = time.process_time()
        found = codes(engine, query)
        seconds.append(time.process_time() - began)

    assert min(seconds) < 0.1
    assert isinstance(found, list)


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
    assert len(lexicon.abbreviations()) >= 3_000
    assert len(lexicon.common_codes()) >= 150
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
