"""What a figure needs beyond its SQL: coding hours, days between moments, running shares; outliers are apart.

Times are ISO text, which the two databases subtract in different ways; here they are subtracted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from codesets.errors import UnreadableInput
from codesets.home import home
from codesets.shipped_tables import read_table
from store.figures.units import USUAL, weight_of
from store.queries import Reader
from store.reports.outliers import outliers as outliers

if TYPE_CHECKING:
    from store.reports.period import Period
    from store.reports.run import Report

IDLE_SECONDS = 300
"""A gap between two steps that is longer is not work on codes."""

EACH_CHART_SECONDS = 60
"""What a chart takes besides the steps: opening and reading its first lines."""

LATE_DAYS = 3
"""A charge is late when it is posted more days after its service: the usual days before a bill drops."""

STANDARDS = "productivity.csv"


@dataclass(frozen=True)
class Standard:
    """How long a chart of a type takes, and how many a day are aimed at."""

    minutes: float
    day: float


def standards() -> dict[str, Standard]:
    """The standards by type of visit, a site's own over those shipped. Raises UnreadableInput."""
    found: dict[str, Standard] = {}
    for path in (Path(str(files("store.reports").joinpath(STANDARDS))), home() / STANDARDS):
        if not path.is_file():
            continue
        for name, *numbers in read_table(path, ("type", "minutes", "day")):
            try:
                found[name] = Standard(*map(float, numbers))
            except ValueError:
                raise UnreadableInput(f"{path.name}: {name}: expected two numbers") from None
    return found


def productivity(reader: Reader, report: Report) -> Report:
    """Units and coding hours beside charts; a coder's hours are told on the first of their rows, for all their types.

    A unit is that of a person's own figures (`store.figures.units`); coding hours are not their active time by keys,
    which is theirs alone to see.
    """
    seconds = coding_seconds(reader, report.period)
    columns = ("coder", "name", "type", "charts", "units", "coding_hours", "units_an_hour")
    charts, hundredths = dict[tuple[str, str, str], int](), dict[tuple[str, str, str], int]()
    for coder, name, setting, kind, count in report.rows:
        row = coder, name, setting
        charts[row] = charts.get(row, 0) + count
        hundredths[row] = hundredths.get(row, 0) + count * weight_of(setting, kind)
    rows, told, hours_of_all = [], set(), 0.0
    for row, count in charts.items():
        coder, own = row[0], hundredths[row] / USUAL
        hours = rate = None
        if coder not in told:
            told.add(coder)
            every = [one for one in charts if one[0] == coder]
            whole = (seconds.get(coder, 0) + sum(charts[one] for one in every) * EACH_CHART_SECONDS) / 3600
            hours_of_all += whole
            hours, rate = round(whole, 2), round(sum(hundredths[one] for one in every) / USUAL / whole, 2)
        rows.append((*row, count, own, hours, rate))
    # Not of the hours as they are told: they are rounded, and one coder's figure would differ from their row.
    figure = round(sum(hundredths.values()) / USUAL / hours_of_all, 2) if hours_of_all else None
    return replace(report, columns=columns, rows=tuple(rows), value=figure)


def coding_seconds(reader: Reader, period: Period) -> dict[str, float]:
    """How long each coder (by login) was at work on codes in a period: gaps of at most five minutes between steps."""
    steps = reader.rows(
        """
        SELECT o.login, s.at FROM coding_step s JOIN person o ON o.id = s.person_id
        WHERE s.at >= :since AND s.at < :after AND s.at <= :as_of ORDER BY o.login, s.at
        """,
        since=period.since,
        after=period.parameters()["after"],
        as_of=period.as_of,
    )
    found: dict[str, float] = {}
    before: tuple[str, datetime] | None = None
    for step in steps:
        at = _moment(step["at"])
        if before and before[0] == step["login"] and (gap := (at - before[1]).total_seconds()) <= IDLE_SECONDS:
            found[step["login"]] = found.get(step["login"], 0) + gap
        before = step["login"], at
    return found


def turnaround(reader: Reader, report: Report) -> Report:
    """Days to final coding by type of visit, on both clocks."""
    by_type: dict[str, list[tuple[float, float]]] = {}
    for kind, service_date, finalized_at, held_from, held_to in report.rows:
        final = _moment(finalized_at)
        whole = max((final.date() - date.fromisoformat(service_date)).days, 0)
        held = (_moment(held_to) - _moment(held_from)).total_seconds() / 86400 if held_from and held_to else 0
        by_type.setdefault(kind, []).append((whole, max(whole - held, 0)))
    rows = []
    for kind, days in sorted(by_type.items()):
        clocks = list(zip(*days, strict=True))
        rows.append(
            (kind, len(days), *(round(part, 2) for clock in clocks for part in (median(clock), _ninetieth(clock))))
        )
    columns = ("type", "charts", "discharge_median", "discharge_90", "available_median", "available_90")
    whole_days = [one for days in by_type.values() for one, _ in days]
    return replace(
        report, columns=columns, rows=tuple(rows), value=round(median(whole_days), 2) if whole_days else None
    )


def running(reader: Reader, report: Report) -> Report:
    """The running share of the figure, for a Pareto."""
    if not report.rows:
        return report
    place = report.column(report.figure.figure)
    total, sofar, rows = sum(row[place] for row in report.rows), 0, []
    for row in report.rows:
        sofar += row[place]
        rows.append((*row, round(100 * sofar / total, 1) if total else None))
    return replace(report, columns=(*report.columns, "running_percent"), rows=tuple(rows))


def late_charges(reader: Reader, report: Report) -> Report:
    """All charges and the late ones by type of visit; a charge is late beyond LATE_DAYS after its day of service."""
    of: dict[str, dict[str, tuple[int, int]]] = {}
    for kind, visit, service_date, posted_on, cents in report.rows:
        late = bool(posted_on) and (date.fromisoformat(posted_on) - _day(service_date)).days > LATE_DAYS
        whole, behind = of.setdefault(kind, {}).get(visit, (0, 0))
        of[kind][visit] = whole + cents, behind + (cents if late else 0)
    rows = []
    for kind, visits in of.items():
        whole, behind = (sum(part) for part in zip(*visits.values(), strict=True))
        rows.append((kind, len(visits), whole, sum(bool(late) for _, late in visits.values()), behind))
    rows.sort(key=lambda row: (-row[2], row[0]))
    columns = ("type", "charts", "charge_cents", "late_charts", "late_cents")
    return replace(report, columns=columns, rows=tuple(rows))


def _day(text: str) -> date:
    """An ISO day; of a month or year alone its first."""
    return date.fromisoformat(f"{text}-01-01"[:10])


def _ninetieth(values: Sequence[float]) -> float:
    """The value that ninety of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * 9 // 10) - 1)]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
