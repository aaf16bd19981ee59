"""Whether a session sees the whole record or, by row-level security, a part of it; and what a part is not enough for.

On PostgreSQL a role may be limited to the facilities that the setting `facilities` names
(`store.migrations.postgres_roles`). What copies the record, proves it, or adds up all of it is refused then, and what
is shown says that it is a part and how much is not shown. On SQLite, for the owner of the tables, and where the setting
is `*`, everybody sees everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codesets.errors import CodedeskError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.queries import Reader

NEEDS_WHOLE = {
    "acknowledgment.take_in": "taking in an acknowledgment",
    "deposit.match": "matching deposits",
    "deposit.take_in": "taking in deposits",
    "patient.merge": "merging patients",
    "patient.unmerge": "undoing a merge",
    "received.file": "taking in a file of a payer",
    "records.duplicates": "looking for duplicates",
    "remittance.apply": "applying a payment",
    "remittance.charge": "charging what a payer took back",
    "remittance.hold_again": "holding a remittance",
    "remittance.post": "posting a remittance",
    "remittance.refund": "giving back a payment",
    "remittance.set_aside": "setting a remittance aside",
    "remittance.take_in": "taking in a remittance",
    "remittance.unpost": "taking back a remittance",
    "report.publish": "publishing a figure",
    "report.refresh": "making the monthly sums",
    "retention.destroy": "destroying records",
    "retention.list": "the list of what is due",
    "retention.plan": "planning what is destroyed",
}
"""Actions of the registry that go by rows of every facility, in words; a file of a payer names claims of all."""

REMEDY = "as the owner of the tables, or with CODEDESK_FACILITIES='*'"

COUNTED = "codedesk_whole"
"""The function of the database that counts past row-level security; the script for roles makes it."""


_HANGING = {
    "account": ("encounter", "account_id", "visits"),
    "audit_sample": ("audit", "audit_sample_id", "audits"),
    "patient": ("encounter", "patient_id", "visits"),
}
"""What hangs on a row that may be seen in part: table, column, and what people call it."""


class PartOfRecord(CodedeskError):
    """The session sees a part of the record, and what was asked for needs all of it; nothing was done."""

    title = "only a part of the record"
    exit_code = 1


@dataclass(frozen=True)
class Part:
    """What a session is limited to, and how many rows of some kinds it does not see; None: that cannot be told."""

    facilities: str
    visits: int | None
    remittances: int | None
    deposits: int | None

    @property
    def words(self) -> str:
        """One line for people: of which facilities, and how much is not shown."""
        named = self.facilities.replace(",", ", ") or "none"
        if self.visits is None or self.remittances is None or self.deposits is None:
            missing = "how much is not cannot be told before codedesk postgres-roles was run again"
        else:
            kinds = ((self.visits, "visit"), (self.remittances, "remittance"), (self.deposits, "deposit"))
            missing = ", ".join(f"{n:,} {kind}{'' if n == 1 else 's'}" for n, kind in kinds if n)
            missing = f"{missing} are not" if missing else "nothing is missing"
        return f"only what is of your facilities ({named}) is shown; {missing}"


def limited_to(connection: Connection) -> str | None:
    """The facilities that row-level security limits a connection to, with commas between; None: it sees everything."""
    if connection.dialect.name != "postgresql":
        return None
    asked = "SELECT row_security_active(to_regclass('encounter')), current_setting('app.facilities', true)"
    limited, facilities = connection.exec_driver_sql(asked).one()
    return (facilities or "") if limited and facilities != "*" else None


def require_whole(connection: Connection, place: str, what: str) -> None:
    """Refuse what needs the whole record where only a part is seen. Raises PartOfRecord."""
    facilities = limited_to(connection)
    if facilities is not None:
        seen = f"the facilities {facilities}" if facilities else "no facility"
        raise PartOfRecord(f"{what} needs all of {place}, and this session sees {seen} alone", REMEDY)


def part_seen(reader: Reader) -> Part | None:
    """What part of the record a reader sees, with what it does not; None where it sees everything."""
    facilities = _facilities(reader)
    if facilities is None:
        return None
    if not _counts(reader):
        return Part(facilities, None, None, None)
    (row,) = reader.rows(
        f"SELECT {COUNTED}('encounter', '') - (SELECT COUNT(*) FROM encounter) AS visits,"
        f" {COUNTED}('remittance', '') AS remittances, {COUNTED}('deposit', '') AS deposits"
    )
    return Part(facilities, int(row["visits"]), int(row["remittances"]), int(row["deposits"]))


def unseen_of(reader: Reader, kind: str, *keys: str) -> int | None:
    """How much of some rows (a kind of `_HANGING`, by ids) a reader does not see; None: that cannot be told."""
    if _facilities(reader) is None:
        return 0
    if not _counts(reader):
        return None
    table, column, _ = _HANGING[kind]
    sql = f"SELECT {COUNTED}(:kind, :key) - (SELECT COUNT(*) FROM {table} WHERE {column} = :key) AS unseen"
    return sum(int(reader.rows(sql, kind=kind, key=key)[0]["unseen"]) for key in keys)


def require_seen(reader: Reader, kind: str, keys: Sequence[str], what: str) -> None:
    """Refuse what goes by all that hangs on rows of a kind where some of it is hidden. Raises PartOfRecord."""
    unseen = unseen_of(reader, kind, *keys)
    if unseen != 0:
        named = kind.replace("_", " ")
        raise PartOfRecord(f"{what} needs all of this {named}, and {unseen_words(unseen, kind)}", REMEDY)


def unseen_words(unseen: int | None, kind: str) -> str:
    """What is said of what is not seen of a row: how much."""
    if unseen is None:
        return "whether some of it is of other facilities cannot be told before codedesk postgres-roles was run again"
    return f"{unseen:,} of its {_HANGING[kind][2]} {'is' if unseen == 1 else 'are'} of other facilities"


def _facilities(reader: Reader) -> str | None:
    if not reader.on_postgres:
        return None
    (row,) = reader.rows(
        "SELECT row_security_active('encounter') AS limited, current_setting('app.facilities', true) AS facilities"
    )
    return (row["facilities"] or "") if row["limited"] and row["facilities"] != "*" else None


def _counts(reader: Reader) -> bool:
    (row,) = reader.rows(
        "SELECT COALESCE(has_function_privilege(to_regprocedure(:name), 'EXECUTE'), false) AS may",
        name=f"{COUNTED}(text,text)",
    )
    return bool(row["may"])
