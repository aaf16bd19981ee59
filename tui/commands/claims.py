"""`codedesk claims`: build claims from final codings, list, show, scrub and export them.

Text for people on stdout, one JSON document with `--json`. Exit code 1 when claims have blocking findings or an
export was refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import safe_line
from store.permissions.columns import seen_by
from store.queries import SessionReader
from store.queries.claims import (
    MOST_SORTS,
    AnswerRow,
    ClaimFilter,
    ClaimPage,
    ClaimRow,
    ClaimSort,
    claim_id_of,
    claim_list,
    claim_page,
)
from store.settings import today
from store.terms import AnswerPart, ClaimStatus, FindingState, in_words
from tui.commands import claims_sending
from tui.money import dollars, filing_words

if TYPE_CHECKING:
    from store.actors import Actor
    from store.claims.export import ExportReport
    from store.claims.scrubbing import ScrubResult
    from store.database import Database

_VIEWS = [each.value for each in ClaimFilter]
_SHOWN = f"one of {', '.join(_VIEWS)}"
_ORDERS = ", ".join(each.value for each in ClaimSort)
FORMATS = ("837p", "837i")


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    build = commands.add_parser("build", help="build claims from final codings")
    build.add_argument(
        "named", nargs="?", metavar="VISIT", help="a visit by its number or id, or a coding by its id; without it, all"
    )
    build.add_argument("--all", action="store_true", help="every final coding that has no claim (the default)")
    build.add_argument("--json", action="store_true")
    listing = commands.add_parser("list", help="claims with their findings")
    listing.add_argument("--show", choices=_VIEWS, default=ClaimFilter.ALL.value, metavar="VIEW", help=_SHOWN)
    listing.add_argument("--sort", default=ClaimSort.OLDEST.value, metavar="ORDER,…", help=f"up to three of {_ORDERS}")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    show = commands.add_parser("show", help="one claim, its lines and findings")
    show.add_argument("number")
    show.add_argument("--json", action="store_true")
    scrubbing = commands.add_parser(
        "scrub", help="copy again what the record says, and check claims; exit code 1 when some are blocked"
    )
    scrubbing.add_argument("numbers", nargs="*", metavar="NUMBER")
    scrubbing.add_argument("--all", action="store_true", help="every claim that has not left (the default)")
    scrubbing.add_argument("--json", action="store_true")
    export = commands.add_parser("export", help="write claims to a file and mark them as sent")
    export.add_argument("out", metavar="OUT", help="a new file, or - for standard output")
    export.add_argument("numbers", nargs="*", metavar="NUMBER", help="claims to send; without it, all")
    export.add_argument("--format", required=True, help=", ".join(FORMATS))
    export.add_argument("--ready-only", action="store_true", help="leave blocked claims behind and name them")
    export.add_argument("--json", action="store_true", help="the report as JSON (on stderr with OUT -)")
    claims_sending.configure(commands)


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database

    if args.command == "export" and args.format.lower() in ("1500", "ub04"):
        raise UsageError("paper is printed, not exported", "codedesk claims print NUMBER…")
    if args.command == "export" and args.format.lower() not in FORMATS:
        raise UsageError(f"no export format is called {args.format!r}", f"known: {', '.join(FORMATS)}")
    commands = {"build": _build, "list": _list, "show": _show, "scrub": _scrub, "export": _export}
    commands |= claims_sending.commands()
    with closing(open_database()) as db:
        return commands[args.command](db, args)


def _build(db: Database, args: argparse.Namespace) -> int:
    from store.claims.build import build_claims
    from store.database import operation_id

    report = build_claims(db, _actor(db), args.named, operation_id())
    if args.json:
        print(json.dumps(asdict(report)))
        return 0
    for built in report.built:
        also = f"  replaces {built.replaces}" if built.replaces else "  billed to the patient" * built.to_patient
        print(f"{built.claim_number}  {dollars(built.total_cents):>10}{also}")
        for note in built.notes:
            print(f"    {note}")
    for refused in report.not_built:
        more = f": {refused.detail}" if refused.detail else ""
        print(safe_line(f"not built: visit {refused.visit_number}: {refused.reason}{more}"))
    print(f"{_counted(len(report.built), 'claim')} built, {_counted(len(report.not_built), 'coding')} not built")
    return 0


_AT_ONCE = 5_000
"""Rows that a listing reads at once: a page of a screen looks through the claims anew for each 200."""


def _list(db: Database, args: argparse.Namespace) -> int:
    from store.people import require_shown

    rows, sorts = 0, _sorts(args.sort)
    _look(db, "claim.list", show=args.show)
    role = _actor(db).role
    require_shown(db, _actor(db), "claim.list", sorts)
    with db.reading() as session:
        reader, after = SessionReader(session), None
        while True:
            page = claim_list(reader, today(), ClaimFilter(args.show), sorts, after=after, limit=_AT_ONCE)
            for row in seen_by(role, page):
                if not args.json and rows == 0:
                    print(_HEADING)
                print(json.dumps(_row_json(row)) if args.json else _row_text(row))
                rows += 1
            if len(page) < _AT_ONCE:
                break
            after = page[-1]
    if rows == 0 and not args.json:
        if args.show == ClaimFilter.ALL.value:
            print("No claims. `codedesk claims build` makes them from final codings.")
        else:
            print(f"No claim is {args.show.replace('_', ' ')}. `codedesk claims list` shows all.")
    return 0


def _sorts(text: str) -> list[ClaimSort]:
    try:
        return [ClaimSort(name.strip()) for name in text.split(",")][:MOST_SORTS]
    except ValueError:
        raise UsageError(f"--sort: expected up to three of {_ORDERS}, got {text!r}") from None


def _show(db: Database, args: argparse.Namespace) -> int:
    from store import access

    with db.reading() as session:
        claim_id = _ids(SessionReader(session), [args.number])[0]
    access.look(db, _actor(db), "claim.view", "claim", [claim_id], number=args.number)
    with db.reading() as session:
        page = claim_page(SessionReader(session), claim_id, today())
    assert page is not None, "the number was found a moment ago"
    if args.json:
        document = asdict(page)
        document["row"] = _row_json(page.row)
        print(json.dumps(document))
    else:
        print("\n".join(_page_text(page)))
    return 0


def _scrub(db: Database, args: argparse.Namespace) -> int:
    from codesets.catalog import open_reference
    from codesets.edits import ReferenceFacts
    from store.claims.scrubbing import scrub_claim
    from store.collector import collector_past_tables
    from store.database import operation_id
    from store.scrub.rules import rule_book

    with db.reading() as session:
        reader = SessionReader(session)
        chosen = _ids(reader, args.numbers) if args.numbers else list(_all_open(reader))
    actor = _actor(db)
    results: list[ScrubResult] = []
    with open_reference() as reference:
        facts = ReferenceFacts(reference)
        rule_book()
        with collector_past_tables():
            results += [scrub_claim(db, facts, actor, claim_id, operation_id()) for claim_id in chosen]
    if args.json:
        print(json.dumps([asdict(result) for result in results]))
    else:
        for result in results:
            print(_scrub_text(result))
        blocked = sum(result.blocked for result in results)
        print(f"{_counted(len(results), 'claim')} scrubbed, {blocked} blocked")
    return 1 if any(result.blocked for result in results) else 0


def _export(db: Database, args: argparse.Namespace) -> int:
    from store.claims.export import ExportRefused, export_claims
    from store.database import operation_id
    from store.output import STDOUT

    destination, form = STDOUT if args.out == STDOUT else Path(args.out), args.format.lower()
    with db.reading() as session:
        chosen = _ids(SessionReader(session), args.numbers) if args.numbers else None
    try:
        report = export_claims(db, _actor(db), chosen, destination, operation_id(), args.ready_only, form, by_hand=True)
    except ExportRefused as refusal:
        for claim in refusal.claims:
            print(f"{claim.claim_number} {claim.reason}", file=sys.stderr)
        raise
    told = sys.stderr if destination == STDOUT else sys.stdout
    if args.json:
        print(json.dumps(asdict(report)), file=told)
    else:
        print("\n".join(_export_text(report)), file=told)
    return 0


def _ids(reader: SessionReader, numbers: Sequence[str]) -> list[str]:
    """The ids of claims by number. Raises UnknownClaim for the first that does not exist."""
    from store.claims.content import UnknownClaim

    found = []
    for number in dict.fromkeys(numbers):
        if (claim_id := claim_id_of(reader, number)) is None:
            raise UnknownClaim(f"no claim has the number {number!r}", "`codedesk claims list` shows them")
        found.append(claim_id)
    return found


def _all_open(reader: SessionReader) -> Iterator[str]:
    after: ClaimRow | None = None
    while page := claim_list(reader, today(), ClaimFilter.OPEN, ClaimSort.NUMBER, after=after):
        yield from (row.id for row in page)
        after = page[-1]


def _actor(db: Database) -> Actor:
    from store.people import sign_in

    return sign_in(db)


def _look(db: Database, action: str, claim_id: str = "", **detail: object) -> None:
    """Log that claims were looked at from the command line."""
    from store import log

    log.note(db, _actor(db), action, "claim" if claim_id else "", claim_id, **detail)


def _rejecting(page: ClaimPage) -> list[AnswerRow]:
    """What rejected a claim that is rejected still: of answers to its last file where there are such."""
    refused = [one for one in page.answers if not one.accepted and one.part != AnswerPart.TRAVELED]
    shown = [one for one in refused if not one.earlier] or refused
    return shown if page.row.status is ClaimStatus.REJECTED else []


_NO_PAYER = "Billed to the patient, since no payer takes it: codedesk postings pay keeps payments."
_HEADING = f"{'CLAIM':<12} {'STATUS':<17} {'SERVICE':<10} {'PATIENT':<22} {'PAYER':<16} {'$':>10} {'AGE':>5}  !  ~  ?"


def _row_text(row: ClaimRow) -> str:
    return safe_line(
        f"{row.number:<12} {row.standing:<17} {row.service_date:<10} {_cut(row.patient, 22):<22} "
        f"{_cut(row.payer or 'Self pay', 16):<16} {dollars(row.total_cents):>10} {row.age_days:>4}d "
        f"{row.errors:>2} {row.warnings:>2} {row.not_checked:>2}"
    )


def _row_json(row: ClaimRow) -> dict[str, Any]:
    document = asdict(row)
    del document["sort_key"]
    return document


def _page_text(page: ClaimPage) -> list[str]:
    row = page.row
    text = [
        safe_line(
            f"Claim {row.number}  {row.patient}  {row.payer or 'Self pay'}  {row.form}  {dollars(row.total_cents)}"
        ),
        safe_line(f"{row.standing}  visit {page.visit_number}  service {row.service_date}  frequency {page.frequency}"),
        *(safe_line(note) for note in (page.to_replace, page.not_voided, page.to_void, page.answered_though) if note),
        *(safe_line(f"Rejected, {one.kind} {one.answered_at[:10]}: {one.message}") for one in _rejecting(page)),
        "Dx  " + "   ".join(f"{chr(64 + sequence)} {code}" for sequence, code in page.diagnoses),
        "",
        f"{'#':>3}  {'REV':<4} {'CODE':<6} {'MODS':<12} {'DX':<8} {'UNITS':>5} {'CHARGE':>10}  DATE",
    ]
    for line in page.lines:
        modifiers = ",".join(line.modifiers)
        text.append(
            safe_line(
                f"{line.sequence:>3}  {line.revenue_code:<4} {line.code:<6} {modifiers:<12} {line.letters or '-':<8} "
                f"{line.units:>5} {dollars(line.charge_cents):>10}  {line.service_date}"
            )
        )
    text.append("")
    for finding in page.findings:
        mark = "o" if finding.state is FindingState.OVERRIDDEN else finding.severity.mark
        snip = f"SNIP {finding.snip} " if finding.snip else ""
        text.append(safe_line(f"{mark:<2} {finding.message}  [{finding.place}]  {snip}{finding.rule_id}"))
        if finding.state is FindingState.OVERRIDDEN:
            text.append(safe_line(f"     overridden by {finding.overridden_by}: {finding.override_reason}"))
        elif finding.fix:
            text.append(safe_line(f"     {finding.fix}"))
    if not page.findings:
        unscrubbed = _NO_PAYER if row.status is ClaimStatus.PATIENT else "Not scrubbed yet."
        text.append(unscrubbed if page.scrubbed_at is None else "No findings.")
    if page.filing_days_left is not None and row.status not in (ClaimStatus.EXPORTED, ClaimStatus.PATIENT):
        text.append(filing_words(page.filing_days_left))
    if page.file_name:
        text.append(safe_line(f"Sent {page.exported_at} in {page.file_name}."))
    if page.payer_number:
        text.append(safe_line(f"The payer's number of it is {page.payer_number}."))
    for answer in page.answers:
        told = "accepted" if answer.accepted else "refused" if answer.part != "traveled" else "came back"
        before = ", before it left again" if answer.earlier else ""
        text.append(
            safe_line(f"{answer.kind} {answer.answered_at[:10]}: {told}{before}: {answer.message}  {answer.place}")
        )
    return text


def _scrub_text(result: ScrubResult) -> str:
    return (
        f"{result.claim_number}  {in_words(result.status):<12}  {_counted(result.errors, 'error')}, "
        f"{_counted(result.warnings, 'warning')}, {result.not_checked} not checked, {result.overridden} overridden"
    )


def _export_text(report: ExportReport) -> list[str]:
    text = [
        safe_line(
            f"{_counted(len(sent.claim_numbers), 'claim')} to {sent.receiver}  {dollars(sent.total_cents)}  "
            f"interchange {sent.interchange_control:09d}"
        )
        for sent in report.interchanges
    ]
    text += [f"left behind: {claim.claim_number} {claim.reason}" for claim in report.left_behind]
    if report.destination != "-":
        text.append(safe_line(f"{report.destination}  sha256 {report.file_sha256}"))
    return text


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
