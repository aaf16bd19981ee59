"""`codedesk remits`: add up remittance files (835), take them in, show them, take them back.

Text for people on stdout, JSON with `--json`. Exit code 1 when a remittance is held, its counts are wrong, or something
was refused, 2 when a file could not be read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UnreadableInput, UsageError
from codesets.remittance_codes import adjustment_meanings
from codesets.safe import safe_line
from store.queries.remits import (
    AdjustmentRow,
    RemittanceFilter,
    RemittancePage,
    RemittanceRow,
    remittance_id_of,
    remittance_list,
    remittance_page,
)
from store.remits.balance import Examined, SetSummary, examine
from store.remits.provider_kinds import provider_kind
from store.settings import today
from store.terms import RemittanceStatus
from tui.cells import counted, left
from tui.commands.first_use import open_with_progress
from tui.commands.taking_in import each_file
from tui.money import dollars

if TYPE_CHECKING:
    from store.database import Database
    from store.remits.posting import FileTakenIn

_MOST_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("check", help="add up remittance files; nothing is stored")
    taking = actions.add_parser("import", help="take in remittance files; what balances is posted")
    for each in (checking, taking):
        each.add_argument("paths", nargs="+", metavar="FILE", help="835 files")
        each.add_argument("--json", action="store_true", help="one JSON document")
    listing = actions.add_parser("list", help="the remittances taken in, the newest first")
    listing.add_argument(
        "--show",
        choices=[each.value for each in RemittanceFilter],
        default="all",
        help="differing: a claim or line of ours whose charge the payer states otherwise",
    )
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    show = actions.add_parser("show", help="one remittance: balance, claims, lines, adjustments, journal")
    unposting = actions.add_parser("unpost", help="take back everything that a remittance posted")
    unposting.add_argument("--reason", required=True, help="why, in your words; it stays in the log")
    unposting.add_argument(
        "--though-billed", action="store_true", help="also where claims went to the next payer on its answers"
    )
    unposting.add_argument(
        "--though-reversed", action="store_true", help="also where a later payment reverses some of its answers"
    )
    setting = actions.add_parser("set-aside", help="take a held remittance from what waits")
    setting.add_argument("--reason", required=True, help="what became of it, in your words; it stays with it")
    holding = actions.add_parser("hold", help="hold a remittance again that was set aside")
    holding.add_argument("--reason", required=True, help="why, in your words; it stays in the log")
    posting = actions.add_parser("post", help="post a remittance again that was taken back")
    for each in (show, unposting, setting, holding, posting):
        each.add_argument("remittance", metavar="TRACE", help="its trace number (check or EFT), or its id")
    show.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    if args.action == "check":
        return _check(args)
    from store.database import open_database

    actions = {
        "import": _import,
        "list": _list,
        "show": _show,
        "unpost": _unpost,
        "set-aside": _set_aside,
        "hold": _hold,
        "post": _post,
    }
    db = open_database()
    try:
        return actions[args.action](db, args)
    finally:
        db.close()


def _check(args: argparse.Namespace) -> int:
    return each_file(args.paths, _examined, _fields, _text, _odd, args.json)


def _examined(path: Path) -> Examined:
    try:
        with path.open("rb") as source:
            return examine(source)
    except OSError as error:
        raise UnreadableInput(error.strerror or str(error), "expected an 835 file") from None


def _odd(file: Examined) -> bool:
    return any(one.held or one.miscounted for one in file.sets)


def _import(db: Database, args: argparse.Namespace) -> int:
    from store.people import sign_in
    from store.remits.posting import take_in

    actor = sign_in(db)
    return each_file(args.paths, lambda path: take_in(db, actor, path), _taken_fields, taken_text, _waits, args.json)


def _waits(file: FileTakenIn) -> bool:
    return any(one.waits or one.summary.miscounted for one in file.sets)


def taken_text(path: str, file: FileTakenIn) -> list[str]:
    """What became of a file and its sets, in lines."""
    lines = [_head(path, file.examined)]
    for one in file.sets:
        lines += _set_text(one.summary)
        told = {
            "posted": f"posted; {one.ours} of {one.summary.claims} claims are ours,"
            f" {dollars(one.unapplied_cents)} unapplied"
            + (f"; {counted(one.again, 'claim')} answered before, without a reversal" if one.again else "")
            + (f"; {counted(one.voids_denied, 'void')} denied by the payer" if one.voids_denied else "")
            + (
                f"; {counted(one.nothing_reversed, 'reversal')} of an answer that is not here"
                if one.nothing_reversed
                else ""
            )
            + (f"; {counted(one.unreadable, 'claim')} of unknown status (CLP02)" if one.unreadable else "")
            + (
                f"; {counted(one.charged_otherwise, 'claim')} charged otherwise than ours"
                if one.charged_otherwise
                else ""
            ),
            "held": "nothing of it is posted",
        }
        lines.append(f"    {told.get(one.outcome, one.outcome)}" + (f": {one.why}" if one.outcome not in told else ""))
        lines += [f"    {number} states the changed answer and is a draft again" for number in one.restated.changed]
        lines += [
            f"    {number} is withdrawn: its payer has answered already, and would be billed twice"
            for number in one.restated.withdrawn
        ]
        lines += [
            f"    {number} is stopped: what it replaces is paid meanwhile; give it up, or scrub it and let that pass"
            for number in one.restated.stopped
        ]
        lines += [f"    {number} left on an answer that changed: it is to be replaced" for number in one.restated.left]
    return lines + _envelope_text(file.examined)


def _taken_fields(path: str, file: FileTakenIn) -> dict[str, Any]:
    return {
        **_file_fields(path, file.examined),
        "sets": [
            {
                "id": one.remittance_id,
                "outcome": one.outcome,
                "why": one.why or None,
                "ours": one.ours,
                "matched": one.matched,
                "unapplied_cents": one.unapplied_cents,
                "answered_before": one.again,
                "unknown_status": one.unreadable,
                "nothing_reversed": one.nothing_reversed,
                "voids_denied": one.voids_denied,
                "drafts_again": list(one.restated.changed),
                "to_replace": list(one.restated.left),
                "withdrawn": list(one.restated.withdrawn),
                "stopped": list(one.restated.stopped),
                "charged_otherwise": one.charged_otherwise,
                **_set_fields(one.summary),
            }
            for one in file.sets
        ],
    }


def _list(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.people import sign_in
    from store.queries import SessionReader

    log.note(db, sign_in(db), "remittance.list", show=args.show)
    count, after = 0, None
    with db.reading() as session:
        while page := remittance_list(SessionReader(session), RemittanceFilter(args.show), after):
            for row in page:
                if not args.json and count == 0:
                    print(f"{'paid on':<10}  {'trace':<16} {'payer':<28} {'payment':>12} {'claims':>6}  status")
                print(json.dumps(asdict(row)) if args.json else _row_text(row))
                count += 1
            after = page[-1]
    if not count and not args.json:
        if args.show == RemittanceFilter.ALL.value:
            print("No remittances. `codedesk remits import FILE` takes them in.")
        else:
            print(f"No remittance is {args.show}. `codedesk remits list` shows all.")
    return 0


def _row_text(row: RemittanceRow) -> str:
    more = f", {row.unmatched} not ours" if row.unmatched else ""
    more += f", {row.waiting} of ours unapplied" if row.waiting else ""
    more += f": {safe_line(row.held[0])}" if row.held else ""
    more += ", counts wrong" if row.miscounted else ""
    return (
        f"{row.paid_on:<10}  {left(row.trace, 16)} {left(row.payer, 28)} {dollars(row.payment_cents):>12}"
        f" {row.claims:>6}  {row.status.value}{more}"
    )


def _show(db: Database, args: argparse.Namespace) -> int:
    from store import log
    from store.people import sign_in
    from store.queries import SessionReader

    remittance_id = remittance_named(db, args.remittance)
    with db.reading() as session:
        page = remittance_page(SessionReader(session), remittance_id)
    assert page is not None, "the trace was found a moment ago"
    log.note(db, sign_in(db), "remittance.view", "remittance", page.row.id)
    if args.json:
        print(json.dumps(asdict(page), ensure_ascii=False, indent=2))
        return 0
    with open_with_progress() as reference:
        meanings = adjustment_meanings(reference, page.reason_codes, page.paid_on(today()))
    print("\n".join(_page_text(page, meanings)))
    return 0


def _page_text(page: RemittancePage, meanings: Mapping[str, str]) -> list[str]:
    row = page.row
    lines = [f"{row.payer}  trace {row.trace}  {row.method} {row.paid_on}  {row.status.value}", f"file {row.file_name}"]
    aside = row.status is RemittanceStatus.SET_ASIDE
    lines += [f"{'set aside' if aside and not at else 'held'}: {why}" for at, why in enumerate(row.held)]
    lines += [f"counted wrongly: {what}" for what in row.miscounted]
    lines.append(
        f"payment {dollars(row.payment_cents)} = claims {dollars(row.paid_cents)}"
        f" - provider adjustments {dollars(row.provider_cents)}"
    )
    for claim in page.claims:
        ours = claim.claim_number or claim.waits
        lines += [
            "",
            f"{claim.sequence}. {claim.account_number}  {claim.patient}  {claim.service_from}  status"
            f" {claim.status_code}  ({ours})",
            f"   charge {dollars(claim.charge_cents)}  paid {dollars(claim.paid_cents)}"
            f"  patient {dollars(claim.patient_cents)}  payer's number {claim.payer_number}",
        ]
        lines += [f"   {claim.note}"] if claim.note else []
        lines += [f"   remark {code}" for code in claim.remarks]
        lines += [_adjustment_text(one, "   ", meanings) for one in claim.adjustments]
        for line in claim.lines:
            code = "-".join((line.code, *line.modifiers))
            to = f"our line {line.ours}" if line.ours else "no line of ours"
            lines.append(
                f"   line {line.sequence}  {code}  charge {dollars(line.charge_cents)}  paid {dollars(line.paid_cents)}"
                f"  ({to})"
            )
            lines += [_adjustment_text(one, "     ", meanings) for one in line.adjustments]
            lines += [f"     remark {code}" for code in line.remarks]
    if page.provider_adjustments:
        lines += ["", "provider adjustments"]
        for one in page.provider_adjustments:
            words = (one.reason, one.reference, provider_kind(one.reason).meaning, dollars(one.cents))
            lines.append(f"   {'  '.join(filter(None, words))}  (segment {one.segment})")
    lines += ["", "journal, debits positive"]
    lines += [f"   {account.value:<20} {dollars(cents):>12}" for account, cents in page.balances.items()]
    if not page.balances:
        lines.append("   nothing is posted")
    return lines


def _adjustment_text(one: AdjustmentRow, indent: str, meanings: Mapping[str, str]) -> str:
    words = (f"{one.group}-{one.reason}", dollars(one.cents), meanings.get(one.reason, ""), f"(segment {one.segment})")
    return indent + "  ".join(filter(None, words))


def _unpost(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.people import sign_in
    from store.remits.posting import unpost

    remittance = remittance_named(db, args.remittance)
    though = {"though_billed": args.though_billed, "though_reversed": args.though_reversed}
    count = unpost(db, sign_in(db), remittance, args.reason, operation_id(), **though)
    print(f"taken back: {count} postings; `codedesk remits post` posts them again")
    return 0


def _set_aside(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.people import sign_in
    from store.remits.posting import set_aside

    set_aside(db, sign_in(db), remittance_named(db, args.remittance), args.reason, operation_id())
    print("set aside; `codedesk remits hold` undoes it")
    return 0


def _hold(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.people import sign_in
    from store.remits.posting import hold_again

    hold_again(db, sign_in(db), remittance_named(db, args.remittance), args.reason, operation_id())
    print("held again; `codedesk remits list --show held` has it")
    return 0


def _post(db: Database, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.people import sign_in
    from store.remits.posting import post_again

    taken = post_again(db, sign_in(db), remittance_named(db, args.remittance), operation_id())
    print(f"posted again: {dollars(taken.summary.payment.cents)}")
    return 0


def remittance_named(db: Database, named: str) -> str:
    """The id of the remittance with this trace or id. Raises UsageError."""
    from store.queries import SessionReader

    with db.reading() as session:
        found = remittance_id_of(SessionReader(session), named)
    if found is None:
        raise UsageError(
            f"no remittance alone has the trace or id {named[:40]!r}", "codedesk remits list --json has the ids"
        )
    return found


def _text(path: str, found: Examined) -> list[str]:
    lines = [_head(path, found)]
    for one in found.sets:
        lines += _set_text(one)
    lines += _envelope_text(found)
    if not found.sets:
        lines.append("  no remittance in it")
    return lines


def _head(path: str, found: Examined) -> str:
    """The file, and whether its counts can be relied on."""
    wrong = sum(bool(one.miscounted) for one in found.sets)
    told = f"  counts are wrong: {wrong} of {counted(len(found.sets), 'set')}" if wrong else ""
    return safe_line(path) + told


def _envelope_text(found: Examined) -> list[str]:
    """What was left out, and what is odd around the sets."""
    lines = [f"  set {safe_line(other.control)}: left out: {safe_line(other.why)}" for other in found.others]
    told = {what for one in found.sets for what in one.miscounted}
    notes = [note for note in found.notes if f"{note.message} (segment {note.segment})" not in told]
    lines += [f"  note: segment {note.segment}: {safe_line(note.message)}" for note in notes[:_MOST_SHOWN]]
    if len(notes) > _MOST_SHOWN:
        lines.append(f"  and {len(notes) - _MOST_SHOWN} more notes")
    return lines


def _set_text(one: SetSummary) -> list[str]:
    pay = one.payment
    head = (pay.payer.name, f"trace {pay.trace}", pay.method, pay.date)
    lines = [
        f"  set {safe_line(pay.control)}: " + "  ".join(safe_line(part) for part in head if part),
        f"    payment {dollars(pay.cents)} = claims {dollars(one.paid_cents)}"
        f" - provider adjustments {dollars(one.provider_cents)}"
        + ("" if not one.difference else f"; difference {dollars(one.difference)}"),
        f"    {counted(one.claims, 'claim')}, {counted(one.lines, 'line')}: " + ("held" if one.held else "balances"),
    ]
    lines += [f"    held: {safe_line(why)}" for why in one.held[:_MOST_SHOWN]]
    lines += [f"    counted wrongly: {safe_line(what)}" for what in one.miscounted]
    if one.miscounted and not one.held:
        lines.append("    the money adds up, so that holds nothing; a claim paid 0.00 could be missing: ask the payer")
    return lines


def _fields(path: str, found: Examined) -> dict[str, Any]:
    return {
        **_file_fields(path, found),
        "sets": [_set_fields(one) for one in found.sets],
    }


def _file_fields(path: str, found: Examined) -> dict[str, Any]:
    return {
        "file": path,
        "miscounted": any(one.miscounted for one in found.sets),
        "left_out": [{"control": other.control, "why": other.why, "segment": other.segment} for other in found.others],
        "notes": [{"segment": note.segment, "message": note.message} for note in found.notes],
    }


def _set_fields(one: SetSummary) -> dict[str, Any]:
    pay = one.payment
    return {
        "control": pay.control,
        "payer": pay.payer.name,
        "payer_id": pay.payer_id,
        "trace": pay.trace,
        "method": pay.method,
        "date": pay.date or None,
        "payment_cents": pay.cents,
        "claims": one.claims,
        "lines": one.lines,
        "claims_paid_cents": one.paid_cents,
        "provider_adjustments_cents": one.provider_cents,
        "difference_cents": one.difference,
        "held": list(one.held),
        "miscounted": list(one.miscounted),
        "imbalances": [
            {
                "segment": each.segment,
                "place": each.place,
                "stated_cents": each.stated,
                "found_cents": each.found,
                "difference_cents": each.difference,
            }
            for each in one.imbalances
        ],
        "imbalance_count": one.imbalance_count,
    }
