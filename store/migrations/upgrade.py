"""Brings a database to the schema that this codedesk knows, in one transaction, or leaves it as it was.

Foreign keys are off while tables are rebuilt (SQLite would otherwise delete children with a rebuilt parent) and
checked as a whole before the commit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text

from codesets.errors import CodedeskError
from store.migrations import HEAD

if TYPE_CHECKING:  # ten MiB that only a schema to be made or changed is worth
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_ONE_AT_A_TIME = 0x0C0DE30D

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the revision of a database."""


class UpgradeFailed(CodedeskError):
    """The schema could not be brought up to date; the database is as it was."""

    title = "upgrade"


def head_revision() -> str:
    """The newest revision that this codedesk knows."""
    return str(_scripts().get_current_head())


def known_revisions() -> set[str]:
    """Every revision that this codedesk can start from."""
    return {script.revision for script in _scripts().walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None for one without any."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").first()
    return str(row[0]) if row else None


def schema_of(engine: Engine, place: str) -> str | None:
    """The schema of a database that is ours; None for an empty one. Raises DatabaseNewer or DatabaseUnusable."""
    from store.database import DatabaseNewer, DatabaseUnusable

    with engine.execution_options(read_only=True).connect() as connection:
        revision = revision_of(connection)
        if revision == HEAD:
            return revision
        if revision is None and inspect(connection).get_table_names():
            raise DatabaseUnusable(f"{place} holds tables of another program", "name another database")
    if revision is not None and revision not in known_revisions():
        raise DatabaseNewer(
            f"{place} has schema {revision}, this codedesk knows up to {HEAD}", "start the newer codedesk"
        )
    return revision


def migrate(engine: Engine, finish: Callable[[Connection], None] = lambda connection: None) -> None:
    """Make or upgrade the schema in one transaction; `finish` is called in it, before the commit.

    Raises UpgradeFailed, or what a step or `finish` raised; the database is then as it was.
    """
    from alembic import command

    migrating = _migration_engine(engine)
    try:
        with migrating.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite" and (
                broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            ):
                raise UpgradeFailed(f"rows of {broken[0]} would lose their parent", "the database is as it was")
            finish(connection)
    finally:
        migrating.dispose()


_PRAGMAS = (
    *("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"),
    # Whole tables are written and sorted: with what a session has, pages go to the disk again and again.
    *("cache_size=-131072", "temp_store=MEMORY", "mmap_size=4294967296"),
)


def _migration_engine(engine: Engine) -> Engine:
    """An engine of its own, with foreign keys off from before BEGIN."""
    from store.database import engine_options

    migrating = create_engine(engine.url, poolclass=NullPool, **engine_options(engine.url.drivername))
    if engine.dialect.name == "sqlite":

        @event.listens_for(migrating, "connect")
        def _connected(connection: Any, _record: object) -> None:
            connection.isolation_level = None
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(migrating, "begin")
        def _begun(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return migrating


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
