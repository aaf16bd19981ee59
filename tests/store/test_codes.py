"""The codes of a coding as values: what an entry makes of them, and what always holds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.coding.codes import Codes, Defaults, Diagnosis, Performer, ProcedureLine, apply_entry
from store.coding.entry import (
    AddDiagnosis,
    AddProcedure,
    ChangeDiagnosis,
    ChangeLine,
    Cite,
    EntryError,
    Move,
    PointAll,
    Remove,
    RemoveCode,
    ReplaceDiagnosis,
    ReplaceLine,
    Several,
    parse,
)
from store.terms import DiagnosisRole

DEFAULTS = Defaults("2026-09-14", "1999990017", lambda code, units: {"G0467": 16000}.get(code, 0) * units)
P, S = DiagnosisRole.PRINCIPAL, DiagnosisRole.SECONDARY


def coded(*codes: str, pointers: tuple[int, ...] = ()) -> Codes:
    diagnoses = tuple(Diagnosis(code, P if i == 0 else S) for i, code in enumerate(codes))
    lines = (ProcedureLine("hcpcs", "G0467", pointers=pointers),) if pointers else ()
    return Codes(diagnoses, lines)


def entered(*lines: str) -> tuple[Codes, str]:
    """The codes after lines of entry on an empty chart, and what the last one said."""
    codes, message = Codes(), ""
    for line in lines:
        codes, message = apply_entry(codes, parse(line, lambda code: "icd10cm"), DEFAULTS)
    return codes, message


def test_the_first_diagnosis_is_the_principal_one() -> None:
    codes, _ = apply_entry(Codes(), AddDiagnosis("E11.42"), DEFAULTS)

    assert [(d.code, d.role) for d in codes.diagnoses] == [("E11.42", P)]


def test_a_new_principal_diagnosis_goes_first_and_the_former_one_becomes_secondary() -> None:
    codes, _ = apply_entry(coded("E11.42", "I10"), AddDiagnosis("I50.23", P, "Y"), DEFAULTS)

    assert [(d.code, d.role) for d in codes.diagnoses] == [("I50.23", P), ("E11.42", S), ("I10", S)]


def test_pointers_follow_their_diagnosis_when_it_moves() -> None:
    codes, _ = apply_entry(coded("A00.0", "B00.1", "C00.2", pointers=(1, 3)), Move(False, 3, 1), DEFAULTS)

    assert codes.lines[0].pointers == (2, 1)


def test_a_removed_diagnosis_takes_the_pointers_to_it_along() -> None:
    codes, _ = apply_entry(coded("A00.0", "B00.1", "C00.2", pointers=(1, 2, 3)), Remove(False, 2), DEFAULTS)

    assert codes.lines[0].pointers == (1, 2)


def test_removing_the_principal_diagnosis_makes_the_next_one_principal() -> None:
    codes, _ = apply_entry(coded("A00.0", "B00.1"), Remove(False, 1), DEFAULTS)

    assert codes.diagnoses == (Diagnosis("B00.1", P),)


def test_a_procedure_gets_the_day_the_performer_and_the_posted_price() -> None:
    codes, _ = apply_entry(coded("A00", "B00"), AddProcedure("hcpcs", "G0467", units=2), DEFAULTS)

    line = codes.lines[0]
    assert (line.service_date, line.performer_npi, line.charge_cents) == ("2026-09-14", "1999990017", 32000)


def test_no_pointer_is_guessed() -> None:
    codes, _ = apply_entry(coded("A00"), AddProcedure("hcpcs", "G0467"), DEFAULTS)

    assert codes.lines[0].pointers == ()


def test_every_line_without_pointers_can_be_pointed_at_once() -> None:
    lines = (ProcedureLine("hcpcs", "G0467"), ProcedureLine("hcpcs", "G0008", pointers=(2,)))
    two = Codes(coded("A00", "B00").diagnoses, lines)

    named, _ = apply_entry(two, PointAll((1,)), DEFAULTS)
    usual, _ = apply_entry(two, PointAll(), DEFAULTS)

    assert [line.pointers for line in named.lines] == [(1,), (2,)]
    assert [line.pointers for line in usual.lines] == [(1, 2), (2,)]


def test_a_procedure_of_an_inpatient_stay_waits_for_its_day() -> None:
    codes, _ = apply_entry(coded("K35.80"), AddProcedure("icd10pcs", "0DTJ4ZZ"), DEFAULTS)

    assert codes.lines[0].service_date is None


def test_changed_units_keep_the_price_of_one() -> None:
    before = Codes((), (ProcedureLine("hcpcs", "J1885", units=2, charge_cents=1000),))

    codes, _ = apply_entry(before, ChangeLine(1, units=3), DEFAULTS)

    assert codes.lines[0].charge_cents == 1500


def test_no_change_takes_the_units_of_a_line_away_and_a_line_that_came_without_keeps_its_others() -> None:
    charged = Codes((), (ProcedureLine("hcpcs", "J1885", units=2, charge_cents=76000),))
    came = Codes((), (ProcedureLine("hcpcs", "J1885", units=0, charge_cents=500),))

    with pytest.raises(EntryError, match="expected units from 1 on"):
        apply_entry(charged, ChangeLine(1, units=0), DEFAULTS)
    codes, _ = apply_entry(came, ChangeLine(1, modifiers=("25",)), DEFAULTS)

    assert (codes.lines[0].units, codes.lines[0].charge_cents, codes.lines[0].modifiers) == (0, 500, ("25",))


def test_the_same_diagnosis_twice_is_refused_with_its_place() -> None:
    with pytest.raises(EntryError, match="diagnosis 2 already"):
        apply_entry(coded("E11.42", "I10"), AddDiagnosis("I10"), DEFAULTS)


def test_an_admitting_diagnosis_may_repeat_the_principal_one() -> None:
    codes, _ = apply_entry(coded("J18.9"), AddDiagnosis("J18.9", DiagnosisRole.ADMITTING), DEFAULTS)

    assert [d.role for d in codes.diagnoses] == [P, DiagnosisRole.ADMITTING]


@pytest.mark.parametrize("entry", [Remove(False, 3), ChangeDiagnosis(9), Move(False, 1, 7), ChangeLine(1)])
def test_a_row_that_is_not_there_is_refused(entry: object) -> None:
    with pytest.raises(EntryError, match="there is no"):
        apply_entry(coded("A00.0", "B00.1"), entry, DEFAULTS)  # type: ignore[arg-type]


rows = st.integers(1, 6)
entries = st.one_of(
    st.builds(AddDiagnosis, st.sampled_from(["A00.0", "B00.1", "C00.2", "D00.0"]), st.sampled_from([None, P, S])),
    st.builds(AddProcedure, st.just("hcpcs"), st.just("G0467")),
    st.builds(Remove, st.booleans(), rows),
    st.builds(Move, st.booleans(), rows, rows),
    st.builds(ChangeDiagnosis, rows, st.sampled_from([None, P])),
)


@given(st.lists(entries, max_size=30))
def test_whatever_is_entered_there_is_one_principal_diagnosis_in_front_and_no_pointer_dangles(entered: list) -> None:
    codes = Codes()
    for entry in entered:
        try:
            codes, _ = apply_entry(codes, entry, DEFAULTS)
        except EntryError:
            continue

    roles = [d.role for d in codes.diagnoses]
    assert roles.count(P) == (1 if roles else 0)
    assert not roles or roles[0] == P
    assert all(1 <= p <= len(roles) for line in codes.lines for p in line.pointers)
    assert Codes.from_json(codes.to_json()) == codes


def test_one_change_of_several_rows_is_made_on_those_that_are_there() -> None:
    changed, message = entered("e11.9", "i10", "1-9 y")

    assert [d.poa for d in changed.diagnoses] == ["Y", "Y"]
    assert message == "Changed 1, 2."


def test_an_indicator_for_several_rows_passes_over_exempt_and_admitting_ones() -> None:
    changed, message = entered("e11.9", "z79.4 1", "r06.02 a", "i10", "1-9 y")

    assert [d.poa for d in changed.diagnoses] == ["Y", "1", "", "Y"]
    assert message == "Changed 1, 4."


def test_several_rows_are_removed_by_the_numbers_they_have() -> None:
    changed, _ = entered("e11.9", "i10", "n18.31", "f17.210", "-1,3")

    assert [d.code for d in changed.diagnoses] == ["I10", "F17.210"]


def test_a_fourth_reason_for_the_visit_is_refused() -> None:
    with pytest.raises(EntryError, match="three reasons"):
        entered("e11.9 r", "i10 r", "n18.31 r", "f17.210 r")


def test_a_line_names_who_performed_it_by_the_beginning_of_a_name() -> None:
    whit, wolf = Performer("1234567893", "Whitcomb, Ada MD"), Performer("1999999992", "Wolf, Ben DO")
    defaults = Defaults("2026-09-14", performers=(whit, wolf))

    codes, _ = apply_entry(Codes(), AddProcedure("hcpcs", "G0463", performer="whit"), defaults)

    assert codes.lines[0].performer_npi == "1234567893"
    with pytest.raises(EntryError, match="that may be Whitcomb"):
        apply_entry(codes, AddProcedure("hcpcs", "G0463", performer="w"), defaults)


def test_codes_of_a_visit_come_in_together() -> None:
    codes, message = apply_entry(Codes(), Several((AddDiagnosis("E11.9"), AddDiagnosis("I10"))), Defaults("2026-09-14"))

    assert ([d.code for d in codes.diagnoses], message) == (["E11.9", "I10"], "Added 2 codes.")


def test_words_are_linked_to_a_code_and_taken_away_again() -> None:
    codes, _ = entered("e11.9")

    linked, _ = apply_entry(codes, Cite(False, 1, "DOC-1 3-9: sugars"), Defaults("2026-09-14"))

    assert linked.diagnoses[0].evidence == "DOC-1 3-9: sugars"
    assert apply_entry(linked, Cite(False, 1, ""), Defaults("2026-09-14"))[0].diagnoses[0].evidence == ""


def test_a_day_by_its_number_is_the_last_one_up_to_the_day_of_the_chart() -> None:
    codes = Codes()
    for day in ("@14", "@15", "@9-2"):
        codes, _ = apply_entry(codes, AddProcedure("icd10pcs", "0DTJ4ZZ", service_date=day), Defaults("2026-09-14"))

    assert [line.service_date for line in codes.lines] == ["2026-09-14", "2026-08-15", "2026-09-02"]


def test_a_code_is_removed_by_its_name_with_or_without_dot() -> None:
    codes, said = apply_entry(coded("E11.42", "I10"), RemoveCode("E1142"), DEFAULTS)

    assert ([d.code for d in codes.diagnoses], said) == (["I10"], "Removed E11.42.")


def test_a_code_that_the_chart_has_not_is_not_removed() -> None:
    with pytest.raises(EntryError, match="no code of this chart"):
        apply_entry(coded("E11.42"), RemoveCode("I10"), DEFAULTS)


def test_a_code_is_replaced_in_its_place_with_its_role_and_its_pointers() -> None:
    codes, said = apply_entry(coded("E11.42", "I10", pointers=(1, 2)), ReplaceDiagnosis(1, "E11.22"), DEFAULTS)

    assert [(d.code, d.role) for d in codes.diagnoses] == [("E11.22", P), ("I10", S)]
    assert codes.lines[0].pointers == (1, 2) and said == "E11.42 is E11.22 now."


def test_a_code_is_not_replaced_by_one_that_is_there() -> None:
    with pytest.raises(EntryError, match="diagnosis 2 already"):
        apply_entry(coded("E11.42", "I10"), ReplaceDiagnosis(1, "I10"), DEFAULTS)


def test_a_replaced_line_keeps_its_parts() -> None:
    codes, _ = apply_entry(
        coded("I10", pointers=(1,)), ReplaceLine(1, "hcpcs", "J1100", ChangeLine(1, units=3)), DEFAULTS
    )

    assert (codes.lines[0].code, codes.lines[0].units, codes.lines[0].pointers) == ("J1100", 3, (1,))


@pytest.mark.parametrize(
    ("prices", "change", "cents", "said"),
    [
        ({}, ChangeLine(1), 61000, "G0121 is G0105 now."),
        ({"G0105": 61000}, ChangeLine(1), 61000, "G0121 is G0105 now."),
        (
            {"G0105": 65000},
            ChangeLine(1),
            65000,
            "G0121 is G0105 now; its charge is 650.00 as posted; G0121 had 610.00.",
        ),
        ({}, ChangeLine(1, units=2), 122000, "G0121 is G0105 now."),
        ({"G0105": 65000}, ChangeLine(1, charge_cents=100), 100, "G0121 is G0105 now."),
    ],
    ids=["no price", "the same price", "a price of its own", "more units", "a charge that is typed"],
)
def test_a_replaced_line_keeps_its_charge_unless_the_new_code_is_posted_at_another_price(
    prices: dict[str, int], change: ChangeLine, cents: int, said: str
) -> None:
    screening = Codes((), (ProcedureLine("hcpcs", "G0121", charge_cents=61000),))
    defaults = Defaults("2026-09-14", charge_of=lambda code, units: prices.get(code, 0) * units)

    codes, message = apply_entry(screening, ReplaceLine(1, "hcpcs", "G0105", change), defaults)

    assert (codes.lines[0].charge_cents, message) == (cents, said)


def test_units_changed_back_and_forth_lose_no_cent_of_a_posted_charge() -> None:
    posted = Codes((), (ProcedureLine("hcpcs", "G0121", units=3, charge_cents=10_001),))
    defaults = Defaults("2026-09-14", charge_of=lambda code, units: round(Fraction(10_001, 3) * units))

    two, _ = apply_entry(posted, ChangeLine(1, units=2), defaults)
    three, _ = apply_entry(two, ChangeLine(1, units=3), defaults)

    assert [codes.lines[0].charge_cents for codes in (two, three)] == [6_667, 10_001]


def test_a_typed_charge_that_its_units_do_not_share_evenly_stays_and_says_so() -> None:
    typed = Codes((), (ProcedureLine("hcpcs", "G0121", units=3, charge_cents=10_001),))

    codes, message = apply_entry(typed, ChangeLine(1, units=1), Defaults("2026-09-14"))

    assert codes.lines[0].charge_cents == 10_001
    assert message.endswith("its charge stays 100.01, which 3 units do not share evenly.")


def test_a_cause_that_another_diagnosis_replaces_is_a_cause_no_more() -> None:
    codes = Codes((Diagnosis("S61.411A", DiagnosisRole.PRINCIPAL), Diagnosis("W19.XXXA", DiagnosisRole.EXTERNAL_CAUSE)))

    changed, _ = apply_entry(codes, ReplaceDiagnosis(2, "I10"), Defaults("2026-09-15"))

    assert changed.diagnoses[1].role == DiagnosisRole.SECONDARY
