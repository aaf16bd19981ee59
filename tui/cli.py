"""The command line: one table of commands, each in a module of its own, imported only when it is called.

A command module has `configure(parser)` and `run(args) -> int`. Text goes to stdout, trouble as one line to
stderr. Exit codes: 0 done, 1 the work found problems, 2 usage or unreadable input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any, NoReturn

from codesets.errors import CodedeskError, UsageError
from tui.commands.workstation import LINEAR_HELP, PLAIN_DRIVER_HELP

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("tui.commands.demo", "open the demo site: made-up patients, real codes"),
    "search": ("tui.commands.search", "ranked codes for words, abbreviations or codes"),
    "suggest": ("tui.commands.suggest", "diagnosis codes for a note, with the evidence"),
    "code": ("tui.commands.code", "a code's page: title, path, notes, flags, children"),
    "codesets": ("tui.commands.codesets", "what is loaded; load official files"),
    "favorites": ("tui.commands.favorites", "your favorites and code lists: list, add, remove"),
    "intake": ("tui.commands.intake", "take in encounters of any format"),
    "encounters": ("tui.commands.encounters", "list, show and export encounters"),
    "chart": ("tui.commands.chart", "a chart's codes: shown, entered line by line, final coded"),
    "drg": ("tui.commands.drg", "the MS-DRG of an inpatient stay, with its reasons"),
    "em": ("tui.commands.em", "the E/M worksheet: a visit in, the level with its arithmetic out"),
    "hcc": ("tui.commands.hcc", "the CMS-HCC risk scores of a patient, with last year's gaps"),
    "check": ("tui.commands.check", "the edits on encounters of a file, without storing them"),
    "group": ("tui.commands.group", "MS-DRG and risk scores of encounters of a file, without storing them"),
    "training": ("tui.commands.training", "codings of training charts held against their answer keys"),
    "worklists": ("tui.commands.worklists", "worklists as rules: list, why, try, put in force, move work"),
    "holds": ("tui.commands.holds", "why charts wait and for whom: list, add, clear"),
    "queries": ("tui.commands.queries", "queries to providers: write, check, send, answer, close"),
    "figures": ("tui.commands.figures", "your own figures: units against the target, active time"),
    "keys": ("tui.commands.keys", "every key of every screen"),
    "commands": ("tui.commands.commands", "every command, as text, document, man page or completion of a shell"),
    "schema": ("tui.commands.schema", "JSON Schema of the native format; the tables of the record"),
    "claims": ("tui.commands.claims", "build, scrub, show and export claims"),
    "coverages": ("tui.commands.coverages", "coverages of an account: list them, mend one, add one"),
    "acks": ("tui.commands.acks", "TA1, 999 and 277CA: take them in, list and show them; refused claims come back"),
    "denials": ("tui.commands.denials", "denials of posted remittances: list, assign, appeal, close"),
    "remits": ("tui.commands.remits", "add up remittances, take them in, show and take back"),
    "payers": ("tui.commands.payers", "payers: who is billed, with identifier, address and filing limit"),
    "facilities": ("tui.commands.facilities", "facilities: who bills, with NPI, tax id and address"),
    "partners": ("tui.commands.partners", "trading partners: to whom claims go, in which form"),
    "ledger": ("tui.commands.ledger", "what accounts owe, their journals, statements of patients"),
    "postings": ("tui.commands.postings", "what patients pay, write-offs, refunds; take one back"),
    "unapplied": ("tui.commands.unapplied", "payments of claims that are not ours: apply them, give them back"),
    "takebacks": ("tui.commands.takebacks", "what payers take back over several payments, and what of it is open"),
    "deposits": ("tui.commands.deposits", "the bank's deposits beside remittances; what waits"),
    "audits": ("tui.commands.audits", "samples, blind reviews, findings and their answers, scores"),
    "records": ("tui.commands.records", "what charts lack, duplicates, releases of information"),
    "report": ("tui.commands.report", "figures of the catalog: run, picture, publish, repeat"),
    "export": ("tui.commands.export", "rows by any filter, and whole layouts, under a profile"),
    "rules": ("tui.commands.rules", "the edits: list, test, try, weigh, write, roll back"),
    "reset-terminal": ("tui.commands.reset_terminal", "undo what a killed session left in the terminal"),
    "synonyms": ("tui.commands.synonyms", "what this site calls things, for the search"),
    "picks": ("tui.commands.picks", "what people took for which words; forget some"),
    "ready": ("tui.commands.ready", "keep the program loaded on this host: sessions start at once"),
    "doctor": ("tui.commands.doctor", "look this site over: files, record, log, backups, host"),
    "backup": ("tui.commands.backup", "copy the record to a file and read the copy through"),
    "restore": ("tui.commands.restore", "put a backup in the record's place; the record is kept"),
    "upgrade": ("tui.commands.upgrade", "bring the record to this codedesk's schema"),
    "move": ("tui.commands.move", "copy the record to another database, proved, and close this one"),
    "postgres-roles": (
        "tui.commands.postgres_roles",
        "SQL for a role on PostgreSQL with an append-only log",
    ),
    "log": ("tui.commands.log", "check and anchor the log; who opened a chart"),
    "patients": ("tui.commands.patients", "merge patients who are one, undo a merge, restrict charts"),
    "disclosures": ("tui.commands.disclosures", "accounting of disclosures of a patient"),
    "users": ("tui.commands.users", "people of this site and their roles"),
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help says what it takes")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that reads the files of the installation."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"codedesk {version('codedesk')}")
        parser.exit()


OPENING = ({"--plain-driver", "--linear"}, ["demo"])
"""Options of the screens, and the command that opens them elsewhere."""


DRAWING = {"demo", "reset-terminal"}
"""Commands that write controls to the terminal on purpose."""


OF_NO_RECORD = {
    "code",
    "codesets",
    "commands",
    "demo",
    "doctor",
    "keys",
    "postgres-roles",
    "ready",
    "reset-terminal",
    "restore",
    "schema",
    "search",
    "suggest",
    "synonyms",
    "training",
    "upgrade",
}
"""Commands that show nothing of the record, or say themselves what they saw of it."""


def main(argv: Sequence[str] | None = None, joining: bool = True) -> int:
    """Run one command and return its exit code; without a command, open the workstation.

    With `joining`, a session is asked of the process that waits for that, where one does (`tui.ready`).
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if joining and _opens_screens(arguments):
            from tui.ready.joining import join

            code = join(arguments)
            if code is not None:
                return code
        return _dispatch(arguments)
    except CodedeskError as error:
        print(f"codedesk: {error.line()}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _opens_screens(arguments: list[str]) -> bool:
    options, demo = OPENING
    return options.issuperset(arguments[1:] if arguments[:1] == demo else arguments)


def _dispatch(arguments: list[str]) -> int:
    parser = _parser()
    if arguments and arguments[0] in COMMANDS:
        name = arguments[0]
        module = importlib.import_module(COMMANDS[name][0])
        command = _Parser(prog=f"codedesk {name}", description=COMMANDS[name][1])
        module.configure(command)
        options = command.parse_args(arguments[1:])
        _permit(named(name, command, options))
        if name not in DRAWING and sys.stdout.isatty():
            from tui.plain_output import PlainOutput

            with redirect_stdout(PlainOutput(sys.stdout)):
                code = int(module.run(options))
        else:
            code = int(module.run(options))
        if name not in OF_NO_RECORD:
            _tell_part()
        return code
    options = parser.parse_args(arguments)
    from tui.commands import workstation

    return workstation.run(options)


def named(name: str, parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """A command as the table of rights calls it: `claims export`, `backup`; no option is taken for a word of it."""
    subcommands = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    below = next((getattr(options, one.dest, None) for one in subcommands), None)
    return f"{name} {below}" if below else name


def _tell_part() -> None:
    """Say on stderr that what a command showed is a part of the record, where the facilities are limited."""
    from store.settings import database_url, load_settings, sqlite_path

    if load_settings().facilities == "*" or sqlite_path(database_url()) is not None:
        return
    from store.database import open_database
    from store.queries import SessionReader
    from store.whole import part_seen

    db = open_database()
    try:
        with db.reading() as session:
            part = part_seen(SessionReader(session))
    finally:
        db.close()
    if part:
        print(f"codedesk: {part.words}", file=sys.stderr)


def _permit(command: str) -> None:
    """Ask the record whether this command is for the person at the keyboard. Raises NotAllowed."""
    from store.permissions import roles_with
    from store.terms import Role

    if roles_with("command", command) != frozenset(Role):
        from store.people import permit_command
        from store.settings import database_url

        permit_command(database_url(), command)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in COMMANDS.items())
    parser = _Parser(
        prog="codedesk",
        description="A keyboard-driven workstation for medical coding and billing.\n"
        "Without a command it opens the screens.",
        epilog=f"commands:\n{listing}\n\n`codedesk COMMAND --help` says more of each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plain-driver", action="store_true", help=PLAIN_DRIVER_HELP)
    parser.add_argument("--linear", action="store_true", help=LINEAR_HELP)
    parser.add_argument("--version", action=_Version, nargs=0, help="say the version and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
