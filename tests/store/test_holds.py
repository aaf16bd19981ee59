"""Holds: several a chart, with what their reason asks for; they clear themselves and stop one clock of two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from codesets.errors import UnreadableInput
from codesets.home import home
from store.abstracting import abstract_of, set_abstract
from store.actors import Actor
from store.coding.opening import open_chart, open_next
from store.database import Database
from store.holds import HoldRefused, clear_hold, clear_holds, hold, hold_reasons, reason_named
from store.holds.clocks import coder_seconds
from store.intake.export import export_encounter
from store.intake.writer import store_encounter
from store.models import Hold, LogEntry, Provider, WorkItem
from store.queries import SessionReader
from store.queries.holds import HoldFilter, hold_counts, hold_list
from store.queries.worklists import Listing, worklist_rows
from store.reasons import ReasonNeeded
from store.settings import today
from store.terms import DocumentStatus, WorkStatus
from store.worklists import ChartUnavailable, place, refresh_priorities

pytestmark = pytest.mark.both_databases(always=True)


@pytest.fixture
def chart(demo: Database) -> str:
    """A chart of the surgery list."""
    with demo.reading() as session:
        return worklist_rows(SessionReader(session), Listing("Surgery facility"))[0].id


def item_of(db: Database, item_id: str) -> WorkItem:
    with db.reading() as session:
        return session.get_one(WorkItem, item_id)


def operative_report(db: Database, coder: Actor, chart: str) -> str:
    return hold(db, coder, chart, "operative-report", physician="Adeyemi", about_on="2026-09-14")


def send_again(
    db: Database,
    actor: Actor,
    chart: str,
    status: DocumentStatus,
    type_name: str = "Operative note",
    number: str = "LATE-1",
) -> None:
    """The visit comes in again with one more document."""
    with db.change(actor) as change:
        encounter_id = change.session.get_one(WorkItem, chart).encounter_id
        record = export_encounter(change.session, encounter_id)
        record.codings.clear()
        first = record.documents[0]
        late = first.model_copy(
            update={
                "document_number": number,
                "type_name": type_name,
                "type_code": "11504-8" if type_name.startswith("Op") else "",
                "title": type_name,
                "status": status,
                "text": "The gallbladder was removed.",
            }
        )
        record.documents[:] = [*(d for d in record.documents if d.document_number != number), late]
        store_encounter(change, record, place)


def test_a_chart_is_ready_when_its_last_hold_is_cleared_and_stands_higher(
    demo: Database, coder: Actor, chart: str
) -> None:
    before = item_of(demo, chart).priority
    first = operative_report(demo, coder, chart)
    second = hold(demo, coder, chart, "charge")

    ready = [clear_hold(demo, coder, first), clear_hold(demo, coder, second)]

    item = item_of(demo, chart)
    assert ready == [False, True] and item.status == WorkStatus.READY
    assert item.priority == before + 15 and "its last hold was cleared" in [words for _, words in item.reasons]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"reason": "operative-report"}, "whose is it"),
        ({"reason": "operative-report", "physician": "Adeyemi"}, "of which day"),
        ({"reason": "moon"}, "no reason is called"),
        ({"reason": "charge", "owner": "moon"}, "no owner is called"),
        ({"reason": "charge", "due_on": "soon"}, "is no due day"),
        ({"reason": " "}, "needs a reason"),
    ],
)
@pytest.mark.sqlite_only
def test_a_hold_says_what_its_reason_asks_for(
    demo: Database, coder: Actor, chart: str, how: dict[str, str], said: str
) -> None:
    with pytest.raises(HoldRefused, match=said):
        hold(demo, coder, chart, **how)

    assert item_of(demo, chart).status == WorkStatus.READY


def test_a_hold_in_words_of_ones_own_says_why(demo: Database, coder: Actor, chart: str) -> None:
    with pytest.raises(ReasonNeeded):
        hold(demo, coder, chart, "so", owner="records")

    assert item_of(demo, chart).status == WorkStatus.READY


def test_opening_a_held_chart_says_which_hold_and_whose(demo: Database, coder: Actor, chart: str) -> None:
    hold(demo, coder, chart, "charge")
    hold(demo, coder, chart, "coverage")

    with pytest.raises(
        ChartUnavailable, match=r"charge missing or late \(charge department\), coverage .*registration"
    ):
        open_chart(demo, coder, chart)


def test_a_missing_document_that_arrives_signed_clears_its_hold(demo: Database, coder: Actor, chart: str) -> None:
    hold_id = operative_report(demo, coder, chart)

    send_again(demo, coder, chart, DocumentStatus.DICTATED)
    unsigned = item_of(demo, chart).status
    send_again(demo, coder, chart, DocumentStatus.AUTHENTICATED)

    with demo.reading() as session:
        cleared = session.get_one(Hold, hold_id)
        logged = session.exec(select(LogEntry).where(LogEntry.action == "chart.clear_hold")).one()
    assert (unsigned, item_of(demo, chart).status) == (WorkStatus.ON_HOLD, WorkStatus.READY)
    assert cleared.cleared_why == "Operative note LATE-1 arrived" and logged.detail["why"] == cleared.cleared_why


def test_another_document_or_one_that_was_there_clears_nothing(demo: Database, coder: Actor, chart: str) -> None:
    send_again(demo, coder, chart, DocumentStatus.AUTHENTICATED)
    operative_report(demo, coder, chart)

    send_again(demo, coder, chart, DocumentStatus.AUTHENTICATED, "Telephone note", "LATE-2")

    assert item_of(demo, chart).status == WorkStatus.ON_HOLD


def test_a_field_that_was_waited_for_clears_its_hold_when_a_person_sets_it(
    demo: Database, coder: Actor, chart: str
) -> None:
    hold_id = hold(demo, coder, chart, "disposition")
    with demo.reading() as session:
        encounter_id = session.get_one(WorkItem, chart).encounter_id
        seen = abstract_of(SessionReader(session), encounter_id)

    set_abstract(demo, coder, encounter_id, {"discharge_disposition": "06"}, seen)

    with demo.reading() as session:
        assert session.get_one(Hold, hold_id).cleared_why == f"discharge disposition was set by {coder.login}"
    assert item_of(demo, chart).status == WorkStatus.READY


def test_a_hold_until_a_day_clears_when_the_day_has_come(
    demo: Database, coder: Actor, chart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(demo, coder, chart, "bill-hold")
    refresh_priorities(demo, coder)
    waiting = item_of(demo, chart).status

    monkeypatch.setenv("CODEDESK_TODAY", (today() + timedelta(days=4)).isoformat())
    refresh_priorities(demo, coder)

    assert (waiting, item_of(demo, chart).status) == (WorkStatus.ON_HOLD, WorkStatus.READY)


def test_holds_are_listed_by_owner_with_age_and_what_is_late(
    demo: Database, coder: Actor, another_coder: Actor, chart: str
) -> None:
    operative_report(demo, coder, chart)
    hold(demo, another_coder, chart, "signature")
    hold(demo, coder, chart, "coverage", due_on="2026-10-01")

    with demo.reading() as session:
        reader = SessionReader(session)
        records = hold_list(reader, today(), owner="records")
        mine = hold_list(reader, today(), HoldFilter.MINE, person_id=coder.person_id or "")
        late = hold_list(reader, today(), HoldFilter.LATE)
        counts = {one.owner: (one.holds, one.charts, one.late) for one in hold_counts(reader, today())}

    assert [row.hold_reason for row in records] == ["operative report missing", "signature missing"]
    assert len(mine) == 2 and [row.owner for row in late] == ["registration"]
    assert counts == {"records": (2, 1, 0), "registration": (1, 1, 1)}


def test_a_held_chart_is_not_given_out_and_clearing_all_holds_brings_it_back(
    demo: Database, coder: Actor, chart: str
) -> None:
    hold(demo, coder, chart, "charge")
    hold(demo, coder, chart, "coverage")
    given = open_next(demo, coder, "Surgery facility")

    assert given is None or given.work_item_id != chart
    assert clear_holds(demo, coder, chart) == 2
    assert item_of(demo, chart).status == WorkStatus.READY


@pytest.mark.sqlite_only
def test_a_site_adds_reasons_and_changes_those_that_ship(demo: Database, coder: Actor, chart: str) -> None:
    (home() / "holds.toml").write_text(
        '[[owner]]\nid = "dental"\nwords = "dental"\n'
        '[[reason]]\nid = "tooth-chart"\nwords = "tooth chart missing"\nowner = "dental"\n'
        '[[reason]]\nid = "charge"\nwords = "charge missing"\nowner = "billing"\n'
    )

    hold(demo, coder, chart, "tooth-chart")

    assert reason_named("tooth chart missing") == hold_reasons()["tooth-chart"]
    assert hold_reasons()["charge"].owner == "billing"
    (home() / "holds.toml").write_text('[[reason]]\nid = "x"\nwords = "x"\nowner = "moon"\n# longer than before')
    with pytest.raises(UnreadableInput, match="holds.toml: x: no owner is called 'moon'"):
        hold_reasons()


MINUTES = st.integers(0, 10_000)


@pytest.mark.sqlite_only
@given(MINUTES, st.lists(st.tuples(MINUTES, MINUTES | st.none()), max_size=6))
def test_the_coder_s_clock_stands_still_in_every_minute_of_a_hold(
    end: int, spans: list[tuple[int, int | None]]
) -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)

    def at(minute: int) -> str:
        return (start + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")

    held = [(a, None if b is None else max(a, b)) for a, b in spans]

    seconds = coder_seconds(at(0), at(end), [(at(a), None if b is None else at(b)) for a, b in held])

    free = sum(not any(a <= m < (end if b is None else b) for a, b in held) for m in range(end))
    assert seconds == free * 60


def test_a_physician_whose_name_is_only_begun_is_asked_for_whole(demo: Database, coder: Actor, chart: str) -> None:
    with demo.change(coder) as change:
        change.session.add(Provider(source="TEST", local_id="P-OKA", family_name="Okafor", given_name="Ifeoma"))

    with pytest.raises(HoldRefused, match="'oka' only begins a name") as told:
        hold(demo, coder, chart, "operative-report", physician="oka", about_on="2026-09-14")

    assert "Okafor?" in told.value.remedy
