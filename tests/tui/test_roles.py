"""What each role can press on each screen: the table of rights, walked through key by key."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import col, select
from textual.pilot import Pilot

from codesets.reference import Reference
from store.access import emergencies, restrict
from store.actors import SYSTEM
from store.claims.build import build_claims
from store.coding.codes import Defaults
from store.coding.entering import enter
from store.coding.entry import AddDiagnosis, PointAll
from store.coding.finishing import finalize
from store.coding.opening import open_chart
from store.database import Database, open_database
from store.models import Encounter, FinalDiagnosis, LogEntry, Patient, Person, WorkItem
from store.os_account import os_login
from store.people import set_active, set_role, sign_in
from store.permissions import on_key
from store.permissions.columns import COVER
from store.pins import has_pin, set_pin
from store.terms import Role
from tests.tui.screens import SIZES, assert_golden, cells, keys, opened, settle, type_text
from tui.actions import Action, actions_on
from tui.app import Workstation
from tui.cli import main
from tui.screens.administration import AdministrationScreen
from tui.screens.chart import ChartScreen
from tui.screens.claim import ClaimScreen
from tui.screens.worklist import WorklistScreen

pytestmark = pytest.mark.usefixtures("at_desk")

STAFF = {
    Role.CODER: "mreyes",
    Role.BILLER: "dcho",
    Role.AUDITOR: "asolberg",
    Role.MANAGER: "kwhite",
    Role.RECORDS: "tnguyen",
    Role.ANALYST: "ssingh",
    Role.ADMIN: "rfox",
}
WAYS = {
    "worklist": (),
    "chart": ("enter",),
    "claims": ("f4",),
    "codes": ("f2",),
    "index": ("f2", "escape", "i"),
    "tabular": ("f2", "escape", "t"),
    "pcs": ("f2", "escape", "p"),
    "changes": ("f2", "escape", "c"),
    "administration": ("f9",),
    "help": ("question_mark",),
}
WHY = "patient unconscious in the ED"


@pytest.fixture
def sit(monkeypatch: pytest.MonkeyPatch) -> Callable[[Role], str]:
    def at(role: Role) -> str:
        monkeypatch.setattr("store.os_account.os_login", lambda: STAFF[role])
        return STAFF[role]

    return at


def refused(login: str) -> list[str]:
    database = open_database()
    with database.reading() as session:
        found = session.exec(select(LogEntry).where(LogEntry.actor == login, LogEntry.action == "refused"))
        asked = [entry.detail["asked"] for entry in found]
    database.close()
    return asked


async def pressed(app: Workstation, pilot: Pilot, action: Action) -> str:
    """Carry the action out as its key or its name after the colon would, and read the screen."""
    app.screen.perform(action)
    await settle(pilot)
    return cells(app)


@pytest.mark.thorough
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", WAYS)
async def test_what_is_not_for_a_role_says_for_whom_it_is_changes_nothing_and_is_logged(
    role: Role, screen: str, sit: Callable[[Role], str]
) -> None:
    login = sit(role)
    async with opened() as (app, pilot):
        await keys(pilot, *WAYS[screen])
        if app.screen.name_on != screen:
            assert screen in ("claims", "administration", "changes"), app.screen.name_on
            return
        front, barred = app.screen, [one for one in actions_on(screen) if on_key(role, one.id, one.group)]

        for action in barred:
            shown = await pressed(app, pilot, action)
            assert app.screen is front, action.id
            assert f"{action.label}: {on_key(role, action.id, action.group)}." in shown, action.id

    assert set(refused(login)) >= {action.id for action in barred}


@pytest.mark.parametrize(
    ("role", "key", "said"),
    [
        (Role.AUDITOR, "h", "hold: not for auditors. Ask coders, managers or medical records."),
        (Role.ANALYST, "f6", "audits: not for analysts. Ask coders, auditors or managers."),
        (Role.ANALYST, "y", "copy: not for analysts. Ask an administrator."),
    ],
    ids=["hold", "audits", "no room"],
)
async def test_a_key_that_most_may_use_says_whom_to_ask_as_the_line_has_room(
    role: Role, key: str, said: str, sit: Callable[[Role], str]
) -> None:
    sit(role)
    async with opened() as (app, pilot):
        if app.screen.name_on != "worklist":
            await keys(pilot, "f3")

        await keys(pilot, key)

        assert said in cells(app)


@pytest.mark.parametrize("role", Role)
async def test_the_desks_that_are_not_for_a_role_stay_closed(role: Role, sit: Callable[[Role], str]) -> None:
    sit(role)
    async with opened() as (app, pilot):
        await keys(pilot, "f4")
        claims = app.screen.name_on == "claims"
        await keys(pilot, "f9")

        assert claims == (role is not Role.RECORDS)
        assert (app.screen.name_on == "administration") == (role in (Role.MANAGER, Role.ADMIN))


async def test_a_key_that_is_for_others_is_told_with_its_reason_in_the_help_alone(sit: Callable[[Role], str]) -> None:
    sit(Role.BILLER)
    async with opened() as (app, pilot):
        key_line = cells(app).splitlines()[-1]
        await keys(pilot, "question_mark")

        assert "n next" not in key_line and "Enter open" in key_line
        assert "Not now: for coders and" in cells(app)


async def test_who_codes_no_charts_but_gives_them_out_is_told_so_first(sit: Callable[[Role], str]) -> None:
    sit(Role.MANAGER)
    async with opened() as (app, _):
        assert cells(app).splitlines()[-1].startswith(" Enter open  a assign  A balance")


async def test_an_analyst_sees_a_list_and_a_chart_without_a_name(sit: Callable[[Role], str]) -> None:
    sit(Role.ANALYST)
    async with opened() as (app, pilot):
        listed = cells(app)
        await keys(pilot, "enter")
        chart = cells(app)
        await keys(pilot, "i")
        facts = cells(app)

    assert COVER in listed
    for shown in (listed, chart, facts):
        assert not [name for name in ("Zwick", "P20037", "gravel", "Osei") if name in shown]


async def test_a_biller_reads_a_chart_without_its_notes_and_without_taking_it(sit: Callable[[Role], str]) -> None:
    sit(Role.BILLER)
    async with opened() as (app, pilot):
        await keys(pilot, "enter")

        assert isinstance(app.screen, ChartScreen)
        assert "Zwick, Delbert" in cells(app) and "gravel" not in cells(app)
        assert "@ to read" in cells(app)
        await keys(pilot, "q")
        assert "open by" not in cells(app)


@pytest.fixture
def restricted(demo: Database) -> Database:
    """The first chart of the first list is restricted."""
    restrict(demo, sign_in(demo, "kwhite"), "P20037", "works in this clinic")
    return demo


def build_claim_of(db: Database, reference: Reference, mrn: str) -> None:
    """Final code the first chart of a patient with one diagnosis, and build its claim."""
    with db.reading() as session:
        query = select(WorkItem.id, Encounter.service_date).join(Encounter, Encounter.id == WorkItem.encounter_id)
        item_id, day = session.exec(query.join(Patient).where(Patient.mrn == mrn)).first() or ("", "")
    chart = open_chart(db, SYSTEM, item_id)
    for entry in (AddDiagnosis("E11.9"), PointAll()):
        enter(db, SYSTEM, chart.coding_id, entry, Defaults(day, dotted=lambda code: code))
    finalize(db, reference, SYSTEM, chart.coding_id)
    build_claims(db, SYSTEM, chart.coding_id)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_restricted_chart_asks_for_a_reason_and_opens_for_one(
    restricted: Database, size: tuple[int, int]
) -> None:
    at = f"{size[0]}x{size[1]}"
    async with opened(size) as (app, pilot):
        assert "Zwick" not in cells(app)
        await keys(pilot, "enter")
        assert_golden(app, f"restricted-{at}")
        await keys(pilot, "enter")
        assert "Nothing was opened" in cells(app)

        await keys(pilot, "enter")
        await type_text(pilot, WHY)
        await keys(pilot, "enter")

        assert isinstance(app.screen, ChartScreen)
        assert "will be reviewed" in cells(app)
    assert [one.reason for one in emergencies(restricted, sign_in(restricted, "kwhite"))] == [WHY]


async def test_the_claim_of_a_restricted_patient_opens_by_the_glass_alone(
    restricted: Database, reference: Reference, sit: Callable[[Role], str], capsys: pytest.CaptureFixture[str]
) -> None:
    build_claim_of(restricted, reference, "P20037")
    sit(Role.BILLER)
    async with opened() as (app, pilot):
        await keys(pilot, "f4", "enter")
        closed = cells(app)
        await type_text(pilot, WHY)
        await keys(pilot, "enter")

        assert "Restricted. In an emergency, say why:" in closed and "Zwick" not in closed
        assert isinstance(app.screen, ClaimScreen)
    assert main(["claims", "show", "2026-000001"]) == 0
    sit(Role.MANAGER)
    capsys.readouterr()
    assert main(["claims", "show", "2026-000001"]) == 1
    assert "only people who were admitted may open it" in capsys.readouterr().err


def refused_commands(db: Database, folder: Path) -> list[list[str]]:
    """Commands of a restricted chart: its visit and its record number."""
    with db.reading() as session:
        query = select(Encounter.visit_number, Patient.mrn).join(Patient).where(col(Patient.restricted).is_not(None))
        visit, mrn = session.exec(query).first() or ("", "")
    receiver = ["--to", "Court", "--purpose", "an order", "-o", str(folder / "visit.jsonl")]
    return [
        ["chart", visit],
        ["chart", visit, "--enter", "i10"],
        ["encounters", "show", visit],
        ["hcc", mrn],
        ["encounters", "export", visit, *receiver],
        ["disclosures", "report", mrn],
    ]


@pytest.mark.parametrize("number", range(6), ids=lambda n: ("chart", "enter", "show", "hcc", "export", "report")[n])
def test_what_the_refusal_of_a_command_names_opens_the_chart_to_every_command(
    restricted: Database,
    sit: Callable[[Role], str],
    number: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sit(Role.ADMIN)
    commands = refused_commands(restricted, tmp_path)
    main(commands[number])
    refusal = capsys.readouterr().err

    named = shlex.split(refusal.rpartition("(in an emergency: codedesk ")[2].rstrip().rstrip(")"))
    opened_by = main([*named, "--why", WHY])

    said = capsys.readouterr()
    assert (opened_by, "open to you until" in said.out) == (0, True)
    outcomes = [main(command) for command in commands]
    assert "only people who were admitted" not in capsys.readouterr().err
    assert 2 not in outcomes
    assert [one.reason for one in emergencies(restricted, sign_in(restricted, "kwhite"))] == [WHY]


@pytest.mark.parametrize(
    ("why", "told"),
    [([], "--why TEXT"), (["--why", "need"], "at least 8 characters"), (["--why", WHY], "asked for on a terminal")],
)
def test_an_emergency_on_the_command_line_opens_nothing_without_reason_and_pin(
    restricted: Database, why: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_pin(restricted, sign_in(restricted, "mreyes"), "2718")
    showing = refused_commands(restricted, tmp_path)[2]

    code = main(["patients", "emergency", showing[2], *why])

    assert code == 2 and told in capsys.readouterr().err
    assert main(showing) == 1


def test_an_emergency_asks_for_the_reason_and_the_pin_on_a_terminal(
    restricted: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_pin(restricted, sign_in(restricted, "mreyes"), "2718")
    showing = refused_commands(restricted, tmp_path)[2]
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: WHY)
    codes = []

    for pin in ("0000", "2718"):
        monkeypatch.setattr("getpass.getpass", lambda _, pin=pin: pin)
        codes += [main(["patients", "emergency", showing[2]]), main(showing)]

    assert codes == [1, 1, 0, 0]


def test_who_may_break_no_glass_is_not_told_to(
    restricted: Database, sit: Callable[[Role], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sit(Role.ANALYST)

    main(refused_commands(restricted, tmp_path)[4])

    err = capsys.readouterr().err
    assert "patients grant" in err and "emergency" not in err


def test_no_emergency_is_noted_for_charts_that_are_open(
    restricted: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with restricted.reading() as session:
        mrn = session.exec(select(Patient.mrn).where(col(Patient.restricted).is_(None))).first() or ""

    code = main(["patients", "emergency", mrn, "--why", WHY])

    assert (code, "no emergency was needed" in capsys.readouterr().out) == (0, True)
    assert emergencies(restricted, sign_in(restricted, "kwhite")) == []


async def test_the_glass_asks_for_the_pin_of_who_has_one(restricted: Database) -> None:
    set_pin(restricted, sign_in(restricted, "mreyes"), "2718")
    async with opened() as (app, pilot):
        await keys(pilot, "enter")
        await type_text(pilot, "need")
        await keys(pilot, "enter")
        assert "say why, in some words" in cells(app) and "your PIN" not in cells(app)
        for pin, screen in (("0000", WorklistScreen), ("2718", ChartScreen)):
            await keys(pilot, "enter")
            await type_text(pilot, WHY)
            await keys(pilot, "enter")
            await type_text(pilot, pin)
            assert pin not in cells(app)
            await keys(pilot, "enter")
            assert isinstance(app.screen, screen)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_manager_reviews_an_emergency(
    restricted: Database, sit: Callable[[Role], str], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"{size[0]}x{size[1]}"
    monkeypatch.setattr("store.models.columns.now", lambda: "2026-10-08T10:42:00.000Z")
    async with opened(size) as (app, pilot):
        await keys(pilot, "enter")
        await type_text(pilot, WHY)
        await keys(pilot, "enter")
    sit(Role.MANAGER)
    async with opened(size) as (app, pilot):
        await keys(pilot, "f9", "v")
        shown = cells(app)
        assert "Marisol Reyes" in shown and "P20037" in shown and WHY in shown
        await keys(pilot, "enter")
        await type_text(pilot, "justified by the visit")
        await keys(pilot, "enter")
        assert "Reviewed: Marisol Reyes" in cells(app)
        assert "No emergency waits" in cells(app)
        await keys(pilot, "a")
        assert "add: for administrators; you are a manager" in cells(app)
    assert emergencies(restricted, sign_in(restricted, "kwhite")) == [], at


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_an_administrator_adds_a_person_changes_the_role_and_closes_the_access(
    sit: Callable[[Role], str], demo: Database, size: tuple[int, int]
) -> None:
    sit(Role.ADMIN)
    async with opened(size) as (app, pilot):
        await keys(pilot, "f9")
        assert isinstance(app.screen, AdministrationScreen)
        await keys(pilot, "a")
        await type_text(pilot, "ngozi")
        await keys(pilot, "enter")
        await type_text(pilot, "ngozi okafor")
        await keys(pilot, "enter")
        await type_text(pilot, "coder")
        await keys(pilot, "enter")
        assert "Added ngozi as coder" in cells(app)
        app.screen.rows.move_to(next(n for n, row in enumerate(app.screen.rows._source.rows) if row.login == "ngozi"))
        await keys(pilot, "r")
        await type_text(pilot, "biller")
        await keys(pilot, "enter", "d", "y")
        assert "may not come in any more" in cells(app)
    with demo.reading() as session:
        person = session.exec(select(Person).where(Person.login == "ngozi")).one()
    assert (person.role, person.active) == (Role.BILLER, False)


async def test_the_first_person_of_a_site_is_made_administrator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: object
) -> None:
    monkeypatch.setenv("CODEDESK_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")
    monkeypatch.setattr("store.os_account.os_login", os_login)
    async with opened() as (app, pilot):
        await keys(pilot, "f9")
        assert "a adds the first person, an administrator" in " ".join(cells(app).split())
        await keys(pilot, "a")
        await type_text(pilot, os_login())
        await keys(pilot, "enter", "enter")
        assert app.screen.choices.count == 1
        await keys(pilot, "enter")
        assert f"Added {os_login()} as admin" in cells(app)
        await keys(pilot, "v", "v")
        assert "No emergency yet. v shows the people." in cells(app)


async def test_the_last_administrator_keeps_the_role(sit: Callable[[Role], str], demo: Database) -> None:
    sit(Role.ADMIN)
    with demo.change(sign_in(demo, "rfox")) as change:
        for other in change.session.exec(select(Person).where(Person.role == Role.ADMIN, Person.login != "rfox")):
            other.active = False
    async with opened() as (app, pilot):
        await keys(pilot, "f9")
        app.screen.rows.move_to(next(n for n, row in enumerate(app.screen.rows._source.rows) if row.login == "rfox"))
        await keys(pilot, "r")
        await type_text(pilot, "coder")
        await keys(pilot, "enter")

        assert "rfox is the last administrator" in cells(app)


async def test_a_pin_is_taken_away_by_an_administrator(sit: Callable[[Role], str], demo: Database) -> None:
    coder = sign_in(demo, "mreyes")
    set_pin(demo, coder, "2718")
    sit(Role.ADMIN)
    async with opened() as (app, pilot):
        await keys(pilot, "f9")
        app.screen.rows.move_to(next(n for n, row in enumerate(app.screen.rows._source.rows) if row.login == "mreyes"))
        await keys(pilot, "p", "y")

    assert not has_pin(demo, coder)


async def test_a_person_who_was_disabled_codes_nothing_more_and_is_sent_away() -> None:
    async with opened() as (app, pilot):
        await keys(pilot, "n", "plus")
        await type_text(pilot, "e11.9")
        set_active(open_database(), SYSTEM, app.record.known_actor.login, active=False)  # type: ignore[union-attr]

        await pilot.press("enter")
        await pilot.pause(0.5)

    assert app.signed_out is not None
    assert "was disabled: this session has ended" in app.signed_out.message
    with open_database().reading() as session:
        assert session.exec(select(FinalDiagnosis)).all() == []
        refused = session.exec(select(LogEntry).where(LogEntry.action == "refused")).one()
    assert refused.detail["asked"] == "session"


async def test_a_session_does_not_keep_the_role_that_its_person_had() -> None:
    async with opened() as (app, pilot):
        set_role(open_database(), SYSTEM, app.record.known_actor.login, Role.ANALYST)  # type: ignore[union-attr]

        app.watch_record()
        await pilot.pause(0.5)

    assert app.signed_out is not None
    assert "has another role now, analyst" in app.signed_out.message
