"""`codedesk commands`: every command with its options, from the parsers; its Markdown form is `tui/COMMANDS.md`.

Also the man page and, by shtab, what shells complete a command line from.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

SHELLS = ("bash", "zsh", "tcsh")

_HEAD = """# Commands

Made by `codedesk commands --markdown` from the commands themselves. `codedesk COMMAND --help` says the same of one.
Each prints text for people; with `--json`, where it has it, one JSON document. Exit codes: 0 done, 1 the work found
problems, 2 usage or unreadable input, 130 interrupted.
"""


@dataclass(frozen=True)
class Argument:
    """What a command takes: `-d DATE` or `FILE`, and its words."""

    name: str
    words: str


@dataclass(frozen=True)
class CommandPage:
    """A command whole: `rules list`, its words, what it takes."""

    name: str
    words: str
    arguments: tuple[Argument, ...]


def configure(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="as the document tui/COMMANDS.md")
    form.add_argument("--man", action="store_true", help="as the man page codedesk(1)")
    form.add_argument("--json", action="store_true", help="as one JSON document")
    form.add_argument(
        "--completion", choices=SHELLS, metavar="SHELL", help="what a shell completes by: bash, zsh, tcsh"
    )


def run(args: argparse.Namespace) -> int:
    """Print the commands."""
    if args.completion:
        import shtab

        print(shtab.complete(whole_parser(), args.completion))
    elif args.json:
        print(json.dumps([asdict(page) for page in pages()], indent=1))
    elif args.markdown:
        print(markdown(), end="")
    elif args.man:
        print(man_page(), end="")
    else:
        for page in pages():
            print(f"{page.name:<28} {page.words}")
    return 0


def whole_parser() -> argparse.ArgumentParser:
    """One parser of all commands; the program itself makes only that of the command that is called."""
    from tui.cli import COMMANDS

    parser = argparse.ArgumentParser(prog="codedesk", description="medical coding and billing in a terminal")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, (module, words) in COMMANDS.items():
        importlib.import_module(module).configure(commands.add_parser(name, help=words, description=words))
    return parser


def pages() -> list[CommandPage]:
    """Every command and every command below one, in the order of the program's help."""
    return list(_pages(whole_parser(), "", ""))


def markdown() -> str:
    """The document of the commands."""
    parts = [_HEAD]
    for page in pages():
        level = "##" if " " not in page.name else "###"
        rows = [f"| `{_cell(argument.name)}` | {_cell(argument.words)} |" for argument in page.arguments]
        table = ["| takes | |", "|---|---|", *rows, ""] if rows else []
        parts.append("\n".join([f"{level} codedesk {page.name}", "", f"{_sentence(page.words)}", "", *table]))
    return "\n".join(parts)


def man_page() -> str:
    """The man page in roff."""
    lines = [
        '.TH CODEDESK 1 "" "codedesk" "User commands"',
        ".SH NAME",
        r"codedesk \- medical coding and billing in a terminal",
        ".SH SYNOPSIS",
        ".B codedesk",
        "[COMMAND [OPTION ...]]",
        ".SH DESCRIPTION",
        "Without a command it opens the screens, where ? shows the keys.",
        ".SH COMMANDS",
    ]
    for page in pages():
        lines += [".TP", f".B codedesk {_roff(page.name)}", _roff(_sentence(page.words))]
        for argument in page.arguments:
            lines += [".RS", ".TP", f".I {_roff(argument.name)}", _roff(argument.words), ".RE"]
    codes = "0 done, 1 the work found problems, 2 usage or unreadable input, 130 interrupted."
    return "\n".join([*lines, ".SH EXIT STATUS", codes, ""])


def _pages(parser: argparse.ArgumentParser, name: str, words: str) -> Iterator[CommandPage]:
    below: argparse._SubParsersAction[argparse.ArgumentParser] | None = None
    arguments = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below = action
        elif not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS:
            words_of = action.help or ("one JSON document" if action.dest == "json" else "")
            arguments.append(Argument(_named(action), words_of.replace("%%", "%")))
    if name:
        yield CommandPage(name, words, tuple(arguments))
    if below is not None:
        helps = {choice.dest: choice.help or "" for choice in below._choices_actions}
        for one, child in below.choices.items():
            yield from _pages(child, f"{name} {one}".strip(), helps.get(one, ""))


def _named(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else ""
    if not value and action.choices:
        value = "|".join(map(str, action.choices))
    value = value or action.dest.upper()
    if not action.option_strings:
        return f"[{value}]" if action.nargs in ("?", "*") else value
    flags = ", ".join(action.option_strings)
    return flags if action.nargs == 0 else f"{flags} {value}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    escaped = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
