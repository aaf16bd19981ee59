"""PostgreSQL: what its locks, its loss and its grants mean for the record."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from store import doctor, log
from store.actors import SYSTEM, Actor
from store.coding.opening import open_next
from store.database import Database, DatabaseUnusable, open_database
from store.disclosures import record_disclosure
from store.doctor import State
from store.intake import take_in
from store.intake.run import BrokenOff
from store.log.check import check_log
from store.migrations.postgres_roles import BELONGS_TO, SHARED, script
from store.models import Disclosure, Encounter, Facility, LogEntry, Patient, Person, ReleaseRequest
from store.people import add_person
from store.records.deficiencies import RecordsRefused
from store.records.destruction import destroy, plan
from store.records.releases import receive, refuse
from store.terms import Role
from store.worklists import release
from tests.postgres import Server
from tests.store.intake_samples import native, write_lines
from tui.cli import main

pytestmark = pytest.mark.both_databases(always=True)


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
def as_role(db: Database, database_url: str, postgres: Server) -> Iterator[str]:
    """The URL of the record for a role that the script made."""
    name = database_url.rpartition("/")[2]
    postgres.execute(script("codedesk_app"), name)
    postgres.execute(f"ALTER ROLE codedesk_app PASSWORD '{postgres.password}'")
    yield postgres.url(name, "codedesk_app")
    postgres.execute("DROP OWNED BY codedesk_app", name)


def test_the_folder_of_the_key_is_made_with_the_first_entry(db: Database, home: Path) -> None:
    shutil.rmtree(home)

    log.note(db, SYSTEM, "login")

    assert home.stat().st_mode & 0o777 == 0o700 and len(db.log_keys.keys()) == 1


def two_facilities(db: Database) -> None:
    """One chart at each of two facilities."""
    from store.models import Account
    from store.terms import Setting

    with db.change(SYSTEM) as change:
        for place in ("north", "south"):
            facility = Facility(source="s", local_id=place, name=place, npi="", tax_id="", taxonomy="")
            patient = Patient(source="s", mrn=place, family_name=place, given_name="A")
            change.session.add_all([facility, patient])
            change.session.flush()
            account = Account(source="s", account_number=place, patient_id=patient.id)
            change.session.add(account)
            change.session.flush()
            change.session.add(
                Encounter(
                    source="s",
                    visit_number=place,
                    setting=Setting.CLINIC,
                    started_at="2026-09-01",
                    service_date="2026-09-01",
                    patient_id=patient.id,
                    account_id=account.id,
                    facility_id=facility.id,
                )
            )


def seen(url: str) -> tuple[list[str], list[str]]:
    """Visits and patients that a role sees."""
    other = open_database(url)
    with other.reading() as session:
        found = (
            sorted(session.exec(select(Encounter.visit_number))),
            sorted(session.exec(select(Patient.mrn))),
        )
    other.close()
    return found


def test_no_two_coders_get_the_same_chart_and_none_waits_for_another(demo: Database, demo_url: str) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        mine = open_database(demo_url)
        with mine.reading() as session:
            person = session.exec(select(Person).where(Person.role == Role.CODER)).all()[number % 2]
        actor = Actor(person.login, person.role, person.id, person.name)
        start.wait()
        while chart := open_next(mine, actor, "Clinic"):
            taken.append(chart.work_item_id)
        mine.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) > 8
    with demo.reading() as session:
        assert check_log(session.connection(), demo.log_keys.keys()).whole


def test_get_next_passes_over_a_chart_that_somebody_is_just_taking(
    demo: Database, coder: Actor, another_coder: Actor
) -> None:
    first = open_next(demo, coder, "Clinic")
    assert first
    release(demo, coder, first.work_item_id)
    with demo.engine.begin() as other:
        other.execute(text("SELECT 1 FROM work_item WHERE id = :id FOR UPDATE"), {"id": first.work_item_id})

        taken = open_next(demo, another_coder, "Clinic")

    assert taken and taken.work_item_id != first.work_item_id


def test_a_server_that_goes_away_in_the_middle_is_one_line_and_the_next_change_works(
    db: Database, database_url: str, postgres: Server
) -> None:
    name = database_url.rpartition("/")[2]
    kill = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )

    with pytest.raises(DatabaseUnusable) as told, db.change(SYSTEM) as change:
        change.session.add(Person(login="lost", name="Lost", role=Role.CODER))
        change.session.flush()
        postgres.execute(kill)

    assert "what was acknowledged is kept" in told.value.remedy
    add_person(db, SYSTEM, "kept", "Kept", Role.CODER)
    with db.reading() as session:
        assert session.exec(select(Person.login)).all() == ["kept"]


def test_an_intake_that_the_server_breaks_off_says_how_far_it_came_and_goes_on_from_there(
    db: Database, database_url: str, postgres: Server, tmp_path: Path
) -> None:
    file = write_lines(tmp_path / "big.jsonl", *(native(visit_number=f"V{number}") for number in range(200)))
    name = database_url.rpartition("/")[2]

    def stop(_: str, done: int, __: int) -> None:
        if done == 120:
            postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with pytest.raises(BrokenOff) as told:
        take_in(db, SYSTEM, [file], stop)

    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    again = take_in(db, SYSTEM, [file])
    assert "before it broke off: 100 encounters taken in" in told.value.message
    assert "goes on from there and takes nothing in twice" in told.value.remedy
    assert (again.total("encounters_unchanged"), again.total("encounters_new")) == (100, 100)


def test_a_server_that_is_not_there_is_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], postgres: Server
) -> None:
    monkeypatch.setenv("CODEDESK_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:1/none")

    code = main(["users", "list"])

    err = capsys.readouterr().err
    assert (code, err.count("\n")) == (2, 1)
    assert "secret-word" not in err


def test_log_numbers_have_no_gaps_after_a_change_that_failed(db: Database) -> None:
    add_person(db, SYSTEM, "one", "One", Role.CODER)
    with pytest.raises(ZeroDivisionError), db.change(SYSTEM) as change:
        change.log("nothing")
        raise ZeroDivisionError
    add_person(db, SYSTEM, "two", "Two", Role.CODER)

    with db.reading() as session:
        assert session.exec(select(LogEntry.seq).order_by(LogEntry.seq)).all() == [1, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entry SET actor = 'eve'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry",
        "DROP TABLE log_entry",
        "ALTER TABLE log_entry DISABLE TRIGGER ALL",
        "DELETE FROM raw_message",
        "UPDATE disclosure SET recipient = ''",
        "DELETE FROM operation",
    ],
)
def test_the_role_of_the_script_cannot_change_what_must_stay(as_role: str, db: Database, statement: str) -> None:
    add_person(db, SYSTEM, "one", "One", Role.CODER)
    other = open_database(as_role)

    with pytest.raises(DBAPIError, match="permission denied|must be owner"), other.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    other.close()


def test_the_role_of_the_script_can_work(demo: Database, demo_url: str, postgres: Server, coder: Actor) -> None:
    name = demo_url.rpartition("/")[2]
    postgres.execute(script("codedesk_app"), name)
    postgres.execute(f"ALTER ROLE codedesk_app PASSWORD '{postgres.password}'")
    other = open_database(postgres.url(name, "codedesk_app"))

    chart = open_next(other, coder, "Clinic")

    assert chart
    with other.reading() as session:
        assert check_log(session.connection(), other.log_keys.keys()).whole
    other.close()
    postgres.execute("DROP OWNED BY codedesk_app", name)


@pytest.mark.parametrize(
    ("facilities", "places"),
    [("", []), ("north", ["north"]), ("north,south", ["north", "south"]), ("*", ["north", "south"]), ("nor", [])],
)
def test_a_role_sees_the_charts_of_its_facilities_alone(
    as_role: str, db: Database, facilities: str, places: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two_facilities(db)
    monkeypatch.setenv("CODEDESK_FACILITIES", facilities)

    assert seen(as_role) == (places, places)


def test_what_a_role_may_not_do_is_one_line_that_names_the_setting(
    as_role: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_facilities(db)
    with db.reading() as session:
        visit = session.exec(select(Encounter.id)).first()
    monkeypatch.setenv("CODEDESK_FACILITIES", "")
    limited = open_database(as_role)

    with pytest.raises(DatabaseUnusable, match="does not let this account") as refused:
        log.note(limited, SYSTEM, "encounter.view", "encounter", visit)
    limited.close()

    assert "CODEDESK_FACILITIES" in refused.value.remedy


def test_the_role_of_the_script_destroys_requests_and_leaves_disclosures_to_the_owner(
    as_role: str, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEDESK_FACILITIES", "*")
    clerk, admin = Actor("clerk", Role.RECORDS), Actor("root", Role.ADMIN)
    two_facilities(db)
    record_disclosure(db, clerk, "north", "Court", "chart", "subpoena", "2015-09-01")
    refuse(db, clerk, receive(db, clerk, "south", "Lawyer", "all", "claim"), "not signed")
    with db.change(SYSTEM) as change:
        change.session.exec(select(ReleaseRequest)).one().closed_at = "2015-09-01T10:00:00.000Z"
    limited = open_database(as_role)

    gone = destroy(limited, admin, "request", plan(limited, clerk, "request").digest, "yearly by policy")
    with pytest.raises(RecordsRefused, match="this role of the database may not"):
        destroy(limited, admin, "disclosure", plan(limited, clerk, "disclosure").digest, "yearly by policy")
    limited.close()

    assert gone.count == 1
    with db.reading() as session:
        assert session.exec(select(Disclosure)).one() and not session.exec(select(ReleaseRequest)).all()


def test_where_nothing_is_set_nothing_is_seen(as_role: str, db: Database, postgres: Server) -> None:
    import psycopg

    two_facilities(db)

    with psycopg.connect(as_role) as connection:
        rows = connection.execute("SELECT count(*) FROM encounter").fetchone()

    assert rows == (0,)


def test_every_table_is_shared_or_belongs_to_something() -> None:
    assert set(SQLModel.metadata.tables) == set(SHARED) | set(BELONGS_TO) | {"encounter"}


def test_a_role_name_is_not_a_place_for_sql(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["postgres-roles", "x; DROP TABLE log_entry"])

    assert (code, "plain role name" in capsys.readouterr().err) == (2, True)


def test_doctor_tells_the_owner_of_the_tables_from_the_role_of_the_script(
    as_role: str, db: Database, database_url: str
) -> None:
    add_person(db, SYSTEM, "one", "One", Role.ADMIN)

    owner, role = ({f.check: f.state for f in doctor.examine(url)} for url in (database_url, as_role))

    assert (owner["grants"], role["grants"]) == (State.WRONG, State.OK)
    assert owner["durability"] == State.WRONG  # the server of the tests does not sync
    assert (owner["log"], owner["append-only"]) == (State.OK, State.OK)
