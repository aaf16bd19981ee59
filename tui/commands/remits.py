"""`codedesk remits`: what is in remittance files (835), added up on every level, before anything is posted."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from codesets.errors import CodedeskError, UnreadableInput
from codesets.safe import safe_line
from store.remits.balance import Examined, SetSummary, examine
from tui.money import dollars

_MOST_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("check", help="add up remittance files; nothing is stored")
    checking.add_argument("paths", nargs="+", metavar="FILE", help="835 files")
    checking.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Show each set with its balance; 1 when one would be held, 2 when a file could not be read."""
    found: list[tuple[str, Examined]] = []
    refused: list[tuple[str, CodedeskError]] = []
    for path in args.paths:
        try:
            with Path(path).open("rb") as source:
                found.append((path, examine(source)))
        except OSError as error:
            refused.append((path, UnreadableInput(error.strerror or str(error), "expected an 835 file")))
        except CodedeskError as error:
            refused.append((path, error))
    if args.json:
        print(json.dumps([_fields(path, one) for path, one in found], ensure_ascii=False, indent=2))
    else:
        for path, one in found:
            print("\n".join(_text(path, one)))
    for path, error in refused:
        print(f"codedesk: {safe_line(path)}: {safe_line(error.line())}", file=sys.stderr)
    if refused:
        return 2
    return int(any(one.held for _, examined in found for one in examined.sets))


def _text(path: str, found: Examined) -> list[str]:
    lines = [safe_line(path)]
    for one in found.sets:
        lines += _set_text(one)
    lines += [f"  set {safe_line(other.control)}: left out: {safe_line(other.why)}" for other in found.others]
    lines += [f"  note: segment {note.segment}: {safe_line(note.message)}" for note in found.notes[:_MOST_SHOWN]]
    if len(found.notes) > _MOST_SHOWN:
        lines.append(f"  and {len(found.notes) - _MOST_SHOWN} more notes")
    if not found.sets:
        lines.append("  no remittance in it")
    return lines


def _set_text(one: SetSummary) -> list[str]:
    pay = one.payment
    head = (pay.payer.name, f"trace {pay.trace}", pay.method, pay.date)
    lines = [
        f"  set {safe_line(pay.control)}: " + "  ".join(safe_line(part) for part in head if part),
        f"    payment {dollars(pay.cents)} = claims {dollars(one.paid_cents)}"
        f" - provider adjustments {dollars(one.provider_cents)}"
        + ("" if not one.difference else f"; difference {dollars(one.difference)}"),
        f"    {one.claims} claims, {one.lines} lines: " + ("held" if one.held else "balances"),
    ]
    lines += [f"    held: {safe_line(why)}" for why in one.held[:_MOST_SHOWN]]
    for each in one.imbalances[:_MOST_SHOWN]:
        lines.append(
            f"    segment {each.segment}: {safe_line(each.place)}: states {dollars(each.stated)},"
            f" adds up to {dollars(each.found)}, difference {dollars(each.difference)}"
        )
    return lines


def _fields(path: str, found: Examined) -> dict[str, Any]:
    return {
        "file": path,
        "sets": [_set_fields(one) for one in found.sets],
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
