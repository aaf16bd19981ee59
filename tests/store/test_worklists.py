"""Worklists of the demo site: how tasks come in, in which order, who gets them, and holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import select

from store.actors import SYSTEM, Actor
from store.coding.opening import open_chart, open_next
from store.database import Database
from store.holds import clear_holds, hold
from store.intake import take_in
from store.models import Charge, Encounter, WorkItem
from store.queries import Row, SessionReader
from store.queries.charts import chart_head
from store.queries.worklists import (
    Listing,
    Sort,
    why_here,
    worklist_count,
    worklist_counts,
    worklist_page,
    worklist_rows,
)
from store.terms import CodingKind, EncounterStatus, WorkStatus
from store.worklists import (
    TRANSITIONS,
    ChartUnavailable,
    place,
    refresh_priorities,
    release,
    sweep_leases,
    usual_tasks,
)
from tests.store.intake_samples import native, write_lines

pytestmark = pytest.mark.both_databases(always=True)


def rows(db: Database, worklist: str, **how: object) -> list:
    with db.reading() as session:
        return worklist_rows(SessionReader(session), Listing(worklist, **how))  # type: ignore[arg-type]


def test_each_side_of_the_bill_has_its_own_task(demo: Database) -> None:
    with demo.reading() as session:
        kinds = {
            (item.encounter_id, item.kind): item.worklist
            for item in session.exec(select(WorkItem).where(WorkItem.worklist.startswith("ED")))
        }

    assert {kind for _, kind in kinds} == {CodingKind.PROFESSIONAL, CodingKind.FACILITY}


def test_each_side_of_the_bill_is_ranked_by_its_own_charges(demo: Database) -> None:
    with demo.reading() as session:
        of_visit = select(WorkItem).join(Encounter).where(Encounter.visit_number == "V26-1016")
        items = {item.kind: item for item in session.exec(of_visit)}
        heads = {kind: chart_head(SessionReader(session), item.id) for kind, item in items.items()}
        points = {kind: [words for _, words in item.reasons if "charges" in words] for kind, item in items.items()}

    cents = {kind: -item.charge_rank for kind, item in items.items()}
    assert cents == {CodingKind.FACILITY: 308900, CodingKind.PROFESSIONAL: 8900}
    assert cents == {kind: head.charged_cents for kind, head in heads.items()}
    assert points == {CodingKind.FACILITY: ["charges 3,089 dollars"], CodingKind.PROFESSIONAL: []}


def test_a_visit_that_is_billed_on_one_side_is_ranked_by_all_its_charges(demo: Database) -> None:
    with demo.reading() as session:
        of_visit = select(WorkItem).join(Encounter).where(Encounter.visit_number == "V26-1007")
        item = session.exec(of_visit).one()
        charges = session.exec(select(Charge).where(Charge.encounter_id == item.encounter_id)).all()

    assert -item.charge_rank == sum(one.amount_cents for one in charges) > 0


def test_a_worklist_is_sorted_by_its_priority_whose_parts_add_up(demo: Database) -> None:
    listed = rows(demo, "Clinic")

    with demo.reading() as session:
        why = why_here(SessionReader(session), listed[0].id)

    assert [row.priority for row in listed] == sorted((row.priority for row in listed), reverse=True)
    assert why is not None and sum(points for points, _ in why.reasons) == why.priority


def test_a_visit_waits_for_its_first_document_and_comes_to_its_list_with_it(
    demo: Database, coder: Actor, tmp_path: Path
) -> None:
    visit = native(ended_at="2026-03-02T10:00:00", documents=[])
    take_in(demo, SYSTEM, [write_lines(tmp_path / "visit.jsonl", visit)])
    with demo.reading() as session:
        item = session.exec(select(WorkItem).join(Encounter).where(Encounter.visit_number == "V1")).one()
        before = (item.worklist, why_here(SessionReader(session), item.id))
        waiting = {one.worklist for one in worklist_counts(SessionReader(session)) if one.waits}
    given = open_next(demo, coder, "Incomplete")

    arrived = native(ended_at="2026-03-02T10:00:00")
    take_in(demo, SYSTEM, [write_lines(tmp_path / "later.jsonl", arrived)])

    assert before[0] == "Incomplete" and before[1] is not None
    assert before[1].rule == "no-document-1: no document has come yet"
    assert given is None and waiting == {"Incomplete"}
    with demo.reading() as session:
        assert session.get_one(WorkItem, item.id).worklist == "Clinic"
    assert open_next(demo, coder, "Clinic") is not None


def test_every_visit_of_the_demo_has_its_documents(demo: Database) -> None:
    assert rows(demo, "Incomplete") == []


def test_get_next_gives_the_first_ready_chart_and_never_the_same_twice(
    demo: Database, coder: Actor, another_coder: Actor
) -> None:
    first_row, second_row = rows(demo, "Clinic")[:2]

    mine = open_next(demo, coder, "Clinic")
    theirs = open_next(demo, another_coder, "Clinic")

    assert mine and theirs
    assert (mine.work_item_id, theirs.work_item_id) == (first_row.id, second_row.id)


def test_an_empty_worklist_gives_nothing(demo: Database, coder: Actor) -> None:
    assert open_next(demo, coder, "No such list") is None


def test_a_released_chart_is_ready_again(demo: Database, coder: Actor) -> None:
    chart = open_next(demo, coder, "Clinic")
    assert chart

    release(demo, coder, chart.work_item_id)

    assert rows(demo, "Clinic")[0].status == WorkStatus.READY


def test_a_lease_that_ran_out_is_swept_back(demo: Database, coder: Actor) -> None:
    chart = open_next(demo, coder, "Clinic")
    assert chart
    with demo.change(coder) as change:
        change.session.get_one(WorkItem, chart.work_item_id).claimed_until = "2026-01-01T00:00:00.000Z"

    assert sweep_leases(demo, coder) == 1
    assert rows(demo, "Clinic")[0].claimed_by is None


def test_a_chart_on_hold_cannot_be_opened_until_its_holds_are_cleared(demo: Database, coder: Actor) -> None:
    item = rows(demo, "Inpatient")[0].id
    hold(demo, coder, item, "discharge summary missing", "records")
    with pytest.raises(ChartUnavailable, match="on hold"):
        open_chart(demo, coder, item)

    clear_holds(demo, coder, item)

    assert open_chart(demo, coder, item).work_item_id == item


def test_a_canceled_visit_takes_its_open_tasks_out_of_the_lists(demo: Database, coder: Actor) -> None:
    row = rows(demo, "Clinic")[0]
    with demo.change(coder) as change:
        encounter = change.session.get_one(Encounter, row.encounter_id)
        encounter.status = EncounterStatus.CANCELED
        place(change.session, encounter)

    assert row.id not in [other.id for other in rows(demo, "Clinic")]


def test_the_filter_takes_words_in_any_order_and_no_wildcards(demo: Database) -> None:
    name = rows(demo, "Clinic")[0]
    family, given = name.patient.split(", ")

    found = rows(demo, "Clinic", text=f"{given} {family}".lower())
    nothing = rows(demo, "Clinic", text="%")

    assert [row.id for row in found] == [name.id]
    assert nothing == []


@pytest.mark.parametrize("sort", list(Sort))
def test_every_sort_shows_every_chart_once(demo: Database, sort: Sort) -> None:
    listed = rows(demo, "Clinic", sort=sort)

    assert sorted(row.id for row in listed) == sorted(row.id for row in rows(demo, "Clinic"))


def test_counts_are_those_of_the_rows(demo: Database) -> None:
    with demo.reading() as session:
        counts = {count.worklist: count.ready for count in worklist_counts(SessionReader(session))}

    assert counts == {name: len(rows(demo, name)) for name in counts}


def test_every_state_has_its_way_out() -> None:
    assert {state for state, after in TRANSITIONS.items() if not after} == set()
    assert set(TRANSITIONS) == set(WorkStatus)


def test_every_setting_has_a_task() -> None:
    from store.terms import Setting

    assert all(usual_tasks(setting) for setting in Setting)


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_go_on_from_a_row_in_both_directions(demo: Database, sort: Sort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.queries.worklists.PAGE_ROWS", 4)
    listing = Listing("Clinic", sort)
    with demo.reading() as session:
        reader = SessionReader(session)
        whole = worklist_rows(reader, listing)

        first = worklist_page(reader, listing)
        second = worklist_page(reader, listing, after=first[-1])
        back = worklist_page(reader, listing, before=second[0])
        last = worklist_page(reader, listing, last=True)

        assert (first, second, back, last) == (whole[:4], whole[4:8], whole[:4], whole[-4:])
        assert worklist_count(reader, listing) == len(whole)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("sort", list(Sort))
def test_a_page_of_a_worklist_is_read_from_an_index_and_never_sorted(demo: Database, sort: Sort) -> None:
    asked: list[tuple[str, dict]] = []

    class Listening(SessionReader):
        def rows(self, sql: str, /, **parameters: object) -> Sequence[Row]:
            asked.append((sql, parameters))
            return super().rows(sql, **parameters)

    with demo.reading() as session:
        reader = Listening(session)
        first = worklist_page(reader, Listing("Clinic", sort))[0]
        worklist_page(reader, Listing("Clinic", sort), after=first)
        sql, parameters = asked[-1]
        plan = [row["detail"] for row in reader.rows(f"EXPLAIN QUERY PLAN {sql}", **parameters)]

    assert plan[0].startswith("SEARCH w USING INDEX ix_work_item_")
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan[:3]


def test_ages_and_deadlines_move_with_the_day_once_a_day(
    demo: Database, coder: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(demo, "Clinic")
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-18")

    first, again = refresh_priorities(demo, coder), refresh_priorities(demo, coder)

    after = {row.id: row.priority for row in rows(demo, "Clinic")}
    assert first > 0 and again == 0
    assert all(after[row.id] >= row.priority + 10 for row in before)
