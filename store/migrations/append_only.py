"""The triggers that make the log append-only, on both databases.

They stop mistakes and careless tools, not whoever owns the database and drops them; for those there is the key and
the anchor. A table that a later step rebuilds loses its triggers: such a step must call `protect_log` again.
"""

from __future__ import annotations

from sqlalchemy import Connection

TRIGGERS = ("log_entry_no_update", "log_entry_no_delete", "log_entry_in_order")
_REFUSED = "the log is append-only"

_SQLITE = (
    f"""CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry
    BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
    f"""CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry
    BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END""",
    # REPLACE would delete without asking the trigger above.
    f"""CREATE TRIGGER log_entry_in_order BEFORE INSERT ON log_entry
    WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM log_entry)
    BEGIN SELECT RAISE(ABORT, '{_REFUSED}: the next entry has the next number'); END""",
)

_POSTGRES = (
    f"""CREATE FUNCTION log_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry
    FOR EACH ROW EXECUTE FUNCTION log_entry_refuse()""",
    """CREATE TRIGGER log_entry_no_delete BEFORE DELETE OR TRUNCATE ON log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION log_entry_refuse()""",
    f"""CREATE FUNCTION log_entry_next() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM log_entry) THEN
            RAISE EXCEPTION '{_REFUSED}: the next entry has the next number'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER log_entry_in_order BEFORE INSERT ON log_entry
    FOR EACH ROW EXECUTE FUNCTION log_entry_next()""",
)


def protect_log(connection: Connection) -> None:
    """Make the triggers; for the migration that makes or rebuilds `log_entry`."""
    for statement in _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def missing_triggers(connection: Connection) -> list[str]:
    """The names of the triggers that are not there."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        if connection.dialect.name == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    present = {row[0] for row in connection.exec_driver_sql(query)}
    return [name for name in TRIGGERS if name not in present]
