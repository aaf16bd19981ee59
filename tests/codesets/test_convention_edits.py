"""Edits from the conventions of ICD-10-CM, on the shipped release: codes that pass each rule and codes that do not."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.catalog import Reference
from codesets.conventions import CodeNotes, Span, Statement, exclusion
from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, check_codes, facts_of
from codesets.edits.conventions import OF_PAIRS, only_first_listed, related
from codesets.laterality import Side, sided
from codesets.notes import NoteKind

DAY = dt.date(2026, 9, 14)


def encounter(*codes: str, modifier: str = "") -> CodedEncounter:
    """Diagnoses in order, the first one principal, and a line that points to the first."""
    diagnoses = tuple(
        CodedDiagnosis(place, code, "principal" if place == 1 else "secondary")
        for place, code in enumerate(codes, start=1)
    )
    line = CodedProcedure(1, "hcpcs", "G0463", (modifier,) if modifier else (), (1,))
    return CodedEncounter(dt.date(2026, 6, 1), ClaimKind.PROFESSIONAL, diagnoses, (line,))


def told(reference: Reference, subject: CodedEncounter) -> list[tuple[str, str]]:
    return [(finding.rule_id, finding.place) for finding in check_codes(subject, facts_of(reference))]


CASES: dict[str, tuple[str, CodedEncounter, CodedEncounter, str]] = {
    # what: (rule, codes that pass, codes that do not, the place)
    "a note of the first code": ("c71", encounter("E11.9", "I10"), encounter("E11.9", "E10.9"), "diagnosis.2"),
    "a note of the second code": ("c71", encounter("Z21", "I10"), encounter("Z21", "B20"), "diagnosis.2"),
    "a range": ("c71", encounter("I10", "O99.411"), encounter("I10", "O10.011"), "diagnosis.2"),
    "a qualifier": ("c71", encounter("E08.9", "G63"), encounter("E08.42", "G63"), "diagnosis.2"),
    "code first": ("c72", encounter("I12.9", "N18.31"), encounter("N18.31", "I12.9"), "diagnosis.1"),
    "one of several first": (
        "c72",
        encounter("E11.22", "N18.31", "I12.9"),
        encounter("N18.31", "E11.22"),
        "diagnosis.1",
    ),
    "first-listed": ("c73", encounter("Z00.00", "I10"), encounter("I10", "Z00.00"), "diagnosis.2"),
    "both sides": ("c74", encounter("H65.01", "I10"), encounter("H65.01", "H65.02"), "diagnosis.2"),
    "no code for both": ("c74", encounter("S52.501A", "S52.502A"), encounter("H65.02", "H65.01"), "diagnosis.2"),
    "no side": ("c75", encounter("H65.01", "H65.02"), encounter("H65.01", "H65.00"), "diagnosis.2"),
    "side of the modifier": (
        "c76",
        encounter("H65.01", modifier="RT"),
        encounter("H65.01", modifier="LT"),
        "line.1.modifiers",
    ),
    "finger of the other hand": (
        "c76",
        encounter("H65.03", modifier="FA"),
        encounter("S62.521A", modifier="FA"),
        "line.1.modifiers",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_the_rule_lets_sound_codes_pass(reference: Reference, what: str) -> None:
    rule, sound, _, _ = CASES[what]

    assert rule not in [found for found, _ in told(reference, sound)]


@pytest.mark.parametrize("what", CASES)
def test_the_rule_finds_its_fault_and_names_the_place(reference: Reference, what: str) -> None:
    rule, _, faulty, place = CASES[what]

    assert (rule, place) in told(reference, faulty)


def test_the_finding_quotes_the_note_and_its_owner(reference: Reference) -> None:
    found = check_codes(encounter("E11.9", "E10.9"), facts_of(reference))
    (finding,) = [finding for finding in found if finding.rule_id == "c71"]

    assert "E11 has the Excludes1 note “type 1 diabetes mellitus (E10.-)”" in finding.message


def test_a_day_without_a_release_is_answered_from_the_nearest(reference: Reference) -> None:
    old = CodedEncounter(dt.date(2019, 5, 1), ClaimKind.PROFESSIONAL, encounter("E11.9", "E10.9").diagnoses)

    assert {"c03", "c71"} <= {rule for rule, _ in told(reference, old)}


def notes(code: str, position: int, *statements: Statement) -> CodeNotes:
    return CodeNotes(code, position, statements)


def note(kind: NoteKind, depth: int, first: int, last: int) -> Statement:
    return Statement(kind, "text", "owner", depth, (Span(first, last),))


def test_an_excludes2_note_nearer_to_the_code_lets_the_two_stand() -> None:
    forbidding, allowing = note(NoteKind.EXCLUDES1, 3, 5, 9), note(NoteKind.EXCLUDES2, 5, 5, 9)

    assert exclusion(notes("A", 1, forbidding), notes("B", 7)) is forbidding
    assert exclusion(notes("A", 1, forbidding, allowing), notes("B", 7)) is None


def test_a_note_that_names_both_codes_forbids_neither() -> None:
    within = note(NoteKind.EXCLUDES1, 3, 0, 9)

    assert exclusion(notes("A", 1, within), notes("B", 7, within)) is None


NOTED = (
    *("I10", "I11.0", "I12.9", "I13.0", "I50.9", "N18.31", "E11.9", "E11.22", "Z79.4", "Z79.84", "F32.A", "M17.11"),
    *("M17.12", "M17.10", "M25.561", "M25.562", "G30.9", "F02.80", "E10.9", "E08.9", "J44.9", "J43.9", "R07.9"),
    *("H65.01", "H65.02", "H65.03", "K50.00", "K51.90", "R65.20", "A41.9", "N17.9", "O24.410", "B95.2", "N39.0"),
)
"""Diagnoses whose notes and sides speak of each other."""


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(NOTED), min_size=1, max_size=6))
def test_where_no_two_diagnoses_are_related_no_check_of_pairs_finds_anything(
    reference: Reference, codes: list[str]
) -> None:
    facts = facts_of(reference)
    encounter = CodedEncounter(
        dt.date(2026, 6, 1), ClaimKind.PROFESSIONAL, tuple(CodedDiagnosis(n, c) for n, c in enumerate(codes, 1))
    )

    found = [finding for check in OF_PAIRS for finding in check(encounter, facts)]

    assert related(encounter, facts) or not found


def test_the_guideline_lists_141_valid_codes_that_only_stand_first(reference: Reference) -> None:
    codes = reference.db.execute(
        "SELECT code FROM codes JOIN releases ON id = release_id WHERE system = 'icd10cm' AND billable"
    )

    assert sum(only_first_listed(code) for (code,) in codes) == 141


@pytest.mark.parametrize(
    ("code", "side"),
    [
        ("H6501", Side.RIGHT),
        ("H6502", Side.LEFT),
        ("H6503", Side.BOTH),
        ("H6500", Side.UNSPECIFIED),
        ("S52501A", Side.RIGHT),
    ],
)
def test_a_code_knows_its_side(reference: Reference, code: str, side: Side) -> None:
    found = sided(reference, code, DAY)

    assert found is not None and found.side is side


@pytest.mark.parametrize("code", ["E119", "I10", "Z0000", "J449", "nonsense"])
def test_a_code_without_another_side_has_none(reference: Reference, code: str) -> None:
    assert sided(reference, code, DAY) is None
