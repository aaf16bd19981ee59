"""What a chart tells as a whole: a pregnancy, a loss of consciousness, an age, a side, time since an operation."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesets.reference import Reference
from codesets.suggest import Suggester, open_suggester
from codesets.suggest.consciousness import unconscious_of
from codesets.suggest.pregnancy import births, deliveries, gestation, pregnancy_of, trimester, weeks
from codesets.suggest.removed import removed
from codesets.suggest.tables import rows
from codesets.suggest.told import age, told

ON = dt.date(2026, 6, 1)
SAID = [
    "G2P1",
    "at",
    "12",
    "weeks",
    "LOC",
    "30",
    "sec",
    "no",
    "born",
    "by",
    "C/S",
    "s/p",
    "lumpectomy",
    "NED",
    "\n",
    ".",
]


def queries() -> list[tuple[str, ...]]:
    return rows("queries.csv", ("prefix", "missing", "unless", "answered", "ask"))


@pytest.fixture(scope="module")
def suggester(reference: Reference) -> Suggester:
    return open_suggester(reference)


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("G2P1 @ 31w4d for ROB visit", [31]),
        ("IUP at 9 weeks", [9]),
        ("35+4 weeks", [35]),
        ("20 weeks gestation", [20]),
        ("38 3/7 weeks", [38]),
        ("born at 34 weeks gestation", []),  # somebody else's time
        ("pregnancy loss at 12 weeks gestation", []),
        ("pain for 12 weeks", []),
    ],
)
def test_weeks_of_gestation_are_those_of_this_pregnancy(text: str, completed: list[int]) -> None:
    assert [number for number, _, _ in weeks(text, 0, len(text))] == completed


@pytest.mark.parametrize(
    ("completed", "code", "name"),
    [(5, "Z3A01", "first"), (13, "Z3A13", "first"), (14, "Z3A14", "second"), (28, "Z3A28", "third")],
)
def test_weeks_give_their_code_and_trimester(completed: int, code: str, name: str) -> None:
    assert (gestation(completed), trimester(completed)) == (code, name)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("SVD of a viable male infant", "Z370"),
        ("NSVD live female", "Z370"),
        ("cesarean delivery of viable twins", "Z372"),
        ("vaginal delivery of a stillborn infant", "Z371"),
        ("delivery of the placenta", ""),
    ],
)
def test_a_delivery_tells_its_outcome(text: str, outcome: str) -> None:
    assert next((code for code, _, _ in deliveries(text, 0, len(text))), "") == outcome


def test_a_newborns_record_tells_how_it_was_born() -> None:
    assert [code for code, _, _ in births("Term male born at 39w1d by C/S", 0, 30)] == ["Z3801"]


def test_the_number_of_pregnancies_is_counted() -> None:
    assert pregnancy_of(["31yo G3P1011 at 35w4d"]).gravida == 3
    assert pregnancy_of(["normal first pregnancy"]).gravida == 1


@pytest.mark.parametrize(
    ("text", "sixth"),
    [
        ("Concussion with LOC < 1 min", "1"),
        ("brief loss of consciousness", "1"),
        ("unconscious for 45 minutes", "2"),
        ("LOC about 2 hours", "3"),
        ("no LOC", "0"),
        ("denies loss of consciousness", "0"),
        ("LOC, unclear how long", "A"),
    ],
)
def test_a_loss_of_consciousness_has_its_duration(text: str, sixth: str) -> None:
    found = unconscious_of([text])

    assert found is not None
    assert found.sixth == sixth


def test_a_note_that_says_nothing_of_it_tells_no_loss_of_consciousness() -> None:
    assert unconscious_of(["Headache after a fall."]) is None


@pytest.mark.parametrize(
    ("text", "years"), [("4-year-old girl", 4), ("34 y/o F", 34), ("9 mo male", 0.75), ("52M here", 52), ("no age", -1)]
)
def test_an_age_is_read_as_notes_write_it(text: str, years: float) -> None:
    assert age(text) == years


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("breast cancer s/p mastectomy 2019", True),
        ("prostate cancer, NED", True),
        ("colon cancer s/p colectomy, on adjuvant FOLFOX", False),  # still treated
        ("breast cancer s/p lumpectomy, now with recurrence", False),
    ],
)
def test_a_cancer_is_over_where_it_is_removed_and_not_treated(text: str, gone: bool) -> None:
    assert bool(removed(text, "C50")) is gone


def test_the_only_side_of_a_part_of_the_body_holds_for_the_whole_visit(suggester: Suggester) -> None:
    answer = suggester.suggest("HPI: R knee swollen.\nA/P: Knee pain.", ON)

    (knee,) = [one for one in answer.codes if one.code.startswith("M2556")]
    assert knee.dotted == "M25.561"
    assert "elsewhere in the note: right knee" in knee.why()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Diagnosis: septic shock, sepsis due to E. coli.", "R65.21"),  # another code of the chart answers
        ("Diagnosis: type 2 DM, A1c 6.7, at goal.", "E11.9"),  # the line does
    ],
)
def test_no_question_is_put_that_the_note_answers(suggester: Suggester, text: str, code: str) -> None:
    (found,) = [one for one in suggester.suggest(text, ON).codes if one.dotted == code]

    assert found.missing == ()


@pytest.mark.parametrize(
    ("text", "code", "missing"),
    [
        ("Diabetes type 2, uncontrolled", "E11.9", "control and complications"),
        ("Pneumonia, sputum MRSA", "J18.9", "organism and kind"),
        ("Acute hypoxic respiratory failure, CHF", "I50.9", "type and acuity"),
    ],
)
def test_what_the_note_leaves_open_is_named(suggester: Suggester, text: str, code: str, missing: str) -> None:
    (found,) = [one for one in suggester.suggest(text, ON).codes if one.dotted == code]

    assert missing in [one.what for one in found.missing]


@pytest.mark.parametrize("row", queries(), ids=lambda row: f"{row[0]} {row[1]}")
def test_no_question_offers_its_answers_or_asks_for_yes(row: tuple[str, ...]) -> None:
    ask = row[4]

    assert ask.endswith("as far as it can be determined.")
    assert "?" not in ask and " or " not in ask


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(SAID), max_size=80).map(" ".join)))
def test_any_text_tells_something_or_nothing_but_no_error(text: str) -> None:
    found = told([text])

    assert found.years >= -1
    assert found.pregnancy.gravida >= 0
