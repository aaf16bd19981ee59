"""A person's own figures of a day, read with plain SQL; no patient is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from store.figures.units import weight_of
from store.queries import Reader


@dataclass(frozen=True)
class OwnFigures:
    """Units are hundredths; times are whole seconds.

    `audit_state` changes whenever the score of the last audit may have; empty where there is none.
    """

    units: int
    target: int
    charts: int
    active_seconds: int
    idle_seconds: int
    keys: int
    audit_state: str = ""

    @property
    def units_text(self) -> str:
        """`31/60`, with a decimal where units are not whole."""
        whole, part = divmod(self.units, 100)
        return f"{whole}{f'.{part // 10}' if part >= 10 else ''}/{self.target // 100}"

    @property
    def active_text(self) -> str:
        """`3:05` hours and minutes."""
        return f"{self.active_seconds // 3600}:{self.active_seconds % 3600 // 60:02d}"


def own_figures(reader: Reader, person_id: str, day: date) -> OwnFigures:
    """What a person finished and how long they were at it on a day by this host's clock."""
    begin, end = _bounds(day)
    rows = reader.rows(
        "SELECT e.setting, g.kind, COUNT(*) AS n FROM coding g JOIN encounter e ON e.id = g.encounter_id"
        " WHERE g.coder_id = :person AND g.finalized_at >= :begin AND g.finalized_at < :end GROUP BY e.setting, g.kind",
        person=person_id,
        begin=begin,
        end=end,
    )
    target = reader.rows("SELECT units_target FROM person WHERE id = :person", person=person_id)
    active = reader.rows(
        "SELECT seconds, idle_seconds, keys FROM active_time WHERE person_id = :person AND day = :day",
        person=person_id,
        day=day.isoformat(),
    )
    seconds, idle, keys = (active[0]["seconds"], active[0]["idle_seconds"], active[0]["keys"]) if active else (0, 0, 0)
    return OwnFigures(
        units=sum(weight_of(row["setting"], row["kind"]) * int(row["n"]) for row in rows),
        target=int(target[0]["units_target"]) * 100 if target else 0,
        charts=sum(int(row["n"]) for row in rows),
        active_seconds=int(seconds),
        idle_seconds=int(idle),
        keys=int(keys),
        audit_state=_audit_state(reader, person_id),
    )


def _audit_state(reader: Reader, person_id: str) -> str:
    rows = reader.rows(
        "SELECT a.id, a.row_version, (SELECT COUNT(*) FROM audit_step s WHERE s.audit_id = a.id) AS steps FROM audit a"
        " WHERE a.coder_id = :person AND a.status IN ('returned', 'final') AND a.second_of = ''"
        " ORDER BY a.returned_at DESC, a.id LIMIT 30",
        person=person_id,
    )
    return " ".join(f"{row['id']}/{row['row_version']}/{row['steps']}" for row in rows)


def _bounds(day: date) -> tuple[str, str]:
    """The moments in UTC between which a day lies by this host's clock."""
    start = datetime.combine(day, time()).astimezone()
    stop = datetime.combine(day + timedelta(days=1), time()).astimezone()
    return _in_utc(start), _in_utc(stop)


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
