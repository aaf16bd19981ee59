"""Brings a database to the schema that this codedesk knows, in one transaction, or leaves it as it was.

Foreign keys are off while tables are rebuilt (SQLite would otherwise delete children with a rebuilt parent) and
checked as a whole before the commit.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect

from codesets.errors import CodedeskError


class UpgradeFailed(CodedeskError):
    """The schema could not be brought up to date; the database is as it was."""

    title = "upgrade"


def head_revision() -> str:
    """The newest revision that this codedesk knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def bring_up_to_date(engine: Engine, place: str) -> None:
    """Make or upgrade the schema. Raises DatabaseNewer, DatabaseUnusable or UpgradeFailed."""
    from store.database import DatabaseNewer, DatabaseUnusable

    with engine.execution_options(read_only=True).connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        foreign = revision is None and inspect(connection).get_table_names()
    if foreign:
        raise DatabaseUnusable(f"{place} holds tables of another program", "name another database")
    if revision == head_revision():
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseNewer(
            f"{place} has schema {revision}, this codedesk knows up to {head_revision()}", "start the newer codedesk"
        )
    _migrate(engine)


def _migrate(engine: Engine) -> None:
    migrating = _migration_engine(engine)
    try:
        with migrating.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite" and (
                broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            ):
                raise UpgradeFailed(f"rows of {broken[0]} would lose their parent", "the database is as it was")
    finally:
        migrating.dispose()


def _migration_engine(engine: Engine) -> Engine:
    """An engine of its own, with foreign keys off from before BEGIN."""
    from store.database import engine_options

    migrating = create_engine(engine.url, poolclass=NullPool, **engine_options(engine.url.drivername))
    if engine.dialect.name == "sqlite":

        @event.listens_for(migrating, "connect")
        def _connected(connection, _record) -> None:
            connection.isolation_level = None
            for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(migrating, "begin")
        def _begun(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return migrating


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
