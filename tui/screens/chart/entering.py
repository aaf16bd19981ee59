"""The entry line of a chart: what is typed is kept as a draft, matched while it grows, and entered as codes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.worker import Worker, WorkerCancelled

from codesets.catalog import normalize
from codesets.releases import CodeSystem
from codesets.search import Engine
from codesets.seventh import Seventh
from store.coding.copying import Copied, copies, left_out, take_all
from store.coding.entry import EntryError, Search, doubt_of_words
from store.queries.drafts import ENTRY, READING
from store.queries.favorites import Favorite, favorites_of
from store.queries.last_visit import LastVisit, last_visit
from store.terms import Severity
from tui.cells import counted, wrap
from tui.screens.chart.changes import add
from tui.screens.chart.completing import COMPLETION_COLUMNS, Completion, Outcome, completed, outcome
from tui.screens.chart.matching import (
    FAVORITES_KEY,
    MATCH_COLUMNS,
    MatchRow,
    codes_below,
    entry_for,
    favorite_matches,
    matches,
    may_want_seventh,
    parse_line,
    sevenths,
)
from tui.screens.encoder import seventh_options

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

DRAFT_SECONDS = 0.4

SHORTEST_TAKEN = 3
"""As many characters of words Enter takes without asking: two can mean much, and are soon typed by mistake."""

WHY_NOT = "say why not"
"""What Enter does with a line that it will refuse."""

LAST_VISIT_KEY = "^"
"""What a line begins with that looks among the codes of the last visit; `^*` takes all that still hold."""

TAKE_ALL = f"{LAST_VISIT_KEY}*"

HINTS: Sequence[tuple[str, str]] = (("=", "lists"), ("^", "last visit"), ("F2", "encoder"), ("Esc", "leave"))
"""What the keys beside text do, behind what Enter and those of the choices do."""


class NotTaken(EntryError):
    """Enter took nothing yet: what is typed stays as it is, and the choices on the screen say what it can be."""


def _words(text: str) -> str:
    """What is typed behind the prompt and the plus that may lead it."""
    return text.lstrip("+ ").strip()


class Entering:
    """What is being typed into the entry line of one chart, and its matches."""

    def __init__(self, chart: ChartScreen, left_at: str = "") -> None:
        """`left_at` is where the record says that the chart is read."""
        self._chart = chart
        self._matched = ""
        self._doubted = ""
        self._shown_for = ""
        """The text that was not taken yet, with what was shown for it to be read before the next Enter."""
        self._favorites: tuple[Favorite, ...] | None = None
        self._refused, self._refused_at = "", 0.0
        self._unseen: list[str] = []
        """Lines that were refused while the next one was being typed already, so that nobody saw it."""
        self._told_at = 0.0
        """When they were told last: a key behind a pause from then on shows that they were read."""
        self._incomplete = ""
        self._lacks_seventh = False
        """Whether what is typed is a code that wants a 7th character and nothing else."""
        self._completing: list[Completion] = []
        self._outcome: Outcome | None = None
        self._last: LastVisit | None = None
        self._takes_all = False
        """Whether codes of the last visit come in together."""
        self._draft_timer: Timer | None = None
        self._unsaved: str | None = None
        self._place_saved = left_at
        self._answering: Worker[None] | None = None

    def edited(self, text: str) -> None:
        """The text has changed: keep it, and find what it may mean."""
        keyboard = self._chart.workstation.keyboard
        if self._refused and not _words(text).startswith(self._refused[:-1]):
            if keyboard.too_soon_after(self._refused_at):
                self._not_seen(self._refused)
            self._refused = ""
        if self._shown_for and text != self._shown_for:
            text = self._without_questioned(text)
        if self._told_at and not keyboard.too_soon_after(self._told_at):
            self._unseen.clear()
            self._told_at = 0.0
        self.tell_unseen()
        self.keep_draft(text)
        self._answering = self._chart.run_worker(partial(self._match, text), group="match", exclusive=True)

    def _without_questioned(self, text: str) -> str:
        """What was typed behind a line that Enter asks about: a line of its own where nobody can have read that.

        The line in question is refused then; behind a look at it, what is typed goes on with it.
        """
        questioned, self._shown_for = self._shown_for, ""
        if not text.startswith(questioned) or not self._chart.too_quick:
            return text
        self._not_seen(_words(questioned))
        self._chart.entry.text = text = text.removeprefix(questioned)
        return text

    def _not_seen(self, line: str) -> None:
        """Keep a refused line that nobody can have read of; of a code that is in already nothing is lost."""
        shown = self._chart.on_screen
        codes = {normalize(one.code) for one in (*shown.codes.diagnoses, *shown.codes.lines)} if shown else set()
        if normalize(line) not in codes:
            self._unseen.append(line)

    def tell_unseen(self) -> None:
        """Say again which lines were refused, as long as nobody can have read it."""
        if self._unseen:
            self._told_at = time.monotonic()
            self._chart.say(self.unseen_told, "warning")

    @property
    def unseen_told(self) -> str:
        """The lines that were refused and not seen, in words; empty without any."""
        if not self._unseen:
            return ""
        named = ", ".join(f"“{line}”" for line in self._unseen)
        became = "was refused and is" if len(self._unseen) == 1 else "were refused and are"
        return f"{named}, typed before it, {became} not in."

    @property
    def behind(self) -> bool:
        """Whether the answer to what is typed is still to come: what is on the screen answers an earlier text."""
        return self._answering is not None and not self._answering.is_finished

    async def _answered(self) -> None:
        """Until what is on the screen answers what is typed: a key that overtook the search waits here."""
        while self._answering is not None and not self._answering.is_finished:
            with suppress(WorkerCancelled):  # for a newer text, whose answer is waited for then
                await self._answering.wait()

    async def step(self, by: int) -> None:
        """Move among the matches of what is typed, once they are there."""
        await self._answered()
        if self._chart.choices.has_class("-open"):
            self._chart.choices.move(by)

    async def complete_answered(self) -> None:
        """Put the completion of what is typed into the line, once it is there."""
        await self._answered()
        self.complete()

    async def _match(self, text: str) -> None:
        chart = self._chart
        words = _words(text)
        if not words or chart.on_screen is None:
            self._outcome = None
            chart.close_choices()
            chart.refresh_frame()
            return
        does, completing = await self._completions(text)
        lacks = may_want_seventh(text) and bool(await chart.workstation.codes.ask(sevenths, text, chart.on_screen.head))
        rows = [] if completing or words[0] == "-" else await self._rows_for(words)
        if chart.entry.asking != "entry" or chart.entry.text != text:
            return
        if why := chart.shut:
            does, completing, rows, lacks = Outcome(), [("", f"{why[:1].upper()}{why[1:]}.")], [], False
        self._outcome, self._completing, self._lacks_seventh = does, completing, lacks
        self._matched, self._doubted = words, ""
        if self._completing:
            if len(self._completing) == 1 and not self._completing[0][0]:
                told = wrap(self._completing[0][1], max(chart.size.width - 2, 8))
                self._completing = [("", part) for part in told]
            tab = "; Tab puts in" if any(insert for insert, _ in self._completing) else ""
            chart.offer(self._completing, COMPLETION_COLUMNS, f"{does.told if does else ''}{tab}")
        elif rows:
            self._show_matches(words, rows)
            self._outcome = does
        else:
            chart.close_choices()
            if words[0] == LAST_VISIT_KEY and self._last is None:
                chart.say("No visit of this patient was coded before: codes or words.", "warning")
        chart.refresh_frame()

    async def _completions(self, text: str) -> tuple[Outcome | None, list[Completion]]:
        """What Enter will do with a line that it carries out, and what may follow; words are searched instead."""
        chart = self._chart
        shown = chart.on_screen
        if shown is None or text.lstrip("+ ").startswith((LAST_VISIT_KEY, FAVORITES_KEY)):
            return None, []
        asked = (text.lstrip("+"), shown.head, shown.codes, shown.defaults)
        return await chart.workstation.codes.ask(outcome, *asked)

    def hints(self) -> Sequence[tuple[str, str]]:
        """What the keys do with what is typed, Enter first."""
        chart = self._chart
        choosing = (("Up Down", "choose"),) if chart.choices.has_class("-open") and chart.choices.count > 1 else ()
        return ("Enter", self._enter_does()), *choosing, *HINTS

    def _enter_does(self) -> str:
        """What Enter will do next: with the line as it stands, the row under the cursor, and the chart."""
        chart = self._chart
        words = _words(chart.entry.text)
        if not words:
            return self._empty_enter_does()
        if self._lacks_seventh and chart.choices.index == 0:
            return "ask 7th"
        if self._outcome is not None and self._matched == words:
            return self._outcome.verb or WHY_NOT
        if words == TAKE_ALL:
            return "add all" if self._takes_all else WHY_NOT
        if self._matched != words:
            return "take first"
        row: MatchRow | None = chart.choices.selected if chart.choices.has_class("-open") else None
        if row is None or row.refused or (len(words) == 1 and words.isalnum() and chart.choices.index == 0):
            return WHY_NOT
        if self._doubts(row, words):
            return "ask"
        return "list below" if row.header else "add"

    def _empty_enter_does(self) -> str:
        """What Enter does in an empty line: the question that ends a chart, once nothing stands in its way."""
        shown = self._chart.on_screen
        if shown is None or not shown.codes.diagnoses or self._chart.shut:
            return "leave"
        blocked = any(Severity(finding.severity.value).blocks for finding in self._chart.findings)
        return "what is in the way" if blocked else "final code?"

    def complete(self) -> bool:
        """Put the completion under the cursor into the line; false where none is offered."""
        chosen = self._chart.choices.selected
        if not self._completing or chosen not in self._completing:
            return False
        text = completed(self._chart.entry.text, chosen)
        self._chart.entry.text = text
        self.edited(text)
        return True

    def refused(self) -> None:
        """The line was refused, and its reason is said: close what only tells of it."""
        self._refused, self._refused_at = _words(self._chart.entry.text), time.monotonic()
        if self._unseen:
            self._told_at = self._refused_at
        if self._completing and not any(insert for insert, _ in self._completing):
            self._chart.close_choices()

    async def enter(self, text: str) -> None:
        """Carry out what was typed; a code without its 7th character asks for it first. Raises EntryError.

        A whole code or a change goes in at once; words wait for their answer where Enter was faster.
        """
        chart = self._chart
        if chart.on_screen is None:
            return
        if text == self._shown_for and chart.too_quick:
            raise NotTaken("too quick to be an answer", "read what Enter takes, then press it again")
        self._shown_for = ""
        head = chart.on_screen.head
        chosen = not self.behind and (bool(self._completing) or chart.choices.index > 0)
        if not chosen and (offered := await chart.workstation.codes.ask(sevenths, text, head)):
            self._offer_seventh(offered, text)
            return
        await self.enter_whole(text, f"typed {text.strip()}")

    def ask_again(self) -> None:
        """Show the code again whose 7th character nobody chose."""
        self._chart.ask("entry", "+", self._incomplete)
        self.edited(self._incomplete)

    def give_up_seventh(self) -> None:
        """The next line was typed where a 7th character was asked for: the code without it is refused."""
        self._not_seen(_words(self._incomplete))

    def _offer_seventh(self, offered: list[Seventh], text: str) -> None:
        """Ask for the 7th character of the code that was typed; what was typed behind the code stays."""
        typed, _, rest = text.strip().partition(" ")
        self._incomplete = text

        async def picked(character: str) -> None:
            whole = next(one.dotted for one in offered if one.character == character)
            self._chart.ask("entry", "+")
            await self.enter_whole(f"{whole} {rest}", f"typed {typed}, 7th character {character}")

        self._chart.pick("seventh", f"{typed.upper()} 7th character:", seventh_options(offered), picked)

    async def enter_whole(self, text: str, why: str) -> None:
        """Carry out a line in which nothing is missing; words take the match under the cursor."""
        chart = self._chart
        if chart.on_screen is None:
            return
        if text.strip("+ ") == TAKE_ALL:
            await self._take_last_visit()
            self._emptied()
            return
        entry = await chart.workstation.codes.ask(parse_line, text, chart.on_screen.head)
        if isinstance(entry, Search) and entry.words.startswith(LAST_VISIT_KEY):
            await self._take_copy(await self._chosen(entry.words))
        elif isinstance(entry, Search):
            row = await self._chosen(entry.words)
            system, code = row.system, row.code
            await self._refuse_header(CodeSystem(system), code, row.dotted)
            listed = entry.words.startswith(FAVORITES_KEY)
            why = f"{'favorites' if listed else 'search'} “{entry.words}”: {row.why}"
            await self.add_found(CodeSystem(system), code, why, "", "" if listed else entry.words)
        else:
            await add(chart, entry, why)
        self._emptied()

    def _emptied(self) -> None:
        """The line was carried out: make it ready for the next."""
        self._completing, self._outcome = [], None
        self.tell_unseen()
        self._refused = ""
        if self._answering is not None:
            self._answering.cancel()
        if self._chart.entry.asking == "entry":
            self._chart.entry.text = ""
            self._chart.close_choices()
        self.keep_draft("", now=True)

    async def _copies(self) -> tuple[Copied, ...]:
        """The codes of the patient's last visit, checked on the day of this one."""
        chart = self._chart
        shown = chart.on_screen
        if shown is None:
            return ()
        self._takes_all = False
        self._last = await chart.workstation.record.read(last_visit, shown.head.encounter_id, shown.head.kind.value)
        if self._last is None:
            raise EntryError("no visit of this patient was coded before", "codes or words")
        on = date.fromisoformat(shown.head.service_date)
        asked = (self._last.codes, shown.codes, on, shown.defaults.charge_of, self._last.reversed)
        found = await chart.workstation.codes.ask(copies, *asked)
        self._takes_all = bool(take_all(found).entries)
        return found

    async def begin_copy(self) -> None:
        """Open the line on the codes of the last visit. Raises EntryError where there is none."""
        await self._copies()
        self._chart.ask("entry", "+", LAST_VISIT_KEY)
        self.edited(LAST_VISIT_KEY)

    async def _take_copy(self, row: MatchRow) -> None:
        found = next((one for one in await self._copies() if one.code == row.code), None)
        if found is None or found.entry is None:
            raise EntryError(f"{row.dotted}: {found.note if found else 'not of the last visit'}", "another code")
        await add(self._chart, found.entry, self._copied_from())

    async def _take_last_visit(self) -> None:
        """Take over what can come in together, and say what was left and why."""
        found = await self._copies()
        entries, left = take_all(found), left_out(found)
        day = self._last.service_date if self._last else ""
        if not entries.entries:
            raise EntryError(f"nothing of the visit of {day} comes in by itself; {left}", "^ shows them one by one")
        await add(self._chart, entries, self._copied_from())
        codes = counted(len(entries.entries), "code")
        self._chart.say(f"{codes} of the visit of {day} added{f'; {left}' if left else ''}. u takes back.", "good")

    async def _copies_or_none(self) -> tuple[Copied, ...]:
        """The same while it is typed: no earlier visit offers nothing."""
        try:
            return await self._copies()
        except EntryError:
            return ()

    def _copied_from(self) -> str:
        return f"copied from the visit of {self._last.service_date}" if self._last else "copied"

    async def add_found(self, system: CodeSystem, code: str, why: str, trail: str, searched: str) -> None:
        """Add a found code; the search remembers what was taken for these words."""
        await add(self._chart, entry_for(system, code), why, trail)
        if searched:
            await self._chart.workstation.codes.search(Engine.pick, searched, system, code)

    def settle(self) -> None:
        """What was typed is in the codes: close the line where it is open, and keep no draft of it."""
        if self._chart.entry.asking == "entry":
            self.close()
        self.keep_draft("", now=True)

    def close(self) -> None:
        """Close the line and its matches."""
        self._chart.entry.end()
        self._chart.close_choices()
        self._chart.refresh_frame()

    def forget_favorites(self) -> None:
        """Read the favorites anew at the next look: another screen may have changed them."""
        self._favorites = None

    def keep_draft(self, text: str, now: bool = False) -> None:
        """Put what is typed into the record, at once or within a moment of the last key."""
        self._unsaved = text
        if self._draft_timer:
            self._draft_timer.stop()
            self._draft_timer = None
        if now:
            self._chart.in_turn(self.save_draft())
        else:
            job = self.save_draft
            self._draft_timer = self._chart.set_timer(DRAFT_SECONDS, lambda: self._chart.work(job(), "draft"))

    def keep_place(self) -> None:
        """Put where the chart is read into the record within a moment."""
        if not self._chart.only_reading and self._draft_timer is None:
            job = self.save_draft
            self._draft_timer = self._chart.set_timer(DRAFT_SECONDS, lambda: self._chart.work(job(), "draft"))

    async def save_draft(self) -> None:
        """Put what was typed since the last time into the record, and where the chart is read if that is new."""
        from store.coding.drafts import save_drafts

        self._draft_timer = None
        shown = self._chart.on_screen
        if shown is None:
            return
        texts = {} if self._unsaved is None else {ENTRY: self._unsaved}
        self._unsaved = None
        if (place := self._chart.reading.place_kept) != self._place_saved:
            texts[READING] = self._place_saved = place
        if texts:
            await self._chart.workstation.change(save_drafts, shown.head.encounter_id, texts)

    def _not_taken(self, what: str, hint: str) -> NotTaken:
        """Why Enter took nothing yet; the next one must come behind a look at it."""
        self._shown_for = self._chart.entry.text
        self._chart.asked_now()
        return NotTaken(what, hint)

    async def _chosen(self, words: str) -> MatchRow:
        """The match under the cursor, of the answer to the whole text: where Enter overtook it, it is waited for.

        Raises NotTaken where the first match leaves words out that were typed, or reads one of them as another: the
        next Enter takes it, or Down another. Raises EntryError where nothing is found.
        """
        await self._answered()
        choices = self._chart.choices
        if len(words) == 1 and words.isalnum() and choices.index == 0:
            raise EntryError(f"“{words}” is one letter", "two letters of a word, a code, or a line and what to change")
        row: MatchRow | None = choices.selected if choices.has_class("-open") and not self._completing else None
        if self._matched != words or row is None:
            rows = await self._rows_for(words)
            if not rows:
                raise EntryError(f"nothing is found for “{words}”", "other words, or a code")
            self._show_matches(words, rows)
            row = rows[0]
        if self._doubts(row, words):
            self._doubted = words
            unmet = f"{row.unmet} was not found" if row.unmet else ""
            read = f"read {row.read_as}" if row.read_as else ""
            doubt = unmet or self._mistyped(words) or read or f"“{words}” is short"
            raise self._not_taken(doubt, f"Down chooses, Enter again takes {row.dotted}")
        return row

    def _doubts(self, row: MatchRow, words: str) -> bool:
        """Whether Enter asks about a match first: nobody chose it, and it is not all that the words name."""
        short = len(words) < SHORTEST_TAKEN and words[:1] not in (FAVORITES_KEY, LAST_VISIT_KEY)
        doubted = row.unmet or row.read_as or short or self._mistyped(words)
        return self._chart.choices.index == 0 and bool(doubted) and self._doubted != words

    def _mistyped(self, words: str) -> str:
        """Why the words may be no words at all."""
        shown = self._chart.on_screen
        return doubt_of_words(words, len(shown.codes.lines) if shown else 0)

    def _show_matches(self, words: str, rows: list[MatchRow]) -> None:
        self._matched, self._completing, self._outcome = words, [], None
        day = self._last.service_date if self._last and words[0] == LAST_VISIT_KEY else ""
        self._chart.offer(rows, MATCH_COLUMNS, f"last visit, {day}" if day else "matches")

    async def _refuse_header(self, system: CodeSystem, code: str, dotted: str) -> None:
        """Offer the complete codes below a header instead of it. Raises NotTaken then."""
        chart = self._chart
        if chart.on_screen is None:
            return
        if below := await chart.workstation.codes.ask(codes_below, system, code, chart.on_screen.head):
            chart.offer(below, MATCH_COLUMNS, f"below {dotted}")
            raise self._not_taken(f"{dotted} is a header", "Enter takes the first code below it, Down chooses")

    async def _rows_for(self, words: str) -> list[MatchRow]:
        """The best codes for what is typed; after = those of the person's own lists."""
        chart = self._chart
        if chart.on_screen is None:
            return []
        head, workstation = chart.on_screen.head, chart.workstation
        if words.startswith(LAST_VISIT_KEY):
            wanted = words.removeprefix(LAST_VISIT_KEY).lower().split()
            rows = [
                MatchRow(one.code, one.title, one.note, one.system, one.code, refused="" if one.entry else one.note)
                for one in await self._copies_or_none()
            ]
            return [row for row in rows if all(word in " ".join(row[:5]).lower() for word in wanted)]
        if not words.startswith(FAVORITES_KEY):
            return await workstation.codes.search(matches, words, head)
        if self._favorites is None:
            actor = await workstation.record.actor()
            self._favorites = await workstation.record.read(favorites_of, actor.person_id)
        wanted = words.removeprefix(FAVORITES_KEY).lower().split()
        return await workstation.codes.ask(favorite_matches, self._favorites, wanted, head)
