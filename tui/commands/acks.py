"""`codedesk acks`: take in what receivers and payers answer to our files: TA1, 999 and 277CA; list and show it.

    codedesk acks import FILE…
    codedesk acks list --show rejected
    codedesk acks show ID

Text for people on stdout, JSON with `--json`. Exit code 1 when something was rejected, 2 when a file could not be read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import safe_line
from store.queries.acks import (
    AckClaimRow,
    AckFilter,
    AckPage,
    AckRow,
    acknowledgment_id_of,
    acknowledgment_list,
    acknowledgment_page,
)
from store.terms import Outcome, in_words
from tui.acks import answer_words, claims_words, stated_words
from tui.cells import left, minute
from tui.commands.taking_in import each_file
from tui.money import dollars

if TYPE_CHECKING:
    from store.acks import AnswersTakenIn, AnswerTakenIn
    from store.database import Database

_MOST_SHOWN = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    taking = actions.add_parser("import", help="take in acknowledgments; claims that were refused come back")
    taking.add_argument("paths", nargs="+", metavar="FILE", help="TA1, 999 or 277CA files")
    taking.add_argument("--json", action="store_true", help="one JSON document")
    listing = actions.add_parser("list", help="the acknowledgments taken in, the newest first")
    listing.add_argument("--show", choices=[each.value for each in AckFilter], default=AckFilter.ALL.value)
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    show = actions.add_parser("show", help="one acknowledgment: its claims, culprits before riders, and its totals")
    show.add_argument("acknowledgment", metavar="ID", help="as `codedesk acks list` shows it")
    show.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store.database import open_database

    actions = {"import": _import, "list": _list, "show": _show}
    db = open_database()
    try:
        return actions[args.action](db, args)
    finally:
        db.close()


def _import(db: Database, args: argparse.Namespace) -> int:
    from store.acks import take_in
    from store.people import sign_in

    actor = sign_in(db)
    return each_file(args.paths, lambda path: take_in(db, actor, path), _fields, _text, _refuses, args.json)


def _refuses(file: AnswersTakenIn) -> bool:
    return any(answer.outcome is not Outcome.ACCEPTED for answer in file.answers)


def _list(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.people import sign_in
    from store.queries import SessionReader

    log.note(db, sign_in(db), "acknowledgment.list", show=args.show)
    count, after = 0, None
    with db.reading() as session:
        while page := acknowledgment_list(SessionReader(session), AckFilter(args.show), after):
            for row in page:
                if not args.json and count == 0:
                    print(f"{'id':<8}  {'received':<10}  {'kind':<5}  {'answers':<20}  what became of it")
                print(json.dumps(_row_fields(row)) if args.json else safe_line(_row_text(row)))
                count += 1
            after = page[-1]
    if not count and not args.json:
        if args.show == AckFilter.ALL.value:
            print("No acknowledgments. `codedesk acks import FILE` takes them in.")
        else:
            print(f"No acknowledgment is {args.show.replace('_', ' ')}. `codedesk acks list` shows all.")
    return 0


def _row_fields(row: AckRow) -> dict[str, Any]:
    return asdict(row) | {"number": row.number, "ours": row.ours}


def _row_text(row: AckRow) -> str:
    head = f"{row.number}  {row.received_at[:10]}  {row.kind.value:<5}  {left(row.answers or row.control, 20)}"
    return f"{head}  {claims_words(row)}"


def _show(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.people import sign_in
    from store.queries import SessionReader

    with db.reading() as session:
        reader = SessionReader(session)
        found = acknowledgment_id_of(reader, args.acknowledgment)
        page = acknowledgment_page(reader, found) if found else None
    if page is None:
        raise UsageError(
            f"no acknowledgment alone has the id {args.acknowledgment[:40]!r}", "codedesk acks list has the ids"
        )
    log.note(db, sign_in(db), "acknowledgment.view", "acknowledgment", page.row.id)
    if args.json:
        print(json.dumps(asdict(page) | {"row": _row_fields(page.row)}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(safe_line, _page_text(page))))
    return 0


def _page_text(page: AckPage) -> Iterator[str]:
    row = page.row
    yield f"{row.kind.value} of {row.control}  {claims_words(row)}"
    yield f"answers {row.answers or 'no file of ours'}" + (f", sent to {row.partner}" if row.partner else "")
    yield f"file {row.file_name}, received {minute(row.received_at)}"
    if row.note:
        yield row.note
    yield from stated_words(page.stated)
    for claim in page.claims:
        yield from _claim_text(claim)


def _claim_text(claim: AckClaimRow) -> Iterator[str]:
    head = (claim.number, claim.standing.value, claim.patient, claim.payer, claim.service_from)
    yield ""
    yield f"{'  '.join(filter(None, head))}  {dollars(claim.total_cents)}  now {in_words(claim.status)}"
    if claim.payer_number:
        yield f"   payer's number {claim.payer_number}"
    for answer in claim.answers:
        yield f"   {answer_words(answer)}"


def _text(path: str, taken: AnswersTakenIn) -> list[str]:
    lines = [safe_line(path)]
    for answer in taken.answers:
        again = ", taken in before" if answer.repeated else ""
        lines.append(f"  {answer.kind.value} of {answer.control}: {in_words(answer.outcome)}{again}")
        lines += [f"    {answer.note}"] if answer.note else []
        lines += _listed("rejected, to be mended", answer.culprits)
        lines += _listed("ready again: only traveled with them", answer.traveled)
        lines += _listed("accepted", answer.accepted)
        for number, why in answer.stayed[:_MOST_SHOWN]:
            lines.append(f"    {number} stays where it is: {safe_line(why)}")
        lines += [f"    and {len(answer.stayed) - _MOST_SHOWN:,} more"] if len(answer.stayed) > _MOST_SHOWN else []
    lines += [f"  note: segment {note.segment}: {safe_line(note.message)}" for note in taken.notes[:_MOST_SHOWN]]
    return lines


def _listed(what: str, numbers: Sequence[str]) -> list[str]:
    if not numbers:
        return []
    more = f" and {len(numbers) - _MOST_SHOWN:,} more" if len(numbers) > _MOST_SHOWN else ""
    return [f"    {len(numbers):,} {what}: {', '.join(numbers[:_MOST_SHOWN])}{more}"]


def _fields(path: str, taken: AnswersTakenIn) -> dict[str, Any]:
    return {"file": path, "answers": [_answer(one) for one in taken.answers]}


def _answer(one: AnswerTakenIn) -> dict[str, Any]:
    return asdict(one)
