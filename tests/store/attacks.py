"""What someone who owns the database can do to the log: past the triggers, without the key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection

from store.database import Database
from store.log import FIRST_HASH, content
from store.migrations.append_only import TRIGGERS

Attack = Callable[[Connection], None]


def attack(db: Database, how: Attack) -> None:
    """Drop the triggers and change the log, as its owner can."""
    with db.engine.begin() as connection:
        for name in TRIGGERS:
            on_table = " ON log_entry" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {name}{on_table}")
        how(connection)


def edit(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE log_entry SET actor = 'eve' WHERE seq = 5")


def edit_detail(connection: Connection) -> None:
    connection.exec_driver_sql("""UPDATE log_entry SET detail = '{"login":"somebody"}' WHERE seq = 5""")


def delete(connection: Connection) -> None:
    connection.exec_driver_sql("DELETE FROM log_entry WHERE seq = 5")


def delete_and_renumber(connection: Connection) -> None:
    delete(connection)
    for seq in range(6, 11):
        connection.exec_driver_sql(f"UPDATE log_entry SET seq = {seq - 1} WHERE seq = {seq}")


def swap(connection: Connection) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        connection.exec_driver_sql(f"UPDATE log_entry SET seq = {new} WHERE seq = {old}")


def truncate(connection: Connection) -> None:
    connection.exec_driver_sql("DELETE FROM log_entry WHERE seq > 7")


def recompute(connection: Connection) -> None:
    """Take an entry's actor away and compute every hash anew, without the key."""
    edit(connection)
    columns = "at, actor, action, target_kind, target_id, CAST(detail AS TEXT), operation_id"
    previous = FIRST_HASH
    rows = connection.exec_driver_sql(f"SELECT seq, {columns} FROM log_entry ORDER BY seq").all()
    for seq, *fields in rows:
        digest = hashlib.sha256(content(seq, *fields, previous)).hexdigest()
        connection.exec_driver_sql(
            f"UPDATE log_entry SET previous_hash = '{previous}', hash = '{digest}' WHERE seq = {seq}"
        )
        previous = digest
