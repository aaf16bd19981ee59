"""What a screen asks on its entry line, and what counts as an answer.

A line of text, a yes or no, one of some named things. Whoever types ahead or holds a key answers nothing: a key
that comes before anybody can have read what it would answer is refused, with all that runs on behind it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from codesets.errors import CodedeskError
from tui.cells import both_ends, cut, left
from tui.keyboard import Keyboard
from tui.widgets.entry_line import SECRET, EntryLine
from tui.widgets.row_table import Column, ListSource, RowTable

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen

MOST_CHOICES = 10
ROOM_TO_ANSWER = 4
"""Cells beside a question and its answers: the margin, and those that are typed into."""

LEAST_OF_A_NAME = 8
"""Cells of a name that stay in a question, however wide it is."""

Answer = Callable[[str], Awaitable[None]]
Choices = Sequence[tuple[str, str]]
"""Names, each with its words."""

NOTHING = ("–", "nothing is chosen yet")
"""What stands first where a person must choose: no Enter takes it."""

FurtherKeys = Mapping[str, tuple[str, Callable[[], Coroutine[Any, Any, None]]]]
"""Keys beside y at a yes-or-no question, with their words and what they do."""

NO_FURTHER: FurtherKeys = MappingProxyType({})


def within(question: str, room: int, name: str = "") -> str:
    """The question in at most so many cells: the name in it is cut first, then its middle."""
    if name and (over := cell_len(question) - room) > 0:
        question = question.replace(name, cut(name, max(cell_len(name) - over, LEAST_OF_A_NAME)), 1)
    return question if cell_len(question) <= room else both_ends(question, room).rstrip()


def named_columns(options: Choices) -> Sequence[Column[Any]]:
    """The columns of choices: a name, as wide as the longest of them, and its words."""
    width = max((cell_len(name) for name, _ in options), default=8)
    return (Column("", 0, lambda row: f" {left(row[0], width)}  {row[1]}"),)


class Asking:
    """The question that stands on the entry line of a screen, with the choices above it."""

    def __init__(self, screen: DeskScreen) -> None:
        self._screen = screen
        self._answer: Answer | None = None
        self._prompt = ""
        """What the field is asked with."""
        self._lacks: Callable[[str], bool] | None = None
        self._narrow: Callable[[str], None] | None = None
        self._own_words = False
        """Whether words that are none of the choices are taken as they are typed."""
        self._also: Mapping[str, str] = {}
        self._picking = ""
        """What a single character is asked for, or empty."""
        self._cut = ("", "")
        """What was taken of a pasted text, and the words that say how much of it that is."""
        self.shown_at = 0.0
        """When something was shown that the next key may answer, on the monotonic clock."""

    @property
    def _entry(self) -> EntryLine:
        return self._screen.entry

    @property
    def _choices(self) -> RowTable:
        return self._screen.choices

    @property
    def _keyboard(self) -> Keyboard:
        return self._screen.workstation.keyboard

    def text(
        self,
        asking: str,
        prompt: str,
        text: str,
        answer: Answer | None,
        marked: bool = False,
        lacks: Callable[[str], bool] | None = None,
    ) -> None:
        """Ask for a line of text."""
        self._answer, self._picking, self._prompt, self._lacks = answer, "", prompt, lacks
        self._screen.unsay()
        self._keyboard.text_goes_on()
        self._entry.ask(asking, prompt, text, marked)
        self._screen.refresh_frame()

    def yes_or_no(
        self, question: str, yes: Callable[[], Coroutine[Any, Any, None]], also: FurtherKeys, name: str = ""
    ) -> None:
        """Ask a yes-or-no question; one too wide for its line loses of the `name` in it first, its answers never."""

        async def answered(text: str) -> None:
            said = text.strip().lower()
            if said in ("y", "yes"):
                await yes()
            elif said in also:
                await also[said][1]()
            else:
                self._screen.say("Nothing was done.")

        self.shown_now()
        self._also = {key: words for key, (words, _) in also.items()}
        more = "".join(f"{key} {words}, " for key, words in self._also.items())
        answers = f"  y yes, {more}Esc no:"
        room = self._screen.size.width - cell_len(answers) - ROOM_TO_ANSWER
        self.text("confirm", within(question, room, name) + answers, "", answered)

    def choice(
        self, asking: str, prompt: str, options: Choices, chosen: Answer, own_words: bool, unchosen: bool = False
    ) -> None:
        """Let one of some named things be chosen; `unchosen`: a row that is none of them stands first."""

        def shown(text: str) -> None:
            words = text.lower().split()
            fitting = [o for o in options if all(w in f"{o[0]} {o[1]}".lower() for w in words)]
            whole = "_".join(words)  # what is called so comes first, then what begins so
            fitting.sort(
                key=lambda o: (o[0].lower() != whole, not o[0].lower().startswith(whole), not _called(o, words))
            )
            nothing = [NOTHING] if unchosen and not words else []
            self.offer([*nothing, *fitting], named_columns(options), asking)
            self._screen.refresh_frame()

        async def answered(text: str) -> None:
            row = self._choices.selected
            self.close_choices()
            if row is None and own_words and text.strip():
                await chosen(" ".join(text.split()))
            elif row is not None:
                await chosen(row[0])

        self._narrow, self._own_words = shown, own_words
        shown("")
        self.text(asking, prompt, "", answered)

    def character(self, asking: str, prompt: str, options: Choices, picked: Answer) -> None:
        """Let one of some things be taken by its own character."""
        characters = [name for name, _ in options]

        def pressed(text: str) -> None:
            character = text.strip()[-1:].upper()
            if character and not self._keyboard.alone:
                self._typed_on(text, " ".join(characters))
            elif character in characters:
                self._choices.move_to(characters.index(character))
                self.entered(EntryLine.Entered(asking, character))
            elif character:
                self._entry.text = ""
                self._screen.say(f"{character} cannot stand there: {' '.join(characters)}", "warning")

        async def answered(_: str) -> None:
            row = self._choices.selected
            self.close_choices()
            if row is not None:
                await picked(row[0])

        self.offer(options, named_columns(options), "a character takes its row")
        self._narrow = pressed
        self.shown_now()
        self.text(asking, prompt, "", answered)
        self._picking = asking

    def offer(self, rows: Sequence[Any], columns: Sequence[Column[Any]], title: str) -> None:
        """Show choices above the entry line; each begins with what it is and its words."""
        self._choices.title = title
        self._choices.styles.height = min(len(rows), MOST_CHOICES) + 1
        self._choices.set_source(ListSource(rows, lambda row: row[0]), keep=False, columns=columns)
        self._choices.add_class("-open")

    def close_choices(self) -> None:
        """Take the choices away."""
        self._narrow = None
        self._choices.remove_class("-open")

    @property
    def since(self) -> float | None:
        """Since when there is a question that one printable key answers, on the monotonic clock; None without one."""
        asking = self._entry.asking
        return self.shown_at if asking and asking in ("confirm", self._picking) else None

    def shown_now(self) -> None:
        """Something was shown that the next key may answer: it must have been read first."""
        self.shown_at = time.monotonic()

    @property
    def too_quick(self) -> bool:
        """Whether the key at work was pressed before anybody can have read what it would answer.

        A key that is refused for it begins the time anew: what is typed on without a pause is no answer at all.
        """
        if not self._keyboard.too_soon_after(self.shown_at):
            return False
        self.shown_at = self._keyboard.pressed_at
        return True

    def edited(self, event: EntryLine.Edited) -> None:
        """What is typed has changed."""
        self._screen.unsay()
        if event.asking == "confirm":
            if event.text and not self._keyboard.alone:
                self._typed_on(event.text, ", ".join(("y", *self._also)))
            elif event.text.lower() in ("y", *self._also):
                self._keyboard.answered()
                self.entered(EntryLine.Entered("confirm", event.text.lower()))
            elif event.text:
                self._refuse(f"{event.text[:20]} is no answer here")
        elif self._narrow:
            self._narrow(event.text)
        else:
            self._screen.edited(event.asking, event.text)
            if self._lacks:
                self._screen.refresh_frame()

    def entered(self, event: EntryLine.Entered) -> None:
        """Enter was pressed: carry out the answer, or say why it is none."""
        if not self._entry.asking:
            return
        if event.asking == "confirm" and not event.text and self.too_quick:
            self._refuse("Too quick to be an answer")
            return
        if event.asking == self._picking and not event.text and self.too_quick:
            self._screen.say(
                "Too quick to be an answer: the characters of the list, Up, Down and Enter, or Esc.", "warning"
            )
            return
        if event.text and event.text == self._cut[0] and self.too_quick:
            self._screen.say(self._cut[1], "warning")  # the Enter of the pasted text itself
            return
        answer = self._answer
        if answer is None:
            self._screen.entered(event.asking, event.text)
            return
        if self._narrow and not self._choices.count and not (self._own_words and event.text.strip()):
            self._screen.say(f"{event.text}: none of the choices.", "warning")
            self._entry.refuse()
            self._keyboard.refuse_text(f"{event.text} is none of the choices")
            return
        if self._narrow and self._choices.selected is NOTHING:
            self._screen.say("Nothing is chosen yet: Up and Down, or type, then Enter.", "warning")
            return
        again = None if self._narrow or event.asking in ("confirm", SECRET) else self._prompt
        lacks = self._lacks
        self._answer = None
        self._entry.end()
        self._screen.refresh_frame()
        self._screen.in_turn(self._answered(answer, event, again, lacks))

    async def _answered(
        self, answer: Answer, event: EntryLine.Entered, again: str | None, lacks: Callable[[str], bool] | None
    ) -> None:
        """Carry out an answer; where it is refused, ask `again` with what was entered, unless that has no prompt.

        A wrong value gives way to the next; a reason that says too little is gone on with.
        """
        from store.reasons import ReasonNeeded

        try:
            await answer(event.text)
        except CodedeskError as error:
            if again is not None and self._screen.is_current and not self._entry.asking:
                self.text(event.asking, again, event.text, answer, lacks=lacks)
                if not isinstance(error, ReasonNeeded):
                    self._entry.refuse()
            raise

    def given_up(self) -> None:
        """The field was left without an answer."""
        self._answer = None
        self.close_choices()

    def cut(self, event: EntryLine.Cut) -> None:
        """More was pasted than a line takes."""
        if not event.taken:
            why = f"None of {event.given:,} characters were taken: one line of codes fits here."
            self._screen.say(why, "warning")
            self._keyboard.refuse_text(why, is_line=True)
            return
        self._cut = (
            self._entry.text,
            f"Only {event.taken:,} of {event.given:,} characters were taken: one line fits here.",
        )
        self.shown_now()
        self._screen.say(self._cut[1], "warning")

    def hints(self, asking: str) -> Sequence[tuple[str, str]]:
        """What the keys beside text do in the field."""
        if asking == "confirm":
            return ("y", "yes"), *self._also.items(), ("Esc", "no")
        if self._choices.has_class("-open"):
            if self._choices.selected is NOTHING:
                return ("Up Down", "choose"), ("Enter", "take"), ("Esc", "leave")
            if self._choices.count:
                return ("Enter", "take"), ("Up Down", "choose"), ("Esc", "leave")
            return ("Enter", "take your words" if self._own_words else "say why not"), ("Esc", "leave")
        if self._lacks and self._lacks(self._entry.text):
            return ("Enter", "say why not"), ("Esc", "leave")
        if asking == "hold":
            return ("Enter", "puts the chart on hold"), ("Esc", "leaves it as it is")
        return ("Enter", "done"), ("Esc", "leave")

    def _typed_on(self, text: str, keys: str) -> None:
        """Text was begun at a question that one key alone answers: it goes to where text goes, or is refused whole."""
        if self._screen.takes_over(text):
            return
        self._entry.text = ""
        why = f"Too quick to be an answer: {keys} or Esc"
        self._screen.say(f"{why}.", "warning")
        self._keyboard.refuse_text(why, typed=text)

    def _refuse(self, why: str) -> None:
        """Take nothing that is no answer into a yes-or-no question, and say what is one."""
        self.shown_at = self._keyboard.pressed_at
        self._entry.text = ""
        self._screen.say(f"{why}: {', '.join(('y', *self._also))} or Esc.", "warning")


def _called(option: tuple[str, str], words: Sequence[str]) -> bool:
    return all(word in option[0].lower() for word in words)
