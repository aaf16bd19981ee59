"""The registry of actions: what can be done, where, with which keys, and in which words.

Read from `actions.csv`, with the keys that a preset or the site's settings give instead, and checked. Footer,
help and the `:` line show it; a screen carries an action out in its method `do_<id>` and may say in `why_not`
that it cannot be done now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from string import ascii_lowercase

from codesets.shipped_tables import read_table
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


MOST_PRESSED = 2
"""How many keys one after the other an action takes, as `g s`."""

DEFAULT_PRESET = "default"
"""The keys of `actions.csv` as they are."""

ALONE = frozenset({"lock"})
"""Screens on which nothing but their own actions can be done."""


class RegistryError(ValueError):
    """The registry contradicts itself: a defect of the program, caught by its tests."""


COLUMNS = ("id", "on", "keys", "label", "help", "group", "footer", "danger")


@cache
def shipped() -> tuple[Action, ...]:
    """Every action as it is shipped, in the order of the file. Raises RegistryError and UnreadableInput."""
    # A table, not TOML: this is read before the first frame, and is read in a twentieth of the time.
    table = Path(__file__).with_name("actions.csv")
    actions = tuple(map(_action, read_table(table, COLUMNS, may_be_empty=("keys", "footer", "danger"))))
    if trouble := _trouble(actions):
        raise RegistryError(trouble)
    return actions


@cache
def registry() -> tuple[Action, ...]:
    """Every action with the keys of this site: its preset, then its own. Raises SettingsError for a wrong key map."""
    own = user_keys()
    keys = _preset(load_settings().preset) | own
    if not keys:
        return shipped()
    for name, some in own.items():
        if wrong := next((key for key in some if not _can_be_pressed(key)), None):
            raise SettingsError(
                f"keys: {name}: there is no key {wrong!r}",
                f"one character, a letter with Ctrl (ctrl+k), or {', '.join(KEY_NAMES.values())}; or two with a blank",
            )
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


def _can_be_pressed(keys: str) -> bool:
    """Whether keys are one or two that a terminal sends, as `key_name` writes them."""
    pressed = keys.split(" ")
    return len(pressed) <= MOST_PRESSED and all(map(_is_key, pressed))


def _is_key(name: str) -> bool:
    held, _, letter = name.partition("+")
    with_control = held == "ctrl" and len(letter) == 1 and letter in ascii_lowercase
    return with_control or name in KEY_NAMES.values() or (len(name) == 1 and name.isprintable())


def _preset(chosen: str) -> dict[str, tuple[str, ...]]:
    """The keys of a preset by action; of the one that is shipped in force, none."""
    if chosen == DEFAULT_PRESET:
        return {}
    import tomllib

    presets = tomllib.loads(Path(__file__).with_name("presets.toml").read_text(encoding="utf-8"))
    if chosen not in presets:
        raise SettingsError(f"preset: no set of keys is called {chosen!r}", f"there are {', '.join(presets)}")
    return {name: tuple(value) for name, value in presets[chosen].items()}


def _action(row: tuple[str, ...]) -> Action:
    name, on, keys, label, help_, group, footer, danger = row
    screens = tuple(on.split())
    return Action(
        name,
        screens,
        tuple(filter(None, keys.split("  "))),
        label,
        help_,
        group,
        _places(footer, screens),
        bool(danger),
    )


def _places(footer: str, screens: tuple[str, ...]) -> dict[str, int]:
    """The place in the key line by screen: one for all of them, or each with its own."""
    if not footer:
        return {}
    if footer.isdigit():
        return dict.fromkeys(screens, int(footer))
    return {screen: int(place) for screen, _, place in (one.partition("=") for one in footer.split())}


def _trouble(actions: Sequence[Action]) -> str:
    """What contradicts itself among the actions, or an empty text."""
    seen: set[str] = set()
    taken: dict[tuple[str, str], str] = {}
    for action in actions:
        if action.id in seen:
            return f"{action.id} stands twice"
        seen.add(action.id)
        if not (action.label and action.help.endswith(".") and action.group and action.on):
            return f"{action.id} needs a label, a sentence of help, a group and a screen"
        for screen in action.on:
            for key in action.keys:
                if (screen, key) in taken:
                    return f"{key} is both {taken[screen, key]} and {action.id} on {screen}"
                taken[screen, key] = action.id
    return ""
