"""Small cells: what is from 1 to 10 is covered in every report, with what it could be reckoned from."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.actors import SYSTEM
from store.database import Database
from store.demo.year import make_year
from store.queries import SessionReader
from store.reports.catalog import REST, Figure, catalog
from store.reports.period import Period
from store.reports.run import Report, period_of, read_report
from store.reports.small_cells import LEAST_CELL, LEFT_OUT, SUPPRESSED, suppressed

PERIOD = Period("2026-09-01", "2026-09-30", "2026-10-01")


def report(counts: str, columns: str, *rows: tuple[Any, ...], figure: str = "", **more: Any) -> Report:
    names = tuple(counts.split())
    one = Figure("x", "x", "g", "f", "i", "charts", figure or names[0], names, "SELECT 1", **more)
    return Report(one, PERIOD, tuple(columns.split()), rows, sum(row[columns.split().index(names[0])] for row in rows))


def test_a_lone_small_row_takes_the_next_smallest_with_it_under_a_mark_of_its_own() -> None:
    found = suppressed(report("charts", "x charts cents", ("a", 100, 5000), ("b", 40, 900), ("c", 3, 77)))

    assert found.rows == (("a", 100, 5000), ("b", LEFT_OUT, None), ("c", SUPPRESSED, None))
    assert found.value == 143 and SUPPRESSED in found.note and LEFT_OUT in found.note


def test_covered_rows_come_to_eleven_at_least() -> None:
    found = suppressed(report("charts", "x charts", ("a", 100), ("b", 40), ("c", 3), ("d", 4)))

    assert [row[1] for row in found.rows] == [100, LEFT_OUT, SUPPRESSED, SUPPRESSED]


def test_the_figure_of_one_small_row_is_not_told() -> None:
    assert suppressed(report("charts", "day charts", ("2026-09-01", 9))).value is None
    assert suppressed(report("charts", "day charts", ("2026-09-01", 19))).value == 19


def test_where_nothing_is_small_nothing_is_covered() -> None:
    whole = report("charts", "x charts", ("a", 100), ("b", 0), ("c", 11))

    assert suppressed(whole) == whole


AGES = (("charts", "new", "old", "older"),)


def test_one_small_part_of_a_whole_takes_another_part_with_it() -> None:
    rows = (("a", 40, 30, 8, 2), ("b", 60, 30, 0, 30))

    found = suppressed(report("charts new old older", "x charts new old older", *rows, parts=AGES))

    assert found.rows[0] == ("a", 40, LEFT_OUT, SUPPRESSED, SUPPRESSED)


def test_a_small_rest_covers_the_part_that_would_tell_it() -> None:
    rows = (("a", 40, 35, 700), ("b", 60, 20, 300), ("c", 90, 30, 100))

    found = suppressed(
        report(
            "claims denied",
            "payer claims denied denied_cents",
            *rows,
            figure="denied / claims",
            parts=(("claims", "denied", REST),),
            beside={"denied": ["denied_cents"]},
        )
    )

    # 5 of a were not denied; a's denied alone could be told from the sum, so that b's is left out too.
    assert found.rows == (("a", 40, LEFT_OUT, None), ("b", 60, LEFT_OUT, None), ("c", 90, 30, 100))


def test_running_shares_and_a_coder_s_pace_do_not_tell_a_covered_row() -> None:
    pareto = suppressed(report("n", "x n running_percent", ("a", 50, 80.6), ("b", 9, 95.2), ("c", 3, 100.0)))
    coder = report(
        "charts", "coder type charts units coding_hours units_an_hour",
        ("ann", "clinic", 40, 10.0, 2.0, 6.0), ("ann", "surgery", 3, 2.0, None, None),
        ("bob", "clinic", 60, 15.0, 3.0, 5.0),
    )  # fmt: skip
    coder = replace(coder, figure=replace(coder.figure, then="productivity"), value=6.2)

    assert [row[2] for row in pareto.rows] == [80.6, None, None]
    assert suppressed(coder).rows[0] == ("ann", "clinic", LEFT_OUT, None, None, None)


def test_shares_of_few_charts_are_left_out_of_outliers() -> None:
    rows = (
        ("x", "denied %", "clinic", 25, 8.0, 9.0, 1.0, 0.3, ""),
        ("y", "denied %", "clinic", 200, 10.0, 9.0, 1.0, 0.7, ""),
    )
    one = report("charts", "coder measure type charts value median mad z far", *rows)
    one = replace(one, figure=replace(one.figure, then="outliers"))

    found = suppressed(one)

    assert found.rows[0][4] is None and found.rows[0][7] is None and found.rows[1] == rows[1]


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=1, max_size=5))
def test_no_covered_number_is_the_only_one_that_fits(cells: list[list[int]]) -> None:
    """Whoever knows every sum still finds several tables behind the marks, and never one count of 1 to 10 for sure."""
    rows = [(f"r{n}", sum(parts), *parts) for n, parts in enumerate(cells)]
    found = suppressed(report("charts new old older", "x charts new old older", *rows, parts=AGES))

    for place in range(1, 5):
        hidden = [n for n, row in enumerate(found.rows) if not isinstance(row[place], int) and rows[n][place] > 0]
        shown = [row[place] for row in found.rows if isinstance(row[place], int)]
        assert all(not 0 < cell < LEAST_CELL for cell in shown)
        others = [n for n in range(len(rows)) if n not in hidden and rows[n][place] > 0]
        if hidden and others:
            assert len(hidden) > 1 and sum(rows[n][place] for n in hidden) >= LEAST_CELL
    for row, whole in zip(found.rows, rows, strict=True):
        hidden = [n for n in (2, 3, 4) if not isinstance(row[n], int)]
        if hidden and not isinstance(row[1], str):
            assert len(hidden) > 1 and sum(whole[n] for n in hidden) >= LEAST_CELL


def test_every_count_of_the_catalog_is_known_to_be_one() -> None:
    """A column that a statement counts is in `counts`: a new one that is forgotten would leak."""
    not_people = {"units", "z", "days"}
    for figure in catalog().values():
        counted = {name for name in ("charts", "claims", "cases", "denials", "findings", "lines", "times", "principal",
                                     "denied", "clean", "overridden", "weighed", "mcc", "cc", "captured")
                   if f"AS {name}" in figure.sql.rpartition("SELECT")[2] or f" AS {name}," in figure.sql}  # fmt: skip
        assert counted - {"denied", "captured"} - not_people <= set(figure.counts), figure.name
        assert figure.counts, figure.name


@pytest.mark.both_databases
def test_no_report_of_a_year_shows_a_count_of_one_to_ten(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEDESK_TODAY", "2026-10-08")
    make_year(db, SYSTEM, 400, seed=7)
    with db.reading() as session:
        reader = SessionReader(session)
        for figure, since in product(catalog().values(), ("2025-10-09", "2026-09-20")):
            found = suppressed(read_report(reader, figure, period_of(since, "2026-10-08")))
            for row in found.dicts():
                small = {
                    name: row[name] for name in figure.counts if isinstance(row.get(name), int) and 0 < row[name] < 11
                }
                assert not small, (figure.name, row)
