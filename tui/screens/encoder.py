"""What the screens of the encoder share: one walk through codes, index and tabular list, back and forward in it.

A walk is a row of stops, as a browser keeps pages. Each screen can say where it stands (`stop`) and stand there
again (`stand`). What a code is taken with into the chart is the walk that led to it and the notes that were in
sight: the trail, which stays with the code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from codesets import catalog
from codesets.catalog import Reference
from codesets.releases import CodeSystem
from codesets.seventh import Seventh, seventh_characters
from store.queries.favorites import Favorite, favorites_of
from tui.cells import Line, wrap
from tui.screens.code_page import Link, PageText
from tui.screens.desk import DeskScreen
from tui.widgets.row_table import RowTable
from tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from tui.screens.chart import ChartScreen

P = ParamSpec("P")
T = TypeVar("T")

MOST_STOPS = 100
TRAIL_STOPS = 8
"""How many stops of a walk stay with a code: those just before it was taken."""

TRAIL_NOTES = 12

SEEN = "seen: "
"""What begins a line of a trail that is a note which was in sight."""


@dataclass(frozen=True)
class Stop:
    """A place in the encoder: the screen it is on, what that screen needs to stand there, and how a trail names it."""

    screen: str
    state: Any
    words: str


@dataclass
class Walk:
    """The stops of one coder since the encoder was opened, and the one where they are."""

    stops: list[Stop] = field(default_factory=list)
    at: int = 0

    def go(self, here: Stop, there: Stop) -> None:
        """Go on from here to there; what had been gone back from is forgotten."""
        self.stops = [*self.stops[: self.at], here, there][-MOST_STOPS:]
        self.at = len(self.stops) - 1

    def step(self, here: Stop, by: int) -> Stop | None:
        """The stop before (-1) or after (1) the present one, which is kept as it is now; None at the ends."""
        if not self.can_step(by):
            return None
        self.stops[self.at] = here
        self.at += by
        return self.stops[self.at]

    def leave(self, here: Stop, screen: str) -> None:
        """Go back to where that screen was left: it stands there still, and `step` leads here again."""
        before = [place for place in range(self.at) if self.stops[place].screen == screen]
        if before:
            self.stops[self.at] = here
            self.at = before[-1]

    def can_step(self, by: int) -> bool:
        return 0 <= self.at + by < len(self.stops)

    def words(self, here: Stop) -> list[str]:
        """The last stops in words, ending here; the same one twice in a row is told once."""
        told: list[str] = []
        for stop in (*self.stops[: self.at], here):
            if stop.words and told[-1:] != [stop.words]:
                told.append(stop.words)
        return told[-TRAIL_STOPS:]


class EncoderScreen(DeskScreen):
    """A screen of the encoder: rows, the page of the one under the cursor, links in it, and the walk."""

    def __init__(self, on: date, walk: Walk) -> None:
        super().__init__()
        self.on = on
        self.walk = walk
        self.text: PageText | None = None
        self._build = ""
        self._told = ""

    async def read_here(self, function: Callable[Concatenate[Reference, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the code sets for what the screen shows; where an import has replaced them, all of it is read anew.

        So the release in line 1 is always the one that the page below it comes from.
        """
        answer, build = await self.workstation.codes.ask(_with_build, lambda it: function(it, *args, **kwargs))
        await self._keep_up(build)
        return answer

    async def keep_up(self) -> None:
        """Read the screen anew where an import has replaced the code sets since it was read."""
        await self._keep_up(await self.workstation.codes.ask(_build))

    async def _keep_up(self, build: str) -> None:
        read, self._build = self._build, build
        if read and read != build:
            await self.renew()

    async def renew(self) -> None:
        """Read the release and the rows anew: the code sets are others."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Say something of the row under the cursor, until another one is."""
        self._told = text
        self.say(text)

    @property
    def page_pane(self) -> TextPane:
        return self.query_one("#page", TextPane)

    @property
    def pane(self) -> RowTable:
        return self.rows

    def stop(self) -> Stop:
        """Where this screen stands."""
        raise NotImplementedError

    def stand(self, stop: Stop) -> None:
        """Stand where a stop of this screen says."""
        raise NotImplementedError

    def code_here(self) -> tuple[CodeSystem, str] | None:
        """The code under the cursor, without the dot."""
        return None

    def why_here(self) -> str:
        """How that code was found, in one line."""
        return ""

    def why_not(self, action: str) -> str:
        if action == "walk_back" and not self.walk.can_step(-1):
            return "there is no place before this one"
        if action == "walk_on" and not self.walk.can_step(1):
            return "there is no place after this one"
        if action in ("seventh", "star", "put_in_list") and self.code_here() is None:
            return "there is no code under the cursor"
        if action in ("next_link", "link_before") and not (self.text and self.text.links):
            return "nothing on the page leads anywhere"
        return ""

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        if event.table is self.rows:
            self.moved()

    def moved(self) -> None:
        """Another row is under the cursor: its page follows once the cursor rests."""
        if self._told and not self.entry.asking:
            self._told = ""
            self.say("")
        self.refresh_frame()
        self.page_timer.start()

    def show_page(self, title: str, lay_out: Any, note: str = "") -> None:
        """Show the page of the row under the cursor; `lay_out` makes its text for a width."""

        def content(width: int) -> list[Line]:
            self.text = lay_out(width)
            return list(self.text.lines)

        self.page_pane.show(title, content, note)
        self.refresh_frame()  # whether there are links to go to is known only now

    def clear_page(self, title: str = "", text: str = "") -> None:
        """Show no page, but a few words."""
        self.text = None
        self.page_pane.show(title, lambda width: [((" " + part, "text"),) for part in wrap(text, width - 2) if part])

    def go(self, there: Stop) -> None:
        """Go on to another place; [ comes back."""
        self.walk.go(self.stop(), there)
        self._lead_to(there)

    def _lead_to(self, stop: Stop) -> None:
        self.workstation.show_stop(stop, lambda: _screen_for(stop, self.on, self.walk))

    def do_walk_back(self) -> None:
        self._step(-1)

    def do_walk_on(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        there = self.walk.step(self.stop(), by)
        if there is not None:
            self._lead_to(there)

    def do_next_link(self) -> None:
        self.page_pane.step_link(1)
        self._place_cursor()

    def do_link_before(self) -> None:
        self.page_pane.step_link(-1)
        self._place_cursor()

    def _place_cursor(self) -> None:
        """The real cursor on the chosen link, else where every screen has it."""
        if (link := self.page_pane.link_offset) is not None and self.is_current and not self.entry.asking:
            self.app.cursor_position = self.page_pane.region.offset + link
        else:
            super()._place_cursor()

    def follow_link(self) -> bool:
        """Go where the chosen link leads; false where none is chosen."""
        chosen = self.page_pane.chosen_link
        if chosen is None or self.text is None:
            return False
        self.in_turn(self._follow(self.text.links[chosen]))
        return True

    async def _follow(self, to: Link) -> None:
        from tui.screens.codes import linked_stop
        from tui.screens.index import term_stop

        if to.term is not None and to.book is not None:
            self.go(await self.workstation.codes.ask(term_stop, to.book, to.term, self.on, to.column))
        else:
            self.go(await self.workstation.codes.ask(linked_stop, to, self.on))

    def do_leave(self) -> None:
        """Drop the chosen link, else leave the screen; [ leads back to where it stood."""
        if self.page_pane.chosen_link is not None:
            self.page_pane.drop_link()
            self._place_cursor()
            return
        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if isinstance(below, EncoderScreen):
            self.walk.leave(self.stop(), below.name_on)
        self.workstation.leave_screen(self)

    def take(self, system: CodeSystem, codes: Sequence[str], chart: ChartScreen) -> None:
        """Take codes into the open chart, with how they were found and which notes were in sight."""
        why, trail = self.why_here(), self.trail()
        self.workstation.leave_to_chart()
        chart.take_codes(system, codes, why, trail, self.searched)

    @property
    def searched(self) -> str:
        """The words that the code here was searched with, empty where it was found another way."""
        return ""

    def trail(self) -> str:
        """The walk to here and the instructional notes that have been in sight, a line each."""
        lines = self.walk.words(self.stop())
        if self.text is not None:
            lines += [SEEN + note for note in self.text.notes_above(self._seen())][:TRAIL_NOTES]
        return "\n".join(lines)

    def _seen(self) -> int:
        return self.page_pane.seen

    def do_tabular(self) -> None:
        from tui.screens.tabular import tabular_stop

        here = self.code_here()
        if here is not None and here[0] is not CodeSystem.ICD10CM:
            self.say(f"{here[0].label} has no tabular list; it belongs to ICD-10-CM.", "warning")
            return
        self.go(tabular_stop(here[1] if here else ""))

    def do_star(self) -> None:
        here = self.code_here()
        if here is not None:
            self.in_turn(self._star(*here))

    async def _star(self, system: CodeSystem, code: str) -> None:
        from store.favorites import toggle_favorite

        shown = catalog.dotted(code, system)
        on_it, message = await self.workstation.change(toggle_favorite, system, shown, self.shown_list())
        self.say(message, "good" if on_it else "text")
        await self.lists_changed()

    def shown_list(self) -> str:
        """The list of the person's own that the rows come from, or the favorites."""
        return "favorites"

    async def lists_changed(self) -> None:
        """A code was put into a list or taken out of it."""

    def do_put_in_list(self) -> None:
        here = self.code_here()
        if here is not None:
            self.in_turn(self._ask_list(*here))

    async def _ask_list(self, system: CodeSystem, code: str) -> None:
        from store.favorites import add_favorite

        shown = catalog.dotted(code, system)

        async def named(text: str) -> None:
            name, _, note = text.partition(":")
            message = await self.workstation.change(add_favorite, system, shown, name, note.strip())
            self.say(message, "good")
            await self.lists_changed()

        names = dict.fromkeys(one.list_name for one in await self.own_favorites())
        self.ask("list", f"{shown} into list (name: your words):", answer=named)
        if names:
            self.say("lists: " + ", ".join(names), "dim")

    async def own_favorites(self) -> tuple[Favorite, ...]:
        """Everything on the lists of the person at the keyboard."""
        actor = await self.workstation.record.actor()
        return await self.workstation.record.read(favorites_of, actor.person_id)

    def do_seventh(self) -> None:
        here = self.code_here()
        if here is not None:
            self.in_turn(self._seventh(*here))

    async def _seventh(self, system: CodeSystem, code: str) -> None:
        if not await self.offer_seventh(system, code):
            self.say(f"{catalog.dotted(code, system)} takes no 7th character.", "warning")

    async def offer_seventh(self, system: CodeSystem, code: str) -> bool:
        """Offer the 7th characters of a code; false where it takes none."""
        if system is not CodeSystem.ICD10CM:
            return False
        offered = await self.workstation.codes.ask(seventh_characters, code, self.on)
        if offered:
            self.pick(
                "seventh",
                f"{catalog.dotted(code)} 7th character:",
                seventh_options(offered),
                self._picked_seventh(offered),
            )
        return bool(offered)

    def _picked_seventh(self, offered: list[Seventh]) -> Any:
        async def picked(character: str) -> None:
            whole = next(one.code for one in offered if one.character == character)
            chart = self.workstation.chart_in_work
            if chart is not None:
                self.take(CodeSystem.ICD10CM, [whole], chart)
            else:
                from tui.screens.codes import linked_stop

                to = Link(f"7th character {character}", first=whole, last=whole)
                self.go(await self.workstation.codes.ask(linked_stop, to, self.on))

        return picked


def _with_build(reference: Reference, function: Callable[[Reference], T]) -> tuple[T, str]:
    """What a function says, and the build of the code sets that said it."""
    reference.refresh()
    return function(reference), reference.build_id


def _build(reference: Reference) -> str:
    reference.refresh()
    return reference.build_id


def _screen_for(stop: Stop, on: date, walk: Walk) -> EncoderScreen:
    """A screen that stands at a stop; imported here, so that the first screen loads none of them."""
    from tui.screens.changes import ChangesScreen
    from tui.screens.index import IndexScreen
    from tui.screens.pcs import PcsScreen
    from tui.screens.pcs_index import PcsIndexScreen
    from tui.screens.tabular import TabularScreen

    for kind in (IndexScreen, TabularScreen, PcsScreen, PcsIndexScreen, ChangesScreen):
        if kind.name_on == stop.screen:
            return kind(on, walk, stop)
    raise LookupError(stop.screen)


def seventh_options(offered: list[Seventh]) -> list[tuple[str, str]]:
    """The 7th characters as choices: the character, the whole code and what it says."""
    return [(one.character, f"{one.dotted}  {one.meaning}") for one in offered]
