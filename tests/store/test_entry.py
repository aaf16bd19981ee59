"""The one-line code entry: what each form of a line means, and what a wrong one says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.coding.entry import (
    AddDiagnosis,
    AddProcedure,
    ChangeDiagnosis,
    ChangeLine,
    EntryError,
    ForEach,
    Move,
    PointAll,
    Remove,
    RemoveCode,
    ReplaceDiagnosis,
    ReplaceLine,
    Search,
    doubt_of_words,
    parse,
)
from store.terms import DiagnosisRole

KNOWN = {"e11.42": "icd10cm", "e1142": "icd10cm", "i50.23": "icd10cm", "g0467": "hcpcs", "0dtj4zz": "icd10pcs"}


def system_of(code: str) -> str | None:
    return KNOWN.get(code.lower())


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("e11.42", AddDiagnosis("E11.42")),
        ("+E1142", AddDiagnosis("E1142")),
        ("i50.23 p y", AddDiagnosis("I50.23", DiagnosisRole.PRINCIPAL, "Y")),
        ("i50.23 w e", AddDiagnosis("I50.23", DiagnosisRole.EXTERNAL_CAUSE, "W")),
        ("g0467", AddProcedure("hcpcs", "G0467")),
        ("g0467-25 a,b", AddProcedure("hcpcs", "G0467", ("25",), pointers=(1, 2))),
        ("g0467-25-xu 1,3 x2 $12.50", AddProcedure("hcpcs", "G0467", ("25", "XU"), 2, 1250, (1, 3))),
        ("0dtj4zz @2026-09-14", AddProcedure("icd10pcs", "0DTJ4ZZ", service_date="2026-09-14")),
        ("3 y", ChangeDiagnosis(3, poa="Y")),
        ("3 -", ChangeDiagnosis(3, poa="")),
        ("3 p", ChangeDiagnosis(3, role=DiagnosisRole.PRINCIPAL)),
        ("b -25 1,2 x3", ChangeLine(2, ("25",), 3, None, (1, 2))),
        ("b -", ChangeLine(2, ())),
        ("b 2026-09-14", ChangeLine(2, service_date="2026-09-14")),
        ("*", PointAll()),
        ("* 1,3", PointAll((1, 3))),
        ("3>1", Move(False, 3, 1)),
        ("b > a", Move(True, 2, 1)),
        ("-3", Remove(False, 3)),
        ("-b", Remove(True, 2)),
        ("+chest pain", Search("chest pain")),
        ("b 12 deficiency", Search("b 12 deficiency")),
        ("e11", Search("e11")),
    ],
)
def test_a_line_means_what_the_grammar_says(line: str, meaning: object) -> None:
    assert parse(line, system_of) == meaning


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "expected a code"),
        ("e11.42 q", "q: expected a role"),
        ("e11.42 y y", "y: expected a role"),
        ("g0467 a,b,1,2,3", "at most 4"),
        ("g0467 a,1", "named twice"),
        ("g0467-25-59-xu-xs-xe", "at most 4 modifiers"),
        ("g0467 $1.005", "expected an amount"),
        ("g0467 0", "numbered from 1"),
        ("b zz", "zz: expected"),
        ("* zz", "zz: expected pointers"),
        ("g0467 @2026-02-30", "no such day"),
    ],
)
def test_a_wrong_line_names_the_word_and_what_was_expected(line: str, word: str) -> None:
    with pytest.raises(EntryError) as refused:
        parse(line, system_of)

    assert word in refused.value.message


@given(st.text(max_size=60))
def test_any_text_is_an_entry_or_a_clear_refusal(line: str) -> None:
    try:
        entry = parse(line, system_of)
    except EntryError as refused:
        assert refused.message
    else:
        assert entry is not None


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("1-3 y", ForEach(False, (1, 2, 3), ChangeDiagnosis(0, poa="Y"))),
        ("1,3 y", ForEach(False, (1, 3), ChangeDiagnosis(0, poa="Y"))),
        ("a,c -59", ForEach(True, (1, 3), ChangeLine(0, ("59",)))),
        ("a-b,d x2", ForEach(True, (1, 2, 4), ChangeLine(0, units=2))),
        ("-2,4", ForEach(False, (2, 4), Remove(False, 0))),
        ("-a-c", ForEach(True, (1, 2, 3), Remove(True, 0))),
        ("b by whit", ChangeLine(2, performer="whit")),
        ("b r636", ChangeLine(2, revenue_code="0636")),
        ("b ndc0093-7214-10/ml2.5", ChangeLine(2, ndc="00093721410", ndc_quantity="ML2.5")),
        (
            "g0467 by 1234567893 ndc00093721410",
            AddProcedure("hcpcs", "G0467", performer="1234567893", ndc="00093721410", ndc_quantity=""),
        ),
    ],
)
def test_rows_are_named_together_and_lines_say_who_and_which_drug(line: str, meaning: object) -> None:
    assert parse(line, system_of) == meaning


@pytest.mark.parametrize("line", ["a x0", "a x00000", "a-c x0", "g0467 x0", "a g0467 x0"])
def test_units_below_one_are_refused_with_what_is_expected(line: str) -> None:
    with pytest.raises(EntryError, match="expected units from 1 on"):
        parse(line, system_of)


@pytest.mark.parametrize("line", ["b by", "b ndc123", "b x2 ndc1-2-3", "1-3 x2", "a-c y z"])
def test_a_wrong_part_of_a_row_says_what_was_expected(line: str) -> None:
    with pytest.raises(EntryError):
        parse(line, system_of)


@pytest.mark.parametrize(
    "line",
    [
        "-y93.k1x99",
        "-1-999999999",
        "99999999999>1",
        "é漢字😀%_';--",
        "s8262xaw108xxa e",
        ">3",
        "* 1 2 3",
        "--",
        "12345678",
        "93.k1",
        "e11.42; i10",
    ],
)
def test_what_is_no_entry_is_refused_and_never_searched_as_words(line: str) -> None:
    with pytest.raises(EntryError):
        parse(line, system_of)


@pytest.mark.parametrize("words", ["Sjögren's syndrome", "copd, acute (on chronic)", "type 2 dm w/ ckd", "=knee", "^"])
def test_words_with_marks_of_writing_are_searched(words: str) -> None:
    assert parse(words, system_of) == Search(words)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("-e11.42", RemoveCode("E11.42")),
        ("-g0467", RemoveCode("G0467")),
        ("4 e1142", ReplaceDiagnosis(4, "E1142")),
        ("4 e11.42 p y", ReplaceDiagnosis(4, "E11.42", DiagnosisRole.PRINCIPAL, "Y")),
        ("b g0467-25 x2", ReplaceLine(2, "hcpcs", "G0467", ChangeLine(2, ("25",), 2))),
    ],
)
def test_a_code_is_removed_by_its_name_and_replaced_in_its_place(line: str, meaning: object) -> None:
    assert parse(line, system_of) == meaning


def test_a_header_in_the_place_of_a_row_asks_for_a_complete_code() -> None:
    with pytest.raises(EntryError, match="complete"):
        parse("4 e11", system_of)


@pytest.mark.parametrize(
    ("words", "lines", "doubted"),
    [
        ("2 left", 0, True),
        ("1 none", 0, True),
        ("a none", 1, True),
        ("a fib", 0, False),
        ("b 12 deficiency", 1, False),
        ("e11.4 2", 0, True),
        ("n18.3 2", 0, True),
        ("t4 n1", 0, True),
        ("l4-5 stenosis", 0, False),
        ("b12 deficiency", 2, False),
        ("pneumonia", 1, False),
        ("=copd x", 1, False),
    ],
)
def test_words_that_begin_like_a_row_or_a_code_are_doubted(words: str, lines: int, doubted: bool) -> None:
    assert bool(doubt_of_words(words, lines)) is doubted
