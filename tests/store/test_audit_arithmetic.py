"""The arithmetic of audits, worked out by hand beside what the program makes of it. No database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesets.errors import UnreadableInput, UsageError
from codesets.home import ensure_home
from store.audits.differences import Coded, DifferenceKind, Dimension, compare
from store.audits.figures import Share, agreement, change_between, of_charts, sample_size, wilson
from store.audits.sampling import Method, SampleTooLarge, Size, Unit, pick, shares, size_of
from store.audits.schemes import OWN_FILE, scheme_named, schemes
from store.audits.scores import Impact, Score, score, together
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.terms import DiagnosisRole

SECONDARY, PRINCIPAL = DiagnosisRole.SECONDARY, DiagnosisRole.PRINCIPAL


def dx(*codes: str) -> tuple[Diagnosis, ...]:
    """Diagnoses in their order, the first one principal; a POA indicator may follow a slash."""
    typed = [code.partition("/") for code in codes]
    return tuple(Diagnosis(code, SECONDARY if i else PRINCIPAL, poa) for i, (code, _, poa) in enumerate(typed))


def line(code: str, *modifiers: str, units: int = 1, cents: int = 0, pointers: tuple[int, ...] = ()) -> ProcedureLine:
    return ProcedureLine("hcpcs", code, modifiers, units, cents, pointers, "2026-09-14")


def coded(diagnoses: tuple[Diagnosis, ...], *lines: ProcedureLine, disposition: str = "", drg: str = "") -> Coded:
    return Coded(Codes(diagnoses, lines), disposition, drg)


def kinds(coder: Coded, auditor: Coded) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.coder, one.auditor) for one in compare(coder, auditor).differences]


def scored(coder: Coded, auditor: Coded, scheme: str = "ahima") -> Score:
    found = compare(coder, auditor)
    return score(coder, auditor, found, found.differences, scheme_named(scheme))


CODER = coded(dx("E11.22", "N18.31", "I10"), line("G0467", "25", cents=16000, pointers=(1, 2, 3)))
AUDITOR = coded(dx("E11.22", "N18.32", "I12.9", "F17.210"), line("G0467", cents=16000, pointers=(1, 2, 3)))


def test_every_difference_of_a_chart_is_classified() -> None:
    assert kinds(CODER, AUDITOR) == [
        ("revised", "N18.31", "N18.32"),
        ("revised", "I10", "I12.9"),
        ("added", "", "F17.210"),
        ("modifier", "25", "none"),
    ]


def test_the_scores_of_that_chart_by_hand() -> None:
    # Auditor's codes: 4 diagnoses, 1 line. Right: E11.22 alone; the line has a wrong modifier.
    # Total opportunity: E11.22 and the line agree as codes, 2 revised, 1 added: 2 of 5.
    # Opportunities: principal 1, others 3, line 1, units 1, modifiers 1, pointers 1 = 8; errors 4: 1 - 4/8.
    made = scored(CODER, AUDITOR)

    assert (made.code_over_code, made.total_opportunity) == (Share(1, 5), Share(2, 5))
    assert (made.record_over_record, made.errors, made.weighted) == (Share(0, 1), 4, Share(4, 8))
    assert made.dimensions[Dimension.PRINCIPAL] == Share(1, 1)
    assert made.dimensions[Dimension.SECONDARY] == Share(0, 3)
    assert made.dimensions[Dimension.MODIFIER] == Share(0, 1)


def test_a_changed_principal_diagnosis_is_one_difference_and_two_errors() -> None:
    coder, auditor = coded(dx("R07.9", "I21.4")), coded(dx("I21.4", "E78.5"))

    made = scored(coder, auditor)

    assert kinds(coder, auditor) == [("principal", "R07.9", "I21.4"), ("added", "", "E78.5")]
    assert (made.errors, made.code_over_code) == (3, Share(0, 2))


def test_two_diagnoses_that_changed_places_are_one_difference_of_the_principal() -> None:
    assert kinds(coded(dx("A41.9", "J18.9")), coded(dx("J18.9", "A41.9"))) == [("principal", "A41.9", "J18.9")]


def test_of_secondary_diagnoses_only_those_are_out_of_order_that_must_move() -> None:
    found = kinds(coded(dx("E11.9", "I10", "E78.5", "K21.9")), coded(dx("E11.9", "K21.9", "I10", "E78.5")))

    assert found == [("sequence", "place 4", "place 2")]


def test_places_are_told_among_the_codes_that_both_sides_have() -> None:
    coder = coded(dx("E11.9", "I10", "E78.5"))
    more = coded(dx("E11.9", "F17.210", "E78.5", "I10"))
    turned = coded(dx("E11.9", "I10", "E78.5", "K21.9")), coded(dx("E11.9", "K21.9", "E78.5", "I10"))

    first = [one for one in kinds(coder, more) if one[0] == "sequence"]
    same_place = [one for one in kinds(*turned) if one[0] == "sequence"]

    assert first in ([("sequence", "place 2", "place 3")], [("sequence", "place 3", "place 2")])
    assert len(same_place) == 2 and all(one[1] != one[2] for one in same_place)


def test_pointers_are_told_as_codes_and_one_to_a_diagnosis_that_a_side_lacks_is_no_second_difference() -> None:
    wrong = kinds(
        coded(dx("E11.9", "I10"), line("G0463", pointers=(1,))), coded(dx("E11.9", "I10"), line("G0463", pointers=(2,)))
    )
    lacking = kinds(
        coded(dx("E11.9"), line("G0463", pointers=(1,))), coded(dx("E11.9", "I10"), line("G0463", pointers=(1, 2)))
    )
    beyond = kinds(
        coded(dx("E11.9", "R05.9"), line("G0463", pointers=(1, 2))), coded(dx("E11.9"), line("G0463", pointers=(1,)))
    )

    assert wrong == [("pointer", "E11.9", "I10")]
    assert lacking == [("added", "", "I10")]
    assert beyond == [("deleted", "R05.9", "")]


def test_poa_units_and_disposition_are_differences_of_their_own() -> None:
    coder = coded(dx("J18.9/Y", "L89.153/Y"), line("J1100", units=2, cents=200), disposition="01")
    auditor = coded(dx("J18.9/Y", "L89.153/N"), line("J1100", units=4, cents=400), disposition="03")

    assert kinds(coder, auditor) == [("poa", "Y", "N"), ("units", "2", "4"), ("disposition", "01", "03")]


def test_a_pointer_follows_its_diagnosis_also_a_revised_or_moved_one() -> None:
    coder = coded(dx("E11.9", "I10"), line("G0463", pointers=(2,)))
    moved = coded(dx("E11.9", "Z00.00", "I12.9"), line("G0463", pointers=(3,)))
    wrong = coded(dx("E11.9", "I10"), line("G0463", pointers=(1,)))

    assert "pointer" not in [kind for kind, _, _ in kinds(coder, moved)]
    assert kinds(coder, wrong) == [("pointer", "I10", "E11.9")]


def test_money_is_told_both_ways_and_what_is_not_known_is_counted() -> None:
    coder = coded(dx("I10"), line("G0463", cents=10000), line("G0439", cents=7000))
    auditor = coded(dx("I10"), line("G0467", cents=16000), line("J1100"))

    made = scored(coder, auditor)

    # G0463 to G0467: 60.00 was left; G0439 was deleted: 70.00 too much; nobody knows the charge of J1100.
    assert made.charges == Impact(under_cents=6000, over_cents=7000, under=1, over=1, unknown=1)
    assert made.charges.net_cents == 6000 - 7000


def test_charts_are_added_up_in_both_directions_and_not_against_each_other() -> None:
    left = coded(dx("I10"), line("G0463", cents=10000)), coded(dx("I10"), line("G0467", cents=16000))
    too_much = coded(dx("I10"), line("J1100", units=4, cents=800)), coded(dx("I10"), line("J1100", units=1, cents=200))

    made = together([scored(*left), scored(*too_much)])

    assert made.charges == Impact(under_cents=6000, over_cents=600, under=1, over=1)
    assert made.charges.net_cents == 5400


def test_money_of_units_is_unknown_where_the_charge_is_the_same_and_a_date_has_none() -> None:
    coder = coded(dx("I10"), line("J1100", units=2, cents=200), line("G0463", cents=100))
    late = replace(line("G0463", cents=100), service_date="2026-09-15")
    auditor = coded(dx("I10"), line("J1100", units=4, cents=200), late)

    made = scored(coder, auditor)

    assert made.kinds == {DifferenceKind.UNITS: 1, DifferenceKind.DATE: 1}
    assert made.charges == Impact(unknown=1)


def test_the_payment_of_a_drg_stands_apart_from_charges() -> None:
    coder, auditor = coded(dx("I10"), drg="194"), coded(dx("I10"), drg="195")
    found = compare(coder, auditor)
    (drg,) = found.differences

    lower = score(coder, auditor, found, [replace(drg, cents=-120000)], scheme_named("ahima"))
    unknown = score(coder, auditor, found, [drg], scheme_named("ahima"))

    assert (lower.payment, lower.charges) == (Impact(over_cents=120000, over=1), Impact())
    assert unknown.payment == Impact(unknown=1)


def test_deleted_codes_lower_code_over_code_only_where_the_scheme_subtracts_them() -> None:
    coder, auditor = coded(dx("I10", "R05.9", "E78.5")), coded(dx("I10", "E78.5"))

    assert scored(coder, auditor).code_over_code == Share(2, 2)
    assert scored(coder, auditor, "inpatient").code_over_code == Share(1, 2)


def test_drg_accuracy_is_of_charts_with_a_drg_on_both_sides() -> None:
    same = scored(coded(dx("J18.9"), drg="194"), coded(dx("J18.9"), drg="194"))
    other = scored(coded(dx("J18.9"), drg="194"), coded(dx("J18.9"), drg="193"))
    none = scored(coded(dx("J18.9"), drg="194"), coded(dx("J18.9")))

    assert together([same, other, none]).drg == Share(1, 2)


def test_charts_are_added_up_code_by_code() -> None:
    whole = together([scored(CODER, AUDITOR), scored(AUDITOR, AUDITOR)])

    assert (whole.charts, whole.code_over_code, whole.record_over_record) == (2, Share(6, 10), Share(1, 2))


def test_a_chart_without_codes_on_either_side_has_no_accuracy() -> None:
    made = scored(coded(()), coded(()))

    assert (made.code_over_code.value, made.record_over_record.value) == (None, 1)


CODES = st.lists(st.sampled_from(["E11.9", "E11.22", "I10", "I12.9", "N18.31", "Z00.00"]), unique=True, max_size=6)


@given(CODES, CODES)
def test_codes_compared_with_themselves_agree_and_every_code_stands_in_one_row(
    one: list[str], other: list[str]
) -> None:
    here, there = coded(dx(*one)), coded(dx(*other))

    assert compare(here, here).differences == ()
    rows = compare(here, there).rows
    assert sorted(row.coder_place for row in rows if row.coder_place) == list(range(1, len(one) + 1))
    assert sorted(row.auditor_place for row in rows if row.auditor_place) == list(range(1, len(other) + 1))
    assert 0 <= (scored(here, there).code_over_code.value or 0) <= 1


def test_the_wilson_interval_of_a_worked_example() -> None:
    # 81 of 263: Newcombe (1998), table I, score method without continuity correction: 0.2553 to 0.3662.
    assert wilson(Share(81, 263)) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(Share(0, 0)) is None
    assert wilson(Share(20, 20))[1] == 1


def test_the_size_of_a_sample_by_hand() -> None:
    # 1.96² x 0.25 / 0.05² = 384.15 endless; 384.15 / (1 + 383.15 / 1000) = 277.7.
    assert sample_size(1000, 0.05) == 278
    assert sample_size(10, 0.05) == 10
    assert sample_size(0, 0.05) == 0


def test_kappa_of_a_worked_example() -> None:
    # Both yes 20, only the first 5, only the second 10, both no 15: observed 0.70, by chance 0.50, kappa 0.40.
    verdicts = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    found = agreement(verdicts)

    assert (found.both, found.observed, found.kappa) == (50, pytest.approx(0.7), pytest.approx(0.4))
    assert agreement([("y", "y")]).kappa is None


POPULATION = [Unit(f"chart{n:03}", "IO"[n % 4 == 0]) for n in range(100)]


@pytest.mark.parametrize("method", [Method.SIMPLE, Method.SYSTEMATIC, Method.STRATIFIED, Method.FOCUSED])
def test_a_seed_gives_the_same_charts_again_and_another_seed_others(method: Method) -> None:
    first, again, other = (pick(POPULATION, method, Size(number=10), seed) for seed in (48213, 48213, 7))

    assert first == again and len({unit.id for unit in first}) == 10
    assert first != other


def test_the_draw_is_what_anybody_can_reckon_again() -> None:
    import hashlib

    by_hand = sorted((hashlib.sha256(f"7:{unit.id}".encode()).hexdigest(), unit.id) for unit in POPULATION)

    assert [unit.id for unit in pick(POPULATION, Method.SIMPLE, Size(number=3), 7)] == [i for _, i in by_hand[:3]]


def test_strata_get_their_part_and_at_least_one() -> None:
    assert shares({"a": 900, "b": 90, "c": 10}, 20) == {"a": 18, "b": 1, "c": 1}
    assert shares({"a": 2, "b": 2}, 4) == {"a": 2, "b": 2}


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 50), min_size=1, max_size=8), st.data())
def test_parts_of_strata_add_up_and_never_exceed_them(sizes: dict[str, int], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, sum(sizes.values())))

    given_parts = shares(sizes, number)

    assert sum(given_parts.values()) == number
    assert all(part <= sizes[name] for name, part in given_parts.items())


def test_a_sample_larger_than_its_population_is_answered_in_plain_words() -> None:
    with pytest.raises(SampleTooLarge, match="200 charts were asked for, but only 100 charts are there"):
        pick(POPULATION, Method.SIMPLE, Size(number=200), 1)


@pytest.mark.parametrize("text", ["", "0", "-3", "0%", "101%", "some"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        size_of(text)


def test_ten_percent_of_a_hundred_is_ten() -> None:
    assert size_of("10%").of(100) == 10


def test_a_scheme_says_its_formula_and_a_site_s_own_begins_with_another() -> None:
    (ensure_home() / OWN_FILE).write_text('[mild]\nlike = "ahima"\n[mild.counts]\nsequence = 0\n')

    found = schemes()["mild"]

    assert found.errors(DifferenceKind.SEQUENCE) == 0 and found.errors(DifferenceKind.PRINCIPAL) == 2
    assert any("principal counts 2" in text for text in found.formula())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[x]\nlike = "none"', "no such scheme"),
        ('[x]\nlike = "x"', "no such scheme"),
        ('[x]\nlike = "ahima"\n[x.counts]\nwhat = 1', "'what'"),
        ('[x]\nlike = "ahima"\n[x.weights]\nPOA = -1', "expected a number"),
        ('[x]\nlike = "ahima"\nover_codes = "maybe"', "over_codes"),
        ("[x]\nwords = 1", "is missing"),
        ("[x", "mend or remove"),
    ],
)
def test_a_wrong_scheme_is_named_with_its_place(text: str, wrong: str) -> None:
    (ensure_home() / OWN_FILE).write_text(text)

    with pytest.raises(UnreadableInput) as refused:
        schemes()

    assert wrong in refused.value.line()


def test_a_change_between_two_shares_has_the_interval_of_newcombe() -> None:
    # The worked example of the paper, table II (a): 56 of 70 and 48 of 80, method 10: 0.0524 to 0.3339.
    change = change_between(Share(48, 80), Share(56, 70))

    assert change is not None and change.by == pytest.approx(0.2)
    assert (change.low, change.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert not change.may_be_chance


def test_a_change_from_nothing_is_none() -> None:
    assert change_between(Share(0, 0), Share(9, 10)) is None


@pytest.mark.parametrize(
    ("charts", "effective"),
    [
        # Charts all right or all wrong: variance 4/3 x 16/256 = 1/12, 0.25 / (1/12) = 3 of the 16 codes count.
        ([(4, 4), (4, 4), (0, 4), (0, 4)], (1.5, 3)),
        # Charts that do not differ: every code counts.
        ([(1, 4), (1, 4)], (2, 8)),
        # Nothing varies where every code is right, or in one chart: a chart counts for one.
        ([(4, 4), (4, 4)], (2, 2)),
        ([(1, 4)], (0.25, 1)),
        ([(0, 0)], (0, 0)),
    ],
)
def test_codes_of_one_chart_are_alike_so_that_charts_are_the_unit(
    charts: list[tuple[int, int]], effective: tuple[float, float]
) -> None:
    found = of_charts([Share(*one) for one in charts])

    assert (found.part, found.whole) == pytest.approx(effective)


def test_one_chart_against_one_chart_proves_nothing() -> None:
    change = change_between(of_charts([Share(1, 4)]), of_charts([Share(3, 3)]))

    assert change is not None and change.by == 0.75 and change.may_be_chance
