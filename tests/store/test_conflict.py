"""Two savers of one chart: what differs field by field, and that no choice loses or invents a code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.coding.codes import Codes, Defaults, Diagnosis, ProcedureLine, apply_entry
from store.coding.conflict import PRINCIPAL, Side, differences, merged
from store.coding.entry import EntryError, parse
from store.terms import DiagnosisRole

BASE = Codes(
    (Diagnosis("E11.42", DiagnosisRole.PRINCIPAL), Diagnosis("I10"), Diagnosis("Z79.84")),
    (ProcedureLine("hcpcs", "G0467", ("25",), 1, 16000, (1, 2)),),
)


def after(codes: Codes, *lines: str) -> Codes:
    """The codes after entries as they are typed; one that cannot be carried out changes nothing."""
    for line in lines:
        entry = parse(line, lambda code: "hcpcs" if code.lower().startswith("g") else "icd10cm")
        codes = apply_entry(codes, entry, Defaults("2026-08-04", dotted=str.upper))[0]
    return codes


def told(base: Codes, theirs: Codes, yours: Codes) -> list[tuple[str, str, str, str, str | None]]:
    return [(d.label, d.base, d.theirs, d.yours, d.side) for d in differences(base, theirs, yours)]


def seen(codes: Codes) -> list[tuple]:
    """What of the codes shows: not how they were found."""
    return [
        *((d.code, d.role, d.poa) for d in codes.diagnoses),
        *((p.code, p.modifiers, p.units, p.charge_cents, p.pointers) for p in codes.lines),
    ]


def test_codes_that_each_added_are_both_kept_without_a_question() -> None:
    theirs, yours = after(BASE, "n18.31"), after(BASE, "f17.210")

    assert told(BASE, theirs, yours) == [
        ("N18.31", "–", "there", "–", Side.THEIRS),
        ("F17.210", "–", "–", "there", Side.YOURS),
    ]
    assert {d.code for d in merged(BASE, theirs, yours, {}).diagnoses} == {
        "E11.42",
        "I10",
        "Z79.84",
        "N18.31",
        "F17.210",
    }


def test_a_field_that_both_changed_asks_and_shows_all_three_values() -> None:
    theirs, yours = after(BASE, "2 n"), after(BASE, "2 u")

    (one,) = differences(BASE, theirs, yours)

    assert (one.label, one.base, one.theirs, one.yours, one.side) == ("I10 POA", "–", "N", "U", None)


def test_one_side_may_be_taken_for_each_field() -> None:
    theirs, yours = after(BASE, "2 n", "a -59"), after(BASE, "2 u", "a x3")

    codes = merged(BASE, theirs, yours, {"diagnosis I10 poa": Side.YOURS})

    assert codes.diagnoses[1].poa == yours.diagnoses[1].poa
    assert (codes.lines[0].modifiers, codes.lines[0].units) == (theirs.lines[0].modifiers, 3)


def test_pointers_follow_their_diagnoses_whichever_order_is_taken() -> None:
    theirs, yours = after(BASE, "3>1"), after(BASE, "j44.1")

    codes = merged(BASE, theirs, yours, {})

    pointed = {codes.diagnoses[p - 1].code for p in codes.lines[0].pointers}
    assert codes.diagnoses[0].code == "Z79.84"
    assert pointed == {"E11.42", "I10"}


def test_a_code_that_they_removed_and_you_changed_is_a_question() -> None:
    theirs, yours = after(BASE, "-2"), after(BASE, "2 n")

    found = told(BASE, theirs, yours)

    assert ("I10", "there", "–", "changed", None) in found


def test_who_is_principal_is_a_question_where_both_entered_a_first_code() -> None:
    theirs, yours = after(Codes(), "i50.23 y", "n17.9 y"), after(Codes(), "e11.9 y")

    found = told(Codes(), theirs, yours)

    assert found[0] == ("principal (first)", "–", "I50.23", "E11.9", None)
    assert [side for *_, side in found[1:]] == [Side.THEIRS, Side.THEIRS, Side.YOURS]


@pytest.mark.parametrize(
    ("side", "codes"), [(Side.THEIRS, ["I50.23", "N17.9", "E11.9"]), (Side.YOURS, ["E11.9", "I50.23", "N17.9"])]
)
def test_an_added_code_stands_behind_theirs_unless_it_is_chosen_as_principal(side: Side, codes: list[str]) -> None:
    theirs, yours = after(Codes(), "i50.23 y", "n17.9 y"), after(Codes(), "e11.9 y")

    found = merged(Codes(), theirs, yours, {PRINCIPAL: side}).diagnoses

    assert [d.code for d in found] == codes
    assert [d.role for d in found] == [DiagnosisRole.PRINCIPAL, *[DiagnosisRole.SECONDARY] * 2]


def test_a_principal_that_one_side_alone_named_is_taken_without_a_question() -> None:
    theirs, yours = after(BASE, "2 p"), after(BASE, "n18.31")

    found = told(BASE, theirs, yours)

    assert found[0] == ("principal (first)", "E11.42", "I10", "E11.42", Side.THEIRS)
    assert {side for *_, side in found} == {Side.THEIRS, Side.YOURS}
    assert [d.code for d in merged(BASE, theirs, yours, {}).diagnoses if d.role == DiagnosisRole.PRINCIPAL] == ["I10"]


def test_a_principal_that_both_changed_is_a_question() -> None:
    theirs, yours = after(BASE, "2 p"), after(BASE, "3 p")

    found = told(BASE, theirs, yours)

    assert found[0] == ("principal (first)", "E11.42", "I10", "Z79.84", None)


ENTRIES = st.lists(
    st.sampled_from(
        ["e11.9", "i10 y", "n18.31", "f17.210 p", "1 n", "2 u", "3 y", "-1", "-2", "-3", "3>1", "2>3", "g0008 x2",
         "a -59", "a x3", "a 1", "b 2", "-a", "*", "j44.1 a", "j44.1"]
    ),
    max_size=6,
)  # fmt: skip


def walked(codes: Codes, entries: list[str]) -> Codes:
    for line in entries:
        try:
            codes = after(codes, line)
        except EntryError:
            continue
    return codes


@given(ENTRIES, ENTRIES)
def test_all_theirs_is_theirs_and_all_yours_is_yours(their_lines: list[str], your_lines: list[str]) -> None:
    for base in (BASE, Codes()):
        theirs, yours = walked(base, their_lines), walked(base, your_lines)
        keys = [d.key for d in differences(base, theirs, yours)]

        assert seen(merged(base, theirs, yours, dict.fromkeys(keys, Side.THEIRS))) == seen(theirs)
        assert seen(merged(base, theirs, yours, dict.fromkeys(keys, Side.YOURS))) == seen(yours)


@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_the_principal_diagnosis_is_the_one_that_was_chosen_where_it_is_kept(their_lines, your_lines, chance) -> None:
    theirs, yours = walked(BASE, their_lines), walked(BASE, your_lines)
    found = differences(BASE, theirs, yours)
    side = chance.choice(list(Side))

    codes = merged(BASE, theirs, yours, {d.key: side if d.key == PRINCIPAL else d.side or Side.THEIRS for d in found})

    named = [principal_of(theirs if side is Side.THEIRS else yours)] if found and found[0].key == PRINCIPAL else []
    kept = [d.code for d in codes.diagnoses if d.role in (DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY)]
    assert all(one == principal_of(codes) for one in named if one in kept)


def principal_of(codes: Codes) -> str:
    return next((d.code for d in codes.diagnoses if d.role == DiagnosisRole.PRINCIPAL), "")


def listed(codes: Codes) -> set[tuple[str, DiagnosisRole | None]]:
    """The diagnoses with the list that each stands in: the same code may be admitting diagnosis and diagnosis."""
    apart = (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)
    return {(d.code, d.role if d.role in apart else None) for d in codes.diagnoses}


@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_no_choice_loses_what_both_have_or_invents_what_none_has(their_lines, your_lines, chance) -> None:
    theirs, yours = walked(BASE, their_lines), walked(BASE, your_lines)
    chosen = {d.key: chance.choice(list(Side)) for d in differences(BASE, theirs, yours)}

    codes = listed(merged(BASE, theirs, yours, chosen))

    both, either = listed(theirs) & listed(yours), listed(theirs) | listed(yours)
    assert both <= codes <= either


@given(ENTRIES)
def test_who_was_alone_has_no_difference_to_settle(lines: list[str]) -> None:
    yours = walked(BASE, lines)

    found = differences(BASE, BASE, yours)

    assert {d.side for d in found} <= {Side.YOURS}
    assert seen(merged(BASE, BASE, yours, {})) == seen(yours)
