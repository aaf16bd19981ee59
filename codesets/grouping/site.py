"""The site's own grouper, as `grouper.toml` in the folder of codedesk's files names it: CMS's jars, or any program.

It goes before the optional package, since a site that sets it up wants its answers. `SITE-GROUPER.md` explains it.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

from codesets.errors import UnreadableInput
from codesets.grouping.child import ChildGrouper, java_command
from codesets.home import home

SITE_FILE = "grouper.toml"
BRIDGE = Path(__file__).with_name("CmsGrouper.java")
_KNOWN = {"jars", "java", "command", "name", "start_seconds", "answer_seconds"}
_EXPECTED = "SITE-GROUPER.md explains the file"


def open_site() -> ChildGrouper | None:
    """The site's grouper, None where it has none; it starts with the first question. Raises UnreadableInput."""
    path = home() / SITE_FILE
    if not path.is_file():
        return None
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableInput(f"{SITE_FILE} cannot be read: {error}", _EXPECTED) from None
    if unknown := sorted(set(table) - _KNOWN):
        raise UnreadableInput(f"{SITE_FILE}: no setting is called {unknown[0]}", f"one of {', '.join(sorted(_KNOWN))}")
    if ("jars" in table) == ("command" in table):
        raise UnreadableInput(f"{SITE_FILE}: expected jars (a folder) or command (a list of words)", _EXPECTED)
    usual = "CMS grouper (your copy)" if "jars" in table else "The site's grouper"
    name = " ".join(str(table.get("name") or usual).split())[:60]
    start, answer = _seconds(table, "start_seconds", 60), _seconds(table, "answer_seconds", 2)
    return ChildGrouper(_command(table), name, start, answer)


def _command(table: dict[str, Any]) -> tuple[str, ...]:
    if "command" in table:
        words = table["command"]
        if not isinstance(words, list) or not words or not all(isinstance(one, str) and one for one in words):
            raise UnreadableInput(f"{SITE_FILE}: command: expected a list of words", _EXPECTED)
        return tuple(words)
    jars, java = Path(str(table["jars"])), str(table.get("java", "java"))
    if not any(jars.glob("*.jar")):
        raise UnreadableInput(f"{SITE_FILE}: jars: no jar is in {jars}", "put the jars of CMS's grouper there")
    if shutil.which(java) is None:
        raise UnreadableInput(f"{SITE_FILE}: java: no program is called {java}", "install Java 17 or newer (a JDK)")
    return java_command(java, jars, BRIDGE)


def _seconds(table: dict[str, Any], name: str, usual: float) -> float:
    value = table.get(name, usual)
    if not isinstance(value, int | float) or not 0.1 <= value <= 600:
        raise UnreadableInput(f"{SITE_FILE}: {name}: expected seconds from 0.1 to 600", _EXPECTED)
    return float(value)
