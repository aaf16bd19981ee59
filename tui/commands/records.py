"""`codedesk records`: what charts lack, suspensions, duplicates, merges, releases, retention, who saw what."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.safe import safe_line
from tui.cells import counted, left, minute
from tui.commands.patients import unmerge
from tui.counts import percent

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.records.deficiencies import Delinquency, ProviderRow
    from store.records.duplicates import Pair


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    scan = actions.add_parser("scan", help="look charts over for what they lack, and close what has come")
    scan.add_argument("--since", default="", metavar="DAY", help="visits from this day on; 400 days back without it")
    listing = _listing(actions, "deficiencies", "what charts lack, the oldest first")
    listing.add_argument("--provider", default="", metavar="NAME", help="of one clinician, by family name")
    waive = actions.add_parser("waive", help="close a deficiency that need not be mended")
    waive.add_argument("id")
    waive.add_argument("reason")
    _listing(actions, "providers", "what each clinician owes, by age; the delinquency figure; who is suspended")
    suspend = actions.add_parser("suspend", help="put a clinician on the suspension list")
    suspend.add_argument("provider", metavar="NPI", help="NPI or id")
    suspend.add_argument("reason")
    lift = actions.add_parser("lift", help="take a clinician off it")
    lift.add_argument("provider", metavar="NPI")
    twice = _listing(actions, "duplicates", "patients who may be one, with the parts of the score")
    twice.add_argument("--least", type=percent, default=85, metavar="POINTS", help="of 100")
    apart = actions.add_parser("apart", help="note that two patients are two")
    apart.add_argument("mrn")
    apart.add_argument("other")
    apart.add_argument("reason")
    _listing(actions, "merges", "what was merged, and undone (codedesk patients merge merges)")
    undo = actions.add_parser("unmerge", help="undo a merge: everything that went over goes back")
    undo.add_argument("mrn", help="record number or id that was given up")
    undo.add_argument("--reason", default="", metavar="TEXT", help="how you know that they are two; it is kept")
    undo.add_argument("--json", action="store_true", help="one JSON document")
    requests = _listing(actions, "releases", "requests for information, the nearest due day first")
    requests.add_argument("--all", action="store_true", help="closed ones too")
    request = actions.add_parser("request", help="record a request for information of a patient")
    request.add_argument("mrn")
    request.add_argument("--from", dest="requester", required=True, metavar="NAME")
    request.add_argument("--what", required=True, metavar="TEXT", help="what is asked for")
    request.add_argument("--why", required=True, metavar="TEXT")
    request.add_argument("--address", default="")
    request.add_argument("--authorization", default="", metavar="TEXT", help="what allows it")
    request.add_argument("--on", default="", metavar="DAY", help="when it came; today without it")
    release = actions.add_parser("release", help="note that the information was sent: a disclosure is recorded")
    release.add_argument("id")
    release.add_argument("--authorization", default="", metavar="TEXT", help="what allows it, if not named before")
    release.add_argument("--note", default="")
    refuse = actions.add_parser("refuse", help="refuse a request")
    refuse.add_argument("id")
    refuse.add_argument("reason")
    kept = _listing(actions, "retention", "whose years are over by the schedule, and what keeps it")
    kept.add_argument("--schedule", action="store_true", help="how long each kind of record is kept, and by which rule")
    gone = actions.add_parser("destroy", help="plan what is past its years, or destroy what another has planned")
    gone.add_argument("kind", help="request or disclosure")
    gone.add_argument("--plan", default="", metavar="DIGEST", help="carry out the plan with this digest")
    gone.add_argument("--reason", default="", help="why it is destroyed now; the certificate keeps it")
    gone.add_argument("--json", action="store_true", help="one JSON document")
    keep = actions.add_parser("keep", help="hold everything of a patient beyond its years")
    keep.add_argument("mrn")
    keep.add_argument("reason", help="the matter that it is for")
    free = actions.add_parser("let-go", help="end a hold")
    free.add_argument("mrn")
    free.add_argument("reason")
    _listing(actions, "seen", "who saw what of a patient, newest first").add_argument("mrn")


def _listing(actions: Any, name: str, told: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=told)
    parser.add_argument("--json", action="store_true", help="one JSON document per line")
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    from store.database import open_database
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        lists = {
            "deficiencies": _deficiencies,
            "providers": _providers,
            "duplicates": _duplicates,
            "merges": _merges,
            "releases": _releases,
            "seen": _seen,
            "retention": _retention,
            "destroy": _destroy,
        }
        return (lists.get(args.action) or _step)(db, actor, args)
    finally:
        db.close()


def _deficiencies(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.records.deficiencies import deficiencies

    rows = deficiencies(db, actor, args.provider)
    if _as_json(args, rows):
        return 0
    for row in rows:
        mark = "!" if row.delinquent else " "
        print(safe_line(f"{mark} {row.id}  {row.age:>4}d  {row.service_date}  {left(row.patient, 22)}"
                        f" {left(row.setting, 10)} {left(row.lacks, 34)} {row.provider}").rstrip())  # fmt: skip
    print(counted_words(len(rows), "deficiency", "deficiencies") if rows else
          "No chart lacks anything that was looked for. codedesk records scan looks again.")  # fmt: skip
    return 0


def _providers(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.records.deficiencies import by_provider, deficiencies, delinquency, suspended

    found = deficiencies(db, actor)
    with db.reading() as session:
        rows, figure = by_provider(found, suspended(session)), delinquency(session)
    if _as_json(args, rows):
        return 0
    for line in provider_lines(rows, figure):
        print(safe_line(line).rstrip())
    return 0


def provider_lines(rows: Sequence[ProviderRow], figure: Delinquency) -> list[str]:
    """Who owes what, a line each, and the figure."""
    lines = []
    if rows:
        lines.append(
            f"{'provider':<26} {'charts':>6} {'lacks':>6} {'0-7d':>5} {'8-30d':>6} {'over 30':>8} {'oldest':>7}"
        )
    for row in rows:
        since = f"  suspended since {row.suspended_since}" if row.suspended_since else ""
        lines.append(
            f"{left(row.provider, 26)} {row.charts:>6} {row.deficiencies:>6} {row.upto_7:>5} {row.upto_30:>6}"
            f" {row.delinquent:>8} {row.oldest:>6}d{since}"
        )
    return [*lines, figure_words(figure)]


def figure_words(figure: Delinquency) -> str:
    """The delinquency figure in one line."""
    if figure.share is None:
        return "No visit was closed in the last year, so that there is no delinquency figure."
    return (
        f"{counted(figure.charts, 'delinquent chart')} (over 30 days) by {figure.monthly_discharges:,.1f} closed visits"
        f" a month: {figure.share * 100:.1f} %, under 50 % is kept"
    )


def _duplicates(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.records.duplicates import duplicates

    pairs = duplicates(db, actor, args.least)
    if _as_json(args, pairs):
        return 0
    for pair in pairs:
        for line in pair_lines(pair):
            print(safe_line(line))
    print(counted(len(pairs), "pair") if pairs else f"No two patients score {args.least:g} or more.")
    return 0


def pair_lines(pair: Pair) -> list[str]:
    """A pair with the parts of its score."""
    head = f"{pair.score:>5}  {pair.one.mrn} {pair.one.name}  /  {pair.other.mrn} {pair.other.name}"
    return [head, *(f"       {part.points:>4g} of {part.of:<3g} {part.name:<11} {part.words}" for part in pair.parts)]


def _merges(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.merges import merges

    with db.reading() as session:
        rows = merges(session)
    if _as_json(args, rows):
        return 0
    for row in rows:
        undone = f"  undone {row.undone_at[:10]} by {row.undone_by}" if row.undone_at else ""
        print(safe_line(f"{row.merged_at[:10]}  {row.mrn} into {row.into_mrn}: {counted(row.encounters, 'encounter')},"
                        f" {counted(row.accounts, 'account')}, by {row.merged_by}{undone}"))  # fmt: skip
    if not rows:
        print("Nobody was merged yet.")
    return 0


def _releases(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.records.releases import requests

    rows = requests(db, actor, args.all)
    if _as_json(args, rows):
        return 0
    for row in rows:
        due = f"due {row.due_on} ({row.left}d)" if row.status.value == "received" else row.status.value
        print(safe_line(f"{row.id}  {row.received_on}  {due:<24} {left(row.patient, 22)} {row.mrn:<10}"
                        f" {left(row.requester, 22)} {row.what}"))  # fmt: skip
    if not rows:
        print("No request is open. codedesk records request MRN records one.")
    return 0


def _seen(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.log.reading import who_saw

    rows = who_saw(db, actor, args.mrn)
    if _as_json(args, rows):
        return 0
    for row in rows:
        print(safe_line(f"{minute(row.at)}  {row.actor:<12} {left(row.name, 20)} {row.action:<22} {row.target_kind}"))
    if not rows:
        print("Nobody has looked at this patient.")
    return 0


def _retention(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.records.retention import due, schedule

    if args.schedule:
        rules = list(schedule().values())
        if not _as_json(args, rules):
            for rule in rules:
                minors = f", of minors until they are {rule.minor_until}" if rule.minor_until else ""
                print(safe_line(f"{rule.kind:<11} {counted(rule.years, 'year')} from {rule.counted_from}{minors}"))
                print(safe_line(f"            {rule.source}"))
        return 0
    rows = due(db, actor)
    if _as_json(args, rows):
        return 0
    for row in rows:
        kept = f"kept: {row.kept_by}" if row.kept_by else "nothing keeps it"
        print(safe_line(f"{row.due_on}  {row.kind:<10} {left(row.mrn, 10)} {left(row.patient, 22)} {left(row.what, 20)}"
                        f" {row.last_day}  {kept}"))  # fmt: skip
    keeps = sum(bool(row.kept_by) for row in rows)
    told = f"{counted(len(rows), 'record')} due, {keeps} of them kept; codedesk records destroy plans what goes."
    print(told if rows else "Nothing is due: of no record the years are over.", "--schedule tells the rules.")
    return 0


def _destroy(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.records.destruction import destroy, plan

    if not args.plan:
        planned = plan(db, actor, args.kind)
        if args.json:
            print(json.dumps(asdict(planned)))
            return 0
        for row in planned.rows:
            print(safe_line(f"{row.due_on}  {left(row.mrn, 10)} {left(row.patient, 22)} {row.what}"))
        print(safe_line(f"{counted(len(planned.rows), planned.kind)} past {planned.years} years ({planned.source});"
                        f" nothing was destroyed."))  # fmt: skip
        print(f"Another person, an administrator, carries it out: codedesk records destroy {planned.kind}"
              f" --plan {planned.digest} --reason TEXT")  # fmt: skip
        return 0
    done = destroy(db, actor, args.kind, args.plan, args.reason, operation_id())
    if args.json:
        print(json.dumps(asdict(done)))
        return 0
    print(safe_line(f"{counted(done.count, done.kind)} destroyed: past {done.years} years ({done.source}), planned by"
                    f" {done.planned_by}, destroyed by {done.destroyed_by}. The certificate is in the log;"
                    f" backups have them until they are thinned."))  # fmt: skip
    return 0


def _step(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.records import deficiencies, duplicates, releases, retention

    op = operation_id()
    match args.action:
        case "scan":
            done = deficiencies.scan(db, actor, args.since, op)
            print(
                f"{counted(done.charts, 'chart')} looked over: {done.opened} deficiencies opened, {done.closed} closed"
            )
        case "waive":
            deficiencies.waive(db, actor, args.id, args.reason, op)
            print("waived")
        case "suspend":
            deficiencies.suspend(db, actor, args.provider, args.reason, op)
            print(safe_line(f"{args.provider} is on the suspension list"))
        case "lift":
            deficiencies.lift(db, actor, args.provider, op)
            print(safe_line(f"{args.provider} is off the suspension list"))
        case "apart":
            duplicates.tell_apart(db, actor, args.mrn, args.other, args.reason, op)
            print(safe_line(f"{args.mrn} and {args.other} are two; they are not offered again"))
        case "unmerge":
            return unmerge(db, actor, args)
        case "request":
            made = releases.receive(db, actor, args.mrn, args.requester, args.what, args.why, args.address,
                                    args.authorization, args.on, op)  # fmt: skip
            print(made)
        case "release":
            releases.release(db, actor, args.id, args.note, args.authorization, op)
            print("released; the disclosure is recorded")
        case "keep":
            retention.hold(db, actor, args.mrn, args.reason, op)
            print(safe_line(f"everything of {args.mrn} is kept until records let-go"))
        case "let-go":
            others = retention.let_go(db, actor, args.mrn, args.reason, op)
            told = f"is still kept: it is held under {' and '.join(others)}" if others else ""
            print(safe_line(f"{args.mrn} {told or 'is kept no longer than the schedule says'}"))
        case "refuse":
            releases.refuse(db, actor, args.id, args.reason, op)
            print("refused")
    return 0


def _as_json(args: argparse.Namespace, rows: Sequence[Any]) -> bool:
    if args.json:
        for row in rows:
            print(json.dumps(asdict(row)))
    return bool(args.json)


def counted_words(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many}"
