"""Small cells: a report with every count of 1 to 10 covered, and what those could be reckoned from.

A count of people, charts or claims from 1 to 10 is not told outside the house, nor is a number that only it stands
behind. What could be reckoned goes too: the one covered row of a column whose sum is known, the one covered part of a
whole that is told, what is left of a whole when its parts are taken off (`Figure.parts`), and the figure itself where
it is about fewer than 11. What is covered together always comes to at least 11. Two marks keep them apart:

    <11   it is 1 to 10
    *     it is left out so that others cannot be told; how many it is, is not said

Two reports of nearly the same days could still be taken from each other: who sees covered counts alone is told whole
months and years as of one moment (`store.reports.spans`); for others it is to judge before they hand them out. Method:
primary and complementary suppression, as in Statistical Policy Working Paper 22 (Federal Committee on Statistical
Methodology, 2005); the least cell of 11 is that of CMS for its own data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from store.reports.catalog import REST
from store.reports.run import Report

LEAST_CELL = 11
"""Counts of people from 1 to 10 are not told outside the house."""

SUPPRESSED = "<11"
LEFT_OUT = "*"

_SMALL_TOLD = f"{SUPPRESSED}: from 1 to {LEAST_CELL - 1}, covered."
_OTHERS_TOLD = f"{LEFT_OUT}: left out, so that a covered one cannot be told from the others."
_FIGURE_COVERED = f"fewer than {LEAST_CELL} stand behind it, or it tells a covered one"
_FIGURE_TOLD = f"The figure is left out: {_FIGURE_COVERED}."
_SHARES_TOLD = f"Shares that come to fewer than {LEAST_CELL} charts are left out."


def suppressed(report: Report) -> Report:
    """The report as it may be told outside the house: cells, figure and note."""
    if report.figure.then == "outliers":
        return _shares_covered(report)
    counts = [report.columns.index(name) for name in report.figure.counts if name in report.columns]
    if not counts or not report.rows:
        return report
    cells = _Cells(report, counts)
    cells.cover()
    rows = tuple(cells.told(number) for number in range(len(report.rows)))
    notes = [report.note] if report.note else []
    marks = {cell for row in rows for cell in row if isinstance(cell, str)}
    notes += [_SMALL_TOLD] if SUPPRESSED in marks else []
    notes += [_OTHERS_TOLD] if LEFT_OUT in marks else []
    value, why = report.value, report.why
    if value is not None and cells.figure_is_small():
        value, why = None, _FIGURE_COVERED
        notes.append(_FIGURE_TOLD)
    return replace(report, rows=rows, value=value, note=" ".join(notes), why=why)


@dataclass
class _Cells:
    """The cells of a report that are covered, by row and column; `of_sum` are the columns whose sum may not be told."""

    report: Report
    counts: Sequence[int]
    covered: set[tuple[int, int]] = field(default_factory=set)
    of_sum: set[int] = field(default_factory=set)

    def cover(self) -> None:
        """Cover what is small, then what it could be told from, until nothing more is to be covered."""
        for row in range(len(self.report.rows)):
            self.covered |= {(row, place) for place in self.counts if 0 < self._count(row, place) < LEAST_CELL}
        before = -1
        while len(self.covered) != before:
            before = len(self.covered)
            for row in range(len(self.report.rows)):
                self._whole_row(row)
                for whole, *parts in self._parts():
                    self._within(row, whole, parts)
            for place in self.counts:
                self._down(place)

    def told(self, row: int) -> tuple[Any, ...]:
        """A row with its marks; numbers beside a covered count are empty, all of them beside the first one."""
        cells = self.report.rows[row]
        if (row, self.counts[0]) in self.covered:
            empty = {n for n, cell in enumerate(cells) if isinstance(cell, int | float)} - {self.counts[0]}
        else:
            names = {self.report.columns[place] for place in self.counts if (row, place) in self.covered}
            beside = {one for name in names for one in self.report.figure.beside.get(name, ())}
            empty = {n for n, name in enumerate(self.report.columns) if name in beside}
        empty |= self._of_others(row)
        return tuple(
            None if n in empty else self._mark(row, n) if (row, n) in self.covered else cell
            for n, cell in enumerate(cells)
        )

    def figure_is_small(self) -> bool:
        """Whether the one number is about fewer than 11, or would tell a covered cell."""
        over, _, under = self.report.figure.figure.partition(" / ")
        named = [self.report.columns.index(name) for name in (over, under) if name in self.report.columns]
        behind = [self.counts[0], *(place for place in named if place in self.counts)]
        sums = {place: sum(self._count(row, place) for row in range(len(self.report.rows))) for place in behind}
        if any(place in self.of_sum or 0 < many < LEAST_CELL for place, many in sums.items()):
            return True
        pair = [sums[place] for place in named if place in sums]
        return len(pair) == 2 and 0 < pair[1] - pair[0] < LEAST_CELL

    def _count(self, row: int, place: int) -> float:
        cell = self.report.rows[row][place]
        return cell if isinstance(cell, int | float) else 0

    def _mark(self, row: int, place: int) -> str:
        return SUPPRESSED if 0 < self._count(row, place) < LEAST_CELL else LEFT_OUT

    def _parts(self) -> list[list[int]]:
        """Sums within a row as places of columns; -1 is what is in no column."""
        columns = self.report.columns
        return [
            [-1 if name == REST else columns.index(name) for name in one]
            for one in self.report.figure.parts
            if all(name == REST or name in columns for name in one)
        ]

    def _whole_row(self, row: int) -> None:
        """Where the first count is covered, no other of the row is told."""
        if (row, self.counts[0]) in self.covered:
            self.covered |= {(row, place) for place in self.counts}

    def _within(self, row: int, whole: int, parts: Sequence[int]) -> None:
        """Cover as much of a sum within a row that none of it can be told from the rest."""
        values = {place: self._count(row, place) for place in parts if place != -1}
        if -1 in parts:
            values[-1] = self._count(row, whole) - sum(values.values())
        while True:
            hidden = [place for place in values if place == -1 or (row, place) in self.covered]
            guarded = any((row, place) in self.covered for place in (whole, *values) if place != -1)
            guarded |= 0 < values.get(-1, 0) < LEAST_CELL
            unknown = len(hidden) + ((row, whole) in self.covered)
            enough = unknown > 1 and ((row, whole) in self.covered or sum(values[p] for p in hidden) >= LEAST_CELL)
            if not guarded or enough:
                return
            open_ones = [place for place in values if place not in hidden and values[place] > 0]
            if open_ones:
                self.covered.add((row, min(open_ones, key=lambda place: (values[place], place))))
            elif (row, whole) not in self.covered:
                self.covered.add((row, whole))
            else:
                return

    def _down(self, place: int) -> None:
        """Cover as many rows of a column that none can be told from its sum; the sum itself where there are too few."""
        rows = range(len(self.report.rows))
        while True:
            hidden = [row for row in rows if (row, place) in self.covered and self._count(row, place) > 0]
            if not hidden or (len(hidden) > 1 and sum(self._count(row, place) for row in hidden) >= LEAST_CELL):
                return
            others = [row for row in rows if (row, place) not in self.covered and self._count(row, place) > 0]
            if not others:
                self.of_sum.add(place)
                return
            self.covered.add((min(others, key=lambda row: (self._count(row, place), row)), place))

    def _of_others(self, row: int) -> set[int]:
        """What a row tells of the rows before it: running shares, and a coder's hours and pace for all their types."""
        columns, main = self.report.columns, self.counts[0]
        empty = set()
        if "running_percent" in columns and any((n, main) in self.covered for n in range(row + 1)):
            empty.add(columns.index("running_percent"))
        if self.report.figure.then == "productivity":
            who = self.report.rows[row][0]
            if any((n, main) in self.covered for n, other in enumerate(self.report.rows) if other[0] == who):
                empty |= {columns.index(name) for name in ("coding_hours", "units_an_hour")}
        return empty


def _shares_covered(report: Report) -> Report:
    """Outliers without the shares that come to fewer than 11 charts, or to all but fewer than 11."""
    measure, charts = report.columns.index("measure"), report.columns.index("charts")
    value, z = report.columns.index("value"), report.columns.index("z")
    rows, some = [], False
    for row in report.rows:
        many = round(row[value] * row[charts] / 100) if str(row[measure]).endswith("%") else 0
        small = 0 < many < LEAST_CELL or (many and 0 < row[charts] - many < LEAST_CELL)
        small = small and row[measure] != "paid of charged %"
        some |= bool(small)
        rows.append(tuple(None if small and n in (value, z) else cell for n, cell in enumerate(row)))
    note = " ".join(part for part in (report.note, _SHARES_TOLD if some else "") if part)
    return replace(report, rows=tuple(rows), note=note)
