"""Worklists as data: read and checked, tried before they are in force, rolled back, and explained."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from store.actors import SYSTEM, Actor, NotAllowed
from store.coding.opening import open_next
from store.database import Database
from store.models import LogEntry, WorkItem, WorklistVersion
from store.people import set_active
from store.queries import SessionReader
from store.queries.worklist_rules import worklist_steps, worklist_versions
from store.queries.worklists import Listing, worklist_counts, worklist_page, worklist_rows
from store.settings import today
from store.terms import Role, WorkStatus
from store.worklists.assigning import AssigningRefused, balance, carry_out, cover, reassign, set_facilities, set_skills
from store.worklists.leases import skip
from store.worklists.order import order_key
from store.worklists.placing import age_all, list_all, place_all
from store.worklists.rulebook import BadWorklists, SortKey, as_toml, read_rulebook, read_toml, shipped_content
from store.worklists.states import ChartUnavailable
from store.worklists.versions import WorklistsRefused, put_in_force, roll_back, save_version, try_version
from store.worklists.views import View, ViewRefused, remove_view, save_view, view_of
from store.worklists.why import unmet, why
from tests.conftest import _somebody

pytestmark = pytest.mark.both_databases

HIGH = {
    "name": "High dollar",
    "rule": "high",
    "words": "charges of 5,000 dollars and more",
    "all": ["kind is facility", "charges at least 5000"],
    "order": ["charges desc", "service date"],
}


def with_high(**more: Any) -> dict[str, Any]:
    """The shipped worklists with one for much money at the top."""
    shipped = shipped_content()
    return {"worklist": [HIGH | more, *shipped["worklist"]]}


@pytest.fixture
def manager(demo: Database) -> Actor:
    return _somebody(demo, Role.MANAGER)


def counts(db: Database) -> dict[str, int]:
    with db.reading() as session:
        return {one.worklist: one.ready for one in worklist_counts(SessionReader(session)) if one.ready}


def charts(db: Database, worklist: str) -> list[str]:
    with db.reading() as session:
        return [row.id for row in worklist_rows(SessionReader(session), Listing(worklist))]


def test_a_changed_rule_is_tried_before_it_is_in_force(demo: Database) -> None:
    before = counts(demo)

    trial = try_version(demo, read_rulebook(with_high(), 0))

    sources = {move.source: move.charts for move in trial.moves}
    assert trial.charts == sum(before.values()) and trial.moved == sum(sources.values()) > 0
    assert {move.target for move in trial.moves} == {"High dollar"} and "Inpatient" in sources
    assert counts(demo) == before


def test_a_version_in_force_moves_the_charts_it_said_it_would_and_goes_back(demo: Database, manager: Actor) -> None:
    before = counts(demo)
    number = save_version(demo, manager, with_high(), "much money first")
    trial = try_version(demo, read_rulebook(with_high(), number))

    put = put_in_force(demo, manager, number, "the controller asked")
    after = counts(demo)
    back, undone = roll_back(demo, manager, "coders lost their charts")

    assert put == trial and after["High dollar"] == trial.moved
    assert {name: then for name, _, then in trial.counts if then} == after
    assert (back, undone.moved, counts(demo)) == (1, trial.moved, before)


def test_history_keeps_author_reason_and_every_version(demo: Database, manager: Actor) -> None:
    number = save_version(demo, manager, with_high(), "much money first")
    put_in_force(demo, manager, number, "the controller asked")
    roll_back(demo, manager, "not so")

    with demo.reading() as session:
        reader = SessionReader(session)
        versions, steps = worklist_versions(reader), worklist_steps(reader)
        logged = session.exec(select(LogEntry.action).where(LogEntry.action.startswith("worklist."))).all()

    assert [(v.number, v.note) for v in versions] == [(1, "as shipped"), (2, "much money first")]
    assert [(s.version, s.reason, s.made_by) for s in steps] == [
        (2, "the controller asked", manager.login),
        (1, "not so", manager.login),
    ]
    assert logged.count("worklist.in_force") == 2 and "worklist.version" in logged


def test_coders_do_not_change_worklists_and_nothing_is_changed_without_a_reason(
    demo: Database, coder: Actor, manager: Actor
) -> None:
    with pytest.raises(NotAllowed):
        save_version(demo, coder, with_high(), "mine")
    number = save_version(demo, manager, with_high(), "x")
    with pytest.raises(WorklistsRefused, match="reason"):
        put_in_force(demo, manager, number, " ")
    with pytest.raises(WorklistsRefused, match="no version 9"):
        put_in_force(demo, manager, 9, "why not")


def test_a_repeated_save_keeps_one_version(demo: Database, manager: Actor) -> None:
    first = save_version(demo, manager, with_high(), "x", "OPERATION0000000000000001")
    again = save_version(demo, manager, with_high(), "x", "OPERATION0000000000000001")

    with demo.reading() as session:
        kept = session.exec(select(WorklistVersion)).all()

    assert first == again == 2 and len(kept) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"worklist": []}, "expected tables"),
        ({"worklist": [{"name": "A", "all": ["setting is clinic"]}]}, "must take every task"),
        ({"worklist": [{"name": "A"}, {"name": "B"}]}, "A takes every task"),
        ({"worklist": [{"name": "A", "all": ["setting is moon"]}, {"name": "B"}]}, "A: .*setting is one of"),
        ({"worklist": [{"name": "A", "all": ["status is ready"]}, {"name": "B"}]}, "A: status changes"),
        ({"worklist": [{"name": "A", "colour": 1}]}, "colour is not known"),
        ({"worklist": [{"name": "A", "order": ["hold reasons"]}]}, "nothing to sort by"),
        ({"worklist": [{"name": "A", "all": ["kind is facility"]}, {"name": "a"}]}, "two worklists have the name"),
    ],
)
@pytest.mark.sqlite_only
def test_worklists_that_cannot_work_are_refused_with_the_place(content: dict[str, Any], said: str) -> None:
    with pytest.raises(BadWorklists, match=said):
        read_rulebook(content, 0)


@pytest.mark.sqlite_only
def test_worklists_are_written_as_text_and_read_back() -> None:
    content = with_high(groups=[{"any": ['payer is "A, B"', "rebill is yes"]}], skill="inpatient")

    again = read_toml(as_toml(content))

    assert read_rulebook(again, 2) == read_rulebook(content, 2)


def test_why_shows_each_criterion_with_the_chart_s_value_and_the_rules_above(demo: Database, manager: Actor) -> None:
    put_in_force(demo, manager, save_version(demo, manager, with_high(), ""), "try")
    item = charts(demo, "Clinic")[0]

    with demo.reading() as session:
        told = why(SessionReader(session), item, today())

    assert told is not None
    assert [one.name for one in told.above] == ["High dollar", "Incomplete"]
    assert [(j.words, j.seen) for j in unmet(told.above[0])][0] == ("kind is facility", "professional")
    assert [(j.words, j.seen, j.met) for j in told.taken.criteria] == [
        ("setting is clinic", "clinic", True),
        ("kind is professional", "professional", True),
    ]
    assert told.worklist == "Clinic" and told.version == 2 and not told.moved
    assert sum(points for points, _ in told.here.reasons) == told.here.priority


def test_a_list_is_sorted_by_its_own_keys(demo: Database, manager: Actor) -> None:
    put_in_force(demo, manager, save_version(demo, manager, with_high(), ""), "try")

    with demo.reading() as session:
        rows = worklist_page(SessionReader(session), Listing("High dollar"))

    assert len(rows) > 1
    assert [(-row.cents, row.service_date) for row in rows] == sorted((-row.cents, row.service_date) for row in rows)


@pytest.mark.sqlite_only
@given(st.lists(st.tuples(st.integers(-(10**9), 10**9) | st.none(), st.text("abcz", max_size=5)), max_size=12))
def test_order_keys_sort_as_their_values_do(values: list[tuple[int | None, str]]) -> None:
    keys = (SortKey("charges", True), SortKey("payer", False))

    by_key = sorted(values, key=lambda v: order_key(keys, {"charges": v[0], "payer": v[1]}, 0))

    assert by_key == sorted(values, key=lambda v: (v[0] is None, -(v[0] or 0), v[1] == "", v[1]))


def test_placing_one_by_one_and_all_at_once_come_to_the_same(demo: Database, manager: Actor) -> None:
    put_in_force(demo, manager, save_version(demo, manager, with_high(skill="inpatient"), ""), "try")

    def places() -> list[tuple[object, ...]]:
        with demo.reading() as session:
            items = session.exec(select(WorkItem).order_by(WorkItem.id))
            return [(i.id, i.worklist, i.rule, i.order_key, i.route, i.skill, i.rank, i.reasons) for i in items]

    at_once = places()
    place_all(demo, manager)
    one_by_one = places()
    list_all(demo, manager)
    listed = places()
    age_all(demo, manager)

    assert at_once == one_by_one == listed == places()


def test_get_next_gives_a_chart_only_to_those_who_have_its_skill(
    demo: Database, manager: Actor, coder: Actor, another_coder: Actor
) -> None:
    put_in_force(demo, manager, save_version(demo, manager, with_high(skill="inpatient"), ""), "skills")
    set_skills(demo, manager, another_coder.login, ["Inpatient"])

    assert open_next(demo, coder, "High dollar") is None
    assert open_next(demo, another_coder, "High dollar") is not None


def test_get_next_keeps_to_a_person_s_facilities(demo: Database, manager: Actor, coder: Actor) -> None:
    set_facilities(demo, manager, coder.login, ["clinic"])

    assert open_next(demo, coder, "Inpatient") is None
    assert open_next(demo, coder, "Clinic") is not None

    set_facilities(demo, manager, coder.login, [])
    assert open_next(demo, coder, "Inpatient") is not None
    with pytest.raises(AssigningRefused, match="no facility"):
        set_facilities(demo, manager, coder.login, ["moon"])


def test_a_skipped_chart_goes_to_others_and_not_to_its_skipper(
    demo: Database, coder: Actor, another_coder: Actor
) -> None:
    first, second = charts(demo, "Clinic")[:2]
    mine = open_next(demo, coder, "Clinic")
    assert mine and mine.work_item_id == first

    skip(demo, coder, first, "hand surgery is not mine")
    again, theirs = open_next(demo, coder, "Clinic"), open_next(demo, another_coder, "Clinic")

    assert again and theirs
    assert (again.work_item_id, theirs.work_item_id) == (second, first)
    with demo.reading() as session:
        told = why(SessionReader(session), first, today())
    assert told and told.skipped == (f"{coder.login}: hand surgery is not mine",)
    with pytest.raises(ChartUnavailable, match="reason"):
        skip(demo, coder, second, " ")


def test_assigned_charts_are_given_to_their_person_first_and_to_nobody_else(
    demo: Database, manager: Actor, coder: Actor, another_coder: Actor
) -> None:
    listed = charts(demo, "Clinic")
    with demo.reading() as session:
        plan = reassign(session, [listed[0], listed[5]], coder.login)

    carry_out(demo, manager, plan, "continuity")
    theirs = open_next(demo, another_coder, "Clinic")
    mine = [open_next(demo, coder, "Clinic") for _ in range(2)]

    assert theirs and theirs.work_item_id == listed[1]
    assert [chart.work_item_id for chart in mine if chart] == [listed[0], listed[5]]


def test_work_is_balanced_and_an_absence_covered_after_a_look(
    demo: Database, manager: Actor, coder: Actor, another_coder: Actor
) -> None:
    with demo.reading() as session:
        plan = balance(session, "Clinic", [coder.login, another_coder.login], most=7)
    assert sorted(map(len, plan.given.values())) == [3, 4]
    carry_out(demo, manager, plan, "Monday")

    with demo.reading() as session:
        moved = cover(session, coder.login, [another_coder.login])
    carry_out(demo, manager, moved, "on leave")

    with demo.reading() as session:
        reader = SessionReader(session)
        mine = worklist_rows(reader, Listing(mine=coder.person_id or ""))
        theirs = worklist_rows(reader, Listing(mine=another_coder.person_id or ""))
    assert (len(mine), len(theirs)) == (0, 7)
    assert moved.words == f"{len(plan.given[coder.login])} to {another_coder.login}"


def test_the_work_of_a_person_who_left_goes_to_everybody_again(demo: Database, manager: Actor, coder: Actor) -> None:
    listed = charts(demo, "Clinic")
    with demo.reading() as session:
        plan = reassign(session, listed[:2], coder.login)
    carry_out(demo, manager, plan, "continuity")
    set_active(demo, SYSTEM, coder.login, False)

    with demo.reading() as session:
        moved = cover(session, coder.login, [])

    assert moved.words == "2 to everybody" and carry_out(demo, manager, moved, "left") == 2
    with demo.reading() as session, pytest.raises(AssigningRefused, match="is disabled"):
        reassign(session, listed[:2], coder.login)


def test_a_plan_leaves_what_nobody_named_can_code(demo: Database, manager: Actor, coder: Actor) -> None:
    put_in_force(demo, manager, save_version(demo, manager, with_high(skill="inpatient"), ""), "skills")
    listed = charts(demo, "High dollar")

    with demo.reading() as session:
        plan = balance(session, "High dollar", [coder.login])

    assert plan.given == {} and set(plan.left) == set(listed)


def test_a_person_s_views_are_kept_by_name(demo: Database, coder: Actor) -> None:
    from store.queries.saved_views import saved_views

    view = View("my money", "", criteria=("charges at least 300", "setting is clinic"), columns=("patient", "charges"))
    save_view(demo, coder, view)

    with demo.reading() as session:
        reader = SessionReader(session)
        kept = view_of("my money", saved_views(reader, coder.person_id or "")["my money"])
        rows = worklist_rows(reader, Listing(criteria=kept.condition, today=today()))
        everything = worklist_rows(reader, Listing())

    assert kept == view
    assert (
        {row.id for row in rows} == {r.id for r in everything if r.cents >= 30_000 and r.setting == "clinic"} != set()
    )
    with pytest.raises(ViewRefused, match="no column"):
        save_view(demo, coder, View("x", columns=("moon",)))
    remove_view(demo, coder, "my money")
    with pytest.raises(ViewRefused, match="no view"):
        remove_view(demo, coder, "my money")


def test_the_payer_s_countdown_stands_on_each_chart(demo: Database) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        row = next(r for r in worklist_rows(reader, Listing("Clinic")) if r.bill_by)
        told = why(reader, row.id, today())
        statuses = {item.status for item in session.exec(select(WorkItem))}

    assert told and told.days_to_bill is not None and 0 < told.days_to_bill <= 400
    assert statuses == {WorkStatus.READY}
