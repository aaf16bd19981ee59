"""`codedesk rules`: the rules of the scrubber and of the code edits, what this site makes of them, and what they do.

Text for people on stdout, one JSON document with `--json`. Exit code 1 when examples do not hold, a rule was refused,
or a trial would have stopped claims.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UnreadableInput, UsageError
from codesets.safe import as_typed, safe_line
from store.queries import SessionReader
from store.queries.rules import rule_changes, rule_firings, rule_versions
from store.settings import today
from tui.commands import rules_writing
from tui.counts import how_many, whole
from tui.money import dollars

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.scrub.catalog import RuleEntry
    from store.scrub.rules import Rule
    from store.scrub.trial import Trial

MOST_BYTES = 1_000_000
WHOLE_RULE = """\
FILE, whole:

  id = "site_units"                  # small letters, digits and _
  title = "More than four units of a visit"
  family = "codes"                   # codedesk rules list --counts names them
  level = "line"                     # line: asked of each line; claim: of the whole
  forms = ["837p"]
  severity = "error"                 # error and critical stop the claim
  when = "code == 'G0463' and units > 4"
  params = { place = "units" }       # the field that the finding is about
  message = "Line {line} has {units} units."
  fix = "Bill one unit."
  citation = "Contract, section 4"
  snip = 7
  passes = [{}, { set = { "line.1.units" = 4 } }]
  fails = [{ set = { "line.1.units" = 5 }, at = "line.1.units" }]

The examples must hold before the rule can be switched on. Each is a sound claim
with something changed: passes are claims that the rule lets pass, fails are
claims that it finds something on. In an example,
  set      gives places of the claim another value, in quotes with their dots:
           "line.1.units", "line.2.modifiers", "coverage.payer.filing_code",
           diagnoses = ["I10"], form = "837i" (then the claim is a stay)
  without  takes places away: ["referring"]
  at       is the place where the finding is expected: line.1. and the rule's
           place for a rule of lines, the place alone for one of claims
  given    tells of other claims, as { today = "2026-11-02" }
  params   are settings of the rule for this example
`codedesk rules show r312` shows a rule that ships; `rules copy` begins from one."""
SEVERITIES = ("critical", "error", "warning", "info")
SCOPES = ("payer", "plan", "specialty", "site")


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    listing = _command(commands, "list", "every rule with its weight, SNIP type and state")
    listing.add_argument("--family", help="of one family only")
    listing.add_argument("--severity", choices=SEVERITIES)
    listing.add_argument("--off", action="store_true", help="only those that are switched off")
    listing.add_argument("--counts", action="store_true", help="how many of each family, severity and SNIP type")
    _rule(_command(commands, "show", "one rule whole, with its examples and changes"))
    testing = _command(commands, "test", "run the examples of rules; exit code 1 when one does not hold")
    testing.add_argument("rules", nargs="*", metavar="RULE", help="ids or files of rules; without it, all")
    trying = _command(commands, "try", "what a rule would have found lately; exit code 1 when it stops claims")
    trying.add_argument("rule", metavar="RULE", help="an id, or a file with a rule that is not in use yet")
    trying.add_argument("--days", type=whole(1, 36_500), default=90, help="how far back the services go (90)")
    trying.add_argument("--version", type=how_many, help="a version of a rule of this site")
    adding = _command(commands, "add", "keep a rule of this site, or a new version of it; it begins switched off")
    adding.formatter_class = argparse.RawDescriptionHelpFormatter
    adding.epilog = WHOLE_RULE
    adding.add_argument("file", metavar="FILE", help="a TOML file with the rule and its examples, - for standard input")
    adding.add_argument("--note", default="", help="what is new")
    rules_writing.configure(commands)
    switching = _command(commands, "on", "switch a rule on; its examples must hold")
    _rule(switching)
    switching.add_argument("--version", type=how_many, help="a version of a rule of this site (the newest)")
    _why(switching)
    off = _command(commands, "off", "switch a rule off, for everybody or for some")
    _rule(off)
    _whom(off)
    _why(off)
    setting = _command(commands, "set", "weigh a rule otherwise or change its settings, for everybody or for some")
    _rule(setting)
    setting.add_argument("--severity", choices=SEVERITIES)
    setting.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="several values with commas"
    )
    setting.add_argument("--on", action="store_true", help="switch it on for those named")
    _whom(setting)
    _why(setting)
    _rule(_command(commands, "versions", "the versions of a rule and every change, undone ones too"))
    rolling = _command(commands, "rollback", "undo the last change of a rule that stands")
    _rule(rolling)
    _why(rolling)
    stats = _command(commands, "stats", "how often each rule fired, and what became of it")
    stats.add_argument("--since", default="", metavar="DAY", help="as 2026-09-01")


def _command(commands: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--json", action="store_true")
    return parser


def _rule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE")


def _why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why; it is logged")


def _whom(parser: argparse.ArgumentParser) -> None:
    words = {
        "payer": "only for claims to this payer id",
        "plan": "only for this plan, by its name",
        "specialty": "only for this taxonomy of the rendering provider",
        "site": "only for this billing NPI",
    }
    for scope in SCOPES:
        parser.add_argument(f"--{scope}", metavar=scope.upper(), help=words[scope])
    parser.add_argument("--from", dest="begins", default="", metavar="DAY", help="for services from this day on")
    parser.add_argument("--to", dest="ends", default="", metavar="DAY", help="for services up to this day")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database

    commands = {
        "list": _list,
        "show": _show,
        "test": _test,
        "try": _try,
        "add": _add,
        "copy": rules_writing.copy,
        "parts": rules_writing.parts,
        "write": rules_writing.write,
        "on": _on,
        "off": _off,
        "set": _set,
        "versions": _versions,
        "rollback": _rollback,
        "stats": _stats,
    }
    with closing(open_database()) as db:
        return commands[args.command](db, args)


def _list(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.catalog import rule_entries
    from store.scrub.rules import Family

    families = [family.value for family in Family]
    if args.family and args.family not in families:
        raise UsageError(f"no family is called {args.family!r}", f"known: {', '.join(families)}")
    with db.reading() as session:
        entries = rule_entries(SessionReader(session))
    entries = [
        one
        for one in entries
        if args.family in (None, one.family) and args.severity in (None, one.severity) and not (args.off and one.on)
    ]
    if args.counts:
        return _counts(entries, args.json)
    if args.json:
        print(json.dumps([asdict(one) for one in entries]))
        return 0
    print(f"{'RULE':<12} {'V':>2}  {'SEVERITY':<8} {'FAMILY':<13} {'SNIP':>4} {'CARC':>4}  TITLE")
    for one in entries:
        state = "" if one.on else "  [off]"
        changed = f"  [{one.overlay}]" if one.overlay else ""
        print(
            safe_line(
                f"{one.id:<12} {one.version:>2}  {one.severity:<8} {one.family:<13} {one.snip:>4} {one.carc or '':>4}  "
                f"{one.title}{state}{changed}"
            )
        )
    print(f"{len(entries)} rules, {sum(one.on for one in entries)} on")
    return 0


def _counts(entries: list[RuleEntry], as_json: bool) -> int:
    tables = {
        name: dict(sorted(Counter(str(getattr(one, name)) for one in entries).items()))
        for name in ("family", "severity", "snip", "kind")
    }
    if as_json:
        print(json.dumps({"rules": len(entries), **tables}))
        return 0
    for name, counts in tables.items():
        print(f"by {name}")
        for value, count in counts.items():
            print(f"  {value:<15} {count:>4}")
    print(f"{len(entries)} rules")
    return 0


def _show(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.catalog import rule_page

    with db.reading() as session:
        page = rule_page(SessionReader(session), args.rule)
    if args.json:
        print(json.dumps(asdict(page), default=str))
        return 0
    one = page.entry
    print(safe_line(f"{one.id} version {one.version}  {one.title}  [{'on' if one.on else 'off'}]"))
    print(f"{one.severity}  {one.family}  SNIP {one.snip}  {f'CARC {one.carc}  ' if one.carc else ''}{one.kind}")
    for label, text in (
        ("when", page.when),
        ("check", page.check),
        ("settings", json.dumps(page.params) if page.params else ""),
        ("message", page.message),
        ("fix", page.fix),
        ("source", page.citation),
        ("in force", page.period),
        ("changed", one.overlay),
    ):
        if text:
            print(safe_line(f"{label:<9} {text}"))
    held = "hold" if page.outcome.holds else "DO NOT HOLD"
    print(f"examples  {page.outcome.passing} pass, {page.outcome.failing} are found; they {held}")
    for reason in page.outcome.reasons:
        print(safe_line(f"          {reason}"))
    for change in page.changes:
        print(safe_line(_change_text(asdict(change))))
    return 0


def _test(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.catalog import rule_entries
    from store.scrub.site_rules import outcome_of

    with db.reading() as session:
        reader = SessionReader(session)
        named = args.rules or [one.id for one in rule_entries(reader)]
        outcomes = [_from_file(rule).outcome if _is_file(rule) else outcome_of(reader, rule) for rule in named]
    failing = [one for one in outcomes if not one.holds]
    if args.json:
        print(json.dumps([{**asdict(one), "holds": one.holds, "reasons": one.reasons} for one in outcomes]))
    else:
        for one in failing:
            for reason in one.reasons:
                print(safe_line(f"{one.rule_id}  {reason}"))
        tried = sum(one.passing + one.failing for one in outcomes)
        print(f"{len(outcomes)} rules, {tried} examples, {len(failing)} rules whose examples do not hold")
    return 1 if failing else 0


def _try(db: Database, args: argparse.Namespace) -> int:
    from codesets.catalog import open_reference
    from codesets.edits import ReferenceFacts
    from store.people import sign_in
    from store.scrub.trial import try_rule

    if args.days < 0:
        raise UsageError(f"{args.days} days", "expected 0 or more")
    with db.reading() as session:
        rule = _from_file(args.rule).rule if _is_file(args.rule) else _rule_of(SessionReader(session), args)
    with open_reference() as reference:
        trial = try_rule(db, ReferenceFacts(reference), rule, today(), args.days, person_id=sign_in(db).person_id)
    if args.json:
        print(json.dumps(asdict(trial)))
    else:
        print("\n".join(_trial_text(trial)))
    return 1 if trial.stopped else 0


def _rule_of(reader: SessionReader, args: argparse.Namespace) -> Rule | str:
    from store.scrub.catalog import rule_of

    return rule_of(reader, args.rule, args.version)


def _trial_text(trial: Trial) -> list[str]:
    text = [
        f"{trial.rule_id} version {trial.version} ({trial.severity}), services since {trial.since}:",
        f"{trial.claims} claims looked at, {trial.found} found, {trial.stopped} would have been stopped, "
        f"{dollars(trial.charges_cents)} in charges",
    ]
    if trial.unchecked:
        text.append(f"{trial.unchecked} could not be checked")
    if trial.by_status:
        text.append("now: " + ", ".join(f"{count} {state}" for state, count in sorted(trial.by_status.items())))
    for hit in trial.hits:
        text.append(
            safe_line(f"  {hit.claim_number:<12} {hit.status:<12} {dollars(hit.total_cents):>10}  {hit.message}")
        )
    return text


def _add(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.scrub.site_rules import save_version

    text = _from_file(args.file)
    version = save_version(db, _actor(db), text, args.note, operation_id())
    outcome = text.outcome
    if args.json:
        print(
            json.dumps({"rule": text.rule.id, "version": version, "holds": outcome.holds, "reasons": outcome.reasons})
        )
    else:
        print(safe_line(f"{text.rule.id} version {version} is kept, switched off."))
        for reason in outcome.reasons:
            print(safe_line(f"  {reason}"))
        trying, switching = as_typed("rules", "try", text.rule.id), as_typed("rules", "on", text.rule.id)
        print(f"{trying}, then: {switching} --reason …")
    return 0


def _on(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.scrub.site_rules import switch_on

    switch_on(db, _actor(db), args.rule, args.reason, args.version, operation_id())
    return _said(args, {"rule": args.rule, "on": True}, f"{args.rule} is on.")


def _off(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.overlays import Action

    return _changed(db, args, [(Action.OFF, {})])


def _set(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.overlays import Action

    wanted: list[tuple[Action, dict[str, object]]] = []
    if args.on:
        wanted.append((Action.ON, {}))
    if args.severity:
        wanted.append((Action.SEVERITY, {"severity": args.severity}))
    if args.param:
        wanted.append((Action.PARAMS, dict(_param(text, args.rule) for text in args.param)))
    if not wanted:
        raise UsageError("nothing to change", "--severity, --param or --on")
    return _changed(db, args, wanted)


def _param(text: str, rule_id: str) -> tuple[str, object]:
    """`most=12` is a number, `required=A:1,B:2` a list, also with one part where the rule has a list; else text."""
    from store.scrub.rules import rule_book

    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(f"{text!r} is no setting", "expected NAME=VALUE")
    kept = next((one.params.get(name) for one in rule_book().rules if one.id == rule_id), None)
    if isinstance(kept, list) or "," in value or ":" in value:
        return name, [part for part in value.split(",") if part]
    return name, int(value) if value.isdecimal() and value.isascii() and len(value) < 10 else value


def _changed(db: Database, args: argparse.Namespace, wanted: list[tuple[Any, dict[str, object]]]) -> int:
    from store.database import operation_id
    from store.scrub.overlays import Overlay, Scope
    from store.scrub.site_rules import change_rule

    named = [(scope, getattr(args, scope)) for scope in SCOPES if getattr(args, scope) is not None]
    if len(named) > 1:
        raise UsageError("a change is for one of payer, plan, specialty and site", "make two changes")
    scope, whom = named[0] if named else (Scope.ALL.value, "")
    numbers = []
    for action, value in wanted:
        overlay = Overlay(0, args.rule, Scope(scope), whom, action, value, args.begins, args.ends, args.reason)
        numbers.append(change_rule(db, _actor(db), overlay, operation_id()))
        said = overlay.words
    return _said(args, {"rule": args.rule, "changes": numbers}, f"{args.rule}: {said}.")


def _versions(db: Database, args: argparse.Namespace) -> int:
    from store.scrub.catalog import rule_page

    with db.reading() as session:
        reader = SessionReader(session)
        page = rule_page(reader, args.rule)
        versions, changes = rule_versions(reader, args.rule), rule_changes(reader, args.rule)
    if args.json:
        print(json.dumps({"versions": [asdict(one) for one in versions], "changes": [asdict(one) for one in changes]}))
        return 0
    for row in versions:
        print(safe_line(f"version {row.version}  {row.made_at[:10]}  {row.made_by}  {row.note}"))
    if not versions:
        print(safe_line(f"{page.entry.id} version {page.entry.version} ships with codedesk."))
    for change in changes:
        print(safe_line(_change_text(asdict(change))))
    return 0


def _change_text(change: dict[str, Any]) -> str:
    from store.scrub.overlays import Action, Overlay, Scope

    words = Overlay(
        change["number"],
        change["rule_id"],
        Scope(change["scope"]),
        change["scope_id"],
        Action(change["action"]),
        change["value"],
    ).words
    begins = f"  from {change['effective_from']}" if change["effective_from"] else ""
    ends = f"  to {change['effective_to']}" if change["effective_to"] else ""
    head = f"change {change['number']}  {change['made_at'][:10]}  {change['made_by']}  {words}"
    text = f"{head}{begins}{ends}  {change['reason']}"
    if change["undone_at"]:
        text += f"  undone {change['undone_at'][:10]} by {change['undone_by']}: {change['undo_reason']}"
    return text


def _rollback(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.scrub.site_rules import roll_back

    undone = roll_back(db, _actor(db), args.rule, args.reason, operation_id())
    return _said(args, {"rule": args.rule, "undone": undone}, f"{args.rule}: undone: {undone}.")


def _stats(db: Database, args: argparse.Namespace) -> int:
    with db.reading() as session:
        firings = sorted(
            rule_firings(SessionReader(session), args.since).values(), key=lambda row: (-row.fired, row.rule_id)
        )
    if args.json:
        print(json.dumps([{**asdict(row), "open": row.open} for row in firings]))
        return 0
    heads = f"{'RULE':<12} {'FIRED':>6} {'FIXED':>6} {'OPEN':>6} {'OVERRIDDEN':>10} {'DENIED':>6} {'PAID':>6}"
    print(f"{heads} {'WITHDRAWN':>9}")
    for row in firings:
        print(
            f"{row.rule_id:<12} {row.fired:>6} {row.fixed:>6} {row.open:>6} {row.overridden:>10} {row.denied:>6} "
            f"{row.paid:>6} {row.withdrawn:>9}"
        )
    if not firings:
        print("No rule has fired yet. `codedesk claims scrub` runs them.")
    return 0


def _said(args: argparse.Namespace, document: dict[str, Any], text: str) -> int:
    print(json.dumps(document) if args.json else safe_line(text))
    return 0


def _is_file(name: str) -> bool:
    return name == "-" or "/" in name or name.endswith(".toml")


def _from_file(name: str) -> Any:
    """The rule of a file. Raises UnreadableInput with the line, BadRules with the field."""
    from store.scrub.site_rules import read_text

    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else _bytes(Path(name))
    except OSError as error:
        raise UnreadableInput(f"{name}: {error.strerror}", "expected a TOML file with one rule") from error
    if len(content) > MOST_BYTES:
        raise UnreadableInput(f"{name}: larger than {MOST_BYTES:,} bytes", "expected a TOML file with one rule")
    try:
        return read_text(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableInput(f"{name}: {str(error).splitlines()[0]}", "expected a TOML file with one rule") from None


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _actor(db: Database) -> Actor:
    from store.people import sign_in

    return sign_in(db)
