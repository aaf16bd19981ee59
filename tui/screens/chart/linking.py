"""The code cursor of a chart, and what goes by it: change the row, see the words it rests on, link it to others.

`>` and `<` move the cursor, `.` puts it on the row of the next finding, `c` opens the entry line at the row. Words
are linked by typing them: the document goes along, Up and Down go to other places, Enter keeps the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codesets.edits import CodeFinding
from store.coding.cited import Cited, places_of, read_cited
from store.coding.codes import Diagnosis, ProcedureLine
from store.coding.entry import Cite, line_letter
from tui.screens.chart.changes import add

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

WORDS = "words"
"""What is asked for while words are linked."""


class CodeCursor:
    """The row of the codes that keys are about: diagnoses first, from 0; none until a key asks for one."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self.row: int | None = None
        self._finding = -1
        self._places: list[Cited] = []
        self._place = 0

    @property
    def _rows(self) -> list[Diagnosis | ProcedureLine]:
        shown = self._chart.on_screen
        return [*shown.codes.diagnoses, *shown.codes.lines] if shown else []

    @property
    def code(self) -> Diagnosis | ProcedureLine | None:
        """What is coded in the row of the cursor."""
        rows = self._rows
        return rows[self.row] if self.row is not None and self.row < len(rows) else None

    def move(self, by: int) -> None:
        """Go to the next or previous code; the first one where there is no cursor yet."""
        count = len(self._rows)
        if not count:
            self._chart.say("Nothing is coded yet.", "warning")
            return
        first = 0 if by > 0 else count - 1
        self._stand(first if self.row is None else (self.row + by) % count)

    def drop(self) -> bool:
        """Take the cursor away; false where there was none."""
        if self.row is None:
            return False
        self._stand(None)
        return True

    def to_finding(self, findings: tuple[CodeFinding, ...]) -> None:
        """Go to the row of the next finding and say it, the gravest first."""
        told = [finding for finding in findings if finding.severity.value != "could_not_check"]
        if not told:
            self._chart.say("The edits found nothing.", "good")
            return
        self._finding = (self._finding + 1) % len(told)
        finding = told[self._finding]
        self._stand(self._row_of(finding.place))
        fix = f"  {finding.fix}" if finding.fix else ""
        self._chart.say(f"{self._finding + 1} of {len(told)}: {finding.message}{fix}", "warning")

    def change(self) -> None:
        """Open the entry line at the row of the cursor."""
        if self.row is not None:
            self._chart.ask("entry", "+", f"{self._name(self.row)} ")
            self._chart.edited("entry", f"{self._name(self.row)} ")

    @property
    def code_is_linked(self) -> bool:
        """Whether words are linked to the code of the cursor."""
        return self.code is not None and bool(self.code.evidence)

    def show_words(self) -> None:
        """Show the document at the words that the code rests on."""
        code = self.code
        cited = read_cited(code.evidence) if code else None
        if cited is None or not self._chart.reading.show_place(cited):
            self._chart.say("No words are linked to this code. E links it to words of a document.", "warning")

    def link(self) -> None:
        """Ask for the words that support the code of the cursor."""
        if (code := self.code) and self.row is not None:
            self._places, self._place = [], 0
            self._chart.ask(WORDS, f"words that support {self._name(self.row)} {code.code}:", "", self._linked)

    def edited(self, words: str) -> None:
        """What is typed has changed: go to the first place of the words."""
        shown = self._chart.on_screen
        self._places = places_of(words, shown.documents) if shown and len(words.strip()) > 1 else []
        self._place = 0
        self._show_place()
        self._chart.refresh_frame()

    def step(self, by: int) -> None:
        """Go to another place of the words."""
        if self._places:
            self._place = (self._place + by) % len(self._places)
            self._show_place()

    def hints(self) -> Sequence[tuple[str, str]]:
        """What the keys do with the words that are typed, Enter first."""
        places = (("Up Down", "other places"),) if len(self._places) > 1 else ()
        typed = bool(self._chart.entry.text.strip())
        without = "unlink" if self.code_is_linked else "leave"
        does = "link" if self._places else "say why not" if typed else without
        return ("Enter", does), *places, ("Esc", "leave")

    def _show_place(self) -> None:
        if self._places:
            self._chart.reading.show_place(self._places[self._place])

    async def _linked(self, words: str) -> None:
        """Keep the place with the code; without words the link is taken away."""
        if self.row is None:
            return
        if words.strip() and not self._places:
            self._chart.say(f"“{words.strip()}” stands in no signed document. Nothing is linked.", "warning")
            return
        if not words.strip() and not self.code_is_linked:
            return
        shown = self._chart.on_screen
        count = len(shown.codes.diagnoses) if shown else 0
        kept = self._places[self._place].kept if self._places else ""
        line = self.row >= count
        await add(self._chart, Cite(line, self.row + 1 - (count if line else 0), kept), "linked to words")

    def _stand(self, row: int | None) -> None:
        self.row = row
        self._chart.codes.draw()

    def _row_of(self, place: str) -> int | None:
        """The row that a finding is about: `diagnosis.2`, `line.1.pointers`; None for the chart as a whole."""
        kind, _, rest = place.partition(".")
        number = rest.partition(".")[0]
        if not number.isdecimal():
            return None
        shown = self._chart.on_screen
        before = len(shown.codes.diagnoses) if shown and kind == "line" else 0
        row = before + int(number) - 1
        return row if kind in ("diagnosis", "line") and row < len(self._rows) else None

    def _name(self, row: int) -> str:
        shown = self._chart.on_screen
        count = len(shown.codes.diagnoses) if shown else 0
        return str(row + 1) if row < count else line_letter(row + 1 - count)
