"""Coding a chart of the demo site: lease, steps, undo, drafts, final, take back, and who may not."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from sqlmodel import select

from codesets.catalog import Reference
from store.actors import Actor
from store.coding.codes import Codes, Defaults
from store.coding.drafts import save_draft
from store.coding.entering import enter, redo, undo
from store.coding.entry import AddDiagnosis, ChangeDiagnosis, EntryError, parse
from store.coding.finishing import finalize
from store.coding.in_work import CodingChanged, CodingRefused, load_codes
from store.coding.lookup import system_of
from store.coding.opening import OpenedChart, open_chart, open_next, posted_lines
from store.coding.reopening import take_back
from store.coding.site_edits import findings_of
from store.database import Database, operation_id
from store.intake.export import coding_record
from store.models import Charge, Coding, CodingStep, Document, Finding, LogEntry, WorkItem
from store.models.columns import later
from store.queries import SessionReader
from store.queries.charts import chart_head
from store.queries.codings import coding_codes, coding_defaults
from store.queries.drafts import draft_of
from store.queries.worklists import left_open
from store.settings import Settings
from store.terms import CodingKind, CodingStatus, DocumentStatus, WorkStatus
from store.worklists import ChartUnavailable, release

pytestmark = pytest.mark.both_databases(always=True)


LEASE_MINUTES = Settings().lease_minutes


@pytest.fixture
def chart(demo: Database, coder: Actor) -> OpenedChart:
    opened = open_next(demo, coder, "Clinic")
    assert opened is not None
    return opened


def type_in(db: Database, reference: Reference, actor: Actor, chart: OpenedChart, line: str, **how: Any) -> Codes:
    with db.reading() as session:
        reader = SessionReader(session)
        head = chart_head(reader, chart.work_item_id)
        defaults = coding_defaults(reader, head.encounter_id, head.service_date)
    on = dt.date.fromisoformat(head.service_date)
    entry = parse(line, lambda code: system_of(reference, code, on))
    return enter(db, actor, chart.coding_id, entry, defaults, **how).codes


def task(db: Database, chart: OpenedChart) -> WorkItem:
    """The task of a chart as it is stored."""
    with db.reading() as session:
        item = session.get_one(WorkItem, chart.work_item_id)
        session.expunge(item)
        return item


def version_of(db: Database, chart: OpenedChart) -> int:
    with db.reading() as session:
        return session.get_one(Coding, chart.coding_id).row_version or 0


def stored(db: Database, chart: OpenedChart) -> Codes:
    with db.reading() as session:
        return load_codes(session, chart.coding_id)


def test_an_opened_chart_begins_with_the_posted_procedure_charges(demo: Database, chart: OpenedChart) -> None:
    codes = stored(demo, chart)

    assert codes.lines and all(line.charge_cents > 0 for line in codes.lines)


def test_posted_lines_wait_for_their_pointers(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    before = type_in(demo, reference, coder, chart, "e11.9")

    after = type_in(demo, reference, coder, chart, "*")

    assert {line.pointers for line in before.lines} == {()}
    assert {line.pointers for line in after.lines} == {(1,)}


def test_a_change_that_has_not_seen_another_session_s_is_refused(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    seen = version_of(demo, chart)
    type_in(demo, reference, coder, chart, "e11.9")

    with pytest.raises(CodingChanged):
        type_in(demo, reference, coder, chart, "i10", seen_version=seen)

    assert [d.code for d in stored(demo, chart).diagnoses] == ["E11.9"]


def test_final_coding_of_codes_that_were_not_looked_at_is_refused(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "*")
    seen = version_of(demo, chart)
    type_in(demo, reference, coder, chart, "i10")

    with pytest.raises(CodingChanged):
        finalize(demo, reference, coder, chart.coding_id, seen_version=seen)

    finalize(demo, reference, coder, chart.coding_id, seen_version=version_of(demo, chart))


def test_a_chart_without_a_signed_document_cannot_be_finished(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    with demo.change(coder) as change:
        for document in change.session.exec(select(Document).where(Document.encounter_id == chart.encounter_id)):
            document.status = DocumentStatus.DICTATED

    with pytest.raises(CodingRefused, match="no document of this chart is signed"):
        finalize(demo, reference, coder, chart.coding_id)


def test_plain_sql_and_the_orm_read_the_same_codes(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9 p")

    with demo.reading() as session:
        plain = coding_codes(SessionReader(session), chart.coding_id)

    assert plain == stored(demo, chart)


def test_undo_and_redo_walk_through_every_change(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    states = [stored(demo, chart)]
    for line in ("e11.9", "i10 p", "a x2", "-2"):
        states.append(type_in(demo, reference, coder, chart, line))

    back = [undo(demo, coder, chart.coding_id).codes for _ in range(4)]
    forth = [redo(demo, coder, chart.coding_id).codes for _ in range(4)]

    assert back == states[3::-1]
    assert forth == states[1:]


def test_a_new_change_ends_what_could_be_redone(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    undo(demo, coder, chart.coding_id)
    type_in(demo, reference, coder, chart, "i10")

    with pytest.raises(CodingRefused, match="nothing to redo"):
        redo(demo, coder, chart.coding_id)


def test_the_same_operation_again_changes_nothing(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    operation = operation_id()
    type_in(demo, reference, coder, chart, "e11.9", operation_id=operation)

    type_in(demo, reference, coder, chart, "e11.9", operation_id=operation)

    with demo.reading() as session:
        assert len(session.exec(select(CodingStep).where(CodingStep.coding_id == chart.coding_id)).all()) == 1


def test_a_chart_that_another_coder_has_cannot_be_opened(
    demo: Database, chart: OpenedChart, another_coder: Actor
) -> None:
    with pytest.raises(ChartUnavailable, match="another coder"):
        open_chart(demo, another_coder, chart.work_item_id)


def test_codes_cannot_be_entered_once_the_lease_has_gone_to_another(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart, another_coder: Actor
) -> None:
    with demo.change(coder) as change:
        change.session.get_one(WorkItem, chart.work_item_id).claimed_until = "2026-01-01T00:00:00.000Z"
    open_chart(demo, another_coder, chart.work_item_id)

    with pytest.raises(CodingRefused, match="no longer yours"):
        type_in(demo, reference, coder, chart, "e11.9")


def test_a_code_renews_the_lease_where_some_of_it_has_passed(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    with demo.change(coder) as change:
        change.session.get_one(WorkItem, chart.work_item_id).claimed_until = later(LEASE_MINUTES - 3)

    type_in(demo, reference, coder, chart, "e11.9")

    assert task(demo, chart).claimed_until > later(LEASE_MINUTES - 1)


@pytest.mark.parametrize("end", [LEASE_MINUTES, LEASE_MINUTES - 1])
def test_a_code_writes_no_lease_where_nearly_all_of_it_is_left(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart, end: float
) -> None:
    with demo.change(coder) as change:
        change.session.get_one(WorkItem, chart.work_item_id).claimed_until = later(end)
    before = task(demo, chart)

    type_in(demo, reference, coder, chart, "e11.9")

    after = task(demo, chart)
    assert (after.claimed_until, after.row_version) == (before.claimed_until, before.row_version)


def test_a_code_shortens_a_lease_that_a_clock_that_was_wrong_made_too_long(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    with demo.change(coder) as change:
        change.session.get_one(WorkItem, chart.work_item_id).claimed_until = later(60 * LEASE_MINUTES)

    type_in(demo, reference, coder, chart, "e11.9")

    assert task(demo, chart).claimed_until <= later(LEASE_MINUTES)


def test_what_was_typed_is_offered_again(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    save_draft(demo, coder, chart.encounter_id, "e11.4")

    assert open_chart(demo, coder, chart.work_item_id).draft == "e11.4"


def test_a_worksheet_kept_beside_the_entry_is_not_told_as_something_typed(
    demo: Database, coder: Actor, chart: OpenedChart
) -> None:
    save_draft(demo, coder, chart.encounter_id, "e11.4")
    save_draft(demo, coder, chart.encounter_id, "[1]", "em")

    with demo.reading() as session:
        reader = SessionReader(session)
        left = left_open(reader, coder.person_id or "")
        kept = draft_of(reader, chart.encounter_id, coder.person_id, "em")
    assert left is not None and left.typed == "e11.4" and kept == "[1]"


def test_a_worksheet_alone_calls_nobody_back_to_a_chart(demo: Database, coder: Actor, chart: OpenedChart) -> None:
    save_draft(demo, coder, chart.encounter_id, "[1]", "em")
    release(demo, coder, chart.work_item_id)

    with demo.reading() as session:
        assert left_open(SessionReader(session), coder.person_id or "") is None


def test_final_coding_closes_the_task_and_keeps_release_and_findings(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "*")

    finalize(demo, reference, coder, chart.coding_id)

    with demo.reading() as session:
        coding = session.get_one(Coding, chart.coding_id)
        item = session.get_one(WorkItem, chart.work_item_id)
        kept = session.exec(select(Finding).where(Finding.subject_id == coding.id)).all()
        assert (coding.status, coding.release, item.status) == (CodingStatus.FINAL, "FY2026 Apr", WorkStatus.FINAL)
        assert all(not finding.severity.blocks for finding in kept)


def test_an_error_of_the_edits_keeps_a_chart_from_being_finished(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "a 7")

    with pytest.raises(CodingRefused, match="7"):
        finalize(demo, reference, coder, chart.coding_id)


def test_an_inpatient_procedure_keeps_an_office_visit_from_being_finished_until_its_one_fix_is_entered(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "*")
    before = stored(demo, chart)
    codes = type_in(demo, reference, coder, chart, "0dtj4zz")
    with demo.reading() as session:
        head = chart_head(SessionReader(session), chart.work_item_id)
    found = next(one for one in findings_of(reference, head, codes) if one.rule_id == "c62")

    with pytest.raises(CodingRefused, match="0DTJ4ZZ is a code of ICD-10-PCS"):
        finalize(demo, reference, coder, chart.coding_id)

    assert type_in(demo, reference, coder, chart, found.repair) == before
    finalize(demo, reference, coder, chart.coding_id)


def test_a_final_coding_can_be_taken_back_and_changed(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "*")
    finalize(demo, reference, coder, chart.coding_id)

    take_back(demo, coder, chart.coding_id)

    codes = type_in(demo, reference, coder, chart, "i10")
    assert [d.code for d in codes.diagnoses] == ["E11.9", "I10"]


def test_a_final_coding_is_not_changed(demo: Database, reference: Reference, coder: Actor, chart: OpenedChart) -> None:
    type_in(demo, reference, coder, chart, "e11.9")
    type_in(demo, reference, coder, chart, "*")
    finalize(demo, reference, coder, chart.coding_id)

    with pytest.raises(CodingRefused, match="final"):
        type_in(demo, reference, coder, chart, "i10")


def test_every_look_at_a_chart_is_in_the_log(demo: Database, chart: OpenedChart, coder: Actor) -> None:
    with demo.reading() as session:
        entry = session.exec(select(LogEntry).where(LogEntry.action == "chart.view")).one()

    assert (entry.actor, entry.target_id) == (coder.login, chart.encounter_id)


@pytest.mark.parametrize(
    ("typed", "system"),
    [
        ("e11.42", "icd10cm"),
        ("E1142", "icd10cm"),
        ("j11.00", "icd10cm"),
        ("j1100", "hcpcs"),
        ("g9999", "hcpcs"),
        ("e11", None),
        ("abc", None),
    ],
)
def test_a_typed_code_belongs_to_one_system(reference: Reference, typed: str, system: str | None) -> None:
    assert system_of(reference, typed, dt.date(2026, 9, 1)) == system


@pytest.mark.parametrize("typed", ["e11.99", "z79.99", "n18399", "e11.421"])
def test_what_looks_like_a_code_and_is_none_is_refused_with_the_nearest_one(reference: Reference, typed: str) -> None:
    with pytest.raises(EntryError, match="is not a code") as refused:
        system_of(reference, typed, dt.date(2026, 9, 1))

    assert refused.value.remedy.startswith("near it: ")


def test_the_trail_stays_with_a_code_through_undo_redo_and_export(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    trail = "Index: Diabetes > type 2\nseen: Use add. at E11: insulin (Z79.4)"
    type_in(demo, reference, coder, chart, "e11.9", why="Index: Diabetes", trail=trail)
    type_in(demo, reference, coder, chart, "g0463", why="search “visit”", trail="search “visit”")

    undo(demo, coder, chart.coding_id)
    redo(demo, coder, chart.coding_id)

    with demo.reading() as session:
        stored = load_codes(session, chart.coding_id)
        record = coding_record(session, session.get_one(Coding, chart.coding_id))
        read = coding_codes(SessionReader(session), chart.coding_id)
    assert (stored.diagnoses[0].trail, stored.lines[-1].why, stored.lines[-1].trail) == (
        trail,
        "search “visit”",
        "search “visit”",
    )
    assert read == stored
    assert (record.diagnoses[0].trail, record.procedures[-1].why) == (trail, "search “visit”")


def test_a_reason_longer_than_a_line_is_cut_so_that_it_can_be_taken_in_again(
    demo: Database, reference: Reference, coder: Actor, chart: OpenedChart
) -> None:
    codes = type_in(demo, reference, coder, chart, "e11.9", why="x" * 500)

    assert len(codes.diagnoses[0].why) == 400


@pytest.mark.thorough
def test_of_a_thousand_random_savers_none_overwrites_what_it_has_not_seen(demo: Database, coder: Actor) -> None:
    """Two sessions read and save in any order: a save on an old version is refused, and every other one is kept."""
    opened = open_next(demo, coder, "Clinic")
    assert opened
    enter(demo, coder, opened.coding_id, AddDiagnosis("I10"), Defaults("2026-08-04"))
    chance, seen, acknowledged, refused = random.Random(6), {"a": 0, "b": 0}, 1, 0
    for _ in range(1_000):
        who = chance.choice("ab")
        if chance.random() < 0.4:
            with demo.reading() as session:
                seen[who] = session.get_one(Coding, opened.coding_id).row_version or 0
            continue
        entry = ChangeDiagnosis(1, poa=chance.choice("YNUW"))
        with demo.reading() as session:
            current = session.get_one(Coding, opened.coding_id).row_version
        try:
            done = enter(demo, coder, opened.coding_id, entry, Defaults("2026-08-04"), seen_version=seen[who])
        except CodingChanged:
            refused += 1
            assert seen[who] != current
        else:
            acknowledged += 1
            assert seen[who] == current
            seen[who] = done.version

    with demo.reading() as session:
        steps = session.exec(select(CodingStep).order_by(CodingStep.number)).all()
    assert len(steps) == acknowledged
    assert refused > 100
    assert all(one.after == following.before for one, following in zip(steps, steps[1:], strict=False))


def test_a_professional_chart_does_not_begin_with_the_lines_of_the_facility(demo: Database, coder: Actor) -> None:
    with demo.reading() as session:
        query = select(WorkItem).where(WorkItem.kind == CodingKind.PROFESSIONAL, WorkItem.status == WorkStatus.READY)
        items = session.exec(query).all()
        codes = {one.id: posted_lines(session, one.encounter_id) for one in items}
    item = next(one for one in items if codes[one.id])
    with demo.change(coder) as change:
        first = change.session.exec(
            select(Charge).where(Charge.encounter_id == item.encounter_id, Charge.procedure_code != "")
        ).all()
        for charge in first:
            charge.revenue_code = "0750"

    with demo.reading() as session:
        assert posted_lines(session, item.encounter_id) == codes[item.id]
        assert posted_lines(session, item.encounter_id, professional_only=True) == []
