"""The registry of actions: what can be done, where, with which keys, and in which words.

Read from `actions.toml`, with the keys that a preset or the site's settings give instead, and checked. Footer,
help and the `:` line show it; a screen carries an action out in its method `do_<id>` and may say in `why_not`
that it cannot be done now.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from store.settings import SettingsError, load_settings, user_keys

KEY_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "S-Tab",
    "space": "Space",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "backspace": "BSpace",
    "delete": "Del",
} | {f"f{n}": f"F{n}" for n in range(1, 13)}


@dataclass(frozen=True, eq=False)
class Action:
    """One action; `footer` is its place in the key line of each screen that has it there."""

    id: str
    on: tuple[str, ...]
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    footer: Mapping[str, int] = field(default_factory=dict)
    danger: bool = False

    @property
    def key(self) -> str:
        """The key that screens show for it, or an empty text."""
        return self.keys[0] if self.keys else ""


ALONE = frozenset({"lock"})
"""Screens on which nothing but their own actions can be done."""


class RegistryError(ValueError):
    """The registry contradicts itself: a defect of the program, caught by its tests."""


@cache
def shipped() -> tuple[Action, ...]:
    """Every action as it is shipped, in the order of the file. Raises RegistryError."""
    actions = tuple(_action(entry) for entry in _toml("actions.toml")["action"])
    if trouble := _trouble(actions):
        raise RegistryError(trouble)
    return actions


@cache
def registry() -> tuple[Action, ...]:
    """Every action with the keys of this site: its preset, then its own. Raises SettingsError for a wrong key map."""
    presets, chosen = _toml("presets.toml"), load_settings().preset
    if chosen not in presets:
        raise SettingsError(f"preset: no set of keys is called {chosen!r}", f"there are {', '.join(presets)}")
    keys = {name: tuple(value) for name, value in presets[chosen].items()} | user_keys()
    if unknown := sorted(set(keys) - {action.id for action in shipped()}):
        raise SettingsError(f"keys: no action is called {unknown[0]!r}", "codedesk keys lists them")
    actions = tuple(replace(action, keys=keys.get(action.id, action.keys)) for action in shipped())
    if trouble := _trouble(actions):
        raise SettingsError(f"keys: {trouble}", "change or remove it in config.toml")
    return actions


@cache
def actions_on(screen: str) -> tuple[Action, ...]:
    """The actions of a screen, its own before those of every screen."""
    own = [action for action in registry() if screen in action.on]
    if screen in ALONE:
        return tuple(own)
    return (*own, *(action for action in registry() if "any" in action.on))


@cache
def keymap(screen: str) -> dict[str, Action]:
    """Key to action on a screen; a key of its own hides the same key of every screen."""
    return {key: action for action in reversed(actions_on(screen)) for key in action.keys}


@cache
def footer(screen: str) -> tuple[Action, ...]:
    """The actions of the key line in their order."""
    places = {a: a.footer.get(screen, a.footer.get("any", 0)) for a in actions_on(screen)}
    return tuple(sorted((a for a, place in places.items() if place), key=places.__getitem__))


def key_name(key: str, character: str | None) -> str:
    """A key as the registry writes it, from Textual's key and character."""
    if key in KEY_NAMES:
        return KEY_NAMES[key]
    return character if character and character.isprintable() else key


def _action(entry: dict) -> Action:
    footer = entry.get("footer", {})
    places = dict.fromkeys(entry["on"], footer) if isinstance(footer, int) else footer
    return Action(**entry | {"on": tuple(entry["on"]), "keys": tuple(entry["keys"]), "footer": places})


def _toml(name: str) -> dict:
    return tomllib.loads(files("tui").joinpath(name).read_text(encoding="utf-8"))


def _trouble(actions: Sequence[Action]) -> str:
    """What contradicts itself among the actions, or an empty text."""
    seen: set[str] = set()
    for action in actions:
        if action.id in seen:
            return f"{action.id} stands twice"
        seen.add(action.id)
        if not (action.label and action.help.endswith(".") and action.group and action.on):
            return f"{action.id} needs a label, a sentence of help, a group and a screen"
    for screen in {screen for action in actions for screen in action.on}:
        taken: dict[str, str] = {}
        for action in actions:
            for key in action.keys if screen in action.on else ():
                if key in taken:
                    return f"{key} is both {taken[key]} and {action.id} on {screen}"
                taken[key] = action.id
    return ""
