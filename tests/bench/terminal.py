"""The terminal: bytes and milliseconds of what people do, on a pseudo terminal, ours with stock Textual beside.

Bytes are exact and are tests too (`tests/tui/test_driver_bytes.py`); times depend on the machine and are only
printed. The site has more encounters than any screen has rows.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.references import shipped
from tests.journeys.pseudo import QUIET, Answer, PseudoTerminal, open_once, proportional_mib
from tests.journeys.tmux import codedesk

ROOT = Path(__file__).resolve().parents[2]
SIZES = [(80, 24), (200, 50)]
COPIES = 4
"""How often the demo's encounters are taken in again, from sources of other names."""

SLOW_LINK = 16_384
"""Bytes a second of the slow link."""

SESSIONS = 10

SEARCHES = ("chest pain", "fracture hip")


@dataclass(frozen=True)
class Budget:
    """The most bytes of an act at 80x24 and at 200x50."""

    act: str
    small: int
    large: int


BUDGETS = (
    Budget("search keystroke, all rows changed", 2000, 3000),
    Budget("one Down", 300, 550),
    Budget("scroll by one line", 400, 600),
    Budget("open a screen", 6000, 15000),
    Budget("dialog", 3500, 3500),
    Budget("back", 1500, 1500),
    Budget("idle", 0, 0),
)


@dataclass(frozen=True)
class Measured:
    """The answers of one program at one size, by act."""

    answers: dict[str, list[Answer]]
    start_ms: float
    start_bytes: int
    memory_mib: float

    def most_bytes(self, act: str) -> int:
        """The bytes of the costliest answer."""
        return max(answer.size for answer in self.answers[act])

    def milliseconds(self, act: str) -> list[float]:
        """Key to last byte of each answer."""
        return [answer.last_ms for answer in self.answers[act] if answer.last_ms is not None]


def measure() -> list[Figure]:
    """Walk through the program at both sizes with both drivers."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        environment = make_site(Path(folder), shipped().path)
        for number, size in enumerate(SIZES):
            name = f"{size[0]}x{size[1]}"
            ours = walk(environment, size)
            stock = walk(environment, size, "--plain-driver")
            for budget in BUDGETS:
                bar = (budget.small, budget.large)[number]
                pair = (one.most_bytes(budget.act) for one in (ours, stock))
                figures.append(Figure(f"{name} {budget.act}", bar, next(pair), "bytes", other=next(pair)))
            for act, bar in (("search keystroke, all rows changed", 30), ("one Down", 10)):
                figures += _times(f"{name} {act}", bar, ours, stock, act)
            figures += [
                _held(f"{name} slow link, Down held, settles", environment, size),
                Figure(f"{name} start to first usable frame", 300, ours.start_ms, "ms", other=stock.start_ms),
                Figure(f"{name} bytes of the start", None, ours.start_bytes, "bytes", other=stock.start_bytes),
                Figure(f"{name} memory after the walk", 110, ours.memory_mib, "MiB", other=stock.memory_mib),
            ]
        figures += _sessions(environment, "by themselves", lambda one: one.memory_mib())
        figures += _ready_sessions(environment)
    return figures


def _sessions(
    environment: dict[str, str], how: str, memory: Callable[[PseudoTerminal], float], others: float = 0
) -> list[Figure]:
    """What ten people at once take who have each opened a chart and searched, and what the last of them adds.

    `others` is what runs beside them for all, and is counted with the whole.
    """
    terminals: list[PseudoTerminal] = []
    starts = []
    try:
        for number in range(1, SESSIONS + 1):
            began = time.perf_counter()
            terminals.append(PseudoTerminal(codedesk("demo"), environment))
            terminals[-1].expect(r"Clinic, ready to code(.|\n)*P20037(.|\n)*n next")
            starts.append((time.perf_counter() - began) * 1000)
            terminals[-1].settle(0.2)  # what it loads behind its first frame is not the next one's
            if number == SESSIONS - 1:
                _work_in(terminals)
                before = sum(map(memory, terminals))
        _work_in(terminals[-1:])
        whole = sum(map(memory, terminals))
    finally:
        for terminal in terminals:
            terminal.end()
    return [
        Figure(f"80x24 start, sessions {how}, median of {SESSIONS}", 300, statistics.median(starts), "ms"),
        Figure(f"memory of {SESSIONS} sessions {how}", None, whole + others, "MiB"),
        Figure(f"session {SESSIONS} adds, {how}", 60, whole - before, "MiB"),
    ]


def _work_in(terminals: list[PseudoTerminal]) -> None:
    """Open a chart and search in some sessions, all at once, each another one: it is not timed."""
    for place, terminal in enumerate(terminals):
        for _ in range(place):
            terminal.send("Down")
    for key, shown in (("Enter", "f final"), ("q", "n next"), ("F2", "Codes"), ("heart failure", "I50")):
        for terminal in terminals:
            terminal.send(key)
        for terminal in terminals:
            terminal.expect(shown, 60)
        time.sleep(0.5)


def _ready_sessions(environment: dict[str, str]) -> list[Figure]:
    """The same of the process that waits with the program loaded (`codedesk ready`)."""
    process = subprocess.Popen(codedesk("ready"), env={**os.environ, **environment}, stderr=subprocess.PIPE)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def memory(terminal: PseudoTerminal) -> float:
        """Who asked, and a session of the waiting process: they come and go in the same order."""
        sessions = children.read_text().split()
        return terminal.memory_mib() + sum(proportional_mib(int(one)) for one in sessions) / max(len(sessions), 1)

    try:
        assert process.stderr is not None and b"ready" in process.stderr.readline()
        return _sessions(environment, "of a ready process", memory, proportional_mib(process.pid))
    finally:
        process.terminate()
        process.wait(10)


def make_site(folder: Path, reference: Path) -> dict[str, str]:
    """The demo site with its encounters several times over; the environment of a program that works on it."""
    environment = {
        "CODEDESK_HOME": str(folder / "home"),
        "CODEDESK_REFERENCE": str(reference),
        "PYTHONPATH": str(ROOT),
    }
    exported, more = folder / "demo.jsonl", folder / "more.jsonl"
    _run(environment, "encounters", "export", "--all", "-o", str(exported), "--to", "bench", "--purpose", "bench")
    lines = exported.read_text(encoding="utf-8").splitlines()
    named = '"source": "demo"' if '"source": "demo"' in lines[0] else '"source":"demo"'
    with more.open("w", encoding="utf-8") as file:
        for number in range(COPIES):
            file.writelines(line.replace(named, named.replace("demo", f"site{number}")) + "\n" for line in lines)
    _run(environment, "intake", str(more))
    return environment


def walk(environment: dict[str, str], size: tuple[int, int], *words: str, idle: float = 2.0) -> Measured:
    """Do what people do and take the answers; `words` are options of the program."""
    began = time.perf_counter()
    terminal = PseudoTerminal(codedesk("demo", *words), environment, size)
    try:
        terminal.expect(r"Clinic, ready to code(.|\n)*P20037(.|\n)*n next")
        start_ms = (time.perf_counter() - began) * 1000
        terminal.settle(0.4)
        start_bytes = len(terminal.written)
        open_once(terminal)
        answers = {
            "one Down": [terminal.press("Down") for _ in range(10)],
            "dialog": [_and_back(terminal, key, "Esc")[0] for key in ("v", "q")],
        }
        opened = [_and_back(terminal, key, back) for key, back in (("Enter", "q"), ("?", "q"), ("F4", "q"))]
        terminal.press("F2")
        answers["search keystroke, all rows changed"] = list(_searches(terminal))
        opened.append((opened[0][0], terminal.press("F3", 0.3)))
        answers["open a screen"] = [first for first, _ in opened]
        answers["back"] = [last for _, last in opened]
        terminal.press("PgDn", 0.3)
        answers["scroll by one line"] = [terminal.press("Down") for _ in range(6)]
        answers["idle"] = [terminal.settle(idle, idle)]
        return Measured(answers, start_ms, start_bytes, terminal.memory_mib())
    finally:
        terminal.end()


def _and_back(terminal: PseudoTerminal, key: str, back: str) -> tuple[Answer, Answer]:
    return terminal.press(key, 0.3), terminal.press(back, 0.3)


def _searches(terminal: PseudoTerminal) -> Iterable[Answer]:
    """Every keystroke of some searches after which all rows of results are others."""
    for query in SEARCHES:
        for letter in query:
            before = _results(terminal)
            answer = terminal.press(letter, QUIET)
            if all(old != new for old, new in zip(before, _results(terminal), strict=True)):
                yield answer
        for _ in query:
            terminal.send("BSpace")
        terminal.settle(0.3)


def _results(terminal: PseudoTerminal) -> list[str]:
    return [line[:60] for line in terminal.emulator.text()[1:8]]


def _held(name: str, environment: dict[str, str], size: tuple[int, int]) -> Figure:
    """Milliseconds from the last of 40 Downs at 25 a second to the last byte."""
    settled = []
    for words in ((), ("--plain-driver",)):
        terminal = PseudoTerminal(codedesk("demo", *words), environment, size, SLOW_LINK)
        try:
            terminal.expect(r"Clinic, ready to code(.|\n)*n next", 60)
            terminal.settle(0.5, 60)
            for _ in range(39):
                terminal.send("Down")
                terminal.settle(0.04, 0.04)
            terminal.send("Down")
            settled.append(terminal.settle(0.3, 60).last_ms or 0.0)
        finally:
            terminal.end()
    return Figure(name, 150, settled[0], "ms", other=settled[1])


def _times(name: str, bar: float, ours: Measured, stock: Measured, act: str) -> list[Figure]:
    """Median and 95th percentile of key to last byte; the bar is on the latter."""
    mine, other = ours.milliseconds(act), stock.milliseconds(act)
    return [
        Figure(f"{name}, p50", None, statistics.median(mine), "ms", other=statistics.median(other)),
        Figure(f"{name}, p95", bar, _p95(mine), "ms", other=_p95(other)),
    ]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _run(environment: dict[str, str], *words: str) -> None:
    path = {"PATH": os.environ["PATH"]}
    subprocess.run(codedesk("demo", *words), env=path | environment, check=True, stdout=subprocess.DEVNULL)
