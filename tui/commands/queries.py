"""`codedesk queries`: queries to providers: write, check, send, answer, close, and export them.

Text for people on stdout, one JSON document with `--json`. `lint` exits 1 where a query could not be sent.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesets.errors import UnreadableInput, UsageError
from codesets.safe import safe_line
from store.queries import SessionReader
from store.queries.provider_queries import (
    QueryFilter,
    QueryPage,
    QueryRow,
    provider_query_list,
    provider_query_of,
)
from store.settings import today
from store.terms import QueryOutcome, QueryStatus, QueryTiming, QueryType
from tui.cells import counted, left, minute
from tui.commands.answers import command, task_ids, told

if TYPE_CHECKING:
    from store.actors import Actor
    from store.database import Database
    from store.provider_queries.desk import Question


def configure(parser: argparse.ArgumentParser) -> None:
    """The subcommands and their options."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    listing = command(commands, "list", "queries, the nearest due day first")
    listing.add_argument("--show", choices=[one.value for one in QueryFilter], default=QueryFilter.OPEN.value)
    _query(command(commands, "show", "one query whole, with its steps"))
    command(commands, "templates", "questions to begin with, and the reasons")
    writing = command(commands, "draft", "write a query about a chart; it is not sent yet")
    writing.add_argument("chart", metavar="CHART", help="the id of the task, or the visit number with one task")
    _question(writing)
    revising = command(commands, "revise", "write a draft anew")
    _query(revising)
    _question(revising)
    _query(command(commands, "lint", "what is wrong with a query; exit code 1 when it could not be sent"))
    sending = command(commands, "send", "send a draft; its chart is on hold until the answer")
    _query(sending)
    sending.add_argument("--drg-before", metavar="DRG", help="group of the codes as they are; kept beside the query")
    moving = command(commands, "reassign", "ask another provider")
    _query(moving)
    moving.add_argument("provider", metavar="PROVIDER")
    moving.add_argument("--reason", required=True)
    moving.add_argument("--somebody-new", action="store_true", help="a provider whom the record does not know")
    reminding = command(commands, "remind", "note that the provider was reminded")
    _query(reminding)
    reminding.add_argument("--note", default="")
    command(commands, "escalate", "escalate every query whose day has passed")
    answering = command(commands, "answer", "keep the provider's answer")
    _query(answering)
    answering.add_argument("--option", default="", help="one of the options")
    answering.add_argument("--words", default="", help="the answer in words")
    answering.add_argument("--by", default="", help="who answered; without it the provider who was asked")
    correcting = command(commands, "correct", "put another answer in the place of one that was written down wrong")
    _query(correcting)
    correcting.add_argument("--option", default="", help="one of the options")
    correcting.add_argument("--words", default="", help="the answer in words")
    correcting.add_argument("--by", default="", help="who answered; without it as it was")
    correcting.add_argument("--reason", required=True, help="why; it stays in the history with the answer before")
    withdrawing = command(commands, "withdraw", "take an answer back that never came; the chart waits again")
    _query(withdrawing)
    withdrawing.add_argument("--reason", required=True, help="why; it stays in the history with the answer")
    closing = command(commands, "close", "close a query with what came of it")
    _query(closing)
    closing.add_argument("outcome", choices=[one.value for one in QueryOutcome])
    closing.add_argument("--note", default="")
    closing.add_argument("--drg-after", metavar="DRG", help="group of the codes after the answer")
    canceling = command(commands, "cancel", "take a query back")
    _query(canceling)
    canceling.add_argument("--reason", required=True)
    exporting = command(commands, "export", "a query as text or as an HL7 v2 message, on standard output")
    _query(exporting)
    exporting.add_argument("--format", choices=["text", "hl7"], default="text")


def _query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", help="its number or id")


def _question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--template", default="", help="as `codedesk queries templates` has it")
    parser.add_argument("--type", choices=[one.value for one in QueryType])
    parser.add_argument("--reason", default="", help="as `codedesk queries templates` has it")
    parser.add_argument("--provider", default="", help="who is asked")
    parser.add_argument("--question", default="", help="the words; - reads them from standard input")
    parser.add_argument("--option", action="append", default=[], help="a clinically supported answer")
    parser.add_argument("--indicator", action="append", default=[], metavar="DOCUMENT:LINE", help="words of this chart")
    parser.add_argument("--timing", choices=[one.value for one in QueryTiming], help="retrospective without it")
    parser.add_argument("--file", default="", metavar="JSON", help="all of these from a JSON file")


def run(args: argparse.Namespace) -> int:
    """Carry out one subcommand."""
    from store.database import open_database
    from store.people import sign_in

    steps = {
        "list": _list,
        "show": _show,
        "templates": _templates,
        "draft": _draft,
        "revise": _revise,
        "lint": _lint,
        "send": _send,
        "reassign": _reassign,
        "remind": _remind,
        "escalate": _escalate,
        "answer": _answer,
        "correct": _correct,
        "withdraw": _withdraw,
        "close": _close,
        "cancel": _cancel,
        "export": _export,
    }
    db = open_database()
    try:
        return steps[args.command](db, sign_in(db), args)
    finally:
        db.close()


def _list(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store import log
    from store.permissions.columns import seen_by

    log.note(db, actor, "query.list", show=args.show, by="command line")
    with db.reading() as session:
        rows = provider_query_list(SessionReader(session), today(), QueryFilter(args.show), actor.person_id or "-")
        drafts = len(provider_query_list(SessionReader(session), today(), QueryFilter.DRAFTS))
    rows = seen_by(actor.role, rows)
    counted_words = _counted(len(rows))
    if drafts and args.show == QueryFilter.OPEN.value:
        counted_words += f"; {counted(drafts, 'draft')} not sent yet (codedesk queries list --show all)"
    return told(args, [asdict(row) for row in rows], [*map(_text, rows), counted_words])


def _show(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.provider_queries.output import as_text

    page = _page(db, actor, args.query)
    lines = as_text(page).splitlines()
    lines += ["", *(f"{minute(step.made_at)} {step.made_by:<10} {step.step}: {step.said}" for step in page.steps)]
    return told(args, asdict(page), lines)


def _templates(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.provider_queries import query_reasons, templates

    reasons, known = list(query_reasons().values()), list(templates().values())
    lines = [f"{one.id:<24} {one.type.value:<16} {one.reason:<12} {one.title}" for one in known]
    lines += ["", *(f"{one.id:<12} {one.words}{' (yes or no allowed)' if one.yes_no else ''}" for one in reasons)]
    return told(args, {"templates": [asdict(t) for t in known], "reasons": [asdict(r) for r in reasons]}, lines)


def _draft(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import draft
    from store.provider_queries.desk import service_date

    with db.reading() as session:
        found = task_ids(SessionReader(session), args.chart)
        if len(found) != 1:
            raise UnreadableInput(f"{counted(len(found), 'task')} of {args.chart[:60]!r}", "name the id of one task")
        day = service_date(session, found[0])
    query_id = draft(db, actor, found[0], _asked(args, day), operation_id())
    return _told_of(db, args, query_id, "is a draft; codedesk queries lint, then send")


def _revise(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import revise

    page = _page(db, actor, args.query)
    revise(db, actor, page.row.id, _asked(args, page.row.service_date, page), operation_id())
    return _told_of(db, args, page.row.id, "was written anew")


def _lint(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.provider_queries import hindrances

    page = _page(db, actor, args.query)
    with db.reading() as session:
        flaws = hindrances(session, page.row.id)
    lines = [f"{'refused' if flaw.refuses else 'warning'}  {flaw.told}" for flaw in flaws]
    told(args, [asdict(flaw) for flaw in flaws], lines or ["nothing is wrong with it"])
    return 1 if any(flaw.refuses for flaw in flaws) else 0


def _send(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import send

    sent = send(db, actor, args.query, operation_id(), args.drg_before)
    for flaw in sent.warnings:
        print(safe_line(f"warning: {flaw.told}"), file=sys.stderr)
    waits = "the chart waits for the answer" if sent.waits else "the claim has left and does not wait for the answer"
    return _told_of(db, args, args.query, f"is sent; {waits}")


def _reassign(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import reassign

    reassign(db, actor, args.query, args.provider, args.reason, operation_id(), args.somebody_new)
    return _told_of(db, args, args.query, f"goes to {args.provider}")


def _remind(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import remind

    remind(db, actor, args.query, args.note, operation_id())
    return _told_of(db, args, args.query, "reminded")


def _escalate(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.provider_queries import escalate_due

    number = escalate_due(db, actor)
    return told(args, {"escalated": number}, [f"{_counted(number)} escalated"])


def _answer(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import answer

    ready = answer(db, actor, args.query, args.option, args.words, args.by, operation_id())
    said = "is answered; the chart is ready again" if ready else "is answered"
    return _told_of(db, args, args.query, said)


def _correct(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import correct

    correct(db, actor, args.query, args.reason, args.option, args.words, args.by, operation_id())
    return _told_of(db, args, args.query, "has another answer")


def _withdraw(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import withdraw

    waits = withdraw(db, actor, args.query, args.reason, operation_id())
    return _told_of(db, args, args.query, f"has no answer any more{'; its chart waits again' if waits else ''}")


def _close(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import close

    close(db, actor, args.query, QueryOutcome(args.outcome), args.note, operation_id(), args.drg_after)
    return _told_of(db, args, args.query, f"is closed: {args.outcome.replace('_', ' ')}")


def _cancel(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store.database import operation_id
    from store.provider_queries import cancel

    cancel(db, actor, args.query, args.reason, operation_id())
    return _told_of(db, args, args.query, "is canceled")


def _export(db: Database, actor: Actor, args: argparse.Namespace) -> int:
    from store import access
    from store.provider_queries import QueryRefused
    from store.provider_queries.output import as_hl7, as_text

    page = _page(db, actor, args.query)
    access.look(db, actor, "query.export", "provider_query", [page.row.id], format=args.format)
    if page.row.status is QueryStatus.DRAFT:
        raise QueryRefused(f"query {page.row.number} is a draft: what is not sent leaves by no way", "send it first")
    with db.reading() as session:
        text = as_hl7(SessionReader(session), page) if args.format == "hl7" else as_text(page)
    if args.json:
        return told(args, {"format": args.format, "content": text}, ())
    sys.stdout.write(text)
    return 0


def _page(db: Database, actor: Actor, named: str) -> QueryPage:
    from store import log
    from store.permissions import require
    from store.permissions.columns import seen_by

    require(actor, "query.view")
    with db.reading() as session:
        page = provider_query_of(SessionReader(session), named, today(), actor.person_id or "")
    if page is None:
        raise UnreadableInput(f"no query is called {named[:60]!r}", "codedesk queries list")
    log.note(db, actor, "query.view", "provider_query", page.row.id, by="command line")
    seen: QueryPage = seen_by(actor.role, page)
    return seen


def _asked(args: argparse.Namespace, day: str, before: QueryPage | None = None) -> Question:
    """The question of a command line: a template, what is said beside it, or all of it from a file.

    What is not said of a query that is revised stays as it was `before`.
    """
    from store.provider_queries.desk import from_template

    given = _from_file(args.file) if args.file else {}
    said: dict[str, Any] = {
        key: getattr(args, key) or given.get(key) for key in ("type", "reason", "provider", "question", "timing")
    }
    if template := args.template or given.get("template", ""):
        asked = from_template(template, str(said["provider"] or (before.row.provider if before else "")), day)
    else:
        asked = _begun(said, before)
    words = sys.stdin.read(8000) if said["question"] == "-" else said["question"]
    places = tuple(map(_place, args.indicator or given.get("indicators", ())))
    return replace(
        asked,
        question=str(words or asked.question),
        provider=str(said["provider"] or asked.provider),
        options=tuple(args.option or given.get("options", ())) or asked.options,
        indicators=places or (_quoted(before) if before else ()),
        timing=QueryTiming(said["timing"] or (before.timing if before else QueryTiming.RETROSPECTIVE)),
    )


def _begun(said: Mapping[str, Any], before: QueryPage | None) -> Question:
    """The question without a template: as it was before, or of a type and reason. Raises UsageError."""
    from store.provider_queries.desk import Question

    kind, reason = said["type"] or (before and before.row.type), said["reason"] or (before and before.row.query_reason)
    if kind not in list(QueryType) or not reason:
        raise UsageError("what is asked?", "--template, or --type and --reason")
    if before is None:
        return Question(QueryType(kind), str(reason), "", "")
    return Question(QueryType(kind), str(reason), before.text, before.row.provider, tuple(before.options))


def _quoted(page: QueryPage) -> tuple[tuple[str, int], ...]:
    """The lines of the chart that a query quotes, by document and line."""
    return tuple((str(one["number"]), int(one["line"])) for one in page.indicators)


def _place(said: object) -> tuple[str, int]:
    number, _, line = str(said).rpartition(":")
    if not number or not line.isdecimal():
        raise UsageError(f"{str(said)[:60]!r} is no place in a chart", "expected DOCUMENT:LINE, as DOC-1:41")
    return number, int(line)


def _from_file(name: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{name}: no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableInput(f"{name}: expected one object")
    return found


def _told_of(db: Database, args: argparse.Namespace, named: str, words: str) -> int:
    with db.reading() as session:
        page = provider_query_of(SessionReader(session), named, today())
    if page is None:
        raise UnreadableInput(f"no query is called {named[:60]!r}", "codedesk queries list")
    row = page.row
    return told(args, {"id": row.id, "number": row.number, "status": row.status.value}, [f"query {row.number} {words}"])


def _text(row: QueryRow) -> str:
    mark = "!" if row.late else " "
    days = "" if row.days is None else f"{row.days}d"
    return (
        f"{row.number:>5} {mark} {row.status.value:<9} {left(row.patient, 20)} {left(row.provider, 20)} {days:>4} "
        f"{row.query_reason:<12} {f'due {row.due_on}' if row.due_on else ''}"
    )


def _counted(number: int) -> str:
    return "1 query" if number == 1 else f"{number} queries"
