"""Sections, sentences and cues of a note, and the tables that suggestions rest on."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesets.catalog import find
from codesets.errors import UnreadableInput
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.search import tables as search_tables
from codesets.suggest import tables, terms
from codesets.suggest.combinations import combinations, combine, in_order, superseded
from codesets.suggest.cues import Cue, Effect, cues
from codesets.suggest.passages import Passages
from codesets.suggest.sections import SectionKind, has_sections, sections
from codesets.suggest.sentences import MOST_TOKENS, Sentence, sentences

ON = dt.date(2026, 6, 1)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["HPI:", "A/P:", "ASSESSMENT", "Meds:", "1.", "\n", "\n\n", "\u2022", "no", "w/o", ".", ";", ","]
        ),
        st.text(max_size=12),
    ),
    max_size=40,
).map(" ".join)
WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9).map(lambda word: "zq" + word)


def kinds(text: str) -> list[SectionKind]:
    return [one.kind for one in sections(text)]


def sentence(text: str) -> Sentence:
    (only,) = sentences(text, 0, len(text))
    return only


def effects(text: str, word: str) -> set[Effect]:
    """What the cues of a sentence do to one of its words."""
    parsed = sentence(text)
    place = next(number for number, token in enumerate(parsed.tokens) if token.text == word)
    return {cue.effect for cue in cues(parsed) if cue.reaches(place, place + 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Assessment and Plan:\n1. Gout", [SectionKind.ASSESSMENT]),
        ("ASSESSMENT\n\nGout", [SectionKind.ASSESSMENT]),
        ("A/P 36yo with gout", [SectionKind.ASSESSMENT]),  # without a colon
        ("PMH (copied forward): gout", [SectionKind.PAST]),  # with a remark
        ("Labs 7/28: A1c 9.1", [SectionKind.RESULTS]),  # with a day
        ("PMH neg. Meds: none. FH: gout", [SectionKind.PAST, SectionKind.MEDICATIONS, SectionKind.FAMILY]),
        ("FAMILY HISTORY\ngout\nSOCIAL HISTORY\nnone", [SectionKind.FAMILY, SectionKind.SOCIAL]),
        ("Gout for years.", [SectionKind.NARRATIVE]),
        ("ASSESSMENT\nCKD IV\nCOPD", [SectionKind.ASSESSMENT]),  # a condition in capitals is no heading
    ],
)
def test_headings_open_their_sections(text: str, expected: list[SectionKind]) -> None:
    assert kinds(text) == expected


def test_a_label_inside_an_assessment_ends_with_its_line() -> None:
    text = "ASSESSMENT AND PLAN\nGout.\n\u2022 Medical Treatment: allopurinol\nHypertension."

    assert kinds(text) == [SectionKind.ASSESSMENT, SectionKind.PLAN, SectionKind.ASSESSMENT]


def test_a_time_of_day_is_no_heading() -> None:
    assert kinds("Seen at\nexam 10:30 today") == [SectionKind.NARRATIVE]


def test_a_note_has_sections_when_it_names_its_assessment_or_two_parts() -> None:
    assert has_sections(sections("Impression: gout"))
    assert has_sections(sections("HPI: pain\nExam: normal"))
    assert not has_sections(sections("Labs: normal"))


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_sections_stand_in_order_and_do_not_overlap(text: str) -> None:
    found = sections(text)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(before.end <= after.start for before, after in zip(found, found[1:], strict=False))


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_a_line_that_is_no_heading_stands_in_one_section(before: str, after: str) -> None:
    text = f"{before}\nsomething zqzq of note\n{after}"

    assert sum("zqzq" in text[one.start : one.end] for one in sections(text)) == 1


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_tokens_stand_where_they_say(text: str) -> None:
    found = list(sentences(text, 0, len(text)))

    for one in found:
        assert 0 < len(one.tokens) <= MOST_TOKENS
        assert all(text[token.start : token.end] == token.text for token in one.tokens)
    tokens = [token for one in found for token in one.tokens]
    assert all(before.end <= after.start for before, after in zip(tokens, tokens[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Gout. Cough.", 2),
        ("BP 130.5 today", 1),
        ("Gout; cough", 2),
        ("1. Gout\n2. Cough", 2),
        ("pain in the\nleft knee", 1),  # a line that the next one carries on
        ("w/o pain", 1),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, parts: int) -> None:
    assert len(list(sentences(text, 0, len(text)))) == parts


@settings(max_examples=100, deadline=None)
@given(WORDS, st.sampled_from(["no", "denies", "without", "no evidence of", "negative for", "w/o", "free of"]))
def test_a_negation_reaches_the_word_after_it(word: str, cue: str) -> None:
    assert Effect.NEGATED in effects(f"{cue} {word}", word)


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS, st.sampled_from(["but", "however", "except", "although"]))
def test_a_negation_never_reaches_past_a_turn(denied: str, said: str, turn: str) -> None:
    text = f"no {denied}x {turn} {said}y"

    assert Effect.NEGATED in effects(text, f"{denied}x")
    assert Effect.NEGATED not in effects(text, f"{said}y")


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_a_negation_reaches_every_part_of_a_list(parts: list[str]) -> None:
    numbered = [f"{part}{number}" for number, part in enumerate(parts)]

    for part in numbered:
        assert Effect.NEGATED in effects("denies " + ", ".join(numbered), part)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=6), st.sampled_from(["ruled out", "excluded", "were ruled out"]))
def test_a_denial_at_the_end_reaches_back_over_every_part_of_a_list(parts: list[str], cue: str) -> None:
    numbered = [f"{part}{number}" for number, part in enumerate(parts)]
    text = f"{', '.join(numbered[:-1])} and {numbered[-1]} {cue}"

    for part in numbered:
        assert Effect.NEGATED in effects(text, part)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_cues_reach_only_tokens_of_their_sentence(text: str) -> None:
    for one in sentences(text, 0, len(text)):
        for cue in cues(one):
            assert isinstance(cue, Cue)
            assert 0 <= cue.begin < cue.end <= len(one.tokens)
            assert cue.last < len(one.tokens) and cue.first >= 0


@pytest.mark.parametrize(
    ("text", "word", "effect"),
    [
        ("pneumonia was ruled out", "pneumonia", Effect.NEGATED),  # after the mention
        ("rule out pneumonia", "pneumonia", Effect.UNCERTAIN),
        ("r/o pneumonia", "pneumonia", Effect.UNCERTAIN),
        ("mother had diabetes", "diabetes", Effect.FAMILY),
        ("history of stroke", "stroke", Effect.HISTORY),
        ("gout resolved", "gout", Effect.RESOLVED),
        ("gout ruled out", "gout", Effect.NEGATED),  # at the end of its clause
        ("gout excluded by the tap", "gout", Effect.NEGATED),
        ("gout ruled out last month by the tap", "gout", Effect.NEGATED),
        ("the tap ruled out gout", "gout", Effect.NEGATED),
        ("gout was considered but ruled out", "gout", Effect.NEGATED),
        ("gout (ruled out)", "gout", Effect.NEGATED),
        ("gout considered - no", "gout", Effect.NEGATED),
        ("gout no", "gout", Effect.NEGATED),
        ("gout likely", "gout", Effect.UNCERTAIN),
        ("gout?", "gout", Effect.UNCERTAIN),
        ("gout??", "gout", Effect.UNCERTAIN),
        ("?gout", "gout", Effect.UNCERTAIN),
        ("gout entered in error", "gout", Effect.DOUBTED),
        ("gout (entered 2019, never treated - ?error)", "gout", Effect.DOUBTED),
        ("family hx gout", "gout", Effect.FAMILY),
        ("return if fever", "fever", Effect.HYPOTHETICAL),
    ],
)
def test_a_cue_has_its_effect(text: str, word: str, effect: Effect) -> None:
    assert effect in effects(text, word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no change in edema", "edema"),
        ("gram negative pneumonia", "pneumonia"),
        ("52-year-old woman with gout", "gout"),
        ("mother reports that she has gout", "gout"),  # the patient ends what is said of the family
        ("gout, sepsis ruled out", "gout"),  # no list: only the part before the cue is meant
        ("sepsis ruled out, gout", "gout"),
        ("fever likely from gout now", "fever"),  # it is the cause that is likely
    ],
)
def test_words_that_look_like_a_cue_are_none(text: str, word: str) -> None:
    assert effects(text, word) == set()


@pytest.mark.parametrize(
    ("codes", "ordered"),
    [
        (["R6520", "A4151", "N10"], ["A4151", "R6520", "N10"]),
        (["I509", "I10", "I110"], ["I10", "I110", "I509"]),
        (["I509", "I10"], ["I509", "I10"]),
        ([], []),
    ],
)
def test_a_code_that_another_asks_for_stands_behind_it(codes: list[str], ordered: list[str]) -> None:
    assert in_order(codes) == ordered


def test_a_combination_needs_both_conditions() -> None:
    both = list(combine({"I10": "htn", "I509": "chf"}))

    assert [one.code for one in both] == ["I110"]
    assert both[0].replaced == ("I10",)
    assert list(combine({"I10": "htn"})) == []


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("terms.csv", 1),
        ("allergies.csv", 1),
        ("resolved.csv", 1),
        ("vague.csv", 0),
    ],
)
def test_every_code_of_a_table_is_a_code_of_the_release(reference: Reference, name: str, column: int) -> None:
    lines = (tables.DATA / name).read_text(encoding="utf-8").splitlines()
    header = next(line for line in lines if not line.startswith("#"))
    named = {row[column] for row in tables.rows(name, tuple(header.split(",")))} - {"current"}

    unknown = sorted(code for code in named if find(reference, CodeSystem.ICD10CM, code, ON) is None)

    assert unknown == []


@pytest.mark.parametrize("name", ["history.csv", "family_history.csv", "medications.csv", "operations.csv"])
def test_every_code_of_a_table_of_statuses_is_a_code_of_the_release(reference: Reference, name: str) -> None:
    lines = (search_tables.DATA / name).read_text(encoding="utf-8").splitlines()
    header = next(line for line in lines if not line.startswith("#"))
    named = {row[1] for row in search_tables.rows(name, tuple(header.split(",")))} - {"current"}

    assert sorted(code for code in named if find(reference, CodeSystem.ICD10CM, code, ON) is None) == []


def test_every_rule_names_codes_of_the_release(reference: Reference) -> None:
    named = {rule.code.replace("*", "E11") for rule in combinations()}
    named |= {code for has, drops, _ in superseded() for code in (has, drops)}

    unknown = sorted(code for code in named if len(code) > 2 and find(reference, CodeSystem.ICD10CM, code, ON) is None)

    assert unknown == []


def test_no_own_term_stands_twice() -> None:
    words = [tuple(sorted(term.split())) for term, _ in terms.own_terms()]

    assert sorted(one for one in set(words) if words.count(one) > 1) == []


def test_a_table_with_a_wrong_header_is_refused() -> None:
    with pytest.raises(UnreadableInput, match=r"terms.csv: wrong header"):
        tables.rows("terms.csv", ("term", "meaning"))


@pytest.mark.parametrize(
    ("said", "there", "denied"),
    [
        ("Cellulitis w/o abscess, hypertension", "hypertension", "abscess"),
        ("COPD without exacerbation and hypertension", "hypertension", "exacerbation"),
        ("gout, no tophi, hypertension", "hypertension", "tophi"),
    ],
)
def test_a_negation_of_one_item_leaves_the_rest_of_a_list(said: str, there: str, denied: str) -> None:
    assert not _negated(said, there)
    assert _negated(said, denied)


@pytest.mark.parametrize(
    "said", ["no fever, chills or cough", "denies fever, no chills, cough", "without fever, chills or cough"]
)
def test_a_negated_list_stays_negated_to_its_end(said: str) -> None:
    assert _negated(said, "cough")


def _negated(said: str, word: str) -> bool:
    (sentence,) = sentences(said, 0, len(said))
    place = next(number for number, token in enumerate(sentence.tokens) if token.text == word)
    return any(cue.effect is Effect.NEGATED and cue.reaches(place, place + 1) for cue in cues(sentence))


def test_problems_behind_number_signs_are_sentences_of_their_own() -> None:
    text = "#Pneumonia - no fever\n#HTN stable\n#CAD"

    assert [said.tokens[0].text for said in sentences(text, 0, len(text))] == ["Pneumonia", "HTN", "CAD"]


@pytest.mark.parametrize("text", ["(((:::,,,", "_", "ddx\n", "gout (+) ", " ", "(x)"])
def test_passages_of_odd_text_are_read_in_the_time_of_its_length(text: str) -> None:
    began = time.process_time()

    Passages(text * (100_000 // len(text)))

    assert time.process_time() - began < 2
