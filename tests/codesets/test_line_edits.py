"""Edits on procedure lines: NCCI pairs, most units, add-on codes, payment indicators; codes are made up."""

from __future__ import annotations

import datetime as dt

import pytest

from codesets.edits import ClaimKind, CodedDiagnosis, CodedEncounter, CodedProcedure, Severity, check_codes
from codesets.fees import FeeValue
from codesets.ncci import AddOnRule, MostUnits, PairEdit
from codesets.origin import Origin
from tests.codesets.made_facts import NOTHING, MadeFacts

DAY = dt.date(2026, 9, 14)


def lines(*written: str, kind: ClaimKind = ClaimKind.PROFESSIONAL) -> CodedEncounter:
    """Lines such as `ZZ001-59 x3 @15`: code, modifiers, units, day of September."""
    procedures = []
    for sequence, text in enumerate(written, 1):
        code, *modifiers = text.split(" ")[0].split("-")
        rest = {word[0]: int(word[1:]) for word in text.split(" ")[1:]}
        day = DAY.replace(day=rest.get("@", DAY.day))
        procedures.append(CodedProcedure(sequence, "hcpcs", code, tuple(modifiers), (1,), day, rest.get("x", 1)))
    return CodedEncounter(DAY, kind, (CodedDiagnosis(1, "I10", "principal"),), tuple(procedures))


def told(subject: CodedEncounter, facts: MadeFacts) -> list[tuple[str, str]]:
    return [(finding.rule_id, finding.place) for finding in check_codes(subject, facts)]


def paired(indicator: int) -> MadeFacts:
    return MadeFacts(edits=(PairEdit("ZZ001", "ZZ002", dt.date(2020, 1, 1), None, indicator, "misuse of column two"),))


@pytest.mark.parametrize(
    ("indicator", "written", "found"),
    [
        (0, ("ZZ001", "ZZ002"), [("c81", "line.2")]),
        (0, ("ZZ002", "ZZ001"), [("c81", "line.1")]),
        (0, ("ZZ001", "ZZ002-59"), [("c81", "line.2")]),
        (1, ("ZZ001", "ZZ002"), [("c82", "line.2")]),
        (1, ("ZZ001", "ZZ002-59"), []),
        (1, ("ZZ001-XS", "ZZ002"), []),
        (1, ("ZZ001-LT", "ZZ002-RT"), []),
        (1, ("ZZ001-LT", "ZZ002-LT"), [("c82", "line.2")]),
        (1, ("ZZ001-F1", "ZZ002-F2"), []),
        (1, ("ZZ001-76", "ZZ002-77"), [("c82", "line.2")]),
        (1, ("ZZ001 @14", "ZZ002 @15"), []),
        (1, ("ZZ001", "ZZ003"), []),
    ],
)
def test_a_pair_denies_column_2_unless_a_modifier_sets_it_apart(
    indicator: int, written: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    assert told(lines(*written), paired(indicator)) == found


@pytest.mark.parametrize(
    ("first", "apart"),
    [("89999-25", False), ("89999-59", True), ("Q9966-57", False), ("G0105-24", False), ("G0463-25", True)],
)
def test_a_modifier_of_visits_sets_only_a_visit_apart(first: str, apart: bool) -> None:
    pair = PairEdit(first.partition("-")[0], "ZZ002", dt.date(2020, 1, 1), None, 1, "misuse of column two")

    assert (("c82", "line.2") not in told(lines(first, "ZZ002"), MadeFacts(edits=(pair,)))) is apart


def test_an_inpatient_stay_is_held_to_no_pairs() -> None:
    assert told(lines("ZZ001", "ZZ002", kind=ClaimKind.OUTPATIENT), paired(0)) == [("c81", "line.2")]
    assert "c81" not in [rule for rule, _ in told(lines("ZZ001", "ZZ002", kind=ClaimKind.INPATIENT), paired(0))]


@pytest.mark.parametrize(
    ("indicator", "written", "found"),
    [
        (1, ("ZZ001 x2",), []),
        (1, ("ZZ001 x3",), [("c84", "line.1.units")]),
        (1, ("ZZ001 x2", "ZZ001-59 x2"), []),
        (2, ("ZZ001 x2", "ZZ001-59 x2"), [("c85", "line.2.units")]),
        (3, ("ZZ001 x2", "ZZ001-59 x2"), [("c86", "line.2.units")]),
        (3, ("ZZ001 x2 @14", "ZZ001 x2 @15"), []),
        (2, ("ZZ002 x9",), []),
    ],
)
def test_units_are_counted_by_line_or_by_day(
    indicator: int, written: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    facts = MadeFacts(most={"ZZ001": MostUnits("ZZ001", 2, indicator, "anatomic consideration")})

    assert told(lines(*written), facts) == found


@pytest.mark.parametrize(
    ("contractor", "written", "found"),
    [
        (False, ("ZZ009", "ZZ001"), []),
        (False, ("ZZ009", "ZZ002"), [("c88", "line.1")]),
        (False, ("ZZ009 @14", "ZZ001 @15"), [("c88", "line.1")]),
        (True, ("ZZ009",), [("c89", "line.1")]),
    ],
)
def test_an_add_on_code_wants_a_primary_of_the_same_day(
    contractor: bool, written: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    facts = MadeFacts(rules={"ZZ009": AddOnRule("ZZ009", ("ZZ001", "ZZ003"), contractor, (1,), ())})

    assert told(lines(*written), facts) == found


def valued(pctc: str = "0", bilateral: str = "0", assistant: str = "0") -> MadeFacts:
    origin = Origin(1, "2026 Q3", covered=True, warning="")
    value = FeeValue("ZZ001", "", "A", "000", None, None, None, pctc, "0", bilateral, assistant, "0", "0", None, origin)
    return MadeFacts(fees={"ZZ001": value})


@pytest.mark.parametrize(
    ("facts", "written", "found"),
    [
        (valued(pctc="1"), "ZZ001-26", []),
        (valued(pctc="0"), "ZZ001-TC", ["c91"]),
        (valued(bilateral="1"), "ZZ001-50", []),
        (valued(bilateral="3"), "ZZ001-50", []),
        (valued(bilateral="2"), "ZZ001-50", ["c92"]),
        (valued(assistant="2"), "ZZ001-80", []),
        (valued(assistant="1"), "ZZ001-AS", ["c93"]),
        (valued(assistant="0"), "ZZ001-82", ["c94"]),
        (valued(), "ZZ001-59", []),
        (valued(bilateral="1"), "ZZ001-50-LT", ["c96"]),
        (valued(), "ZZ001-JW-JZ", ["c97"]),
        (valued(), "ZZ001-JZ", []),
    ],
)
def test_a_modifier_must_be_one_that_the_fee_schedule_lets_the_code_carry(
    facts: MadeFacts, written: str, found: list[str]
) -> None:
    assert [rule for rule, _ in told(lines(written), facts)] == found


def test_what_is_not_loaded_is_said_once_for_each_kind_of_edit() -> None:
    findings = check_codes(
        lines("ZZ001-26", "ZZ002", "ZZ001-50 @15", "ZZ002 @15"), MadeFacts(coverage_of_edits=NOTHING)
    )

    assert [(finding.rule_id, finding.severity) for finding in findings] == [
        ("c83", Severity.COULD_NOT_CHECK),
        ("c87", Severity.COULD_NOT_CHECK),
        ("c80", Severity.COULD_NOT_CHECK),
        ("c95", Severity.COULD_NOT_CHECK),
    ]
