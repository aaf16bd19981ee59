"""Every command that a message names is one that there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tui.commands.commands import pages

ROOT = Path(__file__).parents[2]
FLOORS = ("codesets", "store", "tui")
SENTENCE_GOES_ON = frozenset({"and", "have", "or"})
NAMED = re.compile(r"(`?)\bcodedesk ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")


def texts(source: str) -> Iterator[str]:
    """The texts in a module that a person can read: its strings without docstrings, what is filled in left out."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            said |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def unknown_in(text: str, known: set[str]) -> list[str]:
    """The commands that a text names and that are not known.

    Words after `codedesk` are a command where the first one is, or where it is quoted; else they go on the sentence.
    """
    first_words, groups = {name.split()[0] for name in known}, {name.split()[0] for name in known if " " in name}
    found = []
    for quoted, first, second in NAMED.findall(text):
        alone = first not in groups or not second or second in SENTENCE_GOES_ON
        of_group = any(f"{name} ".startswith(f"{first} {second} ") for name in known)
        if (quoted and first not in first_words) or not (alone or of_group):
            found.append(f"codedesk {first} {second}".rstrip())
    return found


def test_every_command_that_a_message_names_is_there() -> None:
    known = {page.name for page in pages()}

    unknown = [
        f"{path.relative_to(ROOT)}: {name}"
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        for text in texts(path.read_text(encoding="utf-8"))
        for name in unknown_in(text, known)
    ]

    assert unknown == []


def test_every_command_that_a_table_of_texts_names_is_there() -> None:
    known = {page.name for page in pages()}

    unknown = [
        f"{path.relative_to(ROOT)}: {name}"
        for floor in FLOORS
        for path in sorted((*(ROOT / floor).rglob("*.toml"), *(ROOT / floor).rglob("*.csv")))
        for name in unknown_in(path.read_text(encoding="utf-8"), known)
    ]

    assert unknown == []


def test_a_command_that_is_not_there_is_found_and_a_sentence_is_none() -> None:
    known = {"claims list", "claims set", "ledger"}

    told = (
        "`codedesk clams` or codedesk claims refresh, codedesk claims set, codedesk ledger shows it; codedesk makes it"
    )

    assert unknown_in(told, known) == ["codedesk clams", "codedesk claims refresh"]
