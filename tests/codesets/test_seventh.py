"""7th characters, read from the release of April 2026: padded with X, and only what the release has."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets import catalog
from codesets.reference import Reference
from codesets.releases import CodeSystem
from codesets.seventh import seventh_characters

ON = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("S01.00", ["S01.00XA", "S01.00XD", "S01.00XS"]),
        ("x58", ["X58.XXXA", "X58.XXXD", "X58.XXXS"]),
        ("W32.0xx", ["W32.0XXA", "W32.0XXD", "W32.0XXS"]),
        ("M1A.00", ["M1A.00X0", "M1A.00X1"]),
        ("T39.011D", ["T39.011A", "T39.011D", "T39.011S"]),
    ],
)
def test_a_code_is_filled_up_with_x(reference: Reference, written: str, made: list[str]) -> None:
    assert [one.dotted for one in seventh_characters(reference, written, ON)] == made


def test_each_character_has_the_meaning_of_its_table(reference: Reference) -> None:
    offered = seventh_characters(reference, "S52.501", ON)

    assert [one.character for one in offered] == list("ABCDEFGHJKMNPQRS")
    assert offered[0].meaning == "initial encounter for closed fracture"
    assert offered[-1].meaning == "sequela"


@pytest.mark.parametrize("written", ["S52.50", "S52", "E11", "E11.9", "I10", "", "fracture", "ZZZ"])
def test_a_code_from_which_more_is_missing_or_nothing_offers_none(reference: Reference, written: str) -> None:
    assert seventh_characters(reference, written, ON) == []


def test_all_that_is_offered_can_be_reported(reference: Reference) -> None:
    stems = ["S52.501", "O31.11", "H40.111", "T36.0X1", "Y92.01", "V00.01"]

    offered = [one.code for stem in stems for one in seventh_characters(reference, stem, ON)]

    assert offered
    assert all(catalog.is_billable(reference, CodeSystem.ICD10CM, code, ON) for code in offered)
