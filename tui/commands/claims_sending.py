"""`codedesk claims` beyond the list: batches, paper, segments, claims that follow one that left.

Text for people on stdout, JSON with `--json`. Exit code 1 when something was refused or left behind.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from codesets.errors import UsageError
from codesets.safe import safe_line
from store.settings import outbox, today
from tui.cells import counted
from tui.claim_fields import typed_field
from tui.money import dollars
from tui.planned_files import planned_words

if TYPE_CHECKING:
    from store.actors import Actor
    from store.claims.build import BuiltClaim
    from store.database import Database

Command = Callable[["Database", argparse.Namespace], int]


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommands."""
    batch = commands.add_parser("batch", help="write a file for each trading partner with ready claims")
    batch.add_argument("--folder", help="where the files go; the outbox without it")
    batch.add_argument("--partner", help="for this trading partner alone")
    batch.add_argument("--dry-run", action="store_true", help="say what would leave to whom, and write nothing")
    printing = commands.add_parser("print", help="claims on CMS-1500 or UB-04: data on the grid, or PDF")
    printing.add_argument("numbers", nargs="+", metavar="NUMBER")
    printing.add_argument("--out", default="-", metavar="FILE", help="a new file, or - for standard output")
    printing.add_argument("--pdf", action="store_true", help="a PDF for the eye, with labels")
    printing.add_argument("--draft", action="store_true", help="also with open findings")
    printing.add_argument("--shift", default="0,0", metavar="ROWS,COLUMNS", help="for a printer that is off")
    show = commands.add_parser("segments", help="the X12 segments of a claim with the fields they state")
    show.add_argument("number")
    show.add_argument("--field", default="", help="those of a field alone, such as line.1 or coverage")
    validate = commands.add_parser("validate", help="what the validator pyx12 says of an 837 file")
    validate.add_argument("path", metavar="FILE")
    secondary = commands.add_parser("secondary", help="claims to the next payer, from posted remittances")
    secondary.add_argument("numbers", nargs="*", metavar="NUMBER", help="without it, all that wait")
    secondary.add_argument(
        "--though-forwarded", action="store_true", help="also a NUMBER that its payer forwarded to the next one"
    )
    replacing = commands.add_parser(
        "replace", help="replace a claim that left (frequency 7): its codes stay, billing data may change"
    )
    replacing.add_argument("number", help="of a claim that left")
    voiding = commands.add_parser("void", help="give up a claim; one that left is voided with its payer (frequency 8)")
    voiding.add_argument("number")
    voiding.add_argument("--reason", required=True, help="why, in your words")
    releasing = commands.add_parser("release", help="let a rejected claim leave again, as the record has it")
    releasing.add_argument("number")
    releasing.add_argument("--reason", required=True, help="why, in your words")
    overriding = commands.add_parser("override", help="let a finding of a claim pass, with a reason that is kept")
    overriding.add_argument("number")
    overriding.add_argument("finding", help="its rule and place as `codedesk claims show` has them: r241, r241@line.2")
    overriding.add_argument("--reason", required=True, help="why, in your words")
    late = commands.add_parser("late", help="bill charges that came after a claim left")
    late.add_argument("number")
    late.add_argument("--new-only", action="store_true", help="what is new alone (institutional, frequency 5)")
    payer = commands.add_parser("payer-number", help="enter the payer's number of the claim that this one follows")
    payer.add_argument("number")
    payer.add_argument("payer_number")
    setting = commands.add_parser("set", help="set what only some claims state: dates, drugs, attachments, codes")
    setting.add_argument("number")
    setting.add_argument("fields", nargs="+", metavar="FIELD=VALUE", help='details.note=..., line.2.drug={"ndc":...}')
    for each in (batch, show, validate, secondary, replacing, voiding, late):
        each.add_argument("--json", action="store_true", help="one JSON document")


def commands() -> dict[str, Command]:
    """The subcommands by name."""
    return {
        "batch": _batch,
        "print": _print,
        "segments": _segments,
        "validate": _validate,
        "secondary": _secondary,
        "replace": _replace,
        "void": _void,
        "release": _release,
        "override": _override,
        "late": _late,
        "payer-number": _payer_number,
        "set": _set,
    }


def _batch(db: Database, args: argparse.Namespace) -> int:
    from store.claims.batches import batch_claims, to_json
    from store.database import operation_id

    if args.dry_run:
        return _plan(db, args)
    folder = Path(args.folder) if args.folder else outbox()
    report = batch_claims(db, _actor(db), folder, args.partner, operation_id())
    if args.json:
        print(json.dumps(to_json(report)))
    else:
        for file in report.files:
            cents = sum(one.total_cents for one in file.report.interchanges)
            name = f"{file.partner}  " if file.partner else ""
            print(safe_line(f"{file.report.destination}  {name}{file.form}  {counted(file.report.claims, 'claim')}"
                            f"  {dollars(cents)}"))  # fmt: skip
        for claim in report.left_behind:
            print(f"left behind: {claim.claim_number} {claim.reason}")
        print(f"{counted(report.claims, 'claim')} in {counted(len(report.files), 'file')}")
    return 1 if report.left_behind else 0


def _plan(db: Database, args: argparse.Namespace) -> int:
    from store.claims.batches import plan_batch

    plan = plan_batch(db, _actor(db), args.partner)
    if args.json:
        print(json.dumps(asdict(plan)))
    else:
        for file in plan.files:
            print(safe_line("  ".join(planned_words(file))))
        for claim in plan.left_behind:
            print(f"would stay behind: {claim.claim_number} {claim.reason}")
        print(f"{counted(sum(file.claims for file in plan.files), 'claim')} in {counted(len(plan.files), 'file')};"
              " nothing was written")  # fmt: skip
    return 1 if plan.left_behind else 0


def _print(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.claims.printing import print_claims
    from store.output import output_file

    ids = [_claim_id(db, number) for number in args.numbers]
    with db.reading() as session:
        printed = print_claims(session, ids, today(), args.pdf, args.draft, _shift(args.shift))
    log.note(db, _actor(db), "claim.print", "claim", ids[0], claims=", ".join(args.numbers))
    if args.out == "-":
        sys.stdout.buffer.write(printed.content)
        sys.stdout.buffer.flush()
    else:
        with output_file(Path(args.out)) as output:
            output.write(printed.content)
            output.finish()
            output.deliver()
        print(f"{args.out}  {counted(printed.pages, 'page')}")
    for number, field in printed.cut:
        print(f"{number}: {field.replace('_', ' ')} is cut to its field", file=sys.stderr)
    return 0


def _shift(text: str) -> tuple[int, int]:
    try:
        down, right = (int(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--shift: expected rows and columns such as 1,-2, got {text!r}") from None
    return down, right


def _segments(db: Database, args: argparse.Namespace) -> int:
    from store.claims.segments import claim_segments

    found = claim_segments(db, _actor(db), _claim_id(db, args.number))
    rows = [row for row in found.rows if f"{row.field}.".startswith(f"{args.field}.") or not args.field]
    if args.json:
        print(json.dumps({"file": found.file_name, "segments": [asdict(row) for row in rows]}))
        return 0
    print(safe_line(f"as it left in {found.file_name}" if found.file_name else "as it would leave now"))
    for row in rows:
        print(safe_line(f"{row.position:>6}  {row.field:<34.34}  {row.text}"))
    return 0


def _validate(db: Database, args: argparse.Namespace) -> int:
    from store.claims.strict_check import strict_faults

    faults = strict_faults(Path(args.path))
    if args.json:
        print(json.dumps([asdict(fault) for fault in faults]))
    else:
        for fault in faults:
            print(safe_line(f"segment {fault.position} {fault.segment}: {fault.words}"))
        print("accepted" if not faults else f"{counted(len(faults), 'segment')} not accepted")
    return 1 if faults else 0


def _secondary(db: Database, args: argparse.Namespace) -> int:
    from store.claims.following import CannotFollow
    from store.claims.secondary import Following, bill_next_payer, bill_next_payers
    from store.database import operation_id

    actor = _actor(db)
    if not args.numbers:
        report = bill_next_payers(db, actor, operation_id())
    else:
        built, refused = [], []
        for number in dict.fromkeys(args.numbers):
            try:
                claim_id = _claim_id(db, number)
                built.append(bill_next_payer(db, actor, claim_id, operation_id(), args.though_forwarded))
            except CannotFollow as error:
                refused.append((number, error.message))
        report = Following(tuple(built), tuple(refused))
    if args.json:
        print(json.dumps(asdict(report)))
    else:
        for claim in report.built:
            _say_built(claim)
        for _, why in report.refused:
            print(safe_line(f"not built: {why}"))
        print(f"{counted(len(report.built), 'claim')} built, {len(report.refused)} not built")
    return 1 if report.refused else 0


def _replace(db: Database, args: argparse.Namespace) -> int:
    from store.claims.replacing import replace_claim
    from store.database import operation_id

    built = replace_claim(db, _actor(db), _claim_id(db, args.number), operation_id())
    _say_built(built, args.json)
    return 0


def _void(db: Database, args: argparse.Namespace) -> int:
    from store.claims.changes import void_claim
    from store.claims.voiding import void_sent_claim
    from store.database import operation_id
    from store.models import Claim, Encounter
    from store.terms import ClaimStatus

    claim_id, actor, reason = _claim_id(db, args.number), _actor(db), args.reason
    with db.reading() as session:
        claim = session.get_one(Claim, claim_id)
        left = claim.status is ClaimStatus.EXPORTED
        visit = session.get_one(Encounter, claim.encounter_id).visit_number
        voids = session.get_one(Claim, claim.follows_id).claim_number if claim.frequency == "8" else ""
    if not left:
        void_claim(db, actor, claim_id, reason, operation_id())
        after = f"codedesk claims build {visit} builds it again, building all does not"
        told = f"{args.number} is given up; {f'{voids} stands with its payer as before' if voids else after}"
        print(json.dumps({"void": args.number}) if args.json else safe_line(told))
        return 0
    built = void_sent_claim(db, actor, claim_id, reason, operation_id())
    _say_built(built, args.json)
    return 0


def _release(db: Database, args: argparse.Namespace) -> int:
    from store.claims.changes import release_claim
    from store.database import operation_id

    as_it_is = release_claim(db, _actor(db), _claim_id(db, args.number), args.reason, operation_id())
    told = (
        "it leaves with the next batch as it is" if as_it_is else "it states what the record says now; scrub it again"
    )
    print(safe_line(f"{args.number} is released: {told}"))
    return 0


def _override(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.scrub.findings import finding_named, override

    claim_id = _claim_id(db, args.number)
    with db.reading() as session:
        finding = finding_named(session, "claim", claim_id, args.finding)
    override(db, _actor(db), finding.id, args.reason, operation_id())
    print(safe_line(f"{args.number}: {finding.rule_id} at {finding.place} may stand: {args.reason}"))
    return 0


def _late(db: Database, args: argparse.Namespace) -> int:
    from store.claims.late_charges import bill_late_charges
    from store.database import operation_id

    built = bill_late_charges(db, _actor(db), _claim_id(db, args.number), args.new_only, operation_id())
    _say_built(built, args.json)
    return 0


def _payer_number(db: Database, args: argparse.Namespace) -> int:
    from store.claims.changes import set_payer_number
    from store.database import operation_id

    set_payer_number(db, _actor(db), _claim_id(db, args.number), args.payer_number, operation_id())
    print(safe_line(f"{args.number}: payer's number {args.payer_number}; scrub it again"))
    return 0


def _set(db: Database, args: argparse.Namespace) -> int:
    from store.claims.changes import set_fields
    from store.database import operation_id

    values = dict(typed_field(text) for text in args.fields)
    set_fields(db, _actor(db), _claim_id(db, args.number), values, operation_id())
    print(f"{args.number}: {counted(len(values), 'field')} set; scrub it again")
    return 0


def _say_built(claim: BuiltClaim, as_json: bool = False) -> None:
    text = f"{claim.claim_number}  {dollars(claim.total_cents):>10}  follows {claim.replaces}"
    print(json.dumps(asdict(claim)) if as_json else text)
    for note in () if as_json else claim.notes:
        print(safe_line(f"    {note}"))


def _claim_id(db: Database, number: str) -> str:
    """The claim that a number names, if the person may be at its chart. Raises UnknownClaim, ChartRestricted."""
    from store import access
    from store.claims.content import UnknownClaim
    from store.queries import SessionReader
    from store.queries.claims import claim_id_of

    with db.reading() as session:
        found = claim_id_of(SessionReader(session), number)
    if found is None:
        raise UnknownClaim(f"no claim has the number {number!r}", "`codedesk claims list` shows them")
    access.let_in(db, _actor(db), "claim", found)
    return found


def _actor(db: Database) -> Actor:
    from store.people import sign_in

    return sign_in(db)
