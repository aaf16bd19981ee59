"""The entry line of a chart: what is typed is kept as a draft, matched while it grows, and entered as codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.timer import Timer

from codesets.releases import CodeSystem
from codesets.search import Engine
from codesets.seventh import Seventh
from store.coding.entry import EntryError, Search
from store.queries.favorites import Favorite, favorites_of
from tui.screens.chart.changes import add
from tui.screens.chart.matching import (
    FAVORITES_KEY,
    MATCH_COLUMNS,
    MatchRow,
    entry_for,
    favorite_matches,
    matches,
    parse_line,
    sevenths,
)
from tui.screens.encoder import seventh_options

if TYPE_CHECKING:
    from tui.screens.chart.screen import ChartScreen

DRAFT_SECONDS = 0.4

HINTS: Sequence[tuple[str, str]] = (
    *(("Enter", "add"), ("Up Down", "choose"), ("PgUp PgDn", "read")),
    *(("=", "favorites"), ("F2", "encoder"), ("Esc", "done")),
)


class Entering:
    """What is being typed into the entry line of one chart, and its matches."""

    def __init__(self, chart: ChartScreen) -> None:
        self._chart = chart
        self._matched = ""
        self._favorites: tuple[Favorite, ...] | None = None
        self._incomplete = ""
        self._draft_timer: Timer | None = None
        self._unsaved: str | None = None

    def edited(self, text: str) -> None:
        """The text has changed: keep it, and find what it may mean."""
        self.keep_draft(text)
        self._chart.run_worker(self._match(text), group="match", exclusive=True)

    async def _match(self, text: str) -> None:
        chart = self._chart
        words = text.lstrip("+ ").strip()
        if not words or words[0] == "-" or chart.on_screen is None:
            chart.close_choices()
            return
        rows = await self._rows_for(words)
        if chart.entry.asking != "entry":
            return
        self._matched = words
        if rows:
            chart.offer(rows, MATCH_COLUMNS, "matches")
        else:
            chart.close_choices()

    async def enter(self, text: str) -> None:
        """Carry out what was typed; a code without its 7th character asks for it first. Raises EntryError."""
        chart = self._chart
        if chart.on_screen is None:
            return
        head = chart.on_screen.head
        if chart.choices.index == 0 and (offered := await chart.workstation.codes.ask(sevenths, text, head)):
            self._offer_seventh(offered, text)
            return
        await self.enter_whole(text, f"typed {text.strip()}")

    def ask_again(self) -> None:
        """Show the code again whose 7th character nobody chose."""
        self._chart.ask("entry", "+", self._incomplete)

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
        entry = await chart.workstation.codes.ask(parse_line, text, chart.on_screen.head)
        if isinstance(entry, Search):
            row = await self._chosen(entry.words)
            system, code = row[3:5]
            listed = entry.words.startswith(FAVORITES_KEY)
            why = f"{'favorites' if listed else 'search'} “{entry.words}”: {row[2]}"
            await self.add_found(CodeSystem(system), code, why, "", "" if listed else entry.words)
        else:
            await add(chart, entry, why)
        if chart.entry.asking == "entry":
            chart.entry.text = ""
            chart.close_choices()
        self.keep_draft("", now=True)

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
        if now:
            self._chart.in_turn(self.save_draft())
        else:
            job = self.save_draft
            self._draft_timer = self._chart.set_timer(DRAFT_SECONDS, lambda: self._chart.work(job(), "draft"))

    async def save_draft(self) -> None:
        """Put what was typed since the last time into the record."""
        from store.coding.service import save_draft

        text, self._unsaved = self._unsaved, None
        if self._chart.on_screen and text is not None:
            encounter_id = self._chart.on_screen.head.encounter_id
            await self._chart.workstation.change(save_draft, encounter_id, text)

    async def _chosen(self, words: str) -> MatchRow:
        """The match under the cursor, but never one of an older text: Enter may overtake the search."""
        choices = self._chart.choices
        if self._matched == words and choices.has_class("-open") and choices.selected is not None:
            return choices.selected
        rows = await self._rows_for(words)
        if not rows:
            raise EntryError(f"nothing is found for “{words}”", "other words, or a code")
        return rows[0]

    async def _rows_for(self, words: str) -> list[MatchRow]:
        """The best codes for what is typed; after = those of the person's own lists."""
        chart = self._chart
        if chart.on_screen is None:
            return []
        head, workstation = chart.on_screen.head, chart.workstation
        if not words.startswith(FAVORITES_KEY):
            return await workstation.codes.search(matches, words, head)
        if self._favorites is None:
            actor = await workstation.record.actor()
            self._favorites = await workstation.record.read(favorites_of, actor.person_id)
        wanted = words.removeprefix(FAVORITES_KEY).lower().split()
        return await workstation.codes.ask(favorite_matches, self._favorites, wanted, head)
