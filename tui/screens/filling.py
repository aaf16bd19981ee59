"""What fills an empty list: the key or command that does, to who may; to others, who they are that do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.permissions import allowed, right_of_key, who_may
from tui.actions import registry

if TYPE_CHECKING:
    from tui.screens.desk import DeskScreen


@dataclass(frozen=True)
class Filling:
    """How a list comes to have rows: `by_key` are words behind a key, `by_others` words behind who may press it.

    The key is that of `action`, or `key` where more is to be said: where it is pressed, or which command it is. `right`
    is the row of the permissions that decides, where that is not the one of the action.
    """

    action: str
    by_key: str
    by_others: str
    key: str = ""
    right: tuple[str, str] | None = None


def what_fills(screen: DeskScreen, filling: Filling) -> str:
    """One sentence on what fills a list of the screen, for the person at the keyboard."""
    action = next((one for one in registry() if one.id == filling.action), None)
    right = filling.right or (right_of_key(action.id, action.group) if action else ("action", filling.action))
    actor = screen.workstation.record.known_actor
    if actor is None or allowed(actor.role, *right):
        return f"{filling.key or (action.key if action else '')} {filling.by_key}."
    who = who_may(*right)
    return f"{who[:1].upper()}{who[1:]} {filling.by_others}."
