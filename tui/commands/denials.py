"""`codedesk denials`: the denials that posted remittances opened, and the work on them.

A step (assign, appeal, resolve, write-off, outcome) is done for the denials named, or with `--similar` for all living
ones of the same payer and reason; `--dry-run` says which those are. `reopen` takes back how denials were closed, with
their money. `why` tells where a denial came from, `causes` counts all of them by reason, rule, coder or provider,
`letter` writes the appeal.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from codesets.safe import safe_line
from store.queries.denials import DenialFilter, DenialRow, denial_list, denial_of
from store.terms import in_words
from tui.cells import counted, left
from tui.money import dollars

if TYPE_CHECKING:
    from store.database import Database

_COUNTED_BY = ("reason", "category", "payer", "rule", "coder", "provider", "code")
_OUTCOMES = ("resolved", "written-off", "patient-owes")
_STEPS = {
    "assign": ("give to a person", "LOGIN", "whose they are from now on"),
    "appeal": ("note that an appeal was sent", "NOTE", "what was sent, in your words"),
    "resolve": (
        "close what was settled, with what came of it; refused while its money is owed",
        "OUTCOME",
        "what came of it, in your words",
    ),
    "write-off": ("give the money up; it is posted", "REASON", "why, in your words"),
    "outcome": ("close as resolved, written-off or patient-owes; money is posted", "REASON", "why, in your words"),
    "reopen": ("open closed denials again; their money is taken back", "REASON", "why, in your words"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="denials, the nearest due day first")
    listing.add_argument("--show", choices=[each.value for each in DenialFilter], default="living")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    why = actions.add_parser("why", help="the edit that saw it, who coded it, who gave the service")
    why.add_argument("denial", metavar="ID")
    why.add_argument("--json", action="store_true", help="one JSON document")
    causes = actions.add_parser("causes", help="denials counted by what they come from, all and living ones")
    causes.add_argument("--by", choices=_COUNTED_BY, default="reason")
    causes.add_argument("--since", default="", metavar="DAY", help="opened since this ISO day")
    causes.add_argument("--json", action="store_true", help="one JSON document per line")
    letter = actions.add_parser("letter", help="the letter of an appeal with the evidence of the codes")
    letter.add_argument("denial", metavar="ID")
    letter.add_argument("--why", default="", help="what you have to say, before the evidence")
    letter.add_argument("--out", default="-", metavar="FILE", help="a new file, or - for standard output")
    for name, (told, words, explained) in _STEPS.items():
        step = actions.add_parser(name, help=told)
        if name == "outcome":
            step.add_argument("outcome", choices=_OUTCOMES, metavar="OUTCOME", help=", ".join(_OUTCOMES))
        step.add_argument("words", metavar=words, help=explained)
        step.add_argument("denials", nargs="+", metavar="ID", help="as `codedesk denials list` shows them")
        if name != "reopen":
            step.add_argument("--similar", action="store_true", help="and all living ones of the same payer and reason")
        if name in ("write-off", "outcome"):
            step.add_argument("--though-rebilled", action="store_true", help="also what a replacement bills again")
        step.add_argument("--dry-run", action="store_true", help="say which they are and change nothing")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store.database import open_database

    db = open_database()
    try:
        actions = {"list": _list, "why": _why, "causes": _causes, "letter": _letter}
        return actions.get(args.action, _work)(db, args)
    finally:
        db.close()


def _list(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.people import sign_in
    from store.queries import SessionReader

    log.note(db, sign_in(db), "denial.list", show=args.show)
    count, cents, after = 0, 0, None
    with db.reading() as session:
        while page := denial_list(SessionReader(session), DenialFilter(args.show), after):
            for row in page:
                if not args.json and count == 0:
                    print(_HEADING)
                print(json.dumps(asdict(row)) if args.json else _text(row))
                count, cents = count + 1, cents + row.cents
            after = page[-1]
    if not args.json:
        print(f"{counted(count, 'denial')}, {dollars(cents)}" if count else "No denials.")
    return 0


def _why(db: Database, args: argparse.Namespace) -> int:
    from store import access
    from store.denials.causes import cause_of
    from store.denials.work import DenialRefused
    from store.people import sign_in
    from store.queries import SessionReader

    access.look(db, sign_in(db), "denial.view", "denial", [args.denial])
    with db.reading() as session:
        cause = cause_of(SessionReader(session), args.denial)
    if cause is None:
        raise DenialRefused(f"no denial has the id {args.denial[:40]!r}", "codedesk denials list shows them")
    if args.json:
        print(json.dumps(asdict(cause)))
        return 0
    print(safe_line(f"claim {cause.claim or 'not ours'}  coded by {cause.coder or 'nobody'} {cause.coded_at}"))
    print(safe_line(f"service by {cause.provider or 'nobody named'}"))
    for edit in cause.edits:
        print(safe_line(f"edit {edit.rule_id}  {edit.title}  [{edit.place}]"))
        if edit.overridden_by:
            print(safe_line(f"    let pass by {edit.overridden_by} {edit.overridden_at}: {edit.override_reason}"))
    if not cause.edits:
        print("no edit saw it")
    return 0


def _causes(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.denials.causes import By, pareto
    from store.people import sign_in
    from store.queries import SessionReader

    log.note(db, sign_in(db), "denial.list", by=args.by)
    with db.reading() as session:
        rows = pareto(SessionReader(session), By(args.by), args.since)
    if rows and not args.json:
        print(f"{'denials':>7} {'$':>14} {'living':>7} {'$':>14}  {args.by}")
    for row in rows:
        counts = f"{row.count:>7} {dollars(row.cents):>14} {row.living:>7} {dollars(row.living_cents):>14}"
        print(json.dumps(asdict(row)) if args.json else safe_line(f"{counts}  {row.what}"))
    if not rows and not args.json:
        print("No denials.")
    return 0


def _letter(db: Database, args: argparse.Namespace) -> int:
    from pathlib import Path

    from store import access, log
    from store.denials.letter import appeal_letter
    from store.output import STDOUT, output_file
    from store.people import sign_in
    from store.settings import today

    access.let_in(db, sign_in(db), "denial", args.denial)
    with db.reading() as session:
        letter = appeal_letter(session, args.denial, today(), args.why)
    log.note(db, sign_in(db), "denial.letter", "denial", args.denial, codes=letter.evidence)
    if args.out == STDOUT:
        print(letter.text, end="")
        return 0
    with output_file(Path(args.out)) as output:
        output.write(letter.text.encode())
        output.finish()
        output.deliver()
    print(f"{args.out}  evidence of {counted(letter.evidence, 'code')}")
    return 0


def _work(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.denials import work
    from store.people import sign_in

    actor = sign_in(db)
    chosen = _chosen(db, args.denials, getattr(args, "similar", False))
    if args.dry_run:
        for row in chosen:
            print(_text(row))
        print(f"{counted(len(chosen), 'denial')}, {dollars(sum(row.cents for row in chosen))}; nothing was changed")
        return 0
    step = {
        "assign": work.assign,
        "appeal": work.appeal,
        "resolve": work.resolve,
        "write-off": work.write_off,
        "reopen": work.open_again,
        "resolved": work.resolve,
        "written-off": work.write_off,
        "patient-owes": work.bill_patient,
    }[told := getattr(args, "outcome", args.action)]
    also = {"though_rebilled": True} if getattr(args, "though_rebilled", False) and told in _GIVING_UP else {}
    done = step(db, actor, [row.id for row in chosen], args.words, operation_id(), **also)
    print(f"{told}: {counted(done.count, 'denial')}, {dollars(done.cents)}")
    return 0


def _chosen(db: Database, named: Sequence[str], also_similar: bool) -> list[DenialRow]:
    from store.denials.work import DenialRefused, similar
    from store.queries import SessionReader

    with db.reading() as session:
        ids = list(named)
        if also_similar:
            ids = list(dict.fromkeys(row.id for one in named for row in similar(session, one)))
        rows = [denial_of(SessionReader(session), one) for one in ids]
    for one, row in zip(ids, rows, strict=True):
        if row is None:
            raise DenialRefused(f"no denial has the id {one[:40]!r}", "codedesk denials list shows them")
    return [row for row in rows if row is not None]


_GIVING_UP = ("write-off", "written-off", "patient-owes")
"""Steps that decide about money which a replacement may bill again."""

_HEADING = f"{'id':<26}  {'due':<10} {'claim':<14} {'patient':<18} {'code':<7} {'reason':<7} {'$':>10}  category"


def _text(row: DenialRow) -> str:
    state = "" if row.status.value == "open" else f"  {in_words(row.status)}"
    owner = f"  {row.owner}" if row.owner else ""
    level = f"  level {row.level}" if row.level else ""
    rebilled = f"  {row.replacement} bills it again: {row.rebilled}" if row.replacement else ""
    return safe_line(
        f"{row.id:<26}  {row.due_on:<10} {left(row.claim, 14)} {left(row.patient, 18)} {left(row.code, 7)}"
        f" {row.group}-{row.reason:<4} {dollars(row.cents):>10}  {row.category}{state}{level}{owner}{rebilled}"
    )
