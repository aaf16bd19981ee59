"""What the rules of sudo let people do as the account that owns the record: codedesk, with no arguments, and no more.

Rules are read as sudo reads them as far as codedesk is concerned: lines that go on, aliases of commands, tags that hold
for the commands behind them. Rules of groups and of hosts are not resolved. Source: sudoers(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from store.doctor.finding import Finding, State

ADVICE = '%coders ALL=(coder-svc) NOPASSWD: NOEXEC: /usr/bin/codedesk ""'

ADMINISTRATORS = frozenset({"root", "%root", "%sudo", "%admin", "%wheel"})
"""Whose rules for everything are those of the host, and are not judged."""

_EVERYBODY = frozenset({"ALL", "root", "#0"})
_RULE = re.compile(r"(?P<who>[^=\s]+(?:\s*,\s*[^=\s]+)*)\s+[^=]*=\s*(?P<what>.+)")
_ALIAS = re.compile(r"Cmnd_Alias\s+(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?P<commands>.+)")
_OTHER = re.compile(r"(Defaults|User_Alias|Runas_Alias|Host_Alias|Cmnd_Alias|[@#]include)")


@dataclass(frozen=True)
class Allowed:
    """One command that a rule lets somebody run; `runas` are the accounts, `line` the rule as it is written."""

    who: str
    runas: frozenset[str]
    tags: frozenset[str]
    command: str
    line: str

    @property
    def is_codedesk(self) -> bool:
        return "codedesk" in self.command.split(None, 1)[0]


def of_sudo(text: str, account: str = "") -> Finding:
    """What the rules say of codedesk and of the account that runs it (`account`, and whom rules run codedesk as)."""
    allowed = list(_allowed(text))
    ours = {name for one in allowed if one.is_codedesk for name in one.runas} | {account} - {""}
    for one in allowed:
        if (words := _wrong(one, ours)) and one.who not in ADMINISTRATORS:
            return Finding("sudo", State.WRONG, f"{words}: {one.line}", ADVICE)
    if not any(one.is_codedesk for one in allowed):
        return Finding("sudo", State.ADVICE, "no rule for codedesk: each person would own a record", ADVICE)
    for one in allowed:
        if one.is_codedesk and "NOEXEC" not in one.tags:
            return Finding("sudo", State.ADVICE, f"the rule could forbid other programs: {one.line}", ADVICE)
    if re.search(r"!\s*env_reset", text):
        return Finding("sudo", State.WRONG, "env_reset is off: people's environment reaches codedesk", ADVICE)
    return Finding(
        "sudo", State.OK, "codedesk runs as the service account alone, with no arguments but those of a rule"
    )


def _wrong(one: Allowed, ours: set[str]) -> str:
    """What is wrong with something that is allowed; empty where nothing is, or it is no matter of codedesk."""
    if one.is_codedesk:
        if one.runas & _EVERYBODY:
            return "codedesk may run as root"
        if not _is_bound(one.command):
            return "the rule allows any arguments"
        return "SETENV lets people's environment reach codedesk" if "SETENV" in one.tags else ""
    if not one.runas & (ours | _EVERYBODY):
        return ""
    if one.command == "ALL":
        return f"{one.who} may run every program as the account that owns the record"
    if one.runas & ours:
        return f"{one.who} may run another program as the account that owns the record"
    return ""


def _is_bound(command: str) -> bool:
    """Whether a command is held to the arguments that it names, or by \"\" to none."""
    _, _, arguments = command.partition(" ")
    return bool(arguments.strip()) and not set(arguments) & set("*?[")


def _allowed(text: str) -> Iterator[Allowed]:
    """Every command of every rule, with the tags that hold for it."""
    lines = list(_lines(text))
    aliases = {found["name"]: found["commands"] for line in lines if (found := _ALIAS.match(line))}
    for line in lines:
        found = None if _OTHER.match(line) else _RULE.match(line)
        if found is None:
            continue
        for who in re.split(r"\s*,\s*", found["who"]):
            yield from _of_rule(who, found["what"], line, aliases)


def _of_rule(who: str, what: str, line: str, aliases: Mapping[str, str]) -> Iterator[Allowed]:
    runas, tags = frozenset({"root"}), frozenset[str]()
    for part in re.split(r"(?<!\\),", what):
        words = part.strip()
        if named := re.match(r"\(([^)]*)\)\s*", words):
            runas = frozenset(re.split(r"\s*,\s*", named[1].partition(":")[0].strip()))
            words = words[named.end() :]
        while tag := re.match(r"([A-Z_]+):\s*", words):
            tags = (tags | {tag[1]}) - {"NOEXEC" if tag[1] == "EXEC" else "SETENV" if tag[1] == "NOSETENV" else ""}
            words = words[tag.end() :]
        if words.startswith("!") or not words:
            continue
        for command in re.split(r"(?<!\\),", aliases.get(words, words)):
            yield Allowed(who, runas, tags, command.strip(), line)


def _lines(text: str) -> Iterator[str]:
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()
