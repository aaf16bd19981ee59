"""`codedesk keys`: every key of every screen, from the registry; its Markdown form is `tui/KEYS.md`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from tui.actions import Action, registry, shipped

_HEAD = """# Keys

Made by `codedesk keys --markdown` from `tui/actions.csv`. On the screens, `?` shows the same for where you are.
A key of a screen hides the same key of every screen.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as the document tui/KEYS.md")
    form.add_argument("--json", action="store_true", help="as one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the keys."""
    if args.json:
        print(json.dumps([asdict(action) for action in registry()], indent=1))
    elif args.markdown:
        print(markdown(), end="")
    else:
        for screen, actions in by_screen(registry()).items():
            print(screen)
            for action in actions:
                print(f"  {'  '.join(action.keys) or ':' + action.id:<14} {action.help}")
    return 0


def by_screen(actions: Sequence[Action]) -> dict[str, list[Action]]:
    """The actions under the name of each screen they belong to, those of every screen first."""
    screens = dict.fromkeys(["any", *(screen for action in actions for screen in action.on)])
    return {screen: [action for action in actions if screen in action.on] for screen in screens}


def markdown() -> str:
    """The key document: the keys as they are shipped."""
    parts = [_HEAD]
    for screen, actions in by_screen(shipped()).items():
        title = "On every screen" if screen == "any" else f"On {screen}"
        rows = [f"| {_keys(action)} | {action.help} |" for action in actions]
        parts.append("\n".join([f"## {title}", "", "| key | does |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _keys(action: Action) -> str:
    return " ".join(f"`{key}`" for key in action.keys) or f"`:{action.id}`"
