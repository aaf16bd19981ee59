"""`codedesk restore FILE`: put a backup in the record's place, or with --verify only read it through.

On PostgreSQL it goes into an empty database, which CODEDESK_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """The file and the options."""
    parser.add_argument(
        "file", metavar="FILE", help="a file that codedesk backup made; on PostgreSQL it goes into an empty database"
    )
    parser.add_argument("--verify", action="store_true", help="only read the backup through; change nothing")
    parser.add_argument(
        "--unchecked-log", action="store_true", help="also a backup whose log cannot be checked: its key is lost"
    )
    parser.add_argument(
        "--unproven-rows",
        action="store_true",
        help="also a backup that neither its seal nor the log of the present record proves",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """Restore or verify; exit code 1 when the backup's log does not hold, 2 when it is no whole backup."""
    from store.backup import megabytes
    from store.migrations import HEAD
    from store.people import administrator_of
    from store.restore import restore
    from store.settings import database_url

    url = database_url()
    if args.verify:
        return _verify(url, args)
    restored = restore(url, Path(args.file), administrator_of(url, "restore"), args.unchecked_log, args.unproven_rows)
    if args.json:
        print(json.dumps(asdict(restored)))
        return 0
    state = restored.state
    print(f"{restored.record} is restored from {args.file}: {megabytes(state.bytes)}, {state.encounters:,} encounters")
    print(f"the record that was there is kept as {restored.kept}" if restored.kept else "there was no record before")
    if not restored.proof.proven:
        print(restored.proof)
    if restored.upgrade_needed:
        print(f"it has schema {state.schema}: codedesk upgrade brings it up to date")
    elif state.schema != HEAD:
        print(f"it had schema {state.schema} and was brought to {HEAD}")
    print(f"code sets are no part of a backup; {restored.code_sets.told_here}")
    if restored.code_sets.missing:
        print(f"{restored.code_sets.told}; codedesk codesets import loads their official files")
    return 0


def _verify(url: str, args: argparse.Namespace) -> int:
    from store.backup import check_backup, megabytes
    from store.log.key import key_file
    from store.restore import Proof, proof_of, where_key_is

    state = check_backup(Path(args.file), key_file(url))
    proof = proof_of(url, state)
    if args.json:
        print(
            json.dumps(asdict(state) | {"as_made": True if proof.proven else False if proof is Proof.CHANGED else None})
        )
    else:
        print(f"{args.file}: {megabytes(state.bytes)}, schema {state.schema}, {state.encounters:,} encounters")
        if state.log.first_bad is not None:
            print(f"entry {state.log.first_bad} of its log: {state.log.reason}")
            if step := where_key_is(key_file(url), state):
                print(step)
        elif state.log.unchecked:
            print(f"could not check: the key of entries 1 to {state.log.unchecked:,} of its log is not here")
        else:
            begun = "read through" if proof is Proof.CHANGED else "whole"
            print(f"{begun}: integrity, foreign keys, {state.log.entries:,} entries of the log")
        print(proof)
    return 0 if state.log.whole and (proof.proven or proof is Proof.NEW_PLACE) else 1
