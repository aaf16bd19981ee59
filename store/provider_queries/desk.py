"""The steps of a query, each in one transaction with its hold, its place in the worklist and the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from codesets.safe import safe_block, safe_line
from store import access
from store.actors import Actor
from store.database import Change, Database
from store.holds import begun_names, close_hold, open_hold
from store.models import (
    Claim,
    Coding,
    Document,
    Encounter,
    EncounterProvider,
    Hold,
    Person,
    Provider,
    ProviderQuery,
    WorkItem,
)
from store.models import ProviderQueryStep as StepRow
from store.models.columns import now
from store.provider_queries.lint import Flaw, lint
from store.provider_queries.machine import QueryRefused, Step, after, outcome_allowed
from store.provider_queries.tables import OTHER, options_of, query_reasons, tables, templates
from store.queries import SessionReader
from store.queries.provider_queries import texts_of
from store.reasons import reason_in_words
from store.settings import today
from store.terms import ClaimStatus, QueryOutcome, QueryStatus, QueryTiming, QueryType, WorkStatus, in_words
from store.worklists.placing import reroute

MOST_INDICATORS = 30
MOST_QUOTED = 600


@dataclass(frozen=True)
class Indicator:
    """Words of this chart: the document, its number and version, the line (1-based) and the quote."""

    document_id: str
    number: str
    version: int
    document: str
    line: int
    quote: str


@dataclass(frozen=True)
class Sent:
    """What came of sending a query: the warnings of the lint, and whether its chart waits for the answer."""

    warnings: tuple[Flaw, ...]
    waits: bool


_PARTS = {
    "question": "question",
    "options": "options",
    "indicators": "quotes",
    "provider": "provider",
    "type": "type",
    "reason": "reason",
    "timing": "timing",
}
"""The columns of a draft as its history names what was revised."""


@dataclass(frozen=True)
class Question:
    """What is asked: everything of a query that its author writes."""

    type: QueryType
    reason: str
    question: str
    provider: str
    options: tuple[str, ...] = ()
    indicators: tuple[tuple[str, int], ...] = ()
    """Number of a document of this chart and a line of it, 1-based."""
    timing: QueryTiming = QueryTiming.RETROSPECTIVE
    template: str = ""


def from_template(template_id: str, provider: str, service_date: str) -> Question:
    """A question as its template has it. Raises QueryRefused for a template that is not there."""
    template = templates().get(template_id)
    if template is None:
        raise QueryRefused(f"no template is called {template_id[:60]!r}", f"one of {', '.join(templates())}")
    asked = template.question.replace("{date}", service_date)
    return Question(template.type, template.reason, asked, provider, template.options, template=template.id)


def draft(db: Database, actor: Actor, work_item_id: str, question: Question, operation_id: str | None = None) -> str:
    """Begin a query about a chart; its id. It is not sent, and nothing waits for it.

    Raises QueryRefused, ChartRestricted.
    """
    with db.change(actor, operation_id, "query.draft") as change:
        if change.repeated:
            return str(change.answer["id"])
        session = change.session
        item = session.get(WorkItem, work_item_id)
        if item is None or item.status is WorkStatus.CANCELED:
            raise QueryRefused("that chart is not in any worklist")
        _admitted(change, item.encounter_id)
        number = (session.exec(select(func.max(ProviderQuery.number))).one() or 0) + 1
        row = ProviderQuery(
            number=number,
            encounter_id=item.encounter_id,
            work_item_id=item.id,
            asked_by=actor.person_id,
            **_columns(session, item.encounter_id, question),
        )
        session.add(row)
        session.flush()
        _note(
            change, row, "draft", query_reasons()[question.reason].words if question.reason in query_reasons() else ""
        )
        change.answer = {"id": row.id}
        return row.id


def revise(db: Database, actor: Actor, query_id: str, question: Question, operation_id: str | None = None) -> None:
    """Write a draft anew. Raises QueryRefused once it was sent."""
    with db.change(actor, operation_id, "query.revise") as change:
        if not change.repeated:
            row = _row(change, query_id)
            after(row.status, Step.REVISE)
            said = _columns(change.session, row.encounter_id, question)
            changed = [name for name, value in said.items() if getattr(row, name) != value]
            for name in changed:
                setattr(row, name, said[name])
            told = [_PARTS[name] for name in _PARTS if name in changed]
            if told:
                _note(change, row, Step.REVISE, ", ".join(told))


def send(
    db: Database, actor: Actor, query_id: str, operation_id: str | None = None, drg_before: str | None = None
) -> Sent:
    """Send a draft: its chart is on hold until the answer.

    Raises QueryRefused for flaws, and where nothing would wait: a chart that is final coded must be taken back or
    recoded first. A query after the bill of a claim that has left is sent, and nothing waits for it. `drg_before` is
    the group of the codes as they are, where a grouper told it; it is kept beside the query and never part of it.
    """
    with db.change(actor, operation_id, "query.send") as change:
        if change.repeated:
            return Sent(tuple(Flaw(**one) for one in change.answer["warnings"]), change.answer["waits"])
        row = _row(change, query_id)
        status = after(row.status, Step.SEND)
        flaws = flaws_of(change.session, row)
        if refusing := [flaw for flaw in flaws if flaw.refuses]:
            more = f"; and {len(refusing) - 1} more" if len(refusing) > 1 else ""
            raise QueryRefused(f"not sent: {refusing[0].told}{more}", "codedesk queries lint shows every flaw")
        item = change.session.get_one(WorkItem, row.work_item_id)
        waits = _waits(change.session, item, row.timing)
        row.status, row.sent_at = status, now()
        row.due_on = (today() + timedelta(days=tables().due_days)).isoformat()
        row.drg_before = drg_before
        if waits:
            row.hold_id = _held(change, row, item)
        _settled(change, row, Step.SEND, row.provider)
        change.answer = {"warnings": [asdict(flaw) for flaw in flaws], "waits": waits}
        return Sent(tuple(flaws), waits)


def flaws_of(session: Session, row: ProviderQuery) -> list[Flaw]:
    """What is wrong with a query, those that refuse first: its words, and whom it asks."""
    texts = texts_of(SessionReader(session), row.encounter_id)
    flaws = lint(row.type, row.reason, row.question, row.options, row.indicators, texts, row.provider)
    if row.provider and (names := begun_names(session, row.provider)):
        flaws.append(Flaw(row.provider, f"only begins a name: {' or '.join(names)}?", True))
    return sorted(flaws, key=lambda flaw: not flaw.refuses)


def hindrances(session: Session, query_id: str) -> list[Flaw]:
    """The flaws of a query, and of a draft what else keeps it from being sent: its chart cannot wait for the answer."""
    row = session.get_one(ProviderQuery, query_id)
    flaws = flaws_of(session, row)
    if row.status is not QueryStatus.DRAFT:
        return flaws
    try:
        _waits(session, session.get_one(WorkItem, row.work_item_id), row.timing)
    except QueryRefused as refused:
        return [Flaw("", f"{refused.message}: {refused.remedy}", True), *flaws]
    return flaws


def _held(change: Change, row: ProviderQuery, item: WorkItem) -> str:
    """Hold the chart of a query until its answer; the id of the hold."""
    note = f"query {row.number}"
    return open_hold(change, item, "query", note=note, physician=row.provider, due_on=row.due_on or "").id


def _waits(session: Session, item: WorkItem, timing: QueryTiming, refused: str = "not sent") -> bool:
    """Whether a chart can wait for the answer of a query; not where it is asked after the bill. Raises QueryRefused."""
    if item.status in (WorkStatus.READY, WorkStatus.IN_PROGRESS, WorkStatus.ON_HOLD):
        return True
    if item.status is not WorkStatus.FINAL:
        raise QueryRefused(f"{refused}: the chart has nothing to code", "cancel the query")
    claims = session.exec(
        select(Claim.status)
        .join(Coding, col(Coding.id) == Claim.coding_id)
        .where(Coding.encounter_id == item.encounter_id, Coding.kind == item.kind)
        .where(Claim.status != ClaimStatus.VOID)
    ).all()
    if ClaimStatus.EXPORTED not in claims:
        raise QueryRefused(
            f"{refused}: the chart is final coded, and its claim would leave without the answer",
            "take the codes back first (u in the chart, or codedesk chart VISIT --undo)",
        )
    if timing is not QueryTiming.POST_BILL:
        raise QueryRefused(
            f"{refused}: the claim has left and cannot wait for the answer",
            "recode the chart first (codedesk chart VISIT --recode WHY), or ask with --timing post_bill",
        )
    return False


_TITLES = frozenset(("dr", "md", "do", "np", "pa", "pa-c", "rn", "phd"))
"""What stands beside a name and is no part of it."""


class NotKnown(QueryRefused):
    """Nobody whom the record knows is called so; whoever says that they are somebody new asks them all the same."""


def reassign(
    db: Database,
    actor: Actor,
    query_id: str,
    provider: str,
    reason: str,
    operation_id: str | None = None,
    somebody_new: bool = False,
) -> None:
    """Ask another provider instead, with a reason; `somebody_new` may be a provider whom the record does not know.

    Raises QueryRefused, and NotKnown for a name that no provider of the record has.
    """
    with db.change(actor, operation_id, "query.reassign") as change:
        if change.repeated:
            return
        row = _row(change, query_id)
        row.status = after(row.status, Step.REASSIGN)
        name, why = _line(provider), reason_in_words(reason)
        if not name:
            raise QueryRefused("a query is reassigned to a named provider with a reason")
        _require_somebody(change.session, name, somebody_new)
        was, row.provider = row.provider, name
        row.provider_id = _provider(change.session, row.encounter_id, name)
        row.due_on = (today() + timedelta(days=tables().due_days)).isoformat()
        if row.hold_id:
            change.session.get_one(Hold, row.hold_id).physician = name
        _note(change, row, Step.REASSIGN, f"from {was} to {name}: {why}")


def remind(db: Database, actor: Actor, query_id: str, words: str, operation_id: str | None = None) -> None:
    """Note that the provider was reminded. Raises QueryRefused."""
    with db.change(actor, operation_id, "query.remind") as change:
        if not change.repeated:
            row = _row(change, query_id)
            row.status = after(row.status, Step.REMIND)
            _note(change, row, Step.REMIND, _line(words))


def escalate_due(db: Database, actor: Actor) -> int:
    """Escalate every query whose day has passed, and set its next day; how many."""
    day = today()
    with db.change(actor) as change:
        late = change.session.exec(
            select(ProviderQuery).where(
                ProviderQuery.status == QueryStatus.SENT,
                col(ProviderQuery.due_on) < day.isoformat(),
            )
        ).all()
        for row in late:
            _escalate(change, row, day)
        return len(late)


def answer(
    db: Database,
    actor: Actor,
    query_id: str,
    choice: str = "",
    words: str = "",
    answered_by: str = "",
    operation_id: str | None = None,
) -> bool:
    """Keep the provider's answer: an option, words, or both; whether the chart is ready again.

    `Other` and open questions need words. The answer is evidence beside the chart; what it changes in the documents is
    the provider's. Raises QueryRefused.
    """
    with db.change(actor, operation_id, "query.answer") as change:
        if change.repeated:
            return bool(change.answer["ready"])
        ready = take_answer(change, _row(change, query_id), choice, words, answered_by)
        change.answer = {"ready": ready}
        return ready


def take_answer(
    change: Change, row: ProviderQuery, choice: str, words: str, answered_by: str, by_provider: bool = False
) -> bool:
    """The same within a change that is under way; `by_provider` where no person at the desk wrote it down."""
    status = after(row.status, Step.ANSWER)
    row.answer, row.answer_text = _chosen(row, choice, words), safe_block(words)[:4000].strip()
    row.status, row.answered_at, row.answered_by = status, now(), _line(answered_by) or row.provider
    return _settled(change, row, Step.ANSWER, row.answer or row.answer_text, row.answered_by if by_provider else "")


def correct(
    db: Database,
    actor: Actor,
    query_id: str,
    reason: str,
    choice: str = "",
    words: str = "",
    answered_by: str = "",
    operation_id: str | None = None,
) -> None:
    """Put another answer in the place of one that was written down wrong; the history keeps both. Raises QueryRefused.

    Until the query is closed, with a reason, and never of an answer that a provider's own message brought.
    """
    with db.change(actor, operation_id, "query.correct") as change:
        if change.repeated:
            return
        row = _row(change, query_id)
        status, why = _mended(change.session, row, Step.CORRECT, reason)
        before = _answered(row)
        row.answer, row.answer_text = _chosen(row, choice, words), safe_block(words)[:4000].strip()
        row.status, row.answered_by = status, _line(answered_by) or row.answered_by
        if _answered(row) == before:
            raise QueryRefused("that is the answer it has", "nothing was corrected")
        _settled(change, row, Step.CORRECT, f"{_answered(row)}; before: {before}; why: {why}")


def withdraw(db: Database, actor: Actor, query_id: str, reason: str, operation_id: str | None = None) -> bool:
    """Take an answer back that never came; whether its chart waits again. Raises QueryRefused."""
    with db.change(actor, operation_id, "query.withdraw") as change:
        if change.repeated:
            return bool(change.answer["waits"])
        row = _row(change, query_id)
        status, why = _mended(change.session, row, Step.WITHDRAW, reason)
        item = change.session.get_one(WorkItem, row.work_item_id)
        waits = _waits(change.session, item, row.timing, "not taken back")
        before = _answered(row)
        row.status, row.answer, row.answer_text, row.answered_at, row.answered_by = status, "", "", None, ""
        row.due_on = (today() + timedelta(days=tables().due_days)).isoformat()
        if waits:
            row.hold_id = _held(change, row, item)
        _settled(change, row, Step.WITHDRAW, f"before: {before}; why: {why}")
        change.answer = {"waits": waits}
        return waits


def _mended(session: Session, row: ProviderQuery, step: Step, reason: str) -> tuple[QueryStatus, str]:
    """The state after a mended answer, and why. Raises QueryRefused, ReasonNeeded."""
    status, why = after(row.status, step), reason_in_words(reason)
    answers = select(StepRow).where(StepRow.provider_query_id == row.id, StepRow.step == Step.ANSWER)
    last = session.exec(answers.order_by(col(StepRow.made_at).desc(), col(StepRow.id).desc()).limit(1)).first()
    own = select(Person.id).where(Person.login == row.answered_by)
    if last and last.made_by == row.answered_by and session.exec(own).first() is None:
        raise QueryRefused("the provider's own message answered it", "close it, and ask by another query")
    return status, why


def _answered(row: ProviderQuery) -> str:
    """The answer as it stands, in words, with who gave it."""
    said = ": ".join(filter(None, (row.answer, _line(row.answer_text))))
    return f"{said} ({row.answered_by})"


def option_meant(options: Sequence[str], choice: str, words: str) -> str:
    """The option that an answer in words means: named, or its first line; else Other. Empty for an open question."""
    known = {one.lower(): one for one in options}
    if not known:
        return ""
    first = words.strip().partition("\n")[0]
    said = (choice, first, first.partition(",")[0], first.partition(".")[0])
    return next((known[one] for text in said if (one := text.strip(" .:").lower()) in known), OTHER)


def close(
    db: Database,
    actor: Actor,
    query_id: str,
    outcome: QueryOutcome,
    words: str = "",
    operation_id: str | None = None,
    drg_after: str | None = None,
) -> None:
    """Close a query with what came of it; one that was never answered only as that. Raises QueryRefused."""
    with db.change(actor, operation_id, "query.close") as change:
        if change.repeated:
            return
        row = _row(change, query_id)
        status = after(row.status, Step.CLOSE)
        if not outcome_allowed(row.status, outcome):
            answered = row.status is QueryStatus.ANSWERED
            raise QueryRefused(
                "it was answered; close it as agreed, disagreed or no opinion" if answered else "it has no answer yet",
                "" if answered else "close it as no_response, or cancel it",
            )
        row.status, row.outcome, row.closed_at, row.drg_after = status, outcome, now(), drg_after
        said = f"{in_words(outcome)}{': ' if _line(words) else ''}{_line(words)}"
        _settled(change, row, Step.CLOSE, said)


def cancel(db: Database, actor: Actor, query_id: str, reason: str, operation_id: str | None = None) -> None:
    """Take a query back with a reason. Raises QueryRefused, ReasonNeeded."""
    with db.change(actor, operation_id, "query.cancel") as change:
        if change.repeated:
            return
        row = _row(change, query_id)
        status, why = after(row.status, Step.CANCEL), reason_in_words(reason)
        row.status, row.closed_at = status, now()
        _settled(change, row, Step.CANCEL, why)


def quoted(session: Session, encounter_id: str, number: str, line: int) -> Indicator:
    """A line of a document of a chart, as a query quotes it. Raises QueryRefused where there is no such line."""
    document = session.exec(
        select(Document).where(
            Document.encounter_id == encounter_id, Document.document_number == number, Document.current
        )
    ).first()
    if document is None:
        raise QueryRefused(f"this chart has no document {number[:60]!r}")
    lines = document.text.splitlines()
    if not 1 <= line <= len(lines) or not lines[line - 1].strip():
        raise QueryRefused(f"{document.type_name} has no words in line {line}", f"it has {len(lines)} lines")
    quote = " ".join(lines[line - 1].split())[:MOST_QUOTED]
    return Indicator(document.id, number, document.version, document.type_name, line, quote)


def _columns(session: Session, encounter_id: str, question: Question) -> dict[str, Any]:
    if len(question.indicators) > MOST_INDICATORS:
        raise QueryRefused(f"a query quotes at most {MOST_INDICATORS} lines")
    named = _line(question.provider)
    places = dict.fromkeys(question.indicators)
    return {
        "type": question.type,
        "timing": question.timing,
        "reason": _line(question.reason),
        "template": _line(question.template),
        "provider": named,
        "provider_id": _provider(session, encounter_id, named),
        "question": safe_block(question.question)[:4000].strip(),
        "options": options_of(question.type, question.options),
        "indicators": [asdict(quoted(session, encounter_id, number, line)) for number, line in places],
    }


def _admitted(change: Change, encounter_id: str) -> None:
    """Raise ChartRestricted where the actor may not open the chart that is quoted."""
    access.require_access(change, change.session.get_one(Encounter, encounter_id).patient_id)


def _require_somebody(session: Session, name: str, somebody_new: bool) -> None:
    """Raise QueryRefused for a name that no provider here has: most often it is mistyped.

    A name is known by a family name in it, and where it has a given name too by that or its initial. One word is
    never the name of somebody new.
    """
    said = name.lower().replace(",", " ").replace(".", " ").split()
    for family, given in session.exec(select(Provider.family_name, Provider.given_name)):
        parts = family.lower().split()
        rest = [word for word in said if word not in parts]
        if parts and len(rest) == len(said) - len(parts) and _fits(rest, given.lower()):
            return
    if len(said) == 1:
        raise QueryRefused(f"no provider is called {name[:40]!r}", "the family name, or the whole name of somebody new")
    if not somebody_new:
        raise NotKnown(
            f"no provider is called {name[:40]!r}", "codedesk queries reassign --somebody-new asks them all the same"
        )


def _fits(words: Sequence[str], given: str) -> bool:
    """Whether what is said beside a family name and titles is the given name, or begins it."""
    named = [word for word in words if word not in _TITLES]
    return not named or bool(given) and any(given.startswith(word) or word in given.split() for word in named)


def _provider(session: Session, encounter_id: str, name: str) -> str | None:
    """The provider of the visit with this name; None where nobody of the visit is called so."""
    rows = session.exec(
        select(Provider)
        .join(EncounterProvider, col(EncounterProvider.provider_id) == Provider.id)
        .where(EncounterProvider.encounter_id == encounter_id)
    )
    wanted = name.lower()
    return next((one.id for one in rows if wanted and one.family_name.lower() in wanted), None)


def _row(change: Change, query_id: str) -> ProviderQuery:
    change.target = ("provider_query", query_id)
    row = change.session.get(ProviderQuery, query_id)
    if row is None and query_id.isdigit():
        row = change.session.exec(select(ProviderQuery).where(ProviderQuery.number == int(query_id))).first()
    if row is None:
        raise QueryRefused(f"no query is called {query_id[:60]!r}", "codedesk queries list")
    _admitted(change, row.encounter_id)
    return row


def _chosen(row: ProviderQuery, choice: str, words: str) -> str:
    if not row.options:
        if not words.strip():
            raise QueryRefused("an open question is answered in words")
        return ""
    known = {str(one).lower(): str(one) for one in row.options}
    found = known.get(choice.strip().lower())
    if found is None:
        raise QueryRefused(f"{choice[:60]!r} is none of the options", f"one of: {', '.join(known.values())}")
    if found == OTHER and not words.strip():
        raise QueryRefused("Other is answered with words")
    return found


def _escalate(change: Change, row: ProviderQuery, day: date) -> None:
    row.status = after(row.status, Step.ESCALATE)
    row.escalations += 1
    row.due_on = (day + timedelta(days=tables().escalate_days)).isoformat()
    _note(change, row, Step.ESCALATE, f"level {row.escalations}: no answer by its day")


def _settled(change: Change, row: ProviderQuery, step: Step, words: str, made_by: str = "") -> bool:
    """Note a step, let go of the hold where the query waits no more, and place the chart; whether it is ready again."""
    _note(change, row, step, words, made_by)
    ready = False
    if row.status is not QueryStatus.SENT and row.hold_id:
        held = change.session.get_one(Hold, row.hold_id)
        if held.cleared_at is None:
            ready = close_hold(change, held, f"query {row.number} {row.status.value}")
    item = change.session.get_one(WorkItem, row.work_item_id)
    if not ready and item.status is not WorkStatus.CANCELED:
        change.session.flush()
        reroute(change.session, item)
    return ready


def _note(change: Change, row: ProviderQuery, step: str, words: str, made_by: str = "") -> None:
    by = made_by or change.actor.login
    change.session.add(row)
    change.session.add(StepRow(provider_query_id=row.id, step=step, status=row.status, words=words[:4000], made_by=by))
    change.log(f"query.{step}", "provider_query", row.id, number=row.number, status=row.status.value)


def _line(text: str) -> str:
    return " ".join(safe_line(text).split())[:400]


def service_date(session: Session, work_item_id: str) -> str:
    """The day of service of a chart, for its templates."""
    item = session.get(WorkItem, work_item_id)
    if item is None:
        raise QueryRefused("that chart is not in any worklist")
    return session.get_one(Encounter, item.encounter_id).service_date
