"""The codes that notes name, in every way the tabular list writes them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.catalog import known_in
from codesets.note_targets import Qualifier, QualifierKind, targets
from codesets.reference import Reference
from codesets.releases import CodeSystem

ON = dt.date(2026, 6, 1)


def spans(reference: Reference, text: str) -> list[str]:
    release = reference.choose(CodeSystem.ICD10CM, ON).release
    assert release is not None
    found = targets(text, known_in(reference, release.id))
    return [one.first if one.first == one.last else f"{one.first}-{one.last}" for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COVID-19 (U07.1)", ["U071"]),
        ("chronic conditions (Q00-QA0)", ["Q00-QA0"]),
        ("gout (M1A.-)", ["M1A"]),
        ("(J03.-)", ["J03"]),
        ("(H35.71-)", ["H3571"]),
        ("(R10.1-R10.3-)", ["R101-R103"]),
        ("(I70.2--I70.7-)", ["I702-I707"]),
        ("(P28.3- - P28.4-)", ["P283-P284"]),
        ("(Q70.0- -Q70.3-)", ["Q700-Q703"]),
        ("(I01.0 -I01.9)", ["I010-I019"]),
        ("(M47.0-, M47.2.-)", ["M470", "M472"]),
        ("(C43.2-,C44.2-)", ["C432", "C442"]),
        ("(K50.914,)", ["K50914"]),
        ("(P03.82 )", ["P0382"]),
        ("vitamin B12 deficiency anemia (D51.-)", ["D51"]),  # prose is no code
        ("injury to visual cortex S04.04-", ["S0404"]),  # no parentheses at all
        ("conditions classified to Q67.0-Q67.4", ["Q670-Q674"]),
        ("changes in DNA or HLA", []),
        ("code to condition", []),
        ("heart disease (in):", []),
    ],
)
def test_every_official_way_of_writing_is_read(reference: Reference, text: str, expected: list[str]) -> None:
    assert spans(reference, text) == expected


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        ("(E08-E13 with .42)", Qualifier(QualifierKind.AFTER_CATEGORY, "with .42", ("42",))),
        ("(E08-E13 with .62-)", Qualifier(QualifierKind.AFTER_CATEGORY, "with .62-", ("62",))),
        ("(V01-V09 with 5th character 9)", Qualifier(QualifierKind.CHARACTER, "with 5th character 9", ("9",), 5)),
        (
            "(B27.0-B27.9 with fifth character 1)",
            Qualifier(QualifierKind.CHARACTER, "with fifth character 1", ("1",), 5),
        ),
        ("(S02.- with 7th character B)", Qualifier(QualifierKind.CHARACTER, "with 7th character B", ("B",), 7)),
        ("(I69. with final characters -23)", Qualifier(QualifierKind.FINAL, "with final characters -23", ("23",))),
        (
            "(F11-F19 with fifth to sixth characters 51)",
            Qualifier(QualifierKind.CHARACTER, "with fifth to sixth characters 51", ("51",), 5),
        ),
        ("(F10-F19 with 5th character .6)", Qualifier(QualifierKind.CHARACTER, "with 5th character .6", ("6",), 5)),
        (
            "(E08, E09, E11, E13 with final characters .00 or .01)",
            Qualifier(QualifierKind.FINAL, "with final characters .00 or .01", ("00", "01")),
        ),
        (
            "see E08-E10, E11, E13 with ketoacidosis",
            Qualifier(QualifierKind.CHARACTER, "with ketoacidosis", ("1",), 4),
        ),
        (
            "(S52.- with open fracture 7th character)",
            Qualifier(QualifierKind.CHARACTER, "with open fracture 7th character", tuple("BCEFHJMNQR"), 7),
        ),
        (
            "(T51-T65 with fifth or sixth character to indicate intent)",
            Qualifier(QualifierKind.WORDS, "with fifth or sixth character to indicate intent"),
        ),
    ],
)
def test_conditions_beyond_the_codes_are_kept(reference: Reference, text: str, qualifier: Qualifier) -> None:
    release = reference.choose(CodeSystem.ICD10CM, ON).release
    assert release is not None

    found = targets(text, known_in(reference, release.id))

    assert found
    assert {one.qualifier for one in found} == {qualifier}


def test_a_condition_tells_which_codes_fulfill_it_or_that_only_a_person_can() -> None:
    fifth = Qualifier(QualifierKind.CHARACTER, "with 5th character 9", ("9",), 5)
    final = Qualifier(QualifierKind.FINAL, "with final characters -23", ("23",))
    two = Qualifier(QualifierKind.CHARACTER, "with fifth to sixth characters 51", ("51",), 5)
    words = Qualifier(QualifierKind.WORDS, "to indicate intent")

    assert (fifth.holds("V0199"), fifth.holds("V0109"), fifth.holds("V0191")) == (True, True, False)
    assert (final.holds("I69023"), final.holds("I69020")) == (True, False)
    assert (two.holds("F11251"), two.holds("F11250"), two.holds("F1125")) == (True, False, False)
    assert words.holds("T510X1A") is None


def test_nearly_all_official_excludes_notes_name_known_codes(reference: Reference) -> None:
    release = reference.choose(CodeSystem.ICD10CM, ON).release
    assert release is not None
    known = known_in(reference, release.id)
    texts = [row[0] for row in reference.db.execute("SELECT text FROM notes WHERE kind = 'excludes1'")]

    linked = sum(bool(targets(text, known)) for text in texts)

    assert (len(texts), linked) == (5_407, 5_279)


@given(st.text(alphabet="ABEU0123456789.-() with,;[]", max_size=60))
def test_any_text_gives_targets_in_order_and_within_it(text: str) -> None:
    found = targets(text, lambda code: True)

    places = [(one.start, one.end) for one in found]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
