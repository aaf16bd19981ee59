"""Codes, pages and validity, read from the release of April 2026."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets import catalog
from codesets.catalog import StepKind, ValidityKind
from codesets.notes import NoteKind
from codesets.reference import Reference
from codesets.releases import CodeSystem

ON = dt.date(2026, 6, 1)
CM = CodeSystem.ICD10CM


@pytest.mark.parametrize("spelling", ["E11.42", "e11.42", "E1142", " e11 42 ", "e114.2"])
def test_a_code_is_found_in_any_spelling(reference: Reference, spelling: str) -> None:
    code = catalog.find(reference, CM, spelling, ON)

    assert code is not None
    assert code.dotted == "E11.42"
    assert code.billable


@pytest.mark.parametrize(
    ("header", "default"),
    [
        ("E11", "E11.9"),  # without complications stands before "with unspecified complications"
        ("I50", "I50.9"),  # of two unspecified ones, the one that ends in 9
        ("J45", "J45.909"),  # down two levels
        ("S72.001", "S72.001A"),  # the initial encounter
        ("N40", "N40.0"),
        ("I48", "I48.91"),
        ("K21", "K21.9"),
        ("F14.1", "F14.10"),  # "unspecified with withdrawal" is more than abuse
        ("G20", "G20.A1"),  # "Parkinson's disease NOS" is printed below it
        ("R18", "R18.8"),
        ("S06.0", "S06.0XAA"),
    ],
)
def test_a_header_stands_for_its_default_billable_child(reference: Reference, header: str, default: str) -> None:
    code = catalog.find(reference, CM, header, ON)
    assert code is not None

    assert catalog.default_child(reference, code).dotted == default


def test_the_path_leads_from_the_chapter_to_the_parent(reference: Reference) -> None:
    page = catalog.page(reference, CM, "S72.001A", ON)

    assert page is not None
    assert [(step.kind, step.id) for step in page.path] == [
        (StepKind.CHAPTER, "19"),
        (StepKind.SECTION, "S70-S79"),
        (StepKind.CODE, "S72"),
        (StepKind.CODE, "S720"),
        (StepKind.CODE, "S7200"),
        (StepKind.CODE, "S72001"),
    ]


@pytest.mark.parametrize(
    ("code", "sections"),
    [
        ("V03.10XA", ["V00-X58", "V00-V99", "V00-V09"]),
        ("M1A.9XX0", ["M00-M25", "M05-M14"]),  # M1A stands before M10 but belongs to M05-M14
        ("C4A.9", ["C00-C96", "C00-C75", "C43-C44"]),
        ("B20", ["B20"]),  # a section and a category of the same name
        ("QA0.0101", ["QA0"]),
    ],
)
def test_sections_around_a_code_go_by_position_not_by_string_order(
    reference: Reference, code: str, sections: list[str]
) -> None:
    page = catalog.page(reference, CM, code, ON)

    assert page is not None
    assert [step.id for step in page.path if step.kind is StepKind.SECTION] == sections


def test_a_note_that_goes_on_behind_its_heading_begins_with_a_word(reference: Reference) -> None:
    page = catalog.page(reference, CM, "J15.4", ON)

    assert page is not None
    assert page.notes[NoteKind.CODE_FIRST][0].text.startswith("if applicable, associated influenza")


def test_notes_are_inherited_with_their_owner(reference: Reference) -> None:
    page = catalog.page(reference, CM, "E11.42", ON)
    assert page is not None

    excludes = page.notes[NoteKind.EXCLUDES1]

    assert {(note.owner_kind, note.owner) for note in excludes} == {
        (StepKind.CODE, "E11"),
        (StepKind.CHAPTER, "4"),
    }
    assert all(note.inherited for note in excludes)


def test_inclusion_terms_are_not_inherited(reference: Reference) -> None:
    page = catalog.page(reference, CM, "E11.42", ON)

    assert page is not None
    assert {note.owner for note in page.notes[NoteKind.INCLUSION_TERM]} == {"E1142"}


def test_the_7th_character_table_comes_from_the_nearest_header(reference: Reference) -> None:
    page = catalog.page(reference, CM, "S72.001", ON)

    assert page is not None
    first, second = page.seventh_characters[:2]
    assert (first.character, first.meaning, first.owner) == (
        "A",
        "initial encounter for closed fracture",
        "S72",
    )
    assert second.also == ("initial encounter for open fracture NOS",)


def test_a_page_on_a_date_nobody_covers_carries_the_warning(reference: Reference) -> None:
    page = catalog.page(reference, CM, "I10", dt.date(2026, 10, 5))

    assert page is not None
    assert not page.covered
    assert "2026-10-05" in page.warning


@pytest.mark.parametrize(
    ("system", "code", "on", "kind", "proposed"),
    [
        (CM, "E11.9", ON, ValidityKind.VALID, None),
        (CM, "U07.1", ON, ValidityKind.VALID, None),
        (CM, "E11", ON, ValidityKind.HEADER, "E11.9"),
        (CM, "S72.001", ON, ValidityKind.HEADER, "S72.001A"),
        (CM, "E11.4Z", ON, ValidityKind.UNKNOWN, "E11.40"),
        (CM, "ZZZ", ON, ValidityKind.UNKNOWN, None),
        (CM, "E11.9", dt.date(2026, 10, 5), ValidityKind.NOT_COVERED, None),
        (CodeSystem.HCPCS, "G0463", ON, ValidityKind.VALID, None),
        (CodeSystem.HCPCS, "K0001", ON, ValidityKind.COULD_NOT_CHECK, None),
    ],
)
def test_validity_names_the_reason_and_the_fix(
    reference: Reference, system: CodeSystem, code: str, on: dt.date, kind: ValidityKind, proposed: str | None
) -> None:
    answer = catalog.validity(reference, system, code, on)

    assert answer.kind is kind
    assert answer.reason
    assert (answer.proposed.dotted if answer.proposed else None) == proposed


def test_known_modifiers_have_a_short_meaning(reference: Reference) -> None:
    known = catalog.modifiers(reference, ON)

    assert {"25", "59", "LT", "RT", "XS", "TC"} <= known.keys()


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("QA00101", "QA0.0101"),
        ("QA0", "QA0"),
        ("M1A0", "M1A.0"),
        ("Z3A01", "Z3A.01"),
        ("U071", "U07.1"),
        ("fever", "FEVER"),
    ],
)
def test_the_dot_stands_after_the_category_whatever_its_characters(code: str, printed: str) -> None:
    assert catalog.dotted(code) == printed
