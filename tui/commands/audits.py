"""`codedesk audits`: samples, the review of their charts, answers to findings, scores, and education.

An audit is named by its id, or as SAMPLE#POSITION: `2026-Q3#7`, the second review of a chart as `2026-Q3#7=`.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codesets.errors import UsageError
from codesets.safe import as_typed, safe_line
from store.queries.audits import AuditFilter, audit_findings, audit_history, audit_list, sample_list
from tui.cells import counted
from tui.counts import dollars_from, how_many, percent, whole

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database

_METHODS = ("simple", "systematic", "stratified", "focused", "everything")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_samples(actions)
    _configure_review(actions)
    _configure_answers(actions)
    score = actions.add_parser("score", help="the scorecard of a sample, with formula and intervals")
    score.add_argument("sample", metavar="SAMPLE")
    score.add_argument("--json", action="store_true", help="one JSON document")
    trend = actions.add_parser("trend", help="accuracy of one coder, audit by audit, with intervals")
    trend.add_argument("login", nargs="?", default="", help="whose; your own without it")
    trend.add_argument("--json", action="store_true", help="one JSON document")
    topics = actions.add_parser("topics", help="topics of education, what they were found for, and their trend")
    topics.add_argument("--json", action="store_true", help="one JSON document")
    topic = actions.add_parser("topic", help="add a topic of education")
    topic.add_argument("name")
    topic.add_argument("--words", default="", help="what it teaches")
    teach = actions.add_parser("teach", help="give a topic to a person to learn")
    teach.add_argument("topic")
    teach.add_argument("login")
    teach.add_argument("--due", default="", metavar="DAY")
    done = actions.add_parser("learned", help="note that a person has learned it")
    done.add_argument("topic")
    done.add_argument("login")
    actions.add_parser("schemes", help="the schemes that scores go by, and their formulas")


def _configure_samples(actions: Any) -> None:
    draw = actions.add_parser("draw", help="draw a sample of final codings")
    draw.add_argument("name", help="what the sample is called")
    draw.add_argument("size", nargs="?", help="30, or 10%%; not needed with --margin or --method everything")
    draw.add_argument("--method", choices=_METHODS, default="simple")
    draw.add_argument("--margin", type=percent, metavar="PERCENT", help="as many as this margin of error needs")
    draw.add_argument("--confidence", type=percent, default=95, metavar="PERCENT")
    draw.add_argument("--expected", type=percent, default=50, metavar="PERCENT", help="accuracy expected; 50 is safe")
    draw.add_argument("--seed", type=whole(), help="the same seed draws the same charts; one is made up without it")
    draw.add_argument("--by", default="", metavar="STRATA", help="coder, type, payer or drg, for a stratified sample")
    draw.add_argument("--since", default="", metavar="DAY", help="final coded from this day on")
    draw.add_argument("--until", default="", metavar="DAY", help="final coded up to this day")
    draw.add_argument("--coder", action="append", default=[], metavar="LOGIN")
    draw.add_argument("--type", action="append", default=[], metavar="TYPE", help="clinic, emergency, inpatient …")
    draw.add_argument("--payer", action="append", default=[], metavar="NAME")
    draw.add_argument("--kind", default="", help="professional or facility")
    draw.add_argument("--code", action="append", default=[], metavar="BEGINNING", help="charts with such codes")
    draw.add_argument("--rule", default="", help="charts that an edit found something on")
    draw.add_argument(
        "--from-dollars", type=dollars_from, default=0, metavar="DOLLARS", help="charts of at least this much"
    )
    draw.add_argument("--prebill", action="store_true", help="no bill before the audit is final")
    draw.add_argument("--review", action="store_true", help="the auditor sees the coder's codes from the start")
    draw.add_argument("--scheme", default="ahima", help="codedesk audits schemes lists them")
    draw.add_argument("--json", action="store_true", help="one JSON document")
    again = actions.add_parser("reproduce", help="draw a sample again from its snapshot and compare")
    again.add_argument("sample", metavar="SAMPLE")
    again.add_argument("--json", action="store_true", help="one JSON document")
    withdraw = actions.add_parser("withdraw", help="take back a sample of which no finding was returned yet")
    withdraw.add_argument("sample", metavar="SAMPLE")
    withdraw.add_argument("--reason", required=True, metavar="TEXT")
    names = actions.add_parser("samples", help="the samples and how far they are")
    names.add_argument("--json", action="store_true", help="one JSON document per line")
    need = actions.add_parser("size", help="how many charts a margin of error needs")
    need.add_argument("population", type=whole())
    need.add_argument("--margin", type=percent, default=5, metavar="PERCENT")
    need.add_argument("--confidence", type=percent, default=95, metavar="PERCENT")
    need.add_argument("--expected", type=percent, default=50, metavar="PERCENT")


def _configure_review(actions: Any) -> None:
    listing = actions.add_parser("list", help="charts in review; a coder sees those that were returned")
    listing.add_argument("--show", choices=[one.value for one in AuditFilter], default="open")
    listing.add_argument("--sample", default="", help="of one sample")
    listing.add_argument("--json", action="store_true", help="one JSON document per line")
    show = _of_audit(actions, "show", "both sides, findings and history of one audit")
    show.add_argument("--json", action="store_true", help="one JSON document")
    assign = actions.add_parser("assign", help="give audits to an auditor")
    assign.add_argument("login")
    assign.add_argument("audits", nargs="*", metavar="AUDIT")
    assign.add_argument("--sample", default="", help="every chart of a sample that nobody has begun")
    second = actions.add_parser("second", help="give charts of a sample to a second auditor too, to compare them")
    second.add_argument("sample", metavar="SAMPLE")
    second.add_argument("login")
    second.add_argument("number", type=how_many)
    told = "begin a review, or enter codes of your own as on the chart's entry line"
    code: argparse.ArgumentParser = actions.add_parser("code", help=told, add_help=False)
    code.add_argument("--help", action="help", help="show this help message and exit")
    # Whatever begins with one dash is an entry that takes a row away (-3, -a, -h): options have two.
    code._negative_number_matcher = re.compile(r"-[^-]")
    code.add_argument("audit", metavar="AUDIT", help="id, or SAMPLE#POSITION")
    code.add_argument("entries", nargs="*", metavar="ENTRY", help="e11.42, 'g0467-25 1,2', -3, -a; none: only begin")
    code.add_argument("--disposition", help="the discharge disposition you hold for right")
    code.add_argument("--drg", help="the MS-DRG you hold for right, of an inpatient stay: three digits")
    code.add_argument("--weight", type=float, help="its relative weight, above 0, with up to four decimals")
    code.add_argument("--coder-drg", help="the DRG that the coder's codes were billed with")
    code.add_argument("--coder-weight", type=float)
    _of_audit(actions, "undo", "take back the last change of your codes")
    _of_audit(actions, "reveal", "show the coder's codes, once you have coded, and tell what differs")
    explain = _of_audit(actions, "explain", "say why of a finding")
    explain.add_argument("number", type=how_many)
    explain.add_argument("--note")
    explain.add_argument("--citation")
    explain.add_argument("--topic", help="topic of education")
    query = _of_audit(actions, "query", "add a query that should have been sent")
    query.add_argument("what")
    query.add_argument("--citation", default="")
    _of_audit(actions, "return", "return the chart to its coder")


def _configure_answers(actions: Any) -> None:
    agree = _of_audit(actions, "agree", "agree to a finding, or to all that wait for you")
    agree.add_argument("number", type=how_many, nargs="?")
    rebut = _of_audit(actions, "rebut", "rebut a finding; it goes to the next level")
    rebut.add_argument("number", type=how_many)
    rebut.add_argument("comment")
    rebut.add_argument("citation", help="guideline, Coding Clinic, or a line of the note")
    for name, told in (("uphold", "let a finding stand"), ("overturn", "give the coder right")):
        decide = _of_audit(actions, name, told)
        decide.add_argument("number", type=how_many)
        decide.add_argument("comment")
        decide.add_argument("--citation", default="")
    keep = _of_audit(actions, "keep-codes", "say why codes stay that an audit before the bill found wrong")
    keep.add_argument("--reason", required=True, metavar="TEXT")
    actions.add_parser("sweep", help="accept findings that were not answered in time")


def _of_audit(actions: Any, name: str, told: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=told)
    parser.add_argument("audit", metavar="AUDIT", help="id, or SAMPLE#POSITION")
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry out one sub-command."""
    if args.action == "size":
        from store.audits.figures import sample_size

        print(sample_size(args.population, args.margin / 100, args.confidence / 100, args.expected / 100))
        return 0
    if args.action == "schemes":
        from store.audits.schemes import schemes

        print("\n\n".join("\n".join(scheme.formula()) for scheme in schemes().values()))
        return 0
    from store.database import open_database
    from store.people import sign_in

    db = open_database()
    try:
        actor = sign_in(db)
        steps = {"list": _list, "samples": _samples, "show": _show, "draw": _draw, "score": _score, "topics": _topics,
                 "trend": _trend}  # fmt: skip
        return (steps.get(args.action) or _step)(db, actor, args)
    finally:
        db.close()


def _draw(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.audits.samples import Criteria, checked, draw
    from store.audits.sampling import Method, Size, size_of
    from store.database import operation_id

    method = Method(args.method)
    if method is Method.EVERYTHING:
        size = Size()
    elif args.margin:
        size = Size(margin=args.margin / 100, confidence=args.confidence / 100, expected=args.expected / 100)
    elif args.size:
        size = size_of(args.size)
    else:
        raise UsageError("how many charts?", "a number, a percentage, or --margin 5")
    criteria = Criteria(
        since=_day(args.since),
        until=_day(args.until),
        coders=tuple(args.coder),
        types=tuple(args.type),
        payers=tuple(args.payer),
        kind=args.kind,
        codes=tuple(code.upper() for code in args.code),
        rule=args.rule,
        least_cents=args.from_dollars,
    )
    with db.reading() as session:
        checked(criteria, session)
    drawn = draw(
        db,
        actor,
        args.name,
        method,
        size,
        criteria,
        args.seed,
        args.by,
        args.prebill,
        not args.review,
        args.scheme,
        operation_id(),
    )
    if args.json:
        print(json.dumps(asdict(drawn)))
        return 0
    before = f"; {drawn.audited_before} left out, their account was audited before" if drawn.audited_before else ""
    print(safe_line(f"{drawn.name}: {drawn.picked} of {counted(drawn.population, 'chart')}, seed {drawn.seed}{before}"))
    if args.prebill:
        print("no bill of them leaves before their audit is final; codedesk audits withdraw takes the sample back")
    return 0


def _list(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store import log
    from store.permissions import require
    from store.queries import SessionReader
    from store.terms import Role
    from tui.commands.audits_text import HEADING, audit_text

    require(actor, "audit.list")
    log.note(db, actor, "audit.list", show=args.show, sample=args.sample)
    with db.reading() as session:
        own = actor.role is Role.CODER
        show = AuditFilter(args.show)
        rows = audit_list(SessionReader(session), show, args.sample, actor.person_id or "", own)
    if args.json:
        for row in rows:
            print(json.dumps(asdict(row)))
        return 0
    if rows:
        print(HEADING)
    for row in rows:
        print(audit_text(row))
    if rows:
        print(counted(len(rows), "audit"))
    elif show is AuditFilter.ALL:
        print("No audits here. codedesk audits draw makes a sample.")
    else:
        print(f"No audit is {show.value}.")
    return 0


def _samples(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.queries import SessionReader
    from store.reports.spans import is_covered
    from tui.commands.audits_text import sample_text

    with db.reading() as session:
        rows = sample_list(SessionReader(session))
    covered = is_covered(actor)
    for row in rows:
        print(json.dumps(_without_charts(asdict(row), actor)) if args.json else safe_line(sample_text(row, covered)))
    if not rows and not args.json:
        print("No sample was drawn yet. codedesk audits draw NAME 30 draws one.")
    return 0


def _without_charts(document: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """What is told of a sample, without how many charts it has where small counts are covered."""
    from store.reports.spans import is_covered
    from tui.commands.audits_text import OF_CHARTS

    return {key: value for key, value in document.items() if not (is_covered(actor) and key in OF_CHARTS)}


def _show(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store import access
    from store.audits.found import compared
    from store.audits.keeping import audit_named
    from store.audits.states import AuditRefused
    from store.permissions import require
    from store.queries import SessionReader
    from store.queries.audits import audit_row
    from store.terms import Role
    from tui.commands.audits_text import audit_document, side_by_side

    require(actor, "audit.view")
    with db.reading() as session:
        audit = audit_named(session, args.audit)
        if actor.role is Role.CODER and (audit.coder_id != actor.person_id or audit.returned_at is None):
            raise AuditRefused("it is not yours, or was not returned yet", "codedesk audits list shows yours")
    access.look(db, actor, "audit.view", "audit", [audit.id])
    with db.reading() as session:
        audit = audit_named(session, args.audit)
        reader = SessionReader(session)
        row = audit_row(reader, audit.id)
        assert row is not None
        coder, auditor, comparison = compared(audit)
        if not row.revealed:
            comparison = None
        found, steps = audit_findings(reader, audit.id), audit_history(reader, audit.id)
    if args.json:
        print(json.dumps(audit_document(row, coder, auditor, comparison, found, steps)))
        return 0
    for line in side_by_side(row, auditor, comparison, found, steps):
        print(safe_line(line))
    return 0


def _score(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.audits.scorecards import read_scorecard
    from tui.commands.audits_text import scorecard_document, scorecard_lines

    card = read_scorecard(db, actor, args.sample)
    if args.json:
        print(json.dumps(scorecard_document(card)))
        return 0
    for line in scorecard_lines(card):
        print(safe_line(line).rstrip())
    return 0


def _trend(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.audits.trends import read_trend
    from tui.commands.audits_text import trend_document, trend_lines

    trend = read_trend(db, actor, args.login)
    if args.json:
        print(json.dumps(trend_document(trend)))
        return 0
    for line in trend_lines(trend):
        print(safe_line(line).rstrip())
    return 0


def _topics(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.audits.education import topics, trend
    from store.reports.spans import is_covered
    from tui.commands.audits_text import COVERED_TOPICS, topic_line

    with db.reading() as session:
        rows, lines = topics(session, actor), trend(session, actor)
    if args.json:
        print(json.dumps({"topics": [asdict(one) for one in rows], "trend": [asdict(one) for one in lines]}))
        return 0
    if not rows:
        print("No topic yet. codedesk audits explain AUDIT NUMBER --topic NAME makes one of a finding.")
    for row in rows:
        print(safe_line(topic_line(row)))
    if is_covered(actor):
        print(COVERED_TOPICS)
    for line in lines:
        before, after = (f"{x:.2f}" if x is not None else "no chart" for x in (line.before, line.after))
        when = f"done {line.done_on}" if line.done_on else f"due {line.due_on or 'any day'}"
        print(safe_line(f"  {line.coder}: {line.topic}, {when}: findings a chart {before} before, {after} since"))
    return 0


def _step(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    """Everything that changes one audit, or answers it."""
    from store.audits import answers, assigning, corrections, education, explaining, review, samples, withdrawing
    from store.database import operation_id
    from store.reports.spans import is_covered

    op = operation_id()
    match args.action:
        case "reproduce":
            found = samples.reproduce(db, actor, args.sample)
            good = found.same and found.snapshot_whole
            if args.json:
                print(json.dumps(_without_charts(asdict(found), actor)))
            else:
                told = "the same charts in the same order" if found.same else "OTHER CHARTS"
                whole = "whole" if found.snapshot_whole else "CHANGED"
                many = "" if is_covered(actor) else f" ({found.picked} of {found.population})"
                print(f"{found.name}: seed {found.seed} gives {told}{many};"
                      f" the snapshot is {whole}")  # fmt: skip
            return 0 if good else 1
        case "withdraw":
            print(safe_line(withdrawing.withdraw(db, actor, args.sample, args.reason, op)))
        case "assign":
            audits = args.audits or _unbegun(db, args.sample)
            print(f"{counted(assigning.assign(db, actor, audits, args.login, op), 'audit')} given to {args.login}")
        case "second":
            made = assigning.second_reviews(db, actor, args.sample, args.login, args.number, op)
            print(f"{counted(made, 'chart')} given to {args.login} as the second auditor")
        case "code":
            return _code(db, actor, args)
        case "undo":
            print(review.undo(db, actor, args.audit, op).message)
        case "reveal":
            print(f"{counted(review.reveal(db, actor, args.audit, op), 'finding')};"
                  f" {as_typed('audits', 'show', args.audit)}")  # fmt: skip
            if told := _unpointed(db, args.audit):
                print(told)
        case "explain":
            explaining.explain(db, actor, args.audit, args.number, args.note, args.citation, args.topic, op)
            print(f"finding {args.number}: kept")
        case "query":
            print(f"finding {explaining.add_by_hand(db, actor, args.audit, args.what, args.citation, op)} added")
        case "return":
            print(review.give_back(db, actor, args.audit, op))
        case "agree":
            print(answers.agree(db, actor, args.audit, args.number, op))
        case "rebut":
            print(answers.rebut(db, actor, args.audit, args.number, args.comment, args.citation, op))
        case "uphold" | "overturn":
            upheld = args.action == "uphold"
            print(answers.decide(db, actor, args.audit, args.number, upheld, args.comment, args.citation, op))
        case "keep-codes":
            print(corrections.keep_codes(db, actor, args.audit, args.reason, op))
        case "sweep":
            print(f"{counted(answers.accept_unanswered(db, actor, op), 'finding')} accepted: not answered in time")
        case "topic":
            education.add_topic(db, actor, args.name, args.words, op)
            print(safe_line(f"{args.name}: kept"))
        case "teach":
            education.give(db, actor, args.topic, args.login, _day(args.due), op)
            print(safe_line(f"{args.topic}: given to {args.login}"))
        case "learned":
            education.learned(db, actor, args.topic, args.login, op)
            print(safe_line(f"{args.topic}: {args.login} has learned it"))
    return 0


def _code(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    import datetime as dt

    from codesets.catalog import open_reference
    from store.audits import explaining, review
    from store.coding.entry import EntryError, Search, parse
    from store.coding.grouping import is_stay
    from store.coding.lookup import system_of, with_role_of_code
    from store.queries import SessionReader
    from store.queries.charts import chart_head
    from store.queries.codings import coding_defaults

    # Before any code is entered, so that a refused command has changed none.
    explaining.check_stated(args.drg, args.weight, args.coder_drg, args.coder_weight)
    opened = review.begin(db, actor, args.audit)
    with db.reading() as session:
        reader = SessionReader(session)
        head = chart_head(reader, opened.work_item_id)
        grouped = (args.drg, args.weight, args.coder_drg, args.coder_weight)
        if any(one not in (None, "") for one in grouped) and not is_stay(head):
            raise explaining.has_no_drg(head.kind)
        defaults = coding_defaults(reader, head.encounter_id, head.service_date)
    on = dt.date.fromisoformat(head.service_date)
    with open_reference() as reference:
        for text in args.entries:
            entry = with_role_of_code(head, parse(text, lambda code: system_of(reference, code, on)))
            if isinstance(entry, Search):
                raise EntryError(f"{text!r} is no code on {on}", "codedesk search finds one")
            print(review.enter(db, actor, opened.audit_id, entry, defaults, f"typed {text}").message)
    given = (args.disposition, args.drg, args.weight, args.coder_drg, args.coder_weight)
    if any(one is not None for one in given):
        explaining.state_whole(db, actor, opened.audit_id, *given)
        print("kept beside the codes")
    if not args.entries:
        print(safe_line(f"in review: {head.patient} {head.mrn}, {head.service_date} {head.setting.label}"))
    return 0


def _unpointed(db: Database, name: str) -> str:
    """What the auditor is told of lines without pointers."""
    from store.audits.found import auditor_codes
    from store.audits.keeping import audit_named
    from store.audits.review import unpointed

    with db.reading() as session:
        audit = audit_named(session, name)
        return unpointed(audit.kind, auditor_codes(audit))


def _unbegun(db: Database, sample: str) -> list[str]:
    from store.queries import SessionReader

    if not sample:
        raise UsageError("which audits?", "their ids, or --sample NAME")
    with db.reading() as session:
        rows = audit_list(SessionReader(session), AuditFilter.TO_REVIEW, sample)
    return [row.id for row in rows if row.status.value in ("selected", "assigned")]


def _day(text: str) -> str:
    """An ISO day as it was typed; empty for none. Raises UsageError."""
    import datetime as dt

    try:
        return dt.date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise UsageError(f"expected a day such as 2026-09-14, got {text!r}") from None
