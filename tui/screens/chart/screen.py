"""The chart: what was written about the visit, the codes beside it, and the one line in which they are typed.

At 80 columns the document stands above the codes, at 132 beside them. Matches of the entry line cover the
lower rows while something is typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Container

from codesets.edits import CodeFinding
from codesets.errors import CodedeskError
from codesets.releases import CodeSystem
from store.coding.codes import Codes
from store.coding.entry import Entry, EntryError
from store.coding.grouping import is_stay
from store.queries.drafts import question_typed
from store.terms import CodingStatus
from tui.cells import Line
from tui.screens.chart import late, panes
from tui.screens.chart.abstract import change_abstract
from tui.screens.chart.allowed import why_not
from tui.screens.chart.changes import add, walk
from tui.screens.chart.codes_shown import CodesShown
from tui.screens.chart.completing import told
from tui.screens.chart.entering import Entering, NotTaken
from tui.screens.chart.finishing import FINAL, ask_final, ask_recode
from tui.screens.chart.following import Following
from tui.screens.chart.greeting import greet, place
from tui.screens.chart.held import take_if_ready
from tui.screens.chart.linking import WORDS, CodeCursor
from tui.screens.chart.reading import Reading
from tui.screens.chart.stay import StayLine
from tui.screens.chart.view import ChartOnScreen, read_chart
from tui.screens.desk import DeskScreen
from tui.screens.holding import hold_chart, hold_or_clear
from tui.widgets.painted import Painted
from tui.widgets.row_table import RowTable
from tui.widgets.text_pane import TextPane

ENTERS = {"what if": "groups it", "find": "finds it", "recode": "opens the new version", "abstract": "sets it"}
"""What Enter does with what else is asked for."""

ANEW = "Type anew, or Backspace to mend."
"""What can be done with a line that was refused."""

LAYOUTS = ("both", "note", "codes")


class ChartScreen(DeskScreen):
    """One chart open for coding, or to look at when it is final."""

    name_on = "chart"

    def __init__(
        self,
        work_item_id: str,
        coding_id: str,
        draft: str = "",
        only_reading: str = "",
        emergency: str = "",
        left_at: str = "",
        question: str = "",
        on_hold: bool = False,
        told: str = "",
    ) -> None:
        super().__init__()
        self.told = told
        """What is to be said of how the chart came here, before what it says of itself."""
        self.emergency = emergency
        """Until when the chart is open in an emergency; empty where it is not."""
        self.on_hold = on_hold
        """Whether a hold alone is why the chart is open to be read."""
        self.only_reading = only_reading
        """Why the chart is open to be read and not to be coded; empty where it is."""
        self.work_item_id = work_item_id
        self.coding_id = coding_id
        self.draft = draft
        """What was being typed into the entry line when the chart was left."""
        self.question = question_typed(question)
        """What is being written to a provider about this chart and not yet entered, if anything is."""
        self._chart: ChartOnScreen | None = None
        self._layout = 0
        self.codes = CodesShown(self)
        self.reading = Reading(self, left_at)
        self.entering = Entering(self, left_at)
        self.cursor = CodeCursor(self)
        self.following = Following(self)
        self.stay = StayLine(self)

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="document")
            yield TextPane(id="codes")
        yield Painted(id="drg")

    @property
    def document_pane(self) -> TextPane:
        return self.query_one("#document", TextPane)

    @property
    def codes_pane(self) -> TextPane:
        return self.query_one("#codes", TextPane)

    @property
    def pane(self) -> TextPane:
        return self.codes_pane if LAYOUTS[self._layout] == "codes" else self.document_pane

    @property
    def service_date(self) -> date:
        """The day that decides the code sets of this chart."""
        return date.fromisoformat(self._chart.head.service_date) if self._chart else self.workstation.today

    @property
    def titles(self) -> dict[tuple[str, str], str]:
        """The titles of the codes looked up so far, by system and code without dot."""
        return self.codes.titles

    @property
    def findings(self) -> tuple[CodeFinding, ...]:
        """What the edits found on the codes as they are."""
        return self.codes.findings

    @property
    def final(self) -> bool:
        return self._chart is not None and self._chart.head.coding_status == CodingStatus.FINAL

    @property
    def shut(self) -> str:
        """Why nothing can be coded in the chart now; empty where it can."""
        return self.only_reading or (self._chart.canceled if self._chart else "") or self.taken_over

    @property
    def taken_over(self) -> str:
        """Who has taken the chart over while it was open here; empty where nobody has."""
        return self.taken_over_in(self._chart) if self._chart else ""

    def taken_over_in(self, chart: ChartOnScreen) -> str:
        """Who has taken the chart over by a later reading of it; empty where nobody has."""
        holder, name = chart.holder
        me = self.workstation.record.known_actor
        return f"{name} has taken this chart over" if holder and me is not None and holder != me.person_id else ""

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.stay.paint()
        self.codes.draw()

    def on_mount(self) -> None:
        super().on_mount()
        self.document_pane.set_active(True)
        if self._chart is None:
            self.in_turn(self.load())
            return
        self.reading.show_document()
        self.codes.show(None)
        greet(self, self._chart)

    def place(self) -> tuple[Line, Line]:
        return place(self, self._chart) if self._chart else ((), ())

    def why_not(self, action: str) -> str:
        return why_not(self, action)

    def record_changed(self) -> None:
        self.following.record_changed()
        if self.on_hold:
            self.in_turn(take_if_ready(self))

    async def follow(self, chart: ChartOnScreen, draw: bool) -> None:
        """Take the chart as the record has it now; with `draw` what is drawn of it differs."""
        self._chart = chart
        if draw:
            await self.codes.look_up_and_show()

    async def read(self) -> ChartOnScreen:
        """The chart as the record has it now."""
        return await self.workstation.record.read(read_chart, self.work_item_id, self.coding_id)

    def services(self) -> Any:
        """What changes the codes that are on the screen: a module with `enter`, `undo`, `redo` and `resolve`."""
        from store.coding import entering

        return entering

    async def read_ahead(self) -> None:
        """Read the chart, and what the code sets say of it, before the screen is there: it is drawn but once then."""
        self._chart = await self.read()
        await self.codes.look_up(self._chart)
        if is_stay(self._chart.head):
            self.add_class("-stay")

    async def load(self, keep: bool = False) -> None:
        """Read the chart anew and show it; with `keep` the document and its place stay."""
        self._chart = await self.read()
        if not keep:
            self.reading.show_document()
        await self.codes.look_up_and_show()
        if not keep:
            greet(self, self._chart)

    async def show_chart(self, chart: ChartOnScreen, before: Codes) -> None:
        """Show the chart after a change of its codes; the row that differs from `before` is brought into sight."""
        self._chart = chart
        await self.codes.look_up_and_show(before)

    def copied(self) -> str:
        codes = self._chart.codes if self._chart else Codes()
        return "  ".join([*(d.code for d in codes.diagnoses), *(line.code for line in codes.lines)])

    def do_enter_code(self) -> None:
        self.ask("entry", "+")

    def do_enter_line(self) -> None:
        self.do_enter_code()

    def unknown_key(self, key: str) -> bool:
        if self.final or self.only_reading or not (key.isdigit() or key == "-"):
            return False
        self.ask("entry", "+", key)
        self.edited("entry", key)
        return True

    def takes_over(self, text: str) -> bool:
        """Text that was typed at a question is a line of codes."""
        if self.final or self.shut:
            return False
        if self.entry.asking == "seventh":
            self.entering.give_up_seventh()
        self.close_choices()
        self.ask("entry", "+", text)
        self.edited("entry", text)
        self.say("Text, and no answer: the question was left.", "warning")
        return True

    def edited(self, asking: str, text: str) -> None:
        if asking == "entry":
            self.entering.edited(text)
        elif asking == WORDS:
            self.cursor.edited(text)

    def entered(self, asking: str, text: str) -> None:
        if asking == "entry" and text.strip():
            self.in_turn(self.entering.enter(text))
        elif asking == "entry":
            self.entering.close()
            self.workstation.keyboard.refuse_text("Enter had left the line")
            if self._chart and self._chart.codes.diagnoses and not self.shut:  # the question takes another key
                self.in_turn(ask_final(self, from_line=True))

    def trouble(self, error: CodedeskError) -> None:
        """Say what went wrong; a line that was refused gives way to the next one."""
        super().trouble(error)
        if self.entry.asking == "entry" and isinstance(error, EntryError) and not isinstance(error, NotTaken):
            self.say(f"{told(error)}  {ANEW}  {self.entering.unseen_told}".rstrip(), "error")
            self.entry.refuse()
            self.entering.refused()

    def left(self, asking: str, text: str) -> None:
        if asking == "entry":
            self.entering.keep_draft("", now=True)
        elif asking == "seventh":
            self.entering.ask_again()
        elif asking == "confirm" and self.reading.shows(FINAL):
            self.reading.show_document()

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        if asking == "entry":
            return self.entering.hints()
        if asking == WORDS:
            return self.cursor.hints()
        if asking in ENTERS and not self.choices.has_class("-open"):
            return ("Enter", ENTERS[asking]), ("Esc", "leave")
        return super().asking_hints(asking)

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """What Enter does goes by the match under the cursor."""
        if event.table is self.choices and self.entry.asking == "entry":
            self.refresh_frame()

    def _while_asking(self, key: str) -> bool:
        """A key for the matches of a text that is not answered yet waits for its answer."""
        if self.entry.asking == "entry" and self.entering.behind and key in ("Up", "Down", "Tab"):
            waits = (
                self.entering.complete_answered() if key == "Tab" else self.entering.step(1 if key == "Down" else -1)
            )
            self.in_turn(waits)
            return True
        return super()._while_asking(key)

    def asking_key(self, key: str) -> bool:
        """The note can be read while a code is typed."""
        if key in ("PgDn", "PgUp"):
            self.document_pane.page(1 if key == "PgDn" else -1)
            return True
        if self.entry.asking == WORDS and key in ("Up", "Down"):
            self.cursor.step(1 if key == "Down" else -1)
            return True
        return key == "Tab" and self.entry.asking == "entry" and self.entering.complete()

    def do_find(self) -> None:
        self.reading.find()

    def do_find_next(self) -> None:
        self.reading.find_next()

    def do_next_document(self) -> None:
        self.reading.turn(1)

    def do_previous_document(self) -> None:
        self.reading.turn(-1)

    def do_choose_document(self) -> None:
        self.reading.choose_document()

    def do_choose_section(self) -> None:
        self.reading.choose_section()

    def do_next_code(self) -> None:
        self.cursor.move(1)

    def do_previous_code(self) -> None:
        self.cursor.move(-1)

    def do_next_finding(self) -> None:
        self.cursor.to_finding(self.findings)

    def do_change_code(self) -> None:
        self.cursor.change()

    def do_code_words(self) -> None:
        self.cursor.show_words()

    def do_link_words(self) -> None:
        self.cursor.link()

    def do_last_visit(self) -> None:
        self.in_turn(self.entering.begin_copy())

    def do_layout(self) -> None:
        self._layout = (self._layout + 1) % len(LAYOUTS)
        for name in LAYOUTS:
            self.set_class(LAYOUTS[self._layout] == name, f"-{name}")
        self.document_pane.set_active(self.pane is self.document_pane)
        self.codes_pane.set_active(self.pane is self.codes_pane)

    def do_findings(self) -> None:
        panes.show_findings(self)

    def do_fix_finding(self) -> None:
        finding = next(finding for finding in self.findings if finding.repair)
        self.in_turn(self._fix(finding))

    async def _fix(self, finding: CodeFinding) -> None:
        await self.entering.enter_whole(finding.repair, f"fix of {finding.rule_id}")
        self.say(f"{finding.title}: {finding.repair}   u takes it back.", "good")

    def do_evidence(self) -> None:
        panes.show_evidence(self)

    def do_chart_facts(self) -> None:
        self.in_turn(panes.show_facts(self))

    def do_late(self) -> None:
        self.in_turn(late.show_changes(self))

    def do_take_late(self) -> None:
        self.in_turn(late.take_charges(self))

    def do_answer_key(self) -> None:
        self.in_turn(panes.show_answer_key(self))

    def do_training(self) -> None:
        self.in_turn(panes.show_lesson(self))

    def do_drg(self) -> None:
        self.in_turn(panes.show_drg(self))

    def do_what_if(self) -> None:
        panes.ask_what_if(self)

    def do_hcc(self) -> None:
        panes.show_risk(self)

    def do_em_worksheet(self) -> None:
        from tui.screens.em import EmScreen

        self.workstation.show(EmScreen(self))

    async def go_on_coding(self, coding_id: str, draft: str, question: str) -> None:
        """Have the chart open for coding that was open to be read; the document and its place stay."""
        self.only_reading, self.on_hold = "", False
        self.coding_id, self.draft = coding_id, draft
        self.question = question_typed(question)
        await self.load(keep=True)

    def do_hold(self) -> None:
        if self._chart and self.on_hold:
            patient = self._chart.head.patient
            hold_or_clear(self, self.work_item_id, patient, lambda text: self.in_turn(take_if_ready(self, text)))
        elif self._chart:
            hold_chart(self, self.work_item_id, self._chart.head.patient, partial(self.workstation.leave_held, self))

    def do_ask_provider(self) -> None:
        from tui.screens.query import QueryScreen, begin_query

        if self.question is not None:
            self.workstation.show(QueryScreen(self.question.query_id))
        elif self._chart:
            begin_query(self, self.work_item_id, self._chart.head.provider, self._chart.head.service_date)

    def do_next_chart(self) -> None:
        if self._chart:
            self.workstation.opening.next_chart(self._chart.head.worklist, leaving=self)

    def do_undo(self) -> None:
        self.in_turn(self._walk(back=True))

    def do_redo(self) -> None:
        self.in_turn(self._walk(back=False))

    def do_final(self) -> None:
        self.in_turn(ask_final(self))

    def do_recode(self) -> None:
        self.in_turn(ask_recode(self))

    def do_leave(self) -> None:
        if not self.reading.of_document:
            self.reading.show_document()
            return
        if self.cursor.drop():
            return
        self.workstation.leave_screen(self)

    def take_codes(self, system: CodeSystem, codes: Sequence[str], why: str, trail: str, searched: str = "") -> None:
        """Add codes that were found in the encoder, one after the other, with the trail that led to them.

        `searched` are the words they were searched with, if they were.
        """

        async def taken() -> None:
            for code in codes:
                await self.entering.add_found(system, code, why, trail, searched)

        self.in_turn(taken())

    def do_suggestions(self) -> None:
        from tui.screens.chart.suggestions import SuggestionsScreen

        self.workstation.show(SuggestionsScreen(self))

    @property
    def on_screen(self) -> ChartOnScreen | None:
        """The chart as it was last read; None before that."""
        return self._chart

    async def add(self, entry: Entry, why: str) -> None:
        """Carry out an entry that was chosen elsewhere, and show what it made of the codes."""
        await add(self, entry, why)

    async def take_back(self) -> str:
        """Take back the last change of the codes; one line that says what happened."""
        return await walk(self, back=True)

    def on_screen_resume(self) -> None:
        """The encoder above may have changed the favorites, and the queries the holds."""
        self.entering.forget_favorites()
        if self.on_hold:
            self.in_turn(take_if_ready(self))

    def do_abstract(self) -> None:
        """Choose a field of the visit and give it another value."""
        self.in_turn(change_abstract(self))

    async def _walk(self, back: bool) -> None:
        await walk(self, back)

    async def put_away(self) -> None:
        """Give the chart back unless it is final; its codes and what is being typed stay with it."""
        from store.worklists import release

        if self.only_reading:
            return
        await self.entering.save_draft()
        if not self.final:
            await self.workstation.change(release, self.work_item_id)
        self.workstation.opening.let_go(self.work_item_id)
