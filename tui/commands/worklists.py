"""`codedesk worklists`: the worklists as rules, what is in them, why a chart is where it is, and who works on it.

Text for people on stdout, one JSON document with `--json`. A step that changes worklists or moves work needs a reason;
`try` and `--dry-run` say what would happen and change nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UnreadableInput, UsageError
from store.queries import SessionReader
from store.settings import today
from store.terms import in_words
from tui.cells import counted, left, minute
from tui.commands import worklists_bulk, worklists_people
from tui.commands.answers import command, reason, task_ids, told
from tui.commands.worklists_selecting import listing_asked, log_look, selecting
from tui.counts import how_many
from tui.money import dollars

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.worklists.rulebook import Rulebook, RuleSeen
    from store.worklists.versions import Trial
    from store.worklists.why import Why

MOST_BYTES = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _version(command(commands, "list", "the worklists in force, in their order, with the charts in each"))
    command(commands, "fields", "every field that criteria can ask, with its operators")
    _version(command(commands, "show", "the worklists as text (TOML), to be edited"))
    command(commands, "history", "versions of the worklists, and what came into force when and why")
    _file(command(commands, "check", "read worklists from a file and say whether they can work"))
    trying = command(commands, "try", "what other worklists would do to today's charts; nothing is kept")
    trying.add_argument("file", nargs="?", metavar="FILE", help="a TOML file, - for standard input")
    _version(trying)
    saving = command(commands, "save", "keep worklists as a new version; it is not in force yet")
    _file(saving)
    saving.add_argument("--note", default="", help="what is new")
    using = command(commands, "use", "put a version in force and list every open chart by it")
    using.add_argument("version", type=how_many, metavar="VERSION")
    reason(using)
    reason(command(commands, "rollback", "put the version in force again that was before"))
    asking = command(commands, "why", "why a chart is in its worklist and at its place")
    asking.add_argument("chart", metavar="CHART", help="the id of the task, or the visit number")
    charts = command(commands, "charts", "the charts of a list, filtered by criteria")
    charts.add_argument("worklist", nargs="?", default="", metavar="WORKLIST", help="without it, of all")
    selecting(charts)
    worklists_bulk.configure(commands)
    worklists_people.configure(commands)


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database
    from store.people import sign_in

    steps = (
        {
            "list": _list,
            "fields": _fields,
            "show": _show,
            "history": _history,
            "check": _check,
            "try": _try,
            "save": _save,
            "use": _use,
            "rollback": _rollback,
            "why": _why,
            "charts": _charts,
        }
        | worklists_people.STEPS
        | worklists_bulk.STEPS
    )
    db = open_database()
    try:
        return steps[args.command](db, sign_in(db), args)
    finally:
        db.close()


def _list(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries.worklists import worklist_counts
    from store.worklists.versions import rulebook

    with db.reading() as session:
        reader = SessionReader(session)
        book = rulebook(reader, args.version)
        counts = {one.worklist: one for one in worklist_counts(reader)}
    rows = []
    for number, rule in enumerate(book.rules, 1):
        count = counts.get(rule.name)
        rows.append(
            {
                "place": number,
                "name": rule.name,
                "rule": rule.rule,
                "words": rule.words,
                "criteria": rule.condition.words,
                "skill": rule.skill,
                "waits": rule.waits,
                "order": [key.words for key in rule.order],
                "ready": count.ready if count else 0,
                "in_progress": count.in_progress if count else 0,
                "on_hold": count.on_hold if count else 0,
            }
        )
    lines = [
        f"version {book.version}",
        f"{'#':>3} {left('worklist', 22)} {'ready':>7} {'open':>5} {'on hold':>7}  criteria",
    ]
    for row in rows:
        skill = f"  (skill {row['skill']})" if row["skill"] else ""
        skill += "  (waits: get-next gives none)" if row["waits"] else ""
        lines.append(
            f"{row['place']:>3} {left(str(row['name']), 22)} {row['ready']:>7} {row['in_progress']:>5} "
            f"{row['on_hold']:>7}  {row['criteria']}{skill}"
        )
    return told(args, {"version": book.version, "worklists": rows}, lines)


def _fields(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.criteria import fields
    from store.criteria.language import OPERATORS

    rows = [
        {
            "name": field.name,
            "kind": field.kind.value,
            "meaning": field.meaning,
            "operators": [operator.value for operator in OPERATORS[field.kind]],
            "values": list(field.values),
            "rules": field.rules,
        }
        for field in fields().values()
    ]
    lines = []
    for row in rows:
        only = "" if row["rules"] else " (saved views only)"
        lines += [f"{row['name']:<20} {row['kind']:<10} {row['meaning']}{only}"]
    lines += ["", "operators:"]
    lines += [f"  {kind.value:<10} {', '.join(o.value for o in known)}" for kind, known in OPERATORS.items()]
    return told(args, rows, lines)


def _show(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries.worklist_rules import version_content, version_in_force
    from store.worklists.rulebook import as_toml, shipped_content
    from store.worklists.versions import rulebook

    with db.reading() as session:
        reader = SessionReader(session)
        number = rulebook(reader, args.version).version
        content = version_content(reader, number) or shipped_content()
        in_force = version_in_force(reader)
    if args.json:
        return told(args, {"version": number, "in_force": number == in_force, **content}, ())
    print(f"# version {number}{', in force' if number == in_force else ''}\n{as_toml(content)}", end="")
    return 0


def _history(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries.worklist_rules import worklist_steps, worklist_versions

    with db.reading() as session:
        versions, steps = worklist_versions(SessionReader(session)), worklist_steps(SessionReader(session))
    lines = [f"version {v.number:<3} {minute(v.made_at)} {v.made_by:<12} {v.note}" for v in versions]
    lines = lines or ["version 1   as shipped, never changed"]
    lines += [
        f"in force  {minute(one.made_at)} {one.made_by:<12} version {one.version}: {one.reason}; "
        f"{counted(one.moved, 'chart')} moved"
        for one in steps
    ]
    return told(args, {"versions": [asdict(v) for v in versions], "in_force": [asdict(s) for s in steps]}, lines)


def _check(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    book = _from_file(args.file)[1]
    said = f"{counted(len(book.rules), 'worklist')}, asking {counted(len(book.fields), 'field')}: they can work"
    return told(args, {"worklists": len(book.rules), "fields": sorted(book.fields)}, [said])


def _try(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.worklists.versions import rulebook, try_version

    if (args.file is None) == (args.version is None):
        raise UsageError("try what?", "a file, or --version")
    if args.file is not None:
        book = _from_file(args.file)[1]
    else:
        with db.reading() as session:
            book = rulebook(SessionReader(session), args.version)
    trial = try_version(db, book)
    return told(args, asdict(trial) | {"moved": trial.moved}, [*trial_lines(trial), "nothing was changed"])


def _save(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.versions import save_version

    content, _ = _from_file(args.file)
    number = save_version(db, actor, content, args.note, operation_id())
    said = f"version {number} is kept; codedesk worklists use {number} --reason … puts it in force"
    return told(args, {"version": number}, [said])


def _use(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.versions import put_in_force

    trial = put_in_force(db, actor, args.version, args.reason, operation_id())
    lines = [f"version {args.version} is in force", *trial_lines(trial)]
    return told(args, {"version": args.version, **asdict(trial), "moved": trial.moved}, lines)


def _rollback(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.worklists.versions import roll_back

    number, trial = roll_back(db, actor, args.reason, operation_id())
    lines = [f"version {number} is in force again", *trial_lines(trial)]
    return told(args, {"version": number, **asdict(trial), "moved": trial.moved}, lines)


def _why(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.permissions.columns import seen_by
    from store.worklists.why import why

    with db.reading() as session:
        reader = SessionReader(session)
        answers = [why(reader, item_id, today()) for item_id in task_ids(reader, args.chart)]
    found = [seen_by(actor.role, one) for one in answers if one is not None]
    if not found:
        raise UnreadableInput(
            f"no chart is called {args.chart[:60]!r}", "codedesk worklists charts lists the visit numbers"
        )
    data = [json.loads(json.dumps(asdict(one), default=str)) for one in found]
    return told(args, data, [line for one in found for line in _why_text(one)])


def _charts(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.people import require_shown
    from store.permissions.columns import seen_by
    from store.queries.worklist_words import ALIKE
    from store.queries.worklists import worklist_rows

    with db.reading() as session:
        reader = SessionReader(session)
        listing = listing_asked(reader, actor, args)
        require_shown(db, actor, "worklist.view", listing)
        log_look(db, actor, listing)
        rows = seen_by(actor.role, worklist_rows(reader, listing))
    texts = [
        f"{row.visit_number or row.id:<12} {left(row.kind, 12)} {row.priority:>4} {row.service_date}"
        f" {left(row.patient, 22)} {left(row.worklist, 20)} {dollars(row.cents):>10} {in_words(row.status)}"
        for row in rows
    ]
    data = [{key: value for key, value in asdict(row).items() if key != "key"} for row in rows]
    none = not rows and args.find and not args.find.startswith(ALIKE)
    likely = [f"--find '{ALIKE}{args.find}' also finds names like it"] if none else []
    return told(args, data, [*texts, counted(len(rows), "chart"), *likely])


def trial_lines(trial: Trial) -> list[str]:
    """What moves, and what each worklist has now and then."""
    lines = [f"{trial.moved:,} of {counted(trial.charts, 'open chart')} move"]
    lines += [f"  {move.charts:>7,}  {move.source} → {move.target}" for move in trial.moves]
    changed = [count for count in trial.counts if count[1] != count[2]]
    lines += [f"  {left(name, 24)} {now:>7,} → {then:>7,}" for name, now, then in changed]
    return lines


def _why_text(why: Why) -> list[str]:
    lines = [f"canceled: {why.here.canceled}"] if why.here.canceled else []
    lines.append(f"{why.worklist}: {why.here.rule}")
    lines += rule_text(why.taken)
    parts = " + ".join(f"{points} {words}" for points, words in why.here.reasons) or "nothing"
    lines += [f"priority {why.here.priority} = {parts}", f"sorted by {', '.join(key.words for key in why.order)}"]
    if why.days_to_bill is not None:
        lines.append(f"days to bill {why.days_to_bill}")
    for label, text in (("skill", why.skill), ("facility", why.facility), ("assigned to", why.assigned)):
        lines += [f"{label} {text}"] if text else []
    lines += [f"hold {text}" for text in why.here.holds] + [f"skipped by {text}" for text in why.skipped]
    lines.append(f"coder's clock {why.coder_hours} h, days since discharge {why.days_since_discharge}")
    for rule in why.above:
        lines += [f"not {rule.name}:", *rule_text(rule)]
    return lines


def rule_text(rule: RuleSeen) -> list[str]:
    """The criteria of a rule on a chart, one by one."""
    return [f"  {'✓' if one.met else '–'} {one.words}   here: {one.seen}" for one in rule.criteria]


def _from_file(name: str) -> tuple[Mapping[str, Any], Rulebook]:
    from store.worklists.rulebook import read_rulebook, read_toml

    try:
        text = sys.stdin.read(MOST_BYTES + 1) if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(f"{name}: cannot be read as text: {error}") from None
    if len(text) > MOST_BYTES:
        raise UnreadableInput(f"{name}: more than {MOST_BYTES:,} characters")
    content = read_toml(text)
    return content, read_rulebook(content, 0)


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a TOML file with [[worklist]] tables, - for standard input")


def _version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", type=how_many, metavar="N", help="a version; without it the one in force")
