"""`codedesk patients`: two record numbers that are one person, parted again, and charts that are not for everybody."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import as_typed, safe_line
from tui.cells import counted, left

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.merge_plan import MergePlan


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    merge = commands.add_parser("merge", help="show two patients beside each other, ask, and merge one into the other")
    merge.add_argument("merged", metavar="MRN", help="record number or id that is given up")
    merge.add_argument("remaining", metavar="INTO", help="record number or id that remains")
    merge.add_argument("--reason", default="", metavar="TEXT", help="how you know that they are one; the log keeps it")
    merge.add_argument("--yes", action="store_true", help="merge without asking")
    merge.add_argument("--json", action="store_true", help="one JSON document")
    parting = commands.add_parser("unmerge", help="undo a merge: everything that went over goes back")
    parting.add_argument("mrn", metavar="MRN", help="record number or id that was given up")
    parting.add_argument(
        "--reason", default="", metavar="TEXT", help="how you know that they are two; the log keeps it"
    )
    parting.add_argument("--json", action="store_true", help="one JSON document")
    restrict = commands.add_parser("restrict", help="close a patient's charts to all who are not admitted to them")
    restrict.add_argument("mrn", metavar="MRN", help="record number or id")
    restrict.add_argument("--why", required=True, metavar="TEXT", help="the reason, in some words")
    lifting = commands.add_parser("unrestrict", help="open them to all again, for who was admitted; it is reviewed")
    lifting.add_argument("mrn", metavar="MRN")
    lifting.add_argument("--why", required=True, metavar="TEXT", help="the reason, in some words")
    grant = commands.add_parser("grant", help="admit a person to a restricted patient's charts")
    grant.add_argument("mrn", metavar="MRN")
    grant.add_argument("login", metavar="LOGIN")
    grant.add_argument("--end", action="store_true", help="end what was granted")
    emergency = commands.add_parser(
        "emergency", help="open a restricted patient's charts to yourself for an hour: it asks why, and is reviewed"
    )
    emergency.add_argument("key", metavar="VISIT|MRN", help="visit number, record number, or the id of either")
    emergency.add_argument("--why", default="", metavar="TEXT", help="the reason, in some words; else it is asked for")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand; exit code 1 when it is refused."""
    from store.access import admit, restrict, unrestrict
    from store.database import open_database, operation_id
    from store.people import sign_in
    from store.record_numbers import told_number

    db = open_database()
    try:
        actor = sign_in(db)
        if args.command == "restrict":
            mrn = restrict(db, actor, args.mrn, args.why, operation_id())
            whose = told_number(args.mrn, mrn)
            print(safe_line(f"the charts of {whose} are restricted; codedesk patients grant admits people"))
            return 0
        if args.command == "unrestrict":
            mrn = unrestrict(db, actor, args.mrn, args.why, operation_id())
            print(safe_line(f"the charts of {told_number(args.mrn, mrn)} are open to all again"))
            return 0
        if args.command == "grant":
            mrn = admit(db, actor, args.mrn, args.login, not args.end, operation_id())
            whose = told_number(args.mrn, mrn)
            print(safe_line(f"{args.login} is {'no longer ' if args.end else ''}admitted to the charts of {whose}"))
            return 0
        if args.command == "emergency":
            return emergency(db, actor, args.key, args.why)
        if args.command == "unmerge":
            return unmerge(db, actor, args)
        return _merge(db, actor, args)
    finally:
        db.close()


def emergency(db: Database, actor: Actor, key: str, why: str) -> int:
    """Break the glass of a patient's charts: on screens and in commands they are open until the time it says.

    Reason and PIN are asked for on a terminal; a PIN is taken from nowhere else.
    """
    from store.access import break_glass_of, find_restricted
    from store.database import operation_id
    from store.pins import has_pin
    from store.reasons import reason_in_words

    patient = find_restricted(db, actor, key)
    if not patient:
        print("these charts are open to you: no emergency was needed")
        return 0
    on_terminal = sys.stdin.isatty()
    if not why and not on_terminal:
        raise UsageError("why must they be opened?", "--why TEXT; nothing was opened")
    reason = reason_in_words(why or input("Restricted. In an emergency, say why: "))
    pin = ""
    if has_pin(db, actor):  # asked for once the rest is right
        if not on_terminal:
            raise UsageError("your PIN is asked for on a terminal", "run it on one; nothing was opened")
        pin = getpass.getpass("your PIN: ")
    until = break_glass_of(db, actor, patient, reason, pin, operation_id())
    print(f"these charts are open to you until {until[:16]}Z; the log has the reason, and it will be reviewed")
    return 0


def unmerge(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    """Undo the merge of `args.mrn`, and say what went back."""
    from store.database import operation_id
    from store.merges import unmerge_patients

    asks = sys.stdin.isatty() and not args.json
    reason = args.reason or (input("how do you know that they are two? ") if asks else "")
    if not reason.strip():
        raise UsageError("how do you know that they are two?", "--reason TEXT; nothing was undone")
    back = unmerge_patients(db, actor, args.mrn, operation_id(), reason)
    if args.json:
        print(json.dumps(asdict(back)))
    else:
        print(safe_line(f"{args.mrn} is a patient of their own again: {counted(back.encounters, 'encounter')},"
                        f" {counted(back.accounts, 'account')} went back"))  # fmt: skip
    return 0


def _merge(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    """Show both, ask, and merge; without a yes nothing is merged."""
    from store.database import operation_id
    from store.merge_plan import merge_plan
    from store.merges import merge_patients

    plan = merge_plan(db, actor, args.merged, args.remaining)
    if not args.json:
        print("\n".join(map(safe_line, plan_lines(plan))))
    asks = sys.stdin.isatty() and not args.json
    if not args.yes and not (asks and input("merge these? [y/N] ").strip().lower() in ("y", "yes")):
        print(json.dumps(asdict(plan)) if args.json else "nothing was merged; --yes merges without asking")
        return 0
    reason = args.reason or (input("how do you know that they are one? ") if asks else "")
    if not reason.strip():
        raise UsageError("how do you know that they are one?", "--reason TEXT; nothing was merged")
    merged = merge_patients(db, actor, args.merged, args.remaining, operation_id(), reason)
    if args.json:
        print(json.dumps(asdict(merged)))
        return 0
    print(safe_line(f"{args.merged} is merged into {args.remaining}: {counted(merged.encounters, 'encounter')},"
                    f" {counted(merged.accounts, 'account')};"
                    f" {as_typed('patients', 'unmerge', plan.gone.mrn)} takes it back"))  # fmt: skip
    return 0


def plan_lines(plan: MergePlan) -> list[str]:
    """Both patients beside each other, what differs, and what goes over."""
    lines = [f"{'':<9} {'given up':<30} remains"]
    lines += [f"{name:<9} {left(one, 30)} {left(other, 30)} {'differs' if differs else ''}".rstrip()
              for name, one, other, differs in plan.rows]  # fmt: skip
    over = (
        f"{counted(plan.gone.visits, 'visit')} and {counted(plan.gone.accounts, 'account')} go over to {plan.kept.mrn}"
    )
    return [*lines, plan.likeness, over]
