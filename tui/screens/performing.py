"""How a key becomes an action of the registry: carried out by the screen, or refused with why.

One key or two that follow each other; what is for others says whom to ask and is written to the log. What is typed
where no key is meant is refused as a whole, so that the rest of it does nothing either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from store.permissions import on_key, whom_to_ask
from tui.actions import Action, actions_on, key_name, keymap
from tui.desks import DESKS

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen

TEXT_KEYS = frozenset("+/:")
"""Keys behind which text is typed at once, without a look at whether a line has opened."""


class Performing:
    """The keys of one screen, with the first of two that is still waiting for its second."""

    def __init__(self, screen: DeskScreen) -> None:
        self._screen = screen
        self._begun = ""

    def pressed(self, event: events.Key) -> None:
        """A key that is no text: carry out its action, wait for its second key, or say that it does nothing here."""
        screen, keyboard = self._screen, self._screen.workstation.keyboard
        key = key_name(event.key, event.character)
        if keyboard.runs_on(key):
            screen.say("Typed on behind an answer: nothing was done with it.", "warning")
            return
        sequence = f"{self._begun} {key}".strip()
        keys = keymap(screen.name_on)
        if sequence == "Esc" and screen.filter_text:
            screen.unfilter()
            return
        begun, self._begun = self._begun, ""
        if sequence in keys:
            self.perform(keys[sequence])
        elif not begun and (follow := self._following(key)):
            self._begun = key
            screen.say("  ".join(f"{known} {keys[known].label}" for known in follow), "dim")
        elif begun:
            screen.say("")
        elif key == "Enter" and not screen.unknown_key(key):
            screen.say("Enter opens nothing here: what there is of the row is shown already. ? shows the keys.", "dim")
        elif not screen.unknown_key(key) and event.is_printable:
            is_line = key.isdigit() or key in TEXT_KEYS
            keyboard.refuse_text(f"{key} is no key here", is_line, key)

    def _following(self, begun: str) -> list[str]:
        """The keys of two that begin so and are for the person at the keyboard, in the order of the registry."""
        keys = keymap(self._screen.name_on)
        found = [known for known in reversed(keys) if known.startswith(f"{begun} ")]
        return [known for known in found if not self._screen.barred(keys[known])] or found

    def perform(self, action: Action) -> None:
        """Carry out an action of the registry, or say why not; what is for others is written to the log."""
        screen = self._screen
        if reason := screen.barred(action):
            self._refuse(action, self._with_whom_to_ask(action, reason))
            screen.work(self._log_refusal(action, reason), group="refused")
            return
        if reason := screen.why_not(action.id):
            self._refuse(action, reason)
            return
        if action.id in DESKS:
            screen.workstation.go_to_desk(action.id)
        else:
            getattr(screen, f"do_{action.id}", getattr(screen.workstation, f"do_{action.id}", _nothing))()

    def barred(self, action: Action) -> str:
        """Why an action is not for the person at the keyboard, or an empty text."""
        actor = self._screen.workstation.record.known_actor
        return on_key(actor.role, action.id, action.group) if actor else ""

    def _with_whom_to_ask(self, action: Action, reason: str) -> str:
        """Why an action is not for somebody, and whom to ask, as far as the line has room."""
        screen = self._screen
        actor = screen.workstation.record.known_actor
        whom = whom_to_ask(actor.role, action.id, action.group) if actor else ()
        room = (screen.size.width or screen.app.size.width) - len(f" {action.label}: ") - 1
        said = (f"{reason}. {one}" for one in whom)
        return next((one for one in said if len(one) <= room), f"{reason}.")

    def _refuse(self, action: Action, reason: str) -> None:
        """Say why an action is not done; the text that was to go into its line is refused with it."""
        why = f"{action.label}: {reason}"
        self._screen.say(why, "warning")
        self._screen.workstation.keyboard.refuse_text(why, is_line=bool(TEXT_KEYS & set(action.keys)))

    async def _log_refusal(self, action: Action, reason: str) -> None:
        from store import log

        screen = self._screen
        await screen.workstation.change(log.note, "refused", "screen", screen.name_on, asked=action.id, why=reason)

    def choose_by_name(self) -> None:
        """The command line: every action of the screen by its name, with who may."""
        named = {action.id: action for action in actions_on(self._screen.name_on) if action.group != "Moving"}

        async def chosen(name: str) -> None:
            self._screen.perform(named[name])

        options = [(a.id, f"{a.key:<6} {a.help}{self._reserved(a)}") for a in named.values()]
        self._screen.choose("command", ":", options, chosen)

    def _reserved(self, action: Action) -> str:
        reason = self._screen.barred(action)
        return f"  ({reason})" if reason else ""


def _nothing() -> None:
    """An action that this screen does not carry out."""
