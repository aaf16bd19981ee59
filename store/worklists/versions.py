"""The site's worklists in versions: kept, tried on today's charts, put in force with a reason, rolled back.

A version is never changed and never deleted; what is in force is the version of the last step. Managers and
administrators change worklists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, func, select

from codesets.errors import CodedeskError
from codesets.safe import safe_line
from store.actors import Actor
from store.criteria.facts import open_facts
from store.database import Change, Database
from store.models import WorklistStep, WorklistVersion
from store.queries import Reader, SessionReader
from store.settings import today
from store.worklists.rulebook import Rulebook, from_record, read_rulebook, shipped_content, shipped_rulebook

_IN_SESSION = "worklists"


class WorklistsRefused(CodedeskError):
    """The worklists cannot be changed so; the message says what stands in the way."""

    title = "worklists"
    exit_code = 1


@dataclass(frozen=True)
class Move:
    """How many charts would go from one worklist to another."""

    source: str
    target: str
    charts: int


@dataclass(frozen=True)
class Trial:
    """What other worklists would do to the open charts: how many there are, which move, and what each list has then."""

    charts: int
    moves: tuple[Move, ...]
    counts: tuple[tuple[str, int, int], ...]
    """Name of a worklist, its open charts now, its open charts then."""

    @property
    def moved(self) -> int:
        return sum(move.charts for move in self.moves)


def rulebook_of(session: Session) -> Rulebook:
    """The worklists in force; asked once a transaction."""
    if _IN_SESSION not in session.info:
        session.info[_IN_SESSION] = rulebook(SessionReader(session))
    found: Rulebook = session.info[_IN_SESSION]
    return found


def rulebook(reader: Reader, number: int | None = None) -> Rulebook:
    """A version of the worklists, without a number the one in force. Raises WorklistsRefused."""
    from store.queries.worklist_rules import version_content, version_in_force

    chosen = number if number is not None else version_in_force(reader)
    content = version_content(reader, chosen)
    if content is None:
        if chosen == 1:
            return shipped_rulebook()
        raise WorklistsRefused(f"there is no version {chosen} of the worklists", "codedesk worklists history")
    return from_record(content, chosen)


def save_version(
    db: Database, actor: Actor, content: Mapping[str, Any], note: str, operation_id: str | None = None
) -> int:
    """Keep a new version of all worklists, not in force yet; its number. Raises BadWorklists, NotAllowed."""
    read_rulebook(content, 0)
    with db.change(actor, operation_id, "worklist.version") as change:
        if change.repeated:
            return int(change.answer["number"])
        number = _keep_shipped(change, actor) + 1
        row = WorklistVersion(number=number, content=dict(content), note=_one_line(note), made_by=actor.login)
        change.session.add(row)
        change.log("worklist.version", "worklists", str(number), note=row.note)
        change.answer = {"number": number}
        return number


def try_version(db: Database, rulebook_then: Rulebook) -> Trial:
    """What a version would do to today's open charts; nothing is kept."""
    with db.reading() as session:
        return _tried(SessionReader(session), rulebook_then)


def put_in_force(db: Database, actor: Actor, number: int, reason: str, operation_id: str | None = None) -> Trial:
    """Put a version in force and list every open chart by it; what moved. Raises WorklistsRefused, NotAllowed.

    New charts are placed by it at once, those that are here portion by portion; what is cut short is made up for when
    the day begins.
    """
    from store.worklists.placing import list_all

    if not reason.strip():
        raise WorklistsRefused("a change of the worklists needs a reason", "say why")
    with db.reading() as session:
        trial = _tried(SessionReader(session), rulebook(SessionReader(session), number))
    with db.change(actor, operation_id, "worklist.in_force") as change:
        if change.repeated:
            return _from_answer(change.answer)
        _keep_shipped(change, actor)
        last = change.session.exec(select(func.max(WorklistStep.number))).one() or 0
        step = WorklistStep(number=last + 1, version=number, reason=_one_line(reason), made_by=actor.login)
        step.moved = trial.moved
        change.session.add(step)
        change.log("worklist.in_force", "worklists", str(number), reason=step.reason, moved=trial.moved)
        change.answer = _answer(trial)
    list_all(db, actor)
    return trial


def roll_back(db: Database, actor: Actor, reason: str, operation_id: str | None = None) -> tuple[int, Trial]:
    """Put the version in force again that was before the present one. Raises WorklistsRefused, NotAllowed."""
    from store.queries.worklist_rules import worklist_steps

    with db.reading() as session:
        steps = worklist_steps(SessionReader(session))
    if not steps:
        raise WorklistsRefused("the worklists are as they were shipped: nothing can be rolled back")
    before = steps[-2].version if len(steps) > 1 else 1
    return before, put_in_force(db, actor, before, reason, operation_id)


def _tried(reader: Reader, then: Rulebook) -> Trial:
    moves: Counter[tuple[str, str]] = Counter()
    now_in: Counter[str] = Counter()
    day = today()
    for portion in open_facts(reader, sorted(then.fields), day):
        for facts in portion:
            target = then.rule_for(facts.values, day).name
            moves[facts.worklist, target] += 1
            now_in[facts.worklist] += 1
    then_in: Counter[str] = Counter()
    for (_, target), charts in moves.items():
        then_in[target] += charts
    moved = [Move(source, target, charts) for (source, target), charts in moves.items() if source != target]
    names = dict.fromkeys([*(rule.name for rule in then.rules), *sorted(now_in)])
    return Trial(
        sum(now_in.values()),
        tuple(sorted(moved, key=lambda move: (-move.charts, move.source, move.target))),
        tuple((name, now_in[name], then_in[name]) for name in names),
    )


def _keep_shipped(change: Change, actor: Actor) -> int:
    """Keep the shipped worklists as version 1 before another is made, so that the way back leads to what was."""
    newest = change.session.exec(select(func.max(WorklistVersion.number))).one()
    if newest:
        return int(newest)
    change.session.add(WorklistVersion(number=1, content=shipped_content(), note="as shipped", made_by=actor.login))
    return 1


def _answer(trial: Trial) -> dict[str, Any]:
    return {
        "charts": trial.charts,
        "moves": [[move.source, move.target, move.charts] for move in trial.moves],
        "counts": [list(count) for count in trial.counts],
    }


def _from_answer(answer: Mapping[str, Any]) -> Trial:
    return Trial(
        answer["charts"],
        tuple(Move(*move) for move in answer["moves"]),
        tuple((name, now, then) for name, now, then in answer["counts"]),
    )


def _one_line(text: str) -> str:
    return " ".join(safe_line(text).split())[:400]
