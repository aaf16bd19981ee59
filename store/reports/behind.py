"""The list behind a number: the visits that a row of a report was counted from, read with plain SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from store.queries import Reader
from store.reports.catalog import Figure, named_in
from store.reports.period import Period
from store.terms import RESTRICTED, Setting

MOST_BEHIND = 5000

OF_CHARTS = frozenset({"code", "drg", "rule"})
"""Keys that tell what a chart holds: behind a row of theirs stands no restricted one."""


@dataclass(frozen=True)
class VisitRow:
    """One visit behind a number; `work_item_id` is empty where it is in no worklist, `age` in days."""

    encounter_id: str
    work_item_id: str
    service_date: str
    patient: str
    mrn: str
    payer: str
    setting: Setting
    cents: int
    state: str
    age: int


@dataclass(frozen=True)
class CountBehind:
    """How many things a number counts (claims, denials, lines), and how many of them belong to no visit here."""

    things: int
    nowhere: int


def count_behind(reader: Reader, figure: Figure, period: Period, keys: Mapping[str, str]) -> CountBehind:
    """How many things the row with these keys counts: what its first count says, told from the visits behind it."""
    where, parameters = _of_row(figure, period, keys)
    row = reader.rows(
        "SELECT COUNT(*) AS things, SUM(CASE WHEN b.encounter_id IS NULL THEN 1 ELSE 0 END) AS nowhere"
        f" FROM ({figure.behind}) b {where}",
        **parameters,
    )[0]
    return CountBehind(int(row["things"]), int(row["nowhere"] or 0))


def _of_row(figure: Figure, period: Period, keys: Mapping[str, str]) -> tuple[str, dict[str, object]]:
    """The condition of a row by its keys, as SQL with its parameters."""
    parameters: dict[str, object] = {n: v for n, v in period.parameters().items() if n in named_in(figure.behind)}
    where = []
    for number, name in enumerate(key for key in figure.keys if key in keys):
        where.append(f"b.{name} = :key{number}")
        parameters[f"key{number}"] = keys[name]
    return f"WHERE {' AND '.join(where)}" if where else "", parameters


def visits_behind(reader: Reader, figure: Figure, period: Period, keys: Mapping[str, str]) -> list[VisitRow]:
    """The visits behind the row with these keys, the oldest first; at most MOST_BEHIND."""
    where, parameters = _of_row(figure, period, keys)
    parameters["told_as_of"] = period.as_of
    rows = reader.rows(
        f"""
        SELECT e.id, e.service_date, e.setting, p.restricted,
               CASE WHEN p.restricted IS NULL THEN p.family_name || ', ' || p.given_name ELSE '{RESTRICTED}' END AS who,
               CASE WHEN p.restricted IS NULL THEN p.mrn ELSE '' END AS mrn,
               COALESCE((SELECT y.name FROM coverage c JOIN payer y ON y.id = c.payer_id
                         WHERE c.account_id = e.account_id ORDER BY c.sequence LIMIT 1), 'Self pay') AS payer,
               (SELECT MIN(w.id) FROM work_item w WHERE w.encounter_id = e.id) AS item,
               (SELECT MIN(w.status) FROM work_item w WHERE w.encounter_id = e.id) AS state,
               COALESCE((SELECT SUM(h.amount_cents) FROM charge h
                         WHERE h.encounter_id = e.id AND h.posted_at <= :told_as_of), 0) AS cents
        FROM (SELECT DISTINCT b.encounter_id FROM ({figure.behind}) b
              {where}) x
        JOIN encounter e ON e.id = x.encounter_id JOIN patient p ON p.id = e.patient_id
        {"WHERE p.restricted IS NULL" if OF_CHARTS & keys.keys() else ""}
        ORDER BY e.service_date, e.id LIMIT {MOST_BEHIND}
        """,
        **parameters,
    )
    last = date.fromisoformat(period.until)
    return [
        VisitRow(
            row["id"],
            row["item"] or "",
            row["service_date"],
            row["who"].rstrip(", "),
            row["mrn"],
            row["payer"],
            Setting(row["setting"]),
            int(row["cents"]),
            (row["state"] or "").replace("_", " "),
            max((last - date.fromisoformat(row["service_date"])).days, 0),
        )
        for row in rows
    ]
