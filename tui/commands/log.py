"""`codedesk log`: check the log, anchor it elsewhere, say who opened a chart.

Exit code 1: the log is not whole; 2 of a check: its chain is, and a file of anchors that would prove its end is gone.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from codesets.errors import UnreadableInput, UsageError
from codesets.safe import safe_line
from tui.counts import how_many

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.log.anchor import Anchor
    from store.log.reading import LoggedEvent
    from store.log.restores import Explained


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    verify = commands.add_parser(
        "verify", help="check every entry; exit code 1 with the first bad one, 2 without the anchors"
    )
    verify.add_argument("--anchor", metavar="FILE", help="check against the anchors in this file too")
    verify.add_argument(
        "--kept",
        metavar="FILE",
        action="append",
        default=[],
        help="a record that a restore kept: its anchors are checked in it; may be given again",
    )
    verify.add_argument("--json", action="store_true", help="one JSON document")
    anchor = commands.add_parser("anchor", help="write the head of the log to a place outside")
    anchor.add_argument("--file", metavar="FILE", help="append it to this file, on another disk or share")
    anchor.add_argument("--syslog", action="store_true", help="send it to the system's log")
    anchor.add_argument("--json", action="store_true", help="one JSON document")
    opened = commands.add_parser("opened", help="who saw or changed a chart, newest first")
    opened.add_argument("key", metavar="ID|VISIT", help="id or visit number of the encounter")
    opened.add_argument("--json", action="store_true", help="one JSON document per line")
    listing = commands.add_parser("list", help="the last entries, newest first")
    listing.add_argument("-n", type=how_many, default=50, metavar="COUNT", help="how many (50)")
    listing.add_argument("--by", metavar="LOGIN", help="only of this person")
    listing.add_argument("--action", metavar="WORD", help="only actions that begin so: chart, claim.export, refused")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    commands.add_parser("new-key", help="begin a new key, where the old one is lost or known to somebody")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        if args.command == "verify":
            return _verify(db, actor, args)
        if args.command == "anchor":
            return _anchor(db, actor, args)
        if args.command == "new-key":
            return _new_key(db, actor)
        return _show(db, actor, args)
    finally:
        db.close()


def _verify(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.log.anchor import SYSLOG, configured_places, without_anchors
    from store.log.kept import check_with_kept
    from store.whole import require_whole

    files = [args.anchor] if args.anchor else [place for place in configured_places() if place != SYSLOG]
    # What the site has lost is part of the verdict; a file that was named and is not there is a slip.
    gone = () if args.anchor else without_anchors(db, files)
    lost = {one.place for one in gone}
    anchors = [anchor for name in files if name not in lost for anchor in _anchors_in(Path(name))]
    with db.reading() as session:
        require_whole(session.connection(), db.place, "checking the log")
        kept = [Path(name) for name in args.kept]
        state = check_with_kept(session.connection(), db.log_keys.keys(), anchors, kept)
    code = 1 if not state.whole else 2 if gone else 0
    if args.json:
        print(json.dumps(asdict(state) | {"whole": state.whole, "without_anchors": [asdict(one) for one in gone]}))
        return code
    for fault in state.faults:
        print(f"entry {fault.seq}: {fault.reason}")
    for explained in state.explained:
        print(safe_line(_of_restore(explained)))
    if state.unchecked:
        print(f"could not check: the key of entries 1 to {state.unchecked:,} is not in {db.log_keys.path}")
    if state.whole:
        held = f", {state.anchors:,} anchors hold" if anchors else "; no anchor was given, so its end is not proven"
        print(f"the log is whole: {state.entries:,} entries{held}")
    if state.dated_back:
        print(safe_line(f"remark: {state.dated_back}; a clock was set back, and the order is that of the chain"))
    for one in gone:
        print(safe_line(f"no anchors in {one.line}"))
    if gone and not anchors:
        print("entries cut off at the end would not be missed: look for a copy of the anchors (--anchor FILE)")
    return code


def _of_restore(explained: Explained) -> str:
    """What became of the entries whose anchors a restore left behind, in a line."""
    restore, count = explained.restore, len(explained.anchors)
    those = "1 anchor is" if count == 1 else f"{count:,} anchors are"
    begun = f"{those} of entries that the restore of {restore.at[:19]}Z (entry {restore.seq}) left behind"
    if explained.checked:
        return f"{begun}: {'it holds' if count == 1 else 'they hold'} in {restore.kept}"
    if restore.head is None or not restore.head.entries:
        lost = f"{restore.kept}, which could not be read" if restore.kept else "a record that was gone"
        return f"{begun}, with {lost}: nothing shows what they were"
    it = "it" if count == 1 else "them"
    return f"{begun} in {restore.kept}, which ended with entry {restore.head.entries}: --kept FILE checks {it} there"


def _anchors_in(path: Path) -> list[Anchor]:
    """The anchors of a file. Raises UnreadableInput for one that holds none: nothing would be proven by it."""
    from store.log.anchor import read_anchors

    found = list(read_anchors(path))
    if not found:
        raise UnreadableInput(f"{path} holds no anchor", "expected lines with codedesk-anchor key=… seq=… hash=… at=…")
    return found


def _anchor(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.log.anchor import SYSLOG, without_anchors, write_anchor
    from store.settings import load_settings

    named = [*([args.file] if args.file else []), *([SYSLOG] if args.syslog else [])]
    places = named or [place.strip() for place in load_settings().log_anchor.split(",") if place.strip()]
    if not places:
        raise UsageError(
            "where shall the anchor go?", "--file FILE on another disk, --syslog, or the setting log_anchor"
        )
    begun = without_anchors(db, places)
    anchor = write_anchor(db, actor, tuple(places))
    for one in begun:
        told = f"{one.line}; earlier anchors are missing" if one.written else one.place
        print(safe_line(f"this is the first anchor in {told}"), file=sys.stderr)
    print(json.dumps(asdict(anchor)) if args.json else anchor.line())
    return 0


def _new_key(db: Database, actor: Actor) -> int:
    from store.log.rekey import begin_new_key

    key = begin_new_key(db, actor)
    print(f"entries from {key.first_seq:,} on are under key {key.fingerprint}")
    print(f"keep a copy of {db.log_keys.path} apart from the database")
    return 0


def _show(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.log.reading import last_entries, who_opened

    if args.command == "opened":
        events = who_opened(db, actor, args.key)
    else:
        events = last_entries(db, actor, args.n, args.by, args.action)
    for event in events:
        print(json.dumps(asdict(event), ensure_ascii=False) if args.json else _line(event))
    if not events and not args.json:
        print("nothing of this is in the log")
    return 0


def _line(event: LoggedEvent) -> str:
    who = f"{event.actor} ({event.name})" if event.name else event.actor
    detail = " ".join(f"{name}={value}" for name, value in event.detail.items())
    target = f"{event.target_kind} {event.target_id}".strip()
    return safe_line(f"{event.seq:>7} {event.at[:19]}Z {who}  {event.action}  {target}  {detail}").rstrip()
