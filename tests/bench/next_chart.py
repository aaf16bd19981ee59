"""Get-next to the painted chart among 1,000,000 encounters, from the key to the last byte on a pseudo terminal.

The demo's charts, with their documents and charges, stand at the top of a worklist with a million visits under them.
Each is taken with `n`, and the time runs from the key to the last byte of the chart; then it is held, so that the next
one is another. The day has begun: the first session of a day gives every open chart its place anew beside the coding.
"""

from __future__ import annotations

import os
import shutil
import statistics
from pathlib import Path

from store.demo.create import DEMO_DAY
from store.sqlite import driver
from tests.bench import prepared
from tests.bench.figures import Figure
from tests.bench.filling import indexes_afterwards
from tests.bench.references import shipped
from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.sites import of_home, site
from tests.journeys.tmux import codedesk

ENCOUNTERS = 1_000_000
SIZES = ((80, 24), (132, 43))
CHARTS = 24
"""How many charts are taken."""

QUIET = 0.15
"""Seconds of silence that end a chart's painting; they are not part of its time."""


def measure() -> list[Figure]:
    """Figures at both sizes, of the same charts."""
    figures = []
    home = prepared.path(prepared.NEXT_CHART).parents[1]
    homes = (home, home.with_name("again"))
    shutil.copytree(*homes)
    os.sync()  # what filling and copying left to be written is not the charts'
    for size, home in zip(SIZES, homes, strict=True):
        spent = _taken(of_home(home, shipped().path), size)
        name = f"{ENCOUNTERS:,} encounters, {size[0]}x{size[1]}: get-next to painted chart"
        p95 = statistics.quantiles(spent, n=20, method="inclusive")[-1]
        figures += [
            Figure(f"{name}, p50 of {len(spent)}", None, statistics.median(spent), "ms"),
            Figure(f"{name}, p95", 80, p95, "ms"),
        ]
    return figures


def fill(record: Path, reference: Path) -> None:
    """The demo's record in a home of its own, with a million visits under its charts."""
    site(record.parents[1], reference)
    _bury(record)
    _say_begun(record)


def _taken(environment: dict[str, str], size: tuple[int, int]) -> list[float]:
    """Milliseconds of each chart; the first one, for which modules are loaded, is left out as in other figures."""
    terminal = PseudoTerminal(codedesk("demo"), environment, size)
    spent: list[float] = []
    try:
        terminal.expect(r"ready to code(.|\n)*n next", 60)
        terminal.settle(1.0, 30)
        patient = ""
        for _ in range(CHARTS):
            answer = terminal.press("n", QUIET)
            shown = terminal.expect("f final", 10).splitlines()[0]
            if shown == patient or answer.last_ms is None:
                break
            patient = shown
            spent.append(answer.last_ms)
            # Held, so that the next one is another.
            terminal.send("h")
            terminal.expect("hold for:", 10)
            terminal.send("coding clarif")
            terminal.settle(0.2)
            terminal.send("Enter")
            terminal.expect(r"ready to code(.|\n)*n next", 20)
            terminal.settle(QUIET)
    finally:
        terminal.end()
    return spent[1:]


def _say_begun(record: Path) -> None:
    """Note in the record that its day has begun."""
    day = int(DEMO_DAY.replace("-", ""))
    connection = driver.connect(record)
    with connection:
        connection.execute("INSERT OR REPLACE INTO counter (name, last) VALUES ('priorities', ?)", (day,))
    connection.close()


def _bury(record: Path) -> None:
    """Put visits and tasks under those of the demo until there are a million; every task goes into one list."""
    connection = driver.connect(record)
    with connection, indexes_afterwards(connection.execute):
        connection.execute("UPDATE work_item SET worklist = 'Clinic', skill = '', route = '||'")
        visit = connection.execute("SELECT * FROM encounter WHERE setting = 'clinic' LIMIT 1")
        columns = [one[0] for one in visit.description]
        task = connection.execute("SELECT * FROM work_item WHERE encounter_id = ?", visit.fetchone()[:1])
        fields = [one[0] for one in task.description]
        made = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ENCOUNTERS})"
        new = {"id": "'E' || i", "visit_number": "'V' || i", "source": "'bench'"}
        chosen = ", ".join(new.get(name, f"e.{name}") for name in columns)
        connection.execute(
            f"INSERT INTO encounter ({', '.join(columns)}) {made} SELECT {chosen} FROM n, encounter e"
            " WHERE e.id = (SELECT id FROM encounter WHERE setting = 'clinic' LIMIT 1)"
        )
        new = {
            "id": "'W' || i",
            "encounter_id": "'E' || i",
            "order_key": "'z' || printf('%07d', i)",
            "status": "'ready'",
        }
        chosen = ", ".join(new.get(name, f"w.{name}") for name in fields)
        connection.execute(
            f"INSERT INTO work_item ({', '.join(fields)}) {made} SELECT {chosen} FROM n, work_item w WHERE w.id ="
            " (SELECT w.id FROM work_item w JOIN encounter e ON e.id = w.encounter_id WHERE e.source <> 'bench'"
            " AND e.setting = 'clinic' LIMIT 1)"
        )
    connection.close()
