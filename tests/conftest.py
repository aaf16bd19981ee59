"""What the tests share: a reference database built once, a folder of its own for each test, and the demo site."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from codesets.catalog import Reference, open_reference
from store.actors import Actor
from store.database import Database, open_database
from store.models import Person
from store.people import actor_for
from store.terms import Role

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def reference_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference database of the shipped code sets, built once for the whole run."""
    path = tmp_path_factory.mktemp("reference") / "reference.sqlite"
    open_reference(path).close()
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for codedesk's files that belongs to this test alone."""
    for name in ("CODEDESK_DATABASE_URL", "CODEDESK_TODAY", "CODEDESK_REFERENCE", "NO_COLOR"):
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


@pytest.fixture
def db(home: Path) -> Iterator[Database]:
    """An empty record."""
    database = open_database()
    yield database
    database.close()


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo site's record, made once; tests work on copies."""
    from store.demo.create import DEMO_DAY, create_site

    path = tmp_path_factory.mktemp("demo") / "workstation.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODEDESK_TODAY", DEMO_DAY)
        patch.setenv("CODEDESK_HOME", str(path.parent))
        database = open_database(f"sqlite:///{path}")
        create_site(database)
        with database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA journal_mode=DELETE")
        database.close()
    return path


@pytest.fixture
def demo_url(home: Path, demo_template: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of the demo site's record, which commands and screens of the test use."""
    from store.demo.create import demo_environment

    settings = demo_environment()
    record = Path(settings["CODEDESK_DATABASE_URL"].removeprefix("sqlite:///"))
    shutil.copy(demo_template, record)
    shutil.copy(demo_template.with_suffix(".log-key"), record.with_suffix(".log-key"))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings["CODEDESK_DATABASE_URL"]


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
    """A second person, who must not get in the first one's way."""
    return _somebody(demo, Role.AUDITOR)


def _somebody(database: Database, role: Role) -> Actor:
    from sqlmodel import select

    with database.reading() as session:
        person = session.exec(select(Person).where(Person.role == role).order_by(Person.login)).first()
        assert person is not None
        return actor_for(person)
