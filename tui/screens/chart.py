"""The chart: what was written about the visit, the codes beside it, and the one line in which they are typed.

At 80 columns the document stands above the codes, at 132 beside them. Matches of the entry line cover the
lower rows while something is typed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from codesets.catalog import Reference, find
from codesets.edits import CodeFinding
from codesets.errors import CodedeskError
from codesets.releases import CodeSystem
from codesets.search import Engine
from codesets.seventh import Seventh, seventh_characters
from store.coding.codes import Codes, Found, apply_entry
from store.coding.conflict import Side, differences, merged
from store.coding.entry import AddDiagnosis, AddProcedure, Entry, EntryError, Search, parse
from store.coding.lookup import system_of
from store.queries.charts import ChartHead
from store.queries.favorites import Favorite, favorites_of
from store.terms import CodingKind, CodingStatus, clock_time
from tui.cells import Line, counted
from tui.money import dollars
from tui.screens.chart_facts import fact_lines, read_facts
from tui.screens.chart_view import (
    ChartOnScreen,
    changed_row,
    code_lines,
    document_lines,
    evidence_lines,
    faults,
    finding_lines,
    look_up,
    read_chart,
    signature,
    tally,
)
from tui.screens.conflict import SAVED_FIRST
from tui.screens.desk import WIDE, DeskScreen
from tui.screens.encoder import seventh_options
from tui.screens.worklist import hold_chart
from tui.widgets.row_table import Column
from tui.widgets.text_pane import Content, TextPane

if TYPE_CHECKING:
    from store.coding.service import Entered

MatchRow = tuple[str, str, str, str, str]
"""A match of the entry line: dotted code, title, why, system, code without dot."""

FAVORITES_KEY = "="
MOST_FAVORITES = 50
_INCOMPLETE = re.compile(r"[A-Za-z]\d[0-9A-Za-z]\.?[0-9A-Za-z]{0,3}")
"""A code of ICD-10-CM with fewer than seven characters."""

CODING = ("enter_code", "suggestions", "final", "undo", "redo", "hold", "ask_provider", "abstract", "fix_finding")
"""What cannot be done to a chart that is open to be read."""

LAYOUTS = ("both", "note", "codes")
DRAFT_SECONDS = 0.4
MATCHES = 8
FEWEST_CODE_ROWS, MOST_CODE_ROWS = 6, 12
"""How tall the codes stand at 80 columns; the document has the rest."""
MATCH_COLUMNS = (
    Column("", 9, lambda row: " " + row[0], style=lambda row: "strong"),
    Column("", 0, lambda row: row[1], align="ends"),
    Column("", 44, lambda row: row[2], style=lambda row: "dim", from_width=WIDE),
    Column("", 5, lambda row: {"icd10cm": "dx", "icd10pcs": "PCS"}.get(row[3], "HCPCS"), style=lambda row: "dim"),
)


class BothSidesShown(CodedeskError):
    """What was entered has met another's change; the conflict is on the screen and the entry stays where it is."""


class ChartScreen(DeskScreen):
    """One chart open for coding, or to look at when it is final."""

    name_on = "chart"

    def __init__(
        self, work_item_id: str, coding_id: str, draft: str = "", only_reading: str = "", emergency: str = ""
    ) -> None:
        super().__init__()
        self._emergency = emergency
        self.only_reading = only_reading
        """Why the chart is open to be read and not to be coded; empty where it is."""
        self.work_item_id = work_item_id
        self.coding_id = coding_id
        self._draft = draft
        self._chart: ChartOnScreen | None = None
        self._titles: dict[tuple[str, str], str] = {}
        self._findings: tuple[CodeFinding, ...] = ()
        self._release = ""
        self._document = 0
        self._showing = "document"
        self._layout = 0
        self._words = ""
        self._matched = ""
        self._favorites: tuple[Favorite, ...] | None = None
        self._incomplete = ""
        self._draft_timer: Timer | None = None
        self._unsaved: str | None = None
        self._told_version = 0

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield TextPane(id="document")
            yield TextPane(id="codes")

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
    def final(self) -> bool:
        return self._chart is not None and self._chart.head.coding_status == CodingStatus.FINAL

    def on_mount(self) -> None:
        super().on_mount()
        self.document_pane.set_active(True)
        self.in_turn(self._load())

    def place(self) -> tuple[Line, Line]:
        if self._chart is None:
            return (), ()
        head = self._chart.head
        who = f"{head.sex} {head.age}".strip()
        start: Line = (
            (head.patient, "strong"),
            (f"  {who}  {head.mrn}  {head.service_date} {head.setting.label}  {head.provider}", "text"),
        )
        if head.kind == CodingKind.FACILITY and not head.inpatient:
            start = (*start, ("  facility", "dim"))
        state: Line = (("✓ final  ", "good"),) if self.final else ()
        if self.only_reading:
            state = (("@ to read  ", "warning"), *state)
        if self._emergency:
            state = (("# emergency  ", "error"), *state)
        return start, (*state, (self._release, "warning" if "not covered" in self._release else "dim"))

    def why_not(self, action: str) -> str:
        if action in CODING and self.only_reading:
            return self.only_reading
        if action == "fix_finding" and not any(finding.repair for finding in self._findings):
            return "no finding has one certain fix; ! explains them"
        if action in ("enter_code", "final", "redo", "hold", "fix_finding") and self.final:
            return "the coding is final; u takes it back until the claim is exported"
        if action == "suggestions" and self._chart is not None and not self._chart.documents:
            return "no document has come for this visit yet"
        if action == "find_next" and not self._words:
            return "nothing was looked for yet; / finds words"
        return ""

    def record_changed(self) -> None:
        if self._chart is not None:
            self.work(self._follow(), group="follow", exclusive=True)

    async def _follow(self) -> None:
        """Show what somebody else has changed: at once where the chart is only read, else a word about it."""
        shown = self._chart
        now = await self.workstation.record.read(read_chart, self.work_item_id, self.coding_id)
        if shown is None or now.head.coding_version == shown.head.coding_version or self._chart is not shown:
            return
        if self.only_reading:
            self._chart = now
            await self._show_codes()
        elif self._told_version != now.head.coding_version:
            self._told_version = now.head.coding_version
            self.say("Another session has changed this chart. Your next entry shows both sides.", "warning")

    async def _load(self, keep: bool = False) -> None:
        self._chart = await self.workstation.record.read(read_chart, self.work_item_id, self.coding_id)
        if not keep:
            self._show_document()
        await self._show_codes()
        if keep:
            return
        if self._emergency:
            until = clock_time(self._emergency)
            self.say(f"Open to you until {until}, for the reason you gave. It will be reviewed.", "warning")
        elif self.only_reading:
            self.say(f"To read: {self.only_reading}.", "warning")
        elif self._draft and not self.final:
            self.ask("entry", "+", self._draft)
            self.edited("entry", self._draft)
            self.say("What you had typed is still here.")
        elif not self.final:
            self.say("+ codes the chart: e11.42   i50.23 p y   g0467-25 1,2   *   -3   or words", "dim")

    def _show_document(self) -> None:
        chart = self._chart
        if chart is None:
            return
        self._showing = "document"
        if not chart.documents:
            self.document_pane.show("No document has come for this visit yet", lambda width: ())
            return
        document = chart.documents[self._document % len(chart.documents)]
        day = document.authored_at[:10]
        title = f"{document.type_name} {day}   {self._document % len(chart.documents) + 1}/{len(chart.documents)}"
        self.document_pane.show(title, partial(document_lines, document), signature(document))

    async def _show_codes(self, before: Codes | None = None) -> None:
        """Draw the codes and what the edits find; a row that differs from `before` is brought into sight."""
        chart = self._chart
        if chart is None:
            return
        asked = await self.workstation.codes.ask(look_up, chart, tuple(self._titles))
        self._titles |= asked.titles
        self._findings, self._release = asked.findings, asked.release
        codes = chart.codes
        cents = codes.charge_cents if chart.head.kind == CodingKind.PROFESSIONAL else chart.head.charged_cents
        money = dollars(cents) if chart.head.kind == CodingKind.PROFESSIONAL else f"{dollars(cents)} charged"
        title = f"Codes  {counted(len(codes.diagnoses), 'diagnosis')}, {counted(len(codes.lines), 'line')}, {money}"
        content = partial(code_lines, chart, self._titles, self._findings)
        if not self.wide:
            rows = len(codes.diagnoses) + len(codes.lines) + len(faults(self._findings))
            self.codes_pane.styles.height = min(max(rows + 1, FEWEST_CODE_ROWS), MOST_CODE_ROWS)
        self.codes_pane.show(title, content, tally(self._findings), keep=True)
        if before is not None and (changed := changed_row(before, codes)) is not None:
            self.call_after_refresh(self.codes_pane.reveal, changed)
        self.refresh_frame()

    def copied(self) -> str:
        codes = self._chart.codes if self._chart else Codes()
        return "  ".join([*(d.code for d in codes.diagnoses), *(line.code for line in codes.lines)])

    def do_enter_code(self) -> None:
        self.ask("entry", "+")

    def unknown_key(self, key: str) -> None:
        if not self.final and not self.only_reading and (key.isdigit() or key == "-"):
            self.ask("entry", "+", key)

    def edited(self, asking: str, text: str) -> None:
        if asking == "entry":
            self._keep_draft(text)
            self._match(text)

    def entered(self, asking: str, text: str) -> None:
        if asking == "entry" and text.strip():
            self.in_turn(self._enter(text))
        elif asking == "entry":
            self._close_entry()

    def left(self, asking: str, text: str) -> None:
        if asking == "entry":
            self._keep_draft("", now=True)
        elif asking == "seventh":
            self.ask("entry", "+", self._incomplete)

    def asking_hints(self, asking: str) -> Sequence[tuple[str, str]]:
        if asking == "entry":
            return (
                *(("Enter", "add"), ("Up Down", "choose"), ("PgUp PgDn", "read")),
                *(("=", "favorites"), ("F2", "encoder"), ("Esc", "done")),
            )
        return super().asking_hints(asking)

    def asking_key(self, key: str) -> bool:
        """The note can be read while a code is typed."""
        if key in ("PgDn", "PgUp"):
            self.document_pane.page(1 if key == "PgDn" else -1)
            return True
        return False

    def do_find(self) -> None:
        async def found(text: str) -> None:
            self._words = text.strip()
            if not self.document_pane.find(self._words) and self._words:
                self.say(f"“{self._words}” does not stand in this document.", "warning")
            elif self._words:
                self.say("N goes to the next place.", "dim")

        self.ask("find", "/", self._words, found)

    def do_find_next(self) -> None:
        if not self.document_pane.find(self._words, again=True):
            self.say(f"“{self._words}” does not stand in this document.", "warning")

    def do_next_document(self) -> None:
        self._turn(1)

    def do_previous_document(self) -> None:
        self._turn(-1)

    def do_layout(self) -> None:
        self._layout = (self._layout + 1) % len(LAYOUTS)
        for name in LAYOUTS:
            self.set_class(LAYOUTS[self._layout] == name, f"-{name}")
        self.document_pane.set_active(self.pane is self.document_pane)
        self.codes_pane.set_active(self.pane is self.codes_pane)

    def do_findings(self) -> None:
        self._toggle("findings", "Findings", partial(finding_lines, self._findings), tally(self._findings))

    def do_fix_finding(self) -> None:
        finding = next(finding for finding in self._findings if finding.repair)
        self.in_turn(self._fix(finding))

    async def _fix(self, finding: CodeFinding) -> None:
        await self._enter_whole(finding.repair, f"fix of {finding.rule_id}")
        self.say(f"{finding.title}: {finding.repair}   u takes it back.", "good")

    def do_evidence(self) -> None:
        if self._chart:
            self._toggle(
                "evidence", "Evidence", partial(evidence_lines, self._chart, self._titles), "how each was found"
            )

    def do_chart_facts(self) -> None:
        async def shown() -> None:
            facts = await self.workstation.record.read(read_facts, self._chart.head) if self._chart else None
            if facts:
                self._toggle("facts", "Visit, coverage, charges, codes as received", fact_lines(facts), "")

        self.in_turn(shown())

    def do_answer_key(self) -> None:
        async def shown() -> None:
            from tui.screens.answer_key import key_lines

            lines = key_lines(self._chart.head.visit_number, self._chart.head.kind) if self._chart else None
            if lines is None:
                self.say("This chart has no answer key: only charts of the demo site have one.", "warning")
            else:
                self._toggle("key", "Answer key", lines, "training")

        self.in_turn(shown())

    def do_hold(self) -> None:
        if self._chart:
            hold_chart(self, self.work_item_id, self._chart.head.patient, partial(self.workstation.leave_held, self))

    def do_ask_provider(self) -> None:
        from tui.screens.query import begin_query

        if self._chart:
            begin_query(self, self.work_item_id, self._chart.head.provider, self._chart.head.service_date)

    def do_next_chart(self) -> None:
        if self._chart:
            self.workstation.next_chart(self._chart.head.worklist, leaving=self)

    def do_undo(self) -> None:
        self.in_turn(self._walk(back=True))

    def do_redo(self) -> None:
        self.in_turn(self._walk(back=False))

    def do_final(self) -> None:
        chart = self._chart
        if chart is None:
            return
        codes = chart.codes
        found = tally(self._findings)
        what = f"{counted(len(codes.diagnoses), 'diagnosis')}, {counted(len(codes.lines), 'line')}"
        self.confirm(f"Final code {what} ({found})?", self._final)

    def do_leave(self) -> None:
        if self._showing != "document":
            self._show_document()
            return
        self.workstation.leave_screen(self)

    def take_codes(self, system: CodeSystem, codes: Sequence[str], why: str, trail: str, searched: str = "") -> None:
        """Add codes that were found in the encoder, one after the other, with the trail that led to them.

        `searched` are the words they were searched with, if they were.
        """

        async def taken() -> None:
            for code in codes:
                await self._add_found(system, code, why, trail, searched)

        self.in_turn(taken())

    @work(exclusive=True, group="match")
    async def _match(self, text: str) -> None:
        words = text.lstrip("+ ").strip()
        if not words or words[0] == "-" or self._chart is None:
            self.close_choices()
            return
        rows = await self._rows_for(words)
        if self.entry.asking != "entry":
            return
        self._matched = words
        if rows:
            self.offer(rows, MATCH_COLUMNS, "matches")
        else:
            self.close_choices()

    async def _enter(self, text: str) -> None:
        chart = self._chart
        if chart is None:
            return
        if self.choices.index == 0 and (offered := await self.workstation.codes.ask(_sevenths, text, chart.head)):
            self._offer_seventh(offered, text)
            return
        await self._enter_whole(text, f"typed {text.strip()}")

    def _offer_seventh(self, offered: list[Seventh], text: str) -> None:
        """Ask for the 7th character of the code that was typed; what was typed behind the code stays."""
        typed, _, rest = text.strip().partition(" ")
        self._incomplete = text

        async def picked(character: str) -> None:
            whole = next(one.dotted for one in offered if one.character == character)
            self.ask("entry", "+")
            await self._enter_whole(f"{whole} {rest}", f"typed {typed}, 7th character {character}")

        self.pick("seventh", f"{typed.upper()} 7th character:", seventh_options(offered), picked)

    async def _enter_whole(self, text: str, why: str) -> None:
        chart = self._chart
        if chart is None:
            return
        entry = await self.workstation.codes.ask(_parse, text, chart.head)
        if isinstance(entry, Search):
            row = await self._chosen(entry.words)
            system, code = row[3:5]
            listed = entry.words.startswith(FAVORITES_KEY)
            why = f"{'favorites' if listed else 'search'} “{entry.words}”: {row[2]}"
            await self._add_found(CodeSystem(system), code, why, "", "" if listed else entry.words)
        else:
            await self._add(entry, why)
        if self.entry.asking == "entry":
            self.entry.text = ""
            self.close_choices()
        self._keep_draft("", now=True)

    async def _chosen(self, words: str) -> MatchRow:
        """The match under the cursor, but never one of an older text: Enter may overtake the search."""
        if self._matched == words and self.choices.has_class("-open") and self.choices.selected is not None:
            return self.choices.selected
        rows = await self._rows_for(words)
        if not rows:
            raise EntryError(f"nothing is found for “{words}”", "other words, or a code")
        return rows[0]

    async def _add_found(self, system: CodeSystem, code: str, why: str, trail: str, searched: str) -> None:
        """Add a found code; the search remembers what was taken for these words."""
        await self._add(_entry_for(system, code), why, trail)
        if searched:
            await self.workstation.codes.search(Engine.pick, searched, system, code)

    def do_suggestions(self) -> None:
        from tui.screens.chart_suggestions import SuggestionsScreen

        self.workstation.show(SuggestionsScreen(self))

    @property
    def on_screen(self) -> ChartOnScreen | None:
        """The chart as it was last read; None before that."""
        return self._chart

    async def add(self, entry: Entry, why: str) -> None:
        """Carry out an entry that was chosen elsewhere, and show what it made of the codes."""
        await self._add(entry, why)

    async def take_back(self) -> str:
        """Take back the last change of the codes; one line that says what happened."""
        return await self._undo(back=True)

    async def _rows_for(self, words: str) -> list[MatchRow]:
        """The best codes for what is typed; after = those of the person's own lists."""
        chart = self._chart
        if chart is None:
            return []
        if not words.startswith(FAVORITES_KEY):
            return await self.workstation.codes.search(_matches, words, chart.head)
        if self._favorites is None:
            actor = await self.workstation.record.actor()
            self._favorites = await self.workstation.record.read(favorites_of, actor.person_id)
        wanted = words.removeprefix(FAVORITES_KEY).lower().split()
        return await self.workstation.codes.ask(_favorite_matches, self._favorites, wanted, chart.head)

    def on_screen_resume(self) -> None:
        """The encoder above may have changed the favorites."""
        self._favorites = None

    async def _add(self, entry: Entry, why: str, trail: str = "") -> None:
        from store.coding.service import enter

        chart = self._chart
        if chart is None:
            return
        change = partial(enter, seen_version=chart.head.coding_version, trail=trail)
        entered = self.workstation.change(change, self.coding_id, entry, chart.defaults, why)
        await self._changed(entered, lambda: apply_entry(chart.codes, entry, chart.defaults, Found(why, trail))[0])

    async def _changed(self, change: Awaitable[Entered], mine: Callable[[], Codes] | None = None) -> str:
        """Show the codes after a change and return what happened.

        Where another session was faster its codes are shown, beside what would have become of `mine`.
        """
        from store.coding.service import CodingChanged, CodingRefused

        base = self._chart
        try:
            done = await change
        except CodingRefused as error:
            await self._load(keep=True)
            if isinstance(error, CodingChanged) and mine and base and self._chart and not self.final:
                await self._show_conflict(base.codes, self._chart.codes, mine())
                raise BothSidesShown(SAVED_FIRST) from None
            raise
        if self._chart:
            before = self._chart.codes
            head = replace(self._chart.head, coding_version=done.version)
            self._chart = replace(self._chart, codes=done.codes, head=head)
            await self._show_codes(before)
        self.say(done.message)
        return done.message

    async def _show_conflict(self, base: Codes, theirs: Codes, mine: Codes) -> None:
        """Both sides of the codes, to choose from; saved again only on top of the version that is shown."""
        from tui.screens.conflict import ConflictScreen

        chart = self._chart
        found = differences(base, theirs, mine)
        if chart is None or not found:
            return

        async def saved(chosen: Mapping[str, Side]) -> None:
            from store.coding.service import CodingChanged, resolve

            codes = merged(base, theirs, mine, chosen)
            try:
                done = await self.workstation.change(resolve, self.coding_id, codes, chart.head.coding_version)
            except CodingChanged:
                await self._load(keep=True)
                await self.workstation.close(screen)
                if self._chart:
                    await self._show_conflict(theirs, self._chart.codes, codes)
                return
            await self.workstation.close(screen)
            await self._load(keep=True)
            if self.entry.asking == "entry":
                self._close_entry()
            self._keep_draft("", now=True)
            self.say(done.message, "good")

        screen = ConflictScreen(f"{chart.head.patient}  {chart.head.service_date}", found, saved)
        await self.workstation.push_screen(screen)

    def do_abstract(self) -> None:
        """Choose a field of the visit and give it another value."""
        self.in_turn(self._abstract())

    async def _abstract(self) -> None:
        from store.abstracting import FIELDS, abstract_of

        chart = self._chart
        if chart is None:
            return
        seen = await self.workstation.record.read(abstract_of, chart.head.encounter_id)
        options = [(field.label, seen[field.name] or f"nothing yet; {field.expected}") for field in FIELDS]

        async def chosen(label: str) -> None:
            field = next(field for field in FIELDS if field.label == label)

            async def given(value: str) -> None:
                await self._set_abstract(field.name, value, seen[field.name])

            self.ask("abstract", f"{label} ({field.expected}):", seen[field.name], given, marked=True)

        self.choose("abstract", "field:", options, chosen)

    async def _set_abstract(self, name: str, value: str, seen: str) -> None:
        from store.abstracting import AbstractChanged, set_abstract
        from store.coding.conflict import ABSENT
        from tui.screens.conflict import ConflictScreen

        if self._chart is None:
            return
        head = self._chart.head
        try:
            message = await self.workstation.change(set_abstract, head.encounter_id, {name: value}, {name: seen})
        except AbstractChanged as error:
            now = error.differences[0].theirs
            now = "" if now == ABSENT else now

            async def saved(chosen: Mapping[str, Side]) -> None:
                await self.workstation.close(screen)
                await self._set_abstract(name, value if chosen[name] is Side.YOURS else now, now)

            screen = ConflictScreen(f"{head.patient}  {head.service_date}", error.differences, saved)
            await self.workstation.push_screen(screen)
            return
        await self._load(keep=True)
        self.say(message)

    async def _walk(self, back: bool) -> None:
        await self._undo(back)

    async def _undo(self, back: bool) -> str:
        from store.coding.service import redo, take_back, undo

        if self.final:
            message = await self.workstation.change(take_back, self.coding_id)
            await self._load()
            self.say(message)
            return message
        version = self._chart.head.coding_version if self._chart else None
        change = partial(undo if back else redo, seen_version=version)
        return await self._changed(self.workstation.change(change, self.coding_id))

    async def _final(self) -> None:
        from store.coding.service import finalize

        message = await self.workstation.record.change_with_codes(finalize, self.coding_id)
        await self._load()
        self.say(message, "good")

    def _turn(self, by: int) -> None:
        if self._chart and self._chart.documents:
            if self._showing == "document":
                self._document = (self._document + by) % len(self._chart.documents)
            self._show_document()

    def _toggle(self, showing: str, title: str, content: Content, note: str) -> None:
        if self._showing == showing:
            self._show_document()
            return
        self._showing = showing
        self.document_pane.show(title, content, note)
        self.say("Esc shows the document again.", "dim")

    def _close_entry(self) -> None:
        self.entry.end()
        self.close_choices()
        self.refresh_frame()

    def _keep_draft(self, text: str, now: bool = False) -> None:
        """Put what is typed into the record, at once or within a moment of the last key."""
        self._unsaved = text
        if self._draft_timer:
            self._draft_timer.stop()
        if now:
            self.in_turn(self._save_draft())
        else:
            self._draft_timer = self.set_timer(DRAFT_SECONDS, lambda: self.work(self._save_draft(), "draft"))

    async def put_away(self) -> None:
        """Give the chart back unless it is final; its codes and what is being typed stay with it."""
        from store.worklists import release

        if self.only_reading:
            return
        await self._save_draft()
        if not self.final:
            await self.workstation.change(release, self.work_item_id)

    async def _save_draft(self) -> None:
        """Put what was typed since the last time into the record."""
        from store.coding.service import save_draft

        text, self._unsaved = self._unsaved, None
        if self._chart and text is not None:
            await self.workstation.change(save_draft, self._chart.head.encounter_id, text)


def _parse(reference: Reference, text: str, head: ChartHead) -> Entry:
    on = date.fromisoformat(head.service_date)
    return parse(text, lambda code: system_of(reference, code, on))


def _matches(engine: Engine, words: str, head: ChartHead) -> list[MatchRow]:
    """The best codes for what is typed: diagnoses, procedures of HCPCS, and PCS on the facility's side."""
    systems = [CodeSystem.ICD10CM, CodeSystem.HCPCS]
    if head.kind == CodingKind.FACILITY:
        systems.append(CodeSystem.ICD10PCS)
    hits = engine.search(words, systems, date.fromisoformat(head.service_date), MATCHES)
    return [(hit.dotted, hit.title, hit.why.text(), hit.system.value, hit.code) for hit in hits]


def _favorite_matches(
    reference: Reference, favorites: Sequence[Favorite], wanted: Sequence[str], head: ChartHead
) -> list[MatchRow]:
    """The favorites that have every word in code, title, note or list and are codes on the day of the chart."""
    on = date.fromisoformat(head.service_date)
    rows: list[MatchRow] = []
    for favorite in favorites:
        found = find(reference, favorite.system, favorite.code, on)
        text = f"{favorite.code} {favorite.note} {favorite.list_name} {found.title if found else ''}".lower()
        if found and found.billable and all(word in text for word in wanted):
            why = f"{favorite.list_name}: {favorite.note}" if favorite.note else favorite.list_name
            rows.append((found.dotted, found.title, why, favorite.system.value, found.code))
    return rows[:MOST_FAVORITES]


def _sevenths(reference: Reference, text: str, head: ChartHead) -> list[Seventh]:
    """The 7th characters of the code that a line begins with, where nothing else is missing from it."""
    typed = text.strip().lstrip("+").split(" ")[0]
    if not _INCOMPLETE.fullmatch(typed):
        return []
    return seventh_characters(reference, typed, date.fromisoformat(head.service_date))


def _entry_for(system: CodeSystem, code: str) -> Entry:
    if system is CodeSystem.ICD10CM:
        return AddDiagnosis(code)
    return AddProcedure(system.value, code)
