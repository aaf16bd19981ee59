"""Risk scores: the parts that add up, what a chart adds, what a hierarchy drops, and last year's gaps."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from codesets import risk_scores
from codesets.risk_scores import Member, NoScore, Score, categories_of, member_of, score
from store.coding.risk import RiskFacts, patient_risk
from store.permissions.columns import seen_by
from store.queries.patient_codes import CodedOnce, RiskPatient
from store.terms import Role

pytest.importorskip("hccinfhir", reason="the extra hcc is not installed")

MEMBER = Member(71, "M")
PATIENT = RiskPatient("P1", "P20037", "M", "1955-02-10")


def scored(*codes: str, year: int = 2025, model: str = "V28") -> Score:
    found = score(codes, MEMBER, year, model)
    assert isinstance(found, Score)
    return found


def facts(this: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> RiskFacts:
    coded = tuple(CodedOnce(code, "2025-03-04", "V2", True) for code in this)
    before = tuple(CodedOnce(code, "2024-05-06", "V1", True) for code in last)
    return RiskFacts(PATIENT, 2025, coded, before)


@pytest.mark.parametrize("model", ["V28", "V24"])
def test_the_parts_add_up_to_the_score(model: str) -> None:
    found = scored("E1122", "N1831", "I5023", model=model)

    parts = found.demographic + sum(one.coefficient for one in found.categories if one.counted)
    assert parts + sum(value for _, value in found.interactions) == pytest.approx(found.score)
    assert found.payment_year == 2026


def test_a_category_below_another_of_its_family_is_told_and_adds_nothing() -> None:
    found = scored("E1122", "E119")

    dropped = next(one for one in found.categories if not one.counted)
    assert (dropped.category, dropped.codes, dropped.coefficient) == ("38", ("E119",), 0.0)


def test_a_model_without_tables_for_the_year_says_which_year_answered() -> None:
    assert "answered from 2026" in scored("E1122", year=2026, model="V24").warning
    assert "proposed" in scored("E1122", year=2026).warning


def test_each_code_has_its_categories() -> None:
    assert categories_of("E1122", 2025, "V28") == ("37",)
    assert categories_of("J0690", 2025, "V28") == ()


def test_age_is_that_of_the_first_of_february_of_the_payment_year() -> None:
    before, after = member_of("1955-02-02", "M", 2025), member_of("1955-02-01", "M", 2025)

    assert isinstance(before, Member) and isinstance(after, Member)
    assert (before.age, after.age) == (70, 71)


def test_without_the_birth_date_there_is_no_score() -> None:
    assert isinstance(member_of("1955", "M", 2025), NoScore)


def test_a_chart_adds_what_the_other_visits_do_not_have() -> None:
    risk = patient_risk(facts(this=("E11.22",)), ["E11.22", "I50.23"], visit_number="V9")

    added = {one.model: one.added for one in risk.models}
    assert added["V28"] > 0.3


def test_a_category_of_last_year_that_nobody_coded_yet_is_a_gap() -> None:
    risk = patient_risk(facts(this=("E11.22",), last=("E11.22", "I50.23", "E11.9")))

    gaps = risk.models[0].gaps
    assert [(gap.category.category, gap.last_coded) for gap in gaps] == [("224", "2024-05-06")]


def test_a_category_that_a_higher_one_of_this_year_covers_is_no_gap() -> None:
    risk = patient_risk(facts(this=("E11.22",), last=("E11.9",)))

    assert risk.models[0].gaps == ()


def test_the_command_tells_the_scores_of_a_patient(demo, reference, coder, capsys, monkeypatch) -> None:
    from tui.cli import main

    monkeypatch.setattr("store.os_account.os_login", lambda: coder.login)

    assert main(["hcc", "P20037", "--year", "2025", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in told["models"]] == ["V28", "V24"]


def test_who_may_not_see_birth_dates_gets_no_score() -> None:
    risk = patient_risk(seen_by(Role.ANALYST, facts(this=("E11.22",))))

    assert [isinstance(one.answer, NoScore) for one in risk.models] == [True, True]


def test_a_session_that_asks_for_a_score_does_not_load_the_package() -> None:
    asks = "from codesets.risk_scores import *; print(score(['E1122'], Member(71, 'M'), 2025, 'V28').model)"
    looks = "import sys; print('hccinfhir' in sys.modules)"

    ran = subprocess.run([sys.executable, "-c", f"{asks}; {looks}"], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["V28", "False"]


def test_an_engine_that_went_to_rest_is_started_again() -> None:
    codes = ["E1122", "N1831"]

    first = score(codes, MEMBER, 2025, "V28")
    risk_scores._ENGINE.end()
    second = score(codes, MEMBER, 2025, "V28")

    assert isinstance(first, Score) and first == second


def test_an_engine_that_ends_or_says_nothing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    risk_scores._ENGINE.end()
    monkeypatch.setattr(risk_scores.sys, "executable", "/bin/true")

    answer = score(["E1122"], MEMBER, 2025, "V28")
    risk_scores._ENGINE.end()

    assert answer == NoScore("The risk model did not answer: it ended.")
