"""Restricted charts, the glass that may be broken, its review, and the PIN that is asked before."""

from __future__ import annotations

import pytest
from sqlmodel import select

from store import access, worklists
from store.access import (
    ChartRestricted,
    admit,
    break_glass,
    emergencies,
    find_restricted,
    restrict,
    review,
    unrestrict,
)
from store.actors import SYSTEM, Actor, NotAllowed
from store.coding.opening import look_at_chart, open_chart, open_next
from store.database import Database, operation_id
from store.models import ChartAccess, Encounter, LogEntry, Patient, Person, WorkItem
from store.people import actor_for, take_pin_away
from store.pins import UnfitPin, WrongPin, has_pin, require_pin, set_pin
from store.queries import SessionReader
from store.queries.people import MOST_PIN_FAILURES
from store.queries.worklists import Listing, worklist_page
from store.reasons import ReasonNeeded
from store.record_numbers import NoSuchPatient
from store.terms import RESTRICTED, Role

pytestmark = pytest.mark.both_databases

LEFT = "left the clinic in May"
WHY = "patient unconscious in ED, allergies needed"


def of_role(db: Database, role: Role) -> Actor:
    with db.reading() as session:
        return actor_for(session.exec(select(Person).where(Person.role == role)).first())


@pytest.fixture
def manager(demo: Database) -> Actor:
    return of_role(demo, Role.MANAGER)


@pytest.fixture
def chart(demo: Database) -> tuple[str, str, str]:
    """The first chart of a worklist: its work item, record number and the patient's name."""
    with demo.reading() as session:
        row = worklist_page(SessionReader(session), Listing("Clinic"))[0]
    return row.id, row.mrn, row.patient


@pytest.fixture
def restricted(demo: Database, manager: Actor, chart: tuple[str, str, str]) -> str:
    restrict(demo, manager, chart[1], "works in this clinic")
    return chart[0]


def logged(db: Database, action: str) -> list[LogEntry]:
    with db.reading() as session:
        return list(session.exec(select(LogEntry).where(LogEntry.action == action).order_by(LogEntry.seq)))


def test_a_restricted_chart_opens_for_nobody_who_was_not_admitted(
    demo: Database, coder: Actor, restricted: str
) -> None:
    for opening in (open_chart, look_at_chart):
        with pytest.raises(ChartRestricted):
            opening(demo, coder, restricted)

    assert [entry.target_id for entry in logged(demo, "refused")] == [restricted] * 2


def test_lists_show_no_name_and_no_number_and_find_neither(
    demo: Database, restricted: str, chart: tuple[str, str, str]
) -> None:
    with demo.reading() as session:
        reader = SessionReader(session)
        row = next(row for row in worklist_page(reader, Listing("Clinic")) if row.id == restricted)
        found = [worklist_page(reader, Listing("Clinic", text=text)) for text in (chart[1], chart[2].split(",")[0])]

    assert (row.patient, row.mrn, row.mark(None)) == (RESTRICTED, "", "#")
    assert [row for rows in found for row in rows if row.id == restricted] == []


def test_get_next_never_gives_a_restricted_chart_out(demo: Database, coder: Actor, restricted: str) -> None:
    with demo.reading() as session:
        count = len(worklist_page(SessionReader(session), Listing("Clinic")))

    taken = [opened.work_item_id for _ in range(count) if (opened := open_next(demo, coder, "Clinic"))]

    assert len(taken) == count - 1
    assert restricted not in taken


def test_who_was_admitted_opens_it_until_that_ends(
    demo: Database, coder: Actor, manager: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    admit(demo, manager, chart[1], coder.login, True)
    opened = open_chart(demo, coder, restricted)
    worklists.release(demo, coder, restricted)
    admit(demo, manager, chart[1], coder.login, False)

    with pytest.raises(ChartRestricted):
        open_chart(demo, coder, restricted)
    assert opened.work_item_id == restricted


def test_breaking_the_glass_needs_a_reason_in_words(demo: Database, coder: Actor, restricted: str) -> None:
    for reason in ("", "   ", "need"):
        with pytest.raises(ReasonNeeded):
            break_glass(demo, coder, restricted, reason)

    with pytest.raises(ChartRestricted):
        open_chart(demo, coder, restricted)


def test_a_number_of_two_patients_opens_neither(demo: Database, coder: Actor, restricted: str) -> None:
    with demo.change(SYSTEM) as change:
        visit = change.session.get_one(Encounter, change.session.get_one(WorkItem, restricted).encounter_id)
        other = change.session.exec(select(Patient).where(Patient.id != visit.patient_id)).first()
        other.mrn = visit.visit_number
        number = visit.visit_number

    with pytest.raises(NoSuchPatient, match="a number of 2 patients"):
        find_restricted(demo, coder, number)


def test_a_broken_glass_opens_the_chart_for_an_hour_and_no_longer(
    demo: Database, coder: Actor, restricted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = break_glass(demo, coder, restricted, WHY)
    assert open_chart(demo, coder, restricted).work_item_id == restricted
    worklists.release(demo, coder, restricted)
    monkeypatch.setattr(access, "now", lambda: until)

    with pytest.raises(ChartRestricted):
        open_chart(demo, coder, restricted)


def test_the_glass_of_one_person_is_not_another_s(
    demo: Database, coder: Actor, another_coder: Actor, restricted: str
) -> None:
    break_glass(demo, coder, restricted, WHY)

    with pytest.raises(ChartRestricted):
        open_chart(demo, another_coder, restricted)


def test_an_analyst_breaks_no_glass(demo: Database, restricted: str) -> None:
    with pytest.raises(NotAllowed):
        break_glass(demo, of_role(demo, Role.ANALYST), restricted, WHY)


def test_an_emergency_waits_for_a_review_that_is_not_one_s_own(
    demo: Database, manager: Actor, coder: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    break_glass(demo, coder, restricted, WHY)
    break_glass(demo, manager, restricted, "asked by the ED, coder away")
    first, own = emergencies(demo, manager)

    review(demo, manager, first.id, "justified: ED visit the same hour")
    with pytest.raises(ChartRestricted, match="their own"):
        review(demo, manager, own.id, "justified, of course")

    assert (first.login, first.mrn, first.reason) == (coder.login, chart[1], WHY)
    assert [one.id for one in emergencies(demo, manager)] == [own.id]
    done = next(one for one in emergencies(demo, manager, reviewed=True) if one.id == first.id)
    assert (done.verdict, done.reviewed_by) == ("justified: ED visit the same hour", manager.name)
    assert logged(demo, "glass.break")[0].detail["reason"] == WHY


def test_the_same_operation_again_breaks_one_glass(demo: Database, coder: Actor, restricted: str) -> None:
    once = operation_id()

    untils = {break_glass(demo, coder, restricted, WHY, operation_id=once) for _ in range(3)}

    with demo.reading() as session:
        assert len(session.exec(select(ChartAccess)).all()) == len(untils) == 1


def test_a_lifted_restriction_gives_the_name_back(
    demo: Database, manager: Actor, coder: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    admit(demo, SYSTEM, chart[1], manager.login, True)

    unrestrict(demo, manager, chart[1], LEFT)

    assert open_chart(demo, coder, restricted)
    with demo.reading() as session:
        assert session.get_one(WorkItem, restricted).patient_name == chart[2]


def test_a_restriction_is_lifted_by_who_was_admitted_alone_and_a_broken_glass_admits_nobody(
    demo: Database, manager: Actor, clerk: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    break_glass(demo, manager, restricted, WHY)

    for actor in (clerk, manager):
        with pytest.raises(ChartRestricted):
            unrestrict(demo, actor, chart[1], LEFT)

    with demo.reading() as session:
        assert session.get_one(WorkItem, restricted).patient_name == RESTRICTED
    assert [entry.actor for entry in logged(demo, "refused")] == [clerk.login, manager.login]


def test_lifting_a_restriction_needs_a_reason_and_waits_for_a_review(
    demo: Database, manager: Actor, clerk: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    admit(demo, manager, chart[1], clerk.login, True)
    with pytest.raises(ReasonNeeded):
        unrestrict(demo, clerk, chart[1], "")

    unrestrict(demo, clerk, chart[1], LEFT)

    (waiting,) = emergencies(demo, manager)
    assert (waiting.login, waiting.mrn, waiting.reason) == (clerk.login, chart[1], f"lifted the restriction: {LEFT}")
    assert logged(demo, "patient.unrestrict")[0].detail["reason"] == LEFT


def test_who_was_admitted_is_so_still_when_charts_are_restricted_again(
    demo: Database, manager: Actor, coder: Actor, clerk: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    for login in (coder.login, clerk.login):
        admit(demo, manager, chart[1], login, True)

    unrestrict(demo, clerk, chart[1], LEFT)
    restrict(demo, clerk, chart[1], "works in this clinic")

    assert open_chart(demo, coder, restricted)


def test_nobody_admits_themselves(demo: Database, manager: Actor, restricted: str, chart: tuple[str, str, str]) -> None:
    with pytest.raises(NotAllowed, match="themselves"):
        admit(demo, manager, chart[1], manager.login, True)

    with pytest.raises(ChartRestricted):
        look_at_chart(demo, manager, restricted)
    assert logged(demo, "refused")[0].detail["asked"] == "patient.grant"


def test_a_restriction_survives_a_merge(
    demo: Database, clerk: Actor, manager: Actor, restricted: str, chart: tuple[str, str, str]
) -> None:
    from store.merges import merge_patients

    with demo.reading() as session:
        visit = session.get_one(Encounter, session.get_one(WorkItem, restricted).encounter_id)
        other = session.exec(select(Patient).where(Patient.id != visit.patient_id)).first()
    admit(demo, manager, chart[1], clerk.login, True)

    merge_patients(demo, clerk, visit.patient_id, other.id, reason="they are one by their papers")

    with demo.reading() as session:
        assert session.get_one(WorkItem, restricted).patient_name == RESTRICTED
        assert session.get_one(Patient, other.id).restricted


def test_a_pin_is_kept_as_a_hash_alone(demo: Database, coder: Actor) -> None:
    set_pin(demo, coder, "271828")

    with demo.reading() as session:
        kept = session.get_one(Person, coder.person_id).pin
    assert kept.startswith("scrypt$")
    assert "271828" not in kept + str([entry.detail for entry in logged(demo, "people.pin")])


@pytest.mark.parametrize("pin", ["123", "abcdef", "1" * 13, "12 34"])
def test_a_pin_is_four_to_twelve_digits(demo: Database, coder: Actor, pin: str) -> None:
    with pytest.raises(UnfitPin):
        set_pin(demo, coder, pin)


def test_a_pin_is_changed_only_by_who_knows_it(demo: Database, coder: Actor) -> None:
    set_pin(demo, coder, "271828")

    with pytest.raises(WrongPin):
        set_pin(demo, coder, "314159", "000000")
    set_pin(demo, coder, "314159", "271828")

    require_pin(demo, coder, "314159")


def test_five_wrong_pins_block_it_until_an_administrator_takes_it_away(demo: Database, coder: Actor) -> None:
    set_pin(demo, coder, "271828")
    for _ in range(MOST_PIN_FAILURES):
        with pytest.raises(WrongPin):
            require_pin(demo, coder, "000000")

    with pytest.raises(WrongPin, match="too often"):
        require_pin(demo, coder, "271828")
    take_pin_away(demo, of_role(demo, Role.ADMIN), coder.login)

    require_pin(demo, coder, "")
    assert not has_pin(demo, coder)
    assert len([entry for entry in logged(demo, "refused") if entry.detail["asked"] == "pin"]) == MOST_PIN_FAILURES + 1


def test_a_right_pin_forgets_wrong_ones(demo: Database, coder: Actor) -> None:
    set_pin(demo, coder, "271828")
    for _ in range(MOST_PIN_FAILURES - 1):
        with pytest.raises(WrongPin):
            require_pin(demo, coder, "000000")
    require_pin(demo, coder, "271828")

    with demo.reading() as session:
        assert session.get_one(Person, coder.person_id).pin_failures == 0


def test_a_person_with_a_pin_breaks_the_glass_only_with_it(demo: Database, coder: Actor, restricted: str) -> None:
    set_pin(demo, coder, "271828")

    with pytest.raises(WrongPin):
        break_glass(demo, coder, restricted, WHY)

    assert break_glass(demo, coder, restricted, WHY, "271828")
