"""Keystrokes: the demo's charts coded by their answer keys through the real screens on a pseudo terminal, counted.

The coder of this measure takes what is suggested and right, in the order in which it stands; for the rest they type
the first letters of the words of the title in their order until the code is among the first three matches, or the code
itself where that is shorter. Keys that belong to one code are its own: letters, choices, roles, POA, pointers,
modifiers. A change of several rows is shared by them. What belongs to none (opening suggestions and the entry line,
final coding, the next chart) is the overhead of the chart. What the record holds at the end is held against the key.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from codesets.catalog import Reference, find, normalize, open_reference
from codesets.releases import CodeSystem
from codesets.search import Engine, open_engine
from codesets.suggest import Suggester, open_suggester
from store.coding.codes import Codes, Diagnosis, ProcedureLine
from store.demo.site import AnswerKey, KeyDiagnosis, KeyProcedure, load_site
from store.queries import SqliteReader
from store.queries.charts import ChartHead, chart_documents, chart_head
from store.queries.codings import coding_codes
from store.terms import CodingKind, DiagnosisRole
from tests.bench.figures import Figure
from tests.bench.references import shipped
from tests.journeys.pseudo import PseudoTerminal
from tests.journeys.tmux import codedesk
from tui.keyboard import PAUSE_SECONDS
from tui.screens.chart.matching import MATCHES
from tui.screens.chart.suggestion_view import suggest

ROOT = Path(__file__).resolve().parents[2]
WORKLISTS = ("Clinic", "Inpatient")
IN_SIGHT = 3
"""A coder takes a match among the first so many rows; else they type on."""

LETTERS = 4
"""How many letters of a word are typed."""

DEAF = 0.4
"""How long a question takes no answer, and a little more."""

_STOP = {"of", "and", "with", "without", "the", "in", "for", "to", "due", "or", "other", "by", "not", "a", "an"}
_ROLE_KEYS = {DiagnosisRole.ADMITTING: "a", DiagnosisRole.REASON: "r", DiagnosisRole.EXTERNAL_CAUSE: "e"}


@dataclass
class Tally:
    """The keys of one chart: of each code, and of none."""

    visit: str
    codes: dict[str, float] = field(default_factory=dict)
    overhead: int = 0
    suggested: int = 0
    searched: int = 0
    typed: int = 0
    right: bool = False

    def add(self, codes: Sequence[str], keys: float) -> None:
        """Count keys for some codes, evenly."""
        for code in codes:
            self.codes[code] = self.codes.get(code, 0) + keys / len(codes)


def measure() -> list[Figure]:
    """Code every chart of some worklists and count."""
    with tempfile.TemporaryDirectory(prefix="codedesk-bench-") as folder:
        home = Path(folder)
        reference_file = shipped().path
        reference = open_reference(reference_file)
        environment = {
            "CODEDESK_HOME": str(home / "home"),
            "CODEDESK_REFERENCE": str(reference_file),
            "PYTHONPATH": str(ROOT),
        }
        tallies = [tally for name in WORKLISTS for tally in _worklist(environment, home, reference, name)]
        per_code = [keys for tally in tallies for keys in tally.codes.values()]
        words = {code: _by_words(reference, code) for code in _every_code()}
        reference.close()
    found = [cost for cost in words.values() if cost is not None]
    alone = [min(cost or 99, len(normalize(code)) + 1) for code, cost in words.items()]
    return [
        Figure("keys per code, median", 7, statistics.median(per_code), "keys"),
        Figure("keys per code, 90th percentile", None, statistics.quantiles(per_code, n=10)[-1], "keys"),
        Figure("overhead per chart, most", 4, max(tally.overhead for tally in tallies), "keys"),
        Figure("charts coded", None, len(tallies)),
        Figure("charts whose record equals the key", len(tallies), sum(t.right for t in tallies), at_most=False),
        Figure("codes taken from suggestions", None, sum(tally.suggested for tally in tallies)),
        Figure("codes taken from matches of words", None, sum(tally.searched for tally in tallies)),
        Figure("codes typed whole", None, sum(tally.typed for tally in tallies)),
        Figure("keys per diagnosis by words of its title alone, median", None, statistics.median(found), "keys"),
        Figure("keys per diagnosis by words or whole code, median", None, statistics.median(alone), "keys"),
        Figure("diagnoses that these words do not find", None, len(words) - len(found)),
    ]


def _worklist(environment: dict[str, str], home: Path, reference: Reference, name: str) -> list[Tally]:
    terminal = PseudoTerminal(codedesk("demo"), environment)
    try:
        terminal.expect(r"ready to code(.|\n)*n next", 90)
        terminal.settle(0.5)
        record = home / "home" / "demo" / "workstation.sqlite"
        terminal.press("v")
        terminal.expect("worklist:")
        _type(terminal, name.lower())
        terminal.press("Enter", 0.3)
        terminal.expect(f"{name}, ready to code")
        count = int(re.search(r"of (\d+)", terminal.text)[1])  # type: ignore[index]
        terminal.press("n")
        return [_Chart(terminal, record, reference, number).code() for number in range(count)]
    finally:
        terminal.end()


def _type(terminal: PseudoTerminal, text: str) -> int:
    for letter in text:
        terminal.send(letter)
    terminal.settle()
    return len(text)


class _Chart:
    """One chart that is open on the terminal."""

    def __init__(self, terminal: PseudoTerminal, record: Path, reference: Reference, number: int) -> None:
        self._terminal = terminal
        terminal.expect(r"\+ codes the chart")
        terminal.settle(0.2)
        self._record, self._reference = record, reference
        self._work_item = _open_item(record)
        with _reading(record) as reader:
            self.head: ChartHead = chart_head(reader, self._work_item)
            documents = chart_documents(reader, self.head.encounter_id)
        self._documents = [one for one in documents if one.status.authenticated]
        key = next(c.key for c in load_site().charts if c.encounter.visit_number == self.head.visit_number)
        self.key: AnswerKey = key
        self.wanted: tuple[KeyDiagnosis, ...] = key.diagnoses_of(self.head.kind)
        self.procedures: tuple[KeyProcedure, ...] = key.procedures_of(self.head.kind)
        self.tally = Tally(self.head.visit_number)
        self._systems = [CodeSystem.ICD10CM, CodeSystem.HCPCS]
        if self.head.kind == CodingKind.FACILITY:
            self._systems.append(CodeSystem.ICD10PCS)

    def code(self) -> Tally:
        """Code the chart by its key and go on to the next."""
        self._suggested()
        self._overhead("+")
        for diagnosis in self.wanted:
            if not self._has(diagnosis):
                self._enter_diagnosis(diagnosis)
        self._roles()
        self._present_on_admission()
        self._lines()
        self._overhead("Enter")
        self._terminal.expect("Final code ")
        self._terminal.settle(DEAF)
        coding = self.head.coding_id
        self._overhead("n", 0.4)
        self._terminal.settle(0.4)
        self.tally.right = self._matches_key(str(coding))
        return self.tally

    def _overhead(self, key: str, quiet: float = 0.15) -> None:
        self._terminal.press(key, quiet)
        self.tally.overhead += 1

    def _codes(self) -> Codes:
        with _reading(self._record) as reader:
            return coding_codes(reader, str(self.head.coding_id))

    def _has(self, wanted: KeyDiagnosis) -> bool:
        lists = {(d.code, d.role if d.role in _APART else None) for d in self._codes().diagnoses}
        return (wanted.code, wanted.role if wanted.role in _APART else None) in lists

    def _suggested(self) -> None:
        """Take what is suggested and in the key, from the top down."""
        found = suggest(_suggester(self._reference), self._documents, self.head)
        listed = {d.code for d in self.wanted if d.role not in _APART}
        rows = [row for row, one in enumerate(found.codes) if one.dotted in listed]
        if not rows:
            return
        self._overhead("s")
        self._terminal.expect(r"documents? read\.")
        at = 0
        for row in rows:
            for _ in range(row - at):
                self._terminal.send("Down")
            self._terminal.send("Enter")
            self._terminal.expect(f"Took {re.escape(found.codes[row].dotted)}")
            self.tally.add([found.codes[row].dotted], row - at + 1)
            self.tally.suggested += 1
            at = row + 1

    def _enter(self, text: str, codes: Sequence[str]) -> None:
        """Type a line and enter it."""
        self.tally.add(codes, _type(self._terminal, text) + 1)
        self._terminal.press("Enter")

    def _enter_diagnosis(self, wanted: KeyDiagnosis) -> None:
        role = _ROLE_KEYS.get(wanted.role, "")
        typed = f"{wanted.code.replace('.', '').lower()}{f' {role}' if role else ''}"
        words = (
            None
            if role
            else _plan(self._reference, wanted.code, self._systems, date.fromisoformat(self.head.service_date))
        )
        if words and len(words[0]) + words[1] < len(typed):
            keys = _type(self._terminal, words[0])
            if (downs := _row_on_screen(self._terminal, wanted.code)) is not None:
                for _ in range(downs):
                    self._terminal.send("Down")
                self._terminal.press("Enter")
                if asked := "Enter again takes" in self._terminal.text:
                    time.sleep(PAUSE_SECONDS)  # to read what is asked
                    self._terminal.press("Enter")
                self.tally.add([wanted.code], keys + downs + 1 + asked)
                self.tally.searched += 1
                return
            for _ in range(keys):
                self._terminal.send("BSpace")
            self.tally.add([wanted.code], 2 * keys)
        self._enter(typed, [wanted.code])
        self.tally.typed += 1

    def _roles(self) -> None:
        codes = self._codes().diagnoses
        principal = next((d for d in self.wanted if d.role == DiagnosisRole.PRINCIPAL), self.wanted[0])
        for place, one in enumerate(codes, 1):
            wanted = next((d for d in self.wanted if d.code == one.code and d.role in _ROLE_KEYS), None)
            if wanted and wanted.role == DiagnosisRole.EXTERNAL_CAUSE and one.role != wanted.role:
                self._enter(f"{place} e", [one.code])
        place = next(n for n, d in enumerate(codes, 1) if d.code == principal.code and d.role not in _APART)
        if codes[place - 1].role != DiagnosisRole.PRINCIPAL:
            self._enter(f"{place} p", [principal.code])

    def _present_on_admission(self) -> None:
        """The commonest indicator for all rows at once, then those that have another."""
        wanted = {d.code: d.poa for d in self.wanted if d.poa and d.role not in _APART}
        codes = self._codes().diagnoses
        missing = [(n, d.code) for n, d in enumerate(codes, 1) if d.code in wanted and d.role not in _APART]
        missing = [(n, code) for n, code in missing if codes[n - 1].poa != wanted[code]]
        if not missing:
            return
        usual = statistics.mode(wanted[code] for _, code in missing)
        if sum(wanted[code] == usual for _, code in missing) > 1:
            first, last = missing[0][0], missing[-1][0]
            self._enter(f"{first}-{last} {usual.lower()}", [code for _, code in missing if wanted[code] == usual])
        after = self._codes().diagnoses
        for n, d in enumerate(after, 1):
            if d.role not in _APART and d.code in wanted and d.poa != wanted[d.code]:
                self._enter(f"{n} {wanted[d.code].lower()}", [d.code])

    def _lines(self) -> None:
        """Missing lines, then modifiers and units, then pointers: for all at once where they are alike."""
        present = self._codes().lines
        missing = list(self.procedures)
        for line in present:
            taken = next((p for p in missing if normalize(p.code) == line.code), None)
            if taken:
                missing.remove(taken)
        for procedure in missing:
            self._enter(_line_typed(procedure), [procedure.code])
        codes = self._codes()
        surplus = list(codes.lines)
        for procedure in self.procedures:
            taken_line = next((line for line in surplus if line.code == normalize(procedure.code)), None)
            if taken_line is None:
                continue
            surplus.remove(taken_line)
            self._mend(codes, taken_line, procedure)

    def _mend(self, codes: Codes, line: ProcedureLine, wanted: KeyProcedure) -> None:
        letter = chr(97 + codes.lines.index(line))
        parts = []
        if tuple(wanted.modifiers) != line.modifiers:
            parts.append("".join(f"-{modifier.lower()}" for modifier in wanted.modifiers) or "-")
        if wanted.units != line.units:
            parts.append(f"x{wanted.units}")
        pointers = _pointers(codes.diagnoses, self.key, wanted)
        if line.system == "hcpcs" and pointers and pointers != line.pointers:
            parts.append(",".join(map(str, pointers)))
        if parts:
            self._enter(f"{letter} {' '.join(parts)}", [wanted.code])

    def _matches_key(self, coding: str) -> bool:
        with _reading(self._record) as reader:
            codes = coding_codes(reader, coding)
            final = reader.rows("SELECT status FROM coding WHERE id = :id", id=coding)[0]["status"] == "final"
        coded = {(d.code, d.role, d.poa) for d in codes.diagnoses}
        key = {(d.code, d.role, d.poa) for d in self.wanted}
        lines = sorted((line.code, line.modifiers, line.units) for line in codes.lines)
        wanted = sorted((normalize(p.code), tuple(p.modifiers), p.units) for p in self.procedures)
        return final and coded == key and lines == wanted


_APART = (DiagnosisRole.ADMITTING, DiagnosisRole.REASON)
_SUGGESTERS: dict[Reference, Suggester] = {}
_ENGINES: dict[Reference, Engine] = {}


def _suggester(reference: Reference) -> Suggester:
    if reference not in _SUGGESTERS:
        _SUGGESTERS[reference] = open_suggester(reference, _engine(reference))
    return _SUGGESTERS[reference]


def _engine(reference: Reference) -> Engine:
    if reference not in _ENGINES:
        _ENGINES[reference] = open_engine(reference)
    return _ENGINES[reference]


def _plan(reference: Reference, code: str, systems: Sequence[CodeSystem], on: date) -> tuple[str, int] | None:
    """The letters of the title's words after which the code stands in sight, and how many rows down; None if never."""
    found = find(reference, CodeSystem.ICD10CM, code, on)
    words = [w for w in re.findall(r"[a-z]+", found.title.lower()) if w not in _STOP] if found else []
    query = " ".join(word[:LETTERS] for word in words)
    for length in range(3, len(query) + 1):
        if query[length - 1] == " ":
            continue
        rows = [hit.dotted for hit in _engine(reference).search(query[:length], systems, on, MATCHES)]
        if code in rows[:IN_SIGHT]:
            return query[:length], rows.index(code)
    return None


def _by_words(reference: Reference, code: str) -> int | None:
    """Keys of a diagnosis by words alone; None where the words of its title never bring it into sight."""
    plan = _plan(reference, code, [CodeSystem.ICD10CM, CodeSystem.HCPCS], date(2026, 9, 1))
    return None if plan is None else len(plan[0]) + plan[1] + 1


def _every_code() -> set[str]:
    return {d.code for chart in load_site().charts for d in chart.key.diagnoses}


def _row_on_screen(terminal: PseudoTerminal, code: str) -> int | None:
    """How many rows below the first match a code stands on the screen."""
    terminal.settle(0.15)
    lines = terminal.text.split("\n")
    rules = [n for n, line in enumerate(lines) if line.startswith("── matches")]
    rows = [line.split()[0] for line in lines[rules[-1] + 1 : 22] if line.strip()] if rules else []
    return rows.index(code) if code in rows[: IN_SIGHT + 2] else None


def _line_typed(wanted: KeyProcedure) -> str:
    """A missing line as it is typed: modifiers behind the code, units, the day of a procedure of the stay."""
    text = normalize(wanted.code).lower() + "".join(f"-{modifier.lower()}" for modifier in wanted.modifiers)
    if wanted.system == "icd10pcs":
        return f"{text} @{int(wanted.service_date[8:10])}"
    return text + (f" x{wanted.units}" if wanted.units != 1 else "")


def _pointers(diagnoses: Sequence[Diagnosis], key: AnswerKey, wanted: KeyProcedure) -> tuple[int, ...]:
    """The pointers of a line of the key as numbers of the diagnoses as they stand."""
    codes = [key.diagnoses[pointer - 1].code for pointer in wanted.pointers]
    places = {d.code: n for n, d in reversed(list(enumerate(diagnoses, 1))) if d.role not in _APART}
    return tuple(places[code] for code in codes if code in places)


def _open_item(record: Path) -> str:
    with _reading(record) as reader:
        rows = reader.rows("SELECT id FROM work_item WHERE status = 'in_progress' ORDER BY claimed_at DESC LIMIT 1")
    return str(rows[0]["id"])


@contextmanager
def _reading(record: Path) -> Iterator[SqliteReader]:
    reader = SqliteReader(record)
    try:
        yield reader
    finally:
        reader.close()
