"""What the tests share: a reference database built once, a folder of its own for each test, and the demo site."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from codesets.catalog import Reference, open_reference
from codesets.home import ensure_home
from store.actors import Actor
from store.database import Database, open_database
from store.models import Person
from store.people import actor_for
from store.terms import Role
from tests.engines import compiled_once, migrated_once, step_by_step
from tests.once import made_once
from tests.postgres import NoServer, Server, start_server

# Property tests try the same examples in each run, so that one that fails tells of what was changed;
# `--hypothesis-profile=search` looks for others.
settings.register_profile("search", print_blob=True)
settings.register_profile("same", derandomize=True, print_blob=True)
settings.load_profile("same")

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def reference_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference database of the shipped code sets, built once for the whole run."""
    folder = made_once(tmp_path_factory, "reference", lambda here: open_reference(here / "reference.sqlite").close())
    return folder / "reference.sqlite"


@pytest.fixture(scope="session", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with compiled_once(), migrated_once(lambda: _empty_record(tmp_path_factory)):
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for codedesk's files that belongs to this test alone."""
    for name in ("CODEDESK_DATABASE_URL", "CODEDESK_TODAY", "CODEDESK_FIRST_DESK", "CODEDESK_REFERENCE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    monkeypatch.setenv("CODEDESK_HOME", str(folder))
    return folder


@pytest.fixture
def reference(reference_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reference]:
    """The reference database, open; commands and screens of the test use it too."""
    monkeypatch.setenv("CODEDESK_REFERENCE", str(reference_file))
    with open_reference(reference_file) as opened:
        yield opened


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="run the fault tests at their full length")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `both_databases` run on SQLite and on PostgreSQL; there they are thorough but for a few modules."""
    both = metafunc.definition.get_closest_marker("both_databases")
    sqlite_only = metafunc.definition.get_closest_marker("sqlite_only")
    if both and not sqlite_only and "database_kind" in metafunc.fixturenames:
        marks = () if both.kwargs.get("always") else (pytest.mark.thorough,)
        metafunc.parametrize("database_kind", ["sqlite", pytest.param("postgres", marks=marks)], indirect=True)


COLLECTED = (100_000, 20, 100)
"""Thresholds of the garbage collector for a process of tests, whose heap is many times that of a session."""

LONGEST_FIRST = ("journeys", "faults", "tui", "codesets", "store")
"""The folders of tests by how long a file of theirs takes, so that at the end no process works on alone."""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(*COLLECTED)
    if config.pluginmanager.hasplugin("xdist"):
        config.option.loadscopereorder = False  # else files with many tests come first, however short


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; within a folder they stay in order."""

    def folder(item: pytest.Item) -> int:
        name = Path(item.path).relative_to(Path(__file__).parent).parts[0]
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=folder)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database a test works on: `sqlite`, or `postgres` for the second run of those marked so."""
    return getattr(request, "param", "sqlite")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the whole run; tests that ask for it are skipped where there is none."""
    try:
        server = start_server()
    except NoServer as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record without a row, made once; tests work on copies."""
    return _empty_record(tmp_path_factory)


@pytest.fixture(scope="session")
def empty_postgres(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same on PostgreSQL, as a template."""
    name = postgres.new_database()
    _make_record(postgres.url(name), tmp_path_factory.mktemp("empty-postgres"))
    return name


@pytest.fixture(scope="session")
def demo_postgres(postgres: Server, empty_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The demo site on PostgreSQL, as a template, and the folder with the key of its log."""
    name, folder = postgres.new_database(empty_postgres), tmp_path_factory.mktemp("demo-postgres")
    _make_record(postgres.url(name), folder, demo=True)
    return name, folder


@pytest.fixture
def database_url(
    home: Path, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty record of this test's own, which commands of the test use too."""
    ensure_home()
    if database_kind == "sqlite":
        shutil.copy(request.getfixturevalue("empty_record"), home / "workstation.sqlite")
        yield f"sqlite:///{home / 'workstation.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    name = server.new_database(request.getfixturevalue("empty_postgres"))
    monkeypatch.setenv("CODEDESK_DATABASE_URL", server.url(name))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty record."""
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo site's record, made once, on its own day; tests work on copies."""
    folder = made_once(tmp_path_factory, "demo", lambda here: _record_in(here / "demo", here, demo=True))
    return folder / "demo" / "workstation.sqlite"


@pytest.fixture
def demo_url(
    home: Path, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A copy of the demo site's record, which commands and screens of the test use."""
    from store.demo.create import demo_environment

    settings = demo_environment()
    if database_kind == "sqlite":
        template = request.getfixturevalue("demo_template")
        record = Path(settings["CODEDESK_DATABASE_URL"].removeprefix("sqlite:///"))
        shutil.copy(template, record)
        shutil.copy(template.with_suffix(".log-key"), record.with_suffix(".log-key"))
        name = None
    else:
        server = request.getfixturevalue("postgres")
        template, folder = request.getfixturevalue("demo_postgres")
        name = server.new_database(template)
        settings["CODEDESK_DATABASE_URL"] = server.url(name)
        shutil.copy(folder / "workstation.log-key", home)
    for key, value in settings.items():
        monkeypatch.setenv(key, value)
    yield settings["CODEDESK_DATABASE_URL"]
    if name:
        server.drop(name)


@pytest.fixture
def demo(demo_url: str, reference: Reference) -> Iterator[Database]:
    """The demo site, open."""
    database = open_database(demo_url)
    yield database
    database.close()


@pytest.fixture
def coder(demo: Database) -> Actor:
    """A coder of the demo site."""
    return _somebody(demo, Role.CODER)


@pytest.fixture
def another_coder(demo: Database) -> Actor:
    """A second coder, who must not get in the first one's way."""
    return _somebody(demo, Role.CODER, 1)


@pytest.fixture
def biller(demo: Database) -> Actor:
    """Somebody who works on claims."""
    return _somebody(demo, Role.BILLER)


@pytest.fixture
def clerk(demo: Database) -> Actor:
    """Somebody of medical records."""
    return _somebody(demo, Role.RECORDS)


def _empty_record(factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        with step_by_step():
            _record_in(folder)

    return made_once(factory, "empty", make) / "workstation.sqlite"


def _record_in(folder: Path, home: Path | None = None, demo: bool = False) -> None:
    folder.mkdir(exist_ok=True)
    _make_record(f"sqlite:///{folder / 'workstation.sqlite'}", home or folder, demo)


def _make_record(url: str, folder: Path, demo: bool = False) -> None:
    """Make a record at `url`, with the demo site in it if asked for, and let go of it."""
    from store.demo.create import DEMO_DAY, create_site

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODEDESK_TODAY", DEMO_DAY)
        patch.setenv("CODEDESK_HOME", str(folder))
        patch.setenv("CODEDESK_DATABASE_URL", url)
        database = open_database(url)
        if demo:
            create_site(database)
        if not database.on_postgres:
            with database.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA journal_mode=DELETE")
        database.close()


def _somebody(database: Database, role: Role, number: int = 0) -> Actor:
    from sqlmodel import select

    with database.reading() as session:
        people = session.exec(select(Person).where(Person.role == role).order_by(Person.login)).all()
        return actor_for(people[number])
